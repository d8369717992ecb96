"""Limits of a modification, which keep it from amplifying noise, and the factors within them."""

from dataclasses import dataclass, replace
from math import inf

import numpy as np

from .factors import factor_of

_SMALLEST_SCALE = np.float32(1e-6)
LOWEST_SCALE_LIMIT = 0.05
SOLVENT_SIGMAS = 5
SIGNAL_SOLVENT_SIGMAS = 3
"""Where the signal alone is amplified: what is solvent then has hardly any share in what is amplified."""

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
        limits = default_limits(estimate, settings["scale_limit"], noise or 0, SIGNAL_SOLVENT_SIGMAS)
    else:
        limits = default_limits(estimate, settings["scale_limit"])
    return limits if settings["max_gain"] is None else replace(limits, max_gain=settings["max_gain"])


def default_limits(estimate, scale_limit=None, noise=None, solvent_sigmas=SOLVENT_SIGMAS):
    """The limits that follow from the solvent: a sigma of noise never reaches more than a third of full scale.

    Parameters
    ----------
    estimate : Estimate
    scale_limit : float, optional
        Where it is given; the largest gain follows from it too.
    noise : float, optional
        Standard deviation of the noise that is amplified, by default that of the solvent.
    solvent_sigmas : float
        So many sigma above the solvent's mean is what may be modified.

    Returns
    -------
    Limits
    """
    solvent, full = estimate.solvent, estimate.full_scale
    if scale_limit is None:
        scale_limit = max(LOWEST_SCALE_LIMIT, estimate.scale_of(solvent.mean + solvent_sigmas * solvent.sigma))
    reached = NOISE_SIGMAS * (solvent.raw_sigma if noise is None else noise) / full
    lowest = max(scale_limit, reached)
    return Limits(scale_limit, float(max(1.0, 1 / lowest)) if lowest > 0 else inf)


def limited_factor(local_scale, factor, limits):
    """The factor at each voxel, 1 where the scale is below its limit, at most the largest gain.

    Parameters
    ----------
    local_scale : array of float32
    factor : callable
        From `factor_of`. It is never asked for scale 0, where it stands for the limit
        from above: 1 where it would amplify, else what it tends to.
    limits : Limits
    """
    modified = local_scale >= limits.scale_limit
    scales = local_scale[modified]
    factors = np.minimum(factor(np.maximum(scales, _SMALLEST_SCALE)), np.float32(limits.max_gain))
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
