"""The power of a map around each place in a few broad bands of spatial frequency, and what motion does to it."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import fft
from scipy.ndimage import gaussian_filter1d

from ..grids import fourier

_EDGES = (1 / 12, 1 / 6, 1 / 3.2)
"""1/Å. Broad bands, as their filters reach few Å only; narrow ones mix each place with all within ten."""

_WINDOW = 2.5
"""Å: standard deviation of the Gaussian in which power is read."""

_FALL_OFF = 60.0
"""Å²: to this B-factor the spectrum of the molecule is brought, so that no sharpening of the whole map counts."""

_REACH = 2.5
"""Standard deviations of a band that are kept."""

_SAMPLES = 3
"""Of a band's highest frequency: its square, which has twice that, must not turn up at low frequencies."""

_SMOOTHING = 0.03
"""1/Å, of the spectrum that is brought to it: the filter then reaches 5 Å; shells as they are make ripples beyond."""

_LEAST_POWER, _LEAST_SIGNAL = 1e-6, 0.02
"""A shell tells nothing where it holds less than these shares of the strongest and of the noise."""

_STRONGEST_FROM = 1 / 20
_MOST_NOISE = 3.0
"""Times its signal: of more noise a band does not tell."""

_LEAST_MEAN = 0.9
"""Of its lower edge: a band whose signal has a lower mean frequency is cut off by the resolution."""

B_VALUES = np.arange(-200.0, 401.0, 4.0)
"""Å²: the differences for which it is tabled what becomes of the power."""


@dataclass(frozen=True, eq=False)
class Band:
    """The power in one band around each voxel, relative to the squared scale there.

    Attributes
    ----------
    power, noise : arrays of float32, shape of the box
        Of map and noise together, and of noise alone.
    falls : array of float
        Logarithm of the amplitude that a difference of each of `B_VALUES` leaves.
    coefficients : float
        Independent coefficients in a window, of which power is the mean.
    """

    power: np.ndarray
    noise: np.ndarray
    falls: np.ndarray
    coefficients: float


class Shells:
    """Power of a map's molecule and of its noise in shells of spatial frequency.

    Parameters
    ----------
    frequencies, power, noise : arrays of float
        1/Å, and the mean squared amplitude of map and noise in each shell.
    molecule_share : float
        Of the box.

    Attributes
    ----------
    signal : array of float
        The power of the molecule in each shell; 0 where hardly any is seen.
    signal_shares : array of float
        Its share of the power within the molecule.
    """

    def __init__(self, frequencies, power, noise, molecule_share):
        self.frequencies = frequencies
        signal = np.maximum(power - noise, 0)
        strongest = signal[frequencies > _STRONGEST_FROM].max(initial=0)
        signal[signal < np.maximum(_LEAST_SIGNAL * noise, _LEAST_POWER * strongest)] = 0
        self.signal, self._noise = signal, molecule_share * noise
        smooth = _smoothed(signal, frequencies)
        self.signal_shares = smooth / np.maximum(smooth + self._noise, np.finfo(float).tiny)
        whitened = np.exp(-_FALL_OFF / 4 * frequencies**2) / np.sqrt(np.where(smooth > 0, smooth, np.inf))
        self._gains = whitened * self.signal_shares

    def gains(self, centre, width):
        """Gains of the shells in a Gaussian band: the spectrum evened out, less where there is much noise."""
        offset = (self.frequencies - centre) / width
        return np.where(np.abs(offset) <= _REACH, np.exp(-(offset**2) / 2) * self._gains, 0)

    def is_told(self, gains, lowest):
        """Whether what a filter leaves is enough signal, and not cut off close above its lower edge."""
        volumes = np.square(gains * self.frequencies)
        powers = volumes * self.signal
        signal = powers.sum()
        is_seen = signal > 0 and (volumes * self._noise).sum() < _MOST_NOISE * signal
        return is_seen and (powers * self.frequencies).sum() > _LEAST_MEAN * lowest * signal

    def falls(self, gains):
        """What a difference of each of `B_VALUES` leaves of the amplitude of the filtered map, as a logarithm."""
        squared = self.frequencies**2
        weights = gains**2 * self.signal * squared
        left = np.exp(-B_VALUES[:, None] / 2 * squared) @ (weights / weights.sum())
        return np.log(left) / 2

    def coefficients(self, gains, window):
        """Independent coefficients of the filtered map in a Gaussian window (Å)."""
        power, volumes = gains**2 * self.signal, self.frequencies**2
        step = self.frequencies[1] - self.frequencies[0]
        band = 4 * np.pi * step * (power * volumes).sum() ** 2 / (power**2 * volumes).sum()
        return max(1.0, band * (2 * np.sqrt(np.pi) * window) ** 3)


def _smoothed(signal, frequencies):
    """The spectrum of the signal in means over neighbouring shells, where there is any: what is rough reaches far."""
    told = signal > 0
    sums, weights = (
        gaussian_filter1d(values * frequencies**2, _SMOOTHING / frequencies[1], mode="constant")
        for values in (signal, told.astype(float))
    )
    return np.divide(sums, weights, out=np.zeros_like(signal), where=told & (weights > 0))


def bands(density, voxel_size, part, difference=None, solvent=None):
    """The power around each place in bands of spatial frequency.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
    voxel_size : tuple of 3 float
        Å.
    part : Part
        The molecule, on the coarse grid.
    difference : array of float32, shape (z, y, x), optional
        Half the difference of the half maps, whose noise then is the noise.
    solvent : SolventSpectrum, optional
        Whose noise it is else.

    Returns
    -------
    list of Band
        Empty where there is no signal in one of them.
    """
    highest = max(_highest(low, high) for low, high in pairwise(_EDGES))
    spectrum = fourier.Spectrum(density, voxel_size, highest)
    noise = None if difference is None else fourier.Spectrum(difference, voxel_size, highest)
    shells = _shells(spectrum, noise, density.size, part, solvent)
    found = []
    for low, high in pairwise(_EDGES):
        width = (high - low) / 2
        gains = shells.gains((low + high) / 2, width)
        if not shells.is_told(gains, low):
            return []
        shape = _shape_for(density.shape, voxel_size, _highest(low, high))
        power = _power(spectrum, gains, shape, part)
        noise_power = part.noise_of(power) if noise is None else _power(noise, gains, shape, part)
        reach = 1 / (np.sqrt(24) * np.pi * width)  # of the filter in space: what is strong leaks that far
        level = part.squared_level(reach, _WINDOW)
        sums = (part.window_sums(values, _WINDOW) for values in (power, noise_power))
        means = (np.maximum(values, 0) / level for values in sums)  # smoothed by transforms, 0 may be less
        found.append(Band(*means, shells.falls(gains), shells.coefficients(gains, _WINDOW)))
    return found


def _highest(low, high):
    """The highest frequency that is kept of a band between two edges."""
    return (low + high) / 2 + _REACH * (high - low) / 2


def _shells(spectrum, noise, size, part, solvent):
    power = spectrum.power()
    if noise is not None:
        noise = noise.power()
    elif solvent is None:
        noise = np.zeros_like(power)
    else:
        noise = size * solvent.power(spectrum.frequencies, power / size)
    return Shells(spectrum.frequencies, power, np.minimum(noise, power), part.share)


def _shape_for(shape, voxel_size, highest):
    """A grid fine enough for the square of a map of frequencies up to the highest."""
    wanted = (int(np.ceil(n * v * highest * _SAMPLES)) for n, v in zip(shape, voxel_size, strict=True))
    return tuple(min(n, fft.next_fast_len(w, real=True)) for n, w in zip(shape, wanted, strict=True))


def _power(spectrum, gains, shape, part):
    """The squared, filtered map on the coarse grid."""
    filtered = spectrum.filtered(gains, shape)
    np.square(filtered, out=filtered)
    return fourier.resample(filtered, part.box.shape)
