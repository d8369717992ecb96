"""Plots of one map in sessions."""

import numpy as np
from chimerax.core.commands import run
from chimerax.occupy.commands.plot import FlexibilityPlot, OccupancyPlot, show_flexibility_plot, show_occupancy_plot
from support import FOLDER, MapTestCase, session

ROW = {
    "occupancy": 0.5,
    "standard_error": 0.1,
    "b_shift": np.nan,
    "b_shift_error": np.nan,
    "notes": [],
    "position": 1.0,
}
ROWS = [ROW | {"group": f"/{chain}", "chain": f"/{chain}"} for chain in "AB"]


class Plots(MapTestCase):
    def tearDown(self):
        for plot in [tool for tool in session.tools.list() if isinstance(tool, (OccupancyPlot, FlexibilityPlot))]:
            plot.delete()
        super().tearDown()

    def titles(self):
        return sorted(tool.tool_window.title for tool in session.tools.list() if tool.tool_name.startswith("OccuPy "))

    def test_a_session_brings_plots_back(self):
        show_occupancy_plot(session, ROWS, "chain", "small")
        show_flexibility_plot(session, "small", [["/A", "/B"], np.array([0.5, 1.0]), [20.0, np.nan], None, None])
        before = self.titles()
        run(session, f'save "{FOLDER / "plots.cxs"}"', log=False)
        self.assertNotIn("OccuPy", " ".join(session.metadata))
        self.tearDown()
        self.setUp()
        self.assertEqual(self.titles(), [])
        run(session, f'open "{FOLDER / "plots.cxs"}"', log=False)
        self.assertEqual((self.titles(), len(before)), (before, 2))
        (plot,) = session.tools.find_by_class(FlexibilityPlot)
        self.assertTrue(plot.axes.has_data())
        self.assertEqual(self.log.text["error"] + self.log.text["warning"], "")
