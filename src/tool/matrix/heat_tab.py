"""The heat map: maps along y and groups along x."""

from Qt.QtCore import Qt

from ...figures.heatmap import cell_text, draw_matrix
from ...figures.heatmap_places import Place, mark_rows, place_at
from .figure_tab import FigureTab


class HeatTab(FigureTab):
    """Occupancies of groups in many maps.

    A click on a cell shows its map and selects its group; one on the name of a map or the tree beside it shows the map,
    one on the name of a group selects it, and one on the band of the sets picks the maps of a set. With the Ctrl or
    Shift key maps are picked.
    """

    title, saved_as = "Heat map", "occupancy_matrix.png"

    def __init__(self, owner):
        super().__init__(owner)
        self.heat, self._marks = None, []

    def draw_on(self, figure):
        heat = draw_matrix(figure, self.owner.matrix, self.owner.matrix.maps)
        if figure is self.figure:
            self.heat, self._marks = heat, []

    def mark(self):
        if self.heat is None:
            return
        for mark in self._marks:
            mark.remove()
        picks = self.owner.picks
        self._marks = mark_rows(self.heat, self.owner.matrix, picks.row, picks.rows)
        self.draw_idle()

    def text_at(self, event):
        place, matrix = self._place(event), self.owner.matrix
        if place.row is not None and place.column is not None:
            return cell_text(matrix, matrix.maps, (place.row, place.column))
        if place.number:
            return self.owner.picks.set_text(place.number)
        return self._map_text(place.row) if place.row is not None else self._group_text(place.column)

    def _map_text(self, row):
        matrix = self.owner.matrix
        told = f": {matrix.populations.weights[row]:.1%} of the particles" if matrix.populations is not None else ""
        return f"{matrix.maps[row]}{told}"

    def _group_text(self, column):
        matrix = self.owner.matrix
        if column is None:
            return ""
        known = matrix.shares is not None
        told = f": in {matrix.shares[column]:.1%} ± {matrix.share_errors[column]:.1%} of all particles" if known else ""
        return f"{matrix.labels[column]}{told}"

    def clicked(self, event):
        place, keys = self._place(event), event.guiEvent.modifiers()
        if place.number:
            self.owner.pick_set(place.number, keep=bool(keys & (Qt.ControlModifier | Qt.ShiftModifier)))
        elif place.row is not None:
            self._row_clicked(place, keys)
        elif place.column is not None:
            self.owner.select([place.column])

    def menu_asked(self, event):
        row, picks = self._place(event).row, self.owner.picks
        if row is not None and row not in picks.rows:
            picks.pick([row])
            self.owner.picks_changed()

    def _row_clicked(self, place, keys):
        picks = self.owner.picks
        if not keys & (Qt.ControlModifier | Qt.ShiftModifier):
            self.owner.choose(place.row, place.column)
            return
        (picks.extend if keys & Qt.ShiftModifier else picks.toggle)(place.row)
        self.owner.picks_changed()

    def _place(self, event):
        return place_at(self.heat, self.owner.matrix, event.x, event.y) if self.heat is not None else Place()
