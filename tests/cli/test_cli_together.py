"""occupy refine on groups that belong together: alternatives, and copies by symmetry."""

import csv
import json

import numpy as np
import pytest
from test_cli_refine import ORIGIN, SHAPE, VOXEL_SIZE, bundle, put, simulated, write

gemmi = pytest.importorskip("gemmi", reason="gemmi is not installed")

PLACE = (18, 18, 14)
MIDDLE = ORIGIN + VOXEL_SIZE * np.array(SHAPE[::-1]) / 2
"""Of the box, x, y, z: its edges are of even numbers of voxels."""

SHARES = (0.7, 0.3)


@pytest.fixture
def table(occupy, tmp_path):
    """A function that refines and returns the rows of the table by name, and what was shown."""

    def run(*arguments):
        done = occupy("refine", *arguments, "--csv", tmp_path / "table.csv", "--overwrite", "--no-figures")
        assert done.returncode == 0, done.stderr
        with (tmp_path / "table.csv").open(newline="") as file:
            found = list(csv.DictReader(file))
        return {row.get("group") or row["map"]: row for row in found}, done.stdout

    return run


def shifted(structure, vector):
    for chain in structure[0]:
        for residue in chain:
            for atom in residue:
                atom.pos = gemmi.Position(*(np.array([*atom.pos]) + vector))
    return structure


@pytest.fixture
def conformers(store, tmp_path):
    """A map of particles of which some have a chain in one place and some in the other, and a model of each."""
    places = [(0, 0, 0), (5, 3, 0)]
    models = [shifted(bundle(), place) for place in places]
    for model in models:
        model[0].remove_chain("C")
    density = sum(share * simulated(model, {"A": 1, "B": 1}) for share, model in zip(SHARES, models, strict=True))
    paths = [write(tmp_path / name, model) for name, model in zip(("apo.cif", "holo.cif"), models, strict=True)]
    return put(store, tmp_path / "map.mrc", density), paths


def test_two_models_of_which_a_particle_has_one_are_read_as_shares_of_1(table, conformers, tmp_path):
    map_file, models = conformers
    options = ("--by", "model", "--alternatives", "apo.cif+holo.cif")
    rows, shown = table(map_file, "--atoms", *models, *options)
    values = [float(rows[name]["occupancy"]) for name in ("apo.cif", "holo.cif", "apo.cif+holo.cif")]
    assert values == pytest.approx([*SHARES, 1], abs=0.04)
    assert "apo.cif+holo.cif  (sum of alternatives)" in shown
    record = json.loads((tmp_path / "map_refined.json").read_text())
    assert record["refinement"]["together"][0]["occupancy"] == pytest.approx(values[2], abs=1e-5)


def test_the_sums_of_alternatives_are_columns_of_a_matrix(table, conformers, store, tmp_path):
    map_file, models = conformers
    other = put(store, tmp_path / "other.mrc", simulated(gemmi.read_structure(str(models[0])), {"A": 1, "B": 1}))
    options = ("--by", "model", "--alternatives", "apo.cif+holo.cif")
    rows, shown = table(map_file, other, "--atoms", *models, *options)
    for path, apo in ((map_file, SHARES[0]), (other, 1.0)):
        assert float(rows[str(path)]["apo.cif"]) == pytest.approx(apo, abs=0.05)
        assert float(rows[str(path)]["apo.cif+holo.cif"]) == pytest.approx(1, abs=0.03)
    assert "together  apo.cif+holo.cif, sum of alternatives: 1.00 on the mean" in shown


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--alternatives", "A+X"), "the alternative X is not a group; expected some of A, B, C"),
        (("--alternatives", "A+B", "B+C"), "B is among the alternatives A+B and B+C; expected it once"),
        (("--symmetry", "C2", "--write-model", "x.cif", "--write-b"), "--write-b writes the ΔB of each chain"),
    ],
)
def test_what_does_not_belong_together_is_refused(refusal, store, tmp_path, options, said):
    model = write(tmp_path / "model.cif", bundle())
    map_file = put(store, tmp_path / "map.mrc", simulated(bundle(), {"A": 1, "B": 1, "C": 1}))
    assert said in refusal("refine", map_file, "--atoms", model, *options)


@pytest.mark.parametrize(
    ("place", "said"), [((2, 18, 14), "outside the map, such as A@"), ((46, 26, 14), "where copies")]
)
def test_a_symmetry_that_the_map_cannot_have_is_refused_with_where_it_was(refusal, store, tmp_path, place, said):
    model = write(tmp_path / "model.cif", bundle({"A": place}))
    map_file = put(store, tmp_path / "map.mrc", simulated(bundle({"A": place}), {"A": 1}))
    told = refusal("refine", map_file, "--atoms", model, "--symmetry", "C4")
    assert said in told
    assert "; copies were made by C4 about x = 36.0, y = 44.0, z = 70.0 Å" in told


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--alternatives", "A"), "it is A, but must be two names of groups or more, such as A+B"),
        (("--symmetry", "C1"), "the symmetry is C1, but must be C2 to C60, D2 to D60, T, O, or I1 to I4"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_files_are_looked_at(occupy, options, said):
    done = occupy("refine", "map.mrc", "--atoms", "model.cif", *options)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.fixture
def dimer(store, tmp_path):
    """A map of a dimer of which one chain is there in part, and the model of the other."""
    first, second = bundle({"A": PLACE}), bundle({"A": PLACE})
    for residue in second[0]["A"]:
        for atom in residue:
            x, y, z = np.array([*atom.pos]) - MIDDLE
            atom.pos = gemmi.Position(*(MIDDLE + np.array([-x, -y, z])))
    density = simulated(first, {"A": 1}) + simulated(second, {"A": 0.6})
    return put(store, tmp_path / "map.mrc", density), write(tmp_path / "model.cif", first)


def test_copies_by_symmetry_have_their_occupancies_and_their_chain_has_the_mean(table, dimer, tmp_path):
    map_file, model = dimer
    written = tmp_path / "written.cif"
    rows, shown = table(map_file, "--atoms", model, "--symmetry", "c2", "--write-model", written)
    values = [float(rows[name]["occupancy"]) for name in ("A@1", "A@2", "A")]
    assert values == pytest.approx([1, 0.6, 0.8], abs=0.03)
    assert "mean of 2 copies, spread 0.28" in shown
    assert "The model that was written has the means over copies." in shown
    occupancies = {atom.occ for chain in gemmi.read_structure(str(written))[0] for r in chain for atom in r}
    assert [*occupancies] == pytest.approx([values[2]], abs=0.01)


def test_the_reference_and_alternatives_of_a_symmetric_model_are_those_of_all_copies(table, dimer):
    map_file, model = dimer
    rows, _ = table(map_file, "--atoms", model, "--symmetry", "C2", "--reference", "A")
    assert float(rows["A"]["occupancy"]) == pytest.approx(1)
    halves = ("--groups", "low=//A/1-60", "high=//A/61-120", "--alternatives", "low+high")
    rows, _ = table(map_file, "--atoms", model, "--symmetry", "C2", *halves)
    assert {"low@1+high@1", "low@2+high@2"} < rows.keys()


def test_means_of_copies_are_columns_of_a_matrix(table, dimer, store, tmp_path):
    map_file, model = dimer
    other = put(store, tmp_path / "other.mrc", simulated(bundle({"A": PLACE}), {"A": 1}))
    rows, _ = table(map_file, other, "--atoms", model, "--symmetry", "C2", "--reference", "A@1")
    for path, second in ((map_file, 0.6), (other, 0.0)):
        assert float(rows[str(path)]["A@2"]) == pytest.approx(second, abs=0.04)
        assert float(rows[str(path)]["A"]) == pytest.approx((1 + second) / 2, abs=0.03)
