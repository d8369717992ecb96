"""Sets of maps that agree, and what tells them apart, in words."""

import numpy as np

from ..refinement.names import joined_along_chains, labels_of

FULL, ABSENT = 0.85, 0.15
"""Occupancies from which a group counts as there, and up to which as absent, in words."""

_STATES = _WITHOUT, _IN_PART, _WITH = "without", "in part", "with"
_UNKNOWN = ""
_NEARLY_ALL = 0.9
"""Of the sets: what so many have in common is told once, and of others where they differ."""

_MOST_NAMES = 6


class Sets:
    """The sets of agreeing maps of a matrix, in words.

    Parameters
    ----------
    matrix : OccupancyMatrix

    Attributes
    ----------
    common : list of dict
        What nearly all sets lack or have in part, which is not told of each: groups (names) and the same in words.
    """

    def __init__(self, matrix):
        self._matrix = matrix
        numbers = range(1, int(matrix.agreement.max(initial=0)) + 1)
        states = [_states(matrix.occupancies[matrix.agreement == number]) for number in numbers]
        self._states = np.array(states, "U7").reshape(len(states), len(matrix.groups))
        # The share of the sets in which each group is in a state.
        self._shares = {state: (self._states == state).sum(axis=0) / max(len(states), 1) for state in _STATES}
        self._usual = np.full(len(matrix.groups), _WITH, self._states.dtype)
        for state in (_WITHOUT, _IN_PART) if len(states) > 1 else ():
            self._usual[self._shares[state] >= _NEARLY_ALL] = state
        self.common = self._told(np.where(self._usual == _WITH, _UNKNOWN, self._usual))

    @property
    def common_words(self):
        """What nearly all sets have in common, in words; empty where that is nothing."""
        unless = [] if (self._states == self._usual)[:, self._usual != _WITH].all() else ["unless told otherwise"]
        return "; ".join([one["words"] for one in self.common] + unless) if self.common else ""

    def described(self):
        """What tells each set apart: see `OccupancyMatrix.described`."""
        return [self._described(number, states) for number, states in enumerate(self._states, start=1)]

    def _described(self, number, states):
        mine = self._matrix.agreement == number
        apart = self._told(np.where(states == self._usual, _UNKNOWN, states))
        return {
            "number": number,
            "maps": [name for name, here in zip(self._matrix.maps, mine, strict=True) if here],
            "correlation": float(self._matrix.correlations[mine].mean()),
            "absent": self._named(states == _WITHOUT),
            "partial": self._named(states == _IN_PART),
            "apart": apart,
            "words": "; ".join(one["words"] for one in apart) or f"all {'other ' if self.common else ''}groups",
        }

    def _told(self, states):
        """Groups by their state, and the same in words."""
        named = [(state, self._named(states == state)) for state in _STATES]
        return [
            {"groups": names, "words": f"{state} {self._listed(names, self._shares[state])}"}
            for state, names in named
            if names
        ]

    def _listed(self, names, shares):
        """Names as they are shown, of many those that fewest sets share."""
        share_of = dict(zip(self._matrix.groups, shares, strict=True))
        runs = joined_along_chains(names, self._matrix.groups)
        rarest = sorted(runs, key=lambda run: min(share_of[name] for name in runs[run]))[:_MOST_NAMES]
        labels = labels_of([*self._matrix.groups, *runs])
        return listed([labels[run] for run in sorted(runs, key=lambda run: run not in rarest)])

    def _named(self, which):
        return [name for name, chosen in zip(self._matrix.groups, which, strict=True) if chosen]


def listed(names, most=_MOST_NAMES):
    """Names in a row, with the count of those that would make it long."""
    more = len(names) - most
    return ", ".join(map(str, names[:most])) + (f" and {more} more" if more > 0 else "")


def _states(occupancies):
    """What each group is in maps, by its median occupancy, in words."""
    known = np.isfinite(occupancies).any(axis=0)
    medians = np.full(len(known), np.nan)
    medians[known] = np.nanmedian(occupancies[:, known], axis=0)
    return np.select([~known, medians <= ABSENT, medians < FULL], [_UNKNOWN, _WITHOUT, _IN_PART], _WITH)
