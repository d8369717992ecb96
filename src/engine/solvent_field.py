"""A solvent that varies in space: mean and standard deviation at every place, as few smooth waves."""

from dataclasses import dataclass

import numpy as np

MOST_WAVES = 7
"""Along each axis."""


@dataclass(frozen=True, eq=False)
class SolventField:
    """Mean and standard deviation of the solvent at every place, relative to those at one place.

    Each is a sum of products of cosines along z, y and x, the standard deviations in
    the logarithm: a few numbers, from which any planes can be had at any sampling.

    Attributes
    ----------
    shape : tuple of 3 int
        Of the grid that was estimated.
    mean, sigma : float
        μ₀ and σ₀, the solvent at the reference place, in units of the map.
    shift_waves, log_ratio_waves, log_raw_ratio_waves : arrays of float, shape (waves along z, y, x)
        Coefficients of (μ - μ₀)/σ₀, of log(σ/σ₀), and of the logarithm of the same ratio in the
        map before the low-pass.
    bounds, raw_bounds : tuple of 2 float
        Lowest and highest ratio, beyond which nothing was seen.
    """

    shape: tuple
    mean: float
    sigma: float
    shift_waves: np.ndarray
    log_ratio_waves: np.ndarray
    log_raw_ratio_waves: np.ndarray
    bounds: tuple
    raw_bounds: tuple

    def shift(self, planes, shape=None):
        """(μ - μ₀)/σ₀ in these planes of a grid of this shape, by default the one that was estimated."""
        return wave_planes(self.shift_waves, shape or self.shape, planes)

    def ratio(self, planes, shape=None):
        """σ/σ₀ in these planes."""
        return _exponential(wave_planes(self.log_ratio_waves, shape or self.shape, planes), self.bounds)

    def raw_ratio(self, planes, shape=None):
        """The same ratio in the map before the low-pass."""
        return _exponential(wave_planes(self.log_raw_ratio_waves, shape or self.shape, planes), self.raw_bounds)

    def standardised(self, values, planes):
        """What values of the low-passed map in these planes would be at the reference place: as far from solvent."""
        result = values - np.float32(self.mean)
        result -= self.shift(planes) * np.float32(self.sigma)
        result /= self.ratio(planes)
        result += np.float32(self.mean)
        return result


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


def wave_planes(coefficients, shape, planes):
    """A sum of products of cosines in these planes of a grid.

    Parameters
    ----------
    coefficients : array of float, shape (waves along z, y, x)
    shape : tuple of 3 int
        Of the grid; its first voxel is at 0, and 1 is the length of the box.
    planes : slice

    Returns
    -------
    float32 array, shape (planes, y, x)
    """
    z, y, x = (cosines(np.arange(n) / n, k) for n, k in zip(shape, coefficients.shape, strict=True))
    # Not by matrix products, for which the linear algebra would use threads of its own.
    rows = np.einsum("zi,ijk->zjk", z[planes], coefficients)
    lines = np.einsum("yj,zjk->zyk", y, rows).astype(np.float32)
    return np.einsum("zyk,kx->zyx", lines, x.T.astype(np.float32))


def _exponential(values, bounds):
    np.exp(values, out=values)
    return np.clip(values, *np.float32(bounds), out=values)
