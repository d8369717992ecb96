"""Maps and scale maps that are given: checked, as arrays of float32, with their range and their most common value."""

from dataclasses import dataclass
from math import log2

import numpy as np

from .. import parallel
from ..errors import OccuPyError
from .table import LARGEST_MAGNITUDE, SMALLEST_MAGNITUDE

MASKED_SHARE = 0.05
"""A value that more voxels than this share is what a mask left outside."""

_SAMPLE = 1 << 17


@dataclass(frozen=True)
class Range:
    """Lowest and highest value of a map."""

    lowest: float
    highest: float

    @property
    def unit(self):
        """A power of two of the size of the values: over it no square of them overflows, and no digit is lost."""
        return 2.0 ** round(log2(max(abs(self.lowest), abs(self.highest))))


def checked_density(density):
    """The map as a float32 array that can be worked on.

    Parameters
    ----------
    density : array of any real or integer type, shape (z, y, x)

    Returns
    -------
    density : array of float32
        The input itself where it is float32 already.
    Range

    Raises
    ------
    OccuPyError
        If it is not three-dimensional, not of numbers, has voxels that are not
        finite, or has one value only.
    """
    try:
        array = np.asarray(density)
    except ValueError:
        raise OccuPyError("the map's rows are not of one length, but it must be an array of shape (z, y, x)") from None
    if array.ndim != 3 or 0 in array.shape:
        raise OccuPyError(f"the map has shape {array.shape}, but must have three axes (z, y, x), none empty")
    if array.dtype.kind not in "fiub":
        raise OccuPyError(f"the map's values are of type {array.dtype}, but must be real numbers")
    with np.errstate(over="ignore"):
        array = array.astype(np.float32, copy=False)
    found = value_range(array)
    if not (np.isfinite(found.lowest) and np.isfinite(found.highest)):
        bad = array.size - int(np.count_nonzero(np.isfinite(array)))
        raise OccuPyError(
            f"{bad} of {array.size} voxels are NaN or infinite (or beyond float32), but all must be finite numbers"
        )
    if found.lowest == found.highest:
        raise OccuPyError(f"the map is constant, {found.lowest:g} everywhere, so it shows no density above solvent")
    magnitude = max(abs(found.lowest), abs(found.highest))
    if not SMALLEST_MAGNITUDE < magnitude < LARGEST_MAGNITUDE:
        raise OccuPyError(
            f"the map's largest absolute value is {magnitude:.3g}, but must be between "
            f"{SMALLEST_MAGNITUDE:g} and {LARGEST_MAGNITUDE:g}: scale the map"
        )
    return array, found


def checked_scale(local_scale):
    """A scale map as a float32 array.

    Raises
    ------
    OccuPyError
        If its values are not all within 0 to 1.
    """
    try:
        array = np.asarray(local_scale, np.float32)
    except (TypeError, ValueError):
        raise OccuPyError(f"the scale map is {local_scale!r}, but must be an array of numbers") from None
    if array.ndim != 3 or 0 in array.shape:
        raise OccuPyError(f"the scale map has shape {array.shape}, but must have three axes (z, y, x), none empty")
    found = value_range(array)
    if not (found.lowest >= 0 and found.highest <= 1):
        raise OccuPyError(
            f"the scale map's values go from {found.lowest:.4g} to {found.highest:.4g}, but must lie within 0 to 1"
        )
    return array


def value_range(density):
    """Lowest and highest value; not finite where any voxel is not."""

    def extremes(slab):
        return float(density[slab].min()), float(density[slab].max())

    lowest, highest = np.array(parallel.run(extremes, parallel.plane_slabs(density.shape))).T
    return Range(float(lowest.min()), float(highest.max()))


def check_box(shape, size):
    """Raise `OccuPyError` where a box of this shape is smaller than the kernel."""
    if min(shape) < size:
        box = " x ".join(str(n) for n in reversed(shape))
        raise OccuPyError(f"the box of {box} voxels is smaller than the kernel: every edge must be at least {size}")


def common_value(density):
    """The value that most voxels share, and the share of voxels that have it.

    Found in a sample, counted in the whole map: masked maps have most voxels at
    exactly zero, others hardly two at one value.
    """
    sample = density.ravel()[:: max(1, density.size // _SAMPLE)]
    values, counts = np.unique(sample, return_counts=True)
    value = values[np.argmax(counts)]
    if counts.max() / len(sample) < MASKED_SHARE / 2:
        return float(value), counts.max() / len(sample)

    def count(slab):
        return np.count_nonzero(density[slab] == value)

    total = sum(parallel.run(count, parallel.plane_slabs(density.shape)))
    return float(value), total / density.size
