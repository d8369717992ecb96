"""Maps and atoms on the coarse grid on which occupancies are refined.

The grid just holds what the low-pass keeps. Atoms are Gaussians there: the probe, which is the
same for all and falls off within the kept frequencies, widened by each atom's own B-factor. So
the density of a group is a sum of products of three short vectors and needs no transform, and
each group touches few voxels.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import fft, sparse

from .. import parallel
from ..grids import fourier
from .groups import B_TO_VARIANCE

PART_ATOMS = 240
"""Atoms of the parts into which groups are cut to see how far they agree: about 30 residues."""

_VOXELS_PER_LOWPASS = 2.5
_EDGE = 0.03
"""The probe's transform at the low-pass frequency."""

REACH = 4.0
"""Sigmas at which an atom ends."""

_ATOMS_AT_ONCE = 2000


class CoarseGrid:
    """A grid over the box of a map that just holds the frequencies up to a low-pass.

    Parameters
    ----------
    shape : tuple of 3 int
        Of the map, z, y, x.
    voxel_size : tuple of 3 float
        Of the map, Å.
    lowpass : float
        Å.

    Attributes
    ----------
    shape : tuple of 3 int
    pitch : array of 3 float
        Å along z, y and x.
    frequency : float32 array
        |k| in 1/Å of each coefficient of `scipy.fft.rfftn`.
    probe : float32 array
        Transform of the probe, 1 at zero frequency.
    probe_variance : float
        Of the probe along each axis, Å².
    """

    def __init__(self, shape, voxel_size, lowpass):
        extent = np.array(shape) * np.array(voxel_size)
        longest = [int(np.ceil(_VOXELS_PER_LOWPASS * length / lowpass)) for length in extent]
        self.shape = tuple(fft.next_fast_len(max(n, 4), real=True) for n in longest)
        self.pitch = extent / np.array(self.shape)
        self.lowpass = lowpass
        z, y = (fft.fftfreq(n, p)[:, None] ** 2 for n, p in zip(self.shape[:2], self.pitch[:2], strict=True))
        x = fft.rfftfreq(self.shape[2], self.pitch[2]) ** 2
        self.frequency = np.sqrt(z[:, None] + y + x).astype(np.float32)
        self.probe_variance = self.variance_of_probe(lowpass)
        self.probe = np.exp(-2 * np.pi**2 * self.probe_variance * self.frequency**2)

    @staticmethod
    def variance_of_probe(lowpass):
        """Å² along each axis, of the probe for a low-pass in Å."""
        return -np.log(_EDGE) * lowpass**2 / (2 * np.pi**2)

    @property
    def size(self):
        """Number of voxels."""
        return int(np.prod(self.shape))

    @property
    def voxels_per_observation(self):
        """Voxels that count as one: those within the probe's own width."""
        return (2 * np.sqrt(np.pi * self.probe_variance)) ** 3 / np.prod(self.pitch)

    @property
    def kept(self):
        """Which coefficients the low-pass keeps, a bool array."""
        return self.frequency <= 1 / self.lowpass

    @property
    def multiplicity(self):
        """How often each coefficient of half a spectrum counts in the whole one."""
        result = np.full(self.frequency.shape, 2, np.float32)
        result[:, :, 0] = 1
        if self.shape[2] % 2 == 0:
            result[:, :, -1] = 1
        return result

    def coefficients(self, density, unit):
        """Fourier coefficients on this grid of a map of the box, of any sampling, over a unit."""
        small = density if density.shape == self.shape else fourier.resample(density, self.shape)
        return self.transform(small / np.float32(unit))

    def density(self, coefficients):
        """The map of such coefficients, flat."""
        return fft.irfftn(coefficients, self.shape, workers=parallel.thread_count()).ravel()

    def transform(self, density):
        """Fourier coefficients of a map on this grid: the inverse of `density`."""
        whole = np.asarray(density, np.float32).reshape(self.shape)
        return fft.rfftn(whole, workers=parallel.thread_count())


@dataclass(frozen=True, eq=False)
class PartColumns:
    """Contiguous parts of groups on a coarse grid.

    Attributes
    ----------
    pieces : list of Group
        The atoms of each part.
    group : array of int, shape (parts,)
        The group that each is of, in ascending order.
    weights : array of float, shape (parts,)
        Scattering of each, Å.
    densities, slopes : scipy.sparse.csc_array, shape (voxels, parts)
        As `density_columns` makes them.
    """

    pieces: list
    group: np.ndarray
    weights: np.ndarray
    densities: sparse.csc_array
    slopes: sparse.csc_array

    def joined(self, other):
        """These and then the other's, as parts of further groups."""
        densities, slopes = (
            sparse.hstack([getattr(columns, name) for columns in (self, other)], format="csc")
            for name in ("densities", "slopes")
        )
        group = np.append(self.group, other.group + self.group[-1] + 1)
        return PartColumns(
            [*self.pieces, *other.pieces], group, np.append(self.weights, other.weights), densities, slopes
        )


def part_columns(grid, groups, solvent=True, progress=None):
    """Groups on a grid, cut into parts.

    Parameters
    ----------
    grid : CoarseGrid
    groups : list of Group
        Positions are x, y, z in Å from the first voxel.
    solvent : bool
        Count scattering above the ice that atoms displace, else above vacuum.
    progress : callable, optional
        Called with the fraction done.

    Returns
    -------
    PartColumns
    """
    cut = [(i, group.part(atoms)) for i, group in enumerate(groups) for atoms in _part_slices(len(group))]
    pieces = [part for _, part in cut]
    weights = [part.weights(solvent) for part in pieces]
    columns = density_columns(grid, pieces, weights, progress)
    return PartColumns(pieces, np.array([i for i, _ in cut]), np.array([w.sum() for w in weights]), *columns)


def _part_slices(count):
    """Slices that cut so many atoms into parts of about PART_ATOMS."""
    parts = max(1, round(count / PART_ATOMS))
    ends = np.linspace(0, count, parts + 1).round().astype(int)
    return [slice(a, b) for a, b in pairwise(ends)]


def density_columns(grid, groups, weights, progress=None, slopes=True):
    """Density of each group seen through the probe, and its slope with the B-factor.

    Parameters
    ----------
    grid : CoarseGrid
    groups : list of Group
        Positions are x, y, z in Å from the first voxel.
    weights : list of array of float
        Scattering of each atom of each group, Å.
    progress : callable, optional
        Called with the fraction done.
    slopes : bool
        Whether slopes are wanted.

    Returns
    -------
    list of scipy.sparse.csc_array, shape (voxels, groups)
        Densities in Å per Å³, and slopes, that per Å² of B-factor. Voxels are those of the flat grid; atoms near an
        edge reach round to the opposite one, as Fourier filters do.
    """
    found = parallel.run(lambda i: _column(grid, groups[i], weights[i], slopes), range(len(groups)), progress)
    starts = np.cumsum([0, *(len(column[0]) for column in found)])
    voxels, *parts = (np.concatenate(part) for part in zip(*found, strict=True))
    return [sparse.csc_array((part, voxels, starts), shape=(grid.size, len(groups))) for part in parts]


def _column(grid, group, weights, slopes):
    """Voxels that a group touches, its density there and, if wanted, the slope."""
    places = group.positions[:, ::-1]
    variance = grid.probe_variance + group.variance
    reach = np.ceil(REACH * np.sqrt(variance.max()) / grid.pitch).astype(int)
    centres = np.rint(places / grid.pitch).astype(int)
    first = centres.min(axis=0) - reach
    dim = centres.max(axis=0) + reach + 1 - first
    columns = np.zeros((2 if slopes else 1, np.prod(dim)))
    for start in range(0, len(group), _ATOMS_AT_ONCE):
        some = slice(start, start + _ATOMS_AT_ONCE)
        index, *values = _blobs(grid, places[some], centres[some], variance[some], weights[some], reach, slopes)
        flat = np.ravel_multi_index([i - f for i, f in zip(index, first, strict=True)], dim).ravel()
        for column, part in zip(columns, values, strict=True):
            column += np.bincount(flat, part.ravel(), len(column))
    touched = np.flatnonzero(columns[0])
    inside = [(i + f) % n for i, f, n in zip(np.unravel_index(touched, dim), first, grid.shape, strict=True)]
    voxels = np.ravel_multi_index(inside, grid.shape)
    return [voxels, *(column[touched].astype(np.float32) for column in columns)]


def _blobs(grid, places, centres, variance, weights, reach, slopes):
    """Gaussians of some atoms: voxel indices along each axis, values, and, if wanted, slopes with the B-factor."""
    index, factors, squares = [], [], []
    for axis in range(3):
        shape = [len(places), 1, 1, 1]
        shape[axis + 1] = -1
        voxels = centres[:, axis, None] + np.arange(-reach[axis], reach[axis] + 1)
        distance = (voxels * grid.pitch[axis] - places[:, axis, None]) ** 2 / variance[:, None]
        index.append(voxels.reshape(shape))
        squares.append(distance.astype(np.float32).reshape(shape))
        factors.append(np.exp(-distance / 2).astype(np.float32).reshape(shape))
    height = (weights / (2 * np.pi * variance) ** 1.5).astype(np.float32)[:, None, None, None]
    values = (height * factors[0] * factors[1]) * factors[2]
    if not slopes:
        return index, values
    per_b = (0.5 * B_TO_VARIANCE / variance).astype(np.float32)[:, None, None, None]
    return index, values, values * ((squares[0] + squares[1] + squares[2]) - 3) * per_b
