"""Noise with the power spectrum of a map's solvent, to fill in where density is taken away."""

from collections import OrderedDict
from threading import Lock

import numpy as np
from scipy import fft

from .. import parallel

_FEWEST_VOXELS = 512
_TILE_EDGE, _MOST_TILES = 64, 16
_LEAST_SHARE = 0.5
"""Tiles that hold at least this share of the solvent of the best one tell the spectrum."""

_BLOCK_PLANES, _OVERLAP = 64, 16
_BLOCKS_KEPT = 2
"""The last block, and the one before that it is mixed with; slabs are asked for in about their order."""


class SolventNoise:
    """The power spectrum of the solvent, averaged over shells of spatial frequency.

    It is read in a few tiles of the map, spread over those that hold most solvent.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
        The map.
    solvent : bool array of that shape
        Voxels that are solvent with near certainty.
    mean, sigma : float
        Mean and standard deviation of the solvent in the map. Where there are too few
        solvent voxels to tell a spectrum, white noise of this sigma stands in.
    voxel_size : tuple of 3 float
        Å along z, y and x.
    progress : callable, optional
        Called with the fraction done; what it raises stops the work.

    Notes
    -----
    The periodogram of the solvent alone, |F|²/n with n its number of voxels, is the
    spectrum of the noise blurred by that of the solvent's shape, which is narrow.
    """

    def __init__(self, density, solvent, mean, sigma, voxel_size, progress=None):
        self._shape = density.shape
        self._voxel_size = voxel_size
        self._tile_shape = tuple(min(n, _TILE_EDGE) for n in density.shape)
        tiles, voxels = self._tiles(solvent, progress)
        shells = self._shells()
        if voxels < _FEWEST_VOXELS:
            self._power = np.full(shells.max() + 1, sigma**2)
        else:
            squared = self._mean_square(density, solvent, mean, sigma, tiles) / voxels
            self._power = sigma**2 * np.bincount(shells, squared.ravel()) / np.maximum(np.bincount(shells), 1)
        # The mean is not noise: the lowest frequencies are as strong as the first that are.
        self._power[0] = self._power[1]

    @property
    def power(self):
        """Variance per Fourier coefficient by shell; shells are `shell_width` apart."""
        return self._power

    @property
    def shell_width(self):
        """Width of a shell in 1/Å."""
        return 1 / max(n * v for n, v in zip(self._tile_shape, self._voxel_size, strict=True))

    def sample(self, seed):
        """Noise with this spectrum.

        Parameters
        ----------
        seed : int

        Returns
        -------
        NoiseSample
            Of the shape of the map.
        """
        return NoiseSample(self._shape, self._amplitude, seed)

    def _tiles(self, solvent, progress):
        """The tiles in which to read the spectrum, and how many solvent voxels they hold."""
        starts = [
            np.linspace(0, n - edge, n // edge).astype(int)
            for n, edge in zip(self._shape, self._tile_shape, strict=True)
        ]
        places = np.stack(np.meshgrid(*starts, indexing="ij"), axis=-1).reshape(-1, 3)
        tiles = [tuple(slice(a, a + n) for a, n in zip(p, self._tile_shape, strict=True)) for p in places.tolist()]
        counts = np.array(parallel.run(lambda tile: np.count_nonzero(solvent[tile]), tiles, progress))
        best = np.flatnonzero(counts >= _LEAST_SHARE * counts.max())
        best = best[np.linspace(0, len(best) - 1, min(len(best), _MOST_TILES)).astype(int)]
        return [tiles[i] for i in best], counts[best].sum()

    def _mean_square(self, density, solvent, mean, sigma, tiles):
        """The sum over the tiles of |F|² of their solvent, in sigma: in units of the map it might not be finite."""

        def squared(tile):
            alone = np.where(solvent[tile], density[tile] - np.float32(mean), np.float32(0))
            alone /= np.float32(sigma)
            return np.abs(fft.rfftn(alone, overwrite_x=True)) ** 2

        return sum(parallel.run(squared, tiles)).astype(float)

    def _shells(self):
        """Number of the shell of each coefficient of a tile's half spectrum, flat."""
        return np.rint(_frequencies(self._tile_shape, self._voxel_size).ravel() / self.shell_width).astype(np.intp)

    def _amplitude(self, shape):
        """Square root of the power at the frequencies of a box of this shape that are not negative."""
        nz, ny, _ = shape
        root = np.sqrt(self._power)
        places = np.arange(len(root)) * self.shell_width
        amplitude = np.empty([n // 2 + 1 for n in shape], np.float32)

        def fill(planes):
            frequencies = _frequencies(shape, self._voxel_size, planes)[:, : ny // 2 + 1]
            amplitude[planes] = np.interp(frequencies, places, root)

        parallel.run(fill, parallel.slabs(nz // 2 + 1, 1))
        return amplitude


class EvenNoise:
    """A map with the solvent's mean and noise brought to those where the molecule is, for boxes that are asked for.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
    solvent : SolventModel
        One that varies.
    """

    def __init__(self, density, solvent):
        self._density, self._solvent = density, solvent
        self.shape = density.shape

    def __getitem__(self, box):
        """Float32 array of a tuple of 3 slices."""
        even = self._density[box] - self._solvent.mean_at(box, self.shape)
        even /= self._solvent.raw_sigma_ratio(box, self.shape)
        even += np.float32(self._solvent.mean)
        return even


class NoiseSample:
    """Zero-mean noise of a given spectrum, of which any planes can be had without the others.

    Blocks of planes are made from coefficients of their own. Where two overlap they are
    mixed with weights whose squares add up to 1, which keeps variance and spectrum. A
    coefficient's parts are evenly distributed: each voxel is a sum of so many of them
    that its distribution is normal.

    Parameters
    ----------
    shape : tuple of 3 int
        Of the map, (z, y, x).
    amplitude_of : callable
        From the shape of a box to the square root of the power at its frequencies that
        are not negative.
    seed : int
        The same seed gives the same noise, however many threads there are.
    """

    def __init__(self, shape, amplitude_of, seed):
        self._shape = shape
        self._seed = seed
        self._cores = parallel.slabs(shape[0], _BLOCK_PLANES)
        length = max(core.stop - core.start for core in self._cores)
        if len(self._cores) > 1:
            length = fft.next_fast_len(length + _OVERLAP)
        self._block_shape = (length, *shape[1:])
        self._amplitude_of, self._scaled_amplitude = amplitude_of, None
        self._blocks, self._lock = OrderedDict(), Lock()

    def __getitem__(self, planes):
        """Float32 array of these planes of the noise; may be asked for in several threads."""
        first, beyond, _ = planes.indices(self._shape[0])
        parts = [
            self._mixed(i, max(first, core.start) - core.start, min(beyond, core.stop) - core.start)
            for i, core in enumerate(self._cores)
            if core.start < beyond and first < core.stop
        ]
        coefficients = np.concatenate(parts)
        rows = fft.ifft(coefficients, axis=1, overwrite_x=True)
        return fft.irfft(rows, n=self._shape[2], axis=2, overwrite_x=True)

    def _mixed(self, i, first, beyond):
        """Planes of the core of a block, the end of the block before faded out."""
        planes = self._block(i)[first:beyond].copy()
        fading = min(beyond, _OVERLAP)
        if i > 0 and first < fading:
            angles = np.arange(first + 1, fading + 1, dtype=np.float32)[:, None, None] * np.float32(
                np.pi / 2 / (_OVERLAP + 1)
            )
            step = self._cores[i].start - self._cores[i - 1].start
            planes[: fading - first] *= np.sin(angles)
            planes[: fading - first] += np.cos(angles) * self._block(i - 1)[first + step : fading + step]
        return planes

    def _block(self, i):
        """Coefficients of a block along y and x, plane by plane."""
        with self._lock:
            if i not in self._blocks:
                self._blocks[i] = self._made(i)
                if len(self._blocks) > _BLOCKS_KEPT:
                    self._blocks.popitem(last=False)
            return self._blocks[i]

    def _made(self, i):
        nz, ny, nx = self._block_shape
        amplitude = self._amplitude()
        rows = np.minimum(np.arange(ny), ny - np.arange(ny))
        block = np.empty((nz, ny, nx // 2 + 1), np.complex64)

        def draw(planes):
            for z in range(planes.start, planes.stop):
                random = np.random.default_rng(np.random.SeedSequence(self._seed, spawn_key=(i, z)))
                parts = random.random((ny, nx // 2 + 1, 2), np.float32)
                parts -= np.float32(0.5)
                np.multiply(parts.view(np.complex64)[..., 0], amplitude[min(z, nz - z)][rows], out=block[z])

        def transform(columns):
            block[:, columns] = fft.ifft(block[:, columns], axis=0)

        parallel.run(draw, parallel.plane_slabs(block.shape))
        parallel.run(transform, parallel.slabs(ny, max(1, (1 << 18) // (nz * block.shape[2]))))
        return block

    def _amplitude(self):
        """Amplitude of the coefficients of a block, for parts evenly distributed over a width of 1."""
        if self._scaled_amplitude is None:
            amplitude = self._amplitude_of(self._block_shape)
            amplitude *= np.float32(np.sqrt(6 * np.prod(self._block_shape, dtype=float)))
            # Of coefficients that are their own mates along x only the real part of a pair's sum counts.
            amplitude[:, :, 0] *= np.float32(np.sqrt(2))
            if self._shape[2] % 2 == 0:
                amplitude[:, :, -1] *= np.float32(np.sqrt(2))
            # Each plane has mean zero, so that the noise has, however blocks are mixed.
            amplitude[:, 0, 0] = 0
            self._scaled_amplitude = amplitude
        return self._scaled_amplitude


def _frequencies(shape, voxel_size, planes=slice(None)):
    """Spatial frequency, 1/Å, of each coefficient in these planes of a half spectrum."""
    z = fft.fftfreq(shape[0], voxel_size[0])[planes, None, None]
    y = fft.fftfreq(shape[1], voxel_size[1])[:, None]
    x = fft.rfftfreq(shape[2], voxel_size[2])
    return np.sqrt(z**2 + y**2 + x**2)
