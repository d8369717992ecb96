"""Which maps agree in their occupancies, and an order of maps and groups that brings alike ones together."""

from dataclasses import dataclass

import numpy as np

DISTINCT = 0.4
"""Maps agree that differ by less than this much of one group, all groups taken together, beside their errors."""

_MOST_OPTIMAL = 300
"""More are not brought into the best order of their tree, which takes a time that grows with the cube."""


@dataclass(frozen=True, eq=False)
class Order:
    """An order of rows that brings alike ones together.

    Attributes
    ----------
    places : array of int
        The rows, in that order.
    leaves : array of int
        The same among the rows that were clustered, as the tree numbers them.
    tree : array of float, shape (rows - 1, 4)
        The hierarchy, as `scipy.cluster.hierarchy.linkage` gives it; empty for one row.
    """

    places: np.ndarray
    leaves: np.ndarray
    tree: np.ndarray


def order_of(values):
    """Hierarchical clustering of rows by average linkage of Euclidean distances.

    Parameters
    ----------
    values : array of float, shape (rows, columns)
        Where a value is not known, NaN, the distance is that in the other columns, as if the column
        were like these.

    Returns
    -------
    Order
    """
    from scipy.cluster import hierarchy
    from scipy.spatial.distance import squareform

    if len(values) < 2:
        return Order(np.arange(len(values)), np.arange(len(values)), np.empty((0, 4)))
    distances = squareform(_distances(values), checks=False)
    tree = hierarchy.linkage(distances, "average", optimal_ordering=len(values) <= _MOST_OPTIMAL)
    leaves = hierarchy.leaves_list(tree)
    return Order(leaves, leaves, tree)


def agreeing(order, standard_errors):
    """The number of the set of agreeing maps that each map is in.

    Parameters
    ----------
    order : Order
        Of the maps.
    standard_errors : array of float, shape (maps, groups)
        Without what is the same in all maps.

    Returns
    -------
    array of int, shape (maps,)
        From 1, in the order of the maps.

    Notes
    -----
    The tree is cut at the distance √(d² + Σ 2s²), d = 0.4 and s the median standard error of each
    group: two readings of the same occupancies are √(Σ 2s²) apart.
    """
    from scipy.cluster import hierarchy

    if len(order.tree) == 0:
        return np.ones(len(order.places), int)
    usual = _medians(standard_errors)
    found = hierarchy.fcluster(order.tree, np.sqrt(DISTINCT**2 + 2 * (usual**2).sum()), "distance")
    ranks = {number: rank for rank, number in enumerate(dict.fromkeys(found[order.leaves]), start=1)}
    return np.array([ranks[number] for number in found])


def _distances(values):
    """Euclidean distances of rows, over what is known of both."""
    known = np.isfinite(values).astype(float)
    filled = np.where(known > 0, values, 0.0)
    squares = filled**2 @ known.T
    squares = np.maximum(squares + squares.T - 2 * filled @ filled.T, 0)
    squares = squares * values.shape[1] / np.maximum(known @ known.T, 1)
    np.fill_diagonal(squares, 0)
    return np.sqrt(squares)


def _medians(values):
    """Median of what is known in each column; 0 where nothing is."""
    return np.array([np.median(column[np.isfinite(column)]) if np.isfinite(column).any() else 0 for column in values.T])
