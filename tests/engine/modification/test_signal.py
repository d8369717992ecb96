"""Amplifying the signal alone: bands, shares, the smooth scale, and what is left as it is."""

from dataclasses import replace
from functools import partial

import chimerax.occupy
import numpy as np
import pytest
from chimerax.occupy import Modifier, equalize, estimate
from chimerax.occupy.engine import parallel
from chimerax.occupy.engine.grids import fourier
from chimerax.occupy.engine.grids.blocks import Blocks
from chimerax.occupy.engine.modification import modifier as modifier_module
from chimerax.occupy.engine.modification.local_signal import LocalSignal
from chimerax.occupy.engine.modification.low_blocks import LowBlocks
from scipy import ndimage

VOXEL = (1.5, 1.5, 1.5)
SHAPE = (50, 48, 52)
WHOLE_MAP = slice(0, SHAPE[0])
modify = partial(chimerax.occupy.modify, signal_only=True)


def noise(sigma):
    """White noise of this standard deviation, cut at 3.2 Å."""
    white = np.random.default_rng(6).standard_normal(SHAPE).astype(np.float32)
    cut = fourier.lowpass(white, 3.2, VOXEL)
    return cut * np.float32(sigma / cut.std())


@pytest.fixture(scope="module")
def scene():
    """A detailed ball in white noise, and at a quarter of its strength another; both alone, the map, its estimate."""
    random = np.random.default_rng(5)
    detail = fourier.lowpass(random.standard_normal(SHAPE).astype(np.float32), 4.0, VOXEL)
    detail = 1 + 0.5 * detail / detail.std()
    z, y, x = np.indices(SHAPE)
    balls = [
        detail * ndimage.gaussian_filter(((z - 25) ** 2 + (y - 24) ** 2 + (x - c) ** 2 < 81).astype(np.float32), 1)
        for c in (13, 39)
    ]
    clean = (balls[0] + 0.25 * balls[1]).astype(np.float32)
    density = clean + noise(0.1)
    return balls, clean, density, estimate(density, VOXEL, mode="occupancy")


def signal_of(density, found):
    return LocalSignal(density, VOXEL, LowBlocks(density, VOXEL, found))


@pytest.fixture(scope="module")
def true_scale():
    """The scale of the scene's balls, up to where they meet."""
    scale = np.ones(SHAPE, np.float32)
    scale[:, :, 26:] = 0.25
    return scale


@pytest.mark.parametrize("shape", [(12, 9, 15), (13, 11, 16), (2, 30, 7)])
@pytest.mark.parametrize("edge", [0.5, 2.0, 3.1])
def test_means_and_maxima_of_blocks_are_those_of_their_voxels(random, shape, edge):
    blocks = Blocks(shape, (1.0, 1.0, 1.0), edge)
    values = random.standard_normal(shape).astype(np.float32)
    factor = max(1, int(edge))
    for place in np.ndindex(blocks.shape):
        voxels = values[tuple(slice(i * factor, (i + 1) * factor) for i in place)]
        assert blocks.mean(values)[place] == pytest.approx(voxels.mean(), abs=1e-6)
        assert blocks.maximum(values)[place] == voxels.max()


@pytest.mark.parametrize("edge", [1.0, 2.0, 3.0, 4.5])
def test_blocks_of_a_linear_map_give_it_back_between_their_centres(edge):
    shape = (24, 24, 36)
    blocks = Blocks(shape, (1.0, 1.0, 1.0), edge)
    z, y, x = np.indices(shape, np.float32)
    linear = 3 * z - y + 0.5 * x
    back = blocks.at(blocks.mean(linear), slice(0, 24))
    margin = slice(int(edge) // 2, -(int(edge) // 2) or None)
    np.testing.assert_allclose(back[margin, margin, margin], linear[margin, margin, margin], rtol=1e-5, atol=1e-4)


def test_voxels_at_a_step_get_what_all_voxels_get(random):
    blocks = Blocks((20, 21, 23), (1.0, 1.0, 1.0), 3.0)
    values = random.standard_normal(blocks.shape).astype(np.float32)
    whole = blocks.at(values, slice(0, 20))
    assert np.array_equal(blocks.at(values, slice(1, 6), (3, 2, 4)), whole[3:18:3, ::2, ::4])


def test_without_noise_the_signal_is_the_map_itself(scene):
    _, clean, *_ = scene
    density = clean + noise(1e-4)
    found = estimate(density, VOXEL, mode="occupancy")
    signal = signal_of(density, found).at(WHOLE_MAP) + found.solvent.mean
    error = np.abs(signal - density)[clean > 0.1]
    assert error.max() < 0.03
    assert error.mean() < 0.006


def test_where_noise_is_endless_there_is_no_signal(scene):
    _, _, density, found = scene
    low = LowBlocks(density, VOXEL, found)
    low.noise_ratio = np.where(low.solvent, np.float32(1), np.float32(1e6))
    signal = LocalSignal(density, VOXEL, low)
    endless = np.abs(signal.at(WHOLE_MAP))[low.blocks.at(np.float32(low.solvent), WHOLE_MAP) == 0]
    assert endless.size > 1e4
    assert not endless.any()
    assert not signal.slow[~low.solvent].any()


def test_the_signal_is_closer_to_the_noise_free_map_than_the_map_is(scene):
    balls, clean, density, found = scene
    weak = balls[1] > 0.3
    signal = signal_of(density, found).at(WHOLE_MAP)
    error, before = (np.abs(values - clean)[weak].mean() for values in (signal, density))
    assert error < 0.8 * before
    solvent = ndimage.maximum_filter(clean, 9) < 0.01
    assert signal[solvent].std() < 0.15 * density[solvent].std()


def test_the_weak_ball_comes_to_the_strong_one_with_less_noise_than_by_multiplication(scene, true_scale):
    balls, _, density, found = scene
    settings = {"estimate": found, "scale_map": true_scale, "scale_limit": 0.1, "max_gain": 8, "clip": False}
    alone, whole = (modify(density, VOXEL, signal_only=on, **settings).density for on in (True, False))
    inside = balls[1] > 0.3
    expected = balls[1][inside].astype(float)
    means = [values[inside].mean() for values in (alone, whole)]
    assert means == pytest.approx([expected.mean()] * 2, rel=0.06)
    correlations = [np.corrcoef(values[inside], expected)[0, 1] for values in (density, whole, alone)]
    assert correlations[2] > correlations[1] + 0.03
    assert correlations[2] > correlations[0] + 0.03


@pytest.mark.parametrize("way", [{"keep_noise": True, "remove_solvent": False}, {}], ids=["noise", "signal"])
def test_a_well_resolved_part_keeps_its_mean_within_two_percent_and_its_detail_within_four(scene, true_scale, way):
    balls, clean, *_ = scene
    density = clean + noise(0.02)
    found = estimate(density, VOXEL)
    inside = balls[0] > 0.5
    detail = balls[0][inside] - balls[0][inside].mean()
    result = modify(density, VOXEL, estimate=found, scale_map=0.5 * true_scale, clip=False, **way)
    assert result.density[inside].mean() == pytest.approx(2 * density[inside].mean(), rel=0.02)
    assert result.density[inside] @ detail == pytest.approx(2 * density[inside] @ detail, rel=0.04)


def test_the_solvent_stays_as_it_is(scene):
    _, clean, density, found = scene
    solvent = ndimage.maximum_filter(clean, 13) < 0.01
    assert solvent.mean() > 0.2
    result = modify(density, VOXEL, estimate=found).density
    assert result[solvent].std() == pytest.approx(density[solvent].std(), rel=0.05)
    assert not np.any(result[solvent] > found.full_scale / 2)


def test_nothing_changes_where_the_map_is_at_full_scale(scene):
    _, _, density, found = scene
    result = equalize(density, VOXEL, estimate=found, scale_map=np.ones(SHAPE), signal_only=True)
    assert np.array_equal(result, density)


def test_scale_below_the_limit_is_left_alone(scene, true_scale):
    _, _, density, found = scene
    result = modify(density, VOXEL, estimate=found, scale_map=0.9 * true_scale, scale_limit=0.3, clip=False).density
    assert np.array_equal(result[:, :, 40:], density[:, :, 40:])
    assert not np.array_equal(result[:, :, :20], density[:, :, :20])


@pytest.mark.parametrize("units", [1e-22, 1e-3, 1e22])
def test_units_of_the_map_do_not_matter(scene, units):
    _, _, density, found = scene
    expected = modify(density, VOXEL, estimate=found)
    result = modify(density * np.float32(units), VOXEL, mode="occupancy")
    np.testing.assert_allclose(result.density / units, expected.density, atol=2e-4)
    assert result.limits.max_gain == pytest.approx(expected.limits.max_gain, rel=1e-3)


@pytest.mark.parametrize("kind", ["equalize", "sigmoid"])
def test_off_multiplies_the_map_by_the_held_back_factor(scene, kind):
    _, _, density, found = scene
    limits = {"scale_limit": 0.2, "max_gain": 3}
    result = modify(density, VOXEL, kind, estimate=found, power=2, signal_only=False, clip=False, **limits).density
    scale = found.scale.astype(float)
    safe = np.clip(scale, 1e-6, 1 - 1e-9)
    factor = safe**-0.5 if kind == "equalize" else 1 / (1 + ((1 - safe) / safe) ** 2) / safe
    factor = np.where(scale >= 0.2, np.minimum(factor, 3), 1)
    amplified = factor > 1
    expected = density * (1 + (factor - 1) * found.confidence())
    np.testing.assert_allclose(result[amplified], expected[amplified], rtol=1e-5, atol=1e-6)


def test_a_sigmoid_weakens_as_when_it_multiplies(scene, true_scale):
    _, _, density, found = scene
    results = [
        modify(density, VOXEL, "sigmoid", estimate=found, scale_map=true_scale, signal_only=on).density
        for on in (True, False)
    ]
    np.testing.assert_allclose(results[0][:, :, 30:], results[1][:, :, 30:], atol=1e-6)


def test_the_largest_gain_follows_from_the_noise_that_is_left_in_the_signal(scene):
    _, _, density, found = scene
    limits = modify(density, VOXEL, estimate=found).limits
    noise = signal_of(density, found).noise
    assert 0 < noise < found.solvent.raw_sigma / 2
    lowest = max(0.05, (found.solvent.mean + 3 * found.solvent.sigma) / found.full_scale)
    assert limits.scale_limit == pytest.approx(lowest)
    assert limits.max_gain == pytest.approx(1 / max(lowest, 3 * noise / found.full_scale))


@pytest.mark.parametrize("settings", [{}, {"max_gain": 2}, {"power": 2}, {"use_confidence": False}], ids=str)
def test_no_more_is_added_than_the_gain_reported_times_the_signal(scene, settings):
    _, _, density, found = scene
    result = modify(density, VOXEL, estimate=found, clip=False, **settings)
    signal = signal_of(density, found).at(WHOLE_MAP)
    added = np.abs(result.density - density)
    assert np.all(added <= (result.limits.gain - 1) * np.abs(signal) + 1e-5)
    assert 1 < result.limits.gain <= result.limits.max_gain * (1 + 1e-6)


def test_hedging_holds_back_around_a_part_and_not_within(scene):
    _, _, density, found = scene
    results = [modify(density, VOXEL, estimate=found, hedge=hedge, clip=False).density for hedge in (1, 4)]
    z, y, x = np.indices(SHAPE)
    distance = np.sqrt((z - 25) ** 2 + (y - 24) ** 2 + (x - 39) ** 2)
    around, inside = (distance > 10) & (distance < 14), distance < 6
    changes = [np.abs(result - density) for result in results]
    assert changes[1][around].mean() < 0.4 * changes[0][around].mean()
    np.testing.assert_allclose(results[1][inside], results[0][inside], atol=0.01)


def test_the_threads_do_not_matter(scene, threads):
    _, _, density, found = scene
    assert np.array_equal(modify(density, VOXEL, estimate=found).density, _serially(density, found))


def _serially(density, found):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parallel, "thread_count", lambda: 1)
        return modify(density, VOXEL, estimate=found).density


def test_noise_that_is_stronger_somewhere_counts_there(scene):
    balls, clean, even, found_in_even = scene
    ratio = np.broadcast_to(np.where(np.arange(SHAPE[2]) > 25, np.float32(3), np.float32(1)), SHAPE)
    uneven = clean + ratio * (even - clean)
    found_in_uneven = replace(found_in_even, lowpassed=fourier.lowpass(uneven, 8.0, VOXEL))
    signals = []
    for density, found, varies in (
        (even, found_in_even, False),
        (uneven, found_in_uneven, False),
        (uneven, found_in_uneven, True),
    ):
        low = LowBlocks(density, VOXEL, found)
        if varies:
            low.noise_ratio = low.blocks.mean(ratio)
        signals.append(np.abs(LocalSignal(density, VOXEL, low).at(WHOLE_MAP)))
    solvent = (ndimage.maximum_filter(clean, 9) < 0.01) & (np.arange(SHAPE[2]) > 30)
    assert signals[2][solvent].mean() < 0.8 * signals[1][solvent].mean()
    far = (balls[0] > 0.5) & (np.arange(SHAPE[2]) < 13)
    errors = [np.abs(signals[i][far] - signals[0][far]).mean() / signals[0][far].mean() for i in (1, 2)]
    assert errors[1] < 0.06 < 0.2 < errors[0]


def test_the_result_may_take_the_place_of_the_lowpassed_map(scene):
    _, _, density, found = scene
    expected = modify(density, VOXEL, estimate=found, remove_solvent=True).density
    ours = replace(found, lowpassed=found.lowpassed.copy())
    result = modify(density, VOXEL, estimate=ours, remove_solvent=True, overwrite=True).density
    assert np.array_equal(result, expected)
    assert np.shares_memory(result, ours.lowpassed)


@pytest.mark.parametrize("mode", ["calibrated", "occupancy"])
@pytest.mark.parametrize("way", [{"keep_noise": True, "remove_solvent": False}, {}], ids=["noise", "signal"])
def test_a_map_estimated_on_a_cropped_copy_is_equalised_alike(scene, mode, way):
    _, _, density, _ = scene
    whole, cropped = (
        equalize(density, VOXEL, mode=mode, signal_only=True, scale_limit=0.2, max_gain=4, **more, **way)
        for more in ({}, {"max_box": 40})
    )
    assert np.corrcoef(whole.ravel(), cropped.ravel())[0, 1] > 0.99


def test_a_preview_computes_the_signal_once(scene, monkeypatch):
    _, _, density, found = scene
    expected = modify(density, VOXEL, estimate=found, power=3).density
    modifier = Modifier(density, VOXEL, found)
    modifier.modified(power=2, signal_only=True)
    monkeypatch.setattr(modifier_module, "MapSignal", None)
    assert np.array_equal(modifier.modified(power=3, signal_only=True).density, expected)
