"""Weights of atoms against sums worked out by hand, and groups of atoms."""

import numpy as np
import pytest
from chimerax.occupy import OccuPyError, make_groups
from chimerax.occupy.engine.refinement.groups import alternate_shares, segment_numbers
from chimerax.occupy.engine.refinement.scattering import ICE, scattering_of

GLYCINE = {"N": "N", "CA": "C", "C": "C", "O": "O"}
F = {"H": 0.529, "C": 2.509, "N": 2.211, "O": 1.983}
ADENOSINE = "P OP1 OP2 O5' C5' C4' O4' C3' O3' C2' O2' C1' N9 C8 N7 C5 C6 N6 N1 C2 N3 C4"


def of_residue(name, atoms, elements=None):
    elements = elements or [atom[0] for atom in atoms]
    return scattering_of(elements, [name] * len(atoms), atoms, [1] * len(atoms))


def test_a_glycine_residue_counts_its_three_hydrogens():
    found = of_residue("GLY", list(GLYCINE), list(GLYCINE.values()))
    assert found.potential.sum() == pytest.approx(2 * F["C"] + F["N"] + F["O"] + 3 * F["H"])
    assert found.volume.sum() == pytest.approx(2 * 16.44 + 2.49 + 9.13 + 3 * 5.15)


@pytest.mark.parametrize(
    ("name", "atoms", "hydrogens"),
    [
        ("ALA", "N CA C O CB", 5),
        ("LYS", "N CA C O CB CG CD CE NZ", 13),
        ("ARG", "N CA C O CB CG CD NE CZ NH1 NH2", 13),
        ("TRP", "N CA C O CB CG CD1 CD2 NE1 CE2 CE3 CZ2 CZ3 CH2", 10),
        ("PRO", "N CA C O CB CG CD", 7),
        ("VAL", "N CA C O CB CG1 CG2", 9),
        ("HOH", "O", 2),
        ("A", ADENOSINE, 11),
        ("DT", "P OP1 OP2 O5' C5' C4' O4' C3' O3' C2' C1' N1 C2 O2 N3 C4 O4 C5 C7 C6", 12),
    ],
)
def test_residues_have_the_hydrogens_of_their_formula_within_a_chain(name, atoms, hydrogens):
    with_hydrogens = of_residue(name, atoms.split()).potential.sum()
    bare = scattering_of([*[a[0] for a in atoms.split()], "H"]).potential.sum() - F["H"]
    assert (with_hydrogens - bare) / F["H"] == pytest.approx(hydrogens)


def test_a_residue_that_has_hydrogens_gets_no_more():
    found = of_residue("GLY", ["N", "H", "CA", "C", "O"], ["N", "H", "C", "C", "O"])
    assert found.potential.sum() == pytest.approx(2 * F["C"] + F["N"] + F["O"] + F["H"])


def test_a_whole_residue_stands_for_each_atom_of_a_trace():
    found = scattering_of(["C"] * 3, ["GLY", "ALA", "TRP"], ["CA"] * 3, [1, 2, 3])
    assert found.potential[0] == pytest.approx(2 * F["C"] + F["N"] + F["O"] + 3 * F["H"])
    assert found.potential[1] == pytest.approx(3 * F["C"] + F["N"] + F["O"] + 5 * F["H"])
    assert (found.width > 0).all()
    assert "one atom for each residue" in found.notes[0]


def test_unknown_elements_are_named_and_count_as_carbon():
    found = scattering_of(["C", "Xx", "N", "H"])
    assert found.potential[1] == F["C"]
    assert found.notes == ["Unknown elements count as carbon: Xx."]


def test_rna_weighs_about_a_quarter_more_than_protein_for_each_heavy_atom():
    protein = of_residue("ALA", ["N", "CA", "C", "O", "CB"])
    rna = of_residue("A", ADENOSINE.split())
    weights = [(s.potential - ICE * s.volume).mean() for s in (protein, rna)]
    assert 1.1 < weights[1] / weights[0] < 1.4


def test_groups_come_in_the_order_of_their_first_atom():
    positions = np.arange(15.0).reshape(5, 3)
    groups, notes = make_groups(positions, ["C"] * 5, ["B", "A", "B", "C", "A"])
    assert list(groups) == ["B", "A", "C"]
    assert notes == []
    np.testing.assert_array_equal(groups["A"].positions, positions[[1, 4]])


def test_arrays_that_do_not_belong_together_are_refused():
    with pytest.raises(OccuPyError, match="there are 2 elements, but 3 positions"):
        make_groups(np.zeros((3, 3)), ["C"] * 2, ["A"] * 3)
    with pytest.raises(OccuPyError, match="finite"):
        make_groups(np.full((1, 3), np.nan), ["C"], ["A"])


def test_alternate_locations_add_up_to_one_atom():
    shares = alternate_shares(["x", "y", "y", "z", "z"], ["", "A", "B", "A", "B"], [0.0, 0.3, 0.1, 0.0, 0.0])
    assert shares.tolist() == pytest.approx([1, 0.75, 0.25, 0.5, 0.5])


def test_segments_of_a_chain_are_of_equal_length():
    chains = ["A"] * 70 + ["B"] * 10
    segments = segment_numbers(chains, [*range(70), *range(10)], 30)
    assert np.bincount(segments[:70]).tolist() == [35, 35]
    assert set(segments[70:]) == {0}
