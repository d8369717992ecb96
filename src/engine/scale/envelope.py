"""The molecule in a low-passed map, on a grid that just holds it: what is surely solvent and what is not."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import fft

from .. import parallel
from ..grids import dilate
from ..grids.cut import bounds
from ..grids.kernel import Kernel
from ..grids.smoothing import Smoothing

VOXELS_PER_LOWPASS = 2.5
"""The low-pass needs two; half a voxel more makes them small enough to tell inside from outside."""

_DENSEST_SHARE = 0.002
_MAD_TO_SIGMA = 1.4826

_SAMPLE = 1 << 18
"""Voxels, about, in which medians are found: neighbours on the grid are not independent."""

_FEWEST_OF_SAMPLE = 1 << 12
_ROUGH_STEP = 521
"""From value to value of those that tell roughly which are the densest."""


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
        return Smoothing.of(np.asarray(values, np.float32), self._lengths, self.lowpass)

    def smoothing_of(self, block):
        """The same of values whose transform, a central block of it, is at hand."""
        return Smoothing(block, self.shape, self._lengths, self.lowpass)

    @property
    def _lengths(self):
        return [n * v for n, v in zip(self.shape, self.voxel_size, strict=True)]

    def around(self, inside, margin):
        """The part of the box in which a bool array is True, with a margin in low-pass cut-offs, as three slices.

        Its edges are as long as transforms like; where the margin would reach beyond the box it is all of an axis,
        which is periodic.
        """
        parts = []
        for n, v, (low, high) in zip(self.shape, self.voxel_size, bounds(inside), strict=True):
            beyond = int(np.ceil(margin * self.lowpass / v))
            length = fft.next_fast_len(high - low + 2 * beyond, real=True)
            start = min(low - beyond, n - length)
            parts.append(slice(start, start + length) if start >= 0 else slice(0, n))
        return tuple(parts)

    def part(self, slices):
        """The same grid of a part of the box."""
        return replace(self, shape=tuple(part.stop - part.start for part in slices))

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
        return dilate.ball_maximum(inside.view(np.uint8), self.ball(radius)).view(bool)


def densest(values, size=None):
    """Mean of the densest 0.2 % of the voxels, of so many as a larger grid has if its size is given."""
    count = min(values.size, max(8, int((size or values.size) * _DENSEST_SHARE)))
    rough = np.sort(values.ravel()[::_ROUGH_STEP])
    # About twice as many as are wanted, to choose from; else all of them.
    least = rough[max(0, len(rough) - 8 - 2 * count // _ROUGH_STEP)]
    high = np.concatenate(
        parallel.run(lambda slab: values[slab][values[slab] >= least], parallel.plane_slabs(values.shape))
    )
    if len(high) < count:
        high = values.ravel()
    return float(np.partition(high, len(high) - count)[-count:].mean())


def sampled(values, where):
    """Values where a bool array is True, on large grids some of them, evenly spread."""
    step = max(1, round((values.size / _SAMPLE) ** (1 / 3)))
    thin = (slice(None, None, step),) * 3
    found = values[thin][where[thin]]
    return found if len(found) >= _FEWEST_OF_SAMPLE else values[where]


def robust_sigma(values):
    """Standard deviation of normal values, from the median of their distances from the median."""
    return float(_MAD_TO_SIGMA * np.median(np.abs(values - np.median(values))))
