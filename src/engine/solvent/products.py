"""Sums over a grid of blocks with products of cosines, axis by axis rather than with a matrix of all of them."""

import numpy as np

from .field import cosines


class WaveProducts:
    """Products of cosines along z, y and x at the centres of blocks.

    Parameters
    ----------
    counts : sequence of 3 int
        Blocks along each axis of the box.
    kept : bool array, shape (waves along z, y, x)
        The products that are there, by how many half-periods they have along each axis.
    """

    def __init__(self, counts, kept):
        self._counts, self._kept = tuple(counts), kept
        places = [(np.arange(n) + 0.5) / n for n in counts]
        self._waves = [cosines(along, n) for along, n in zip(places, kept.shape, strict=True)]
        self._doubled = [cosines(along, 2 * n - 1) for along, n in zip(places, kept.shape, strict=True)]

    def sum(self, coefficients):
        """Values at the blocks, shape (blocks,), of products with these coefficients, shape (products,)."""
        whole = np.zeros(self._kept.shape)
        whole[self._kept] = coefficients
        return _along_axes([waves.T for waves in self._waves], whole).ravel()

    def project(self, values):
        """Sums of values of the blocks with each product."""
        return _along_axes(self._waves, values.reshape(self._counts))[self._kept]

    def normal(self, weights):
        """Weighted sums over the blocks of the products of every two products, a matrix.

        A product of two cosines is half the sum of those of the sum and of the difference of their half-periods, so
        that sums with twice as many cosines along each axis hold them all.
        """
        sums = _along_axes(self._doubled, weights.reshape(self._counts))
        for axis, n in enumerate(self._kept.shape):
            first, second = np.ogrid[:n, :n]
            both = np.take(sums, first + second, axis=2 * axis)
            both += np.take(sums, np.abs(first - second), axis=2 * axis)
            sums = both / 2
        kept = self._kept.ravel()
        return sums.transpose(0, 2, 4, 1, 3, 5).reshape(len(kept), len(kept))[np.ix_(kept, kept)]


def _along_axes(cosines_along, values):
    """Sums of values with cosines, shape (places, waves), along each axis; one that is transposed goes back."""
    for along in cosines_along:
        # The axis that is summed goes last, so that after three sums all are in their order again.
        # Not by matrix products, for which the linear algebra would use threads of its own.
        values = np.einsum("abc,ad->bcd", values, along)
    return values
