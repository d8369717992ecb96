"""Maps, half maps and scale maps that are given: checked, as arrays of float32, and what is found in them first."""

from dataclasses import dataclass
from math import log2

import numpy as np

from .. import parallel
from ..errors import OccuPyError
from .table import LARGEST_MAGNITUDE, SMALLEST_MAGNITUDE

MASKED_SHARE = 0.05
"""A value that more voxels than this share is what a mask left outside."""

_SAMPLE = 1 << 17
_ROUNDING = 16 * float(np.finfo(np.float32).eps)
"""Of the largest value: values that differ by no more are one value."""

_DIGITS = 1e7
"""What float32 tells apart: beside values so many times as large a density is lost."""


@dataclass(frozen=True)
class Range:
    """Lowest and highest value of a map."""

    lowest: float
    highest: float

    @property
    def magnitude(self):
        """Largest absolute value."""
        return max(abs(self.lowest), abs(self.highest))

    @property
    def unit(self):
        """A power of two of the size of the values: over it no square of them overflows, and no digit is lost."""
        return 2.0 ** round(log2(self.magnitude))

    def is_comparable(self, density):
        """Whether a density, above 0, is neither lost beside the values of the map nor they beside it."""
        return self.magnitude / _DIGITS <= density <= self.magnitude * _DIGITS


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
        finite, or has one value only but for rounding.
    """
    array = real_array(density, "map")
    found = value_range(array)
    if not (np.isfinite(found.lowest) and np.isfinite(found.highest)):
        bad = array.size - int(np.count_nonzero(np.isfinite(array)))
        raise OccuPyError(
            f"{bad} of {array.size} voxels are NaN or infinite (or beyond float32), but all must be finite numbers"
        )
    if found.highest - found.lowest <= _ROUNDING * found.magnitude:
        but = "" if found.lowest == found.highest else " but for rounding"
        raise OccuPyError(
            f"the map is constant, {found.lowest:g} everywhere{but}, so it shows no density above solvent"
        )
    if not SMALLEST_MAGNITUDE < found.magnitude < LARGEST_MAGNITUDE:
        raise OccuPyError(
            f"the map's largest absolute value is {found.magnitude:.3g}, but must be between "
            f"{SMALLEST_MAGNITUDE:g} and {LARGEST_MAGNITUDE:g}: scale the map"
        )
    return array, found


def real_array(values, what):
    """A map as a float32 array of shape (z, y, x), or `OccuPyError` on what it is."""
    try:
        array = np.asarray(values)
    except ValueError:
        raise OccuPyError(f"the {what}'s rows are not of one length, but it must be an array (z, y, x)") from None
    if array.ndim != 3 or 0 in array.shape:
        raise OccuPyError(f"the {what} has shape {array.shape}, but must have three axes (z, y, x), none empty")
    check_real(array, what)
    with np.errstate(over="ignore"):
        return array.astype(np.float32, copy=False)


def check_real(array, what):
    """Raise `OccuPyError` where an array is not of real numbers."""
    if array.dtype.kind not in "fiub":
        transform = ", as of a Fourier transform" if array.dtype.kind == "c" else ""
        raise OccuPyError(f"the {what}'s values are of type {array.dtype}{transform}, but must be real numbers")


def checked_scale(local_scale):
    """A scale map as a float32 array.

    Raises
    ------
    OccuPyError
        If its values are not all within 0 to 1.
    """
    array = real_array(local_scale, "scale map")
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


def check_length(shape, voxel_size, lowpass):
    """Raise `OccuPyError` where a box of this shape and these voxels (Å) is shorter than the low-pass (Å)."""
    shortest = min(n * v for n, v in zip(shape, voxel_size, strict=True))
    if shortest < lowpass:
        raise OccuPyError(
            f"the box is {shortest:.4g} Å along its shortest edge, but must be at least as long as the low-pass, "
            f"{lowpass:.4g} Å: check the voxel size"
        )


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


def half_difference(half_maps, shape, found):
    """Half the difference of two half maps: the noise of their mean.

    Parameters
    ----------
    half_maps : sequence of 2 arrays of any real or integer type
    shape : tuple of 3 int
        Of the map, which both must have.
    found : Range
        Of the map.

    Returns
    -------
    float32 array of that shape

    Raises
    ------
    OccuPyError
        If they are not two different maps on the grid of the map and of its scale.
    """
    count = len(half_maps) if isinstance(half_maps, list | tuple | np.ndarray) else 1
    if count != 2:
        raise OccuPyError(f"{count} half maps were given, but must be two")
    try:
        halves = [checked_density(half)[0] for half in half_maps]
    except OccuPyError as error:
        raise OccuPyError(f"a half map cannot be used: {error}") from None
    for half in halves:
        if half.shape != shape:
            raise OccuPyError(f"the half map has shape {half.shape}, but the map has {shape}; all must be on one grid")
    difference = (halves[0] - halves[1]) / np.float32(2)
    if not difference.any():
        raise OccuPyError("the two half maps are identical; expected independent ones, which differ by their noise")
    largest = float(np.abs(difference).max())
    if not found.is_comparable(largest):
        raise OccuPyError(
            f"the half maps differ by up to {2 * largest:.3g}, but the map's largest absolute value is "
            f"{found.magnitude:.3g}; expected the halves of this map, on its scale"
        )
    return difference
