"""The part of a map that a model lacks, in maps added up here from balls of atoms that touch."""

import numpy as np
import pytest
from chimerax.occupy import make_groups, refine, refine_maps, unexplained_density

SHAPE, VOXEL = (40, 44, 60), 2.0
VARIANCE = 3.0
CENTRES = {"A": (46, 44, 40), "B": (73, 44, 40)}
"""x, y, z in Å: they touch."""

ORIGIN = np.array([-30.0, 12.0, 55.0])


@pytest.fixture(scope="module")
def balls():
    """Atoms of each chain, x, y, z in Å from the first voxel."""
    random = np.random.default_rng(3)
    directions = random.standard_normal((2, 600, 3))
    directions /= np.linalg.norm(directions, axis=2, keepdims=True)
    offsets = directions * 13 * random.random((2, 600, 1)) ** (1 / 3)
    return {name: np.add(centre, part) for (name, centre), part in zip(CENTRES.items(), offsets, strict=True)}


@pytest.fixture(scope="module")
def densities(balls):
    """Of each chain."""
    return {name: density_of(positions) for name, positions in balls.items()}


def density_of(positions):
    """Σ Gaussians at every voxel."""
    axes = [np.arange(n) * VOXEL for n in SHAPE]
    z, y, x = (
        np.exp(-((axis - positions[:, [i]]) ** 2) / (2 * VARIANCE)) for axis, i in zip(axes, (2, 1, 0), strict=True)
    )
    return np.einsum("az,ay,ax->zyx", z, y, x).astype(np.float32)


def group_a(balls):
    return make_groups(balls["A"] + ORIGIN, ["C"] * len(balls["A"]), ["A"] * len(balls["A"]))[0]


def found_without_b(density, balls):
    """The part of a map that chain A alone does not explain."""
    groups = group_a(balls)
    refinement = refine(density, VOXEL, groups, origin=ORIGIN)
    return unexplained_density(density, VOXEL, groups, refinement, origin=ORIGIN), refinement


@pytest.mark.parametrize("occupancy", [1.0, 0.4])
@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_a_chain_that_does_not_touch_the_model_is_noticed_too(balls, occupancy, noise):
    away = density_of(balls["B"] + [15, 0, 0])
    random = np.random.default_rng(1)
    density = density_of(balls["A"]) + occupancy * away + random.normal(0, noise * away.max(), SHAPE)
    groups = group_a(balls)
    alone = refine(density, VOXEL, groups, origin=ORIGIN)
    among_many = refine_maps([density], VOXEL, groups, origin=ORIGIN)
    expected = occupancy / (1 + occupancy)
    assert alone.unexplained == pytest.approx(expected, abs=0.03)
    assert among_many.unexplained[0] == pytest.approx(expected, abs=0.08)


@pytest.mark.parametrize("level", [0.0, 7.0])
def test_it_is_the_map_where_a_chain_is_lacking_and_solvent_where_the_model_is(balls, densities, level):
    noise = np.random.default_rng(1).normal(0, 0.1 * densities["A"].max(), SHAPE)
    density = (sum(densities.values()) + noise + level).astype(np.float32)
    found, _ = found_without_b(density, balls)
    solvent = np.median(density)
    for chain, share in (("A", 0.0), ("B", 1.0)):
        own = densities[chain]
        assert ((found - solvent) * own).sum() / ((density - solvent) * own).sum() == pytest.approx(share, abs=0.03)
    far = sum(densities.values()) < 1e-6 * density.max()
    assert np.abs(found[far] - solvent).mean() < 0.5 * np.abs(density[far] - solvent).mean()


def test_a_surface_at_a_level_of_the_map_is_that_of_the_map_but_at_the_contact(balls, densities):
    density = sum(densities.values())
    found, _ = found_without_b(density, balls)
    x = np.arange(SHAPE[2]) * VOXEL
    beyond = x > CENTRES["B"][0]
    level = 0.2 * density.max()
    np.testing.assert_array_equal((found > level)[..., beyond], (density > level)[..., beyond])
    assert (found > level).sum() == pytest.approx((densities["B"] > level).sum(), rel=0.05)


def test_a_map_that_the_model_explains_leaves_a_flat_one_and_no_places(balls, densities):
    density = densities["A"] + np.float32(3)
    found, refinement = found_without_b(density, balls)
    assert refinement.unexplained_at.shape == (0, 3)
    assert np.unique(found) == pytest.approx([np.median(density)])


def test_whole_numbers_do_as_well(balls, densities):
    density = np.rint(sum(densities.values()) * 1000 / densities["A"].max()).astype(np.int16)
    found, refinement = found_without_b(density, balls)
    expected, _ = found_without_b(density.astype(np.float32), balls)
    assert len(refinement.unexplained_at) > 50
    np.testing.assert_array_equal(found, expected)
