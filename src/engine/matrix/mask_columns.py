"""Masks beside groups of atoms: which density is whose.

A mask is made of points on the coarse grid, each with the density that maps hold there, which the fit takes as it takes
atoms.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..errors import OccuPyError
from ..refinement.coarse import CoarseGrid, density_columns
from ..refinement.groups import Group

_SCATTERING = 0.01
"""Å per Å³ above ice, about that of protein: the scale where there are no atoms to tell it."""

_FULL_SHARE = 0.5
"""Of the densest places of a model, from which a place is all the model's."""

_MOST_HELD = 0.5
"""Of the density in a mask: where atoms hold more, the mask is no part that they lack."""

_RIM = 0.3
"""Of the scattering of a group: no more is in masks by their soft edges only."""

_LEAST_LEFT = 0.05
"""Of the scattering of a group: what is less is not read beside masks."""

_LEAKED = 0.08
"""Of the share of a mask's density where others are beside it, the error that comes of where it ends."""


@dataclass(frozen=True, eq=False)
class Columns:
    """What is fitted to maps.

    Attributes
    ----------
    groups : dict of str to Group
        The groups of atoms, and masks of what these lack.
    beside : dict of str to Group
        For a fit of its own, masks of what atoms hold too, with what of the others is outside them; empty where there
        is no such mask.
    errors : dict of str to float
        Relative error of each mask that comes of where it ends and others begin.
    notes : list of str
        Sentences for the user.
    """

    groups: dict
    beside: dict
    errors: dict
    notes: list


def columns_of(groups, masks, voxel_size, lowpass, solvent=True):
    """Groups of atoms and masks as what is fitted to maps.

    Parameters
    ----------
    groups : dict of str to Group
        Positions are x, y, z in Å from the first voxel; there may be none.
    masks : MaskDensities
    voxel_size, lowpass, solvent
        As for `fit.GroupModel`.

    Returns
    -------
    Columns

    Raises
    ------
    OccuPyError
        If there is nothing to which a mask could be relative, or a mask has the name of a group.
    """
    check_columns(groups, masks.voxels)
    grid = CoarseGrid(masks.shape, voxel_size, lowpass)
    atoms = _Atoms(grid, groups, solvent)
    scale = atoms.scattering_over(masks.mean)
    densities = {name: scale * density for name, density in masks.of_each_alone(grid.shape).items()}
    lacking, shared = {}, {}
    for name, density in densities.items():
        left = (1 - atoms.held()[masks.voxels[name]]) * density
        (shared if _amount(left) < (1 - _MOST_HELD) * _amount(density) else lacking)[name] = left
    lacking = {name: _points(name, grid, masks.voxels[name], density) for name, density in lacking.items()}
    beside = {}
    if shared:
        parts, shared = _apart(grid, atoms, masks, {name: densities[name] for name in shared})
        beside = parts | lacking | shared
    notes = [f"The mask {inner} is within {outer}, which is then read without it." for inner, outer in masks.nested()]
    return Columns(groups | lacking, beside, _errors(grid, masks, densities), notes)


def check_columns(groups, masks):
    """Raise `OccuPyError` where these cannot be columns of one matrix.

    Parameters
    ----------
    groups, masks : collection of str
        Names; there may be no groups.
    """
    for name in masks:
        if name in groups:
            raise OccuPyError(f"a mask and a group of atoms are both called {name}; expected names of their own")
    if len(groups) == 0 and len(masks) == 1:
        raise OccuPyError(
            "there is one mask and no model, so nothing that the mask could be relative to; expected more masks, or a "
            "model"
        )


class _Atoms:
    """Groups of atoms on a grid."""

    def __init__(self, grid, groups, solvent):
        self._grid, self._groups, self._solvent = grid, groups, solvent
        self._total = np.zeros(grid.size, np.float32)
        if not groups:
            return
        weights = [group.weights(solvent) for group in groups.values()]
        (self._columns,) = density_columns(grid, list(groups.values()), weights, slopes=False)
        self._total = np.asarray(self._columns.sum(axis=1), np.float32).ravel()
        self._full = _FULL_SHARE * np.quantile(self._total[self._total > 0.01 * self._total.max()], 0.9)

    def held(self, names=None):
        """From 0 to 1, how much of each voxel some of the groups hold, or all of them."""
        if names is None:
            return np.clip(self._total / self._full, 0, 1) if self._groups else self._total
        chosen = np.isin(list(self._groups), list(names)).astype(np.float32)
        return np.clip(self._columns @ chosen / self._full, 0, 1) if chosen.any() else np.zeros_like(self._total)

    def scattering_over(self, mean):
        """Å per Å³ for each unit of a density, where the atoms are."""
        held = self.held()
        in_map = float(held @ np.maximum(mean, 0))
        return np.float32(held @ self._total / in_map if in_map > 0 else _SCATTERING)

    def outside(self, covered):
        """Of each group what is outside a region, and which share of its scattering that is.

        Parameters
        ----------
        covered : array of float32, flat
            From 0 to 1 inside.
        """
        found = {}
        for name, group in self._groups.items():
            index = np.rint(group.positions[:, ::-1] / self._grid.pitch).astype(int) % self._grid.shape
            left = 1 - covered[np.ravel_multi_index(tuple(index.T), self._grid.shape)]
            part = Group(group.positions, group.potential * left, group.volume * left, group.variance).part(left > 0)
            found[name] = part, part.weights(self._solvent).sum() / group.weights(self._solvent).sum()
        return found


def _apart(grid, atoms, masks, densities):
    """What is outside some masks of each group, and these masks: in place of atoms, but for those at their rims."""
    outside = atoms.outside(_covered(grid, masks, densities))
    at_rims = [name for name, (_, share) in outside.items() if share >= 1 - _RIM]
    held = atoms.held(at_rims)
    found, whole = {}, []
    for name, density in densities.items():
        left = (1 - held[masks.voxels[name]]) * density
        # A mask may be made of bits of many groups: then these are what it holds.
        if _amount(left) < (1 - _MOST_HELD) * _amount(density):
            left, whole = density, [*whole, name]
        found[name] = _points(name, grid, masks.voxels[name], left)
    of_bits = atoms.outside(_covered(grid, masks, whole))
    parts = {name: (of_bits if name in at_rims else outside)[name] for name in outside}
    return {name: part for name, (part, share) in parts.items() if share > _LEAST_LEFT}, found


def _covered(grid, masks, names):
    """From 0 to 1, where some masks are."""
    total = np.zeros(grid.size, np.float32)
    for name in names:
        total[masks.voxels[name]] += masks.inside[name]
    return np.minimum(total, 1)


def _errors(grid, masks, densities):
    """The error of each mask by what of other masks is within a voxel of it."""
    total = np.zeros(grid.size, np.float32)
    for name, voxels in masks.voxels.items():
        total[voxels] += masks.inside[name]
    found = {}
    for name, voxels in masks.voxels.items():
        others = total.copy()
        others[voxels] -= masks.inside[name]
        near = ndimage.maximum_filter(others.reshape(grid.shape), 3).ravel()[voxels]
        weights = np.maximum(densities[name], 0)
        found[name] = float(_LEAKED * np.minimum(near, 1) @ weights / max(weights.sum(), np.finfo(np.float32).tiny))
    return found


def _amount(density):
    return float(np.maximum(density, 0).sum(dtype=float))


def _points(name, grid, voxels, density):
    """The density of a mask, Å per Å³ in some voxels, as a group of points."""
    if not density.sum(dtype=float) > 0:
        raise OccuPyError(f"there is no density above solvent in the mask {name}; expected masks in their place")
    places = np.stack(np.unravel_index(voxels, grid.shape)[::-1], axis=1) * grid.pitch[::-1]
    nothing = np.zeros(len(voxels))
    return Group(places, density.astype(float) * np.prod(grid.pitch), nothing, nothing)
