"""The molecule in a low-passed map, on a grid that just holds it: what is surely solvent and what is not."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import fft

from .. import parallel
from ..grids import dilate
from ..grids.kernel import Kernel

VOXELS_PER_LOWPASS = 2.5
"""The low-pass needs two; half a voxel more makes them small enough to tell inside from outside."""

_DENSEST_SHARE = 0.002
_MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True)
class CoarseBox:
    """The box of a map on a grid of few voxels.

    Attributes
    ----------
    shape : tuple of 3 int
    voxel_size : tuple of 3 float
        Å along z, y and x.
    lowpass : float
        Å: the cut-off of what the grid holds, to which all lengths here are relative.
    """

    shape: tuple
    voxel_size: tuple
    lowpass: float

    @classmethod
    def of(cls, shape, voxel_size, lowpass):
        """That of a map of this shape and voxel size, with at least 2.5 voxels for each low-pass cut-off."""
        lengths = [n * v for n, v in zip(shape, voxel_size, strict=True)]
        wanted = [fft.next_fast_len(int(np.ceil(a * VOXELS_PER_LOWPASS / lowpass)), real=True) for a in lengths]
        coarse = tuple(min(n, m) for n, m in zip(wanted, shape, strict=True))
        return cls(coarse, tuple(a / n for a, n in zip(lengths, coarse, strict=True)), lowpass)

    @cached_property
    def squared_frequencies(self):
        """1/Å², of the coefficients of a real transform."""
        z, y = (fft.fftfreq(n, v) ** 2 for n, v in zip(self.shape[:2], self.voxel_size[:2], strict=True))
        x = fft.rfftfreq(self.shape[2], self.voxel_size[2]) ** 2
        return z[:, None, None] + y[:, None] + x

    def smoothing(self, values):
        """A function from a width to the values smoothed by a Gaussian.

        The width is its standard deviation in low-pass cut-offs; the box is periodic.
        """
        workers = parallel.thread_count()
        coefficients = fft.rfftn(np.asarray(values, np.float32), workers=workers)

        def smoothed(width):
            return fft.irfftn(coefficients * self._fall_off(width), self.shape, workers=workers, overwrite_x=True)

        return smoothed

    def _fall_off(self, width):
        """Of the coefficients, by a Gaussian: a product of those along the axes."""
        frequencies = [fft.fftfreq(n, v) for n, v in zip(self.shape[:2], self.voxel_size[:2], strict=True)]
        frequencies.append(fft.rfftfreq(self.shape[2], self.voxel_size[2]))
        z, y, x = (np.exp(-2 * (np.pi * width * self.lowpass * f) ** 2).astype(np.float32) for f in frequencies)
        return (z[:, None] * y)[:, :, None] * x

    def white_noise(self, random):
        """Noise of variance 1, white up to the low-pass cut-off, an array of float32."""
        workers = parallel.thread_count()
        coefficients = fft.rfftn(random.standard_normal(self.shape, np.float32), workers=workers)
        coefficients[self.squared_frequencies > 1 / self.lowpass**2] = 0
        noise = fft.irfftn(coefficients, self.shape, workers=workers, overwrite_x=True)
        return noise / noise.std()

    def ball(self, radius):
        """A ball of this radius in low-pass cut-offs."""
        smallest = min(self.voxel_size)
        size = 2 * int(radius * self.lowpass / smallest) + 1
        return Kernel(max(size, 3), max(radius * self.lowpass, smallest), self.voxel_size)

    def dilated(self, inside, radius):
        """A bool array with all within a radius, in low-pass cut-offs, of what is True."""
        return dilate.ball_maximum(inside.astype(np.float32), self.ball(radius)) > 0


def densest(values):
    """Mean of the densest 0.2 % of the voxels."""
    count = max(8, int(values.size * _DENSEST_SHARE))
    return float(np.partition(values, values.size - count, axis=None)[-count:].mean())


def robust_sigma(values):
    """Standard deviation of normal values, from the median of their distances from the median."""
    return float(_MAD_TO_SIGMA * np.median(np.abs(values - np.median(values))))
