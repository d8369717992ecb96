"""The model-guided scale map: at each voxel the occupancy of the atoms that are nearest."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .. import parallel
from ..parallel import Progress
from ..settings.checks import checked_voxel_size
from ..settings.inputs import checked_density
from .refine import Refiner
from .result import Refinement

ATOM_SIGMA = 1.0
"""Å. Of the Gaussian by which atoms decide on a voxel: narrow, so that at a contact the nearest do."""

FADE = (6.0, 8.0)
"""Å from the atoms at which the scale starts to fall, and is 0."""

_REACH = 9.0
"""Å. Many atoms together reach further than one of them."""

_CONVOLVED_AT_ONCE = 16


@dataclass(frozen=True, eq=False)
class GuidedScale:
    """A scale map that a model has guided.

    Attributes
    ----------
    scale : float32 array of the shape of the map
        0 to 1; 0 far from all atoms.
    refinement : Refinement
        The occupancies of the groups that it follows from.
    """

    scale: np.ndarray
    refinement: Refinement

    @property
    def warnings(self):
        """Sentences for the user."""
        return self.refinement.warnings


def guided_scale(
    density,
    voxel_size,
    groups,
    *,
    origin=(0.0, 0.0, 0.0),
    lowpass=None,
    half_maps=None,
    solvent=True,
    reference=None,
    progress=None,
):
    """Local scale of a map from the occupancies of the atoms of a model.

    The occupancies of groups are refined, and those of parts of about 30 residues as far as they
    deviate from their group by more than noise. A voxel gets the mean occupancy of the atoms near
    it, each weighted by a Gaussian of its distance, so narrow that the nearest atoms decide. From
    6 to 8 Å off all atoms the scale falls to 0.

    Parameters
    ----------
    density : array of any real or integer type, shape (z, y, x)
    voxel_size : float or sequence of 3 float
        Å, along all axes or along each of z, y and x.
    groups : dict of str to Group
        From `make_groups`, such as one for each chain.
    origin, lowpass, half_maps, solvent, reference
        As `refine` takes them.
    progress : callable, optional
        Called with the fraction done and the name of the stage; may raise `Cancelled`.

    Returns
    -------
    GuidedScale

    Raises
    ------
    OccuPyError
        If map, groups or a setting cannot be used, or the model is not in the map.
    """
    density, _ = checked_density(density)
    report = Progress(progress)
    refiner = Refiner(
        density.shape, voxel_size, groups, origin=origin, lowpass=lowpass, solvent=solvent,
        progress=report.stage("densities of groups", 0.4),
    )  # fmt: skip
    report.stage("fit", 0.3)
    refinement, positions, occupancies = refiner.refine_atoms(density, reference=reference, half_maps=half_maps)
    sizes = checked_voxel_size(voxel_size)
    scale = scale_of_atoms(density.shape, sizes, positions, occupancies, report.stage("scale map", 0.3))
    report.done()
    return GuidedScale(scale, refinement)


def scale_of_atoms(shape, voxel_size, positions, occupancies, progress=None):
    """Scale map of atoms of known occupancies.

    Parameters
    ----------
    shape : tuple of 3 int
    voxel_size : tuple of 3 float
        Å along z, y and x.
    positions : array of float, shape (atoms, 3)
        x, y, z in Å from the first voxel, inside the box.
    occupancies : array of float, shape (atoms,)
        Those below 0 or above 1 count as 0 and 1.
    progress : callable, optional
        Called with the fraction done.

    Returns
    -------
    float32 array of that shape
        Σ o·s / Σ s at each voxel, s a Gaussian of the distance of each atom, times a factor that
        falls from 1 to 0 where the atoms end.
    """
    places = positions[:, ::-1] / np.array(voxel_size)
    reach = np.ceil(_REACH / np.array(voxel_size)).astype(int)
    first = np.maximum(np.floor(places.min(axis=0)).astype(int) - reach, 0)
    last = np.minimum(np.ceil(places.max(axis=0)).astype(int) + reach + 1, shape)
    box = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    nearness, strength = _splat(places - first, np.clip(occupancies, 0, 1), tuple(last - first))
    kernels = [_kernel(size, radius) for size, radius in zip(voxel_size, reach, strict=True)]
    for values in (nearness, strength):
        _convolve(values, kernels)
    scale = np.zeros(shape, np.float32)
    within = scale[box]

    def fill(planes):
        near = nearness[planes]
        known = near > 0
        mean = np.divide(strength[planes], near, out=np.zeros_like(near), where=known)
        within[planes] = np.minimum(mean, 1) * _fade(near)

    parallel.run(fill, parallel.plane_slabs(within.shape), progress)
    return scale


def _splat(places, occupancies, shape):
    """Atoms shared out linearly to the eight voxels around each: their number and that times occupancy."""
    low = np.minimum(np.floor(places).astype(int), np.array(shape) - 2)
    high_share = places - low
    number, strength = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for corner in np.ndindex(2, 2, 2):
        share = np.where(corner, high_share, 1 - high_share).prod(axis=1).astype(np.float32)
        voxels = np.ravel_multi_index((low + corner).T, shape)
        np.add.at(number.reshape(-1), voxels, share)
        np.add.at(strength.reshape(-1), voxels, share * occupancies.astype(np.float32))
    return number, strength


def _kernel(voxel_size, radius):
    """A Gaussian along one axis, 1 at its centre."""
    return np.exp(-((np.arange(-radius, radius + 1) * voxel_size / ATOM_SIGMA) ** 2) / 2)


def _convolve(values, kernels):
    """Convolve with a kernel along each axis, in place; summed directly, so that far tails stay exact."""
    for axis, kernel in enumerate(kernels):
        across = 1 if axis == 0 else 0

        def convolve_slab(slab, axis=axis, across=across, kernel=kernel):
            part = values[slab] if across == 0 else values[:, slab]
            ndimage.convolve1d(part, kernel, axis, output=part, mode="constant")

        parallel.run(convolve_slab, parallel.slabs(values.shape[across], _CONVOLVED_AT_ONCE))


def _fade(nearness):
    """Factor from 1 to 0 as the distance that the sum of Gaussians stands for goes through FADE."""
    start, end = FADE
    tiny = np.finfo(np.float32).tiny
    distance = np.sqrt(np.maximum(-2 * ATOM_SIGMA**2 * np.log(np.maximum(nearness, tiny)), 0))
    beyond = np.clip((distance - start) / (end - start), 0, 1)
    return 0.5 + 0.5 * np.cos(np.pi * beyond)
