"""Names of groups where they are shown."""

import pytest
from chimerax.occupy.engine.refinement.names import joined_along_chains, labels_of


@pytest.mark.parametrize(
    ("groups", "labels"),
    [
        (["#2/A", "#2/B:1-30", "#2/B:31"], ["/A", "/B:1-30", "/B:31"]),
        (["#1.2/A", "#1.2@CA"], ["/A", "@CA"]),
        (["#2/A", "rna"], ["/A", "rna"]),
        (["#2/A", "#3/A"], ["#2/A", "#3/A"]),
        (["#2", "#2/A"], ["#2", "#2/A"]),
        (["#2/A", "/A"], ["#2/A", "/A"]),
        (["#2/A", "#2/B | #2/C"], ["#2/A", "#2/B | #2/C"]),
        (["A", "B:1-30"], ["A", "B:1-30"]),
        ([], []),
    ],
)
def test_the_number_of_the_model_is_left_out_where_there_is_one_and_names_stay_apart(groups, labels):
    assert labels_of(groups) == dict(zip(groups, labels, strict=True))


def test_segments_that_follow_each_other_are_one_and_whole_chains_are_called_so():
    groups = ["#2/A:-5-30", "#2/A:31-60", "#2/A:61-90A", "#2/A:95", "#2/B:1-30", "#2/B:31-60", "#2/C", "lid"]
    assert joined_along_chains(["#2/A:31-60", "#2/A:61-90A"], groups) == {"#2/A:31-90A": ["#2/A:31-60", "#2/A:61-90A"]}
    assert list(joined_along_chains(groups[:2] + groups[3:], groups)) == [
        "#2/A:-5-60", "#2/A:95", "#2/B", "#2/C", "lid"
    ]  # fmt: skip
    assert list(joined_along_chains(groups[2:5], groups)) == ["#2/A:61-95", "#2/B:1-30"]


def test_segments_are_joined_by_their_numbers_in_whatever_order_groups_come():
    groups = ["A:121-150", "A:1-30", "A:31-60", "A:61-120"]
    assert list(joined_along_chains(["A:31-60", "A:1-30"], groups)) == ["A:1-60"]
    assert list(joined_along_chains(["A:1-30", "A:121-150"], groups)) == ["A:1-30", "A:121-150"]


def test_a_chain_that_is_a_group_too_does_not_lend_its_name_to_its_segments():
    assert list(joined_along_chains(["A:1-30", "A:31-60"], ["A", "A:1-30", "A:31-60"])) == ["A:1-60"]
