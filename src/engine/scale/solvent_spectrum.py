"""The power spectrum of noise, read in a few cubes of solvent, as a transform of the whole map would cost more."""

from itertools import product

import numpy as np
from scipy import fft

from ..grids.fourier import Spectrum

_EDGE, _FEWEST_VOXELS = 40.0, 24
"""Å, of a cube; voxels along it, so that maps of large voxels are not cut into thousands."""

_ENOUGH = 400_000
"""Voxels of solvent, in which a band of the spectrum has thousands of coefficients."""

_OF_WINDOW = np.array([1, 4, 1]) / 6
"""Powers of the coefficients of the window along an axis."""

_LEAST_OF_CUBE = 0.5
"""Of the power that cubes show: where a map has less it has none, and cubes show that of other frequencies."""

_LEAST_LEFT = 0.8
"""Of a shell of a cube: what is left of noise by the edge of the spectrum."""

_LEAST_OF_MOST = 0.9
"""Of the solvent in the cube that holds most: the outline of what is left out blurs the spectrum."""


class CubeSpectrum:
    """The power spectrum of a part of a map, or of what surrounds that part too.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
    voxel_size : tuple of 3 float
        Å.
    where : array of bool or float
        The part, some voxels of a coarse grid of the box: 0 to 1.
    centre : array of float, shape (3,)
        Of the molecule, as a share of the box: cubes are chosen close to it.
    alone : bool
        Whether what is beside the part is left out of the cubes; if not, no edge adds to the spectrum.
    enough : int
        Voxels of the part that are read.

    Attributes
    ----------
    frequencies, power : arrays of float
        1/Å, and for each voxel of the part the mean squared amplitude of a map of one voxel.
    share : float
        Of what the cubes show that is in the part.
    """

    def __init__(self, density, voxel_size, where, centre, alone=True, enough=_ENOUGH):
        wanted = (fft.next_fast_len(max(round(_EDGE / v), _FEWEST_VOXELS)) for v in voxel_size)
        edges = [min(n, edge) for n, edge in zip(density.shape, wanted, strict=True)]
        window, powers, of_part, of_all = _window(edges), 0.0, 0.0, 0.0
        for start in _chosen(density.shape, edges, where, centre, enough):
            places = map(_coarse_places, start, edges, density.shape, where.shape)
            part = where[np.ix_(*places)]
            weights = window * part if alone else window
            cube = density[tuple(slice(a, a + n) for a, n in zip(start, edges, strict=True))] * weights
            cube -= weights * np.float32(cube.sum(dtype=float) / weights.sum(dtype=float))
            found = Spectrum(cube, voxel_size)
            powers += found.power()
            of_part += (np.square(window, dtype=float) * part).sum()
            of_all += np.square(weights, dtype=float).sum()
        self.frequencies, self.power, self.share = found.frequencies, powers / of_part, of_part / of_all


class SolventSpectrum:
    """The power spectrum of a map's solvent.

    Parameters are those of `CubeSpectrum`; `solvent` is where solvent is, an array of bool.
    """

    def __init__(self, density, voxel_size, solvent, centre):
        found = CubeSpectrum(density, voxel_size, solvent, centre)
        self._frequencies, self._power = found.frequencies, found.power

    def power(self, frequencies, total):
        """Mean squared amplitude of the noise in shells of a map.

        Parameters
        ----------
        frequencies, total : arrays of float
            1/Å, evenly spaced, and for each voxel of the map the mean squared amplitude of all that is there.

        Returns
        -------
        array of float
            At most the total. A cube blurs the sharp edge with which a map ends at its resolution; this is undone.
        """
        noise = np.interp(frequencies, self._frequencies, self._power)
        is_there = total > _LEAST_OF_CUBE * noise
        strongest = np.argmax(noise)
        is_there[strongest:] = np.logical_and.accumulate(is_there[strongest:])
        shells = np.minimum(np.rint(frequencies / self._frequencies[1]).astype(int), len(self._power))
        counts, sums = (np.bincount(shells, w, len(self._power) + 1) for w in (None, is_there))
        share = sums / np.maximum(counts, 1)
        left = _OF_WINDOW @ [np.append(share[1], share[:-2]), share[:-1], share[1:]]
        seen = left >= _LEAST_LEFT
        noise = np.interp(frequencies, self._frequencies[seen], (self._power / np.maximum(left, _LEAST_LEFT))[seen])
        return np.minimum(noise, total)


def _window(edges):
    """Falls off to the faces of a cube, so that no step to the face across counts."""
    z, y, x = (np.sin(np.pi * (np.arange(n) + 0.5) / n).astype(np.float32) ** 2 for n in edges)
    return z[:, None, None] * y[:, None] * x


def _coarse_places(start, edge, n, m):
    """For the voxels of a cube along an axis of n voxels those of a coarse grid of m."""
    return np.arange(start, start + edge) * m // n


def _chosen(shape, edges, where, centre, enough):
    """Where cubes begin: of those with much of the part the closest to the molecule, until there is enough."""
    axes = [np.linspace(0, n - e, -(-n // e)).astype(int) for n, e in zip(shape, edges, strict=True)]
    starts = np.array(list(product(*axes)))
    grids = list(zip(axes, edges, shape, where.shape, strict=True))
    spans = [[slice(a * m // n, (a + e - 1) * m // n + 1) for a in axis] for axis, e, n, m in grids]
    shares = np.array([where[part].mean() for part in product(*spans)])
    distances = np.square((starts + np.array(edges) / 2) / shape - centre).sum(axis=1)
    distances[shares < _LEAST_OF_MOST * shares.max()] = np.inf
    near = np.argsort(distances, kind="stable")[: np.isfinite(distances).sum()]
    count = np.searchsorted(np.cumsum(shares[near]) * np.prod(edges), enough) + 1
    return starts[near[:count]]
