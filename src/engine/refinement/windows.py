"""Densities of groups in windows of a grid, which filters change group by group at little cost."""

import numpy as np
from scipy import fft


class Window:
    """A density that is zero outside a part of a grid.

    Parameters
    ----------
    grid : CoarseGrid
    voxels : array of int
        Of the flat grid, ascending; none within a few voxels of its faces.
    values : array of float32
        There.

    Attributes
    ----------
    place : tuple of 3 slice
        Of the grid.
    frequency : float32 array
        |k| in 1/Å of each coefficient of the window.
    """

    _MARGIN = 2

    def __init__(self, grid, voxels, values):
        index = np.unravel_index(voxels, grid.shape)
        first = [int(i.min()) - self._MARGIN for i in index]
        spans = [int(i.max()) + self._MARGIN + 1 - f for i, f in zip(index, first, strict=True)]
        self._shape = tuple(
            min(fft.next_fast_len(span, real=True), n) for span, n in zip(spans, grid.shape, strict=True)
        )
        first = [max(0, min(f, n - d)) for f, n, d in zip(first, grid.shape, self._shape, strict=True)]
        self.place = tuple(slice(f, f + d) for f, d in zip(first, self._shape, strict=True))
        density = np.zeros(self._shape, np.float32)
        density[tuple(i - f for i, f in zip(index, first, strict=True))] = values
        self._coefficients = fft.rfftn(density)
        squares = [fft.fftfreq(n, p) ** 2 for n, p in zip(self._shape[:2], grid.pitch[:2], strict=True)]
        squares.append(fft.rfftfreq(self._shape[2], grid.pitch[2]) ** 2)
        self.frequency = np.sqrt(squares[0][:, None, None] + squares[1][:, None] + squares[2]).astype(np.float32)

    def filtered(self, *filters):
        """The density times filters, each given at `frequency`, a float32 array (filters, z, y, x)."""
        return np.stack([fft.irfftn(self._coefficients * f, self._shape) for f in filters])


def overlap(one, other):
    """Slices of two windows in the part of the grid that they share, or None."""
    spans = [(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(one.place, other.place, strict=True)]
    if any(start >= stop for start, stop in spans):
        return None
    return tuple(
        tuple(slice(start - p.start, stop - p.start) for p, (start, stop) in zip(window.place, spans, strict=True))
        for window in (one, other)
    )
