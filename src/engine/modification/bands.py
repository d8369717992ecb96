"""A map in bands of spatial frequency, plane by plane."""

import numpy as np

from .. import parallel
from ..grids import fourier
from ..scale.band_power import Shells
from ..scale.part import centre_of
from ..scale.solvent_spectrum import CubeSpectrum

_SHORTEST = 0.7
"""Wavelength, in low-passes, at which the last two bands meet."""

_LEAST_BEYOND = 1.2
"""Times the shortest wavelength that voxels can hold, at which two bands may meet: else there is one."""

_ENOUGH_VOXELS = 150_000
"""In which the spectra are read: the band of the shortest waves has thousands of coefficients in them."""

_EVERY_PLANE = 8
"""Of coefficients, that is read to see where the map ends: shells at which it may have thousands of them."""

_END, _BEFORE, _FROM = 1e-3, 0.03, 1 / 20
"""A map ends at the shell that has so little of the power of that so much (1/Å) before, from 20 Å on: none falls so."""

FEWEST_BLOCKS = 64
"""Of solvent, in which its noise can be read."""


class Bands:
    """The low-passed map, and what is beyond it in one or two bands, of which the last is weighted by its spectrum.

    Each shell of frequency of the last band is weighted by the share of signal in the power
    of the whole molecule, at the same amplitude of the signal.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
    voxel_size : tuple of 3 float
        Å along z, y and x.
    low : LowBlocks
        Of the map.

    Attributes
    ----------
    meet_at : list of float
        1/Å, where the low-passed map and the bands meet.
    last : tuple of 2 arrays of float
        Frequencies (1/Å) and the gains at which the last band is shown.
    end : float
        1/Å, where the map ends, as it was cut off at its resolution; infinite where that is not seen.
    """

    def __init__(self, density, voxel_size, low):
        self._low, self._mean = low, np.float32(low.mean)
        shortest = _SHORTEST * low.lowpass
        self.meet_at = [1 / low.lowpass]
        if shortest > _LEAST_BEYOND * 2 * max(voxel_size):
            self.meet_at.append(1 / shortest)
        spectrum = fourier.Spectrum(density, voxel_size)
        frequencies = spectrum.frequencies
        is_last = frequencies > self.meet_at[-1]
        self.end = _end(spectrum, 0.5 / max(voxel_size))
        gains = np.where(is_last, self._gains(density, voxel_size, frequencies), 0.0)
        self.last = frequencies, gains
        self._middle = spectrum.filtered_planes(np.where(is_last, 0.0, 1.0)) if len(self.meet_at) > 1 else None
        self._last = spectrum.filtered_planes(gains, last=True)

    def at(self, planes, steps=(1, 1, 1)):
        """The low-passed map above the solvent's mean and the bands beyond, a list of float32 arrays.

        Parameters
        ----------
        planes : slice
            Of the map at the step.
        steps : tuple of 3 int
        """
        every = slice(planes.start * steps[0], (planes.stop - 1) * steps[0] + 1)
        picked = tuple(slice(None, None, step) for step in steps)
        bands = [self._low.lowpassed(every)[picked]]
        if self._middle is not None:
            middle = self._middle[every][picked]
            middle -= self._mean
            middle -= bands[0]
            bands.append(middle)
        return [*bands, self._last[every][picked]]

    def _gains(self, density, voxel_size, frequencies):
        """By how much each shell of the last band is weighted."""
        solvent, molecule = self._low.solvent, self._molecule()
        if np.count_nonzero(solvent) < FEWEST_BLOCKS or not molecule.any():
            return np.ones_like(frequencies)
        centre = centre_of(molecule)
        ratio = np.broadcast_to(np.square(self._low.noise_ratio), solvent.shape)[solvent].mean()
        noise = CubeSpectrum(density, voxel_size, solvent, centre, enough=_ENOUGH_VOXELS).power / ratio
        found = CubeSpectrum(density, voxel_size, molecule, centre, alone=False, enough=_ENOUGH_VOXELS)
        power = np.maximum(found.power - noise * (1 / found.share - 1), noise)
        shells = Shells(found.frequencies, power, noise, 1.0)
        is_last = (found.frequencies > self.meet_at[-1]) & (found.frequencies <= self.end)
        signal = np.where(is_last, shells.signal * found.frequencies**2, 0.0)
        kept = (signal * shells.signal_shares).sum()
        if not kept > 0:
            return np.zeros_like(frequencies)
        gains = shells.signal_shares[is_last] * (signal.sum() / kept)
        return np.where(frequencies <= self.end, np.interp(frequencies, found.frequencies[is_last], gains), 0.0)

    def _molecule(self):
        """1 in blocks of which the scale says that there is molecule, as far as they are not solvent, else 0.

        The scale of the published modes is above 0 nearly everywhere.
        """
        blocks, scale = self._low.blocks, self._low.estimate.scale

        def any_scale(some):
            return (blocks.maximum(scale[blocks.planes_of(some)]) > 0) & ~self._low.solvent[some]

        return np.concatenate(parallel.run(any_scale, self._low.slabs())).astype(np.float32)


def _end(spectrum, nyquist):
    """The highest frequency (1/Å) of a map that was low-passed; infinite where none is seen to be that."""
    frequencies, power = spectrum.frequencies, spectrum.power(_EVERY_PLANE)
    before = np.interp(frequencies - _BEFORE, frequencies, power)
    # Shells of a long box in which none of those planes has a coefficient tell nothing.
    ended = (frequencies > _FROM + _BEFORE) & (frequencies < nyquist) & (power > 0) & (power < _END * before)
    return frequencies[ended.argmax() - 1] if ended.any() else np.inf
