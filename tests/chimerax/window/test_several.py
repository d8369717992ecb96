"""Several maps in the OccuPy panel, in ChimeraX's window."""

from functools import cache
from unittest import mock

import helices
import numpy as np
from chimerax import occupy
from chimerax.core.commands import run
from chimerax.core.errors import UserError
from chimerax.core.models import Model
from chimerax.occupy.commands import jobs, matrix_job
from chimerax.occupy.tool import several
from chimerax.occupy.tool.matrix.window import MatrixWindow
from chimerax.occupy.tool.several import MapsDialog
from panels import Endless, PanelTestCase, wait_until
from Qt.QtCore import Qt
from Qt.QtWidgets import QMenu, QPushButton
from support import FOLDER, VOXEL_SIZE, session

TRUTHS = {"one": {"A": 1.0, "B": 1.0}, "two": {"A": 1.0, "B": 0.0}, "three": {"A": 1.0, "B": 0.5}}


NOISE = 0.02


@cache
def chains():
    """The density of each chain of the model by itself, and the origin of the grid."""
    model = helices.open_model()
    made = [helices.open_map_of(model, {chain: 1.0}) for chain in "AB"]
    found = [volume.full_matrix().copy() for volume in made], made[0].data.origin
    session.models.close([model, *made])
    return found


class SeveralTestCase(PanelTestCase):
    def choices(self):
        """What the menu of maps offers, by its words."""
        menu = QMenu()
        self.panel.several.fill(menu)
        self.addCleanup(menu.deleteLater)
        return {action.text(): action for action in menu.actions()}

    def press(self, text):
        (found,) = [b for b in self.panel.pages.findChildren(QPushButton) if b.text() == text and not b.isHidden()]
        found.click()
        self.settle()


class Choosing(SeveralTestCase):
    def setUp(self):
        super().setUp()
        self.group = Model("class*.mrc", session)
        session.models.add([self.group])
        self.maps_of_group = [self.open_map(factor * self.density, f"class{factor}") for factor in (1, 2, 3)]
        session.models.add(self.maps_of_group, parent=self.group)
        self.settle()

    def test_the_menu_offers_the_chosen_map_series_and_all_but_what_was_made_of_others(self):
        run(session, "occupy estimate #1 color false", log=False)
        self.assertEqual(self.panel.several.button.text(), "alone")
        offered = f"All 3 maps of class*.mrc #{self.group.id_string}"
        self.assertEqual(list(self.choices()), ["This map alone", offered, "All 4 maps", "Choose maps…"])
        self.choices()[offered].trigger()
        self.assertEqual(self.panel.several.volumes, self.maps_of_group)
        self.assertIs(self.panel.map_menu.value, self.maps_of_group[0])
        self.assertTrue(self.choices()[offered].isChecked())
        self.assertEqual(self.panel.several.button.text(), "3 maps")
        self.choices()["This map alone"].trigger()
        self.assertEqual(self.panel.several.volumes, [self.maps_of_group[0]])

    def test_another_map_of_the_several_may_be_looked_at_and_one_beside_them_is_worked_on_alone(self):
        self.panel.several.choose(self.maps_of_group)
        self.panel.map_menu.value = self.maps_of_group[2]
        self.assertEqual(self.panel.several.volumes, self.maps_of_group)
        self.panel.map_menu.value = self.map
        self.assertEqual(self.panel.several.volumes, [self.map])

    def test_maps_that_are_closed_are_worked_on_no_more(self):
        first, second, third = self.maps_of_group
        self.panel.several.choose(self.maps_of_group)
        session.models.close([first])
        wait_until(lambda: self.panel.several.count == 2)
        self.assertEqual(self.panel.several.volumes, [second, third])
        session.models.close([second])
        wait_until(lambda: self.panel.several.count == 1)
        self.settle()
        self.assert_quiet()

    def test_maps_are_ticked_in_a_list_all_selected_ones_together(self):
        dialog = MapsDialog(None, [self.map, *self.maps_of_group], [self.map])
        self.addCleanup(dialog.deleteLater)
        self.assertEqual(dialog.chosen, [self.map])
        for row in (1, 2, 3):
            dialog.list.item(row).setSelected(True)
        dialog.list.item(2).setCheckState(Qt.Checked)
        self.assertEqual(dialog.chosen, [self.map, *self.maps_of_group])
        with mock.patch.object(several, "ask_for_maps", return_value=dialog.chosen[2:]):
            self.choices()["Choose maps…"].trigger()
        self.assertEqual(self.panel.several.volumes, self.maps_of_group[1:])

    def test_buttons_say_on_how_many_maps_they_work(self):
        self.panel.several.choose(self.maps_of_group)
        texts = {b.text() for b in self.panel.pages.findChildren(QPushButton) if not b.isHidden()}
        self.assertLessEqual({"Estimate 3 maps", "Apply to 3 maps", "Refine in 3 maps"}, texts)
        self.assertFalse(self.panel.measure_page.of_several.isHidden())
        self.panel.several.choose([])
        self.assertTrue(self.panel.measure_page.of_several.isHidden())

    def test_sessions_hold_the_choice(self):
        self.panel.several.choose(self.maps_of_group)
        path = FOLDER / "home" / "several.cxs"
        run(session, f'save "{path}"', log=False)
        run(session, f'open "{path}"', log=False)
        self.panel = session.tools.find_by_class(type(self.panel))[0]
        self.settle()
        self.assertEqual([volume.name for volume in self.panel.several.volumes], ["class1", "class2", "class3"])

    def test_all_maps_are_estimated_by_one_command_on_one_scale_where_that_is_wanted(self):
        self.panel.several.choose(self.maps_of_group)
        self.panel.map_menu.value = self.maps_of_group[1]
        self.settle()
        self.panel.estimate_page.one_scale.setChecked(True)
        with mock.patch.object(jobs, "estimate", wraps=jobs.estimate) as engine:
            self.press("Estimate 3 maps")
            made = [volume for volume in self.maps() if volume.name.endswith(" occupancy")]
            self.assertEqual(len({call.kwargs.get("full_scale") for call in engine.call_args_list} - {None}), 1)
        self.assertIn(f"occupy estimate #{self.group.id_string}.1-3 commonScale true", self.log.text["info"])
        full_scale = occupy.estimate(3 * self.density, VOXEL_SIZE).full_scale
        self.assertEqual(len(made), 3)
        for factor, scale_map in zip((1, 2, 3), made, strict=True):
            expected = occupy.estimate(factor * self.density, VOXEL_SIZE, full_scale=full_scale).scale
            np.testing.assert_array_equal(scale_map.full_matrix(), expected)
        self.assertIs(self.panel.mask_page.scale_menu.value, made[1])

    def test_all_maps_are_modified_by_one_command_that_finds_the_work_done(self):
        self.panel.several.choose(self.maps_of_group)
        with mock.patch.object(jobs, "modify", wraps=jobs.modify) as engine:
            self.press("Apply to 3 maps")
        self.assertEqual(engine.call_count, 3)
        made = [volume for volume in self.maps() if volume.name.endswith(" equalized")]
        self.assertEqual([volume.name[:6] for volume in made], ["class1", "class2", "class3"])
        self.assertIn(f"occupy equalize #{self.group.id_string}.1-3", self.log.text["info"])

    def test_a_map_that_cannot_be_used_is_named_and_nothing_is_made(self):
        flat = self.open_map(np.ones_like(self.density), "flat")
        self.panel.several.choose([self.map, flat])
        self.panel.map_menu.value = self.map
        self.settle()
        self.panel.estimate_page.estimate()
        wait_until(lambda: "flat (#" in self.log.text["error"])
        self.settle()
        self.assertFalse([volume for volume in self.maps() if volume.name.endswith(" occupancy")])


class Refining(SeveralTestCase):
    """With maps of two chains, in which the second is there in full, not and in part."""

    def setUp(self):
        super().setUp()
        self.model = helices.open_model()
        self.classes = [self.open_class(name) for name in TRUTHS]
        self.page = self.panel.measure_page
        self.panel.pages.setCurrentIndex(3)
        wait_until(lambda: self.page.model_menu.value is self.model)
        self.panel.several.choose(self.classes)
        self.settle()

    def open_class(self, name):
        densities, origin = chains()
        density = sum(TRUTHS[name][chain] * part for chain, part in zip("AB", densities, strict=True))
        noise = np.random.default_rng(5).normal(0, NOISE * density.max(), density.shape)
        made = self.open_map((density + noise).astype(np.float32), name, step=(helices.GRID,) * 3, origin=origin)
        made.display = False
        return made

    def tearDown(self):
        for window in session.tools.find_by_class(MatrixWindow):
            window.delete()
        super().tearDown()

    def table(self):
        table = self.page.table
        return [[table.item(i, j).text() for j in range(table.columnCount())] for i in range(table.rowCount())]

    def test_one_button_refines_in_all_maps_and_shows_their_matrix(self):
        with mock.patch.object(matrix_job, "occupancy_matrix", wraps=matrix_job.occupancy_matrix) as engine:
            self.press("Refine in 3 maps")
            self.press("Refine in 3 maps")
        self.assertEqual(engine.call_count, 1)
        numbers = [volume.id[0] for volume in self.classes]
        command = f"occupy refine #{numbers[0]}-{numbers[2]} atoms #{self.model.id_string}"
        self.assertIn(command, self.log.text["info"])
        (window,) = session.tools.find_by_class(MatrixWindow)
        truth = [list(of_map.values()) for of_map in TRUTHS.values()]
        np.testing.assert_allclose(window.matrix.occupancies, truth, atol=0.03)
        rows = self.table()
        self.assertEqual([row[0] for row in rows], ["/A", "/B"])
        np.testing.assert_allclose([float(text) for text in rows[1][1:4]], [0.5, 0, 1], atol=0.03)
        self.assertEqual([row[4] for row in rows], ["3", "3"])
        self.assert_quiet()

    def test_complete_maps_and_flexibility_reach_the_command(self):
        first = self.classes[0].id_string
        self.page.of_several.complete.setText(f"#{first}")
        self.page.of_several.flexibility.setChecked(True)
        self.panel.several.choose(self.classes[1:])
        with mock.patch.object(matrix_job, "occupancy_matrix", wraps=matrix_job.occupancy_matrix) as engine:
            self.press("Refine in 2 maps")
        self.assertEqual(engine.call_count, 1)
        self.assertIn(f"referenceMaps #{first} flexibility true", self.log.text["info"])
        (window,) = session.tools.find_by_class(MatrixWindow)
        self.assertEqual(window.matrix.reference_maps, ["one"])
        self.assertIsNotNone(window.matrix.b_shifts)

    def test_a_matrix_is_made_anew_where_a_map_or_the_model_changed(self):
        with mock.patch.object(matrix_job, "occupancy_matrix", wraps=matrix_job.occupancy_matrix) as engine:
            self.press("Refine in 3 maps")
            self.classes[2].data.array *= 2
            self.classes[2].data.values_changed()
            self.settle()
            self.press("Refine in 3 maps")
            self.model.atoms.coords += 0.5
            self.press("Refine in 3 maps")
        self.assertEqual(engine.call_count, 3)

    def test_cancel_stops_it_between_maps_and_nothing_changes(self):
        work = Endless()
        sums = "chimerax.occupy.commands.matrix_job.MatrixBox.sums"
        with mock.patch(sums, lambda box, density: work(progress=self.panel.work._current.progress)):
            self.page.measure()
            wait_until(work.begun.is_set)
            wait_until(self.panel.progress.isVisible)
            self.assertIn("3 maps", self.panel.progress.stage.text())
            self.panel.cancel()
            wait_until(work.ended.is_set)
        self.settle()
        self.assertEqual(self.table(), [])
        self.assertNotIn("occupy refine", self.log.text["info"])
        self.assertEqual(session.tools.find_by_class(MatrixWindow), [])
        self.assert_quiet()

    def test_a_map_that_is_closed_meanwhile_ends_the_work(self):
        work = Endless()
        sums = "chimerax.occupy.commands.matrix_job.MatrixBox.sums"
        with mock.patch(sums, lambda box, density: work(progress=self.panel.work._current.progress)):
            self.page.measure()
            wait_until(work.begun.is_set)
            session.models.close([self.classes[2]])
            wait_until(work.ended.is_set)
        self.settle()
        self.assertEqual(self.panel.several.volumes, self.classes[:2])
        self.assert_quiet()

    def test_fields_that_are_wrong_say_so(self):
        for typed, problem in (("#99", "Complete maps, #99"), (f"#{self.model.id_string}", "No map among")):
            self.page.of_several.complete.setText(typed)
            with self.assertRaisesRegex(UserError, problem):
                self.page.measure()
        self.page.of_several.complete.setText("")
        self.form.fields["half_maps"].state = self.classes[:2]
        with self.assertRaisesRegex(UserError, "Half maps.* are of one map"):
            self.page.measure()
        self.assertNotIn("occupy refine", self.log.text["info"])

    def test_the_matrix_is_saved_as_csv(self):
        path = FOLDER / "home" / "matrix of the panel.csv"
        with mock.patch("chimerax.occupy.tool.measure_page.QFileDialog.getSaveFileName", return_value=(str(path), "")):
            self.press("Save CSV…")
        self.assertIn("one", path.read_text(encoding="utf-8"))
        self.assertEqual(session.tools.find_by_class(MatrixWindow), [])
