"""The layout of figures in ChimeraX's window."""

from warnings import catch_warnings, filterwarnings

from matplotlib.layout_engine import ConstrainedLayoutEngine


class WindowLayout(ConstrainedLayoutEngine):
    """Matplotlib's constrained layout of a figure in a window, which may be too small for it.

    There the axes stay where they were, and Matplotlib warns of it each time it draws, but who made it small sees it.
    """

    def execute(self, figure):
        with catch_warnings():
            filterwarnings("ignore", "constrained_layout not applied", UserWarning)
            super().execute(figure)
