"""From a Fourier-cropped grid back to the grid of the map."""

import numpy as np
from scipy import ndimage

from . import parallel


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
    steps = np.array(sampled_shape) / np.array(shape)
    first = int(planes.start * steps[0])
    values = sampled(slice(first, min(sampled_shape[0], int((planes.stop - 1) * steps[0]) + 2)))
    offset = (planes.start * steps[0] - first, 0, 0)
    made = (planes.stop - planes.start, *shape[1:])
    return ndimage.affine_transform(values, steps, offset, made, np.float32, order=1, mode="nearest")
