"""What to mistrust in refined occupancies: groups out of place, too small, or not to be told apart."""

import numpy as np
from scipy import linalg

from .transfer import INVERTED, is_inverted

_LEAST_CORRELATION = 0.45
_WELL_BESIDE_BEADS, _FAIR_BESIDE_BEADS, _FAR_FROM_COMPLETE = 0.85, 0.75, 0.5
_CORE_SHARE = 0.1
_WORSE_BY = 0.15
_MUCH_LOST = 0.3
_LARGE_SHIFT = 0.8
_SHIFT_EXPLAINS = 0.25
_FEWEST_SHIFTED_ATOMS = 100
_SMALL_GROUP = 15
_LARGE_ERROR = 0.3
_MOST = 0.5
_INSEPARABLE = 0.95
_DOUBTFUL_CORRELATION, _SURE_BESIDE_BEADS = 0.7, 0.9
_MOST_PAIRED = 2000


def correlation(some, others):
    """Pearson correlation of two arrays; NaN where one is constant."""
    a, b = some - some.mean(dtype=float), others - others.mean(dtype=float)
    power = float(a @ a) * float(b @ b)
    return float(a @ b) / np.sqrt(power) if power > 0 else float("nan")


def unusable(occupancies, transfer, correlated, alone=None, unexplained=0.0):
    """Why what was fitted to a map tells nothing.

    Parameters
    ----------
    occupancies : array of float, shape (groups,)
    transfer : array of float
        H of each shell.
    correlated : float
        Of map and model, what beads stand for taken off.
    alone : float, optional
        The same without beads, where there are any.
    unexplained : float
        The share of the density that beads stand for.

    Returns
    -------
    str
        A sentence; empty where it tells something.
    """
    # A model that lacks most of the map fits it alone no better than one out of place does, but then well beside beads.
    alone = correlated if alone is None else alone
    in_place = alone > _LEAST_CORRELATION or correlated > _WELL_BESIDE_BEADS
    if in_place and occupancies.max() > 0:
        return INVERTED if is_inverted(transfer) else ""
    if unexplained > _FAR_FROM_COMPLETE and correlated > _FAIR_BESIDE_BEADS:
        return (
            f"the model is far from complete: it leaves {unexplained:.0%} of the density in the map unexplained, and "
            f"correlates with the rest by {correlated:.2f} only; expected more of the model, in its place (see fitmap)"
        )
    return (
        f"the model is not in the map: what it fits correlates with the map by {alone:.2f} only; expected a "
        "model in its place (see fitmap), of the same hand as the map"
    )


def warnings(overall, alone, standard_errors):
    """Sentences for the user on a fit as a whole, whose model correlates with the map so, and so without beads."""
    found = []
    if alone < _DOUBTFUL_CORRELATION and overall < _SURE_BESIDE_BEADS:
        found.append(
            f"Map and model correlate by {overall:.2f} only at this resolution: is the model in its place (fitmap), "
            "and the map of the right hand?"
        )
    if np.median(standard_errors) > _LARGE_ERROR:
        found.append("Most standard errors are above 0.3: the groups are too small or the map too noisy for this.")
    return found


def on_what_is_lacking(unexplained, lost):
    """A sentence on the share of a map's density that the model does not explain, if there is any.

    Parameters
    ----------
    unexplained : float
    lost : float
        How much of its lowest frequencies the map has lost (`lost_share`): they tell amounts.

    Returns
    -------
    list of str
    """
    if not unexplained > 0:
        return []
    share = f"At least {unexplained:.0%}" if lost > _MUCH_LOST else f"{unexplained:.0%}"
    return [f"{share} of the density in this map is not explained by the model; beads in it stand for what is lacking."]


class GroupNotes:
    """Local correlations of the groups of a fit, and remarks on each.

    Parameters
    ----------
    fit : BeadedFit
    standard_errors : array of float, shape (groups,)

    Attributes
    ----------
    correlations : array of float, shape (groups,)
        Of the data, less the other groups, with the group's own density, over the voxels where
        that is above a tenth of its maximum.
    """

    def __init__(self, fit, standard_errors):
        self._model, self._fitted, self._groups = fit.model, fit.fitted, fit.groups[: fit.count]
        sizes = np.array([len(group) for group in self._groups])
        # Where most are small, as residues are, their errors say it better than a note on each.
        self._small = (sizes < _SMALL_GROUP) | (standard_errors[: fit.count] > _LARGE_ERROR)
        self._residual = np.full(fit.model.grid.size, np.nan, np.float32)
        self._residual[fit.model.region] = fit.fitted.undamped_residual
        found = [self._correlation(i) for i in range(fit.count)]
        self.correlations = np.array(found)
        self._usual = np.nanmedian(self.correlations)

    def remarks(self, i, fraction_inside):
        """Sentences for the user on one group."""
        remarks = []
        if fraction_inside < 1:
            remarks.append(f"{1 - fraction_inside:.0%} of its atoms are outside the map")
        if not self._small[i]:
            remarks += self._misfit(i)
        elif not self._small.mean() > _MOST:
            remarks.append("too small to be read well at this resolution")
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

    def _misfit(self, i):
        if len(self._groups[i]) < _FEWEST_SHIFTED_ATOMS or self._fitted.occupancies[i] <= 0:
            return []
        shift, explained = self.shift(i)
        length = np.linalg.norm(shift)
        if length >= _LARGE_SHIFT and explained >= _SHIFT_EXPLAINS:
            x, y, z = shift
            return [f"displaced? a shift of {length:.1f} Å ({x:.1f}, {y:.1f}, {z:.1f}) would fit better: try fitmap"]
        if self.correlations[i] < self._usual - _WORSE_BY:
            return ["fits the map less well than other groups"]
        return []

    def shift(self, i):
        """The rigid shift of a group that takes up most of what the fit leaves where the group is.

        One step of Gauss and Newton.

        Returns
        -------
        shift : array of float, shape (3,)
            x, y, z in Å.
        explained : float
            The share of what the fit leaves there that the shift takes up.
        """
        grid = self._model.grid
        column = np.zeros(grid.size, np.float32)
        whole = self._model.densities[:, [i]]
        column[whole.indices] = whole.data
        gradient = np.gradient(column.reshape(grid.shape), *grid.pitch)
        voxels, density, left = self._own(i)
        slopes = np.stack([-g.ravel()[voxels] for g in gradient] + [density], axis=1).astype(float)
        slopes[:, :3] *= self._fitted.occupancies[i]
        solution = np.linalg.lstsq(slopes, left.astype(float), rcond=None)[0]
        after = left - slopes @ solution
        return solution[2::-1], float(1 - after @ after / max(left @ left, np.finfo(float).tiny))
