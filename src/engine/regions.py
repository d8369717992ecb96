"""The occupancy of regions: parts of a map that a mask, or atoms, tell."""

from dataclasses import asdict, dataclass

import numpy as np
from scipy import ndimage

from . import scale as scales
from .errors import OccuPyError
from .kernel import tau_quantile


@dataclass(frozen=True)
class RegionOccupancy:
    """The local scale in a region.

    Attributes
    ----------
    mean : float
        The main figure.
    lower_quartile, median, upper_quartile : float
    count : int
        Voxels, or atoms, in the region.
    """

    mean: float
    lower_quartile: float
    median: float
    upper_quartile: float
    count: int

    def as_dict(self):
        """Plain values for a table or a JSON file."""
        return asdict(self)


def occupancy_of(values):
    """Mean and quartiles of the local scale at some places.

    Parameters
    ----------
    values : array of float
        S at the voxels or atoms of the region, any shape, at least one.

    Returns
    -------
    RegionOccupancy
    """
    values = np.asarray(values, float).ravel()
    if len(values) == 0:
        raise OccuPyError("the region is empty; expected at least one voxel or atom inside the map")
    quartiles = (float(q) for q in np.quantile(values, (0.25, 0.5, 0.75)))
    return RegionOccupancy(float(values.mean()), *quartiles, len(values))


def values_at(values, places):
    """Trilinear interpolation of a map at some places.

    Parameters
    ----------
    values : array of float, shape (z, y, x)
    places : array of float, shape (n, 3)
        z, y, x in voxels.

    Returns
    -------
    array of float, shape (n,)
        NaN outside the map.
    """
    places = np.asarray(places, float)
    found = ndimage.map_coordinates(np.asarray(values, np.float32), places.T, order=1, mode="nearest").astype(float)
    outside = ((places < 0) | (places > np.array(values.shape) - 1)).any(axis=1)
    found[outside] = np.nan
    return found


def mask_region(mask, shape):
    """The voxels inside a mask, a bool array: those above the middle of its range.

    Raises
    ------
    OccuPyError
        If the mask is on another grid or has one value everywhere.
    """
    mask = np.asarray(mask)
    if mask.shape != tuple(shape):
        raise OccuPyError(f"the mask has shape {mask.shape}, but the map has {tuple(shape)}; both must be on one grid")
    lowest, highest = float(mask.min()), float(mask.max())
    if not lowest < highest:
        raise OccuPyError(f"the mask is {lowest:g} everywhere; expected two sides, such as 0 and 1")
    return mask > (lowest + highest) / 2


def make_relative(rows):
    """Divide the densities of regions by that of the strongest, in place.

    Parameters
    ----------
    rows : list of dict
        Those with a mean density have it under relative_density.
    """
    measured = [row for row in rows if "relative_density" in row]
    strongest = max((row["relative_density"] for row in measured), default=0)
    for row in measured if strongest > 0 else []:
        row["relative_density"] /= strongest


def published_occupancy(density, region, tile_size=12):
    """The published program's figure: the highest density in the region over the full scale.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
        The low-passed map in mode `occupancy`, the map itself in mode `resolution`.
    region : bool array of that shape
    tile_size : int

    Returns
    -------
    float
        max f / N, N read with the tau that follows from the number of voxels in the
        region; it may exceed 1.
    """
    if not region.any():
        raise OccuPyError("the region is empty; expected at least one voxel inside the map")
    full = scales.full_scale(density, tau_quantile(int(np.count_nonzero(region))), tile_size)
    return float(density[region].max()) / full.value
