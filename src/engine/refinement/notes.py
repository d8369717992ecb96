"""What to mistrust in refined occupancies: groups out of place, too small, or not to be told apart."""

import numpy as np

from .transfer import INVERTED, is_inverted

_LEAST_CORRELATION = 0.45
_WELL_BESIDE_BEADS, _FAIR_BESIDE_BEADS, _FAR_FROM_COMPLETE = 0.85, 0.75, 0.5
_WORSE_BY = 0.15
_MUCH_LOST = 0.3
_LARGE_SHIFT = 0.8
_SHIFT_EXPLAINS = 0.25
_SMALL_GROUP = 15
_LARGE_ERROR = 0.3
_MOST = 0.5
_INSEPARABLE = 0.95
_DOUBTFUL_CORRELATION, _SURE_BESIDE_BEADS = 0.7, 0.9


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
    """Remarks on each group of a fit.

    Parameters
    ----------
    sizes : array of int, shape (groups,)
        Atoms of each.
    standard_errors : array of float, shape (groups,)
    local : LocalFits
    least_shift : float
        Å from which a group is told to be displaced.
    """

    def __init__(self, sizes, standard_errors, local, least_shift=_LARGE_SHIFT):
        # Where most are small, as residues are, their errors say it better than a note on each.
        self._small = (np.asarray(sizes) < _SMALL_GROUP) | (standard_errors > _LARGE_ERROR)
        self._local, self._least_shift = local, least_shift
        known = local.correlations[np.isfinite(local.correlations)]
        self._usual = np.median(known) if len(known) else 0.0

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

    def _misfit(self, i):
        shift = self._local.shifts[i]
        if np.isnan(shift).any():
            return []
        length = np.linalg.norm(shift)
        if length >= self._least_shift and self._local.explained[i] >= _SHIFT_EXPLAINS:
            x, y, z = shift
            return [f"displaced? a shift of {length:.1f} Å ({x:.1f}, {y:.1f}, {z:.1f}) would fit better: try fitmap"]
        if self._local.correlations[i] < self._usual - _WORSE_BY:
            return ["fits the map less well than other groups"]
        return []


def inseparable(covariance, names):
    """Remarks on groups that the data cannot tell apart, by number.

    Parameters
    ----------
    covariance : array of float, shape (groups, groups)
        Of their occupancies.
    names : list of str

    Returns
    -------
    dict of int to list of str
    """
    sigma = np.sqrt(np.diag(covariance))
    alike = np.triu(-covariance / np.outer(sigma, sigma) > _INSEPARABLE, 1)
    remarks = {}
    for a, b in zip(*np.nonzero(alike), strict=True):
        for one, other in ((a, b), (b, a)):
            remarks.setdefault(int(one), []).append(f"cannot be told apart from {names[other]}")
    return remarks
