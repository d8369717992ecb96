"""Entries of the menu that a double click on a map opens.

They are made when ChimeraX starts, so that nothing is imported here that takes time.
"""

from chimerax.core.commands import run
from chimerax.map import Volume
from chimerax.mouse_modes import SelectContextMenuAction, SelectMouseMode

_ENTRIES = {"estimate": "Estimate occupancy", "equalize": "Equalize"}


def add_context_menu():
    """Add the entries to ChimeraX's menu."""
    for name, label in _ENTRIES.items():
        SelectMouseMode.register_menu_entry(_OnSelectedMaps(name, label))


class _OnSelectedMaps(SelectContextMenuAction):
    """An entry for maps that are selected."""

    def __init__(self, name, label):
        self._name, self._label = name, label

    def label(self, session):
        return self._label

    def criteria(self, session):
        return bool(_selected_maps(session))

    def callback(self, session):
        numbers = ",".join(volume.id_string for volume in _selected_maps(session))
        run(session, f"occupy {self._name} #{numbers}")


def _selected_maps(session):
    return [volume for volume in session.models.list(type=Volume) if volume.get_selected(include_children=True)]
