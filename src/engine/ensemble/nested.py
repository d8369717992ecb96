"""Which groups are there only with another, and which always together: where the maps surely tell.

A map tells shares of its particles, not which of them have two groups at once. What it tells surely is that some must
have one *without* the other: where more have B than have A. Where that never happens, either B needs A or it is an
accident: that is weighed by a test against independence in the maps in which all else that B needs is there, with all
pairs counted.
"""

from dataclasses import dataclass

import numpy as np

from .cells import READING_ERROR

SURE = 3.0
"""Standard errors from which a difference counts."""

_HARDLY_ANY = 0.02
"""Share of the particles with a group that may seem to lack another which it needs."""

_ALIKE = 0.1
"""Mean difference of two groups that are always together, at most."""

_AWAY, _THERE = 0.25, 0.5
"""Occupancies up to which a group is away and from which it is there, where its error is not too large to tell."""

_FALSE = 0.05
"""Share of what is told that may be an accident (Benjamini and Hochberg)."""


@dataclass(frozen=True, eq=False)
class Readings:
    """Occupancies of groups in maps, as this module weighs them.

    Attributes
    ----------
    values, errors : arrays of float, shape (maps, groups)
        Each group relative to its level where it is full; what of the errors is each map's own. NaN where not known.
    weights : array of float, shape (maps,)
        Shares of all particles.
    """

    values: np.ndarray
    errors: np.ndarray
    weights: np.ndarray

    def of(self, columns):
        """The readings of some of the groups."""
        return Readings(self.values[:, columns], self.errors[:, columns], self.weights)

    def merged(self, members):
        """Sets of groups as one each: weighted means of what is known of them.

        Parameters
        ----------
        members : list of array of int

        Returns
        -------
        Readings
        """
        values, errors = np.full((2, len(self.values), len(members)), np.nan)
        for column, mine in enumerate(members):
            held = self.known[:, mine] / np.nanmean(self.spreads[:, mine] ** 2, axis=0)
            held = held / np.where(held.any(axis=1), held.sum(axis=1), np.nan)[:, None]
            values[:, column] = (held * np.nan_to_num(self.values[:, mine])).sum(axis=1)
            errors[:, column] = np.sqrt((held**2 * np.nan_to_num(self.errors[:, mine]) ** 2).sum(axis=1))
        return Readings(values, errors, self.weights)

    @property
    def known(self):
        """Which values are known."""
        return np.isfinite(self.values)

    @property
    def spreads(self):
        """Standard errors of the values, what differs from map to map among them."""
        return np.hypot(self.errors, READING_ERROR)

    @property
    def away(self):
        """In which maps each group is surely away."""
        return (self.values <= _AWAY) & (self.values + SURE * self.spreads < 1)

    @property
    def there(self):
        """In which maps each group is there."""
        return self.values >= _THERE

    @property
    def shares(self):
        """Of the particles of maps in which a group is known, those that have it."""
        held = self.weights[:, None] * self.known
        return np.nansum(held * self.values, axis=0) / held.sum(axis=0)

    def without(self):
        """For each pair, of the particles with the second the share that surely lacks the first, and the mean excess.

        Returns
        -------
        surely, mean : arrays of float, shape (groups, groups)
            [i, j] of j without i; the second is the excess of j over i, without regard to errors.
        """
        values, weights = np.nan_to_num(self.values), self.weights[:, None]
        count = values.shape[1]
        surely, mean = np.zeros((2, count, count))
        for i in range(count):
            both = self.known & self.known[:, [i]]
            difference = values - values[:, [i]]
            noise = SURE * np.hypot(self.spreads, self.spreads[:, [i]])
            excess = np.where(both, np.maximum(difference - np.where(both, noise, 0), 0), 0)
            held = (weights * np.where(both, np.maximum(values, 0), 0)).sum(axis=0)
            surely[i] = (weights * excess).sum(axis=0) / np.maximum(held, np.finfo(float).tiny)
            mean[i] = (weights * np.where(both, np.maximum(difference, 0), 0)).sum(axis=0)
        return surely, mean


def together(readings):
    """The number of the set of groups that each is always together with.

    Returns
    -------
    array of int, shape (groups,)
        Groups that are alone have numbers of their own.
    """
    from scipy.cluster import hierarchy
    from scipy.spatial.distance import squareform

    count = readings.values.shape[1]
    if count < 2:
        return np.arange(count)
    surely, mean = readings.without()
    apart = mean + mean.T
    alike = (np.maximum(surely, surely.T) <= _HARDLY_ANY) & (apart <= _ALIKE)
    first, second = np.nonzero(np.triu(alike, 1))
    no_accident = _passing(_accidents(readings, first, second), count * (count - 1) // 2)
    same = np.zeros((count, count), bool)
    same[first[no_accident], second[no_accident]] = True
    distances = np.where(same | same.T, apart, 2.0)
    np.fill_diagonal(distances, 0)
    tree = hierarchy.linkage(squareform(distances, checks=False), "complete")
    return hierarchy.fcluster(tree, 1.0, "distance")


def only_with(readings):
    """Which groups are surely there only with which.

    Returns
    -------
    bool array, shape (groups, groups)
        [i, j] whether j is there only with i: a strict order, with all that follows from it.
    """
    surely, _ = readings.without()
    within = surely <= _HARDLY_ANY
    told = readings.away.any(axis=0) & readings.there.any(axis=0)
    nested = within & ~within.T & (readings.shares[:, None] > readings.shares) & told[:, None] & told
    first, second = np.nonzero(nested)
    nested[first, second] = _accidents(readings, first, second) <= _FALSE
    return _sure_part(closure(nested), readings, told.sum() * (told.sum() - 1) // 2)


def closure(relation):
    """A relation with all that follows from it by steps."""
    found = relation
    while True:
        further = found | (found.astype(float) @ found > 0)
        if (further == found).all():
            return found
        found = further


def reduced(order):
    """Of a strict order, the pairs between which there is no third."""
    return order & ~(order.astype(float) @ order > 0)


def _sure_part(nested, readings, count):
    """Of a strict order, what is left without those steps that may be accidents, the likeliest one away first.

    A step is weighed in the maps that have all else that the second group seems to need, but for what needs the first
    itself: two groups that need the same third are away together without either needing the other.
    """
    first, second = np.nonzero(nested)
    accidents = np.zeros(nested.shape)
    not_below = ~(nested | np.eye(len(nested), dtype=bool))
    accidents[first, second] = _accidents(readings, first, second, nested[:, second] & not_below[first].T)
    order = nested.copy()
    while True:
        steps = np.nonzero(reduced(order))
        if _passing(accidents[steps], count).all():
            return order
        worst = accidents[steps].argmax()
        order[steps[0][worst], steps[1][worst]] = False


def _accidents(readings, first, second, others=None):
    """For pairs of groups, how likely the second is away so often where the first is, were they independent.

    Fisher's exact test, in one direction, in the maps in which the others of each pair are there.
    """
    from scipy.stats import hypergeom

    known, away = readings.known, readings.away
    used = known[:, first] & known[:, second]
    if others is not None:
        used &= (~readings.there).astype(float) @ others == 0
    away_first, away_second = used & away[:, first], used & away[:, second]
    both = (away_first & away_second).sum(axis=0)
    return hypergeom.sf(both - 1, used.sum(axis=0), away_second.sum(axis=0), away_first.sum(axis=0))


def _passing(accidents, count):
    """Which of some tests pass, of `count` that could have been made."""
    order = np.argsort(accidents)
    passes = accidents[order] <= _FALSE * np.arange(1, len(accidents) + 1) / max(count, 1)
    most = np.flatnonzero(passes).max(initial=-1) + 1
    found = np.zeros(len(accidents), bool)
    found[order[:most]] = True
    return found
