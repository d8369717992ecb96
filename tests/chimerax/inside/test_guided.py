"""occupy estimate with atoms, in ChimeraX: scale maps of maps in which each chain has a known occupancy."""

import json

import numpy as np
from chimerax.color_key.model import get_model
from chimerax.core.commands import run
from chimerax.core.errors import UserError
from chimerax.geometry import rotation, translation
from chimerax.occupy.figures.palette import PALETTE
from helices import open_map_of, open_model
from support import MapTestCase, session

TRUTH = {"A": 1.0, "B": 0.4}
CLOSE = 0.03
PLACE = translation((13, -7, 21)) * rotation((1, 2, 3), 40)


class GuidedScale(MapTestCase):
    def setUp(self):
        super().setUp()
        self.model = open_model()
        self.map = open_map_of(self.model, TRUTH, 0.02)
        self.words = f"#{self.map.id_string} atoms #{self.model.id_string}"

    def at_atoms(self, scale_map):
        """Mean scale at the atoms of each chain."""
        coords = scale_map.scene_position.inverse() * self.model.atoms.scene_coords
        values = scale_map.interpolated_values(coords)
        return [values[self.model.atoms.chain_ids == chain].mean() for chain in TRUTH]

    def test_the_scale_at_each_chain_is_its_occupancy_and_far_away_0(self):
        made = self.run_command(f"occupy estimate {self.words}")
        np.testing.assert_allclose(self.at_atoms(made), list(TRUTH.values()), atol=CLOSE)
        self.assertEqual(made.full_matrix()[:4].max(), 0)
        self.assert_same_place(made, self.map)
        self.assertEqual(made.name, "simulated occupancy")
        self.assertFalse(made.display)

    def test_map_and_model_may_be_anywhere_in_the_scene(self):
        self.map.scene_position = PLACE
        self.model.scene_position = PLACE
        made = self.run_command(f"occupy estimate {self.words}")
        np.testing.assert_allclose(self.at_atoms(made), list(TRUTH.values()), atol=CLOSE)
        self.assert_same_place(made, self.map)

    def test_the_surface_is_colored_with_a_key_and_undo_takes_that_back(self):
        before = self.map.surfaces[0].vertex_colors
        self.run_command(f"occupy estimate {self.words}")
        colors = {"#" + "".join(f"{c:02x}" for c in color[:3]) for color in self.colors_of(self.map)}
        self.assertIn(PALETTE[-1], colors)
        self.assertIsNotNone(get_model(session, create=False))
        self.run_command("undo")
        np.testing.assert_array_equal(self.map.surfaces[0].vertex_colors, before)

    def test_modifications_take_it_for_their_scale_map(self):
        scale_map = self.run_command(f"occupy estimate {self.words} color false")
        for kind in ("equalize", "attenuate", "sigmoid"):
            made = self.run_command(f"occupy {kind} #{self.map.id_string} scaleMap #{scale_map.id_string} color false")
            before, after = self.at_atoms(self.map), self.at_atoms(made)
            ratio = (after[1] / after[0]) / (before[1] / before[0])
            self.assertEqual(ratio > 1, kind == "equalize", kind)

    def test_scripts_get_json(self):
        found = run(session, f"occupy estimate {self.words} lowpass 7", log=False, return_json=True)
        (told,) = json.loads(found.json_value)
        self.assertEqual(told["map"], f"#{self.map.id_string}")
        self.assertEqual(told["settings"], {"lowpass": 7.0})
        self.assertEqual(told["reference"], [f"#{self.model.id_string}/A"])

    def test_settings_that_have_no_effect_are_refused(self):
        with self.assertRaisesRegex(UserError, "tau, commonScale cannot be given with atoms; .*lowpass, halfMaps only"):
            self.run_command(f"occupy estimate {self.words} tau 0.9 commonScale true")

    def test_a_model_outside_the_map_is_refused(self):
        self.model.scene_position = translation((1000, 0, 0))
        with self.assertRaisesRegex(UserError, "outside the map"):
            self.run_command(f"occupy estimate {self.words}")
