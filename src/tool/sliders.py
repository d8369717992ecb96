"""Sliders for the settings that are tried out with one."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, log10

from Qt.QtCore import Qt
from Qt.QtWidgets import QSlider

from ..engine.errors import SettingError
from .composing import in_digits
from .fields import Field, NumberField, row


@dataclass(frozen=True)
class Track:
    """How a slider's places stand for numbers.

    Attributes
    ----------
    number_at, place_of : callable
        From a place, 0 to 1, to a number, and back; places beyond are cut off.
    steps : int
    """

    number_at: Callable
    place_of: Callable
    steps: int


EQUALIZING = Track(lambda place: inf if place == 1 else 1 / (1 - place), lambda power: 1 - 1 / power, 100)
"""Powers from 1 to inf, evenly in 1/power."""

STRENGTHENING = Track(lambda place: 10**place, log10, 100)
"""Powers from 1 to 10."""

SHARE = Track(lambda place: 0.01 + 0.98 * place, lambda share: (share - 0.01) / 0.98, 98)
"""Scales between 0 and 1, in hundredths."""


def slider_fields(settings, kind):
    """Sliders for those of the settings of a kind of modification, or of a mask, that are tried out with one."""
    power = EQUALIZING if kind == "equalize" else STRENGTHENING
    tracks = {"power": power, "pivot": SHARE, "threshold": SHARE}
    return {s.name: SliderField(s, tracks[s.name]) for s in settings if s.name in tracks}


class SliderField(Field):
    """A slider with its number beside it, which may also be typed.

    Parameters
    ----------
    setting : Setting
        With a default.
    track : Track
    """

    def __init__(self, setting, track):
        super().__init__(setting)
        self._track = track
        self.slider = QSlider(Qt.Horizontal)
        self.slider.setRange(0, track.steps)
        self.number = NumberField(setting)
        self.number.widget.setMaximumWidth(9 * self.number.widget.fontMetrics().averageCharWidth())
        self.widget = row(self.slider, self.number.widget, stretch=False)
        self.widget.layout().setStretch(0, 1)
        self.slider.valueChanged.connect(self._slid)
        self.number.changed.connect(self._typed)
        self.state = None

    @property
    def value(self):
        number = self.number.value
        return None if number == self.setting.default else number

    @property
    def number_now(self):
        """The number that holds, the default where none is set; None where none can be read."""
        try:
            number = self.number.value
        except SettingError:
            return None
        return self.setting.default if number is None else number

    @property
    def state(self):
        return None if self.number_now == self.setting.default else self.number.state

    @state.setter
    def state(self, state):
        self.number.state = state or in_digits(self.setting.default)
        self._place_slider()

    def use(self, setting):
        super().use(setting)
        self.number.use(setting)

    def _slid(self, place):
        number = self._track.number_at(place / self._track.steps)
        self.number.state = in_digits(float(f"{number:.3g}"))
        self.changed.emit()

    def _typed(self):
        self._place_slider()
        self.changed.emit()

    def _place_slider(self):
        number = self.number_now
        if number is not None:
            self.slider.blockSignals(True)
            self.slider.setValue(round(self._track.steps * min(max(self._track.place_of(number), 0), 1)))
            self.slider.blockSignals(False)
