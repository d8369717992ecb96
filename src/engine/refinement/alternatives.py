"""Alternatives: groups of which a particle has one at most, such as conformers, so that they sum to 1 at most."""

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

from ..errors import OccuPyError
from ..settings.checks import check_among
from .result import Together

_SURE, _MUCH = 3.0, 0.1
"""Standard errors, and how much, by which a sum is above 1 where groups are no alternatives to each other."""


@dataclass(frozen=True, eq=False)
class Limited:
    """Occupancies of alternatives once it is known that they sum to 1 at most.

    Attributes
    ----------
    occupancies, standard_errors : arrays of float, shape (groups,)
    total, total_error : float
        Their sum, and its standard error.
    unlimited : float
        What the sum was.
    excess : bool
        Whether that was surely more than 1.
    """

    occupancies: np.ndarray
    standard_errors: np.ndarray
    total: float
    total_error: float
    unlimited: float
    excess: bool

    def together(self, name, groups):
        """The sum, of a set of this name, of which these groups are in the map: a `Together`."""
        remarks = []
        if self.excess:
            remarks.append(f"they summed to {self.unlimited:.2f} before: does a particle have one of them only?")
        sums = float(self.total), float(self.total_error)
        return Together(name, groups, *sums, "sum of alternatives", remarks)


def checked_alternatives(alternatives, names, reference=None):
    """Places of the groups of each set of alternatives, by what the set is called.

    Parameters
    ----------
    alternatives : sequence of sequence of str
        Names of the groups of each set.
    names : list of str
        Of all groups.
    reference : sequence of str, optional
        Groups that somebody says are full.

    Returns
    -------
    dict of str to list of int

    Raises
    ------
    OccuPyError
        If a set has fewer than two groups, one that is not there, or one that another set has too, or if some but not
        all of a set are full.
    """
    seen = {}
    for groups in map(list, alternatives):
        if len(set(groups)) < max(2, len(groups)):
            raise OccuPyError(
                f"the alternatives are {', '.join(map(str, groups)) or 'none'}; expected two groups or more, each once"
            )
        check_among(groups, names, "group", "alternative")
        for name in groups:
            if name in seen:
                raise OccuPyError(
                    f"{name} is among the alternatives {'+'.join(seen[name])} and {'+'.join(groups)}; expected it once"
                )
        seen |= dict.fromkeys(groups, groups)
        check_full_together(groups, reference)
    return {"+".join(groups): [names.index(name) for name in groups] for groups in alternatives}


def check_full_together(groups, reference):
    """Raise `OccuPyError` where some, but not all, of a set of alternatives are in a reference."""
    full = [name for name in groups if name in (reference or ())]
    if 0 < len(full) < len(groups):
        raise OccuPyError(
            f"the reference {', '.join(full)}, which is full, is among the alternatives {'+'.join(groups)}, of which a "
            "particle has one only; expected all of these as reference, by their sum, or none"
        )


def among(sets, kept):
    """Sets of places among all groups, as places among some of them; without those of which none is there.

    Parameters
    ----------
    sets : dict of str to list of int
    kept : sequence of int
        Places of some groups among all.

    Returns
    -------
    dict of str to list of int
    """
    place = {i: k for k, i in enumerate(kept)}
    found = {name: [place[i] for i in members if i in place] for name, members in sets.items()}
    return {name: members for name, members in found.items() if members}


def limited(occupancies, covariance, metric):
    """Occupancies of alternatives that sum to 1 at most.

    Where the sum is above 1 they are those nearest to what was fitted in the metric of the fit, the mode of a normal
    distribution that ends there. Its mean would be lower than the truth wherever that is 1. Errors are the root mean
    square of how far the truth is from them in that distribution.

    Parameters
    ----------
    occupancies : array of float, shape (groups,)
        As they were fitted, relative to the reference.
    covariance : array of float, shape (groups, groups)
        Of their errors.
    metric : array of float, shape (groups, groups)
        Covariance of the fit but for a factor. Errors of groups are less well known than how the fit weighs them.

    Returns
    -------
    Limited
    """
    total, variance = occupancies.sum(), max(covariance.sum(), np.finfo(float).tiny)
    mean, spread = _below_one(total, variance)
    held = min(total, 1.0)
    own = covariance.sum(axis=1) / variance
    moved = metric.sum(axis=1) / metric.sum()
    of_held, of_total, of_both = (
        spread + (mean - a) * (mean - b) for a, b in ((held, held), (total, total), (held, total))
    )
    beside = np.diag(covariance) - own**2 * variance
    with_sum = moved**2 * of_held + 2 * moved * (own - moved) * of_both + (own - moved) ** 2 * of_total
    error = np.sqrt(variance)
    return Limited(
        occupancies + moved * (held - total),
        np.sqrt(np.maximum(beside + with_sum, 0)),
        held,
        np.sqrt(of_held),
        total,
        total - 1 > max(_SURE * error, _MUCH),
    )


def _below_one(mean, variance):
    """Mean and variance of what of a normal distribution is below 1."""
    sigma = np.sqrt(variance)
    above = (1 - mean) / sigma
    ratio = np.exp(-(above**2) / 2 - np.log(2 * np.pi) / 2 - log_ndtr(above))
    return mean - sigma * ratio, variance * max(1 - above * ratio - ratio**2, 0.0)
