"""occupy refine: on maps that gemmi simulates from models of helices, with occupancies that are known."""

import csv
import gzip
import json
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
import pytest
from chimerax.occupy.cli import refine
from chimerax.occupy.cli.files.atom_groups import AtomChoice, read_groups
from chimerax.occupy.cli.files.models import AtomicModel
from chimerax.occupy.engine.errors import OccuPyError
from PIL import Image

gemmi = pytest.importorskip("gemmi", reason="gemmi is not installed")

TRUTH = {"A": 1.0, "B": 0.6, "C": 0.25}
VOXEL_SIZE = 2.0
SHAPE = (40, 36, 56)
ORIGIN = np.array([-20.0, 8.0, 30.0])
"""x, y, z of the first voxel."""

CORNERS = {"A": (18, 18, 14), "B": (46, 18, 18), "C": (74, 22, 14)}
RENAMED = {"A": CORNERS["B"], "B": CORNERS["A"], "C": CORNERS["C"]}
"""The same places, of which two have each other's name."""

B_FACTOR = 100.0
ALANINE = {
    "N": (1.55, -28, -0.9),
    "CA": (2.28, 0, 0),
    "C": (1.66, 26, 1.1),
    "O": (2.03, 29, 2.3),
    "CB": (3.3, -19, -0.6),
}
"""Radius, angle and height of the atoms of an alpha helix."""


def helix(start, residues, first=1):
    """Residues of polyalanine in a helix along z."""
    found = []
    for i in range(residues):
        residue = gemmi.Residue()
        residue.name, residue.seqid, residue.het_flag = "ALA", gemmi.SeqId(first + i, " "), "A"
        for name, (radius, angle, height) in ALANINE.items():
            turn = np.radians(angle + 100 * i)
            at = np.add(start, (radius * np.cos(turn), radius * np.sin(turn), height + 1.5 * i))
            residue.add_atom(new_atom(name, name[0], at))
        found.append(residue)
    return found


def new_atom(name, element, position, altloc="\0", occupancy=1.0):
    atom = gemmi.Atom()
    atom.name, atom.element, atom.pos = name, gemmi.Element(element), gemmi.Position(*position)
    atom.b_iso, atom.altloc, atom.occ = B_FACTOR, altloc, occupancy
    return atom


def place(x, y, z):
    """A place in the map, from its corner."""
    return ORIGIN + np.array([x, y, z])


def ligand(name, number, atoms):
    residue = gemmi.Residue()
    residue.name, residue.seqid, residue.het_flag = name, gemmi.SeqId(number, " "), "H"
    for i, (element, position) in enumerate(atoms):
        residue.add_atom(new_atom(f"{element}{i + 1}" if len(atoms) > 1 else element, element, position))
    return residue


def bundle(corners=None, residues=30):
    """A structure with a chain of four helices at each of these places, from the corner of the map."""
    structure = gemmi.Structure()
    structure.add_model(gemmi.Model(1))
    for name, corner in (corners or CORNERS).items():
        chain = gemmi.Chain(name)
        for i, (x, y) in enumerate(((0, 0), (10, 0), (0, 10), (10, 10))):
            for residue in helix(ORIGIN + corner + (x, y, 0), residues, 1 + i * residues):
                chain.add_residue(residue)
        structure[0].add_chain(chain)
    return structure


def add_residue(structure, chain, residue):
    structure[0][chain].add_residue(residue)
    return structure


def simulated(structure, truth, noise=0.01):
    """The map of a model by gemmi's electron form factors, z, y, x, with noise relative to its highest value."""
    model = structure.clone()[0]
    for chain in model:
        for residue in chain:
            for atom in residue:
                atom.pos = gemmi.Position(*(np.array([*atom.pos]) - ORIGIN))
                atom.occ *= truth.get(chain.name, 0.0)
    calculator = gemmi.DensityCalculatorE()
    calculator.grid.set_unit_cell(gemmi.UnitCell(*(VOXEL_SIZE * n for n in SHAPE[::-1]), 90, 90, 90))
    calculator.grid.spacegroup = gemmi.SpaceGroup("P 1")
    calculator.grid.set_size(*SHAPE[::-1])
    calculator.add_model_density_to_grid(model)
    density = calculator.grid.array.T.copy()
    random = np.random.default_rng(3).standard_normal(density.shape)
    return (density + noise * density.max() * random).astype(np.float32)


def write(path, structure):
    structure.setup_entities()
    if path.suffix == ".pdb":
        structure.write_pdb(str(path))
    else:
        structure.make_mmcif_document().write_file(str(path))
    return path


@pytest.fixture(scope="module")
def density():
    return simulated(bundle(), TRUTH)


@pytest.fixture
def map_file(tmp_path, store, density):
    return put(store, tmp_path / "map.mrc", density)


def put(store, path, density):
    return store(path, density, VOXEL_SIZE, origin=tuple(ORIGIN))


@pytest.fixture
def model_file(tmp_path):
    return write(tmp_path / "model.cif", bundle())


@pytest.fixture
def rows(occupy, tmp_path):
    """A function that refines and returns the rows of the JSON table."""

    def run(*arguments):
        done = occupy("refine", *arguments, "--json", tmp_path / "table.json", "--overwrite")
        assert done.returncode == 0, done.stderr
        return json.loads((tmp_path / "table.json").read_text())

    return run


def occupancies(rows):
    return {row["group"]: row["occupancy"] for row in rows}


@pytest.mark.parametrize("ending", [".cif", ".pdb", ".cif.gz"])
def test_chains_have_the_occupancies_that_the_map_was_simulated_with(rows, map_file, tmp_path, ending):
    model = write(tmp_path / f"model{ending.removesuffix('.gz')}", bundle())
    if ending.endswith(".gz"):
        model = tmp_path / "model.cif.gz"
        model.write_bytes(gzip.compress((tmp_path / "model.cif").read_bytes()))
    found = rows(map_file, "--atoms", model)
    assert occupancies(found) == pytest.approx(TRUTH, abs=0.02)
    columns = ["group", "occupancy", "standard_error", "b_shift", "b_shift_error", "atoms", "correlation", "notes"]
    assert [list(row) for row in found] == [columns] * 3
    assert all(0 < row["standard_error"] < 0.1 and row["correlation"] > 0.9 and row["notes"] == [] for row in found)
    assert [row["atoms"] for row in found] == [600, 600, 600]


def test_the_screen_shows_the_table_and_a_figure_and_a_record_lie_beside_the_map(occupy, map_file, model_file):
    done = occupy("refine", map_file, "--atoms", model_file)
    assert done.returncode == 0, done.stderr
    folder = map_file.parent
    record = json.loads((folder / "map_refined.json").read_text())
    for row in record["refinement"]["rows"]:
        line = f"{row['occupancy']:.3f} ± {row['standard_error']:.3f}"
        assert any(line in shown and shown.endswith(f"  {row['group']}") for shown in done.stdout.splitlines())
    assert record["refinement"]["reference"] == ["A"]
    assert record["atoms"]["by"] == "chain"
    with Image.open(folder / "map_refined.png") as figure:
        assert min(figure.size) > 300
        assert figure.convert("L").getextrema()[0] < 100
    assert {path.name for path in folder.iterdir()} == {"map.mrc", "model.cif", "map_refined.json", "map_refined.png"}


def test_csv_has_the_numbers_of_the_json(occupy, map_file, model_file, tmp_path):
    tables = ("--json", tmp_path / "t.json", "--csv", tmp_path / "t.csv")
    assert occupy("refine", map_file, "--atoms", model_file, *tables).returncode == 0
    with (tmp_path / "t.csv").open(newline="") as file:
        read = list(csv.DictReader(file))
    for row, cells in zip(json.loads((tmp_path / "t.json").read_text()), read, strict=True):
        assert list(cells) == list(row)
        assert cells == {name: "; ".join(v) if name == "notes" else str(v) for name, v in row.items()}


def test_the_written_model_holds_the_occupancies_and_all_else_as_it_was(rows, map_file, tmp_path):
    structure = add_residue(bundle(), "A", ligand("HOH", 900, [("O", place(60, 50, 60))]))
    residue = structure[0]["B"][3]
    first = residue.find_atom("CB", "\0")
    first.altloc, first.occ = "A", 0.8
    residue.add_atom(new_atom("CB", "C", [*first.pos], "B", 0.2))
    model = write(tmp_path / "model.cif", structure)
    document = gemmi.cif.read(str(model))
    document[0].set_pair("_struct.title", "'kept as it was'")
    document.write_file(str(model))
    written = [tmp_path / "out.cif"], [tmp_path / "out.pdb"]
    for files in written:
        found = occupancies(rows(map_file, "--atoms", model, "--reference", "B", "--write-model", *files))
        expected, read = (gemmi.read_structure(str(path))[0] for path in (model, files[0]))
        pairs = zip(expected.all(), read.all(), strict=True)
        for one, other in pairs:
            assert (one.chain.name, str(one.residue.seqid), one.atom.name) == (
                other.chain.name,
                str(other.residue.seqid),
                other.atom.name,
            )
            assert [*other.atom.pos] == pytest.approx([*one.atom.pos], abs=2e-3)
            share = one.atom.occ if one.atom.has_altloc() else 1
            value = 1 if one.residue.is_water() else min(found[one.chain.name], 1) * share
            assert other.atom.occ == pytest.approx(value, abs=0.006 if files[0].suffix == ".pdb" else 1e-3)
    assert gemmi.cif.read(str(tmp_path / "out.cif"))[0].find_value("_struct.title") == "'kept as it was'"


def test_the_part_of_the_map_that_the_model_does_not_explain_is_written(occupy, load, map_file, density, tmp_path):
    model = write(tmp_path / "part.cif", bundle({name: CORNERS[name] for name in "AC"}))
    done = occupy("refine", map_file, "--atoms", model, "--unexplained", "--no-figures")
    assert done.returncode == 0, done.stderr
    assert "map_unexplained.mrc" in done.stdout
    found, header = load(tmp_path / "map_unexplained.mrc")
    assert [float(header.origin[axis]) for axis in "xyz"] == list(ORIGIN)
    parts = {name: simulated(bundle(), {name: truth}, noise=0) for name, truth in TRUTH.items()}
    for name, share in {"A": 0, "B": 1, "C": 0}.items():
        ratio = (found * parts[name]).sum() / (density * parts[name]).sum()
        assert ratio == pytest.approx(share, abs=0.05), name


def test_a_plot_of_occupancies_against_flexibilities_is_saved(occupy, map_file, model_file, tmp_path):
    done = occupy("refine", map_file, "--atoms", model_file, "--plot", tmp_path / "plot.png", "--no-figures")
    assert done.returncode == 0, done.stderr
    assert "plot.png" in done.stdout
    with Image.open(tmp_path / "plot.png") as figure:
        assert figure.size == (840, 600)
        assert figure.convert("L").getextrema()[0] < 100
    record = json.loads((tmp_path / "map_refined.json").read_text())
    assert "plot.png" in record["run"]["files"]


def test_where_the_model_explains_the_map_that_map_is_flat_and_a_note_says_so(occupy, load, map_file, model_file):
    done = occupy("refine", map_file, "--atoms", model_file, "--unexplained", "--no-figures")
    assert "The model explains the density in this map: map_unexplained.mrc is flat." in done.stdout
    found, _ = load(map_file.with_name("map_unexplained.mrc"))
    assert np.ptp(found) == 0
    again = occupy("refine", map_file, "--atoms", model_file, "--unexplained", "--no-figures", "--resume")
    assert "kept" in again.stdout


def test_what_several_maps_leave_unexplained_is_refused(refusal, store, density, map_file, model_file):
    other = put(store, map_file.with_name("other.mrc"), density)
    message = refusal("refine", map_file, other, "--atoms", model_file, "--unexplained")
    assert message == "--unexplained is for one map; expected one map with it, not 2"


def test_shifts_of_b_factors_are_told_and_written_where_they_are_wanted(occupy, rows, store, tmp_path):
    moving = bundle()
    for residue in moving[0]["B"]:
        for atom in residue:
            atom.b_iso += 80
    source = put(store, tmp_path / "map.mrc", simulated(moving, TRUTH))
    model, files = write(tmp_path / "model.cif", bundle()), [tmp_path / "with.cif", tmp_path / "without.cif"]
    found = {row["group"]: row for row in rows(source, "--atoms", model, "--write-model", files[0], "--write-b")}
    assert found["B"]["b_shift"] == pytest.approx(80, abs=20)
    assert 0 < found["B"]["b_shift_error"] < 20
    done = occupy("refine", source, "--atoms", model, "--write-model", files[1], "--overwrite")
    assert f"{found['B']['b_shift']:.0f} ± {found['B']['b_shift_error']:.0f}" in done.stdout
    assert "ΔB up to" in done.stdout
    read = [gemmi.read_structure(str(path))[0]["B"][0][0].b_iso for path in files]
    assert read == pytest.approx([B_FACTOR + found["B"]["b_shift"], B_FACTOR], abs=0.01)


def test_groups_of_their_own_stand_beside_what_is_left_of_the_chains(rows, store, tmp_path):
    structure = bundle()
    for residue in structure[0]["A"]:
        for atom in residue:
            atom.occ = 0.5 if residue.seqid.num > 60 else 1.0
    source = put(store, tmp_path / "map.mrc", simulated(structure, TRUTH))
    model = write(tmp_path / "model.cif", structure)
    found = occupancies(rows(source, "--atoms", model, "--groups", "head=//A/61-120", "--reference", "A"))
    assert found == pytest.approx({"A": 1.0, "head": 0.5, "B": 0.6, "C": 0.25}, abs=0.06)


def test_several_models_are_told_apart_by_their_names(rows, map_file, tmp_path):
    one, other = {"A": CORNERS["A"]}, {"A": CORNERS["B"], "C": CORNERS["C"]}
    models = [write(tmp_path / "one.cif", bundle(one)), write(tmp_path / "other.pdb", bundle(other))]
    found = rows(map_file, "--atoms", *models, "--write-model", tmp_path / "x.cif", tmp_path / "y.pdb")
    expected = {"one.cif/A": 1.0, "other.pdb/A": 0.6, "other.pdb/C": 0.25}
    assert occupancies(found) == pytest.approx(expected, abs=0.02)
    written = gemmi.read_structure(str(tmp_path / "y.pdb"))[0]
    assert written["A"][0][0].occ == pytest.approx(0.6, abs=0.03)
    assert occupancies(rows(map_file, "--atoms", *models, "--by", "model")).keys() == {"one.cif", "other.pdb"}


def test_segments_and_residues_have_names_that_say_where_they_are(rows, map_file, model_file):
    segments = rows(map_file, "--atoms", model_file, "--by", "segment", "--segment", "60")
    assert [row["group"] for row in segments] == [f"{c}:{part}" for c in "ABC" for part in ("1-60", "61-120")]
    expected = [TRUTH[row["group"][0]] for row in segments]
    assert [row["occupancy"] for row in segments] == pytest.approx(expected, abs=0.06)
    residues = rows(map_file, "--atoms", model_file, "--by", "residue")
    assert [row["group"] for row in residues] == [f"{chain}:{n + 1}" for chain in "ABC" for n in range(120)]
    for chain, truth in TRUTH.items():
        values = [row["occupancy"] for row in residues if row["group"].startswith(chain)]
        assert np.mean(values) == pytest.approx(truth, abs=0.1)


def test_reference_lowpass_half_maps_and_solvent_reach_the_engine(rows, store, density, map_file, model_file, tmp_path):
    halved = rows(map_file, "--atoms", model_file, "--reference", "B", "--lowpass", "10", "--no-solvent")
    assert occupancies(halved) == pytest.approx({name: q / 0.6 for name, q in TRUTH.items()}, abs=0.05)
    record = json.loads((tmp_path / "map_refined.json").read_text())
    assert record["settings"] == {"reference": ["B"], "lowpass": 10, "solvent": False}
    assert record["refinement"]["reference"] == ["B"]
    noise = 0.1 * density.max() * np.random.default_rng(5).standard_normal(density.shape).astype(np.float32)
    halves = [put(store, tmp_path / f"half{sign}.mrc", density + sign * noise) for sign in (1, -1)]
    noisy = rows(map_file, "--atoms", model_file, "--half-maps", *halves)
    quiet = rows(map_file, "--atoms", model_file)
    assert all(a["standard_error"] > b["standard_error"] for a, b in zip(noisy[1:], quiet[1:], strict=True))


def test_water_is_left_out_and_said_so_unless_a_group_names_it(occupy, rows, map_file, tmp_path):
    structure = bundle()
    for i in range(20):
        add_residue(structure, "B", ligand("HOH", 900 + i, [("O", place(40 + i, 30, 40))]))
    model = write(tmp_path / "model.cif", structure)
    done = occupy("refine", map_file, "--atoms", model)
    assert "20 atoms of water were left out" in done.stdout
    assert [row["atoms"] for row in rows(map_file, "--atoms", model)] == [600, 600, 600]
    named = rows(map_file, "--atoms", model, "--groups", "water=(HOH)")
    assert {row["group"]: row["atoms"] for row in named}["water"] == 20


def test_occupancies_in_the_model_do_not_matter(rows, map_file, model_file, tmp_path):
    structure = bundle()
    for chain, value in zip(structure[0], (0.0, 0.3, 1.0), strict=True):
        for residue in chain:
            for atom in residue:
                atom.occ = value
    given = rows(map_file, "--atoms", write(tmp_path / "other.cif", structure))
    assert given == rows(map_file, "--atoms", model_file)


def test_a_group_of_three_atoms_is_refined_with_a_note(rows, map_file, tmp_path):
    atoms = [("C", place(60, 40, 30)), ("N", place(61.4, 40, 30)), ("C", place(62, 41.2, 30))]
    model = write(tmp_path / "model.cif", add_residue(bundle(), "B", ligand("LIG", 500, atoms)))
    found = {row["group"]: row for row in rows(map_file, "--atoms", model, "--groups", "ligand=//B/(LIG)")}
    assert found["ligand"]["atoms"] == 3
    assert any("too small" in note for note in found["ligand"]["notes"])


def test_a_chain_outside_the_map_has_a_row_that_says_so_and_no_numbers(occupy, rows, map_file, tmp_path):
    far = CORNERS | {"D": (900, 0, 0)}
    model = write(tmp_path / "model.cif", bundle(far))
    *_, row = rows(map_file, "--atoms", model)
    assert row == {
        "group": "D", "occupancy": None, "standard_error": None, "b_shift": None, "b_shift_error": None,
        "atoms": 0, "correlation": None, "notes": ["outside the map"],
    }  # fmt: skip
    assert "(outside the map)" in occupy("refine", map_file, "--atoms", model, "--overwrite").stdout


def test_unknown_elements_and_models_of_one_atom_a_residue_are_said_to_be_such(occupy, map_file, tmp_path):
    structure = bundle()
    structure[0]["A"][0][0].element = gemmi.Element("X")
    done = occupy("refine", map_file, "--atoms", write(tmp_path / "unknown.cif", structure))
    assert "Unknown elements count as carbon: X" in done.stdout
    for chain in structure[0]:
        for residue in chain:
            for name in ("N", "C", "O", "CB"):
                residue.remove_atom(name, "*")
    trace = write(tmp_path / "trace.cif", structure)
    done = occupy("refine", map_file, "--atoms", trace, "--overwrite", "--json", tmp_path / "table.json")
    assert done.returncode == 0, done.stderr
    assert "one atom for each residue" in done.stdout
    assert occupancies(json.loads((tmp_path / "table.json").read_text())) == pytest.approx(TRUTH, abs=0.06)


def test_copies_on_top_of_each_other_are_told_as_such(rows, map_file, tmp_path):
    model = write(tmp_path / "model.cif", bundle(CORNERS | {"D": CORNERS["B"]}))
    found = {row["group"]: row for row in rows(map_file, "--atoms", model)}
    assert "cannot be told apart from D" in found["B"]["notes"]
    assert "cannot be told apart from B" in found["D"]["notes"]
    assert found["B"]["occupancy"] + found["D"]["occupancy"] == pytest.approx(0.6, abs=0.05)


def test_an_estimate_that_a_model_guides_follows_the_occupancies_of_the_chains(occupy, load, map_file, model_file):
    done = occupy("estimate", map_file, "--atoms", model_file, "--reference", "A")
    assert done.returncode == 0, done.stderr
    scale, header = load(map_file.parent / "map_guided_occupancy.mrc")
    assert [float(header.origin[name]) for name in "xyz"] == list(ORIGIN)
    assert scale.min() >= 0
    assert scale.max() <= 1
    for chain in gemmi.read_structure(str(model_file))[0]:
        places = np.array([[*atom.pos] for residue in chain for atom in residue])
        x, y, z = np.round((places - ORIGIN) / VOXEL_SIZE).astype(int).T
        assert scale[z, y, x].mean() == pytest.approx(TRUTH[chain.name], abs=0.05)
    record = json.loads((map_file.parent / "map_guided_occupancy.json").read_text())
    assert record["refinement"]["reference"] == ["A"]
    with Image.open(map_file.parent / "map_guided_occupancy.png") as figure:
        assert min(figure.size) > 300
    script = (map_file.parent / "map_guided_occupancy.cxc").read_text()
    assert 'open "map_guided_occupancy.mrc"' in script


def test_a_guided_scale_map_equalizes(occupy, load, map_file, model_file):
    assert occupy("estimate", map_file, "--atoms", model_file).returncode == 0
    folder = map_file.parent
    done = occupy("equalize", map_file, "--scale-map", folder / "map_guided_occupancy.mrc")
    assert done.returncode == 0, done.stderr
    before, after = load(map_file)[0], load(folder / "map_equalized.mrc")[0]
    strengths = []
    for corner in CORNERS.values():
        z, y, x = (int(c / VOXEL_SIZE) for c in corner[::-1])
        part = slice(z, z + 20), slice(y - 3, y + 8), slice(x - 3, x + 8)
        strengths.append((before[part].std(), after[part].std()))
    (full, full_after), _, (weak, weak_after) = strengths
    assert weak < 0.4 * full
    assert weak_after > 0.7 * full_after


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--atoms", "model.cif", "--tau", "0.9"], "--tau has no effect with --atoms"),
        (["--atoms", "model.cif", "--mode", "resolution"], "--mode has no effect with --atoms"),
        (["--atoms", "model.cif", "--common-scale"], "--common-scale has no effect with --atoms"),
        (["--reference", "A"], "--reference has no effect without --atoms"),
        (["--no-solvent"], "--no-solvent has no effect without --atoms"),
        (["--atoms", "model.cif", "--reference", "Z"], "Z is not a group"),
        (["--atoms", "map.mrc"], "cannot be read as an atomic model"),
    ],
)
def test_an_estimate_with_a_model_refuses_what_has_no_effect(refusal, map_file, model_file, options, message):
    assert message in refusal("estimate", "map.mrc", *options)


def moved(structure, turn=(1, 1, 1), shift=(0, 0, 0)):
    """The structure mirrored about the middle of the map along the axes where turn is -1, and then shifted."""
    middle = ORIGIN + VOXEL_SIZE * np.array(SHAPE[::-1]) / 2
    for cra in structure[0].all():
        cra.atom.pos = gemmi.Position(*(middle + (np.array([*cra.atom.pos]) - middle) * turn + shift))
    return structure


@pytest.mark.parametrize("move", [{"shift": (0, 20, 0)}, {"turn": (-1, 1, 1)}, {"turn": (-1, -1, -1)}])
def test_a_model_in_another_place_or_of_the_other_hand_is_refused_or_warned_of(occupy, map_file, tmp_path, move):
    model = write(tmp_path / "model.cif", moved(bundle(), **move))
    done = occupy("refine", map_file, "--atoms", model)
    assert ("not in the map" in done.stderr) if done.returncode else ("is the model in its place" in done.stdout)


def test_a_model_outside_the_map_is_refused(refusal, map_file, tmp_path):
    far = write(tmp_path / "far.cif", bundle({"A": (900, 900, 900)}))
    assert "600 of 600 atoms are outside the map" in refusal("refine", map_file, "--atoms", far)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--reference", "Z"], "Z is not a group; expected some of A, B, C"),
        (["--groups", "none=//Z"], "the group none is empty: no atom is in //Z"),
        (["--groups", "none=/2/A"], "the group none is empty"),
        (["--groups", "one=//A/1-20", "two=//A/20-30"], "the groups one and two share 5 atoms"),
        (["--groups", "one=//A/1-20", "one=//A/30-40"], "two groups are called one"),
        (["--groups", "B=//A/1-20"], "B is the name of another group already"),
        (["--groups", "odd=((("], "((( is no selection of atoms"),
        (["--segment", "10"], "--by segment"),
        (["model.cif"], "model.cif is given twice"),
        (["--write-model", "out.xyz"], "out.xyz is no name for a model; expected one that ends with .cif"),
        (["--write-model", "a.cif", "b.cif"], "2 files for 1 models; expected one for each"),
        (["--write-model", "map.mrc/out.cif"], "it is a file, not a folder"),
        (["--write-model", "model.cif"], "model.cif exists already"),
        (["--write-b"], "expected --write-model with it"),
        (["--json", "map_refined.json"], "map_refined.json is a file of the run itself"),
        (["--json", "model.cif"], "exists already"),
        (["--lowpass", "3"], "--lowpass"),
        (["--half-maps", "small.mrc", "small.mrc"], "half map has shape"),
    ],
)
def test_a_mistake_is_told_in_a_sentence_and_leaves_nothing(
    refusal, store, density, map_file, model_file, options, message
):
    put(store, map_file.with_name("small.mrc"), density[2:-2])
    assert message in refusal("refine", "map.mrc", "--atoms", "model.cif", *options)


def test_models_that_cannot_be_written_leave_nothing_behind(refusal, map_file, tmp_path):
    model = write(tmp_path / "model.cif", bundle({"LONGNAME": CORNERS["A"], "B": CORNERS["B"]}))
    written = tmp_path / "new" / "folder" / "out.pdb"
    message = refusal("refine", map_file, "--atoms", model, "--write-model", written)
    assert "cannot be written as out.pdb: chain name too long for the PDB format" in message


def test_models_in_another_folder_appear_with_the_other_files(occupy, map_file, model_file, tmp_path):
    places = tmp_path / "models" / "out.cif", tmp_path / "map_refined.png", tmp_path / "map_refined.json"
    places[1].write_text("an earlier figure")
    assert occupy("refine", map_file, "--atoms", model_file, "--write-model", places[0]).returncode == 1
    assert [path.exists() for path in places] == [False, True, False]
    again = occupy("refine", map_file, "--atoms", model_file, "--write-model", places[0], "--overwrite")
    assert again.returncode == 0, again.stderr
    assert all(path.stat().st_size > 500 for path in places)
    assert not list(tmp_path.rglob(".*"))


def test_one_map_can_be_refined_against_in_another_process(rows, map_file, model_file):
    choice = AtomChoice((model_file,), "segment", 60)
    work = partial(refine.refine_one, voxel_size=None, choice=choice, settings={"reference": ["A:1-60"]})
    files = refine.files_of(str(map_file), overwrite=True)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        done = pool.submit(work, str(map_file), files).result()
    options = ("--by", "segment", "--segment", "60", "--reference", "A:1-60")
    expected = rows(map_file, "--atoms", model_file, *options)
    words = ("group", "atoms", "notes")
    for row, other in zip(done.rows, expected, strict=True):
        assert row.keys() == other.keys()
        assert [row[word] for word in words] == [other[word] for word in words]
        # Sums are rounded as memory lies.
        assert [row[k] for k in row if k not in words] == pytest.approx([other[k] for k in row if k not in words], 1e-6)


SESSION = """
import os, shutil, sys
from chimerax.occupy.cli import main
for model in ("first.cif", "second.cif"):
    shutil.copyfile(model, "model.cif")
    os.utime("model.cif", ns=(0, 10**18))
    assert main([*sys.argv[1:], "--atoms", "model.cif", "--resume"]) == 0
"""
"""Works twice in one process on models of one name, size and time."""


@pytest.mark.parametrize(
    ("arguments", "record"),
    [
        (("refine", "map.mrc"), "map_refined.json"),
        (("estimate", "map.mrc"), "map_guided_occupancy.json"),
        (("refine", "map.mrc", "same.mrc"), "occupancy_matrix.json"),
    ],
    ids=["refine", "guided", "matrix"],
)
def test_a_session_takes_a_model_as_it_is_now(map_file, tmp_path, arguments, record):
    shutil.copyfile(map_file, tmp_path / "same.mrc")
    first, second = (
        write(tmp_path / f"{name}.cif", bundle(c)) for name, c in (("first", CORNERS), ("second", RENAMED))
    )
    assert first.stat().st_size == second.stat().st_size
    command = [sys.executable, "-c", SESSION, *arguments, "--no-figures", "--reference", "B"]
    subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    saved = json.loads((tmp_path / record).read_text())
    if "matrix" in saved:
        found = dict(zip(saved["matrix"]["groups"], saved["matrix"]["occupancies"][0], strict=True))
    else:
        found = {row["group"]: row["occupancy"] for row in saved["refinement"]["rows"]}
    assert found == pytest.approx({"B": TRUTH["A"], "A": TRUTH["B"], "C": TRUTH["C"]}, abs=0.05)


def test_a_model_that_changed_since_it_was_chosen_is_refused(model_file):
    choice = AtomChoice((model_file,))
    write(model_file, bundle(RENAMED))
    with pytest.raises(OccuPyError, match="was changed while the program ran"):
        read_groups(choice)


def test_a_model_that_is_written_twice_keeps_what_the_file_has_where_nothing_is_given(model_file, tmp_path):
    model = AtomicModel(model_file)
    for value in (0.5, np.nan):
        model.write(tmp_path / "written.cif", *np.full((2, len(model.atoms)), value))
    written = AtomicModel(tmp_path / "written.cif").atoms
    assert {(atom.occ, atom.b_iso) for atom in written} == {(1.0, B_FACTOR)}


@pytest.mark.parametrize(("b_shift", "expected"), [(30.0, B_FACTOR + 30), (-2 * B_FACTOR, 0.0)])
def test_written_b_factors_are_those_of_the_file_and_the_shift_but_not_below_0(model_file, tmp_path, b_shift, expected):
    model = AtomicModel(model_file)
    model.write(tmp_path / "written.pdb", *np.full((2, len(model.atoms)), b_shift))
    assert {atom.b_iso for atom in AtomicModel(tmp_path / "written.pdb").atoms} == {expected}


@pytest.mark.parametrize("text", ["head", "=//A", "head=", ""])
def test_a_group_without_name_or_selection_is_refused(occupy, map_file, model_file, text):
    done = occupy("refine", map_file, "--atoms", model_file, "--groups", text)
    assert done.returncode == 2
    assert "must be a name and a selection, such as head=//A/1-100" in done.stderr


PLACELESS = "ATOM      1  CA  ALA A   1         nan     nan     nan  1.00 20.00           C\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.cif", None, "no such file"),
        ("words.cif", "these are no atoms\n", "cannot be read as an atomic model"),
        ("empty.pdb", "", "it holds no atoms"),
        ("short.pdb", "ATOM      1  CA  ALA A   1\n", "The line is too short to be correct"),
        ("nan.pdb", PLACELESS, "coordinates of an atom are missing or no numbers"),
        ("cut.cif.gz", b"\x1f\x8b\x08\x00\x00", "cannot be read as an atomic model"),
    ],
)
def test_a_file_that_is_no_model_is_refused_once_however_many_maps(
    refusal, store, density, map_file, name, content, message
):
    other = put(store, map_file.with_name("other.mrc"), density)
    if content is not None:
        map_file.with_name(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert message in refusal("refine", map_file, other, "--atoms", name)


def test_too_many_residues_are_refused_with_what_to_use_instead(refusal, map_file, tmp_path):
    structure = bundle({"A": CORNERS["A"], "B": CORNERS["B"]}, residues=30)
    chain = gemmi.Chain("R")
    for i in range(10000):
        at = ORIGIN + 10 + np.random.default_rng(i).uniform(size=3) * (90, 50, 60)
        chain.add_residue(ligand("UNK", i + 1, [("C", at)]))
    structure[0].add_chain(chain)
    model = write(tmp_path / "many.cif", structure)
    assert "group atoms by segment or chain instead" in refusal("refine", map_file, "--atoms", model, "--by", "residue")


def test_only_water_is_refused(refusal, map_file, tmp_path):
    structure = gemmi.Structure()
    structure.add_model(gemmi.Model(1))
    structure[0].add_chain(gemmi.Chain("W"))
    model = write(tmp_path / "water.cif", add_residue(structure, "W", ligand("HOH", 1, [("O", ORIGIN + 20)])))
    assert "all the atoms are water" in refusal("refine", map_file, "--atoms", model)
