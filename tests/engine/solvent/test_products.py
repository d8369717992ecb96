"""Sums with products of cosines against the matrix of all of them."""

import numpy as np
import pytest
from chimerax.occupy.engine.solvent.field import cosines
from chimerax.occupy.engine.solvent.products import WaveProducts

COUNTS = (9, 5, 7)


@pytest.fixture
def kept():
    return sum(np.square(axis) for axis in np.ogrid[:6, :5, :6]) <= 25


@pytest.fixture
def matrix(kept):
    """Each product at each block, shape (blocks, products)."""
    along = (cosines((np.arange(n) + 0.5) / n, waves) for n, waves in zip(COUNTS, kept.shape, strict=True))
    whole = np.einsum("zi,yj,xk->zyxijk", *along)
    return whole.reshape(np.prod(COUNTS), -1)[:, kept.ravel()]


def test_sums_and_projections_are_those_of_the_matrix(random, kept, matrix):
    products = WaveProducts(COUNTS, kept)
    coefficients, values = random.standard_normal(matrix.shape[1]), random.standard_normal(matrix.shape[0])
    np.testing.assert_allclose(products.sum(coefficients), matrix @ coefficients, atol=1e-12)
    np.testing.assert_allclose(products.project(values), values @ matrix, atol=1e-12)


def test_normal_equations_are_those_of_the_matrix(random, kept, matrix):
    weights = random.random(len(matrix))
    expected = (matrix * weights[:, None]).T @ matrix
    np.testing.assert_allclose(WaveProducts(COUNTS, kept).normal(weights), expected, atol=1e-10)
