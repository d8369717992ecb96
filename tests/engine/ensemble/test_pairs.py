"""What comes with what, against particles that are counted one by one."""

import csv
import io
import json

import numpy as np
import pytest
from chimerax.occupy import OccuPyError
from chimerax.occupy.engine.ensemble.cells import READING_ERROR
from chimerax.occupy.engine.ensemble.pairs import pairs_of

STATES = np.array([[1, 1, 0], [1, 0, 1], [1, 1, 1], [0, 0, 1], [0, 1, 0]], bool)
COUNTS = np.array([40, 10, 25, 5, 20])


def test_they_are_those_of_particles_where_each_map_has_one_state(matrix_of):
    found = pairs_of(matrix_of(STATES, own=0.0, weights=COUNTS))
    particles = np.repeat(STATES, COUNTS, axis=0)
    np.testing.assert_allclose(found.correlations, np.corrcoef(particles.T), atol=1e-12)
    for i in range(3):
        shares = particles[particles[:, i]].mean(axis=0)
        for values in (found.shares, found.least, found.most):
            np.testing.assert_allclose(values[i], shares, atol=1e-12)
    np.testing.assert_allclose(found.share_errors, 0, atol=1e-12)


def test_without_populations_there_are_as_many_particles_in_each_map(matrix_of):
    equal = pairs_of(matrix_of(STATES, weights=np.full(5, 300)))
    np.testing.assert_allclose(pairs_of(matrix_of(STATES)).shares, equal.shares)


def test_within_a_map_groups_are_independent_and_bounds_hold_whatever_they_are(matrix_of, random):
    states = random.random((4000, 6, 2)) < 0.5
    states[:2000, :, 1] &= states[:2000, :, 0]
    states[2000:3000, :, 1] &= ~states[2000:3000, :, 0]
    for some in (states[:2000], states[2000:3000], states[3000:]):
        found = pairs_of(matrix_of(some.mean(axis=0), own=0.0))
        true = (some[..., 0] & some[..., 1]).sum() / some[..., 0].sum()
        assert found.least[0, 1] - 1e-9 <= true <= found.most[0, 1] + 1e-9
    assert found.shares[0, 1] == pytest.approx(true, abs=0.02)


@pytest.mark.parametrize("name", ["share", "correlation"])
@pytest.mark.parametrize(("own", "common"), [(0.05, 0.0), (0.0, 0.05), (0.06, 0.04)])
def test_errors_are_how_far_occupancies_within_their_errors_move_them(matrix_of, random, name, own, common):
    occupancies = np.array([[1, 0.9, 0.2], [0.8, 0.3, 0.1], [1, 0.2, 0.9], [0.1, 0.05, 0.8], [0.2, 0.7, 0.1]])
    weights, noise = np.array([3, 1, 2, 2, 1]), np.hypot(own, READING_ERROR) if name == "correlation" else own
    found = pairs_of(matrix_of(occupancies, own, common * occupancies, weights=weights))
    drawn = []
    for _ in range(400):
        moved = occupancies * (1 + common * random.standard_normal(3)) + noise * random.standard_normal((5, 3))
        drawn.append(getattr(pairs_of(matrix_of(moved, own, weights=weights)), f"{name}s"))
    np.testing.assert_allclose(getattr(found, f"{name}_errors"), np.std(drawn, axis=0), rtol=0.15, atol=1e-3)


def test_a_factor_that_is_wrong_about_a_group_changes_no_correlation(matrix_of, random):
    occupancies = random.random((9, 3))
    correct, wrong = (pairs_of(matrix_of(factor * occupancies, own=0)) for factor in (1, [0.8, 1, 1.2]))
    np.testing.assert_allclose(correct.correlations, wrong.correlations)
    np.testing.assert_allclose(correct.correlations, np.corrcoef(occupancies.T))


def test_maps_that_failed_and_cells_that_are_not_known_do_not_count(matrix_of):
    occupancies = np.array([[1, 1], [1, 0], [1, np.nan], [np.nan, np.nan], [0, 1]], float)
    found = pairs_of(matrix_of(occupancies, own=0.0, failed=["4"], weights=[1, 3, 5, 100, 2]))
    assert found.shares[0, 1] == pytest.approx(1 / 4)
    assert found.shares[1, 0] == pytest.approx(1 / 3)


def test_nothing_is_told_relative_to_what_is_nowhere_or_correlated_with_what_is_always_there(matrix_of, random):
    occupancies = np.stack([np.ones(8), np.zeros(8), np.arange(8) % 2], axis=1) + 0.03 * random.standard_normal((8, 3))
    found = pairs_of(matrix_of(occupancies, own=0.03))
    assert np.isnan(found.shares[1, [0, 2]]).all()
    assert np.isnan(found.correlations[[0, 1]]).all()
    assert found.shares[2, 0] == pytest.approx(1, abs=0.1)
    rows = list(csv.DictReader(io.StringIO(found.as_csv())))
    assert [row["share"] for row in rows if row["of those with"] == "B"] == ["", ""]
    assert json.loads(json.dumps(found.as_dict()))["shares"][1][0] is None


def test_the_table_has_a_row_for_each_ordered_pair(matrix_of):
    found = pairs_of(matrix_of(STATES, weights=COUNTS))
    rows = {(row["of those with"], row["have"]): row for row in csv.DictReader(io.StringIO(found.as_csv()))}
    assert len(rows) == 6
    assert float(rows["A", "C"]["share"]) == pytest.approx(35 / 75)
    assert float(rows["C", "A"]["share"]) == pytest.approx(35 / 40)
    assert rows["A", "C"]["correlation"] == rows["C", "A"]["correlation"]


def test_that_no_map_with_particles_can_be_used_is_told(matrix_of):
    with pytest.raises(OccuPyError, match="no map that has particles can be used"):
        pairs_of(matrix_of(STATES, failed=["2"], weights=[0, 1, 0, 0, 0]))
