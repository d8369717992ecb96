"""Matrices of occupancies against maps that are added up here, atom by atom, with known occupancies."""

import json
import re

import numpy as np
import pytest
from chimerax.occupy import (
    MatrixBox,
    OccupancyMatrix,
    OccuPyError,
    Reading,
    make_groups,
    occupancy_matrix,
    refine,
    refine_maps,
)
from chimerax.occupy.engine.matrix.agreement import agreeing, order_of
from scipy import ndimage

SHAPE, VOXEL = (40, 44, 36), 5.0
CHAINS = "ABCDEF"
CENTRES = ((70, 90, 100), (105, 90, 100), (88, 125, 100), (88, 60, 100), (88, 95, 65), (88, 95, 135))
VARIANCE = 4.0  # Å², of atoms in the maps
RADIUS, ATOMS = 17.0, 700


def density_of(positions, weights, variance=VARIANCE, shape=SHAPE, voxel_size=VOXEL, origin=(0, 0, 0)):
    """Σ weight · normalised Gaussian at every voxel, in double precision, seen through a blur of one voxel."""
    width = variance + (0.9 * VOXEL) ** 2
    axes = [np.arange(n) * voxel_size + o for n, o in zip(shape, origin[::-1], strict=True)]
    z, y, x = (
        np.exp(-((axis[:, None] - places) ** 2) / (2 * width))
        for axis, places in zip(axes, positions.T[::-1], strict=True)
    )
    return np.einsum("za,ya,xa->zyx", z * (weights / (2 * np.pi * width) ** 1.5), y, x, optimize=True)


@pytest.fixture(scope="module")
def model():
    """Positions of six chains that touch, by name."""
    random = np.random.default_rng(4)
    found = {}
    for name, centre in zip(CHAINS, CENTRES, strict=True):
        directions = random.standard_normal((ATOMS, 3))
        directions /= np.linalg.norm(directions, axis=1)[:, None]
        found[name] = centre + directions * RADIUS * random.random((ATOMS, 1)) ** (1 / 3)
    return found


@pytest.fixture(scope="module")
def parts(model):
    """The density of each chain."""
    return np.array([density_of(positions, np.ones(ATOMS)) for positions in model.values()])


@pytest.fixture(scope="module")
def groups(model):
    positions = np.concatenate(list(model.values()))
    return make_groups(positions, ["C"] * len(positions), np.repeat(list(CHAINS), ATOMS))[0]


TRUTH = np.array([
    [1, 1, 1, 1, 1, 1],
    [1, 1, 0, 1, 0, 1],
    [1, 1, 0, 1, 0, 1],
    [1, 0, 1, 0.5, 1, 1],
    [1, 1, 1, 1, 0, 0],
    [1, 0, 0, 0, 0, 0],
    [1, 1, 0, 1, 0, 1],
    [1, 0.3, 1, 1, 1, 0],
], float)  # fmt: skip


def maps_of(parts, truth=TRUTH, background=0.0):
    """Maps with a scale and an offset of their own, and a smooth background relative to the highest density."""
    random = np.random.default_rng(9)
    for row in truth:
        density = np.tensordot(row, parts, 1)
        grain = ndimage.gaussian_filter(random.standard_normal(SHAPE), 5, mode="wrap")
        density = density + background * parts.max() * grain / grain.std()
        yield (random.uniform(0.5, 2) * (density + random.uniform(-0.2, 0.2) * parts.max())).astype(np.float32)


def test_occupancies_in_clean_maps_come_out_whatever_their_scale_and_offset(parts, groups):
    found = refine_maps(maps_of(parts), VOXEL, groups)
    np.testing.assert_allclose(found.occupancies, TRUTH, atol=0.02)
    assert found.groups == list(CHAINS)
    assert found.maps == [str(i + 1) for i in range(len(TRUTH))]
    assert (found.correlations > 0.99).all()


def test_maps_in_any_units_make_one_matrix(parts, groups):
    units = np.float32([1e-20, 1, 1e20, 1e-4, 1e9, 1, 1, 1])
    found = refine_maps([density * unit for density, unit in zip(maps_of(parts), units, strict=True)], VOXEL, groups)
    np.testing.assert_allclose(found.occupancies, TRUTH, atol=0.02)


def test_absent_chains_read_zero_on_a_smooth_background_as_strong_as_a_tenth_of_a_chain(parts, groups):
    found = refine_maps(maps_of(parts, background=0.05), VOXEL, groups)
    assert np.abs(found.occupancies[TRUTH == 0]).max() < 0.10
    assert np.abs(found.occupancies - TRUTH)[TRUTH == 1].mean() < 0.05
    sums = np.array([[np.vdot(density - np.median(density), part) / np.vdot(part, part) for part in parts]
                     for density in maps_of(parts, background=0.05)])  # fmt: skip
    sums = sums / sums[:, :1]
    assert np.abs(sums[TRUTH == 0]).max() > 2 * np.abs(found.occupancies[TRUTH == 0]).max()


@pytest.fixture(scope="module")
def without_d(model):
    """The groups of a model that lacks chain D, which is in all maps but two."""
    held = {name: positions for name, positions in model.items() if name != "D"}
    return make_groups(np.concatenate(list(held.values())), ["C"] * 5 * ATOMS, np.repeat(list(held), ATOMS))[0]


def test_what_the_model_lacks_changes_no_other_occupancy_in_any_map(parts, without_d):
    found = refine_maps(maps_of(parts), VOXEL, without_d, reference=["A"])
    np.testing.assert_allclose(found.occupancies, np.delete(TRUTH, 3, axis=1), atol=0.07)
    np.testing.assert_allclose(found.unexplained, TRUTH[:, 3] / TRUTH.sum(axis=1), atol=0.1)
    assert any("of the density in 7 of 8 maps" in warning for warning in found.warnings)
    headings, rows = found.table()
    assert [row[headings.index("unexplained")] for row in rows] == found.as_dict()["unexplained"]


def test_a_whole_model_leaves_nothing_unexplained_in_any_map(parts, groups):
    found = refine_maps(maps_of(parts, background=0.05), VOXEL, groups)
    assert (found.unexplained == 0).all()


def test_reference_maps_cancel_what_the_model_gets_wrong(parts, model, groups):
    wrong = parts.copy()
    positions = model["B"]
    wrong[1] = density_of(positions[: ATOMS * 7 // 10], np.ones(ATOMS * 7 // 10), 12.0)
    plain = refine_maps(maps_of(wrong), VOXEL, groups)
    against = refine_maps(maps_of(wrong), VOXEL, groups, reference_maps=["1"])
    there = TRUTH[:, 1] == 1
    assert np.abs(plain.occupancies[there, 1] - 1).min() > 0.15
    np.testing.assert_allclose(against.occupancies[:, 1], TRUTH[:, 1], atol=0.05)
    assert against.reference_maps == ["1"]
    assert against.standard_errors[there, 1].mean() < plain.standard_errors[there, 1].mean()


def test_a_group_that_is_not_in_the_reference_maps_is_said_to_be_so(parts, groups):
    found = refine_maps(maps_of(parts), VOXEL, groups, reference_maps=["2"])
    assert len(found.warnings) == 1
    assert [f"{name} (" in found.warnings[0] for name in CHAINS] == [False, False, True, False, True, False]
    np.testing.assert_allclose(found.occupancies, TRUTH, atol=0.03)


@pytest.mark.parametrize("weak", [0.1, 0.17, 0.25, 0.35])
def test_a_group_that_is_hardly_in_the_reference_maps_is_not_set_against_them(parts, groups, weak):
    truth = TRUTH.copy()
    truth[0, 4] = weak
    found = refine_maps(maps_of(parts, truth), VOXEL, groups, reference_maps=["1"])
    np.testing.assert_allclose(found.occupancies, truth, atol=0.04)
    assert [warning for warning in found.warnings if "Not there in the reference maps" in warning and "E (" in warning]


def test_a_reference_map_in_which_a_group_is_not_there_is_not_used_for_it(parts, groups):
    found = refine_maps(maps_of(parts), VOXEL, groups, reference_maps=["1", "2"])
    np.testing.assert_allclose(found.occupancies, TRUTH, atol=0.03)
    told = "Not there in all reference maps, and set against the others only: C (1 of 2), E (1 of 2)."
    assert found.warnings == [told]


def test_a_reference_group_is_one_in_every_map(parts, groups):
    found = refine_maps(maps_of(parts), VOXEL, groups, reference=["D"])
    assert found.references[0] == ["D"]
    usable = TRUTH[:, 3] > 0
    np.testing.assert_allclose(found.occupancies[usable], TRUTH[usable] / TRUTH[usable, 3:4], atol=0.05)
    assert list(found.failed) == [found.maps[5]]
    assert "the reference D is not in the map" in found.failed[found.maps[5]]
    assert np.isnan(found.occupancies[5]).all()


def test_standard_errors_hold_the_truth(parts, groups):
    truth = np.tile(TRUTH, (4, 1))
    found = refine_maps(maps_of(parts, truth, background=0.05), VOXEL, groups, reference_maps=["1", "9"])
    sizes = np.abs(found.occupancies - truth) / found.standard_errors
    assert 0.55 < (sizes < 1).mean() <= 1
    assert (sizes < 2).mean() > 0.9


def test_maps_of_several_boxes_make_one_matrix(parts, model, groups):
    other_shape, other_voxel, origin = (60, 60, 54), 3.5, (-8.0, 10.0, 4.0)
    boxes = MatrixBox(SHAPE, VOXEL, groups), None
    lowpass = boxes[0].lowpass
    boxes = boxes[0], MatrixBox(other_shape, other_voxel, groups, origin, lowpass=lowpass)
    positions = np.concatenate(list(model.values()))
    readings = []
    for i, row in enumerate(TRUTH[:4]):
        weights = np.repeat(row, ATOMS)
        place = (SHAPE, VOXEL, (0, 0, 0)) if i % 2 else (other_shape, other_voxel, origin)
        density = density_of(positions, weights, VARIANCE, *place)
        box = boxes[0] if i % 2 else boxes[1]
        readings.append(Reading(f"map {i}", box.sums(density), box.model_sums))
    found = occupancy_matrix(readings, lowpass, reference_maps=["map 0"])
    np.testing.assert_allclose(found.occupancies, TRUTH[:4], atol=0.04)


def test_a_group_outside_a_map_is_not_known_there(parts, model, groups):
    shape = (SHAPE[0] // 2 + 3, *SHAPE[1:])  # without chain F, and without half of some
    box, small = MatrixBox(SHAPE, VOXEL, groups), MatrixBox(shape, VOXEL, groups)
    whole = next(maps_of(parts))
    readings = [
        Reading("whole", box.sums(whole), box.model_sums),
        Reading("part", small.sums(whole[: shape[0]]), small.model_sums),
    ]
    found = occupancy_matrix(readings, box.lowpass)
    assert np.isfinite(found.occupancies[0]).all()
    assert np.isnan(found.occupancies[1, 5])
    assert np.isnan(found.standard_errors[1, 5])
    assert found.table()[1][1][4 + 5] is None
    assert found.notes[1][5] == ["outside the map"]
    assert any("of its atoms are outside the map" in note for notes in found.notes[1] for note in notes)
    assert not any(found.notes[0])


def test_maps_without_the_model_fail_and_the_others_do_not(parts, groups):
    maps = list(maps_of(parts))[:3]
    maps[1] = np.random.default_rng(2).standard_normal(SHAPE).astype(np.float32)
    found = refine_maps(maps, VOXEL, groups, names=["a", "b", "c"])
    assert list(found.failed) == ["b"]
    assert "the model is not in the map" in found.failed["b"]
    assert np.isnan(found.occupancies[1]).all()
    np.testing.assert_allclose(found.occupancies[[0, 2]], TRUTH[[0, 2]], atol=0.03)
    assert found.agreement[1] == 0
    assert list(found.map_order.places) in ([0, 2], [2, 0])


def test_a_map_of_inverted_contrast_fails_and_is_told(parts, groups):
    first, second, *_ = maps_of(parts)
    found = refine_maps([first, -second], VOXEL, groups)
    assert list(found.failed) == ["2"]
    assert "contrast looks inverted" in found.failed["2"]


def test_maps_that_agree_are_one_set_and_stand_side_by_side(parts, groups):
    found = refine_maps(maps_of(parts), VOXEL, groups)
    assert len({found.agreement[i] for i in (1, 2, 6)}) == 1
    assert len(set(found.agreement)) == len(TRUTH) - 2
    order = list(found.map_order.places)
    places = sorted(order.index(i) for i in (1, 2, 6))
    assert places == list(range(places[0], places[0] + 3))
    one = next(s for s in found.described() if "2" in s["maps"])
    assert one["maps"] == ["2", "3", "7"]
    assert one["absent"] == ["C", "E"]
    assert one["partial"] == []
    assert one["words"] == "without C, E"
    numbers = found.agreement[found.map_order.places]
    assert (np.diff(numbers) >= 0).all()
    assert numbers[0] == 1


def test_order_follows_scipys_tree_and_unknown_values_do_not_stop_it(random):
    values = np.repeat([[0.0, 0, 1], [1, 1, 0]], 3, axis=0) + 0.01 * random.standard_normal((6, 3))
    values[2, 1] = np.nan
    shuffled = np.array([3, 0, 4, 1, 5, 2])
    order = order_of(values[shuffled])
    sides = shuffled[order.places] < 3
    assert abs(np.diff(sides.astype(int))).sum() == 1
    assert len(set(agreeing(order, np.full((6, 3), 0.01)))) == 2
    assert len(set(agreeing(order, np.full((6, 3), 2.0)))) == 1


def test_the_table_has_a_row_for_each_map_even_where_groups_are_called_as_columns(parts, model):
    positions = np.concatenate(list(model.values()))
    labels = np.repeat(["map", "set", "problem", "A", "A error", "correlation"], ATOMS)
    groups = make_groups(positions, ["C"] * len(positions), labels)[0]
    found = refine_maps(maps_of(parts), VOXEL, groups)
    headings, rows = found.table()
    assert len(headings) == len(rows[0]) == 6 + 3 * 6
    np.testing.assert_allclose(np.array([row[4:10] for row in rows], float), found.occupancies)
    lines = found.as_csv().split("\r\n")
    assert len(lines) == len(TRUTH) + 2


def test_a_group_that_is_displaced_in_a_map_is_noted_there_and_nowhere_else(parts, model, groups):
    moved = parts.copy()
    moved[1] = density_of(model["B"] + (0, 6, 0), np.ones(ATOMS))
    maps = [*maps_of(parts, TRUTH[[0, 1]]), *maps_of(moved, TRUTH[[0, 1]])]
    found = refine_maps(maps, VOXEL, groups)
    noted = {(i, j) for i, notes in enumerate(found.notes) for j, told in enumerate(notes) if told}
    assert noted == {(2, 1), (3, 1)}
    (note,) = found.notes[2][1]
    assert float(re.match(r"displaced\? a shift of (\S+) Å", note)[1]) == pytest.approx(6, abs=2)
    assert found.noted == "B (2 of 4 maps)"
    headings, rows = found.table()
    assert [row[headings.index("notes")] for row in rows] == [None, None, f"B: {note}", f"B: {found.notes[3][1][0]}"]
    assert found.as_dict()["notes"] == found.notes
    assert found.local_correlations[2, 1] < found.local_correlations[0, 1] - 0.02


def test_one_map_alone_and_the_same_among_many_read_the_same(parts, groups):
    maps = list(maps_of(parts, TRUTH[1:4], background=0.05))
    among = refine_maps([*maps, maps[0]], VOXEL, groups, reference=["A"])
    for i, density in enumerate(maps):
        rows = refine(density, VOXEL, groups, reference=["A"]).rows
        alone = np.array([row.occupancy for row in rows])
        assert (np.abs(alone - among.occupancies[i]) <= 0.5 * np.array([row.standard_error for row in rows])).all()
        assert alone[TRUTH[1 + i] == 0] == pytest.approx(0, abs=0.1)
    (single,) = refine_maps(maps[:1], VOXEL, groups, reference=["A"]).occupancies
    alone = [row.occupancy for row in refine(maps[0], VOXEL, groups, reference=["A"]).rows]
    np.testing.assert_allclose(single, alone, atol=1e-4)


def test_local_correlations_are_those_of_each_map_by_itself(parts, groups):
    maps = list(maps_of(parts, TRUTH[:3], background=0.05))
    found = refine_maps(maps, VOXEL, groups)
    alone = np.array([[row.correlation for row in refine(density, VOXEL, groups).rows] for density in maps])
    there = TRUTH[:3] == 1
    np.testing.assert_allclose(found.local_correlations[there], alone[there], atol=0.03)
    assert found.local_correlations[~there].max() < found.local_correlations[there].min()
    assert found.described()[0]["correlation"] == pytest.approx(found.correlations[found.agreement == 1].mean())


def test_small_groups_and_groups_that_cannot_be_told_apart_are_noted(parts, model):
    positions = np.concatenate([*model.values(), model["B"][:5], model["A"] + 0.1])
    labels = np.repeat([*CHAINS, "ION", "A2"], [*[ATOMS] * 6, 5, ATOMS])
    groups = make_groups(positions, ["C"] * len(positions), labels)[0]
    found = refine_maps(maps_of(parts, TRUTH[:2], background=0.02), VOXEL, groups)
    for notes in found.notes:
        told = dict(zip(found.groups, notes, strict=True))
        assert "too small to be read well at this resolution" in told["ION"]
        assert "cannot be told apart from A2" in told["A"]
        assert "cannot be told apart from A" in told["A2"]
        assert not told["C"]


def test_a_matrix_comes_back_from_its_values_in_a_file(parts, groups):
    maps = np.concatenate([np.einsum("mc,czyx->mzyx", TRUTH, parts), np.zeros((1, *SHAPE))])
    maps[-1, 0, 0, 0] = 1  # a map in which the model is not
    found = refine_maps(maps, VOXEL, groups)
    values = json.loads(json.dumps(found.as_dict()))
    again = OccupancyMatrix.from_dict(values)
    assert again.failed
    assert again.as_dict() == found.as_dict()
    for name in ("own_errors", "agreement"):
        np.testing.assert_array_equal(getattr(again, name), getattr(found, name))
    for name in ("places", "leaves", "tree"):
        np.testing.assert_array_equal(getattr(again.map_order, name), getattr(found.map_order, name))
        np.testing.assert_array_equal(getattr(again.group_order, name), getattr(found.group_order, name))


@pytest.mark.parametrize("change", [{"maps": ["1"]}, {"occupancies": "none"}, {"sets": 3}, {"maps": None}])
def test_values_of_something_else_are_no_matrix(parts, groups, change):
    values = refine_maps([parts.sum(axis=0)] * 2, VOXEL, groups).as_dict() | change
    with pytest.raises(OccuPyError, match="not the values of a matrix"):
        OccupancyMatrix.from_dict(values)
    with pytest.raises(OccuPyError, match="not the values of a matrix"):
        OccupancyMatrix.from_dict([])


def test_a_map_that_failed_has_no_notes(parts, groups):
    noise = np.random.default_rng(2).standard_normal(SHAPE).astype(np.float32)
    found = refine_maps([next(maps_of(parts)), noise], VOXEL, groups)
    assert not any(found.notes[1])
    assert np.isnan(found.local_correlations[1]).all()
    assert found.fit == f"correlation {found.correlations[0]:.2f} with the model on the mean, 1.00 to 1.00"


@pytest.mark.parametrize(("keywords", "message"), [
    ({"reference": ["Z"]}, "the reference Z is not a group"),
    ({"reference_maps": ["99"]}, "the reference 99 is not a map"),
    ({"lowpass": 2.0}, "must be at least"),
    ({"names": ["a", "b"]}, "there are 2 names, but more maps"),
    ({"names": list("abcdefghi")}, "there are 9 names for 8 maps"),
    ({"names": list("abcdefga")}, "expected each once"),
])  # fmt: skip
def test_what_is_not_there_is_told_in_a_sentence(parts, groups, keywords, message):
    with pytest.raises(OccuPyError, match=message):
        refine_maps(maps_of(parts), VOXEL, groups, **keywords)


def test_no_maps_maps_of_other_shapes_and_only_bad_maps_are_refused(parts, groups):
    with pytest.raises(OccuPyError, match="there are no maps"):
        refine_maps([], VOXEL, groups)
    with pytest.raises(OccuPyError, match="has shape"):
        refine_maps([*maps_of(parts, TRUTH[:1]), next(maps_of(parts))[1:]], VOXEL, groups)
    noise = np.random.default_rng(2).standard_normal(SHAPE).astype(np.float32)
    with pytest.raises(OccuPyError, match="none of the 1 maps can be used"):
        refine_maps([noise], VOXEL, groups)


def small_model(edge, count=200):
    """Three chains in a row that fill a box of so many voxels of 1.5 Å: positions, and the density of each."""
    random, length = np.random.default_rng(1), 1.5 * edge
    sharp = {"variance": 6 - (0.9 * VOXEL) ** 2, "shape": (edge,) * 3, "voxel_size": 1.5}
    positions = [
        length * np.array([0.25 + 0.25 * k, 0.5, 0.5]) + random.uniform(-0.13, 0.13, (count, 3)) * length
        for k in range(3)
    ]
    return positions, [density_of(p, np.ones(count), **sharp) for p in positions]


@pytest.mark.parametrize("edge", [20, 24, 25, 27, 30, 36])
def test_a_window_that_covers_the_whole_box_leaves_the_occupancies_of_a_larger_box(edge):
    positions, parts = small_model(edge)
    groups = make_groups(np.concatenate(positions), ["C"] * 600, np.repeat(list("ABC"), 200))[0]
    maps = [np.tensordot(row, parts, 1) for row in ([1, 1, 1], [1, 0.5, 1], [1, 0.3, 0.6])]
    found = refine_maps(maps, 1.5, groups)
    padded = [np.pad(density, 30) for density in maps]
    wide = refine_maps(padded, 1.5, groups, origin=(-45.0,) * 3)
    np.testing.assert_allclose(found.occupancies, wide.occupancies, atol=0.05)
    np.testing.assert_allclose(found.standard_errors, wide.standard_errors, rtol=0.3)


@pytest.mark.parametrize("densities", [[np.ones((9, 9))], [np.ones((2, 9, 9, 9))], [3], [None], ["map"]])
def test_arrays_that_are_no_maps_are_refused_in_a_sentence(groups, densities):
    with pytest.raises(OccuPyError, match="three axes"):
        refine_maps(densities, VOXEL, groups)


def test_a_box_of_other_than_three_axes_is_refused(groups):
    with pytest.raises(OccuPyError, match=r"the box has shape \(40, 44\), but must have three axes"):
        MatrixBox((40, 44), VOXEL, groups)
