"""Power spectra of noise that is known in a part of a coarse grid only."""

import numpy as np


def region_spectrum(grid, shells, density, region):
    """Mean power of a map in each shell, as the map in some voxels tells it.

    Parameters
    ----------
    grid : CoarseGrid
    shells : Shells
    density : array of float32, flat
    region : array of int
        Voxels that are used.

    Returns
    -------
    array of float, shape (shells,)
        Relative to white noise of variance 1.

    Notes
    -----
    As for `noise.SolventNoise`: the periodogram of the region alone over its number of voxels.
    """
    alone = np.zeros(grid.size, np.float32)
    alone[region] = density[region] - density[region].mean(dtype=float)
    power = np.abs(grid.transform(alone)) ** 2
    return shells.mean(power) / len(region)
