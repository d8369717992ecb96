"""Maps that are given: what they are checked for, and what is found in them."""

import numpy as np
import pytest
from chimerax.occupy import OccuPyError, estimate
from chimerax.occupy.engine.settings.inputs import check_box, check_length, checked_density, common_value, value_range


@pytest.fixture
def noise(random):
    """A small map of noise, to spoil."""
    return random.standard_normal((20, 21, 22), dtype=np.float32)


def test_a_float32_map_is_taken_as_it_is_and_its_range_found(noise):
    density, found = checked_density(noise)
    assert density is noise
    assert (found.lowest, found.highest) == (noise.min(), noise.max())


@pytest.mark.parametrize("voxel", [(0, 0, 0), (19, 20, 21), (10, 3, 7)])
def test_the_range_is_found_wherever_its_ends_lie(noise, threads, voxel):
    noise[voxel] = 100
    noise[9, 9, 9] = -100
    assert (value_range(noise).lowest, value_range(noise).highest) == (-100, 100)


@pytest.mark.parametrize(
    "bad", [[np.nan], [np.inf], [-np.inf], [np.nan] * 5, [np.nan, np.inf, -np.inf]], ids=lambda bad: str(bad)
)
def test_voxels_that_are_not_finite_are_counted_in_the_message(noise, bad):
    noise.flat[100 : 100 + len(bad)] = bad
    with pytest.raises(OccuPyError, match=f"^{len(bad)} of 9240 voxels are NaN or infinite"):
        checked_density(noise)


def test_voxels_beyond_float32_are_counted_in_the_message(noise):
    density = noise.astype(float)
    density[3, 3, :2] = 1e39, -1e300
    with pytest.raises(OccuPyError, match=r"^2 of 9240 voxels are NaN or infinite"):
        checked_density(density)


@pytest.mark.parametrize("value", [0, 1, -3.5])
def test_a_constant_map_raises_and_the_message_says_its_value(value):
    with pytest.raises(OccuPyError, match=f"map is constant, {value:g} everywhere"):
        checked_density(np.full((9, 9, 9), value))


@pytest.mark.parametrize("shape", [(), (9,), (9, 9), (9, 9, 9, 9), (1, 9, 9, 9), (0, 9, 9)])
def test_a_map_without_three_axes_raises_and_the_message_says_its_shape(shape):
    with pytest.raises(OccuPyError) as caught:
        checked_density(np.zeros(shape))
    assert str(caught.value).startswith(f"the map has shape {shape}, but must have three axes")


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128, "U5", "S5", object, "datetime64[s]"])
def test_a_map_of_other_than_real_numbers_raises_and_the_message_says_its_type(dtype):
    density = np.zeros((9, 9, 9), dtype)
    with pytest.raises(OccuPyError, match=r"values are of type .*must be real numbers") as caught:
        checked_density(density)
    assert str(density.dtype) in str(caught.value)


def test_rows_of_several_lengths_raise():
    with pytest.raises(OccuPyError, match="rows are not of one length"):
        checked_density([[[0, 1], [2]]])


@pytest.mark.parametrize("magnitude", [1e-30, 1e30])
def test_a_map_beyond_the_reach_of_float32_transforms_raises(noise, magnitude):
    with pytest.raises(OccuPyError, match=r"largest absolute value is .*: scale the map"):
        checked_density(noise * np.float32(magnitude))


def test_a_box_as_large_as_the_kernel_is_large_enough():
    check_box((5, 9, 5), 5)
    with pytest.raises(OccuPyError, match=r"box of 5 x 9 x 4 voxels is smaller than the kernel: .* at least 5"):
        check_box((4, 9, 5), 5)


def test_a_box_as_long_as_the_low_pass_is_long_enough():
    check_length((16, 5, 5), (0.5, 1.6, 2), 8)
    with pytest.raises(
        OccuPyError, match=r"box is 7.5 Å along its shortest edge, .* low-pass, 8 Å: check the voxel size"
    ):
        check_length((16, 5, 5), (0.5, 1.5, 2), 8)


def test_a_voxel_size_that_makes_a_box_tiny_takes_no_memory(noise):
    with pytest.raises(OccuPyError, match=r"shortest edge"):
        estimate(noise, (1.5, 1e-3, 1.5))


@pytest.mark.parametrize("name", ["lowpass", "resolution"])
def test_a_length_whose_square_is_no_number_raises(noise, name):
    with pytest.raises(OccuPyError, match=f"{name} is 1e\\+308, .* at most"):
        estimate(noise, 1.5, **{name: 1e308})


@pytest.mark.parametrize(("first", "value"), [(0, 0.0), (3000, 7.25)])
def test_the_common_value_and_its_share_are_counted_in_the_whole_map(noise, threads, first, value):
    noise.flat[first : first + 924 * 3] = value
    assert common_value(noise) == (value, pytest.approx(0.3))


def test_a_map_of_noise_has_no_common_value(noise):
    assert common_value(noise)[1] < 0.001
