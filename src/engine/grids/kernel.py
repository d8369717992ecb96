"""The ball of voxels in which the local scale is read, and the quantile tau."""

from dataclasses import dataclass
from functools import cached_property
from math import floor

import numpy as np

ROUNDING = 1e-4
"""Relative allowance in floors and comparisons, since voxel sizes come as float32."""

SMALLEST_SIZE, LARGEST_SIZE = 3, 9


@dataclass(frozen=True)
class Kernel:
    """A ball of voxels: all within `radius` of the centre of a cubic box.

    Parameters
    ----------
    size : int
        Edge of the box in voxels, odd.
    radius : float
        Radius of the ball in Å.
    voxel_size : tuple of 3 float
        Voxel size in Å along z, y and x. Where the sizes differ, the ball is an
        ellipsoid of voxels.
    """

    size: int
    radius: float
    voxel_size: tuple

    @property
    def half_width(self):
        """Voxels from the centre to a face of the box."""
        return self.size // 2

    @cached_property
    def footprint(self):
        """The ball as a bool array of shape (size, size, size), axes z, y, x."""
        offsets = np.arange(self.size) - self.half_width
        z, y, x = (offsets * v for v in self.voxel_size)
        squared = (z**2)[:, None, None] + (y**2)[:, None] + x**2
        return squared <= (self.radius * (1 + ROUNDING)) ** 2

    @cached_property
    def half_runs(self):
        """Half-length of the run of voxels along x at each (z, y) of the box; -1 for none.

        The ball is convex and symmetric, so its voxels at one (z, y) are the
        2·half_run + 1 around the centre: an int array of shape (size, size).
        """
        return (self.footprint.sum(axis=2) + 1) // 2 - 1

    @property
    def voxels(self):
        """Number of voxels in the ball."""
        return int(self.footprint.sum())


def kernel_size(diameter, voxel_size):
    """Edge in voxels of the box around a ball of this diameter (Å), odd, 3 to 9.

    `voxel_size` is the geometric mean of the sizes along the axes, in Å.
    """
    size = 2 * (floor(diameter / voxel_size * (1 + ROUNDING)) // 2) + 1
    return min(max(size, SMALLEST_SIZE), LARGEST_SIZE)


def tau_quantile(voxels):
    """The quantile used for the full scale: the root in (0, 1) of xⁿ + x - 1 = 0.

    Parameters
    ----------
    voxels : int
        n, the number of voxels in the kernel.

    Notes
    -----
    In the limit of many voxels it tends to 1, so that a larger kernel reads closer
    to the maximum: Forsberg, Shah & Burt (2023), doi 10.1038/s41467-023-41478-1.
    """
    from scipy.optimize import brentq  # It takes longer to import than all else.

    return brentq(lambda x: x**voxels + x - 1, 0.0, 1.0, xtol=1e-15, rtol=1e-14)
