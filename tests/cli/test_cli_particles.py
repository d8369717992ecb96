"""occupy refine with particles, and occupy particles: from classes to the particles that have a chain."""

import csv
import json

import numpy as np
import pytest
import starfile
from chimerax.occupy.particles.files import read_particles
from test_cli_refine import bundle, put, simulated, write

TRUTH = {
    "run_it025_class001": {"A": 1.0, "B": 1.0, "C": 1.0},
    "run_it025_class002": {"A": 1.0, "B": 0.0, "C": 1.0},
    "run_it025_class003": {"A": 1.0, "B": 0.4, "C": 0.0},
}
COUNTS = {1: 50, 2: 120, 3: 30}
HEAD = "data_particles\n\nloop_\n_rlnImageName #1\n_rlnClassNumber #2\n"


def star_text(counts=COUNTS):
    """Particles in the order in which a shuffle with a seed brings them."""
    numbers = np.random.default_rng(7).permutation(np.repeat(list(counts), list(counts.values())))
    return HEAD + "".join(f"{i + 1:06d}@a.mrcs {number:3d} \n" for i, number in enumerate(numbers)) + "\n"


@pytest.fixture(scope="module")
def run(occupy, store, tmp_path_factory):
    """A folder with three maps, a model, particles, and what refine made of these; and what it printed."""
    folder = tmp_path_factory.mktemp("classes")
    maps = [put(store, folder / f"{name}.mrc", simulated(bundle(), truth)) for name, truth in TRUTH.items()]
    model = write(folder / "model.cif", bundle())
    (folder / "run_data.star").write_text(star_text())
    done = occupy("refine", *maps, "--atoms", model, "--particles", folder / "run_data.star")
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


@pytest.fixture
def particles(occupy, run):
    """A function that calls occupy particles on that matrix and particles."""

    def call(*arguments, file="run_data.star"):
        return occupy("particles", run[0] / "occupancy_matrix.json", "--particles", run[0] / file, *arguments)

    return call


def saved(folder):
    return json.loads((folder / "occupancy_matrix.json").read_text())


def test_classes_and_their_particles_are_told_before_and_shares_after(run):
    told = run[1].splitlines()
    assert [line.split() for line in told[1:4]] == [
        ["1", "50", "25.0%", "run_it025_class001"],
        ["2", "120", "60.0%", "run_it025_class002"],
        ["3", "30", "15.0%", "run_it025_class003"],
    ]
    matrix = saved(run[0])["matrix"]
    expected = np.average([list(truth.values()) for truth in TRUTH.values()], axis=0, weights=list(COUNTS.values()))
    np.testing.assert_allclose(matrix["shares"], expected, atol=0.03)
    lines = [line.split() for line in told if " ± " in line]
    assert [line[-1] for line in lines] == ["A", "B", "C"]
    assert [float(line[0]) for line in lines] == pytest.approx(matrix["shares"], abs=6e-4)
    assert matrix["populations"]["classes"] == [1, 2, 3]
    assert saved(run[0])["particles"]["particles"] == str((run[0] / "run_data.star").resolve())
    with open(run[0] / "occupancy_matrix.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[-1]["map"] == "all particles"
    assert [float(rows[-1][name]) for name in "ABC"] == matrix["shares"]


@pytest.mark.parametrize(
    ("options", "classes"),
    [
        (("--with", "B"), [1]),
        (("--without", "B,C", "--above", "0.55"), [3]),
        (("--with", "A", "C", "--without", "B"), [2]),
        (("--maps", "run_it025_class003", "run_it025_class001"), [1, 3]),
        (("--with", "C", "--maps", "run_it025_class003", "run_it025_class001.mrc"), [1]),
    ],
)
def test_the_particles_of_maps_that_have_and_have_not_groups_are_written(particles, tmp_path, options, classes):
    target = tmp_path / "subset.star"
    done = particles(*options, "-o", target)
    assert done.returncode == 0, done.stderr
    before, after = starfile.read(tmp_path / target), star_text()
    kept = [line for line in after.splitlines(keepends=True) if "@" not in line or int(line.split()[1]) in classes]
    assert target.read_text() == "".join(kept)
    assert sorted(set(before.rlnClassNumber)) == classes
    count = sum(COUNTS[number] for number in classes)
    assert f"particles {count} of 200, {count / 200:.1%}" in done.stdout
    assert [line.split()[:2] for line in done.stdout.splitlines() if line.endswith(tuple(TRUTH))] == [
        [f"{number}", f"{COUNTS[number]}"] for number in classes
    ]


def test_what_share_is_expected_to_be_wrong_is_told(particles, tmp_path):
    done = particles("--with", "A", "--without", "B", "--above", "0.55", "-o", tmp_path / "subset.star")
    told = float(next(line for line in done.stdout.splitlines() if "wrong" in line).split()[1].rstrip("%"))
    assert told == pytest.approx(100 * 0.4 * 30 / 150, abs=4)
    assert "wrong" not in particles("--set", 1, "-o", tmp_path / "set.star").stdout


def test_a_reference_map_without_particles_is_told_of_and_left_out(occupy, run, tmp_path):
    first, *others = sorted(run[0].glob("*.mrc"))
    of_matrix = ("--atoms", run[0] / "model.cif", "--reference-maps", first, "--output-dir", tmp_path, "--no-figures")
    of_particles = ("--particles", run[0] / "run_data.star")
    done = occupy("refine", *others, *of_matrix, *of_particles, "--classes", 2, 3)
    assert done.returncode == 0, done.stderr
    target = tmp_path / "subset.star"
    done = occupy("particles", tmp_path / "occupancy_matrix.json", *of_particles, "--with", "C", "-o", target)
    assert done.returncode == 0, done.stderr
    assert "without particles, and left out: run_it025_class001" in done.stdout
    assert read_particles(target).classes == [2]


def test_the_particles_of_a_set_are_those_of_its_maps(run, particles, tmp_path):
    number = next(one["number"] for one in saved(run[0])["matrix"]["sets"] if str(one["maps"]).count("class002"))
    assert particles("--set", number, "-o", tmp_path / "set.star").returncode == 0
    assert set(read_particles(tmp_path / "set.star").classes) == {2}


def test_places_are_written_as_text(particles, tmp_path):
    assert particles("--with", "B", "-o", tmp_path / "subset.txt").returncode == 0
    numbers = [int(line.split()[1]) for line in star_text().splitlines() if "@" in line]
    assert np.loadtxt(tmp_path / "subset.txt", int).tolist() == [i for i, number in enumerate(numbers) if number == 1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            ("--with", "B", "--without", "A", "-o", "OUT.star"),
            "no map is with B, without A (occupancies of 0.7 and more, 0.3 and less); the nearest are run_it",
        ),
        (("-o", "OUT.star"), "nothing is said of groups"),
        (("--set", "9", "-o", "OUT.star"), "there is no set 9; there are sets 1 to 3"),
        (("--maps", "map7", "-o", "OUT.star"), "there is no map map7; there are run_it025_class001"),
        (("--with", "A", "-o", "OUT.cs"), "expected one that ends with .star or .txt"),
        (("--with", "A", "--classes", "1", "2", "9", "-o", "OUT.star"), "are in run_it025_class003"),
    ],
)
def test_what_cannot_be_written_is_told_in_a_sentence_and_nothing_is(particles, tmp_path, options, words):
    done = particles(*(str(tmp_path / text) if text.startswith("OUT") else text for text in options))
    assert done.returncode == 1
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_file_that_exists_is_replaced_only_where_that_is_said(particles, tmp_path):
    target = tmp_path / "subset.star"
    target.write_text("mine")
    done = particles("--with", "B", "-o", target)
    assert done.returncode == 1
    assert "exists already; give --overwrite" in done.stderr
    assert target.read_text() == "mine"
    assert particles("--with", "B", "-o", target, "--overwrite").returncode == 0
    assert len(read_particles(target).assigned) == 50


def test_the_file_of_all_particles_is_never_replaced(run, particles):
    done = particles("--with", "B", "-o", run[0] / "run_data.star", "--overwrite")
    assert "is the file of all particles" in done.stderr
    assert (run[0] / "run_data.star").read_text() == star_text()


@pytest.mark.parametrize("content", ["[1]", '{"matrix": {"maps": 3}}', "[" * 100000, "\u00e4"])
def test_what_is_no_matrix_is_told_in_a_sentence(occupy, run, tmp_path, content):
    path = tmp_path / "matrix.json"
    path.write_bytes(content.encode("latin-1"))
    done = occupy("particles", path, "--particles", run[0] / "run_data.star", "--with", "A", "-o", tmp_path / "s.star")
    assert done.returncode == 1
    assert (
        done.stderr.strip()
        == f"occupy: {path} holds no matrix of occupancies; expected the .json file that occupy "
        + ("refine writes of several maps")
    )


BAD_FILES = {
    "a class without a map": (star_text(COUNTS | {4: 10}), (), "no map is of class 4; expected a map for each class"),
    "a map without particles": (star_text({1: 5, 2: 5}), (), "no particles are of run_it025_class003"),
    "a truncated file": (star_text()[:-10], (), "values in particle 200; expected 2"),
    "a pickle": (b"\x80\x04\x95", (), "is a pickle, which is not read"),
    "not UTF-8": (star_text().replace("a.mrcs", "ä.mrcs").encode("latin-1"), (), "is not UTF-8"),
}


@pytest.mark.parametrize(("content", "options", "words"), BAD_FILES.values(), ids=BAD_FILES)
def test_particles_that_do_not_fit_are_refused_before_anything_is_done(occupy, run, tmp_path, content, options, words):
    path = tmp_path / "run_data.star"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    maps = sorted(run[0].glob("*.mrc"))
    rest = ("--atoms", run[0] / "model.cif", "--output-dir", tmp_path / "out", "--particles", path)
    done = occupy("refine", *maps, *rest, *options)
    assert done.returncode == 1
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == [path]


def test_populations_by_hand_are_one_for_each_map(occupy, run, tmp_path):
    maps = sorted(run[0].glob("*.mrc"))
    options = ("--atoms", run[0] / "model.cif", "--output-dir", tmp_path, "--no-figures", "--populations")
    done = occupy("refine", *maps, *options, 20, 60)
    assert "there are 2 populations for 3 maps" in done.stderr
    assert not list(tmp_path.iterdir())
    done = occupy("refine", *maps, *options, 20, 60, 20)
    assert done.returncode == 0, done.stderr
    assert saved(tmp_path)["matrix"]["populations"]["weights"] == pytest.approx([0.2, 0.6, 0.2])


def test_one_map_has_no_populations(occupy, run, tmp_path):
    one = run[0] / "run_it025_class001.mrc"
    done = occupy("refine", one, "--atoms", run[0] / "model.cif", "--output-dir", tmp_path / "out", "--populations", 1)
    assert done.returncode == 1
    assert "--populations is for several maps, of which one is given" in done.stderr
    assert not list(tmp_path.iterdir())


def test_classes_that_are_left_out_by_hand_are_told_and_references_have_no_particles(occupy, run, tmp_path):
    maps = sorted(run[0].glob("*.mrc"))
    options = ("--particles", run[0] / "run_data.star", "--classes", 2, 3, "--reference-maps", maps[0])
    done = occupy("refine", *maps[1:], "--atoms", run[0] / "model.cif", "--output-dir", tmp_path, *options)
    assert done.returncode == 0, done.stderr
    assert "25.0% of the particles are in classes without a map and are left out" in done.stdout
    found = saved(tmp_path)["matrix"]["populations"]
    assert found["weights"] == pytest.approx([0.8, 0.2, 0])
    assert found["classes"] == [2, 3, None]
    assert found["left_out"] == pytest.approx(0.25)
    target = tmp_path / "subset.star"
    matrix = tmp_path / "occupancy_matrix.json"
    done = occupy("particles", matrix, "--particles", run[0] / "run_data.star", "--without", "B", "-o", target)
    assert done.returncode == 0, done.stderr
    assert read_particles(target).classes == [2]
    done = occupy(
        "particles", matrix, "--particles", run[0] / "run_data.star", "--with", "B", "-o", tmp_path / "b.star"
    )
    assert "no particles of" in done.stderr
