"""The histogram to which the solvent model is fitted."""

import numpy as np

from .. import parallel

BINS_PER_SIGMA = 16
REACH = 12
"""The histogram extends this many sigma to both sides of the solvent peak."""

_FINE_BINS = 16
"""Fine bins in each bin: values are counted in these, then binned linearly."""

_COUNTED_AT_ONCE = 1 << 18
"""Voxels; a histogram of its own for each slab costs more where slabs are smaller."""


class FineHistogram:
    """A histogram in bins much finer than needed, from which coarser ones are made.

    Both steps bin linearly: a value shares its weight between the two nearest
    centres, so that no rounding of the map moves a voxel from bin to bin.
    """

    def __init__(self, mean, sigma):
        self._width = sigma / (BINS_PER_SIGMA * _FINE_BINS)
        half = (REACH + 4) * BINS_PER_SIGMA * _FINE_BINS
        self._centres = mean + np.arange(-half, half + 1) * self._width
        self._counts = np.zeros(2 * half + 1)
        self.voxels = 0

    def count(self, density, region, progress=None):
        """Count the voxels of the region; those beyond the ends are left out."""
        last = len(self._counts) - 1
        start, scale = np.float32(self._centres[0]), np.float32(1 / self._width)

        def count_slab(slab):
            places = (density[slab][region.mask(slab)] - start) * scale
            places = places[(places >= 0) & (places < last)]
            left = places.astype(np.intp)
            places -= left
            voxels = np.bincount(left, minlength=last + 1)
            right = np.bincount(left, places, minlength=last + 1)
            voxels_right = np.roll(right, 1)
            return len(left), voxels - right + voxels_right

        for voxels, counts in parallel.run(count_slab, parallel.plane_slabs(density.shape, _COUNTED_AT_ONCE), progress):
            self.voxels += voxels
            self._counts += counts

    def binned(self, mean, sigma):
        """Bin centres and counts, sigma/16 apart and centred on the mean."""
        half = REACH * BINS_PER_SIGMA + 1
        width = sigma / BINS_PER_SIGMA
        places = (self._centres - mean) / width + half
        inside = (places >= 0) & (places < 2 * half)
        left = places[inside].astype(int)
        right_share = places[inside] - left
        counts = self._counts[inside]
        bins = np.bincount(left, counts * (1 - right_share), 2 * half + 1)
        bins += np.bincount(left + 1, counts * right_share, 2 * half + 1)
        return mean + np.arange(1 - half, half) * width, bins[1:-1]
