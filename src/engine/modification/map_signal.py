"""The signal of a map and how many times it is shown, plane by plane, or kept as arrays."""

import numpy as np

from .. import parallel
from .gain import Shares, calibrated_gain
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
    reached : Reached
        What comes out, once a gain is set.
    """

    def __init__(self, density, voxel_size, estimate, steps=None, progress=None):
        self._estimate = estimate
        self._keeps, self._steps = steps is not None, steps or (1, 1, 1)
        self._shape = tuple(-(-n // step) for n, step in zip(density.shape, self._steps, strict=True))
        self._signal = LocalSignal(density, voxel_size, estimate, progress)
        self.noise = self._signal.noise
        self._scaled_by = self._smooth = self._kept = self.reached = None
        self._times = self._shown = None
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

    def amplify_by(self, factor, limits, hedge, removes_solvent=False, keeps_noise=True):
        """Set by how much the signal is amplified: its scale must have been set.

        Parameters
        ----------
        factor : callable
            From `factor_of`.
        limits : Limits
        hedge : float
            Exponent of the presence of molecule, which holds amplification back.
        removes_solvent : bool
            Whether what is not molecule is taken to the solvent's mean: then this holds back
            all there is.
        keeps_noise : bool
            Whether the noise stays, or the signal alone.

        Returns
        -------
        float
            The largest factor.
        """
        one, presence = np.float32(1), self._smooth.presence ** np.float32(hedge)
        shares = Shares(one, presence, keeps_noise) if removes_solvent else Shares(presence, one, keeps_noise)
        gain, self.reached = calibrated_gain(self._smooth, self._signal, factor, limits, shares)
        self._times = shares.of_signal(gain)
        self._shown = shares.shown
        self._times_map = shares.of_map()
        return float((1 + (gain - 1) * presence).max())

    def times_map(self, planes):
        """How many times the map itself is in what is made, in a slice of planes: a number or an array."""
        return self._signal.blocks.at(self._times_map, planes, self._steps) if np.ndim(self._times_map) else self._times_map

    def amplified(self, planes):
        """The signal in a slice of planes of the map as many times as it is in what is made."""
        times = self._signal.blocks.at(self._times, planes, self._steps)
        if times.any():
            times *= self._kept[planes] if self._keeps else self._signal.at(planes)
        return times

    def resolution(self):
        """The shortest wavelength that is shown at each voxel of the step: array of float32, Å; 0 in solvent."""
        blocks, signal = self._signal.blocks, self._signal
        frequency = 1 / signal.resolution()
        presence = self._smooth.presence
        return parallel_planes(...)

    def _filled(self):
        result = np.empty(self._shape, np.float32)

        def fill(slab):
            result[slab] = self._signal.at(slab, self._steps)

        parallel.run(fill, parallel.plane_slabs(self._shape))
        return result
