"""The low-passed map in blocks of voxels: what is decided about parts of a map is decided there."""

import numpy as np

from .. import parallel
from ..grids.blocks import Blocks
from ..grids.interpolation import interpolated_planes
from ..settings.inputs import MASKED_SHARE, common_value
from ..solvent.region import Region

_EDGE, _FEWEST_VOXELS = 0.46, 2.0  # low-passes, voxels
_VOXELS_AT_ONCE = 1 << 16
_CERTAIN_SHARE = 0.999


class LowBlocks:
    """The low-passed map in blocks, and which of them are solvent.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
    voxel_size : tuple of 3 float
        Å along z, y and x.
    estimate : Estimate
        Of this map.

    Attributes
    ----------
    estimate : Estimate
    blocks : Blocks
    mean : float32
        Of the solvent.
    unit : float32
        From the density of scale 0 to that of scale 1: squares of values in units of the map might
        not be finite.
    low : array of float32
        The low-passed map above the solvent's mean in each block, in this unit.
    solvent : bool array
        The blocks that are solvent with near certainty.
    noise_ratio : float or array of float32
        The noise's standard deviation over that of the solvent model: one number, or that of
        each block where the solvent varies.
    """

    def __init__(self, density, voxel_size, estimate):
        self.estimate, self.mean = estimate, np.float32(estimate.solvent.mean)
        self.lowpass, self.unit = estimate.settings.lowpass, np.float32(estimate.rise)
        self.blocks = Blocks(density.shape, voxel_size, max(_EDGE * self.lowpass, _FEWEST_VOXELS * max(voxel_size)))
        self._fill(density)
        self.noise_ratio = self._ratio()

    def lowpassed(self, planes):
        """The low-passed map above the solvent's mean, in a slice of planes of the map, in units of the map."""
        values = self.estimate.lowpassed
        return interpolated_planes(values.__getitem__, values.shape, self.blocks.map_shape, planes) - self.mean

    def slabs(self):
        """Slices of blocks along z, to work on in turn."""
        planes = max(1, _VOXELS_AT_ONCE // (self.blocks.map_shape[1] * self.blocks.map_shape[2]))
        per_block = self.blocks.planes_of(slice(0, 1)).stop
        return parallel.slabs(self.blocks.shape[0], max(1, planes // per_block))

    def sigmas(self, width):
        """A width in low-passes as the standard deviation of a Gaussian in blocks along each axis."""
        return [width * self.lowpass / v for v in self.blocks.voxel_size]

    def _fill(self, density):
        common, share = common_value(density)
        region = Region(density.shape, None, (density, common) if share > MASKED_SHARE else None)
        self.low, self.solvent = np.empty(self.blocks.shape, np.float32), np.empty(self.blocks.shape, bool)

        def fill(some):
            planes = self.blocks.planes_of(some)
            self.low[some] = self.blocks.mean(self.lowpassed(planes) / self.unit)
            certain = region.mask(planes) & self.estimate.certain_solvent(planes)
            self.solvent[some] = self.blocks.mean(certain) > _CERTAIN_SHARE

        parallel.run(fill, self.slabs())

    def _ratio(self):
        solvent, shape = self.estimate.solvent, self.blocks.map_shape
        if not solvent.varies:
            return np.float32(1)
        ratios = (solvent.raw_sigma_ratio(self.blocks.planes_of(some), shape) for some in self.slabs())
        return np.concatenate([self.blocks.mean(ratio) for ratio in ratios])
