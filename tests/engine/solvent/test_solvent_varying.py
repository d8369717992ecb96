"""A solvent that varies in space, against noise whose standard deviation is known at every voxel."""

import json
from functools import cache

import numpy as np
import pytest
from chimerax.occupy import estimate, fit_solvent, modify
from chimerax.occupy.engine import phantom
from chimerax.occupy.engine.modification.limits import default_limits
from chimerax.occupy.engine.modification.modifier import Modifier
from chimerax.occupy.engine.solvent.field import wave_values
from scipy.ndimage import distance_transform_edt, gaussian_filter

SHAPE, VOXEL_SIZE = (72, 80, 76), 2.0
NOISE, STRONG = 0.15, 0.3
"""A tenth and a fifth of the full scale: in the stronger, ripples beside the molecule count for little."""
PLACES = ("molecule", "beside", "far")


def radii():
    """Distance of each voxel from the centre of the box, 1 at its faces."""
    squared = sum(
        ((axis + 0.5) * 2 / n - 1) ** 2 for axis, n in zip(np.ogrid[tuple(map(slice, SHAPE))], SHAPE, strict=True)
    )
    return np.sqrt(squared)


@cache
def profile(kind):
    """Standard deviation of the noise at each voxel, 1 where it is weakest or typical."""
    along_z = np.linspace(-1, 1, SHAPE[0])[:, None, None] * np.ones(SHAPE)
    edge = np.clip((radii() - 0.85) / 0.2, 0, 1)
    return {
        "flat": np.ones(SHAPE),
        "centre": 1 + 2 * np.exp(-(radii() ** 2) / 2 / 0.5**2),
        "slope": np.exp(0.9 * along_z),
        "soft mask": 0.02 + 0.98 * (0.5 + 0.5 * np.cos(np.pi * edge)),
    }[kind]


@cache
def clean():
    """Five balls of occupancy 1 to 0.4 in a ring."""
    parts = phantom.parts_on_ring([1.0, 0.8, 0.6, 0.5, 0.4], SHAPE, 7)
    return phantom.density_of_parts(parts, SHAPE, VOXEL_SIZE, noise=0)


def noise(kind, seed, level=NOISE):
    """Noise of two voxels' width, of this standard deviation times the profile."""
    grain = gaussian_filter(np.random.default_rng(seed).standard_normal(SHAPE), 0.6, mode="wrap")
    return level * profile(kind) * grain / grain.std()


def where(density):
    """The molecule, what is up to 16 Å around it, and what is further away, as bool arrays."""
    distance = distance_transform_edt(density < 0.2) * VOXEL_SIZE
    return distance == 0, (distance > 4) & (distance < 16), distance >= 16


def made(kind, seed=1, level=NOISE):
    return (clean() + noise(kind, seed, level)).astype(np.float32)


@pytest.fixture(scope="module")
def varying():
    """The map whose noise is three times stronger in the middle, and its estimate."""
    density = made("centre")
    return density, estimate(density, VOXEL_SIZE, mode="occupancy", solvent_model="auto")


def ratios_to_truth(solvent, kind, lowpassed_noise, level):
    """Estimated over true standard deviation, low-passed and in the map, median in each of the places."""
    even = profile(kind) > 0.3 * profile(kind).max()
    per_unit = (lowpassed_noise / profile(kind))[even].std()
    whole = slice(None)
    lowpassed = solvent.sigma * solvent.sigma_ratio(whole) / (per_unit * profile(kind))
    raw = solvent.raw_sigma * solvent.raw_sigma_ratio(whole) / (level * profile(kind))
    places = dict(zip(PLACES, where(clean()), strict=True))
    return {name: (np.median(lowpassed[place]), np.median(raw[place])) for name, place in places.items()}


@pytest.mark.parametrize("kind", ["centre", "slope", "soft mask"])
def test_sigma_follows_the_noise_at_the_molecule_and_beside_it(direct_lowpass, kind):
    solvent = fit_solvent(made(kind, level=STRONG), VOXEL_SIZE)
    assert solvent.varies
    lowpassed_noise = direct_lowpass(noise(kind, 1, STRONG), 8.0, (VOXEL_SIZE,) * 3)
    found = ratios_to_truth(solvent, kind, lowpassed_noise, STRONG)
    for place in PLACES[:2]:
        assert found[place] == pytest.approx((1, 1), abs=0.15)


def test_half_maps_tell_the_noise_of_every_place(direct_lowpass):
    halves = [clean() + np.sqrt(2) * noise("centre", seed) for seed in (1, 2)]
    solvent = fit_solvent(np.mean(halves, axis=0), VOXEL_SIZE, half_maps=halves)
    assert solvent.varies
    lowpassed_noise = direct_lowpass(noise("centre", 1), 8.0, (VOXEL_SIZE,) * 3)
    for ratios in ratios_to_truth(solvent, "centre", lowpassed_noise, NOISE).values():
        assert ratios == pytest.approx((1, 1), abs=0.08)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("halves", [False, True])
def test_where_noise_is_the_same_everywhere_one_gaussian_stays_bit_for_bit(seed, halves):
    pair = [clean() + np.sqrt(2) * noise("flat", 10 * seed + i) for i in range(2)]
    settings = {"half_maps": pair} if halves else {}
    density = np.mean(pair, axis=0)
    found = estimate(density, VOXEL_SIZE, **settings)
    uniform = estimate(density, VOXEL_SIZE, solvent_model="uniform", **settings)
    assert not found.solvent.varies
    assert found.limits() == uniform.limits()
    assert np.array_equal(found.confidence(), uniform.confidence())
    assert default_limits(found) == default_limits(uniform)


def test_noise_beside_the_molecule_is_taken_for_solvent(varying):
    density, found = varying
    uniform = estimate(density, VOXEL_SIZE, solvent_model="uniform")
    _, beside, far = where(clean())
    mistaken = [(e.confidence()[beside] > 0.5).mean() for e in (found, uniform)]
    assert mistaken[0] < 0.01 < 0.03 < mistaken[1]
    assert (found.confidence()[far] > 0.5).mean() < 0.01
    assert found.confidence()[clean() > 2].mean() > 0.9
    assert found.solvent.misfit < 0.5 * uniform.solvent.misfit


def test_the_one_gaussian_is_kept_to_compare(varying):
    density, found = varying
    uniform = fit_solvent(density, VOXEL_SIZE, solvent_model="uniform")
    for name in ("mean", "sigma", "raw_sigma", "misfit"):
        assert getattr(found.solvent.uniform, name) == getattr(uniform, name)


def test_the_numbers_of_the_model_are_those_at_the_molecule(varying):
    _, found = varying
    molecule = where(clean())[0]
    for number, at in (("sigma", found.solvent.sigma_ratio), ("raw_sigma", found.solvent.raw_sigma_ratio)):
        values = getattr(found.solvent, number) * at(slice(None))
        assert np.quantile(values[molecule], 0.2) < getattr(found.solvent, number) < np.quantile(values[molecule], 0.8)
        lowest, highest = found.solvent.ranges[number]
        assert lowest < getattr(found.solvent, number) < highest


def test_planes_of_the_confidence_are_those_of_the_whole(varying):
    _, found = varying
    whole = found.confidence()
    planes = slice(20, 33)
    np.testing.assert_array_equal(found.solvent.confidence(found.lowpassed[planes], planes=planes), whole[planes])
    np.testing.assert_array_equal(found.solvent.confidence(found.lowpassed), whole)


def test_confidence_is_that_of_the_distance_from_the_solvent_of_the_place_in_its_sigma(varying):
    _, found = varying
    solvent, whole = found.solvent, slice(None)
    distance = (found.lowpassed - solvent.mean_at(whole)) / solvent.sigma_ratio(whole)
    expected = solvent.confidence((solvent.mean + distance).ravel()).reshape(SHAPE)
    np.testing.assert_allclose(found.confidence(), expected, atol=2e-4)


def test_waves_are_sums_of_products_of_cosines():
    random = np.random.default_rng(5)
    waves, shape = random.normal(size=(3, 4, 2)), (5, 6, 7)
    z, y, x = (np.arange(n) / n for n in shape)
    expected = sum(
        waves[i, j, k] * np.cos(np.pi * i * z)[:, None, None] * np.cos(np.pi * j * y)[:, None] * np.cos(np.pi * k * x)
        for i, j, k in np.ndindex(waves.shape)
    )
    np.testing.assert_allclose(wave_values(waves, shape, slice(None)), expected, atol=1e-6)
    box = (slice(1, 3), slice(2, 6), slice(0, 5, 2))
    np.testing.assert_allclose(wave_values(waves, shape, box), expected[box], atol=1e-6)
    finer = wave_values(waves, tuple(2 * n for n in shape), slice(None))
    np.testing.assert_allclose(finer[::2, ::2, ::2], expected, atol=1e-6)


def test_limits_of_each_voxel_follow_from_its_solvent(varying):
    _, found = varying
    limits, solvent, whole = default_limits(found), found.solvent, slice(None)
    here = limits.at(whole)
    five = (solvent.mean_at(whole) + 5 * solvent.sigma * solvent.sigma_ratio(whole)) / found.full_scale
    np.testing.assert_allclose(here.scale_limit, np.clip(five, 0.05, 1), rtol=1e-4)
    noise_share = 3 * solvent.raw_sigma * solvent.raw_sigma_ratio(whole) / found.full_scale
    gains = np.clip(1 / np.maximum(np.clip(five, 0.05, 1), noise_share), 1, limits.max_gain)
    np.testing.assert_allclose(here.max_gain, gains, rtol=1e-4)
    for name in ("scale_limit", "max_gain"):
        lowest, highest = limits.ranges[name]
        assert lowest <= getattr(limits, name) * (1 + 1e-6)
        assert getattr(limits, name) <= highest * (1 + 1e-6)


def test_what_is_given_does_not_vary(varying):
    _, found = varying
    both = default_limits(found, 0.1, 3.0)
    assert (both.scale_limit, both.max_gain, both.ranges, both.varying) == (0.1, 3.0, {}, None)
    assert default_limits(found, 0.1).at(slice(0, 9)).scale_limit == 0.1
    assert default_limits(found, max_gain=3.0).at(slice(0, 9)).max_gain == 3.0


@pytest.mark.parametrize("kind", ["equalize", "attenuate", "sigmoid"])
def test_a_preview_is_what_the_whole_becomes(varying, kind):
    density, found = varying
    settings = {"power": 3, "noise": True} if kind != "equalize" else {"power": 3}
    whole = modify(density, VOXEL_SIZE, kind, estimate=found, **settings).density
    step = (2, 3, 1)
    preview = Modifier(density, VOXEL_SIZE, found, step).modified(kind, **settings).density
    np.testing.assert_allclose(preview, whole[::2, ::3], atol=1e-5)


def test_no_voxel_is_amplified_beyond_its_limit(varying):
    density, found = varying
    result = modify(density, VOXEL_SIZE, estimate=found, use_confidence=False, clip=False, signal_only=False)
    limit = default_limits(found).at(slice(None)).max_gain
    assert np.all(np.abs(result.density) <= np.abs(density) * limit * (1 + 1e-5) + 1e-12)
    assert result.limits.gain <= result.limits.max_gain


def test_solvent_that_is_filled_in_has_the_noise_of_its_place(varying):
    density, found = varying
    solvent = found.certain_solvent()
    filled = modify(density, VOXEL_SIZE, "attenuate", estimate=found, power=4, scale_limit=0, clip=False).density
    inner = radii() < 0.75
    for place in (solvent & inner, solvent & ~inner):
        assert filled[place].std() == pytest.approx(density[place].std(), rel=0.08)


def test_certain_solvent_is_below_three_sigma_of_its_place(varying):
    _, found = varying
    whole = slice(None)
    level = found.solvent.mean_at(whole) + 3 * found.solvent.sigma * found.solvent.sigma_ratio(whole)
    highest = np.clip(level / found.full_scale, 0, 1)
    clear = np.abs(found.scale - highest) > 1e-5
    np.testing.assert_array_equal(found.certain_solvent()[clear], (found.scale <= highest)[clear])
    assert found.certain_solvent()[where(clean())[2]].mean() > 0.9


def test_threads_do_not_matter(threads, varying):
    density, expected = varying
    found = estimate(density, VOXEL_SIZE, mode="occupancy", solvent_model="auto")
    assert found.limits() == expected.limits()
    np.testing.assert_array_equal(found.confidence(), expected.confidence())


@pytest.mark.parametrize("factor", [1000, 0.001])
def test_units_do_not_matter(varying, factor):
    density, expected = varying
    found = estimate(density * np.float32(factor), VOXEL_SIZE)
    assert np.abs(found.confidence() - expected.confidence()).max() <= 2e-4


def test_a_cropped_copy_gives_about_the_same_sigmas_in_every_place(varying):
    density, whole = varying
    cropped = estimate(density, VOXEL_SIZE, max_box=64, lowpass=8.0)
    assert cropped.solvent.varies
    for part in ((slice(30, 32), slice(35, 37), slice(33, 40)), (slice(4, 6), slice(30, 33), slice(20, 30))):
        sigmas = [e.solvent.sigma * e.solvent.sigma_ratio(part, SHAPE) for e in (cropped, whole)]
        np.testing.assert_allclose(*sigmas, rtol=0.2)


def test_the_record_tells_the_ranges(varying):
    density, found = varying
    written = json.loads(json.dumps(found.limits()))
    assert written["solvent_varies"]
    lowest, highest = written["solvent_sigma_range"]
    assert lowest < found.solvent.sigma < highest
    modified = modify(density, VOXEL_SIZE, estimate=found, signal_only=False).as_dict()
    assert modified["max_gain_range"][1] == pytest.approx(modified["max_gain"], rel=1e-5)


def test_a_map_that_shows_too_little_solvent_says_so():
    mask = np.zeros(SHAPE, bool)
    mask[:6, :6, :6] = True
    found = estimate(made("flat"), VOXEL_SIZE, solvent_model="varying", solvent_mask=mask)
    assert not found.solvent.varies
    assert any("too little" in note for note in found.notes)


def test_the_solvent_of_emd_11007_is_no_longer_poorly_fitted(load_real_map):
    density, voxel_size = load_real_map("emd_11007")
    solvent = fit_solvent(density, voxel_size)
    assert solvent.uniform.misfit > 0.45
    assert solvent.misfit < 0.1
    low, high = solvent.ranges["sigma"]
    assert high > 3 * low


def test_a_masked_map_with_little_solvent_keeps_one_gaussian(load_real_map):
    density, voxel_size = load_real_map("emd_3488")
    assert not fit_solvent(density, voxel_size).varies
