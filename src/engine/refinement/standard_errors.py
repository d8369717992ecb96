"""Standard errors of refined occupancies: of noise, of the model's misfit, and of displaced solvent."""

import numpy as np
from scipy import ndimage

from .groups import ICE
from .noise_spectrum import region_spectrum
from .parts import MOST_PARTS, PartFit
from .transfer import lost_share

_DRAWS = 24
_SEED = 0
_VOLUME_ERROR, _OWN_VOLUME_ERROR = 0.08, 0.004
"""Relative errors of displaced volumes: between kinds of molecules, such as protein and RNA, and between
molecules of one kind."""

_LOST_ERROR = 0.025
"""Where a map has lost its lowest frequencies, amounts have to be read off shapes."""

_PRIOR_PARTS = 3
_SMALLEST_OCCUPANCY = 0.2
_SCATTER_SCALE = 1.5
_RESIDUAL_SCALE = 1.5
_LOCAL = 8.0
"""Å. A misfit counts for what is so near it."""

_OUTSIDE_LEVEL = 1e-3
_FEWEST_OUTSIDE = 500


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
        usual = np.average(self._ice, weights=model.weights)
        solvent = fitted.occupancies * self._solvent_error(usual)
        self.standard_errors = np.sqrt(self._draws.var(axis=0) + self._scatter**2 + solvent**2)

    def relative(self, occupancies, reference):
        """Occupancies relative to a reference, with standard errors.

        Parameters
        ----------
        occupancies : array of float, shape (groups,)
        reference : bool array, shape (groups,)
            The groups whose mean, weighted by scattering, is 1.

        Returns
        -------
        occupancies, standard_errors : arrays of float, shape (groups,)
            The error of a reference of one group is what it is read with.
        """
        share = np.where(reference, self._weights, 0) / self._weights[reference].sum()
        level = float(share @ occupancies)
        relative = occupancies / level
        drawn = (self._draws - np.outer(self._draws @ share, relative)) / level
        own, of_level = self._scatter / level, np.sqrt(share**2 @ self._scatter**2) / level
        scatter = np.hypot(own, np.where(reference, 0, relative * of_level))
        solvent = relative * self._solvent_error(share @ self._ice)
        noise = np.where(reference, self._draws.std(axis=0) / level, drawn.std(axis=0))
        return relative, np.sqrt(noise**2 + scatter**2 + solvent**2 + self._other**2)

    def _solvent_error(self, ice):
        """Relative error of each group beside matter that displaces so much ice for its scattering."""
        return np.hypot(_VOLUME_ERROR * (self._ice - ice), _OWN_VOLUME_ERROR * self._ice)


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
