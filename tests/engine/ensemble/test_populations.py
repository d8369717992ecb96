"""Populations of maps: classes matched to maps by their names, counted, or said by hand."""

import numpy as np
import pytest
from chimerax.occupy import OccuPyError
from chimerax.occupy.engine.ensemble.populations import Populations, counted, matched, told_populations


def names_of(pattern, numbers):
    return [pattern.format(number) for number in numbers]


@pytest.mark.parametrize(
    ("pattern", "classes"),
    [
        ("run_it025_class{:03d}", [1, 2, 3, 4]),
        ("cryosparc_P1_J23_class_{:02d}_00042_volume", [0, 1, 2]),
        ("vol_{:03d}", [0, 1, 2, 3]),
        ("{}", [7, 8, 9, 10, 11]),
        ("run_ct12_it040_class{:03d}_unfil", [1, 2, 12]),
        ("class{0:03d}_of_class{0:03d}", [1, 2, 3]),
        ("only{}", [1]),
    ],
)
def test_the_number_that_differs_among_names_and_is_all_classes_is_the_class(pattern, classes):
    order = classes[::-1]
    assert matched(names_of(pattern, order), classes) == order


def test_classes_that_are_names_are_those_of_the_maps():
    assert matched(["apo", "holo"], ["holo", "apo"]) == ["apo", "holo"]
    assert matched(["apo.mrc", "holo.mrc.gz"], ["job3/holo.mrc", "apo"]) == ["apo", "job3/holo.mrc"]


@pytest.mark.parametrize(
    ("names", "classes", "words"),
    [
        (names_of("vol_{:03d}", range(4)), [1, 2, 3, 4], "0 to 3 and the classes 1 to 4: off by one"),
        (names_of("vol_{:03d}", [1, 2]), [0, 1], "1 to 2 and the classes 0 to 1: off by one"),
        (["a1_b2", "a2_b1"], [1, 2], "a1_b2 may be class 1 or class 2"),
        (["apo", "holo"], [1, 2], "no number differs among the names of the maps, apo, holo"),
        (["vol_1", "vol_2_b3"], [1, 2], "different numbers of numbers, as vol_1 and vol_2_b3"),
        (names_of("class{:03d}", [1, 2, 4]), [1, 2, 3, 4, 5], "no map is of class 3, 5; expected a map for each class"),
        (names_of("class{:03d}", [1, 2, 3, 4]), [1, 2], "no particles are of class003, class004; expected maps"),
        (names_of("class{:03d}", [1, 2, 9]), [1, 2, 5], "no map is of class 5, and no particles are of class009"),
        (["a1_x1", "a1_x2", "b2_x2"], [1, 2], "the same number in their names"),
        (["a/apo", "b/apo"], ["apo", "holo"], "two maps have one name"),
        (["apo", "holo"], ["apo", "half"], "no map is of class half, and no particles are of holo"),
    ],
)
def test_what_cannot_be_matched_in_one_way_is_told_in_a_sentence(names, classes, words):
    with pytest.raises(OccuPyError) as refused:
        matched(names, classes)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_particles_in_classes_are_shares_of_maps():
    found = counted(["x", "y"], [1, 2], [30, 10], np.diag([30, 10]), [2, 1])
    np.testing.assert_allclose(found.weights, [0.25, 0.75])
    np.testing.assert_allclose(found.particles, [10, 30])
    assert (found.count, found.left_out) == (pytest.approx(40), 0)


def test_classes_left_out_by_hand_are_told_and_count_no_more():
    found = counted(["x"], [1, 2, 3], [30, 10, 60], np.diag([30, 10, 60]), [1])
    assert (found.count, found.left_out) == (pytest.approx(30), pytest.approx(0.7))
    np.testing.assert_allclose(found.weights, [1])


def test_particles_that_are_in_part_in_these_maps_count_in_part():
    posteriors = np.array([[0.5, 0.1, 0.4], [0.2, 0.8, 0], [0, 0, 1.0], [0.9, 0.1, 0]])
    found = counted(["x", "y"], [0, 1, 2], posteriors.sum(axis=0), posteriors.T @ posteriors, [0, 1])
    in_these = posteriors[:, :2].sum(axis=1)
    assert found.count == pytest.approx(in_these.sum() ** 2 / (in_these**2).sum())
    assert found.left_out == pytest.approx(1.4 / 4)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ([1], "there are 1 classes for 2 maps"),
        ([1, 1], "class 1 is given to 2 maps"),
        ([1, 7], "no particles are in class 7, of y; the classes of the particles are 1, 2, 3"),
        ([1, 3], "no particles are in y (class 3)"),
    ],
)
def test_classes_that_do_not_fit_the_maps_are_refused(chosen, words):
    with pytest.raises(OccuPyError) as refused:
        counted(["x", "y"], [1, 2, 3], [5, 5, 0], np.diag([5, 5, 0]), chosen)
    assert words in str(refused.value)


def test_populations_said_by_hand_are_shares_that_nobody_counted():
    found = told_populations(["x", "y"], [20, 60])
    np.testing.assert_allclose(found.weights, [0.25, 0.75])
    assert found.count is found.particles is None


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([1], "1 populations for 2 maps"),
        ([1, -2], "a population is -2"),
        ([1, float("nan")], "a population is nan"),
        ([0, 0], "all populations are 0"),
    ],
)
def test_numbers_that_are_no_populations_are_refused(numbers, words):
    with pytest.raises(OccuPyError) as refused:
        told_populations(["x", "y"], numbers)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    "one", [told_populations(["x", "y"], [1, 3]), counted(["x"], ["x", "z"], [3, 4], np.diag([3, 4]), ["x"])]
)
def test_populations_come_back_from_plain_values(one):
    again = Populations.from_dict(one.maps, one.as_dict())
    assert again.as_dict() == one.as_dict()
    assert again.maps == one.maps
