"""Fits of maps, set against maps that are complete and against a reference within each; their standard errors."""

from dataclasses import dataclass

import numpy as np

from ..refinement.alternatives import among, limited
from ..refinement.notes import unusable
from ..refinement.reference import KnownLevel, Level, default_reference
from ..refinement.symmetry import copies_among, mean_of_copies

LEAST_IN_REFERENCE = 0.4
"""Relative to the others, from which a group counts as there in a map that is said to be complete."""

_SURE, _LEAST_LEVEL = 3.0, 0.05
"""Standard errors, and share of the strongest group, above which a reference is surely there."""

_MODEL_ERROR = 0.1
"""Relative error of a group that is not set against itself in maps where it is known to be complete."""

_ROUNDS_OF_MASKS, _MASK_SPREAD = 3, 0.06
"""Maps in which a mask is full differ by this: each has a scale and conformations of its own."""

_ABSENT_SHARE = 0.5
"""Of its standard error that a group keeps where it is away: the rest is its own misfit."""

_EXPECTED_DEGREES = 4
"""As many degrees of freedom count for the errors of fits where the spread of reference maps is held against them."""


@dataclass(frozen=True, eq=False)
class MapOccupancies:
    """What one map tells of all groups of a matrix.

    Attributes
    ----------
    occupancies, standard_errors, own_errors : arrays of float, shape (groups,)
        Own errors are what of the standard errors is the map's own. NaN where a group is outside the map.
    reference : list of str
        The groups whose mean occupancy is 1.
    together : list of Together
    """

    occupancies: np.ndarray
    standard_errors: np.ndarray
    own_errors: np.ndarray
    reference: list
    together: list


class RelativeFits:
    """Fits of maps, set against maps that are complete and against a reference within each.

    Parameters
    ----------
    groups : list of str
        Of all the maps.
    models : list of ModelSums
    fits : list of MapFit
    alternatives : dict of str to list of int
        Places of the groups of each set of which a particle has one at most, by what it is called.
    copies : dict of str to list of str, optional
        Names of groups that are copies of each other, by what their mean is called.
    known : array of float, shape (maps, groups), optional
        Occupancies from another fit of the same maps, which then set the level of each; NaN where these are not known.

    Attributes
    ----------
    fits : list of MapFit
    mask_errors : dict of str to float
        Relative errors of the groups that are masks, of where these end.
    """

    def __init__(self, groups, models, fits, alternatives, copies=None, known=None):
        self.copies, self._known = copies, known
        self._groups, self._models, self.fits, self._alternatives = groups, models, fits, alternatives
        self._number = {name: i for i, name in enumerate(groups)}
        self.mask_errors = {name: error for model in models for name, error in model.mask_errors.items()}
        self._complete = np.ones(len(groups))
        self._complete_error = np.full(len(groups), _MODEL_ERROR)

    def problems(self, reference):
        """Sentences on maps that cannot be used, by number."""
        found = {}
        for k, fit in enumerate(self.fits):
            if problem := unusable(
                fit.occupancies, fit.transfer, fit.correlation, fit.correlation_alone, fit.unexplained
            ):
                found[k] = problem
            elif reference is not None and not self._stands_out(k, self._chosen(k, reference)):
                found[k] = (
                    f"the reference {', '.join(reference)} is not in the map: its occupancy is not surely above 0"
                )
        return found

    def set_against(self, complete, reference):
        """Set each group against itself in those of the maps of these numbers in which it is; returns warnings."""
        if not complete:
            return []
        # A group that is not there is first told by the level of the others, which may then be taken without it.
        values, _ = self._beside(complete, [self._chosen(k, reference) for k in complete])
        for _ in range(2):
            there = values > LEAST_IN_REFERENCE
            levels = [there[row, self._mine(k)] for row, k in enumerate(complete)]
            values, errors = self._beside(complete, levels)
        count, usable = np.maximum(there.sum(axis=0), 1), there.any(axis=0)
        means = np.where(there, values, 0).sum(axis=0) / count
        self._complete = np.where(usable, means, 1.0)
        error = np.sqrt(np.where(there, errors**2, 0).sum(axis=0)) / count * _own_share(values, errors, there)
        self._complete_error = np.where(usable, error / self._complete, _MODEL_ERROR)
        return self._on_absent(values, there)

    def set_masks_against_strongest(self, numbers, reference):
        """Set each mask against itself in those of the maps of these numbers in which it is strongest."""
        masks = np.flatnonzero(np.isin(self._groups, list(self.mask_errors)))
        # Where there are masks only, the level of a map follows from what was found of them.
        for _ in range(_ROUNDS_OF_MASKS if len(masks) else 0):
            values, errors = self._told_of_masks(numbers, reference)
            for i in masks:
                known = np.isfinite(values[:, i])
                value, error = values[known, i], errors[known, i]
                full = default_reference(value, np.ones(len(value)), error)
                if value[full].mean() > 0:
                    self._complete[i] = value[full].mean()
                    error = np.sqrt((error[full] ** 2).sum()) / full.sum()
                    self._complete_error[i] = error / self._complete[i]

    def _told_of_masks(self, numbers, reference):
        """Occupancies in some maps on the scale of their fits, relative to the level of each, with errors."""
        found = np.full((2, len(numbers), len(self._groups)), np.nan)
        for row, k in enumerate(numbers):
            mine, fit = self._mine(k), self.fits[k]
            level = self._level(k, self._chosen(k, reference)).share @ (fit.occupancies / self._complete[mine])
            ends = [self.mask_errors.get(name, 0) for name in self._models[k].names]
            noise = np.sqrt(np.diag(fit.covariance)) / level
            found[:, row, mine] = fit.occupancies / level, np.sqrt(noise**2 + np.square(ends) + _MASK_SPREAD**2)
        return found

    def _beside(self, numbers, levels):
        """Occupancies of groups in some maps, relative to the groups that are told for each, with errors."""
        found = np.full((2, len(numbers), len(self._groups)), np.nan)
        for row, (k, chosen) in enumerate(zip(numbers, levels, strict=True)):
            mine = self._mine(k)
            found[:, row, mine] = self.fits[k].occupancies, np.sqrt(np.diag(self.fits[k].covariance))
            for members in self._sets(k).values():
                # A map is complete where one of them is there, or each in part.
                own = self.fits[k].covariance[np.ix_(members, members)]
                found[:, row, mine[members]] = np.array([[self.fits[k].occupancies[members].sum()], [own.sum() ** 0.5]])
            found[:, row] /= self._full(k, chosen)
        return found

    def _on_absent(self, values, there):
        """Sentences on groups that are not there in reference maps, if there are any."""
        never, some = [], []
        for name, read, here in zip(self._groups, values.T, there.T, strict=True):
            known = np.isfinite(read)
            if known.any() and not here.any():
                never.append(f"{name} ({read[known].mean():.2f})")
            elif (known & ~here).any():
                some.append(f"{name} ({here.sum()} of {known.sum()})")
        warnings = []
        if never:
            warnings.append(f"Not there in the reference maps, and not set against them: {', '.join(never)}.")
        if some:
            warnings.append(f"Not there in all reference maps, and set against the others only: {', '.join(some)}.")
        return warnings

    def relative(self, k, reference):
        """What a map tells of all groups, `MapOccupancies`."""
        mine, fit = self._mine(k), self.fits[k]
        complete, complete_error = self._complete[mine], self._complete_error[mine]
        values = fit.occupancies / complete
        covariance = fit.covariance / np.outer(complete, complete)
        level = self._level(k, self._chosen(k, reference))
        full = level.share @ values
        values = values / full
        # What a reference is read with is its error; that of others comes with that of their difference from it.
        carried = np.eye(len(mine)) - np.where(level.alone, 0, values)[:, None] * level.share
        there = np.sqrt(_ABSENT_SHARE**2 + (1 - _ABSENT_SHARE**2) * np.clip(values, 0, 1) ** 2)
        own = carried @ covariance @ carried.T / full**2 * np.outer(there, there)
        own += np.diag([self.mask_errors.get(name, 0) ** 2 for name in self._models[k].names])
        # What a model gets wrong about alternatives, which are much alike, it gets wrong about all of them.
        of_level = np.where(level.alone, 0, level.share**2 @ complete_error**2)
        of_model = np.outer(values * complete_error, values * complete_error) + np.outer(values, values * of_level)
        errors, own_errors, together = np.sqrt(np.diag(own + of_model)), np.sqrt(np.diag(own)), []
        names = self._models[k].names
        for name, members in self._sets(k).items():
            some = np.ix_(members, members)
            found = limited(values[members], (own + of_model)[some], covariance[some])
            own_errors[members] *= found.standard_errors / errors[members]
            values[members], errors[members] = found.occupancies, found.standard_errors
            together.append(found.together(name, [names[i] for i in members]))
        for name, members in copies_among(self.copies, self._groups, mine).items():
            covariance = (own + of_model)[np.ix_(members, members)]
            together.append(mean_of_copies(name, [names[i] for i in members], values[members], covariance))
        told = np.full((3, len(self._groups)), np.nan)
        told[:, mine] = values, errors, own_errors
        return MapOccupancies(*told, [name for name, c in zip(names, level.chosen, strict=True) if c], together)

    def _mine(self, k):
        return np.array([self._number[name] for name in self._models[k].names])

    def _sets(self, k):
        """Alternatives, by the places of groups in the model of a map."""
        return among(self._alternatives, self._mine(k))

    def _level(self, k, chosen):
        weights = self._models[k].weights
        if self._known is not None and (level := KnownLevel(weights, self._known[k, self._mine(k)])).holds:
            return level
        return Level(chosen, weights, [*self._sets(k).values()])

    def _full(self, k, chosen):
        """The level of some groups of a map, on the scale of its fit; 0 where there are none."""
        return self._level(k, chosen).share @ self.fits[k].occupancies if chosen.any() else 0.0

    def _stands_out(self, k, chosen):
        """Whether the level of some groups is above 0 beyond doubt: else nothing can be relative to it."""
        if not chosen.any():
            return False
        share = self._level(k, chosen).share
        error = np.sqrt(share @ self.fits[k].covariance @ share)
        return self._full(k, chosen) > max(_SURE * error, _LEAST_LEVEL)

    def _chosen(self, k, reference):
        """Which groups of a map are its reference."""
        if reference is not None:
            return np.isin(self._models[k].names, list(reference))
        mine = self._mine(k)
        values, weights = self.fits[k].occupancies / self._complete[mine], self._models[k].weights
        errors = np.sqrt(np.diag(self.fits[k].covariance)) / self._complete[mine]
        # Atoms tell more surely what is full than masks, which come after them; but not bits of them beside masks.
        masks = len(self._models[k].mask_errors) if self._known is None else 0
        count = len(mine) - masks or len(mine)
        chosen = np.zeros(len(mine), bool)
        sets = [*among(self._alternatives, mine[:count]).values()]
        chosen[:count] = default_reference(values[:count], weights[:count], errors[:count], sets)
        return chosen


def _own_share(values, errors, there):
    """How much of the errors of fits differs among reference maps: the rest is the same misfit in all, and cancels."""
    count = np.maximum(there.sum(axis=0), 1)
    means = np.where(there, values, 0).sum(axis=0) / count
    spread = np.where(there, (values - means) ** 2, 0).sum()
    expected = np.where(there, errors**2 * (1 - 1 / count), 0).sum()
    degrees = (count - 1).sum()
    if not expected > 0:
        return 1.0
    return np.sqrt((spread / expected * degrees + _EXPECTED_DEGREES) / (degrees + _EXPECTED_DEGREES))
