"""Low-pass filter, Fourier crop and Fourier pad.

All three keep a central block of the map's Fourier transform: see `coefficients`.
"""

import numpy as np

from .. import parallel
from .coefficients import (
    ROUNDING,
    central_block,
    planes_of,
    shell_power,
    shells_at,
    squared_shells,
    synthesize,
    transformed,
    within,
    zero_beyond,
)


def lowpass(density, resolution, voxel_size, progress=None, out=None):
    """Keep the Fourier coefficients with spatial frequency at most 1/resolution.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
    resolution : float
        Shortest wavelength that is kept, in Å.
    voxel_size : sequence of 3 float
        Å along z, y and x.
    progress : callable, optional
        Called with the fraction done.
    out : array of float32 of the same shape, optional
        Takes the result; it may be the density itself.

    Returns
    -------
    float32 array of the same shape
    """
    block = _lowpassed_block(density, resolution, voxel_size, progress)
    return synthesize(block, np.empty(density.shape, np.float32) if out is None else out)


def lowpass_and_sample(density, resolution, voxel_size, shape, progress=None):
    """The low-passed map on its own grid and on a coarser one, from one transform.

    Parameters are those of `lowpass` and of `resample`; the coarser grid has to hold all
    frequencies that are kept.

    Returns
    -------
    two float32 arrays, of the shape of the density and of the shape that is given
    array of complex64
        The central block of the transform of the second.
    """
    block = _lowpassed_block(density, resolution, voxel_size, progress)
    whole = synthesize(block, np.empty(density.shape, np.float32))
    block *= np.float32(np.prod(shape, dtype=float) / density.size)
    return whole, synthesize(block, np.empty(shape, np.float32)), block


def _lowpassed_block(density, resolution, voxel_size, progress):
    half_widths = [int(n * v / resolution * (1 + ROUNDING)) for n, v in zip(density.shape, voxel_size, strict=True)]
    block = central_block(density, half_widths, progress)
    extents = [n * v for n, v in zip(density.shape, voxel_size, strict=True)]
    zero_beyond(block, extents, 1 / resolution)
    return block


def resample(density, shape):
    """Fourier crop or pad: the same map sampled on a grid of another shape.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
    shape : tuple of 3 int
        Shape of the result. The box, in Å, and its first voxel stay where they are.

    Returns
    -------
    float32 array of that shape
        Frequencies that both grids hold are the same in both maps; a Nyquist
        frequency of the coarser grid, which is ambiguous, is left out.
    """
    half_widths = [(min(a, b) - 1) // 2 for a, b in zip(density.shape, shape, strict=True)]
    block = central_block(density, half_widths)
    block *= np.float32(np.prod(shape, dtype=float) / density.size)
    return synthesize(block, np.empty(shape, np.float32))


def cropped_shape(shape, longest):
    """Shape whose longest axis is `longest`, all axes divided by one factor (rounded)."""
    factor = max(shape) / longest
    return tuple(max(1, round(n / factor)) for n in shape)


class FilteredPlanes:
    """A filtered map of which any planes can be had without the others, held as coefficients of each plane.

    Parameters
    ----------
    block : array of complex64
        The central block of its transform, which may be overwritten.
    shape : tuple of 3 int
        Of the map.
    """

    def __init__(self, block, shape):
        self._shape = shape
        self._planes = planes_of(block, shape[0], overwrite=True)

    def __getitem__(self, planes):
        """Float32 array of these planes of the map."""
        _, ny, nx = self._shape
        return transformed(self._planes[planes], ny, nx)


class Spectrum:
    """Fourier coefficients of a map up to a spatial frequency, of which filtered copies can be had on any grid.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
    voxel_size : sequence of 3 float
        Å along z, y and x.
    highest : float, optional
        1/Å: coefficients of higher frequencies are left out; by default none is.

    Attributes
    ----------
    frequencies : array of float
        1/Å, of spherical shells, those of the longest axis.
    """

    def __init__(self, density, voxel_size, highest=np.inf):
        self._shape, self._extents = density.shape, [n * v for n, v in zip(density.shape, voxel_size, strict=True)]
        half_widths = [int(min(a * highest, n // 2)) for a, n in zip(self._extents, density.shape, strict=True)]
        self._block = central_block(density, half_widths)
        zero_beyond(self._block, self._extents, highest)
        self._along, self._across = squared_shells(self._block.shape, self._extents)
        highest_shell = int(shells_at(self._along.max(), self._across.max()))
        self.frequencies = np.arange(highest_shell + 1) / max(self._extents)

    def power(self, step=1):
        """The mean squared amplitude in each shell, an array of float; of every so many planes of coefficients."""
        found = shell_power(self._block[::step], shells_at(self._along[::step], self._across))
        return np.pad(found, (0, len(self.frequencies) - len(found)))

    def filtered(self, gains, shape):
        """The map with its coefficients multiplied by gains, on a grid of the same box.

        Parameters
        ----------
        gains : array of float
            Of each shell.
        shape : tuple of 3 int

        Returns
        -------
        array of float32 of that shape
        """
        gains = gains * (np.prod(shape, dtype=float) / np.prod(self._shape, dtype=float))
        return synthesize(self._multiplied(gains, shape), np.empty(shape, np.float32))

    def filtered_planes(self, gains, last=False):
        """The same on the grid of the map, plane by plane: `FilteredPlanes`; of the last the spectrum is used up."""
        highest = np.max(np.flatnonzero(gains), initial=0) + 0.5  # of the shells that have a gain
        longest = max(self._extents)
        held = [min(n, 2 * int(highest * a / longest) + 1) for n, a in zip(self._shape, self._extents, strict=True)]
        if last and 4 * np.prod(held, dtype=float) > np.prod(self._shape, dtype=float):
            held = self._shape  # in place, while a part would be a copy
        return FilteredPlanes(self._multiplied(gains, held, last), self._shape)

    def _multiplied(self, gains, shape, last=False):
        """The coefficients that a grid holds, times the gains of their shells; in place if they are the last."""
        block, along, across = self._block, self._along, self._across
        if last:
            self._block = None
        # Of a coarser grid the highest frequency is ambiguous.
        z, y, x = (n // 2 if n == whole else (n - 1) // 2 for n, whole in zip(shape, self._shape, strict=True))
        for axis, half_width in enumerate((z, y, x)):
            block = within(block, axis, half_width)
        along, across = within(along, 0, z), within(within(across[None], 1, y), 2, x)
        gains, result = gains.astype(np.float32), block if last else np.empty_like(block)

        def multiply(planes):
            np.multiply(block[planes], gains[shells_at(along[planes], across)], out=result[planes])

        parallel.run(multiply, parallel.plane_slabs(block.shape))
        return result
