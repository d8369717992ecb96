"""Input fields for settings, one for each, made from the engine's table."""

from chimerax.map import Volume
from chimerax.ui.widgets import ModelMenuButton
from Qt.QtCore import QObject, Qt, Signal
from Qt.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from ..engine.errors import SettingError
from ..engine.settings.table import default_in_words
from .composing import in_digits, in_words

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

    def use(self, setting):
        """Take the setting with another default, which is shown where nothing is set."""
        state, self.setting = self.state, setting
        self.state = state

    def show_default(self, text):
        """Show what holds where nothing is set."""

    def describe(self, widget):
        """Give a widget the tooltip of this setting."""
        unit = f" ({self.setting.unit})" if self.setting.unit else ""
        expected = "" if self.setting.kind in ("map", "maps") else f" Expected: {self.setting.expected}{unit}."
        follows = self.setting.derived or self.setting.published_default is not None
        default = f" Default: {default_in_words(self.setting, in_words)}." if follows else ""
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
        self._show_number()

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

    def use(self, setting):
        super().use(setting)
        self._show_number()

    def show_default(self, text):
        self.widget.setPlaceholderText(text)

    def _show_number(self):
        if self.setting.default is not None:
            self.show_default(in_digits(self.setting.default))

    def _slant(self, text):
        font = self.widget.font()
        font.setItalic(not text)
        self.widget.setFont(font)


class PickedField(Field):
    """A field that always shows a value, that of the default where the user has not picked another.

    What was picked stays so when the default changes.
    """

    def __init__(self, setting, widget):
        super().__init__(setting)
        self.widget, self._picked = widget, None

    @property
    def value(self):
        return None if self._picked == self.setting.default else self._picked

    @property
    def state(self):
        return self._picked

    @state.setter
    def state(self, state):
        self._show(self.setting.default if state is None else state)
        self._picked = state

    def _show(self, value):
        raise NotImplementedError

    def _pick(self, value):
        self._picked = None if value == self.setting.default else value
        self.changed.emit()


class ChoiceField(PickedField):
    """One of several words."""

    def __init__(self, setting):
        super().__init__(setting, QComboBox())
        self.widget.addItems(setting.choices)
        self._show(setting.default)
        self.widget.currentTextChanged.connect(self._pick)

    def _show(self, value):
        self.widget.setCurrentText(value)


class BoolField(PickedField):
    """A check box."""

    def __init__(self, setting):
        super().__init__(setting, QCheckBox())
        self._show(setting.default)
        self.widget.toggled.connect(self._pick)

    def _show(self, value):
        self.widget.setChecked(value)


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
