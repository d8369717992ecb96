"""Where a window of this bundle begins: afloat beside ChimeraX's, where docked it would squeeze the Log."""

from Qt.QtCore import QRect

_SHARE_OF_SCREEN = (0.48, 0.85)
_MARGIN = 20
"""Pixels from the edge of the screen."""


def float_in_screen(window, session, size):
    """Show a tool's window afloat, at the right of the screen, and not larger than a good part of that.

    Parameters
    ----------
    window : MainToolWindow
    session : Session
    size : tuple of 2 int
        Width and height that it needs, in pixels.
    """
    window.manage(placement=None)
    screen = session.ui.main_window.screen().availableGeometry()
    width, height = (
        int(min(wanted, share * whole))
        for wanted, share, whole in zip(size, _SHARE_OF_SCREEN, (screen.width(), screen.height()), strict=True)
    )
    place = QRect(screen.right() - width - _MARGIN, screen.top() + 3 * _MARGIN, width, height)
    window.ui_area.window().setGeometry(place)
