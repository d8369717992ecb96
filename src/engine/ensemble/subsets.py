"""Maps whose particles have some groups and not others, and what share of these is expected to be wrong."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from ..errors import OccuPyError
from ..matrix.sets import listed
from .populations import without_ending

ABOVE = 0.7
"""Occupancy from which a map has a group; up to 1 less this it has it not."""

_NEAREST = 3
_LEAST_ERROR, _FARTHEST, _ROUNDS = 0.005, 3.0, 100
"""Of an occupancy; how many errors below 0 or above 1 one counts at most; of expectation maximisation."""


@dataclass(frozen=True)
class Wanted:
    """What the particles of a set are to have and not to have.

    Attributes
    ----------
    having, lacking : tuple of str
        Names of groups.
    above : float
        Above 0.5, up to 1.
    """

    having: tuple = ()
    lacking: tuple = ()
    above: float = ABOVE

    def checked(self, groups):
        """Itself; raises `OccuPyError` where it cannot be of these groups."""
        if not 0.5 < self.above <= 1:
            raise OccuPyError(f"above is {self.above:g}; expected a number above 0.5, up to 1")
        for name in (*self.having, *self.lacking):
            if name not in groups:
                raise OccuPyError(f"there is no group {name}; there are {listed(groups)}")
        both = [name for name in self.having if name in self.lacking]
        if both:
            raise OccuPyError(f"{both[0]} is with and without; expected either")
        if not (self.having or self.lacking):
            raise OccuPyError("nothing is said of groups; expected some that particles have or have not")
        return self

    def in_words(self):
        """Such as with A, without B, C."""
        parts = [
            f"{word} {listed(names)}" for word, names in (("with", self.having), ("without", self.lacking)) if names
        ]
        return ", ".join(parts)


def names_in(texts, groups):
    """Groups that somebody names, each alone or several with commas between them.

    Parameters
    ----------
    texts : sequence of str
        One that is the name of a group is that, whatever commas it has. The names of masks may be with or without the
        ending of the file.
    groups : list of str

    Returns
    -------
    tuple of str
    """
    named = []
    for text in texts:
        named += [text] if text in groups else [part.strip() for part in text.split(",") if part.strip()]
    return tuple(dict.fromkeys(_as_written(name, groups) for name in named))


def _as_written(name, names):
    """That of some names which is this one but for the ending of a file; itself where there is none, or several."""
    alike = [one for one in names if without_ending(one) == without_ending(name)]
    return alike[0] if name not in names and len(alike) == 1 else name


def chosen_maps(matrix, names, wanted, maps=(), set_number=None):
    """Which maps are chosen, a bool array.

    Parameters
    ----------
    matrix : OccupancyMatrix
    names : list of str
        What its maps are called, beside their own names.
    wanted : Wanted
        Of groups; where it says nothing of any, maps or a set have to be given.
    maps : sequence of str
        Only these maps.
    set_number : int, optional
        Only those of this set of maps that agree.

    Raises
    ------
    OccuPyError
        If a map, a set or a group is not there, or no map is as wanted.
    """
    among = np.ones(len(matrix.maps), bool)
    if maps:
        among &= _named(maps, matrix.maps, names)
    if set_number is not None:
        if not (matrix.agreement == set_number).any() or set_number < 1:
            raise OccuPyError(f"there is no set {set_number}; there are sets 1 to {matrix.agreement.max()}")
        among &= matrix.agreement == set_number
    if not among.any():
        raise OccuPyError(f"none of the maps {listed(maps)} is in set {set_number}; expected one")
    if (maps or set_number is not None) and not (wanted.having or wanted.lacking):
        return among
    return maps_with(matrix, wanted, among, names)


def _named(wanted, maps, names):
    found = np.zeros(len(maps), bool)
    for name in (_as_written(_as_written(name, names), maps) for name in wanted):
        here = np.array([name in both for both in zip(maps, names, strict=True)])
        if not here.any():
            raise OccuPyError(f"there is no map {name}; there are {listed(names)}")
        found |= here
    return found


def maps_with(matrix, wanted, among=None, names=None):
    """Which maps have some groups and have not others, a bool array.

    Parameters
    ----------
    matrix : OccupancyMatrix
    wanted : Wanted
    among : bool array, shape (maps,), optional
        Only of these.
    names : list of str, optional
        What the maps are called in a sentence.

    Raises
    ------
    OccuPyError
        If no map is such; the sentence says which are nearest.
    """
    wanted.checked(matrix.groups)
    short = _shortfalls(matrix, wanted)
    if among is not None:
        short[~among] = np.inf
    found = (short <= 0).all(axis=1)
    if found.any():
        return found
    raise OccuPyError(
        f"no map is {wanted.in_words()} (occupancies of {wanted.above:g} and more, {1 - wanted.above:.3g} and less)"
        f"{_on_nearest(matrix, wanted, short, names or matrix.maps)}"
    )


def _on_nearest(matrix, wanted, short, called):
    """The end of a sentence, on the maps that come nearest with what they miss; empty where nothing is known."""
    names, worst = (*wanted.having, *wanted.lacking), short.max(axis=1)
    told = []
    for i in np.argsort(worst, kind="stable")[:_NEAREST]:
        missed = [names[j] for j in np.flatnonzero(short[i] > 0)]
        read = [f"{name} {matrix.occupancies[i, matrix.groups.index(name)]:.2f}" for name in missed]
        told += [f"{called[i]} ({listed(read)})"] if np.isfinite(worst[i]) else []
    return f"; the nearest are {listed(told)}" if told else ""


def _shortfalls(matrix, wanted):
    """By how much each map misses each condition, shape (maps, conditions); infinite where a group is not known."""
    columns = [matrix.groups.index(name) for name in (*wanted.having, *wanted.lacking)]
    values = matrix.occupancies[:, columns]
    is_had = np.arange(len(columns)) < len(wanted.having)
    short = np.where(is_had, wanted.above - values, values - (1 - wanted.above))
    return np.where(np.isfinite(short), short, np.inf)


def share_right(matrix, wanted):
    """The share of the particles of each map that is expected to have, and not to have, what is wanted.

    Returns
    -------
    array of float, shape (maps,)
        NaN where it is not known.

    Notes
    -----
    The product over groups of the expected occupancies (`expected_occupancies`), as if in the particles of one map each
    group came and went by itself.
    """
    columns = [matrix.groups.index(name) for name in (*wanted.having, *wanted.lacking)]
    expected = expected_occupancies(matrix)[:, columns]
    is_had = np.arange(len(columns)) < len(wanted.having)
    return np.where(is_had, expected, 1 - expected).prod(axis=1)


def expected_occupancies(matrix):
    """What occupancies are expected to be, given that many are 0 or 1: from 0 to 1, shape (maps, groups).

    NaN where they are not known.

    Notes
    -----
    Of a cell that reads q ± s the expectation under a prior that all cells share: 0 and 1 with some probability, else
    anything between, evenly. How probable each is is told by the cells themselves, by expectation maximisation. A mean
    over q ± s alone, cut off at 0 and 1, would expect a group that reads 1.0 ± 0.1 to be away in 4 % of the particles.
    """
    known = np.isfinite(matrix.occupancies) & np.isfinite(matrix.standard_errors)
    errors = np.maximum(matrix.standard_errors[known], _LEAST_ERROR)
    read = np.clip(matrix.occupancies[known], -_FARTHEST * errors, 1 + _FARTHEST * errors)
    low, high = -read / errors, (1 - read) / errors
    partial = ndtr(high) - ndtr(low)
    likelihoods, share = np.array([_normal(low) / errors, _normal(high) / errors, partial]), np.full(3, 1 / 3)
    for _ in range(_ROUNDS):
        weighed = share[:, None] * likelihoods
        posteriors = weighed / weighed.sum(axis=0)
        share = posteriors.mean(axis=1)
    within = read - errors * (_normal(high) - _normal(low)) / partial
    found = np.full(known.shape, np.nan)
    found[known] = posteriors[1] + posteriors[2] * within
    return found


def _normal(z):
    with np.errstate(under="ignore"):
        return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
