"""A solvent that varies in space: its mean and standard deviation at every place, as a few smooth waves."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

MOST_WAVES = 8
"""Along each axis: a constant, and up to seven half-periods in the box."""

_COARSE = 24
"""Places along each axis at which the extremes are sought."""


@dataclass(frozen=True, eq=False)
class SolventField:
    """How mean and standard deviation of the solvent change with place, relative to those at one place.

    Each is a sum of products of cosines along z, y and x: a few numbers, from which any
    planes can be had at any sampling. Those of standard deviations are of their square
    roots.

    Attributes
    ----------
    shape : tuple of 3 int
        Of the grid that was estimated.
    mean, sigma : float
        μ₀ and σ₀, the solvent of the low-passed map at the reference place, in units of the map.
    raw_sigma : float
        σ₀ in the map before the low-pass.
    shift_waves : array of float, shape (waves along z, y, x)
        Of (μ - μ₀)/σ₀.
    ratio_waves, raw_ratio_waves : arrays of float of that shape
        Of √(σ/σ₀) in the low-passed map, and in the map before the low-pass.
    shift_bounds, bounds, raw_bounds : tuples of 2 float
        Lowest and highest of (μ - μ₀)/σ₀ and of these ratios; beyond them nothing was seen.
    """

    shape: tuple
    mean: float
    sigma: float
    raw_sigma: float
    shift_waves: np.ndarray
    ratio_waves: np.ndarray
    raw_ratio_waves: np.ndarray
    shift_bounds: tuple
    bounds: tuple
    raw_bounds: tuple

    def shift(self, part, shape=None):
        """(μ - μ₀)/σ₀ in a part of a grid of this shape, by default the one that was estimated: see `wave_values`."""
        shifts = wave_values(self.shift_waves, shape or self.shape, part)
        return np.clip(shifts, *np.float32(self.shift_bounds), out=shifts)

    def ratio(self, part, shape=None):
        """σ/σ₀ of the low-passed map in such a part."""
        return _squared(wave_values(self.ratio_waves, shape or self.shape, part), self.bounds)

    def raw_ratio(self, part, shape=None):
        """The same of the map before the low-pass."""
        return _squared(wave_values(self.raw_ratio_waves, shape or self.shape, part), self.raw_bounds)

    def standardised(self, lowpassed, part):
        """Values of the low-passed map as they would be at the reference place, as far from the solvent in its sigma.

        Parameters
        ----------
        lowpassed : array of float32
            What the low-passed map holds in that part of the grid that was estimated.
        part : slice or tuple of 3 slices
        """
        result = lowpassed - np.float32(self.mean)
        result -= self.shift(part) * np.float32(self.sigma)
        result /= self.ratio(part)
        result += np.float32(self.mean)
        return result

    @cached_property
    def coarse(self):
        """(μ - μ₀)/σ₀ and the two ratios at places spread over the ellipsoid in the box, arrays of one axis."""
        inside = coarse_ellipsoid()
        return tuple(values(slice(None), inside.shape)[inside] for values in (self.shift, self.ratio, self.raw_ratio))


def coarse_ellipsoid():
    """The largest ellipsoid in a box as a bool array of few voxels: where extremes are sought."""
    squared = ((np.arange(_COARSE) + 0.5) * 2 / _COARSE - 1) ** 2
    return squared[:, None, None] + squared[:, None] + squared <= 1


class Standardised:
    """A low-passed map as it would be if its solvent were the same everywhere, for the planes that are asked for.

    Parameters
    ----------
    lowpassed : array of float32, shape (z, y, x)
    field : SolventField
    """

    def __init__(self, lowpassed, field):
        self._lowpassed, self._field = lowpassed, field
        self.shape, self.size = lowpassed.shape, lowpassed.size

    def __getitem__(self, planes):
        """Float32 array of a slice of planes."""
        return self._field.standardised(self._lowpassed[planes], planes)


def cosines(places, waves):
    """cos(πkf) at places f (0 to 1 along an axis) for k from 0, an array of shape (places, waves)."""
    return np.cos(np.pi * np.outer(places, np.arange(waves)))


def wave_values(coefficients, shape, part):
    """A sum of products of cosines in a part of a grid.

    Parameters
    ----------
    coefficients : array of float, shape (waves along z, y, x)
    shape : tuple of 3 int
        Of the grid; its first voxel is at 0, and 1 is the length of the box.
    part : slice or tuple of 3 slices
        Planes, or a box.

    Returns
    -------
    float32 array of the shape of the part
    """
    slices = part if isinstance(part, tuple) else (part, slice(None), slice(None))
    z, y, x = (
        cosines(np.arange(n)[s] / n, waves) for n, s, waves in zip(shape, slices, coefficients.shape, strict=True)
    )
    # Not by matrix products, for which the linear algebra would use threads of its own.
    rows = np.einsum("zi,ijk->zjk", z, coefficients)
    lines = np.einsum("yj,zjk->zyk", y, rows).astype(np.float32)
    return np.einsum("zyk,kx->zyx", lines, np.ascontiguousarray(x.T, np.float32))


def _squared(roots, bounds):
    lowest, highest = np.sqrt(np.float32(bounds))
    np.clip(roots, lowest, highest, out=roots)
    return np.square(roots, out=roots)
