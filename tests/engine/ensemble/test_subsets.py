"""Maps that have some groups and not others, and the share of their particles that is expected to be wrong."""

import numpy as np
import pytest
from chimerax.occupy import OccuPyError
from chimerax.occupy.engine.ensemble.subsets import Wanted, expected_occupancies, maps_with, names_in, share_right
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


def test_maps_and_masks_may_be_named_with_or_without_the_ending_of_their_files():
    assert names_in(["block,A"], ["A", "block.mrc"]) == ("block.mrc", "A")
    assert names_in(["block.mrc"], ["A", "block"]) == ("block",)
    assert names_in(["block"], ["block.mrc", "block.map"]) == ("block",)


def test_without_errors_the_share_that_is_right_is_a_product_of_occupancies():
    found = share_right(matrix_of([[0.9, 0.2, 1], [1.1, -0.1, 1], [0.5, 1.2, 1]]), Wanted(("A",), ("B",)))
    np.testing.assert_allclose(found, [0.72, 1, 0], atol=0.005)


def drawn(shares, error, shape=(200, 20), seed=3):
    """Occupancies that are 0, 1 or anything between with these probabilities, and readings of them."""
    random = np.random.default_rng(seed)
    truth = random.choice(3, shape, p=shares).astype(float)
    truth[truth == 2] = random.random((truth == 2).sum())
    return truth, truth + error * random.standard_normal(shape)


@pytest.mark.parametrize("shares", [(0.3, 0.6, 0.1), (0.5, 0.5, 0), (0.1, 0.2, 0.7), (0, 0, 1)])
@pytest.mark.parametrize("error", [0.02, 0.05, 0.12])
def test_expected_occupancies_are_right_on_the_mean_whatever_the_matrix_is_like(shares, error):
    truth, read = drawn(shares, error)
    expected = expected_occupancies(matrix_of(read, error, groups=[f"g{j}" for j in range(20)]))
    for low, high in ((-1, 0.3), (0.3, 0.7), (0.7, 0.95), (0.95, 2)):
        wrong = (truth - expected)[(read > low) & (read <= high)]
        assert len(wrong) < 20 or abs(wrong.mean()) < 0.005 + 3 * wrong.std() / np.sqrt(len(wrong))
    assert np.mean((expected - truth) ** 2) <= np.mean((np.clip(read, 0, 1) - truth) ** 2)


def test_what_is_far_beyond_0_and_1_is_away_and_whole():
    found = expected_occupancies(matrix_of([[-3.0, 4.0], [0.0, 1.0]], 0.05))
    np.testing.assert_allclose(found, [[0, 1], [0, 1]], atol=0.02)


def test_what_is_not_known_is_not_told():
    assert np.isnan(share_right(matrix_of(OCCUPANCIES), Wanted(("A",)))[4])
