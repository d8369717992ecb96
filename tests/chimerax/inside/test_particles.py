"""Particles in ChimeraX: shares of all particles, and the particles of maps that have a chain."""

import numpy as np
from chimerax.core.errors import UserError
from chimerax.occupy.commands.shown_matrix import last_matrix, remember_matrix
from helices import open_maps_of, open_model
from support import FOLDER, MapTestCase, session

TRUTHS = {"class_1": {"A": 1.0, "B": 1.0}, "class_2": {"A": 1.0, "B": 0.0}, "class_3": {"A": 1.0, "B": 0.5}}
COUNTS = (50, 120, 30)
HEAD = "data_particles\n\nloop_\n_rlnImageName #1\n_rlnClassNumber #2\n"


class Particles(MapTestCase):
    def setUp(self):
        super().setUp()
        self.model = open_model()
        self.atoms = f"#{self.model.id_string}"
        self.maps, self.spec = open_maps_of(self.model, TRUTHS)
        self.rows = [f"{i + 1:06d}@a.mrcs {number} \n" for i, number in enumerate(np.repeat([1, 2, 3], COUNTS)[::-1])]
        self.file = FOLDER / "run_data.star"
        self.file.write_text(HEAD + "".join(self.rows) + "\n")
        self.target = FOLDER / "subset.star"
        self.target.unlink(missing_ok=True)

    def refine(self, words="", spec=None):
        return self.run_command(f"occupy refine {spec or self.spec} atoms {self.atoms} {words}")

    def test_the_share_of_all_particles_is_told(self):
        found = self.refine(f'particles "{self.file}"')
        np.testing.assert_allclose(found["shares"], [1, (50 + 15) / 200], atol=0.03)
        self.assertEqual(found["populations"]["classes"], [1, 2, 3])
        self.assertIn("Particles in the maps", self.log.text["info"])
        self.assertIn(f"{found['shares'][1]:.3f} ± {found['share_errors'][1]:.3f}", self.log.text["info"])
        self.assertIsNotNone(last_matrix(session).matrix.shares)

    def test_classes_and_populations_by_hand(self):
        found = self.refine(f'particles "{self.file}" classes 2,1,3')
        np.testing.assert_allclose(found["populations"]["weights"], [0.6, 0.25, 0.15])
        found = self.refine("populations 10,30,60")
        np.testing.assert_allclose(found["populations"]["weights"], [0.1, 0.3, 0.6])

    def test_particles_of_maps_with_and_without_chains_are_saved(self):
        self.refine(f'particles "{self.file}"')
        for words, number in (("with /A,B", 1), ("with /A without /B", 2), (f"without {self.atoms}/B", 2)):
            found = self.run_command(f'occupy particles "{self.file}" {words} saveFile "{self.target}"')
            expected = [row for row in self.rows if row.endswith(f" {number} \n")]
            self.assertEqual(self.target.read_text(), HEAD + "".join(expected) + "\n")
            self.assertEqual(found.counts.tolist(), [COUNTS[number - 1]])
            self.assertIn(f"{len(expected)} of 200 particles", self.log.text["info"])
        self.assertRegex(self.log.text["info"], r"3 maps\W+without \S+/B.* are expected to be wrong")

    def test_particles_of_maps_and_of_a_set_are_saved_by_a_matrix_from_a_file(self):
        matrix = FOLDER / "matrix.json"
        self.refine(f'saveFile "{matrix}"')
        remember_matrix(session, None)
        begin = f'occupy particles "{self.file}" matrix "{matrix}" saveFile "{self.target}"'
        self.run_command(f"{begin} maps class_3 maps class_1")
        self.assertEqual(self.target.read_text().count("@"), 80)
        self.run_command(f"{begin} set 1")
        self.assertIn(self.target.read_text().count("@"), COUNTS)

    def test_what_cannot_be_done_is_told_and_nothing_is_saved(self):
        remember_matrix(session, None)
        self.assert_refused("there is no matrix of occupancies", "with /A")
        self.refine(f'particles "{self.file}"')
        self.assert_refused("no map is with", "with /B without /A")
        self.assert_refused("there is no group /X", "with /X")
        self.assert_refused("ends with .star or .txt", "with /A", FOLDER / "subset.cs")
        self.assert_refused("is the file of all particles", "with /A", self.file)
        self.assertEqual(list(FOLDER.glob("*subset*")), [])

    def assert_refused(self, words, options, target=None):
        with self.assertRaises(UserError) as refused:
            self.run_command(f'occupy particles "{self.file}" {options} saveFile "{target or self.target}"')
        self.assertIn(words, str(refused.exception))

    def test_one_map_has_no_populations_and_two_ways_are_one_too_many(self):
        one = f"#{self.maps[0].id_string}"
        for words, spec, told in (
            ("populations 1", one, "populations is of several maps"),
            (f'populations 1,2,3 particles "{self.file}"', None, "expected one of them"),
            ("classes 1,2,3", None, "expected particles with it"),
            ("populations 1,2", None, "there are 2 populations for 3 maps"),
        ):
            with self.assertRaises(UserError) as refused:
                self.refine(words, spec)
            self.assertIn(told, str(refused.exception))
