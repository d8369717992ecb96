"""Solvent model and confidence, on values whose distribution is known."""

from contextlib import suppress

import numpy as np
import pytest
from chimerax.occupy import OccuPyError, fit_solvent
from chimerax.occupy.engine.solvent import fit as solvent_fit
from chimerax.occupy.engine.solvent.histogram import BINS_PER_SIGMA, REACH
from chimerax.occupy.engine.solvent.maxima import Maxima
from chimerax.occupy.engine.solvent.model import SolventModel
from chimerax.occupy.engine.solvent.noise import half_map_sigmas, raw_sigma
from chimerax.occupy.engine.solvent.region import Region, check_mask, solvent_side
from hypothesis import given
from hypothesis import strategies as st

BOX = (64, 64, 64)
MEAN_ERROR, SIGMA_ERROR = 1.85, 2.99
"""Standard errors of mean and sigma times √n/σ: from the Fisher information of n normal values in a
histogram that is fitted between its half-maximum points, with height, mean and sigma all free."""


def normal_with_block(random, mean=0.0, sigma=1.0):
    """Independent normal values, and a block of 8³ voxels 20 sigma above them in the middle."""
    density = random.normal(mean, sigma, BOX).astype(np.float32)
    density[28:36, 28:36, 28:36] += 20 * sigma
    return density


def fit(density, **region):
    return solvent_fit.fit(density, Region(density.shape, **region))


def pooled(values, weights):
    """Isotonic regression: neighbours that fall are pooled until none does."""
    pools = []
    for value, weight in zip(values, weights, strict=True):
        pools.append((value, weight, 1))
        while len(pools) > 1 and pools[-2][0] >= pools[-1][0]:
            (a, wa, na), (b, wb, nb) = pools[-2:]
            pools[-2:] = [((a * wa + b * wb) / (wa + wb), wa + wb, na + nb)]
    return np.repeat([value for value, _, _ in pools], [count for _, _, count in pools])


@pytest.fixture(scope="module")
def model():
    """Fit of half a million normal values, mean 1 and sigma 2, and a few per cent evenly from 1 to 21."""
    random = np.random.default_rng(3)
    density = random.normal(1, 2, (104, 104, 104)).astype(np.float32)
    particle = random.random(density.shape) < 0.03
    density[particle] = random.uniform(1, 21, particle.sum())
    return fit(density)


@pytest.mark.parametrize(("mean", "sigma"), [(0, 1), (5, 0.3), (-20, 40), (100, 0.1), (1e-20, 1e-21), (1e20, 1e19)])
def test_a_gaussian_is_recovered_within_its_sampling_error(random, mean, sigma):
    found = fit(normal_with_block(random, mean, sigma))
    assert found.converged
    assert abs(found.mean - mean) < 3.5 * MEAN_ERROR * sigma / np.sqrt(found.voxels)
    assert abs(found.sigma - sigma) < 3.5 * SIGMA_ERROR * sigma / np.sqrt(found.voxels)
    per_bin = found.voxels / (BINS_PER_SIGMA * np.sqrt(2 * np.pi))
    assert found.height == pytest.approx(per_bin, rel=0.02)
    assert found.gaussian(mean + 2 * sigma) == pytest.approx(per_bin * np.exp(-2), rel=0.05)


def test_the_histogram_holds_every_voxel_within_its_reach(random):
    density = normal_with_block(random)
    found = fit(density)
    inside = Region(BOX).mask(slice(None)) & (np.abs(density - found.mean) < REACH * found.sigma)
    assert found.voxels == pytest.approx(Region(BOX).mask(slice(None)).sum() - 8**3)
    assert found.counts.sum() == pytest.approx(inside.sum(), abs=1)
    expected, _ = np.histogram(density[inside], np.append(found.values, np.inf) - found.sigma / 32)
    assert np.abs(found.counts - expected).max() < 6 * np.sqrt(found.height)
    assert np.average(found.values, weights=found.counts) == pytest.approx(density[inside].mean(), abs=1e-4)


def test_misfit_is_small_for_a_gaussian_and_large_for_a_mixture(random):
    density = normal_with_block(random)
    assert fit(density).misfit < 0.03
    density[random.random(BOX) < 0.1] *= 0.2
    assert fit(density).misfit > 0.4


def test_misfit_is_the_share_of_voxels_too_many_or_too_few_below_the_mean():
    values = 1 + 2 * np.arange(-192, 193) / 16
    gaussian = 100 * np.exp(-0.5 * ((values - 1) / 2) ** 2)
    factor = np.select([values > 0.9, values < -7, values > -1], [9, 7, 1.2], 0.9)
    model = SolventModel(1.0, 2.0, 100.0, values, factor * gaussian, 9999, True, 2.0)
    inner, outer = 0.3413, 0.1587
    assert model.misfit == pytest.approx((0.2 * inner + 0.1 * outer) / (inner + outer), rel=0.02)


def test_confidence_is_one_minus_gaussian_over_histogram(model):
    values = np.arange(3.5, 12)
    particle = 0.03 / 20
    noise = 0.97 * np.exp(-0.5 * ((values - 1) / 2) ** 2) / (2 * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(model.confidence(values), particle / (particle + noise), atol=0.1)


def test_confidence_at_the_bins_is_the_pooled_ratio_of_gaussian_and_histogram(model):
    filled = (model.values > model.mean + model.sigma / 32) & (model.counts > 0)
    values, counts = model.values[filled], model.counts[filled]
    gaussian = model.height * np.exp(-0.5 * ((values - model.mean) / model.sigma) ** 2)
    expected = np.clip(pooled(1 - gaussian / counts, counts), 0, 1)
    np.testing.assert_allclose(model.confidence(values), expected, atol=2e-4)


def test_confidence_is_0_to_the_mean_and_1_far_above(model):
    below = [-1e30, -100, model.mean - model.sigma, model.mean - 1e-3, model.mean]
    assert np.all(model.confidence(below) == 0)
    assert np.all(model.confidence([model.mean + 13 * model.sigma, 1e3, 1e30]) == 1)


def test_confidence_is_1_far_above_even_where_there_is_nothing_but_solvent(random):
    found = fit(random.standard_normal(BOX, dtype=np.float32))
    assert found.confidence([found.mean + 11.9 * found.sigma])[0] < 1
    assert found.confidence([found.mean + 12.1 * found.sigma])[0] == 1


def test_confidence_takes_values_of_any_shape(model, threads):
    values = np.linspace(-10, 30, 4096, dtype=np.float32)
    flat = model.confidence(values)
    assert np.array_equal(model.confidence(values.reshape(64, 64)), flat.reshape(64, 64))
    assert np.array_equal(model.confidence(values.reshape(16, 16, 16)), flat.reshape(16, 16, 16))


def test_confidence_of_a_single_value_is_a_single_number(model):
    assert model.confidence(1e3) == 1


def test_the_values_themselves_are_left_as_they_were(model):
    values = np.linspace(-10, 30, 27, dtype=np.float32).reshape(3, 3, 3)
    before = values.copy()
    model.confidence(values, 2)
    assert np.array_equal(values, before)


@given(values=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40), hedge=st.floats(0.01, 100))
def test_confidence_rises_with_the_density_from_0_to_1(model, values, hedge):
    confidence = model.confidence(np.sort(values), hedge)
    assert np.all(np.diff(confidence) >= 0)
    assert confidence.min() >= 0
    assert confidence.max() <= 1


@pytest.mark.parametrize("hedge", [0.25, 1, 3])
def test_hedge_is_a_power(model, hedge):
    values = np.linspace(model.mean, model.mean + 13 * model.sigma, 500)
    np.testing.assert_allclose(model.confidence(values, hedge), model.confidence(values).astype(float) ** hedge, 1e-6)


def test_confidence_is_one_half_at_the_noise_level_and_not_more_below(model):
    assert model.confidence([model.noise_level])[0] == pytest.approx(0.5, abs=1e-4)
    assert model.confidence(np.linspace(-10, model.noise_level, 300)).max() <= 0.5001


def test_the_noise_level_of_pure_noise_is_far_out(random):
    found = fit(random.standard_normal(BOX, dtype=np.float32))
    assert found.noise_level > found.mean + 3 * found.sigma


def test_the_two_senses_of_a_mask_give_the_same_model(balls):
    density, parts = balls
    inside = np.any([part.core(density.shape) for part in parts], axis=0)
    models = [fit_solvent(density, 2, solvent_mask=m) for m in (inside, ~inside, 5 - 3.0 * inside, inside.astype("u1"))]
    assert len({(m.mean, m.sigma, m.raw_sigma, m.voxels) for m in models}) == 1


def test_a_mask_says_where_solvent_is(random):
    density = random.normal(3, 0.5, BOX).astype(np.float32)
    density[:32] = random.normal(0, 1, (32, 64, 64))
    mask = np.zeros(BOX)
    mask[:32] = 1
    found = fit(density, solvent=solvent_side(mask, density))
    assert found.voxels == 32 * 64 * 64
    assert (found.mean, found.sigma) == (pytest.approx(3, abs=0.02), pytest.approx(0.5, rel=0.04))


@pytest.mark.parametrize("value", [1.0, np.nan, -np.inf])
def test_a_mask_needs_two_sides(value):
    with pytest.raises(OccuPyError, match="two sides"):
        check_mask(np.full((4, 4, 4), value), (4, 4, 4))


def test_a_mask_has_to_be_on_the_grid_of_the_map():
    with pytest.raises(OccuPyError, match="mask has 6 x 5 x 4 voxels, but the map has 5 x 5 x 4"):
        check_mask(np.zeros((4, 5, 6)), (4, 5, 5))


@pytest.mark.parametrize("shape", [(12, 12, 12), (11, 15, 8), (5, 30, 9)])
def test_the_region_is_the_largest_ellipsoid_in_the_box(shape):
    squared = sum(((i + 0.5) / n - 0.5) ** 2 for i, n in zip(np.indices(shape), shape, strict=True))
    assert np.array_equal(Region(shape).mask(slice(None)), squared <= 0.25)
    assert np.array_equal(Region(shape).mask(slice(2, 4)), squared[2:4] <= 0.25)


def test_voxels_at_the_left_out_value_are_not_in_the_region(random):
    density = random.standard_normal((12, 12, 12), dtype=np.float32)
    density[:, 4:8] = -1
    mask = Region(density.shape, left_out=(density, -1)).mask(slice(None))
    assert np.array_equal(mask, Region(density.shape).mask(slice(None)) & (density != -1))


@pytest.mark.parametrize("values", [1, 40])
def test_too_few_voxels_or_values_raise(random, values):
    density = np.zeros((20, 20, 20), np.float32)
    solvent_voxels = np.zeros(density.shape, bool)
    solvent_voxels.flat[: 8000 if values == 1 else values] = True
    density.flat[:values] = random.random(values)
    density[0, 0, 0] = 0 if values == 1 else 1
    with pytest.raises(OccuPyError, match=f"at least 64 voxels of different values .* found {values};"):
        fit(density, solvent=solvent_voxels)


def test_raw_sigma_is_that_of_white_noise(random):
    density = normal_with_block(random, 3, 2)
    found = fit_solvent(density, 2.0)
    assert found.sigma < 1.2
    assert found.raw_sigma == pytest.approx(2, rel=0.01)


def test_raw_sigma_squared_is_sigma_squared_and_the_variance_of_what_the_lowpass_took(random):
    lowpassed = normal_with_block(random, sigma=2)
    found = fit(lowpassed)
    density = lowpassed + random.normal(5, 1.5, BOX).astype(np.float32)
    density[lowpassed > 3 * found.sigma] = 1000
    expected = np.sqrt(found.sigma**2 + 1.5**2)
    assert raw_sigma(found, lowpassed, density, Region(BOX), Maxima(lowpassed)) == pytest.approx(expected, rel=0.005)


def test_raw_sigma_is_sigma_where_hardly_any_voxel_is_solvent_for_certain(random):
    density = normal_with_block(random)
    found = fit(density)
    everywhere = np.full(BOX, np.float32(np.inf))
    assert raw_sigma(found, density, density, Region(BOX), Maxima(everywhere)) == found.sigma


def test_a_noise_level_that_is_given_is_the_sigma_of_the_model(random):
    density = normal_with_block(random, 3, 2)
    fitted, given = fit(density), solvent_fit.fit(density, Region(BOX), noise_sigma=1.7)
    assert (given.sigma, given.mean, given.fitted_sigma) == (1.7, fitted.mean, fitted.sigma)
    np.testing.assert_allclose(np.diff(given.values), 1.7 / 16)
    assert given.height == pytest.approx(given.voxels / (16 * np.sqrt(2 * np.pi)) * 1.7 / 2, rel=0.05)


def test_half_maps_tell_the_noise_of_the_voxels_of_lower_density(random):
    difference = random.normal(0.1, 2, BOX).astype(np.float32)
    lowpassed_difference = random.normal(0, 0.5, BOX).astype(np.float32)
    density = normal_with_block(random)
    difference[density > 1] *= 100
    sigmas = half_map_sigmas(density, difference, lowpassed_difference, Region(BOX))
    assert sigmas == (pytest.approx(0.5, rel=0.015), pytest.approx(2, rel=0.015))


@pytest.mark.parametrize("draw", ["random", "standard_normal", "standard_exponential", "standard_cauchy"])
def test_maps_of_nothing_but_noise_give_a_model(random, draw):
    density = getattr(random, draw)((32, 30, 34)).astype(np.float32)
    found = fit(density)
    assert density.min() < found.mean < density.max()
    assert found.sigma > 0
    assert np.all(np.isfinite(found.confidence(density)))


@pytest.mark.parametrize("levels", [2, 3, 8])
def test_a_map_of_a_few_values_gives_a_model_or_an_error_for_the_user(random, levels):
    density = random.integers(0, levels, (24, 24, 24)).astype(np.float32)
    with suppress(OccuPyError):
        assert fit(density).sigma > 0


@pytest.mark.parametrize("offset", [1e4, 1e6, 1e7])
def test_noise_far_above_zero_gives_a_model_or_an_error_for_the_user(random, offset):
    density = random.normal(offset, 1, (24, 24, 24)).astype(np.float32)
    with suppress(OccuPyError):
        assert fit(density).mean == pytest.approx(offset, abs=1)


def test_a_distribution_without_a_peak_is_not_taken_for_a_gaussian(random):
    assert not fit(random.random(BOX, dtype=np.float32)).converged


def test_the_fit_counts_again_where_the_peak_was_misjudged_and_progress_never_goes_back(random, threads):
    density = random.pareto(1, (48, 48, 48)).astype(np.float32)
    fractions = []
    solvent_fit.fit(density, Region(density.shape), fractions.append)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
