"""Synthetic maps with parts of known occupancy."""

from dataclasses import replace

import numpy as np
import pytest
from chimerax.occupy.engine.phantom import Part, atoms_of_parts, density_of_parts, parts_on_ring

SHAPE = (44, 48, 52)


def test_the_mean_density_of_a_part_is_its_occupancy(balls):
    density, parts = balls
    for part in parts:
        assert density[part.core(SHAPE)].mean() == pytest.approx(part.occupancy, rel=0.06)


def test_what_moves_has_the_fall_off_of_its_b_factor_and_as_much_density():
    part = Part(1.0, (22.0, 24.0, 26.0), 9.0)
    still, moving = (
        density_of_parts([replace(part, b_factor=b)], SHAPE, 1.2, resolution=3.0, noise=0) for b in (0.0, 80.0)
    )
    assert moving.sum() == pytest.approx(still.sum(), rel=1e-4)
    k = np.sqrt(sum(f**2 for f in np.meshgrid(*(np.fft.fftfreq(n, 1.2) for n in SHAPE), indexing="ij")))
    shell = (k > 0.19) & (k < 0.21)
    ratio = np.abs(np.fft.fftn(moving)[shell]) / np.abs(np.fft.fftn(still)[shell])
    np.testing.assert_allclose(ratio, np.exp(-80 * k[shell] ** 2 / 4), rtol=0.05)


def test_the_atoms_are_those_of_the_map_of_that_seed():
    parts = parts_on_ring((1.0, 0.5), SHAPE, 7)
    density = density_of_parts(parts, SHAPE, 2.0, resolution=4.0, noise=0, seed=3)
    for part, atoms in zip(parts, atoms_of_parts(parts, SHAPE, 2.0, seed=3), strict=True):
        assert density[tuple(atoms.T)].mean() > 1.1 * part.occupancy


def test_the_noise_has_its_standard_deviation():
    noise = density_of_parts([], SHAPE, 2.0, noise=0.2)
    assert noise.std() == pytest.approx(0.2, rel=1e-3)
    assert noise.dtype == np.float32


def test_the_map_holds_nothing_finer_than_its_resolution(balls, direct_lowpass):
    assert np.abs(balls[0] - direct_lowpass(balls[0], 5.0, (2.0,) * 3)).max() < 1e-5


def test_a_seed_gives_one_map_and_another_seed_another():
    part = Part(1.0, (20.0, 20.0, 20.0), 6.0)
    first, again, other = (density_of_parts([part], (40, 40, 40), 2.0, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("count", [2, 3, 5])
def test_parts_on_a_ring_lie_in_the_middle_plane_and_do_not_touch(count):
    parts = parts_on_ring(np.linspace(0.2, 1, count), SHAPE, 5)
    centres = np.array([part.centre for part in parts])
    assert np.all(centres[:, 0] == 21.5)
    np.testing.assert_allclose(centres[:, 1:].mean(axis=0), [23.5, 25.5])
    gaps = np.linalg.norm(centres - np.roll(centres, 1, axis=0), axis=1)
    np.testing.assert_allclose(gaps, 2 * 1.15 * 5)


def test_the_core_is_the_ball_well_inside_the_part():
    core = Part(1.0, (20.0, 21.0, 22.0), 10.0).core(SHAPE)
    assert core[20, 21, 29]
    assert not core[20, 21, 30]
    assert core.sum() == pytest.approx(4 / 3 * np.pi * 7**3, rel=0.02)
