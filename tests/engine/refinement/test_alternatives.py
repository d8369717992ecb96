"""Alternatives, of which a particle has one at most, in maps that are added up here, atom by atom."""

import re

import numpy as np
import pytest
from chimerax.occupy import MatrixBox, OccuPyError, Reading, make_groups, occupancy_matrix, refine, refine_maps
from chimerax.occupy.engine.matrix.result import OccupancyMatrix
from chimerax.occupy.engine.refinement.alternatives import limited

SHAPE, VOXEL = (36, 40, 34), 4.0
PLACES = {"A": (48, 80, 72), "B": (86, 80, 72), "C": (86, 88, 72), "D": (68, 50, 72)}
"""Centres of balls of atoms: B and C are in one place, or nearly."""

ATOMS, RADIUS, WIDTH = 700, 17.0, 20.0
"""Of each ball; Å; variance of an atom in the map, Å²."""

CONFORMERS = [("B", "C")]


@pytest.fixture(scope="module")
def balls():
    random = np.random.default_rng(6)
    directions = random.standard_normal((ATOMS, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    ball = directions * RADIUS * random.random((ATOMS, 1)) ** (1 / 3)
    return {name: ball + place for name, place in PLACES.items()}


@pytest.fixture(scope="module")
def parts(balls):
    """The density of each ball."""
    axes = [np.arange(n) * VOXEL for n in SHAPE[::-1]]
    found = {}
    for name, positions in balls.items():
        x, y, z = (
            np.exp(-((axis[:, None] - places) ** 2) / (2 * WIDTH))
            for axis, places in zip(axes, positions.T, strict=True)
        )
        found[name] = np.einsum("za,ya,xa->zyx", z, y, x, optimize=True)
    return found


def groups_of(balls, names="ABCD"):
    positions = np.concatenate([balls[name] for name in names])
    labels, b_factors = np.repeat(list(names), ATOMS), np.full(len(positions), 8 * np.pi**2 * 4)
    return make_groups(positions, ["C"] * len(positions), labels, b_factors=b_factors)[0]


@pytest.fixture(scope="module")
def groups(balls):
    return groups_of(balls)


def map_of(parts, noise=0.02, seed=1, **truth):
    density = sum(share * parts[name] for name, share in truth.items())
    return (density + np.random.default_rng(seed).normal(0, noise * density.max(), SHAPE)).astype(np.float32)


def read(found):
    return {row.group: row.occupancy for row in found.rows}


def test_alternatives_sum_to_1_at_most_and_what_shares_a_site_is_read_as_shares(parts, groups):
    density = map_of(parts, A=1, B=0.7, C=0.3, D=1)
    found = refine(density, VOXEL, groups, alternatives=CONFORMERS)
    values, (together,) = read(found), found.together
    assert values["B"] == pytest.approx(0.7, abs=0.05)
    assert values["C"] == pytest.approx(0.3, abs=0.05)
    assert together.name == "B+C"
    assert together.occupancy == pytest.approx(values["B"] + values["C"])
    assert together.occupancy <= 1
    assert together.occupancy == pytest.approx(1, abs=0.03)


def test_a_site_that_some_particles_have_empty_is_read_as_it_is(parts, groups):
    density = map_of(parts, A=1, B=0.5, C=0.2, D=1)
    with_limit, without = (refine(density, VOXEL, groups, alternatives=sets) for sets in (CONFORMERS, ()))
    for name, value in read(without).items():
        assert read(with_limit)[name] == pytest.approx(value, abs=1e-6)
    assert with_limit.together[0].occupancy == pytest.approx(0.7, abs=0.03)


def test_the_sum_is_better_known_than_its_parts_where_these_overlap(parts, groups):
    found = refine(map_of(parts, noise=0.05, A=1, B=0.5, C=0.5, D=1), VOXEL, groups, alternatives=CONFORMERS)
    errors = {row.group: row.standard_error for row in found.rows}
    assert found.together[0].standard_error < 0.7 * np.hypot(errors["B"], errors["C"])


def test_no_alternative_is_the_reference_by_default(parts, groups):
    density = map_of(parts, A=0.9, B=1.0, C=0.02, D=0.9)
    assert refine(density, VOXEL, groups).reference == ["B"]
    found = refine(density, VOXEL, groups, alternatives=CONFORMERS)
    assert set(found.reference) == {"A", "D"}
    assert refine_maps([density], VOXEL, groups, alternatives=CONFORMERS).references == [found.reference]


@pytest.mark.parametrize("reference", [None, ["B", "C"]])
def test_where_there_is_nothing_else_the_sum_of_the_alternatives_is_full(parts, balls, reference):
    groups = groups_of(balls, "BC")
    density = map_of(parts, B=0.6, C=0.4)
    found = refine(density, VOXEL, groups, alternatives=CONFORMERS, reference=reference)
    assert read(found) == pytest.approx({"B": 0.6, "C": 0.4}, abs=0.04)
    matrix = refine_maps([density], VOXEL, groups, alternatives=CONFORMERS, reference=reference)
    np.testing.assert_allclose(matrix.occupancies[0], [0.6, 0.4], atol=0.04)


@pytest.mark.parametrize("function", [refine, lambda density, *of, **given: refine_maps([density], *of, **given)])
def test_one_of_two_alternatives_is_no_reference(parts, groups, function):
    density = map_of(parts, A=1, B=0.6, C=0.4, D=1)
    with pytest.raises(OccuPyError, match=r"the reference B, which is full, is among the alternatives B\+C"):
        function(density, VOXEL, groups, alternatives=CONFORMERS, reference=["A", "B"])


def test_groups_that_are_no_alternatives_are_said_to_be_none(parts, groups):
    found = refine(map_of(parts, A=1, B=1, D=1), VOXEL, groups, alternatives=[("A", "D")], reference=["B"])
    assert any("summed to 2.0" in remark for remark in found.together[0].remarks)
    assert not refine(map_of(parts, A=1, B=1, D=1), VOXEL, groups, alternatives=CONFORMERS).together[0].remarks


def test_an_alternative_outside_of_the_map_leaves_the_others(parts, balls):
    away = groups_of(balls | {"C": balls["C"] + 500})
    found = refine(map_of(parts, A=1, B=0.4, D=1), VOXEL, away, alternatives=CONFORMERS)
    assert (found.together[0].name, found.together[0].groups) == ("B+C", ["B"])
    assert found.together[0].occupancy == pytest.approx(0.4, abs=0.03)


def test_sums_are_in_tables_and_values_of_one_map_and_of_many(parts, groups):
    shares = [(0.7, 0.3), (1, 0), (0.5, 0.2), (0, 1)]
    maps = [map_of(parts, A=1, B=b, C=c, D=1) for b, c in shares]
    matrix = refine_maps(maps, VOXEL, groups, alternatives=CONFORMERS)
    headings, rows = matrix.table()
    found = np.array([row[headings.index("B+C")] for row in rows])
    np.testing.assert_allclose(found, np.sum(shares, axis=1), atol=0.03)
    assert all(row[headings.index("B+C error")] > 0 for row in rows)
    again = OccupancyMatrix.from_dict(matrix.as_dict())
    assert again.as_csv() == matrix.as_csv()
    assert matrix.together_in_words[0].startswith("B+C, sum of alternatives: 0.9")
    one = refine(maps[2], VOXEL, groups, alternatives=CONFORMERS)
    assert one.all_rows[-1].group == "B+C"
    assert one.as_dict()["together"][0]["occupancy"] == one.all_rows[-1].occupancy


def test_alternatives_that_share_a_site_are_relative_to_their_sum_in_reference_maps(parts, groups):
    maps = [map_of(parts, A=1, B=0.5, C=0.5, D=1), map_of(parts, A=1, B=0.7, C=0.2, D=1)]
    matrix = refine_maps(maps, VOXEL, groups, alternatives=CONFORMERS, reference_maps=["1"])
    np.testing.assert_allclose(matrix.occupancies[:, 1:3], [[0.5, 0.5], [0.7, 0.2]], atol=0.05)


def test_alternatives_are_not_said_to_be_full_in_hardly_any_map(parts, groups):
    maps = [map_of(parts, A=1, B=0.5, C=0.5, D=1)] * 4
    told, silent = (refine_maps(maps, VOXEL, groups, alternatives=sets).warnings for sets in ((), CONFORMERS))
    assert any("hardly any map: B" in warning for warning in told)
    assert not any("hardly any map" in warning for warning in silent)


COVARIANCE = np.array([[0.02, -0.012], [-0.012, 0.015]])


@pytest.mark.parametrize("values", [(0.4, 0.3), (0.7, 0.28), (0.6, 0.6), (1.1, 0.2)])
def test_errors_are_those_of_a_normal_distribution_that_ends_where_the_sum_is_1(values):
    drawn = np.random.default_rng(0).multivariate_normal(values, COVARIANCE, 2_000_000)
    drawn = drawn[drawn.sum(axis=1) <= 1]
    found = limited(np.array(values), COVARIANCE, COVARIANCE)
    off = np.sqrt(((drawn - found.occupancies) ** 2).mean(axis=0))
    np.testing.assert_allclose(found.standard_errors, off, rtol=0.02)
    of_sum = np.sqrt(((drawn.sum(axis=1) - found.total) ** 2).mean())
    assert found.total_error == pytest.approx(of_sum, rel=0.02)


def test_occupancies_above_the_limit_are_the_nearest_below_it_in_the_metric_of_the_fit():
    values, metric = np.array([0.8, 0.5]), np.array([[2.0, -0.5], [-0.5, 1.0]])
    found = limited(values, COVARIANCE, metric)
    assert found.occupancies.sum() == pytest.approx(1)
    shares = np.linspace(0, 1, 1001)
    off = np.stack([shares, 1 - shares], axis=1) - values
    nearest = shares[np.einsum("ia,ab,ib->i", off, np.linalg.inv(metric), off).argmin()]
    assert found.occupancies[0] == pytest.approx(nearest, abs=1e-3)


def test_sums_far_above_1_have_errors_too():
    found = limited(np.array([30.0, 20.0]), COVARIANCE, COVARIANCE)
    assert np.isfinite(found.standard_errors).all()
    assert found.excess


def test_maps_of_which_each_has_the_model_of_one_alternative_make_one_column_of_sums(parts, balls):
    boxes = [MatrixBox(SHAPE, VOXEL, groups_of(balls, names)) for names in ("ABD", "ACD")]
    maps = [map_of(parts, A=1, B=0.6, D=1), map_of(parts, A=1, C=0.8, D=1)]
    readings = [
        Reading(name, box.sums(density), box.model_sums) for name, box, density in zip("12", boxes, maps, strict=True)
    ]
    headings, rows = occupancy_matrix(readings, boxes[0].lowpass, alternatives=CONFORMERS).table()
    assert len(set(headings)) == len(headings)
    assert [row[headings.index("B+C")] for row in rows] == pytest.approx([0.6, 0.8], abs=0.05)


@pytest.mark.parametrize(
    ("alternatives", "said"),
    [
        ([("B",)], "the alternatives are B; expected two groups or more"),
        ([("B", "B")], "the alternatives are B, B; expected two groups or more, each once"),
        ([("B", "X")], "the alternative X is not a group; expected some of A, B, C, D"),
        ([("A", "B"), ("B", "C")], "B is among the alternatives A+B and B+C; expected it once"),
    ],
)
def test_what_cannot_be_alternatives_is_refused(parts, groups, alternatives, said):
    density = map_of(parts, A=1, B=1, D=1)
    for refined in (refine, lambda density, *rest, **given: refine_maps([density], *rest, **given)):
        with pytest.raises(OccuPyError, match=re.escape(said)):
            refined(density, VOXEL, groups, alternatives=alternatives)
