"""What of a map is signal: bands of spatial frequency, each weighted by its local share of signal."""

from itertools import pairwise

import numpy as np
from scipy import ndimage

from .. import parallel
from ..grids import fourier
from ..scale.band_power import Shells
from ..scale.part import centre_of
from ..scale.solvent_spectrum import CubeSpectrum

LONGEST, SHORTEST = 2.0, 0.7
"""Bands meet at wavelengths of so many times the low-pass, and at the low-pass itself."""

WINDOWS = (0.875, 0.625, 0.5, 0.5)
"""Sigma of the Gaussian in which a band's local variance is read, in low-passes, from long to short waves."""

_FEWEST_BLOCKS = 64
_TOP_NODES = 8
_EVERY_PLANE = 4
"""Of coefficients, that is read to see where the map ends: shells at which it may have thousands of them."""

_END, _BEFORE, _FROM = 1e-3, 0.03, 1 / 20
"""A map ends at the shell that has so little of the power of that so much (1/Å) before, from 20 Å on: none falls so."""


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
    estimate : Estimate
        Of this map.
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

    def __init__(self, density, voxel_size, estimate, low, progress=None):
        self._low, self._lowpass, self._scale = low, low.lowpass, estimate.scale
        self._mean = np.float32(estimate.solvent.mean)
        self._middle, self._top = self._filtered(density, voxel_size)
        longest = fourier.lowpass(low.low, LONGEST * self._lowpass, low.blocks.voxel_size)
        rest = low.low - longest
        powers = [np.square(longest), np.square(rest), *self._powers(progress)]
        variances = _noise_variances(powers, low.solvent, low.noise_ratio, estimate.solvent, low.unit)
        parallel.run(self._smooth, list(zip(powers, WINDOWS, strict=True)))
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
        for weights, band in zip(self._weights[1:], self._bands(planes, steps), strict=True):
            band *= self._low.blocks.at(weights, planes, steps)
            result += band
        return result

    def release(self):
        """Let go of what voxels of the signal are made from; none can be asked for then."""
        self._middle = self._top = None

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
            passed = (shown - half) / np.maximum(shown - next_shown, np.finfo(np.float32).tiny)
            found = np.float32(low) + np.clip(passed, 0, 1) * np.float32(high - low)
            np.copyto(result, found, where=shown >= half)
        with np.errstate(divide="ignore"):
            return 1 / np.minimum(result, np.float32(self._end))

    def _nodes(self):
        """Frequencies (1/Å) with the weights in the blocks and the gain that multiply what they show there."""
        lowpass = self._lowpass
        edges = [0, 1 / (LONGEST * lowpass), 1 / lowpass, 1 / (SHORTEST * lowpass)]
        *first, last = self._weights
        nodes = [((a + b) / 2, weights, 1.0) for (a, b), weights in zip(pairwise(edges), first, strict=True)]
        frequencies, gains = self._top_filter
        ends = edges[-1], max(edges[-1], frequencies[np.max(np.flatnonzero(gains), initial=0)])
        return nodes + [(f, last, np.interp(f, frequencies, gains)) for f in np.linspace(*ends, _TOP_NODES)]

    def _bands(self, planes, steps=(1, 1, 1)):
        """The low-passed map above the solvent's mean, and the two bands beyond."""
        every, picked = _every(planes, steps[0]), tuple(slice(None, None, step) for step in steps)
        low, middle = self._low.lowpassed(every)[picked], self._middle[every][picked]
        middle -= self._mean
        middle -= low
        return low, middle, self._top[every][picked]

    def _filtered(self, density, voxel_size):
        """The map without its shortest waves, and these as they are weighted, as planes."""
        spectrum = fourier.Spectrum(density, voxel_size, np.sqrt(sum(0.25 / v**2 for v in voxel_size)))
        is_top = spectrum.frequencies > 1 / (SHORTEST * self._lowpass)
        self._end = _end(spectrum, 0.5 / max(voxel_size))
        is_seen = is_top & (spectrum.frequencies <= self._end)
        gains = np.where(is_seen, self._top_gains(density, voxel_size, spectrum.frequencies), 0.0)
        self._top_filter = spectrum.frequencies, gains
        return spectrum.filtered_planes(np.where(is_top, 0.0, 1.0)), spectrum.filtered_planes(gains, last=True)

    def _top_gains(self, density, voxel_size, frequencies):
        """By how much each shell is weighted, if it is one of the shortest waves."""
        solvent, molecule = self._low.solvent, self._molecule_blocks()
        if np.count_nonzero(solvent) < _FEWEST_BLOCKS or not molecule.any():
            return np.ones_like(frequencies)
        centre = centre_of(molecule)
        ratio = np.broadcast_to(np.square(self._low.noise_ratio), solvent.shape)[solvent].mean()
        noise = CubeSpectrum(density, voxel_size, solvent, centre).power / ratio
        found = CubeSpectrum(density, voxel_size, molecule, centre, alone=False)
        shells = Shells(found.frequencies, np.maximum(found.power - noise * (1 / found.share - 1), noise), noise, 1.0)
        signal = np.where(found.frequencies > 1 / (SHORTEST * self._lowpass), shells.signal * found.frequencies**2, 0.0)
        kept = (signal * shells.signal_shares).sum()
        shares = shells.signal_shares * (signal.sum() / kept if kept > 0 else 0.0)
        return np.interp(frequencies, found.frequencies, shares)

    def _molecule_blocks(self):
        """1 in blocks of which the scale says that there is molecule, as far as they are not solvent, else 0.

        The scale of the published modes is above 0 nearly everywhere.
        """

        def any_scale(some):
            found = self._low.blocks.maximum(self._scale[self._low.blocks.planes_of(some)]) > 0
            return found & ~self._low.solvent[some]

        return np.concatenate(parallel.run(any_scale, self._low.slabs())).astype(np.float32)

    def _powers(self, progress):
        """The mean squares of the last two bands in the blocks."""
        powers = [np.empty(self._low.blocks.shape, np.float32) for _ in range(2)]

        def fill(some):
            _, *bands = self._bands(self._low.blocks.planes_of(some))
            for power, band in zip(powers, bands, strict=True):
                band /= self._low.unit
                power[some] = self._low.blocks.mean(np.square(band, out=band))

        parallel.run(fill, self._low.slabs(), progress)
        return powers

    def _smooth(self, power_and_window):
        """Make a band's squares its local variance, in place."""
        power, window = power_and_window
        ndimage.gaussian_filter(power, self._low.sigmas(window), output=power, mode="reflect", truncate=3)


def _end(spectrum, nyquist):
    """The highest frequency (1/Å) of a map that was low-passed; infinite where none is seen to be that."""
    frequencies, power = spectrum.frequencies, spectrum.power(_EVERY_PLANE)
    before = np.interp(frequencies - _BEFORE, frequencies, power)
    ended = (frequencies > _FROM + _BEFORE) & (frequencies < nyquist) & (power < _END * before)
    return frequencies[ended.argmax() - 1] if ended.any() else np.inf


def _every(planes, step):
    """Planes of the map that hold planes at the step."""
    return slice(planes.start * step, (planes.stop - 1) * step + 1)


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


def _share(variance, of_noise):
    """The share of signal in a band in each block, from its local variance and that of noise, in place."""
    share = variance - np.asarray(of_noise, np.float32)
    np.maximum(share, 0, out=share)
    share /= np.maximum(variance, np.finfo(np.float32).tiny)
    return share


def _left(weights, variance, solvent):
    squares = np.square(weights)
    return variance * float(squares[solvent].mean(dtype=float) if solvent.any() else squares.mean(dtype=float))
