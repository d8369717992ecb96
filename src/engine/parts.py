"""How far parts of groups deviate from the occupancy of their group."""

from functools import cached_property

import numpy as np
from scipy import linalg

MOST_PARTS = 4000
"""More are not told apart: solving for them would take longer than all else."""

_RIDGE = 1e-3
_SURE = 2.0
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
        Occupancy of each part less that of its group, on the scale of the fit.
    """

    def __init__(self, model, fitted):
        near = model.parts[model.region]
        normal = (near.T @ near).toarray().astype(float)
        normal += np.diag(np.full(len(normal), _RIDGE * np.diag(normal).mean()))
        self._factor = linalg.cho_factor(normal)
        self.deviations = linalg.cho_solve(self._factor, near.T @ fitted.residual)
        left = fitted.residual - near @ self.deviations.astype(np.float32)
        self._variance = float(left.var()) * model.grid.voxels_per_observation

    @cached_property
    def standard_errors(self):
        """Of each deviation, from what the parts leave of the map, which counts as noise of the probe's width."""
        inverse = linalg.cho_solve(self._factor, np.eye(len(self.deviations)))
        return np.sqrt(self._variance * np.diag(inverse))


def part_occupancies(model, fitted):
    """Occupancy of each part of the groups, which is that of its group where the map does not tell otherwise.

    A deviation d with standard error s is drawn to 0 by τ²/(τ² + s²). τ² is the mean of d² - s²
    over all parts, what they truly deviate by, or where that is more d² - 4 s² of the part itself.

    Parameters
    ----------
    model : GroupModel
    fitted : Fitted

    Returns
    -------
    array of float, shape (parts,)
        On the scale of the fit.
    """
    occupancies = fitted.occupancies[model.part_group]
    if len(occupancies) > MOST_PARTS:
        return occupancies
    fit = PartFit(model, fitted)
    return occupancies + shrunk(fit.deviations, fit.standard_errors)


def shrunk(deviations, standard_errors):
    """Deviations drawn to 0 as far as they may be noise, as `part_occupancies` tells."""
    squares, variances = deviations**2, standard_errors**2
    usual = max(float(np.mean(squares - variances)), 0.0)
    true = np.maximum(usual, squares - _SURE**2 * variances)
    return deviations * true / np.maximum(true + variances, np.finfo(float).tiny)
