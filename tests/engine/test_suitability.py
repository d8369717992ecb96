"""Maps that cannot be used, and maps that had better not be."""

from types import SimpleNamespace

import numpy as np
import pytest
from chimerax.occupy import OccuPyError, estimate
from chimerax.occupy.engine.scale import full_scale
from chimerax.occupy.engine.suitability import (
    check_box,
    check_contrast,
    check_length,
    checked_density,
    common_value,
    value_range,
    warnings,
)
from scipy import ndimage


@pytest.fixture
def noise(random):
    """A small map of noise, to spoil."""
    return random.standard_normal((20, 21, 22), dtype=np.float32)


def found_warnings(share=0.0, value=0.0, highest=1.0, full=1.0, rise=10.0, **solvent):
    """Warnings on an ideal map but for what is given."""
    ideal = {"converged": True, "misfit": 0.0, "mean": 0.0, "sigma": 1.0, "fitted_sigma": 1.0}
    return warnings(share, value, SimpleNamespace(**(ideal | solvent)), highest, full, rise, 3.0)


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


def test_a_map_of_positive_contrast_passes(balls):
    density, _ = balls
    check_contrast(density, full_scale(density, 0.9).value, 0.9, 12)


def test_a_map_of_negative_contrast_raises_and_the_message_says_what_to_do(balls):
    density = -balls[0]
    with pytest.raises(OccuPyError, match=r"contrast looks inverted.*multiply the map by -1"):
        check_contrast(density, full_scale(density, 0.9).value, 0.9, 12)


def test_a_map_with_more_below_its_mean_is_not_inverted_where_its_positive_tiles_are_stronger(random):
    density = random.normal(0, 0.1, (36, 36, 36)).astype(np.float32)
    density[12:24, 12:24, 12:24] = 3
    density[14, 14, ::2] = -30
    check_contrast(density, full_scale(density, 0.9).value, 0.9, 12)


def test_a_map_with_stronger_tiles_below_zero_is_not_inverted_where_its_highest_values_are_above(random):
    density = random.normal(0, 0.1, (36, 36, 36)).astype(np.float32)
    density[12:24, 12:24, 12:24] = -0.5
    density[random.random(density.shape) < 0.03] = 5
    assert full_scale(-density, 0.9).value > 2 * full_scale(density, 0.9).value
    check_contrast(density, full_scale(density, 0.9).value, 0.9, 12)


def test_a_map_that_is_positive_everywhere_is_not_inverted(random):
    density = 100 - random.exponential(1, (24, 24, 24)).astype(np.float32)
    check_contrast(density, full_scale(density, 0.9).value, 0.9, 12)


def test_a_good_map_gets_no_warning():
    assert found_warnings(share=0.04, misfit=0.3, highest=2.9, sigma=1.9) == []


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ({"share": 0.71}, ["71%", "exactly 0", "masked", "unmasked map"]),
        ({"share": 0.06, "value": -1.5}, ["6%", "exactly -1.5"]),
        ({"converged": False, "misfit": 3.0}, ["No Gaussian fits", "try a solvent mask"]),
        ({"misfit": 0.5}, ["50%", "differs from a Gaussian", "try a solvent mask"]),
        ({"sigma": 0.03, "fitted_sigma": 0.1}, ["noise of 0.03", "0.1 wide", "unmasked halves"]),
        ({"sigma": 0.3, "fitted_sigma": 0.1}, ["noise of 0.3", "0.1 wide"]),
        ({"highest": 7.0, "full": 2.0}, ["3.5 times the full scale", "sharpened", "unsharpened"]),
        ({"highest": -93.0, "full": -98.0, "mean": -100.0}, ["3.5 times the full scale", "sharpened"]),
        ({"rise": 2.0, "highest": 10.0}, ["Nothing stands out", "2.0 of its sigma", "noise alone"]),
    ],
)
def test_a_warning_says_what_was_seen_and_what_to_do(seen, words):
    (warning,) = found_warnings(**seen)
    assert all(word in warning for word in words)


@pytest.mark.parametrize("mode", ["calibrated", "occupancy"])
@pytest.mark.parametrize("smoothing", [0, 1])
def test_a_map_of_noise_is_warned_of(random, mode, smoothing):
    noise = ndimage.gaussian_filter(random.standard_normal((48, 48, 48), dtype=np.float32), smoothing)
    assert any("Nothing stands out" in warning for warning in estimate(noise, 1.5, mode=mode).warnings)


def test_a_map_far_below_zero_is_not_taken_for_a_sharpened_one(balls):
    density, _ = balls
    assert estimate(density, 2.0).warnings == []
    assert estimate(density - np.float32(20), 2.0).warnings == []


def test_a_map_with_several_faults_gets_a_warning_for_each():
    assert len(found_warnings(share=0.5, misfit=0.9, highest=10.0)) == 3
