import numpy as np
import pytest
from chimerax.occupy import OccuPyError, SettingError, common_full_scale, estimate, modify
from chimerax.occupy.engine.grids import fourier
from chimerax.occupy.engine.scale import envelope, low_frequencies, mean_scale, molecule, plateau
from chimerax.occupy.engine.scale.envelope import CoarseBox, densest, robust_sigma
from scipy import ndimage

VOXEL = 2.0
SHAPE = (56, 60, 64)
BOX = CoarseBox.of(SHAPE, (VOXEL,) * 3, 8.0)
OCCUPANCIES = (1.0, 0.6, 0.3)
CENTRES = ((28, 30, 15), (28, 30, 33), (28, 30, 49))
RADIUS = 8


def textured_balls(occupancies=OCCUPANCIES):
    """Balls of texture, as of helices, in a row; they just touch."""
    random = np.random.default_rng(3)
    grain = fourier.lowpass(random.standard_normal(SHAPE).astype(np.float32), 7.0, (VOXEL,) * 3)
    texture = np.clip(1 + 0.4 * grain / grain.std(), 0, None)
    indices = np.indices(SHAPE)
    total = np.zeros(SHAPE, np.float32)
    for occupancy, centre in zip(occupancies, CENTRES, strict=True):
        distance = np.sqrt(((indices - np.reshape(centre, (3, 1, 1, 1))) ** 2).sum(axis=0))
        total += occupancy * np.clip(RADIUS + 0.5 - distance, 0, 1).astype(np.float32)
    return texture * total


def noise(sigma, seed=0):
    return sigma * np.random.default_rng(seed).standard_normal(SHAPE).astype(np.float32)


def core(centre):
    return np.sqrt(((np.indices(SHAPE) - np.reshape(centre, (3, 1, 1, 1))) ** 2).sum(axis=0)) < RADIUS - 3


def means(scale):
    return np.array([scale[core(centre)].mean() for centre in CENTRES])


def high_passed(density, period):
    frequencies = [np.fft.fftfreq(n, VOXEL) ** 2 for n in SHAPE]
    squared = frequencies[0][:, None, None] + frequencies[1][:, None] + frequencies[2]
    return np.fft.ifftn(np.fft.fftn(density) * (squared >= 1 / period**2)).real.astype(np.float32)


@pytest.mark.parametrize("sigma", [0.0, 0.3, 1.0])
def test_parts_read_their_occupancies_with_and_without_noise(sigma):
    found = means(estimate(textured_balls() + noise(sigma + 1e-4), VOXEL).scale)
    np.testing.assert_allclose(found / found[0], OCCUPANCIES, atol=0.08)
    assert found[0] == pytest.approx(1, abs=0.12)


@pytest.mark.parametrize("weakest", [1.0, 0.4])
def test_a_dense_spot_does_not_make_the_rest_of_a_whole_molecule_read_weak(weakest):
    density = textured_balls((1.0, 1.0, weakest)) + noise(0.3)
    z, y, x = CENTRES[0]
    density[z - 2 : z + 2, y - 2 : y + 2, x - 2 : x + 2] *= 1.8
    found = means(estimate(density, VOXEL).scale)
    assert found[1] > 0.93
    assert found[2] == pytest.approx(weakest, abs=0.1)


def test_what_few_parts_reach_is_full_where_most_are_weak():
    found = means(estimate(textured_balls((1.0, 0.5, 0.5)) + noise(0.3), VOXEL).scale)
    np.testing.assert_allclose(found, (1.0, 0.5, 0.5), atol=0.1)


def test_weak_parts_are_closer_to_their_occupancy_in_noise_than_the_local_maximum_is():
    density = textured_balls() + noise(1.5)
    errors = {
        mode: np.abs(means(estimate(density, VOXEL, mode=mode).scale)[1:] - OCCUPANCIES[1:]).mean()
        for mode in ("calibrated", "occupancy")
    }
    assert errors["calibrated"] < 0.5 * errors["occupancy"]


def test_the_scale_is_linear_in_the_density_of_a_part():
    first, second = (
        means(estimate(textured_balls((1.0, w, 0.3)) + noise(0.05), VOXEL, full_scale=1.0).scale) for w in (0.4, 0.8)
    )
    assert second[1] == pytest.approx(2 * first[1], rel=0.03)


@pytest.mark.parametrize("offset", [-3.0, 40.0])
def test_an_offset_of_the_whole_map_does_not_matter(offset):
    density = textured_balls() + noise(0.3)
    found, moved = estimate(density, VOXEL), estimate(density + np.float32(offset), VOXEL)
    assert np.abs(moved.scale - found.scale).mean() < 1e-4  # rounding moves the outline
    np.testing.assert_allclose(means(moved.scale), means(found.scale), atol=1e-3)
    assert moved.full_scale - found.full_scale == pytest.approx(offset, abs=1e-3)


def test_scale_one_is_the_density_of_the_full_scale_and_zero_that_of_solvent():
    found = estimate(textured_balls() + noise(0.3) + np.float32(5), VOXEL)
    assert found.scale_of(found.full_scale) == 1
    assert found.scale_of(found.zero * found.full_scale) == 0
    assert found.zero * found.full_scale == pytest.approx(5, abs=0.05)


def test_two_maps_on_a_common_scale_keep_their_ratio():
    maps = [(factor * textured_balls() + noise(0.2, seed), VOXEL) for seed, factor in enumerate((1, 0.5))]
    common = common_full_scale(maps)
    strong, weak = (means(estimate(*each, full_scale=common).scale) for each in maps)
    np.testing.assert_allclose(weak[1:], strong[1:] / 2, atol=0.03)


def test_low_frequencies_that_are_lost_are_noticed_and_restored():
    whole = textured_balls() + noise(0.1)
    found = estimate(high_passed(whole, 40.0), VOXEL)
    assert found.restored_from == pytest.approx(40, rel=0.25)
    assert any("restored" in note for note in found.notes)
    expected = means(estimate(whole, VOXEL).scale)
    np.testing.assert_allclose(means(found.scale), expected, atol=0.12)


def test_the_trough_that_lost_low_frequencies_leave_is_no_solvent_that_varies():
    found = estimate(high_passed(textured_balls((1.0, 1.0, 1.0)) + noise(0.1), 40.0), VOXEL)
    assert found.solvent.varies
    assert found.restored_from == pytest.approx(40, rel=0.25)


def test_the_restored_map_has_flat_solvent_and_the_density_that_was_lost():
    whole = fourier.resample(fourier.lowpass(textured_balls(), 8.0, (VOXEL,) * 3), BOX.shape)
    lost = fourier.resample(fourier.lowpass(high_passed(textured_balls(), 40.0), 8.0, (VOXEL,) * 3), BOX.shape)
    back = low_frequencies.restored(lost, BOX, 40.0)
    inside = whole > 0.3
    assert np.abs(back - whole)[inside].mean() < 0.25 * np.abs(lost - whole)[inside].mean()
    far = ~BOX.dilated(whole > 0.1, 1.5)
    assert back[far].std() < 0.5 * lost[far].std()


@pytest.mark.parametrize("sigma", [0.0, 1.0])
def test_a_map_with_its_low_frequencies_is_left_alone(sigma):
    assert estimate(textured_balls() + noise(sigma + 1e-4), VOXEL).restored_from is None


def test_the_uncertainty_is_the_spread_over_noise():
    maps = [textured_balls() + noise(0.5, seed) for seed in range(20)]
    found = [estimate(density, VOXEL, uncertainty=True) for density in maps]
    scales, errors = (np.array([getattr(f, name) for f in found]) for name in ("scale", "uncertainty"))
    free = ((scales > 0) & (scales < 1)).all(axis=0) & (textured_balls() > 0.1)
    ratio = np.sqrt(scales[:, free].var(axis=0, ddof=1).mean() / (errors[:, free] ** 2).mean())
    assert 0.8 < ratio < 1.2
    of_voxels = scales[:, free].std(axis=0, ddof=1) / errors[:, free].mean(axis=0)
    assert ((of_voxels > 0.7) & (of_voxels < 1.4)).mean() > 0.7


def test_the_uncertainty_follows_the_noise_of_half_maps_where_it_is():
    stronger = np.where(np.arange(SHAPE[2]) > 31, np.float32(3), np.float32(1))
    halves = [textured_balls() + stronger * noise(0.5, seed) for seed in (1, 2)]
    found = estimate(np.mean(halves, axis=0), VOXEL, half_maps=halves, uncertainty=True)
    quiet, _, loud = (found.uncertainty[core(centre)].mean() for centre in CENTRES)
    assert loud == pytest.approx(3 * quiet, rel=0.25)


def test_there_is_no_uncertainty_where_nobody_asks_or_away_from_the_molecule():
    density = textured_balls() + noise(0.3)
    assert estimate(density, VOXEL).uncertainty is None
    found = estimate(density, VOXEL, uncertainty=True)
    assert found.uncertainty.shape == SHAPE
    assert (found.uncertainty[found.scale == 0] == 0).mean() > 0.99
    assert (found.uncertainty[textured_balls() > 0.1] > 0).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"recalibrate": True}, "^recalibrate has no place in mode calibrated"),
        ({"mode": "occupancy", "uncertainty": True}, "^uncertainty is known in mode calibrated only"),
        ({"full_scale": 1e-9}, "^full_scale is 1e-09, but must be above the solvent"),
    ],
)
def test_settings_that_do_not_go_with_the_mode_are_refused(settings, message):
    with pytest.raises(SettingError, match=message):
        estimate(textured_balls() + noise(0.3) + np.float32(1), VOXEL, **settings)


def test_in_a_box_full_of_molecule_the_least_dense_parts_stand_in_for_solvent():
    random = np.random.default_rng(0)
    coarse = BOX.smoothing(1 + 0.2 * random.standard_normal(BOX.shape))(0.3)
    found = mean_scale.mean_level(coarse, BOX)
    assert found.scarce_solvent
    assert found.solvent < np.quantile(coarse, 0.2)
    assert np.isfinite(found.scale(found.full.value)).all()


def test_a_map_without_anything_dense_is_refused_in_a_sentence():
    coarse = np.zeros(BOX.shape, np.float32)
    with pytest.raises(OccuPyError, match="no molecule rises above the solvent"):
        mean_scale.mean_level(coarse, BOX)


def test_smoothing_is_that_of_a_gaussian_filter():
    values = np.random.default_rng(0).standard_normal(BOX.shape).astype(np.float32)
    sigmas = [0.5 * 8.0 / v for v in BOX.voxel_size]
    expected = ndimage.gaussian_filter(values.astype(float), sigmas, mode="wrap", truncate=8)
    np.testing.assert_allclose(BOX.smoothing(values)(0.5), expected, atol=2e-3)


def test_the_coarse_box_is_that_of_the_map():
    lengths = np.array(BOX.shape) * BOX.voxel_size
    np.testing.assert_allclose(lengths, np.array(SHAPE) * VOXEL)
    assert max(BOX.voxel_size) <= 8.0 / 2.5


def test_white_noise_is_cut_at_the_lowpass_and_has_variance_one():
    values = BOX.white_noise(np.random.default_rng(0))
    power = np.abs(np.fft.rfftn(values)) ** 2
    assert values.std() == pytest.approx(1, rel=1e-5)
    assert power[BOX.squared_frequencies > 1.01 / 8.0**2].max() < 1e-6 * power.max()


def test_the_robust_sigma_is_that_of_the_noise_among_outliers():
    values = np.random.default_rng(0).normal(3, 0.5, 20000)
    values[:200] = 1e4
    assert robust_sigma(values) == pytest.approx(0.5, rel=0.03)


@pytest.mark.parametrize("offset", [-5.0, 30.0])
def test_limits_of_a_modification_do_not_depend_on_an_offset(offset):
    density = textured_balls() + noise(0.3)
    expected, limits = (modify(d, VOXEL, clip=False).limits for d in (density, density + np.float32(offset)))
    assert limits.scale_limit == expected.scale_limit
    assert limits.max_gain == pytest.approx(expected.max_gain, rel=0.02)
    assert limits.gain == pytest.approx(expected.gain, rel=0.02)


@pytest.mark.parametrize("sigma", [0.02, 2.0])
def test_nothing_is_modified_where_noise_is_stronger_than_density(sigma):
    density = textured_balls() + noise(sigma)
    found = estimate(density, VOXEL)
    limits = modify(density, VOXEL, estimate=found).limits
    zero = found.zero * found.full_scale
    of_noise = (found.solvent.mean + 0.6 * found.solvent.sigma - zero) / (found.full_scale - zero)
    assert limits.scale_limit == pytest.approx(max(0.05, of_noise))
    assert (limits.scale_limit > 0.1) == (sigma > 1)


@pytest.mark.parametrize("roll", [0, 30])
def test_the_part_of_the_box_that_holds_the_molecule_tells_what_the_whole_box_does(monkeypatch, roll):
    large = np.zeros((104, 100, 96), np.float32)
    large[:56, :60, :64] = textured_balls()
    density = np.roll(large, roll, axis=0) + 0.2 * np.random.default_rng(1).standard_normal(large.shape, np.float32)
    found = estimate(density, VOXEL)
    monkeypatch.setattr(molecule, "_MARGIN", 1e3)
    whole = estimate(density, VOXEL)
    assert found.full_scale == pytest.approx(whole.full_scale, rel=1e-6)
    np.testing.assert_allclose(found.scale, whole.scale, atol=1e-4)


def test_the_part_of_a_box_holds_all_that_is_there_with_its_margin():
    inside = np.zeros(BOX.shape, bool)
    inside[8:10, 2:7, 9:11] = True
    part, margin = BOX.around(inside, 1.5), int(np.ceil(1.5 * BOX.lowpass / BOX.voxel_size[0]))
    assert part[0].start <= 8 - margin
    assert part[0].stop >= 10 + margin
    assert part[1] == slice(0, BOX.shape[1])  # the margin reaches beyond the box, which is periodic
    assert BOX.part(part).voxel_size == BOX.voxel_size


def test_medians_in_samples_are_those_of_all_but_for_what_samples_scatter(monkeypatch):
    noise_alone = np.random.default_rng(2).standard_normal((90, 90, 90)).astype(np.float32)
    where = np.ones(noise_alone.shape, bool)
    where[20:50] = False
    monkeypatch.setattr(envelope, "_SAMPLE", 1 << 15)
    few = envelope.sampled(noise_alone, where)
    assert len(few) < 0.1 * np.count_nonzero(where)
    assert np.median(few) == pytest.approx(np.median(noise_alone[where]), abs=0.02)
    where[:, :, 3:] = False
    np.testing.assert_array_equal(np.sort(envelope.sampled(noise_alone, where)), np.sort(noise_alone[where]))


@pytest.mark.parametrize("size", [None, 200_000])
def test_the_densest_are_those_of_all_values_sorted(size):
    values = np.random.default_rng(3).standard_normal((50, 40, 30)).astype(np.float32)
    count = int(0.002 * (size or values.size))
    assert densest(values, size) == pytest.approx(np.sort(values.ravel())[-count:].mean(), rel=1e-6)


@pytest.mark.parametrize("quantile", [0.05, 0.5, 0.95, 0.99])
@pytest.mark.parametrize("heavy", [False, True])
def test_a_weighted_quantile_is_that_of_all_values_sorted(quantile, heavy):
    random = np.random.default_rng(4)
    values, weights = random.standard_normal(5000), random.random(5000)
    if heavy:  # the lowest values have most of the weight
        weights[values < -1] *= 100
    order = np.argsort(values)
    summed = np.cumsum(weights[order]) - weights[order] / 2
    expected = np.interp(quantile * weights.sum(), summed, values[order])
    assert plateau.weighted_quantile(values, weights, quantile) == pytest.approx(expected, rel=1e-9)
