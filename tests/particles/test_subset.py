"""The particles of some maps of a matrix: which, how many of each, and how many of them are expected to be wrong."""

import numpy as np
import pytest
from chimerax.occupy import OccuPyError, Wanted, subset_of, with_shares
from chimerax.occupy.particles.result import Particles

MAPS = np.array([0, 2, 1, 0, 2, 2])


@pytest.fixture
def matrix(matrix_of):
    """Of three maps, vol_000 to vol_002, and two groups, with small errors."""
    return matrix_of([[1, 0], [0, 1], [1, 0.5]], ["A", "B"], 1)


def in_classes(labels, path="run_data.star"):
    return Particles.in_classes(path, np.array(labels))


def chosen(*maps):
    return np.isin(np.arange(3), maps)


def test_particles_are_those_of_the_classes_of_the_maps(matrix):
    found = subset_of(in_classes(MAPS), matrix, matrix.maps, chosen(0, 2), Wanted(("A",)))
    assert found.keep.tolist() == [True, True, False, True, True, True]
    assert (found.maps, found.classes, found.counts.tolist()) == ([0, 2], [0, 2], [2, 3])
    assert found.wrong == pytest.approx(0, abs=0.02)


def test_the_share_that_is_wrong_counts_maps_by_their_particles(matrix):
    found = subset_of(in_classes(MAPS), matrix, matrix.maps, chosen(0, 2), Wanted(("A",), ("B",)))
    assert found.wrong == pytest.approx(3 / 5 * 0.5, abs=0.03)
    assert subset_of(in_classes(MAPS), matrix, matrix.maps, chosen(0, 2), Wanted()).wrong is None


def test_posteriors_count_as_parts_of_particles(matrix):
    posteriors = np.array([[0.9, 0.1, 0], [0.2, 0.8, 0], [0.6, 0.4, 0]])
    particles = Particles.in_part("particles.cs", [([0, 1, 2], posteriors)])
    found = subset_of(particles, matrix, matrix.maps, chosen(0), Wanted(("A",)))
    assert found.keep.tolist() == [True, False, True]
    assert found.wrong == pytest.approx((0.1 + 0.4) / 2, abs=0.02)


def test_classes_that_the_matrix_knows_are_taken_before_those_of_names(matrix):
    populations = in_classes([7, 8, 9]).populations(matrix.maps, matrix.maps, [9, 8, 7])
    found = subset_of(in_classes([7, 7, 8, 9]), with_shares(matrix, populations), matrix.maps, chosen(0), Wanted())
    assert found.keep.tolist() == [False, False, False, True]


def test_a_file_with_names_of_maps_goes_with_a_matrix_that_knows_numbers(matrix):
    known = with_shares(matrix, in_classes(MAPS).populations(matrix.maps, matrix.maps))
    names = np.array(matrix.maps)[MAPS]
    found = subset_of(in_classes(names, "particles.csv"), known, matrix.maps, chosen(1), Wanted())
    assert found.keep.tolist() == (MAPS == 1).tolist()


def test_a_reference_without_particles_is_left_out_of_maps_that_have_some(matrix):
    known = with_shares(matrix, in_classes([1, 2]).populations(matrix.maps[1:], matrix.maps[1:]))
    found = subset_of(in_classes([1, 2, 2]), known, matrix.maps, chosen(0, 2), Wanted(("A",)))
    assert (found.maps, found.left_out, found.keep.tolist()) == ([2], [0], [False, True, True])
    with pytest.raises(OccuPyError, match="are in these maps"):
        subset_of(in_classes([1, 2, 2]), known, matrix.maps, chosen(0), Wanted())


def test_classes_counted_from_another_number_than_those_of_the_matrix_are_refused(matrix):
    known = with_shares(matrix, in_classes(MAPS).populations(matrix.maps, matrix.maps))
    with pytest.raises(OccuPyError, match="are in class 3, which no particles of the matrix were in"):
        subset_of(in_classes(MAPS + 1), known, matrix.maps, chosen(1, 2), Wanted())


def test_classes_may_be_more_than_those_of_the_maps_where_the_matrix_left_some_out(matrix):
    labels = np.array([*MAPS, 7])
    known = with_shares(matrix, in_classes(labels).populations(matrix.maps, matrix.maps, [0, 1, 2]))
    assert subset_of(in_classes(labels), known, matrix.maps, chosen(1), Wanted()).keep.tolist() == [*(MAPS == 1), False]


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        ([0, 1], "there are 2 classes for 3 maps"),
        ([0, 1, 1], "class 1 is given to 2 maps"),
        ([0, 1, 5], "no particles of run_data.star are in vol_002"),
    ],
)
def test_classes_that_do_not_fit_are_told_in_a_sentence(matrix, classes, words):
    with pytest.raises(OccuPyError) as refused:
        subset_of(in_classes(MAPS), matrix, matrix.maps, chosen(2), Wanted(), classes)
    assert words in str(refused.value)
