"""The scale map that a model guides, against maps added up here from Gaussians of known occupancy."""

import numpy as np
import pytest
from chimerax.occupy import Cancelled, GuidedScale, OccuPyError, guided_scale, make_groups
from chimerax.occupy.engine.refinement.guided import scale_of_atoms
from chimerax.occupy.engine.refinement.parts import drawn_to_mean, shrunk
from chimerax.occupy.engine.scale.regions import values_at
from scipy.spatial import cKDTree

B_VARIANCE = 3.0
APART, SIDE = 25.0, 10.8
SHAPE, VOXEL = (48, 52, 56), 2.0


def blob(random, centre, count, radius=13.0):
    """Atoms about as dense as in a protein, x, y, z, at random in a ball but in order along z, as in a fold."""
    directions = random.standard_normal((count, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    offsets = directions * radius * random.random((count, 1)) ** (1 / 3)
    offsets[:, 0] = np.clip(offsets[:, 0], -SIDE, SIDE)
    return np.asarray(centre, float) + offsets[np.argsort(offsets[:, 2])]


def density_of(positions, occupancies, shape, voxel_size):
    """Σ occupancy · Gaussian at every voxel, summed atom by atom in double precision."""
    result = np.zeros(shape)
    axes = [np.arange(n) * v for n, v in zip(shape, np.broadcast_to(voxel_size, 3), strict=True)]
    for place, occupancy in zip(positions[:, ::-1], occupancies, strict=True):
        z, y, x = (np.exp(-((a - c) ** 2) / (2 * B_VARIANCE)) for a, c in zip(axes, place, strict=True))
        result += occupancy * z[:, None, None] * y[:, None] * x
    return result.astype(np.float32)


def groups_of(positions, labels):
    b_factors = np.full(len(positions), B_VARIANCE * 8 * np.pi**2)
    return make_groups(positions, ["C"] * len(positions), labels, b_factors=b_factors)[0]


def read(scale, positions, voxel_size=VOXEL):
    return values_at(scale, positions[:, ::-1] / np.broadcast_to(voxel_size, 3))


def complex_of(random, occupancies, shape=SHAPE, voxel_size=VOXEL, count=700):
    """Balls side by side along x, flat where they touch at 3.4 Å: positions, truth, labels, the map in weak noise."""
    extent = (np.array(shape) * voxel_size)[::-1]
    offsets = (np.arange(len(occupancies)) - (len(occupancies) - 1) / 2) * APART
    positions = np.concatenate([blob(random, extent / 2 + [x, 0, 0], count) for x in offsets])
    truth, labels = np.repeat(occupancies, count), np.repeat(list("ABCDE")[: len(occupancies)], count)
    density = density_of(positions, truth, shape, voxel_size)
    noise = random.normal(0, 0.03 * density.max(), shape).astype(np.float32)
    return positions, truth, labels, density + noise


@pytest.fixture
def touching(random):
    return complex_of(random, [1.0, 0.2])


def test_a_weak_chain_that_touches_a_full_one_reads_its_own_occupancy_at_the_contact_too(touching):
    positions, truth, labels, density = touching
    read_here = read(guided_scale(density, VOXEL, groups_of(positions, labels)).scale, positions)
    weak, full = positions[labels == "B"], positions[labels == "A"]
    at_contact = cKDTree(full).query(weak)[0] < 5
    assert at_contact.sum() > 20
    assert read_here[labels == "B"].mean() == pytest.approx(0.2, abs=0.05)
    assert read_here[labels == "A"].mean() == pytest.approx(1.0, abs=0.05)
    assert read_here[labels == "B"][at_contact].mean() == pytest.approx(0.2, abs=0.05)
    assert np.abs(read_here - truth).mean() < 0.04


def test_the_map_has_the_shape_of_the_input_and_values_between_0_and_1(touching):
    positions, _, labels, density = touching
    found = guided_scale(density, VOXEL, groups_of(positions, labels))
    assert isinstance(found, GuidedScale)
    assert found.scale.shape == density.shape
    assert found.scale.dtype == np.float32
    assert found.scale.min() == 0
    assert 0.9 < found.scale.max() <= 1
    assert [row.group for row in found.refinement.rows] == ["A", "B"]
    assert found.warnings == found.refinement.warnings


def test_the_scale_holds_to_6_and_is_0_from_10_angstrom_off_all_atoms(touching):
    positions, _, labels, density = touching
    only_a = positions[labels == "A"]
    scale = guided_scale(density, VOXEL, groups_of(positions, labels)).scale
    voxels = np.indices(density.shape).reshape(3, -1).T[:, ::-1] * VOXEL
    distance = cKDTree(positions).query(voxels)[0].reshape(density.shape)
    nearer_b = cKDTree(positions[labels == "B"]).query(voxels)[0].reshape(density.shape)
    assert (scale[distance > 10] == 0).all()
    off_a = (cKDTree(only_a).query(voxels)[0].reshape(density.shape) < 5) & (nearer_b > 10)
    assert scale[off_a].min() > 0.9


def test_a_domain_that_is_missing_within_a_chain_is_seen(random):
    positions, truth, labels, density = complex_of(random, [1.0, 1.0, 0.3], (48, 52, 72))
    labels = np.where(labels == "A", "A", "B")
    read_here = read(guided_scale(density, VOXEL, groups_of(positions, labels)).scale, positions)
    assert read_here[truth == 0.3].mean() == pytest.approx(0.3, abs=0.1)
    assert read_here[truth == 1.0].mean() == pytest.approx(1.0, abs=0.1)


def test_a_single_chain_is_full_where_it_is_strongest(touching):
    positions, truth, _, density = touching
    one = groups_of(positions, ["A"] * len(positions))
    read_here = read(guided_scale(density, VOXEL, one).scale, positions)
    assert read_here[truth == 1].mean() == pytest.approx(1.0, abs=0.05)
    assert read_here[truth == 0.2].mean() == pytest.approx(0.2, abs=0.05)


def test_a_given_reference_is_full(touching):
    positions, _, labels, density = touching
    scale = guided_scale(density, VOXEL, groups_of(positions, labels), reference=["B"]).scale
    read_here = read(scale, positions)
    assert read_here[labels == "B"].mean() > 0.95
    assert read_here[labels == "A"].mean() == 1


def test_any_box_voxel_sizes_and_origin_give_the_same_occupancies(random):
    sizes, shape, origin = np.array([2.4, 1.6, 2.0]), (40, 60, 56), np.array([-31.0, 12.5, 400.0])
    positions, truth, labels, density = complex_of(random, [0.5, 1.0], shape, sizes)
    groups = groups_of(positions + origin, labels)
    scale = guided_scale(density, tuple(sizes), groups, origin=origin).scale
    read_here = read(scale, positions, sizes)
    assert read_here[labels == "A"].mean() == pytest.approx(0.5, abs=0.05)
    assert np.abs(read_here - truth).mean() < 0.05


def test_atoms_outside_the_map_leave_the_others_as_they_are(touching):
    positions, _, labels, density = touching
    stray = positions[:50] + np.array([1000, 0, 0])
    more = np.concatenate([positions, stray])
    alone = guided_scale(density, VOXEL, groups_of(positions, labels)).scale
    with_stray = guided_scale(density, VOXEL, groups_of(more, [*labels, *["Z"] * 50])).scale
    np.testing.assert_allclose(with_stray, alone, atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_a_group_of_one_atom_leaves_the_others_as_they_are(seed):
    positions, truth, labels, density = complex_of(np.random.default_rng(seed), [1.0, 0.2])
    ion = positions[labels == "A"].mean(axis=0, keepdims=True)
    found = guided_scale(density, VOXEL, groups_of(np.concatenate([positions, ion]), [*labels, "ION"]))
    assert np.abs(read(found.scale, positions) - truth).mean() < 0.04
    row = found.refinement.rows[-1]
    assert abs(row.occupancy) < 2
    assert "too small to be read well at this resolution" in row.notes


def test_deviations_that_are_no_more_than_noise_vanish(random):
    errors = random.uniform(0.02, 0.1, 500)
    left = shrunk(random.standard_normal(500) * errors * 0.9, errors)
    assert np.abs(left).max() < 1e-3


def test_one_large_deviation_among_noise_stays_and_the_noise_nearly_vanishes(random):
    errors = np.full(200, 0.05)
    deviations = random.standard_normal(200) * errors * 0.9
    deviations[7] = -0.8
    left = shrunk(deviations, errors)
    assert left[7] == pytest.approx(-0.8, abs=0.02)
    others = np.arange(200) != 7
    assert np.abs(left[others]).mean() < 0.6 * np.abs(deviations[others]).mean()


def test_deviations_without_errors_stay():
    np.testing.assert_array_equal(shrunk(np.array([0.1, -0.2]), np.zeros(2)), [0.1, -0.2])


def test_groups_that_are_read_well_keep_their_occupancy_and_others_get_the_mean():
    found = drawn_to_mean(np.array([1.0, 0.2, -3.0]), np.array([0.02, 0.02, 5.0]), np.array([100.0, 100, 1]))
    assert found[:2] == pytest.approx([1.0, 0.2], abs=0.01)
    assert found[2] == pytest.approx(0.6, abs=0.1)


def test_the_scale_of_atoms_is_the_mean_of_their_occupancies_weighted_by_gaussians(random):
    shape, sizes = (20, 24, 28), (0.5, 0.6, 0.7)
    positions = random.uniform(4, 6, (6, 3)) * [1, 1, 0.8]
    # On voxels, where the linear shares of an atom go to one voxel only.
    positions = np.rint(positions / sizes[::-1]) * sizes[::-1]
    occupancies = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    places = np.indices(shape).reshape(3, -1).T[:, ::-1] * np.array(sizes)[::-1]
    squares = ((places[:, None] - positions) ** 2).sum(axis=2)
    near = np.exp(-squares / 2)
    expected = (near @ occupancies / near.sum(axis=1)).reshape(shape)
    found = scale_of_atoms(shape, sizes, positions, occupancies)
    within = cKDTree(positions).query(places)[0].reshape(shape) < 5
    np.testing.assert_allclose(found[within], expected[within], rtol=1e-4)


@pytest.mark.parametrize("voxel_size", [0.3, 1.0, 4.0])
def test_occupancies_of_atoms_beyond_0_and_1_are_cut(voxel_size):
    positions = np.array([[8.0, 8, 8], [20.0, 8, 8]])
    found = scale_of_atoms((60, 60, 90), (voxel_size,) * 3, positions, np.array([-0.5, 1.4]))
    assert found.min() == 0
    assert read(found, positions, voxel_size) == pytest.approx([0, 1], abs=0.01)


def test_atoms_at_the_edge_of_the_map_do_not_reach_round_it():
    edge = np.array([[0.0, 0, 0], [29.0, 29, 29]])
    scale = scale_of_atoms((30, 30, 30), (1.0,) * 3, edge, np.array([1.0, 0.5]))
    assert scale[0, 0, 0] == pytest.approx(1)
    assert scale[-1, -1, -1] == pytest.approx(0.5)
    assert scale[0, 0, -1] == scale[-1, 0, 0] == 0


def test_a_model_elsewhere_is_refused(touching):
    positions, _, labels, density = touching
    with pytest.raises(OccuPyError, match="outside the map"):
        guided_scale(density, VOXEL, groups_of(positions + 500, labels))


def test_progress_ends_at_1_and_may_cancel(touching):
    positions, _, labels, density = touching
    seen = []
    guided_scale(density, VOXEL, groups_of(positions, labels), progress=lambda done, stage: seen.append((done, stage)))
    done = [fraction for fraction, _ in seen]
    assert done == sorted(done)
    assert done[-1] == 1
    assert {"densities of groups", "fit", "scale map"} <= {stage for _, stage in seen}

    def cancel(_, stage):
        if stage == "scale map":
            raise Cancelled

    with pytest.raises(Cancelled):
        guided_scale(density, VOXEL, groups_of(positions, labels), progress=cancel)
