"""Local scale and full scale: how far each region rises above solvent."""

from dataclasses import dataclass
from itertools import product
from math import floor

import numpy as np

from .. import parallel
from ..errors import OccuPyError

TILES_PER_AXIS = 20
_FEWEST_TILES_WITH_CORNERS = 5
_TILES_AT_ONCE = 64


@dataclass(frozen=True)
class FullScale:
    """The density at which the local scale is 1, and where it was read.

    Attributes
    ----------
    value : float
        N, in units of the map.
    start : tuple of 3 int, or None
        First voxel (z, y, x) of the tile that set it; the voxel of the map's maximum
        with normalization `maximum`; None where it was given.
    size : tuple of 3 int, or None
        Edges of that tile in voxels.
    """

    value: float
    start: tuple | None = None
    size: tuple | None = None

    @property
    def centre(self):
        """Centre of the tile in voxels (z, y, x), fractional; None where there is none."""
        if self.start is None:
            return None
        return tuple(s + (n - 1) / 2 for s, n in zip(self.start, self.size, strict=True))


def full_scale(density, tau, tile_size=12, normalization="tiles"):
    """Full scale N of a map.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
        The low-passed map in mode `occupancy`, the map itself in mode `resolution`.
    tau : float
        The quantile, 0 to 1.
    tile_size : int
        Edge of a tile in voxels; shorter axes give shorter tiles.
    normalization : {'tiles', 'maximum'}
        The largest tau-quantile over the tiles, or tau times the largest value.

    Returns
    -------
    FullScale

    Raises
    ------
    OccuPyError
        If the result is not above zero, so that no scale can be read.
    """
    by_maximum = normalization == "maximum"
    scale = _scale_of_maximum(density, tau) if by_maximum else scale_of_tiles(density, tau, tile_size)
    if not scale.value > 0:
        raise OccuPyError(
            f"the full scale is {scale.value:.4g}, but it must be above 0: nothing in this map rises "
            "above zero; if its contrast is inverted, multiply it by -1"
        )
    return scale


def _scale_of_maximum(density, tau):
    place = np.unravel_index(np.argmax(density), density.shape)
    return FullScale(tau * float(density[place]), tuple(int(i) for i in place), (1, 1, 1))


def scale_of_tiles(density, tau, tile_size):
    """The largest tau-quantile over the tiles, whatever its sign: see `full_scale`."""
    size = tuple(min(tile_size, n) for n in density.shape)
    starts = tile_starts(density.shape, tile_size)
    rank = min(floor(tau * np.prod(size)), np.prod(size) - 1)
    windows = np.lib.stride_tricks.sliding_window_view(density, size)
    highest = [-np.inf]

    def quantiles(some):
        values = windows[some[:, 0], some[:, 1], some[:, 2]].reshape(len(some), -1)
        found = np.full(len(some), -np.inf, np.float32)
        # Whatever another thread has found meanwhile: no tile whose maximum is lower can be the one.
        may_be = values.max(axis=1) >= highest[0]
        if may_be.any():
            found[may_be] = np.partition(values[may_be], rank, axis=1)[:, rank]
            highest[0] = max(highest[0], found.max())
        return found

    batches = np.array_split(starts, -(-len(starts) // _TILES_AT_ONCE))
    values = np.concatenate(parallel.run(quantiles, batches))
    best = int(np.argmax(values))
    return FullScale(float(values[best]), tuple(int(i) for i in starts[best]), size)


def tile_starts(shape, tile_size=12):
    """First voxels of the tiles, an int array of shape (tiles, 3).

    Up to 20 tiles an axis, evenly spread, of which those inside an ellipsoid count,
    since corners of the box hold nothing.
    """
    starts, radii = zip(*(_axis_tiles(n, tile_size) for n in shape), strict=True)
    squared = [r**2 if len(r) >= _FEWEST_TILES_WITH_CORNERS else np.zeros(len(r)) for r in radii]
    inside = squared[0][:, None, None] + squared[1][:, None] + squared[2] < 1
    every = np.array(list(product(*starts)))
    return every[inside.ravel()] if inside.any() else every


def _axis_tiles(n, tile_size):
    """First voxels of an axis's tiles and their places relative to the ellipsoid's radius."""
    tile = min(tile_size, n)
    count = max(1, min(TILES_PER_AXIS, n - tile_size + 1))
    step = (n - tile) // (count - 1) if count > 1 else 0
    margin = (n - tile - step * (count - 1)) // 2
    index = np.arange(count)
    with np.errstate(divide="ignore", invalid="ignore"):
        radius = (index - count / 2) / (count / 2 - 1)
    return margin + step * index, radius


def local_scale(maximum, full):
    """S = clip(m/N, 0, 1), computed in place.

    Parameters
    ----------
    maximum : array of float32, shape (z, y, x)
        m, the maximum of the density over the kernel (`dilate.ball_maximum`). It is
        overwritten.
    full : float
        N, the full scale.
    """

    def divide(slab):
        np.divide(maximum[slab], np.float32(full), out=maximum[slab])
        np.clip(maximum[slab], 0, 1, out=maximum[slab])

    parallel.run(divide, parallel.plane_slabs(maximum.shape))
    return maximum


def recalibrate(scale, zero):
    """S' = clip((S - s₀)/(1 - s₀), 0, 1), in place: the noise level becomes 0.

    Parameters
    ----------
    scale : array of float32, shape (z, y, x)
        Overwritten.
    zero : float
        s₀, the scale of the lowest density that is more likely not solvent, below 1.
    """

    def shift(slab):
        np.subtract(scale[slab], np.float32(zero), out=scale[slab])
        np.divide(scale[slab], np.float32(1 - zero), out=scale[slab])
        np.clip(scale[slab], 0, 1, out=scale[slab])

    parallel.run(shift, parallel.plane_slabs(scale.shape))
    return scale
