"""Beads that stand in for what a model lacks and its map has."""

from dataclasses import dataclass, replace

import numpy as np

from .fit import Fitted, GroupModel
from .groups import Group
from .local_fit import Cores, correlation

_SPACING = 3.0
"""Å between beads, or the pitch of the grid where that is more."""

_CLEARANCE, _WELL_OFF, _BESIDE = 0.375, 0.75, 0.75
"""In units of the low-pass: from how far off the nearest atom on beads lie, and from where on they tell that something
is missing; how far from such a bead the others lie at most."""

_FINEST = 8.0
"""Å. Between atoms that are farther apart than what follows from this there is room for others."""

_LEAST_DENSITY, _FULLEST_SHARE = 0.15, 0.1
"""Share of full scale from which a place is molecule, and of the model's volume that is as dense as full scale."""

_SURE = 4.0
"""Standard deviations of the noise by which surely molecule is above the solvent."""

_VOLUME_PER_ATOM = 18.0
"""Å³ for each atom of a molecule but hydrogens."""

_LEAST_AMOUNT = 0.01
"""Of the atoms of the model: fewer that are lacking are not worth a fit."""

_AS_WELL = 0.001
"""Of a correlation: a model that correlates by so much less fits as well."""

_LEAST_UNEXPLAINED = 0.02
"""Share of a map's density below which a model counts as whole."""

_LEAST_SHIFTED = 0.2
"""Of less than this occupancy no more is made of shifts of B-factors."""


@dataclass(frozen=True, eq=False)
class BeadedFit:
    """A fit of a model to a map, with beads where the model lacks what the map has.

    Attributes
    ----------
    model : GroupModel
        Of the groups or, where it has beads, of the groups and these.
    groups : list of Group
        The same.
    fitted : Fitted
    count : int
        Number of groups without the beads, which come last.
    correlation : float
        Of the map, less the beads, with the model without these, where that is.
    correlation_alone : float
        The same where the model is fitted without beads.
    unexplained : float
        Share of the density that the beads stand for; 0 without any.
    """

    model: GroupModel
    groups: list
    fitted: Fitted
    count: int
    correlation: float
    correlation_alone: float
    unexplained: float = 0.0

    @property
    def occupancies(self):
        """Of the groups without the beads, on the scale of the fit."""
        return self.fitted.occupancies[: self.count]

    @property
    def b_shifts(self):
        """What the map adds to the B-factors of the groups of the model, Å²; little of what is hardly there."""
        return self.fitted.b_shifts[: self.count] / np.maximum(self.occupancies, _LEAST_SHIFTED)

    @property
    def bead_positions(self):
        """x, y, z of the beads in Å from the first voxel, shape (beads, 3)."""
        return np.concatenate([np.empty((0, 3)), *(beads.positions for beads in self.groups[self.count :])])

    def with_occupancies(self, occupancies, b_shifts):
        """The same fit with other occupancies of the groups, the beads' as they are beside these, and shifts, Å²."""
        weights, beads = self.model.weights[: self.count], slice(self.count, None)
        ratio = (weights @ occupancies) / (weights @ self.occupancies)
        all_occupancies = np.append(occupancies, self.fitted.occupancies[beads] * ratio)
        all_shifts = np.append(occupancies * b_shifts, self.fitted.b_shifts[beads] * ratio)
        return replace(self, fitted=self.model.at(self.fitted, all_occupancies, all_shifts))

    def local_fits(self):
        """How each group, the beads left out, fits the map where it is: `LocalFits`."""
        left = np.full(self.model.grid.size, np.nan, np.float32)
        left[self.model.region] = self.fitted.undamped_residual
        cores = Cores(self.model.grid, self.model.densities, [len(group) for group in self.groups[: self.count]])
        return cores.fits(self.occupancies, left)


def fit_with_beads(model, groups, coefficients):
    """Fit a model to a map, with beads if it lacks a share that counts and fits as well beside them.

    Parameters
    ----------
    model : GroupModel
    groups : list of Group
        Of the model.
    coefficients : complex64 array
        Of the map on the model's grid.

    Returns
    -------
    BeadedFit
    """
    fitted = model.fit(coefficients)
    count = model.count
    correlated_alone = _correlation(model, fitted, model.region, count)
    alone = BeadedFit(model, groups, fitted, count, correlated_alone, correlated_alone)
    beads = beads_in(model.grid, model.densities.sum(axis=1), groups, coefficients)
    if beads is None:
        return alone
    joined = model.with_group(beads)
    fitted = joined.fit(coefficients)
    shares = np.maximum(fitted.occupancies, 0) * joined.weights
    unexplained = float(shares[-1] / max(shares.sum(), np.finfo(float).tiny))
    correlated = _correlation(joined, fitted, model.region, count)
    if not stand_for_matter(unexplained, correlated, correlated_alone):
        return alone
    return BeadedFit(joined, [*groups, beads], fitted, count, correlated, correlated_alone, unexplained)


def stand_for_matter(unexplained, correlation, correlation_alone):
    """Whether beads are to be kept: they count, and the model fits as well beside them.

    Where they stand for blobs of noise it fits less well. What is far from the model changes nothing.

    Parameters
    ----------
    unexplained : float
        Share of the density that they have.
    correlation, correlation_alone : float
        Of the map with the model beside them, and without them.
    """
    return unexplained >= _LEAST_UNEXPLAINED and correlation >= correlation_alone - _AS_WELL


def beads_in(grid, filled, groups, coefficients):
    """Beads where surely molecule is and no atom: a group, or None where there are none away from the model's surface.

    Parameters
    ----------
    grid : CoarseGrid
    filled : array of float32, flat
        Density of the model on the grid.
    groups, coefficients
        As for `fit_with_beads`.

    Returns
    -------
    Group or None
        Positions are x, y, z in Å from the first voxel. Each is of the model's mean composition, as
        much as the map's density there, relative to full, asks for.
    """
    from scipy.spatial import cKDTree

    density, blur = _relative_density(grid, filled, coefficients), max(grid.lowpass, _FINEST)
    stride = np.maximum(1, np.rint(_SPACING / grid.pitch)).astype(int)
    lattice = np.zeros(grid.shape, bool)
    lattice[tuple(slice(None, None, step) for step in stride)] = True
    points = np.flatnonzero(lattice.ravel() & (density > 0))
    places = np.stack(np.unravel_index(points, grid.shape)[::-1], axis=1) * grid.pitch[::-1]
    atoms = cKDTree(np.concatenate([group.positions for group in groups]))
    away = atoms.query(places, distance_upper_bound=_WELL_OFF * blur)[0]
    well_off = ~np.isfinite(away)
    if not well_off.any():
        return None
    beside = np.isfinite(cKDTree(places[well_off]).query(places, distance_upper_bound=_BESIDE * blur)[0])
    chosen = beside & (away > _CLEARANCE * blur)
    amounts = density[points[chosen]] * np.prod(grid.pitch * stride) / _VOLUME_PER_ATOM
    potential, volume, variance = (
        np.concatenate([getattr(group, name) for group in groups]).mean()
        for name in ("potential", "volume", "variance")
    )
    # A few beads are blobs of noise: a fit, whose largest occupancy is 1, may take them for all that there is.
    if not amounts.sum() >= _LEAST_AMOUNT * sum(map(len, groups)):
        return None
    return Group(places[chosen], potential * amounts, volume * amounts, np.full(len(amounts), variance))


def _relative_density(grid, filled, coefficients):
    """The map seen through the probe, above solvent and relative to full; 0 where that may be noise or little."""
    seen = grid.density(np.where(grid.kept, coefficients * grid.probe, 0))
    seen -= np.median(seen)
    noise = np.sqrt(np.mean(np.square(seen[seen < 0]))) if (seen < 0).any() else 0.0
    volume = filled.sum(dtype=float) ** 2 / np.square(filled, dtype=float).sum()
    fullest = max(1, int(_FULLEST_SHARE * volume))
    full = np.partition(seen, -fullest)[-fullest]
    sure = seen > max(_LEAST_DENSITY * full, _SURE * noise)
    return np.where(sure, seen / full, 0)


def _correlation(model, fitted, region, count):
    """Of a map, less what groups from a number on add, with the others in their own region."""
    others = np.arange(model.count) >= count
    beside = model.whole(fitted.occupancies * others, fitted.b_shifts * others)[region]
    own = np.searchsorted(model.region, region)
    fit = fitted.model[own] - beside
    return correlation(fit + fitted.undamped_residual[own], fit)
