"""Symmetric assemblies from one asymmetric unit: copies of groups, their mean, and how far they spread."""

import re
from dataclasses import replace

import numpy as np
from scipy.special import chdtrc

from ..errors import OccuPyError
from ..settings.checks import check_among
from .alternatives import among
from .inputs import inside_box, placed
from .result import Together

_MOST_FOLD = 60
_GOLDEN_TILT = 31.717474
"""Degrees from a twofold axis of an icosahedron to the nearest fivefold one."""

_CLASH, _MOST_CLASHING = 1.5, 0.1
"""Å, and the share of atoms that may be so near to another copy, as those on an axis are."""

_DIFFER = 0.01
"""Chance of such a spread where copies are alike, below which they are said to differ."""

_WORSE_BY, _LEAST_INSIDE = 0.3, 0.5


def operators(symmetry):
    """Rotations of a point group about the origin, as RELION sets it.

    Parameters
    ----------
    symmetry : str
        C2, C3, …; D2, D3, …, a twofold axis along x; T, a threefold axis along z; O, fourfold axes along x, y and z; I1
        and I2 (or I), twofold axes along x, y and z and the fivefold ones next to z in the plane of y and z or of x and
        z; I3 and I4, a fivefold axis along z and the twofold ones next to it towards -x or x. Axes of Cn and Dn are
        along z.

    Returns
    -------
    array of float, shape (copies, 3, 3)
        Of x, y, z; the first is the identity.

    Raises
    ------
    OccuPyError
        If it is none of these.
    """
    from scipy.spatial.transform import Rotation

    name = str(symmetry).upper()
    found = re.fullmatch(r"([CD])([1-9]\d?)|([TO])|(I)([1-4]?)", name)
    fold = int(found[2]) if found and found[2] else 0
    if not found or (found[1] and not 2 <= fold <= _MOST_FOLD):
        raise OccuPyError(
            f"the symmetry is {symmetry}, but must be C2 to C{_MOST_FOLD}, D2 to D{_MOST_FOLD}, T, O, or I1 to I4"
        )
    turned = Rotation.identity()
    if name == "T":
        turned, _ = Rotation.align_vectors([[0, 0, 1], [0, 2**0.5, 1]], [[1, 1, 1], [0, 0, 3**0.5]])
    elif found[4]:
        angle = {"1": ("z", 0), "3": ("zy", (90, -_GOLDEN_TILT)), "4": ("zy", (90, _GOLDEN_TILT))}
        turned = Rotation.from_euler(*angle.get(found[5], ("z", 90)), degrees=True)
    group = turned * Rotation.create_group(found[4] or name, axis="Z") * turned.inv()
    first = int(group.magnitude().argmin())
    matrices = group.as_matrix()
    return np.concatenate([matrices[[first]], np.delete(matrices, first, axis=0)])


def middle_of(shape, voxel_size, origin):
    """The middle of a box, where programs that refine maps put axes: voxel n/2 of n, from 0.

    Parameters
    ----------
    shape, voxel_size
        Of a map: voxels and Å along z, y and x.
    origin : sequence of 3 float
        x, y, z in Å of the first voxel.

    Returns
    -------
    array of 3 float
        x, y, z in Å.
    """
    return np.asarray(origin, float) + (np.array(shape) // 2 * np.broadcast_to(voxel_size, 3))[::-1]


def copy_names(groups, symmetry):
    """What the copies of groups are called, a dict of str to list of str.

    Parameters
    ----------
    groups : iterable of str
    symmetry : str
    """
    count = len(operators(symmetry))
    return {name: [f"{name}@{i + 1}" for i in range(count)] for name in groups}


def symmetric_groups(groups, symmetry, shape, voxel_size, origin=(0.0, 0.0, 0.0)):
    """The groups of a symmetric assembly about the middle of the box of a map.

    Parameters
    ----------
    groups : dict of str to Group
        Of one asymmetric unit.
    symmetry : str
        See `operators`.
    shape, voxel_size
        Of the map: voxels and Å along z, y and x.
    origin : sequence of 3 float
        x, y, z in Å of the first voxel, in the frame of the atoms.

    Returns
    -------
    groups : dict of str to Group
        Copies, the first one being what was given.
    copies : dict of str to list of str
        Their names, by that of the group.

    Raises
    ------
    OccuPyError
        If it is no symmetry that is known, or copies are in the same place or outside the map.
    """
    middle = middle_of(shape, voxel_size, origin)
    matrices, names = operators(symmetry), copy_names(groups, symmetry)
    found = {
        names[name][i]: replace(group, positions=(group.positions - middle) @ matrix.T + middle)
        for i, matrix in enumerate(matrices)
        for name, group in groups.items()
    }
    _check_apart(np.concatenate([group.positions for group in groups.values()]) - middle, matrices)
    inside = {name: inside_box(placed(group, origin), shape, voxel_size).mean() for name, group in found.items()}
    outside = [name for name, share in inside.items() if share < _LEAST_INSIDE]
    if outside and not set(outside) & {of_name[0] for of_name in names.values()}:
        raise OccuPyError(
            f"{len(outside)} of {len(found)} copies are outside the map, such as {outside[0]}; expected the symmetry "
            "of the map, about its middle"
        )
    return found, names


def _check_apart(positions, matrices):
    """Raise `OccuPyError` where copies of an asymmetric unit, which is given about the middle, are in one place."""
    from scipy.spatial import cKDTree

    own, clashing = cKDTree(positions), np.zeros(len(positions), bool)
    for matrix in matrices[1:]:
        clashing |= np.isfinite(own.query(positions @ matrix.T, distance_upper_bound=_CLASH)[0])
    if clashing.mean() > _MOST_CLASHING:
        raise OccuPyError(
            f"{clashing.mean():.0%} of the atoms are where copies of them are too; expected one asymmetric unit, "
            "in the place that it has in the symmetry of the map, about its middle"
        )


def in_words(middle):
    """Where a point is."""
    return "x = {:.1f}, y = {:.1f}, z = {:.1f} Å".format(*middle)


def names_of_copies(names, copies):
    """Names of groups, those of all its copies in place of one that has copies; None where there are none.

    Parameters
    ----------
    names : sequence of str or None
    copies : dict of str to list of str
    """
    return None if names is None else [copy for name in names for copy in copies.get(name, [name])]


def sets_of_copies(sets, copies):
    """Sets of names of groups, one for each copy in place of one of groups that have copies.

    Parameters
    ----------
    sets : sequence of sequence of str
    copies : dict of str to list of str
    """
    found = []
    for names in sets:
        of_each = [copies.get(name) for name in names]
        found += map(list, zip(*of_each, strict=True)) if all(of_each) else [list(names)]
    return found


def copies_among(copies, names, kept):
    """Copies by their places among some of the groups; without groups of which no copy is there.

    Parameters
    ----------
    copies : dict of str to list of str or None
    names : list of str
        Of all groups.
    kept : sequence of int
        Places of some groups among all.

    Returns
    -------
    dict of str to list of int

    Raises
    ------
    OccuPyError
        If a name is not that of a group.
    """
    given = dict(copies or {})
    for groups in given.values():
        check_among(groups, names, "group", "copy")
    return among({name: [names.index(one) for one in groups] for name, groups in given.items()}, kept)


def mean_of_copies(name, groups, occupancies, covariance):
    """The mean of copies of a group, and whether they differ.

    Parameters
    ----------
    name : str
    groups : list of str
        The names of the copies.
    occupancies : array of float, shape (copies,)
    covariance : array of float, shape (copies, copies)
        Of their errors.

    Returns
    -------
    Together
    """
    count = len(groups)
    mean, error = float(occupancies.mean()), float(np.sqrt(covariance.mean()))
    if count < 2:
        return Together(name, groups, mean, error, "mean of 1 copy", [])
    spread = float(occupancies.std(ddof=1))
    expected = float(np.sqrt(max(np.trace(covariance) - covariance.sum() / count, 0) / (count - 1)))
    what = f"mean of {count} copies, spread {spread:.3f}, of which errors alone make {expected:.3f}"
    surely = expected > 0 and chdtrc(count - 1, (count - 1) * (spread / expected) ** 2) < _DIFFER
    return Together(name, groups, mean, error, what, ["the copies differ"] if surely else [], spread, expected)


def on_misplaced(copies, correlations, weights):
    """A sentence where copies other than the first fit a map much less well, as with an axis out of its place.

    Parameters
    ----------
    copies : list of list of int
        Places of the copies of each group.
    correlations, weights : arrays of float, shape (groups,)
        Local correlations, NaN where they are not known, and scattering.

    Returns
    -------
    list of str
    """
    known = np.where(np.isfinite(correlations), correlations, 0.0)
    first = [members[0] for members in copies]
    others = [i for members in copies for i in members[1:]]
    if not others:
        return []
    of_first, of_others = (np.average(known[some], weights=weights[some]) for some in (first, others))
    if of_others >= of_first - _WORSE_BY:
        return []
    return [
        f"Copies other than the first fit the map much less well, {of_others:.2f} and {of_first:.2f}: is the symmetry "
        "that of the map, and about the same point?"
    ]
