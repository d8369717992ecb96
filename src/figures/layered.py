"""Places of the nodes of a directed graph in layers, from what is first to what comes last."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

_SWEEPS = 12


@dataclass(frozen=True, eq=False)
class Layers:
    """Places of nodes and the courses of arrows: columns along x and rows along y, both from 0.

    Attributes
    ----------
    places : dict of int to tuple of 2 float
        Column and row of each node.
    courses : list of list of tuple of 2 float
        Of each arrow, the columns and rows from its first to its last node; in those between nothing else is there.
    size : tuple of 2 float
        Columns and rows.
    """

    places: dict
    courses: list
    size: tuple


def layered(nodes, arrows):
    """Layers of an acyclic graph: each node in the column after the last of those that lead to it.

    Parameters
    ----------
    nodes : list of int
        In the order in which they are listed where arrows do not say better.
    arrows : list of tuple of 2 int

    Returns
    -------
    Layers
    """
    import networkx

    graph = networkx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from(arrows)
    column = {node: i for i, some in enumerate(networkx.topological_generations(graph)) for node in some}
    courses = [_course(arrow, column) for arrow in arrows]
    rows = [[node for node in nodes if column[node] == i] for i in range(max(column.values(), default=-1) + 1)]
    neighbours = {node: [] for node in nodes}
    for course in courses:
        for before, after in pairwise(course):
            neighbours.setdefault(before, []).append(after)
            neighbours.setdefault(after, []).append(before)
        for i, stop in enumerate(course[1:-1], start=column[course[0]] + 1):
            rows[i].append(stop)
    heights = _heights(rows, neighbours)
    places = {item: (float(i), heights[item]) for i, items in enumerate(rows) for item in items}
    lines = [[places[stop] for stop in course] for course in courses]
    size = float(len(rows)), max((height + 1 for height in heights.values()), default=0.0)
    return Layers({node: places[node] for node in nodes}, lines, size)


def _course(arrow, column):
    """The stops of an arrow: its nodes, and one in each column between."""
    first, then = arrow
    return [first, *((arrow, i) for i in range(column[first] + 1, column[then])), then]


def _heights(rows, neighbours):
    """Rows of all items: each near the mean of its neighbours, those of a column at least 1 apart."""
    heights = {item: float(k) for items in rows for k, item in enumerate(items)}
    for sweep in range(_SWEEPS):
        for items in rows if sweep % 2 == 0 else rows[::-1]:
            wanted = {item: _mean([heights[other] for other in neighbours[item]], heights[item]) for item in items}
            items.sort(key=wanted.get)
            heights |= zip(items, _apart([wanted[item] for item in items]), strict=True)
    lowest = min(heights.values(), default=0.0)
    return {item: height - lowest for item, height in heights.items()}


def _mean(values, otherwise):
    return float(np.mean(values)) if values else otherwise


def _apart(wanted):
    """Ascending places nearest to those that are wanted, at least 1 from each other."""
    from scipy.optimize import isotonic_regression

    steps = np.arange(len(wanted))
    return [float(place) for place in isotonic_regression(np.array(wanted) - steps).x + steps]
