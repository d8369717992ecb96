"""The fit of the sums of one map or many, each shell of frequency weighed by what the model leaves in it."""

from dataclasses import dataclass, replace

import numpy as np

from .beads import stand_for_matter

MOST_BY_SHELLS = 600
"""More groups would take too much memory: their products in each shell are held."""

_TOLERANCE, _MOST_ROUNDS = 1e-4, 60
_RIDGE = 1e-6
_LEAST_LEFT = 1e-4
"""Of the power of a shell: a model is never better than this."""

_LEAST_FREE = 0.1
"""Share of a shell's coefficients that count as free, however many groups are fitted."""

_OCCUPANCY_SPREAD = 1.0
"""Occupancies are this far from their mean, or so: the prior that holds groups too small to be read."""

_B_SPREAD, _B_SPREAD_OF_SMALL, _LARGEST_B = 1.5, 0.15, 15.0
"""Squares of the low-pass. B-factors of a group as a whole are this far from right, or so, and no more than the last.
They are held closer of a group that is hardly more than a point at the resolution, where what neighbours and
coordinates get wrong cannot be told from them, nor they from its occupancy."""

_SMALL, _LARGE = 4.0, 30.0
"""Volumes of the probe: up to which a group is hardly more than a point, and from which it is more."""

_B_ROUNDS, _B_MAPS = 5, 60
"""Shifts of B-factors are found from so many maps at most."""


@dataclass(frozen=True, eq=False)
class MapFit:
    """A fit of all groups to one map.

    Attributes
    ----------
    occupancies : array of float, shape (groups,)
        The largest is 1.
    covariance : array of float, shape (groups, groups)
    correlation, correlation_alone : float
        Of the map in the window, less the beads, with the fitted model, seen through the probe; and of
        a fit without beads.
    level : float
        What the map has in the whole window beside the model.
    transfer, left : arrays of float, shape (shells,)
        From the model to the map; variance of a coefficient of what the model leaves.
    beads : float
        Occupancy of what stands for matter that the model lacks; 0 without any.
    unexplained : float
        Share of the density that it has.
    b_shifts : array of float, shape (groups,)
        What the map adds to the B-factors of each group, Å².
    """

    occupancies: np.ndarray
    covariance: np.ndarray
    correlation: float
    correlation_alone: float
    level: float
    transfer: np.ndarray
    left: np.ndarray
    beads: float
    unexplained: float
    b_shifts: np.ndarray


class ShiftedModel:
    """A model's sums with the B-factors of its groups shifted.

    Parameters
    ----------
    model : ModelSums
    shifts : array of float, shape (groups,)
        Å².
    """

    def __init__(self, model, shifts):
        self._model, self._shifts = model, shifts
        # What a B-factor of all atoms of a group does is the same for all coefficients of a shell.
        self._fall_offs = np.exp(-np.outer(model.squares, np.append(shifts, 0)) / 4)
        self._normal = self._fall_offs[:, :, None] * model.normal * self._fall_offs[:, None]

    def fit(self, sums):
        """Fit a map, with beads for what the model lacks where that counts and the model fits as well beside them.

        Parameters
        ----------
        sums : MapSums

        Returns
        -------
        MapFit
        """
        cross, count = sums.cross * self._fall_offs, self._model.count
        alone = self._solved(sums, self._normal, cross)
        if sums.beads is None:
            return alone
        # The column of the beads stands between those of the groups and the level.
        beside = sums.beads[:, :-2] * self._fall_offs
        own = np.insert(beside, count, sums.beads[:, -2], axis=1)
        normal = np.insert(np.insert(self._normal, count, beside, axis=1), count, own, axis=2)
        found = self._solved(sums, normal, np.insert(cross, count, sums.beads[:, -1], axis=1))
        if not stand_for_matter(found.unexplained, found.correlation, alone.correlation):
            return alone
        return replace(found, correlation_alone=alone.correlation)

    @property
    def names(self):
        """Of the groups."""
        return self._model.names

    @property
    def squares(self):
        """Of the frequencies of the shells, 1/Å²."""
        return self._model.squares

    @property
    def weights(self):
        """Scattering of each group."""
        return self._model.weights

    def shift_equations(self, sums):
        """What one map says of further shifts of the B-factors: a normal matrix and its right side, priors included."""
        fit, count = self.fit(sums), self._model.count
        state = np.append(fit.occupancies, fit.level)
        slope = -self._model.squares / 4
        weights = fit.transfer / fit.left
        own = np.tensordot(weights * fit.transfer * slope**2, self._normal, 1)[:count, :count]
        beside = np.tensordot(weights * fit.transfer * slope, self._normal, 1)[:count, :count]
        # Occupancies follow the shifts: what they take up of these is no reason against them.
        own -= beside @ (fit.covariance * self._model.filled) @ beside.T
        modelled = self._normal @ state
        if fit.beads:
            modelled += fit.beads * sums.beads[:, :-2] * self._fall_offs
        left = sums.cross * self._fall_offs - fit.transfer[:, None] * modelled
        toward = fit.occupancies * ((weights * slope) @ left)[:count]
        spread = np.interp(self._model.extents, (_SMALL, _LARGE), (_B_SPREAD_OF_SMALL, _B_SPREAD))
        spread /= self._model.squares.max()
        # Few groups are far from right: what the map insists on is held the less, the larger it is (Cauchy).
        prior = 1 / ((spread**2 + self._shifts**2) * self._model.filled)
        return own * np.outer(fit.occupancies, fit.occupancies) + np.diag(prior), toward - prior * self._shifts

    def _solved(self, sums, normal, cross):
        """Occupancies, transfer function and what the model leaves in each shell, in turn until they stay.

        Columns are the groups, the beads if there are any, and the level.
        """
        count = self._model.count
        left = sums.power / self._model.observations
        state = np.append(np.ones(normal.shape[1] - 1), 0.0)
        for _ in range(_MOST_ROUNDS):
            transfer = _transfer(normal, cross, state)
            weights = transfer**2 / left
            weighed = _weighed(normal, weights)
            prior = self._prior(weighed)
            mean = np.average(state[:count], weights=self._model.weights)
            inverse = np.linalg.inv(weighed + np.diag(prior))
            latest = inverse @ ((transfer / left) @ cross + prior * mean)
            size = max(np.abs(latest[:count]).max(), np.finfo(float).tiny)
            change = np.abs(latest / size - state)[:count].max()
            state, inverse = latest / size, inverse / size**2
            transfer = _transfer(normal, cross, state)
            used = weights * np.einsum("ab,sab->s", inverse * size**2, normal)
            left = self._left(sums, normal, cross, state, transfer, used)
            if change < _TOLERANCE:
                break
        covariance = inverse[:count, :count] / self._model.filled
        beads = float(state[count]) if len(state) > count + 1 else 0.0
        correlation = self._correlation(sums, normal, cross, state)
        explained = np.maximum(state[:count], 0) @ self._model.weights
        lacking = max(beads, 0) * sums.beads_weight
        unexplained = lacking / max(explained + lacking, np.finfo(float).tiny)
        return MapFit(
            state[:count], covariance, correlation, correlation, state[-1], transfer, left, beads, unexplained,
            self._shifts,
        )  # fmt: skip

    def _prior(self, weighed):
        """Weights of the prior on occupancies, in units of the weighed normal matrix; none on beads and level."""
        prior = np.zeros(len(weighed))
        prior[: self._model.count] = 1 / (_OCCUPANCY_SPREAD**2 * self._model.filled)
        return prior

    def _left(self, sums, normal, cross, state, transfer, used):
        """Variance of a coefficient of what the model leaves, as many being free as the fit has not used."""
        total = sums.power - 2 * transfer * (cross @ state) + transfer**2 * _power(normal, state)
        observations = self._model.observations
        free = np.maximum(observations - used, _LEAST_FREE * observations)
        return np.maximum(total, _LEAST_LEFT * sums.power) / free

    def _correlation(self, sums, normal, cross, state):
        """Of the map less the beads with the model."""
        count = self._model.count
        place = np.arange(len(state))
        model, beads = state * (place < count), state * ((place >= count) & (place < len(state) - 1))
        transfer = _transfer(normal, cross, model + beads)
        product = transfer @ (cross @ model) - transfer**2 @ np.einsum(
            "a,sab,b->s", model, normal, beads, optimize=True
        )
        total = sums.power - 2 * transfer * (cross @ beads) + transfer**2 * _power(normal, beads)
        square = total.sum() * (transfer**2 @ _power(normal, model))
        return float(product / np.sqrt(square)) if square > 0 else float("nan")


def _transfer(normal, cross, state):
    """Least-squares ratio of the map to the model in each shell."""
    return (cross @ state) / np.maximum(_power(normal, state), np.finfo(float).tiny)


def _power(normal, state):
    return np.einsum("a,sab,b->s", state, normal, state, optimize=True)


def _weighed(normal, weights):
    summed = np.tensordot(weights, normal, 1)
    own = np.diag(summed)
    # Where no level shows any number holds it at 0.
    return summed + np.diag(_RIDGE * np.append(np.full(len(own) - 1, own[:-1].mean()), own[-1] or 1))


def fit_all(sums, models, start=None):
    """Fit many maps, with shifts of B-factors that groups have in common in all of them.

    Parameters
    ----------
    sums : list of MapSums
    models : list of ModelSums
        Of each map; maps of one box share theirs.
    start : array of float, shape (groups,), optional
        Shifts to begin with, Å²; else 0. Without those of a group that moves so much that it is hardly there in most
        shells its occupancy, and so its shift, may not be found.

    Returns
    -------
    list of MapFit
    """
    names = list(dict.fromkeys(name for model in models for name in model.names))
    some = np.unique(np.linspace(0, len(sums) - 1, min(_B_MAPS, len(sums))).astype(int))
    shifts = np.zeros(len(names)) if start is None else start
    # Where all groups are hardly more than points what they shift by is not told.
    rounds = _B_ROUNDS if any((model.extents > _SMALL).any() for model in models) else 0
    for _ in range(rounds):
        shifts = _shifts([sums[i] for i in some], _shifted([models[i] for i in some], names, shifts), names, shifts)
    return [model.fit(one) for one, model in zip(sums, _shifted(models, names, shifts), strict=True)]


def _shifted(models, names, shifts):
    """The models of maps with the B-factors of their groups shifted; maps of one box share theirs."""
    number = {name: i for i, name in enumerate(names)}
    made = {id(model): ShiftedModel(model, shifts[[number[name] for name in model.names]]) for model in models}
    return [made[id(model)] for model in models]


def _shifts(sums, models, names, shifts):
    """Shifts of B-factors that fit all maps better; one common to all groups is left to the transfer functions."""
    number = {name: i for i, name in enumerate(names)}
    normal, right, weights = np.zeros((len(names), len(names))), np.zeros(len(names)), np.zeros(len(names))
    for one, model in zip(sums, models, strict=True):
        mine = np.array([number[name] for name in model.names])
        own, toward = model.shift_equations(one)
        normal[np.ix_(mine, mine)] += own
        right[mine] += toward
        weights[mine] = model.weights
    found = shifts + np.linalg.solve(normal, right)
    largest = _LARGEST_B / max(model.squares.max() for model in models)
    return np.clip(found - np.average(found, weights=weights), -largest, largest)
