"""The occupancy of regions: parts of a map that a mask, or atoms, tell."""

from dataclasses import asdict, dataclass

import numpy as np

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
