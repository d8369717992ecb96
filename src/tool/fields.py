"""Input fields for settings, one for each, made from the engine's table."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, log10

from chimerax.map import Volume
from chimerax.ui.widgets import ModelMenuButton
from Qt.QtCore import QObject, Qt, Signal
from Qt.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QSlider, QWidget

from ..engine.errors import SettingError
from .composing import in_digits

_NO_MAP = "none"
_LEAST_WIDTH = 70
"""Pixels of a menu, so that a map of a long name does not widen the panel."""


class Field(QObject):
    """The input of one setting.

    Attributes
    ----------
    setting : Setting
    widget : QWidget
    changed : Signal
        The user changed it.
    """

    changed = Signal()

    def __init__(self, setting):
        super().__init__()
        self.setting = setting

    @property
    def value(self):
        """What is set, or None where it is left to the default."""
        raise NotImplementedError

    @property
    def state(self):
        """What a session saves; None for the default."""
        return self.value

    @state.setter
    def state(self, state):
        raise NotImplementedError

    def show_default(self, text):
        """Show what holds where nothing is set."""

    def describe(self, widget):
        """Give a widget the tooltip of this setting."""
        unit = f" ({self.setting.unit})" if self.setting.unit else ""
        expected = "" if self.setting.kind in ("map", "maps") else f" Expected: {self.setting.expected}{unit}."
        default = f" Default: {self.setting.derived}." if self.setting.derived else ""
        widget.setToolTip(f"<p>{self.setting.help}{expected}{default} In commands: <b>{self.setting.camel}</b></p>")


class NumberField(Field):
    """A number; an empty field stands for the default, which it shows in grey italics."""

    def __init__(self, setting):
        super().__init__(setting)
        self.widget = QLineEdit()
        self.widget.textChanged.connect(self._slant)
        self._slant("")
        self.widget.setMinimumWidth(6 * self.widget.fontMetrics().averageCharWidth())
        self.widget.textEdited.connect(self.changed)
        if setting.default is not None:
            self.show_default(in_digits(setting.default))

    @property
    def value(self):
        text = self.widget.text().strip()
        if not text:
            return None
        try:
            number = float(text)
        except ValueError:
            raise SettingError(self.setting.name, f"is {text}, but must be {self.setting.expected}") from None
        return self.setting.check(number)

    @property
    def state(self):
        return self.widget.text()

    @state.setter
    def state(self, state):
        self.widget.setText(state or "")

    def show_default(self, text):
        self.widget.setPlaceholderText(text)

    def _slant(self, text):
        font = self.widget.font()
        font.setItalic(not text)
        self.widget.setFont(font)


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
        return self.number.state

    @state.setter
    def state(self, state):
        self.number.state = state or in_digits(self.setting.default)
        self._place_slider()

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


class ChoiceField(Field):
    """One of several words."""

    def __init__(self, setting):
        super().__init__(setting)
        self.widget = QComboBox()
        self.widget.addItems(setting.choices)
        self.widget.setCurrentText(setting.default)
        self.widget.currentTextChanged.connect(lambda text: self.changed.emit())

    @property
    def value(self):
        text = self.widget.currentText()
        return None if text == self.setting.default else text

    @Field.state.setter
    def state(self, state):
        self.widget.setCurrentText(state or self.setting.default)


class BoolField(Field):
    """A check box."""

    def __init__(self, setting):
        super().__init__(setting)
        self.widget = QCheckBox()
        self.widget.setChecked(setting.default)
        self.widget.toggled.connect(lambda on: self.changed.emit())

    @property
    def value(self):
        on = self.widget.isChecked()
        return None if on == self.setting.default else on

    @Field.state.setter
    def state(self, state):
        self.widget.setChecked(self.setting.default if state is None else state)


class MapField(Field):
    """A menu of the open maps, or two of them for a pair."""

    def __init__(self, setting, session):
        super().__init__(setting)
        self._menus = [self._menu(session) for _ in range(2 if setting.kind == "maps" else 1)]
        self.widget = row(*self._menus)

    def _menu(self, session):
        menu = map_menu(session, no_value_menu_text=_NO_MAP, no_value_button_text=_NO_MAP)
        menu.value_changed.connect(self.changed)
        return menu

    @property
    def value(self):
        maps = [menu.value for menu in self._menus]
        if self.setting.kind == "map":
            return maps[0]
        if maps.count(None) == 1:
            raise SettingError(self.setting.name, "is one map, but must be two")
        return None if None in maps else maps

    @property
    def state(self):
        return [menu.value for menu in self._menus]

    @state.setter
    def state(self, state):
        for menu, volume in zip(self._menus, state or [None] * len(self._menus), strict=True):
            menu.value = volume


def make_field(setting, session):
    """The field for a setting."""
    if setting.kind in ("map", "maps"):
        return MapField(setting, session)
    fields = {"float": NumberField, "int": NumberField, "choice": ChoiceField, "bool": BoolField}
    return fields[setting.kind](setting)


def map_menu(session, **keywords):
    """A menu of the open maps, apart from those that the panel shows as a preview."""
    made = ModelMenuButton(
        session,
        class_filter=Volume,
        filter_func=lambda model: not getattr(model, "is_occupy_preview", False),
        autoselect=ModelMenuButton.AUTOSELECT_NONE,
        **keywords,
    )
    made.setMinimumWidth(_LEAST_WIDTH)
    return made


def row(*widgets, stretch=True):
    """A widget with others side by side."""
    made = QWidget()
    layout = QHBoxLayout(made)
    layout.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        layout.addWidget(widget)
    if stretch:
        layout.addStretch(1)
    return made


def label(text="", text_format=Qt.PlainText):
    """A label that wraps its lines; names of models in a text of another format than plain have to be escaped."""
    made = QLabel()
    made.setTextFormat(text_format)
    made.setText(text)
    made.setWordWrap(True)
    return made


def button(text, action, help):
    """A button with a tooltip that calls a function without arguments."""
    made = QPushButton(text)
    made.setToolTip(f"<p>{help}</p>")
    made.clicked.connect(lambda checked: action())
    return made
