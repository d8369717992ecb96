"""occupy equalize in ChimeraX."""

from unittest import mock

import numpy as np
from chimerax import occupy
from chimerax.core.errors import UserError
from chimerax.geometry import translation
from chimerax.occupy.commands import jobs
from chimerax.occupy.commands.maps import sample
from chimerax.surface.colorvol import volume_coloring
from support import SHAPE, VOXEL_SIZE, MapTestCase, session


class Equalize(MapTestCase):
    def test_map_holds_what_the_engine_makes(self):
        made = self.run_command("occupy equalize #1")
        np.testing.assert_array_equal(made.full_matrix(), occupy.equalize(self.density, VOXEL_SIZE))

    def test_map_takes_the_place_of_the_input_which_is_hidden(self):
        made = self.run_command("occupy equalize #1")
        self.assertEqual(made.name, "small equalized")
        self.assertTrue(made.display)
        self.assertFalse(self.map.display)
        self.assertEqual([s.level for s in made.surfaces], [s.level for s in self.map.surfaces])
        self.assert_same_place(made, self.map)

    def test_map_is_colored_by_its_hidden_scale_map(self):
        made = self.run_command("occupy equalize #1")
        colored_by = volume_coloring(made.surfaces[0]).volume
        self.assertEqual(colored_by.name, "small occupancy")
        self.assertFalse(colored_by.display)
        np.testing.assert_array_equal(colored_by.full_matrix(), occupy.estimate(self.density, VOXEL_SIZE).scale)
        self.assertIsNone(self.colors_of(self.map))

    def test_british_spelling_does_the_same(self):
        made = self.run_command("occupy equalise #1")
        np.testing.assert_array_equal(made.full_matrix(), occupy.equalize(self.density, VOXEL_SIZE))

    def test_every_modification_keyword_reaches_the_engine(self):
        made = self.run_command(
            "occupy equalize #1 power 2.5 removeSolvent true hedge 2 scaleLimit 0.2 maxGain 2 "
            "useConfidence true keepNoise true outputLowpass 9 clip false mode resolution tileSize 10"
        )
        expected = occupy.equalize(
            self.density,
            VOXEL_SIZE,
            power=2.5,
            remove_solvent=True,
            hedge=2,
            scale_limit=0.2,
            max_gain=2,
            use_confidence=True,
            keep_noise=True,
            output_lowpass=9,
            clip=False,
            mode="resolution",
            tile_size=10,
        )
        np.testing.assert_array_equal(made.full_matrix(), expected)

    def test_mode_occupancy_alone_is_the_published_method_and_what_is_given_counts(self):
        published = {"mode": "occupancy", "solvent_model": "uniform", "signal_only": False}
        made = self.run_command("occupy equalize #1 mode occupancy")
        np.testing.assert_array_equal(made.full_matrix(), occupy.equalize(self.density, VOXEL_SIZE, **published))
        self.assertIn("signalOnly| False", self.log.text["info"])
        made = self.run_command("occupy equalize #1 mode occupancy signalOnly true")
        expected = occupy.equalize(self.density, VOXEL_SIZE, **(published | {"signal_only": True}))
        np.testing.assert_array_equal(made.full_matrix(), expected)
        self.assertIn("signalOnly| True", self.log.text["info"])

    def test_power_may_be_infinite(self):
        made = self.run_command("occupy equalize #1 power inf matchHistogram true")
        expected = occupy.equalize(self.density, VOXEL_SIZE, match_histogram=True)
        np.testing.assert_array_equal(made.full_matrix(), expected)

    def test_scale_map_is_used_instead_of_an_estimate(self):
        scale = np.linspace(0.3, 1, SHAPE[2], dtype=np.float32) * np.ones(SHAPE, np.float32)
        given = self.open_map(scale, "given")
        made = self.run_command(f"occupy equalize #1 scaleMap #{given.id_string}")
        np.testing.assert_array_equal(made.full_matrix(), occupy.equalize(self.density, VOXEL_SIZE, scale_map=scale))
        self.assertIs(volume_coloring(made.surfaces[0]).volume, given)
        self.assertNotIn("small occupancy", [m.name for m in session.models.list()])

    def test_scale_map_outside_zero_to_one_is_refused(self):
        self.open_map(3 * self.density, "not a scale")
        models = session.models.list()
        with self.assertRaises(UserError) as caught:
            self.run_command("occupy equalize #1 scaleMap #2")
        self.assertIn("0 to 1", str(caught.exception))
        self.assertEqual(session.models.list(), models)
        self.assertTrue(self.map.display)

    def test_output_lowpass_beyond_nyquist_is_refused_as_typed(self):
        with self.assertRaises(UserError) as caught:
            self.run_command("occupy equalize #1 outputLowpass 3")
        self.assertIn("outputLowpass is 3 Å", str(caught.exception))

    def test_log_tells_the_gain_that_was_reached(self):
        self.run_command("occupy equalize #1")
        limits = occupy.modify(self.density, VOXEL_SIZE).limits
        for text in ("gain reached", f"{limits.gain:.3g}", f"{limits.scale_limit:.3g}", "small equalized"):
            self.assertIn(text, self.log.text["info"])

    def test_log_tells_what_comes_out_of_parts(self):
        self.run_command("occupy equalize #1")
        (note,) = occupy.modify(self.density, VOXEL_SIZE).notes
        self.assertIn(note, self.log.text["info"])

    def test_log_tells_settings_that_are_not_the_default_and_no_others(self):
        self.run_command("occupy equalize #1")
        self.assertNotIn("removeSolvent", self.log.text["info"])
        self.run_command("occupy equalize #1 removeSolvent false")
        self.assertIn("removeSolvent| False", self.log.text["info"])

    def test_noise_and_solvent_stay_where_that_is_asked_for(self):
        made = self.run_command("occupy equalize #1 keepNoise true removeSolvent false")
        expected = occupy.equalize(self.density, VOXEL_SIZE, keep_noise=True, remove_solvent=False)
        np.testing.assert_array_equal(made.full_matrix(), expected)

    def test_the_resolution_of_what_is_shown_is_a_hidden_map_that_surfaces_can_be_colored_by(self):
        made, resolution = self.run_command("occupy equalize #1 resolutionMap true modelId 7")
        expected = occupy.modify(self.density, VOXEL_SIZE, resolution_map=True)
        np.testing.assert_array_equal(made.full_matrix(), expected.density)
        np.testing.assert_array_equal(resolution.full_matrix(), expected.resolution)
        self.assertEqual((resolution.name, resolution.id_string), ("small resolution shown", "8"))
        self.assertEqual((made.display, resolution.display), (True, False))
        self.assert_same_place(resolution, self.map)
        self.assertIn("small resolution shown #8", self.log.text["info"])
        self.run_command("color sample #7 map #8 palette 3,blue:5,white:10,red")
        self.assertIs(volume_coloring(made.surfaces[0]).volume, resolution)

    def test_the_resolution_of_what_is_shown_is_refused_where_the_map_is_multiplied(self):
        models = session.models.list()
        estimating = mock.patch.object(jobs, "estimate", side_effect=AssertionError("work was done"))
        with estimating, self.assertRaises(UserError) as caught:
            self.run_command("occupy equalize #1 resolutionMap true mode occupancy")
        self.assertIn("resolutionMap is known where the signal alone is shown", str(caught.exception))
        self.assertEqual(session.models.list(), models)

    def test_attenuate_and_sigmoid_hold_what_the_engine_makes(self):
        for kind, typed, settings in (
            ("attenuate", "power 3 seed 5", {"power": 3, "seed": 5}),
            ("sigmoid", "power 4 pivot 0.4 noise false", {"power": 4, "pivot": 0.4, "noise": False}),
        ):
            made = self.run_command(f"occupy {kind} #1 {typed}")
            expected = occupy.modify(self.density, VOXEL_SIZE, kind, **settings).density
            np.testing.assert_array_equal(made.full_matrix(), expected)

    def test_commands_on_one_map_share_an_estimate_until_the_map_changes(self):
        with mock.patch.object(jobs, "estimate", wraps=jobs.estimate) as made:
            self.run_command("occupy estimate #1")
            self.run_command("occupy equalize #1 power 2")
            self.run_command("occupy attenuate #1 power 2")
            self.assertEqual(made.call_count, 1)
            self.run_command("occupy equalize #1 lowpass 10")
            self.assertEqual(made.call_count, 2)
            self.map.data.array *= 2
            self.map.data.values_changed()
            equalized = self.run_command("occupy equalize #1 lowpass 10")
            self.assertEqual(made.call_count, 3)
        expected = occupy.equalize(2 * self.density, VOXEL_SIZE, lowpass=10)
        np.testing.assert_array_equal(equalized.full_matrix(), expected)

    def test_an_estimate_within_a_mask_is_shared_until_the_mask_changes_or_moves(self):
        array = (np.indices(self.density.shape)[0] < 12).astype(np.float32)
        mask = self.open_map(array, "mask")
        with mock.patch.object(jobs, "estimate", wraps=jobs.estimate) as made:
            for _ in range(2):
                self.run_command("occupy estimate #1 solventMask #2")
            self.assertEqual(made.call_count, 1)
            mask.data.array[:14] = 1
            mask.data.values_changed()
            self.run_command("occupy estimate #1 solventMask #2")
            self.assertEqual(made.call_count, 2)
            mask.position = translation((0, 0, 2 * VOXEL_SIZE))
            self.run_command("occupy estimate #1 solventMask #2")
            self.assertEqual(made.call_count, 3)

    def test_a_result_at_hand_is_used_once_by_the_command_that_asks_for_the_same(self):
        job = jobs.ModificationJob(sample(self.map), "equalize", {}, {"power": 2.0})
        job.keep(job.compute())
        with mock.patch.object(jobs, "modify", wraps=jobs.modify) as made:
            self.run_command("occupy equalize #1 power 3")
            self.assertEqual(made.call_count, 1)
            job.keep(job.compute())
            made.reset_mock()
            self.run_command("occupy equalize #1 power 2")
            self.assertEqual(made.call_count, 0)
            self.run_command("occupy equalize #1 power 2")
            self.assertEqual(made.call_count, 1)

    def test_several_maps_give_a_list(self):
        self.open_map(self.density[:, ::-1], "other")
        made = self.run_command("occupy equalize #1,2 modelId 7")
        self.assertEqual([m.id_string for m in made], ["7", "8"])
        self.assertEqual([m.name for m in made], ["small equalized", "other equalized"])
