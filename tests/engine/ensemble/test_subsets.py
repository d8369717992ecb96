"""Maps that have some groups and not others, and the share of their particles that is expected to be wrong."""

import numpy as np
import pytest
from chimerax.occupy import OccuPyError
from chimerax.occupy.engine.ensemble.subsets import Wanted, maps_with, names_in, share_right
from matrices import matrix_of

OCCUPANCIES = [[1, 0.02, 0.9], [0.98, 0.7, 0.3], [0.65, 0.0, 0.31], [0.1, 0.2, 1.0], [np.nan, 0, 1]]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(("A",)), [0, 1]),
        (Wanted((), ("B",)), [0, 2, 3, 4]),
        (Wanted(("A",), ("B",)), [0]),
        (Wanted(("B", "A")), [1]),
        (Wanted(("A",), ("B", "C"), 0.65), [2]),
        (Wanted(("A",), above=0.99), [0]),
    ],
)
def test_maps_have_a_group_from_an_occupancy_on_and_have_it_not_up_to_1_less_that(wanted, expected):
    assert np.flatnonzero(maps_with(matrix_of(OCCUPANCIES), wanted)).tolist() == expected


def test_where_no_map_is_such_the_nearest_are_told_with_what_they_miss():
    with pytest.raises(OccuPyError) as refused:
        maps_with(matrix_of(OCCUPANCIES), Wanted(("A",), ("B", "C")))
    assert str(refused.value) == (
        "no map is with A, without B, C (occupancies of 0.7 and more, 0.3 and less); the nearest are "
        "m3 (A 0.65, C 0.31), m2 (B 0.70), m1 (C 0.90)"
    )


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted(("X",)), "there is no group X; there are A, B, C"),
        (Wanted(), "nothing is said of groups"),
        (Wanted(("A",), ("A",)), "A is with and without"),
        (Wanted(("A",), above=0.5), "above is 0.5; expected a number above 0.5"),
        (Wanted(("A",), above=float("nan")), "above is nan"),
    ],
)
def test_what_cannot_be_wanted_is_told_in_a_sentence(wanted, words):
    with pytest.raises(OccuPyError) as refused:
        maps_with(matrix_of(OCCUPANCIES), wanted)
    assert words in str(refused.value)


def test_names_may_have_commas_and_several_may_be_given_in_one():
    groups = ["A", "B", "heads, both", "C"]
    assert names_in(["A,B", "C"], groups) == ("A", "B", "C")
    assert names_in(["heads, both", "A, C"], groups) == ("heads, both", "A", "C")
    assert names_in(["A,x"], groups) == ("A", "x")


def test_without_errors_the_share_that_is_right_is_a_product_of_occupancies():
    found = share_right(matrix_of([[0.9, 0.2, 1], [1.1, -0.1, 1], [0.5, 1.2, 1]]), Wanted(("A",), ("B",)))
    np.testing.assert_allclose(found, [0.72, 1, 0], atol=1e-12)


def test_with_errors_it_is_the_mean_over_what_occupancies_may_be():
    means, errors = np.array([[0.95, 0.03], [0.75, 0.2], [1.0, -0.3]]), np.array([[0.05, 0.08], [0.2, 0.1], [0.3, 0.1]])
    drawn = np.clip(means + errors * np.random.default_rng(2).standard_normal((200000, 3, 2)), 0, 1)
    expected = (drawn[..., 0] * (1 - drawn[..., 1])).mean(axis=0)
    found = share_right(matrix_of(means, errors), Wanted(("A",), ("B",)))
    np.testing.assert_allclose(found, expected, atol=0.002)


def test_what_is_not_known_is_not_told():
    assert np.isnan(share_right(matrix_of(OCCUPANCIES), Wanted(("A",)))[4])
