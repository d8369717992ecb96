"""An order of assembly: which groups always come together, and which come only with which others."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..matrix.sets import FULL, listed
from ..refinement.names import joined_along_chains, labels_of
from .cells import Cells
from .nested import SURE, Readings, only_with, reduced, together

_MOST_NAMES = 3
_LEVEL_QUANTILE, _FEWEST_THERE = 0.8, 4
_LEAST_THERE = 0.5
"""Of the occupancies that count for the level of a group."""


@dataclass(frozen=True)
class Node:
    """Groups that always come together.

    Attributes
    ----------
    groups : tuple of str
        In the order of the matrix.
    labels : tuple of str
        What they are called where they are shown, segments that follow each other along a chain as one.
    share : float
        Of all particles, those that have them: the mean of the groups. Neither clipped at 0 nor at 1.
    share_error : float
        Its standard error, from those of occupancies.
    always : bool
        Whether they are away, even in part, in no map.
    """

    groups: tuple
    labels: tuple
    share: float
    share_error: float
    always: bool = False

    @property
    def name(self):
        """In words, some of its groups and how many more there are."""
        return listed(self.labels, _MOST_NAMES)


@dataclass(frozen=True, eq=False)
class Assembly:
    """An order of assembly, as a directed graph.

    Attributes
    ----------
    nodes : list of Node
        What is always there first, as one; then by share, the largest first. Groups that are in no map are in none.
    arrows : list of tuple of 2 int
        Places in `nodes`: the second is surely there only with the first. What follows from others is left out.
    maps : int
        How many told it.
    of_particles : bool
        Whether it is known how particles are shared among maps; else shares are means over these.
    """

    nodes: list
    arrows: list
    maps: int
    of_particles: bool = True

    @property
    def told(self):
        """In words, whether the maps tell an order; the title of its figure."""
        if self.arrows:
            return f"Order of assembly, told by {self.maps} maps"
        if all(node.always for node in self.nodes):
            return f"No order of assembly: all is there in all of {self.maps} maps"
        return f"No order of assembly is told by {self.maps} maps"

    def sentences(self, name_of=lambda node: node.name):
        """What is there only with what, in words.

        Parameters
        ----------
        name_of : callable
            What a `Node` is called.

        Returns
        -------
        list of str
            One for each node that needs others, in the order of the nodes.
        """
        needs = {}
        for first, then in self.arrows:
            needs.setdefault(then, []).append(name_of(self.nodes[first]))
        return [
            f"{name_of(self.nodes[then])} only with {' and with '.join(needed)}"
            for then, needed in sorted(needs.items())
        ]

    def as_dict(self):
        """Plain values for a JSON file."""
        names = ("share", "share_error", "always")
        nodes = [{"groups": list(node.groups)} | {name: getattr(node, name) for name in names} for node in self.nodes]
        arrows = [list(arrow) for arrow in self.arrows]
        return {"nodes": nodes, "arrows": arrows, "maps": self.maps, "of_particles": self.of_particles}


@lru_cache(maxsize=1)
def assembly_of(matrix):
    """An order of assembly, as far as maps surely tell it.

    Parameters
    ----------
    matrix : OccupancyMatrix
        With populations, or as many particles in each map.

    Returns
    -------
    Assembly
    """
    cells = Cells(matrix)
    readings = _readings(cells)
    anywhere = np.flatnonzero((readings.values > SURE * readings.spreads).any(axis=0))
    readings = readings.of(anywhere)
    shares, share_errors = (np.diagonal(values)[anywhere] for values in (cells.means, cells.mean_errors))
    always = ~(readings.values + SURE * readings.spreads < FULL).any(axis=0)
    members = _members(readings, always)
    members.sort(key=lambda mine: (not always[mine[0]], -shares[mine].mean()))
    nodes = []
    for mine in members:
        names, means = _names(matrix.groups, anywhere[mine]), (shares[mine].mean(), share_errors[mine].mean())
        nodes.append(Node(*names, *map(float, means), bool(always[mine[0]])))
    order = only_with(readings.merged(members))
    arrows = [tuple(map(int, arrow)) for arrow in np.argwhere(reduced(order))]
    return Assembly(nodes, arrows, len(cells.weights), matrix.populations is not None)


def _names(groups, chosen):
    """The names of some groups, and what they are called where they are shown."""
    names = tuple(groups[g] for g in chosen)
    runs = joined_along_chains(names, groups)
    labels = labels_of([*groups, *runs])
    return names, tuple(labels[run] for run in runs)


def _members(readings, always):
    """The groups of each node: those that are always there, and those that always come together."""
    numbers = np.zeros(len(always), int)
    numbers[~always] = 1 + together(readings.of(~always))
    return [np.flatnonzero(numbers == number) for number in np.unique(numbers)]


def _readings(cells):
    """Each group relative to its own level in the maps where it is there."""
    levels = np.array([_level(*column) for column in zip(cells.values.T, cells.common.T, strict=True)])
    unknown = np.where(cells.known > 0, 1, np.nan)
    return Readings(cells.values / levels * unknown, cells.own / levels * unknown, cells.weights)


def _level(values, common):
    """What a group reads where it is full, as far from 1 as what maps have in common may bring it."""
    there = values >= _LEAST_THERE
    if there.sum() < _FEWEST_THERE:
        return 1.0
    furthest = SURE * np.median(common[there] / values[there])
    return float(np.clip(np.quantile(values[there], _LEVEL_QUANTILE), 1 - furthest, 1 + furthest))
