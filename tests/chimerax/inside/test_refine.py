"""occupy refine in ChimeraX: against maps that ChimeraX simulates, in which each chain has a known occupancy."""

import json
from csv import DictReader
from unittest import mock

import numpy as np
from chimerax.atomic import AtomicStructure
from chimerax.core.colors import Color
from chimerax.core.commands import run
from chimerax.core.errors import UserError
from chimerax.geometry import rotation, translation
from chimerax.map import Volume, volume_from_grid_data
from chimerax.map_data import ArrayGridData
from chimerax.occupy.commands import jobs
from chimerax.occupy.engine.refinement.inputs import MOST_GROUPS
from chimerax.occupy.figures.palette import PALETTE, UNEXPLAINED
from helices import GRID, PLACES, RESIDUES, open_map_of, open_model
from support import FOLDER, MapTestCase, close_all, session

TRUTH = {"A": 1.0, "B": 0.4}
CLOSE = 0.02
NOISE = 0.02
GREEN = tuple(Color(UNEXPLAINED).uint8x4())
PLACE = translation((13, -7, 21)) * rotation((1, 2, 3), 40)


def alternate_occupancies(atom):
    """The occupancies of all locations of an atom, in the order of their names; ChimeraX 1.8 tells the shown one's."""
    found = []
    for name in sorted(atom.alt_locs):
        atom.alt_loc = name
        found.append(atom.occupancy)
    return found


class RefineTestCase(MapTestCase):
    """A test that begins with a model of two chains and a map in which the second is there in part."""

    def setUp(self):
        super().setUp()
        self.model = open_model()
        self.atoms = f"#{self.model.id_string}"
        self.map = open_map_of(self.model, TRUTH, NOISE)
        self.spec = f"#{self.map.id_string}"

    def refine(self, words="", atoms=None):
        return self.run_command(f"occupy refine {self.spec} atoms {atoms or self.atoms} {words}")

    def assert_truth(self, rows, truth=None):
        found = [row["occupancy"] for row in rows]
        np.testing.assert_allclose(found, truth or list(TRUTH.values()), atol=CLOSE)

    def chain(self, name):
        return self.model.atoms[self.model.atoms.chain_ids == name]


class Groups(RefineTestCase):
    def test_chains_have_their_true_occupancies_and_the_names_that_commands_take(self):
        rows = self.refine()
        self.assert_truth(rows)
        self.assertEqual([row["group"] for row in rows], [f"{self.atoms}/{chain}" for chain in "AB"])
        self.assertEqual([row["atoms"] for row in rows], [len(self.chain(chain)) for chain in "AB"])
        self.assertLess(max(row["standard_error"] for row in rows), 0.1)
        self.assertGreater(min(row["correlation"] for row in rows), 0.9)

    def test_segments_are_told_apart_and_named_by_their_residues(self):
        names = [f"{self.atoms}/{c}:{1 + RESIDUES * i}-{RESIDUES * (i + 1)}" for c in "AB" for i in range(4)]
        rows = self.refine(f"by segment segment {RESIDUES}")
        self.assertEqual([row["group"] for row in rows], names)
        np.testing.assert_allclose([row["occupancy"] for row in rows], [1] * 4 + [0.4] * 4, atol=2.5 * CLOSE)

    def test_residues_come_as_in_the_model(self):
        rows = self.refine("by residue")
        names = [f"{self.atoms}/{chain}:{number}" for chain in "AB" for number in range(1, 4 * RESIDUES + 1)]
        self.assertEqual([row["group"] for row in rows], names)
        means = np.mean(np.reshape([row["occupancy"] for row in rows], (2, -1)), axis=1)
        self.assertAlmostEqual(means[1] / means[0], 0.4, delta=CLOSE)

    def test_each_of_the_groups_that_are_given_is_one_group_apart_from_the_others(self):
        parts = [f"{self.atoms}/A:1-{RESIDUES}", f"{self.atoms}/B:{RESIDUES + 1}-80"]
        rows = self.refine(" ".join(f"groups {part}" for part in parts))
        names = [parts[0], f"{self.atoms}/A", f"{self.atoms}/B", parts[1]]
        self.assertEqual([row["group"] for row in rows], names)
        self.assert_truth(rows, [1, 1, 0.4, 0.4])

    def test_groups_need_not_be_among_the_atoms(self):
        rows = self.refine(f"groups {self.atoms}/B", atoms=f"{self.atoms}/A")
        self.assert_truth(rows)

    def test_an_atom_in_two_groups_is_refused(self):
        with self.assertRaisesRegex(UserError, "is in two groups, .*A:1-40 and .*A:30-50"):
            self.refine(f"groups {self.atoms}/A:1-40 groups {self.atoms}/A:30-50")

    def test_an_empty_group_is_refused(self):
        with self.assertRaisesRegex(UserError, f"{self.atoms}/X has no atoms"):
            self.refine(f"groups {self.atoms}/X")

    def test_no_atoms_are_refused(self):
        with self.assertRaisesRegex(UserError, "no atoms"):
            self.refine(atoms=f"{self.atoms}/X")

    def test_more_groups_than_can_be_fitted_are_refused_with_what_to_use(self):
        residue = self.model.residues[0]
        for number in range(1000, 1000 + MOST_GROUPS):
            added = self.model.new_residue("GLY", "Z", number)
            atom = self.model.new_atom("CA", "C")
            atom.coord = residue.atoms[0].coord
            added.add_atom(atom)
        with self.assertRaisesRegex(UserError, "by segment or chain"):
            self.refine("by residue")


class Reference(RefineTestCase):
    def test_occupancies_are_relative_to_the_reference(self):
        rows = self.refine(f"reference {self.atoms}/B")
        self.assertAlmostEqual(rows[1]["occupancy"], 1, places=6)
        self.assertAlmostEqual(rows[0]["occupancy"], 2.5, delta=5 * CLOSE)
        self.assertRegex(self.log.text["info"], f"relative to that of .*{self.atoms}/B")

    def test_half_of_a_group_s_atoms_make_it_the_reference(self):
        rows = self.refine(f"reference {self.atoms}/B:1-41")
        self.assertAlmostEqual(rows[1]["occupancy"], 1, places=6)

    def test_a_reference_that_holds_no_group_is_refused(self):
        with self.assertRaisesRegex(UserError, "reference holds no group"):
            self.refine(f"reference {self.atoms}/B:1-39")


class Places(RefineTestCase):
    """The numbers are those of the model and the map as they were made, to what coordinates in float32 lose."""

    def setUp(self):
        super().setUp()
        self.expected = [row["occupancy"] for row in self.refine()]

    def assert_as_before(self, rows):
        np.testing.assert_allclose([row["occupancy"] for row in rows], self.expected, atol=1e-4)

    def test_map_and_model_may_be_anywhere_in_the_scene(self):
        self.map.scene_position = PLACE
        self.model.scene_position = PLACE
        self.assert_as_before(self.refine())

    def test_a_model_fitted_into_a_map_that_was_moved_is_found_there(self):
        self.model.atoms.coords = PLACE.inverse() * self.model.atoms.coords
        self.model.scene_position = PLACE
        self.assert_as_before(self.refine())

    def test_a_map_may_be_stored_in_another_orientation(self):
        data = self.map.data
        turned = ArrayGridData(
            self.map.full_matrix(), (40, 50, -60), data.step, rotation=rotation((3, 1, 2), 70).matrix[:, :3]
        )
        self.map = volume_from_grid_data(turned, session, show_dialog=False)
        self.spec = f"#{self.map.id_string}"
        self.model.scene_position = turned.ijk_to_xyz_transform * data.xyz_to_ijk_transform
        self.assert_as_before(self.refine())

    def test_a_part_of_the_map_will_do(self):
        x, y, z = self.map.data.size
        self.assert_truth(self.refine(f"subregion 4,4,4,{x - 6},{y - 6},{z - 6}"))

    def test_a_model_outside_the_map_is_refused(self):
        self.model.scene_position = translation((1000, 0, 0))
        with self.assertRaisesRegex(UserError, "outside the map.*fitmap"):
            self.refine()

    def test_a_group_outside_the_map_is_a_row_that_says_so(self):
        chain = self.chain("B")
        chain.coords = chain.coords + np.array((500, 0, 0))
        self.model.residues[-1].refined_occupancy = 0.7
        row = self.refine()[1]
        self.assertTrue(np.isnan(row["occupancy"]))
        self.assertEqual((row["atoms"], row["notes"]), (0, ["outside the map"]))
        self.assertFalse(hasattr(self.model.residues[-1], "refined_occupancy"))
        found = run(session, f"occupy refine {self.spec} atoms {self.atoms}", log=False, return_json=True)
        self.assertIsNone(json.loads(found.json_value)[1]["occupancy"])


class Models(RefineTestCase):
    def test_several_models_are_fitted_together_and_told_apart_by_number(self):
        other = open_model("more", {"A": PLACES["B"]})
        self.chain("B").delete()
        rows = self.refine(atoms=f"{self.atoms},{other.id_string}")
        self.assertEqual([row["group"] for row in rows], [f"{self.atoms}/A", f"#{other.id_string}/A"])
        self.assert_truth(rows)
        by_model = self.refine("by model", atoms=f"{self.atoms},{other.id_string}")
        self.assertEqual([row["group"] for row in by_model], [self.atoms, f"#{other.id_string}"])
        self.assert_truth(by_model)

    def test_occupancies_in_the_model_make_no_difference(self):
        expected = self.refine()
        self.chain("A").occupancies = np.zeros(len(self.chain("A")), np.float32)
        self.assertEqual([row["occupancy"] for row in self.refine()], [row["occupancy"] for row in expected])

    def test_alternate_locations_share_their_atom(self):
        """A chain of which half is in one place and half in another, all of it there."""
        x, y = PLACES["B"]
        other = open_model("in both places", PLACES | {"C": (x, y + 30)})
        density = open_map_of(other, {"A": 1.0, "B": 0.5, "C": 0.5})
        for atom in self.chain("B"):
            first = np.array(atom.coord)
            for name, shift in (("P", 0), ("Q", 30)):
                atom.set_alt_loc(name, True)
                atom.coord, atom.occupancy = first + np.array((0, shift, 0)), 0.5
            atom.alt_loc = "P"
        self.assert_truth(self.run_command(f"occupy refine #{density.id_string} atoms {self.atoms}"), [1, 1])
        self.assertEqual({atom.alt_loc for atom in self.chain("B")}, {"P"})

    def test_water_is_left_out_but_where_a_group_of_its_own_names_it(self):
        water = self.model.new_residue("HOH", "A", 900)
        atom = self.model.new_atom("O", "O")
        atom.coord = self.model.residues[0].atoms[0].coord + 8
        water.add_atom(atom)
        rows = self.refine()
        self.assertEqual(sum(row["atoms"] for row in rows), self.model.num_atoms - 1)
        self.assertIn("1 atoms of water", self.log.text["info"])
        rows = self.refine(f"groups {self.atoms}/A:900")
        self.assertEqual([row["atoms"] for row in rows if row["group"].endswith(":900")], [1])
        with self.assertRaisesRegex(UserError, "All the atoms are water"):
            self.refine(atoms=f"{self.atoms}:HOH")

    def test_unknown_elements_are_named(self):
        self.model.atoms[0].element = "Lr"
        self.refine()
        self.assertIn("Unknown elements count as carbon: Lr", self.log.text["warning"])


class Results(RefineTestCase):
    def test_residues_get_an_attribute_are_colored_by_it_and_sessions_keep_both(self):
        rows = self.refine()
        residue = self.chain("B")[0].residue
        self.assertAlmostEqual(residue.refined_occupancy, rows[1]["occupancy"])
        colors = [tuple(self.chain(chain)[0].residue.ribbon_color[:3]) for chain in "AB"]
        self.assertEqual("#" + "".join(f"{c:02x}" for c in colors[0]), PALETTE[-1])
        self.assertNotEqual(*colors)
        path = FOLDER / "home" / "refined.cxs"
        self.run_command(f'save "{path}"')
        close_all()
        self.run_command(f'open "{path}"')
        restored = next(m for m in session.models.list(type=AtomicStructure))
        self.assertAlmostEqual(restored.residues[-1].refined_occupancy, rows[1]["occupancy"])
        self.assertEqual(tuple(restored.residues[-1].ribbon_color[:3]), colors[1])

    def test_palette_and_range_are_as_in_the_other_commands(self):
        self.refine("palette red:lime range 0,0.4")
        self.assertEqual(tuple(self.chain("B")[0].residue.ribbon_color[:3])[1] > 240, True)
        self.refine("palette red:lime range full")
        self.assertEqual(tuple(self.chain("B")[0].residue.ribbon_color[:3]), (255, 0, 0))

    def test_neither_color_nor_attribute_where_they_are_not_wanted(self):
        before = self.model.residues.ribbon_colors
        self.refine("color false")
        np.testing.assert_array_equal(self.model.residues.ribbon_colors, before)
        close_all()
        self.setUp()
        self.refine("attribute false")
        self.assertFalse(hasattr(self.model.residues[0], "refined_occupancy"))

    def test_assigned_occupancies_are_those_of_the_groups_from_0_to_1_and_undone_with_the_colors(self):
        before, colors = self.model.atoms.occupancies, self.model.residues.ribbon_colors
        rows = self.refine("assign true")
        np.testing.assert_allclose(self.chain("B").occupancies, rows[1]["occupancy"], rtol=1e-6)
        self.refine(f"assign true reference {self.atoms}/B")
        self.assertEqual(set(self.chain("A").occupancies), {1.0})
        self.run_command("undo")
        np.testing.assert_allclose(self.chain("B").occupancies, rows[1]["occupancy"], rtol=1e-6)
        self.run_command("undo")
        np.testing.assert_array_equal(self.model.atoms.occupancies, before)
        np.testing.assert_array_equal(self.model.residues.ribbon_colors, colors)
        self.run_command("redo")
        np.testing.assert_allclose(self.chain("B").occupancies, rows[1]["occupancy"], rtol=1e-6)

    def test_undo_after_atoms_were_deleted_does_no_harm(self):
        self.refine("assign true color false")
        self.chain("A")[:50].delete()
        self.run_command("undo")
        self.assertEqual(self.log.text["error"], "")

    def test_a_saved_model_holds_the_occupancies(self):
        rows = self.refine("assign true")
        path = FOLDER / "home" / "refined.pdb"
        self.run_command(f'save "{path}" models {self.atoms}')
        (saved,) = self.run_command(f'open "{path}"')
        of_b = saved.atoms.occupancies[saved.atoms.chain_ids == "B"]
        np.testing.assert_allclose(of_b, rows[1]["occupancy"], atol=0.005)

    def test_assigned_alternate_locations_keep_their_shares(self):
        atom = self.chain("B")[3]
        for name, occupancy in (("P", 0.6), ("Q", 0.2)):
            atom.set_alt_loc(name, True)
            atom.coord, atom.occupancy = np.array(atom.coord), occupancy
        atom.alt_loc = "P"
        occupancy = self.refine("assign true")[1]["occupancy"]
        self.assertEqual(atom.alt_loc, "P")
        np.testing.assert_allclose(alternate_occupancies(atom), [0.75 * occupancy, 0.25 * occupancy], rtol=1e-5)
        self.run_command("undo")
        np.testing.assert_allclose(alternate_occupancies(atom), [0.6, 0.2], rtol=1e-5)

    def test_scripts_get_json(self):
        rows = self.refine()
        found = run(session, f"occupy refine {self.spec} atoms {self.atoms}", log=False, return_json=True)
        self.assertEqual(json.loads(found.json_value), rows)
        columns = ["group", "occupancy", "standard_error", "b_shift", "b_shift_error", "atoms", "correlation", "notes"]
        self.assertEqual(list(rows[0]), columns)

    def test_the_table_is_saved(self):
        path = FOLDER / "home" / "occupancies.csv"
        rows = self.refine(f'by residue saveFile "{path}"')
        with path.open(newline="", encoding="utf-8") as file:
            saved = list(DictReader(file))
        self.assertEqual([row["group"] for row in saved], [row["group"] for row in rows])
        self.assertEqual([float(row["occupancy"]) for row in saved], [row["occupancy"] for row in rows])
        self.assertEqual([row["notes"] for row in saved], ["; ".join(row["notes"]) for row in rows])
        rows = self.refine(f'saveFile "{path.with_suffix(".json")}"')
        self.assertEqual(json.loads(path.with_suffix(".json").read_text(encoding="utf-8")), rows)

    def test_the_log_has_a_short_table_with_errors_and_links(self):
        rows = self.refine("by residue")
        self.assertIn(f"{rows[0]['occupancy']:.3f} ± {rows[0]['standard_error']:.3f}", self.log.text["info"])
        self.assertIn(f"cxcmd:select {self.atoms}/A:1", self.log.text["info"])
        self.assertIn(f"{len(rows) - 60} more", self.log.text["info"])

    def test_the_same_again_takes_no_computation_and_a_moved_model_does(self):
        with mock.patch.object(jobs, "refine", wraps=jobs.refine) as engine:
            expected = self.refine()
            self.assertEqual(self.refine("assign true color false"), expected)
            self.assertEqual(engine.call_count, 1)
            self.model.scene_position = translation((GRID, 0, 0))
            self.assertNotEqual(self.refine(), expected)
            self.assertEqual(engine.call_count, 2)


class Unexplained(RefineTestCase):
    """A model without its second chain, whose density the map has."""

    def setUp(self):
        super().setUp()
        self.map = open_map_of(self.model, dict.fromkeys(TRUTH, 1.0), NOISE)
        self.spec = f"#{self.map.id_string}"
        self.map.set_parameters(surface_levels=[0.2 * self.map.full_matrix().max()])
        self.density = self.map.full_matrix().copy()
        self.made = f"{self.map.name} unexplained"

    def shown(self):
        found = [volume for volume in session.models.list(type=Volume) if volume.name == self.made]
        return found[0] if found else None

    def surroundings_of(self, chain):
        """The voxels at the atoms of a chain, numbers along z, y and x."""
        nearest = self.map.data.xyz_to_ijk_transform * self.chain(chain).scene_coords
        return tuple(np.rint(nearest).astype(int).T[::-1])

    def test_its_surface_stands_in_place_of_the_map_at_its_level(self):
        at = {chain: self.surroundings_of(chain) for chain in TRUTH}
        self.refine("showUnexplained true", atoms=f"{self.atoms}/A")
        found = self.shown()
        self.assertTrue(found.display and not self.map.display)
        self.assertEqual([s.level for s in found.surfaces], [s.level for s in self.map.surfaces])
        self.assertEqual(tuple(found.surfaces[0].color), GREEN)
        self.assertGreater(len(found.surfaces[0].vertices), 100)
        values = found.full_matrix()
        np.testing.assert_allclose(values[at["B"]], self.density[at["B"]], rtol=0.02)
        self.assertLess(np.abs(values[at["A"]]).mean(), 0.05 * self.density[at["A"]].mean())
        self.assertRegex(
            self.log.text["info"], r"Made simulated unexplained .*: the \d+% of the density that the model"
        )

    def test_it_is_in_the_place_of_a_map_that_was_moved(self):
        at = self.surroundings_of("B")
        for model in (self.map, self.model):
            model.scene_position = PLACE
        self.refine("showUnexplained true", atoms=f"{self.atoms}/A")
        self.assert_same_place(self.shown(), self.map)
        np.testing.assert_allclose(self.shown().full_matrix()[at], self.density[at], rtol=0.02)

    def test_it_is_of_the_part_of_the_map_that_was_used(self):
        x, y, z = self.map.data.size
        self.refine(f"showUnexplained true subregion 2,3,4,{x - 3},{y - 3},{z - 3}", atoms=f"{self.atoms}/A")
        self.assertEqual(self.shown().data.size, (x - 4, y - 5, z - 6))
        values = self.shown().interpolated_values(self.chain("B").scene_coords)
        np.testing.assert_allclose(values, self.map.interpolated_values(self.chain("B").scene_coords), rtol=0.02)

    def test_sessions_keep_it(self):
        self.refine("showUnexplained true", atoms=f"{self.atoms}/A")
        values = self.shown().full_matrix().copy()
        path = FOLDER / "home" / "unexplained.cxs"
        self.run_command(f'save "{path}"')
        close_all()
        self.run_command(f'open "{path}"')
        np.testing.assert_array_equal(self.shown().full_matrix(), values)
        self.assertEqual(tuple(self.shown().surfaces[0].color), GREEN)

    def test_a_whole_model_leaves_nothing_to_show_and_a_sentence_says_so(self):
        before = session.models.list()
        self.refine("showUnexplained true color false")
        self.assertEqual(session.models.list(), before)
        self.assertTrue(self.map.display)
        self.assertIn("There is nothing to show: the model explains the density in simulated", self.log.text["info"])

    def test_it_is_of_one_map(self):
        other = self.open_map(self.density, "other")
        with self.assertRaisesRegex(UserError, "showUnexplained is of one map"):
            self.run_command(f"occupy refine {self.spec},{other.id_string} atoms {self.atoms} showUnexplained true")


class Shifts(RefineTestCase):
    """The model says of its second chain that it moves less than it does in the map."""

    SHIFT = 60.0

    def setUp(self):
        super().setUp()
        self.model.atoms.bfactors = np.full(self.model.num_atoms, 100, np.float32)
        self.chain("B").bfactors = np.full(len(self.chain("B")), 100 - self.SHIFT, np.float32)

    def test_shifts_of_b_factors_are_in_the_rows_the_log_and_an_attribute(self):
        rows = self.refine()
        self.assertAlmostEqual(rows[1]["b_shift"], self.SHIFT, delta=2 * rows[1]["b_shift_error"])
        self.assertIn(f"{rows[1]['b_shift']:.0f} ± {rows[1]['b_shift_error']:.0f}", self.log.text["info"])
        self.assertIn("ΔB up to", self.log.text["info"])
        self.assertAlmostEqual(self.chain("B")[0].residue.refined_b_shift, rows[1]["b_shift"])
        self.refine("by residue")
        self.assertFalse(hasattr(self.model.residues[-1], "refined_b_shift"))

    def test_assigned_b_factors_are_those_of_the_model_and_the_shift_and_undone(self):
        rows = self.refine("assignB true")
        expected = [100 + rows[0]["b_shift"], 100 - self.SHIFT + rows[1]["b_shift"]]
        for chain, value in zip("AB", expected, strict=True):
            np.testing.assert_allclose(self.chain(chain).bfactors, value, rtol=1e-5)
        self.assertEqual(set(self.model.atoms.occupancies), {1.0})
        self.run_command("undo")
        np.testing.assert_allclose(self.chain("B").bfactors, 100 - self.SHIFT)

    def test_assigned_again_b_factors_stay(self):
        self.refine("assignB true")
        before = self.chain("B").bfactors
        again = self.refine("assignB true")
        np.testing.assert_allclose(self.chain("B").bfactors, before, atol=max(3.0, again[1]["b_shift_error"]))


class Noise(RefineTestCase):
    def test_half_maps_tell_the_noise(self):
        random = np.random.default_rng(8)
        noise = random.normal(0, 0.2 * self.map.full_matrix().max(), self.map.full_matrix().shape).astype(np.float32)
        halves = []
        for sign in (1, -1):
            grid = self.map.data
            half = ArrayGridData(self.map.full_matrix() + sign * noise, grid.origin, grid.step)
            halves.append(volume_from_grid_data(half, session, show_dialog=False).id_string)
        without = self.refine()
        rows = self.refine(f"halfMaps #{','.join(halves)}")
        self.assertEqual([row["occupancy"] for row in rows], [row["occupancy"] for row in without])
        for row, other in zip(rows, without, strict=True):
            self.assertGreater(row["standard_error"], 1.1 * other["standard_error"])

    def test_half_maps_are_two(self):
        with self.assertRaisesRegex(UserError, "halfMaps is one map, but must be two"):
            self.refine(f"halfMaps {self.spec}")

    def test_a_low_pass_that_the_voxels_do_not_hold_is_refused(self):
        with self.assertRaisesRegex(UserError, "lowpass is 2 Å, but must be at least"):
            self.refine("lowpass 2")
