"""Equalise, attenuate and sigmoid: the factor, its guards, and what is done to the map."""

import json
from dataclasses import replace
from math import inf

import numpy as np
import pytest
from chimerax.occupy import (
    Cancelled,
    Limits,
    Modifier,
    OccuPyError,
    SettingError,
    attenuate,
    equalize,
    estimate,
    modify,
    sigmoid,
)
from chimerax.occupy.engine.modification.factors import factor_of
from chimerax.occupy.engine.modification.limits import default_limits
from chimerax.occupy.engine.modification.multiply import Fill, apply
from chimerax.occupy.engine.settings.kinds import KINDS
from chimerax.occupy.engine.settings.table import PUBLISHED_MODES
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

UNGUARDED = {"scale_limit": 0, "max_gain": inf, "use_confidence": False, "clip": False}
WHOLE = {
    "equalize": {"signal_only": False, "remove_solvent": False},
    "attenuate": {},
    "sigmoid": {"signal_only": False},
}
"""What has the map multiplied as a whole, noise and all."""
AS_IT_IS = {"equalize": {"keep_noise": True, "remove_solvent": False}, "attenuate": {}, "sigmoid": {}}
"""What leaves noise and solvent as they are."""
SMALL = (9, 8, 7)


def logit(x):
    return np.log(x / (1 - x))


def expected_scale(kind, scale, power, pivot=0.5):
    """The scale that a modification leaves, in double precision."""
    scale = scale.astype(float)
    if kind == "equalize":
        return scale ** (1 / power)
    if kind == "attenuate":
        return scale**power
    return 1 / (1 + np.exp(-(logit(pivot) + power * (logit(scale) - logit(pivot)))))


def distances(shape, centre):
    return np.sqrt(sum((i - c) ** 2 for i, c in zip(np.indices(shape, sparse=True), centre, strict=True)))


@pytest.fixture(scope="module")
def scale_map():
    """A scale map for the balls' map that has nothing to do with it: 0.1 to 1 along x."""
    return np.broadcast_to(np.linspace(0.1, 1, 52, dtype=np.float32), (44, 48, 52))


@pytest.fixture(scope="module")
def modified(balls, balls_estimate):
    """A function that modifies the balls' map, with the estimate at hand."""

    def run(kind="equalize", **settings):
        return modify(balls[0], 2.0, kind, estimate=balls_estimate, **settings)

    return run


@pytest.fixture(scope="module")
def small():
    """A map of SMALL shape and its estimate."""
    density = np.random.default_rng(0).normal(0, 1, SMALL).astype(np.float32)
    density[2:6, 2:6, 2:6] += 8
    return density, estimate(density, 3.0, mode="occupancy")


@pytest.fixture(scope="module")
def emd_11007(load_real_map):
    """EMD-11007: the map, its estimate and its full equalisation."""
    density, voxel_size = load_real_map("emd_11007")
    found = estimate(density, voxel_size, mode="occupancy")
    return density, found, modify(density, voxel_size, estimate=found, signal_only=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("power", [1, 1.5, 3])
def test_the_factor_leaves_the_scale_of_the_formula(kind, power):
    scale = np.linspace(0.01, 0.99, 99, dtype=np.float32)
    factor = factor_of(kind, {"power": power, "pivot": 0.3})(scale)
    np.testing.assert_allclose(scale * factor, expected_scale(kind, scale, power, 0.3), rtol=3e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("power", [1, 1.5, 3, inf])
def test_the_factor_leaves_full_scale_alone(kind, power):
    assert factor_of(kind, {"power": power, "pivot": 0.3})(np.ones(1, np.float32)) == 1


@pytest.mark.parametrize(
    ("kind", "expected"), [("equalize", [1, 1, 1, 1]), ("attenuate", [0, 0, 0, 1]), ("sigmoid", [0, 1, 1, 1])]
)
def test_an_infinite_power_goes_all_the_way(kind, expected):
    scale = np.array([0.2, 0.3, 0.9, 1], np.float32)
    factor = factor_of(kind, {"power": inf, "pivot": np.float32(0.3)})(scale)
    np.testing.assert_allclose(scale * factor, expected, rtol=2e-7)


@pytest.mark.parametrize("power", [1, 2, 7.5])
def test_a_sigmoid_leaves_its_pivot_alone(power):
    factor = factor_of("sigmoid", {"power": power, "pivot": 0.35})(np.float32([0.35]))
    assert factor == pytest.approx(1, abs=1e-6)


@given(
    scale=arrays.arrays(np.float32, (3, 4, 5), elements=st.floats(0, 1, width=16)),
    confidence=st.none() | arrays.arrays(np.float32, (3, 4, 5), elements=st.floats(0, 1, width=16)),
    power=st.floats(1, 20) | st.just(inf),
    scale_limit=st.floats(0.001, 1),
    max_gain=st.floats(1, 50) | st.just(inf),
)
def test_an_equalised_voxel_is_held_back_by_limit_gain_and_confidence_in_this_order(
    scale, confidence, power, scale_limit, max_gain
):
    density = np.linspace(-3, 3, 60, dtype=np.float32).reshape(3, 4, 5)
    result, gain = apply(
        density, scale, confidence, Limits(scale_limit, max_gain), factor_of("equalize", {"power": power})
    )
    factor = np.ones(scale.shape)
    modified = scale >= scale_limit
    factor[modified] = np.minimum(scale[modified].astype(float) ** (1 / power - 1), max_gain)
    if confidence is not None:
        factor = confidence * factor + (1 - confidence)
    np.testing.assert_allclose(result, density * factor, rtol=5e-6, atol=1e-6)
    assert gain == pytest.approx(factor.max(), rel=5e-6)


def test_what_is_filled_in_keeps_mean_and_variance_where_density_is_weakened(random):
    density, noise = random.normal(3, 2, (2, 50, 50, 50)).astype(np.float32)
    scale = np.broadcast_to(np.linspace(0.2, 1.5, 50, dtype=np.float32), density.shape)
    result, _ = apply(density, scale, None, Limits(0, inf), lambda s: s, Fill(3.0, noise - 3))
    weakened = scale < 1
    expected = scale * density + (1 - scale) * 3 + np.sqrt(1 - np.minimum(scale, 1) ** 2) * (noise - 3)
    np.testing.assert_allclose(result[weakened], expected[weakened], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(result[~weakened], (scale * density)[~weakened], rtol=1e-6)
    assert (result[weakened].mean(), result[weakened].std()) == (
        pytest.approx(3, abs=0.03),
        pytest.approx(2, rel=0.01),
    )


@pytest.mark.parametrize("kind", ["attenuate", "sigmoid"])
def test_confidence_does_not_hold_back_where_density_is_weakened(kind):
    scale = np.linspace(0.1, 0.4, 60, dtype=np.float32).reshape(3, 4, 5)
    factor = factor_of(kind, {"power": 3, "pivot": 0.5})
    for confidence in (None, np.zeros_like(scale), np.ones_like(scale)):
        result, _ = apply(np.ones_like(scale), scale, confidence, Limits(0.05, inf), factor)
        np.testing.assert_allclose(result, expected_scale(kind, scale, 3) / scale, rtol=2e-6)


@pytest.fixture(params=["balls", "emd_11007"])
def any_estimate(request):
    """An estimate in which the scale limit follows from the solvent, and one in which it is 0.05."""
    if request.param == "balls":
        return estimate(request.getfixturevalue("balls")[0], 2.0, mode="occupancy")
    return request.getfixturevalue("emd_11007")[1]


def test_the_default_limits_follow_from_the_solvent(any_estimate):
    solvent, full = any_estimate.solvent, any_estimate.full_scale
    scale_limit = max(0.05, (solvent.mean + 5 * solvent.sigma) / full)
    limits = default_limits(any_estimate)
    assert limits.scale_limit == pytest.approx(scale_limit)
    assert limits.max_gain == pytest.approx(1 / max(scale_limit, 3 * solvent.raw_sigma / full))


def test_the_default_gain_is_never_below_one(random):
    density = random.standard_normal((24, 25, 26))
    limits = default_limits(estimate(density, 2.0, mode="occupancy", tau=0.6))
    assert limits.max_gain == 1
    assert limits.scale_limit == 1


@pytest.mark.parametrize("function", [equalize, attenuate, sigmoid])
def test_the_short_functions_return_the_map_of_modify(balls, modified, function):
    assert np.array_equal(function(balls[0], 2.0), modified(function.__name__).density)


def test_an_estimate_at_hand_spares_making_one(balls, balls_estimate, modified):
    calls = []
    result = modify(balls[0], 2.0, estimate=balls_estimate, progress=lambda *call: calls.append(call))
    assert "low-pass" not in {stage for _, stage in calls}
    without = modify(balls[0], 2.0, progress=lambda *call: calls.append(call))
    assert "low-pass" in {stage for _, stage in calls}
    assert np.array_equal(result.density, without.density)
    assert result.limits == without.limits


@pytest.mark.parametrize("kind", KINDS)
def test_power_one_leaves_the_map_as_it_is(balls, modified, kind):
    np.testing.assert_allclose(modified(kind, power=1, **AS_IT_IS[kind]).density, balls[0], rtol=3e-6, atol=2e-4)


@pytest.mark.parametrize("power", [1.5, 3, inf])
def test_equalising_leaves_a_root_of_the_scale(balls, balls_estimate, modified, power):
    result = modified(power=power, **WHOLE["equalize"], **(UNGUARDED | {"scale_limit": 0.1}))
    scale = balls_estimate.scale.astype(float)
    factor = np.where(scale >= 0.1, np.maximum(scale, 0.1) ** (1 / power - 1), 1)
    np.testing.assert_allclose(result.density, balls[0] * factor, rtol=2e-6)


@pytest.mark.parametrize("kind", ["attenuate", "sigmoid"])
def test_without_noise_weakening_multiplies_by_the_factor_alone(balls, scale_map, modified, kind):
    scale = 0.95 * scale_map
    result = modified(kind, power=2.5, scale_map=scale, noise=False, **WHOLE[kind], **UNGUARDED)
    np.testing.assert_allclose(result.density, balls[0] * expected_scale(kind, scale, 2.5) / scale, rtol=3e-6)


def test_nothing_below_the_scale_limit_is_modified(balls, balls_estimate, modified):
    result = modified(scale_limit=0.4, max_gain=inf, **WHOLE["equalize"]).density
    below = balls_estimate.scale < 0.4
    assert np.array_equal(result[below], balls[0][below])
    assert not np.array_equal(result[~below], balls[0][~below])


@pytest.mark.parametrize("signal_only", [False, True])
def test_a_largest_gain_that_float32_does_not_hold_is_no_limit(modified, signal_only):
    unlimited, beyond = (modified(max_gain=gain, signal_only=signal_only).density for gain in (inf, 1e308))
    assert np.array_equal(unlimited, beyond)


@pytest.mark.parametrize(
    "settings", [{}, {"max_gain": 1.7}, {"hedge": 4}, {"use_confidence": False}, UNGUARDED], ids=str
)
def test_the_gain_reported_is_the_largest_factor_of_any_voxel(balls, modified, settings):
    result = modified(**settings | {"clip": False} | WHOLE["equalize"])
    assert result.limits.gain == pytest.approx((result.density / balls[0]).max(), rel=1e-5)
    assert result.limits.gain <= result.limits.max_gain * (1 + 1e-6)


@pytest.mark.parametrize("hedge", [0.5, 1, 3])
def test_confidence_to_the_power_of_hedge_holds_amplification_back(balls, balls_estimate, modified, hedge):
    settings = {"hedge": hedge, "scale_limit": 0.1, "max_gain": 8, "clip": False} | WHOLE["equalize"]
    factor = modified(**settings, use_confidence=False).density / balls[0].astype(float)
    confidence = balls_estimate.confidence().astype(float) ** hedge
    expected = balls[0] * (confidence * factor + 1 - confidence)
    np.testing.assert_allclose(modified(**settings).density, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("mode", PUBLISHED_MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_in_the_published_modes_removing_solvent_multiplies_by_the_confidence(balls, kind, mode):
    found = estimate(balls[0], 2.0, mode=mode)
    kept, removed = (
        modify(balls[0], 2.0, kind, estimate=found, clip=False, remove_solvent=removing).density
        for removing in (False, True)
    )
    np.testing.assert_allclose(removed, kept * found.confidence(), rtol=1e-6)
    solvent = found.lowpassed < found.solvent.mean
    assert solvent.mean() > 0.3
    assert np.all(removed[solvent] == 0)


@pytest.mark.parametrize("use_confidence", [False, True])
@pytest.mark.parametrize("keep_noise", [False, True])
def test_so_it_does_where_the_signal_alone_is_amplified(balls, keep_noise, use_confidence):
    found = estimate(balls[0], 2.0, mode="occupancy")
    settings = {"signal_only": True, "keep_noise": keep_noise, "use_confidence": use_confidence, "clip": False}
    kept, removed = (
        modify(balls[0], 2.0, estimate=found, remove_solvent=removing, **settings).density for removing in (False, True)
    )
    np.testing.assert_allclose(removed, kept * found.confidence(), rtol=1e-6)


def test_the_result_is_clipped_to_the_range_of_the_map_unless_told_otherwise(balls, modified):
    density = balls[0]
    free, clipped = modified(clip=False).density, modified().density
    assert free.max() > density.max()
    assert np.array_equal(clipped, np.clip(free, density.min(), density.max()))


def test_matching_the_histogram_keeps_the_order_and_gives_the_values_of_the_map(balls, modified):
    free, matched = modified(clip=False).density, modified(match_histogram=True).density
    assert np.array_equal(np.sort(matched, axis=None), np.sort(balls[0], axis=None))
    assert np.all(np.diff(matched.ravel()[np.lexsort((matched.ravel(), free.ravel()))]) >= 0)


def test_the_output_lowpass_leaves_nothing_beyond(modified, direct_lowpass):
    free = modified(clip=False).density
    result = modified(clip=False, output_lowpass=9.0).density
    assert np.abs(result - direct_lowpass(free, 9.0, (2.0,) * 3)).max() < 1e-5
    assert np.abs(result - direct_lowpass(result, 9.0, (2.0,) * 3)).max() < 1e-5
    assert np.abs(result - free).max() > 0.1


def test_the_output_lowpass_comes_before_clipping_and_matching(balls, modified):
    density = balls[0]
    lowpassed = modified(clip=False, output_lowpass=9.0).density
    clipped = modified(output_lowpass=9.0).density
    assert np.array_equal(clipped, np.clip(lowpassed, density.min(), density.max()))
    matched = modified(output_lowpass=9.0, match_histogram=True).density
    assert np.array_equal(np.sort(matched, axis=None), np.sort(density, axis=None))


def test_a_scale_map_takes_the_place_of_the_estimated_one(balls, scale_map, modified):
    result = modified(scale_map=scale_map, **WHOLE["equalize"], **UNGUARDED)
    np.testing.assert_allclose(result.density, balls[0] / scale_map, rtol=2e-6)
    assert result.limits.gain == pytest.approx(10)
    assert "scale_map" not in result.settings


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda s: s[1:], r"scale map has shape \(43, 48, 52\), but the map has \(44, 48, 52\)"),
        (lambda s: s[0], r"scale map has shape \(48, 52\)"),
        (lambda s: s + 0.5, "scale map's values go from 0.6 to 1.5, but must lie within 0 to 1"),
        (lambda s: s - 0.5, "scale map's values go from -0.4 to 0.5, but"),
        (lambda s: np.where(s == s.max(), np.nan, s), "scale map's values go from nan to nan"),
    ],
)
def test_a_scale_map_that_cannot_be_used_raises_before_the_work(balls, scale_map, spoil, message):
    calls = []
    with pytest.raises(OccuPyError, match=message):
        modify(balls[0], 2.0, scale_map=spoil(scale_map), progress=lambda *call: calls.append(call))
    assert calls == []


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("equalize", {"power": 0.5}, "^power is 0.5, but must be a number at least 1"),
        ("equalize", {"pivot": 0.5}, "^pivot is not a setting here"),
        ("equalize", {"noise": True}, "^noise is not a setting here"),
        ("attenuate", {"pivot": 0.5}, "^pivot is not a setting here"),
        ("sigmoid", {"pivot": 1}, "^pivot is 1, but must be a number above 0 and below 1"),
        ("sigmoid", {"tau": 1.5}, "^tau is 1.5, but must be"),
        ("equalize", {"output_lowpass": 3}, "^output_lowpass is 3 Å, but must be at least two voxels, 4 Å here"),
    ],
)
def test_a_bad_setting_raises_and_the_message_says_what_was_expected(balls, kind, settings, message):
    with pytest.raises(SettingError, match=message):
        modify(balls[0], 2.0, kind, **settings)


def test_an_unknown_kind_raises_and_the_message_lists_the_kinds(balls):
    with pytest.raises(OccuPyError, match=r"equalise.*equalize.*attenuate.*sigmoid"):
        modify(balls[0], 2.0, "equalise")


def test_an_estimate_of_a_map_on_another_grid_raises_and_the_message_says_its_shape(balls, small):
    with pytest.raises(OccuPyError, match=r"\(9, 8, 7\)"):
        modify(balls[0], 2.0, estimate=small[1])


def test_settings_of_the_estimate_are_passed_on(balls):
    found = estimate(balls[0], 2.0, mode="resolution", lowpass=10)
    expected = modify(balls[0], 2.0, estimate=found, power=3).density
    assert np.array_equal(modify(balls[0], 2.0, mode="resolution", lowpass=10, power=3).density, expected)


@pytest.mark.parametrize("mode", PUBLISHED_MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_published_mode_is_the_published_method_whole(balls, kind, mode):
    made = modify(balls[0], 2.0, kind, mode=mode)
    expected = modify(balls[0], 2.0, kind, mode=mode, solvent_model="uniform", **WHOLE[kind])
    assert np.array_equal(made.density, expected.density)
    assert made.as_dict() == expected.as_dict()
    assert WHOLE[kind].items() <= made.as_dict().items()


def test_the_defaults_of_a_modification_are_those_of_the_mode_of_its_estimate(balls, modified):
    assert modified().settings["signal_only"]
    found = estimate(balls[0], 2.0, mode="occupancy")
    by_default, whole, alone = (
        modify(balls[0], 2.0, estimate=found, **settings).density
        for settings in ({}, {"signal_only": False}, {"signal_only": True})
    )
    assert np.array_equal(by_default, whole)
    assert not np.array_equal(alone, whole)
    assert np.array_equal(Modifier(balls[0], 2.0, found).modified().density, whole)


@pytest.mark.parametrize("kind", KINDS)
def test_the_map_itself_is_left_as_it_was(balls, modified, kind):
    before = balls[0].copy()
    modified(kind)
    modified(kind, output_lowpass=9.0)
    assert np.array_equal(balls[0], before)


@pytest.mark.parametrize("kind", KINDS)
def test_the_number_of_threads_does_not_matter(modified, kind, threads, monkeypatch):
    result = modified(kind, power=2, remove_solvent=True).density
    monkeypatch.undo()
    np.testing.assert_allclose(result, modified(kind, power=2, remove_solvent=True).density, rtol=1e-6, atol=1e-7)


def test_cancelling_stops_the_work_and_passes_through(balls):
    def cancel(fraction, stage):
        raise Cancelled

    with pytest.raises(Cancelled):
        modify(balls[0], 2.0, progress=cancel)


@pytest.mark.parametrize("stage", ["low-pass", "confidence", "noise spectrum", "noise", "modification", "finish"])
def test_it_can_be_cancelled_at_every_stage(balls, stage):
    def cancel(fraction, name):
        if name == stage:
            raise Cancelled

    with pytest.raises(Cancelled):
        modify(balls[0], 2.0, "attenuate", progress=cancel)


@pytest.mark.parametrize(
    ("kind", "max_gain", "warns"),
    [("equalize", 1, True), ("sigmoid", 1, True), ("equalize", 1.5, False), ("attenuate", 1, False)],
)
def test_it_is_said_when_nothing_could_be_amplified(modified, kind, max_gain, warns):
    warnings = modified(kind, max_gain=max_gain).warnings
    assert bool(warnings) == warns
    assert all("Nothing was amplified" in sentence for sentence in warnings)


@pytest.mark.parametrize("kind", KINDS)
def test_progress_rises_from_nothing_to_all(balls, kind):
    fractions = []
    modify(balls[0], 2.0, kind, progress=lambda fraction, stage: fractions.append(fraction))
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_so_many_voxels_become_what_they_become_in_the_whole_map(balls, balls_estimate, modified, kind):
    some = Modifier(balls[0], 2.0, balls_estimate, (2, 3, 1))
    settings = {"power": 2, "hedge": 0.5, "remove_solvent": True}
    expected = modified(kind, **settings)
    result = some.modified(kind, **settings)
    assert np.array_equal(result.density, expected.density[::2, ::3])
    assert replace(result.limits, gain=0) == replace(expected.limits, gain=0)


def test_what_modifications_share_does_not_leak_from_one_to_the_next(balls, balls_estimate, modified):
    shared = Modifier(balls[0], 2.0, balls_estimate)
    asked = [
        ("attenuate", {"seed": 1}),
        ("attenuate", {"seed": 2, "hedge": 3}),
        ("equalize", {"use_confidence": False}),
        ("equalize", {"hedge": 2}),
        ("sigmoid", {"scale_limit": 0.3}),
        ("equalize", {"signal_only": False, "hedge": 2}),
        ("equalize", {"hedge": 2}),
        ("attenuate", {"noise": False}),
        ("attenuate", {"seed": 1}),
    ]
    for kind, settings in asked:
        assert np.array_equal(shared.modified(kind, **settings).density, modified(kind, **settings).density)


@pytest.mark.parametrize("kind", KINDS)
def test_the_settings_and_limits_can_be_written_as_json(modified, kind):
    result = modified(kind, hedge=2)
    written = json.loads(json.dumps(result.as_dict()))
    assert (written["kind"], written["hedge"], written["gain_reached"]) == (kind, 2, result.limits.gain)
    assert written["scale_limit"] == result.limits.scale_limit
    assert written["max_gain"] == result.limits.max_gain


def test_the_noise_filled_in_is_that_of_the_seed(modified):
    first, again, other = (modified("attenuate", seed=seed).density for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_attenuated_solvent_keeps_its_mean_and_variance(balls, balls_estimate, modified):
    density, parts = balls
    solvent = np.all([distances(density.shape, part.centre) > part.radius + 5 for part in parts], axis=0)
    mean, sigma = density[solvent].mean(dtype=float), density[solvent].std(dtype=float)
    result = modified("attenuate", power=3, scale_limit=0, clip=False).density[solvent]
    assert result.std() == pytest.approx(sigma, rel=0.05)
    assert result.mean() == pytest.approx(mean, abs=0.05 * sigma)
    emptied = modified("attenuate", power=3, scale_limit=0, clip=False, noise=False).density[solvent]
    assert emptied.std() < 0.01 * sigma


@pytest.mark.parametrize("settings", [{}, AS_IT_IS["equalize"]], ids=["default", "as it is"])
def test_phantom64_is_brought_to_one_level_and_its_solvent_left_alone_or_taken_to_its_mean(load_real_map, settings):
    density, voxel_size = load_real_map("phantom64")
    result = equalize(density, voxel_size, **settings)
    places = [distances(density.shape, centre) for centre in ((32, 22, 20), (32, 22, 44), (32, 46, 32))]
    means = [result[place <= 9].mean() for place in places]
    assert min(means) > 0.94 * max(means)
    solvent = np.min(places, axis=0) > 9 + 5
    sigma = float(density[solvent].std())
    assert result[solvent].mean() == pytest.approx(density[solvent].mean(), abs=0.05 * sigma)
    assert result[solvent].std() == pytest.approx(sigma if settings else 0, abs=0.05 * sigma)


def test_the_solvent_of_emd_11007_is_not_amplified(emd_11007):
    density, found, result = emd_11007
    solvent = (found.scale < 0.03) & (distances(density.shape, (119.5,) * 3) <= 112)
    assert solvent.sum() > 1e6
    assert result.density[solvent].std() == pytest.approx(density[solvent].std(), rel=0.05)


def test_the_faintest_parts_of_emd_11007_are_not_amplified_to_a_third_of_full_scale(emd_11007):
    density, found, _ = emd_11007
    whole = modify(density, found.settings.voxel_size, estimate=found, signal_only=False)
    assert whole.limits.gain * found.solvent.raw_sigma * 3 <= found.full_scale * (1 + 1e-6)
    assert 2 < whole.limits.gain < 6


@given(
    kind=st.sampled_from(list(KINDS)),
    scale_map=arrays.arrays(np.float32, SMALL, elements=st.floats(0, 1, width=32)),
    power=st.floats(1, 1e30) | st.just(inf),
    scale_limit=st.just(0) | st.floats(0, 1),
    max_gain=st.just(inf) | st.floats(1, 1e30),
    switches=st.fixed_dictionaries({name: st.booleans() for name in ("use_confidence", "remove_solvent", "clip")}),
    whole=st.booleans(),
)
def test_no_finite_map_becomes_nan(small, kind, scale_map, power, scale_limit, max_gain, switches, whole):
    density, found = small
    limits = {"power": power, "scale_limit": scale_limit, "max_gain": max_gain}
    switches |= dict.fromkeys(WHOLE[kind], not whole)
    result = modify(density, 3.0, kind, estimate=found, scale_map=scale_map, **limits, **switches)
    assert not np.isnan(result.density).any()
    assert np.isfinite(result.limits.gain)


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("power", [1, 2, 1e38, 1e300, inf])
def test_no_scale_and_no_power_makes_the_factor_nan(kind, power):
    scale = np.array([0, 1e-45, 1e-38, 1e-6, 0.25, 0.5, 1], np.float32).reshape(1, 1, 7)
    factor = factor_of(kind, {"power": power, "pivot": 0.5})
    result, gain = apply(np.ones_like(scale), scale, np.zeros_like(scale), Limits(0, inf), factor)
    assert np.isfinite(result).all()
    assert np.isfinite(gain)
