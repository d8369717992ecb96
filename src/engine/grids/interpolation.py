"""From a Fourier-cropped grid back to the grid of the map."""

import numpy as np

from .. import parallel
from .cut import bounds


def interpolate(values, shape, highest=None):
    """Trilinear interpolation from a Fourier-cropped grid to the grid of the map.

    Both grids have their first voxel at the same place and cover the same box.

    Parameters
    ----------
    values : array of float32, shape (z, y, x)
    shape : tuple of 3 int
    highest : float, optional
        The result is clipped to 0 and this, where it is given.

    Returns
    -------
    float32 array of that shape; the input itself where it has it already and is not clipped
    """
    if values.shape == tuple(shape) and highest is None:
        return values
    result = np.zeros(shape, np.float32)
    planes, *across = _reached(values, shape)

    def fill(slab):
        part = slice(planes.start + slab.start, planes.start + slab.stop)
        found = interpolated_planes(values.__getitem__, values.shape, shape, part, across)
        result[part, *across] = found if highest is None else np.clip(found, 0, highest)

    parallel.run(fill, parallel.plane_slabs([part.stop - part.start for part in (planes, *across)]))
    return result


def _reached(values, shape):
    """The part of the grid of the map in which values that are not 0 count, as three slices."""
    parts = []
    for n, m, (first, beyond) in zip(values.shape, shape, bounds(values), strict=True):
        low, high, _ = _places(n, m)
        parts.append(slice(int(np.searchsorted(high, first)), int(np.searchsorted(low, beyond))))
    return parts


def interpolated_planes(sampled, sampled_shape, shape, planes, across=(slice(None), slice(None))):
    """Some planes of what `interpolate` gives, from no more of the values than they need.

    Parameters
    ----------
    sampled : callable
        From a slice of planes to the values on the Fourier-cropped grid there.
    sampled_shape, shape : tuple of 3 int
        Of that grid and of the grid of the map.
    planes : slice
        Of the grid of the map, with start and stop.
    across : sequence of 2 slices
        Which rows and columns of these.

    Returns
    -------
    float32 array
    """
    if sampled_shape == shape:
        return sampled(planes)[:, *across]
    z, y, x = (_places(n, m) for n, m in zip(sampled_shape, shape, strict=True))
    first, beyond = int(z[0][planes.start]), int(z[1][planes.stop - 1]) + 1
    values = sampled(slice(first, beyond))
    low, high, share = (part[planes] for part in z)
    values = _along((low - first, high - first, share), values, 0)
    y, x = ([part[wanted] for part in places] for places, wanted in zip((y, x), across, strict=True))
    return _along(x, _along(y, values, 1), 2)


def _places(sampled, wanted):
    """For the samples that are wanted along an axis, the samples on both sides and the share of the second.

    They are those of the whole axis, so that no result depends on how it is cut.
    """
    places = np.arange(wanted) * (sampled / wanted)
    low = np.minimum(places.astype(np.intp), sampled - 1)
    return low, np.minimum(low + 1, sampled - 1), (places - low).astype(np.float32)


def _along(places, values, axis):
    low, high, share = places
    result = np.take(values, high, axis=axis)
    near = np.take(values, low, axis=axis)
    result -= near
    result *= share.reshape([-1 if i == axis else 1 for i in range(3)])
    result += near
    return result
