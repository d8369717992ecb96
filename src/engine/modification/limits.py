"""Limits of a modification, which keep it from amplifying noise, and the factors within them."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from math import inf

import numpy as np

from ..parallel import Planes
from ..solvent.field import coarse_ellipsoid
from .factors import factor_of

_SMALLEST_SCALE = np.float32(1e-6)
LOWEST_SCALE_LIMIT = 0.05
SOLVENT_SIGMAS = 5
SIGNAL_SOLVENT_SIGMAS = 3
"""Where the signal alone is amplified: what is solvent then has hardly any share in what is amplified."""

MEAN_SOLVENT_SIGMAS = 0.6
"""Of a scale that is a mean, which noise does not lift: where density is weaker than this, it is mostly noise."""

RESTORED_SOLVENT_SIGMAS = 1.5
"""The same where low frequencies were lost: solvent is less even in what was restored of them."""

NOISE_SIGMAS = 3


@dataclass(frozen=True)
class Limits:
    """What keeps a modification from amplifying noise, and what was reached.

    Attributes
    ----------
    scale_limit : float
        Scale below which nothing is amplified or weakened.
    max_gain : float
        Largest allowed factor.
    gain : float
        Largest factor that any voxel got.
    varying : VaryingLimits, optional
        The limits of every voxel where the solvent varies. The numbers here are then those
        where the molecule is.
    """

    scale_limit: float
    max_gain: float
    gain: float = 1.0
    varying: object = field(default=None, repr=False, compare=False)

    def at(self, planes):
        """The limits in a slice of planes: with arrays instead of numbers where they vary."""
        return self if self.varying is None else self.varying.at(planes)

    @property
    def ranges(self):
        """Lowest and highest of the limits in the box by name, where they vary; else empty."""
        return {} if self.varying is None else self.varying.ranges

    def told(self, name):
        """One of the limits in digits, as a range where it varies."""
        low, high = (f"{end:.3g}" for end in self.ranges.get(name, (getattr(self, name),) * 2))
        return low if low == high else f"{low} to {high}"

    def as_dict(self):
        """Plain values for a log or a JSON file."""
        numbers = {"scale_limit": self.scale_limit, "max_gain": self.max_gain}
        return numbers | {f"{name}_range": list(ends) for name, ends in self.ranges.items()}


def limits_of(estimate, settings, noise=None):
    """The limits of a modification, those that are given among its settings and else the defaults.

    Parameters
    ----------
    estimate : Estimate
    settings : dict
        With scale_limit and max_gain, None where they are not given, and signal_only
        where that can be set.
    noise : float, optional
        Standard deviation of the noise that is amplified with the signal alone, where it
        is known already.

    Returns
    -------
    Limits
    """
    if settings.get("signal_only"):
        return _even_limits(estimate, settings["scale_limit"], settings["max_gain"], noise or 0, SIGNAL_SOLVENT_SIGMAS)
    return default_limits(estimate, settings["scale_limit"], settings["max_gain"])


def default_limits(estimate, scale_limit=None, max_gain=None):
    """The limits that follow from the solvent: a sigma of noise never reaches more than a third of full scale.

    Parameters
    ----------
    estimate : Estimate
    scale_limit, max_gain : float, optional
        Where they are given; the largest gain follows from a given scale limit too.

    Returns
    -------
    Limits
    """
    limits = _even_limits(estimate, scale_limit, max_gain, estimate.solvent.raw_sigma, SOLVENT_SIGMAS)
    if not estimate.solvent.varies or None not in (scale_limit, max_gain):
        return limits
    given = (limits.scale_limit if estimate.is_mean else scale_limit, max_gain)
    return replace(limits, varying=VaryingLimits(estimate, given, limits.max_gain))


def _even_limits(estimate, scale_limit, max_gain, noise, solvent_sigmas):
    """The limits for all voxels, from the noise that is amplified and the solvent at the molecule."""
    solvent = estimate.solvent
    if scale_limit is None:
        if estimate.is_mean:
            solvent_sigmas = MEAN_SOLVENT_SIGMAS if estimate.restored_from is None else RESTORED_SOLVENT_SIGMAS
        scale_limit = max(LOWEST_SCALE_LIMIT, estimate.scale_of(solvent.mean + solvent_sigmas * solvent.sigma))
    if max_gain is None:
        lowest = max(scale_limit, NOISE_SIGMAS * noise / estimate.peak)
        max_gain = float(max(1.0, 1 / lowest)) if lowest > 0 else inf
    return Limits(scale_limit, max_gain)


class VaryingLimits:
    """The limits of every voxel, by the same rules, where the solvent varies.

    No voxel is amplified more than where the molecule is: where a mask took noise away,
    it took density too.

    Parameters
    ----------
    estimate : Estimate
    given : tuple of 2
        scale_limit and max_gain, which do not vary where they are not None.
    highest_gain : float
        max_gain where the molecule is.
    """

    def __init__(self, estimate, given, highest_gain):
        self._estimate, self._given, self._highest_gain = estimate, given, highest_gain

    def at(self, planes, shape=None):
        """Limits in a slice of planes of the map, or of another grid of its box, with arrays of float32."""
        scale_limit = self._scale_limit(planes, shape)
        return Limits(scale_limit, self._max_gain(planes, shape, scale_limit))

    def _scale_limit(self, planes, shape=None):
        if self._given[0] is not None:
            return self._given[0]
        of_solvent = self._estimate.scale_above_solvent(SOLVENT_SIGMAS, planes, shape=shape)
        return np.maximum(np.float32(LOWEST_SCALE_LIMIT), of_solvent)

    def _max_gain(self, planes, shape=None, scale_limit=None):
        if self._given[1] is not None:
            return self._given[1]
        if scale_limit is None:
            scale_limit = self._scale_limit(planes, shape)
        solvent, full = self._estimate.solvent, self._estimate.peak
        noise = solvent.raw_sigma_ratio(planes, shape or self._estimate.scale.shape)
        noise *= np.float32(NOISE_SIGMAS * solvent.raw_sigma / full)
        return np.clip(1 / np.maximum(np.float32(scale_limit), noise), np.float32(1), np.float32(self._highest_gain))

    @cached_property
    def ranges(self):
        """Lowest and highest of those that vary in the ellipsoid that the box holds: a dict of pairs."""
        inside = coarse_ellipsoid()
        found = self.at(slice(None), inside.shape)
        arrays = {"scale_limit": found.scale_limit, "max_gain": found.max_gain}
        inner = {name: values[inside] for name, values in arrays.items() if np.ndim(values)}
        return {name: (float(values.min()), float(values.max())) for name, values in inner.items()}

    def kept(self, keep):
        """The same as arrays of the whole map, made by `keep` from what gives planes of it."""
        made = zip((self._scale_limit, self._max_gain), self._given, strict=True)
        arrays = [keep(Planes(make)) if given is None else given for make, given in made]
        return _KeptLimits(*arrays, self.ranges)


@dataclass(frozen=True, eq=False)
class _KeptLimits:
    """Limits of every voxel as arrays, or one number for all."""

    scale_limit: object
    max_gain: object
    ranges: dict

    def at(self, planes):
        """Limits in a slice of planes."""
        return Limits(*(v[planes] if np.ndim(v) else v for v in (self.scale_limit, self.max_gain)))


def limited_factor(local_scale, factor, limits):
    """The factor at each voxel, 1 where the scale is below its limit, at most the largest gain.

    Parameters
    ----------
    local_scale : array of float32
    factor : callable
        From `factor_of`. It is never asked for scale 0, where it stands for the limit
        from above: 1 where it would amplify, else what it tends to.
    limits : Limits
        With numbers, or arrays of the shape of the scale.
    """
    modified = local_scale >= limits.scale_limit
    scales = local_scale[modified]
    with np.errstate(over="ignore"):  # A number that float32 does not hold is no limit.
        max_gain = limits.max_gain[modified] if np.ndim(limits.max_gain) else np.float32(limits.max_gain)
    factors = np.minimum(factor(np.maximum(scales, _SMALLEST_SCALE)), max_gain)
    factors[(scales <= 0) & (factors > 1)] = 1
    result = np.ones(local_scale.shape, factors.dtype)
    result[modified] = factors
    return result


def scale_made_of(local_scale, kind, settings, limits):
    """The scale of the output where the input has this scale and is surely not solvent.

    Parameters
    ----------
    local_scale : array of float32
        Scale of the input.
    kind : {'equalize', 'attenuate', 'sigmoid'}
    settings : dict
        With power and, for a sigmoid, pivot.
    limits : Limits

    Returns
    -------
    array of the same shape
    """
    return local_scale * limited_factor(local_scale, factor_of(kind, settings), limits)
