"""Noise with the power spectrum of a map's solvent, to fill in where density is taken away."""

import numpy as np
from scipy import fft

from . import parallel

_FEWEST_VOXELS = 512


class SolventNoise:
    """The power spectrum of the solvent, averaged over shells of spatial frequency.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
        The map.
    solvent : bool array of that shape
        Voxels that are solvent with near certainty.
    mean, sigma : float
        Mean and standard deviation of the solvent in the map. Where there are too few
        solvent voxels to tell a spectrum, white noise of this sigma stands in.
    voxel_size : tuple of 3 float
        Å along z, y and x.
    progress : callable, optional
        Called with the fraction done; what it raises stops the work.

    Notes
    -----
    The periodogram of the solvent alone, |F|²/n with n its number of voxels, is the
    spectrum of the noise blurred by that of the solvent's shape, which is narrow.
    """

    def __init__(self, density, solvent, mean, sigma, voxel_size, progress=None):
        self._shape = density.shape
        self._voxel_size = voxel_size
        voxels = np.count_nonzero(solvent)
        shells = self._shell_count()
        if voxels < _FEWEST_VOXELS:
            self._power = np.full(shells, sigma**2)
        else:
            alone = np.where(solvent, density - np.float32(mean), np.float32(0))
            self._power = self._mean_power(alone, shells, progress or _no_report) / voxels
        self._power[0] = 0

    @property
    def power(self):
        """Variance per Fourier coefficient by shell; shells are `shell_width` apart."""
        return self._power

    @property
    def shell_width(self):
        """Width of a shell in 1/Å."""
        return 1 / max(n * v for n, v in zip(self._shape, self._voxel_size, strict=True))

    def sample(self, seed, progress=None):
        """Zero-mean noise with this spectrum.

        Parameters
        ----------
        seed : int
        progress : callable, optional
            Called with the fraction done.

        Returns
        -------
        float32 array of the shape of the map
        """
        report = progress or _no_report
        white = np.random.default_rng(seed).standard_normal(self._shape, dtype=np.float32)
        report(0.3)
        spectrum = fft.rfftn(white, workers=parallel.thread_count(), overwrite_x=True)
        amplitude = np.sqrt(self._power).astype(np.float32)

        def color(planes):
            spectrum[planes] *= amplitude[self._shells(planes)]

        parallel.run(color, parallel.plane_slabs(spectrum.shape), lambda fraction: report(0.6 + 0.1 * fraction))
        return fft.irfftn(spectrum, self._shape, workers=parallel.thread_count(), overwrite_x=True)

    def _shell_count(self):
        highest = np.sqrt(sum((0.5 / v) ** 2 for v in self._voxel_size))
        return int(highest / self.shell_width) + 2

    def _shells(self, planes):
        """Number of the shell of each coefficient in these planes of a half spectrum."""
        nz, ny, nx = self._shape
        z = fft.fftfreq(nz, self._voxel_size[0])[planes, None, None]
        y = fft.fftfreq(ny, self._voxel_size[1])[:, None]
        x = fft.rfftfreq(nx, self._voxel_size[2])
        return np.rint(np.sqrt(z**2 + y**2 + x**2) / self.shell_width).astype(np.intp)

    def _mean_power(self, density, shells, report):
        report(0.2)
        spectrum = fft.rfftn(density, workers=parallel.thread_count(), overwrite_x=True)

        def sums(planes):
            shell = self._shells(planes).ravel()
            squared = np.abs(spectrum[planes].ravel()) ** 2
            return np.bincount(shell, squared, shells), np.bincount(shell, minlength=shells)

        totals = parallel.run(sums, parallel.plane_slabs(spectrum.shape), lambda fraction: report(0.7 + 0.3 * fraction))
        power, counts = (sum(parts) for parts in zip(*totals, strict=True))
        return power / np.maximum(counts, 1)


def _no_report(fraction):
    """Stands for a progress callback that was not given."""
