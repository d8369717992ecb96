"""The maximum over the ball against SciPy's maximum filter, to the bit."""

import numpy as np
import pytest
from chimerax.occupy.engine import parallel
from chimerax.occupy.engine.grids import dilate
from chimerax.occupy.engine.grids.dilate import ball_maximum
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage


@pytest.fixture(scope="module")
def assert_equals_scipy():
    """Compare with SciPy, which reflects the edges."""

    def compare(density, kernel):
        expected = ndimage.maximum_filter(density, footprint=kernel.footprint, mode="reflect")
        maximum = ball_maximum(density, kernel)
        assert maximum.dtype == density.dtype
        assert np.array_equal(maximum, expected)

    return compare


@pytest.mark.parametrize("size", [3, 5, 7, 9, 11])
@pytest.mark.parametrize("shape", [(11, 11, 11), (12, 12, 12), (13, 20, 17), (24, 11, 30)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_scipy(random, ball, assert_equals_scipy, size, shape, dtype):
    assert_equals_scipy(random.standard_normal(shape).astype(dtype), ball(size))


@pytest.mark.parametrize("size", [3, 5, 7, 9, 11])
def test_equals_scipy_in_a_box_as_small_as_the_kernel(random, ball, assert_equals_scipy, size):
    assert_equals_scipy(random.standard_normal((size,) * 3), ball(size))


@pytest.mark.parametrize(
    ("size", "radius", "voxel_size"),
    [
        (5, 2.6, (1.0, 1.3, 0.8)),
        (9, 4.5, (2.0, 1.0, 1.0)),
        (9, 4.5, (1.0, 1.0, 3.0)),
        (7, 3.0, (1.0, 4.0, 1.0)),
        (5, 1.5, (1.0, 1.0, 2.0)),
        (3, 1.0, (2.0, 2.0, 2.0)),
        (9, 9.0, (1.0, 1.0, 1.0)),
        (3, 1.0, (1.0, 1.0, 1.0)),
    ],
)
def test_equals_scipy_for_ellipsoids_and_for_balls_that_the_box_flattens(
    random, ball, assert_equals_scipy, size, radius, voxel_size
):
    assert_equals_scipy(random.standard_normal((15, 18, 16)), ball(size, radius, voxel_size))


@pytest.mark.parametrize("size", [3, 5, 9])
@pytest.mark.parametrize("planes", [1, 2, 3, 64])
@pytest.mark.parametrize("threads", [1, 2, 7])
def test_boundaries_of_slabs_and_blocks_leave_no_trace(
    random, ball, assert_equals_scipy, monkeypatch, size, planes, threads
):
    monkeypatch.setattr(dilate, "_BLOCK_VOXELS", 1)
    monkeypatch.setattr(dilate, "_SLAB_PLANES", planes)
    monkeypatch.setattr(parallel, "thread_count", lambda: threads)
    assert_equals_scipy(random.standard_normal((11, 40, 12)), ball(size))


@given(
    density=arrays.arrays(
        st.sampled_from([np.float32, np.float64]),
        arrays.array_shapes(min_dims=3, max_dims=3, min_side=5, max_side=9),
        elements=st.floats(-(2.0**100), 2.0**100, width=32),
    ),
    size=st.sampled_from([3, 5]),
    voxel_size=st.tuples(*[st.floats(0.5, 3)] * 3),
)
def test_equals_scipy_for_any_values_and_ellipsoid(ball, assert_equals_scipy, density, size, voxel_size):
    assert_equals_scipy(density, ball(size, size / 2, voxel_size))


def test_the_map_itself_is_left_as_it_was(random, ball):
    density = random.standard_normal((9, 9, 9))
    before = density.copy()
    ball_maximum(density, ball(5))
    assert np.array_equal(density, before)


def test_progress_rises_to_one(random, ball, monkeypatch):
    monkeypatch.setattr(dilate, "_SLAB_PLANES", 2)
    fractions = []
    ball_maximum(random.standard_normal((9, 9, 9)), ball(3), fractions.append)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


@pytest.mark.parametrize("steps", [(1, 3), (2, 2), (5, 5), (7, 1)])
@pytest.mark.parametrize("shape", [(9, 9, 9), (31, 40, 17), (70, 23, 12)])
def test_some_planes_and_rows_are_those_of_the_whole(random, ball, steps, shape):
    density = random.standard_normal(shape).astype(np.float32)
    for size in (3, 7, 9):
        expected = ball_maximum(density, ball(size))[:: steps[0], :: steps[1]]
        np.testing.assert_array_equal(ball_maximum(density, ball(size), steps=steps), expected)


def test_bytes_are_dilated_as_numbers_are(random, ball):
    inside = random.random((20, 21, 22)) > 0.97
    expected = ball_maximum(inside.astype(np.float32), ball(5)) > 0
    np.testing.assert_array_equal(ball_maximum(inside.view(np.uint8), ball(5)).view(bool), expected)
