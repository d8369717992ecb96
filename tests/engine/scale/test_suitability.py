"""Maps that cannot be used, and maps that had better not be."""

from types import SimpleNamespace

import numpy as np
import pytest
from chimerax.occupy import OccuPyError, estimate
from chimerax.occupy.engine.scale.published import full_scale
from chimerax.occupy.engine.scale.suitability import check_contrast, warnings
from scipy import ndimage


@pytest.fixture
def noise(random):
    """A small map of noise, to spoil."""
    return random.standard_normal((20, 21, 22), dtype=np.float32)


def found_warnings(share=0.0, value=0.0, highest=1.0, full=1.0, rise=10.0, **solvent):
    """Warnings on an ideal map but for what is given."""
    ideal = {"converged": True, "misfit": 0.0, "mean": 0.0, "sigma": 1.0, "fitted_sigma": 1.0}
    return warnings(share, value, SimpleNamespace(**(ideal | solvent)), highest, full, rise, 3.0)


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
