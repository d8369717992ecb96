"""Copies of groups by symmetry, their means and spreads, in maps that are added up here, atom by atom."""

import re

import numpy as np
import pytest
from chimerax.occupy import OccuPyError, make_groups, refine, refine_maps
from chimerax.occupy.engine.refinement.symmetry import (
    mean_of_copies,
    middle_of,
    names_of_copies,
    operators,
    sets_of_copies,
    symmetric_groups,
)
from scipy.spatial.transform import Rotation

SHAPE, VOXEL, ORIGIN = (30, 44, 44), 4.0, (-30.0, 12.0, 5.0)
ATOMS, RADIUS, WIDTH = 600, 15.0, 20.0
TRUTH = (1.0, 1.0, 0.6, 1.0)
"""Of the copies of chain A; chain B is whole."""

AXES = {
    "C4": [(4, (0, 0, 1))],
    "D3": [(3, (0, 0, 1)), (2, (1, 0, 0))],
    "D4": [(4, (0, 0, 1)), (2, (1, 0, 0))],
    "T": [(3, (0, 0, 1)), (2, (0, 0.816496, 0.577350))],
    "O": [(3, (1, 1, 1)), (4, (0, 0, 1))],
    "I1": [(2, (1, 0, 0)), (5, (0.850651, 0, -0.525731)), (3, (0.934172, 0.356822, 0))],
    "I2": [(2, (0, 0, 1)), (5, (0.525731, 0, 0.850651)), (3, (0, 0.356822, 0.934172))],
    "I3": [(2, (-0.525731, 0, 0.850651)), (5, (0, 0, 1)), (3, (-0.491123, 0.356822, 0.794654))],
    "I4": [(2, (0.525731, 0, 0.850651)), (5, (0.894427, 0, 0.447214)), (3, (0.491123, 0.356822, 0.794654))],
}
"""Axes of each group in RELION, by fold: those that generate it there."""

ORDERS = {"C4": 4, "D3": 6, "D4": 8, "T": 12, "O": 24, "I1": 60, "I2": 60, "I3": 60, "I4": 60}


@pytest.mark.parametrize("symmetry", AXES)
def test_point_groups_have_the_axes_that_relion_gives_them(symmetry):
    found = operators(symmetry)
    assert len(found) == ORDERS[symmetry]
    np.testing.assert_allclose(found[0], np.eye(3), atol=1e-9)
    for fold, axis in AXES[symmetry]:
        turn = Rotation.from_rotvec(2 * np.pi / fold * np.array(axis) / np.linalg.norm(axis)).as_matrix()
        assert np.abs(found - turn).max(axis=(1, 2)).min() < 1e-4, (fold, axis)


@pytest.mark.parametrize("symmetry", ["C1", "C", "C100", "D1", "X3", "I5", "", "C4v"])
def test_what_is_no_point_group_is_refused(symmetry):
    with pytest.raises(OccuPyError, match=re.escape(f"the symmetry is {symmetry}, but must be C2 to C60")):
        operators(symmetry)


@pytest.fixture(scope="module")
def unit():
    """An asymmetric unit of two balls of atoms, in C4 about the middle of the box."""
    random = np.random.default_rng(8)
    middle = middle_of(SHAPE, VOXEL, ORIGIN)
    places = {"A": (38, 0, -14), "B": (38, 0, 16)}
    positions = []
    for place in places.values():
        directions = random.standard_normal((ATOMS, 3))
        directions /= np.linalg.norm(directions, axis=1)[:, None]
        positions.append(middle + place + directions * RADIUS * random.random((ATOMS, 1)) ** (1 / 3))
    positions = np.concatenate(positions)
    b_factors = np.full(len(positions), 8 * np.pi**2 * 4.0)
    return make_groups(positions, ["C"] * len(positions), np.repeat(["A", "B"], ATOMS), b_factors=b_factors)[0]


def density_of(positions):
    axes = [np.arange(n) * VOXEL + o for n, o in zip(SHAPE[::-1], ORIGIN, strict=True)]
    x, y, z = (
        np.exp(-((axis[:, None] - places) ** 2) / (2 * WIDTH)) for axis, places in zip(axes, positions.T, strict=True)
    )
    return np.einsum("za,ya,xa->zyx", z, y, x, optimize=True)


@pytest.fixture(scope="module")
def density(unit):
    """With chain A of the third quarter turn there in part."""
    middle, total = middle_of(SHAPE, VOXEL, ORIGIN), np.zeros(SHAPE)
    for turn, share in enumerate(TRUTH):
        quarter = Rotation.from_euler("z", 90 * turn, degrees=True)
        for name, amount in (("A", share), ("B", 1.0)):
            total += amount * density_of(quarter.apply(unit[name].positions - middle) + middle)
    noise = np.random.default_rng(2).normal(0, 0.02 * total.max(), SHAPE)
    return (total + noise).astype(np.float32)


def copies_of(unit, symmetry="C4", origin=ORIGIN):
    return symmetric_groups(unit, symmetry, SHAPE, VOXEL, origin)


def test_each_copy_has_its_occupancy_and_each_chain_its_mean_and_spread(unit, density):
    groups, copies = copies_of(unit)
    assert copies == {name: [f"{name}@{i}" for i in range(1, 5)] for name in "AB"}
    found = refine(density, VOXEL, groups, origin=ORIGIN, copies=copies)
    of_copies = {row.group: row.occupancy for row in found.rows}
    np.testing.assert_allclose([of_copies[name] for name in copies["A"]], TRUTH, atol=0.03)
    of_a, of_b = found.together
    assert of_a.occupancy == pytest.approx(np.mean(TRUTH), abs=0.02)
    assert of_a.spread == pytest.approx(np.std(TRUTH, ddof=1), abs=0.02)
    assert of_a.remarks == ["the copies differ"]
    assert of_b.occupancy == pytest.approx(1, abs=0.02)
    assert of_b.remarks == []
    assert of_b.spread < 3 * of_b.expected_spread
    assert of_a.standard_error < np.mean([row.standard_error for row in found.rows if row.group in copies["A"]])
    assert not any("Copies other than the first" in warning for warning in found.warnings)
    assert found.all_rows[-2].group == "A"


def test_means_of_copies_are_in_the_matrix(unit, density):
    groups, copies = copies_of(unit)
    matrix = refine_maps([density, density], VOXEL, groups, origin=ORIGIN, copies=copies)
    headings, rows = matrix.table()
    told = [rows[0][headings.index(name)] for name in ("A", "A error", "A spread", "A expected spread", "B")]
    assert told[0] == pytest.approx(np.mean(TRUTH), abs=0.03)
    assert told[2] == pytest.approx(np.std(TRUTH, ddof=1), abs=0.03)
    assert told[4] == pytest.approx(1, abs=0.03)
    assert min(told[1], told[3]) > 0


def test_copies_about_another_point_are_told_to_fit_less_well(unit, density):
    groups, copies = copies_of(unit, origin=ORIGIN + np.array([-14, 10, 0]))
    said = "Copies other than the first fit the map much less well"
    for found in (
        refine(density, VOXEL, groups, origin=ORIGIN, copies=copies),
        refine_maps([density], VOXEL, groups, origin=ORIGIN, copies=copies),
    ):
        assert any(said in sentence for sentence in found.warnings)


def test_an_assembly_that_is_whole_already_is_refused(unit):
    whole, _ = copies_of(unit)
    with pytest.raises(OccuPyError, match="are where copies of them are too; expected one asymmetric unit"):
        copies_of(whole)


def test_copies_outside_of_the_map_are_refused(unit):
    with pytest.raises(OccuPyError, match="4 of 8 copies are outside the map, such as A@2; expected the symmetry"):
        symmetric_groups(unit, "C4", (30, 24, 44), VOXEL, ORIGIN + np.array([-25, 40, 0]))


def test_names_of_groups_stand_for_those_of_all_their_copies():
    copies = {"A": ["A@1", "A@2"], "B": ["B@1", "B@2"]}
    assert names_of_copies(["A", "B@2"], copies) == ["A@1", "A@2", "B@2"]
    assert names_of_copies(None, copies) is None
    assert sets_of_copies([("A", "B")], copies) == [["A@1", "B@1"], ["A@2", "B@2"]]
    assert sets_of_copies([("A@1", "B@2")], copies) == [["A@1", "B@2"]]


def test_copies_differ_where_chance_would_not_make_them_by_more_than_one_time_in_a_hundred():
    random = np.random.default_rng(3)
    covariance = 0.03**2 * (np.eye(5) + 0.5)
    drawn = random.multivariate_normal(np.full(5, 0.8), covariance, 4000)
    found = [mean_of_copies("A", list("abcde"), values, covariance) for values in drawn]
    assert np.mean([bool(one.remarks) for one in found]) == pytest.approx(0.01, abs=0.005)
    assert np.mean([one.spread**2 for one in found]) == pytest.approx(found[0].expected_spread ** 2, rel=0.05)
    assert np.std([one.occupancy for one in found]) == pytest.approx(found[0].standard_error, rel=0.05)
