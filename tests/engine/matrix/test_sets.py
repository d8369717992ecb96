"""What tells sets of maps apart, in words, from matrices that are made up."""

import numpy as np
import pytest


def test_what_all_sets_lack_is_told_once(matrix_of):
    matrix = matrix_of([[1, 1, 0, 0.5], [1, 0, 0, 0.5]], "ABCD")
    assert [one["words"] for one in matrix.described()] == ["all other groups", "without B"]
    assert matrix.common == "without C; in part D"
    assert [one["absent"] for one in matrix.described()] == [["C"], ["B", "C"]]


@pytest.mark.parametrize(("sets", "common"), [(9, ""), (10, "without B; unless told otherwise")])
def test_what_nearly_all_sets_lack_is_told_of_those_that_have_it(matrix_of, sets, common):
    values = np.ones((sets, 4))
    values[:, 1] = 0
    values[3] = [1, 1, 0, 1]
    matrix = matrix_of(values, "ABCD")
    words = [one["words"] for one in matrix.described()]
    assert matrix.common == common
    assert words[3] == ("without C; with B" if common else "without C")
    assert set(words[:3] + words[4:]) == {"all other groups" if common else "without B"}


def test_the_only_set_is_told_by_itself(matrix_of):
    matrix = matrix_of([[1, 0, 0.5]], "ABC")
    assert [one["words"] for one in matrix.described()] == ["without B; in part C"]
    assert matrix.common == ""


def test_groups_that_are_outside_the_maps_of_a_set_are_not_told_of(matrix_of):
    matrix = matrix_of([[1, np.nan, 0], [1, 1, 1]], "ABC")
    assert [one["words"] for one in matrix.described()] == ["without C", "all groups"]


def test_of_many_groups_those_are_named_that_few_sets_lack(matrix_of):
    sets = np.ones((5, 136))
    sets[:3, 20:100] = 0
    sets[0, [7, 120]] = 0
    sets[3, :4] = 0
    groups = [f"L{i}" for i in range(136)]
    words = [one["words"] for one in matrix_of(sets, groups).described()]
    assert words[0] == "without L7, L20, L21, L22, L23, L120 and 76 more"
    assert words[1] == "without L20, L21, L22, L23, L24, L25 and 74 more"
    assert words[3:] == ["without L0, L1, L2, L3", "all groups"]
    assert max(map(len, words)) < 60


def test_models_numbers_and_neighbouring_segments_do_not_make_words_long(matrix_of):
    groups = [f"#2/{chain}:{first}-{first + 29}" for chain in "AB" for first in range(1, 300, 30)]
    sets = np.ones((2, 20))
    sets[1, 2:7] = sets[1, 10:] = 0
    matrix = matrix_of(sets, groups)
    one = matrix.described()[1]
    assert one["words"] == "without /A:61-210, /B"
    assert one["apart"] == [{"groups": groups[2:7] + groups[10:], "words": one["words"]}]
    assert one["absent"] == groups[2:7] + groups[10:]
    assert matrix.labels[0] == "/A:1-30"
    assert matrix.as_dict()["groups"] == groups


def test_notes_are_on_groups_by_the_names_that_are_shown(matrix_of):
    matrix = matrix_of([[1, 1]], ["#2/A", "#2/B"])
    matrix.notes[0][1].append("displaced?")
    assert matrix.noted == "/B (1 of 2 maps)"


def test_maps_that_failed_are_in_no_set(matrix_of):
    matrix = matrix_of([[1, 1], [1, 0]], "AB")
    matrix.agreement[0] = 0
    assert [one["maps"] for one in matrix.described()] == [["vol_001"], ["vol_002", "vol_003"]]
