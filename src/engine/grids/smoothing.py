"""Maps smoothed by Gaussians, from one transform."""

import numpy as np
from scipy import fft

from .. import parallel
from .coefficients import in_planes, planes_of, shell_power, shells_at, squared_shells, within

_LOWEST_FALL = 0.9
"""Over the standard deviation of a Gaussian: the frequency at which its transform has fallen to 1e-7."""


class Smoothing:
    """A map smoothed by Gaussians of any width, from one transform; its box is periodic.

    Parameters
    ----------
    block : array of complex64
        The central block of the map's transform.
    shape : tuple of 3 int
        Of the map.
    extents : sequence of 3 float
        Å, of its box.
    unit : float
        Å: of widths and frequencies.
    """

    def __init__(self, block, shape, extents, unit=1.0):
        self._block, self._shape = block, tuple(shape)
        self._extents = [extent / unit for extent in extents]

    @classmethod
    def of(cls, density, extents, unit=1.0):
        """That of a float32 array."""
        return cls(fft.rfftn(density, workers=parallel.thread_count()), density.shape, extents, unit)

    def rescale(self, zero, unit):
        """Make it that of the map less a number and over another one."""
        self._block[0, 0, 0] -= zero * np.prod(self._shape, dtype=float)
        self._block /= np.float32(unit)

    def power(self, shells):
        """The mean squared amplitude in so many spherical shells, those of the longest axis, from the lowest on."""
        block = self._block
        for axis, extent in enumerate(self._extents):
            half_width = min(self._shape[axis] // 2, int(shells * extent / max(self._extents)))
            block = within(block, axis, half_width)
        return shell_power(block, shells_at(*squared_shells(block.shape, self._extents)))[:shells]

    def __call__(self, sigma):
        """Float32 array: the map smoothed by a Gaussian of this standard deviation."""
        # What is filtered is not needed once it is transformed along z.
        return in_planes(planes_of(self._filtered(sigma), self._shape[0]), np.empty(self._shape, np.float32))

    def _filtered(self, sigma):
        """The coefficients that the Gaussian leaves, multiplied by it."""
        block, falls = self._block, []
        for axis, (n, extent) in enumerate(zip(self._shape, self._extents, strict=True)):
            half_width = min(n // 2, int(extent * _LOWEST_FALL / sigma))
            block = within(block, axis, half_width)
            k = np.arange(block.shape[axis])
            k = k if axis == 2 else np.minimum(k, len(k) - k)
            falls.append(np.exp(-2 * (np.pi * sigma / extent * k) ** 2).astype(np.float32))
        z, y, x = falls
        filtered = np.empty_like(block)

        def multiply(planes):
            np.multiply(block[planes], (z[planes, None] * y)[:, :, None], out=filtered[planes])
            filtered[planes] *= x

        parallel.run(multiply, parallel.plane_slabs(block.shape))
        return filtered
