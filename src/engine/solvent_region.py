"""Where solvent is sought: the ellipsoid in the box, or the solvent side of a solvent definition."""

import numpy as np

from .errors import OccuPyError
from .suitability import check_real

_SAMPLE = 1 << 18
"""Voxels, about."""


class Region:
    """The voxels in which solvent is sought.

    By default those of the largest ellipsoid that the box holds; with a solvent
    definition those on its solvent side.

    Parameters
    ----------
    shape : tuple of 3 int
    solvent : bool array of that shape, optional
        True in solvent.
    left_out : tuple (array of float32 of that shape, float), optional
        A map and a value: voxels where the map has that value are left out.
    """

    def __init__(self, shape, solvent=None, left_out=None):
        self.shape = shape
        self._solvent = solvent
        self._left_out = left_out
        self._squared = [((np.arange(n, dtype=np.float32) - (n - 1) / 2) / (n / 2)) ** 2 for n in shape]

    def mask(self, planes, corners=False):
        """Bool array for a slice of planes, the corners of the box among them if asked."""
        if self._solvent is not None:
            mask = self._solvent[planes]
        elif corners:
            mask = np.ones((len(range(*planes.indices(self.shape[0]))), *self.shape[1:]), bool)
        else:
            z, y, x = self._squared
            mask = (z[planes, None, None] + y[:, None]) + x <= 1
        if self._left_out is not None:
            values, value = self._left_out
            mask = mask & (values[planes] != value)
        return mask

    def sample(self, density):
        """Sorted values of up to about a quarter of a million voxels of the region."""
        stride = max(1, round((density.size / _SAMPLE) ** (1 / 3)))
        picked = [
            density[z : z + 1][0, ::stride, ::stride][self.mask(slice(z, z + 1))[0, ::stride, ::stride]]
            for z in range(0, self.shape[0], stride)
        ]
        return np.sort(np.concatenate(picked))


def solvent_side(mask, lowpassed):
    """The solvent side of a solvent definition: the one where the map varies less.

    Parameters
    ----------
    mask : array, shape (z, y, x)
        One that `check_mask` accepts; split at the middle of its range.
    lowpassed : array of float32 of the same shape

    Returns
    -------
    bool array, True in solvent
    """
    inside = mask > (float(mask.min()) + float(mask.max())) / 2
    variances = [lowpassed[side].var(dtype=float) for side in (inside, ~inside)]
    return inside if variances[0] < variances[1] else ~inside


def check_mask(mask, shape):
    """Raise `OccuPyError` where a solvent definition is on another grid or has one side only."""
    mask = np.asarray(mask)
    check_real(mask, "solvent mask")
    if mask.shape != tuple(shape):
        raise OccuPyError(
            f"the solvent mask has {_grid(mask.shape)} voxels, but the map has {_grid(shape)}; both must be on one grid"
        )
    lowest, highest = mask.min(), mask.max()
    if lowest == highest or not (np.isfinite(lowest) and np.isfinite(highest)):
        raise OccuPyError(
            "the solvent mask has one value everywhere or is not finite; expected two sides, such as 0 and 1"
        )


def _grid(shape):
    return " x ".join(str(n) for n in reversed(shape))
