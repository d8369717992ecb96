"""occupy estimate in ChimeraX."""

import json

import numpy as np
from chimerax import occupy
from chimerax.color_key.model import get_model
from chimerax.core.commands import run
from chimerax.core.errors import UserError
from chimerax.geometry import rotation
from chimerax.map import Volume
from chimerax.occupy.commands.maps import draw_now
from chimerax.surface.colorvol import volume_coloring
from support import FOLDER, PARTS, SHAPE, VOXEL_SIZE, MapTestCase, close_all, session


class Estimate(MapTestCase):
    def test_scale_map_holds_what_the_engine_estimates(self):
        scale_map = self.run_command("occupy estimate #1")
        expected = occupy.estimate(self.density, VOXEL_SIZE).scale
        np.testing.assert_array_equal(scale_map.full_matrix(), expected)

    def test_scale_map_is_a_hidden_map_in_the_same_place(self):
        self.map.position = rotation((0, 0, 1), 30)
        scale_map = self.run_command("occupy estimate #1")
        self.assertEqual(scale_map.name, "small occupancy")
        self.assertFalse(scale_map.display)
        self.assertTrue(self.map.display)
        self.assert_same_place(scale_map, self.map)

    def test_full_part_is_colored_blue_and_half_part_is_not(self):
        self.run_command("occupy estimate #1")
        surface = self.map.surfaces[0]
        where = surface.vertices - np.array((5.0, 6.0, 7.0))
        colors = self.colors_of(self.map).astype(int)
        for part, is_blue in zip(PARTS, (True, False), strict=True):
            centre = VOXEL_SIZE * np.array(part.centre[::-1])
            near = np.linalg.norm(where - centre, axis=1) < 10 * VOXEL_SIZE
            mean = colors[near].mean(axis=0)
            self.assertEqual(mean[2] > mean[0], is_blue, f"{part}: {mean}")

    def test_key_shows_the_ends_of_the_range(self):
        self.run_command("occupy estimate #1")
        labels = [label for _, label in get_model(session, create=False).rgbas_and_labels]
        self.assertEqual([labels[0], labels[2], labels[-1]], ["0", "relative scale", "1"])

    def test_no_color_and_no_key_where_not_wanted(self):
        self.run_command("occupy estimate #1 color false")
        self.assertIsNone(self.colors_of(self.map))
        self.assertIsNone(get_model(session, create=False))
        self.run_command("occupy estimate #1 key false")
        self.assertIsNotNone(self.colors_of(self.map))
        self.assertIsNone(get_model(session, create=False))

    def test_palette_and_range_are_used(self):
        self.run_command("occupy estimate #1 palette red:lime range 0.2,0.6")
        recolor = volume_coloring(self.map.surfaces[0])
        np.testing.assert_allclose(recolor.colormap.data_values, (0.2, 0.6))
        labels = [label for _, label in get_model(session, create=False).rgbas_and_labels]
        self.assertEqual(labels, ["0.2", "0.6"])

    def test_coloring_is_undone_and_redone(self):
        before = self.colors_of(self.map)
        self.run_command("occupy estimate #1")
        colored = self.colors_of(self.map).copy()
        session.undo.undo(silent=True)
        np.testing.assert_array_equal(self.colors_of(self.map), before)
        session.undo.redo(silent=True)
        np.testing.assert_array_equal(self.colors_of(self.map), colored)

    def test_surface_is_colored_again_when_its_level_changes(self):
        self.run_command("occupy estimate #1")
        self.run_command("volume #1 level 0.6")
        self.map.update_drawings()
        surface = self.map.surfaces[0]
        self.assertEqual(len(surface.vertex_colors), len(surface.vertices))

    def test_map_shown_at_step_2_is_estimated_at_full_sampling(self):
        self.run_command("volume #1 step 2")
        scale_map = self.run_command("occupy estimate #1")
        self.assertEqual(scale_map.full_matrix().shape, SHAPE)

    def test_step_2_is_used_where_asked_for_and_warned_of(self):
        scale_map = self.run_command("occupy estimate #1 step 2")
        self.assertEqual(scale_map.full_matrix().shape, tuple(n // 2 for n in SHAPE))
        self.assertEqual(tuple(scale_map.data.step), (2 * VOXEL_SIZE,) * 3)
        self.assertIn("step", self.log.text["warning"])
        np.testing.assert_array_equal(
            scale_map.full_matrix(), occupy.estimate(self.density[::2, ::2, ::2], 2 * VOXEL_SIZE).scale
        )

    def test_subregion_is_estimated_alone_and_in_its_place(self):
        scale_map = self.run_command("occupy estimate #1 subregion 2,3,4,40,39,37")
        part = self.density[4:38, 3:40, 2:41]
        np.testing.assert_array_equal(scale_map.full_matrix(), occupy.estimate(part, VOXEL_SIZE).scale)
        np.testing.assert_allclose(scale_map.data.origin, np.array((5, 6, 7)) + VOXEL_SIZE * np.array((2, 3, 4)))

    def test_voxel_sizes_count_along_their_axes(self):
        self.run_command("close #1")
        volume = self.open_map(self.density, "uneven", step=(1.5, 2.0, 2.5))
        scale_map = self.run_command(f"occupy estimate #{volume.id_string}")
        np.testing.assert_array_equal(scale_map.full_matrix(), occupy.estimate(self.density, (2.5, 2.0, 1.5)).scale)

    def test_several_maps_give_a_list_with_ids_as_asked(self):
        self.open_map(self.density[::-1], "other")
        made = self.run_command("occupy estimate #1,2 modelId 7")
        self.assertEqual([m.id_string for m in made], ["7", "8"])
        self.assertEqual([m.name for m in made], ["small occupancy", "other occupancy"])

    def test_mode_resolution_names_its_map_local_scale(self):
        scale_map = self.run_command("occupy estimate #1 mode resolution")
        self.assertEqual(scale_map.name, "small local scale")
        np.testing.assert_array_equal(
            scale_map.full_matrix(), occupy.estimate(self.density, VOXEL_SIZE, mode="resolution").scale
        )

    def test_every_estimation_keyword_reaches_the_engine(self):
        scale_map = self.run_command(
            "occupy estimate #1 mode occupancy lowpass 9 resolution 10 kernelSize 3 kernelRadius 1.5 tau 0.8 "
            "tileSize 8 normalization maximum maxBox 256 recalibrate true"
        )
        expected = occupy.estimate(
            self.density,
            VOXEL_SIZE,
            mode="occupancy",
            lowpass=9,
            resolution=10,
            kernel_size=3,
            kernel_radius=1.5,
            tau=0.8,
            tile_size=8,
            normalization="maximum",
            max_box=256,
            recalibrate=True,
        )
        np.testing.assert_array_equal(scale_map.full_matrix(), expected.scale)

    def test_solvent_mask_may_be_on_another_grid(self):
        inside = np.zeros(tuple(n + 6 for n in SHAPE), np.float32)
        inside[10:36, 5:46, 5:50] = 1
        mask = self.open_map(inside, "mask", origin=(1.0, 2.0, 3.0))
        keywords = "mode occupancy recalibrate true color false"
        scale_map = self.run_command(f"occupy estimate #1 solventMask #{mask.id_string} {keywords}")
        on_grid = inside[2:42, 2:46, 2:50]
        expected = occupy.estimate(self.density, VOXEL_SIZE, mode="occupancy", solvent_mask=on_grid, recalibrate=True)
        np.testing.assert_array_equal(scale_map.full_matrix(), expected.scale)

    def test_log_tells_the_settings_and_what_the_scale_means(self):
        self.run_command("occupy estimate #1")
        found = occupy.estimate(self.density, VOXEL_SIZE)
        width = f"{found.smoothing:.3g} Å"
        for text in ("small occupancy", "calibrated", "8 Å", width, f"{found.full_scale:.4g}", "B-factors"):
            self.assertIn(text, self.log.text["info"])
        self.assertEqual(self.log.text["warning"].strip(), "")

    def test_log_tells_how_a_published_mode_reads_the_scale(self):
        self.run_command("occupy estimate #1 mode occupancy")
        found = occupy.estimate(self.density, VOXEL_SIZE, mode="occupancy")
        for text in (f"{found.tau:.4f}", f"{found.full_scale:.4g}", f"{found.settings.kernel.voxels} voxels"):
            self.assertIn(text, self.log.text["info"])

    def test_a_map_of_the_standard_error_is_made_beside_the_scale(self):
        made = self.run_command("occupy estimate #1 uncertainty true modelId 7")
        self.assertEqual([m.name for m in made], ["small occupancy", "small uncertainty"])
        self.assertEqual([m.id_string for m in made], ["7", "8"])
        expected = occupy.estimate(self.density, VOXEL_SIZE, uncertainty=True)
        np.testing.assert_array_equal(made[0].full_matrix(), expected.scale)
        np.testing.assert_array_equal(made[1].full_matrix(), expected.uncertainty)
        self.assertGreater(made[1].full_matrix().max(), 0)

    def test_maps_of_the_flexibility_and_its_error_are_made_beside_the_scale(self):
        made = self.run_command("occupy estimate #1 flexibility true uncertainty true modelId 7")
        names = ["small occupancy", "small uncertainty", "small flexibility", "small flexibility error"]
        self.assertEqual([m.name for m in made], names)
        self.assertEqual([m.id_string for m in made], ["7", "8", "9", "10"])
        expected = occupy.estimate(self.density, VOXEL_SIZE, flexibility=True, uncertainty=True)
        for model, values in zip(made[2:], (expected.flexibility, expected.flexibility_error), strict=True):
            np.testing.assert_array_equal(model.full_matrix(), np.where(np.isnan(values), -1000, values))
        for note in expected.notes:
            self.assertIn(note, self.log.text["info"])

    def test_a_standard_error_is_refused_in_a_published_mode(self):
        with self.assertRaisesRegex(UserError, "calibrated"):
            self.run_command("occupy estimate #1 uncertainty true mode occupancy")
        self.assertEqual(len(session.models.list(type=Volume)), 1)

    def test_masked_map_gets_a_warning(self):
        masked = np.where(self.density > 0.15, self.density, 0).astype(np.float32)
        self.open_map(masked, "masked")
        self.run_command("occupy estimate #2")
        self.assertIn("masked", self.log.text["warning"])

    def warnings_of(self, command):
        before = len(self.log.text["warning"])
        self.run_command(command)
        return self.log.text["warning"][before:]

    def test_warnings_on_a_map_are_said_once_and_those_that_are_new_when_they_come(self):
        masked = np.where(self.density > 0.15, self.density, 0).astype(np.float32)
        self.open_map(masked, "masked")
        self.open_map(masked, "other")
        first = self.warnings_of("occupy estimate #2")
        self.assertIn("masked", first)
        for command in ("estimate #2 tau 0.9", "equalize #2", "solvent #2", "attenuate #2 power 3"):
            with self.subTest(command):
                self.assertNotIn("masked", self.warnings_of(f"occupy {command}"))
                self.assertIn("hold here too", self.log.text["info"])
        self.assertIn("step", self.warnings_of("occupy estimate #2 step 2"))
        self.assertNotIn("With a step", self.warnings_of("occupy equalize #2 step 2"))
        self.assertEqual(self.warnings_of("occupy estimate #3"), first)

    def test_warnings_on_a_map_that_has_changed_are_said_again(self):
        masked = np.where(self.density > 0.15, self.density, 0).astype(np.float32)
        volume = self.open_map(masked, "masked")
        first = self.warnings_of("occupy estimate #2")
        volume.data.array *= 2
        volume.data.values_changed()
        self.assertEqual(self.warnings_of("occupy estimate #2"), first)

    def test_map_without_surface_is_estimated_and_the_log_says_so(self):
        self.run_command("volume #1 style image")
        self.map.remove_surfaces()
        self.run_command("occupy estimate #1")
        self.assertIn("no surface", self.log.text["info"])


class BadInput(MapTestCase):
    def assert_refused(self, command, *words):
        models, colors = session.models.list(), self.colors_of(self.map)
        with self.assertRaises(UserError) as caught:
            self.run_command(command)
        for word in words:
            self.assertIn(word, str(caught.exception))
        self.assertEqual(session.models.list(), models)
        self.assertIs(self.colors_of(self.map), colors)

    def test_no_such_model(self):
        self.assert_refused("occupy estimate #9", "#9", "map")

    def test_model_that_is_not_a_map(self):
        self.run_command("shape sphere")
        self.assert_refused("occupy estimate #2", "#2", "sphere")

    def test_model_number_in_use(self):
        self.assert_refused("occupy estimate #1 modelId 1", "modelId #1", "small")

    def test_setting_out_of_range_is_named_as_it_is_typed(self):
        self.assert_refused("occupy estimate #1 tileSize 1", "tileSize is 1", "at least 2")
        self.assert_refused("occupy estimate #1 tau 1", "tau is 1", "below 1")
        self.assert_refused("occupy estimate #1 kernelSize 4", "kernelSize is 4", "odd")

    def test_voxels_that_are_not_finite(self):
        self.density[3, 4, 5:8] = np.nan
        volume = self.open_map(self.density, "nan")
        self.assert_refused(f"occupy estimate #{volume.id_string}", "3 of", "NaN")

    def test_constant_map(self):
        volume = self.open_map(np.ones(SHAPE, np.float32), "flat")
        self.assert_refused(f"occupy estimate #{volume.id_string}", "constant")

    def test_inverted_contrast(self):
        volume = self.open_map(-self.density, "negative")
        self.assert_refused(f"occupy estimate #{volume.id_string}", "inverted")

    def test_box_smaller_than_the_kernel(self):
        self.assert_refused("occupy estimate #1 subregion 0,0,0,3,40,40", "smaller than the kernel")

    def test_subregion_outside_the_map(self):
        last = ",".join(str(n - 1) for n in reversed(SHAPE))
        outside = "occupy estimate #1 subregion 900,900,900,950,950,950"
        self.assert_refused(outside, "holds no voxel of small (#1)", f"within 0,0,0,{last}")

    def test_skewed_axes(self):
        volume = self.open_map(self.density, "skewed", angles=(90, 90, 120))
        self.assert_refused(f"occupy estimate #{volume.id_string}", "120", "right angles")


class Sessions(MapTestCase):
    def test_session_comes_back_whole(self):
        self.run_command("occupy estimate #1")
        colors = self.colors_of(self.map).copy()
        scale = next(m for m in session.models.list() if m.name == "small occupancy").full_matrix().copy()
        path = FOLDER / "home" / "saved.cxs"
        self.run_command(f'save "{path}"')
        close_all()
        self.run_command(f'open "{path}"')
        by_name = {m.name: m for m in session.models.list()}
        np.testing.assert_array_equal(by_name["small occupancy"].full_matrix(), scale)
        self.assertFalse(by_name["small occupancy"].display)
        np.testing.assert_array_equal(self.colors_of(by_name["small"]), colors)
        self.assertIsNotNone(get_model(session, create=False))
        self.run_command("volume #1 level 0.5")
        by_name["small"].update_drawings()
        surface = by_name["small"].surfaces[0]
        self.assertEqual(len(surface.vertex_colors), len(surface.vertices))


class SeveralMaps(MapTestCase):
    def test_common_scale_is_that_of_the_strongest(self):
        self.open_map(2 * self.density, "strong")
        weak, strong = self.run_command("occupy estimate #1,2 commonScale true")
        found = occupy.estimate(2 * self.density, VOXEL_SIZE)
        np.testing.assert_array_equal(strong.full_matrix(), found.scale)
        expected = occupy.estimate(self.density, VOXEL_SIZE, full_scale=found.full_scale).scale
        np.testing.assert_array_equal(weak.full_matrix(), expected)

    def test_half_maps_give_the_noise_level(self):
        random = np.random.default_rng(1)
        noise = [0.1 * random.standard_normal(SHAPE, dtype=np.float32) for _ in range(2)]
        halves = [self.density + n for n in noise]
        self.open_map((halves[0] + halves[1]) / 2, "mean")
        for half in halves:
            self.open_map(half, "half")
        self.run_command("occupy estimate #2 halfMaps #3,4 color false")
        self.assertIn("from the half maps", self.log.text["info"])
        self.assertIn("± 0.07", self.log.text["info"])


class Tile(MapTestCase):
    def test_sphere_lies_where_the_tile_that_set_the_full_scale_is(self):
        self.map.position = rotation((0, 0, 1), 30)
        for command, density in (
            ("occupy estimate #1", self.density),
            ("occupy estimate #1 subregion 2,3,4,45,41,37", self.density[4:38, 3:42, 2:46]),
            ("occupy estimate #1 maxBox 32", self.density),
        ):
            with self.subTest(command):
                self.run_command(f"{command} showTile true color false")
                sphere = next(m for m in session.models.list() if m.name == "small full scale")
                values = {"max_box": 32} if "maxBox" in command else {}
                found = occupy.estimate(density, VOXEL_SIZE, **values)
                centre = np.array(found.full_scale_tile.centre) * found.settings.voxel_size
                start = (4, 3, 2) if "subregion" in command else (0, 0, 0)
                expected = centre[::-1] + VOXEL_SIZE * np.array(start[::-1]) + np.array((5, 6, 7))
                in_map = self.map.scene_position.inverse() * sphere.bounds().center()
                np.testing.assert_allclose(in_map, expected, atol=0.5)
                session.models.close([sphere])


class Place(MapTestCase):
    def test_maps_in_a_moved_group_are_colored_and_placed_as_others(self):
        self.run_command("occupy equalize #1 power 2 modelId 7")
        expected = self.colors_of(session.models.list(model_id=(7,))[0]).copy()
        run(session, "rename #1 id 5.1; move x 30 models #5", log=False)
        moved = self.run_command("occupy equalize #5.1 power 2 modelId 18")
        self.assertTrue(moved.scene_position.same(self.map.scene_position))
        np.testing.assert_array_equal(self.colors_of(moved), expected)


class Json(MapTestCase):
    def test_scripts_get_what_was_read_off_each_map(self):
        self.open_map(np.where(self.density > 0.2, self.density, 0), "masked")
        answer = run(session, "occupy estimate #1,2 modelId 7", log=False, return_json=True)
        told = json.loads(answer.json_value)
        self.assertEqual([m.id_string for m in answer.python_value], ["7", "8"])
        self.assertEqual([(row["map"], row["scale_map"]) for row in told], [("#1", "#7"), ("#2", "#8")])
        expected = occupy.estimate(self.density, VOXEL_SIZE)
        self.assertEqual(told[0]["full_scale"], expected.full_scale)
        self.assertEqual(told[0]["settings"]["kernel_voxels"], expected.settings.kernel.voxels)
        self.assertEqual((len(told[0]["warnings"]) == 0, len(told[1]["warnings"]) > 0), (True, True))


class Closing(MapTestCase):
    def test_maps_that_were_made_do_not_hinder_maps_that_are_opened_after_they_were_closed(self):
        for _ in range(8):
            self.run_command("occupy equalize #1 power 2")
            run(session, "close", log=False)
            self.map = self.open_map(self.density, "small")
        self.assertEqual(self.log.text["error"], "")
        run(session, "volume #1 level 0.4", log=False)
        draw_now(session)
        high = len(self.map.surfaces[0].triangles)
        run(session, "volume #1 level 0.2", log=False)
        draw_now(session)
        self.assertGreater(len(self.map.surfaces[0].triangles), high)

    def test_hidden_maps_show_their_surface_when_they_are_shown(self):
        made = self.run_command("occupy estimate #1")
        run(session, f"volume #{made.id_string} level 0.5; show #{made.id_string} models", log=False)
        draw_now(session)
        self.assertGreater(len(made.surfaces[0].triangles), 0)
