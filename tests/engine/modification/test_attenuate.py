"""Attenuation and the sigmoid: closed forms, filled-in solvent, round trip."""

import numpy as np
import pytest
from chimerax import occupy
from chimerax.occupy.engine import phantom
from chimerax.occupy.engine.modification import factors
from chimerax.occupy.engine.modification.limits import Limits, default_limits, limited_factor
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logit

SHAPE, VOXEL_SIZE, NOISE = (64, 64, 64), 2.0, 0.08
PARTS = phantom.parts_on_ring((1.0, 0.5, 0.25), SHAPE, 10)
SCALES = np.linspace(0.01, 0.99, 99)


@pytest.fixture(scope="module")
def density():
    return phantom.density_of_parts(PARTS, SHAPE, VOXEL_SIZE, noise=NOISE)


@pytest.fixture(scope="module")
def estimate(density):
    return occupy.estimate(density, VOXEL_SIZE, mode="occupancy")


@pytest.fixture(scope="module")
def recalibrated(density):
    return occupy.estimate(density, VOXEL_SIZE, mode="occupancy", recalibrate=True)


def far_from_parts(distance):
    grid = np.indices(SHAPE)
    centres = np.array([part.centre for part in PARTS])[:, :, None, None, None]
    return (np.sqrt(((grid - centres) ** 2).sum(axis=1)) > PARTS[0].radius + distance).all(axis=0)


@pytest.mark.parametrize("power", [1, 1.5, 2, 7])
def test_attenuation_leaves_scale_to_the_power(power):
    np.testing.assert_allclose(SCALES * factors.attenuating_factor(SCALES, power), SCALES**power, rtol=1e-6)


@pytest.mark.parametrize("power", [1, 1.5, 2, 7])
@pytest.mark.parametrize("pivot", [0.1, 0.5, 0.8])
def test_sigmoid_is_linear_in_the_logits_about_the_pivot(power, pivot):
    target = SCALES * factors.sigmoid_factor(SCALES, power, pivot)
    expected = logit(pivot) + power * (logit(SCALES) - logit(pivot))
    inside = np.abs(expected) < 10  # beyond, 1 - target is lost in rounding
    np.testing.assert_allclose(logit(target[inside]), expected[inside], rtol=1e-4, atol=1e-4)


def test_infinite_power_is_the_limit_of_large_ones():
    few = np.array([0.2, 0.49, 0.51, 0.9])
    np.testing.assert_allclose(factors.sigmoid_factor(few, np.inf, 0.5), [0, 0, 1 / 0.51, 1 / 0.9])
    np.testing.assert_allclose(factors.sigmoid_factor(few, 1000, 0.5), [0, 0, 1 / 0.51, 1 / 0.9], atol=1e-6)
    np.testing.assert_array_equal(factors.attenuating_factor(np.array([0.2, 0.999, 1.0]), np.inf), [0, 0, 1])


@pytest.mark.parametrize("kind", ["attenuate", "sigmoid"])
@pytest.mark.parametrize("unit", [1e-20, 1e20])
def test_what_is_filled_in_is_in_the_units_of_the_map(density, kind, unit):
    expected = occupy.modify(density, VOXEL_SIZE, kind, mode="occupancy").density
    made = occupy.modify(density * np.float32(unit), VOXEL_SIZE, kind, mode="occupancy").density
    np.testing.assert_allclose(made / np.float32(unit), expected, atol=1e-4)


def test_attenuated_parts_become_solvent_in_mean_variance_and_spectrum(density, estimate):
    made = occupy.modify(density, VOXEL_SIZE, "attenuate", power=np.inf, estimate=estimate).density
    gone = PARTS[2].core(SHAPE)
    far = far_from_parts(4)
    assert abs(made[gone].mean() - made[far].mean()) < 0.25 * NOISE
    assert made[gone].std() == pytest.approx(made[far].std(), rel=0.10)
    # neighbouring voxels of the filled-in noise are correlated as in the solvent
    correlations = [neighbour_correlation(made, where) for where in (gone, far)]
    assert correlations[0] == pytest.approx(correlations[1], abs=0.12)


def neighbour_correlation(density, where):
    both = where[:, :, :-1] & where[:, :, 1:]
    return np.corrcoef(density[:, :, :-1][both], density[:, :, 1:][both])[0, 1]


def test_no_bright_shell_is_left_around_an_attenuated_part(density, estimate):
    made = occupy.modify(density, VOXEL_SIZE, "attenuate", power=np.inf, estimate=estimate).density
    distance = np.sqrt(((np.indices(SHAPE) - np.array(PARTS[2].centre)[:, None, None, None]) ** 2).sum(axis=0))
    means = [made[(distance >= r) & (distance < r + 1)].mean() for r in range(5, 14)]
    assert max(means) < 1.5 * NOISE


def test_solvent_is_left_as_it_is(density, estimate):
    far = far_from_parts(5)
    for kind, settings in (("attenuate", {}), ("sigmoid", {"signal_only": True}), ("sigmoid", {"signal_only": False})):
        made = occupy.modify(density, VOXEL_SIZE, kind, power=4, estimate=estimate, **settings).density
        assert made[far].std() == pytest.approx(density[far].std(), rel=0.05)


def test_seed_decides_the_noise(density, estimate):
    made = [
        occupy.modify(density, VOXEL_SIZE, "attenuate", power=9, seed=seed, estimate=estimate).density
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(made[0], made[1])
    assert (made[0] != made[2]).any()


def test_equalising_with_the_attenuated_scale_restores_the_map(density, estimate):
    bare = {"scale_limit": 0, "max_gain": np.inf, "clip": False}
    whole = bare | {"use_confidence": False, "signal_only": False, "remove_solvent": False}
    power = 2.5
    attenuated = occupy.attenuate(density, VOXEL_SIZE, estimate=estimate, power=power, noise=False, **bare)
    restored = occupy.equalize(attenuated, VOXEL_SIZE, power=power, scale_map=estimate.scale**power, **whole)
    seen = estimate.scale > 0.05
    assert np.abs(restored - density)[seen].max() < 1e-5 * density.max()


def test_settings_of_one_kind_are_not_taken_by_another(density):
    with pytest.raises(occupy.SettingError, match="pivot"):
        occupy.attenuate(density, VOXEL_SIZE, pivot=0.3)
    with pytest.raises(occupy.SettingError, match="seed"):
        occupy.equalize(density, VOXEL_SIZE, seed=1)


@given(
    power=st.one_of(st.floats(1, 200), st.just(np.inf)),
    pivot=st.floats(0.01, 0.99),
    scales=st.lists(st.floats(0, 1, width=32), min_size=1, max_size=20),
    kind=st.sampled_from(["equalize", "attenuate", "sigmoid"]),
)
def test_factors_are_finite_and_not_negative_for_every_scale(power, pivot, scales, kind):
    factor = factors.factor_of(kind, {"power": power, "pivot": pivot})
    found = limited_factor(np.array(scales, np.float32), factor, Limits(0.0, np.inf))
    assert np.isfinite(found).all()
    assert (found >= 0).all()


def test_half_maps_tell_the_noise_of_their_mean():
    signal = phantom.density_of_parts(PARTS, SHAPE, VOXEL_SIZE, noise=0)
    halves = [signal + phantom.density_of_parts([], SHAPE, VOXEL_SIZE, noise=NOISE, seed=s) for s in (5, 6)]
    mean = (halves[0] + halves[1]) / 2
    found = occupy.fit_solvent(mean, VOXEL_SIZE, half_maps=halves)
    assert found.raw_sigma == pytest.approx(NOISE / np.sqrt(2), rel=0.03)
    assert found.sigma == pytest.approx(found.fitted_sigma, rel=0.25)


def test_common_scale_is_that_of_the_strongest(density):
    maps = [(density, VOXEL_SIZE), (3 * density, VOXEL_SIZE)]
    common = occupy.common_full_scale(maps)
    assert common == pytest.approx(occupy.estimate(3 * density, VOXEL_SIZE).full_scale)
    weak = occupy.estimate(density, VOXEL_SIZE, full_scale=common)
    alone = occupy.estimate(density, VOXEL_SIZE)
    inside = alone.scale < 1
    zero = alone.zero * alone.full_scale
    factor = (alone.full_scale - zero) / (common - zero)
    assert factor == pytest.approx(1 / 3, rel=1e-3)
    np.testing.assert_allclose(weak.scale[inside], alone.scale[inside] * factor, atol=1e-6)


def test_a_solvent_mask_of_another_map_is_noticed(density):
    inside = ~far_from_parts(3)
    assert occupy.estimate(density, VOXEL_SIZE, solvent_mask=inside).warnings == []
    assert occupy.estimate(density, VOXEL_SIZE, solvent_mask=~inside).warnings == []
    (warning,) = occupy.estimate(density, VOXEL_SIZE, solvent_mask=np.roll(inside, 25, axis=(1, 2))).warnings
    assert "is it a mask of this map" in warning


def test_recalibration_does_not_change_what_is_certainly_solvent(estimate, recalibrated):
    assert estimate.certain_solvent().any()
    np.testing.assert_array_equal(recalibrated.certain_solvent(), estimate.certain_solvent())


def test_recalibration_does_not_change_which_voxels_are_modified_by_default(estimate, recalibrated):
    limits = [default_limits(found) for found in (estimate, recalibrated)]
    assert min(found.scale_limit for found in limits) > 0.05
    modified = [found.scale >= its.scale_limit for found, its in zip((estimate, recalibrated), limits, strict=True)]
    np.testing.assert_array_equal(modified[0], modified[1])


def test_noise_filled_in_by_a_recalibrated_scale_is_as_strong_as_the_solvent(density, recalibrated):
    made = occupy.modify(density, VOXEL_SIZE, "attenuate", power=np.inf, estimate=recalibrated).density
    assert made[PARTS[2].core(SHAPE)].std() == pytest.approx(density[far_from_parts(4)].std(), rel=0.10)


def test_a_recalibrated_scale_is_that_of_the_local_maximum(estimate, recalibrated):
    maxima = np.float64(estimate.scale[::8, ::8, ::8].ravel() * estimate.full_scale)
    expected = [recalibrated.scale_of(value) for value in maxima]
    np.testing.assert_allclose(recalibrated.scale[::8, ::8, ::8].ravel(), expected, atol=1e-6)
