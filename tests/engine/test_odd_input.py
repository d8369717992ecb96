"""Odd input, and what only shows at the edges."""

import re

import numpy as np
import pytest
from chimerax import occupy
from chimerax.occupy.engine import phantom


@pytest.mark.parametrize("mode", ["occupancy", "resolution"])
def test_progress_ends_at_one(mode):
    fractions = []
    density = phantom.density_of_parts([phantom.Part(1.0, (16, 16, 16), 8)], (32, 32, 32), 2.0)
    occupy.estimate(density, 2.0, mode=mode, progress=lambda fraction, _: fractions.append(fraction))
    assert fractions[-1] == pytest.approx(1)


def test_noise_is_not_taken_for_an_inverted_map():
    inverted = 0
    for seed in range(40):
        try:
            occupy.estimate(np.random.default_rng(seed).standard_normal((24, 24, 24)), 2.0)
        except occupy.OccuPyError:
            inverted += 1
    assert inverted <= 2


def test_settings_of_estimation_beside_an_estimate_are_refused():
    density = phantom.density_of_parts([phantom.Part(1.0, (16, 16, 16), 8)], (32, 32, 32), 2.0)
    with pytest.raises(occupy.OccuPyError, match="lowpass cannot be given with an estimate"):
        occupy.modify(density, 2.0, estimate=occupy.estimate(density, 2.0), lowpass=9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d: occupy.estimate(d, 2.0, half_maps=5), "half maps"),
        (lambda d: occupy.equalize(d, 2.0, scale_map="x"), "scale map"),
        (lambda d: occupy.estimate(d, 2.0, mode=np.array(["a", "b"])), "mode"),
        (lambda _: occupy.common_full_scale([]), "no maps"),
        (lambda _: occupy.make_mask(np.ones(5), 2.0), "three axes"),
        (lambda d: occupy.published_occupancy(d, np.zeros(d.shape, bool)), "region is empty"),
    ],
)
def test_odd_input_gives_an_error_for_the_user(call, message):
    density = phantom.density_of_parts([phantom.Part(1.0, (16, 16, 16), 8)], (32, 32, 32), 2.0)
    with pytest.raises(occupy.OccuPyError, match=message):
        call(density)


def test_parts_beyond_the_box_are_refused():
    with pytest.raises(occupy.OccuPyError, match="beyond the box"):
        phantom.density_of_parts([phantom.Part(1.0, (3, 16, 16), 8)], (32, 32, 32), 2.0)


NOISE = np.random.default_rng(3).standard_normal((2, 32, 32, 32))


@pytest.fixture(scope="module")
def ball():
    """One ball in noise, 2 Å per voxel."""
    return phantom.density_of_parts([phantom.Part(1.0, (16, 16, 16), 8)], (32, 32, 32), 2.0)


@pytest.mark.parametrize(
    ("full_scale", "mode"),
    [(1e-20, "occupancy"), (1e-20, "resolution"), (1e20, "calibrated"), (1e20, "occupancy"), (1e20, "resolution")],
)
def test_a_full_scale_that_is_nothing_beside_the_map_or_the_map_beside_it_is_refused(ball, full_scale, mode):
    with pytest.raises(occupy.SettingError, match=re.escape(f"full_scale is {full_scale:g}, but the map")):
        occupy.equalize(ball, 2.0, mode=mode, full_scale=full_scale)


@pytest.mark.parametrize("mode", ["occupancy", "resolution"])
@pytest.mark.parametrize("full_scale", [1e-5, 1e5])
def test_a_map_is_finite_with_any_other_full_scale(ball, full_scale, mode):
    assert np.isfinite(occupy.equalize(ball, 2.0, mode=mode, full_scale=full_scale)).all()


@pytest.mark.parametrize(("of_map", "of_halves"), [(1, 1e-20), (1, 1e20), (1e-20, 1), (1e20, 1)])
def test_half_maps_of_another_scale_than_the_map_are_refused(ball, of_map, of_halves):
    halves = [of_halves * (ball.astype(float) + 0.05 * noise) for noise in NOISE]
    with pytest.raises(occupy.OccuPyError, match="expected the halves of this map, on its scale"):
        occupy.estimate(of_map * ball.astype(float), 2.0, half_maps=halves, uncertainty=True)


def test_masked_half_maps_leave_the_noise_level_to_the_histogram(ball):
    grid = np.indices(ball.shape) - 15.5
    inside = (grid**2).sum(axis=0) < 6**2
    halves = [np.where(inside, ball + 0.05 * noise, 0) for noise in NOISE]
    found = occupy.estimate(ball, 2.0, half_maps=halves)
    assert found.solvent.sigma == occupy.estimate(ball, 2.0).solvent.sigma
    assert any("half maps do not differ where solvent is expected" in note for note in found.notes)


def test_a_map_of_one_value_but_for_rounding_is_constant():
    with pytest.raises(occupy.OccuPyError, match="the map is constant, 1 everywhere but for rounding"):
        occupy.estimate(1 + 1e-7 * NOISE[0], 2.0)


def test_a_voxel_beside_which_all_others_are_lost_is_told(ball):
    density = ball.astype(float)
    density[0, 0, 0] = 1e20
    with pytest.raises(occupy.OccuPyError, match=r"but its strongest part reaches .* only"):
        occupy.estimate(density, 2.0, mode="resolution")


@pytest.mark.parametrize(
    "use",
    [
        lambda d, c: occupy.estimate(c, 2.0),
        lambda d, c: occupy.estimate(d, 2.0, solvent_mask=c),
        lambda d, c: occupy.estimate(d, 2.0, half_maps=[c, c]),
        lambda d, c: occupy.equalize(d, 2.0, scale_map=c),
        lambda d, c: occupy.make_mask(c, 2.0),
        lambda d, c: occupy.mask_region(c, d.shape),
        lambda d, c: occupy.published_occupancy(c, d > 1),
        lambda d, c: occupy.values_at(c, [(1, 2, 3)]),
    ],
)
def test_complex_values_are_told_to_be_those_of_a_transform(ball, use):
    with pytest.raises(occupy.OccuPyError, match="of type complex64, as of a Fourier transform, but must be real"):
        use(ball, ball.astype(np.complex64))
