"""Modifications of one map, which share its estimate: from map and settings to the modified map."""

from dataclasses import replace

import numpy as np

from .. import parallel
from ..errors import OccuPyError, SettingError
from ..scale.result import Confidence
from ..settings.checks import check_lowpass, checked, checked_voxel_size
from ..settings.inputs import checked_density, checked_scale
from ..settings.kinds import KINDS
from ..settings.table import CALIBRATED
from .factors import factor_of
from .filled_noise import EvenNoise, SolventNoise
from .limits import limits_of
from .low_blocks import LowBlocks
from .map_signal import MapSignal
from .multiply import Fill, Removal, amplify_signal, apply, finish
from .result import Modification
from .smooth_scale import SmoothScale


class Modifier:
    """Modifications of one map that share its estimate, and what else they need of it.

    Parameters
    ----------
    density : array of any real or integer type, shape (z, y, x)
    voxel_size : float or sequence of 3 float
        Å, along all axes or along each of z, y and x.
    estimate : Estimate
        Of this map.
    step : tuple of 3 int
        Modify every so many voxels along z, y and x only, for a preview: what they
        become does not depend on the step, unless the histogram is matched.
    keep : bool
        Keep signal, confidence and noise from one modification to the next: faster, but
        larger by up to three maps.
    overwrite : bool
        Let the result take the place of the low-passed map of the estimate, to save
        memory, where it may: nothing else can be asked of the estimate then that depends
        on the low-passed map.

    Raises
    ------
    OccuPyError
        If the map cannot be used or the estimate is of another one.
    """

    def __init__(self, density, voxel_size, estimate, step=(1, 1, 1), keep=True, overwrite=False):
        self._whole, self._range = checked_density(density)
        self._voxel_size = checked_voxel_size(voxel_size)
        if estimate.scale.shape != self._whole.shape:
            raise OccuPyError(
                f"the estimate is of a map of shape {estimate.scale.shape}, but the map has {self._whole.shape}"
            )
        self._estimate = estimate
        self._steps = step
        self._keeps = keep or tuple(step) != (1, 1, 1)
        self._overwrites = overwrite and not self._keeps and estimate.lowpassed.shape == self._whole.shape
        self._density, self._scale = self._at_step(self._whole), self._at_step(estimate.scale)
        self._confidence, self._fill, self._varying, self._signal, self._smooth = (_Latest() for _ in range(5))
        self._low = None

    def modified(self, kind="equalize", *, progress=None, **settings):
        """One modification of the map, on the voxels of the step.

        Parameters
        ----------
        kind : {'equalize', 'attenuate', 'sigmoid'}
        progress : callable, optional
            Called with the fraction done and the name of the stage; may raise `Cancelled`.
        **settings
            Those of this kind of modification, as for `modify`; defaults are those of the estimate's mode.

        Returns
        -------
        Modification

        Raises
        ------
        OccuPyError
            If a setting cannot be used.
        """
        report = parallel.Progress(progress)
        mode = self._estimate.settings.mode
        values = check_modification(self._whole.shape, self._voxel_size, kind, settings, mode)
        scale_map = values.pop("scale_map")
        made, found = self._applied(kind, values, scale_map, report)
        report.stage("finish", 0.1)
        step_size = tuple(v * n for v, n in zip(self._voxel_size, self._steps, strict=True))
        result = finish(made, self._density, self._range, step_size, values)
        report.done()
        return Modification(result, kind, settings=values, **found)

    def _applied(self, kind, values, scale_map, report):
        """The modified map before it is finished, and what else a `Modification` tells."""
        signal = self._signal_of(values, report)
        limits = self._limits_of(values, signal)
        smooth = self._smooth_of(values, signal, limits, scale_map)
        confidence = self._confidence_of(values, signal, report.stage("confidence", 0.1))
        removal = self._removal_of(values, smooth, confidence)
        fill = self._fill_of(values, report)
        local_scale = self._scale if scale_map is None else self._at_step(scale_map)
        factor = factor_of(kind, values)
        progress = report.stage("modification", 0.2)
        if signal is None:
            hold = confidence if values["use_confidence"] else None
            made, gain = apply(self._density, local_scale, hold, limits, factor, fill, removal, progress)
            return made, {"limits": replace(limits, gain=gain)}
        keeps_noise = values.get("keep_noise", True)
        removes = values["remove_solvent"] and self._estimate.is_mean
        hedge = values["hedge"] if values["use_confidence"] or removes else 0
        gain = signal.amplify_by(smooth, factor, limits, hedge, keeps_noise=keeps_noise, removes_solvent=removes)
        weakening = None if kind == "equalize" else local_scale
        out = self._estimate.lowpassed if self._overwrites else None
        mean = self._estimate.solvent.mean
        removal = None if removes and not keeps_noise else removal  # It is in the signal that is shown then.
        made = amplify_signal(self._density, weakening, signal, mean, factor, limits, fill, removal, progress, out)
        found = {"limits": replace(limits, gain=gain), "reached": signal.reached}
        if values.get("resolution_map"):
            found["resolution"] = signal.resolution(smooth.presence)
        return made, found

    def _at_step(self, values):
        return np.ascontiguousarray(values[tuple(slice(None, None, n) for n in self._steps)])

    def _limits_of(self, values, signal):
        limits = limits_of(self._estimate, values, signal and signal.noise)
        if limits.varying is None or not self._keeps:
            return limits
        key = (values["scale_limit"], values["max_gain"])
        return replace(limits, varying=self._varying.get(key, lambda: limits.varying.kept(self._kept)))

    def _signal_of(self, values, report):
        """The signal, where it alone is to be amplified, and anything is, or to be shown."""
        changes = values["power"] != 1 or not values.get("keep_noise", True) or values.get("resolution_map")
        if not (values.get("signal_only") and changes):
            return None
        given = self._whole, self._voxel_size, self._low_blocks()
        progress = report.stage("signal", 0.2)
        if not self._keeps:
            return MapSignal(*given, progress=progress)
        return self._signal.get(self._steps, lambda: MapSignal(*given, self._steps, progress))

    def _low_blocks(self):
        if self._low is None:
            self._low = LowBlocks(self._whole, self._voxel_size, self._estimate)
        return self._low

    def _smooth_of(self, values, signal, limits, scale_map):
        """Scale and presence of molecule in blocks, where they are needed."""
        if signal is None and not (values["remove_solvent"] and self._estimate.is_mean):
            return None
        given = self._estimate.scale if scale_map is None else scale_map
        made = self._smooth.get(
            (id(given), limits.scale_limit),
            lambda: (SmoothScale(self._low_blocks(), given, limits.scale_limit), given),
        )
        return made[0]

    def _confidence_of(self, values, signal, report):
        removes = values["remove_solvent"] and not self._estimate.is_mean
        if not ((values["use_confidence"] and signal is None) or removes):
            return None
        hedge = values["hedge"]
        return self._confidence.get(hedge, lambda: self._kept(Confidence(self._estimate, hedge), report))

    def _removal_of(self, values, smooth, confidence):
        """Solvent goes to its mean where there is no molecule; in the published modes to zero, by the confidence."""
        if not values["remove_solvent"]:
            return None
        if not self._estimate.is_mean:
            return Removal(confidence, 0.0)
        shown, blocks = smooth.shown(values["hedge"]), self._low_blocks().blocks
        shares = parallel.Planes(lambda planes: blocks.at(shown, planes, self._steps))
        return Removal(shares, self._estimate.solvent.mean)

    def _fill_of(self, values, report):
        if not values.get("noise"):
            return None
        seed = values["seed"]
        return self._fill.get(seed, lambda: Fill(self._solvent_mean(), self._noise(seed, report)))

    def _solvent_mean(self):
        solvent, shape = self._estimate.solvent, self._whole.shape
        if not solvent.varies:
            return solvent.mean
        return self._kept(parallel.Planes(lambda planes: solvent.mean_at(planes, shape)))

    def _noise(self, seed, report):
        model = self._estimate.solvent
        solvent = self._estimate.certain_solvent()
        progress = report.stage("noise spectrum", 0.2)
        whole = EvenNoise(self._whole, model) if model.varies else self._whole
        spectrum = SolventNoise(whole, solvent, model.mean, model.raw_sigma, self._voxel_size, progress)
        sample, shape = spectrum.sample(seed), self._whole.shape
        if model.varies:
            even = sample
            sample = parallel.Planes(lambda planes: even[planes] * model.raw_sigma_ratio(planes, shape))
        return self._kept(sample, report.stage("noise", 0.2))

    def _kept(self, planes_of, report=None):
        """What gives planes of the whole map when asked, or an array of it at the step."""
        if not self._keeps:
            return planes_of
        step, *across = self._steps
        result = np.empty(self._density.shape, np.float32)
        every = (slice(None, None, step), *(slice(None, None, n) for n in across))

        def fill(slab):
            result[slab] = planes_of[slice(slab.start * step, (slab.stop - 1) * step + 1)][every]

        parallel.run(fill, parallel.plane_slabs(result.shape), report)
        return result


class _Latest:
    """What was made last, for the key that it was made for."""

    def __init__(self):
        self._key, self._value = None, None

    def get(self, key, make):
        if self._value is None or key != self._key:
            self._key, self._value = key, make()
        return self._value


def check_modification(shape, voxel_size, kind, settings, mode=CALIBRATED):
    """Checked settings of a modification, defaults where none is given, before any work.

    Parameters
    ----------
    shape : tuple of 3 int
        Of the map.
    voxel_size : float or sequence of 3 float
        Å.
    kind : {'equalize', 'attenuate', 'sigmoid'}
    settings : dict
        Those of this kind by name.
    mode : {'calibrated', 'occupancy', 'resolution'}
        Of the estimate, on which defaults depend.

    Returns
    -------
    dict
        With the scale map as an array of float32, or None.

    Raises
    ------
    OccuPyError
        If a setting cannot be used with this map.
    """
    if kind not in KINDS:
        raise SettingError("kind", f"is {kind}, but must be {' or '.join(KINDS)}")
    values = checked(settings, kind, mode=mode)
    check_lowpass("output_lowpass", values["output_lowpass"], checked_voxel_size(voxel_size))
    if values.get("resolution_map") and not values["signal_only"]:
        raise SettingError("resolution_map", "is known where the signal alone is shown, but here the map is multiplied")
    values["scale_map"] = _checked_scale_map(values["scale_map"], shape)
    return values


def _checked_scale_map(scale_map, shape):
    if scale_map is None:
        return None
    array = checked_scale(scale_map)
    if array.shape != shape:
        raise OccuPyError(
            f"the scale map has shape {array.shape}, but the map has {shape}; both must be on one grid (z, y, x)"
        )
    return array
