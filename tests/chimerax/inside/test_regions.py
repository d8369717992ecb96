"""occupy solvent, measure and mask in ChimeraX."""

import json
from csv import DictReader

import numpy as np
from chimerax import occupy
from chimerax.atomic import AtomicStructure
from chimerax.core.commands import run
from chimerax.core.errors import UserError
from support import FOLDER, PARTS, SHAPE, VOXEL_SIZE, MapTestCase, close_all, session


class Solvent(MapTestCase):
    def test_confidence_map_holds_the_engine_s_confidence(self):
        made = self.run_command("occupy solvent #1 hedge 2")
        self.assertEqual(made.name, "small confidence")
        self.assertFalse(made.display)
        np.testing.assert_array_equal(made.full_matrix(), occupy.estimate(self.density, VOXEL_SIZE).confidence(2))

    def test_map_without_solvent_takes_the_place_of_the_map_and_is_the_solvents_mean_far_away(self):
        made = self.run_command("occupy solvent #1 removeSolvent true")
        found = occupy.estimate(self.density, VOXEL_SIZE)
        np.testing.assert_array_equal(made.full_matrix(), occupy.without_solvent(self.density, VOXEL_SIZE, found))
        self.assertAlmostEqual(float(made.full_matrix()[0, 0, 0]), found.solvent.mean, places=5)
        self.assertTrue(made.display)
        self.assertFalse(self.map.display)

    def test_in_a_published_mode_the_map_without_solvent_is_the_map_times_the_confidence(self):
        made = self.run_command("occupy solvent #1 removeSolvent true mode occupancy")
        confidence = occupy.estimate(self.density, VOXEL_SIZE, mode="occupancy").confidence()
        np.testing.assert_allclose(made.full_matrix(), self.density * confidence, atol=1e-6)

    def test_log_judges_the_fit(self):
        self.run_command("occupy solvent #1")
        self.assertRegex(self.log.text["info"], r"good: below the peak|fair: below the peak")

    def test_a_solvent_that_varies_is_followed_and_told(self):
        along = np.linspace(-1.5, 1.5, SHAPE[2])
        noise = 0.1 * np.exp(along) * np.random.default_rng(1).normal(size=SHAPE)
        density = (self.density + noise).astype(np.float32)
        self.open_map(density, "noisy")
        made = self.run_command("occupy solvent #2 solventModel varying")
        expected = occupy.estimate(density, VOXEL_SIZE, solvent_model="varying")
        self.assertTrue(expected.solvent.varies)
        np.testing.assert_array_equal(made.full_matrix(), expected.confidence())
        self.assertIn("the solvent varies in space", self.log.text["info"])
        low, high = expected.solvent.ranges["sigma"]
        self.assertIn(f"± {low:.3g} to {high:.3g} low-passed", self.log.text["info"])

    def test_the_log_tells_the_range_of_limits_that_vary(self):
        along = np.linspace(-1.5, 1.5, SHAPE[2])
        noise = 0.1 * np.exp(along) * np.random.default_rng(1).normal(size=SHAPE)
        density = (self.density + noise).astype(np.float32)
        self.open_map(density, "noisy")
        self.run_command("occupy equalize #2 mode occupancy solventModel varying signalOnly false")
        settings = {"mode": "occupancy", "solvent_model": "varying", "signal_only": False}
        told = occupy.modify(density, VOXEL_SIZE, **settings).limits.told("max_gain")
        self.assertIn(" to ", told)
        self.assertIn(told, self.log.text["info"])


class Mask(MapTestCase):
    def test_masks_hold_what_the_engine_makes(self):
        scale_map = self.run_command("occupy estimate #1 color false")
        spec = f"#{scale_map.id_string}"
        for typed, settings in (
            ("threshold 0.4 softEdge 5 invert true", {"threshold": 0.4, "soft_edge": 5, "invert": True}),
            ("maskFrom sigmoid power 3 pivot 0.3", {"mask_from": "sigmoid", "power": 3, "pivot": 0.3}),
        ):
            made = self.run_command(f"occupy mask {spec} {typed}")
            expected = occupy.make_mask(scale_map.full_matrix(), VOXEL_SIZE, **settings)
            np.testing.assert_array_equal(made.full_matrix(), expected)
            self.assert_same_place(made, self.map)

    def test_map_that_is_no_scale_map_is_refused(self):
        with self.assertRaises(UserError) as caught:
            self.run_command("occupy mask #1")
        self.assertIn("0 to 1", str(caught.exception))


class Measure(MapTestCase):
    def setUp(self):
        super().setUp()
        self.scale_map = self.run_command("occupy estimate #1 color false")
        self.spec = f"#{self.scale_map.id_string}"

    def structure(self):
        """Two chains of residues of three atoms each, one in each part of the map."""
        structure = AtomicStructure(session, name="two chains")
        random = np.random.default_rng(3)
        for chain, part in zip("AB", PARTS, strict=True):
            centre = np.array((5.0, 6.0, 7.0)) + VOXEL_SIZE * np.array(part.centre[::-1])
            for number in range(1, 9):
                residue = structure.new_residue("ALA", chain, number)
                for name in ("N", "CA", "C"):
                    atom = structure.new_atom(name, name[0])
                    atom.coord = centre + random.normal(0, 5, 3)
                    residue.add_atom(atom)
        session.models.add([structure])
        return structure

    def expected(self, atoms):
        values = self.scale_map.interpolated_values(self.scale_map.scene_position.inverse() * atoms.scene_coords)
        return values.mean()

    def test_chains_have_the_mean_scale_at_their_atoms(self):
        structure = self.structure()
        found = self.run_command(f"occupy measure {self.spec} atoms #{structure.id_string}")
        chain = [structure.atoms[structure.atoms.chain_ids == c] for c in "AB"]
        self.assertEqual([row["count"] for row in found], [24, 24])
        np.testing.assert_allclose([row["mean"] for row in found], [self.expected(atoms) for atoms in chain], rtol=1e-6)
        self.assertGreater(found[0]["mean"], 1.5 * found[1]["mean"])

    def test_rows_come_by_model_chain_and_residue_with_the_model_s_number(self):
        structure = self.structure()
        spec = f"#{structure.id_string}"
        found = self.run_command(f"occupy measure {self.spec} atoms {spec} & ~{spec}/A:3 by residue")
        names = [f"{spec}/{chain}:{number}" for chain in "AB" for number in range(1, 9)]
        names.remove(f"{spec}/A:3")
        self.assertEqual([row["region"] for row in found], names)

    def test_the_table_is_saved_and_saved_whole_or_not_at_all(self):
        structure = self.structure()
        path = FOLDER / "regions.csv"
        found = self.run_command(f'occupy measure {self.spec} atoms #{structure.id_string} saveFile "{path}"')
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(DictReader(file))
        self.assertEqual([row["region"] for row in rows], [row["region"] for row in found])
        self.assertEqual([float(row["mean"]) for row in rows], [row["mean"] for row in found])
        path = path.with_suffix(".json")
        self.run_command(f'occupy measure {self.spec} atoms #{structure.id_string} saveFile "{path}"')
        self.assertEqual(json.loads(path.read_text(encoding="utf-8")), found)
        missing = FOLDER / "no such folder" / "regions.csv"
        with self.assertRaisesRegex(UserError, "could not be saved"):
            self.run_command(f'occupy measure {self.spec} atoms #{structure.id_string} saveFile "{missing}"')

    def test_residues_get_an_attribute_that_sessions_keep(self):
        structure = self.structure()
        self.run_command(f"occupy measure {self.spec} atoms #{structure.id_string} by residue")
        residue = structure.residues[5]
        self.assertAlmostEqual(residue.map_occupancy, self.expected(residue.atoms), places=5)
        before = [r.map_occupancy for r in structure.residues]
        path = FOLDER / "home" / "residues.cxs"
        self.run_command(f'save "{path}"')
        close_all()
        self.run_command(f'open "{path}"')
        restored = next(m for m in session.models.list(type=AtomicStructure))
        np.testing.assert_allclose([r.map_occupancy for r in restored.residues], before)
        self.run_command(f"color byattribute map_occupancy #{restored.id_string}")

    def test_masks_on_any_grid_are_regions(self):
        inside = np.zeros(tuple(n + 6 for n in SHAPE), np.float32)
        inside[12:30, 8:24, 8:24] = 1
        mask = self.open_map(inside, "mask", origin=(1.0, 2.0, 3.0))
        (row,) = self.run_command(f"occupy measure {self.spec} masks #{mask.id_string} map #1")
        region = inside[2:42, 2:46, 2:50] > 0.5
        self.assertEqual(row["count"], region.sum())
        self.assertAlmostEqual(row["mean"], self.scale_map.full_matrix()[region].mean(dtype=float), places=5)
        self.assertGreater(row["published"], 0.5)

    def test_density_of_chains_is_told_relative_to_the_strongest(self):
        structure = self.structure()
        found = self.run_command(f"occupy measure {self.spec} atoms #{structure.id_string} map #1")
        lowpassed = occupy.estimate(self.density, VOXEL_SIZE).lowpassed
        volume = self.open_map(lowpassed, "low-passed")
        means = []
        for chain in "AB":
            atoms = structure.atoms[structure.atoms.chain_ids == chain]
            means.append(volume.interpolated_values(atoms.scene_coords).mean())
        np.testing.assert_allclose([row["relative_density"] for row in found], means / np.max(means), rtol=1e-4)

    def test_scripts_get_json(self):
        structure = self.structure()
        command = f"occupy measure {self.spec} atoms #{structure.id_string}"
        found = json.loads(run(session, command, log=False, return_json=True).json_value)
        self.assertEqual([row["count"] for row in found], [24, 24])

    def test_atoms_outside_the_map_are_left_out_and_told_of(self):
        structure = self.structure()
        structure.atoms[0].coord = (1000, 0, 0)
        found = self.run_command(f"occupy measure {self.spec} atoms #{structure.id_string}")
        self.assertEqual(found[0]["count"], 23)
        self.assertIn("1 of 48 atoms", self.log.text["warning"])
        structure.atoms.coords = structure.atoms.coords + 1e4
        with self.assertRaises(UserError):
            self.run_command(f"occupy measure {self.spec} atoms #{structure.id_string}")

    def test_nothing_to_measure_is_an_error(self):
        with self.assertRaises(UserError) as caught:
            self.run_command(f"occupy measure {self.spec}")
        self.assertIn("masks", str(caught.exception))
