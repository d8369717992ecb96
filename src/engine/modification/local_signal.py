"""What of a map is signal: bands of spatial frequency, each weighted by its local share of signal."""

import numpy as np
from scipy import ndimage

from .. import parallel
from ..grids import fourier
from ..grids.blocks import Blocks
from ..grids.interpolation import interpolated_planes
from ..settings.inputs import MASKED_SHARE, common_value
from ..solvent.region import Region

LONGEST, SHORTEST = 2.0, 0.7
"""Bands meet at wavelengths of so many times the low-pass, and at the low-pass itself."""

WINDOWS = (0.875, 0.625, 0.5, 0.5)
"""Sigma of the Gaussian in which a band's local variance is read, in low-passes, from long to short waves."""

NOISE_FACTOR = 1.3
"""So many times the noise's variance is taken from the local variance, which varies itself."""

MOST_REGAINED = 2.0
_BLOCK_EDGE = 0.46  # low-passes
_FEWEST_BLOCKS = 64
_VOXELS_AT_ONCE = 1 << 16


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
    progress : callable, optional
        Called with the fraction done.

    Attributes
    ----------
    blocks : Blocks
    solvent : bool array
        The blocks that are solvent with near certainty.
    noise_ratio : float or array of float32
        The noise's standard deviation over that of the solvent model: one number, or that of
        each block where the solvent varies.
    noise : float
        Standard deviation of what is left of the solvent in the signal.
    """

    def __init__(self, density, voxel_size, estimate, progress=None):
        lowpass = estimate.settings.lowpass
        self._density, self._estimate = density, estimate
        self._mean = np.float32(estimate.solvent.mean)
        self.blocks = Blocks(density.shape, voxel_size, _BLOCK_EDGE * lowpass)
        self._middle = fourier.LowpassedPlanes(density, SHORTEST * lowpass, voxel_size, progress)
        unit = np.float32(estimate.rise)  # squares of values in units of the map might not be finite
        self._long, powers, self.solvent = self._bands_of_blocks(unit)
        self.noise_ratio = self._ratio_of_blocks()
        variances = _noise_variances(powers, self.solvent, self.noise_ratio, estimate.solvent, unit)
        parallel.run(self._smooth, list(zip(powers, WINDOWS, strict=True)))
        weights = _weights(powers, (v * np.square(self.noise_ratio) for v in variances))
        left = [_left(w, v, self.solvent) for w, v in zip(weights, variances, strict=True)]
        self.noise = float(unit * np.sqrt(sum(left)))
        first, *self._weights = weights
        self._long *= unit
        self._long *= first - self._weights[0]
        first *= self._mean
        self._long += first

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
        for weights, band in zip(self._weights, parts, strict=True):
            band *= self.blocks.at(weights, planes, steps)
            result += band
        return result

    def release(self):
        """Let go of what voxels of the signal are made from; none can be asked for then."""
        self._density = self._middle = None

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
        middle = self._middle[voxels[0]][picked]
        return low - self._mean, middle - low, self._density[voxels][picked] - middle

    def _smooth(self, power_and_window):
        """Make a band's squares its local variance, in place."""
        power, window = power_and_window
        sigmas = [window * self._estimate.settings.lowpass / v for v in self.blocks.voxel_size]
        ndimage.gaussian_filter(power, sigmas, output=power, mode="reflect", truncate=3)

    def _bands_of_blocks(self, unit):
        """The longest waves on the blocks, the mean squares of all four bands in this unit, and which are solvent."""
        common, share = common_value(self._density)
        left_out = (self._density, common) if share > MASKED_SHARE else None
        region = Region(self._density.shape, None, left_out)
        low, middle, top = (np.empty(self.blocks.shape, np.float32) for _ in range(3))
        solvent = np.empty(self.blocks.shape, bool)

        def fill(some):
            planes = self.blocks.planes_of(some)
            parts = [band / unit for band in self._bands(planes)]
            low[some] = self.blocks.mean(parts[0])
            for means, part in zip((middle, top), parts[1:], strict=True):
                means[some] = self.blocks.mean(np.square(part, out=part))
            certain = region.mask(planes) & self._estimate.certain_solvent(planes)
            solvent[some] = self.blocks.mean(certain) > 0.999

        parallel.run(fill, self.slabs())
        longest = fourier.lowpass(low, LONGEST * self._estimate.settings.lowpass, self.blocks.voxel_size)
        low -= longest
        return longest, [np.square(longest), np.square(low, out=low), middle, top], solvent

    def _ratio_of_blocks(self):
        solvent, shape = self._estimate.solvent, self.blocks.map_shape
        if not solvent.varies:
            return np.float32(1)
        ratios = (solvent.raw_sigma_ratio(self.blocks.planes_of(some), shape) for some in self.slabs())
        return np.concatenate([self.blocks.mean(ratio) for ratio in ratios])

    def slabs(self):
        """Slices of blocks along z, to work on in turn."""
        planes = max(1, _VOXELS_AT_ONCE // (self.blocks.map_shape[1] * self.blocks.map_shape[2]))
        per_block = self.blocks.planes_of(slice(0, 1)).stop
        return parallel.slabs(self.blocks.shape[0], max(1, planes // per_block))


def _every(planes, step):
    """Planes of the map that hold planes at the step."""
    return slice(planes.start * step, (planes.stop - 1) * step + 1)


def _across(planes, steps):
    return tuple(slice(None, None, step) for step in steps)


def _noise_variances(powers, solvent, ratio, model, unit):
    """Of each band where the ratio is 1, from the blocks that are solvent, or from the model where hardly any are."""
    if np.count_nonzero(solvent) >= _FEWEST_BLOCKS:
        squared = np.square(ratio[solvent] if np.ndim(ratio) else ratio)
        return [float((power[solvent] / squared).mean(dtype=float)) for power in powers]
    low = (model.sigma / unit) ** 2
    detail = max((model.raw_sigma / unit) ** 2 - low, 0)
    longest = LONGEST**-3
    middle = min(low * (SHORTEST**-3 - 1), detail)
    return [low * longest, low * (1 - longest), middle, detail - middle]


def _weights(local, noise):
    """Weight of each band in each block, from its local variances, a list that is used up, and those of noise."""
    tiny = np.finfo(np.float32).tiny
    shares, first, second = [], np.zeros_like(local[0]), np.zeros_like(local[0])
    for of_noise in noise:
        variance = local.pop(0)
        share = variance - np.float32(NOISE_FACTOR) * np.asarray(of_noise, np.float32)
        np.maximum(share, 0, out=share)
        share /= np.maximum(variance, tiny)
        variance *= share
        first += variance
        variance *= share
        second += variance
        shares.append(share)
    first /= np.maximum(second, tiny)
    np.minimum(first, np.float32(MOST_REGAINED), out=first)
    first[second <= tiny] = 1
    for share in shares:
        share *= first
    return shares


def _left(weights, variance, solvent):
    squares = np.square(weights)
    return variance * float(squares[solvent].mean(dtype=float) if solvent.any() else squares.mean(dtype=float))
