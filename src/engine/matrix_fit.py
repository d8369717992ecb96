"""The fit of one map's sums, each shell of frequency weighed by what the model leaves in it."""

from dataclasses import dataclass

import numpy as np

_TOLERANCE, _MOST_ROUNDS = 1e-4, 60
_RIDGE = 1e-6
_LEAST_LEFT = 1e-4
"""Of the power of a shell: a model is never better than this."""

_LEAST_FREE = 0.1
"""Share of a shell's coefficients that count as free, however many groups are fitted."""

_B_SPREAD, _LARGEST_B = 40.0, 300.0
"""Å². B-factors of a group as a whole are this far from right, or so; no more than that far."""

_B_ROUNDS, _B_MAPS = 3, 60
"""Shifts of B-factors are found from so many maps at most."""


@dataclass(frozen=True, eq=False)
class MapFit:
    """A fit of all groups to one map.

    Attributes
    ----------
    occupancies : array of float, shape (groups,)
        The largest is 1.
    covariance : array of float, shape (groups, groups)
    correlation : float
        Of the map in the window with the fitted model, seen through the probe.
    level : float
        What the map has in the whole window beside the model.
    transfer, left : arrays of float, shape (shells,)
        From the model to the map; variance of a coefficient of what the model leaves.
    """

    occupancies: np.ndarray
    covariance: np.ndarray
    correlation: float
    level: float
    transfer: np.ndarray
    left: np.ndarray


class ShiftedModel:
    """A model's sums with the B-factors of its groups shifted.

    Parameters
    ----------
    model : ModelSums
    shifts : array of float, shape (groups,)
        Å².
    """

    def __init__(self, model, shifts):
        count = model.count
        self._model = model
        self._columns = np.zeros((model.normal.shape[1], count + 1))
        self._columns[np.arange(count), np.arange(count)] = 1
        self._columns[count + np.arange(count), np.arange(count)] = shifts
        self._columns[-1, -1] = 1
        self._normal = self._columns.T @ (model.normal @ self._columns)

    def fit(self, sums):
        """Occupancies, transfer function and what the model leaves in each shell, in turn until they stay.

        Parameters
        ----------
        sums : MapSums

        Returns
        -------
        MapFit
        """
        count, cross = self._model.count, sums.cross @ self._columns
        left = sums.power / self._model.observations
        state = np.append(np.ones(count), 0.0)
        for _ in range(_MOST_ROUNDS):
            transfer = self._transfer(cross, state)
            weights = transfer**2 / left
            inverse = np.linalg.inv(self._weighed(weights))
            latest = inverse @ ((transfer / left) @ cross)
            size = max(np.abs(latest[:count]).max(), np.finfo(float).tiny)
            change = np.abs(latest / size - state)[:count].max()
            state, inverse = latest / size, inverse / size**2
            transfer = self._transfer(cross, state)
            used = weights * np.einsum("ab,sab->s", inverse * size**2, self._normal)
            left = self._left(sums, cross, state, transfer, used)
            if change < _TOLERANCE:
                break
        covariance = inverse[:count, :count] / self._model.filled
        fitted = np.append(state[:count], 0)
        return MapFit(state[:count], covariance, self._correlation(sums, cross, fitted), state[-1], transfer, left)

    def _transfer(self, cross, state):
        """Least-squares ratio of the map to the model in each shell."""
        return (cross @ state) / np.maximum(self._power(state), np.finfo(float).tiny)

    def _power(self, state):
        return np.einsum("a,sab,b->s", state, self._normal, state, optimize=True)

    def _weighed(self, weights):
        normal = np.tensordot(weights, self._normal, 1)
        own = np.diag(normal)
        # Where no level shows any number holds it at 0.
        return normal + np.diag(_RIDGE * np.append(np.full(len(own) - 1, own[:-1].mean()), own[-1] or 1))

    def _left(self, sums, cross, state, transfer, used):
        """Variance of a coefficient of what the model leaves, as many being free as the fit has not used."""
        total = sums.power - 2 * transfer * (cross @ state) + transfer**2 * self._power(state)
        observations = self._model.observations
        free = np.maximum(observations - used, _LEAST_FREE * observations)
        return np.maximum(total, _LEAST_LEFT * sums.power) / free

    def _correlation(self, sums, cross, state):
        transfer = self._transfer(cross, state)
        power = transfer**2 @ self._power(state)
        total = sums.power.sum() * power
        return float(transfer @ (cross @ state) / np.sqrt(total)) if total > 0 else float("nan")


def fit_all(sums, models):
    """Fit many maps, with shifts of B-factors that groups have in common in all of them.

    Parameters
    ----------
    sums : list of MapSums
    models : list of ModelSums
        Of each map; maps of one box share theirs.

    Returns
    -------
    list of MapFit
    """
    names = list(dict.fromkeys(name for model in models for name in model.names))
    some = np.unique(np.linspace(0, len(sums) - 1, min(_B_MAPS, len(sums))).astype(int))
    shifts = np.zeros(len(names))
    for _ in range(_B_ROUNDS):
        fits = _fitted([sums[i] for i in some], [models[i] for i in some], names, shifts)
        shifts = _shifts([sums[i] for i in some], [models[i] for i in some], names, fits)
    return _fitted(sums, models, names, shifts)


def _fitted(sums, models, names, shifts):
    number = {name: i for i, name in enumerate(names)}
    shifted = {id(m): ShiftedModel(m, shifts[[number[name] for name in m.names]]) for m in models}
    return [shifted[id(model)].fit(one) for one, model in zip(sums, models, strict=True)]


def _shifts(sums, models, names, fits):
    """Shifts of B-factors that fit all maps best; one common to all groups is left to the transfer functions."""
    number = {name: i for i, name in enumerate(names)}
    normal, right = np.diag(np.full(len(names), len(sums) / _B_SPREAD**2)), np.zeros(len(names))
    weights = np.zeros(len(names))
    for one, model, fit in zip(sums, models, fits, strict=True):
        count, q = model.count, fit.occupancies
        mine = np.array([number[name] for name in model.names])
        own = np.tensordot(fit.transfer**2 / fit.left, model.normal[:, count : 2 * count], 1)
        state = np.concatenate([q, np.zeros(count), [fit.level]])
        normal[np.ix_(mine, mine)] += np.outer(q, q) * own[:, count : 2 * count]
        right[mine] += q * ((fit.transfer / fit.left) @ one.cross[:, count : 2 * count] - own @ state)
        weights[mine] = model.weights
    found = np.linalg.solve(normal, right)
    return np.clip(found - np.average(found, weights=weights), -_LARGEST_B, _LARGEST_B)
