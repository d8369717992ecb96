"""occupy refine on several maps with masks in ChimeraX: columns beside chains, or without any."""

import numpy as np
from chimerax.core.errors import UserError
from chimerax.occupy.commands.shown_matrix import last_matrix
from helices import open_map_of, open_model
from scipy.ndimage import binary_dilation, gaussian_filter
from support import MapTestCase, session

TRUTHS = {"one": {"A": 1.0, "B": 1.0}, "two": {"A": 1.0, "B": 0.0}, "three": {"A": 1.0, "B": 0.5}}


class Masks(MapTestCase):
    def setUp(self):
        super().setUp()
        self.model = open_model()
        self.atoms = f"#{self.model.id_string}"
        self.maps = [open_map_of(self.model, truth, 0.02) for truth in TRUTHS.values()]
        self.masks = [open_map_of(self.model, {chain: 1.0}) for chain in "AB"]
        for volume, name in zip([*self.maps, *self.masks], [*TRUTHS, "block A", "block B"], strict=True):
            volume.name = name
        for volume in self.masks:
            smooth = gaussian_filter(volume.full_matrix(), 1.5)
            inside = binary_dilation(smooth > 0.15 * smooth.max(), iterations=2)
            volume.data.array[:] = np.clip(gaussian_filter(inside.astype(np.float32), 1), 0, 1)
            volume.data.values_changed()
        self.spec = "#" + ",".join(volume.id_string for volume in self.maps)
        # Two masks alone do not tell which of them is full where both are there.
        self.complete = f"referenceMaps #{self.maps[0].id_string}"
        self.of_masks = "#" + ",".join(volume.id_string for volume in self.masks)

    def truth(self, chains):
        return [[truth[chain] for chain in chains] for truth in TRUTHS.values()]

    def test_masks_are_columns_without_a_model(self):
        found = self.run_command(f"occupy refine {self.spec} masks {self.of_masks} {self.complete}")
        self.assertEqual(found["groups"], ["block A", "block B"])
        np.testing.assert_allclose(found["occupancies"], self.truth("AB"), atol=0.12)
        self.assertNotIn("cxcmd:select block", self.log.text["info"])
        self.assertEqual(self.log.text["error"], "")

    def test_a_mask_stands_beside_the_chains_that_the_model_has(self):
        mask = self.masks[1]
        found = self.run_command(f"occupy refine {self.spec} atoms {self.atoms}/A masks #{mask.id_string}")
        self.assertEqual(found["groups"], [f"{self.atoms}/A", "block B"])
        np.testing.assert_allclose(found["occupancies"], self.truth("AB"), atol=0.1)
        self.assertEqual(last_matrix(session).masks, {"block B": mask})

    def test_masks_that_the_model_fills_change_no_occupancy_of_a_chain(self):
        alone = self.run_command(f"occupy refine {self.spec} atoms {self.atoms} {self.complete}")
        found = self.run_command(f"occupy refine {self.spec} atoms {self.atoms} masks {self.of_masks} {self.complete}")
        np.testing.assert_array_equal(np.array(found["occupancies"])[:, :2], alone["occupancies"])
        np.testing.assert_allclose(np.array(found["occupancies"])[:, 2:], self.truth("AB"), atol=0.12)
        self.assertIn("The model fills most of the masks block A, block B", self.log.text["warning"])

    def test_masks_on_another_grid_are_interpolated(self):
        other = self.run_command(f"volume resample #{self.masks[1].id_string} spacing 2.3")
        found = self.run_command(f"occupy refine {self.spec} atoms {self.atoms}/A masks #{other.id_string}")
        np.testing.assert_allclose(found["occupancies"], self.truth("AB"), atol=0.1)

    def test_what_cannot_be_a_mask_is_told_in_one_sentence(self):
        one = f"#{self.maps[0].id_string}"
        mask = f"#{self.masks[0].id_string}"
        for words, told in (
            (f"masks {one}", "is given as a mask and as a map"),
            (f"masks {mask}", "there is one mask and no model"),
            (f"atoms {self.atoms} eachAtoms {self.atoms} masks {mask}", "masks are of one box"),
        ):
            with self.assertRaisesRegex(UserError, told):
                self.run_command(f"occupy refine {self.spec} {words}")
        with self.assertRaisesRegex(UserError, "masks is of several maps"):
            self.run_command(f"occupy refine {one} atoms {self.atoms} masks {mask}")
