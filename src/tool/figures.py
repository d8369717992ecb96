"""Plots that take their colors and their size from the window."""

from matplotlib import rc_context
from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
from matplotlib.figure import Figure
from Qt.QtCore import QEvent
from Qt.QtGui import QPalette

from ..window_layout import WindowLayout

_DPI = 128
"""A power of two: pixels to inches and back are exact then. Where they are not, Matplotlib may leave an edge of the
widget unpainted."""

_HEIGHT = 210
_SMALLEST = 40
"""Pixels; Matplotlib cannot draw into nothing."""


class PlotWidget(FigureCanvasQTAgg):
    """A plot in the colors of the window, light or dark.

    Parameters
    ----------
    help : str
        The tooltip.
    """

    _drawing = None

    def __init__(self, help):
        super().__init__(Figure(dpi=_DPI, layout=WindowLayout()))
        self.setPalette(QPalette())  # Matplotlib's canvas has set a white one
        self.setToolTip(help)
        self.setMinimumWidth(_SMALLEST)
        self.setFixedHeight(_HEIGHT)

    def show_drawing(self, draw=None):
        """Draw with a function that takes axes; nothing where there is none."""
        self._drawing = draw
        self._redraw()

    def shows_drawing(self):
        """Whether there is something drawn."""
        return self._drawing is not None

    def changeEvent(self, event):
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange:
            self._redraw()

    def wheelEvent(self, event):
        """The wheel scrolls the panel that the plot is in."""
        event.ignore()

    def _redraw(self):
        self.figure.clear()
        with rc_context(self._style()):
            self.figure.set_facecolor(self._color(QPalette.Window))
            if self._drawing:
                self._drawing(self.figure.add_subplot())
            self.draw_idle()

    def _style(self):
        text, base = self._color(QPalette.WindowText), self._color(QPalette.Base)
        text_colors = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
        return dict.fromkeys(text_colors, text) | {
            "axes.facecolor": base,
            "legend.facecolor": base,
            "font.size": 6.2,
            "axes.linewidth": 0.6,
            "lines.linewidth": 1.2,
        }

    def _color(self, role):
        return self.palette().color(role).name()
