"""From a Fourier-cropped grid back to the grid of the map."""

import numpy as np

from .. import parallel


def interpolate(values, shape):
    """Trilinear interpolation from a Fourier-cropped grid to the grid of the map.

    Both grids have their first voxel at the same place and cover the same box.

    Parameters
    ----------
    values : array of float32, shape (z, y, x)
    shape : tuple of 3 int

    Returns
    -------
    float32 array of that shape; the input itself where it has it already
    """
    if values.shape == tuple(shape):
        return values
    result = np.zeros(shape, np.float32)
    planes, *across = _reached(values, shape)

    def fill(slab):
        part = slice(planes.start + slab.start, planes.start + slab.stop)
        result[part, *across] = interpolated_planes(values.__getitem__, values.shape, shape, part, across)

    extent = [part.stop - part.start for part in (planes, *across)]
    if all(extent):
        parallel.run(fill, parallel.plane_slabs(extent))
    return result


def _reached(values, shape):
    """The part of the grid of the map in which values that are not 0 count, as three slices."""
    present = values != 0
    parts = []
    for axis, (n, m) in enumerate(zip(values.shape, shape, strict=True)):
        places = np.flatnonzero(present.any(axis=tuple(i for i in range(3) if i != axis)))
        low, high, _ = _places(n, m)
        first, beyond = (places[0], places[-1] + 1) if len(places) else (n, n)
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
