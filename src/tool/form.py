"""Forms of settings: the usual ones in sight, the others folded away."""

from chimerax.ui.widgets import CollapsiblePanel
from Qt.QtCore import Signal
from Qt.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from ..engine.errors import SettingError
from .fields import make_field

_WRONG = "color: #d9583b"


class SettingsForm(QWidget):
    """Fields for settings.

    Parameters
    ----------
    session : Session
    settings : list of Setting
    in_sight : sequence of str
        Names of those that are not folded away.
    fields : dict, optional
        Fields by name, where they are not those that `make_field` makes.
    """

    changed = Signal()

    def __init__(self, session, settings, in_sight, fields=None):
        super().__init__()
        self.fields = {s.name: (fields or {}).get(s.name) or make_field(s, session) for s in settings}
        for field in self.fields.values():
            field.changed.connect(self.changed)
        self._widgets, self._hidden = {}, set()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._grid([self.fields[name] for name in in_sight]))
        self.folded = CollapsiblePanel(self, "More settings", margins=(12, 0, 0, 0))
        folded = [field for name, field in self.fields.items() if name not in in_sight]
        if folded:
            self.folded.content_area.layout().addLayout(self._grid(folded))
            layout.addWidget(self.folded)
        else:
            self.folded.hide()

    def values(self):
        """The settings that are set and shown, by name; raises `SettingError` at what cannot be used and marks it."""
        values, problem = {}, None
        for name, field in self.fields.items():
            if name in self._hidden:
                continue
            try:
                values[name] = field.value
                field.widget.setStyleSheet("")
            except SettingError as error:
                field.widget.setStyleSheet(_WRONG)
                problem = error
        if problem:
            raise problem
        return {name: value for name, value in values.items() if value is not None}

    def fold(self, widget):
        """Add another widget below the settings that are folded away."""
        self.folded.content_area.layout().addWidget(widget)

    def show_field(self, name, shown):
        """Show or hide a field with its name and its unit; what is set in a hidden one does not count."""
        (self._hidden.discard if shown else self._hidden.add)(name)
        for widget in self._widgets[name]:
            widget.setVisible(shown)

    def fit_folded(self):
        """Give the settings that are unfolded the height that they need, after some were shown or hidden."""
        if self.folded.shown:
            self.folded.content_area.layout().activate()
            self.folded.resize_panel()

    def use_defaults(self, settings):
        """Take the defaults of these settings, the same ones as the form's; fields in which nothing is set show them.

        Parameters
        ----------
        settings : list of Setting
        """
        for setting in settings:
            field = self.fields[setting.name]
            if setting.default != field.setting.default:
                field.blockSignals(True)
                field.use(setting)
                field.blockSignals(False)

    def show_defaults(self, defaults):
        """Show what holds, by name, where nothing is set."""
        for name, text in defaults.items():
            self.fields[name].show_default(text)

    def reset(self):
        """Back to the defaults."""
        self.state = {}

    @property
    def state(self):
        """What a session saves."""
        return {name: field.state for name, field in self.fields.items()} | {"folded": not self.folded.shown}

    @state.setter
    def state(self, state):
        for name, field in self.fields.items():
            field.blockSignals(True)
            field.state = state.get(name)
            field.blockSignals(False)
        if "folded" in state and state["folded"] == self.folded.shown:
            self.folded.toggle_panel_display(not state["folded"])
        self.changed.emit()

    def _grid(self, fields):
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        grid.setVerticalSpacing(3)
        for i, field in enumerate(fields):
            name, unit = QLabel(_in_words(field.setting.name)), QLabel(field.setting.unit)
            field.describe(name)
            field.describe(field.widget)
            for column, widget in enumerate((name, field.widget, unit)):
                grid.addWidget(widget, i, column)
            self._widgets[field.setting.name] = (name, field.widget, unit)
        return grid


def _in_words(name):
    return name.replace("_", " ").replace("lowpass", "low-pass").capitalize()
