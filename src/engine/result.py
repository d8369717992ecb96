"""What an estimate of a map gives: scale, full scale, solvent model, confidence."""

from dataclasses import dataclass, field

import numpy as np

from . import parallel
from .defaults import EstimationSettings
from .interpolation import interpolated_planes
from .scale import FullScale
from .solvent import CERTAIN_SIGMAS, SolventModel
from .suitability import Range


@dataclass(eq=False)
class Estimate:
    """What `estimate` returns.

    Attributes
    ----------
    scale : array of float32, shape (z, y, x)
        S, the local scale, 0 to 1, on the grid of the map.
    full_scale : float
        N, the density at which S = 1.
    full_scale_tile : FullScale
        Where N was read, on the grid that was estimated.
    solvent : SolventModel
    settings : EstimationSettings
    warnings : list of str
        Sentences for the user on what makes the map unfit.
    notes : list of str
        Sentences for the user on how the work was done.
    input_range : Range
        Lowest and highest value of the map.
    zero : float
        s₀, the scale of the density at which S = 0: above 0 where it was recalibrated.
    """

    scale: np.ndarray
    full_scale: float
    full_scale_tile: FullScale
    solvent: SolventModel
    settings: EstimationSettings
    input_range: Range
    lowpassed: np.ndarray = field(repr=False)
    zero: float = 0.0
    warnings: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    @property
    def tau(self):
        """The quantile that was used for the full scale."""
        return self.settings.tau

    def confidence(self, hedge=1.0, progress=None, overwrite=False):
        """Confidence C^hedge that a voxel is not solvent.

        Parameters
        ----------
        hedge : float
        progress : callable, optional
            Called with the fraction done.
        overwrite : bool
            Let the result take the place of `lowpassed`, to save memory, where it may:
            nothing else can be asked of the estimate then that depends on the
            low-passed map.

        Returns
        -------
        array of float32, shape (z, y, x)
            On the grid of the map.
        """
        shape = self.scale.shape
        result = self.lowpassed if overwrite and self.lowpassed.shape == shape else np.empty(shape, np.float32)
        confidence = Confidence(self, hedge)

        def fill(planes):
            result[planes] = confidence[planes]

        parallel.run(fill, parallel.plane_slabs(shape), progress)
        return result

    def scale_of(self, density):
        """The scale, 0 to 1, where the local maximum is this density (in units of the map)."""
        return float(np.clip((density / self.full_scale - self.zero) / (1 - self.zero), 0, 1))

    def certain_solvent(self, planes=slice(None)):
        """Voxels that are solvent with near certainty, a bool array on the grid of the map or for planes of it."""
        sigma = self.solvent.sigma if self.settings.mode == "occupancy" else self.solvent.raw_sigma
        highest = self.scale_of(self.solvent.mean + CERTAIN_SIGMAS * sigma)
        # What is clipped to 1 is not solvent, but what is clipped to 0 is.
        return self.scale[planes] <= min(np.float32(highest), np.nextafter(np.float32(1), np.float32(0)))

    def limits(self):
        """The numbers that were read off the map, as plain values for a log or a JSON file."""
        return {
            "full_scale": self.full_scale,
            "full_scale_tile_start_zyx": self.full_scale_tile.start,
            "full_scale_tile_size_zyx": self.full_scale_tile.size,
            "solvent_mean": float(self.solvent.mean),
            "solvent_sigma": float(self.solvent.sigma),
            "solvent_fitted_sigma": float(self.solvent.fitted_sigma),
            "solvent_raw_sigma": float(self.solvent.raw_sigma),
            "solvent_misfit": float(self.solvent.misfit),
            "noise_level": float(self.solvent.noise_level),
            "lowest_density": self.input_range.lowest,
            "highest_density": self.input_range.highest,
        }


class Confidence:
    """Confidence C^hedge of an estimate on the grid of its map, computed for the planes that are asked for.

    Parameters
    ----------
    estimate : Estimate
    hedge : float
    """

    def __init__(self, estimate, hedge):
        self._estimate, self._hedge = estimate, hedge

    def __getitem__(self, planes):
        """Float32 array of a slice of planes."""
        return interpolated_planes(self._sampled, self._estimate.lowpassed.shape, self._estimate.scale.shape, planes)

    def _sampled(self, planes):
        lowpassed = self._estimate.lowpassed[planes]
        return self._estimate.solvent.confidence(lowpassed.ravel(), self._hedge).reshape(lowpassed.shape)
