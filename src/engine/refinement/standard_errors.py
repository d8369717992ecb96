"""Standard errors of refined occupancies: of noise, of the model's misfit, and of displaced solvent."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .groups import ICE
from .noise_spectrum import region_spectrum
from .parts import MOST_PARTS, PartFit
from .transfer import lost_share

_DRAWS = 24
_SEED = 0
_VOLUME_ERROR, _OWN_VOLUME_ERROR = 0.03, 0.004
"""Relative errors of displaced volumes: of a kind of molecules, such as protein or RNA, and between molecules of one
kind."""

_KIND, _KIND_STEP = 0.2, 0.02
"""Molecules are of one kind that displace so much ice for what they scatter, or nearly: protein 1.3, RNA 0.9. The step
is that in which it is counted."""

_LOST_ERROR = 0.025
"""Where a map has lost its lowest frequencies, amounts have to be read off shapes."""

_PRIOR_PARTS = 3
_SMALLEST_OCCUPANCY = 0.2
_SCATTER_SCALE = 1.5
_RESIDUAL_SCALE = 1.2
_LOCAL = 8.0
"""Å. A misfit counts for what is so near it."""

_OUTSIDE_LEVEL = 1e-3
_FEWEST_OUTSIDE = 500


@dataclass(frozen=True, eq=False)
class RelativeErrors:
    """Occupancies relative to a reference, and the parts of their errors.

    Attributes
    ----------
    occupancies : array of float, shape (groups,)
    drawn : array of float, shape (draws, groups)
        Of noise and residual; of a reference of one group, what it is read with.
    scatter, solvent, other : arrays of float, shape (groups,)
        Standard errors.
    """

    occupancies: np.ndarray
    drawn: np.ndarray
    scatter: np.ndarray
    solvent: np.ndarray
    other: np.ndarray

    @property
    def standard_errors(self):
        """Of all parts together, an array (groups,)."""
        return np.sqrt(self.drawn.var(axis=0) + self.scatter**2 + self.solvent**2 + self.other**2)

    def covariance(self, groups, metric):
        """Covariance of the errors of some groups.

        Parameters
        ----------
        groups : list of int
        metric : array of float, shape (groups, groups)
            Their covariance in the fit, but for a factor: what misfit adds to one group it takes from those in its
            place.

        Returns
        -------
        array of float, shape (groups, groups)
        """
        sigma = np.sqrt(np.diag(metric))
        scatter, solvent = self.scatter[groups], self.solvent[groups]
        found = np.cov(self.drawn[:, groups], rowvar=False, ddof=0) + np.outer(solvent, solvent)
        return found + metric * np.outer(scatter / sigma, scatter / sigma) + np.diag(self.other[groups] ** 2)


class Errors:
    """Standard errors of the occupancies of a fit.

    Four parts are added in quadrature. *Noise and residual*: fields with the power spectrum of
    the noise, or of what the fit leaves where that is more, as strong as that is in each place,
    are fitted as the map was. *Scatter*: parts of each group of about 30 residues are fitted by
    themselves, and how far they disagree tells what wrong B-factors, coordinates and disorder do
    to a group. *Solvent*: what an error of the displaced volumes changes between groups of
    different composition. *What the map does not tell*: amounts are read off shapes where a map
    has lost its lowest frequencies, and groups too small to be read are held by the prior.

    Parameters
    ----------
    model : GroupModel
    fitted : Fitted
    groups : list of Group
    coefficients, half_difference : complex64 arrays
        Of the map and of half the difference of its half maps, or None without these, on the grid.
    solvent : bool

    Attributes
    ----------
    standard_errors : array of float, shape (groups,)
        On the scale of the fit, beside matter of the model's mean composition.
    """

    def __init__(self, model, fitted, groups, coefficients, half_difference, solvent):
        self._weights = model.weights
        self._draws = _projected_draws(model, fitted, coefficients, half_difference)
        self._scatter = _scatter(model, fitted)
        volumes = np.array([group.volume.sum() for group in groups])
        self._ice = ICE * volumes / model.weights * solvent
        lost = _LOST_ERROR * lost_share(model.shells, fitted.transfer)
        self._other = np.hypot(lost, 1 - fitted.trust)
        solvent = fitted.occupancies * self._solvent_error(model.weights / model.weights.sum())
        self.standard_errors = np.sqrt(self._draws.var(axis=0) + self._scatter**2 + solvent**2)

    def relative(self, occupancies, level):
        """Occupancies relative to a level, with standard errors.

        Parameters
        ----------
        occupancies : array of float, shape (groups,)
        level : Level

        Returns
        -------
        RelativeErrors
        """
        full = float(level.share @ occupancies)
        relative = occupancies / full
        drawn = (self._draws - np.outer(self._draws @ level.share, relative)) / full
        drawn[:, level.alone] = self._draws[:, level.alone] / full
        own, of_level = self._scatter / full, np.sqrt(level.share**2 @ self._scatter**2) / full
        scatter = np.hypot(own, np.where(level.alone, 0, relative * of_level))
        return RelativeErrors(relative, drawn, scatter, relative * self._solvent_error(level.share), self._other)

    def _solvent_error(self, share):
        """Relative error of each group beside groups that have such shares of a reference.

        Displaced volumes of one kind of molecules are off together, and so cancel; those of two kinds are not.
        """
        kinds, kind = np.unique(np.rint(self._ice / _KIND_STEP), return_inverse=True)
        alike = np.exp(-(np.subtract.outer(kinds, kinds) ** 2) * (_KIND_STEP / _KIND) ** 2 / 2)
        of_reference = np.bincount(kind, share * self._ice)
        together = (alike @ of_reference)[kind]
        variance = self._ice**2 - 2 * self._ice * together + of_reference @ alike @ of_reference
        return np.hypot(_VOLUME_ERROR * np.sqrt(np.maximum(variance, 0)), _OWN_VOLUME_ERROR * self._ice)


def _projected_draws(model, fitted, coefficients, half_difference):
    """Occupancies that fields like the noise and the residual would be fitted with, shape (draws, groups)."""
    grid, shells = model.grid, model.shells
    noise = _noise_power(model, coefficients, half_difference) * shells.mean(np.abs(fitted.filter) ** 2)
    residual = np.zeros(grid.size, np.float32)
    residual[model.region] = fitted.residual
    left = region_spectrum(grid, shells, residual, model.region)
    amplitude = shells.spread(np.sqrt(np.maximum(noise, left))) * grid.kept
    sigma = _local_sigma(model, residual, _field_variance(grid, shells.spread(noise)))
    sigma /= np.sqrt(_field_variance(grid, amplitude**2))
    random = np.random.default_rng(_SEED)
    draws = np.empty((_DRAWS, model.count))
    for i in range(_DRAWS):
        white = grid.transform(random.standard_normal(grid.size, dtype=np.float32))
        draws[i] = model.projected(fitted, grid.density(white * amplitude)[model.region] * sigma)
    return draws


def _field_variance(grid, power):
    """Variance of white noise of variance 1 filtered to such power."""
    return float((power * grid.kept * grid.multiplicity).sum(dtype=float)) / grid.size


def _local_sigma(model, residual, noise_variance):
    """Standard deviation, in the region, of noise or, where that is more, of what the fit leaves nearby."""
    grid = model.grid
    inside = np.zeros(grid.size, np.float32)
    inside[model.region] = 1
    widths = _LOCAL / grid.pitch
    near, squares = (
        ndimage.gaussian_filter(values.reshape(grid.shape), widths, mode="wrap").ravel()[model.region]
        for values in (inside, residual**2)
    )
    return np.sqrt(np.maximum(_RESIDUAL_SCALE**2 * squares / near, noise_variance))


def _noise_power(model, coefficients, half_difference):
    """Power of the noise of the map in each shell, relative to white noise of variance 1."""
    grid = model.grid
    if half_difference is not None:
        noise = grid.density(half_difference)
        return region_spectrum(grid, model.shells, noise, model.region)
    total = model.densities.sum(axis=1)
    outside = np.flatnonzero(total < _OUTSIDE_LEVEL * total.max())
    if len(outside) < _FEWEST_OUTSIDE:
        return np.zeros(len(model.shells.centres))
    return region_spectrum(grid, model.shells, grid.density(coefficients), outside)


def _scatter(model, fitted):
    """Standard error of each group that follows from how far its parts disagree."""
    count = model.count
    weight = np.bincount(model.part_group, model.part_weights**2, count)
    parts = np.bincount(model.part_group, model.part_weights, count) ** 2 / weight
    if parts.max() < 1.5 or len(model.part_weights) > MOST_PARTS:
        return np.zeros(count)
    deviation = PartFit(model, fitted).deviations
    squared = np.bincount(model.part_group, model.part_weights * deviation**2, count) / model.weights
    own = squared * parts / np.maximum(parts - 1, 0.5)
    size = np.maximum(np.abs(fitted.occupancies), _SMALLEST_OCCUPANCY)
    several = parts > 1.5
    usual = np.median((own / size**2)[several])
    degrees = np.where(several, parts - 1, 0)
    pooled = (degrees * own + _PRIOR_PARTS * usual * size**2) / (degrees + _PRIOR_PARTS)
    return _SCATTER_SCALE * np.sqrt(pooled / parts)
