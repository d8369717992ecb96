"""Low-pass filter, Fourier crop and Fourier pad.

All three keep a central block of the map's Fourier transform. Most of a low-pass
filter's work is on zeros, so the transforms go axis by axis and leave out the
coefficients beyond the block: half the time of a full transform, and little memory.
"""

import numpy as np
from scipy import fft

from .. import parallel

_ROUNDING = 1e-6


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
    return _synthesize(block, np.empty(density.shape, np.float32) if out is None else out)


def lowpass_and_sample(density, resolution, voxel_size, shape, progress=None):
    """The low-passed map on its own grid and on a coarser one, from one transform.

    Parameters are those of `lowpass` and of `resample`; the coarser grid has to hold all
    frequencies that are kept.

    Returns
    -------
    two float32 arrays, of the shape of the density and of the shape that is given
    """
    block = _lowpassed_block(density, resolution, voxel_size, progress)
    sampled = _synthesize(block, np.empty(shape, np.float32))
    sampled *= np.float32(np.prod(shape, dtype=float) / density.size)
    return _synthesize(block, np.empty(density.shape, np.float32)), sampled


def _lowpassed_block(density, resolution, voxel_size, progress):
    half_widths = [int(n * v / resolution * (1 + _ROUNDING)) for n, v in zip(density.shape, voxel_size, strict=True)]
    block = _central_block(density, half_widths, progress)
    extents = [n * v for n, v in zip(density.shape, voxel_size, strict=True)]
    _zero_beyond(block, extents, 1 / resolution)
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
    block = _central_block(density, half_widths)
    block *= np.float32(np.prod(shape, dtype=float) / density.size)
    return _synthesize(block, np.empty(shape, np.float32))


def cropped_shape(shape, longest):
    """Shape whose longest axis is `longest`, all axes divided by one factor (rounded)."""
    factor = max(shape) / longest
    return tuple(max(1, round(n / factor)) for n in shape)


def _axis_length(n, half_width):
    """Number of coefficients kept on an axis of n samples: all, or those up to ±half_width."""
    return min(n, 2 * half_width + 1)


def _central_block(density, half_widths, progress=None):
    """Fourier coefficients up to the half-widths, in the order of `scipy.fft.rfftn`."""
    nz, ny, nx = density.shape
    kz, ky = (_axis_length(n, h) for n, h in zip((nz, ny), half_widths[:2], strict=True))
    kx = min(nx // 2, half_widths[2]) + 1
    planes = np.empty((nz, ky, kx), np.complex64)

    def transform_planes(slab):
        rows = fft.rfft(density[slab], axis=2)[:, :, :kx]
        planes[slab] = _keep(fft.fft(rows, axis=1, overwrite_x=True), 1, ky)

    parallel.run(transform_planes, parallel.plane_slabs(density.shape), progress)
    block = planes[:kz]

    def transform_columns(columns):
        block[:, columns] = _keep(fft.fft(planes[:, columns], axis=0), 0, kz)

    parallel.run(transform_columns, _column_slabs(ky))
    return block if 2 * kz > nz else block.copy()  # In its place there would be much that is not needed.


class FilteredPlanes:
    """A filtered map of which any planes can be had without the others, held as coefficients of each plane.

    Parameters
    ----------
    block : array of complex64
        The central block of its transform, whose memory may be used.
    shape : tuple of 3 int
        Of the map.
    """

    def __init__(self, block, shape):
        self._shape = shape
        self._planes = _planes_of(block, shape[0], _room_around(block, shape[0]))

    def __getitem__(self, planes):
        """Float32 array of these planes of the map."""
        _, ny, nx = self._shape
        return _transformed(self._planes[planes], ny, nx)


class Spectrum:
    """Fourier coefficients of a map up to a spatial frequency, of which filtered copies can be had on any grid.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
    voxel_size : sequence of 3 float
        Å along z, y and x.
    highest : float
        1/Å: coefficients of higher frequencies are left out.

    Attributes
    ----------
    frequencies : array of float
        1/Å, of spherical shells, those of the longest axis.
    """

    def __init__(self, density, voxel_size, highest):
        self._shape, self._extents = density.shape, [n * v for n, v in zip(density.shape, voxel_size, strict=True)]
        half_widths = [min(int(a * highest), (n - 1) // 2) for a, n in zip(self._extents, density.shape, strict=True)]
        self._block = _central_block(density, half_widths)
        _zero_beyond(self._block, self._extents, highest)
        self._along, self._across = _squared_shells(self._block.shape, self._extents)
        last = int(_shells(self._along.max(), self._across.max()))
        self.frequencies = np.arange(last + 1) / max(self._extents)

    def power(self, step=1):
        """The mean squared amplitude in each shell, an array of float; of every so many planes of coefficients."""
        length = len(self.frequencies)

        def sums(planes):
            every = slice(planes.start + -planes.start % step, planes.stop, step)
            shells, block = _shells(self._along[every], self._across).ravel(), self._block[every].ravel()
            squares = np.square(block.real, dtype=float)
            squares += np.square(block.imag, dtype=float)
            return np.bincount(shells, minlength=length), np.bincount(shells, squares, length)

        counts, squares = np.sum(parallel.run(sums, parallel.plane_slabs(self._block.shape)), axis=0)
        return squares / np.maximum(counts, 1)

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
        return _synthesize(self._multiplied(gains, shape), np.empty(shape, np.float32))

    def filtered_planes(self, gains, last=False):
        """The same on the grid of the map, plane by plane: `FilteredPlanes`.

        What is the last that is asked for may take the place of the coefficients.
        """
        highest = np.max(np.flatnonzero(gains), initial=0) + 0.5  # of the shells that have a gain
        longest = max(self._extents)
        held = [min(n, 2 * int(highest * a / longest) + 1) for n, a in zip(self._shape, self._extents, strict=True)]
        in_place = last and 2 * np.prod(held, dtype=float) > np.prod(self._shape, dtype=float)
        block = self._multiplied(gains, self._shape if in_place else held, in_place)
        if last:
            self._block = None
        return FilteredPlanes(block, self._shape)

    def _multiplied(self, gains, shape, in_place=False):
        """The coefficients that a grid holds, times the gains of their shells; all of them if in place."""
        gains = gains.astype(np.float32)
        nz, ny, nx = shape
        z, y = _kept(self._block.shape[0], nz), _kept(self._block.shape[1], ny)
        kx = min(self._block.shape[2], (nx - 1) // 2 + 1)
        result = self._block if in_place else np.empty((len(z), len(y), kx), np.complex64)

        def multiply(planes):
            for kept, made in zip(z[planes], result[planes], strict=True):
                shells = _shells(self._along[kept], self._across[y, :kx])
                np.multiply(self._block[kept][y, :kx], gains[shells], out=made)

        parallel.run(multiply, parallel.plane_slabs(result.shape))
        return result


def _squared_shells(shape, extents):
    """The squared frequencies of a central block's coefficients along z, and across it, in shells."""
    kz, ky, kx = shape
    z, y = (np.minimum(np.arange(k), k - np.arange(k)) for k in (kz, ky))
    z, y, x = (max(extents) * k / extent for k, extent in zip((z, y, np.arange(kx)), extents, strict=True))
    return np.square(z, dtype=np.float32)[:, None, None], (y[:, None] ** 2 + x**2).astype(np.float32)


def _shells(along, across):
    """The shell of each coefficient, as integers, from these squares: made anew each time, as it is a quarter map."""
    return np.rint(np.sqrt(across + along)).astype(np.uint16)


def _kept(length, n):
    """The places of those coefficients along an axis of a block that a grid of n samples holds."""
    kept = min(length, 2 * ((n - 1) // 2) + 1)
    return np.r_[: (kept + 1) // 2, length - kept // 2 : length]


def _synthesize(block, density):
    """Fill a real map from the central block of its Fourier transform."""
    nz, ny, nx = density.shape
    planes = _planes_of(block, nz)

    def transform_planes(slab):
        density[slab] = _transformed(planes[slab], ny, nx)

    parallel.run(transform_planes, parallel.plane_slabs(density.shape))
    return density


def _planes_of(block, nz, room=None):
    """The central block of each plane's transform, from that of the map; the room for it may hold the block."""
    _, ky, kx = block.shape
    planes = np.empty((nz, ky, kx), np.complex64) if room is None else room

    def transform_columns(columns):
        padded = _pad(block[:, columns], 0, nz)
        planes[:, columns] = fft.ifft(padded, axis=0, overwrite_x=True)

    parallel.run(transform_columns, _column_slabs(ky))
    return planes


def _room_around(block, nz):
    """The array of planes whose first ones are a block, as `_central_block` makes it; None where it is another."""
    whole = block.base
    return whole if whole is not None and whole.shape == (nz, *block.shape[1:]) else None


def _transformed(planes, ny, nx):
    rows = fft.ifft(_pad(planes, 1, ny), axis=1, overwrite_x=True)
    return fft.irfft(rows, n=nx, axis=2, overwrite_x=True)


def _column_slabs(length):
    return parallel.slabs(length, -(-length // (16 * parallel.thread_count())))


def _keep(coefficients, axis, length):
    """The first and the last coefficients along an axis, `length` of them in all."""
    n = coefficients.shape[axis]
    if length == n:
        return coefficients
    head, tail = (length + 1) // 2, length // 2
    parts = np.split(coefficients, [head, n - tail], axis=axis)
    return np.concatenate((parts[0], parts[2]), axis=axis)


def _pad(coefficients, axis, length):
    """The inverse of `_keep`: zeros between the first and the last coefficients."""
    kept = coefficients.shape[axis]
    shape = list(coefficients.shape)
    shape[axis] = length
    padded = np.zeros(shape, coefficients.dtype)
    head, tail = (kept + 1) // 2, kept // 2
    source, target = np.moveaxis(coefficients, axis, 0), np.moveaxis(padded, axis, 0)
    target[:head] = source[:head]
    if tail:
        target[-tail:] = source[-tail:]
    return padded


def _zero_beyond(block, extents, frequency):
    """Set coefficients of more than this spatial frequency (1/Å) to zero.

    `extents` is the edge of the box in Å along each axis.
    """
    kz, ky, kx = block.shape
    z, y = (
        (np.minimum(np.arange(k), k - np.arange(k)) / extent) ** 2
        for k, extent in zip((kz, ky), extents[:2], strict=True)
    )
    x = (np.arange(kx) / extents[2]) ** 2
    limit = (frequency * (1 + _ROUNDING)) ** 2
    for plane, squared_z in zip(block, z, strict=True):
        plane[squared_z + y[:, None] + x > limit] = 0
