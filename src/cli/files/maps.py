"""From a map file, or an EMDB entry, to an array."""

from pathlib import Path

from tqdm import tqdm

from ...engine.errors import OccuPyError
from . import emdb, mapfile


def file_of(source):
    """The path of a map's file without its folder where it is an EMDB entry, which may not have been fetched yet."""
    return Path(emdb.file_name(source)) if emdb.is_entry(source) else Path(source)


def sample(source, voxel_size=None):
    """The map of a file or of an EMDB entry, which is fetched.

    Parameters
    ----------
    source : str
    voxel_size : float, optional
        Å, instead of what the file says.

    Returns
    -------
    mapfile.MapFile
    """
    return mapfile.read(_fetched(source), voxel_size)


def voxel_size_of(source, voxel_size=None):
    """The voxel size of what `sample` gives, z, y, x in Å; None where it gives nothing."""
    if voxel_size is not None:
        return (voxel_size,) * 3
    try:
        return mapfile.read_voxel_size(_fetched(source))
    except OccuPyError:
        return None


def local_path(source):
    """The path of a map's file; of an EMDB entry, where it is once it has been fetched."""
    return emdb.cache_folder() / file_of(source) if emdb.is_entry(source) else Path(source)


def _fetched(source):
    if not emdb.is_entry(source):
        return Path(source)
    bars = []

    def report(have, expected):
        bars[:] = bars or [tqdm(desc=source, total=expected, unit="B", unit_scale=True)]
        bars[0].update(have - bars[0].n)

    try:
        return emdb.fetch(source, report)
    finally:
        for bar in bars:
            bar.close()


def on_grid(settings, sampled, voxel_size=None):
    """The settings with files among them replaced by arrays, which must be on the grid of a map."""
    return {name: _values(value, sampled, voxel_size) for name, value in settings.items()}


def _values(value, sampled, voxel_size):
    if isinstance(value, list):
        return [_values(one, sampled, voxel_size) for one in value]
    return values_on_grid(value, sampled, voxel_size) if isinstance(value, Path) else value


def values_on_grid(path, sampled, voxel_size=None):
    """Another map's values; of another shape they are refused by the engine, which knows what they are for.

    Parameters
    ----------
    path : Path
    sampled : mapfile.MapFile
        The map whose grid they must be on.
    voxel_size : float, optional
        Å, instead of what the file says.
    """
    other = mapfile.read(path, voxel_size)
    if other.density.shape == sampled.density.shape and not _same_size(other.voxel_size, sampled.voxel_size):
        raise OccuPyError(
            f"{path} has voxels of {_sizes(other.voxel_size)} Å, but {sampled.path} has "
            f"{_sizes(sampled.voxel_size)} Å; both must be on one grid"
        )
    return other.density


def _same_size(some, others):
    return all(abs(a / b - 1) < 1e-3 for a, b in zip(some, others, strict=True))


def _sizes(voxel_size):
    return " x ".join(f"{v:.4g}" for v in reversed(voxel_size))
