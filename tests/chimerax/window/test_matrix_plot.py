"""The heat map of several maps in ChimeraX's window, used with the mouse."""

import time

from chimerax.core.commands import run
from chimerax.occupy.commands.matrix_plot import MatrixPlot
from helices import open_map_of, open_model
from Qt.QtCore import QEvent, QPointF, Qt
from Qt.QtGui import QMouseEvent
from Qt.QtWidgets import QApplication
from support import MapTestCase, session

TRUTHS = {"one": {"A": 1.0, "B": 1.0}, "two": {"A": 1.0, "B": 0.0}, "three": {"A": 1.0, "B": 0.5}}


class HeatMap(MapTestCase):
    def setUp(self):
        super().setUp()
        self.model = open_model()
        self.maps = []
        for name, truth in TRUTHS.items():
            self.maps.append(open_map_of(self.model, truth, 0.02))
            self.maps[-1].name = name
        specs = ",".join(volume.id_string for volume in self.maps)
        self.command = f"occupy refine #{specs} atoms #{self.model.id_string}"
        run(session, self.command, log=False)
        (self.plot,) = session.tools.find_by_class(MatrixPlot)
        self.settle()

    def tearDown(self):
        for plot in session.tools.find_by_class(MatrixPlot):
            plot.delete()
        super().tearDown()

    def settle(self):
        for _ in range(20):
            QApplication.processEvents()
            time.sleep(0.01)

    def place_of(self, name, chain):
        """Where the cell of a map and a chain is, in pixels of the window."""
        matrix = self.plot.matrix
        row = list(matrix.map_order.places).index(matrix.maps.index(name))
        column = list(matrix.group_order.places).index("AB".index(chain))
        canvas = self.plot.canvas
        x, y = self.plot.heat.transData.transform((column, row)) / canvas.device_pixel_ratio
        return QPointF(x, canvas.height() - y)

    def send(self, kind, place, button=Qt.NoButton):
        canvas = self.plot.canvas
        event = QMouseEvent(kind, place, canvas.mapToGlobal(place), button, button, Qt.NoModifier)
        QApplication.sendEvent(canvas, event)
        self.settle()

    def click(self, name, chain):
        self.send(QEvent.MouseButtonPress, self.place_of(name, chain), Qt.LeftButton)
        self.send(QEvent.MouseButtonRelease, self.place_of(name, chain), Qt.LeftButton)

    def shown(self):
        return [volume.name for volume in self.maps if volume.display]

    def test_a_click_shows_that_map_and_hides_the_others(self):
        for name in ("two", "one", "three", "one"):
            self.click(name, "B")
            self.assertEqual(self.shown(), [name])
        self.assertTrue(self.model.display)
        self.assertTrue(self.map.display)
        self.assertEqual(self.log.text["error"] + self.log.text["warning"], "")

    def test_hovering_tells_map_group_and_number_with_its_error(self):
        self.send(QEvent.MouseMove, self.place_of("three", "B"))
        told = self.plot.told
        self.assertTrue(told.startswith("three, /B: 0.5"), told)
        self.assertRegex(told, r": 0\.\d\d ± 0\.\d\d; correlation [01]\.\d\d$")
        self.send(QEvent.MouseMove, self.place_of("two", "A"))
        self.assertTrue(self.plot.told.startswith("two, /A: 1.0"), self.plot.told)
        self.send(QEvent.MouseMove, QPointF(3, 3))
        self.assertEqual(self.plot.told, "")

    def test_the_heat_map_follows_the_size_of_its_window(self):
        area = self.plot.tool_window.ui_area
        before = self.plot.heat.get_position().width
        self.plot.canvas.resize(area.width() + 500, area.height() + 300)
        self.settle()
        self.assertGreater(self.plot.heat.get_position().width, before)
        self.click("two", "A")
        self.assertEqual(self.shown(), ["two"])

    def test_another_matrix_takes_its_place_and_closed_maps_are_told_of(self):
        run(session, self.command, log=False)
        (self.plot,) = session.tools.find_by_class(MatrixPlot)
        self.settle()
        place = self.place_of("two", "A")
        session.models.close([self.maps[1]])
        self.send(QEvent.MouseButtonPress, place, Qt.LeftButton)
        self.click("one", "A")
        self.assertEqual([volume.name for volume in self.maps if not volume.deleted and volume.display], ["one"])
        self.assertEqual(self.log.text["error"] + self.log.text["warning"], "")

    def test_plot_false_leaves_the_window_as_it_is(self):
        self.plot.delete()
        run(session, f"{self.command} plot false", log=False)
        self.assertEqual(session.tools.find_by_class(MatrixPlot), [])
