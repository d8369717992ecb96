"""The matrix of occupancies of groups of atoms in many maps, as a table and in words."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..csv_text import csv_text
from ..errors import OccuPyError
from ..refinement.names import labels_of
from ..refinement.result import Together
from .agreement import Order, order_of
from .populations import Populations
from .remarks import fitted_in_words
from .sets import Sets, listed

ALL_PARTICLES = "all particles"
"""What the row of shares is called."""

_AS_THEY_ARE = ("maps", "groups", "notes", "references", "reference_maps", "failed", "lowpass", "warnings", "masks")
"""Attributes that are plain values already."""

_OF_TOGETHER = {"": "occupancy", " error": "standard_error", " spread": "spread", " expected spread": "expected_spread"}
"""What is told of groups together, by what its column is called after their name."""


@dataclass(frozen=True, eq=False)
class OccupancyMatrix:
    """Occupancies of groups of atoms in many maps.

    Attributes
    ----------
    maps, groups : list of str
    occupancies, standard_errors : arrays of float, shape (maps, groups)
        Neither clipped at 0 nor at 1. NaN where a group is outside a map or its map failed.
    own_errors : array of float, shape (maps, groups)
        What of the standard errors is each map's own. The rest, √(standard_errors² − own_errors²), is what the model or
        reference maps get wrong about a group, the same in all maps.
    local_correlations : array of float, shape (maps, groups)
        Of each map, less the other groups, with a group's own density where that is. NaN where it is not known.
    notes : list of list of list of str
        What to mistrust: sentences on each group in each map.
    correlations : array of float, shape (maps,)
        Of map and fitted model, around the model.
    unexplained : array of float, shape (maps,)
        Share of the density of each map that the model does not explain: what it lacks.
    references : list of list of str
        The groups of each map whose mean occupancy is 1.
    reference_maps : list of str
        The maps in which every group counts as full; empty where there are none.
    agreement : array of int, shape (maps,)
        Number of the set of agreeing maps that each is in, from 1; 0 for a map that failed.
    map_order, group_order : Order
        Of the maps that did not fail and of all groups, by hierarchical clustering. Places are
        those in `maps` and `groups`.
    failed : dict of str to str
        Why a map could not be used, by its name.
    lowpass : float
        Å.
    warnings : list of str
        Sentences for the user.
    b_shifts, b_shift_errors : arrays of float, shape (maps, groups)
        ΔB in Å²: what each map adds to the B-factors of the model in a group, relative to the reference, with standard
        errors. NaN where the map does not tell; None where nobody asked.
    b_shift_lowpasses : array of float, shape (maps,)
        The resolution in Å up to which each map told ΔB; NaN where it did not. None where nobody asked.
    populations : Populations or None
        How particles are shared among the maps, where that is known.
    shares, share_errors : arrays of float, shape (groups,), or None
        With populations, the share of the particles that have each group, with standard errors: see `with_shares`.
    together : list of list of Together
        What each map tells of several groups together: sums of alternatives, means of copies.
    masks : list of str
        Those of the groups that are masks, regions of the maps.
    """

    maps: list
    groups: list
    occupancies: np.ndarray
    standard_errors: np.ndarray
    own_errors: np.ndarray
    local_correlations: np.ndarray
    notes: list
    correlations: np.ndarray
    unexplained: np.ndarray
    references: list
    reference_maps: list
    agreement: np.ndarray
    map_order: Order
    group_order: Order
    failed: dict
    lowpass: float
    warnings: list = field(default_factory=list)
    b_shifts: np.ndarray | None = None
    b_shift_errors: np.ndarray | None = None
    b_shift_lowpasses: np.ndarray | None = None
    populations: Populations | None = None
    shares: np.ndarray | None = None
    share_errors: np.ndarray | None = None
    together: list = field(default_factory=list)
    masks: list = field(default_factory=list)

    @property
    def groups_of_atoms(self):
        """The groups that are no masks."""
        return [name for name in self.groups if name not in self.masks]

    @property
    def fit(self):
        """In words, how maps and model, or masks where these are all, correlate."""
        known, fitted = self.correlations[np.isfinite(self.correlations)], fitted_in_words(self.groups, self.masks)
        return f"correlation {known.mean():.2f} with {fitted} on the mean, {known.min():.2f} to {known.max():.2f}"

    @property
    def noted(self):
        """In words, of which groups there are notes in how many maps, most first; empty where there are none."""
        counts = dict(zip(self.labels, (sum(map(bool, cells)) for cells in zip(*self.notes, strict=True)), strict=True))
        counts |= {name: sum(bool(one.remarks) for one in found if one) for name, found in self._together().items()}
        most = sorted(counts.items(), key=lambda item: -item[1])
        return listed([f"{name} ({count} of {len(self.maps)} maps)" for name, count in most if count])

    @property
    def together_in_words(self):
        """Sentences on what the maps tell of groups together."""
        sentences = []
        for name, found in self._together().items():
            known = [one for one in found if one]
            values = np.array([one.occupancy for one in known])
            told = f"{values.mean():.2f} on the mean, {values.min():.2f} to {values.max():.2f}"
            sentences.append(f"{name}, {known[0].what}: {told}")
        return sentences

    def _together(self):
        """What each map tells of groups together, by name; None where a map tells nothing of them."""
        found = {}
        for i, row in enumerate(self.together):
            for one in row:
                found.setdefault(one.name, [None] * len(self.maps))[i] = one
        return found

    def moving(self, names):
        """In words, of which cells ΔB is told and where it is largest; empty where nobody asked.

        Parameters
        ----------
        names : list of str
            What each of the maps is called.
        """
        if self.b_shifts is None:
            return ""
        count = np.isfinite(self.b_shifts).sum()
        if not count:
            return "of no group in any map"
        finest, coarsest = (f"{pick(self.b_shift_lowpasses):.2g}" for pick in (np.nanmin, np.nanmax))
        i, j = np.unravel_index(np.nanargmax(self.b_shifts), self.b_shifts.shape)
        return (
            f"of {count} of {self.b_shifts.size} cells, up to {finest} Å"
            f"{'' if finest == coarsest else f' in some maps and {coarsest} Å in others'}; "
            f"most, {self.b_shifts[i, j]:.0f} ± {self.b_shift_errors[i, j]:.0f} Å², of {self.labels[j]} in {names[i]}"
        )

    @cached_property
    def labels(self):
        """What the groups are called where they are shown, in their order (`labels_of`)."""
        return list(labels_of(self.groups).values())

    def described(self):
        """What tells the sets of agreeing maps apart.

        Returns
        -------
        list of dict
            number, maps (names), their mean correlation with the model, absent and partial (names of groups, by their
            median occupancy); apart, groups that are another way than in nearly all sets (`common`), each a dict of
            groups (names) and words; words, all of these.
        """
        return self._sets.described()

    @cached_property
    def _sets(self):
        return Sets(self)

    @property
    def common(self):
        """What nearly all sets lack or have in part, in words; empty where that is nothing."""
        return self._sets.common_words

    def table(self):
        """The matrix as a table, a row for each map.

        Returns
        -------
        headings : list of str
            Set, correlation and unexplained share of the map, and its share of the particles where that is known;
            occupancies, their errors and local correlations of all groups; where it was asked for ΔB, its errors, and
            the resolution up to which it is told; sums of alternatives, and means of copies, with their errors; notes
            on groups; what is wrong with the map.
        rows : list of list
            What is not known is None. The last is of all particles, where shares are known.
        """
        columns = {"": self.occupancies, " error": self.standard_errors, " correlation": self.local_correlations}
        of_maps = {"correlation": self.correlations, "unexplained": self.unexplained}
        if self.b_shifts is not None:
            columns |= {" b_shift": self.b_shifts, " b_shift error": self.b_shift_errors}
            of_maps["b_shift_lowpass"] = self.b_shift_lowpasses
        if self.populations is not None:
            of_maps["population"] = self.populations.weights
        of_groups = [f"{name}{what}" for what in columns for name in self.groups]
        together = [
            (f"{name}{what}", [getattr(one, attribute, np.nan) for one in found])
            for what, attribute in _OF_TOGETHER.items()
            for name, found in self._together().items()
            if any(np.isfinite(getattr(one, attribute)) for one in found if one)
        ]
        headings = ["map", "set", *of_maps, *of_groups, *(name for name, _ in together), "notes", "problem"]
        rows = [
            [name, int(self.agreement[i]) or None]
            + [_known(values[i]) for values in of_maps.values()]
            + [_known(value) for values in columns.values() for value in values[i]]
            + [_known(values[i]) for _, values in together]
            + [self._notes_on(i) or None, self.failed.get(name)]
            for i, name in enumerate(self.maps)
        ]
        if self.shares is not None:
            shares = [_known(value) for value in (*self.shares, *self.share_errors)]
            nothing = [None] * (len(headings) - 2 - len(of_maps) - len(shares))
            rows.append([ALL_PARTICLES, None, *[None] * len(of_maps), *shares, *nothing])
        return headings, rows

    def _notes_on(self, i):
        """All notes on groups in a map, as one text."""
        notes = list(zip(self.groups, self.notes[i], strict=True))
        notes += [(name, found[i].remarks) for name, found in self._together().items() if found[i]]
        return "; ".join(f"{name}: {note}" for name, of_name in notes for note in of_name)

    def as_csv(self):
        """The table as comma-separated values (`csv_text`)."""
        headings, rows = self.table()
        return csv_text([headings, *rows])

    def as_dict(self):
        """Plain values for a JSON file; what is not known is None."""
        return {
            "maps": self.maps,
            "groups": self.groups,
            "occupancies": _plain(self.occupancies),
            "standard_errors": _plain(self.standard_errors),
            "own_errors": _plain(self.own_errors),
            "b_shifts": _plain(self.b_shifts),
            "b_shift_errors": _plain(self.b_shift_errors),
            "b_shift_lowpasses": _plain(self.b_shift_lowpasses),
            "together": [[one.as_dict() for one in row] for row in self.together],
            "local_correlations": _plain(self.local_correlations),
            "notes": self.notes,
            "correlations": _plain(self.correlations),
            "unexplained": _plain(self.unexplained),
            "references": self.references,
            "reference_maps": self.reference_maps,
            "populations": None if self.populations is None else self.populations.as_dict(),
            "shares": _plain(self.shares),
            "share_errors": _plain(self.share_errors),
            "sets": self.described(),
            "map_order": [self.maps[i] for i in self.map_order.places],
            "group_order": [self.groups[i] for i in self.group_order.places],
            "failed": self.failed,
            "lowpass": self.lowpass,
            "warnings": self.warnings,
            "masks": self.masks,
        }

    @classmethod
    def from_dict(cls, found):
        """The matrix of which `as_dict` gave these values.

        Raises
        ------
        OccuPyError
            If they are not those of a matrix.
        """
        try:
            return cls._from_plain(found)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise OccuPyError(f"these are not the values of a matrix of occupancies ({error!r})") from None

    @classmethod
    def _from_plain(cls, found):
        maps, groups = found["maps"], found["groups"]
        of_cells = ("occupancies", "standard_errors", "own_errors", "local_correlations", "b_shifts", "b_shift_errors")
        of_maps = ("correlations", "unexplained", "b_shift_lowpasses")
        arrays = {name: _array(found[name], (len(maps), len(groups))) for name in of_cells}
        arrays |= {name: _array(found[name], (len(maps),)) for name in of_maps}
        arrays |= {name: _array(found[name], (len(groups),)) for name in ("shares", "share_errors")}
        set_of = {name: one["number"] for one in found["sets"] for name in one["maps"]}
        rows = np.array([i for i, name in enumerate(maps) if name not in found["failed"]])
        order = order_of(arrays["occupancies"][rows])
        return cls(
            agreement=np.array([set_of.get(name, 0) for name in maps]),
            map_order=Order(rows[order.places], order.leaves, order.tree),
            group_order=order_of(arrays["occupancies"][rows].T),
            populations=Populations.from_dict(maps, found["populations"]),
            together=[[Together.from_dict(one) for one in row] for row in found["together"]],
            **arrays,
            **{name: found[name] for name in _AS_THEY_ARE},
        )


def _plain(values):
    """Nested lists; None where nobody asked for the values."""
    if values is None or np.ndim(values) == 0:
        return values if values is None else _known(values)
    return [_plain(part) for part in values]


def _array(values, shape):
    """What `_plain` made of an array."""
    if values is None:
        return None
    found = np.array(values, float)
    if found.shape != shape:
        raise ValueError(f"shape {found.shape}, expected {shape}")
    return found


def _known(value):
    return float(value) if np.isfinite(value) else None
