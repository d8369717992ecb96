"""What to mistrust in refined occupancies: groups out of place, too small, or not to be told apart."""

import numpy as np
from scipy import linalg

_CORE_SHARE = 0.1
_OUT_OF_PLACE = 0.75
_OUT_OF_PLACE_BY = 0.15
_LARGE_SHIFT = 0.8
_FEWEST_SHIFTED_ATOMS = 100
_SMALL_GROUP = 15
_LARGE_ERROR = 0.3
_INSEPARABLE = 0.95
_DOUBTFUL_CORRELATION = 0.7
_MOST_PAIRED = 2000


def correlation(some, others):
    """Pearson correlation of two arrays; NaN where one is constant."""
    a, b = some - some.mean(dtype=float), others - others.mean(dtype=float)
    power = float(a @ a) * float(b @ b)
    return float(a @ b) / np.sqrt(power) if power > 0 else float("nan")


def warnings(overall, fitted, standard_errors):
    """Sentences for the user on a fit as a whole."""
    found = []
    if overall < _DOUBTFUL_CORRELATION:
        found.append(
            f"Map and model correlate by {overall:.2f} only at this resolution: is the model in its place (fitmap), "
            "and the map of the right hand?"
        )
    if np.median(standard_errors) > _LARGE_ERROR:
        found.append("Most standard errors are above 0.3: the groups are too small or the map too noisy for this.")
    return found


class GroupNotes:
    """Local correlations of the groups of a fit, and remarks on each.

    Parameters
    ----------
    model : GroupModel
    fitted : Fitted
    groups : list of Group
    standard_errors : array of float, shape (groups,)

    Attributes
    ----------
    correlations : array of float, shape (groups,)
        Of the data, less the other groups, with the group's own density, over the voxels where
        that is above a tenth of its maximum.
    """

    def __init__(self, model, fitted, groups, standard_errors):
        self._model, self._fitted, self._groups = model, fitted, groups
        self._errors = standard_errors
        self._residual = np.full(model.grid.size, np.nan, np.float32)
        self._residual[model.region] = fitted.residual
        found = [self._correlation(i) for i in range(model.count)]
        self.correlations = np.array(found)
        self._usual = np.nanmedian(self.correlations)

    def remarks(self, i, fraction_inside):
        """Sentences for the user on one group."""
        remarks = []
        if fraction_inside < 1:
            remarks.append(f"{1 - fraction_inside:.0%} of its atoms are outside the map")
        if len(self._groups[i]) < _SMALL_GROUP or self._errors[i] > _LARGE_ERROR:
            remarks.append("too small to be read well at this resolution")
        elif self._is_doubtful(i):
            remarks.append(self._displacement(i))
        return remarks

    def inseparable(self, names):
        """Remarks on groups that the data cannot tell apart, by number."""
        count = self._model.count
        if count > _MOST_PAIRED:
            return {}
        covariance = linalg.cho_solve(self._fitted.factor, np.eye(len(self._model.normal))[:, :count])[:count]
        sigma = np.sqrt(np.diag(covariance))
        alike = np.triu(-covariance / np.outer(sigma, sigma) > _INSEPARABLE, 1)
        remarks = {}
        for a, b in zip(*np.nonzero(alike), strict=True):
            for one, other in ((a, b), (b, a)):
                remarks.setdefault(int(one), []).append(f"cannot be told apart from {names[other]}")
        return remarks

    def _own(self, i):
        """Voxels of the core of a group, its density there and what the fit leaves there."""
        column = self._model.densities[:, [i]]
        voxels, density = column.indices, column.data
        core = density > _CORE_SHARE * density.max()
        voxels, density = voxels[core], density[core]
        left = self._residual[voxels]
        known = np.isfinite(left)
        return voxels[known], density[known], left[known]

    def _correlation(self, i):
        _, density, left = self._own(i)
        own = density * np.float32(self._fitted.occupancies[i])
        return correlation(own + left, density) if len(density) > 3 else float("nan")

    def _is_doubtful(self, i):
        limit = min(_OUT_OF_PLACE, self._usual - _OUT_OF_PLACE_BY)
        significant = self._fitted.occupancies[i] > 0 and self._errors[i] < _LARGE_ERROR
        return len(self._groups[i]) >= _FEWEST_SHIFTED_ATOMS and significant and self.correlations[i] < limit

    def _displacement(self, i):
        shift = self.shift(i)
        if shift is None or np.linalg.norm(shift) < _LARGE_SHIFT:
            return "fits the map less well than other groups"
        x, y, z = shift
        length = np.linalg.norm(shift)
        return f"displaced? a shift of {length:.1f} Å ({x:.1f}, {y:.1f}, {z:.1f}) would fit better: try fitmap"

    def shift(self, i):
        """The rigid shift of a group that would take up most of what the fit leaves, x, y, z in Å.

        One step of Gauss and Newton; None where the data do not tell it.
        """
        grid = self._model.grid
        column = np.zeros(grid.size, np.float32)
        whole = self._model.densities[:, [i]]
        column[whole.indices] = whole.data
        gradient = np.gradient(column.reshape(grid.shape), *grid.pitch)
        voxels, density, left = self._own(i)
        slopes = np.stack([-g.ravel()[voxels] for g in gradient] + [density], axis=1).astype(float)
        slopes[:, :3] *= self._fitted.occupancies[i]
        solution, _, rank, _ = np.linalg.lstsq(slopes, left.astype(float), rcond=None)
        return solution[2::-1] if rank == 4 else None
