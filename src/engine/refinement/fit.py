"""The least-squares fit of a model's own density to a map, group by group."""

from contextlib import suppress
from copy import copy
from dataclasses import dataclass, replace
from warnings import catch_warnings, simplefilter

import numpy as np
from scipy import linalg, sparse

from .. import parallel
from .coarse import CoarseGrid, part_columns
from .transfer import TYPICAL_SHARE, Shells, inverse_filter

_REGION_LEVEL, _HIGH_QUANTILE = 0.02, 0.95
_B_SPREAD = 40.0
"""Å². B-factors of a group as a whole are this far from right, or so: its prior."""

_OCCUPANCY_SPREAD = 1.0
"""Occupancies are this far from their mean, or so: the prior that holds groups too small to be read."""

_FEWEST_SLOPE_ATOMS = 100
_SMALLEST_PRIOR_OCCUPANCY = 0.2
_B_UNIT = 100.0
_RIDGE = 1e-6
_SAME_PRIOR = 1e-3
_SUMMED_AT_ONCE = 1 << 20
_TOLERANCE, _MOST_ITERATIONS = 1e-3, 30


@dataclass(eq=False)
class Fitted:
    """A fit of all groups to one map, occupancies still relative to the transfer function.

    Attributes
    ----------
    occupancies : array of float, shape (groups,)
        The largest is about 1.
    b_shifts : array of float, shape (groups,)
        Occupancy times what the map adds to the B-factors of each group, Å².
    data, model : array of float32, shape (region,)
        The map brought back to the model's own fall-off, its background taken off, and the fitted
        model, seen through the probe.
    transfer : array of float
        H of each shell, from the model to the map.
    filter : float32 array
        What a map's coefficients were multiplied by to give the data.
    factor : tuple
        Cholesky factor of the normal matrix (`scipy.linalg.cho_factor`).
    trust : array of float, shape (groups,)
        The say that the map has in each occupancy beside the prior, 0 to 1.
    coefficients : complex64 array
        Of the map, as they were given.
    """

    occupancies: np.ndarray
    b_shifts: np.ndarray
    data: np.ndarray
    model: np.ndarray
    transfer: np.ndarray
    filter: np.ndarray
    factor: tuple
    trust: np.ndarray
    coefficients: np.ndarray

    @property
    def residual(self):
        """What the model leaves of the data."""
        return self.data - self.model

    def covariance(self, groups):
        """Of the occupancies of some groups, but for a factor."""
        columns = np.zeros((len(self.factor[0]), len(groups)))
        columns[groups, np.arange(len(groups))] = 1
        return linalg.cho_solve(self.factor, columns)[groups]

    @property
    def undamped_residual(self):
        """What the model leaves of the map itself, where `data` is in part the model's own."""
        return self.residual / np.float32(TYPICAL_SHARE)


class GroupModel:
    """The densities of groups on the coarse grid of a box: the same for all maps of that box.

    Parameters
    ----------
    shape, voxel_size
        Of the maps: voxels and Å along z, y and x.
    groups : list of Group
        Positions are x, y, z in Å from the first voxel; none empty, all inside the box.
    lowpass : float
        Å.
    solvent : bool
        Count scattering above the ice that atoms displace, else above vacuum.
    progress : callable, optional
        Called with the fraction done.

    Attributes
    ----------
    grid : CoarseGrid
    shells : Shells
    densities : scipy.sparse.csc_array, shape (voxels, groups)
    parts : scipy.sparse.csc_array, shape (voxels, parts)
        The same for contiguous parts of the groups.
    pieces : list of Group
        The atoms of each part.
    part_group : array of int, shape (parts,)
        The group that each part is of.
    part_weights, weights : arrays of float
        Scattering of each part and of each group.
    region : array of int
        The voxels that are fitted: those near atoms.
    """

    def __init__(self, shape, voxel_size, groups, lowpass, solvent=True, progress=None):
        self.grid = CoarseGrid(shape, voxel_size, lowpass)
        self.shells = Shells(self.grid)
        self._solvent = solvent
        self._set_up(part_columns(self.grid, groups, solvent, progress))

    def with_group(self, group):
        """The same model with one more group, the last."""
        joined = copy(self)
        more = part_columns(self.grid, [group], self._solvent)
        joined._set_up(self._columns.joined(more), self.region)
        return joined

    def _set_up(self, columns, region=()):
        """Make of the columns of parts what fits them as groups, in their region and the one that is given."""
        self._columns = columns
        self.pieces, self.part_group, self.part_weights = columns.pieces, columns.group, columns.weights
        self.parts = columns.densities
        self.weights = np.bincount(self.part_group, self.part_weights)
        ones, count = np.ones(len(self.pieces), np.float32), len(self.weights)
        membership = sparse.csc_array((ones, (np.arange(len(ones)), self.part_group)), (len(ones), count))
        self.densities = (self.parts @ membership).tocsc()
        self.region = np.union1d(near_atoms(self.densities.sum(axis=1)), region).astype(np.intp)
        # Only groups of some size tell a shift of their B-factors from a change of occupancy.
        sizes = np.bincount(self.part_group, [len(piece) for piece in self.pieces])
        self._sloped = np.flatnonzero(sizes >= _FEWEST_SLOPE_ATOMS)
        self._slopes = (columns.slopes @ membership).tocsc()[:, self._sloped]
        background = sparse.csc_array(np.ones((len(self.region), 1), np.float32))
        near = [self.densities[self.region], self._slopes[self.region], background]
        self.design = sparse.hstack(near, format="csr")
        self.normal = _products(self.design)
        self.normal[:count, :count] += np.diag(np.full(count, _RIDGE * np.diag(self.normal)[:count].mean()))

    @property
    def count(self):
        """Number of groups."""
        return len(self.weights)

    def fit(self, coefficients):
        """Fit occupancies and transfer function to a map in turn until both stay.

        Parameters
        ----------
        coefficients : complex64 array
            Of the map on the grid (`CoarseGrid.coefficients`).

        Returns
        -------
        Fitted
        """
        from scipy.optimize import NoConvergence, anderson

        start = np.zeros(self.count + len(self._sloped))
        start[: self.count] = 1
        rounds = [self._round(coefficients, start)]

        def change(state):
            latest = self._round(coefficients, self._normalised(state), rounds[-1])
            # The best so far and the latest are kept, the latest last.
            rounds[:] = [min(rounds, key=_misfit), latest]
            return self._normalised(latest.solution[:-1]) - state

        first = self._normalised(rounds[-1].solution[:-1])
        if np.abs(change(first)).max() > _TOLERANCE:
            options = {"alpha": 1, "M": 5, "line_search": None, "maxiter": _MOST_ITERATIONS, "f_tol": _TOLERANCE}
            # Where it stops early, what is left of the change is far below the standard errors.
            # Where steps hardly differ SciPy warns of the next one, which is then only as good as any.
            with suppress(NoConvergence), catch_warnings():
                simplefilter("ignore", linalg.LinAlgWarning)
                anderson(change, first, **options)
        return self._fitted(min(rounds, key=_misfit), coefficients)

    def projected(self, fitted, values):
        """What a map, given in the region as data of a fit, adds to the occupancies of that fit."""
        return linalg.cho_solve(fitted.factor, self.design.T @ values)[: self.count]

    def at(self, fitted, occupancies, b_shifts):
        """A fit with other occupancies and shifts of B-factors than those that it found, a `Fitted`."""
        data, transfer, whole_filter = self.brought_back(fitted.coefficients, self.whole(occupancies, b_shifts))
        model = self.whole(occupancies, b_shifts)[self.region]
        data -= (data - model).mean()
        return replace(
            fitted, occupancies=occupancies, b_shifts=b_shifts, data=data, model=model, transfer=transfer,
            filter=whole_filter,
        )  # fmt: skip

    def whole(self, occupancies, b_shifts):
        """The model's density on the whole grid, flat."""
        slopes = self._slopes @ b_shifts[self._sloped].astype(np.float32)
        return self.densities @ occupancies.astype(np.float32) + slopes

    def brought_back(self, coefficients, whole):
        """A map brought back to a model's own fall-off by the transfer function from that model to it.

        Parameters
        ----------
        coefficients : complex64 array
            Of the map on the grid.
        whole : array of float32
            The model's density on the whole grid, flat.

        Returns
        -------
        data : array of float32, shape (region,)
        transfer : array of float
            H of each shell.
        filter : float32 array
            What the coefficients were multiplied by.
        """
        grid = self.grid
        seen = grid.transform(whole)
        transfer = self.shells.ratio(coefficients, seen / grid.probe)
        inverse, share = inverse_filter(self.shells, transfer, grid.kept)
        whole_filter = inverse * grid.probe
        # What the map does not tell is taken from the model, so that it has no say in what follows.
        data = grid.density(coefficients * whole_filter + (1 - share) * seen)[self.region]
        return data, transfer, whole_filter

    def _round(self, coefficients, state, last=None):
        """Transfer function of the model as it is, then the occupancies that fit best."""
        data, transfer, whole_filter = self.brought_back(coefficients, self.whole(*self._parted(state)))
        factor, prior = self._factored(self._prior(state[: self.count], last), last)
        expected = np.zeros(len(prior))
        expected[: self.count] = np.average(state[: self.count], weights=self.weights)
        solution = linalg.cho_solve(factor, self.design.T @ data + prior * expected)
        residual = data - self.design @ solution.astype(np.float32)
        solution[self.count : -1] /= _B_UNIT
        return _Round(solution, factor, prior, data, residual, transfer, whole_filter)

    def _factored(self, prior, last):
        """Cholesky factor of the normal matrix with a prior, or that of the last round where it says the same."""
        own = np.diag(self.normal) + prior
        if last is not None and (np.abs(prior - last.prior) <= _SAME_PRIOR * own).all():
            return last.factor, last.prior
        return linalg.cho_factor(self.normal + np.diag(prior)), prior

    def _parted(self, state):
        """Occupancies and shifts of B-factors times occupancy, one each for every group."""
        shifts = np.zeros(self.count)
        shifts[self._sloped] = state[self.count :] * _B_UNIT
        return state[: self.count], shifts

    def _normalised(self, state):
        """The same state with what the transfer function takes up left out: a factor and a B-factor common to all."""
        occupancies, shifts = state[: self.count], state[self.count :]
        weights = self.weights[self._sloped]
        total = weights @ np.abs(occupancies[self._sloped])
        common = weights @ shifts / total if len(shifts) and total > 0 else 0.0
        largest = max(np.abs(occupancies).max(), np.finfo(float).tiny)
        return np.concatenate([occupancies, shifts - common * occupancies[self._sloped]]) / largest

    def _prior(self, occupancies, last):
        """Weights of the prior on occupancies and on the shifts of B-factors; none on the background."""
        prior = np.zeros(len(self.normal))
        if last is None:
            prior[self.count : -1] = np.diag(self.normal)[self.count : -1]
            return prior
        observation = 4 * self.grid.voxels_per_observation * float(last.residual.var())
        spread = _B_SPREAD * np.maximum(np.abs(occupancies[self._sloped]), _SMALLEST_PRIOR_OCCUPANCY)
        prior[: self.count] = observation / _OCCUPANCY_SPREAD**2
        prior[self.count : -1] = observation / spread**2
        return prior

    def _fitted(self, last, coefficients):
        occupancies, shifts = self._parted(last.solution[:-1])
        data = last.data - np.float32(last.solution[-1])
        own = np.diag(self.normal)[: self.count]
        trust = own / (own + last.prior[: self.count])
        return Fitted(
            occupancies,
            shifts,
            data,
            data - last.residual,
            last.transfer,
            last.filter,
            last.factor,
            trust,
            coefficients,
        )


@dataclass(eq=False)
class _Round:
    """What one round of a fit came to; `solution` holds occupancies, shifts in units of 100 Å², background."""

    solution: np.ndarray
    factor: tuple
    prior: np.ndarray
    data: np.ndarray
    residual: np.ndarray
    transfer: np.ndarray
    filter: np.ndarray


def _products(columns):
    """Products of sparse columns with each other.

    Sums of float32 would be off by more than the ridge, which is to hold what groups that are alike leave open.
    """
    rows, count = columns.shape
    products = np.zeros((count, count))
    for slab in parallel.slabs(rows, max(1, rows * _SUMMED_AT_ONCE // columns.nnz)):
        part = columns[slab].astype(float)
        found = (part.T @ part).tocoo()
        products[found.row, found.col] += found.data
    return products


def _misfit(found):
    """What a round leaves of its data, whose scale differs from round to round."""
    return float(found.residual.var() / found.data.var())


def near_atoms(total):
    """Voxels of a flat grid where the density of a whole model is above a share of its high values."""
    positive = total[total > 0.01 * total.max()]
    return np.flatnonzero(total > _REGION_LEVEL * np.quantile(positive, _HIGH_QUANTILE))
