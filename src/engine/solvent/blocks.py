"""What blocks of a map show of its solvent."""

from dataclasses import dataclass, replace

import numpy as np

from .. import parallel
from .model import CERTAIN_SIGMAS

BLOCK_LOWPASSES = 2.5
"""Edge of a block, in terms of the low-pass."""

_MOST_BLOCKS = 12
"""Along each axis."""

_SAMPLES_PER_LOWPASS, _MOST_SAMPLES = 3, 150_000
_VALUES_PER_VOLUME = 4 * np.pi / 3
"""Independent values in a cube of the low-pass's edge: coefficients that pass the filter."""

_FEWEST_VALUES = 2
"""Independent ones of solvent, of which a block is read."""

_FARTHEST_BELOW = 4
"""Sigma below the mean, beyond which a value counts as if it were there."""

_LOWEST_SHARE = 1 / 30
"""Of the usual sigma: blocks that are quieter than this are as good as empty."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Some voxels of a map, in the order of their blocks and in these of their values.

    Attributes
    ----------
    values, maxima : arrays of float32, shape (samples,)
        Of the low-passed map and of its maximum over the kernel.
    details : array of float32 of that shape
        What the low-pass took away.
    noises : tuple of 2 arrays of float32 of that shape, or None
        Noise of the low-passed map and of the map itself, where half maps tell it.
    blocks : array of int of that shape
        Number of the block.
    steps : array of 3 int
        Voxels from sample to sample along each axis.
    """

    values: np.ndarray
    maxima: np.ndarray
    details: np.ndarray
    noises: tuple | None
    blocks: np.ndarray
    steps: np.ndarray

    def in_order(self):
        """The same samples in the order of blocks and values."""
        order = np.argsort(self.values)
        # There are few blocks: numbers of two bytes are sorted by counting.
        order = order[np.argsort(self.blocks[order].astype(np.uint16), kind="stable")]
        arrays = {name: getattr(self, name)[order] for name in ("values", "maxima", "details", "blocks")}
        noises = None if self.noises is None else tuple(noise[order] for noise in self.noises)
        return replace(self, **arrays, noises=noises)


@dataclass(frozen=True, eq=False)
class Solvent:
    """What each block shows of the solvent; arrays of shape (blocks,).

    Attributes
    ----------
    means, sigmas, raw_sigmas : arrays of float
        Of the low-passed map, and the standard deviation in the map itself.
    values : array of float
        Independent values that the mean is worth, less where other voxels of the block are
        not solvent.
    sigma_values, raw_values : array of float
        The same of the standard deviations.
    used, sigma_used : bool arrays
        Blocks that show enough to tell the mean, and the standard deviations.
    free : bool array
        Those among the latter in which nothing but solvent changes the noise.
    """

    means: np.ndarray
    sigmas: np.ndarray
    raw_sigmas: np.ndarray
    values: np.ndarray
    sigma_values: np.ndarray
    raw_values: np.ndarray
    used: np.ndarray
    sigma_used: np.ndarray
    free: np.ndarray


_FREE_SHARE = 0.97


class SolventBlocks:
    """Blocks of a low-passed map and samples in them.

    Parameters
    ----------
    lowpassed, density : arrays of float32, shape (z, y, x)
        The low-passed map and the map itself.
    maxima : Maxima
        Of the low-passed map.
    differences : tuple of 2 arrays of float32 of that shape, or None
        Half the difference of half maps, low-passed and as it is.
    region : Region
    settings : EstimationSettings
    """

    def __init__(self, lowpassed, density, maxima, differences, region, settings):
        shape, edge = lowpassed.shape, BLOCK_LOWPASSES * settings.lowpass
        self.lengths = np.array(shape) * settings.voxel_size / edge
        self.counts = np.clip(np.rint(self.lengths).astype(int), 2, np.minimum(shape, _MOST_BLOCKS))
        steps = sample_steps(shape, settings)
        self.samples = _sampled(lowpassed, density, maxima, differences, region, self.counts, steps)
        places = np.meshgrid(*((np.arange(n) + 0.5) / n for n in self.counts), indexing="ij")
        self.places = np.stack(places, axis=-1).reshape(-1, 3)
        volume = np.prod(settings.voxel_size) * np.prod(steps) / settings.lowpass**3
        self.worth = min(1.0, _VALUES_PER_VOLUME * volume)
        self._totals = np.bincount(self.samples.blocks, minlength=len(self.places))
        self._details = [self.samples.details.astype(float) ** power for power in (1, 2)]

    def solvent(self, means, sigmas):
        """What is seen of the solvent where it is about as these means and sigmas of the blocks say.

        Solvent is where the low-passed map stays below three sigma all around. The lower
        half of its values tells sigma, about the median: what is weak and not solvent
        lies above.

        Returns
        -------
        Solvent
        """
        samples = self.samples
        # From weight 1 to 0 in half a sigma, so that no rounding of the map decides on a voxel.
        weights = self._spread(means + (CERTAIN_SIGMAS + 0.25) * sigmas) - samples.maxima
        weights /= self._spread(0.5 * sigmas)
        np.clip(weights, 0, 1, out=weights)
        count = self._sum(weights)
        known = np.maximum(count, 1)
        share = count / np.maximum(self._totals, 1)
        medians = self._medians(weights, count)
        independent = self.worth * count * share
        used = independent > _FEWEST_VALUES
        # A block that has just enough counts for nothing yet, so that none comes in at once.
        excess = np.maximum(independent - _FEWEST_VALUES, 0)
        raw_values = excess / self.worth
        if samples.noises is not None:
            squares = (self._sum(noise.astype(float) ** 2) for noise in samples.noises)
            sigmas, raw_sigmas = (np.sqrt(square / np.maximum(self._totals, 1)) for square in squares)
            known = self.worth * self._totals
            enough = known > _FEWEST_VALUES
            return Solvent(medians, sigmas, raw_sigmas, excess, known, self._totals, used, enough, enough)
        below = np.clip(self._spread(medians) - samples.values, 0, self._spread(_FARTHEST_BELOW * sigmas))
        lower = np.sqrt(2 * self._sum(weights * below**2) / known)
        if used.any():
            lower = np.maximum(lower, _LOWEST_SHARE * np.median(sigmas[used]))
        mean, square = (self._sum(weights * details) / known for details in self._details)
        raw_sigmas = np.sqrt(lower**2 + np.maximum(square - mean**2, 0))
        free = used & (share > _FREE_SHARE)
        return Solvent(medians, lower, raw_sigmas, excess, excess, raw_values, used, used, free)

    def above(self, levels):
        """How many samples of each block are denser than its level."""
        return self._sum(self.samples.values > self._spread(levels))

    def _spread(self, values):
        """Values of the blocks at their samples, which are in the order of the blocks."""
        return np.repeat(values, self._totals)

    def _sum(self, weights):
        return np.bincount(self.samples.blocks, weights, len(self.places))

    def _medians(self, weights, count):
        """Median of each block's values with these weights."""
        cumulative = np.cumsum(weights)
        return np.interp(np.cumsum(count) - count / 2, cumulative - weights / 2, self.samples.values)


def sample_steps(shape, settings):
    """Voxels from sample to sample along each axis of a map of this shape, an array of 3 int."""
    wanted = settings.lowpass / _SAMPLES_PER_LOWPASS / np.array(settings.voxel_size)
    steps = np.maximum(1, np.rint(wanted).astype(int))
    while np.prod(-(-np.array(shape) // steps)) > _MOST_SAMPLES:
        steps += 1
    return steps


def _sampled(lowpassed, density, maxima, differences, region, counts, steps):
    across = tuple(slice(None, None, n) for n in steps[1:])
    z, y, x = (np.arange(0, n, s) * c // n for n, s, c in zip(lowpassed.shape, steps, counts, strict=True))
    in_plane = y[:, None] * counts[2] + x
    maps = (lowpassed, density, *(differences or ()))
    planes, rows = steps[:2] // maxima.steps

    def plane(i):
        inside = region.mask(slice(i * steps[0], i * steps[0] + 1), corners=True)[0][across]
        low, high, *noises = (values[i * steps[0]][across][inside] for values in maps)
        top, blocks = maxima.values[i * planes, ::rows, across[1]], z[i] * counts[1] * counts[2] + in_plane
        return low, high, top[inside], *noises, blocks[inside]

    parts = parallel.run(plane, range(len(z)))
    low, high, top, *noises, blocks = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Samples(low, top, high - low, tuple(noises) or None, blocks, steps).in_order()
