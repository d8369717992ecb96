"""Checks of the settings that a user gave."""

import numpy as np

from ..errors import OccuPyError, SettingError
from ..grids.kernel import ROUNDING
from .table import CALIBRATED, ESTIMATION, SETTINGS, group

NYQUIST_VOXELS = 2
SMALLEST_VOXEL, LARGEST_VOXEL = 1e-3, 1e4


def checked(values, *groups, mode=CALIBRATED):
    """Checked values of all the settings of these groups, defaults where none is given.

    Parameters
    ----------
    values : dict
        By name in snake_case.
    *groups
        As for `group`.
    mode : {'calibrated', 'occupancy', 'resolution'}
        On which defaults depend, where it is not among the values.

    Raises
    ------
    SettingError
        If a name is not among the groups' settings or a value is not usable.
    """
    names = [setting.name for setting in group(*groups)]
    for name in values:
        if name not in names:
            raise SettingError(name, f"is not a setting here; expected one of {', '.join(names)}")
    mode = mode_of(values, mode)
    return {s.name: s.check(values.get(s.name, s.default)) for s in group(*groups, mode=mode)}


def mode_of(estimation, default=CALIBRATED):
    """The mode that settings of an estimation ask for; raises `SettingError` where there is no such mode."""
    return SETTINGS["mode"].check(estimation.get("mode", default))


def split(values):
    """Settings by name, as two dicts: those of estimation, and all others."""
    names = {setting.name for setting in group(ESTIMATION)}
    estimation = {name: value for name, value in values.items() if name in names}
    return estimation, {name: value for name, value in values.items() if name not in names}


def checked_voxel_size(voxel_size):
    """Voxel size as a tuple of three floats in Å along z, y and x.

    Parameters
    ----------
    voxel_size : float or sequence of 3 float
        One size for all axes, or one for each of z, y and x.
    """
    try:
        sizes = tuple(float(v) for v in np.broadcast_to(np.asarray(voxel_size, float), 3))
    except (TypeError, ValueError):
        raise SettingError("voxel_size", f"is {voxel_size}, but must be one number or three, in Å") from None
    if not all(SMALLEST_VOXEL <= v <= LARGEST_VOXEL for v in sizes):
        limits = f"at least {SMALLEST_VOXEL:g} and at most {LARGEST_VOXEL:g} Å"
        raise SettingError("voxel_size", f"is {voxel_size} Å, but must be above 0 along every axis, {limits}")
    return sizes


def checked_shape(shape):
    """The shape of a box as a tuple of three int, z, y, x."""
    shape = tuple(shape)
    if len(shape) != 3 or min(shape) < 1:
        raise OccuPyError(f"the box has shape {shape}, but must have three axes (z, y, x), none empty")
    return shape


def checked_origin(origin):
    """The place of the first voxel as an array of x, y, z in Å."""
    try:
        place = np.asarray(origin, float)
    except (TypeError, ValueError):
        place = np.empty(0)
    if place.shape != (3,) or not np.isfinite(place).all():
        raise SettingError("origin", f"is {origin}, but must be three finite numbers, x, y, z in Å")
    return place


def check_lowpass(name, resolution, voxel_size):
    """Raise `SettingError` where a low-pass at this resolution (Å) would be no filter at all.

    Parameters
    ----------
    name : str
        Of the setting.
    resolution : float or None
    voxel_size : tuple of 3 float
        In Å along z, y and x.
    """
    if resolution is not None and not is_lowpass(resolution, voxel_size):
        nyquist = NYQUIST_VOXELS * min(voxel_size)
        raise SettingError(name, f"is {resolution:g} Å, but must be at least two voxels, {nyquist:.4g} Å here")


def is_lowpass(resolution, voxel_size):
    """Whether a low-pass at this resolution (Å) filters anything at these voxel sizes (Å)."""
    return resolution >= NYQUIST_VOXELS * min(voxel_size) * (1 - ROUNDING)


def check_among(names, known, what, role="reference"):
    """Raise `OccuPyError` where names of references, if any, are not among those known."""
    missing = [str(name) for name in names or () if name not in known]
    if missing or (names is not None and what == "group" and not names):
        some = ", ".join(known[:8]) + (" and others" if len(known) > 8 else "")
        raise OccuPyError(f"the {role} {', '.join(missing) or '(none)'} is not a {what}; expected some of {some}")
