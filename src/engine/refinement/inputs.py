"""Groups of atoms and the resolution that are given: checked against the box of a map."""

from numbers import Real

import numpy as np

from ..errors import OccuPyError, SettingError
from .groups import Group

DEFAULT_LOWPASS = 8.0
SMALLEST_LOWPASS_VOXELS = 2.1
MOST_GROUPS = 5000
_LEAST_INSIDE = 0.5
_LEAST_SCATTERING = 1e-6
"""Å. A hydrogen atom has half an Å."""


def checked_lowpass(lowpass, shape, voxel_size):
    """The low-pass in Å, checked, or the default for a map of such voxels."""
    smallest = SMALLEST_LOWPASS_VOXELS * max(voxel_size)
    if lowpass is None:
        return default_lowpass(voxel_size)
    longest = min(n * v for n, v in zip(shape, voxel_size, strict=True)) / 4
    is_number = isinstance(lowpass, Real)
    if not is_number or not smallest <= lowpass <= longest:
        given = f"{lowpass:g}" if is_number else lowpass
        raise SettingError(
            "lowpass",
            f"is {given} Å, but must be at least {smallest:.3g} Å (2.1 voxels) and at most {longest:.3g} Å",
        )
    return float(lowpass)


def default_lowpass(voxel_size):
    """The resolution, in Å, to which a map of such voxels is used unless another is given."""
    return max(DEFAULT_LOWPASS, SMALLEST_LOWPASS_VOXELS * max(voxel_size))


def checked_groups(groups, most=MOST_GROUPS):
    """The groups; raises `OccuPyError` where there are none, more than so many, or an empty one."""
    if not isinstance(groups, dict):
        raise OccuPyError(
            f"the groups are a {type(groups).__name__}; expected a dict, the first that make_groups gives"
        )
    if not groups:
        raise OccuPyError("there are no groups of atoms; expected at least one")
    if len(groups) > most:
        raise OccuPyError(
            f"there are {len(groups)} groups; expected at most {most}: group atoms by segment or chain instead"
        )
    for name, group in groups.items():
        if len(group) == 0:
            raise OccuPyError(f"the group {name} is empty; expected at least one atom")
    return groups


def groups_in_box(groups, shape, voxel_size, origin):
    """The groups without their atoms outside a box, and which share of each group's atoms is inside.

    Parameters
    ----------
    groups : dict of str to Group
    shape, voxel_size
        Of the box: voxels and Å along z, y and x.
    origin : array of 3 float
        x, y, z of the first voxel in Å.

    Returns
    -------
    groups : dict of str to Group
        Those of which anything is inside, with positions from the first voxel.
    shares : list of float
        Of all groups.

    Raises
    ------
    OccuPyError
        If most of the atoms are outside.
    """
    in_place = {name: placed(group, origin) for name, group in groups.items()}
    within = {name: inside_box(group, shape, voxel_size) for name, group in in_place.items()}
    outside, total = sum((~atoms).sum() for atoms in within.values()), sum(map(len, within.values()))
    if outside > (1 - _LEAST_INSIDE) * total:
        raise OccuPyError(
            f"{outside} of {total} atoms are outside the map; expected a model in its place in the map (see fitmap)"
        )
    kept = {name: in_place[name].part(atoms) for name, atoms in within.items() if atoms.any()}
    return kept, [atoms.mean() for atoms in within.values()]


def check_scattering(groups, solvent):
    """Raise `OccuPyError` where a group scatters no more than what it displaces.

    Parameters
    ----------
    groups : dict of str to Group
    solvent : bool
        Count scattering above the ice that atoms displace; else above vacuum.
    """
    for name, group in groups.items():
        if not group.weights(solvent).sum() > _LEAST_SCATTERING:
            what = "the ice in its place" if solvent else "nothing"
            raise OccuPyError(f"{name} scatters no more than {what}; expected groups of more than that")


def placed(group, origin):
    """The group with positions from another place, x, y, z in Å."""
    return Group(group.positions - origin, group.potential, group.volume, group.variance)


def inside_box(group, shape, voxel_size):
    """Which atoms are inside the box."""
    extent = ((np.array(shape) - 1) * np.array(voxel_size))[::-1]
    return ((group.positions >= 0) & (group.positions <= extent)).all(axis=1)
