"""Recognise, by numbers, maps that the method is not made for, and say what to do."""

from dataclasses import dataclass
from math import log2

import numpy as np

from . import parallel, scale
from .errors import OccuPyError
from .settings import LARGEST_MAGNITUDE, SMALLEST_MAGNITUDE

MASKED_SHARE = 0.05
GOOD_MISFIT = 0.15
"""Up to this misfit one Gaussian is a good fit."""

WORST_GOOD_MISFIT = 0.4
SHARPENED_RATIO = 3.0
SURELY_INVERTED = 1.2
MOST_SIGMA_RATIO = 2.0
MOST_STRONG_SOLVENT = 0.002
RISE_OF_NOISE, MAXIMUM_OF_NOISE = 1.8, 3.0
"""Sigma of the solvent that full scale rises above its mean in noise alone, where it is a mean and where a maximum."""

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


def check_contrast(density, full, tau, tile_size):
    """Raise `OccuPyError` where the map's strongest features point down.

    Both have to hold: the values have a negative skew, and the inverted map has a
    full scale larger than the map's by a fifth, which pure noise hardly has.
    """
    stride = max(1, round((density.size / _SAMPLE) ** (1 / 3)))
    deviations = density[::stride, ::stride, ::stride].astype(float)
    deviations -= deviations.mean()
    if (deviations * deviations * deviations).sum() >= 0:
        return
    inverted = scale.scale_of_tiles(-density, tau, tile_size).value
    if inverted > SURELY_INVERTED * full:
        raise OccuPyError(
            f"the map's contrast looks inverted: its strongest tile reaches {full:.3g} above zero but "
            f"{inverted:.3g} below; density must be positive, so multiply the map by -1"
        )


def mask_warnings(lowpassed, solvent_side, full):
    """Sentences on a solvent definition that does not fit its map; empty for a good one.

    Parameters
    ----------
    lowpassed : array of float32, shape (z, y, x)
    solvent_side : bool array of that shape
    full : float
        Full scale of the low-passed map.
    """
    strong = np.count_nonzero(lowpassed[solvent_side] > np.float32(full / 2)) / np.count_nonzero(solvent_side)
    if strong < MOST_STRONG_SOLVENT:
        return []
    return [
        f"{strong:.1%} of what the solvent mask takes for solvent is denser than half the full scale, where hardly "
        "any is expected: is it a mask of this map, in the same place?"
    ]


def warnings(share, value, solvent, highest, full, rise, of_noise):
    """Sentences on what makes a map unfit, for the user; empty for a good map.

    Parameters
    ----------
    share, value : float
        The most common value and the share of voxels that have it.
    solvent : SolventModel
    highest : float
        Largest value of the map itself.
    full : float
        Full scale of the low-passed map.
    rise : float
        What the scale calls full above the solvent's mean, in sigma of the solvent.
    of_noise : float
        Up to which that is what noise alone shows: RISE_OF_NOISE or MAXIMUM_OF_NOISE.
    """
    found = []
    above = (highest - solvent.mean) / (full - solvent.mean) if full > solvent.mean else 0.0
    if share > MASKED_SHARE:
        found.append(
            f"{share:.0%} of the voxels are exactly {value:g}: the map looks masked or solvent-flattened. They were "
            "left out of the solvent model, which rests on what little solvent the mask left; use the unmasked map."
        )
    if not solvent.converged:
        found.append(
            "No Gaussian fits the solvent peak of the histogram, so its place and width stand in for the model; "
            "try a solvent mask or the unmasked, unsharpened map."
        )
    elif solvent.misfit > WORST_GOOD_MISFIT:
        found.append(
            f"Below its peak the solvent differs from a Gaussian by {solvent.misfit:.0%}: it is not the same "
            "everywhere in the box (a mask, a soft edge, detergent or flattening); the scale is not touched by this, "
            "but the confidence is; try a solvent mask whose solvent lies near the molecule."
        )
    if not 1 / MOST_SIGMA_RATIO < solvent.sigma / solvent.fitted_sigma < MOST_SIGMA_RATIO:
        found.append(
            f"The half maps differ by a noise of {solvent.sigma:.3g}, but the solvent peak of the histogram is "
            f"{solvent.fitted_sigma:.3g} wide: expected about the same; are these the unmasked halves of this map?"
        )
    if rise < of_noise:
        found.append(
            f"Nothing stands out of the solvent: the full scale is {rise:.1f} of its sigma above its mean, as in noise "
            "alone; expected a map of a molecule with solvent around it."
        )
    elif above > SHARPENED_RATIO:
        found.append(
            f"The highest voxel is {above:.1f} times the full scale of the low-passed map: the map looks sharpened, "
            "and its noise with it, which leaves less room to amplify; prefer the unsharpened map."
        )
    return found
