"""What is full where nobody says what: the highest plateau of occupancies; and the level that a reference makes."""

import numpy as np

_LEAST_KNOWN = 0.01
"""Of the scattering."""

_REFERENCE_SHARE, _PLATEAU_WIDTHS, _PLATEAU_STEP = 0.05, (0.05, 0.2), 1e-3


class Level:
    """The level that is 1: a mean over the groups of a reference, weighted by scattering.

    Alternatives that are in it together are there as one, by their sum.

    Parameters
    ----------
    chosen : bool array, shape (groups,)
        The groups of the reference.
    weights : array of float, shape (groups,)
        Scattering of each group.
    sets : list of list of int
        Alternatives, by their places.

    Attributes
    ----------
    share : array of float, shape (groups,)
        Times occupancies, and summed, it is the level.
    alone : bool array, shape (groups,)
        Groups of the reference whose own level this is, not that of their sum with others.
    """

    def __init__(self, chosen, weights, sets=()):
        self.chosen, self.alone = chosen, np.array(chosen)
        share, total = np.where(chosen, weights, 0.0), weights[chosen].sum()
        for members in sets:
            mine = [i for i in members if chosen[i]]
            if len(mine) > 1:
                total -= weights[mine].sum() - weights[mine].mean()
                share[mine], self.alone[mine] = weights[mine].mean(), False
        self.share = share / total


class KnownLevel:
    """The level at which groups read what is known of them already, by least squares weighted by scattering.

    Parameters
    ----------
    weights, known : array of float, shape (groups,)
        Scattering, and occupancies relative to what is full, NaN where these are not known.

    Attributes
    ----------
    chosen, share, alone
        As of `Level`.
    holds : bool
        Whether enough of what there is is known to be there.
    """

    def __init__(self, weights, known):
        self.chosen = np.isfinite(known)
        self.alone = np.zeros(len(weights), bool)
        there = np.where(self.chosen, np.maximum(known, 0), 0)
        held = weights @ there**2
        self.holds = held >= _LEAST_KNOWN * weights.sum()
        self.share = weights * there / held if self.holds else 0 * weights


def default_reference(occupancies, weights, standard_errors, sets=()):
    """The groups that are taken to be full where nobody says which are: the highest plateau.

    Parameters
    ----------
    occupancies, weights, standard_errors : arrays of float, shape (groups,)
        Occupancies on any scale, and scattering.
    sets : list of list of int
        Alternatives, by their places. None of them is full by default, as they may share a full site, unless they are
        nearly all that there is: then their sums count in their stead.

    Returns
    -------
    bool array, shape (groups,)
        The highest groups that agree with their mean within two standard errors, but 5 % at least
        and 20 % at most, and hold a twentieth of the scattering together: so neither an outlier nor
        noise sets the scale.
    """
    chosen, alone = np.zeros(len(weights), bool), np.ones(len(weights), bool)
    alone[[i for members in sets for i in members]] = False
    if weights[alone].sum() >= _REFERENCE_SHARE * weights.sum():
        chosen[alone] = _highest_plateau(occupancies[alone], weights[alone], standard_errors[alone])
        return chosen
    sums = [(occupancies[m].sum(), weights[m].mean(), np.linalg.norm(standard_errors[m])) for m in sets]
    for members, full in zip(sets, _highest_plateau(*np.array(sums).T), strict=True):
        chosen[members] = full
    return chosen


def _highest_plateau(occupancies, weights, standard_errors):
    for highest in np.argsort(-occupancies, kind="stable"):
        near = _plateau(highest, occupancies, weights, standard_errors)
        if weights[near].sum() >= _REFERENCE_SHARE * weights.sum():
            return near
    return occupancies == occupancies.max()


def _plateau(highest, occupancies, weights, standard_errors):
    """The groups about the mean that is reached from a group by taking the mean of those near it in turn."""
    level, error = occupancies[highest], standard_errors[highest]
    while True:
        width = np.clip(2 * np.hypot(standard_errors, error), *np.array(_PLATEAU_WIDTHS) * abs(level))
        near = np.abs(occupancies - level) <= width
        mean = np.average(occupancies[near], weights=weights[near])
        if not mean < level - _PLATEAU_STEP * abs(level):
            return near
        level, error = mean, np.average(standard_errors[near], weights=weights[near])


def strongest_level(occupancies, weights, standard_errors):
    """Mean occupancy of what would be the reference by default."""
    chosen = default_reference(occupancies, weights, standard_errors)
    return np.average(occupancies[chosen], weights=weights[chosen])
