"""How groups fit a map where they are: each by itself, the others taken away."""

from dataclasses import dataclass

import numpy as np

_CORE_SHARE = 0.1
_FEWEST_SHIFTED_ATOMS = 100
_LEAST_SHIFTED = 0.15
"""Of the strongest group: the place of one that is hardly there cannot be told."""


@dataclass(frozen=True, eq=False)
class LocalFits:
    """How each group of a fit fits the map where it is.

    Attributes
    ----------
    correlations : array of float, shape (groups,)
        Of the map, less the other groups, with the group's own density, in its core.
    shifts : array of float, shape (groups, 3)
        x, y, z in Å: the rigid shift that takes up most of what the fit leaves there. NaN where none is told, of
        groups that are small or hardly there.
    explained : array of float, shape (groups,)
        The share of what the fit leaves there that the shift takes up.
    """

    correlations: np.ndarray
    shifts: np.ndarray
    explained: np.ndarray


class Cores:
    """The core of each group on a grid, where its density is above a tenth of its maximum.

    Parameters
    ----------
    grid : CoarseGrid
    densities : scipy.sparse.csc_array, shape (voxels, groups)
    sizes : sequence of int
        Atoms of each group.
    """

    def __init__(self, grid, densities, sizes):
        self._grid = grid
        self._cores = [_core(densities[:, [i]]) for i in range(len(sizes))]
        self._gradients = {
            i: _gradients(grid, densities[:, [i]], self._cores[i][0])
            for i, size in enumerate(sizes)
            if size >= _FEWEST_SHIFTED_ATOMS
        }

    def fits(self, occupancies, left):
        """How the groups fit a map.

        Parameters
        ----------
        occupancies : array of float, shape (groups,)
            On any scale.
        left : array of float32
            What the fit leaves of the map, brought back to the model's fall-off: of the whole grid, flat; NaN where
            it is not known.

        Returns
        -------
        LocalFits
        """
        count = len(self._cores)
        correlations, explained, shifts = np.full(count, np.nan), np.zeros(count), np.full((count, 3), np.nan)
        least = _LEAST_SHIFTED * max(np.max(occupancies), 0)
        for i, (voxels, density) in enumerate(self._cores):
            known = np.isfinite(left[voxels])
            own, rest = density[known], left[voxels][known]
            if len(own) > 3:
                correlations[i] = correlation(own * np.float32(occupancies[i]) + rest, own)
            if i in self._gradients and occupancies[i] > least:
                shifts[i], explained[i] = _shift(occupancies[i], self._gradients[i][known], own, rest)
        return LocalFits(correlations, shifts, explained)


def correlation(some, others):
    """Pearson correlation of two arrays; NaN where one is constant."""
    a, b = some - some.mean(dtype=float), others - others.mean(dtype=float)
    power = float(a @ a) * float(b @ b)
    return float(a @ b) / np.sqrt(power) if power > 0 else float("nan")


def _core(column):
    """Voxels of the core of a group, and its density there."""
    inside = column.data > _CORE_SHARE * column.data.max()
    return column.indices[inside], column.data[inside]


def _gradients(grid, column, voxels):
    """How a group's density in some voxels changes as it moves along z, y and x, an array (voxels, 3)."""
    index = np.unravel_index(column.indices, grid.shape)
    first = [axis.min() for axis in index]
    # One voxel more on each side, where there is nothing.
    dim = [axis.max() - low + 3 for axis, low in zip(index, first, strict=True)]
    box = np.zeros(dim, np.float32)
    box[tuple(axis - low + 1 for axis, low in zip(index, first, strict=True))] = column.data
    places = tuple(axis - low + 1 for axis, low in zip(np.unravel_index(voxels, grid.shape), first, strict=True))
    return np.stack([-slope[places] for slope in np.gradient(box, *grid.pitch)], axis=1)


def _shift(occupancy, gradients, density, left):
    """The shift, x, y, z, that takes up most of what is left beside a group, and the share of it that it takes up."""
    slopes = np.column_stack([gradients, density]).astype(float)
    left = left.astype(float)
    solution = np.linalg.lstsq(slopes, left, rcond=None)[0]
    after = left - slopes @ solution
    # A group out of its place was fitted with less than there is of it, where shells were weighed otherwise than here.
    amount = max(occupancy, occupancy + solution[3])
    return solution[2::-1] / amount, float(1 - after @ after / max(left @ left, np.finfo(float).tiny))
