"""The densities of groups of atoms as finely as a map may tell, cut out of its box."""

import numpy as np
from scipy import fft

from .. import parallel
from .coarse import REACH, CoarseGrid, density_columns
from .fit import near_atoms
from .groups import ICE, Group
from .inputs import SMALLEST_LOWPASS_VOXELS
from .noise_spectrum import region_spectrum
from .transfer import Shells
from .windows import Window, overlap

COARSEST = 8.0
"""Å. A map that tells no more than this does not tell motion from what is missing."""

FEWEST_ATOMS = 100
"""Smaller groups do not tell a shift of their B-factors from a change of occupancy."""

B_UNIT = 100.0
"""Å² in which shifts are solved for, so that they are as large as amplitudes."""

_FINEST = 3.0
"""Å. Beyond this coordinates would have to be better than those of most models."""

_MOST_VOXELS = 6_000_000
"""Of the grid: in a larger box less of the resolution is used, for the sake of time and memory."""

_GRID_VOXELS = 2.5
"""For each low-pass."""

_ICE_VARIANCE = 2.0
"""Å². Displaced ice ends less sharply than the atoms in its place, so it takes little from high frequencies."""

_ICE_MOVES = 0.25
"""Of a shift of B-factors, how much the ice has that is displaced."""

_SMALLEST_AMPLITUDE = 0.05


class FineModel:
    """The densities of groups as finely as the maps of a box may tell: the same for all of them.

    Parameters
    ----------
    voxel_size : tuple of 3 float
        Å along z, y and x.
    groups : list of Group
        Positions are x, y, z in Å from the first voxel of the box.
    solvent : bool
        Count scattering above the ice that atoms displace, else above vacuum.

    Attributes
    ----------
    large : bool array, shape (groups,)
        The groups whose B-factors may be told; in what follows only these are meant.
    told : bool
        Whether there are any, and voxels small enough.
    grid : CoarseGrid
        Of a part of the box around the atoms.
    shells : Shells
    weights : array of float, shape (large groups,)
        Scattering of each.
    ice : array of float, shape (large groups,)
        Of the scattering of each in vacuum, that of the ice in its place.
    """

    def __init__(self, voxel_size, groups, solvent=True):
        self._groups, self._solvent = groups, solvent
        self.large = np.array([len(group) >= FEWEST_ATOMS for group in groups], bool)
        self._frame = _Frame(voxel_size, groups)
        self.told = bool(self.large.any()) and self._frame.lowpass < COARSEST
        if not self.told:
            return
        self.grid = CoarseGrid(self._frame.shape, voxel_size, self._frame.lowpass)
        self.shells = Shells(self.grid)
        chosen = [self._frame.placed(group) for group, large in zip(groups, self.large, strict=True) if large]
        self._windows, total = self._windows_of(chosen)
        self._region = near_atoms(total)
        self.ice = np.array([self._displaced_share(group) for group in chosen])
        self.weights = np.array([group.weights(solvent).sum() for group in chosen])

    def coefficients(self, density, unit):
        """Fourier coefficients of a map of the box, over a unit, on the grid."""
        return self.grid.coefficients(self._frame.cut(density), unit)

    def beside(self, occupancies, others):
        """The density of what is in the map and nothing is asked of.

        Parameters
        ----------
        occupancies : array of float
            Of all groups, and then of the others; what is below 0 counts as absent.
        others : list of Group
            Such as beads.

        Returns
        -------
        float32 array of the shape of the grid
        """
        known = [*zip(self._groups, occupancies, ~self.large, strict=False)]
        known += zip(others, occupancies[len(self._groups) :], [True] * len(others), strict=True)
        found = [self._frame.placed(group, occupancy) for group, occupancy, used in known if used and occupancy > 0]
        total = np.zeros(self.grid.shape, np.float32)
        if sum(map(len, found)) == 0:
            return total
        parts = ("positions", "potential", "volume", "variance")
        joined = Group(*(np.concatenate([getattr(group, part) for group in found]) for part in parts))
        (window,), _ = self._windows_of([joined])
        total[window.place] = window.filtered(_ice_filter(window.frequency, self._displaced_share(joined)))[0]
        return total

    def whole(self, amplitudes, shifts):
        """The density of all groups on the grid, with these shifts of their B-factors, Å²."""

        def density(i):
            return amplitudes[i] * self._windows[i].filtered(self._own_filters(i, shifts[i])[0])[0]

        total = np.zeros(self.grid.shape, np.float32)
        for window, part in zip(self._windows, parallel.run(density, range(len(self._windows))), strict=True):
            total[window.place] += part
        return total

    def columns(self, amplitudes, shifts, spectrum):
        """The densities of groups and their slopes with the B-factor, per `B_UNIT`, filtered.

        Parameters
        ----------
        amplitudes, shifts : arrays of float, shape (groups,)
        spectrum : array of float, shape (shells,)
            What coefficients are multiplied by.

        Returns
        -------
        list of float32 array, each of shape (2, z, y, x)
            In the windows of the groups.
        """

        def column(i):
            window = self._windows[i]
            seen = np.interp(window.frequency, self.shells.centres, spectrum, right=0).astype(np.float32)
            own, slope = self._own_filters(i, shifts[i])
            return window.filtered(own * seen, slope * seen * (B_UNIT * max(amplitudes[i], _SMALLEST_AMPLITUDE)))

        return parallel.run(column, range(len(self._windows)))

    def normal(self, columns):
        """Products of columns with each other, a matrix: first all densities, then all slopes."""
        count = len(columns)
        products = np.zeros((2, count, 2, count))

        def fill(i):
            for j in range(i, count):
                shared = overlap(self._windows[i], self._windows[j])
                if shared is None:
                    continue
                one, other = (columns[k][(slice(None), *part)] for k, part in zip((i, j), shared, strict=True))
                # Rounding to float32 would be more than what tells groups apart that are alike.
                products[:, i, :, j] = one.reshape(2, -1).astype(float) @ other.reshape(2, -1).T.astype(float)
                products[:, j, :, i] = products[:, i, :, j].T

        parallel.run(fill, range(count))
        return products.reshape(2 * count, 2 * count)

    def projected(self, columns, values):
        """Products of columns with a map on the grid, in the order of `normal`."""
        found = [np.tensordot(c, values[w.place], 3) for w, c in zip(self._windows, columns, strict=True)]
        return np.array(found, float).T.ravel()

    def power_in_region(self, coefficients):
        """Mean power in each shell that a map has near the atoms; that of a white map of variance 1 is 1."""
        # Near the atoms alone strong shells would show in weak ones, so all are made as strong as the others before.
        power = np.maximum(self.shells.mean(np.abs(coefficients) ** 2), np.finfo(np.float32).tiny) / self.grid.size
        white = self.grid.density(coefficients * (self.grid.kept / np.sqrt(power)[self.shells.index]))
        return power * region_spectrum(self.grid, self.shells, white, self._region)

    def power_of_model(self, coefficients):
        """The same of what is nowhere else but near the atoms."""
        return self.shells.mean(np.abs(coefficients) ** 2) / len(self._region)

    def _own_filters(self, i, shift):
        """From the potential of a group to what it adds to a map, and the slope of that with the shift."""
        quarter = self._windows[i].frequency ** 2 / 4
        atoms = np.exp(np.float32(-shift) * quarter)
        ice = _displaced(quarter, self.ice[i]) * np.exp(np.float32(-shift * _ICE_MOVES) * quarter)
        return atoms - ice, quarter * (_ICE_MOVES * ice - atoms)

    def _windows_of(self, groups):
        """Windows of the potential of groups, and the sum of all, flat."""
        (densities,) = density_columns(self.grid, groups, [group.potential for group in groups], slopes=False)
        parts = [slice(*ends) for ends in zip(densities.indptr, densities.indptr[1:], strict=False)]
        windows = parallel.run(lambda part: Window(self.grid, densities.indices[part], densities.data[part]), parts)
        return windows, densities.sum(axis=1)

    def _displaced_share(self, group):
        """Of the scattering of a group in vacuum, that of the ice in its place."""
        return ICE * group.volume.sum() / group.potential.sum() if self._solvent else 0.0


def _ice_filter(frequency, share):
    """From the scattering of a group in vacuum to that above the ice that it displaces."""
    return 1 - _displaced(frequency**2 / 4, share)


def _displaced(quarter, share):
    """What ice takes from the potential of a group, at quarters of squared frequencies."""
    return np.float32(share) * np.exp(np.float32(-8 * np.pi**2 * _ICE_VARIANCE) * quarter)


class _Frame:
    """A part of a box around atoms, which reaches beyond the box where they are near its faces.

    Parameters
    ----------
    voxel_size : tuple of 3 float
    groups : list of Group

    Attributes
    ----------
    shape : tuple of 3 int
        Voxels of the map.
    lowpass : float
        The finest resolution in Å that a grid in it holds.
    """

    def __init__(self, voxel_size, groups):
        self._voxel_size = np.array(voxel_size)
        places = np.concatenate([group.positions for group in groups])[:, ::-1]
        self._widest = max(group.variance.max() for group in groups)
        low, high = places.min(axis=0), places.max(axis=0)
        self.lowpass = max(_FINEST, SMALLEST_LOWPASS_VOXELS * max(voxel_size))
        extent = high - low + 2 * self._margin()
        self.lowpass = max(self.lowpass, _GRID_VOXELS * float(np.prod(extent) / _MOST_VOXELS) ** (1 / 3))
        margin = self._margin()
        self._first = np.floor((low - margin) / self._voxel_size).astype(int)
        spans = np.ceil((high + margin) / self._voxel_size).astype(int) + 1 - self._first
        self.shape = tuple(fft.next_fast_len(int(span), real=True) for span in spans)

    def _margin(self):
        """Å that an atom reaches, and a little more."""
        return REACH * np.sqrt(CoarseGrid.variance_of_probe(self.lowpass) + self._widest) + self.lowpass

    def cut(self, density):
        """A map of the box in this part of it, with the level of its solvent beyond the box."""
        ends = self._first + self.shape
        inside = tuple(slice(max(a, 0), max(b, 0)) for a, b in zip(self._first, ends, strict=True))
        beyond = [(max(-a, 0), max(b - n, 0)) for a, b, n in zip(self._first, ends, density.shape, strict=True)]
        part = density[inside].astype(np.float32)
        return np.pad(part, beyond, constant_values=np.median(part))

    def placed(self, group, occupancy=1.0):
        """What of a group is inside, in the frame of this part, its scattering times an occupancy."""
        positions = group.positions - (self._first * self._voxel_size)[::-1]
        extent = (np.array(self.shape) * self._voxel_size)[::-1]
        margin = self._margin() - self.lowpass / 2
        inside = ((positions > margin) & (positions < extent - margin)).all(axis=1)
        found = Group(positions, group.potential * occupancy, group.volume * occupancy, group.variance)
        return found if inside.all() else found.part(inside)
