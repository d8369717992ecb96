"""Where in a map the density is that a model does not explain."""

import numpy as np

from ..parallel import Progress
from ..settings.checks import checked_origin, checked_voxel_size
from ..settings.inputs import checked_density
from .guided import scale_of_atoms
from .inputs import groups_in_box

_NEAR = 18.0
"""Å: atoms farther from all beads have no say, as neither they nor beads reach half as far."""


def unexplained_density(density, voxel_size, groups, refinement, *, origin=(0.0, 0.0, 0.0), progress=None):
    """The part of a map that a model does not explain: the map itself around the beads that stand for it.

    Where beads are nearer than atoms the map is as it is, so that a surface at its own level shows what is lacking;
    near atoms, and from 6 to 8 Å off all beads, it goes over into its median, which solvent has. It is flat where the
    refinement found nothing unexplained.

    Parameters
    ----------
    density : array of any real or integer type, shape (z, y, x)
    voxel_size : float or sequence of 3 float
        Å, along all axes or along each of z, y and x.
    groups : dict of str to Group
        Those that were refined against this map.
    refinement : Refinement
        What came of it.
    origin : sequence of 3 float
        x, y, z in Å of the first voxel, in the frame of the atoms.
    progress : callable, optional
        Called with the fraction done and the name of the stage; may raise `Cancelled`.

    Returns
    -------
    float32 array of the shape of the map

    Raises
    ------
    OccuPyError
        If map or groups cannot be used.
    """
    density, _ = checked_density(density)
    sizes = checked_voxel_size(voxel_size)
    in_box, _ = groups_in_box(groups, density.shape, sizes, checked_origin(origin))
    level, lacking = np.float32(np.median(density)), refinement.unexplained_at
    if not len(lacking):
        return np.full(density.shape, level)
    atoms = np.concatenate([group.positions for group in in_box.values()])
    atoms = atoms[((atoms > lacking.min(axis=0) - _NEAR) & (atoms < lacking.max(axis=0) + _NEAR)).all(axis=1)]
    of_beads = np.repeat([0.0, 1.0], [len(atoms), len(lacking)])
    report = Progress(progress)
    stage = report.stage("unexplained density", 1)
    share = scale_of_atoms(density.shape, sizes, np.concatenate([atoms, lacking]), of_beads, stage)
    report.done()
    share *= density.astype(np.float32, copy=False) - level
    share += level
    return share
