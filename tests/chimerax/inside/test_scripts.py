"""The scripts of docs/scripts in ChimeraX, as a user runs them."""

import csv
import shutil
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import chimerax
import numpy as np
from chimerax import occupy
from chimerax.atomic import AtomicStructure
from chimerax.color_key.model import get_model
from chimerax.label.label2d import all_labels
from chimerax.label.label3d import ObjectLabels
from chimerax.movie.encode import ffmpeg_encoder
from chimerax.movie.movie import EXIT_ERROR
from chimerax.occupy.engine import phantom
from chimerax.surface.colorvol import volume_coloring
from PIL import Image
from support import FOLDER, NASTY_NAMES, PARTS, SHAPE, VOXEL_SIZE, MapTestCase, close_all, session

SCRIPTS = FOLDER / "scripts"
OCCUPANCIES = {"first": (1.0, 0.5), "second": (1.0, 0.25), "third": (0.7, 0.7)}
HAS_FFMPEG = shutil.which("ffmpeg") or any(Path(chimerax.app_bin_dir).glob("ffmpeg*"))


def densities():
    """Maps of the same two parts, whose occupancies differ."""
    return {
        name: phantom.density_of_parts(
            [phantom.Part(o, part.centre, part.radius) for o, part in zip(occupancies, PARTS, strict=True)],
            SHAPE,
            VOXEL_SIZE,
            resolution=7,
        )
        for name, occupancies in OCCUPANCIES.items()
    }


def scales(arrays):
    """Their scales on the full scale of the strongest."""
    strongest = max(occupy.estimate(array, VOXEL_SIZE).full_scale for array in arrays)
    return [occupy.estimate(array, VOXEL_SIZE, full_scale=strongest).scale for array in arrays]


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


class ScriptTestCase(MapTestCase):
    """A test of one script, with a folder for its files."""

    script = None

    def setUp(self):
        super().setUp()
        self.folder = Path(tempfile.mkdtemp(prefix="scripts", dir=FOLDER))
        self.addCleanup(shutil.rmtree, self.folder)

    def run_script(self, *arguments):
        quoted = " ".join(f"'{argument}'" for argument in arguments)
        self.run_command(f'runscript "{SCRIPTS / self.script}" {quoted}')

    def models(self):
        return [(m.name, m.id_string, m.display) for m in session.models.list()]

    def assert_done_in_silence(self):
        self.assertEqual(self.log.text["error"] + self.log.text["warning"], "")

    def assert_refused(self, sentence, *arguments):
        """One sentence that begins with the script's name is told; models and files stay as they were."""
        models, files = self.models(), sorted(self.folder.rglob("*"))
        self.log.text["error"] = ""
        with self.assertRaises(SystemExit) as caught:
            self.run_script(*arguments)
        self.assertEqual(caught.exception.code, 1)
        told = self.log.text["error"]
        self.assertTrue(told.startswith(f"{self.script}: "), told)
        self.assertIn(sentence, told)
        self.assertNotIn("Traceback", told)
        self.assertEqual(self.models(), models)
        self.assertEqual(sorted(self.folder.rglob("*")), files)


class ClassAverages(ScriptTestCase):
    script = "class_averages.py"

    def setUp(self):
        super().setUp()
        close_all()
        self.maps = self.folder / "class averages"
        self.maps.mkdir()
        self.densities = densities()
        for name, array in self.densities.items():
            self.write(array, name)
        self.made = self.folder / "made"

    def write(self, array, name):
        volume = self.open_map(array, name)
        self.run_command(f'save "{self.maps / name}.mrc" models #{volume.id_string}')
        self.run_command(f"close #{volume.id_string}")

    def read(self, path):
        (volume,) = self.run_command(f'open "{path}"')
        return volume.full_matrix()

    def test_scale_maps_are_on_the_full_scale_of_the_strongest(self):
        self.run_script(self.maps, self.made)
        self.assert_done_in_silence()
        for name, expected in zip(self.densities, scales(self.densities.values()), strict=True):
            np.testing.assert_array_equal(self.read(self.made / f"{name}_occupancy.mrc"), expected)

    def test_scale_maps_tell_the_occupancies_of_the_parts(self):
        self.run_script(self.maps, self.made)
        for name, known in OCCUPANCIES.items():
            scale = self.read(self.made / f"{name}_occupancy.mrc")
            found = [scale[part.core(SHAPE)].mean() for part in PARTS]
            np.testing.assert_allclose(found, known, atol=0.12, err_msg=name)

    def test_table_tells_full_scales_and_noise(self):
        self.run_script(self.maps, self.made)
        found = [occupy.estimate(array, VOXEL_SIZE) for array in self.densities.values()]
        strongest = max(estimate.full_scale for estimate in found)
        head, *rows = rows_of(self.made / "class_averages.csv")
        self.assertEqual(head, ["map", "full scale", "common full scale", "noise sigma", "warnings"])
        self.assertEqual([row[0] for row in rows], ["first.mrc", "second.mrc", "third.mrc"])
        numbers = [[estimate.full_scale, strongest, estimate.solvent.raw_sigma] for estimate in found]
        np.testing.assert_allclose([[float(value) for value in row[1:4]] for row in rows], numbers, rtol=1e-4)

    def test_unfit_maps_have_their_warnings_in_the_table(self):
        masked = self.densities["first"].copy()
        masked[:, :, 30:] = 0
        self.write(masked, "masked")
        self.run_script(self.maps, self.made)
        warnings = {row[0]: row[4] for row in rows_of(self.made / "class_averages.csv")}
        self.assertIn("masked", warnings["masked.mrc"])
        self.assertEqual(warnings["first.mrc"], "")

    def test_maps_are_tiled_together_with_their_scale_maps(self):
        self.run_script(self.maps, self.made)
        groups = [model for model in session.models.list() if model.name in OCCUPANCIES]
        self.assertEqual([group.name for group in groups], list(OCCUPANCIES))
        places = []
        for group in groups:
            volume, scale_map = group.child_models()
            self.assertTrue(volume.scene_position.same(scale_map.scene_position))
            self.assertIs(volume_coloring(volume.surfaces[0]).volume, scale_map)
            self.assertFalse(scale_map.display)
            places.append(tuple(volume.scene_position.origin()))
        self.assertEqual(len(set(places)), 3)
        self.assertIsNotNone(get_model(session, create=False))

    def test_maps_have_one_level_which_can_be_given(self):
        self.run_script(self.maps, self.made, "--level", "0.4")
        close_all()
        self.run_script(self.maps / "f*.mrc", self.folder / "one", "--level", "0.6")
        (volume,) = (model for model in session.models.list() if model.name == "first.mrc")
        self.assertAlmostEqual(volume.minimum_surface_level, 0.6)

    @unittest.skipIf(sys.platform == "win32", "Windows has no files of such names")
    def test_maps_may_be_called_anything(self):
        bystander = self.open_map(self.densities["first"], "bystander")
        plain = self.maps / "first.mrc"
        for name in NASTY_NAMES:
            shutil.copy(plain, self.maps / f"{name}.mrc")
        made = self.folder / 'a" ; close ; "b'
        self.run_script(self.maps, made)
        self.assert_done_in_silence()
        self.assertIn(bystander, session.models.list())
        expected = {f"{name}_occupancy.mrc" for name in [*OCCUPANCIES, *NASTY_NAMES]}
        self.assertEqual(
            {path.name for path in made.iterdir()}, expected | {"class_averages.csv", "class_averages.png"}
        )
        labels = {label.text for model in session.models.list(type=ObjectLabels) for label in model.labels()}
        self.assertEqual(labels, {*OCCUPANCIES, *NASTY_NAMES})

    def test_picture_shows_the_colored_maps(self):
        self.run_script(self.maps, self.made)
        with Image.open(self.made / "class_averages.png") as picture:
            colors = np.asarray(picture.convert("RGB"), int).reshape(-1, 3)
        reddest, bluest = np.ptp(colors[:, [0, 2]] @ [[1, -1], [-1, 1]], axis=0)
        self.assertGreater(min(reddest, bluest), 100)

    def test_bad_arguments_are_refused_in_one_sentence(self):
        self.made.mkdir()
        (self.made / "notes").write_text("mine", encoding="utf-8")
        new = self.folder / "new"
        for sentence, *arguments in (
            ("required: FOLDER; usage: class_averages.py MAPS FOLDER [--level LEVEL]", self.maps),
            ("exists already", self.maps, self.made),
            ("No maps found at", self.made, new),
            ("No maps found at", self.folder / "nowhere*", new),
            ("There is no folder", self.maps, new / "deeper"),
            ("invalid float value", self.maps, new, "--level", "low"),
        ):
            with self.subTest(sentence):
                self.assert_refused(sentence, *arguments)

    def test_nothing_is_left_where_a_map_cannot_be_estimated(self):
        self.write(-self.densities["first"], "upside down")
        self.assert_refused("inverted", self.maps, self.made)


class ChainOccupancies(ScriptTestCase):
    script = "chain_occupancies.py"

    def setUp(self):
        super().setUp()
        close_all()
        self.densities = densities()
        self.maps = [self.open_map(array, name) for name, array in self.densities.items()]
        self.structure = self.two_chains()
        self.table = self.folder / "chains.csv"

    def two_chains(self):
        """Chains A and B well inside the first and the second part of the maps: #4."""
        structure = AtomicStructure(session, name="two chains")
        random = np.random.default_rng(3)
        for chain, part in zip("AB", PARTS, strict=True):
            centre = np.array((5.0, 6.0, 7.0)) + VOXEL_SIZE * np.array(part.centre[::-1])
            for number in range(1, 41):
                residue = structure.new_residue("ALA", chain, number)
                atom = structure.new_atom("CA", "C")
                atom.coord = centre + random.normal(0, 4, 3)
                residue.add_atom(atom)
        session.models.add([structure])
        return structure

    def atoms_of(self, chain):
        return self.structure.atoms[self.structure.atoms.chain_ids == chain]

    def means(self, volumes):
        """Mean value of each map at the atoms of A, and at those of B."""
        return np.array([[v.interpolated_values(self.atoms_of(c).scene_coords).mean() for v in volumes] for c in "AB"])

    def values(self):
        """Chains and numbers of the table."""
        head, *rows = rows_of(self.table)
        self.assertEqual(head, ["chain", "first #1", "second #2", "third #3"])
        return [row[0] for row in rows], [[float(value or "nan") for value in row[1:]] for row in rows]

    def test_cells_are_the_mean_scale_at_the_atoms(self):
        models = self.models()
        self.run_script("#1-3", "#4", self.table)
        self.assert_done_in_silence()
        self.assertEqual(self.models(), models)
        self.assertFalse(hasattr(self.structure.residues[0], "map_occupancy"))
        chains, found = self.values()
        self.assertEqual(chains, ["A", "B"])
        expected = self.means([self.open_map(array, "scale") for array in scales(self.densities.values())])
        np.testing.assert_allclose(found, expected, atol=6e-4)
        # Two thin chains have no inside: what is full reads 0.87, and parts in proportion.
        known = np.transpose(list(OCCUPANCIES.values()))
        np.testing.assert_allclose(found, known, atol=0.15)
        np.testing.assert_allclose(np.divide(*found[::-1]), np.divide(*known[::-1]), atol=0.06)

    def test_density_relative_to_a_full_chain_is_proportional_to_the_occupancy(self):
        self.run_script("#1-3", "#4", self.table, "--full", "A")
        self.assert_done_in_silence()
        _, (full, other) = self.values()
        self.assertEqual(full, [1, 1, 1])
        filtered = [occupy.estimate(array, VOXEL_SIZE).lowpassed for array in self.densities.values()]
        in_a, in_b = self.means([self.open_map(array, "low-passed") for array in filtered])
        np.testing.assert_allclose(other, in_b / in_a, atol=6e-4)
        np.testing.assert_allclose(np.divide(other[:2], other[2]), (0.5, 0.25), atol=0.02)

    def test_atoms_may_be_a_part_of_the_model(self):
        self.run_script("#1-3", "#4/B:1-20 | #4/B:30", self.table)
        self.assertEqual(self.values()[0], ["B"])

    def test_one_map_makes_one_column(self):
        self.run_script("#2", "#4", self.table)
        self.assertEqual(rows_of(self.table)[0], ["chain", "second #2"])

    def test_cells_are_empty_where_a_chain_is_outside(self):
        self.run_command("move x 500 models #2")
        atoms = self.atoms_of("B")
        atoms.coords = atoms.coords + np.array((500, 0, 0))
        self.run_script("#1,2", "#4", self.table)
        (_, *of_a), (_, *of_b) = rows_of(self.table)[1:]
        self.assertEqual((of_a[1], of_b[0]), ("", ""))
        self.assertTrue(of_a[0] and of_b[1])

    def test_bad_arguments_are_refused_in_one_sentence(self):
        old = self.folder / "old.csv"
        old.write_text("mine", encoding="utf-8")
        for sentence, *arguments in (
            ("required: TABLE; usage: chain_occupancies.py MAPS ATOMS TABLE [--full CHAIN]", "#1", "#4"),
            ("MAPS is #4, but must name open density maps", "#4", "#4", self.table),
            ("MAPS is maps", "maps", "#4", self.table),
            ("ATOMS is #1", "#1", "#1", self.table),
            ("ATOMS is #4 and more", "#1", "#4 and more", self.table),
            ("CHAIN is C, but must be one of A, B", "#1", "#4", self.table, "--full", "C"),
            ("exists already", "#1", "#4", old),
            ("There is no folder", "#1", "#4", self.folder / "none" / "chains.csv"),
        ):
            with self.subTest(sentence):
                self.assert_refused(sentence, *arguments)
        self.assertEqual(old.read_text(encoding="utf-8"), "mine")

    def test_two_models_are_refused(self):
        self.two_chains()
        self.assert_refused("atoms of one open model", "#1", "#4,5", self.table)


@unittest.skipUnless(HAS_FFMPEG, "this ChimeraX has no ffmpeg to encode movies with")
class EqualisationMovie(ScriptTestCase):
    script = "equalisation_movie.py"

    def setUp(self):
        super().setUp()
        self.movie = self.folder / "movie.mp4"
        self.run_command("windowsize 120 100")

    def frame_count(self):
        """The number of samples that the file's sample size box tells."""
        content = self.movie.read_bytes()
        start = content.index(b"stsz") + 12
        return int.from_bytes(content[start : start + 4], "big")

    def shown_in_frames(self, *arguments):
        """Run the script; the values of the map that is shown, and the label, when each frame is drawn."""
        seen = []

        def keep(*_):
            (shown,) = (m for m in session.models.list() if hasattr(m, "full_matrix") and m.display)
            (label,) = all_labels(session)
            seen.append((shown.full_matrix().copy(), label.text))

        handler = session.triggers.add_handler("frame drawn", keep)
        try:
            self.run_script(*arguments)
        finally:
            session.triggers.remove_handler(handler)
        return list(zip(*seen, strict=True))

    def test_frames_run_from_power_1_to_full_equalisation(self):
        (first, *between, last), labels = self.shown_in_frames("#1", self.movie, "--frames", 5)
        self.assertEqual(labels, ("power 1.00", "power 1.17", "power 2.00", "power 6.83", "full equalisation"))
        self.assert_done_in_silence()
        self.assertEqual(len(between), 3)
        np.testing.assert_allclose(first, occupy.equalize(self.density, VOXEL_SIZE, power=1), rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(last, occupy.equalize(self.density, VOXEL_SIZE))
        np.testing.assert_allclose(between[1], occupy.equalize(self.density, VOXEL_SIZE, power=2), rtol=1e-5, atol=1e-6)
        weak = PARTS[1].core(SHAPE)
        self.assertTrue((np.diff([frame[weak].mean() for frame in (first, *between, last)]) > 0).all())

    def test_movie_has_every_frame_and_pauses(self):
        self.run_script("#1", self.movie, "--frames", 5)
        once = self.frame_count()
        self.assertGreaterEqual(once, 5 + 2 * 12)
        self.movie.unlink()
        self.run_script("#1", self.movie, "--frames", 5, "--loop")
        self.assertEqual(self.frame_count(), 2 * once)

    @unittest.skipIf(sys.platform == "win32", "Windows has no files of such names")
    def test_the_movie_may_be_called_anything(self):
        for name in ('a" ; close ; "b', "back\\slash"):
            self.movie = self.folder / f"{name}.mp4"
            self.run_script("#1", self.movie, "--frames", 2)
            self.assert_done_in_silence()
            self.assertIn(self.map, session.models.list())
            self.assertGreaterEqual(self.frame_count(), 2 + 2 * 12)

    def test_the_highest_power_can_be_given(self):
        (_, last), labels = self.shown_in_frames("#1", self.movie, "--frames", 2, "--power", 3)
        self.assertEqual(labels, ("power 1.00", "power 3.00"))
        np.testing.assert_allclose(last, occupy.equalize(self.density, VOXEL_SIZE, power=3), rtol=1e-5, atol=1e-6)

    def test_session_is_as_it_was(self):
        models = self.models()
        self.run_script("#1", self.movie, "--frames", 2)
        self.assertEqual(self.models(), models)
        self.assertIsNone(self.colors_of(self.map))
        self.assertFalse(hasattr(session, "movie"))
        self.assertEqual([path.name for path in self.folder.iterdir()], ["movie.mp4"])

    def test_colors_key_and_labels_of_the_session_stay(self):
        self.run_command("occupy estimate #1")
        self.run_command("key red:weak blue:strong")
        self.run_command("2dlabels text mine")
        models, colors = self.models(), self.colors_of(self.map).copy()
        self.run_script("#1", self.movie, "--frames", 2)
        self.assertEqual(self.models(), models)
        np.testing.assert_array_equal(self.colors_of(self.map), colors)
        self.assertEqual([text for _, text in get_model(session).rgbas_and_labels], ["weak", "strong"])

    def test_bad_arguments_are_refused_in_one_sentence(self):
        old = self.folder / "old.mp4"
        old.write_text("mine", encoding="utf-8")
        self.open_map(self.density, "hidden").display = False
        for sentence, *arguments in (
            ("required: MOVIE; usage: equalisation_movie.py MAP MOVIE [--power", "#1"),
            ("MAP is #1-2, but must name one open map", "#1-2", self.movie),
            ("MAP is #7", "#7", self.movie),
            ("MAP is map", "map", self.movie),
            ("#2 shows no surface", "#2", self.movie),
            ("must end in .mp4", "#1", self.folder / "movie.txt"),
            ("FRAMES is 1, but must be at least 2", "#1", self.movie, "--frames", 1),
            ("POWER is 1, but must be above 1", "#1", self.movie, "--power", 1),
            ("exists already", "#1", old),
        ):
            with self.subTest(sentence):
                self.assert_refused(sentence, *arguments)
        self.assertEqual(old.read_text(encoding="utf-8"), "mine")

    def test_a_movie_that_is_being_recorded_is_not_disturbed(self):
        self.run_command("movie record")
        self.addCleanup(self.run_command, "movie reset")
        self.assert_refused("Another movie is being recorded", "#1", self.movie)
        self.assertTrue(session.movie.is_recording())

    def test_nothing_is_left_where_the_movie_cannot_be_encoded(self):
        def fail(encoder, _):
            encoder.exit_status = (1, EXIT_ERROR, "no such codec")

        with mock.patch.object(ffmpeg_encoder, "run", fail):
            self.assert_refused("could not write movie.mp4", "#1", self.movie, "--frames", 2)
        self.assertFalse(hasattr(session, "movie"))
        self.assertIn("no such codec", self.log.text["info"])

    def test_nothing_is_left_where_the_map_cannot_be_estimated(self):
        close_all()
        self.open_map(-self.density, "upside down")
        self.assert_refused("inverted", "#1", self.movie)
        self.assertFalse(hasattr(session, "movie"))


class ClassDifferences(ScriptTestCase):
    script = "class_differences.py"

    def setUp(self):
        super().setUp()
        close_all()
        self.densities = densities()
        self.maps = [self.open_map(array, name) for name, array in self.densities.items()]

    def test_map_is_the_range_of_the_scales(self):
        self.run_script("#1-3")
        self.assert_done_in_silence()
        (made,) = (model for model in session.models.list() if model.name == "range of the scale")
        np.testing.assert_array_equal(made.full_matrix(), np.ptp(scales(self.densities.values()), axis=0))
        self.assertFalse(made.display)
        self.assert_same_place(made, self.maps[0])

    def test_map_tells_by_how_much_occupancies_differ(self):
        self.run_script("#1,2")
        (made,) = (model for model in session.models.list() if model.name == "range of the scale")
        found = [made.full_matrix()[part.core(SHAPE)].mean() for part in PARTS]
        np.testing.assert_allclose(found, [0, 0.25], atol=0.08)

    def test_surfaces_are_colored_with_a_key(self):
        self.run_script("#1-3")
        (made,) = (model for model in session.models.list() if model.name == "range of the scale")
        for volume in self.maps:
            self.assertIs(volume_coloring(volume.surfaces[0]).volume, made)
            self.assertGreater(len(np.unique(self.colors_of(volume), axis=0)), 10)
        self.assertEqual([text for _, text in get_model(session).rgbas_and_labels], ["0", "0.2", "0.4", "0.6"])

    def test_bad_arguments_are_refused_in_one_sentence(self):
        self.open_map(self.density, "shifted", origin=(9.0, 6.0, 7.0))
        self.open_map(-self.density, "upside down")
        for sentence, *arguments in (
            ("usage: class_differences.py MAPS",),
            ("MAPS is #1, but must name two or more open density maps", "#1"),
            ("MAPS is maps", "maps"),
            ("shifted and first do not lie voxel on voxel", "#1-4"),
            ("inverted", "#1,5"),
        ):
            with self.subTest(sentence):
                self.assert_refused(sentence, *arguments)


class Opened(MapTestCase):
    def test_scripts_that_are_opened_without_arguments_tell_their_usage(self):
        scripts = sorted(SCRIPTS.glob("*.py"))
        self.assertEqual(len(scripts), 4)
        for script in scripts:
            with self.subTest(script.name):
                self.log.text["error"] = ""
                with self.assertRaises(SystemExit):
                    self.run_command(f'open "{script}"')
                self.assertRegex(self.log.text["error"], rf"^{script.name}: .* usage: {script.name} MAP")
