"""The signal of a map and how many times it is shown, plane by plane, or kept as arrays."""

import numpy as np

from .. import parallel
from .gain import Shares, calibrated_gain
from .local_signal import LocalSignal


class MapSignal:
    """The signal of a map on every so many voxels, and how many times it is shown.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
    voxel_size : tuple of 3 float
        Å along z, y and x.
    low : LowBlocks
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
    keeps_noise : bool
        Whether it is added to the map itself, once a gain is set.
    reached : Reached
        What comes out, once a gain is set.
    """

    def __init__(self, density, voxel_size, low, steps=None, progress=None):
        self._low = low
        self._keeps, self._steps = steps is not None, steps or (1, 1, 1)
        self._shape = tuple(-(-n // step) for n, step in zip(density.shape, self._steps, strict=True))
        self._signal = LocalSignal(density, voxel_size, low, progress)
        self.noise = self._signal.noise
        self.keeps_noise = self.reached = self._times = self._kept = None
        if self._keeps:
            self._kept = self._planes(self._signal.at)
            self._signal.release()

    def amplify_by(self, smooth, factor, limits, hedge, *, keeps_noise, removes_solvent):
        """Set by how much the signal is amplified.

        Parameters
        ----------
        smooth : SmoothScale
        factor : callable
            From `factor_of`.
        limits : Limits
        hedge : float
            Exponent of the presence of molecule, which holds amplification back, or where solvent
            is removed all that there is.
        keeps_noise : bool
            Whether it is added to the map itself, or stands for it.
        removes_solvent : bool
            Whether what is made goes to the mean of the solvent where `smooth.shown` falls.

        Returns
        -------
        float
            The largest factor.
        """
        presence = smooth.presence ** np.float32(hedge)
        shares = Shares(presence, smooth.shown(hedge) if removes_solvent else np.float32(1), keeps_noise)
        gain, self.reached = calibrated_gain(smooth, self._low.low, self._signal.slow, factor, limits, shares)
        self.keeps_noise = keeps_noise
        self._times = (gain - 1) * shares.held if keeps_noise else shares.of_signal(gain)
        return float((1 + (gain - 1) * presence).max())

    def amplified(self, planes):
        """The signal in a slice of planes of the map, as many times as it is shown, or as what is added to the map."""
        times = self._low.blocks.at(self._times, planes, self._steps)
        if times.any():
            times *= self._kept[planes] if self._keeps else self._signal.at(planes)
        return times

    def resolution(self, presence):
        """The shortest wavelength that is shown at each voxel of the step: array of float32, Å.

        0 where nothing is shown, as there is no molecule or all is noise.
        """
        frequency = np.where(presence > 0, 1 / self._signal.resolution(), np.float32(0))
        is_shown = (frequency > 0).astype(np.float32)

        def wavelength(planes, steps):
            """The inverse of the mean frequency of those blocks around a voxel that show anything, if most do."""
            share, sums = (self._low.blocks.at(values, planes, steps) for values in (is_shown, frequency))
            return np.divide(share, sums, out=np.zeros_like(share), where=share >= np.float32(0.5))

        return self._planes(wavelength)

    def _planes(self, make):
        result = np.empty(self._shape, np.float32)

        def fill(slab):
            result[slab] = make(slab, self._steps)

        parallel.run(fill, parallel.plane_slabs(self._shape))
        return result
