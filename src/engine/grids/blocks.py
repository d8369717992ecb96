"""Blocks of voxels: means over them, and from values of blocks back to voxels."""

from math import floor, gcd

import numpy as np

from .kernel import ROUNDING


class Blocks:
    """A map cut into blocks of a few voxels along each axis, the last ones smaller where the box does not divide.

    Parameters
    ----------
    shape : tuple of 3 int
        Of the map.
    voxel_size : tuple of 3 float
        Å along z, y and x.
    edge : float
        Å. Blocks are as long as voxels allow, but not longer; at least a voxel.
    """

    def __init__(self, shape, voxel_size, edge):
        self.map_shape = tuple(shape)
        self._factors = tuple(
            min(n, max(1, floor(edge / v * (1 + ROUNDING)))) for n, v in zip(shape, voxel_size, strict=True)
        )
        self.shape = tuple(-(-n // f) for n, f in zip(shape, self._factors, strict=True))
        self.voxel_size = tuple(f * v for f, v in zip(self._factors, voxel_size, strict=True))

    def planes_of(self, blocks):
        """The slice of planes of the map that these blocks, a slice along z, hold."""
        factor = self._factors[0]
        return slice(blocks.start * factor, min(blocks.stop * factor, self.map_shape[0]))

    def middle_of(self, block):
        """The plane of the map in the middle of a block along z."""
        planes = self.planes_of(slice(block, block + 1))
        return (planes.start + planes.stop) // 2

    def mean(self, values, axes=(0, 1, 2)):
        """Means over blocks.

        Parameters
        ----------
        values : array, shape (z, y, x)
            Planes that `planes_of` gave.
        axes : sequence of int
            Along which to take means: planes as they are without 0.

        Returns
        -------
        float32 array
        """
        for axis in axes:
            values = _mean_along(values, axis, self._factors[axis])
        return values.astype(np.float32, copy=False)

    def maximum(self, values):
        """Maxima over blocks, as `mean`."""
        for axis, factor in enumerate(self._factors):
            values = _reduced(values, axis, factor, np.maximum)
        return values

    def at(self, values, planes, steps=(1, 1, 1)):
        """Linear interpolation between the centres of blocks.

        Parameters
        ----------
        values : array of float32, of the shape of the blocks
        planes : slice
            Of the map at the step, with start and stop.
        steps : tuple of 3 int
            Every so many voxels along each axis.

        Returns
        -------
        float32 array
            Beyond the outermost centres the values stay as they are there.
        """
        wanted = [np.arange(0, n, step) for n, step in zip(self.map_shape, steps, strict=True)]
        wanted[0] = wanted[0][planes]
        for axis, voxels in enumerate(wanted):
            values = self._along(values, axis, voxels)
        return values

    def _along(self, values, axis, voxels):
        factor = self._factors[axis]
        block, place = np.divmod(voxels, factor)
        first, beyond = block[0], block[-1] + 1
        step = int(voxels[1] - voxels[0]) if len(voxels) > 1 else 1
        if factor == 1:
            return values[_only(axis, slice(first, beyond, step))]
        share = ((place - (factor - 1) / 2) / factor).astype(np.float32)
        rises = _rises(values, axis, first, beyond)
        values, block = values[_only(axis, slice(first, beyond))], block - first
        if axis == 2:
            common = gcd(factor, step)
            return _in_phases(values, rises, block, share, factor // common, step // common)
        result = np.take(rises, block + (share >= 0), axis=axis)
        result *= share.reshape([-1 if i == axis else 1 for i in range(3)])
        result += np.take(values, block, axis=axis)
        return result


def _rises(values, axis, first, beyond):
    """From each of some values to the next along an axis, from the one before the first to the one after the last."""
    low, high = max(first - 1, 0), min(beyond + 1, values.shape[axis])
    shape = list(values.shape)
    shape[axis] = beyond - first + 1
    rises = np.zeros(shape, values.dtype)
    within = rises[_only(axis, slice(low - (first - 1), high - first))]
    np.subtract(values[_only(axis, slice(low + 1, high))], values[_only(axis, slice(low, high - 1))], out=within)
    return rises


def _in_phases(values, rises, block, share, period, stride):
    """Interpolation along x, voxels that lie alike in their blocks at once.

    Every so many voxels, the period, lie alike, in blocks that are a stride apart.
    """
    result = np.empty((*values.shape[:2], len(share)), np.float32)
    for phase in range(min(period, len(share))):
        part = result[:, :, phase::period]
        first, reach = block[phase], (part.shape[2] - 1) * stride + 1
        side = first + int(share[phase] >= 0)
        rise = rises[:, :, side : side + reach : stride] * share[phase]
        rise += values[:, :, first : first + reach : stride]
        part[...] = rise
    return result


def _reduced(values, axis, factor, combine):
    """Values combined over runs along an axis."""
    every = [values[_only(axis, slice(offset, None, factor))] for offset in range(factor)]
    result = every[0].copy() if factor > 1 else every[0]
    for part in every[1:]:
        within = result[_only(axis, slice(0, part.shape[axis]))]
        combine(within, part, out=within)
    return result


def _mean_along(values, axis, factor):
    if values.dtype == bool:
        values = values.astype(np.float32)
    total = _reduced(values, axis, factor, np.add)
    if factor == 1:
        return total
    counts = np.full(total.shape[axis], factor, np.float32)
    counts[-1] = values.shape[axis] - factor * (total.shape[axis] - 1)
    total /= counts.reshape([-1 if i == axis else 1 for i in range(3)])
    return total


def _only(axis, wanted):
    return tuple(wanted if i == axis else slice(None) for i in range(3))
