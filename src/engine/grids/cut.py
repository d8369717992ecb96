"""A part of a box that two grids of the box share."""

import numpy as np
from scipy import fft

_MISFIT = 0.1
"""Voxels of the finer grid by which faces of voxels of both grids may be apart."""

_SLOW = 1.5
"""Times as long a transform of a length that has large primes takes, as if it were so much longer."""


class Cut:
    """What holds all that counts in a box, with faces that lie between voxels of two grids of it.

    Parameters
    ----------
    shape, coarse_shape : tuples of 3 int
        Of the grids, both with their first voxel at the same place.
    counts : bool array of the coarse shape
        What the part has to hold.
    margins : sequence of 3 int
        How many coarse voxels beyond it holds at least, where the box does.

    Attributes
    ----------
    fine, coarse : tuples of 3 slices
        The same part of both grids, to within a tenth of a voxel of the finer one.
    fine_shape, coarse_shape : tuples of 3 int
    """

    def __init__(self, shape, coarse_shape, counts, margins):
        cuts = [
            _cut(n, m, low - margin, high + margin)
            for n, m, (low, high), margin in zip(shape, coarse_shape, bounds(counts), margins, strict=True)
        ]
        self.coarse = tuple(slice(a, b) for a, b in cuts)
        self.fine = tuple(
            slice(_nearest(a, n, m), _nearest(b, n, m)) for (a, b), n, m in zip(cuts, shape, coarse_shape, strict=True)
        )
        self.coarse_shape, self.fine_shape = (
            tuple(part.stop - part.start for part in parts) for parts in (self.coarse, self.fine)
        )


def bounds(counts):
    """For each axis of a bool array the first place that counts and the one beyond the last; all where none does."""
    across = counts.any(axis=0)
    return [_ends(along) for along in (counts.any(axis=(1, 2)), across.any(axis=1), across.any(axis=0))]


def _ends(counts):
    places = np.flatnonzero(counts)
    return (int(places[0]), int(places[-1]) + 1) if len(places) else (0, len(counts))


def _cut(n, m, low, high):
    """From which face of the coarse grid to which to cut, so that transforms take the least time."""
    faces = [face for face in range(m + 1) if abs(_nearest(face, n, m) - face * n / m) <= _MISFIT]
    cuts = [(a, b) for a in faces if a <= max(low, 0) for b in faces if b >= min(high, m)]
    return min(cuts, key=lambda cut: _time(_nearest(cut[1], n, m) - _nearest(cut[0], n, m)))


def _nearest(face, n, m):
    """The face of voxels of the fine grid that is nearest to one of the coarse grid."""
    return round(face * n / m)


def _time(length):
    return length if fft.next_fast_len(length, real=True) == length else _SLOW * length
