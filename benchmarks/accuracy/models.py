"""Models of molecules as users have them, and their chains as `occupy.refine` takes them."""

from dataclasses import dataclass

import chimerax.occupy as occupy
import numpy as np

from ..simulation import complexes, ice, vacuum
from .conditions import CONDITIONS, TURNS

COORDINATE_ERROR, LARGEST_B_ERROR, ASSUMED_B = 0.5, 60.0, 60.0  # Å, Å², Å²


@dataclass(frozen=True, eq=False)
class GivenModel:
    """The model that a user would have of a molecule: wrong in coordinates and B-factors.

    Attributes
    ----------
    molecule : complexes.Complex
    kept : array of bool, shape (atoms,)
        Atoms that the model has: all, or all but hydrogens.
    shifts : array of float, shape (atoms, 3)
        Errors of the coordinates, z, y, x in Å.
    b_factors : array of float
        Of each residue.
    """

    molecule: complexes.Complex
    kept: np.ndarray
    shifts: np.ndarray
    b_factors: np.ndarray

    @property
    def chains(self):
        """The chain of each atom of the model."""
        return self.molecule.chains[self.kept]

    def places(self, box):
        """z, y, x of the atoms of the model in voxels."""
        return (vacuum.in_voxels(self.molecule, box) + self.shifts / box.voxel_size)[self.kept]

    def groups(self, box):
        """The chains as `occupy.refine` takes them."""
        b_factors = self.b_factors[self.molecule.residues[self.kept]]
        return groups_of(self.molecule, self.places(box)[:, ::-1] * box.voxel_size, self.kept, b_factors)


def given_model(molecule, b_factors, number):
    """The model for one map: with hydrogens or without, all B-factors 60 Å² or those of each chain shifted.

    Parameters
    ----------
    molecule : complexes.Complex
    b_factors : array of float
        The true ones, of each residue.
    number : int
        Of the map: tells which, and seeds the errors.

    Returns
    -------
    GivenModel
    """
    random = np.random.default_rng(number)
    shifts = random.standard_normal(molecule.positions.shape) * COORDINATE_ERROR / np.sqrt(3)
    wrong = random.uniform(-LARGEST_B_ERROR, LARGEST_B_ERROR, len(molecule.chain_names))
    heavy = molecule.is_heavy
    if number % 2:
        return GivenModel(molecule, heavy, shifts, np.full(len(b_factors), ASSUMED_B))
    of_residues = np.maximum(b_factors + wrong[molecule.residue_chains()], 0)
    return GivenModel(molecule, np.ones(len(heavy), bool), shifts, of_residues)


def maps_with_models(molecule, turn, solvent, dealt, conditions):
    """Maps of one molecule in ice, each with the model that a user would have.

    A map is the same whichever others are made; of two turns one gets the model with hydrogens.

    Yields
    ------
    condition : Condition
    density : float32 array, shape (z, y, x)
    box : vacuum.Box
    model : GivenModel
    occupancies : array of float
        Of each chain.
    """
    occupancies = vacuum.assigned_occupancies(molecule, turn, dealt)
    b_factors = vacuum.residue_b_factors(molecule, "mixed", turn)
    made = ice.potential(molecule, occupancies, b_factors, solvent)
    for condition in conditions:
        number = CONDITIONS.index(condition) + TURNS.index(turn)
        density, box = ice.observed(made, *condition, seed=[number, turn])
        yield condition, density, box, given_model(molecule, b_factors, number), occupancies


def groups_of(molecule, positions, kept=slice(None), b_factors=None):
    """The chains of a model as `occupy.refine` takes them, in the molecule's order, by name.

    Parameters
    ----------
    molecule : complexes.Complex
    positions : array of float, shape (kept atoms, 3)
        x, y, z in Å.
    kept : array of bool, shape (atoms,), optional
        Atoms that the model has; all unless given.
    b_factors : array of float, shape (kept atoms,), optional
    """
    groups, _ = occupy.make_groups(
        positions,
        np.array(molecule.elements)[kept],
        np.array(molecule.chain_names)[molecule.chains[kept]],
        residue_names=molecule.residue_names[kept],
        atom_names=molecule.atom_names[kept],
        residues=molecule.residues[kept],
        b_factors=b_factors,
    )
    return groups
