"""Plots in ChimeraX's window."""

from chimerax.interfaces.graph import Plot

from ..figures.flexibility import draw_flexibility
from ..figures.occupancies import draw_occupancies
from ..figures.solvent import draw_solvent
from ..figures.window_layout import WindowLayout
from .sessions import keep_in_sessions, take_out


class DockedPlot(Plot):
    """A plot in ChimeraX's window, a tab beside the plots of this bundle that are docked there already.

    One below the other they would squeeze the Log to nothing, and make the window higher than the screen.

    Parameters
    ----------
    session : Session
    tool_name : str
    made_of : dict, optional
        The keywords of the class, of which sessions make the plot again.
    **keywords
        As for ChimeraX's `Plot`.
    """

    SESSION_SAVE = False

    def __init__(self, session, tool_name, made_of=None, **keywords):
        super().__init__(session, tool_name, **keywords)
        others = [plot.tool_window for plot in session.tools.find_by_class(DockedPlot) if plot is not self]
        docked = [window for window in others if window.shown and not window.floating]
        if docked and not self.tool_window.floating:
            self.tool_window.manage(docked[-1])
        self._handlers = keep_in_sessions(session, tool_name, lambda: made_of) if made_of else []

    @classmethod
    def bring_back(cls, session):
        """Show the plot as it was in a session that has been restored."""
        try:
            made_of = take_out(session, cls.in_sessions)
            if made_of is not None:
                cls(session, **made_of).show()
        except (KeyError, TypeError, ValueError):
            session.logger.info(f"A plot ({cls.in_sessions}) was saved by another version, and is not shown")

    def delete(self):
        for handler in self._handlers:
            handler.remove()
        super().delete()


class SolventPlot(DockedPlot):
    """The histogram around the solvent peak, the fitted model and the confidence."""

    def __init__(self, session, model, name):
        super().__init__(session, "OccuPy solvent", title="Solvent model")
        self.zoom_axes = self.translate_axes = "x"  # what ChimeraX has from 1.11 on
        self.tool_window.ui_area.setMinimumHeight(260)
        self.figure.set_layout_engine(WindowLayout())
        draw_solvent(self.axes, model, name, legend_columns=2)
        self.canvas.draw()


class OccupancyPlot(DockedPlot):
    """Refined occupancies with their standard errors."""

    in_sessions = "OccuPy occupancies"

    def __init__(self, session, rows, by, name):
        made_of = {"rows": rows, "by": by, "name": name}
        super().__init__(session, self.in_sessions, made_of, title=f"Occupancies in {name}")
        self.tool_window.ui_area.setMinimumHeight(260)
        self.figure.set_layout_engine(WindowLayout())
        draw_occupancies(self.axes, rows, by)
        self.canvas.draw()


class FlexibilityPlot(DockedPlot):
    """Occupancy against flexibility."""

    in_sessions = "OccuPy flexibility"

    def __init__(self, session, name, groups, label):
        made_of = {"name": name, "groups": groups, "label": label}
        super().__init__(session, self.in_sessions, made_of, title=f"Occupancy and flexibility in {name}")
        self.tool_window.ui_area.setMinimumHeight(260)
        self.figure.set_layout_engine(WindowLayout())
        draw_flexibility(self.axes, *groups, label=label)
        self.canvas.draw()


def show_flexibility_plot(session, name, groups, label="occupancy"):
    """Show a plot of occupancy against flexibility in a map, in place of an earlier one.

    Parameters
    ----------
    session : Session
    name : str
        Of the map.
    groups : sequence
        Names, occupancies and ΔB, and their errors where these are known, as `draw_flexibility` takes them.
    label : str
        What occupancies are called.
    """
    for earlier in session.tools.find_by_class(FlexibilityPlot):
        earlier.delete()
    FlexibilityPlot(session, name, groups, label).show()


def show_occupancy_plot(session, rows, by, name):
    """Show a plot of occupancies refined against a map, in place of an earlier one; rows as in `draw_occupancies`."""
    for earlier in session.tools.find_by_class(OccupancyPlot):
        earlier.delete()
    OccupancyPlot(session, rows, by, name).show()


def show_solvent_plot(session, model, name):
    """Show the plot of a solvent model in place of an earlier one."""
    for earlier in session.tools.find_by_class(SolventPlot):
        earlier.delete()
    SolventPlot(session, model, name).show()
