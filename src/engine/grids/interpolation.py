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
    result = np.empty(shape, np.float32)

    def fill(planes):
        result[planes] = interpolated_planes(values.__getitem__, values.shape, shape, planes)

    parallel.run(fill, parallel.plane_slabs(shape))
    return result


def interpolated_planes(sampled, sampled_shape, shape, planes):
    """Some planes of what `interpolate` gives, from no more of the values than they need.

    Parameters
    ----------
    sampled : callable
        From a slice of planes to the values on the Fourier-cropped grid there.
    sampled_shape, shape : tuple of 3 int
        Of that grid and of the grid of the map.
    planes : slice
        Of the grid of the map, with start and stop.

    Returns
    -------
    float32 array
    """
    if sampled_shape == shape:
        return sampled(planes)
    z, y, x = (_places(n, m) for n, m in zip(sampled_shape, shape, strict=True))
    first, beyond = int(z[0][planes.start]), int(z[1][planes.stop - 1]) + 1
    values = sampled(slice(first, beyond))
    low, high, share = (part[planes] for part in z)
    values = _along((low - first, high - first, share), values, 0)
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
