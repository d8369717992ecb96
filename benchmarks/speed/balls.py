"""Chains for the timings: balls of atoms as dense as in a protein, packed on a grid."""

import numpy as np
from chimerax.occupy.engine.grids import fourier

ATOMS_PER_CUBIC_ANGSTROM = 0.06  # without hydrogens


def chains(count, atoms, extent):
    """Atoms in balls on a cubic lattice about the middle of a box.

    Parameters
    ----------
    count : int
        Of chains.
    atoms : int
        Of each.
    extent : float
        Of the box, in Å.

    Returns
    -------
    positions : array of float, shape (all atoms, 3)
        x, y, z in Å.
    labels : array of str, shape (all atoms,)
        The number of each atom's chain.
    """
    random = np.random.default_rng(0)
    radius = (3 * atoms / ATOMS_PER_CUBIC_ANGSTROM / (4 * np.pi)) ** (1 / 3)
    side = int(np.ceil(count ** (1 / 3)))
    places = (np.stack(np.unravel_index(np.arange(count), (side,) * 3), axis=1) - (side - 1) / 2) * 1.8 * radius
    directions = random.standard_normal((count, atoms, 3))
    directions /= np.linalg.norm(directions, axis=2, keepdims=True)
    offsets = directions * radius * random.random((count, atoms, 1)) ** (1 / 3)
    positions = extent / 2 + places[:, None] + offsets
    return positions.reshape(-1, 3), np.repeat(np.arange(count).astype(str), atoms)


def density_of(positions, weights, size, voxel_size, resolution):
    """Atoms on the nearest voxels of a cubic map of this size, low-passed."""
    density = np.zeros((size,) * 3, np.float32)
    voxels = np.rint(positions[:, ::-1] / voxel_size).astype(int)
    np.add.at(density, tuple(voxels.T), weights)
    return fourier.lowpass(density, resolution, (voxel_size,) * 3)
