"""The ball around a voxel, and tau."""

from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from chimerax.occupy.engine.grids.kernel import kernel_size, tau_quantile
from chimerax.occupy.engine.settings.checks import checked
from chimerax.occupy.engine.settings.defaults import resolve_estimation
from chimerax.occupy.engine.settings.table import ESTIMATION


def precise_root(n):
    """Root in (0, 1) of xⁿ + x - 1 to 40 digits, by bisection."""
    with localcontext() as context:
        context.prec = 50
        low, high = Decimal(0), Decimal(1)
        for _ in range(133):
            middle = (low + high) / 2
            low, high = (low, middle) if middle**n + middle > 1 else (middle, high)
        return low


def voxels_within(size, radius, voxel_size):
    """Offsets of the voxels of a box that lie within a radius, in exact arithmetic."""
    half = size // 2
    squared = [[(i * Fraction(v)) ** 2 for i in range(-half, half + 1)] for v in voxel_size]
    inside = [sum(axes) <= Fraction(radius) ** 2 for axes in product(*squared)]
    return np.reshape(inside, (size, size, size))


def default_kernel(voxel_size, **settings):
    """The kernel that an estimate of a map with this voxel size uses."""
    return resolve_estimation((voxel_size,) * 3, checked(settings, ESTIMATION)).kernel


@pytest.mark.parametrize("n", [1, 2, 7, 19, 33, 57, 81, 171, 257, 515, 729, 29791])
def test_tau_is_the_root_to_double_precision(n):
    assert abs(Decimal(tau_quantile(n)) - precise_root(n)) < Decimal("2e-15")


@pytest.mark.parametrize(("n", "published"), [(33, 0.925), (57, 0.949)])
def test_tau_has_the_published_digits(n, published):
    assert round(tau_quantile(n), 3) == published


def test_tau_grows_with_the_number_of_voxels():
    taus = [tau_quantile(n) for n in range(1, 730)]
    assert np.all(np.diff(taus) > 0)


@pytest.mark.parametrize(("voxel_size", "size", "voxels"), [(2.0, 5, 33), (1.742, 5, 57), (1.2, 7, 171)])
def test_eight_angstroms_give_the_known_kernels(voxel_size, size, voxels):
    kernel = default_kernel(voxel_size)
    assert (kernel.size, kernel.voxels) == (size, voxels)


@pytest.mark.parametrize(
    ("diameter", "voxel_size", "size"),
    [(8, 4, 3), (8, 3.9, 3), (8, 2, 5), (8, 1.34, 5), (8, 1.33, 7), (8, 1.01, 7), (8, 1, 9), (8, 0.5, 9), (8, 9, 3)],
)
def test_size_is_the_diameter_made_odd_between_3_and_9(diameter, voxel_size, size):
    assert kernel_size(diameter, voxel_size) == size


@pytest.mark.parametrize(
    ("lowpass", "voxel_size"),
    [("8", "8/6"), ("8", "1.6"), ("8", "1.742"), ("8", "2"), ("8.4", "1.4"), ("9.6", "1.2"), ("4.8", "1.6"),
     ("7.2", "1.2"), ("8", "1")],
)  # fmt: skip
def test_a_voxel_size_read_as_float32_gives_the_exact_kernel(lowpass, voxel_size):
    lowpass, voxel_size = Fraction(lowpass), Fraction(voxel_size)
    kernel = default_kernel(float(np.float32(voxel_size)), lowpass=float(lowpass))
    size = min(max(2 * (lowpass // voxel_size // 2) + 1, 3), 9)
    assert kernel.size == size
    assert np.array_equal(kernel.footprint, voxels_within(size, lowpass / 2, (voxel_size,) * 3))


@pytest.mark.parametrize("size", [3, 5, 7, 9, 11])
@pytest.mark.parametrize("voxel_size", [("1", "1", "1"), ("0.9", "1.1", "1.3"), ("2", "1", "1"), ("1", "1", "2.5")])
def test_footprint_is_the_ellipsoid_within_the_radius(ball, size, voxel_size):
    kernel = ball(size, size / 2, tuple(float(v) for v in voxel_size))
    assert np.array_equal(kernel.footprint, voxels_within(size, Fraction(size, 2), voxel_size))
    assert kernel.voxels == kernel.footprint.sum()


def test_below_four_fifths_of_an_angstrom_the_box_flattens_the_ball():
    kernel = default_kernel(0.7)
    assert kernel.size == 9
    assert np.array_equal(kernel.footprint, voxels_within(9, 4, ("0.7",) * 3))
    assert kernel.footprint[4, 4, 0]


@pytest.mark.parametrize("voxel_size", [(1.0, 1.0, 1.0), (1.0, 1.5, 2.2), (1.0, 1.0, 6.0), (6.0, 1.0, 1.0)])
def test_half_runs_describe_the_footprint(ball, voxel_size):
    kernel = ball(9, 4.6, voxel_size)
    offsets = np.abs(np.arange(9) - kernel.half_width)
    assert np.array_equal(offsets <= kernel.half_runs[..., None], kernel.footprint)
