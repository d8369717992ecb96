"""occupy measure with atomic models."""

import json

import numpy as np
import pytest
from chimerax import occupy as library
from PIL import Image

gemmi = pytest.importorskip("gemmi", reason="gemmi is not installed")


def model_file(path, chains):
    """A PDB file of one-atom residues; `chains` gives the positions (x, y, z in Å) of each."""
    structure = gemmi.Structure()
    structure.add_model(gemmi.Model(1))
    for name, positions in chains.items():
        chain = gemmi.Chain(name)
        for number, position in enumerate(positions, start=1):
            residue = gemmi.Residue()
            residue.name, residue.seqid = "ALA", gemmi.SeqId(number, " ")
            atom = gemmi.Atom()
            atom.name, atom.element, atom.pos = "CA", gemmi.Element("C"), gemmi.Position(*position)
            residue.add_atom(atom)
            chain.add_residue(residue)
        structure[0].add_chain(chain)
    structure.write_pdb(str(path))
    return path


@pytest.fixture
def rows(occupy, tmp_path):
    def run(*arguments):
        done = occupy("measure", *arguments, "--json", tmp_path / "table.json", "--overwrite")
        assert done.returncode == 0, done.stderr
        return json.loads((tmp_path / "table.json").read_text())

    return run


def test_chains_have_the_scale_at_their_atoms_whatever_the_header_says_of_the_origin(rows, store, tmp_path):
    scale = np.linspace(0, 1, 20, dtype=np.float32) * np.ones((12, 16, 1), np.float32)
    chains = {"A": [(3.0, 4.5, 6.0), (6.0, 4.5, 6.0)], "B": [(21.75, 9.0, 9.0)]}
    for i, origin in enumerate(((0, 0, 0), (30.0, -12.0, 7.5))):
        source = store(tmp_path / f"scale{i}.mrc", scale)
        set_origin(source, origin)
        moved = {name: np.array(at) + origin for name, at in chains.items()}
        found = rows(source, "--atoms", model_file(tmp_path / "model.pdb", moved))
        assert [row["region"] for row in found] == ["/A", "/B"]
        assert [row["mean"] for row in found] == pytest.approx([3 / 19, 14.5 / 19], abs=1e-6)


def set_origin(path, origin):
    import mrcfile

    with mrcfile.open(path, mode="r+") as file:
        for name, value in zip("xyz", origin, strict=True):
            file.header.origin[name] = value


def test_haemoglobin_s_symmetry_shows_in_its_chains(rows, occupy, shared_file, tmp_path):
    density = shared_file("data", "emd_3488.mrc.gz")
    model = shared_file("data", "5ni1_updated.cif.gz")
    assert occupy("estimate", density, "--output-dir", tmp_path).returncode == 0
    found = {
        row["region"]: row for row in rows(tmp_path / "emd_3488_occupancy.mrc", "--atoms", model, "--map", density)
    }
    for one, other in (("/A", "/C"), ("/B", "/D")):
        for figure in ("mean", "relative_density"):
            assert found[one][figure] == pytest.approx(found[other][figure], abs=0.02)


def test_the_flexibility_of_chains_is_told_in_the_same_table(rows, store, density, tmp_path):
    source = store(tmp_path / "scale.mrc", library.estimate(density, 1.5).scale)
    shifts = np.full(density.shape, -1000, np.float32)
    shifts[5:15] = 25
    flexibility = store(tmp_path / "flexibility.mrc", shifts)
    model = model_file(tmp_path / "model.pdb", {"A": [(15, 15, 15), (20, 15, 15)], "B": [(15, 15, 45)]})
    first, second = rows(source, "--atoms", model, "--flexibility-map", flexibility)
    assert first["flexibility"] == pytest.approx(25)
    assert second["flexibility"] is None


def test_a_plot_of_the_scale_against_the_flexibility_is_saved(occupy, refusal, store, density, tmp_path):
    source = store(tmp_path / "scale.mrc", library.estimate(density, 1.5).scale)
    flexibility = store(tmp_path / "flexibility.mrc", np.full(density.shape, 25, np.float32))
    model = model_file(tmp_path / "model.pdb", {"A": [(15, 15, 15), (20, 15, 15)], "B": [(15, 15, 45)]})
    asked = ("measure", source, "--atoms", model, "--plot", tmp_path / "plot.png", "--flexibility-map", flexibility)
    done = occupy(*asked)
    assert done.returncode == 0, done.stderr
    assert "wrote" in done.stdout
    with Image.open(tmp_path / "plot.png") as picture:
        assert min(picture.size) > 300
        assert picture.convert("L").getextrema()[0] < 100
    assert "exists already" in refusal(*asked)
    assert "expected --flexibility-map with it" in refusal(*asked[:-2], "--overwrite")
    assert "cannot be both a table and a plot" in refusal(*asked, "--csv", tmp_path / "plot.png", "--overwrite")
    assert "must end with .png" in occupy(*asked, "--plot", tmp_path / "plot.cif").stderr
    other = store(tmp_path / "other.mrc", density)
    assert "--plot is of one map" in refusal("measure", other, *asked[1:], "--overwrite")


def test_residues_and_whole_models_can_be_measured(rows, store, density, tmp_path):
    source = store(tmp_path / "scale.mrc", library.estimate(density, 1.5).scale)
    model = model_file(tmp_path / "model.pdb", {"A": [(15, 15, 15), (20, 15, 15), (1e4, 0, 0)]})
    assert [row["region"] for row in rows(source, "--atoms", model, "--by", "residue")] == ["/A:1 ALA", "/A:2 ALA"]
    (whole,) = rows(source, "--atoms", model, "--by", "model")
    assert (whole["region"], whole["count"]) == ("model.pdb", 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such file"), ("this is no model\n", "cannot be read as an atomic model"), ("far", "are outside")],
)
def test_a_model_is_refused_that_is_missing_or_none_or_elsewhere(refusal, store, density, tmp_path, content, message):
    source = store(tmp_path / "scale.mrc", library.estimate(density, 1.5).scale)
    path = tmp_path / "model.pdb"
    if content == "far":
        model_file(path, {"A": [(1e4, 0, 0)]})
    elif content is not None:
        path.write_text(content)
    assert message in refusal("measure", source, "--atoms", path)


def test_nothing_to_measure_is_refused(refusal, store, density, tmp_path):
    source = store(tmp_path / "scale.mrc", library.estimate(density, 1.5).scale)
    assert "--masks or --atoms" in refusal("measure", source)


def test_atoms_outside_the_map_are_told_of(occupy, store, density, tmp_path):
    source = store(tmp_path / "scale.mrc", library.estimate(density, 1.5).scale)
    model = model_file(tmp_path / "model.pdb", {"A": [(15, 15, 15), (1e4, 0, 0)]})
    done = occupy("measure", source, "--atoms", model)
    assert f"1 of 2 atoms of {model} are outside the map and were left out" in done.stdout


@pytest.mark.parametrize(("start", "end"), [(12, 16), (16, 17), (17, 20), (21, 22), (26, 27)])
def test_a_model_with_a_name_that_is_not_utf_8_is_refused_in_a_sentence(refusal, store, density, tmp_path, start, end):
    """Names of atom, alternate location, residue and chain, and an insertion code."""
    store(tmp_path / "map.mrc", density)
    lines = model_file(tmp_path / "model.pdb", {"A": [(15, 15, 15), (20, 15, 15)]}).read_bytes().splitlines(True)
    written = [
        line[:start] + b"\xe9" * (end - start) + line[end:] if line.startswith(b"ATOM") else line for line in lines
    ]
    (tmp_path / "model.pdb").write_bytes(b"".join(written))
    sentence = refusal("refine", "map.mrc", "--atoms", "model.pdb")
    assert "model.pdb cannot be read as an atomic model (PDB or mmCIF): a name in it is not UTF-8" in sentence
