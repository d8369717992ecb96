"""What an estimate of a map gives: scale, full scale, solvent model, confidence."""

from dataclasses import dataclass, field

import numpy as np

from .. import parallel
from ..grids.interpolation import interpolated_planes
from ..settings.defaults import EstimationSettings
from ..settings.inputs import Range
from ..settings.table import CALIBRATED, OCCUPANCY
from ..solvent.model import CERTAIN_SIGMAS, SolventModel
from .published import FullScale


@dataclass(eq=False)
class Estimate:
    """What `estimate` returns.

    Attributes
    ----------
    scale : array of float32, shape (z, y, x)
        S, the local scale, 0 to 1, on the grid of the map; freed of flexibility where that was asked for.
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
        s₀, the scale of the density at which S = 0: other than 0 where it was recalibrated,
        and in mode calibrated, where it is that of the solvent.
    uncertainty : array of float32, shape (z, y, x), or None
        One standard error of the scale at each voxel, where it was asked for.
    flexibility, flexibility_error : array of float32, shape (z, y, x), or None
        Å²: the B-factor at each voxel less that of the fullest part, where it was asked for, and its standard error,
        where the uncertainty was too; NaN where the map does not tell.
    flexibility_untold : float or None
        Share of the molecule in which the map does not tell the flexibility, where that or a correction for it was
        asked for.
    peak : float
        The density that the strongest part reaches: N of the local maximum, whatever the
        mode; in mode calibrated above solvent.
    smoothing : float or None
        Å: standard deviation of the Gaussian that weighs the means of mode calibrated.
    restored_from : float or None
        Å: low frequencies of longer periods were lost, and have been restored.
    """

    scale: np.ndarray
    full_scale: float
    full_scale_tile: FullScale
    solvent: SolventModel
    settings: EstimationSettings
    input_range: Range
    lowpassed: np.ndarray = field(repr=False)
    peak: float
    zero: float = 0.0
    uncertainty: np.ndarray | None = field(default=None, repr=False)
    flexibility: np.ndarray | None = field(default=None, repr=False)
    flexibility_error: np.ndarray | None = field(default=None, repr=False)
    flexibility_untold: float | None = None
    smoothing: float | None = None
    restored_from: float | None = None
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

    @property
    def rise(self):
        """From the density of scale 0 to that of scale 1."""
        return self.full_scale * (1 - self.zero)

    @property
    def is_mean(self):
        """Whether the scale is a mean in the molecule, 0 in solvent, rather than a maximum, which noise raises."""
        return self.settings.mode == CALIBRATED

    def scale_of(self, density):
        """The scale, 0 to 1, where the local maximum is this density (in units of the map)."""
        return float(np.clip((density / self.full_scale - self.zero) / (1 - self.zero), 0, 1))

    def scale_above_solvent(self, sigmas, part, raw=False, shape=None):
        """The scale, 0 to 1, of density so many sigma above the mean of the solvent in a part of the map.

        Parameters
        ----------
        sigmas : float
        part : slice or tuple of 3 slices
            Planes of the map, or a box.
        raw : bool
            Of the map before the low-pass.
        shape : tuple of 3 int, optional
            Of another grid of the same box than the map's, of which it is a part.

        Returns
        -------
        float, or array of float32 where the solvent varies
        """
        solvent, shape = self.solvent, shape or self.scale.shape
        if not solvent.varies:
            return self.scale_of(solvent.mean + sigmas * (solvent.raw_sigma if raw else solvent.sigma))
        if raw:
            density = solvent.mean_at(part, shape)
            density += np.float32(sigmas * solvent.raw_sigma) * solvent.raw_sigma_ratio(part, shape)
        else:
            density = solvent.level_at(sigmas, part, shape)
        scale = (density / np.float32(self.full_scale) - np.float32(self.zero)) / np.float32(1 - self.zero)
        return np.clip(scale, 0, 1)

    def certain_solvent(self, planes=None):
        """Voxels that are solvent with near certainty, a bool array on the grid of the map or for planes of it."""
        if planes is not None:
            return self._certain_solvent(planes)
        result = np.empty(self.scale.shape, bool)

        def fill(slab):
            result[slab] = self._certain_solvent(slab)

        parallel.run(fill, parallel.plane_slabs(self.scale.shape))
        return result

    def _certain_solvent(self, planes):
        if self.is_mean:
            shape = self.scale.shape
            low = interpolated_planes(self.lowpassed.__getitem__, self.lowpassed.shape, shape, planes)
            # The scale ends near the molecule, whose tails and ripples go on.
            return (self.scale[planes] <= 0) & (low <= self.solvent.level_at(CERTAIN_SIGMAS, planes, shape))
        # What is clipped to 1 is not solvent, but what is clipped to 0 is.
        below_full = np.nextafter(np.float32(1), np.float32(0))
        highest = self.scale_above_solvent(CERTAIN_SIGMAS, planes, raw=self.settings.mode != OCCUPANCY)
        return self.scale[planes] <= np.minimum(np.float32(highest), below_full)

    def limits(self):
        """The numbers that were read off the map, as plain values for a log or a JSON file."""
        untold = {} if self.flexibility_untold is None else {"flexibility_untold": self.flexibility_untold}
        return untold | {
            "full_scale": self.full_scale,
            "smoothing": self.smoothing,
            "restored_from": self.restored_from,
            "full_scale_tile_start_zyx": self.full_scale_tile.start,
            "full_scale_tile_size_zyx": self.full_scale_tile.size,
            "solvent_mean": float(self.solvent.mean),
            "solvent_sigma": float(self.solvent.sigma),
            "solvent_fitted_sigma": float(self.solvent.fitted_sigma),
            "solvent_raw_sigma": float(self.solvent.raw_sigma),
            "solvent_misfit": float(self.solvent.misfit),
            "noise_level": float(self.solvent.noise_level),
            "solvent_varies": self.solvent.varies,
            **{f"solvent_{name}_range": list(ends) for name, ends in self.solvent.ranges.items()},
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
        return self._estimate.solvent.confidence(lowpassed, self._hedge, planes=planes)
