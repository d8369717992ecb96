"""Equalised maps that show the signal alone: linear, solvent at its mean, parts at the goal, the resolution shown."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from chimerax.occupy import Modifier, estimate, modify
from chimerax.occupy.engine import phantom
from chimerax.occupy.engine.grids import fourier
from chimerax.occupy.engine.modification import bands, local_signal
from chimerax.occupy.engine.modification.bands import Bands
from chimerax.occupy.engine.modification.local_signal import LocalSignal
from chimerax.occupy.engine.modification.low_blocks import LowBlocks

SHAPE, SIZE, RESOLUTION = (64, 64, 64), 2.0, 5.0
VOXEL = (SIZE,) * 3
PARTS = phantom.parts_on_ring((1.0, 0.8, 0.6, 0.45, 0.3), SHAPE, 8)
CORES = [part.core(SHAPE) for part in PARTS]
WHOLE_MAP = slice(0, SHAPE[0])
NOISES = (0.05, 0.1)


def far_from_parts(voxels):
    places = np.indices(SHAPE)
    distances = [np.sqrt(((places - np.reshape(p.centre, (3, 1, 1, 1))) ** 2).sum(axis=0)) - p.radius for p in PARTS]
    return np.min(distances, axis=0) > voxels


FAR = far_from_parts(8)


def means(values):
    return np.array([values[core].mean(dtype=float) for core in CORES])


def made(noise, seed=0):
    return phantom.density_of_parts(PARTS, SHAPE, SIZE, RESOLUTION, noise, seed)


@pytest.fixture(scope="module")
def scenes():
    """For each noise the map, its estimate and what equalize makes of it."""
    found = {}
    for noise in NOISES:
        density = made(noise)
        estimated = estimate(density, SIZE)
        found[noise] = density, estimated, modify(density, SIZE, estimate=estimated, resolution_map=True)
    return found


@pytest.fixture
def scene(scenes):
    return scenes[NOISES[0]]


@pytest.mark.parametrize("factor", [1e-3, 7.0])
def test_a_map_times_a_number_becomes_the_result_times_that_number(scene, factor):
    density, _, expected = scene
    result = modify(density * np.float32(factor), SIZE)
    np.testing.assert_allclose(result.density / factor, expected.density, atol=2e-4)
    np.testing.assert_allclose(result.reached.middle, expected.reached.middle, atol=1e-3)


def test_with_the_same_weights_the_signal_of_a_sum_is_the_sum_of_the_signals(scene, monkeypatch):
    density, found, _ = scene
    signal = LocalSignal(density, VOXEL, LowBlocks(density, VOXEL, found))
    weights, (_, gains) = iter(signal._weights * 3), signal._last
    monkeypatch.setattr(local_signal, "_share", lambda *_: next(weights))
    monkeypatch.setattr(Bands, "_gains", lambda *_: gains)
    mean = np.float32(found.solvent.mean)
    other = fourier.lowpass(np.random.default_rng(3).standard_normal(SHAPE, np.float32), RESOLUTION, VOXEL) + mean

    def shown(values):
        its = replace(found, lowpassed=fourier.lowpass(values, found.settings.lowpass, VOXEL))
        return LocalSignal(values, VOXEL, LowBlocks(values, VOXEL, its)).at(WHOLE_MAP)

    alone = shown(density), shown(other)
    assert min(np.abs(part).max() for part in alone) > 0.1
    np.testing.assert_allclose(shown(density + other - mean), alone[0] + alone[1], atol=1e-5)


@pytest.mark.parametrize("mean", [0, -0.7, 30])
def test_solvent_goes_to_its_mean(mean):
    density = made(0.05) + np.float32(mean)
    found = estimate(density, SIZE)
    result = modify(density, SIZE, estimate=found).density
    assert found.solvent.mean == pytest.approx(mean, abs=0.003)
    assert np.abs(result[FAR] - found.solvent.mean).max() < 1e-3 * found.solvent.raw_sigma + 1e-6 * abs(mean)
    assert (means(result) - mean).min() > 0.9


def test_solvent_that_varies_goes_to_the_mean_at_the_molecule():
    random = np.random.default_rng(4)
    z, y, x = (np.indices(SHAPE) - 31.5) / 32
    stronger = 0.04 * (1 + 2 * np.exp(-2 * (z**2 + y**2 + x**2)))
    grain = fourier.lowpass(random.standard_normal(SHAPE, np.float32), RESOLUTION, VOXEL)
    density = (made(1e-6) + stronger * grain / grain.std() + 0.1 * x).astype(np.float32)
    found = estimate(density, SIZE, solvent_model="varying")
    assert found.solvent.varies
    result = modify(density, SIZE, estimate=found).density
    assert density[FAR].std() > 0.05
    assert np.abs(result[FAR] - found.solvent.mean).mean() < 0.01 * density[FAR].std()


@pytest.mark.parametrize("noise", NOISES)
def test_a_whole_part_stays_within_two_percent(scenes, noise):
    density, found, result = scenes[noise]
    whole = CORES[0] & (found.scale == 1)
    assert whole.sum() > 100
    assert result.density[whole].mean() == pytest.approx(density[whole].mean(), rel=0.02)


@pytest.mark.parametrize("noise", NOISES)
def test_every_part_reads_nine_tenths_or_more_when_estimated_anew_as_is_told(scenes, noise):
    _, found, result = scenes[noise]
    before, after = means(found.scale), means(estimate(result.density, SIZE).scale)
    assert before.min() < 0.35
    assert after.min() > 0.9
    for scale, reached in zip(before, after, strict=True):
        low, middle, high = result.reached.at(scale)
        assert middle == pytest.approx(reached, abs=0.05)
        assert 0.8 < low <= middle <= high < 1.1


def test_a_gain_that_is_limited_reaches_less_and_tells_so(scene):
    density, found, free = scene
    limited = modify(density, SIZE, estimate=found, max_gain=1.5, clip=False)
    assert limited.limits.gain <= 1.5 * (1 + 1e-6) < free.limits.gain
    anew = estimate(limited.density, SIZE).scale
    for scale in (0.25, 0.35, 0.45, 0.55):
        told = limited.reached.at(scale)[1]
        assert told < 1.55 * scale
        assert told == pytest.approx(np.median(anew[np.abs(found.scale - scale) < 0.025]), abs=0.03)


def test_noise_that_does_not_allow_more_is_told():
    density = made(0.6)
    found = estimate(density, SIZE)
    result = modify(density, SIZE, estimate=found)
    assert result.limits.gain <= result.limits.max_gain * (1 + 1e-6)
    scale = means(found.scale)[3]
    told, anew = result.reached.at(scale)[1], means(estimate(result.density, SIZE).scale)[3]
    assert told < 0.9
    assert told == pytest.approx(anew, abs=0.05)


@pytest.mark.parametrize("keep_noise", [False, True])
@pytest.mark.parametrize("remove_solvent", [False, True])
def test_noise_and_solvent_are_each_kept_or_left_out(scene, keep_noise, remove_solvent):
    density, found, by_default = scene
    result = modify(density, SIZE, estimate=found, keep_noise=keep_noise, remove_solvent=remove_solvent)
    left = result.density[FAR].std() / density[FAR].std()
    if remove_solvent:
        assert left < 1e-3
    elif keep_noise:
        assert np.array_equal(result.density[FAR], density[FAR])
    else:
        assert 1e-3 < left < 0.25
    assert means(estimate(result.density, SIZE).scale).min() > 0.9
    assert np.array_equal(result.density, by_default.density) == (remove_solvent and not keep_noise)


@pytest.mark.parametrize("keep_noise", [False, True])
def test_power_two_leaves_the_root_of_the_scale(scene, keep_noise):
    density, found, _ = scene
    result = modify(density, SIZE, estimate=found, power=2, keep_noise=keep_noise)
    expected = np.sqrt(means(found.scale))
    np.testing.assert_allclose(means(estimate(result.density, SIZE).scale), expected, atol=0.05)
    assert result.reached.at(0.3)[1] == pytest.approx(np.sqrt(0.3), abs=0.05)


def test_power_one_shows_the_signal_as_strong_as_it_is(scene):
    density, found, _ = scene
    result = modify(density, SIZE, estimate=found, power=1)
    assert result.limits.gain == 1
    np.testing.assert_allclose(means(result.density), means(density), atol=0.03)
    np.testing.assert_allclose(result.density[FAR], found.solvent.mean, atol=1e-4)


@pytest.mark.parametrize("noise", NOISES)
def test_the_resolution_is_that_of_the_map_where_all_is_seen_and_none_where_there_is_no_molecule(scenes, noise):
    resolution = scenes[noise][2].resolution
    assert resolution.shape == SHAPE
    assert resolution.dtype == np.float32
    assert np.isfinite(resolution).all()
    np.testing.assert_allclose(resolution[CORES[0]], RESOLUTION, rtol=0.03)
    shown = resolution > 0
    assert not (shown & far_from_parts(11)).any()
    assert resolution[shown].min() > 0.97 * RESOLUTION
    assert resolution.max() <= 4 * 8.0 * (1 + 1e-6)  # the middle of the band of the longest waves


def test_weak_parts_show_longer_waves_than_strong_ones_where_there_is_much_noise():
    density = made(0.4)
    resolution = modify(density, SIZE, resolution_map=True).resolution
    found = means(np.where(resolution > 0, resolution, 32))
    assert found[0] == pytest.approx(RESOLUTION, rel=0.03)
    assert found[-1] > 1.2 * found[-2] > 1.4 * found[2] > 1.9 * found[0]


@pytest.mark.parametrize("cut_off", [6.0, 7.5, 11.0])
def test_the_resolution_follows_a_lowpass(scene, cut_off):
    density, *_ = scene
    lowpassed = fourier.lowpass(density, cut_off, VOXEL)
    resolution = modify(lowpassed, SIZE, resolution_map=True).resolution
    assert np.median(resolution[CORES[0]]) == pytest.approx(cut_off, rel=0.06)


@pytest.mark.parametrize("shape", [(256, 64, 64), (64, 256, 64)], ids=str)
def test_a_long_box_has_no_end_where_its_noise_has_none(shape):
    white = np.random.default_rng(0).standard_normal(shape, np.float32)
    assert bands._end(fourier.Spectrum(white, (1.0,) * 3, np.sqrt(0.75)), 0.5) == np.inf
    lowpassed = fourier.lowpass(white, 5.0, (1.0,) * 3)
    assert bands._end(fourier.Spectrum(lowpassed, (1.0,) * 3, np.sqrt(0.75)), 0.5) == pytest.approx(0.2, abs=0.01)


def test_without_being_asked_for_there_is_no_map_of_resolution(scene):
    density, found, _ = scene
    assert modify(density, SIZE, estimate=found).resolution is None


@pytest.mark.parametrize("steps", [(2, 2, 2), (3, 1, 2)])
@pytest.mark.parametrize("power", [np.inf, 2])
def test_a_preview_is_the_result_at_its_step(scene, steps, power):
    density, found, _ = scene
    settings = {"power": power, "resolution_map": True, "clip": False}
    expected = modify(density, SIZE, estimate=found, **settings)
    result = Modifier(density, SIZE, found, steps).modified(**settings)
    picked = tuple(slice(None, None, step) for step in steps)
    assert np.array_equal(result.density, expected.density[picked])
    assert np.array_equal(result.resolution, expected.resolution[picked])
    assert result.as_dict() == expected.as_dict()


def test_detail_finer_than_two_angstrom_is_shown():
    size, detail = 0.6, fourier.lowpass(np.random.default_rng(2).standard_normal(SHAPE, np.float32), 1.4, (0.6,) * 3)
    z, y, x = (np.indices(SHAPE) - 31.5) * size
    inside = z**2 + y**2 + x**2 < 10**2
    density = (inside * (1 + detail / detail.std())).astype(np.float32)
    density += 0.02 * np.random.default_rng(3).standard_normal(SHAPE, np.float32)
    shown = modify(density, size, lowpass=5).density
    fine = [values - fourier.lowpass(values, 2.0, (size,) * 3) for values in (density, shown)]
    middle = z**2 + y**2 + x**2 < 6**2
    assert fine[0][middle].std() > 0.5
    assert fine[1][middle].std() == pytest.approx(fine[0][middle].std(), rel=0.1)


@pytest.mark.parametrize(("size", "factor"), [(1.2, 3), (2.0, 2), (3.0, 2), (6.5, 2)])
def test_blocks_hold_at_least_two_voxels_along_each_axis(size, factor):
    shape = (36, 34, 38)
    density = np.zeros(shape, np.float32)
    density[12:24, 12:24, 12:24] = 1
    density += 0.05 * np.random.default_rng(1).standard_normal(shape, np.float32)
    found = estimate(density, size, lowpass=max(8.0, 3 * size))
    low = LowBlocks(density, (size,) * 3, found)
    assert low.blocks.shape == tuple(-(-n // factor) for n in shape)
    above = (found.lowpassed - np.float32(found.solvent.mean)) / low.unit
    for place in product((0, 5, 9), repeat=3):
        voxels = above[tuple(slice(i * factor, (i + 1) * factor) for i in place)]
        assert low.low[place] == pytest.approx(voxels.mean(), abs=1e-5)
    inside = tuple(slice(16 // factor, 20 // factor) for _ in shape)
    assert not low.solvent[inside].any()
    assert low.solvent.any()
    assert not modify(density, size, estimate=found).density[:4].std() > 0.01
