"""How well the isosurface of a map shows the molecule."""

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

SURFACE, QUANTILE = 0.25, 0.999
"""The surface of the full map is at this share of this quantile of its densities above solvent."""

REACH = 5.0
"""Å from the nearest atom: what is farther is solvent."""


class Vicinity:
    """To which chain the voxels of a box belong.

    Parameters
    ----------
    places : array of float, shape (atoms, 3)
        z, y, x in voxels.
    chains : array of int, shape (atoms,)
    shape : tuple of 3 int
        Of the box.
    voxel_size : float
        Å.

    Attributes
    ----------
    nearest : array of int, shape (voxels,)
        The chain of the nearest atom, -1 in solvent.
    solvent : array of bool, shape (voxels,)
    distances : array of float32, shape (voxels,)
        Å to that atom, infinite in solvent.
    """

    def __init__(self, places, chains, shape, voxel_size):
        self.voxel_size = voxel_size
        voxels = np.indices(shape, np.float32).reshape(3, -1).T
        distances, atoms = cKDTree(places).query(voxels, distance_upper_bound=REACH / voxel_size, workers=-1)
        self.nearest = np.append(chains, -1)[atoms]
        self.solvent = self.nearest < 0
        self.distances = (distances * voxel_size).astype(np.float32)

    def of_chains(self, inside):
        """Which of some voxels belong to each chain.

        Parameters
        ----------
        inside : array of bool, shape (voxels,)

        Returns
        -------
        list of array of int
            Their indices, an array for each chain.
        """
        chosen = np.flatnonzero(inside)
        return [chosen[self.nearest[chosen] == chain] for chain in range(self.nearest.max() + 1)]


class Shown(NamedTuple):
    """What an isosurface shows.

    Attributes
    ----------
    dice : float
        Twice the volume that it shares with the full surface, over the sum of both volumes.
    level : float
    chains : array of float
        Share of each chain's volume, in the full surface, that is shown.
    specks : float
        Volume shown beyond 5 Å of any atom, in Å³.
    """

    dice: float
    level: float
    chains: np.ndarray
    specks: float


class Surface:
    """The isosurface of the map of a molecule that is all there, without noise, to hold those of other maps against.

    Parameters
    ----------
    full : array of float, shape (z, y, x)
    vicinity : Vicinity
        Of the molecule in this box.

    Attributes
    ----------
    chains : list of array of int
        The voxels in it that belong to each chain.
    height : float
        Of the full map above solvent, the percentile of which the surface is at a share.
    """

    def __init__(self, full, vicinity):
        self._vicinity = vicinity
        heights = full.ravel() - full.ravel()[vicinity.solvent].mean(dtype=float)
        self.height = float(np.quantile(heights, QUANTILE))
        self._inside = heights >= SURFACE * self.height
        self._volume = np.count_nonzero(self._inside)
        self.chains = vicinity.of_chains(self._inside)

    def shown(self, density):
        """What a map shows at the level at which it agrees best with the full surface.

        Parameters
        ----------
        density : array of float, shape (z, y, x)

        Returns
        -------
        Shown
        """
        return self.at(density, self._best_level(density.ravel()))

    def at(self, density, level):
        """What a map shows at a level: `Shown`."""
        shown = density.ravel() >= level
        together = np.count_nonzero(shown & self._inside)
        shares = [shown[voxels].mean() if len(voxels) else np.nan for voxels in self.chains]
        specks = np.count_nonzero(shown & self._vicinity.solvent) * self._vicinity.voxel_size**3
        return Shown(self._dice(together, np.count_nonzero(shown)), float(level), np.array(shares), specks)

    def _dice(self, together, shown):
        return 2 * together / (shown + self._volume)

    def _best_level(self, values):
        """The level of the best Dice: the value of a voxel inside, as between two of these lies nothing that agrees."""
        levels = np.sort(values[self._inside])
        together = np.arange(len(levels), 0, -1)
        shown = len(values) - np.searchsorted(np.sort(values), levels)
        return levels[np.argmax(self._dice(together, shown))]
