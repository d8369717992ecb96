"""The whole estimate: from a map to its scale, its full scale and its solvent model."""

from dataclasses import dataclass, field, replace

import numpy as np

from . import dilate, fourier, parallel, scale, solvent, suitability
from .checks import checked, checked_voxel_size
from .defaults import EstimationSettings, resolve_estimation
from .errors import OccuPyError
from .interpolation import interpolate, interpolated_planes
from .settings import ESTIMATION


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
    full_scale_tile: scale.FullScale
    solvent: solvent.SolventModel
    settings: EstimationSettings
    input_range: suitability.Range
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

    def certain_solvent(self):
        """Voxels that are solvent with near certainty, a bool array on the grid of the map."""
        sigma = self.solvent.sigma if self.settings.mode == "occupancy" else self.solvent.raw_sigma
        highest = self.scale_of(self.solvent.mean + solvent.CERTAIN_SIGMAS * sigma)
        # What is clipped to 1 is not solvent, but what is clipped to 0 is.
        return self.scale <= min(np.float32(highest), np.nextafter(np.float32(1), np.float32(0)))

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


def estimate(density, voxel_size, *, progress=None, **settings):
    """Estimate the local scale, a proxy for occupancy, at every voxel of a map.

    Parameters
    ----------
    density : array of any real or integer type, shape (z, y, x)
        The map, best unsharpened and with solvent around the molecule.
    voxel_size : float or sequence of 3 float
        Å, along all axes or along each of z, y and x.
    progress : callable, optional
        Called with the fraction done (0 to 1) and the name of the stage. It may raise
        `Cancelled` to stop the work.
    **settings
        The settings of the group `estimation` in `settings.SETTINGS`: mode, lowpass,
        resolution (Å), kernel_size, kernel_radius, tile_size, max_box (voxels), tau,
        normalization, full_scale, recalibrate, solvent_mask (array of the shape of the
        map), half_maps (two such arrays).

    Returns
    -------
    Estimate

    Raises
    ------
    OccuPyError
        If the map or a setting cannot be used; the message says what was expected.

    Notes
    -----
    The method is that of Forsberg, Shah & Burt (2023), doi 10.1038/s41467-023-41478-1.
    """
    return _Estimation(density, voxel_size, settings, progress).run()


def fit_solvent(density, voxel_size, *, progress=None, **settings):
    """Fit the solvent model of a map.

    Parameters are those of `estimate`; settings that do not concern the low-pass or the
    solvent are checked and otherwise without effect.

    Returns
    -------
    SolventModel
        With mean and sigma in units of the map, and confidence(values) for values of
        the map low-passed with `lowpass`.

    Raises
    ------
    OccuPyError
        If the map or a setting cannot be used.
    """
    work = _Estimation(density, voxel_size, settings, progress)
    work.lowpass()
    return work.fit_solvent()[0]


def estimation_settings(shape, voxel_size, **settings):
    """What an estimate of a map would be made with, every default worked out.

    Parameters
    ----------
    shape : tuple of 3 int
        Of the map, (z, y, x).
    voxel_size : float or sequence of 3 float
        Å, along all axes or along each of z, y and x.
    **settings
        As for `estimate`.

    Returns
    -------
    EstimationSettings

    Raises
    ------
    SettingError
        If a setting cannot be used.
    """
    values = checked(settings, ESTIMATION)
    _, sampled_size = _sampling(tuple(shape), checked_voxel_size(voxel_size), values["max_box"])
    return resolve_estimation(sampled_size, values)


def _sampling(shape, voxel_size, longest):
    """Shape and voxel size at which a map is estimated: its own, or Fourier-cropped to the longest axis."""
    if max(shape) <= longest:
        return shape, voxel_size
    cropped = fourier.cropped_shape(shape, longest)
    return cropped, tuple(v * n / m for v, n, m in zip(voxel_size, shape, cropped, strict=True))


def common_full_scale(maps, **settings):
    """The full scale of the strongest of several maps, to put all of them on one scale.

    Parameters
    ----------
    maps : iterable of tuple (density, voxel_size)
        As for `estimate`.
    **settings
        As for `estimate`.

    Returns
    -------
    float
        To be given to `estimate` as full_scale.
    """
    values = []
    for density, voxel_size in maps:
        work = _Estimation(density, voxel_size, settings, None)
        work.lowpass()
        values.append(work.full_scale().value)
    if not values:
        raise OccuPyError("there are no maps to find a common full scale of; expected one or more")
    return max(values)


def _half_difference(half_maps, shape):
    """Half the difference of two half maps: the noise of their mean."""
    count = len(half_maps) if isinstance(half_maps, list | tuple | np.ndarray) else 1
    if count != 2:
        raise OccuPyError(f"{count} half maps were given, but must be two")
    try:
        halves = [suitability.checked_density(half)[0] for half in half_maps]
    except OccuPyError as error:
        raise OccuPyError(f"a half map cannot be used: {error}") from None
    for half in halves:
        if half.shape != shape:
            raise OccuPyError(f"a half map has shape {half.shape}, but the map has {shape}; all must be on one grid")
    difference = (halves[0] - halves[1]) / np.float32(2)
    if not difference.any():
        raise OccuPyError("the two half maps are identical; expected independent ones, which differ by their noise")
    return difference


class _Estimation:
    """The steps of an estimate and what they share."""

    def __init__(self, density, voxel_size, settings, progress):
        values = checked(settings, ESTIMATION)
        voxel_size = checked_voxel_size(voxel_size)
        resolve_estimation(voxel_size, values)
        self._progress = parallel.Progress(progress)
        self._density, self._range = suitability.checked_density(density)
        self._shape = self._density.shape
        self._mask = None
        if values["solvent_mask"] is not None:
            self._mask = np.asarray(values["solvent_mask"])
            solvent.check_mask(self._mask, self._shape)
        self._difference = None
        if values["half_maps"] is not None:
            self._difference = _half_difference(values["half_maps"], self._shape)
        self._given_full_scale = values["full_scale"]
        self._notes = []
        self._crop(voxel_size, values)
        suitability.check_box(self._density.shape, self._settings.kernel_size)
        self._share, self._common, self._solvent_side = None, None, None

    def _crop(self, voxel_size, values):
        longest = values["max_box"]
        shape, voxel_size = _sampling(self._shape, voxel_size, longest)
        if shape != self._shape:
            self._density = fourier.resample(self._density, shape)
            if self._mask is not None:
                self._mask = interpolate(self._mask.astype(np.float32), shape)
            if self._difference is not None:
                self._difference = fourier.resample(self._difference, shape)
            self._notes.append(
                f"The box is longer than max_box {longest}: estimated at {voxel_size[2]:.4g} Å per voxel, on which the "
                "scale depends; compare only maps estimated at one sampling."
            )
        self._settings = resolve_estimation(voxel_size, values)

    def lowpass(self):
        report = self._progress.stage("low-pass", 0.3)
        self._lowpassed = fourier.lowpass(self._density, self._settings.lowpass, self._settings.voxel_size, report)

    def fit_solvent(self):
        """The solvent model, and the local maximum of the low-passed map."""
        self._common, self._share = suitability.common_value(self._density)
        left_out = (self._density, self._common) if self._share > suitability.MASKED_SHARE else None
        if self._mask is not None:
            self._solvent_side = solvent.solvent_side(self._mask, self._lowpassed)
        region = solvent.Region(self._density.shape, self._solvent_side, left_out)
        noise_sigma, raw_sigma = self._half_map_sigmas(region)
        model = solvent.fit(self._lowpassed, region, self._progress.stage("solvent model", 0.2), noise_sigma)
        maximum = self._maximum(self._lowpassed)
        if raw_sigma is None:
            raw_sigma = solvent.raw_sigma(model, self._lowpassed, self._density, region, maximum)
        return replace(model, raw_sigma=raw_sigma), maximum

    def _half_map_sigmas(self, region):
        if self._difference is None:
            return None, None
        lowpassed = fourier.lowpass(self._difference, self._settings.lowpass, self._settings.voxel_size)
        return solvent.half_map_sigmas(self._lowpassed, self._difference, lowpassed, region)

    def full_scale(self):
        """The full scale; only the low-pass has to come before."""
        if self._given_full_scale is not None:
            return scale.FullScale(self._given_full_scale)
        settings = self._settings
        found = scale.full_scale(self._source(), settings.tau, settings.tile_size, settings.normalization)
        suitability.check_contrast(self._lowpassed, found.value, settings.tau, settings.tile_size)
        return found

    def _source(self):
        """The map in which the local scale is read."""
        return self._lowpassed if self._settings.mode == "occupancy" else self._density

    def _maximum(self, density, out=None):
        maxima = 1 if self._settings.mode == "occupancy" else 2
        report = self._progress.stage("local maximum", 0.5 / maxima)
        return dilate.ball_maximum(density, self._settings.kernel, report, out)

    def run(self):
        self.lowpass()
        full = self.full_scale()
        model, maximum = self.fit_solvent()
        if self._settings.mode == "resolution":
            maximum = self._maximum(self._density, out=maximum)
        local = scale.local_scale(maximum, full.value)
        zero = 0.0
        if self._settings.recalibrate:
            zero = model.noise_level / full.value
            local = self._recalibrate(local, zero)
        warnings = self._warnings(model, full)
        return Estimate(
            scale=interpolate(local, self._shape),
            full_scale=full.value,
            full_scale_tile=full,
            solvent=model,
            settings=self._settings,
            input_range=self._range,
            lowpassed=self._lowpassed,
            zero=zero,
            warnings=warnings,
            notes=self._notes,
        )

    def _recalibrate(self, local, zero):
        if zero >= 1:
            raise OccuPyError(
                f"the noise level is at {zero:.2f} of the full scale, but must be below it to recalibrate: "
                "no density rises above the noise"
            )
        return scale.recalibrate(local, zero)

    def _warnings(self, model, full):
        settings = self._settings
        if settings.mode != "occupancy" or settings.normalization != "tiles" or self._given_full_scale is not None:
            full = scale.scale_of_tiles(self._lowpassed, settings.tau, settings.tile_size)
        found = suitability.warnings(self._share, self._common, model, self._range.highest, full.value)
        if self._solvent_side is not None:
            found += suitability.mask_warnings(self._lowpassed, self._solvent_side, full.value)
        return found
