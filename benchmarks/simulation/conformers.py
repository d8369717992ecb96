"""Complexes of which one chain has two conformations, and maps of their particles, each of which has one or neither."""

from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from . import ice

OTHER = "'"
"""What is added to the name of a chain for that of its other conformation."""


def with_conformer(molecule, chain, rmsd, seed):
    """A complex with another conformation of a chain as its last chain: turned about where it touches the others.

    Parameters
    ----------
    molecule : complexes.Complex
    chain : int
    rmsd : float
        Å, of the atoms of both.
    seed : int
        Of the direction of the axis.

    Returns
    -------
    complexes.Complex
    """
    mine = molecule.chains == chain
    positions = molecule.positions[mine]
    nearest = cKDTree(molecule.positions[~mine]).query(positions)[0].argmin()
    from_hinge = positions - positions[nearest]
    axis = np.random.default_rng(seed).standard_normal(3)
    axis /= np.linalg.norm(axis)
    reach = np.sqrt((np.cross(from_hinge, axis) ** 2).sum(axis=1).mean())
    angle = 2 * np.arcsin(rmsd / (2 * reach))
    turned = positions[nearest] + Rotation.from_rotvec(angle * axis).apply(from_hinge)
    own = molecule.residues[mine]
    return replace(
        molecule,
        elements=[*molecule.elements, *np.array(molecule.elements)[mine]],
        positions=np.concatenate([molecule.positions, turned]),
        chains=np.append(molecule.chains, np.full(len(own), len(molecule.chain_names))),
        residues=np.append(molecule.residues, own - own.min() + molecule.residues.max() + 1),
        chain_names=[*molecule.chain_names, molecule.chain_names[chain] + OTHER],
        residue_names=np.append(molecule.residue_names, molecule.residue_names[mine]),
        atom_names=np.append(molecule.atom_names, molecule.atom_names[mine]),
    )


def potentials(molecule, chain, b_factors, solvent):
    """Potentials of a particle with a chain as it was, with its other conformation, and with neither.

    What a map shows is their mean over the particles: the ice of either place is displaced where the chain is.

    Parameters
    ----------
    molecule : complexes.Complex
        Of `with_conformer`.
    chain : int
    b_factors : array of float
        Of each residue.
    solvent : str
        One of `ice.SOLVENTS`.

    Returns
    -------
    list of 3 ice.Potential
        In one box.
    """
    found = []
    for away in ([-1], [chain], [chain, -1]):
        occupancies = np.ones(len(molecule.chain_names))
        occupancies[away] = 0
        found.append(ice.potential(molecule, occupancies, b_factors, solvent, found[0].box if found else None))
    return found


def mixed(made, shares):
    """The potential of particles of which such shares have either conformation, and the others neither.

    Parameters
    ----------
    made : list of 3 ice.Potential
    shares : sequence of 2 float

    Returns
    -------
    ice.Potential
    """
    first, second = shares
    with_first, with_second, without = (one.density for one in made)
    density = first * with_first + second * with_second + (1 - first - second) * without
    return ice.Potential(density.astype(np.float32), made[0].box)
