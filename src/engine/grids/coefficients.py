"""The central block of a map's Fourier coefficients, and maps from it: the transforms that all filters are made of.

Most of a low-pass filter's work is on zeros, so the transforms go axis by axis and leave out the coefficients beyond
the block: half the time of a full transform, and little memory.
"""

import numpy as np
from scipy import fft

from .. import parallel

ROUNDING = 1e-6


def _axis_length(n, half_width):
    """Number of coefficients kept on an axis of n samples: all, or those up to ±half_width."""
    return min(n, 2 * half_width + 1)


def central_block(density, half_widths, progress=None):
    """Fourier coefficients up to the half-widths, in the order of `scipy.fft.rfftn`."""
    nz, ny, nx = density.shape
    kz, ky = (_axis_length(n, h) for n, h in zip((nz, ny), half_widths[:2], strict=True))
    kx = min(nx // 2, half_widths[2]) + 1
    planes = np.empty((nz, ky, kx), np.complex64)

    def transform_planes(slab):
        rows = fft.rfft(density[slab], axis=2)[:, :, :kx]
        planes[slab] = _keep(fft.fft(rows, axis=1, overwrite_x=True), 1, ky)

    parallel.run(transform_planes, parallel.plane_slabs(density.shape), progress)
    block = planes if kz == nz else np.empty((kz, ky, kx), np.complex64)

    def transform_columns(columns):
        block[:, columns] = _keep(fft.fft(planes[:, columns], axis=0), 0, kz)

    parallel.run(transform_columns, _column_slabs(ky))
    return block


def within(block, axis, half_width):
    """Those coefficients along an axis that are at most so many from the middle."""
    if axis == 2:
        return block[:, :, : half_width + 1]
    return _keep(block, axis, min(block.shape[axis], 2 * half_width + 1))


def squared_shells(shape, extents):
    """Squared frequencies of a central block's coefficients, in shells: along z, and across it."""
    kz, ky, kx = shape
    z, y = (np.minimum(np.arange(k), k - np.arange(k)) for k in (kz, ky))
    z, y, x = (max(extents) * k / extent for k, extent in zip((z, y, np.arange(kx)), extents, strict=True))
    return np.square(z, dtype=np.float32)[:, None, None], (y[:, None] ** 2 + x**2).astype(np.float32)


def shells_at(along, across):
    """The shell of each coefficient, as integers, from what `squared_shells` gives."""
    return np.rint(np.sqrt(across + along)).astype(np.uint16)


def shell_power(block, shells):
    """The mean squared amplitude of the coefficients in each shell."""
    length = int(shells.max()) + 1

    def sums(planes):
        of_planes, some = shells[planes].ravel(), block[planes].ravel()
        squares = np.square(some.real, dtype=float)
        squares += np.square(some.imag, dtype=float)
        return np.bincount(of_planes, minlength=length), np.bincount(of_planes, squares, length)

    counts, squares = np.sum(parallel.run(sums, parallel.plane_slabs(block.shape)), axis=0)
    return squares / np.maximum(counts, 1)


def synthesize(block, density):
    """Fill a real map from the central block of its Fourier transform."""
    return in_planes(planes_of(block, density.shape[0]), density)


def in_planes(planes, density):
    """Fill a real map from the central block of each plane's transform."""
    _, ny, nx = density.shape

    def transform_planes(slab):
        density[slab] = transformed(planes[slab], ny, nx)

    parallel.run(transform_planes, parallel.plane_slabs(density.shape))
    return density


def planes_of(block, nz, overwrite=False):
    """The central block of each plane's transform, from that of the map, which it may overwrite to save memory."""
    _, ky, kx = block.shape
    planes = block if overwrite and len(block) == nz else np.empty((nz, ky, kx), np.complex64)

    def transform_columns(columns):
        planes[:, columns] = _inverse(block[:, columns], 0, nz)

    parallel.run(transform_columns, _column_slabs(ky))
    return planes


def transformed(planes, ny, nx):
    """Real planes from the central block of the transform of each."""
    rows = _inverse(planes, 1, ny)
    return fft.irfft(rows, n=nx, axis=2, overwrite_x=True)


def _inverse(coefficients, axis, length):
    if coefficients.shape[axis] == length:
        return fft.ifft(coefficients, axis=axis)
    return fft.ifft(_pad(coefficients, axis, length), axis=axis, overwrite_x=True)


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


def zero_beyond(block, extents, frequency):
    """Set coefficients of more than this spatial frequency (1/Å) to zero.

    `extents` is the edge of the box in Å along each axis.
    """
    kz, ky, kx = block.shape
    z, y = (
        (np.minimum(np.arange(k), k - np.arange(k)) / extent) ** 2
        for k, extent in zip((kz, ky), extents[:2], strict=True)
    )
    x = (np.arange(kx) / extents[2]) ** 2
    limit = (frequency * (1 + ROUNDING)) ** 2
    if z.max() + y.max() + x[-1] <= limit:
        return
    for plane, squared_z in zip(block, z, strict=True):
        plane[squared_z + y[:, None] + x > limit] = 0
