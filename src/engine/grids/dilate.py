"""The maximum over a ball around every voxel (grey dilation)."""

import numpy as np

from .. import parallel

_BLOCK_VOXELS = 1 << 16
"""Voxels in the part of a plane that is worked on at once: its buffers stay in cache."""

_SLAB_PLANES = 64


def ball_maximum(density, kernel, progress=None, out=None, steps=(1, 1)):
    """Maximum of the density over the kernel centred on each voxel.

    A ball is a stack of discs and a disc a stack of runs along x. So each plane
    needs a few running maxima along x, the maximum of shifted rows of these for
    each disc, and the maximum of shifted discs.

    Parameters
    ----------
    density : array of float or uint8, shape (z, y, x)
        Every axis at least as long as the kernel.
    kernel : Kernel
    progress : callable, optional
        Called with the fraction done.
    out : array of the shape and type of the result, optional
        Takes it; not the density itself.
    steps : tuple of 2 int
        The maximum is found in every so many planes, and in these in every so many rows.

    Returns
    -------
    array of the same type, and of the same shape where each step is 1
        Equal to `scipy.ndimage.maximum_filter` with the kernel as footprint and
        reflected edges. A reflected voxel always lies in the ball as well, so
        reflection is the same as leaving out what is beyond the edge.
    """
    nz, ny, nx = density.shape
    wanted = -(-nz // steps[0]), -(-ny // steps[1])
    maximum = np.empty((*wanted, nx), density.dtype) if out is None else out
    rows = max(2 * kernel.size, _BLOCK_VOXELS // nx) // steps[1]
    planes = min(_SLAB_PLANES // steps[0], -(-wanted[0] // parallel.thread_count()))
    discs = _distinct_discs(kernel.half_runs[kernel.half_width :, kernel.half_width :])
    blocks = [(z, y) for z in parallel.slabs(wanted[0], planes) for y in parallel.slabs(wanted[1], rows)]
    parallel.run(lambda block: _maximum_of_block(density, maximum, discs, steps, *block), blocks, progress)
    return maximum


def _maximum_of_block(density, maximum, discs, steps, planes, rows):
    """Fill maximum[planes, rows]. The discs hold their half-runs at offsets dy >= 0."""
    reach = len(discs[0][0]) - 1
    first_row = max(0, rows.start * steps[1] - reach)
    beyond_row = min(density.shape[1], (rows.stop - 1) * steps[1] + 1 + reach)
    runs = _RunBuffers(
        max(max(half_runs) for half_runs, _ in discs), (beyond_row - first_row, density.shape[2]), density.dtype
    )
    disc_buffer = np.empty((rows.stop - rows.start, density.shape[2]), density.dtype)
    block = maximum[planes, rows]
    block.fill(_lowest(density.dtype))
    every = range(planes.start * steps[0], planes.stop * steps[0], steps[0])
    for z in range(max(0, every[0] - reach), min(density.shape[0], every[-1] + reach + 1)):
        targets = [[every.index(z + dz) for dz in offsets if z + dz in every] for _, offsets in discs]
        if not any(targets):
            continue
        runs.fill(density[z, first_row:beyond_row])
        for (half_runs, _), planes_of_disc in zip(discs, targets, strict=True):
            if planes_of_disc:
                disc = _disc_maximum(runs, half_runs, rows.start * steps[1] - first_row, steps[1], disc_buffer)
                for plane in planes_of_disc:
                    np.maximum(block[plane], disc, out=block[plane])


def _lowest(dtype):
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _distinct_discs(quadrant):
    """The discs of a ball, each with the offsets along z at which it lies; neighbours may be alike."""
    discs = {}
    for dz, half_runs in enumerate(quadrant):
        if half_runs[0] >= 0:
            discs.setdefault(tuple(half_runs), set()).update((dz, -dz))
    return list(discs.items())


class _RunBuffers:
    """Running maxima along x of rows, for all half-lengths up to a longest one."""

    def __init__(self, longest, shape, dtype):
        self._pairs = np.empty((shape[0], shape[1] - 1), dtype)
        self._maxima = [np.empty(shape, dtype) for _ in range(longest)]
        self._rows = None

    def fill(self, rows):
        self._rows = rows
        for half_length, out in enumerate(self._maxima, start=1):
            if half_length == 1:
                self._fill_triples(rows, out)
            else:
                self._widen(self._maxima[half_length - 2], out)

    def __getitem__(self, half_length):
        return self._maxima[half_length - 1] if half_length else self._rows

    def _fill_triples(self, rows, out):
        np.maximum(rows[:, :-1], rows[:, 1:], out=self._pairs)
        np.maximum(self._pairs[:, :-1], self._pairs[:, 1:], out=out[:, 1:-1])
        out[:, 0] = self._pairs[:, 0]
        out[:, -1] = self._pairs[:, -1]

    @staticmethod
    def _widen(narrower, out):
        np.maximum(narrower[:, :-2], narrower[:, 2:], out=out[:, 1:-1])
        out[:, 0] = narrower[:, 1]
        out[:, -1] = narrower[:, -2]


def _disc_maximum(runs, half_runs, first, step, out):
    """Maximum over one disc for len(out) rows, every so many from row `first` of the runs on."""
    count = len(out)
    disc = runs[half_runs[0]][first::step][:count]
    for dy in range(1, len(half_runs)):
        if half_runs[dy] < 0:
            break
        row_maxima = runs[half_runs[dy]]
        for shift in (-dy, dy):
            # Of the rows whose partner is within: a partner may lack at the top or at the end of the box.
            low = max(0, -((first + shift) // step))
            partners = row_maxima[first + shift + low * step :: step][: count - low]
            inside = slice(low, low + len(partners))
            if disc is not out:
                # The first shift is upwards, so that only rows at the top may lack a partner.
                np.copyto(out[: inside.start], disc[: inside.start])
            np.maximum(disc[inside], partners, out=out[inside])
            disc = out
    return disc
