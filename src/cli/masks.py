"""Masks as columns of a matrix: their files, on the grid of the maps, and what the maps hold in them."""

import hashlib
import json
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy import ndimage
from tqdm import tqdm

from ..engine.errors import OccuPyError
from ..engine.matrix.masks import MaskDensities, MaskReader
from ..engine.refinement.groups import distinct
from .files import emdb, mapfile
from .files.fingerprints import state
from .files.maps import local_path, sample
from .files.staging import staged

FILE = "masks.npz"
"""In the folder of what was read of each map."""

_OF_MODEL = "by", "segment", "groups", "alternatives", "symmetry"
_SAME = 1e-3
"""Of a voxel: no more differ the grids of maps that are one box."""


def check_without_model(options):
    """Raise `OccuPyError` where there are only masks, and one of these options, which are of a model, is given."""
    for name in _OF_MODEL:
        if options.get(name):
            raise OccuPyError(f"--{name} is of a model, and there are only masks; expected --atoms with it")


def check_masks(masks, maps):
    """Names of masks, those of their files; raises `OccuPyError` where they cannot be columns beside these maps.

    Parameters
    ----------
    masks : list of Path
    maps : list of str
    """
    files = {local_path(source).absolute(): source for source in maps}
    for mask in masks:
        if masks.count(mask) > 1:
            raise OccuPyError(f"the mask {mask} is given twice; expected each mask once")
        if mask.absolute() in files:
            raise OccuPyError(f"{mask} is given as a mask and as a map; expected it to be one of them")
    return distinct([mapfile.map_name(mask) for mask in masks], [str(mask) for mask in masks])


def read_masks(masks, names, maps, voxel_size, lowpass, folder):
    """Read what maps hold in masks and keep it in a file, unless it is there from the same files.

    Parameters
    ----------
    masks : list of Path
    names : list of str
        Of the masks.
    maps : list of str
    voxel_size : float or None
        Å, instead of what the files say.
    lowpass : float
    folder : Path

    Returns
    -------
    Path
        The file, which `mask_densities` reads.
    """
    path, key = folder / FILE, _key(masks, maps, voxel_size, lowpass)
    if _key_in(path) == key:
        return path
    reader = first = None
    for source in tqdm(maps, "masks", unit="map", disable=len(maps) < 2):
        try:
            sampled = sample(source, voxel_size)
        except OccuPyError:
            continue  # the map is told of when it is fitted
        if reader is None:
            first = sampled
            on_grid = {name: _on_grid_of(sampled, mask, voxel_size) for name, mask in zip(names, masks, strict=True)}
            reader = MaskReader(on_grid, sampled.voxel_size, lowpass)
        _check_one_box(first, sampled)
        _add(reader, sampled)
    if reader is None:
        raise OccuPyError("none of the maps can be read")
    _write(path, reader.found(), key)
    return path


def _add(reader, sampled):
    with suppress(OccuPyError):  # the map is told of when it is fitted
        reader.add(sampled.density)


def _check_one_box(first, sampled):
    boxes = [np.array([one.density.shape, one.voxel_size, one.origin]) for one in (first, sampled)]
    if np.abs(boxes[0] - boxes[1]).max() > _SAME * min(first.voxel_size):
        raise OccuPyError(
            f"{sampled.path} is not on the grid of {first.path}; with masks expected maps of one box, voxel size and "
            "origin"
        )


def _on_grid_of(sampled, path, voxel_size):
    """The values of a mask at the voxels of a map, interpolated where grids differ."""
    mask = mapfile.read(path, voxel_size)
    same_size = np.allclose(mask.voxel_size, sampled.voxel_size, rtol=_SAME)
    if mask.density.shape == sampled.density.shape and same_size:
        return mask.density
    axes = zip(sampled.density.shape, sampled.voxel_size, sampled.origin, mask.voxel_size, mask.origin, strict=True)
    places = [(np.arange(n) * size + start - own_start) / own for n, size, start, own, own_start in axes]
    return ndimage.map_coordinates(mask.density, np.meshgrid(*places, indexing="ij"), order=1, cval=0.0)


def _key(masks, maps, voxel_size, lowpass):
    files = [[source, None if emdb.is_entry(source) else state(Path(source))] for source in maps]
    files += [[str(mask), state(mask)] for mask in masks]
    return hashlib.sha256(json.dumps([files, voxel_size, lowpass]).encode("utf-8", "backslashreplace")).hexdigest()


def _key_in(path):
    try:
        with np.load(path, allow_pickle=False) as held:
            return str(held["key"])
    except (OSError, ValueError, KeyError, EOFError):
        return None


def _write(path, found, key):
    arrays = {"key": np.array(key), "shape": np.array(found.shape), "mean": found.mean}
    arrays["names"] = np.array(list(found.voxels))
    for i, name in enumerate(found.voxels):
        arrays |= {f"voxels_{i}": found.voxels[name], f"inside_{i}": found.inside[name]}
        arrays[f"density_{i}"] = found.densities[name]
    with staged([path], overwrite=True) as place, place(path).open("wb") as file:
        np.savez(file, **arrays)


@lru_cache(maxsize=1)
def mask_densities(path):
    """What `read_masks` has kept: `MaskDensities`."""
    with np.load(path, allow_pickle=False) as held:
        names = [str(name) for name in held["names"]]
        voxels, inside, densities = (
            {name: held[f"{what}_{i}"] for i, name in enumerate(names)} for what in ("voxels", "inside", "density")
        )
        return MaskDensities(tuple(int(n) for n in held["shape"]), voxels, inside, densities, held["mean"])
