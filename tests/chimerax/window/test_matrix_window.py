"""The window of a matrix of occupancies, used with the mouse."""

import json
from dataclasses import replace

import numpy as np
from chimerax.atomic import selected_atoms
from chimerax.core.commands import run
from chimerax.occupy.commands.atom_groups import AtomGroups
from chimerax.occupy.commands.refine import ATTRIBUTE
from chimerax.occupy.commands.shown_matrix import ShownMatrix, last_matrix
from chimerax.occupy.tool.matrix.window import MatrixWindow, show_matrix
from helices import open_map_of, open_model
from Qt.QtCore import QEvent, QPointF, Qt
from Qt.QtGui import QMouseEvent
from Qt.QtWidgets import QApplication, QMenu
from support import FOLDER, MapTestCase, session

TRUTHS = {
    "one": {"A": 1.0, "B": 1.0},
    "two": {"A": 1.0, "B": 0.0},
    "three": {"A": 1.0, "B": 0.5},
    "four": {"A": 1.0, "B": 0.0},
}
WITHOUT_B = ["two", "four"]
_ROUNDS = 8
"""Of events: what an event asks for is done in the next."""


_maps, _matrices = [], []
"""What is made once for all tests."""


def maps_of(model):
    """Arrays, names, steps and origins of the maps."""
    if not _maps:
        for name, truth in TRUTHS.items():
            made = open_map_of(model, truth, 0.02)
            _maps.append((made.full_matrix().copy(), name, made.data.step, made.data.origin))
            session.models.close([made])
    return _maps


class Window(MapTestCase):
    def setUp(self):
        super().setUp()
        self.model = open_model()
        self.maps = [self.open_map(*of_map) for of_map in maps_of(self.model)]
        specs = ",".join(volume.id_string for volume in self.maps)
        self.command = f"occupy refine #{specs} atoms #{self.model.id_string}"
        if not _matrices:
            self.refine()
            _matrices.append(last_matrix(session).matrix)
        groups = AtomGroups(self.model.atoms)
        show_matrix(session, ShownMatrix(_matrices[0], self.maps, [groups] * len(self.maps)))
        self.look_again()

    def tearDown(self):
        for window in session.tools.find_by_class(MatrixWindow):
            window.delete()
        super().tearDown()

    def refine(self, words=""):
        """Refine anew; that chain B is full in hardly any map is said, and right."""
        run(session, f"{self.command} {words}", log=False)
        self.log.text["warning"] = ""

    def look_again(self):
        (self.window,) = session.tools.find_by_class(MatrixWindow)
        self.tab = self.window.tabs.widget(0)
        self.settle()

    def settle(self):
        for _ in range(_ROUNDS):
            QApplication.processEvents()

    def assert_quiet(self):
        self.assertEqual(self.log.text["error"] + self.log.text["warning"], "")

    def row_of(self, name):
        matrix = self.window.matrix
        return list(matrix.map_order.places).index(matrix.maps.index(name))

    def place_of(self, name, chain):
        """Where the cell of a map and a chain is, in pixels of the tab."""
        return self.in_tab(*self.tab.heat.transData.transform((self.column_of(chain), self.row_of(name))))

    def column_of(self, chain):
        return list(self.window.matrix.group_order.places).index("AB".index(chain))

    def beside(self, name, share):
        """Where the row of a map is at a share of the figure's width."""
        _, y = self.tab.heat.transData.transform((0, self.row_of(name)))
        return self.in_tab(share * self.tab.figure.bbox.width, y)

    def on_band(self, name):
        band = next(axes for axes in self.tab.figure.axes if axes.get_label() == "sets")
        return self.beside(name, (band.get_position().x0 + band.get_position().x1) / 2)

    def in_tab(self, x, y):
        return QPointF(x / self.tab.device_pixel_ratio, self.tab.height() - y / self.tab.device_pixel_ratio)

    def send(self, kind, place, button=Qt.NoButton, keys=Qt.NoModifier):
        event = QMouseEvent(kind, place, self.tab.mapToGlobal(place), button, button, keys)
        QApplication.sendEvent(self.tab, event)
        self.settle()

    def click(self, place, keys=Qt.NoModifier):
        self.send(QEvent.MouseButtonPress, place, Qt.LeftButton, keys)
        self.send(QEvent.MouseButtonRelease, place, Qt.LeftButton, keys)

    def shown(self):
        return [volume.name for volume in self.maps if not volume.deleted and volume.display]

    def picked(self):
        return [self.window.matrix.maps[row] for row in self.window.picks.rows]

    def occupancy_on_atoms(self, chain):
        residue = next(residue for residue in self.model.residues if residue.chain_id == chain)
        return getattr(residue, ATTRIBUTE, None)

    def found(self, name, chain):
        return self.window.matrix.occupancies[self.window.matrix.maps.index(name), "AB".index(chain)]

    def test_a_click_on_a_cell_shows_that_map_alone_and_selects_the_chain(self):
        for name, chain in (("two", "B"), ("one", "A"), ("three", "B"), ("one", "B")):
            self.click(self.place_of(name, chain))
            self.assertEqual(self.shown(), [name])
            self.assertEqual(set(selected_atoms(session).unique_chain_ids), {chain})
            self.assertEqual(self.window.matrix.maps[self.window.picks.row], name)
        self.assertTrue(self.model.display)
        self.assertTrue(self.map.display)
        self.assert_quiet()

    def test_the_row_colors_the_model_by_its_occupancies_unless_that_is_off(self):
        before = self.model.residues.ribbon_colors
        self.click(self.place_of("three", "B"))
        self.assertAlmostEqual(self.occupancy_on_atoms("B"), self.found("three", "B"))
        colored = self.model.residues.ribbon_colors
        self.assertGreater(np.abs(colored.astype(int) - before).max(), 20)
        run(session, "undo", log=False)
        np.testing.assert_array_equal(self.model.residues.ribbon_colors, before)
        self.window.colors.setChecked(False)
        self.click(self.place_of("one", "B"))
        np.testing.assert_array_equal(self.model.residues.ribbon_colors, before)
        self.assert_quiet()

    def test_where_each_map_has_a_model_those_of_other_maps_are_hidden(self):
        models = [self.model, *(open_model(f"model of {volume.name}") for volume in self.maps[1:])]
        groups = [AtomGroups(model.atoms, within_model=True) for model in models]
        show_matrix(session, ShownMatrix(replace(_matrices[0], groups=["/A", "/B"]), self.maps, groups))
        self.look_again()
        for i, name in ((2, "three"), (0, "one")):
            self.click(self.place_of(name, "B"))
            self.assertEqual([model.display for model in models], [model is models[i] for model in models])
            self.assertEqual(selected_atoms(session).unique_structures.names.tolist(), [models[i].name])
            self.assertEqual(self.shown(), [name])
        self.assert_quiet()

    def test_a_mask_is_shown_where_it_is_clicked_on_also_after_a_session(self):
        matrix = replace(_matrices[0], groups=[_matrices[0].groups[0], "protein"], masks=["protein"])
        chain = AtomGroups(self.model.atoms[self.model.atoms.chain_ids == "A"])
        show_matrix(session, ShownMatrix(matrix, self.maps, [chain] * len(self.maps), {"protein": self.map}))
        for again in (False, True):
            if again:
                self.save_and_open("masks.cxs")
            self.look_again()
            self.map.display = False
            self.click(self.place_of("two", "A"))
            self.assertEqual((self.map.display, len(selected_atoms(session)) > 0), (False, True))
            self.assertIsNone(self.occupancy_on_atoms("B"))
            run(session, "select clear", log=False)
            self.click(self.place_of("two", "B"))
            self.assertEqual((self.map.display, len(selected_atoms(session)), self.shown()), (True, 0, ["two"]))
        self.assert_quiet()

    def test_what_a_map_does_not_tell_is_gray(self):
        values = _matrices[0].occupancies.copy()
        values[2, 1] = np.nan
        self.click(self.place_of("one", "B"))
        show_matrix(session, replace(self.window.shown, matrix=replace(_matrices[0], occupancies=values)))
        self.look_again()
        self.click(self.place_of("three", "B"))
        of_b = self.model.residues.chain_ids == "B"
        gray = (self.model.residues.ribbon_colors[:, :3] == 160).all(axis=1)
        np.testing.assert_array_equal(gray, of_b)
        self.assert_quiet()

    def test_the_row_colors_what_is_left_of_a_model_of_which_atoms_were_deleted(self):
        run(session, f"delete #{self.model.id_string}/A:1-10", log=False)
        self.click(self.place_of("three", "A"))
        for chain in "AB":
            self.assertAlmostEqual(self.occupancy_on_atoms(chain), self.found("three", chain))
        self.assert_quiet()

    def test_a_click_on_the_name_of_a_map_shows_it_and_selects_nothing(self):
        right_of_it = (self.tab.heat.get_position().x1 * 3 + 1) / 4
        self.click(self.beside("two", right_of_it))
        self.assertEqual((self.shown(), len(selected_atoms(session))), (["two"], 0))
        self.click(self.beside("four", 0.03))
        self.assertEqual((self.shown(), len(selected_atoms(session))), (["four"], 0))
        self.assert_quiet()

    def test_a_click_on_the_band_of_a_set_picks_its_maps_and_keys_pick_others(self):
        self.click(self.on_band("two"))
        self.assertEqual(self.picked(), WITHOUT_B)
        self.click(self.place_of("one", "A"), Qt.ControlModifier)
        self.assertEqual(self.picked(), ["one", *WITHOUT_B])
        self.click(self.place_of("two", "A"), Qt.ControlModifier)
        self.assertEqual(self.picked(), ["one", "four"])
        order = [self.window.matrix.maps[i] for i in self.window.matrix.map_order.places]
        self.click(self.place_of(order[0], "A"))
        self.click(self.place_of(order[-1], "A"), Qt.ShiftModifier)
        self.assertEqual(len(self.picked()), len(TRUTHS))
        self.assertEqual(self.shown(), [order[0]])
        self.assert_quiet()

    def test_the_average_of_a_set_is_the_mean_of_its_maps(self):
        self.click(self.on_band("two"))
        made = self.window.average()
        number = self.window.picks.set_of(self.window.picks.rows)
        self.assertEqual(made.name, f"average of set {number}")
        mean = np.mean([volume.full_matrix() for volume in self.maps if volume.name in WITHOUT_B], axis=0)
        np.testing.assert_allclose(made.full_matrix(), mean, rtol=1e-4, atol=1e-5)
        self.assertEqual((made.display, self.shown()), (True, []))
        self.assertIs(self.window.average(), made)
        self.assert_quiet()

    def test_maps_of_unlike_strength_are_averaged_with_a_warning(self):
        self.maps[3].data.array[:] *= 2
        self.maps[3].data.values_changed()
        self.click(self.on_band("two"))
        self.window.average()
        self.assertIn("The densities of four vary 1.5 times as much as those of two", self.log.text["warning"])

    def test_maps_of_more_particles_count_more_in_an_average(self):
        self.refine("populations 10,30,50,10")
        self.look_again()
        self.click(self.on_band("two"))
        two, four = (self.maps[i].full_matrix() for i in (1, 3))
        np.testing.assert_allclose(self.window.average().full_matrix(), 0.75 * two + 0.25 * four, rtol=1e-4, atol=1e-5)
        self.send(QEvent.MouseMove, self.beside("two", 0.03))
        self.assertEqual(self.tab.told, "two: 30.0% of the particles")
        column, _ = self.tab.heat.transData.transform((self.column_of("B"), 0))
        self.send(QEvent.MouseMove, self.in_tab(column, self.tab.heat.bbox.y0 - 5))
        self.assertRegex(self.tab.told, r"/B: in 3\d\.\d% ± \d\.\d% of all particles$")
        self.assert_quiet()

    def test_the_particles_of_a_set_and_of_picked_maps_are_saved(self):
        rows = [f"{name},{i}" for name in TRUTHS for i in range(2)]
        everything, some = FOLDER / "all particles.csv", FOLDER / "some particles.csv"
        everything.write_text("\n".join(["map,particle", *rows]) + "\n", "utf-8")
        picks = ((self.on_band("two"), Qt.NoModifier, WITHOUT_B), (self.place_of("one", "A"), Qt.ControlModifier, None))
        for place, keys, names in picks:
            self.click(place, keys)
            self.window.save_particles(str(everything), str(some))
            saved = some.read_text("utf-8").split()[1:]
            self.assertEqual(saved, [row for row in rows if row.split(",")[0] in (names or ["one", *WITHOUT_B])])
            some.unlink()
        self.assertRegex(self.log.text["info"], r"occupy particles .* set \d saveFile .* maps one maps two maps four")
        self.assert_quiet()

    def test_a_morph_goes_from_the_average_of_a_set_to_another_and_back(self):
        numbers = {name: int(self.window.matrix.agreement[i]) for i, name in enumerate(self.window.matrix.maps)}
        for first, last in (("two", "one"), ("one", "two")):
            self.click(self.place_of(first, "A"))
            made = self.window.morph(numbers[last])
            for _ in range(60):
                session.triggers.activate_trigger("new frame", None)
            ends = {name: self.average_of(name) for name in (first, last)}
            np.testing.assert_allclose(made.full_matrix(), ends[last], rtol=1e-4, atol=1e-4)
            self.assertGreater(np.abs(made.full_matrix() - ends[first]).max(), 0.1)
            self.assertTrue(made.display)
        self.assert_quiet()

    def average_of(self, name):
        names = WITHOUT_B if name in WITHOUT_B else [name]
        return np.mean([volume.full_matrix() for volume in self.maps if volume.name in names], axis=0)

    def choose_in_menu(self, begins):
        """Choose what begins so in the menu that the right button opens."""
        menu = QMenu()
        self.window.tool_window.fill_context_menu(menu, 0, 0)
        entries = [*menu.actions(), *(entry for inner in menu.findChildren(QMenu) for entry in inner.actions())]
        next(entry for entry in entries if entry.text().startswith(begins)).trigger()
        self.settle()

    def test_the_menu_is_about_the_row_under_the_mouse(self):
        self.click(self.place_of("one", "A"))
        self.send(QEvent.MouseButtonPress, self.place_of("two", "A"), Qt.RightButton)
        self.choose_in_menu("Pick the maps of set")
        self.assertEqual((self.picked(), self.shown()), (WITHOUT_B, ["one"]))
        self.choose_in_menu("Select: without")
        self.assertEqual(set(selected_atoms(session).unique_chain_ids), {"B"})
        self.choose_in_menu("Average of set")
        self.choose_in_menu(f"Set {self.window.matrix.agreement[2]}, ")
        made = [model.name for model in session.models.list() if model.name.startswith(("average", "set"))]
        self.assertEqual([name.split(" ")[0] for name in made], ["average", "set"])
        self.assert_quiet()

    def test_hovering_tells_map_group_and_number_with_its_error(self):
        self.send(QEvent.MouseMove, self.place_of("three", "B"))
        self.assertRegex(self.tab.told, r"^three, /B: 0\.\d\d ± 0\.\d\d; correlation [01]\.\d\d$")
        self.send(QEvent.MouseMove, self.place_of("two", "A"))
        self.assertRegex(self.tab.told, r"^two, /A: 1\.0")
        self.send(QEvent.MouseMove, self.on_band("two"))
        self.assertRegex(self.tab.told, r"^Set \d, 2 maps: without \S*/B$")
        self.send(QEvent.MouseMove, QPointF(3, 3))
        self.assertEqual(self.tab.told, "")

    def test_the_graph_of_assembly_tells_what_a_node_is_and_a_click_selects_it(self):
        self.window.tabs.setCurrentIndex(1)
        self.tab = self.window.tabs.currentWidget()
        self.settle()
        self.assertEqual([node.groups[0][-2:] for node in self.tab.assembly.nodes], ["/A", "/B"])
        for node, chain, told in (
            (1, "B", r"/B: 0\.3\d ± 0\.\d\d on the mean of all maps$"),
            (0, "A", r"/A: always there$"),
        ):
            x, y = self.tab.drawn.axes.transData.transform(self.tab.drawn.places[node])
            self.send(QEvent.MouseMove, self.in_tab(x, y))
            self.assertRegex(self.tab.told, told)
            self.click(self.in_tab(x, y))
            self.assertEqual(set(selected_atoms(session).unique_chain_ids), {chain})
        self.click(QPointF(3, 3))
        self.assertEqual(set(selected_atoms(session).unique_chain_ids), {"A"})
        self.tab.save(str(FOLDER / "assembly.svg"))
        self.assertIn("occupancy", (FOLDER / "assembly.svg").read_text("utf-8"))
        self.assert_quiet()

    def test_the_figure_follows_the_size_of_the_window(self):
        before = self.tab.heat.get_position().width
        self.tab.resize(self.tab.width() + 500, self.tab.height() + 300)
        self.settle()
        self.assertGreater(self.tab.heat.get_position().width, before)
        self.click(self.place_of("two", "A"))
        self.assertEqual(self.shown(), ["two"])

    def test_the_window_is_afloat_and_within_the_screen(self):
        self.assertTrue(self.window.tool_window.floating)
        frame = self.window.tool_window.ui_area.window().frameGeometry()
        self.assertTrue(session.ui.main_window.screen().geometry().contains(frame), frame)

    def test_another_matrix_takes_its_place_and_closed_maps_are_told_of(self):
        self.refine()
        self.look_again()
        session.models.close([self.maps[1]])
        self.click(self.place_of("two", "A"))
        self.assertNotIn("two", self.shown())
        self.click(self.place_of("one", "A"))
        self.assertEqual(self.shown(), ["one"])
        self.assert_quiet()

    def test_figure_and_table_are_saved(self):
        for suffix, begins in ((".png", b"\x89PNG"), (".svg", b"<?xml")):
            path = FOLDER / f"matrix{suffix}"
            self.tab.save(str(path))
            self.assertEqual(path.read_bytes()[: len(begins)], begins)
        self.refine(f'plot false saveFile "{FOLDER / "command.csv"}"')
        self.window.save_table(str(FOLDER / "window.csv"))
        self.assertEqual((FOLDER / "window.csv").read_text("utf-8"), (FOLDER / "command.csv").read_text("utf-8"))
        self.assert_quiet()

    def save_and_open(self, name):
        run(session, f'save "{FOLDER / name}"', log=False)
        session.models.close([self.maps[0]])
        run(session, f'open "{FOLDER / name}"', log=False)
        self.look_again()
        named = {model.name: model for model in session.models.list()}
        self.maps = [named[name] for name in TRUTHS]
        self.model, self.map = named["helices"], named["small"]

    def test_a_session_brings_the_window_back(self):
        self.click(self.place_of("three", "B"))
        self.click(self.on_band("two"))
        before, table = self.window.state, self.window.matrix.as_csv()
        self.save_and_open("matrix.cxs")
        self.assertEqual(self.window.matrix.as_csv(), table)
        self.assertEqual(self.picked(), WITHOUT_B)
        self.assertEqual(self.window.picks.row, before["row"])
        self.click(self.place_of("two", "B"))
        self.assertEqual(self.shown(), ["two"])
        self.assertEqual(set(selected_atoms(session).unique_chain_ids), {"B"})
        self.assertAlmostEqual(self.occupancy_on_atoms("B"), self.found("two", "B"))
        self.assert_quiet()

    def test_a_session_is_told_of_maps_that_were_closed_before_it_was_saved(self):
        session.models.close([self.maps[1]])
        path = FOLDER / "without_one.cxs"
        run(session, f'save "{path}"', log=False)
        run(session, f'open "{path}"', log=False)
        self.look_again()
        self.click(self.place_of("two", "B"))
        self.assertIsNone(self.window.picks.row)
        self.assert_quiet()

    def test_a_matrix_of_a_later_version_leaves_the_session_as_it_is(self):
        state = self.window.state | {"version": 99, "maps": [], "models": []}
        self.window.delete()
        session.metadata["OccuPy matrix"] = json.dumps(state)
        MatrixWindow.bring_back(session)
        self.assertEqual(session.tools.find_by_class(MatrixWindow), [])
        self.assertIn("saved by another version", self.log.text["info"])
        self.assert_quiet()

    def test_a_closed_window_is_hidden_and_comes_back_as_it_was(self):
        self.click(self.place_of("three", "B"))
        self.window.tool_window.ui_area.window().close()
        self.settle()
        self.assertFalse(self.window.displayed())
        self.window.display(True)
        self.assertEqual(self.picked(), ["three"])

    def test_plot_false_leaves_the_window_as_it_is(self):
        self.window.delete()
        self.refine("plot false")
        self.assertEqual(session.tools.find_by_class(MatrixWindow), [])
