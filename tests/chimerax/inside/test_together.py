"""occupy refine in ChimeraX on groups that belong together: alternatives, and copies that ChimeraX's sym makes."""

import numpy as np
from chimerax.core.commands import run
from chimerax.core.errors import UserError
from helices import open_map_of, open_model
from support import MapTestCase, session

MOVED = (6, 4, 0)
SHARES = (0.7, 0.3)
SECOND = 0.6
"""Occupancy of the second chain of a dimer."""


class Alternatives(MapTestCase):
    """Two models in one place, of which a particle has one."""

    def setUp(self):
        super().setUp()
        self.models = [open_model(name) for name in ("apo", "holo")]
        self.models[1].atoms.coords += np.array(MOVED)
        maps = [open_map_of(model, {"A": 1, "B": 1}) for model in self.models]
        on_grid = [
            maps[0],
            run(session, f"volume resample #{maps[1].id_string} onGrid #{maps[0].id_string}", log=False),
        ]
        density = sum(share * one.full_matrix() for share, one in zip(SHARES, on_grid, strict=True))
        maps[0].data.array[:] = density.astype(np.float32)
        maps[0].data.values_changed()
        self.map, (self.apo, self.holo) = maps[0], [f"#{model.id_string}" for model in self.models]

    def refine(self, words):
        return self.run_command(f"occupy refine #{self.map.id_string} atoms {self.apo},{self.holo[1:]} {words}")

    def test_two_models_in_one_place_share_it(self):
        rows = self.refine(f"by model alternatives {self.apo},{self.holo[1:]}")
        self.assertEqual([row["group"] for row in rows], [self.apo, self.holo, f"{self.apo}+{self.holo}"])
        np.testing.assert_allclose([row["occupancy"] for row in rows], [*SHARES, 1], atol=0.03)
        self.assertIn(f"select {self.apo} | {self.holo}", self.log.text["info"])

    def test_each_set_of_alternatives_is_limited_by_itself(self):
        sets = [f"alternatives {self.apo}/{chain}{self.holo}/{chain}" for chain in "AB"]
        rows = self.refine(" ".join(sets))
        sums = {row["group"]: row["occupancy"] for row in rows if "+" in row["group"]}
        self.assertEqual([*sums], [f"{self.apo}/{chain}+{self.holo}/{chain}" for chain in "AB"])
        np.testing.assert_allclose([*sums.values()], 1, atol=0.04)

    def test_parts_of_one_model_may_be_alternatives(self):
        parts = [f"{self.apo}/A:1-40", f"{self.apo}/A:41-80"]
        words = " ".join(f"groups {part}" for part in parts)
        rows = self.refine(f"{words} alternatives {self.apo}/A")
        self.assertIn("+".join(parts), [row["group"] for row in rows])

    def test_sums_of_alternatives_are_in_the_matrix(self):
        found = self.run_command(
            f"occupy refine #{self.map.id_string} referenceMaps #{self.map.id_string} atoms {self.apo},{self.holo[1:]} "
            f"by model alternatives {self.apo},{self.holo[1:]}"
        )
        np.testing.assert_allclose(found["occupancies"], [SHARES], atol=0.04)
        self.assertAlmostEqual(found["together"][0][0]["occupancy"], 1, delta=0.02)

    def test_alternatives_of_one_group_are_refused(self):
        with self.assertRaisesRegex(UserError, f"alternatives {self.apo} holds {self.apo} only: expected"):
            self.refine(f"by model alternatives {self.apo}")


class Copies(MapTestCase):
    """A dimer that ChimeraX's sym makes of one chain."""

    def setUp(self):
        super().setUp()
        unit = open_model("unit", {"A": (16, 8)})
        run(session, f"sym #{unit.id_string} C2 copies true", log=False)
        self.copies = [model for model in session.models if model is not unit and getattr(model, "atoms", None)]
        self.assembly = f"#{self.copies[0].parent.id_string}"
        both = open_model("both", {"A": (16, 8), "B": (-100, 0)})
        both.atoms[both.atoms.chain_ids == "B"].coords = self.copies[1].atoms.scene_coords
        self.map = open_map_of(both, {"A": 1, "B": SECOND})
        session.models.close([both])

    def test_copies_of_sym_have_a_mean_and_a_spread(self):
        rows = self.run_command(f"occupy refine #{self.map.id_string} atoms {self.assembly}")
        names = [f"#{model.id_string}/A" for model in self.copies]
        self.assertEqual([row["group"] for row in rows], [*names, "/A"])
        np.testing.assert_allclose([row["occupancy"] for row in rows], [1, SECOND, (1 + SECOND) / 2], atol=0.03)
        self.assertRegex(rows[-1]["notes"][0], "mean of 2 copies, spread 0.2")
        self.assertIn("the copies differ", rows[-1]["notes"])
        self.assertIn("select {} | {}".format(*names), self.log.text["info"])

    def test_models_that_are_not_the_same_are_no_copies(self):
        self.copies[1].atoms[0].coord = (0, 0, 0)
        rows = self.run_command(f"occupy refine #{self.map.id_string} atoms {self.assembly}")
        self.assertEqual(len(rows), 2)
