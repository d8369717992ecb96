"""Masks from a scale map: a solvent definition, or weights for signal subtraction."""

import numpy as np
from scipy import ndimage

from ..errors import OccuPyError
from ..settings.checks import checked, checked_voxel_size
from ..settings.inputs import checked_scale
from .factors import factor_of

_FINEST_SCALE = 1e-4


def make_mask(local_scale, voxel_size, **settings):
    """A mask from a scale map, with values from 0 to 1.

    Parameters
    ----------
    local_scale : array of float, shape (z, y, x)
        S, 0 to 1.
    voxel_size : float or sequence of 3 float
        Å, along all axes or along each of z, y and x.
    **settings
        Those of the group `mask` in `settings.SETTINGS`. With `mask_from` threshold the
        mask is 1 where S is at least `threshold`, falling to 0 within `soft_edge` (Å)
        outside, as a raised cosine. With attenuate or sigmoid it is the factor of that
        modification with `power` and `pivot`, at most 1: the share of each voxel's signal
        that is kept when the parts of low scale are to be subtracted. `invert` gives
        1 minus the mask.

    Returns
    -------
    float32 array of the same shape

    Raises
    ------
    OccuPyError
        If the scale map or a setting cannot be used.
    """
    values = checked(settings, "mask")
    voxel_size = checked_voxel_size(voxel_size)
    local_scale = checked_scale(local_scale)
    if values["mask_from"] == "threshold":
        mask = _soft(local_scale >= values["threshold"], values["soft_edge"], voxel_size)
    else:
        factor = factor_of(values["mask_from"], values)
        mask = np.minimum(factor(np.maximum(local_scale, np.float32(1e-6))), np.float32(1))
    return 1 - mask if values["invert"] else mask


def scale_at_surface(**settings):
    """The scale at which a mask passes one half, its soft edge left out.

    So the surface of the mask is, but for the soft edge, that of the scale map at this level.

    Parameters
    ----------
    **settings
        As for `make_mask`.

    Returns
    -------
    float
        0 where the mask is nowhere below one half.
    """
    values = checked(settings, "mask")
    if values["mask_from"] == "threshold":
        return values["threshold"]
    factor = factor_of(values["mask_from"], values)
    scales = np.linspace(_FINEST_SCALE, 1, round(1 / _FINEST_SCALE), dtype=np.float32)
    below = np.flatnonzero(factor(scales) < 0.5)
    return float(scales[min(below[-1] + 1, len(scales) - 1)]) if len(below) else 0.0


def _soft(inside, width, voxel_size):
    """1 inside, falling to 0 as a raised cosine over a width in Å outside."""
    if not inside.any():
        raise OccuPyError("the scale is nowhere as high as the threshold, so the mask would be empty: lower it")
    if width == 0:
        return inside.astype(np.float32)
    # Beyond the box that holds the edge the mask is 0, and distances need not be known.
    (found,) = ndimage.find_objects(inside.astype(np.uint8))
    margins = [int(width / v) + 1 for v in voxel_size]
    near = tuple(slice(max(s.start - m, 0), s.stop + m) for s, m in zip(found, margins, strict=True))
    distance = ndimage.distance_transform_edt(~inside[near], sampling=voxel_size)
    mask = np.zeros(inside.shape, np.float32)
    mask[near] = 0.5 + 0.5 * np.cos(np.pi * np.minimum(distance / width, 1))
    return mask
