import numpy as np
import pytest
from chimerax.occupy import SettingError, estimate
from chimerax.occupy.engine.scale import flexibility

VOXEL = 1.25
SHAPE = (44, 48, 96)
CENTRES = ((22, 24, 20), (22, 24, 48), (22, 24, 76))
RADIUS = 12
OCCUPANCIES = (1.0, 0.6, 0.5)
B_FACTORS = (40.0, 110.0, 60.0)


def squared_frequencies():
    z, y = (np.fft.fftfreq(n, VOXEL) ** 2 for n in SHAPE[:2])
    return z[:, None, None] + y[:, None] + np.fft.rfftfreq(SHAPE[2], VOXEL) ** 2


def filtered(density, gains):
    return np.fft.irfftn(np.fft.rfftn(density) * gains, SHAPE, axes=(0, 1, 2)).astype(np.float32)


def distances(centre):
    return np.sqrt(((np.indices(SHAPE) - np.reshape(centre, (3, 1, 1, 1))) ** 2).sum(axis=0))


def moving_balls(occupancies=OCCUPANCIES, b_factors=B_FACTORS, resolution=3.0):
    """Balls of atoms at random places, each with an occupancy and a B-factor, cut at a resolution."""
    random, squared = np.random.default_rng(3), squared_frequencies()
    total = np.zeros(SHAPE, np.float32)
    for occupancy, b_factor, centre in zip(occupancies, b_factors, CENTRES, strict=True):
        inside = distances(centre) <= RADIUS
        atoms = inside * (random.random(SHAPE) < 0.1).astype(np.float32)
        total += occupancy * filtered(atoms, np.exp(-b_factor / 4 * squared))
    return filtered(total, squared <= 1 / resolution**2)


def noise(sigma, seed=0, resolution=3.0):
    grain = np.random.default_rng(seed).standard_normal(SHAPE)
    return sigma * filtered(grain, squared_frequencies() <= 1 / resolution**2)


def means(values):
    return np.array([np.nanmean(values[distances(centre) < RADIUS - 2]) for centre in CENTRES])


@pytest.fixture(scope="module")
def found():
    return estimate(moving_balls() + noise(0.02), VOXEL, flexibility=True, uncertainty=True)


def test_parts_read_how_much_more_they_move_whatever_their_occupancy(found):
    read = means(found.flexibility)
    np.testing.assert_allclose(read - read[0], np.subtract(B_FACTORS, B_FACTORS[0]), atol=12)
    assert read[0] == pytest.approx(0, abs=5)


def test_parts_that_are_missing_from_particles_are_not_taken_for_moving():
    read = means(estimate(moving_balls(b_factors=(60.0,) * 3) + noise(0.02), VOXEL, flexibility=True).flexibility)
    np.testing.assert_allclose(read, 0, atol=8)


def test_most_voxels_are_within_one_standard_error(found):
    inside = np.min([distances(centre) for centre in CENTRES], axis=0) < RADIUS - 2
    truth = np.select([distances(centre) < RADIUS for centre in CENTRES], B_FACTORS) - B_FACTORS[0]
    close = np.abs(found.flexibility - truth)[inside] < found.flexibility_error[inside]
    assert 0.5 < close.mean() < 0.95


def test_sharpening_of_the_whole_map_does_not_count(found):
    sharpened = filtered(moving_balls() + noise(0.02), np.exp(60 / 4 * squared_frequencies()))
    read = means(estimate(sharpened, VOXEL, flexibility=True).flexibility)
    np.testing.assert_allclose(read, means(found.flexibility), atol=5)


@pytest.mark.parametrize("factor", [1e-20, 1e20])
def test_units_of_the_map_do_not_count(found, factor):
    density = (moving_balls() + noise(0.02)) * np.float32(factor)
    read = estimate(density, VOXEL, flexibility=True).flexibility
    np.testing.assert_allclose(means(read), means(found.flexibility), atol=0.5)


def test_the_scatter_of_the_fit_is_not_taken_for_motion_as_well():
    found = estimate(moving_balls(b_factors=(60.0,) * 3) + noise(0.02), VOXEL, flexibility=True, uncertainty=True)
    inside = np.min([distances(centre) for centre in CENTRES], axis=0) < RADIUS - 2
    close = np.abs(found.flexibility)[inside] < found.flexibility_error[inside]
    assert 0.6 < close.mean() < 0.85


def test_the_scale_can_be_freed_of_what_motion_has_taken_from_it():
    at_rest, moving = (moving_balls((1.0,) * 3, b) + noise(0.02) for b in ((40.0,) * 3, (40.0, 140.0, 90.0)))
    full = 1.5 * estimate(at_rest, VOXEL).full_scale
    plain, freed = (estimate(moving, VOXEL, full_scale=full, correct_flexibility=c) for c in (False, True))
    expected, lost, left = (
        np.diff(means(one.scale)) for one in (estimate(at_rest, VOXEL, full_scale=full), plain, freed)
    )
    assert expected[0] - lost[0] > 0.01
    assert abs(expected[0] - left[0]) < 0.5 * (expected[0] - lost[0])
    assert freed.flexibility is None
    assert freed.limits()["flexibility_untold"] == freed.flexibility_untold


def test_parts_that_are_missing_stay_so_when_the_scale_is_freed_and_its_error_holds_that_of_the_flexibility():
    density = moving_balls(b_factors=(60.0,) * 3) + noise(0.02)
    settings = {"uncertainty": True, "flexibility": True}
    plain, freed = (estimate(density, VOXEL, correct_flexibility=correct, **settings) for correct in (False, True))
    np.testing.assert_allclose(means(freed.scale), means(plain.scale), atol=0.02)
    np.testing.assert_array_equal(freed.flexibility, plain.flexibility)
    assert (means(freed.uncertainty) > means(plain.uncertainty)).all()


def test_where_no_flexibility_is_told_the_scale_stays():
    density = moving_balls(resolution=13.0) + noise(1e-4, resolution=13.0)
    plain, freed = (estimate(density, VOXEL, correct_flexibility=correct).scale for correct in (False, True))
    np.testing.assert_allclose(freed, plain, atol=1e-5)


def test_there_is_no_value_in_solvent_and_one_in_nearly_all_of_the_molecule(found):
    nearest = np.min([distances(centre) for centre in CENTRES], axis=0)
    assert np.isnan(found.flexibility[nearest > RADIUS + 12 / VOXEL]).all()
    assert np.isfinite(found.flexibility[nearest < RADIUS - 1]).mean() > 0.97
    assert found.flexibility_untold < 0.1
    np.testing.assert_array_equal(np.isnan(found.flexibility), np.isnan(found.flexibility_error))
    assert found.limits()["flexibility_untold"] == found.flexibility_untold
    assert any(f"{1 - found.flexibility_untold:.0%} of the molecule" in note for note in found.notes)


def test_there_is_no_value_where_hardly_anything_is_left():
    found = estimate(moving_balls((1.0, 0.1, 1.0)) + noise(0.02), VOXEL, flexibility=True)
    assert np.isnan(found.flexibility[distances(CENTRES[1]) < RADIUS - 6]).all()


def test_more_noise_makes_the_error_larger():
    errors = [
        means(estimate(moving_balls() + noise(s), VOXEL, flexibility=True, uncertainty=True).flexibility_error)[2]
        for s in (0.01, 0.06)
    ]
    assert errors[1] > 1.2 * errors[0]


def test_a_map_without_detail_has_no_value_anywhere_and_says_so():
    found = estimate(moving_balls(resolution=13.0) + noise(1e-4, resolution=13.0), VOXEL, flexibility=True)
    assert np.isnan(found.flexibility).all()
    assert found.flexibility_untold == 1
    assert flexibility.NOTHING_TOLD in found.notes


def test_half_maps_tell_the_noise_of_a_masked_map():
    signal, first, second = moving_balls(), noise(0.08, 1), noise(0.08, 2)
    mask = (np.min([distances(centre) for centre in CENTRES], axis=0) < RADIUS + 3).astype(np.float32)
    density = (signal + (first + second) / 2) * mask
    without = estimate(density, VOXEL, flexibility=True)
    known = estimate(density, VOXEL, flexibility=True, half_maps=(signal + first, signal + second))
    assert flexibility.NO_NOISE in without.notes
    assert flexibility.NO_NOISE not in known.notes
    truth = B_FACTORS[1] - B_FACTORS[0]
    wrong = [abs(np.diff(means(one.flexibility))[0] - truth) for one in (known, without)]
    assert wrong[0] < wrong[1]


def test_what_is_not_asked_for_is_not_there_and_changes_nothing(found):
    plain = estimate(moving_balls() + noise(0.02), VOXEL)
    assert plain.flexibility is plain.flexibility_error is plain.flexibility_untold is None
    assert "flexibility_untold" not in plain.limits()
    np.testing.assert_array_equal(plain.scale, found.scale)
    assert estimate(moving_balls() + noise(0.02), VOXEL, flexibility=True).flexibility_error is None


def test_a_map_that_is_fourier_cropped_reads_the_same_on_its_own_grid(found):
    read = estimate(moving_balls() + noise(0.02), VOXEL, flexibility=True, max_box=84).flexibility
    assert read.shape == SHAPE
    np.testing.assert_allclose(means(read), means(found.flexibility), atol=6)


@pytest.mark.parametrize("name", ["flexibility", "correct_flexibility"])
@pytest.mark.parametrize("mode", ["occupancy", "resolution"])
def test_the_published_modes_do_not_know_it(mode, name):
    with pytest.raises(SettingError, match="mode calibrated only") as caught:
        estimate(moving_balls(), VOXEL, mode=mode, **{name: True})
    assert caught.value.name == name


def test_interpolation_does_not_carry_values_to_where_there_is_none():
    values = np.full((4, 4, 4), np.nan, np.float32)
    values[:2] = 30
    read = flexibility.on_grid(values, (8, 8, 8))
    assert np.isfinite(read[:3]).all()
    np.testing.assert_allclose(read[:3], 30)
    assert np.isnan(read[4:]).all()
