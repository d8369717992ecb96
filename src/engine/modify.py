"""Modify a map by its scale: equalise it without amplifying solvent."""

from dataclasses import dataclass
from math import inf

import numpy as np

from . import fourier, parallel, suitability
from .errors import OccuPyError
from .estimate import estimate as make_estimate
from .settings import MODIFICATION, check_output_lowpass, checked, checked_voxel_size, split

LOWEST_SCALE_LIMIT = 0.05
SOLVENT_SIGMAS = 5
NOISE_SIGMAS = 3


@dataclass(frozen=True)
class Limits:
    """What keeps a modification from amplifying noise, and what was reached.

    Attributes
    ----------
    scale_limit : float
        Scale below which nothing is modified.
    max_gain : float
        Largest allowed factor.
    gain : float
        Largest factor that any voxel got.
    """

    scale_limit: float
    max_gain: float
    gain: float = 1.0


@dataclass(eq=False)
class Modification:
    """A modified map.

    Attributes
    ----------
    density : array of float32, shape (z, y, x)
    limits : Limits
    settings : dict
        Values of the group `modification`, the scale map left out.
    """

    density: np.ndarray
    limits: Limits
    settings: dict

    def as_dict(self):
        """Settings and limits as plain values for a log or a JSON file."""
        return self.settings | {
            "scale_limit": self.limits.scale_limit,
            "max_gain": self.limits.max_gain,
            "gain_reached": self.limits.gain,
        }


def equalizing_factor(local_scale, power=inf):
    """a(S) = S^(1/power - 1), which leaves the scale S^(1/power).

    Parameters
    ----------
    local_scale : array of float
        Above 0.
    power : float
        At least 1; infinity equalises fully.
    """
    return local_scale ** np.float32(1 / power - 1)


def default_limits(estimate):
    """The limits that follow from the solvent: noise is never amplified to a third of full scale.

    Parameters
    ----------
    estimate : Estimate

    Returns
    -------
    Limits
    """
    return _with_default_gain(_default_scale_limit(estimate), estimate)


def _default_scale_limit(estimate):
    edge = (estimate.solvent.mean + SOLVENT_SIGMAS * estimate.solvent.sigma) / estimate.full_scale
    return float(min(max(LOWEST_SCALE_LIMIT, edge), 1.0))


def _with_default_gain(scale_limit, estimate):
    noise = NOISE_SIGMAS * estimate.solvent.raw_sigma / estimate.full_scale
    return Limits(scale_limit, float(max(1.0, 1 / max(scale_limit, noise))))


def amplify(density, local_scale, confidence, limits, power=inf, remove_with=None, progress=None):
    """Multiply a map by the equalising factor, held back where it may be solvent.

    Parameters
    ----------
    density, local_scale : arrays of float32, shape (z, y, x)
    confidence : array of float32 of the same shape, or None
        C; the factor becomes C·a + (1 - C). None does not hold back.
    limits : Limits
    power : float
    remove_with : array of float32 of the same shape, optional
        Multiplies the result: the confidence, to take solvent to zero.
    progress : callable, optional
        Called with the fraction done.

    Returns
    -------
    array of float32, and the largest factor reached
    """
    result = np.empty(density.shape, np.float32)

    def fill(slab):
        factor = _amplification(local_scale[slab], limits, power)
        if confidence is not None:
            factor -= 1
            factor *= confidence[slab]
            factor += 1
        np.multiply(density[slab], factor, out=result[slab])
        if remove_with is not None:
            result[slab] *= remove_with[slab]
        return float(factor.max())

    gains = parallel.run(fill, parallel.plane_slabs(density.shape), progress)
    return result, max(gains)


def _amplification(local_scale, limits, power):
    """The factor a within the limits; 1 where the scale is below its limit or not positive."""
    modified = (local_scale >= limits.scale_limit) & (local_scale > 0)
    factor = equalizing_factor(np.where(modified, local_scale, np.float32(1)), power)
    return np.minimum(factor, np.float32(limits.max_gain), out=factor)


def equalize(density, voxel_size, **keywords):
    """Bring every part of a map to one scale, without amplifying solvent.

    The parameters are those of `modify`.

    Returns
    -------
    array of float32, shape (z, y, x)
    """
    return modify(density, voxel_size, **keywords).density


def modify(density, voxel_size, *, estimate=None, progress=None, **settings):
    """Equalise a map and say within which limits.

    Parameters
    ----------
    density : array of any real or integer type, shape (z, y, x)
    voxel_size : float or sequence of 3 float
        Å, along all axes or along each of z, y and x.
    estimate : Estimate, optional
        An estimate of this map, to use instead of making one.
    progress : callable, optional
        Called with the fraction done and the name of the stage; may raise `Cancelled`.
    **settings
        The settings of the groups `estimation` and `modification` in
        `settings.SETTINGS`: besides those of `estimate`, power, scale_map (array of the
        shape of the map), remove_solvent, hedge, scale_limit, max_gain, use_confidence,
        output_lowpass (Å), clip, match_histogram.

    Returns
    -------
    Modification

    Raises
    ------
    OccuPyError
        If the map or a setting cannot be used; the message says what was expected.
    """
    estimation, modification = split(settings)
    modification = checked(modification, MODIFICATION)
    voxel_size = checked_voxel_size(voxel_size)
    check_output_lowpass(modification["output_lowpass"], voxel_size)
    density, found = suitability.checked_density(density)
    local_scale = _checked_scale_map(modification.pop("scale_map"), density.shape)
    if estimate is None:
        estimate = make_estimate(density, voxel_size, progress=progress, **estimation)
    limits = _limits(estimate, modification)
    confidence = estimate.confidence(modification["hedge"])
    result, gain = amplify(
        density,
        estimate.scale if local_scale is None else local_scale,
        confidence if modification["use_confidence"] else None,
        limits,
        modification["power"],
        confidence if modification["remove_solvent"] else None,
    )
    result = finish(result, density, found, voxel_size, modification)
    return Modification(result, Limits(limits.scale_limit, limits.max_gain, gain), modification)


def _checked_scale_map(scale_map, shape):
    if scale_map is None:
        return None
    array = np.asarray(scale_map, np.float32)
    if array.shape != shape:
        raise OccuPyError(
            f"the scale map has shape {array.shape}, but the map has {shape}; both must be on one grid (z, y, x)"
        )
    found = suitability.value_range(array)
    if not (found.lowest >= 0 and found.highest <= 1):
        raise OccuPyError(
            f"the scale map's values go from {found.lowest:.4g} to {found.highest:.4g}, but must lie within 0 to 1"
        )
    return array


def _limits(estimate, values):
    scale_limit = values["scale_limit"]
    if scale_limit is None:
        scale_limit = _default_scale_limit(estimate)
    if values["max_gain"] is None:
        return _with_default_gain(scale_limit, estimate)
    return Limits(scale_limit, values["max_gain"])


def finish(result, density, found, voxel_size, values):
    """Low-pass, then match the histogram or clip to the range of the input, as asked.

    Parameters
    ----------
    result, density : arrays of float32, shape (z, y, x)
        The modified map, which is overwritten, and the input.
    found : Range
        Of the input.
    voxel_size : tuple of 3 float
    values : dict
        Checked settings of the group `modification`.
    """
    if values["output_lowpass"] is not None:
        result = fourier.lowpass(result, values["output_lowpass"], voxel_size)
    if values["match_histogram"]:
        return _with_histogram_of(result, density)
    if values["clip"]:
        np.clip(result, found.lowest, found.highest, out=result)
    return result


def _with_histogram_of(result, density):
    """The values of `density` in the order of the values of `result`."""
    matched = np.empty(result.size, np.float32)
    matched[np.argsort(result, axis=None, kind="stable")] = np.sort(density, axis=None)
    return matched.reshape(result.shape)
