"""A tab of the window: a figure that follows its size, tells what is under the mouse, and takes clicks."""

from chimerax.core.errors import UserError
from matplotlib.backend_bases import MouseButton
from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
from matplotlib.figure import Figure
from Qt.QtWidgets import QToolTip

_SMALLEST = 320
"""Pixels."""

_DPI, _SAVED_DPI = 100, 300


class FigureTab(FigureCanvasQTAgg):
    """A figure in the window of a matrix; what it shows is a subclass.

    Parameters
    ----------
    owner : MatrixWindow
        Whose matrix it shows, and which does what is clicked on.

    Attributes
    ----------
    title, saved_as : str
        Of the tab, and the name of the file that is proposed for its figure.
    told : str
        What was told last of what is under the mouse.
    """

    title = saved_as = ""

    def __init__(self, owner):
        super().__init__(Figure(dpi=_DPI))
        self.owner, self.told = owner, ""
        self._drawn_at = None
        self.setMinimumSize(_SMALLEST, _SMALLEST)
        self.mpl_connect("motion_notify_event", self._hovered)
        self.mpl_connect("button_press_event", self._pressed)

    def draw_on(self, figure):
        """Draw on an empty figure of any size, that of the tab or one that is saved."""
        raise NotImplementedError

    def mark(self):
        """Mark the rows that the owner has chosen and picked, in the figure of the tab as it is drawn."""

    def text_at(self, event):
        """What is told of what is under the mouse; empty where there is nothing to tell."""
        return ""

    def clicked(self, event):
        """The left button of the mouse was pressed."""

    def save(self, path):
        """Save the figure, without marks, as large as the tab is; the suffix tells the format."""
        figure = Figure(figsize=self.figure.get_size_inches(), dpi=_SAVED_DPI)
        self.draw_on(figure)
        try:
            figure.savefig(path)
        except (OSError, ValueError) as error:
            raise UserError(f"The figure could not be saved as {path}: {error}") from None
        self.owner.session.logger.info(f"Saved the figure as {path}")

    def menu_asked(self, event):
        """The right button was pressed: what is under the mouse is what the menu will be about."""

    def draw(self):
        """Draw for the size that the tab has; Matplotlib calls this once for several changes."""
        size = tuple(self.figure.get_size_inches())
        if size != self._drawn_at:
            self._drawn_at = size
            self.figure.clear()
            self.draw_on(self.figure)
            self.mark()
        super().draw()

    def _pressed(self, event):
        wanted = {MouseButton.LEFT: self.clicked, MouseButton.RIGHT: self.menu_asked}.get(event.button)
        if wanted:
            wanted(event)

    def _hovered(self, event):
        text = self.text_at(event)
        if text == self.told:
            return
        self.told = text
        self.owner.session.logger.status(text)
        QToolTip.showText(self.mapToGlobal(event.guiEvent.position().toPoint()), text, self)
