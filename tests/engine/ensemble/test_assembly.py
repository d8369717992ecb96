"""An order of assembly, from occupancies of ensembles whose order is known."""

import json
from dataclasses import replace

import networkx
import numpy as np
import pytest
from chimerax.occupy.engine.ensemble import nested
from chimerax.occupy.engine.ensemble.assembly import assembly_of
from scipy.stats import fisher_exact

NOISE = 0.04


def dealt(random, needs, count=40, there=0.7, of=None):
    """0 and 1 for blocks that are there at random where those that they need are."""
    found = random.random((count, len(needs))) < there
    for block, needed in enumerate(needs):
        found[:, block] &= found[:, list(needed)].all(axis=1)
    return found[:, of].astype(float) if of is not None else found.astype(float)


def read(random, occupancies):
    return occupancies + NOISE * random.standard_normal(occupancies.shape)


def names_of(found):
    """Arrows between the names of nodes, and what is always there."""
    names = ["".join(node.groups) for node in found.nodes]
    always = [name for name, node in zip(names, found.nodes, strict=True) if node.always]
    return {(names[i], names[j]) for i, j in found.arrows}, always


BRANCH = ((), (0,), (1,), (1,))


@pytest.fixture
def branch(random):
    """Blocks A B, C D, E and F that come one after the other, the last two apart, and G, which is always there."""
    return np.c_[dealt(random, BRANCH, of=[0, 0, 1, 1, 2, 3]), np.ones(40)]


ARROWS = {("AB", "CD"), ("CD", "E"), ("CD", "F")}


def test_the_order_is_told_and_what_always_comes_together_is_one_node(matrix_of, random, branch):
    found = assembly_of(matrix_of(read(random, branch), NOISE))
    assert names_of(found) == (ARROWS, ["G"])
    assert found.told == "Order of assembly, told by 40 maps"
    shares = {"".join(node.groups): node.share for node in found.nodes}
    assert shares["AB"] == pytest.approx(branch[:, 0].mean(), abs=0.03)
    assert sorted(found.sentences()) == ["C, D only with A, B", "E only with C, D", "F only with C, D"]


def test_a_group_that_reads_too_low_throughout_is_set_against_its_own_level(matrix_of, random, branch):
    levels = np.array([0.78, 1, 1.1, 0.9, 1.15, 1, 0.8])
    found = assembly_of(matrix_of(levels * read(random, branch), NOISE, common=0.1 * levels * branch))
    assert names_of(found) == (ARROWS, ["G"])


def test_a_group_that_is_there_in_part_is_not_full_where_nothing_explains_it(matrix_of, random, branch):
    branch[:, 6] = 0.6
    found = assembly_of(matrix_of(read(random, branch), NOISE, common=0.01 * branch))
    assert names_of(found) == (ARROWS, [])


def test_classes_that_are_mixtures_tell_the_order_too(matrix_of, random):
    pure = random.uniform(0.6, 0.95, (80, 1))
    mixed = pure * dealt(random, BRANCH, 80) + (1 - pure) * dealt(random, BRANCH, 80)
    arrows, _ = names_of(assembly_of(matrix_of(read(random, mixed), NOISE)))
    assert arrows == {("A", "B"), ("B", "C"), ("B", "D")}


@pytest.mark.parametrize("there", [0.5, 0.8, 0.95])
def test_groups_that_come_and_go_by_themselves_have_no_order(matrix_of, random, there):
    found = assembly_of(matrix_of(read(random, dealt(random, [()] * 20, there=there)), NOISE))
    assert found.arrows == []
    assert found.told == "No order of assembly is told by 40 maps"


def test_two_that_need_a_third_do_not_need_each_other(matrix_of, random):
    needs = ((), *[(0,)] * 6)
    for _ in range(10):
        arrows, _ = names_of(assembly_of(matrix_of(read(random, dealt(random, needs, there=0.75)), NOISE)))
        assert {first for first, _ in arrows} == {"A"}


def test_what_is_whole_is_one_node_and_what_is_nowhere_is_none(matrix_of, random):
    found = assembly_of(matrix_of(read(random, np.ones((12, 4)) * (1, 1, 0, 1)), NOISE))
    assert [node.groups for node in found.nodes] == [("A", "B", "D")]
    assert found.told == "No order of assembly: all is there in all of 12 maps"


@pytest.mark.parametrize("count", [1, 2, 4])
def test_few_maps_tell_no_order(matrix_of, random, count):
    occupancies = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 0]])[:count]
    assert assembly_of(matrix_of(read(random, occupancies), NOISE)).arrows == []


def test_a_map_with_hardly_any_particles_breaks_no_order_and_one_with_many_does(matrix_of, random, branch):
    against = np.r_[branch, [[0, 0, 0, 0, 1, 0, 1]]]
    occupancies, weights = read(random, against), np.ones(41)
    assert ("CD", "E") not in names_of(assembly_of(matrix_of(occupancies, NOISE, weights=weights)))[0]
    weights[-1] = 0.1
    assert names_of(assembly_of(matrix_of(occupancies, NOISE, weights=weights)))[0] == ARROWS


def test_cells_that_are_not_known_and_maps_that_failed_do_not_count(matrix_of, random, branch):
    occupancies = read(random, branch)
    occupancies[:3] = np.nan
    occupancies[5:8, 2] = np.nan
    found = assembly_of(matrix_of(occupancies, NOISE, failed=["1", "2", "3"]))
    assert found.maps == 37
    assert names_of(found) == (ARROWS, ["G"])


def test_arrows_are_the_transitive_reduction(matrix_of, random):
    needs = ((), (0,), (1,), (0, 2), (3,))
    found = assembly_of(matrix_of(read(random, dealt(random, needs, 120, 0.8)), NOISE))
    graph = networkx.DiGraph(found.arrows)
    assert found.arrows == sorted(networkx.transitive_reduction(graph).edges)
    order = np.zeros((5, 5), bool)
    order[tuple(np.transpose(found.arrows))] = True
    expected = networkx.to_numpy_array(networkx.transitive_closure(graph), nodelist=range(5)) > 0
    np.testing.assert_array_equal(nested.closure(order), expected)


def test_the_chance_of_an_accident_is_that_of_fishers_test(random):
    values = dealt(random, [(), (), (0,)], 30)
    readings = nested.Readings(values, np.full(values.shape, 0.01), np.full(30, 1 / 30))
    for i, j in ((0, 1), (0, 2), (2, 1)):
        a, b = values[:, i] == 0, values[:, j] == 0
        table = [[(a & b).sum(), (a & ~b).sum()], [(~a & b).sum(), (~a & ~b).sum()]]
        expected = fisher_exact(table, alternative="greater").pvalue
        assert nested._accidents(readings, np.array([i]), np.array([j])) == pytest.approx(expected)


def test_its_values_are_plain(matrix_of, random, branch):
    found = assembly_of(matrix_of(read(random, branch), NOISE))
    saved = json.loads(json.dumps(found.as_dict()))
    assert [tuple(node["groups"]) for node in saved["nodes"]] == [node.groups for node in found.nodes]
    assert [tuple(arrow) for arrow in saved["arrows"]] == found.arrows


def test_segments_that_come_together_are_called_by_their_chain(matrix_of, random, branch):
    names = ["#2/A:1-60", "#2/A:61-120", "#2/B:1-60", "#2/B:61-120", "#2/C", "#2/D", "#2/E"]
    found = assembly_of(replace(matrix_of(read(random, branch), NOISE), groups=names))
    assert {node.labels for node in found.nodes} == {("/A",), ("/B",), ("/C",), ("/D",), ("/E",)}
    assert [node.groups for node in found.nodes if node.labels == ("/A",)] == [("#2/A:1-60", "#2/A:61-120")]
