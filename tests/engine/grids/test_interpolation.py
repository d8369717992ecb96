"""Interpolation of what is 0 in most of a box."""

import numpy as np
import pytest
from chimerax.occupy.engine.grids.interpolation import interpolate, interpolated_planes

SHAPE = (50, 47, 33)


@pytest.mark.parametrize("filled", [((5, 8), (3, 9), (11, 20)), ((0, 20), (0, 1), (19, 20)), ((0, 0), (0, 0), (0, 0))])
def test_the_part_with_values_is_that_of_the_whole_and_all_else_is_0(random, filled):
    values = np.zeros((20, 20, 20), np.float32)
    part = tuple(slice(*ends) for ends in filled)
    values[part] = 1 + random.random(values[part].shape)
    whole = interpolated_planes(values.__getitem__, values.shape, SHAPE, slice(0, SHAPE[0]))
    np.testing.assert_array_equal(interpolate(values, SHAPE), whole)


@pytest.mark.parametrize("shape", [SHAPE, (20, 20, 20)])
def test_it_is_clipped_once_it_is_interpolated(random, shape):
    values = random.normal(0.5, 1, (20, 20, 20)).astype(np.float32)
    np.testing.assert_array_equal(interpolate(values, shape, highest=1), np.clip(interpolate(values, shape), 0, 1))
