"""Occupancies of groups of atoms in many maps: one matrix, with standard errors."""

from dataclasses import dataclass, field

import numpy as np

from .agreement import Order, agreeing, order_of
from .checks import check_among, checked_origin, checked_shape, checked_voxel_size
from .csv_text import csv_text
from .errors import OccuPyError
from .matrix_fit import fit_all
from .matrix_sums import MapSums, MatrixModel, ModelSums
from .parallel import Progress
from .refine import check_scattering, checked_groups, checked_lowpass, default_reference, groups_in_box
from .suitability import checked_density
from .transfer import INVERTED, is_inverted

MOST_GROUPS = 600
_LEAST_CORRELATION = 0.45
_LEAST_IN_REFERENCE = 0.2
_SURE, _LEAST_LEVEL = 3.0, 0.05
"""Standard errors, and share of the strongest group, above which a reference is surely there."""

_MODEL_ERROR = 0.1
"""Relative error of a group that is not set against itself in maps where it is known to be complete."""

_ABSENT_SHARE = 0.5
"""Of its standard error that a group keeps where it is away: the rest is its own misfit."""

_MOST_NAMES = 6
_HIGH_QUANTILE, _FEWEST_MAPS = 0.9, 4
_FULL, _ABSENT = 0.85, 0.15
"""Occupancies from which a group counts as there, and up to which as absent, in words."""


@dataclass(frozen=True, eq=False)
class OccupancyMatrix:
    """Occupancies of groups of atoms in many maps.

    Attributes
    ----------
    maps, groups : list of str
    occupancies, standard_errors : arrays of float, shape (maps, groups)
        Neither clipped at 0 nor at 1. NaN where a group is outside a map or its map failed.
    correlations : array of float, shape (maps,)
        Of map and fitted model, around the model.
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
    """

    maps: list
    groups: list
    occupancies: np.ndarray
    standard_errors: np.ndarray
    correlations: np.ndarray
    references: list
    reference_maps: list
    agreement: np.ndarray
    map_order: Order
    group_order: Order
    failed: dict
    lowpass: float
    warnings: list = field(default_factory=list)

    def described(self):
        """What tells the sets of agreeing maps apart.

        Returns
        -------
        list of dict
            number, maps (names), absent and partial (names of groups, by their median occupancy),
            and the same in words.
        """
        sets = []
        for number in range(1, int(self.agreement.max(initial=0)) + 1):
            mine = self.agreement == number
            medians = np.array([_median(column) for column in self.occupancies[mine].T])
            absent, partial = self._named(medians <= _ABSENT), self._named((medians > _ABSENT) & (medians < _FULL))
            maps = [name for name, here in zip(self.maps, mine, strict=True) if here]
            words = _in_words(absent, partial)
            sets.append({"number": number, "maps": maps, "absent": absent, "partial": partial, "words": words})
        return sets

    def table(self):
        """The matrix as a table, a row for each map: its set, correlation, occupancies, their errors.

        Returns
        -------
        headings : list of str
        rows : list of list
            What is not known is None.
        """
        headings = ["map", "set", "correlation", *self.groups, *(f"{name} error" for name in self.groups), "problem"]
        rows = [
            [name, int(self.agreement[i]) or None, _known(self.correlations[i])]
            + [_known(value) for value in (*self.occupancies[i], *self.standard_errors[i])]
            + [self.failed.get(name)]
            for i, name in enumerate(self.maps)
        ]
        return headings, rows

    def as_csv(self):
        """The table as comma-separated values (`csv_text`)."""
        headings, rows = self.table()
        return csv_text([headings, *rows])

    def as_dict(self):
        """Plain values for a JSON file; what is not known is None."""
        return {
            "maps": self.maps,
            "groups": self.groups,
            "occupancies": [[_known(value) for value in row] for row in self.occupancies],
            "standard_errors": [[_known(value) for value in row] for row in self.standard_errors],
            "correlations": [_known(value) for value in self.correlations],
            "references": self.references,
            "reference_maps": self.reference_maps,
            "sets": self.described(),
            "map_order": [self.maps[i] for i in self.map_order.places],
            "group_order": [self.groups[i] for i in self.group_order.places],
            "failed": self.failed,
            "lowpass": self.lowpass,
            "warnings": self.warnings,
        }

    def _named(self, which):
        return [name for name, chosen in zip(self.groups, which, strict=True) if chosen]


def refine_maps(
    densities,
    voxel_size,
    groups,
    *,
    names=None,
    origin=(0.0, 0.0, 0.0),
    lowpass=None,
    reference=None,
    reference_maps=(),
    solvent=True,
    progress=None,
):
    """Refine the occupancies of groups of atoms against many maps of one box.

    For maps of several boxes, or with a model for each map: `MatrixBox` and `occupancy_matrix`.

    Parameters
    ----------
    densities : iterable of arrays, each of shape (z, y, x)
        They are taken one after the other and not kept.
    voxel_size, groups, origin, lowpass, solvent, progress
        As for `refine`.
    names : sequence of str, optional
        Of the maps; numbers from 1 unless given.
    reference : sequence of str, optional
        Groups that are full in every map. By default the highest plateau of each map.
    reference_maps : sequence of str, optional
        Names of maps that are known to be complete: each group is set against itself in these.

    Returns
    -------
    OccupancyMatrix

    Raises
    ------
    OccuPyError
        If maps, groups or a setting cannot be used, or the model is in none of the maps.
    """
    report = Progress(progress)
    box, readings = None, []
    for name, density in _named(densities, names):
        if box is None:
            made = report.stage("densities of groups", 0.3)
            shape = checked_density(density)[0].shape
            box = MatrixBox(shape, voxel_size, groups, origin, lowpass, solvent, made)
            report.stage("maps", 0.6)
        readings.append(Reading(name, box.sums(density), box.model_sums))
    if box is None:
        raise OccuPyError("there are no maps; expected at least one")
    found = occupancy_matrix(readings, box.lowpass, reference=reference, reference_maps=reference_maps)
    report.done()
    return found


def _named(densities, names):
    """Each map with its name; raises `OccuPyError` where these are not as many as the maps, or not different."""
    if names is not None and len(set(names)) < len(names):
        raise OccuPyError(f"the names of the maps are {', '.join(map(str, names))}; expected each once")
    count = 0
    for count, density in enumerate(densities, start=1):
        if names is not None and count > len(names):
            raise OccuPyError(f"there are {len(names)} names, but more maps; expected one for each")
        yield str(count) if names is None else names[count - 1], density
    if names is not None and count < len(names):
        raise OccuPyError(f"there are {len(names)} names for {count} maps; expected one for each")


@dataclass(frozen=True, eq=False)
class Reading:
    """What was read of one map.

    Attributes
    ----------
    name : str
    sums : MapSums or None
        None where the map could not be used.
    model_sums : ModelSums
        Of the model in its box; one object for all maps that share both.
    problem : str
        Why it could not.
    """

    name: str
    sums: MapSums | None
    model_sums: ModelSums | None
    problem: str = ""


class MatrixBox:
    """Groups of atoms in a box: reads any number of maps of that box.

    The parameters are those of `refine`, the shape that of the maps.

    Attributes
    ----------
    model_sums : ModelSums
    lowpass : float
        Å.
    """

    def __init__(self, shape, voxel_size, groups, origin=(0.0, 0.0, 0.0), lowpass=None, solvent=True, progress=None):
        sizes, self._shape = checked_voxel_size(voxel_size), checked_shape(shape)
        self.lowpass = checked_lowpass(lowpass, self._shape, sizes)
        in_box, _ = groups_in_box(checked_groups(groups, MOST_GROUPS), self._shape, sizes, checked_origin(origin))
        check_scattering(in_box, solvent)
        self._model = MatrixModel(self._shape, sizes, in_box, self.lowpass, solvent, progress)
        self.model_sums = self._model.model_sums

    def sums(self, density):
        """What is read of a map of the box: `MapSums`."""
        density, found = checked_density(density)
        if density.shape != self._shape:
            raise OccuPyError(f"the map has shape {density.shape}; expected {self._shape}")
        return self._model.sums(density, found.unit)


def occupancy_matrix(readings, lowpass, *, reference=None, reference_maps=()):
    """The matrix of occupancies of maps that have been read.

    Parameters
    ----------
    readings : list of Reading
    lowpass : float
        Å, of all of them.
    reference, reference_maps
        As for `refine_maps`.

    Returns
    -------
    OccupancyMatrix

    Raises
    ------
    OccuPyError
        If no map can be used, or a reference is not among groups or maps.
    """
    maps = [reading.name for reading in readings]
    failed = {reading.name: reading.problem for reading in readings if reading.sums is None}
    used = [i for i, reading in enumerate(readings) if reading.sums is not None]
    if not used:
        raise OccuPyError(f"none of the {len(maps)} maps can be used: {next(iter(failed.values()), 'there is none')}")
    groups = list(dict.fromkeys(name for i in used for name in readings[i].model_sums.names))
    check_among(reference, groups, "group")
    check_among(reference_maps, maps, "map")
    _check_not_failed(reference_maps, failed)
    fits = fit_all([readings[i].sums for i in used], [readings[i].model_sums for i in used])
    table = _Table(groups, [readings[i].model_sums for i in used], fits)
    failed |= {maps[used[k]]: problem for k, problem in table.problems(reference).items()}
    _check_not_failed(reference_maps, failed)
    complete = [k for k, i in enumerate(used) if maps[i] in reference_maps]
    warnings = table.set_against(complete, reference)
    return _assembled(maps, used, groups, table, failed, list(reference_maps), lowpass, warnings, reference)


def _check_not_failed(reference_maps, failed):
    for name in reference_maps:
        if name in failed:
            raise OccuPyError(f"the reference map {name} cannot be used: {failed[name]}")


def _assembled(maps, used, groups, table, failed, reference_maps, lowpass, warnings, reference):
    occupancies, errors, own_errors = np.full((3, len(maps), len(groups)), np.nan)
    correlations, references = np.full(len(maps), np.nan), [[] for _ in maps]
    good = [k for k, i in enumerate(used) if maps[i] not in failed]
    if not good:
        raise OccuPyError(f"none of the {len(maps)} maps can be used: {next(iter(failed.values()))}")
    for k in good:
        row = used[k]
        occupancies[row], errors[row], own_errors[row], references[row] = table.relative(k, reference)
        correlations[used[k]] = table.fits[k].correlation
    rows = np.array([used[k] for k in good])
    if not reference_maps and len(rows) >= _FEWEST_MAPS:
        warnings = [*warnings, *_never_full(groups, occupancies[rows])]
    order = order_of(occupancies[rows])
    agreement = np.zeros(len(maps), int)
    agreement[rows] = agreeing(order, own_errors[rows])
    return OccupancyMatrix(
        maps, groups, occupancies, errors, correlations, references, reference_maps, agreement,
        Order(rows[order.places], order.leaves, order.tree), order_of(occupancies[rows].T), failed, lowpass, warnings,
    )  # fmt: skip


def _never_full(groups, occupancies):
    """A sentence on groups that are full in none of many maps, if there are any."""
    high = [np.quantile(c[np.isfinite(c)], _HIGH_QUANTILE) if np.isfinite(c).any() else 1.0 for c in occupancies.T]
    named = [f"{name} ({h:.2f})" for name, h in zip(groups, high, strict=True) if _ABSENT < h < _FULL]
    if not named:
        return []
    return [
        f"Full in hardly any map: {listed(named)}. A model that is wrong about a group makes it read so; reference "
        "maps, known to be complete, tell the two apart."
    ]


class _Table:
    """Fits of maps, set against maps that are complete and against a reference within each."""

    def __init__(self, groups, models, fits):
        self._groups, self._models, self.fits = groups, models, fits
        self._number = {name: i for i, name in enumerate(groups)}
        self._complete = np.ones(len(groups))
        self._complete_error = np.full(len(groups), _MODEL_ERROR)

    def problems(self, reference):
        """Sentences on maps that cannot be used, by number."""
        found = {}
        for k, fit in enumerate(self.fits):
            if not fit.correlation > _LEAST_CORRELATION or fit.occupancies.max() <= 0:
                found[k] = (
                    f"the model is not in the map: what it fits correlates with the map by {fit.correlation:.2f} only; "
                    "expected a model in its place (see fitmap), of the same hand as the map"
                )
            elif is_inverted(fit.transfer):
                found[k] = INVERTED
            elif reference is not None and not self._stands_out(k, self._chosen(k, reference)):
                found[k] = (
                    f"the reference {', '.join(reference)} is not in the map: its occupancy is not surely above 0"
                )
        return found

    def set_against(self, complete, reference):
        """Set each group against itself in the maps of these numbers; returns warnings."""
        if not complete:
            return []
        # A group that is not there is first told by the level of the others, which may then be taken without it.
        usable = self._means(complete, lambda k: self._chosen(k, reference))[0] > _LEAST_IN_REFERENCE
        means, errors = self._means(complete, lambda k: usable[self._mine(k)])
        self._complete = np.where(usable, means, 1.0)
        self._complete_error = np.where(usable, errors / self._complete, _MODEL_ERROR)
        weak = [f"{name} ({value:.2f})" for name, value, ok in zip(self._groups, means, usable, strict=True) if not ok]
        if not weak:
            return []
        return [f"Not complete in the reference maps, and not set against them: {', '.join(weak)}."]

    def _means(self, numbers, level_of):
        """Means of groups over some maps, relative to those groups of each map that a function tells, with errors."""
        occupancies, errors = np.full((2, len(numbers), len(self._groups)), np.nan)
        for row, k in enumerate(numbers):
            mine, level = self._mine(k), self._level(k, level_of(k))
            occupancies[row, mine] = self.fits[k].occupancies / level
            errors[row, mine] = np.sqrt(np.diag(self.fits[k].covariance)) / level
        known = np.isfinite(occupancies)
        count = np.maximum(known.sum(axis=0), 1)
        means = np.where(known, occupancies, 0).sum(axis=0) / count
        return means, np.sqrt(np.where(known, errors**2, 0).sum(axis=0)) / count

    def relative(self, k, reference):
        """Occupancies of all groups in a map, their standard errors, what of these is the map's own, its reference."""
        mine, fit = self._mine(k), self.fits[k]
        complete, complete_error = self._complete[mine], self._complete_error[mine]
        values = fit.occupancies / complete
        covariance = fit.covariance / np.outer(complete, complete)
        chosen = self._chosen(k, reference)
        share = np.where(chosen, self._models[k].weights, 0)
        share = share / share.sum()
        level = share @ values
        values = values / level
        # What a reference is read with is its error; that of others comes with that of their difference from it.
        carried = np.eye(len(mine)) - np.where(chosen, 0, values)[:, None] * share
        variance = np.einsum("ab,bc,ac->a", carried, covariance, carried) / level**2
        there = _ABSENT_SHARE**2 + (1 - _ABSENT_SHARE**2) * np.clip(values, 0, 1) ** 2
        of_level = np.where(chosen, 0, share**2 @ complete_error**2)
        own = variance * there
        found = np.full((3, len(self._groups)), np.nan)
        found[:, mine] = values, np.sqrt(own + values**2 * (complete_error**2 + of_level)), np.sqrt(own)
        return *found, [name for name, c in zip(self._models[k].names, chosen, strict=True) if c]

    def _mine(self, k):
        return np.array([self._number[name] for name in self._models[k].names])

    def _level(self, k, chosen):
        """Mean occupancy of some groups of a map, on the scale of its fit; 0 where there are none."""
        weights = np.where(chosen, self._models[k].weights, 0)
        return weights @ self.fits[k].occupancies / weights.sum() if chosen.any() else 0.0

    def _stands_out(self, k, chosen):
        """Whether the level of some groups is above 0 beyond doubt: else nothing can be relative to it."""
        share = np.where(chosen, self._models[k].weights, 0)
        error = np.sqrt(share @ self.fits[k].covariance @ share) / max(share.sum(), np.finfo(float).tiny)
        return self._level(k, chosen) > max(_SURE * error, _LEAST_LEVEL)

    def _chosen(self, k, reference):
        """Which groups of a map are its reference."""
        if reference is not None:
            return np.isin(self._models[k].names, list(reference))
        mine = self._mine(k)
        values, weights = self.fits[k].occupancies / self._complete[mine], self._models[k].weights
        errors = np.sqrt(np.diag(self.fits[k].covariance)) / self._complete[mine]
        return default_reference(values, weights, errors)


def listed(names, most=_MOST_NAMES):
    """Names in a row, with the count of those that would make it long."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _in_words(absent, partial):
    parts = [f"{words} {listed(names)}" for words, names in (("without", absent), ("in part", partial)) if names]
    return "; ".join(parts) or "all groups"


def _median(values):
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _known(value):
    return float(value) if np.isfinite(value) else None
