"""Masks of regions of maps, and what the maps that are strongest in them hold there."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..errors import OccuPyError
from ..grids import fourier
from ..refinement.coarse import CoarseGrid
from ..refinement.inputs import checked_lowpass
from ..settings.checks import checked_voxel_size
from ..settings.inputs import checked_density, real_array, value_range

_LEAST_INSIDE = 0.01
"""Of a mask, from which a voxel belongs to it."""

_FEWEST_VOXELS = 4
"""Of the coarse grid."""

_STRONGEST = 4
"""Power of a map's density in a mask by which it counts: those that lack what is there hardly do."""

_FULL_QUANTILE = 0.98
"""Of the density in all masks: what maps are brought to one scale by."""

_BLUR, _SHARPNESS = 1.5, 4
"""Voxels of the coarse grid by which masks are blurred to tell how deep a place is in them, and a power."""

_SMALLER, _MOSTLY = 0.8, 0.5
"""A mask that is smaller than so much of another, and has more than so much in common with it, is a part of that."""

_ROUNDING = 1e-3


def checked_mask(values, name):
    """A mask as a float32 array.

    Parameters
    ----------
    values : array of any real, integer or bool type, shape (z, y, x)
    name : str

    Raises
    ------
    OccuPyError
        If it is empty, or its values are not all within 0 to 1.
    """
    mask = real_array(values, f"mask {name}")
    found = value_range(mask)
    if not (found.lowest >= -_ROUNDING and found.highest <= 1 + _ROUNDING):
        raise OccuPyError(
            f"the values of the mask {name} go from {found.lowest:.3g} to {found.highest:.3g}; expected a mask, 0 "
            "outside and 1 inside, not a map"
        )
    if not found.highest > _LEAST_INSIDE:
        raise OccuPyError(f"the mask {name} is empty, 0 everywhere; expected values up to 1 inside")
    return np.clip(mask, 0, 1)


@dataclass(frozen=True, eq=False)
class MaskDensities:
    """What the maps hold in masks.

    Attributes
    ----------
    shape : tuple of 3 int
        Of the maps.
    voxels : dict of str to array of int
        Those of the coarse grid, flat, that each mask has.
    inside : dict of str to array of float32
        From 0 to 1, its values there.
    densities : dict of str to array of float32
        The mean there of the maps that are strongest in it, in units of the maps' own in all masks.
    mean : float32 array
        The mean of all maps on the coarse grid.
    """

    shape: tuple
    voxels: dict
    inside: dict
    densities: dict
    mean: np.ndarray

    def of_each_alone(self, shape):
        """The density of each mask in its voxels, what several masks hold shared out among them.

        Parameters
        ----------
        shape : tuple of 3 int
            Of the coarse grid.

        Returns
        -------
        dict of str to array of float32
        """
        whole = {name: self._on_grid(name, shape) for name in self.voxels}
        for inner, outer in self.nested():
            whole[outer] *= 1 - self._on_grid(inner, shape)
        # What is at the rim of one mask is another's, if it is deeper in that.
        depths = {
            name: mask * ndimage.gaussian_filter(mask, _BLUR, mode="wrap") ** _SHARPNESS for name, mask in whole.items()
        }
        deep = np.maximum(sum(depths.values()), np.finfo(np.float32).tiny)
        total = np.minimum(sum(whole.values()), 1)
        return {
            name: (depths[name] / deep * total).ravel()[voxels] * self.densities[name]
            for name, voxels in self.voxels.items()
        }

    def nested(self):
        """Pairs of names, of masks and of larger ones that they are mostly in, which are then what is outside them."""
        sizes = {name: float(inside.sum(dtype=float)) for name, inside in self.inside.items()}
        return [
            (inner, outer)
            for inner in self.voxels
            for outer in self.voxels
            if sizes[inner] < _SMALLER * sizes[outer] and self._shared(inner, outer) > _MOSTLY * sizes[inner]
        ]

    def _shared(self, one, other):
        _, mine, others = np.intersect1d(self.voxels[one], self.voxels[other], True, True)
        return float(np.minimum(self.inside[one][mine], self.inside[other][others]).sum(dtype=float))

    def _on_grid(self, name, shape):
        whole = np.zeros(np.prod(shape), np.float32)
        whole[self.voxels[name]] = self.inside[name]
        return whole.reshape(shape)


class MaskReader:
    """Reads what maps hold in masks, one after the other.

    Parameters
    ----------
    masks : dict of str to array, shape (z, y, x)
        From 0 to 1, on the grid of the maps.
    voxel_size : tuple of 3 float
        Å along z, y and x.
    lowpass : float
        Å.

    Raises
    ------
    OccuPyError
        If a mask cannot be used.
    """

    def __init__(self, masks, voxel_size, lowpass):
        checked = {name: checked_mask(values, name) for name, values in masks.items()}
        self._shape = next(iter(checked.values())).shape
        for name, mask in checked.items():
            if mask.shape != self._shape:
                raise OccuPyError(f"the mask {name} has shape {mask.shape}; expected that of the others, {self._shape}")
        self._grid = CoarseGrid(self._shape, voxel_size, lowpass)
        self._voxels, self._inside = {}, {}
        for name, mask in checked.items():
            small = fourier.resample(mask, self._grid.shape).ravel()
            self._voxels[name] = voxels = np.flatnonzero(small > _LEAST_INSIDE)
            self._inside[name] = np.clip(small[voxels], 0, 1)
            if len(voxels) < _FEWEST_VOXELS or not self._inside[name].max() > _LEAST_INSIDE:
                raise OccuPyError(
                    f"the mask {name} is smaller than what a map tells at {lowpass:.3g} Å; expected larger ones"
                )
        covered = np.zeros(self._grid.size, bool)
        for voxels in self._voxels.values():
            covered[voxels] = True
        if covered.all():
            raise OccuPyError("the masks fill the whole box; expected masks with solvent around them")
        self._covered = covered
        self._sums = {name: np.zeros(len(voxels)) for name, voxels in self._voxels.items()}
        self._weights = dict.fromkeys(masks, 0.0)
        self._total, self._count = np.zeros(self._grid.size), 0

    def add(self, density):
        """Read a map; raises `OccuPyError` where it cannot be used."""
        density, found = checked_density(density)
        if density.shape != self._shape:
            raise OccuPyError(f"the map has shape {density.shape}; expected that of the masks, {self._shape}")
        seen = self._grid.density(self._grid.coefficients(density, found.unit) * self._grid.kept)
        seen = seen - np.median(seen[~self._covered])
        # What is there at all is much the same in all maps, while its mean depends on how much is there.
        full = np.quantile(seen[self._covered], _FULL_QUANTILE)
        if not full > 0:
            return
        seen /= np.float32(full)
        self._total += seen
        self._count += 1
        for name, voxels in self._voxels.items():
            weight = max(float(np.average(seen[voxels], weights=self._inside[name])), 0) ** _STRONGEST
            self._sums[name] += weight * seen[voxels]
            self._weights[name] += weight

    def found(self):
        """What the maps hold in the masks: `MaskDensities`; raises `OccuPyError` where that is nothing in one."""
        for name, weight in self._weights.items():
            if not weight > 0:
                raise OccuPyError(f"there is no density in the mask {name} in any map; expected masks in their place")
        densities = {name: (self._sums[name] / self._weights[name]).astype(np.float32) for name in self._sums}
        mean = (self._total / max(self._count, 1)).astype(np.float32)
        return MaskDensities(self._shape, self._voxels, self._inside, densities, mean)


def mask_densities(densities, voxel_size, masks, lowpass=None):
    """What maps hold in masks.

    The parameters are those of `refine_maps`.

    Returns
    -------
    MaskDensities
    """
    if iter(densities) is densities:
        raise OccuPyError("the maps can be taken once only; with masks expected a list, as each is read twice")
    sizes, reader = checked_voxel_size(voxel_size), None
    for density in densities:
        if reader is None:
            reader = MaskReader(masks, sizes, checked_lowpass(lowpass, checked_density(density)[0].shape, sizes))
        reader.add(density)
    if reader is None:
        raise OccuPyError("there are no maps; expected at least one")
    return reader.found()
