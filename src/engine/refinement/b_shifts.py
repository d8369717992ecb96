"""How far the B-factors of groups of a model are from what a map shows: ΔB of each, with a standard error.

Particles that lack a group lower all its frequencies alike, motion the high ones more. So the model is fitted once
more, as finely as the map tells: an amplitude and a shift of the B-factors of each group and, in turn, the transfer
function from model to map and what the model leaves, shell by shell. Shifts are large beside 1/k²: groups get those
that were found before the next round.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from .fine_model import B_UNIT, COARSEST

_LEAST_CORRELATION = 0.5
"""Of map and model in a shell. Beyond the last with so much a map does not tell."""

_B_SPREAD = 100.0
"""Å². Shifts are this far from each other at most, or so: the prior that holds what the map leaves open."""

_LEAST_LEFT = 1e-4
"""Of the power of a shell: a model is never better than this."""

_RIDGE = 1e-6
_MOST_ROUNDS = 6
_TOLERANCE, _LARGEST_STEP = 0.5, 60.0
"""Å² by which shifts still change when they are found, and by which they change at most in one round."""

_SURE_OCCUPANCY = 3.0
"""Standard errors by which the occupancy of a group that is told is above 0."""

_LARGEST_ERROR = 25.0
"""Å². What is known less well is not told."""

_NOISE_SCALE = 1.5
"""What the fit leaves counts more than as noise."""

_FALL_OFF_ERROR, _ICE_ERROR = 0.08, 6.5
"""What is not known of the fall-off of a group's scattering, in units of the square of the resolution: of any group,
and for each unit of displaced ice that it differs by from the reference."""

_OWN_ERROR = 0.1
"""Of a shift: nobody knows how much of the displaced ice moves with the atoms."""


@dataclass(frozen=True, eq=False)
class BShifts:
    """Shifts of the B-factors of groups in a map.

    Attributes
    ----------
    shifts, standard_errors : arrays of float, shape (groups,)
        Å², on a scale that the groups share. NaN where the map does not tell.
    weights : array of float, shape (groups,)
        Scattering of each.
    ice : array of float, shape (groups,)
        Of the scattering of each in vacuum, that of the ice in its place.
    lowpass : float
        The resolution in Å up to which the map tells; NaN where it tells of no group.
    """

    shifts: np.ndarray
    standard_errors: np.ndarray
    weights: np.ndarray
    ice: np.ndarray
    lowpass: float

    def relative(self, reference, occupancies, occupancy_errors):
        """Shifts of the groups that are surely there, relative to a reference, with standard errors.

        Parameters
        ----------
        reference : bool array, shape (groups,)
            Groups whose mean, weighted by scattering, is 0. Where nothing is known of them nothing is told.
        occupancies, occupancy_errors : arrays of float, shape (groups,)
            What was found of these, with standard errors.

        Returns
        -------
        shifts, standard_errors : arrays of float, shape (groups,)
        """
        sure = occupancies > _SURE_OCCUPANCY * occupancy_errors
        share = np.where(reference & sure & np.isfinite(self.shifts), self.weights, 0)
        if not share.sum() > 0:
            return np.full((2, len(share)), np.nan)
        share /= share.sum()
        found = self.shifts - np.nansum(share * self.shifts)
        level = np.sqrt(np.nansum((share * self.standard_errors) ** 2))
        noise = np.hypot(self.standard_errors, np.where(share > 0, 0, level))
        composition = _ICE_ERROR * (self.ice - np.nansum(share * self.ice))
        fall_off = self.lowpass**2 * np.hypot(_FALL_OFF_ERROR, composition)
        errors = np.sqrt(noise**2 + fall_off**2 + (_OWN_ERROR * found) ** 2)
        told = sure & (errors <= _LARGEST_ERROR)
        return np.where(told, found, np.nan), np.where(told, errors, np.nan)


def b_shifts(model, density, unit, occupancies, others=()):
    """Shifts of the B-factors of the groups of a model in a map.

    Parameters
    ----------
    model : FineModel or None
        Without one nothing is told.
    density : array of float, shape (z, y, x)
    unit : float
        Of its values.
    occupancies : array of float
        Of all groups of the model, on any scale, and then of others.
    others : sequence of Group
        What else is known to be in the map, such as beads.

    Returns
    -------
    BShifts
    """
    found = np.full((4, len(occupancies) - len(others)), np.nan)
    if model is None or not model.told:
        return BShifts(*found, float("nan"))
    large = np.flatnonzero(model.large)
    fit = ShiftFit(model, model.coefficients(density, unit), occupancies[large], model.beside(occupancies, others))
    if not fit.lowpass < COARSEST:
        return BShifts(*found, float("nan"))
    for of_all, of_large in zip(found, (fit.shifts, fit.standard_errors, model.weights, model.ice), strict=True):
        of_all[large] = of_large
    return BShifts(*found, fit.lowpass)


class ShiftFit:
    """Amplitudes and shifts that fit a map best.

    Parameters
    ----------
    model : FineModel
    coefficients : complex64 array
        Of the map on the model's grid.
    amplitudes : array of float, shape (groups,)
        To start from.
    beside : float32 array
        Density on the grid that is in the map and known.

    Attributes
    ----------
    shifts, standard_errors : arrays of float, shape (groups,)
        Å²; the mean of the shifts, weighted by scattering, is 0.
    lowpass : float
        The finest resolution in Å at which model and map correlate.
    """

    def __init__(self, model, coefficients, amplitudes, beside):
        self._model, self._beside = model, beside
        self._seen = coefficients * model.grid.probe
        self._amplitudes, self.shifts = amplitudes.astype(float), np.zeros(len(amplitudes))
        for _ in range(_MOST_ROUNDS):
            spectrum, residual = self._weighed()
            if not self.lowpass < COARSEST or np.abs(self._step(spectrum, residual)).max() < _TOLERANCE:
                break

    def _step(self, spectrum, residual):
        """One step of Gauss and Newton; returns by how much shifts changed, Å²."""
        model, count = self._model, len(self.shifts)
        columns = model.columns(self._amplitudes, self.shifts, spectrum)
        normal = model.normal(columns)
        prior = np.repeat([_RIDGE * np.diag(normal)[:count].mean(), (B_UNIT / _B_SPREAD) ** 2], count)
        expected = np.append(np.zeros(count), -self.shifts / B_UNIT)
        factor = linalg.cho_factor(normal + np.diag(prior))
        step = linalg.cho_solve(factor, model.projected(columns, residual) + prior * expected)
        inverse = np.diag(linalg.cho_solve(factor, np.eye(2 * count)))
        self.standard_errors = _NOISE_SCALE * B_UNIT * np.sqrt(inverse[count:])
        before = self.shifts
        self._amplitudes = self._amplitudes + step[:count]
        moved = before + np.clip(B_UNIT * step[count:], -_LARGEST_STEP, _LARGEST_STEP)
        # What all groups share is the transfer function's.
        self.shifts = moved - np.average(moved, weights=model.weights * np.abs(self._amplitudes))
        return self.shifts - before

    def _weighed(self):
        """What columns are filtered with, and what the model leaves, so that noise is white and of variance 1."""
        model, grid, shells = self._model, self._model.grid, self._model.shells
        whole = grid.transform(model.whole(self._amplitudes, self.shifts) + self._beside)
        transfer = shells.ratio(self._seen, whole)
        left = self._seen - whole * shells.spread(transfer)
        explained = transfer**2 * model.power_of_model(whole)
        noise = np.maximum(model.power_in_region(left), _LEAST_LEFT * explained + np.finfo(np.float32).tiny)
        told = explained > _LEAST_CORRELATION**2 * (explained + noise)
        finest = shells.centres[told].max(initial=0)
        self.lowpass = float(1 / max(finest, 1e-9))
        weight = np.where(shells.centres <= finest, 1 / np.sqrt(noise), 0)
        left *= np.interp(grid.frequency, shells.centres, weight, right=0).astype(np.float32)
        left.flat[0] = 0  # a map's background has no meaning
        return transfer * weight, grid.density(left).reshape(grid.shape)
