"""The whole estimate, through the public functions."""

import json
from contextlib import suppress

import numpy as np
import pytest
from chimerax.occupy import Cancelled, OccuPyError, SettingError, common_full_scale, estimate, fit_solvent
from chimerax.occupy.engine.grids import fourier
from chimerax.occupy.engine.scale.estimate import estimation_settings, lowpassed
from chimerax.occupy.engine.settings.table import MODES
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

DTYPES = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "f2", "f4", "f8", ">f4", ">i2", ">f8"]

VIEWS = {
    "transposed": lambda d: np.asfortranarray(d),
    "reversed": lambda d: np.flip(d).copy()[::-1, ::-1, ::-1],
    "every other voxel": lambda d: np.repeat(d, 2, axis=2)[:, :, ::2],
    "read only": lambda d: np.frombuffer(d.tobytes(), d.dtype).reshape(d.shape),
    "nested lists": lambda d: d.tolist(),
}


@pytest.fixture(scope="module")
def whole_numbers(balls):
    """The balls in whole numbers from 0 to 127, as float32."""
    density = np.clip(np.rint(25 * balls[0] + 30), 0, 127).astype(np.float32)
    return np.ascontiguousarray(density[6:38, 4:44, 6:46])


@pytest.fixture(scope="module")
def blob():
    """A function that makes a block in noise, of any shape."""

    def make(shape, seed=1):
        density = np.random.default_rng(seed).normal(0, 1, shape)
        density[tuple(slice(n // 3, 2 * n // 3) for n in shape)] += 10
        return density.astype(np.float32)

    return make


@pytest.fixture(scope="module")
def expected_scale(direct_lowpass, full_scale_by_loops):
    """Scale and full scale, step by step with other means."""

    def work_out(density, settings):
        if settings.mode == "occupancy":
            density = direct_lowpass(density, settings.lowpass, settings.voxel_size)
        full, _ = full_scale_by_loops(density, settings.tau, settings.tile_size)
        maximum = ndimage.maximum_filter(density, footprint=settings.kernel.footprint, mode="reflect")
        return np.clip(maximum / full, 0, 1), full

    return work_out


@st.composite
def maps(draw):
    """Small maps of any finite values: anything, noise far from zero, stripes, a few voxels."""
    shape = draw(st.tuples(*[st.integers(5, 14)] * 3))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    size = draw(st.floats(-20, 20)) if draw(st.booleans()) else 0
    kind = draw(st.sampled_from(["anything", "noise", "stripes", "sparse"]))
    if kind == "anything":
        return draw(arrays.arrays(np.float32, shape, elements=st.floats(-(2.0**66), 2.0**66, width=32)))
    if kind == "noise":
        density = random.standard_normal(shape) + draw(st.sampled_from([0, 10, 1e4, 1e6, 1e8, -1e6]))
    elif kind == "stripes":
        density = np.broadcast_to(np.arange(shape[2]) % draw(st.integers(2, 7)), shape) + 0.0
    else:
        density = np.where(random.random(shape) < draw(st.floats(0.001, 0.5)), random.standard_normal(shape), 0)
    return (density * 10.0**size).astype(np.float32)


@pytest.mark.parametrize("mode", ["occupancy", "resolution"])
@pytest.mark.parametrize(
    ("shape", "voxel_size"),
    [((24, 24, 24), 2.0), ((21, 27, 17), 2.6), ((13, 30, 22), (1.5, 2.0, 2.6)), ((9, 16, 40), (4.0, 1.5, 1.2))],
)
def test_scale_and_full_scale_are_those_worked_out_by_other_means(blob, expected_scale, mode, shape, voxel_size):
    result = estimate(blob(shape), voxel_size, mode=mode)
    scale, full = expected_scale(blob(shape), result.settings)
    assert result.full_scale == pytest.approx(full, rel=1e-6)
    assert np.abs(result.scale - scale).max() < 2e-6
    assert result.scale.dtype == np.float32


@pytest.mark.parametrize(
    "settings",
    [{"tau": 0.5}, {"kernel_size": 3}, {"kernel_radius": 1.5}, {"kernel_size": 11, "kernel_radius": 5.5},
     {"tile_size": 5}, {"lowpass": 6.5}, {"resolution": 12}],
    ids=str,
)  # fmt: skip
def test_settings_take_effect(blob, expected_scale, settings):
    density = blob((26, 24, 28))
    result = estimate(density, 2.0, mode="occupancy", **settings)
    scale, _ = expected_scale(density, result.settings)
    assert np.abs(result.scale - scale).max() < 2e-6
    assert np.abs(result.scale - estimate(density, 2.0, mode="occupancy").scale).max() > 0.01
    assert all(getattr(result.settings, name) == value for name, value in settings.items() if name != "resolution")


def test_settings_of_the_published_modes_have_no_effect_in_mode_calibrated(balls):
    given = {"kernel_size": 3, "kernel_radius": 1.5, "tau": 0.5, "tile_size": 5, "normalization": "maximum"}
    result, expected = estimate(balls[0], 2.0, **given), estimate(balls[0], 2.0)
    assert np.array_equal(result.scale, expected.scale)
    assert (result.settings, result.solvent.sigma, result.peak) == (
        expected.settings, expected.solvent.sigma, expected.peak
    )  # fmt: skip


def test_normalization_maximum_takes_the_largest_value(blob, direct_lowpass):
    density = blob((24, 24, 24))
    result = estimate(density, 2.0, mode="occupancy", normalization="maximum")
    highest = direct_lowpass(density, 8.0, (2.0,) * 3).max()
    assert result.full_scale == pytest.approx(result.tau * highest, rel=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_a_full_scale_that_is_given_is_the_density_of_scale_1(balls, mode):
    result = estimate(balls[0], 2.0, mode=mode)
    zero = result.zero * result.full_scale
    doubled = estimate(balls[0], 2.0, mode=mode, full_scale=2 * result.full_scale - zero)
    assert doubled.full_scale == 2 * result.full_scale - zero
    assert doubled.limits()["full_scale_tile_start_zyx"] is None
    unclipped = result.scale < 1
    np.testing.assert_allclose(doubled.scale[unclipped], result.scale[unclipped] / 2, rtol=1e-6)
    assert doubled.scale[~unclipped].min() >= 0.5


@pytest.mark.parametrize("full_scale", [1e-300, 1e300])
def test_no_full_scale_makes_the_scale_nan(balls, full_scale):
    density = np.where(balls[0] > 0.3, balls[0], 0)
    with suppress(OccuPyError):
        assert estimate(density, 2.0, mode="resolution", full_scale=full_scale).scale.max() <= 1


@pytest.mark.parametrize("mode", MODES)
def test_the_common_full_scale_is_that_of_the_strongest_map(balls, mode):
    maps = [(0.5 * balls[0], 2.0), (3 * balls[0], 2.0), (balls[0], 2.5)]
    expected = max(estimate(density, size, mode=mode).full_scale for density, size in maps)
    assert common_full_scale(maps, mode=mode) == expected
    assert common_full_scale(maps, mode=mode, half_maps=["a", "b"], solvent_mask="on the grid of one map") == expected


def test_a_map_is_low_passed_as_for_an_estimate_but_at_its_own_sampling(balls):
    expected = estimate(balls[0], 2.0, lowpass=9.0).lowpassed
    np.testing.assert_array_equal(lowpassed(balls[0], 2.0, lowpass=9.0), expected)
    np.testing.assert_array_equal(lowpassed(balls[0], 2.0, lowpass=9.0, max_box=32), expected)


def test_half_maps_tell_the_noise(random, balls, direct_lowpass):
    signal = 5 * balls[0]
    halves = [signal + random.normal(0, 0.5, signal.shape) for _ in range(2)]
    mean, noise = np.mean(halves, axis=0), (halves[0] - halves[1]) / 2
    solvent = fit_solvent(mean, 2.0, half_maps=halves)
    assert solvent.raw_sigma == pytest.approx(0.5 / np.sqrt(2), rel=0.02)
    assert solvent.sigma == pytest.approx(direct_lowpass(noise, 8.0, (2.0,) * 3).std(), rel=0.05)
    without = fit_solvent(mean, 2.0)
    assert solvent.fitted_sigma == without.sigma == without.fitted_sigma
    assert solvent.mean == without.mean


def test_half_maps_are_cropped_with_the_map(random, balls):
    halves = [balls[0] + random.normal(0, 0.5, balls[0].shape) for _ in range(2)]
    solvent = fit_solvent(np.mean(halves, axis=0), 2.0, half_maps=halves, max_box=40)
    kept = np.prod(CROPPED_TO_40) / balls[0].size
    assert solvent.raw_sigma == pytest.approx(0.5 / np.sqrt(2) * np.sqrt(kept), rel=0.04)


def test_confidence_is_read_in_the_lowpassed_map_in_both_modes(blob, direct_lowpass):
    density = blob((24, 24, 24))
    results = [estimate(density, 2.0, mode=mode) for mode in MODES]
    expected = results[0].solvent.confidence(direct_lowpass(density, 8.0, (2.0,) * 3), 2)
    for result in results:
        np.testing.assert_allclose(result.confidence(hedge=2), expected, atol=1e-5)


def test_the_scale_of_a_part_is_its_occupancy_relative_to_the_strongest(balls):
    density, parts = balls
    scale = estimate(density, 2.0, mode="occupancy").scale
    means = [scale[part.core(density.shape)].mean() for part in parts]
    assert means[0] > 0.9
    np.testing.assert_allclose(means, [1, 0.5, 0.25], atol=0.08)


def test_the_calibrated_scale_of_a_part_is_proportional_to_its_occupancy(balls, balls_estimate):
    density, parts = balls
    means = [balls_estimate.scale[part.core(density.shape)].mean() for part in parts]
    assert means[0] > 0.85  # what is above 1 is clipped
    np.testing.assert_allclose(means[1:], [0.5, 0.25], atol=0.03)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_type_of_number_gives_what_float32_gives(whole_numbers, mode, dtype):
    result = estimate(whole_numbers.astype(dtype), 2.0, mode=mode)
    expected = estimate(whole_numbers, 2.0, mode=mode)
    assert np.array_equal(result.scale, expected.scale)
    assert np.array_equal(result.confidence(), expected.confidence())
    assert (result.limits(), result.warnings) == (expected.limits(), expected.warnings)


def test_a_map_of_true_and_false_gives_what_1_and_0_give(balls):
    density = balls[0] > 0.1
    assert np.array_equal(estimate(density, 2.0).scale, estimate(density.astype(np.float32), 2.0).scale)


@pytest.mark.parametrize("view", list(VIEWS))
@pytest.mark.parametrize("mode", MODES)
def test_every_layout_in_memory_gives_what_a_plain_array_gives(whole_numbers, view, mode):
    result = estimate(VIEWS[view](whole_numbers), 2.0, mode=mode)
    expected = estimate(whole_numbers, 2.0, mode=mode)
    assert np.array_equal(result.scale, expected.scale)
    assert result.limits() == expected.limits()


@pytest.mark.parametrize("mode", ["occupancy", "resolution"])
@pytest.mark.parametrize("recalibrate", [False, True])
def test_the_map_itself_is_left_as_it_was(balls, mode, recalibrate):
    density = balls[0].copy()
    estimate(density, 2.0, mode=mode, recalibrate=recalibrate)
    assert np.array_equal(density, balls[0])


@pytest.mark.parametrize(("mode", "rounding"), [("calibrated", 1e-5), ("occupancy", 2e-6), ("resolution", 2e-6)])
def test_turning_the_map_turns_the_scale(blob, mode, rounding):
    result = estimate(blob((20, 24, 28)), (1.5, 2.0, 2.6), mode=mode)
    turned = estimate(blob((20, 24, 28)).transpose(2, 0, 1), (2.6, 1.5, 2.0), mode=mode)
    assert np.abs(turned.scale - result.scale.transpose(2, 0, 1)).max() < rounding


@pytest.mark.parametrize("mode", MODES)
def test_the_number_of_threads_does_not_matter(blob, threads, monkeypatch, mode):
    result = estimate(blob((20, 24, 28)), 2.0, mode=mode)
    monkeypatch.undo()
    assert np.array_equal(result.scale, estimate(blob((20, 24, 28)), 2.0, mode=mode).scale)


@pytest.mark.parametrize(("mode", "rounding"), [("occupancy", 1e-5), ("calibrated", 5e-4)])
@pytest.mark.parametrize("factor", [1000, 0.001])
def test_the_units_of_real_maps_do_not_matter(real_map, factor, mode, rounding):
    density, voxel_size = real_map
    result = estimate(density, voxel_size, mode=mode)
    scaled = estimate(density * np.float32(factor), voxel_size, mode=mode)
    assert np.abs(scaled.scale - result.scale).max() <= rounding  # magnified where the molecule ends in mode calibrated
    assert np.abs(scaled.confidence() - result.confidence()).max() <= 1e-4
    assert scaled.warnings == result.warnings


@pytest.mark.parametrize("factor", [1e-18, 0.001, 3, 1000, 1e18])
def test_the_units_of_a_phantom_do_not_matter(balls, balls_estimate, factor):
    scaled = estimate(balls[0] * np.float32(factor), 2.0)
    assert np.abs(scaled.scale - balls_estimate.scale).max() <= 1e-5
    assert np.abs(scaled.confidence() - balls_estimate.confidence()).max() <= 1e-4
    names = ["full_scale", "solvent_mean", "solvent_sigma", "solvent_raw_sigma", "noise_level"]
    expected = [balls_estimate.limits()[name] * factor for name in names]
    atol = 1e-4 * balls_estimate.solvent.sigma * factor
    np.testing.assert_allclose([scaled.limits()[name] for name in names], expected, rtol=1e-5, atol=atol)


def test_fit_solvent_gives_the_solvent_model_of_the_estimate(balls, balls_estimate):
    solvent = fit_solvent(balls[0], 2.0)
    for name in ("mean", "sigma", "height", "voxels", "raw_sigma", "converged"):
        assert getattr(solvent, name) == getattr(balls_estimate.solvent, name)


def test_the_solvent_mask_is_where_the_solvent_is_fitted(blob):
    density = blob((24, 24, 24))
    outside = np.ones(density.shape, bool)
    outside[6:18, 6:18, 6:18] = False
    assert estimate(density, 2.0, solvent_mask=outside).solvent.voxels == outside.sum()


def test_a_solvent_mask_may_be_nested_lists_as_a_map_may(blob):
    outside = np.pad(np.zeros((12, 12, 12)), 6, constant_values=1)
    assert fit_solvent(blob((24, 24, 24)).tolist(), 2.0, solvent_mask=outside.tolist()).voxels == outside.sum()


@pytest.mark.parametrize("mode", ["occupancy", "resolution"])
def test_recalibrating_puts_zero_at_the_noise_level(balls, mode):
    result = estimate(balls[0], 2.0, mode=mode)
    zero = result.solvent.noise_level / result.full_scale
    expected = np.clip((result.scale.astype(float) - zero) / (1 - zero), 0, 1)
    np.testing.assert_allclose(estimate(balls[0], 2.0, mode=mode, recalibrate=True).scale, expected, atol=1e-6)


def test_recalibrating_raises_where_the_full_scale_is_below_the_noise_level(blob):
    with pytest.raises(OccuPyError, match=r"noise level is at .* of the full scale, but must be below it"):
        estimate(blob((24, 24, 24)), 2.0, mode="occupancy", recalibrate=True, tau=0.7, tile_size=24)


@pytest.mark.parametrize("draw", ["random", "standard_normal", "standard_exponential"])
@pytest.mark.parametrize("mode", ["occupancy", "resolution"])
def test_maps_of_nothing_but_noise_give_a_scale(random, draw, mode):
    result = estimate(getattr(random, draw)((24, 25, 26)), 2.0, mode=mode)
    assert result.scale.min() >= 0
    assert result.scale.max() == 1


def test_limits_and_settings_can_be_written_as_json(balls, balls_estimate):
    written = json.loads(json.dumps(balls_estimate.limits() | balls_estimate.settings.as_dict()))
    assert written["full_scale"] == balls_estimate.full_scale
    assert written["lowest_density"] == balls[0].min()
    assert written["highest_density"] == balls[0].max()
    assert written["tau"] == balls_estimate.tau


CROPPED_TO_40 = (34, 37, 40)
"""Shape of the balls' map where the longest box is 40."""


@pytest.fixture(scope="module")
def cropped(balls):
    return estimate(balls[0], 2.0, mode="occupancy", max_box=40)


@pytest.fixture(scope="module")
def of_a_small_copy(balls):
    voxel_size = [2.0 * n / m for n, m in zip(balls[0].shape, CROPPED_TO_40, strict=True)]
    return estimate(fourier.resample(balls[0], CROPPED_TO_40), voxel_size, mode="occupancy")


@pytest.fixture(scope="module")
def trilinear(balls):
    """Linear interpolation along one axis after the other, to the grid of the balls."""

    def interpolate(values):
        for axis, n in enumerate(balls[0].shape):
            places = np.arange(n) * values.shape[axis] / n
            line = lambda v, at=places: np.interp(at, np.arange(len(v)), v)  # noqa: E731
            values = np.apply_along_axis(line, axis, values)
        return values

    return interpolate


def test_the_scale_is_that_of_the_copy_interpolated_to_the_grid_of_the_map(cropped, of_a_small_copy, trilinear):
    assert cropped.full_scale == of_a_small_copy.full_scale
    np.testing.assert_allclose(cropped.scale, trilinear(of_a_small_copy.scale), atol=1e-6)


def test_the_confidence_is_that_of_the_copy_interpolated(cropped, of_a_small_copy, trilinear):
    np.testing.assert_allclose(cropped.confidence(2), trilinear(of_a_small_copy.confidence(2)), atol=1e-6)


def test_the_settings_are_those_of_the_copy(cropped, of_a_small_copy):
    assert cropped.settings.kernel == of_a_small_copy.settings.kernel
    assert cropped.settings.voxel_size == of_a_small_copy.settings.voxel_size


def test_a_note_says_the_limit_and_the_sampling(cropped, balls_estimate):
    (note,) = cropped.notes
    assert "max_box 40" in note
    assert "2.6 Å per voxel" in note
    assert balls_estimate.notes == []


def test_the_range_is_that_of_the_map_itself(cropped, balls):
    assert (cropped.input_range.lowest, cropped.input_range.highest) == (balls[0].min(), balls[0].max())


def test_a_smooth_map_gets_nearly_the_scale_of_its_own_sampling(balls):
    density, parts = balls
    whole = estimate(density, 2.0, lowpass=16)
    cropped = estimate(density, 2.0, lowpass=16, max_box=40)
    assert np.abs(cropped.scale - whole.scale).mean() < 0.01
    for core in (part.core(density.shape) for part in parts):
        assert cropped.scale[core].mean() == pytest.approx(whole.scale[core].mean(), abs=0.05)


def test_both_senses_of_a_solvent_mask_are_cropped_too(balls):
    mask = np.zeros(balls[0].shape)
    mask[:12] = 1
    models = [fit_solvent(balls[0], 2.0, max_box=40, solvent_mask=m) for m in (mask, 1 - mask)]
    assert models[0].mean == models[1].mean
    assert models[0].voxels == models[1].voxels == pytest.approx(12 / 44 * np.prod(CROPPED_TO_40), rel=0.03)


def test_the_longest_box_itself_is_not_cropped(balls, balls_estimate):
    assert np.array_equal(estimate(balls[0], 2.0, max_box=52).scale, balls_estimate.scale)


def test_a_box_that_cropping_makes_smaller_than_the_kernel_raises(random):
    with pytest.raises(OccuPyError, match="box of 64 x 64 x 2 voxels is smaller than the kernel"):
        estimate(random.standard_normal((5, 128, 128)), 2.0, max_box=64)


@pytest.mark.parametrize("settings", [{}, {"mode": "resolution"}, {"max_box": 40}], ids=str)
def test_fractions_never_fall_and_stay_within_0_and_1(balls, threads, settings):
    calls = []
    estimate(balls[0], 2.0, progress=lambda fraction, stage: calls.append((fraction, stage)), **settings)
    fractions = [fraction for fraction, _ in calls]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] < fractions[-1] <= 1
    assert list(dict.fromkeys(stage for _, stage in calls)) == ["low-pass", "solvent model", "local maximum"]


@pytest.mark.parametrize("function", [estimate, fit_solvent])
@pytest.mark.parametrize("stage", ["low-pass", "solvent model", "local maximum"])
@pytest.mark.parametrize("call", [1, 2])
def test_cancelling_stops_the_work_and_passes_through(balls, threads, function, stage, call):
    calls = []

    def cancel(fraction, name):
        calls.append(name)
        if calls.count(stage) == call:
            raise Cancelled

    with pytest.raises(Cancelled):
        function(balls[0], 2.0, progress=cancel)
    assert calls[-1] == stage
    assert calls.count(stage) == call


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda d: np.where(d == d.max(), np.nan, d), "^1 of 13824 voxels are NaN or infinite"),
        (lambda d: np.where(d > 5, np.inf, d), r"^\d{3} of 13824 voxels are NaN or infinite"),
        (lambda d: np.full_like(d, 3), "map is constant, 3 everywhere"),
        (lambda d: d[:4], "box of 24 x 24 x 4 voxels is smaller than the kernel: every edge must be at least 5"),
        (lambda d: d[0], r"map has shape \(24, 24\), but must have three axes"),
        (lambda d: d + 1j, "values are of type complex"),
        (lambda d: d.astype(str), "values are of type <U"),
        (lambda d: -d, "contrast looks inverted"),
        (lambda d: -1 - np.abs(d), "must be above 0|contrast looks inverted"),
    ],
)
@pytest.mark.parametrize("mode", ["occupancy", "resolution"])
def test_a_map_that_cannot_be_used_raises_and_the_message_says_why(blob, spoil, message, mode):
    with pytest.raises(OccuPyError, match=message):
        estimate(spoil(blob((24, 24, 24))), 2.0, mode=mode)


def test_a_phantom_times_minus_one_is_recognised(balls):
    with pytest.raises(OccuPyError, match="multiply the map by -1"):
        estimate(-balls[0], 2.0)


@pytest.mark.parametrize("mode", ["occupancy", "resolution"])
def test_a_map_that_is_positive_everywhere_is_not_taken_for_inverted(blob, mode):
    density = 100 + np.minimum(blob((24, 24, 24)), 0)
    assert estimate(density, 2.0, mode=mode).scale.max() == 1


@pytest.mark.parametrize("voxel_size", [0, -1, np.nan, (1, 1, 0), (1, 1)])
def test_a_bad_voxel_size_raises(balls, voxel_size):
    with pytest.raises(SettingError, match=r"^voxel_size is "):
        estimate(balls[0], voxel_size)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lowPass": 8}, "^lowPass is not a setting here"),
        ({"power": 3}, "^power is not a setting here"),
        ({"tau": 1.0}, "^tau is 1.0, but must be a number above 0 and below 1"),
        ({"lowpass": 3.9}, "^lowpass is 3.9 Å, but must be at least two voxels, 4 Å"),
        ({"solvent_mask": np.ones((44, 48, 51))}, "solvent mask has 51 x 48 x 44 voxels, but the map has 52 x 48"),
        ({"solvent_mask": np.ones((44, 48, 52))}, "solvent mask has one value everywhere"),
        ({"full_scale": 0}, "^full_scale is 0, but must be a number above 1e-25"),
        ({"half_maps": [np.eye(3)]}, "^1 half maps were given, but must be two"),
        ({"half_maps": 2 * [np.arange(216).reshape(6, 6, 6)]}, r"half map has shape \(6, 6, 6\), but the map has"),
        (
            {"half_maps": 2 * [np.full((44, 48, 52), np.nan)]},
            "^a half map cannot be used: 109824 of 109824 voxels",
        ),
        ({"half_maps": 2 * [np.arange(109824.0).reshape(44, 48, 52)]}, "half maps"),
    ],
)
@pytest.mark.parametrize("function", [estimate, fit_solvent])
def test_a_bad_setting_raises_and_the_message_says_what_was_expected(balls, function, settings, message):
    with pytest.raises(OccuPyError, match=message):
        function(balls[0], 2.0, **settings)


def test_bad_settings_are_reported_before_the_map_is_looked_at():
    with pytest.raises(SettingError, match=r"^tau is 2"):
        estimate(None, 2.0, tau=2)


def test_a_masked_map_gets_a_warning_and_an_estimate(balls, balls_estimate):
    density, parts = balls
    near = np.any([ndimage.binary_dilation(part.core(density.shape), iterations=6) for part in parts], axis=0)
    result = estimate(np.where(near, density, 0), 2.0)
    assert f"{1 - near.mean():.0%} of the voxels are exactly 0" in result.warnings[0]
    core = parts[0].core(density.shape)
    assert result.scale[core].mean() == pytest.approx(balls_estimate.scale[core].mean(), abs=0.02)


def test_masked_voxels_are_left_out_of_the_solvent_model(blob):
    density = blob((32, 32, 32))
    masked = density.copy()
    masked[:9] = 0
    whole, rest = fit_solvent(density, 2.0), fit_solvent(masked, 2.0)
    distances = sum(((i + 0.5) / 32 - 0.5) ** 2 for i in np.indices(density.shape))
    assert whole.voxels - rest.voxels == pytest.approx(np.count_nonzero((distances <= 0.25)[:9]), rel=0.03)
    assert rest.sigma == pytest.approx(whole.sigma, rel=0.1)


@pytest.mark.parametrize(
    "settings", [{}, {"mode": "resolution"}, {"normalization": "maximum"}, {"full_scale": 1000}], ids=str
)
def test_a_sharpened_map_gets_a_warning_whatever_the_full_scale(random, blob, settings):
    density = blob((24, 24, 24))
    density[8:16, 8:16, 8:16] += random.normal(-6, 12, (8, 8, 8))
    (warning,) = estimate(density, 2.0, **settings).warnings
    assert "sharpened" in warning
    full_scale = estimate(density, 2.0, mode="occupancy").full_scale
    assert f"{density.max() / full_scale:.1f} times" in warning


def test_a_good_map_gets_no_warning(balls_estimate):
    assert balls_estimate.warnings == []


@pytest.mark.parametrize("name", ["phantom64", "emd_5168"])
def test_real_maps_with_solvent_all_around_get_no_warning(load_real_map, name):
    assert estimate(*load_real_map(name)).warnings == []


def test_a_real_masked_map_gets_a_warning(load_real_map):
    warnings = estimate(*load_real_map("emd_3488")).warnings
    assert warnings[0].startswith("71% of the voxels are exactly 0: the map looks masked")


@pytest.mark.parametrize("density", [
    np.broadcast_to(np.arange(10.0) % 2, (10, 9, 10)),
    np.broadcast_to(np.arange(13.0) % 5, (9, 9, 13)),
    1e6 + np.random.default_rng(0).standard_normal((12, 12, 12)),
    np.pad(np.ones((6, 6, 6)), 9),
], ids=["two stripes", "five stripes", "noise far above zero", "a cube"])  # fmt: skip
def test_strange_maps_give_an_estimate_or_an_error_for_the_user(density):
    with suppress(OccuPyError):
        assert estimate(density, 2.0).scale.max() <= 1


@given(
    density=maps(),
    voxel_size=st.sampled_from([1.6, 2.0, (2.0, 2.7, 3.1), 4.0]),
    mode=st.sampled_from(["occupancy", "resolution"]),
    recalibrate=st.booleans(),
)
def test_any_finite_map_gives_a_scale_within_0_and_1_or_an_error_for_the_user(density, voxel_size, mode, recalibrate):
    try:
        result = estimate(density, voxel_size, mode=mode, recalibrate=recalibrate)
    except OccuPyError:
        return
    for values in (result.scale, result.confidence()):
        assert values.min() >= 0
        assert values.max() <= 1


@pytest.mark.parametrize(
    "settings",
    [{}, {"lowpass": 11.0}, {"mode": "occupancy", "kernel_size": 5, "tile_size": 8}, {"max_box": 40}],
)
def test_settings_can_be_known_before_the_estimate(balls, settings):
    known = estimation_settings(balls[0].shape, 2.0, **settings)
    assert known == estimate(balls[0], 2.0, **settings).settings
