"""What of a map is signal: bands of spatial frequency, each weighted by its local share of signal."""

import numpy as np
from scipy import ndimage

from . import fourier, parallel, suitability
from .blocks import Blocks
from .interpolation import interpolated_planes
from .solvent_region import Region

LONGEST, SHORTEST = 2.0, 0.7
"""Bands meet at wavelengths of so many times the low-pass, and at the low-pass itself."""

WINDOWS = (0.875, 0.625, 0.5, 0.5)
"""Sigma of the Gaussian in which a band's local variance is read, in low-passes, from long to short waves."""

NOISE_FACTOR = 1.3
"""So many times the noise's variance is taken from the local variance, which varies itself."""

MOST_REGAINED = 2.0
_BLOCK_EDGE = 1 / 3  # of the low-pass
_FEWEST_BLOCKS = 64
_BLOCKS_AT_ONCE = 1 << 18  # voxels


class LocalSignal:
    """The signal in a map at each voxel: Σ w·ρ_b over bands ρ_b, w the local share of signal in a band.

    w = max(0, 1 - 1.3·σ²/V), V the local variance of the band, σ² that of solvent in it.
    What this takes of the signal's own amplitude is given back as a whole: all weights
    are multiplied by Σ w·V / Σ w²·V, at most 2. Where all bands are far above noise, the
    signal is the map itself.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
    voxel_size : tuple of 3 float
        Å along z, y and x.
    estimate : Estimate
        Of this map.
    work : array of float32, shape (z, y, x)
        Holds the map low-passed at 0.7 of the estimate's low-pass, as long as voxels of
        the signal are asked for.
    noise_ratio : float or array of float32
        The noise's standard deviation over that of the solvent: one number, or one for
        each block of `blocks`.
    progress : callable, optional
        Called with the fraction done.

    Attributes
    ----------
    blocks : Blocks
    noise : float
        Standard deviation of what is left of the solvent in the signal.
    """

    def __init__(self, density, voxel_size, estimate, work, noise_ratio=1.0, progress=None):
        lowpass = estimate.settings.lowpass
        self._density, self._estimate, self._work = density, estimate, work
        self._mean = np.float32(estimate.solvent.mean)
        self.blocks = Blocks(density.shape, voxel_size, _BLOCK_EDGE * lowpass)
        fourier.lowpass(density, SHORTEST * lowpass, voxel_size, progress, out=work)
        low, *details, solvent = self._block_means()
        longest = fourier.lowpass(low, LONGEST * lowpass, self.blocks.voxel_size)
        powers = [np.square(longest), np.square(low - longest), *details]
        variances = _noise_variances(powers, solvent, estimate.solvent)
        sigmas = [[window * lowpass / v for v in self.blocks.voxel_size] for window in WINDOWS]
        local = parallel.run(lambda i: _smooth(powers[i], sigmas[i]), range(len(powers)))
        self._weights = _weights(local, [v * np.square(noise_ratio) for v in variances])
        self._long = (self._weights[0] - self._weights[1]) * longest + self._weights[0] * self._mean
        self.noise = float(np.sqrt(sum(_left(w, v, solvent) for w, v in zip(self._weights, variances, strict=True))))

    def at(self, planes, steps=(1, 1, 1)):
        """The signal in a slice of planes of the map at the step.

        Parameters
        ----------
        planes : slice
        steps : tuple of 3 int

        Returns
        -------
        float32 array
        """
        parts = self._bands(planes, steps)
        result = self.blocks.at(self._long, planes, steps)
        for weights, band in zip(self._weights[1:], parts, strict=True):
            band *= self.blocks.at(weights, planes, steps)
            result += band
        return result

    def release(self):
        """Let go of the arrays that voxels of the signal are made from; nothing of them can be asked for then."""
        self._density = self._work = None

    def lowpassed(self, planes, steps=(1, 1, 1)):
        """The low-passed map above the solvent's mean, in a slice of planes of the map at the step."""
        low = self._low(_every(planes, steps[0]))[_across(planes, steps)]
        return low - self._mean

    def _low(self, planes):
        values = self._estimate.lowpassed
        return interpolated_planes(values.__getitem__, values.shape, self.blocks.map_shape, planes)

    def _bands(self, planes, steps=(1, 1, 1)):
        """The low-passed map above the solvent's mean, and the two bands beyond."""
        voxels = (_every(planes, steps[0]), slice(None), slice(None))
        picked = _across(planes, steps)
        low = self._low(voxels[0])[picked]
        middle = self._work[voxels][picked]
        return low - self._mean, middle - low, self._density[voxels][picked] - middle

    def _block_means(self):
        """Of the low-passed map and of the squares of the two bands beyond; and which blocks are all solvent."""
        common, share = suitability.common_value(self._density)
        left_out = (self._density, common) if share > suitability.MASKED_SHARE else None
        region = Region(self._density.shape, None, left_out)

        def means(blocks):
            planes = self.blocks.planes_of(blocks)
            low, *details = self._bands(planes)
            solvent = region.mask(planes) & self._estimate.certain_solvent(planes)
            parts = [low, *(np.square(band, out=band) for band in details), solvent]
            return [self.blocks.mean(part) for part in parts]

        parts = parallel.run(means, self.slabs())
        low, middle, top, solvent = (np.concatenate(values) for values in zip(*parts, strict=True))
        return low, middle, top, solvent > 0.999

    def slabs(self):
        """Slices of blocks along z, to work on in turn."""
        planes = max(1, _BLOCKS_AT_ONCE // (self.blocks.map_shape[1] * self.blocks.map_shape[2]))
        per_block = self.blocks.planes_of(slice(0, 1)).stop
        return parallel.slabs(self.blocks.shape[0], max(1, planes // per_block))


def _every(planes, step):
    """Planes of the map that hold planes at the step."""
    return slice(planes.start * step, (planes.stop - 1) * step + 1)


def _across(planes, steps):
    return tuple(slice(None, None, step) for step in steps)


def _smooth(power, sigmas):
    return ndimage.gaussian_filter(power, sigmas, mode="nearest", truncate=3)


def _noise_variances(powers, solvent, model):
    """Of each band, from the blocks that are solvent, or from the model where there are hardly any."""
    if np.count_nonzero(solvent) >= _FEWEST_BLOCKS:
        return [float(power[solvent].mean(dtype=float)) for power in powers]
    low, detail = model.sigma**2, max(model.raw_sigma**2 - model.sigma**2, 0)
    longest = LONGEST**-3
    middle = min(low * (SHORTEST**-3 - 1), detail)
    return [low * longest, low * (1 - longest), middle, detail - middle]


def _weights(local, noise):
    """Weight of each band in each block."""
    tiny = np.finfo(np.float32).tiny
    shares = [np.maximum(0, 1 - NOISE_FACTOR * n / np.maximum(v, tiny)) for v, n in zip(local, noise, strict=True)]
    shares = [np.where(v > 0, share, 0).astype(np.float32) for v, share in zip(local, shares, strict=True)]
    first = sum(share * v for share, v in zip(shares, local, strict=True))
    second = sum(share * share * v for share, v in zip(shares, local, strict=True))
    regained = np.where(second > 0, np.minimum(first / np.maximum(second, tiny), MOST_REGAINED), 1).astype(np.float32)
    return [share * regained for share in shares]


def _left(weights, variance, solvent):
    squares = np.square(weights)
    return variance * float(squares[solvent].mean(dtype=float) if solvent.any() else squares.mean(dtype=float))
