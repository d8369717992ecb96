"""The maps in ice against which refined occupancies are validated."""

import numpy as np
import pytest

from benchmarks.simulation import complexes, ice

# f_e(0) in Å (International Tables C, 4.3.2.2) and displaced Å³ (Fraser, MacRae & Suzuki 1978) of residues by hand:
# alanine C3H5NO without its terminal atoms, adenosine and uridine with their phosphates
_POTENTIAL = {"H": 0.529, "C": 2.509, "N": 2.211, "O": 1.983, "P": 5.488}
_VOLUME = {"H": 5.15, "C": 16.44, "N": 2.49, "O": 9.13, "P": 5.73}
_DALTONS = {"H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999, "P": 30.974}
_FORMULAS = {
    "ALA": {"C": 3, "H": 5, "N": 1, "O": 1},
    "A": {"C": 10, "H": 11, "N": 5, "O": 6, "P": 1},
    "U": {"C": 9, "H": 10, "N": 2, "O": 8, "P": 1},
}
_ICE = 0.0945  # Å per Å³


def _sum_over(formula, table):
    return sum(count * table[element] for element, count in formula.items())


def _total(density, box):
    return float(density.sum(dtype=float)) * box.voxel_size**3


def test_scattering_of_a_map_with_ice_displaced_by_atoms_is_that_of_its_residues():
    molecule = complexes.bundles(2, "two", seed=1)
    occupancies = np.array([1.0, 0.4])
    made = ice.potential(molecule, occupancies, np.full(210, 80.0), "atoms")
    of_alanine = _sum_over(_FORMULAS["ALA"], _POTENTIAL) - _ICE * _sum_over(_FORMULAS["ALA"], _VOLUME)
    # The tables of gemmi and of the sum above agree to 0.4 %, of which the ice leaves twice as much.
    assert _total(made.density, made.box) == pytest.approx(105 * 1.4 * of_alanine, rel=0.008)


def test_scattering_of_a_map_with_ice_displaced_by_chains_follows_their_measured_volume():
    molecule = complexes.bundles(1, "one", seed=1)
    made = ice.potential(molecule, np.array([0.5]), np.full(105, 80.0), "mask")
    volume = 0.747 / 0.60221 * _sum_over(_FORMULAS["ALA"], _DALTONS)  # of mL/g, in Å³
    of_alanine = _sum_over(_FORMULAS["ALA"], _POTENTIAL) - _ICE * volume
    assert _total(made.density, made.box) == pytest.approx(105 * 0.5 * of_alanine, rel=0.008)


def test_residues_of_the_ribonucleoprotein_have_the_atoms_of_their_formulas():
    molecule = complexes.ribonucleoprotein("one", seed=0)
    elements = np.array(molecule.elements)
    for name, formula in _FORMULAS.items():
        mine = molecule.residue_names == name
        residues = len(np.unique(molecule.residues[mine]))
        assert {e: np.sum(elements[mine] == e) / residues for e in formula} == formula


def test_rna_is_joined_from_residue_to_residue_along_a_strand():
    molecule = complexes.ribonucleoprotein("one", seed=0)
    strand = (molecule.residue_names == "A") & (molecule.chains == 0)
    oxygens = molecule.positions[strand & (molecule.atom_names == "O3'")]
    phosphorus = molecule.positions[strand & (molecule.atom_names == "P")]
    lengths = np.linalg.norm(oxygens[:13] - phosphorus[1:14], axis=1)
    assert np.allclose(lengths, 1.607, atol=0.02)


def test_noise_of_an_observed_map_has_the_asked_share_of_the_densest_places():
    molecule = complexes.bundles(1, "one", seed=1)
    made = ice.potential(molecule, np.array([1.0]), np.full(105, 80.0), "atoms")
    clean, _ = ice.observed(made, 5.0, 0.0, "plain", 0)
    weak, _ = ice.observed(made, 5.0, 0.1, "plain", 0)
    strong, _ = ice.observed(made, 5.0, 0.3, "plain", 0)
    assert np.std(strong - clean) == pytest.approx(3 * np.std(weak - clean), rel=1e-4)
    assert 0.05 * clean.max() < np.std(weak - clean) < 0.1 * clean.max()
