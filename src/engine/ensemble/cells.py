"""Occupancies of groups in the maps that have particles, and sums over particles."""

import numpy as np

from ..errors import OccuPyError

READING_ERROR = 0.05
"""Of every occupancy, beside its own error: conformations, and what else differs from map to map."""


def particle_weights(matrix):
    """Shares of all particles in the maps of a matrix: its populations, or as many in each where nobody told them.

    Parameters
    ----------
    matrix : OccupancyMatrix

    Returns
    -------
    array of float, shape (maps,)
        0 for maps that failed; they sum to 1.

    Raises
    ------
    OccuPyError
        If no map that could be used has particles.
    """
    told = np.ones(len(matrix.maps))
    if matrix.populations is not None:
        told = matrix.populations.among(matrix.maps).weights
    weights = np.where([name in matrix.failed for name in matrix.maps], 0, told)
    if not weights.sum() > 0:
        raise OccuPyError("no map that has particles can be used; expected one")
    return weights / weights.sum()


class Cells:
    """Occupancies with what of their errors is each map's own and what all have in common; 0 where not known.

    For each pair of groups those maps count in which both are known.

    Parameters
    ----------
    matrix : OccupancyMatrix

    Attributes
    ----------
    values, own, common : arrays of float, shape (maps with particles, groups)
    known : array of float of the same shape
        1 or 0.
    weights : array of float, shape (maps with particles,)
    total : array of float, shape (groups, groups)
        Share of the particles in maps in which both of a pair are known.
    means, mean_errors : arrays of float, shape (groups, groups)
        [i, j], of the particles of these maps, the share with group i and its standard error.
    """

    def __init__(self, matrix):
        weights = particle_weights(matrix)
        used = weights > 0
        values, errors, own = (a[used] for a in (matrix.occupancies, matrix.standard_errors, matrix.own_errors))
        known = np.isfinite(values)
        common = np.sqrt(np.maximum(errors**2 - own**2, 0))
        self.known, self.weights = known.astype(float), weights[used]
        self.values, self.own, self.common = (np.where(known, a, 0) for a in (values, own, common))
        self.total = np.maximum(self.sums(1, 1), np.finfo(float).tiny)
        self.means = self.sums(self.values, 1) / self.total
        self.mean_errors = np.hypot(np.sqrt(self.sums(self.own**2, 1, 2)), self.sums(self.common, 1)) / self.total

    def sums(self, first, second, power=1):
        """Σ wᵖ·first·second over maps, the first of group i and the second of group j."""
        weights = self.weights[:, None] ** power
        return (weights * self.known * first).T @ (self.known * second)

    def error_of(self, slope, level):
        """Standard error of what changes by w·(slope·bⱼ − level) with the occupancy aᵢ of each map, from that of aᵢ."""
        b, variance = self.values, self.own**2
        own = slope**2 * self.sums(variance, b**2, 2) - 2 * slope * level * self.sums(variance, b, 2)
        own = own + level**2 * self.sums(variance, 1, 2)
        return np.hypot(
            np.sqrt(np.maximum(own, 0)), slope * self.sums(self.common, b) - level * self.sums(self.common, 1)
        )
