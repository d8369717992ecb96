"""The occupancy of regions: parts of a map that a mask, or atoms, tell."""

from dataclasses import asdict, dataclass

import numpy as np
from scipy import ndimage

from ..csv_text import csv_text
from ..errors import OccuPyError
from ..grids.kernel import tau_quantile
from ..settings.inputs import check_real, checked_scale, real_array
from . import published as scales
from .flexibility import with_gaps

BY = ("chain", "residue", "model")
"""What atoms may be grouped by."""

COLUMNS = (
    "region",
    "mean",
    "lower_quartile",
    "median",
    "upper_quartile",
    "count",
    "flexibility",
    "relative_density",
    "published",
)
"""What a row of a table may hold; the last three only where there is something to tell."""


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
    values = real_array(values, "map")
    found = ndimage.map_coordinates(values, places.T, order=1, mode="nearest").astype(float)
    outside = ((places < 0) | (places > np.array(values.shape) - 1)).any(axis=1)
    found[outside] = np.nan
    return found


def flexibility_at(values, places):
    """Interpolation of a flexibility map at some places.

    Parameters
    ----------
    values : array of float, shape (z, y, x)
        ΔB in Å², NaN or `NO_VALUE` where there is none.
    places : array of float, shape (n, 3)
        z, y, x in voxels.

    Returns
    -------
    array of float, shape (n,)
        NaN outside the map, and where most of what is around has no value.
    """
    values = with_gaps(values)
    known = np.isfinite(values)
    share = values_at(known.astype(np.float32), places)
    found = values_at(np.where(known, values, np.float32(0)), places)
    return np.divide(found, share, out=np.full(len(share), np.nan), where=share >= 0.5)


def mask_region(mask, shape):
    """The voxels inside a mask, a bool array: those above the middle of its range.

    Raises
    ------
    OccuPyError
        If the mask is on another grid or has one value everywhere.
    """
    mask = np.asarray(mask)
    check_real(mask, "mask")
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
    density, region = real_array(density, "map"), np.asarray(region, bool)
    if region.shape != density.shape:
        raise OccuPyError(f"the region has shape {region.shape}, but the map has {density.shape}")
    if not region.any():
        raise OccuPyError("the region is empty; expected at least one voxel inside the map")
    full = scales.full_scale(density, tau_quantile(int(np.count_nonzero(region))), tile_size)
    return float(density[region].max()) / full.value


class RegionTable:
    """A table of the occupancy of regions in one scale map.

    Parameters
    ----------
    scale : array, shape (z, y, x)
        The scale map.
    density : array of float32 of that shape, optional
        The low-passed map: regions are told their density as well.
    flexibility : array of float32 of that shape, optional
        ΔB in Å², NaN or `NO_VALUE` where there is none: regions are told the mean of theirs as well.

    Raises
    ------
    OccuPyError
        If the array is no scale map, or another one is on another grid.
    """

    def __init__(self, scale, density=None, flexibility=None):
        self._scale, self._density, self._flexibility = checked_scale(scale), density, flexibility
        for name, other in (("density", density), ("flexibility", flexibility)):
            if other is not None and other.shape != self._scale.shape:
                raise OccuPyError(
                    f"the {name} map has shape {other.shape}, but the scale map has {self._scale.shape}; both must be "
                    "on one grid"
                )
        self._rows = []

    def add_mask(self, name, mask):
        """Add a row for the region where a mask is above the middle of its range.

        Parameters
        ----------
        name : str
        mask : array of the shape of the scale map

        Raises
        ------
        OccuPyError
            If the mask is on another grid or has one value everywhere.
        """
        region = mask_region(mask, self._scale.shape)
        row = {"region": name} | occupancy_of(self._scale[region]).as_dict()
        if self._density is not None:
            row["relative_density"] = float(self._density[region].mean(dtype=float))
            row["published"] = published_occupancy(self._density, region)
        if self._flexibility is not None:
            row["flexibility"] = _mean_of_known(with_gaps(self._flexibility[region]))
        self._rows.append(row)

    def add_atoms(self, places, names):
        """Add a row for each group of atoms, of those of its atoms that are inside the map.

        Parameters
        ----------
        places : array of float, shape (atoms, 3)
            z, y, x in voxels of the scale map.
        names : sequence of str
            The group of each atom; rows come in the order in which groups appear.

        Returns
        -------
        array of float, shape (atoms,)
            The scale at each atom, NaN outside the map.

        Raises
        ------
        OccuPyError
            If no atom is inside the map.
        """
        found = values_at(self._scale, places)
        inside = np.flatnonzero(np.isfinite(found))
        if len(inside) == 0:
            raise OccuPyError(f"all {len(found)} atoms are outside the map")
        densities = None if self._density is None else values_at(self._density, places)
        shifts = None if self._flexibility is None else flexibility_at(self._flexibility, places)
        groups = {}
        for atom in inside:
            groups.setdefault(names[atom], []).append(atom)
        for name, members in groups.items():
            row = {"region": name} | occupancy_of(found[members]).as_dict()
            if densities is not None:
                row["relative_density"] = float(densities[members].mean())
            if shifts is not None:
                row["flexibility"] = _mean_of_known(shifts[members])
            self._rows.append(row)
        return found

    def rows(self):
        """The rows: region, mean, lower_quartile, median, upper_quartile, count.

        Returns
        -------
        list of dict
            With a density also relative_density, the mean density relative to that of the
            strongest region, and for masks published; with a flexibility map also flexibility,
            None where the map does not tell it anywhere in the region.
        """
        rows = [dict(row) for row in self._rows]
        measured = [row for row in rows if "relative_density" in row]
        strongest = max((row["relative_density"] for row in measured), default=0)
        for row in measured if strongest > 0 else []:
            row["relative_density"] /= strongest
        return rows


def _mean_of_known(values):
    known = values[np.isfinite(values)]
    return float(known.mean(dtype=float)) if len(known) else None


def columns_of(rows, first=()):
    """The columns that rows of a table fill, in their order.

    Parameters
    ----------
    rows : list of dict
    first : sequence of str
        Columns before those of a `RegionTable`, which rows may have as well.
    """
    return [name for name in (*first, *COLUMNS) if any(name in row for row in rows)]


def as_csv(rows, first=()):
    """Rows of a table as comma-separated values (`csv_text`), with a line of the columns' names.

    Parameters are those of `columns_of`.

    Returns
    -------
    str
    """
    columns = columns_of(rows, first)
    return csv_text([columns, *([row.get(name) for name in columns] for row in rows)])
