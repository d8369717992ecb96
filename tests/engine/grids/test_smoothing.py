"""Gaussians from one transform against SciPy's filter."""

import numpy as np
import pytest
from chimerax.occupy.engine.grids import fourier
from chimerax.occupy.engine.grids.smoothing import Smoothing
from scipy import ndimage

SHAPE, VOXEL = (24, 27, 32), np.array((1.5, 1.2, 1.0))
EXTENTS = SHAPE * VOXEL


def gaussian(density, sigma):
    return ndimage.gaussian_filter(density.astype(float), sigma / VOXEL, mode="wrap", truncate=9)


@pytest.mark.parametrize("sigma", [2.5, 4.0, 9.0])
def test_it_is_a_gaussian_filter_of_a_periodic_box(random, sigma):
    density = random.standard_normal(SHAPE).astype(np.float32)
    np.testing.assert_allclose(Smoothing.of(density, EXTENTS)(sigma), gaussian(density, sigma), atol=1e-4)


def test_widths_are_in_its_unit(random):
    density = random.standard_normal(SHAPE).astype(np.float32)
    in_units = Smoothing.of(density, EXTENTS, unit=8.0)
    np.testing.assert_allclose(in_units(0.5), Smoothing.of(density, EXTENTS)(4.0), atol=1e-6)


def test_that_of_a_low_passed_map_comes_from_the_coefficients_that_are_left(random):
    density = random.standard_normal(SHAPE).astype(np.float32)
    _, sampled, block = fourier.lowpass_and_sample(density, 6.0, VOXEL, (20, 20, 20))
    expected = Smoothing.of(sampled, EXTENTS)
    found = Smoothing(block, sampled.shape, EXTENTS)
    np.testing.assert_allclose(found(3.0), expected(3.0), atol=1e-6)
    np.testing.assert_allclose(found.power(5), expected.power(5), rtol=1e-4)


def test_it_can_be_made_that_of_the_map_in_other_units(random):
    density = random.standard_normal(SHAPE).astype(np.float32) + 5
    smoothing = Smoothing.of(density, EXTENTS)
    smoothing.rescale(5.0, 2.0)
    np.testing.assert_allclose(smoothing(3.0), gaussian((density - 5) / 2, 3.0), atol=1e-4)
