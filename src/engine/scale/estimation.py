"""The steps of an estimate, in the order in which they share what they find."""

from dataclasses import replace
from functools import cached_property

import numpy as np

from .. import parallel
from ..errors import OccuPyError, SettingError
from ..grids import dilate, fourier
from ..grids.interpolation import interpolate
from ..settings import inputs
from ..settings.checks import checked, checked_voxel_size
from ..settings.defaults import resolve_estimation
from ..settings.table import CALIBRATED, ESTIMATION, FLEXIBILITY, OCCUPANCY, RESOLUTION, UNCERTAINTY
from ..solvent import fit as solvent_fit
from ..solvent import noise as solvent_noise
from ..solvent import region as solvent_region
from ..solvent import varying as solvent_varying
from ..solvent.maxima import Maxima, maxima_steps
from . import flexibility, mean_scale, suitability
from . import published as scale
from .envelope import CoarseBox
from .freed_scale import freed_scale
from .low_frequencies import lost_period
from .part import Part
from .result import Estimate


def sampling(shape, voxel_size, longest):
    """Shape and voxel size at which a map is estimated: its own, or Fourier-cropped to the longest axis."""
    if max(shape) <= longest:
        return shape, voxel_size
    cropped = fourier.cropped_shape(shape, longest)
    return cropped, tuple(v * n / m for v, n, m in zip(voxel_size, shape, cropped, strict=True))


class Estimation:
    """The steps of an estimate and what they share.

    Parameters
    ----------
    density, voxel_size, progress
        As for `estimate.estimate`.
    settings : dict
        Those that were given.

    Raises
    ------
    OccuPyError
        If the map or a setting cannot be used.
    """

    def __init__(self, density, voxel_size, settings, progress):
        values = checked(settings, ESTIMATION, UNCERTAINTY, FLEXIBILITY)
        voxel_size = checked_voxel_size(voxel_size)
        resolve_estimation(voxel_size, values)
        self._progress = parallel.Progress(progress)
        self._density, self._range = inputs.checked_density(density)
        self._shape = self._density.shape
        self._mask = None
        if values["solvent_mask"] is not None:
            self._mask = np.asarray(values["solvent_mask"])
            solvent_region.check_mask(self._mask, self._shape)
        self._difference = None
        if values["half_maps"] is not None:
            self._difference = inputs.half_difference(values["half_maps"], self._shape, self._range)
        self._given_full_scale = values["full_scale"]
        if values["mode"] != CALIBRATED:
            self._check_given_full_scale()
        self._notes = []
        self._crop(voxel_size, values)
        inputs.check_box(self._density.shape, self._settings.kernel_size)
        inputs.check_length(self._density.shape, self._settings.voxel_size, self._settings.lowpass)
        self._share, self._common, self._solvent_side, self._model = None, None, None, None

    def _check_given_full_scale(self):
        full = self._given_full_scale
        if full is not None and not self._range.is_comparable(full):
            problem = f"is {full:g}, but the map's largest absolute value is {self._range.magnitude:.3g}"
            raise SettingError("full_scale", f"{problem}: expected a density of this map")

    def _crop(self, voxel_size, values):
        longest = values["max_box"]
        shape, voxel_size = sampling(self._shape, voxel_size, longest)
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
        given = self._density, self._settings.lowpass, self._settings.voxel_size
        if self._settings.mode == CALIBRATED:
            self._lowpassed, *self._coarse = fourier.lowpass_and_sample(*given, self._box.shape, report)
        else:
            self._lowpassed = fourier.lowpass(*given, report)

    def fit_solvent(self):
        """The solvent model, and the local maximum of the low-passed map where the mode needs it."""
        self._common, self._share = inputs.common_value(self._density)
        left_out = (self._density, self._common) if self._share > inputs.MASKED_SHARE else None
        if self._mask is not None:
            self._solvent_side = solvent_region.solvent_side(self._mask, self._lowpassed)
        region = solvent_region.Region(self._density.shape, self._solvent_side, left_out)
        differences = self._differences()
        noise_sigma, raw_sigma = self._half_map_sigmas(differences, region)
        model = solvent_fit.fit(self._lowpassed, region, self._progress.stage("solvent model", 0.2), noise_sigma)
        maximum, maxima = self._maxima()
        if raw_sigma is None:
            raw_sigma = solvent_noise.raw_sigma(model, self._lowpassed, self._density, region, maxima)
        model = replace(model, raw_sigma=raw_sigma)
        if self._settings.solvent_model != "uniform" and model.converged:
            maps = (self._lowpassed, self._density, maxima, differences)
            model = solvent_varying.fit_varying(model, *maps, region, self._settings)
        if self._settings.solvent_model == "varying" and not model.varies:
            self._notes.append("The solvent is one Gaussian: too little of it is seen to tell how it varies in space.")
        self._model = model
        return model, maximum

    def _differences(self):
        """Half the difference of the half maps, low-passed and as it is; None where there are none."""
        if self._difference is None:
            return None
        return fourier.lowpass(self._difference, self._settings.lowpass, self._settings.voxel_size), self._difference

    def _half_map_sigmas(self, differences, region):
        if differences is None:
            return None, None
        lowpassed, difference = differences
        sigmas = solvent_noise.half_map_sigmas(self._lowpassed, difference, lowpassed, region)
        if all(map(self._range.is_comparable, sigmas)):
            return sigmas
        self._notes.append(
            "The half maps do not differ where solvent is expected, as masked ones: the noise level was read off the "
            "histogram instead; use the unmasked half maps."
        )
        return None, None

    def full_scale(self):
        """The full scale; only the low-pass has to come before."""
        if self._given_full_scale is not None:
            return scale.FullScale(self._given_full_scale)
        settings = self._settings
        if settings.mode == CALIBRATED:
            self._check_contrast(self._tile_scale.value)
            return self._on_full_grid(self._mean_level.full)
        found = scale.full_scale(self._source(), settings.tau, settings.tile_size, settings.normalization)
        self._check_contrast(found.value)
        return found

    def _check_contrast(self, full):
        suitability.check_contrast(self._lowpassed, full, self._settings.tau, self._settings.tile_size)

    def _source(self):
        """The map in which the local maximum is read."""
        return self._density if self._settings.mode == RESOLUTION else self._lowpassed

    @cached_property
    def _tile_scale(self):
        """The full scale that the tiles of the low-passed map give."""
        return scale.scale_of_tiles(self._lowpassed, self._settings.tau, self._settings.tile_size)

    @cached_property
    def _box(self):
        settings = self._settings
        return CoarseBox.of(self._density.shape, settings.voxel_size, settings.lowpass)

    @cached_property
    def _mean_level(self):
        """How high the molecule rises above solvent, for mode calibrated."""
        side = None
        if self._mask is not None:
            side = solvent_region.solvent_side(self._mask, self._lowpassed).astype(np.float32)
            side = interpolate(side, self._box.shape) > 0.5
        model = self._model or self.fit_solvent()[0]
        (coarse, block), self._coarse, ratio = self._coarse, None, None
        smoothing = self._box.smoothing_of(block)
        if model.varies:
            ratio = mean_scale.noise_ratio(model, self._box.shape)
            # What a map without low frequencies has around its molecule is no solvent that varies.
            if lost_period(smoothing, self._box) is None:
                mean_scale.level_solvent(coarse, model)
                smoothing = self._box.smoothing(coarse)
        return mean_scale.mean_level(coarse, self._box, model.mean, side, ratio, smoothing)

    def _local_noise(self):
        """Standard deviation of the noise at each voxel of the coarse grid, where half maps tell it."""
        if self._difference is None:
            return None
        settings = self._settings
        lowpassed = fourier.lowpass(self._difference, settings.lowpass, settings.voxel_size)
        return mean_scale.local_sigma(fourier.resample(lowpassed, self._box.shape), self._box)

    def _on_full_grid(self, full):
        """A full scale with its place in voxels of the map instead of the coarse grid."""
        factors = np.array(self._density.shape) / self._box.shape
        start, size = (tuple(int(n) for n in np.rint(factors * n)) for n in (full.start, full.size))
        return replace(full, start=start, size=size)

    def _maxima(self):
        """The local maximum of the low-passed map, None if the mode does without; and that where solvent is sought."""
        steps = maxima_steps(self._density.shape, self._settings)
        if self._settings.mode == CALIBRATED:
            return None, Maxima(self._maximum(self._lowpassed, steps=steps), steps)
        maximum = self._maximum(self._lowpassed)
        return maximum, Maxima(maximum[:: steps[0], :: steps[1]], steps)

    def _maximum(self, density, out=None, steps=(1, 1)):
        maxima = 2 if self._settings.mode == RESOLUTION else 1
        report = self._progress.stage("local maximum", 0.5 / maxima)
        return dilate.ball_maximum(density, self._settings.kernel, report, out, steps)

    def run(self):
        self.lowpass()
        calibrated = self._settings.mode == CALIBRATED
        full = self.full_scale()
        if calibrated:
            model = self._model or self.fit_solvent()[0]
            found = self._calibrated(full.value)
        else:
            model, maximum = self.fit_solvent()
            found = self._by_maximum(full.value, model, maximum)
        warnings = self._warnings(model, full)
        peak = self._tile_scale.value - self._mean_level.solvent if calibrated else full.value
        if not self._range.is_comparable(peak):
            raise OccuPyError(
                f"the map's largest absolute value is {self._range.magnitude:.3g}, but its strongest part reaches "
                f"{peak:.3g} only; expected a map without such outliers"
            )
        return Estimate(
            **found,
            full_scale=full.value,
            full_scale_tile=full,
            solvent=model,
            settings=self._settings,
            input_range=self._range,
            lowpassed=self._lowpassed,
            peak=peak,
            warnings=warnings,
            notes=self._notes,
        )

    def _by_maximum(self, full, model, maximum):
        """What the modes occupancy and resolution give."""
        if self._settings.mode == RESOLUTION:
            maximum = self._maximum(self._density, out=maximum)
        local = scale.local_scale(maximum, full)
        zero = 0.0
        if self._settings.recalibrate:
            # Beside a molecule the solvent, and the noise level with it, may lie below zero density.
            zero = model.noise_level / full if not model.varies else max(model.noise_level / full, 0.0)
            local = self._recalibrate(local, zero)
        return {"scale": interpolate(local, self._shape), "zero": zero}

    def _calibrated(self, full):
        """What mode calibrated gives."""
        level = self._mean_level
        if full <= level.solvent:
            raise SettingError("full_scale", f"is {full:g}, but must be above the solvent, {level.solvent:.4g} here")
        self._check_given_full_scale()
        found = {"zero": level.solvent / full} | self._flexibility(level, full)
        freed = found.pop("freed", None)
        local = level.scale(full) if freed is None else freed.scale
        found["scale"] = interpolate(local, self._shape, highest=1)
        if self._settings.uncertainty:
            error = level.standard_error(full, self._given_full_scale is not None, self._local_noise())
            if freed is not None:
                error = np.hypot(error * freed.noise_gain, freed.error)
            found["uncertainty"] = interpolate(error, self._shape)
        if level.period is not None:
            self._notes.append(
                f"This map has lost its frequencies below 1/{level.period:.0f} Å, without which no density tells of "
                "occupancy; for the scale they were restored from the flatness of the solvent."
            )
        if level.scarce_solvent:
            self._notes.append(
                "Hardly any solvent is seen in this box: the scale is read above its least dense tenth; leave some "
                "solvent around the molecule."
            )
        return found | {"smoothing": level.width, "restored_from": level.period}

    def _flexibility(self, level, full):
        """The differences of B-factors, their errors and the scale freed of them, each where it is asked for."""
        settings = self._settings
        if not (settings.flexibility or settings.correct_flexibility):
            return {}
        part = Part(level.scale(full), level.inside, self._box, level.noise_ratio)
        found = flexibility.flexibility(self._density, settings.voxel_size, part, self._difference)
        self._notes += found.notes
        result = {"flexibility_untold": found.untold}
        if settings.correct_flexibility:
            result["freed"] = freed_scale(level, full, found, self._box)
        if settings.flexibility:
            result["flexibility"] = flexibility.on_grid(found.values, self._shape)
            if settings.uncertainty:
                result["flexibility_error"] = flexibility.on_grid(found.error, self._shape)
        return result

    def _recalibrate(self, local, zero):
        if zero >= 1:
            raise OccuPyError(
                f"the noise level is at {zero:.2f} of the full scale, but must be below it to recalibrate: "
                "no density rises above the noise"
            )
        return scale.recalibrate(local, zero)

    def _rise(self, model, full):
        """Full scale above the solvent's mean, in its sigma, and what that is in noise alone."""
        if self._settings.mode == CALIBRATED:
            level = self._mean_level
            return (level.full.value - level.solvent) / model.sigma, suitability.RISE_OF_NOISE
        return (full - model.mean) / model.sigma, suitability.MAXIMUM_OF_NOISE

    def _warnings(self, model, full):
        settings = self._settings
        if settings.mode != OCCUPANCY or settings.normalization != "tiles" or self._given_full_scale is not None:
            full = self._tile_scale
        rise = self._rise(model, full.value)
        found = suitability.warnings(self._share, self._common, model, self._range.highest, full.value, *rise)
        if self._solvent_side is not None:
            found += suitability.mask_warnings(self._lowpassed, self._solvent_side, full.value)
        return found
