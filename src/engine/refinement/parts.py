"""How far parts of groups deviate from the occupancy of their group."""

from functools import cached_property

import numpy as np
from scipy import linalg

MOST_PARTS = 4000
"""More are not told apart: solving for them would take longer than all else."""

_RIDGE = 1e-3
_TOLERANCE, _MOST_ROUNDS = 5e-3, 12
_SPREAD = 0.5
"""Occupancies of groups are this far from each other, or so."""

_SURE = 3.0
"""Standard errors beyond which a part by itself is taken to deviate, whatever the others do."""


class PartFit:
    """Least-squares fit of the parts of all groups, each on its own, to what the fit of the groups leaves.

    Parameters
    ----------
    model : GroupModel
    fitted : Fitted

    Attributes
    ----------
    deviations : array of float, shape (parts,)
        Occupancy of each part less that of its group, on the scale of the fit; 0 on the mean of a group.
    """

    def __init__(self, model, fitted):
        self._near = model.parts[model.region]
        normal = (self._near.T @ self._near).toarray().astype(float)
        normal += np.diag(np.full(len(normal), _RIDGE * np.diag(normal).mean()))
        self._factor = linalg.cho_factor(normal)
        self._voxels_per_observation = model.grid.voxels_per_observation
        self._group, self._weights = model.part_group, model.part_weights
        self._residual = fitted.residual
        self.deviations = self.solved(fitted.residual)

    def solved(self, residual):
        """Deviations of parts that fit a residual, which is given in the region.

        What all parts of a group have in common is left out: how much there is of a group is better told by a fit in
        which each shell of frequency has its own weight.
        """
        found = linalg.cho_solve(self._factor, self._near.T @ residual)
        means = np.bincount(self._group, self._weights * found) / np.bincount(self._group, self._weights)
        return found - means[self._group]

    @cached_property
    def standard_errors(self):
        """Of each deviation, from what the parts leave of the map, which counts as noise of the probe's width."""
        left = self._residual - self._near @ self.deviations.astype(np.float32)
        inverse = linalg.cho_solve(self._factor, np.eye(len(self.deviations)))
        return np.sqrt(float(left.var()) * self._voxels_per_observation * np.diag(inverse))


def part_deviations(model, fitted):
    """How far parts deviate from the occupancy of their group: not at all where the map does not tell.

    A deviation d with standard error s is drawn to 0 by τ²/(τ² + s²). τ² is the mean of d² - s²
    over all parts, what they truly deviate by, or where that is more d² - 9 s² of the part itself.
    Where parts deviate the transfer function found with whole groups is wrong, and is found anew.

    Parameters
    ----------
    model : GroupModel
    fitted : Fitted

    Returns
    -------
    deviations, standard_errors : arrays of float, shape (parts,)
        On the scale of the fit.
    """
    count = len(model.part_weights)
    if count > MOST_PARTS:
        return np.zeros(count), np.zeros(count)
    fit = PartFit(model, fitted)
    whole = model.whole(fitted.occupancies, fitted.b_shifts)
    deviations = shrunk(fit.deviations, fit.standard_errors)
    for _ in range(_MOST_ROUNDS):
        before = deviations
        parted = whole + model.parts @ before.astype(np.float32)
        left = model.brought_back(fitted.coefficients, parted)[0] - parted[model.region]
        deviations = shrunk(before + fit.solved(left - left.mean()), fit.standard_errors)
        if np.abs(deviations - before).max() < _TOLERANCE:
            break
    return deviations, fit.standard_errors


def shrunk(deviations, standard_errors):
    """Deviations drawn to 0 as far as they may be noise, as `part_deviations` tells."""
    squares, variances = deviations**2, standard_errors**2
    usual = max(float(np.mean(squares - variances)), 0.0)
    true = np.maximum(usual, squares - _SURE**2 * variances)
    return deviations * true / np.maximum(true + variances, np.finfo(float).tiny)


def surely_deviate(deviations, standard_errors):
    """Whether any part deviates by more than three standard errors."""
    return bool((np.abs(deviations) > _SURE * standard_errors).any())


def drawn_to_mean(occupancies, standard_errors, weights):
    """Occupancies of groups, those with large standard errors drawn to the mean of all.

    Parameters
    ----------
    occupancies, standard_errors, weights : arrays of float, shape (groups,)
        Relative to full, and the scattering of each group.

    Returns
    -------
    array of float, shape (groups,)
    """
    mean = np.average(occupancies, weights=weights / (_SPREAD**2 + standard_errors**2))
    trust = _SPREAD**2 / (_SPREAD**2 + standard_errors**2)
    return mean + trust * (occupancies - mean)
