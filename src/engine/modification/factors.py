"""Factors by which a map is multiplied at each voxel, functions of its local scale."""

from math import inf

import numpy as np
from scipy.special import expit

_LARGEST_EXPONENT = 1e6


def equalizing_factor(local_scale, power=inf):
    """a(S) = S^(1/power - 1), which leaves the scale S^(1/power).

    Parameters
    ----------
    local_scale : array of float
        S, above 0.
    power : float
        At least 1; infinity equalises fully.
    """
    return local_scale ** np.float32(1 / power - 1)


def attenuating_factor(local_scale, power):
    """a(S) = S^(power - 1), which leaves the scale S^power; infinity leaves only full scale."""
    if power == inf:
        return (local_scale >= 1).astype(local_scale.dtype)
    return local_scale ** np.float32(min(power - 1, _LARGEST_EXPONENT))


def sigmoid_factor(local_scale, power, pivot):
    """a(S) = f(S)/S with logit f = logit pivot + power·(logit S - logit pivot).

    Parameters
    ----------
    local_scale : array of float
        S, above 0.
    power : float
        At least 1; infinity leaves 0 below the pivot and 1 above it.
    pivot : float
        The scale that stays as it is, between 0 and 1.
    """
    if power == inf:
        target = (local_scale >= pivot).astype(local_scale.dtype)
    else:
        with np.errstate(divide="ignore"):
            logit = np.log(local_scale) - np.log1p(-local_scale)
        at_pivot = np.float32(np.log(pivot) - np.log1p(-pivot))
        target = expit(at_pivot + np.float32(min(power, _LARGEST_EXPONENT)) * (logit - at_pivot))
    return target / local_scale


def factor_of(kind, settings):
    """The function from scale to factor for one kind of modification.

    Parameters
    ----------
    kind : {'equalize', 'attenuate', 'sigmoid'}
    settings : dict
        With power and, for a sigmoid, pivot.
    """
    power = settings["power"]
    return {
        "equalize": lambda s: equalizing_factor(s, power),
        "attenuate": lambda s: attenuating_factor(s, power),
        "sigmoid": lambda s: sigmoid_factor(s, power, settings["pivot"]),
    }[kind]
