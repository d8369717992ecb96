"""The maps that commands of the panel work on: the chosen one, or several with it."""

from chimerax.map import Volume
from Qt.QtCore import QObject, Qt, Signal
from Qt.QtWidgets import QDialog, QDialogButtonBox, QListWidget, QListWidgetItem, QMenu, QPushButton, QVBoxLayout

from .composing import is_open, named

_ALONE = "alone"
_HELP = (
    "<p>Work on the map alone, or on several: <b>Estimate</b>, <b>Modify</b> and <b>Measure</b> then do the same with "
    "each of them, in one command. What is shown and previewed is of the map that is chosen at the left.</p>"
)
_LONGEST_NAME = 40


class SeveralMaps(QObject):
    """A button with a menu of maps to work on beside the chosen one.

    Parameters
    ----------
    session : Session
    map_menu : ModelMenuButton
        The chosen map; it is always among the several.

    Attributes
    ----------
    changed : Signal
    button : QPushButton
    """

    changed = Signal()

    def __init__(self, session, map_menu):
        super().__init__()
        self._session, self._map_menu, self._several = session, map_menu, []
        self.button = QPushButton(_ALONE)
        self.button.setToolTip(_HELP)
        menu = QMenu(self.button)
        menu.aboutToShow.connect(lambda: self.fill(menu))
        self.button.setMenu(menu)
        map_menu.value_changed.connect(self.look_again)

    @property
    def volumes(self):
        """The maps to work on, in the order of their numbers; empty where none is open."""
        chosen = self._map_menu.value
        return list(self._several) or ([chosen] if is_open(chosen) else [])

    @property
    def count(self):
        """How many maps are worked on."""
        return len(self.volumes)

    @property
    def state(self):
        """What a session saves."""
        return list(self._several)

    @state.setter
    def state(self, state):
        self.choose([volume for volume in state if volume is not None])

    def choose(self, volumes):
        """Work on these maps; where the chosen one is not among them, the first of them is chosen."""
        volumes = sorted(filter(is_open, volumes), key=lambda volume: volume.id)
        self._several = volumes if len(volumes) > 1 else []
        if self._several and self._map_menu.value not in volumes:
            self._map_menu.value = volumes[0]
        self._show()

    def look_again(self):
        """Leave out maps that were closed; another chosen map is worked on alone."""
        if self._several:
            among = self._map_menu.value in self._several
            self.choose(self._several if among or not is_open(self._map_menu.value) else [])

    def fill(self, menu):
        """Fill the menu with what can be chosen now."""
        menu.clear()
        self._add(menu, "This map alone", [])
        for words, volumes in self._series():
            self._add(menu, words, volumes)
        choose = menu.addAction("Choose maps…", self._ask)
        choose.setEnabled(len(self._maps()) > 1)

    def _series(self):
        """What to call maps that belong together, and these."""
        maps, of_parent = self._maps(), {}
        for volume in maps:
            of_parent.setdefault(volume.parent, []).append(volume)
        series = {parent: volumes for parent, volumes in of_parent.items() if parent.id and len(volumes) > 1}
        for parent, volumes in series.items():
            yield f"All {len(volumes)} maps of {_short(named(parent))}", volumes
        if len(maps) > 1 and maps not in series.values():
            yield f"All {len(maps)} maps", maps

    def _maps(self):
        """The open maps, apart from those that were made of others, which have their names and more."""
        maps = [v for v in self._session.models.list(type=Volume) if not getattr(v, "is_occupy_preview", False)]
        names = {volume.name for volume in maps}
        return [volume for volume in maps if not _beginnings(volume.name) & names]

    def _add(self, menu, words, volumes):
        action = menu.addAction(words, lambda: self.choose(volumes))
        action.setCheckable(True)
        action.setChecked(volumes == self._several)

    def _ask(self):
        volumes = ask_for_maps(self.button, self._maps(), self.volumes)
        if volumes is not None:
            self.choose(volumes)

    def _show(self):
        self.button.setText(f"{len(self._several)} maps" if self._several else _ALONE)
        self.changed.emit()


def ask_for_maps(parent, maps, chosen):
    """Ask which of some maps to take.

    Returns
    -------
    list of Volume
        None where the user gave up.
    """
    dialog = MapsDialog(parent, maps, chosen)
    return dialog.chosen if dialog.exec() else None


class MapsDialog(QDialog):
    """Check boxes of maps; those of a selection are ticked together."""

    def __init__(self, parent, maps, chosen):
        super().__init__(parent)
        self.setWindowTitle("Maps to work on")
        self._maps, self.list = maps, QListWidget()
        self.list.setSelectionMode(QListWidget.ExtendedSelection)
        for volume in maps:
            item = QListWidgetItem(named(volume), self.list)
            item.setCheckState(Qt.Checked if volume in chosen else Qt.Unchecked)
        self.list.itemChanged.connect(self._tick_selected)
        buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.list)
        layout.addWidget(buttons)

    @property
    def chosen(self):
        """The maps that are ticked."""
        ticked = [self.list.item(i).checkState() == Qt.Checked for i in range(self.list.count())]
        return [volume for volume, one in zip(self._maps, ticked, strict=True) if one]

    def _tick_selected(self, item):
        if item.isSelected():
            for other in self.list.selectedItems():
                other.setCheckState(item.checkState())


def _beginnings(name):
    """What comes before each space of a name."""
    words = name.split(" ")
    return {" ".join(words[:i]) for i in range(1, len(words))}


def _short(name):
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
