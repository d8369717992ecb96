"""What a fit by shells of frequency needs of a map: a few sums over each shell.

They are the same few thousand numbers whatever the size of the map, so that hundreds of maps can
be weighed against each other without being held in memory.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy import fft, ndimage

from .. import parallel
from .b_shifts import BShifts, b_shifts
from .beads import beads_in
from .coarse import CoarseGrid, density_columns
from .inputs import placed
from .local_fit import Cores, LocalFits
from .shell_fit import ShiftedModel
from .transfer import TYPICAL_SHARE, Shells, inverse_filter

_WINDOW_LEVEL, _HIGH_QUANTILE = 0.02, 0.95
_MARGIN, _EDGE = 20.0, 8.0
"""Å. The window reaches so far beyond the model, and falls off with such a sigma."""

_BLUR_OF_BEADS = 3.1
"""In squares of the low-pass: the B-factor by which beads are blurred, as they follow a map that is. Groups that are as
blurred as the map would take an amplitude for it."""

_OF_A_PIECE = 0.2
"""Of the highest density of a group: what is less dense is between its pieces."""

_OUTER_EDGE = (0.05, 0.5)
"""Where the window is within these, a map shows its level around the model."""


@dataclass(frozen=True, eq=False)
class MapSums:
    """Sums over the coefficients of one map in each shell of frequency.

    Attributes
    ----------
    cross : array of float, shape (shells, columns)
        Re Σ conj(column) · map.
    power : array of float, shape (shells,)
        Σ |map|².
    beads : array of float, shape (shells, columns + 2), optional
        Re Σ conj(b) · of each column, of b and of the map, b the density of beads that stand for what
        the map has and the model lacks.
    beads_weight : float
        Scattering of the beads, Å; 0 without any.
    local : LocalFits
        How each group fits the map where it is, in a fit of this map alone; None where nobody asked.
    b_shifts : BShifts
        Shifts of the B-factors of groups of atoms, which come first, in this map; None where nobody asked.
    beside : MapSums
        The same for a fit of its own, of masks that atoms fill; None where there are none.
    """

    cross: np.ndarray
    power: np.ndarray
    beads: np.ndarray | None = None
    beads_weight: float = 0.0
    local: LocalFits | None = None
    b_shifts: BShifts | None = None
    beside: "MapSums | None" = None


@dataclass(frozen=True, eq=False)
class ModelSums:
    """The same sums of the model in a box, and what else a fit needs of it.

    Attributes
    ----------
    names : list of str
        Of the groups.
    weights : array of float, shape (groups,)
        Scattering of each.
    sizes : array of int, shape (groups,)
        Atoms of each inside the box.
    inside : array of float, shape (groups,)
        Which share of its atoms these are.
    extents : array of float, shape (groups,)
        Volume of each seen through the probe, or of its largest piece, in units of the probe's own: 1 of a point.
    normal : array of float32, shape (shells, columns, columns)
        Re Σ conj(column) · column. Columns are the densities of groups and the window itself, which
        stands for the level that a map has in it; 0 where it covers the box.
    squares : array of float, shape (shells,)
        Mean |k|², 1/Å².
    observations : array of float, shape (shells,)
        Coefficients, those of the half of a spectrum that is not held counted too.
    filled : float
        Share of the box that the model fills.
    mask_errors : dict of str to float
        Relative errors of those groups that are masks, of where they end.
    notes : list of str
        Sentences for the user on these.
    beside : ModelSums
        For a fit of its own, of masks that atoms fill; None where there are none.
    """

    names: list
    weights: np.ndarray
    sizes: np.ndarray
    inside: np.ndarray
    extents: np.ndarray
    normal: np.ndarray
    squares: np.ndarray
    observations: np.ndarray
    filled: float
    mask_errors: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    beside: "ModelSums | None" = None

    @property
    def count(self):
        """Number of groups."""
        return len(self.names)


class ShellModel:
    """Densities of groups in a box, seen through the probe in a window around all of them: the same for all its maps.

    Parameters
    ----------
    shape, voxel_size, lowpass, solvent, progress
        As for `fit.GroupModel`.
    groups : dict of str to Group
        Positions are x, y, z in Å from the first voxel; none empty, all inside the box.
    inside : sequence of float
        Share of the atoms of each that these are.
    mask_errors : dict of str to float, optional
        Of those groups that are masks, which come last.

    Attributes
    ----------
    model_sums : ModelSums
    """

    def __init__(self, shape, voxel_size, groups, inside, lowpass, solvent=True, progress=None, mask_errors=None):
        self._whole = CoarseGrid(shape, voxel_size, lowpass)
        self._part, self._first = _surroundings(self._whole, groups.values())
        self.grid = grid = CoarseGrid([s.stop - s.start for s in self._part], self._whole.pitch, lowpass)
        self._groups, self._solvent = [placed(group, self._first) for group in groups.values()], solvent
        weights = [group.weights(solvent) for group in self._groups]
        densities, _ = density_columns(grid, self._groups, weights, progress)
        self._filled = total = np.asarray(densities.sum(axis=1)).ravel().astype(float)
        self._window = _window(total.reshape(grid.shape), grid.pitch)
        self._edge = (self._window > _OUTER_EDGE[0]) & (self._window < _OUTER_EDGE[1])
        self._transfer_shells = Shells(grid)
        self._order, self._shells, self._multiplicity = _by_shell(self._transfer_shells, grid)
        # A level shows where the window ends. Where it covers the whole box that is nowhere: the column is exactly 0,
        # as that of a window of 1 everywhere would be but for rounding.
        self._columns = self._transformed([*_dense(densities), lambda: self._window - 1])
        observations = [self._multiplicity[shell].sum(dtype=float) for shell in self._shells]
        filled = total.sum() ** 2 / (total**2).sum() / grid.size
        sizes = np.array([len(group) for group in self._groups])
        self._densities = densities
        self.model_sums = ModelSums(
            list(groups), np.array([w.sum() for w in weights]), sizes, np.array(inside),
            _extents(grid, densities), self._normal(), self._transfer_shells.centres**2,
            np.array(observations), float(filled), mask_errors or {},
        )  # fmt: skip

    def sums(self, density, unit, local=False, fine_model=None):
        """The sums of one map.

        Parameters
        ----------
        density : array of float, shape (z, y, x)
            Of the shape of the box.
        unit : float
            Of its values: the sums are of the map over it.
        local : bool
            Tell how each group fits the map where it is.
        fine_model : FineModel, optional
            Of the groups: with it, and where it is asked for local fits, shifts of their B-factors are told.

        Returns
        -------
        MapSums
        """
        grid, whole = self.grid, self._whole
        near = whole.density(whole.coefficients(density, unit) * whole.kept).reshape(whole.shape)[self._part]
        low = grid.coefficients(near, 1) * grid.kept
        seen = grid.density(low * grid.probe).reshape(grid.shape)
        level = np.median(seen[self._edge]) if self._edge.any() else 0
        kept = self._kept(grid.transform((seen - np.float32(level)) * self._window))
        cross = self._products(kept, self._columns)
        power = self._products(kept, kept[:, None])[:, 0]
        found, beads = MapSums(cross, power), beads_in(self.grid, self._filled, self._groups, low)
        column = None
        if beads is not None:
            weights = beads.weights(self._solvent)
            column = self._column_of_beads(beads, weights)
            products = self._products(column, np.column_stack([self._columns, column, kept]))
            found = replace(found, beads=products, beads_weight=float(weights.sum()))
        if not local:
            return found
        # What follows needs the map, so it cannot wait for what all maps have in common.
        fit = self._unshifted.fit(found)
        found = replace(found, local=self._local_fits(fit, kept, column))
        if fine_model is None:
            return found
        others = [placed(beads, -self._first)] if fit.beads else []
        of_atoms = fit.occupancies[: len(fit.occupancies) - len(self.model_sums.mask_errors)]
        occupancies = np.append(of_atoms, [fit.beads] * len(others))
        return replace(found, b_shifts=b_shifts(fine_model, density, unit, occupancies, others))

    def _products(self, one, columns):
        """Re Σ conj(one) · column over the coefficients of each shell, an array (shells, columns)."""
        weighted = one.conj() * self._multiplicity
        return np.array([(weighted[shell] @ columns[shell]).real for shell in self._shells], float)

    def _column_of_beads(self, beads, weights):
        """Sharpened by what they are blurred by."""
        density = density_columns(self.grid, [beads], [weights])[0].toarray().reshape(self.grid.shape)
        return self._kept(self.grid.transform(density * self._window)) * self._sharpening_of_beads

    @cached_property
    def _sharpening_of_beads(self):
        relative = self.grid.lowpass * self._kept(self.grid.frequency)
        return np.exp(_BLUR_OF_BEADS / 4 * np.square(relative)).astype(np.float32)

    @cached_property
    def _cores(self):
        # Masks have no place of their own that could be wrong.
        fixed = np.isin(self.model_sums.names, list(self.model_sums.mask_errors))
        return Cores(self.grid, self._densities, np.where(fixed, 0, self.model_sums.sizes))

    @cached_property
    def _unshifted(self):
        return ShiftedModel(self.model_sums, np.zeros(self.model_sums.count))

    def _local_fits(self, fit, kept, beads):
        """How each group fits a map where it is."""
        fitted = self._columns @ np.append(fit.occupancies, fit.level).astype(np.float32)
        if fit.beads:
            fitted += np.float32(fit.beads) * beads
        transfer = np.repeat(fit.transfer, [shell.stop - shell.start for shell in self._shells])
        inverse, _ = inverse_filter(self._transfer_shells, fit.transfer, self.grid.kept)
        left = np.zeros(inverse.size, np.complex64)
        left[self._order] = (kept - transfer * fitted) / TYPICAL_SHARE
        return self._cores.fits(fit.occupancies, self.grid.density(left.reshape(inverse.shape) * inverse))

    def _transformed(self, columns):
        result = np.empty((len(self._order), len(columns)), np.complex64)

        def fill(i):
            result[:, i] = self._kept(self.grid.transform(columns[i]()))

        parallel.run(fill, range(len(columns)))
        return result

    def _kept(self, coefficients):
        return coefficients.ravel()[self._order]

    def _normal(self):
        def of_shell(shell):
            part = self._columns[shell]
            return ((part * self._multiplicity[shell, None]).conj().T @ part).real

        return np.array(parallel.run(of_shell, self._shells))


def _surroundings(grid, groups):
    """The part of a grid in which the window is, as slices, and x, y, z of its first voxel in Å."""
    shape, sizes = grid.shape, grid.pitch
    positions = np.concatenate([group.positions for group in groups])[:, ::-1]
    reach = _MARGIN + 3 * _EDGE + grid.lowpass
    first = np.maximum(np.floor((positions.min(axis=0) - reach) / sizes).astype(int), 0)
    last = np.minimum(np.ceil((positions.max(axis=0) + reach) / sizes).astype(int) + 1, shape)
    dim = [min(n, fft.next_fast_len(int(b - a), real=True)) for n, a, b in zip(shape, first, last, strict=True)]
    first = np.minimum(first, np.array(shape) - dim)
    return tuple(slice(a, a + n) for a, n in zip(first, dim, strict=True)), (first * sizes)[::-1]


def _extents(grid, densities):
    """Volume of the largest piece of each group, in units of that of the probe."""
    sums, squares = (np.asarray(values.sum(axis=0)).ravel().astype(float) for values in (densities, densities**2))
    return sums**2 / squares / grid.voxels_per_observation * _shares_of_largest_pieces(grid, densities)


def _shares_of_largest_pieces(grid, densities):
    """What share of each group the largest of its pieces is: ligands that are one group are as small as one of them."""
    shares = np.ones(densities.shape[1])
    for i in range(len(shares)):
        column = densities[:, [i]].tocoo()
        values = np.abs(column.data)
        dense = values >= _OF_A_PIECE * values.max()
        places = np.array(np.unravel_index(column.coords[0][dense], grid.shape))
        places -= places.min(axis=1, keepdims=True)
        inside = np.zeros(places.max(axis=1) + 1, np.float32)
        inside[tuple(places)] = values[dense]
        pieces, count = ndimage.label(inside)
        shares[i] = ndimage.sum_labels(inside, pieces, range(1, count + 1)).max() / inside.sum(dtype=float)
    return shares


def _dense(columns):
    """Functions that make each column as a flat array: all at once would take too much memory."""
    return [lambda i=i: columns[:, [i]].toarray().ravel() for i in range(columns.shape[1])]


def _by_shell(shells, grid):
    """The coefficients that are used, ordered by shell, the slice of each shell, and how often each counts."""
    used = grid.kept.ravel().copy()
    used[0] = False  # at frequency zero a map holds its background
    places = np.flatnonzero(used)
    shell = shells.index.ravel()[places]
    order = np.argsort(shell, kind="stable")
    starts = np.flatnonzero(np.diff(shell[order], prepend=-1))
    slices = [slice(a, b) for a, b in zip(starts, [*starts[1:], len(places)], strict=True)]
    return places[order], slices, grid.multiplicity.ravel()[places[order]]


def _window(total, pitch):
    """1 near the model, with a soft edge."""
    high = np.quantile(total[total > 0.01 * total.max()], _HIGH_QUANTILE)
    away = ndimage.distance_transform_edt(total <= _WINDOW_LEVEL * high, sampling=pitch)
    beyond = np.maximum(away - _MARGIN, 0) / _EDGE
    return np.exp(-(beyond**2) / 2).astype(np.float32)
