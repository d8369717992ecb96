"""The heat map of a matrix of occupancies in ChimeraX's window."""

from chimerax.core.commands import run
from Qt.QtWidgets import QToolTip

from ..figures.heatmap import cell_of, cell_text, draw_matrix
from .maps import show_alone_command
from .plot import DockedPlot

_SMALLEST = 320
"""Pixels."""


class MatrixPlot(DockedPlot):
    """Occupancies of groups in many maps; a click shows a map and hides the others, hovering tells the number."""

    def __init__(self, session, matrix, volumes):
        super().__init__(session, "OccuPy matrix", title=f"Occupancies in {len(volumes)} maps")
        self.matrix, self.volumes = matrix, volumes
        self.heat, self.told = None, ""
        area = self.tool_window.ui_area
        area.setMinimumSize(_SMALLEST, _SMALLEST)
        for event, handle in (
            ("resize_event", lambda _: self.draw()),
            ("motion_notify_event", self._hovered),
            ("button_press_event", self._pressed),
        ):
            self.canvas.mpl_connect(event, handle)
        self.draw()

    def draw(self):
        """Draw for the size that the window has."""
        self.figure.clear()
        self.heat = draw_matrix(self.figure, self.matrix, self.matrix.maps)
        self.canvas.draw_idle()

    def text_at(self, event):
        """What is told of the cell under the mouse; empty where there is none."""
        cell = self._cell(event)
        return cell_text(self.matrix, self.matrix.maps, cell) if cell else ""

    def _hovered(self, event):
        text = self.text_at(event)
        if text == self.told:
            return
        self.told = text
        self.session.logger.status(text)
        place = self.canvas.mapToGlobal(event.guiEvent.position().toPoint())
        QToolTip.showText(place, text, self.canvas)

    def _pressed(self, event):
        cell = self._cell(event)
        if cell is None or event.button != 1:
            return
        volume = self.volumes[cell[0]]
        if volume.deleted:
            self.session.logger.status(f"{self.matrix.maps[cell[0]]} has been closed", color="red")
            return
        run(self.session, show_alone_command(volume, self.volumes))

    def _cell(self, event):
        if event.inaxes is not self.heat:
            return None
        return cell_of(self.matrix, event.xdata, event.ydata)


def show_matrix_plot(session, matrix, volumes):
    """Show the heat map of a matrix in place of an earlier one; its maps are these volumes, in that order."""
    for earlier in session.tools.find_by_class(MatrixPlot):
        earlier.delete()
    MatrixPlot(session, matrix, volumes).show()
