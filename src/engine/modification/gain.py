"""The gain with which the parts of a map come out at the scale that they should, as far as noise allows it."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .limits import limited_factor

_ROUNDS = 3
_MOST_CORRECTED = 2.0
"""By what a round may correct the gain at most."""

_CORRECTED_FROM, _CORRECTED_IN_FULL = np.float32(0.1), np.float32(0.15)
"""The scale of the molecule in a block from which on its gain is corrected, and in full: below, it mostly is where
stronger parts fall off, which would come up as a crust."""

_LEAST_PRESENCE = 0.5
_FEWEST_BLOCKS = 20
_SCALES = np.linspace(0.05, 1.0, 20)
_HALF_STEP = 0.025
_QUANTILES = (0.16, 0.5, 0.84)


@dataclass(frozen=True, eq=False)
class Reached:
    """At what scale parts come out, by the scale that they had.

    Attributes
    ----------
    scale : array of float
        Of the input, where there is enough molecule of that scale.
    low, middle, high : arrays of float
        Of the output there: quantiles of 16, 50 and 84 %.
    """

    scale: np.ndarray
    low: np.ndarray
    middle: np.ndarray
    high: np.ndarray

    def at(self, scale):
        """Low, middle and high where parts have this scale, within half a step; None where there are none."""
        near = np.flatnonzero(np.abs(self.scale - scale) <= _HALF_STEP)
        return tuple(float(v[near[0]]) for v in (self.low, self.middle, self.high)) if len(near) else None

    def runs(self):
        """Slices of the scales that follow each other without a gap."""
        ends = [0, *np.flatnonzero(np.diff(self.scale) > 3 * _HALF_STEP) + 1, len(self.scale)]
        return [slice(first, end) for first, end in pairwise(ends) if end > first]

    def as_dict(self):
        """Plain lists for a JSON file."""
        return {name: [round(float(v), 4) for v in getattr(self, name)] for name in ("scale", "low", "middle", "high")}


@dataclass(frozen=True, eq=False)
class Shares:
    """How many times the map and its signal are in the result, above the solvent's mean, in each block.

    With m the map, s its signal and g the gain the result is shown·(m + held·(g - 1)·s) where
    noise is kept, and shown·(s + held·(g - 1)·s) where it is not.

    Attributes
    ----------
    held : array of float32
        The share of the amplification that is left: presence of molecule, or 1 where nothing holds it back.
    shown : array of float32
        The share of the result that is left: less than 1 where solvent is removed.
    keeps_noise : bool
    """

    held: np.ndarray
    shown: np.ndarray
    keeps_noise: bool

    def of_signal(self, gain):
        """How many times the signal is in the result."""
        return (np.float32(0 if self.keeps_noise else 1) + (gain - 1) * self.held) * self.shown

    def of_map(self):
        """How many times the map itself is in the result."""
        return self.shown if self.keeps_noise else np.float32(0)


def calibrated_gain(smooth, low, slow, factor, limits, shares):
    """The gain of the signal in each block, and what comes out.

    The factor of the scale in a block is what the mean over the molecule around it should
    be multiplied by. Signal is less than the map, presence less than 1, and the scale of a
    block that of its surroundings too: so means come out lower, and the gain is multiplied by
    what is lacking, a few times; less so where the molecule is hardly there. Where the factor
    is below 1 the map itself is multiplied by it.

    Parameters
    ----------
    smooth : SmoothScale
    low, slow : arrays of float32
        The low-passed map and the signal in it, in each block.
    factor : callable
        From `factor_of`.
    limits : Limits
    shares : Shares

    Returns
    -------
    gain : array of float32
        Of each block, at least 1 and at most `max_gain`.
    reached : Reached
    """
    aim = limited_factor(smooth.scale, factor, limits)
    goal = np.maximum(aim, np.float32(1))
    amplified = goal > 1
    most = np.float32(min(limits.max_gain, float(np.finfo(np.float32).max)))  # What float32 does not hold is no limit.
    of_map = shares.of_map() * low
    gain, relative = goal.copy(), smooth.ratio_to(low)

    def ratio():
        return relative(of_map + shares.of_signal(gain) * slow)

    trust = np.clip((smooth.local - _CORRECTED_FROM) / (_CORRECTED_IN_FULL - _CORRECTED_FROM), 0, 1)
    for _ in range(_ROUNDS):
        lacking = np.clip(goal / np.maximum(ratio(), np.float32(1e-3)), 1 / _MOST_CORRECTED, _MOST_CORRECTED)
        gain = np.where(amplified, np.clip(gain * lacking**trust, 1, most), gain)
    if aim.min() < 1:
        of_map *= np.minimum(aim, np.float32(1))
    return gain, _reached(smooth, ratio())


def _reached(smooth, ratio):
    inside = smooth.presence >= _LEAST_PRESENCE
    before, after = smooth.local[inside], (smooth.local * ratio)[inside]
    rows = []
    for scale in _SCALES:
        found = after[np.abs(before - scale) <= _HALF_STEP]
        if len(found) >= _FEWEST_BLOCKS:
            rows.append((scale, *np.quantile(found, _QUANTILES)))
    return Reached(*np.array(rows).reshape(-1, 4).T)
