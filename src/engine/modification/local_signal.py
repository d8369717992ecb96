"""What of a map is signal: bands of spatial frequency, each weighted by its local share of signal."""

from itertools import pairwise

import numpy as np
from scipy import ndimage

from .. import parallel
from ..grids import fourier
from .bands import FEWEST_BLOCKS, Bands

LONGEST = 2.0
"""The low-passed map is two bands, which meet at a wavelength of so many low-passes."""

WINDOWS = (0.875, 0.625, 0.5, 0.5)
"""Sigma of the Gaussian in which a band's local variance is read, in low-passes, from long to short waves."""

_LAST_NODES = 8


class LocalSignal:
    """The signal in a map at each voxel: Σ w·ρ_b over bands ρ_b, w the local share of signal in a band.

    w = max(0, 1 - σ²/V), V the local variance of the band, σ² that of solvent in it. In the
    band of the shortest waves each shell of frequency has first been weighted by the share of
    signal in the whole molecule's power, at the same amplitude of the signal, as that band
    reaches from what nearly all parts show to what is noise alone. Where all bands are far
    above noise, the signal is the map itself. It is linear in the map but for these weights,
    which are smooth.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
    voxel_size : tuple of 3 float
        Å along z, y and x.
    low : LowBlocks
        Of this map.
    progress : callable, optional
        Called with the fraction done.

    Attributes
    ----------
    noise : float
        Standard deviation of what is left of the solvent in the signal.
    slow : array of float32
        The signal in the low-passed map in each block, in the unit of `low`.
    """

    def __init__(self, density, voxel_size, low, progress=None):
        self._low, self._bands = low, Bands(density, voxel_size, low)
        self._edges = [1 / (LONGEST * low.lowpass), *self._bands.meet_at]
        self._last, self._end = self._bands.last, self._bands.end
        longest = fourier.lowpass(low.low, LONGEST * low.lowpass, low.blocks.voxel_size)
        rest = low.low - longest
        powers = [np.square(longest), np.square(rest), *self._powers(progress)]
        variances = self._noise_variances(powers)
        parallel.run(self._smooth, list(zip(powers, WINDOWS, strict=False)))
        noise = (v * np.square(low.noise_ratio) for v in variances)
        self._weights = [_share(power, of_noise) for power, of_noise in zip(powers, noise, strict=True)]
        left = [_left(w, v, low.solvent) for w, v in zip(self._weights, variances, strict=True)]
        self.noise = float(low.unit * np.sqrt(sum(left)))
        first, second = self._weights[:2]
        self.slow = first * longest + second * rest
        longest *= first - second
        self._longest = low.unit * longest

    def at(self, planes, steps=(1, 1, 1)):
        """The signal above the solvent's mean in a slice of planes of the map at the step.

        Parameters
        ----------
        planes : slice
        steps : tuple of 3 int

        Returns
        -------
        float32 array
        """
        result = self._low.blocks.at(self._longest, planes, steps)
        for weights, band in zip(self._weights[1:], self._bands.at(planes, steps), strict=True):
            band *= self._low.blocks.at(weights, planes, steps)
            result += band
        return result

    def release(self):
        """Let go of what voxels of the signal are made from; none can be asked for then."""
        self._bands = None

    def resolution(self):
        """The shortest wavelength of which at least half is shown in each block: array of float32, Å.

        Between the middles of bands, and within the last, the share that is shown is taken to change
        evenly with frequency; beyond where the map ends nothing is. Infinite where not even the longest
        waves are shown.
        """
        nodes = self._nodes()
        result, half = np.zeros(self._low.blocks.shape, np.float32), np.float32(0.5)
        for (low, weights, gain), (high, next_weights, next_gain) in pairwise(nodes):
            shown, next_shown = weights * np.float32(gain), next_weights * np.float32(next_gain)
            passed = (shown - half) / np.maximum(shown - next_shown, np.finfo(np.float32).eps)
            found = np.float32(low) + np.clip(passed, 0, 1) * np.float32(high - low)
            np.copyto(result, found, where=shown >= half)
        with np.errstate(divide="ignore"):
            return 1 / np.minimum(result, np.float32(self._end))

    def _nodes(self):
        """Frequencies (1/Å) with the weights in the blocks and the gain that multiply what they show there."""
        *first, last = self._weights
        edges, (frequencies, gains) = [0, *self._edges], self._last
        nodes = [((a + b) / 2, weights, 1.0) for (a, b), weights in zip(pairwise(edges), first, strict=True)]
        ends = edges[-1], max(edges[-1], frequencies[np.max(np.flatnonzero(gains), initial=0)])
        return nodes + [(f, last, np.interp(f, frequencies, gains)) for f in np.linspace(*ends, _LAST_NODES)]

    def _powers(self, progress):
        """The mean squares of the bands beyond the low-passed map in the blocks."""
        blocks = self._low.blocks
        powers = [np.empty(blocks.shape, np.float32) for _ in self._bands.meet_at]

        def fill(some):
            for block in range(some.start, some.stop):
                plane = blocks.middle_of(block)  # Neighbours tell little more: blocks are as long as short waves.
                _, *bands = self._bands.at(slice(plane, plane + 1))
                for power, band in zip(powers, bands, strict=True):
                    band /= self._low.unit
                    power[block] = blocks.mean(np.square(band, out=band), axes=(1, 2))[0]

        parallel.run(fill, self._low.slabs(), progress)
        return powers

    def _noise_variances(self, powers):
        """Of each band where the noise ratio is 1, from the blocks that are solvent, or from the model."""
        solvent, ratio, unit = self._low.solvent, self._low.noise_ratio, self._low.unit
        if np.count_nonzero(solvent) >= FEWEST_BLOCKS:
            squared = np.square(ratio[solvent] if np.ndim(ratio) else ratio)
            return [float((power[solvent] / squared).mean(dtype=float)) for power in powers]
        model = self._low.estimate.solvent
        low = (model.sigma / unit) ** 2
        detail = max((model.raw_sigma / unit) ** 2 - low, 0)
        longest = low * LONGEST**-3
        # Of white noise a band has as much as of Fourier space.
        middle = [min(low * ((b / a) ** 3 - 1), detail) for a, b in pairwise(self._bands.meet_at)]
        return [longest, low - longest, *middle, detail - sum(middle)]

    def _smooth(self, power_and_window):
        """Make a band's squares its local variance, in place."""
        power, window = power_and_window
        ndimage.gaussian_filter(power, self._low.sigmas(window), output=power, mode="reflect", truncate=3)


def _share(variance, of_noise):
    """The share of signal in a band in each block, from its local variance, whose place it takes, and that of noise."""
    signal = np.maximum(variance - np.asarray(of_noise, np.float32), 0)
    np.maximum(variance, np.finfo(np.float32).tiny, out=variance)
    return np.divide(signal, variance, out=variance)


def _left(weights, variance, solvent):
    squares = np.square(weights)
    return variance * float(squares[solvent].mean(dtype=float) if solvent.any() else squares.mean(dtype=float))
