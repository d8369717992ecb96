"""The signal of a map and the scale by which it is amplified, plane by plane, or kept as arrays."""

import numpy as np

from .. import parallel
from .limits import limited_factor
from .local_signal import LocalSignal
from .smooth_scale import SmoothScale


class MapSignal:
    """The signal of a map on every so many voxels, and the scale by which it is amplified.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
    voxel_size : tuple of 3 float
        Å along z, y and x.
    estimate : Estimate
        Of this map.
    steps : tuple of 3 int, optional
        Keep an array of the signal on every so many voxels. By default it is worked out
        for the planes that are asked for.
    progress : callable, optional
        Called with the fraction done.

    Attributes
    ----------
    noise : float
        Standard deviation of what is left of the solvent in the signal.
    """

    def __init__(self, density, voxel_size, estimate, steps=None, progress=None):
        self._estimate = estimate
        self._keeps, self._steps = steps is not None, steps or (1, 1, 1)
        self._shape = tuple(-(-n // step) for n, step in zip(density.shape, self._steps, strict=True))
        self._signal = LocalSignal(density, voxel_size, estimate, progress)
        self.noise = self._signal.noise
        self._scaled_by = self._smooth = self._gain = self._kept = None
        if self._keeps:
            self._kept = self._filled()
            self._signal.release()

    def scale_by(self, local_scale, scale_limit):
        """Take another scale map of the whole map, or another limit.

        Parameters
        ----------
        local_scale : array of float32, shape (z, y, x)
        scale_limit : float
        """
        if self._scaled_by is not None and self._scaled_by[0] is local_scale and self._scaled_by[1] == scale_limit:
            return
        self._smooth = SmoothScale(self._signal, local_scale, scale_limit, self._estimate)
        self._scaled_by = (local_scale, scale_limit)

    def amplify_by(self, factor, limits, hedge):
        """Set by how much the signal is amplified: its scale must have been set.

        Parameters
        ----------
        factor : callable
            From `factor_of`.
        limits : Limits
        hedge : float
            Exponent of the presence of molecule, which holds amplification back.

        Returns
        -------
        float
            The largest factor.
        """
        gain = np.maximum(limited_factor(self._smooth.scale, factor, limits), np.float32(1)) - np.float32(1)
        self._gain = gain * self._smooth.presence ** np.float32(hedge)
        return 1 + float(self._gain.max())

    def amplified(self, planes):
        """What is added to a slice of planes of the map: its signal times the gain that is set, less 1."""
        gain = self._signal.blocks.at(self._gain, planes, self._steps)
        if gain.any():
            gain *= self._kept[planes] if self._keeps else self._signal.at(planes)
        return gain

    def _filled(self):
        result = np.empty(self._shape, np.float32)

        def fill(slab):
            result[slab] = self._signal.at(slab, self._steps)

        parallel.run(fill, parallel.plane_slabs(self._shape))
        return result
