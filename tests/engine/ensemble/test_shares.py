"""The share of particles that have a group, and its standard error, against closed forms and drawn numbers."""

import csv
import io
import json

import numpy as np
import pytest
from chimerax.occupy import OccuPyError
from chimerax.occupy.engine.ensemble.populations import counted, told_populations
from chimerax.occupy.engine.ensemble.shares import with_shares
from chimerax.occupy.engine.matrix.result import OccupancyMatrix
from matrices import matrix_of

OCCUPANCIES = [[1, 0.5, 0], [1, 0, 1], [1, 1, 0.2]]
PARTICLES = np.array([2000, 6000, 2000])


def populations(maps=("m1", "m2", "m3"), particles=PARTICLES):
    numbers = list(range(len(maps)))
    return counted(list(maps), numbers, particles, np.diag(particles), numbers)


def test_the_share_is_the_mean_occupancy_weighted_by_particles():
    found = with_shares(matrix_of(OCCUPANCIES), populations())
    np.testing.assert_allclose(found.shares, [1, 0.3, 0.64])


def test_without_errors_of_occupancies_only_counting_is_left():
    found = with_shares(matrix_of(OCCUPANCIES), populations())
    np.testing.assert_allclose(found.share_errors, np.sqrt([0, 0.3 * 0.7 / 1e4, 0.64 * 0.36 / 1e4]))
    by_hand = with_shares(matrix_of(OCCUPANCIES), told_populations(["m1", "m2", "m3"], [20, 60, 20]))
    np.testing.assert_allclose(by_hand.shares, found.shares)
    np.testing.assert_allclose(by_hand.share_errors, 0)


def test_errors_of_maps_average_out_and_what_they_have_in_common_does_not():
    random, own, common = np.random.default_rng(1), 0.04, 0.03
    values = np.array(OCCUPANCIES) + own * random.standard_normal((3000, 3, 3))
    values += common * random.standard_normal((3000, 1, 3))
    drawn = np.array([with_shares(matrix_of(one), populations()).shares for one in values])
    found = with_shares(
        matrix_of(OCCUPANCIES, np.hypot(own, common), own), told_populations(["m1", "m2", "m3"], PARTICLES)
    )
    np.testing.assert_allclose(found.share_errors, drawn.std(axis=0), rtol=0.05)


def test_what_is_not_known_in_a_map_is_told_of_the_particles_of_the_others():
    found = with_shares(matrix_of([[1, 0.5], [1, np.nan], [1, 1]]), populations())
    np.testing.assert_allclose(found.shares, [1, 0.75])
    np.testing.assert_allclose(found.share_errors[1], np.sqrt(0.75 * 0.25 / 4000))
    assert [warning for warning in found.warnings if "B (40%)" in warning]


def test_a_group_that_no_map_with_particles_knows_has_no_share():
    found = with_shares(matrix_of([[1, 0.5], [1, np.nan]]), told_populations(["m1", "m2"], [0, 1]))
    assert np.isnan(found.shares[1])
    assert np.isnan(found.share_errors[1])


def test_maps_that_are_references_only_have_no_particles():
    found = with_shares(matrix_of([*OCCUPANCIES, [0, 0, 0]]), populations())
    np.testing.assert_allclose(found.shares, [1, 0.3, 0.64])
    assert found.populations.weights[3] == 0
    assert found.populations.classes == [0, 1, 2, None]


def test_particles_of_maps_that_are_not_there_or_all_failed_are_refused():
    with pytest.raises(OccuPyError, match="particles of m9, which is not among the maps"):
        with_shares(matrix_of(OCCUPANCIES), populations(("m1", "m2", "m9")))
    with pytest.raises(OccuPyError, match="no map that has particles can be used"):
        with_shares(matrix_of([[1, 1], [np.nan, np.nan]]), told_populations(["m1", "m2"], [0, 1]))


def test_shares_are_the_last_row_of_the_table_and_come_back_from_json():
    found = with_shares(matrix_of(OCCUPANCIES, 0.1), populations())
    headings, *rows = csv.reader(io.StringIO(found.as_csv()))
    assert {len(row) for row in rows} == {len(headings)}
    assert [row[0] for row in rows] == ["m1", "m2", "m3", "all particles"]
    last = dict(zip(headings, rows[-1], strict=True))
    assert [float(last[name]) for name in "ABC"] == found.shares.tolist()
    assert [float(last[f"{name} error"]) for name in "ABC"] == found.share_errors.tolist()
    assert [row[headings.index("population")] for row in rows] == ["0.2", "0.6", "0.2", ""]
    again = OccupancyMatrix.from_dict(json.loads(json.dumps(found.as_dict())))
    assert again.as_dict() == found.as_dict()


def test_a_matrix_without_populations_has_neither_row_nor_column():
    found = matrix_of(OCCUPANCIES)
    headings, rows = found.table()
    assert len(rows) == 3
    assert "population" not in headings
    assert found.as_dict()["shares"] is found.as_dict()["populations"] is None
