"""The OccuPy panel in ChimeraX's window, used as with mouse and keyboard."""

import csv
import threading
from dataclasses import replace
from math import inf
from pathlib import Path
from unittest import mock

import helices
import lz4.frame
import numpy as np
from chimerax import occupy
from chimerax.core import serialize, toolshed
from chimerax.core.commands import run
from chimerax.core.errors import UserError
from chimerax.core.models import Model
from chimerax.geometry import translation
from chimerax.map import Volume
from chimerax.occupy.commands import jobs, remembered
from chimerax.occupy.commands.plot import FlexibilityPlot, OccupancyPlot, SolventPlot
from chimerax.occupy.engine.errors import OccuPyError
from chimerax.occupy.engine.modification import modifier
from chimerax.occupy.engine.scale.flexibility import NO_VALUE
from chimerax.occupy.engine.settings.checks import checked
from chimerax.occupy.engine.settings.kinds import KINDS
from chimerax.occupy.engine.settings.table import OF_PUBLISHED_MODES
from chimerax.occupy.tool.panel import OccuPyPanel
from chimerax.surface import enclosed_volume
from panels import Endless, PanelTestCase, type_into, wait_until
from Qt.QtCore import QPoint, Qt
from Qt.QtGui import QTextDocument
from Qt.QtWidgets import QApplication, QDockWidget, QPushButton
from support import FOLDER, NASTY_NAMES, PARTS, SHAPE, VOXEL_SIZE, session


def field_place(field):
    """Where the handle of a slider is, from 0 to 1."""
    return field.slider.value() / field.slider.maximum()


def dock_of(tool):
    """What of ChimeraX's window holds a tool."""
    widget = tool.tool_window.ui_area
    while not isinstance(widget, QDockWidget):
        widget = widget.parent()
    return widget


class Choosing(PanelTestCase):
    def test_the_open_map_is_chosen_and_looked_at(self):
        self.assertIs(self.panel.map_menu.value, self.map)
        expected = occupy.estimate(self.density, VOXEL_SIZE)
        np.testing.assert_array_equal(self.panel.current.found.scale, expected.scale)
        self.assertEqual([m.id_string for m in self.maps()], ["1"])
        self.assert_quiet()

    def test_the_menu_follows_what_is_open(self):
        other = self.open_map(2 * self.density, "other")
        self.assertIs(self.panel.map_menu.value, self.map)
        self.panel.map_menu.value = other
        self.settle()
        self.assertAlmostEqual(
            self.panel.current.found.full_scale, occupy.estimate(2 * self.density, VOXEL_SIZE).full_scale, places=5
        )
        run(session, "close #1-2", log=False)
        wait_until(lambda: self.panel.current.volume is None)
        self.assertIn("Open a map", self.panel.estimate_page.words.text())
        self.assertFalse(self.panel.estimate_page.plot.shows_drawing())
        with self.assertRaisesRegex(UserError, "no map"):
            self.panel.estimate_page.estimate()
        self.assert_quiet()

    def test_a_map_that_changes_is_looked_at_anew(self):
        self.map.data.array *= 2
        self.map.data.values_changed()
        self.settle()
        expected = occupy.estimate(2 * self.density, VOXEL_SIZE).full_scale
        self.assertAlmostEqual(self.panel.current.found.full_scale, expected, places=5)

    def test_a_map_that_cannot_be_used_is_said_to_be_so_in_words(self):
        flat = self.open_map(np.ones(SHAPE, np.float32), "flat")
        self.panel.map_menu.value = flat
        self.settle()
        self.assertIn("constant", self.panel.estimate_page.words.text())
        self.panel.estimate_page.estimate()
        wait_until(lambda: "constant" in self.log.text["error"])
        self.assertEqual(len(self.maps()), 2)


class Settings(PanelTestCase):
    def shown(self, name):
        return self.form.fields[name].widget.placeholderText()

    def test_what_follows_from_the_map_is_filled_in(self):
        settings = occupy.estimate(self.density, VOXEL_SIZE).settings
        self.assertEqual(float(self.shown("lowpass")), settings.lowpass)
        self.assertEqual(int(self.shown("kernel_size")), settings.kernel_size)
        self.assertEqual(float(self.shown("kernel_radius")), settings.kernel_radius)
        self.assertAlmostEqual(float(self.shown("tau")), settings.tau, places=4)
        self.assertEqual(int(self.shown("tile_size")), 12)
        self.assertAlmostEqual(float(self.shown("full_scale")), self.panel.current.found.full_scale, places=3)

    def test_what_depends_on_a_setting_changes_with_it_and_reset_sets_it_back(self):
        type_into(self.form.fields["lowpass"], "14")
        expected = occupy.estimate(self.density, VOXEL_SIZE, lowpass=14)
        self.settle()
        self.assertEqual(int(self.shown("kernel_size")), expected.settings.kernel_size)
        self.assertAlmostEqual(float(self.shown("tau")), expected.tau, places=3)
        self.assertAlmostEqual(self.panel.current.found.full_scale, expected.full_scale, places=5)
        self.form.reset()
        self.settle()
        self.assertEqual(self.form.values(), {})
        self.assertEqual(int(self.shown("kernel_size")), 5)

    def test_every_setting_has_a_field_with_a_tooltip_and_its_unit(self):
        for form in (self.form, *self.modify.forms.values(), self.panel.mask_page.form):
            for name, field in form.fields.items():
                self.assertIn(field.setting.help, field.widget.toolTip(), name)
                self.assertIn(field.setting.unit, field.widget.toolTip(), name)

    def test_settings_without_effect_in_the_mode_are_hidden_and_do_not_count(self):
        page, mode = self.panel.estimate_page, self.form.fields["mode"].widget
        shown = {
            name: field.widget.isVisibleTo(self.form.folded.content_area) for name, field in self.form.fields.items()
        }
        self.assertEqual([name for name in OF_PUBLISHED_MODES if shown[name]], [])
        self.assertTrue(shown["full_scale"] and shown["solvent_model"])
        mode.setCurrentText("occupancy")
        for name in OF_PUBLISHED_MODES:
            self.assertFalse(self.form.fields[name].widget.isHidden(), name)
        self.assertTrue(page.uncertainty.isHidden() and page.flexibility.isHidden())
        self.form.fields["recalibrate"].widget.setChecked(True)
        self.assertEqual(self.form.values(), {"mode": "occupancy", "recalibrate": True})
        mode.setCurrentText("calibrated")
        self.settle()
        self.assertEqual(self.form.values(), {})
        self.assertIsNotNone(self.panel.current.found)
        self.assertFalse(page.uncertainty.isHidden() or page.flexibility.isHidden())

    def test_what_was_not_touched_shows_the_defaults_of_the_mode_and_is_left_out(self):
        solvent = self.form.fields["solvent_model"].widget
        boxes = [self.modify.forms[kind].fields["signal_only"].widget for kind in ("equalize", "sigmoid")]
        for mode, model, is_alone in (("occupancy", "uniform", False), ("calibrated", "auto", True)):
            self.form.fields["mode"].widget.setCurrentText(mode)
            self.assertEqual((solvent.currentText(), [box.isChecked() for box in boxes]), (model, [is_alone] * 2))
            self.assertEqual(self.form.values(), {"mode": mode} if mode == "occupancy" else {})
            self.assertEqual([form.values() for form in self.modify.forms.values()], [{}] * 3)
        self.form.fields["mode"].widget.setCurrentText("resolution")
        self.form.reset()
        self.assertEqual((solvent.currentText(), boxes[0].isChecked(), self.form.values()), ("auto", True, {}))

    def test_what_was_touched_stays_when_the_mode_changes(self):
        mode, solvent = (self.form.fields[name].widget for name in ("mode", "solvent_model"))
        box = self.modify.form.fields["signal_only"].widget
        mode.setCurrentText("occupancy")
        solvent.setCurrentText("auto")
        box.setChecked(True)
        self.assertEqual(self.form.values(), {"mode": "occupancy", "solvent_model": "auto"})
        self.assertEqual(self.modify.form.values(), {"signal_only": True})
        mode.setCurrentText("calibrated")
        self.assertEqual((solvent.currentText(), box.isChecked()), ("auto", True))
        self.assertEqual((self.form.values(), self.modify.form.values()), ({}, {}))
        state = self.panel.state
        self.form.reset()
        self.modify.form.reset()
        mode.setCurrentText("occupancy")
        self.assertEqual((solvent.currentText(), box.isChecked()), ("uniform", False))
        self.panel.state = state
        mode.setCurrentText("occupancy")
        self.assertEqual((solvent.currentText(), box.isChecked()), ("auto", True))

    def test_a_number_and_a_slider_show_another_default_where_nothing_is_set(self):
        pivot = self.modify.forms["sigmoid"].fields["pivot"]
        tile = self.form.fields["tile_size"]
        for field, default, text in ((pivot, 0.25, "0.25"), (tile, 20, "")):
            field.use(replace(field.setting, default=default))
            self.assertIsNone(field.value)
            self.assertEqual((field.number if field is pivot else field).widget.text(), text)
        self.assertEqual(tile.widget.placeholderText(), "20")
        type_into(pivot.number, "0.4")
        pivot.use(replace(pivot.setting, default=0.5))
        self.assertEqual((pivot.value, pivot.number.widget.text()), (0.4, "0.4"))

    def test_unfolded_settings_have_room_in_every_mode(self):
        folded = self.form.folded
        folded.toggle_panel_display(True)
        for mode in ("occupancy", "calibrated", "resolution"):
            self.form.fields["mode"].widget.setCurrentText(mode)
            self.settle()
            self.assertEqual(folded.content_area.height(), folded.content_area.sizeHint().height(), mode)

    def test_words_tell_the_fit_of_the_solvent(self):
        self.assertEqual(self.form.fields["mode"].widget.currentText(), "calibrated")
        self.assertRegex(self.panel.estimate_page.words.text(), "Fit of the solvent model: (good|fair)")

    def test_a_setting_that_cannot_be_used_is_told_before_any_work(self):
        for text, problem in (("-3", "above 0"), ("abc", "must be a number"), ("1", "two voxels")):
            with self.subTest(text):
                type_into(self.form.fields["lowpass"], text)
                self.settle()
                self.assertIn(problem, self.panel.estimate_page.words.text())
                with self.assertRaisesRegex(UserError, problem):
                    self.panel.estimate_page.estimate()
        self.assertEqual(len(self.maps()), 1)

    def test_a_bad_fit_is_said_to_be_bad_and_what_to_try(self):
        masked = self.open_map(np.where(self.density > 0.2, self.density, 0), "masked")
        self.panel.map_menu.value = masked
        self.settle()
        self.assertIn("masked or solvent-flattened", self.panel.estimate_page.words.text())
        self.assertIn("use the unmasked map", self.panel.estimate_page.words.text())


class Estimating(PanelTestCase):
    def test_the_button_runs_the_command_and_colors_the_map(self):
        before = self.colors_of(self.map)
        self.panel.estimate_page.estimate()
        self.settle()
        scale_map = self.maps()[-1]
        self.assertEqual(scale_map.name, "small occupancy")
        np.testing.assert_array_equal(scale_map.full_matrix(), occupy.estimate(self.density, VOXEL_SIZE).scale)
        self.assertIn("occupy estimate #1", self.log.text["info"])
        self.assertIsNotNone(self.colors_of(self.map))
        self.assertIsNot(self.colors_of(self.map), before)
        self.assertIs(self.panel.mask_page.scale_menu.value, scale_map)
        self.assert_quiet()

    def test_with_the_standard_error_there_are_two_maps_and_the_scale_map_is_chosen(self):
        self.panel.estimate_page.uncertainty.setChecked(True)
        with mock.patch.object(jobs, "estimate", wraps=jobs.estimate) as made:
            self.panel.estimate_page.estimate()
            self.settle()
        self.assertEqual([call.kwargs.get("uncertainty") for call in made.call_args_list].count(True), 1)
        self.assertIn("occupy estimate #1 uncertainty true", self.log.text["info"])
        scale_map, error = self.maps()[-2:]
        self.assertEqual((scale_map.name, error.name), ("small occupancy", "small uncertainty"))
        expected = occupy.estimate(self.density, VOXEL_SIZE, uncertainty=True)
        np.testing.assert_array_equal(error.full_matrix(), expected.uncertainty)
        self.assertIs(self.panel.mask_page.scale_menu.value, scale_map)
        self.assertIs(self.panel.map_menu.value, self.map)
        self.assert_quiet()

    def test_the_standard_error_is_not_asked_for_in_a_published_mode(self):
        self.panel.estimate_page.uncertainty.setChecked(True)
        self.form.fields["mode"].widget.setCurrentText("resolution")
        self.panel.estimate_page.estimate()
        self.settle()
        self.assertIn("(cxcmd:occupy estimate #1 mode resolution)", self.log.text["info"])
        self.assertEqual([m.name for m in self.maps()], ["small", "small local scale"])

    def test_the_command_has_the_settings_and_finds_the_work_done(self):
        type_into(self.form.fields["lowpass"], "12.5")
        self.form.fields["mode"].widget.setCurrentText("resolution")
        with mock.patch.object(jobs, "estimate", wraps=jobs.estimate) as made:
            self.panel.estimate_page.estimate()
            self.settle()
        self.assertEqual(made.call_count, 1)
        self.assertIn("occupy estimate #1 mode resolution lowpass 12.5", self.log.text["info"])

    def test_solvent_buttons_make_the_confidence_and_the_map_without_solvent(self):
        self.panel.estimate_page.solvent()
        self.settle()
        confidence = self.maps()[-1]
        np.testing.assert_array_equal(confidence.full_matrix(), occupy.estimate(self.density, VOXEL_SIZE).confidence())
        self.panel.estimate_page.solvent(remove_solvent=True)
        self.settle()
        self.assertEqual(self.maps()[-1].name, "small without solvent")
        self.assertIn("occupy solvent #1 plot false removeSolvent true", self.log.text["info"])

    def test_a_solvent_mask_from_the_menu_is_used(self):
        mask = self.open_map((np.indices(SHAPE)[0] < 10).astype(np.float32), "mask")
        self.form.state = {"solvent_mask": [mask]}
        self.panel.estimate_page.estimate()
        self.settle()
        self.assertIn("occupy estimate #1 solventMask #2", self.log.text["info"])
        expected = occupy.fit_solvent(self.density, VOXEL_SIZE, solvent_mask=mask.full_matrix())
        self.assertEqual(self.panel.current.found.solvent.mean, expected.mean)


class LongWork(PanelTestCase):
    def start_endless(self):
        work = Endless()
        patch = mock.patch.object(jobs, "estimate", work)
        patch.start()
        self.addCleanup(patch.stop)
        type_into(self.form.fields["lowpass"], "13")
        self.panel.estimate_page.estimate()
        wait_until(work.begun.is_set)
        return work

    def test_progress_is_shown_and_the_window_works_meanwhile(self):
        work = self.start_endless()
        wait_until(lambda: self.panel.progress.bar.isVisible())
        self.assertEqual(self.panel.progress.bar.value(), 40)
        self.assertIn("low-pass", self.panel.progress.stage.text())
        self.panel.pages.setCurrentIndex(2)
        run(session, "volume #1 level 0.4", log=False)
        self.assertFalse(work.ended.is_set())

    def test_cancel_stops_the_work_and_nothing_is_made(self):
        work = self.start_endless()
        self.panel.cancel()
        wait_until(work.ended.is_set)
        self.settle()
        self.assertIn("Cancelled", self.panel.estimate_page.words.text())
        self.assertEqual(len(self.maps()), 1)
        self.assertNotIn("occupy estimate #1 lowpass 13", self.log.text["info"])
        self.assert_quiet()

    def test_cancel_stops_what_the_panel_does_of_its_own_accord(self):
        work = Endless()
        with mock.patch.object(jobs, "estimate", work):
            type_into(self.form.fields["lowpass"], "13")
            wait_until(work.begun.is_set)
            self.panel.cancel()
            wait_until(work.ended.is_set)
        self.assertIn("Cancelled", self.panel.estimate_page.words.text())

    def test_closing_the_map_meanwhile_does_no_harm(self):
        work = self.start_endless()
        run(session, "close #1", log=False)
        wait_until(work.ended.is_set)
        self.settle()
        self.assertEqual(self.maps(), [])
        self.assert_quiet()

    def test_closing_the_panel_meanwhile_does_no_harm(self):
        work = self.start_endless()
        self.panel.delete()
        wait_until(work.ended.is_set)
        self.assertEqual(len(self.maps()), 1)
        self.assert_quiet()

    def test_a_map_that_changes_meanwhile_is_not_estimated_as_it_was(self):
        work = self.start_endless()
        self.map.data.array *= 2
        self.map.data.values_changed()
        wait_until(work.ended.is_set)
        wait_until(lambda: not self.panel.work.busy)
        self.assertEqual(len(self.maps()), 1)

    def test_half_maps_that_are_parts_of_a_group_are_found(self):
        group = Model("halves", session)
        session.models.add([group])
        noise = np.random.default_rng(0).normal(0, 0.02, (2, *SHAPE)).astype(np.float32)
        halves = [self.open_map(self.density + one, "half") for one in noise]
        session.models.add(halves, parent=group)
        self.form.state = {"half_maps": halves}
        self.panel.estimate_page.estimate()
        self.settle()
        self.assertEqual(self.maps()[-1].name, "small occupancy")

    def test_what_is_remembered_of_closed_maps_is_let_go(self):
        self.panel.estimate_page.estimate()
        self.settle()
        closed = self.map
        run(session, "close #1", log=False)
        self.settle()
        self.assertNotIn(closed, remembered._results)

    def test_work_that_fails_is_told_and_nothing_is_made(self):
        with mock.patch.object(jobs, "estimate", side_effect=OccuPyError("the map is no good")):
            type_into(self.form.fields["lowpass"], "13")
            self.panel.estimate_page.estimate()
            wait_until(lambda: "the map is no good" in self.log.text["error"])
        self.assertEqual(len(self.maps()), 1)

    def test_new_work_takes_the_place_of_what_is_running(self):
        work = self.start_endless()
        mock.patch.stopall()
        self.panel.estimate_page.estimate()
        wait_until(work.ended.is_set)
        self.settle()
        self.assertEqual(len(self.maps()), 2)


class Modifying(PanelTestCase):
    def preview(self):
        self.modify.preview.setChecked(True)
        self.settle()
        return self.modify.preview_map

    def slide(self, name, place):
        self.modify.form.fields[name].slider.setValue(place)
        self.settle()

    def expected(self, kind="equalize", **settings):
        return occupy.modify(self.density, VOXEL_SIZE, kind, **settings).density

    def test_the_preview_follows_the_slider_in_the_place_of_the_map(self):
        shown = self.preview()
        self.assertFalse(self.map.display)
        self.assertTrue(shown.display)
        self.assert_same_place(shown, self.map)
        self.assertEqual(shown.surfaces[0].level, self.map.surfaces[0].level)
        np.testing.assert_array_equal(shown.full_matrix(), self.expected())
        for place, settings in ((60, {"power": 2.5}), (75, {"power": 4.0}), (100, {})):
            self.slide("power", place)
            self.assertEqual(self.modify.form.values(), settings)
            np.testing.assert_array_equal(shown.full_matrix(), self.expected(**settings))
        self.assert_quiet()

    def test_the_page_is_as_high_as_the_settings_of_the_chosen_kind_need(self):
        self.panel.pages.setCurrentIndex(1)

        def top_of_the_buttons():
            return self.modify.preview.mapTo(self.modify, QPoint()).y()

        self.modify.kind = "attenuate"
        self.settle()
        folded = top_of_the_buttons()
        self.modify.kind = "equalize"
        self.modify.form.folded.toggle_panel_display(True)
        wait_until(lambda: top_of_the_buttons() > folded)
        self.modify.kind = "attenuate"
        wait_until(lambda: top_of_the_buttons() == folded)

    def test_the_power_begins_at_the_default_of_the_command(self):
        for kind in KINDS:
            self.modify.kind = kind
            field, default = self.modify.form.fields["power"], checked({}, kind)["power"]
            self.assertEqual((field.number_now, field.number.widget.text()), (default, f"{default:g}"))
            self.assertEqual(self.modify.form.values(), {})
        self.assertEqual(field_place(self.modify.forms["equalize"].fields["power"]), 1)

    def test_an_infinite_power_may_be_typed_and_slid_to_and_is_where_reset_goes(self):
        form, field = self.modify.form, self.modify.form.fields["power"]
        for change in (lambda: type_into(field.number, "inf"), lambda: field.slider.setValue(100), form.reset):
            field.slider.setValue(50)
            self.assertEqual(form.values(), {"power": 2.0})
            change()
            self.assertEqual((field.number_now, field_place(field), form.values()), (inf, 1, {}))
        self.modify.apply()
        self.settle()
        np.testing.assert_array_equal(self.maps()[-2].full_matrix(), self.expected(power=inf))
        self.assertIn("(cxcmd:occupy equalize #1)", self.log.text["info"])

    def volume_inside(self, shown):
        surface = shown.surfaces[0]
        return enclosed_volume(surface.vertices, surface.triangles)[0]

    def test_the_surface_of_the_preview_follows_and_is_colored(self):
        shown = self.preview()
        self.slide("power", 20)
        shown.update_drawings()
        weak = self.volume_inside(shown)
        self.slide("power", 90)
        shown.update_drawings()
        self.assertGreater(self.volume_inside(shown), weak)
        self.assertEqual(len(shown.surfaces[0].vertex_colors), len(shown.surfaces[0].vertices))

    def test_every_kind_has_a_preview(self):
        for kind, settings in (("attenuate", {"power": 3.16}), ("sigmoid", {"power": 3.16, "pivot": 0.31})):
            self.modify.kind = kind
            shown = self.preview()
            self.slide("power", 50)
            if kind == "sigmoid":
                self.slide("pivot", 30)
            np.testing.assert_array_equal(shown.full_matrix(), self.expected(kind, **settings))

    def test_the_preview_is_as_coarse_as_the_map_is_shown(self):
        run(session, "volume #1 step 2", log=False)
        shown = self.preview()
        np.testing.assert_array_equal(shown.full_matrix(), self.expected()[::2, ::2, ::2])
        ijk = np.array((3, 4, 5))
        self.assertTrue(
            np.allclose(shown.data.ijk_to_xyz_transform * ijk, self.map.data.ijk_to_xyz_transform * (2 * ijk))
        )

    def test_the_preview_shows_the_part_of_the_map_that_is_shown(self):
        run(session, "volume #1 step 2 region 4,6,8,30,31,33", log=False)
        shown = self.preview()
        self.assertEqual([tuple(end) for end in shown.region], [(2, 3, 4), (15, 15, 16), (1, 1, 1)])
        np.testing.assert_array_equal(shown.matrix(), self.expected()[8:34:2, 6:32:2, 4:31:2])

    def test_without_the_preview_the_map_is_back_at_the_level_of_the_preview(self):
        shown = self.preview()
        shown.set_parameters(surface_levels=[0.42])
        self.modify.preview.setChecked(False)
        self.assertTrue(self.map.display)
        self.assertEqual(self.map.surfaces[0].level, 0.42)
        self.assertEqual(self.maps(), [self.map])

    def test_a_map_that_is_moved_meanwhile_stays_where_it_was_moved(self):
        self.preview()
        self.map.position = translation((3, 4, 5))
        self.modify.preview.setChecked(False)
        self.assertTrue(self.map.position.same(translation((3, 4, 5))))

    def test_the_preview_takes_the_place_of_what_was_made_before_and_gives_it_back(self):
        self.modify.apply()
        self.settle()
        made = next(m for m in self.maps() if m.name == "small equalized")
        self.preview()
        self.assertFalse(made.display)
        self.modify.preview.setChecked(False)
        self.assertEqual((made.display, self.map.display), (True, False))

    def test_closing_the_panel_or_the_preview_brings_the_map_back(self):
        shown = self.preview()
        session.models.close([shown])
        wait_until(lambda: not self.modify.preview.isChecked())
        self.assertTrue(self.map.display)
        self.preview()
        self.panel.delete()
        self.assertTrue(self.map.display)
        self.assertEqual(self.maps(), [self.map])
        self.assert_quiet()

    def test_closing_the_map_closes_the_preview(self):
        self.preview()
        run(session, "close #1", log=False)
        wait_until(lambda: not self.maps())
        self.assert_quiet()

    def test_apply_runs_the_command_and_ends_the_preview(self):
        self.preview()
        self.slide("power", 50)
        self.modify.apply()
        self.settle()
        made = next(m for m in self.maps() if m.name == "small equalized")
        np.testing.assert_array_equal(made.full_matrix(), self.expected(power=2.0))
        self.assertIn("occupy equalize #1 power 2", self.log.text["info"])
        self.assertFalse(self.modify.preview.isChecked())
        self.assertEqual({m.name for m in self.maps()}, {"small", "small equalized", "small occupancy"})
        self.assertTrue(made.display)
        self.assertFalse(self.map.display)
        self.assert_quiet()

    def test_the_command_finds_the_work_done_and_takes_all_settings(self):
        self.form.fields["mode"].widget.setCurrentText("occupancy")
        type_into(self.form.fields["tile_size"], "10")
        self.modify.kind = "sigmoid"
        self.modify.form.state = {"power": "3", "noise": False, "hedge": "2"}
        with mock.patch.object(jobs, "modify", wraps=jobs.modify) as made:
            self.modify.apply()
            self.settle()
        self.assertEqual(made.call_count, 1)
        self.assertIn("occupy sigmoid #1 mode occupancy tileSize 10 power 3 hedge 2 noise false", self.log.text["info"])

    def test_a_published_mode_gives_the_published_map_without_another_word(self):
        self.form.fields["mode"].widget.setCurrentText("occupancy")
        self.settle()
        shown = self.preview()
        self.slide("power", 100)
        published = {"mode": "occupancy", "solvent_model": "uniform", "signal_only": False}
        expected = occupy.equalize(self.density, VOXEL_SIZE, **published)
        np.testing.assert_array_equal(shown.full_matrix(), expected)
        self.modify.apply()
        self.settle()
        made = next(m for m in self.maps() if m.name == "small equalized")
        np.testing.assert_array_equal(made.full_matrix(), expected)
        self.assertIn("(cxcmd:occupy equalize #1 mode occupancy)", self.log.text["info"])

    def test_two_modifications_of_one_estimate_share_the_scale_map(self):
        self.modify.apply()
        self.settle()
        self.modify.kind = "attenuate"
        self.modify.apply()
        self.settle()
        self.assertEqual([m.name for m in self.maps()].count("small occupancy"), 1)

    def test_the_curve_is_drawn_with_the_limits_in_words(self):
        self.modify.form.fields["signal_only"].widget.setChecked(False)
        self.settle()
        self.assertTrue(self.modify.plot.shows_drawing())
        limits = occupy.modify(self.density, VOXEL_SIZE, signal_only=False).limits
        for number in (limits.scale_limit, limits.max_gain):
            self.assertIn(f"{number:.3g}", self.modify.words.text())
        self.assertNotIn("less where", self.modify.words.text())

    def test_the_words_say_what_is_not_done_below_the_scale_limit(self):
        for kind, deed in (("equalize", "amplified"), ("attenuate", "weakened"), ("sigmoid", "amplified or weakened")):
            self.modify.kind = kind
            self.assertIn(f"Nothing is {deed} where the scale is below", self.modify.words.text())

    def band(self):
        """The lowest and the highest place of the band of what comes out, for each scale; empty where none is drawn."""
        if not self.modify.plot.figure.axes:
            return {}
        paths = [path for band in self.modify.plot.figure.axes[0].collections for path in band.get_paths()]
        places = np.concatenate([path.vertices for path in paths]) if paths else np.empty((0, 2))
        return {x: (y.min(), y.max()) for x in np.unique(places[:, 0]) for y in [places[places[:, 0] == x, 1]]}

    def assert_band_shows(self, made):
        reached = made.reached
        self.assertEqual(list(self.band()), list(reached.scale))
        np.testing.assert_allclose(list(self.band().values()), np.transpose([reached.low, reached.high]), rtol=1e-6)
        self.assertIn(made.notes[0], self.modify.words.text())

    def test_what_comes_out_is_drawn_and_told_as_the_preview_follows_the_settings(self):
        self.assertEqual(self.band(), {})
        self.preview()
        self.assert_band_shows(occupy.modify(self.density, VOXEL_SIZE))
        self.slide("power", 50)
        self.assert_band_shows(occupy.modify(self.density, VOXEL_SIZE, power=2))
        self.modify.stop_preview()
        self.assert_band_shows(occupy.modify(self.density, VOXEL_SIZE, power=2))
        self.slide("power", 60)
        self.assertEqual(self.band(), {})
        self.assertNotIn("comes out", self.modify.words.text())
        self.modify.apply()
        self.settle()
        self.assert_band_shows(occupy.modify(self.density, VOXEL_SIZE, power=2.5))

    def test_where_the_map_is_multiplied_what_is_aimed_at_is_drawn_alone(self):
        self.modify.form.fields["signal_only"].widget.setChecked(False)
        self.preview()
        self.assertTrue(self.modify.plot.shows_drawing())
        self.assertEqual(self.band(), {})

    def test_noise_and_solvent_are_in_sight_and_the_preview_follows_them(self):
        self.panel.pages.setCurrentIndex(1)
        shown, fields = self.preview(), self.modify.form.fields
        for name, value in (("keep_noise", True), ("remove_solvent", False)):
            self.assertTrue(fields[name].widget.isVisible())
            fields[name].widget.setChecked(value)
            self.settle()
            np.testing.assert_array_equal(shown.full_matrix(), self.expected(**self.modify.form.values()))
        self.assertEqual(self.modify.form.values(), {"keep_noise": True, "remove_solvent": False})

    def test_the_resolution_of_what_is_shown_is_made_by_the_button_and_not_by_the_preview(self):
        self.modify.form.fields["resolution_map"].widget.setChecked(True)
        with mock.patch.object(modifier.MapSignal, "resolution", side_effect=AssertionError):
            shown = self.preview()
        np.testing.assert_array_equal(shown.full_matrix(), self.expected())
        self.modify.apply()
        self.settle()
        made = next(m for m in self.maps() if m.name == "small resolution shown")
        expected = occupy.modify(self.density, VOXEL_SIZE, resolution_map=True).resolution
        np.testing.assert_array_equal(made.full_matrix(), expected)
        self.assertFalse(made.display)
        self.assert_quiet()

    def test_the_limit_that_follows_from_the_noise_in_the_signal_is_told_by_the_preview(self):
        limits = occupy.modify(self.density, VOXEL_SIZE).limits
        self.assertIn("20 times, less where noise", self.modify.words.text())
        self.assertLess(limits.max_gain, 20)
        self.preview()
        self.assertIn(f"more than {limits.max_gain:.3g} times.", self.modify.words.text())
        self.modify.stop_preview()
        self.modify.form.fields["scale_limit"].widget.setText("0.06")
        self.modify.form.changed.emit()
        self.assertIn("less where noise", self.modify.words.text())


class Masks(PanelTestCase):
    def setUp(self):
        super().setUp()
        self.panel.estimate_page.estimate()
        self.settle()
        self.page = self.panel.mask_page
        self.panel.pages.setCurrentIndex(2)

    def test_the_surface_follows_the_threshold(self):
        scale_map = self.page.scale_menu.value
        self.page.surface.setChecked(True)
        for place in (20, 60):
            self.page.form.fields["threshold"].slider.setValue(place)
            self.assertTrue(scale_map.display)
            self.assertEqual(scale_map.surfaces[0].level, self.page.form.fields["threshold"].number_now)
        self.page.surface.setChecked(False)
        self.assertFalse(scale_map.display)

    def test_the_map_is_as_it_was_when_the_surface_is_no_longer_shown(self):
        self.page.scale_menu.value = self.map
        before = self.map.surfaces[0].level, tuple(self.map.surfaces[0].rgba), self.map.display
        self.page.surface.setChecked(True)
        self.page.surface.setChecked(False)
        self.assertEqual((self.map.surfaces[0].level, tuple(self.map.surfaces[0].rgba), self.map.display), before)

    def test_make_runs_the_command(self):
        self.page.form.fields["threshold"].slider.setValue(49)
        self.page.form.state = self.page.form.state | {"soft_edge": "6", "invert": True}
        self.page.make()
        self.settle()
        made = self.maps()[-1]
        scale = occupy.estimate(self.density, VOXEL_SIZE).scale
        expected = occupy.make_mask(scale, VOXEL_SIZE, threshold=0.5, soft_edge=6, invert=True)
        np.testing.assert_array_equal(made.full_matrix(), expected)
        self.assertIn("occupy mask #2 threshold 0.5 softEdge 6 invert true", self.log.text["info"])
        self.assert_quiet()

    def test_the_surface_of_a_subtraction_mask_is_shown_too(self):
        self.page.form.state = {"mask_from": "attenuate", "power": "2"}
        self.page.surface.setChecked(True)
        self.assertAlmostEqual(self.page.scale_menu.value.surfaces[0].level, 0.5, places=3)


class Measuring(PanelTestCase):
    def setUp(self):
        super().setUp()
        self.panel.estimate_page.estimate()
        self.settle()
        self.model = self.open_model()
        self.page = self.panel.measure_page
        self.page.source.setCurrentIndex(1)
        self.panel.pages.setCurrentIndex(3)
        wait_until(lambda: self.page.model_menu.value is self.model)

    def open_model(self):
        """An atom in the middle of each part, in chains A and B."""
        lines = []
        for i, part in enumerate(PARTS):
            x, y, z = self.map.data.ijk_to_xyz(tuple(reversed(part.centre)))
            lines.append(
                f"ATOM  {i + 1:5d}  CA  ALA {'AB'[i]}{i + 1:4d}    {x:8.3f}{y:8.3f}{z:8.3f}  1.00  0.00           C"
            )
        path = FOLDER / "parts.pdb"
        path.write_text("\n".join([*lines, "END", ""]), encoding="utf-8")
        return run(session, f'open "{path}"', log=False)[0]

    def table(self):
        table = self.page.table
        return [[table.item(i, j).text() for j in range(table.columnCount())] for i in range(table.rowCount())]

    def heading(self, column):
        return self.page.table.horizontalHeaderItem(column).text()

    def press(self, text):
        (found,) = [b for b in self.page.findChildren(QPushButton) if b.text() == text and not b.isHidden()]
        found.click()

    def test_the_table_tells_the_scale_of_each_chain(self):
        self.page.measure()
        scale = occupy.estimate(self.density, VOXEL_SIZE).scale
        for found, part, chain in zip(self.table(), PARTS, "AB", strict=True):
            self.assertTrue(found[0].endswith(f"/{chain}"))
            self.assertAlmostEqual(float(found[1]), float(scale[tuple(part.centre)]), delta=0.02)
        self.assertIn("occupy measure #2 atoms", self.log.text["info"])
        self.assert_quiet()

    def test_the_model_is_colored_by_what_was_measured(self):
        before = self.model.residues.ribbon_colors.copy()
        self.page.color()
        self.assertTrue((self.model.residues.ribbon_colors != before).any())
        self.assertIn("color byattribute map_occupancy", self.log.text["info"])
        self.assert_quiet()

    def test_the_table_is_saved_as_csv(self):
        path = FOLDER / "table of occupancies.csv"
        path.unlink(missing_ok=True)
        with mock.patch("chimerax.occupy.tool.measure_page.QFileDialog.getSaveFileName", return_value=(str(path), "")):
            self.page.save()
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["region"][-1] for row in rows], ["A", "B"])
        self.assertGreater(float(rows[0]["mean"]), float(rows[1]["mean"]))
        self.assertIn("saveFile", self.log.text["info"])

    def test_a_file_name_does_not_become_a_command(self):
        for name in ('a" ; close ; "x.csv', 'a"; close; "x.csv', "a'; close; 'x.csv"):
            path = FOLDER / name
            path.unlink(missing_ok=True)
            self.page.measure(save_file=str(path))
            self.assertTrue(path.exists(), name)
            self.assertIn(self.model, session.models.list())

    def test_the_flexibility_of_each_chain_is_in_the_table_and_plotted(self):
        values = np.full(self.density.shape, 40.0, np.float32)
        values[:, :, SHAPE[2] // 2 :] = NO_VALUE
        made = self.open_map(values, "flexibility")
        self.page.flexibility_menu.value = made
        self.press("Measure")
        (column,) = [j for j in range(self.page.table.columnCount()) if "ΔB" in self.heading(j)]
        self.assertEqual([found[column] for found in self.table()], ["40.0", ""])
        command = f"occupy measure #2 atoms #{self.model.id_string} & ~:HOH flexibilityMap #{made.id_string} plot false"
        self.assertIn(command, self.log.text["info"])
        self.assertEqual(session.tools.find_by_class(FlexibilityPlot), [])
        self.press("Plot")
        self.press("Plot")
        (plot,) = session.tools.find_by_class(FlexibilityPlot)
        self.assertEqual(plot.axes.get_title(loc="right"), "1 without ΔB is not shown")
        plot.delete()
        self.assert_quiet()

    def test_a_plot_without_a_flexibility_map_says_what_is_missing(self):
        with self.assertRaisesRegex(UserError, "No flexibility map is chosen"):
            self.page.plot()

    def test_a_flexibility_map_that_is_made_is_chosen(self):
        page = self.panel.estimate_page
        page.flexibility.setChecked(True)
        for uncertainty in (True, False):
            page.uncertainty.setChecked(uncertainty)
            page.estimate()
            self.settle()
            made = [volume for volume in self.maps() if volume.name == "small flexibility"]
            self.assertIs(self.page.flexibility_menu.value, made[-1])
        page.flexibility.setChecked(False)
        page.estimate()
        self.settle()
        self.assertIsNone(self.page.flexibility_menu.value)

    def test_without_a_model_or_a_scale_map_it_says_what_is_missing(self):
        run(session, f"close #{self.model.id_string}", log=False)
        wait_until(lambda: self.page.model_menu.value is None)
        with self.assertRaisesRegex(UserError, "atomic model"):
            self.page.measure()
        run(session, "close #2", log=False)
        wait_until(lambda: self.page.scale_menu.value is None)
        with self.assertRaisesRegex(UserError, "scale map"):
            self.page.measure()


class Refining(PanelTestCase):
    """With a map of two chains, of which the second is there in part."""

    def setUp(self):
        super().setUp()
        self.model = helices.open_model()
        self.map = helices.open_map_of(self.model, {"A": 1.0, "B": 0.4}, 0.02)
        self.panel.map_menu.value = self.map
        self.page = self.panel.measure_page
        self.panel.pages.setCurrentIndex(3)
        wait_until(lambda: self.page.model_menu.value is self.model)
        self.settle()

    def table(self):
        table = self.page.table
        return [[table.item(i, j).text() for j in range(table.columnCount())] for i in range(table.rowCount())]

    def press(self, text):
        (found,) = [b for b in self.page.findChildren(QPushButton) if b.text() == text and not b.isHidden()]
        found.click()
        self.settle()

    def test_the_button_refines_and_the_table_has_errors(self):
        colors = self.model.residues.ribbon_colors.copy()
        self.press("Refine occupancies")
        names, occupancies, errors, *_ = zip(*self.table(), strict=True)
        self.assertEqual([name[-2:] for name in names], ["/A", "/B"])
        np.testing.assert_allclose([float(value) for value in occupancies], [1, 0.4], atol=0.02)
        self.assertTrue(all(0 < float(error) < 0.1 for error in errors))
        np.testing.assert_array_equal(self.model.residues.ribbon_colors, colors)
        self.assert_quiet()

    def test_the_command_finds_the_work_done_whatever_is_chosen(self):
        self.page.by_menu.setCurrentText("segment")
        self.page.segment.setValue(20)
        self.page.reference.setText(f"#{self.model.id_string}/B")
        with mock.patch.object(jobs, "refine", wraps=jobs.refine) as engine:
            self.press("Refine occupancies")
            self.press("Color")
        self.assertEqual(engine.call_count, 1)
        self.assertEqual(len(self.table()), 8)
        spec = f"#{self.map.id_string} atoms #{self.model.id_string} by segment segment 20 reference"
        self.assertIn(f"occupy refine {spec}", self.log.text["info"])
        self.assertAlmostEqual(np.mean([float(row[1]) for row in self.table()[:4]]), 2.5, delta=0.1)

    def test_the_model_is_colored(self):
        self.press("Color")
        first, last = (self.model.residues[i].ribbon_color[:3] for i in (0, -1))
        self.assertNotEqual(tuple(first), tuple(last))
        self.assert_quiet()

    def test_what_the_model_does_not_explain_is_shown_where_that_is_wanted(self):
        self.map = helices.open_map_of(self.model, {"A": 1.0, "B": 1.0}, 0.02)
        self.model.atoms[self.model.atoms.chain_ids == "B"].delete()
        self.panel.map_menu.value = self.map
        self.settle()
        self.page.show_unexplained.setChecked(True)
        self.press("Color")
        self.assertNotIn("simulated unexplained", [volume.name for volume in self.maps()])
        self.press("Refine occupancies")
        self.assertIn("showUnexplained true", self.log.text["info"])
        self.assertIn("simulated unexplained", [volume.name for volume in self.maps()])
        self.assertEqual(self.log.text["error"], "")

    def test_the_plot_is_shown_in_place_of_an_earlier_one(self):
        self.press("Plot")
        self.page.by_menu.setCurrentText("residue")
        self.press("Plot")
        (plot,) = session.tools.find_by_class(OccupancyPlot)
        self.assertTrue(plot.axes.has_data())
        plot.delete()
        for plot in session.tools.find_by_class(FlexibilityPlot):
            plot.delete()
        self.assert_quiet()

    def test_plots_are_tabs_of_one_place_so_that_the_log_keeps_its_own(self):
        run(session, f"occupy solvent #{self.map.id_string}", log=False)
        self.press("Plot")
        (solvent,) = session.tools.find_by_class(SolventPlot)
        (occupancies,) = session.tools.find_by_class(OccupancyPlot)
        (flexibility,) = session.tools.find_by_class(FlexibilityPlot)
        docks = [plot.tool_window.ui_area.window() for plot in (solvent, flexibility, occupancies)]
        self.assertEqual(docks, [session.ui.main_window] * 3)
        tabs = session.ui.main_window.tabifiedDockWidgets(dock_of(solvent))
        self.assertEqual({*tabs}, {dock_of(flexibility), dock_of(occupancies)})
        for plot in (solvent, flexibility, occupancies):
            plot.delete()
        self.assert_quiet()

    def test_the_table_is_saved_as_csv(self):
        path = FOLDER / "home" / "refined in the panel.csv"
        with mock.patch("chimerax.occupy.tool.measure_page.QFileDialog.getSaveFileName", return_value=(str(path), "")):
            self.press("Save CSV…")
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["group"][-1] for row in rows], ["A", "B"])

    def test_half_maps_of_the_first_page_are_used(self):
        noise = np.random.default_rng(2).normal(0, 0.1, self.map.full_matrix().shape).astype(np.float32)
        data = self.map.data
        halves = [
            self.open_map(data.array + sign * noise, name, step=data.step, origin=data.origin)
            for sign, name in ((1, "first"), (-1, "second"))
        ]
        self.form.fields["half_maps"].state = halves
        self.press("Refine occupancies")
        self.assertIn(f"halfMaps #{halves[0].id_string}#{halves[1].id_string}", self.log.text["info"])

    def test_what_cannot_be_used_is_told_in_a_sentence(self):
        for typed in ("#nonsense", f"#{self.model.id_string}/A plus"):
            self.page.reference.setText(typed)
            with self.assertRaisesRegex(UserError, "^Full occupancy, #"):
                self.page.measure()
        self.page.reference.setText(f"#{self.model.id_string}/A:1-3")
        with self.assertRaisesRegex(UserError, "reference holds no group"):
            self.page.measure()

    def test_cancel_stops_the_work_and_nothing_changes(self):
        work = Endless()
        with mock.patch.object(jobs, "refine", work):
            self.page.measure()
            wait_until(work.begun.is_set)
            self.panel.cancel()
            wait_until(work.ended.is_set)
        self.settle()
        self.assertEqual(self.table(), [])
        self.assertNotIn("occupy refine", self.log.text["info"])
        self.assert_quiet()

    def test_a_model_that_is_closed_meanwhile_is_said_to_be_gone(self):
        begun, may_end = threading.Event(), threading.Event()
        refine = jobs.refine

        def slow(*args, **keywords):
            begun.set()
            may_end.wait()
            return refine(*args, **keywords)

        with mock.patch.object(jobs, "refine", slow):
            self.page.measure()
            wait_until(begun.is_set)
            run(session, f"close #{self.model.id_string}", log=False)
            may_end.set()
            self.settle()
        self.assertEqual(self.table(), [])
        self.assertIn("no atoms to refine", self.log.text["error"])

    def test_segments_are_for_a_fit_only_and_have_a_length(self):
        self.page.by_menu.setCurrentText("segment")
        self.assertFalse(self.page.segment.isHidden())
        self.page.source.setCurrentIndex(1)
        self.assertEqual(self.page.by_menu.currentText(), "chain")
        self.assertTrue(self.page.segment.isHidden())


def bundles_needed(path):
    """The names of the bundles without which ChimeraX does not open a session."""
    with lz4.frame.open(path, "rb") as file:
        file.readline()
        stream = serialize.msgpack_deserialize_stream(file)
        serialize.msgpack_deserialize(stream)
        return set(serialize.msgpack_deserialize(stream))


class Sessions(PanelTestCase):
    path = FOLDER / "panel.cxs"

    def save(self):
        run(session, f'save "{self.path}"', log=False)

    def reopen(self):
        self.save()
        return self.load()

    def load(self):
        run(session, "close session", log=False)
        self.assertEqual(session.tools.find_by_class(OccuPyPanel), [])
        run(session, f'open "{self.path}"', log=False)
        self.panel = OccuPyPanel.get_singleton(session, create=False)
        if self.panel:
            self.settle()
        return self.panel

    def test_nothing_in_a_session_needs_this_bundle(self):
        self.panel.estimate_page.estimate()
        self.settle()
        run(session, "occupy solvent #1", log=False)
        self.modify.preview.setChecked(True)
        self.settle()
        self.save()
        self.assertTrue(self.modify.preview.isChecked())
        needed = bundles_needed(self.path)
        self.assertIn("ChimeraX-Map", needed)
        self.assertNotIn("ChimeraX-OccuPy", needed)

    def test_a_panel_that_was_not_open_is_not_opened(self):
        self.assertIsNotNone(self.reopen())
        self.panel.delete()
        self.assertIsNone(self.reopen())
        self.assert_quiet()

    def test_a_hidden_panel_comes_back_hidden(self):
        self.panel.display(False)
        wait_until(lambda: not self.panel.displayed())
        self.reopen()
        wait_until(lambda: not self.panel.displayed())

    def test_a_map_that_was_chosen_and_is_no_more_is_not_chosen(self):
        with mock.patch.object(Volume, "id_string", "77"):
            self.save()
        self.load()
        self.assertIsNone(self.panel.map_menu.value)
        self.assert_quiet()

    def test_a_session_that_is_added_leaves_the_panel_as_it_is(self):
        self.modify.kind = "sigmoid"
        self.save()
        self.modify.kind = "attenuate"
        run(session, f'open "{self.path}" combine true', log=False)
        self.settle()
        self.assertIs(OccuPyPanel.get_singleton(session, create=False), self.panel)
        self.assertEqual(self.modify.kind, "attenuate")

    def test_a_session_brings_the_panel_back_as_it_was(self):
        self.panel.estimate_page.estimate()
        self.settle()
        type_into(self.form.fields["lowpass"], "12")
        self.form.fields["mode"].widget.setCurrentText("occupancy")
        self.form.fields["recalibrate"].widget.setChecked(True)
        self.modify.kind = "sigmoid"
        self.modify.form.fields["power"].slider.setValue(50)
        self.modify.form.fields["pivot"].slider.setValue(30)
        self.panel.mask_page.form.fields["threshold"].slider.setValue(30)
        self.panel.measure_page.by_menu.setCurrentText("segment")
        self.panel.measure_page.segment.setValue(12)
        self.panel.measure_page.reference.setText("#2/A")
        self.panel.measure_page.show_unexplained.setChecked(True)
        self.panel.measure_page.flexibility_menu.value = self.map
        self.panel.pages.setCurrentIndex(1)
        given, form = self.form.values(), self.modify.form.values()
        panel = self.reopen()
        self.assertEqual(panel.map_menu.value.name, "small")
        self.assertEqual(panel.estimate_page.form.values(), given)
        self.assertEqual(panel.modify_page.kind, "sigmoid")
        self.assertEqual(panel.modify_page.form.values(), form)
        self.assertEqual(panel.mask_page.form.values(), {"threshold": 0.31})
        self.assertEqual(panel.mask_page.scale_menu.value.name, "small occupancy")
        self.assertEqual(panel.measure_page.by_menu.currentText(), "segment")
        self.assertEqual(panel.measure_page.segment.value(), 12)
        self.assertEqual(panel.measure_page.reference.text(), "#2/A")
        self.assertTrue(panel.measure_page.show_unexplained.isChecked())
        self.assertEqual(panel.measure_page.flexibility_menu.value.name, "small")
        self.assertEqual(panel.pages.currentIndex(), 1)
        self.assertIsNotNone(panel.current.found)
        self.assert_quiet()

    def test_a_state_that_is_not_understood_does_not_hinder_the_session(self):
        with mock.patch.object(self.panel.measure_page.__class__, "state", {}):
            self.save()
        self.load()
        self.assertEqual([m.name for m in self.maps()], ["small"])
        self.assertIn("begins anew", self.log.text["info"])

    def test_a_preview_is_not_saved_but_the_map_in_its_place(self):
        self.modify.preview.setChecked(True)
        self.settle()
        self.save()
        self.assertFalse(self.map.display)
        self.assertTrue(self.modify.preview_map.display)
        self.load()
        (volume,) = self.maps()
        self.assertTrue(volume.display)
        self.assert_quiet()


class Names(PanelTestCase):
    def test_words_on_a_map_show_its_name_as_it_is(self):
        oblique = self.open_map(self.density, "oblique", angles=(90, 90, 100))
        for name in NASTY_NAMES:
            with self.subTest(name):
                oblique.name = name
                self.panel.map_menu.value = self.map
                self.settle()
                self.panel.map_menu.value = oblique
                self.settle()
                words = QTextDocument()
                words.setHtml(self.panel.estimate_page.words.text())
                self.assertIn(" ".join(name.split()), words.toPlainText())
                self.assertIn(name, self.modify.words.text())
                self.assertEqual(self.modify.words.textFormat(), Qt.PlainText)

    def test_progress_shows_the_name_as_it_is(self):
        self.map.name = "<img src=x>"
        with mock.patch.object(jobs, "estimate", Endless()):
            type_into(self.form.fields["lowpass"], "13")
            wait_until(self.panel.progress.bar.isVisible)
            self.assertIn("<img src=x>", self.panel.progress.stage.text())
            self.assertEqual(self.panel.progress.stage.textFormat(), Qt.PlainText)
            self.panel.cancel()

    def test_the_solvent_plot_has_the_name_as_it_is(self):
        for name in NASTY_NAMES:
            with self.subTest(name):
                self.map.name = name
                run(session, "occupy solvent #1", log=False)
                (plot,) = session.tools.find_by_class(SolventPlot)
                self.assertIn(name, [axes.get_title() for axes in plot.figure.axes])
                plot.canvas.draw()
                plot.delete()


class Window(PanelTestCase):
    def test_it_is_in_the_tools_menu(self):
        bundle = next(b for b in session.toolshed.bundle_info(session.logger) if b.name == "ChimeraX-OccuPy")
        (tool,) = bundle.tools
        self.assertEqual((tool.name, tool.categories), ("OccuPy", ["Volume Data"]))

    def test_there_is_but_one(self):
        run(session, "ui tool show OccuPy", log=False)
        self.assertEqual(session.tools.find_by_class(OccuPyPanel), [self.panel])

    def test_its_help_page_is_where_help_looks_for_it(self):
        page = OccuPyPanel.help.removeprefix("help:")
        self.assertTrue(any((Path(folder) / page).exists() for folder in toolshed.get_help_directories()))

    def test_it_floats_and_docks(self):
        run(session, "ui dockable false OccuPy", log=False)
        QApplication.processEvents()
        run(session, "ui dockable true OccuPy", log=False)
        QApplication.processEvents()
        self.panel.estimate_page.estimate()
        self.settle()
        self.assert_quiet()
