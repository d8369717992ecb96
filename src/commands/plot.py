"""Plots in ChimeraX's window."""

from chimerax.interfaces.graph import Plot

from ..plots import draw_occupancies, draw_solvent


class SolventPlot(Plot):
    """The histogram around the solvent peak, the fitted model and the confidence."""

    SESSION_SAVE = False

    def __init__(self, session, model, name):
        super().__init__(session, "OccuPy solvent", title="Solvent model", zoom_axes="x", translate_axes="x")
        self.tool_window.ui_area.setMinimumHeight(260)
        self.figure.set_layout_engine("constrained")
        draw_solvent(self.axes, model, name)
        self.canvas.draw()


class OccupancyPlot(Plot):
    """Refined occupancies with their standard errors."""

    SESSION_SAVE = False

    def __init__(self, session, rows, by, name):
        super().__init__(session, "OccuPy occupancies", title=f"Occupancies in {name}")
        self.tool_window.ui_area.setMinimumHeight(260)
        self.figure.set_layout_engine("constrained")
        draw_occupancies(self.axes, rows, by)
        self.canvas.draw()


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
