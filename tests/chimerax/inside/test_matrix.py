"""occupy refine on several maps in ChimeraX: one matrix of maps and chains."""

import json
import re
from csv import DictReader

import numpy as np
from chimerax.core.errors import UserError
from chimerax.geometry import rotation, translation
from chimerax.occupy.commands.maps import show_alone_command
from helices import PLACES, open_map_of, open_maps_of, open_model
from support import FOLDER, MapTestCase, session

TRUTHS = {"one": {"A": 1.0, "B": 1.0}, "two": {"A": 1.0, "B": 0.0}, "three": {"A": 1.0, "B": 0.5}}
CLOSE = 0.03


class Matrix(MapTestCase):
    def setUp(self):
        super().setUp()
        self.model = open_model()
        self.atoms = f"#{self.model.id_string}"
        self.maps, self.spec = open_maps_of(self.model, TRUTHS)

    def refine(self, words="", spec=None):
        return self.run_command(f"occupy refine {spec or self.spec} atoms {self.atoms} {words}")

    def assert_truth(self, found, close=CLOSE):
        truth = [list(TRUTHS[name].values()) for name in found["maps"]]
        np.testing.assert_allclose(np.array(found["occupancies"], float), truth, atol=close)

    def test_several_maps_make_one_matrix(self):
        found = self.refine()
        self.assertEqual(found["maps"], list(TRUTHS))
        self.assertEqual(found["groups"], [f"{self.atoms}/A", f"{self.atoms}/B"])
        self.assert_truth(found)
        self.assertIn("in 3 maps", self.log.text["info"])
        self.assertIn(f"[without /B](cxcmd:select {self.atoms}/B)", self.log.text["info"])
        self.assertIn(f"correlation {np.mean(found['correlations']):.2f} with the model", self.log.text["info"])
        self.assertEqual(self.log.text["warning"] + self.log.text["error"], "")

    def test_maps_and_model_may_be_anywhere_in_the_scene(self):
        for i, volume in enumerate(self.maps):
            place = translation((20 * i, -5, 7)) * rotation((1, 2, 3), 25 * i)
            volume.scene_position = place
        self.model.scene_position = self.maps[0].scene_position
        self.run_command(f"volume copy #{self.maps[0].id_string}")
        found = self.refine(spec=f"#{self.maps[0].id_string}", words=f"referenceMaps #{self.maps[0].id_string}")
        self.assert_truth(found)
        for volume in self.maps[1:]:
            volume.scene_position = self.maps[0].scene_position
        self.assert_truth(self.refine())

    def test_reference_maps_are_one_for_every_group_and_rows_too(self):
        one, *others = (f"#{volume.id_string}" for volume in self.maps)
        found = self.refine(f"referenceMaps {one}", spec="#" + ",".join(other[1:] for other in others))
        self.assertEqual(found["maps"], ["two", "three", "one"])
        self.assertEqual(found["reference_maps"], ["one"])
        np.testing.assert_allclose(found["occupancies"][2], [1, 1], atol=1e-6)
        self.assert_truth(found)

    def test_a_reference_group_reaches_the_engine(self):
        found = self.refine(f"reference {self.atoms}/B", spec=f"#{self.maps[0].id_string},{self.maps[2].id_string}")
        self.assertEqual(found["references"], [[f"{self.atoms}/B"]] * 2)
        np.testing.assert_allclose(found["occupancies"], [[1, 1], [2, 1]], atol=3 * CLOSE)

    def test_the_matrix_is_saved_as_csv_or_json(self):
        csv_file, json_file = FOLDER / "matrix.csv", FOLDER / "matrix.json"
        found = self.refine(f'saveFile "{csv_file}"')
        self.refine(f'saveFile "{json_file}"')
        with open(csv_file, newline="", encoding="utf-8") as file:
            rows = list(DictReader(file))
        self.assertEqual([row["map"] for row in rows], list(TRUTHS))
        values = [[float(row[group]) for group in found["groups"]] for row in rows]
        np.testing.assert_allclose(values, found["occupancies"])
        self.assertEqual(json.loads(json_file.read_text())["occupancies"], found["occupancies"])

    def test_an_order_of_assembly_is_told_with_links_that_select_its_chains(self):
        model = open_model("three", PLACES | {"C": (0, 26)})
        maps = []
        for there, count in (("ABC", 5), ("AB", 5), ("A", 7)):
            one = open_map_of(model, {chain: float(chain in there) for chain in "ABC"}, 0.02)
            maps += [one, *(self.run_command(f"volume copy #{one.id_string}") for _ in range(count - 1))]
        spec, atoms = ",".join(volume.id_string for volume in maps), f"#{model.id_string}"
        found = self.run_command(f"occupy refine #{spec} atoms {atoms} reference {atoms}/A")
        self.assertEqual([node["groups"] for node in found["assembly"]["nodes"]], [[f"{atoms}/{c}"] for c in "ABC"])
        self.assertEqual(found["assembly"]["arrows"], [[1, 2]])
        links = [f"[/{chain}](cxcmd:select {atoms}/{chain})" for chain in "CB"]
        self.assertIn(f"told by 17 maps: {' only with '.join(links)}.", self.log.text["info"])
        self.assertAlmostEqual(found["pairs"]["shares"][2][1], 1, delta=CLOSE)

    def test_flexibility_is_told_of_each_map_where_it_is_asked_for(self):
        self.model.atoms.bfactors = np.full(self.model.num_atoms, 100, np.float32)
        chain = self.model.atoms[self.model.atoms.chain_ids == "B"]
        chain.bfactors = np.full(len(chain), 40, np.float32)
        self.assertIsNone(self.refine()["b_shifts"])
        found = self.refine(f"flexibility true reference {self.atoms}/A")
        shifts, errors = (np.array(found[name], float)[:, 1] for name in ("b_shifts", "b_shift_errors"))
        np.testing.assert_array_equal(np.isfinite(shifts), [True, False, True])
        np.testing.assert_array_less(np.abs(shifts - 60)[[0, 2]], 2 * errors[[0, 2]])
        self.assertIn("ΔB is told of 5 of 6 cells, up to", self.log.text["info"])

    def test_a_map_without_the_model_is_warned_of_and_the_others_are_told(self):
        found = self.refine(spec=f"#{self.map.id_string},{self.spec[1:]}")
        self.assertEqual(list(found["failed"]), ["small"])
        self.assertIn("small", self.log.text["warning"])
        self.assertEqual(found["occupancies"][0], [None, None])

    def test_maps_in_a_group_are_taken_with_its_number(self):
        ids = [volume.id_string for volume in self.maps]
        self.run_command(f"rename #{ids[0]}-{ids[-1]} id #20")
        self.assertEqual([volume.id_string for volume in self.maps], ["20.1", "20.2", "20.3"])
        self.assert_truth(self.refine(spec="#20"))
        self.run_command(show_alone_command([self.maps[2]], self.maps))
        self.assertEqual([volume.display for volume in self.maps], [False, False, True])

    def test_maps_of_one_name_are_told_apart_by_their_numbers(self):
        self.maps[1].name = "one"
        ids = [volume.id_string for volume in self.maps]
        self.assertEqual(self.refine()["maps"], [f"one #{ids[0]}", f"one #{ids[1]}", "three"])

    def test_a_link_shows_one_map_and_hides_the_others(self):
        numbers = [volume.id[0] for volume in self.maps]
        self.assertEqual(
            show_alone_command([self.maps[1]], self.maps),
            f"hide #{numbers[0]}-{numbers[2]} models; show #{numbers[1]} models",
        )
        self.run_command(show_alone_command([self.maps[1]], self.maps))
        self.assertEqual([volume.display for volume in self.maps], [False, True, False])
        self.assertTrue(self.model.display)

    def test_a_link_selects_what_a_set_lacks(self):
        self.refine("by segment segment 20")
        (command,) = re.findall(r"\[without /B\]\(cxcmd:(.*?)\)\|", self.log.text["info"])
        self.assertEqual(command, f"select {self.atoms}/B")
        self.run_command(command)
        chains = self.model.atoms[self.model.atoms.selecteds].unique_chain_ids
        self.assertEqual(list(chains), ["B"])

    def test_a_link_selects_groups_however_they_were_specified(self):
        first = f"{self.atoms}/B:1-40 & :1-20"
        self.refine(f"groups {first}")
        (command,) = re.findall(r"\[without /B:1-40 & :1-20, /B\]\(cxcmd:(.*?)\)\|", self.log.text["info"])
        self.run_command(command.replace("\\", ""))
        self.assertEqual(list(self.model.atoms[self.model.atoms.selecteds].unique_chain_ids), ["B"])
        self.assertEqual(self.model.atoms.selecteds.sum(), (self.model.atoms.chain_ids == "B").sum())

    def each_with_a_model(self):
        """A model of its own for each map, each with its map in another place; words for the command."""
        models = [open_model(f"model {name}") for name in TRUTHS]
        for i, (model, volume) in enumerate(zip(models, self.maps, strict=True)):
            model.scene_position = volume.scene_position = translation((15 * i, 4, -9)) * rotation((0, 1, 2), 20 * i)
        return f"#{models[0].id_string}-{models[-1].id_string}"

    def test_each_map_may_have_a_model_of_its_own(self):
        spec = self.each_with_a_model()
        found = self.run_command(f"occupy refine {self.spec} eachAtoms {spec} reference {spec}/A")
        self.assertEqual(found["groups"], ["/A", "/B"])
        self.assertEqual(found["references"], [["/A"]] * 3)
        self.assert_truth(found)
        self.assertIn("[without /B](cxcmd:select /B)", self.log.text["info"])

    def test_groups_of_their_own_are_those_of_each_model(self):
        spec = self.each_with_a_model()
        found = self.run_command(f"occupy refine {self.spec} eachAtoms {spec} groups {spec}/B:1-40")
        self.assertEqual(set(found["groups"]), {"/A", "/B", f"{spec}/B:1-40"})
        column = found["groups"].index(f"{spec}/B:1-40")
        np.testing.assert_allclose([row[column] for row in found["occupancies"]], [1, 0, 0.5], atol=2 * CLOSE)

    def test_models_must_be_as_many_as_maps(self):
        spec = self.each_with_a_model()
        with self.assertRaisesRegex(UserError, "of 3 models, and there are 2 maps"):
            self.run_command(f"occupy refine {self.spec.rpartition(',')[0]} eachAtoms {spec}")
        for words in ("", f"atoms {self.atoms} eachAtoms {spec}"):
            with self.assertRaisesRegex(UserError, "expected either atoms, of a model for all maps, or eachAtoms"):
                self.run_command(f"occupy refine {self.spec} {words}")

    def test_what_is_of_one_map_is_refused(self):
        half = ",".join(volume.id_string for volume in self.maps[:2])
        for words, name in ((f"halfMaps #{half}", "halfMaps"), ("assign true", "assign"), ("assignB true", "assignB")):
            with self.assertRaisesRegex(UserError, f"{name} is of one map"):
                self.refine(words)

    def test_nothing_moves_and_no_model_is_made(self):
        before = session.models.list()
        coords = self.model.atoms.scene_coords.copy()
        self.refine()
        self.assertEqual(session.models.list(), before)
        np.testing.assert_array_equal(self.model.atoms.scene_coords, coords)
