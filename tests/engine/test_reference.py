"""Against the outputs of the published OccuPy 0.1.13."""

from math import inf

import numpy as np
import pytest
from chimerax.occupy import Limits, estimate
from chimerax.occupy.engine.grids.dilate import ball_maximum
from chimerax.occupy.engine.modification.factors import factor_of
from chimerax.occupy.engine.modification.multiply import apply, finish
from chimerax.occupy.engine.scale.published import full_scale, local_scale
from chimerax.occupy.engine.settings.checks import checked, checked_voxel_size
from chimerax.occupy.engine.settings.defaults import resolve_estimation
from chimerax.occupy.engine.settings.inputs import checked_density
from chimerax.occupy.engine.settings.table import ESTIMATION


@pytest.fixture
def settings(reference):
    """Default settings for the reference map."""
    return resolve_estimation(checked_voxel_size(reference["voxel_size"]), checked({}, ESTIMATION))


def test_mode_resolution_reproduces_the_published_scale_bit_for_bit(reference):
    result = estimate(reference["density"], reference["voxel_size"], mode="resolution")
    assert np.array_equal(result.scale, reference["arrays"]["scale_res"])
    assert round(result.full_scale, 3) == reference["limits"]["res"]["full_scale"]


def test_from_the_published_lowpassed_map_mode_occupancy_reproduces_the_published_scale_bit_for_bit(
    reference, settings
):
    lowpassed = reference["arrays"]["lowpass"]
    full = full_scale(lowpassed, settings.tau, settings.tile_size)
    scale = local_scale(ball_maximum(lowpassed, settings.kernel), full.value)
    assert np.array_equal(scale, reference["arrays"]["scale_occ"])
    assert round(full.value, 3) == reference["limits"]["occ"]["full_scale"]


def test_from_the_map_itself_mode_occupancy_is_close_to_the_published_scale(reference):
    scale = estimate(reference["density"], reference["voxel_size"], mode="occupancy").scale.astype(float)
    assert np.sqrt(np.mean((scale - reference["arrays"]["scale_occ"]) ** 2)) <= 0.03


def test_kernel_tau_and_tile_are_the_published_ones(reference, settings):
    published = reference["limits"]["occ"]
    assert (settings.kernel_size, settings.kernel.voxels) == (
        published["kernel_size_voxels"],
        published["kernel_voxels"],
    )
    assert round(settings.kernel_radius, 1) == published["kernel_radius_voxels"]
    assert round(settings.tau, 3) == published["tau"]
    assert settings.lowpass == published["lowpass_angstrom"]
    assert settings.tile_size == reference["limits"]["tile_size"]


def test_with_the_published_rules_scale_and_confidence_equalising_gives_the_published_map(reference):
    density, found = checked_density(reference["density"])
    scale, confidence = reference["arrays"]["scale_occ"], reference["arrays"]["confidence"]
    amplified, _ = apply(density, scale, confidence, Limits(0.05, inf), factor_of("equalize", {"power": 3}))
    values = checked({"power": 3, "clip": True}, "equalize")
    result = finish(amplified, density, found, (reference["voxel_size"],) * 3, values)
    difference = np.abs(result - reference["arrays"]["amplified_power3_occ"])
    assert difference.max() <= 1e-6 * density.max()
