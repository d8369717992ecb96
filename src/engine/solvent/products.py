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
        self._pairs = np.tril_indices(np.count_nonzero(kept))
        self._terms = self._terms_of_pairs()

    def _terms_of_pairs(self):
        """For each pair of products the eight sums with cosines that its own is the mean of: see `normal`."""
        strides = np.cumprod([1, *(waves.shape[1] for waves in self._doubled[:0:-1])])[::-1]
        terms = [np.zeros(len(self._pairs[0]), np.intp)]
        for half_periods, stride in zip(np.nonzero(self._kept), strides, strict=True):
            first, second = (half_periods[index] for index in self._pairs)
            terms = [term + stride * both for term in terms for both in (first + second, np.abs(first - second))]
        return terms

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
        that sums with twice as many cosines along each axis tell all.
        """
        sums = _along_axes(self._doubled, weights.reshape(self._counts)).ravel() / len(self._terms)
        of_pairs = sum(np.take(sums, term) for term in self._terms)
        first, second = self._pairs
        size = first[-1] + 1
        matrix = np.empty((size, size))
        matrix[first, second] = of_pairs
        matrix[second, first] = of_pairs
        return matrix


def _along_axes(cosines_along, values):
    """Sums of values with cosines, shape (places, waves), along each axis; one that is transposed goes back."""
    for along in cosines_along:
        # The axis that is summed goes last, so that after three sums all are in their order again.
        # Not by matrix products, for which the linear algebra would use threads of its own.
        values = np.einsum("abc,ad->bcd", values, along)
    return values
