"""The measure by which modified maps are judged: what their isosurface shows."""

import numpy as np
import pytest

from benchmarks.accuracy.surface import Surface, Vicinity

SHAPE, VOXEL_SIZE = (24, 9, 9), 2.0
PLACES, CHAINS = np.array([[3.0, 4, 4], [15.0, 4, 4]]), np.array([0, 1])
FIRST, SECOND = (slice(2, 5), slice(3, 6), slice(3, 6)), (slice(14, 17), slice(3, 6), slice(3, 6))


def full_map(solvent=0.0):
    """Two cubes of 27 voxels, one for each chain."""
    density = np.full(SHAPE, solvent)
    density[FIRST] = density[SECOND] = solvent + 1
    return density


def surface_of(full):
    return Surface(full, Vicinity(PLACES, CHAINS, SHAPE, VOXEL_SIZE))


def dice(density, full, level):
    shown, inside = density >= level, full > 0.25
    return 2 * np.sum(shown & inside) / (np.sum(shown) + np.sum(inside))


def test_voxels_belong_to_the_chain_of_the_nearest_atom_and_to_none_beyond_five_angstroms():
    vicinity = Vicinity(PLACES, CHAINS, SHAPE, VOXEL_SIZE)
    nearest, distances = vicinity.nearest.reshape(SHAPE), vicinity.distances.reshape(SHAPE)
    assert [nearest[z, 4, 4] for z in (0, 3, 5, 6, 12, 13, 17, 18)] == [-1, 0, 0, -1, -1, 1, 1, -1]
    assert distances[5, 4, 4] == 4
    assert np.isinf(distances[6, 4, 4])


@pytest.mark.parametrize("solvent", [0.0, -3.0, 100.0])
def test_a_full_map_shows_all_of_itself_wherever_its_solvent_lies(solvent):
    full = full_map(solvent)
    shown = surface_of(full).shown(full)
    assert shown.dice == 1
    assert shown.level == solvent + 1
    assert shown.chains.tolist() == [1, 1]
    assert shown.specks == 0


def test_a_chain_below_noise_is_left_out_where_that_agrees_best():
    density = np.zeros(SHAPE)
    density[FIRST], density[SECOND], density[20:24] = 1, 0.2, 0.3  # 324 voxels of noise
    shown = surface_of(full_map()).shown(density)
    assert shown.dice == pytest.approx(2 * 27 / (27 + 54))
    assert shown.level == 1
    assert shown.chains.tolist() == [1, 0]
    assert shown.specks == 0


def test_a_chain_is_shown_with_specks_where_that_agrees_best():
    density = np.zeros(SHAPE)
    density[FIRST], density[SECOND], density[21, 4, 2:7] = 1, 0.2, 0.3
    density[15, 4, 4], density[20] = 0.1, 0.15  # one voxel of the chain is below 81 of noise
    shown = surface_of(full_map()).shown(density)
    assert shown.dice == pytest.approx(2 * 53 / (58 + 54))
    assert shown.level == 0.2
    assert shown.chains == pytest.approx([1, 26 / 27])
    assert shown.specks == 5 * VOXEL_SIZE**3


def test_the_best_level_is_the_best_of_all_that_there_are():
    random = np.random.default_rng(18)
    full = full_map()
    for noise in (0.1, 0.5, 2.0):
        density = full + noise * random.standard_normal(SHAPE).round(1)
        shown = surface_of(full).shown(density)
        assert shown.dice == max(dice(density, full, level) for level in np.unique(density))
        assert shown.dice == dice(density, full, shown.level)


def test_what_is_shown_at_a_level_that_is_given_is_told_too():
    density = full_map()
    density[SECOND] = 0.4
    shown = surface_of(full_map()).at(density, 0.5)
    assert shown.dice == pytest.approx(2 * 27 / (27 + 54))
    assert shown.chains.tolist() == [1, 0]
