"""The scale freed of flexibility: what motion has carried away is brought back before the means are read."""

from math import factorial, pi, sqrt
from typing import NamedTuple

import numpy as np
from scipy import fft

from .. import parallel

_TERMS = 6
"""Of the series of exp(x) for x of at most 1, which they give within 0.2 %."""

_EDGE, _LEAST_KNOWN = 2.5, 0.1
"""Å: over this differences go on beyond where they are told, and then fall off to none."""

_CORRELATION = 4.0
"""Å: standard deviation of the Gaussian by which errors of the differences are alike: as their windows and filters."""


class FreedScale(NamedTuple):
    """The scale freed of flexibility, and what that adds to its standard error.

    Attributes
    ----------
    scale : array of float32, shape of the box
        Not clipped.
    noise_gain : array of float32 of that shape
        By how much the noise has grown.
    error : array of float32 of that shape
        Standard error from that of the flexibility alone.
    """

    scale: np.ndarray
    noise_gain: np.ndarray
    error: np.ndarray


def freed_scale(level, full, found, box):
    """The scale that a map would have if all of it moved as its fullest part does.

    Parameters
    ----------
    level : MeanLevel
    full : float
        The full scale, a density.
    found : Flexibility
    box : CoarseBox

    Returns
    -------
    FreedScale
        That of the map itself, and no error, where no difference is told nearby.

    Notes
    -----
    A difference ΔB(y) of what lies at y has spread it by exp(−ΔB·k²/4). To all that is no more than the low-pass
    leaves it is undone by Σ (k²/4)ⁿ/n! · F[ΔBⁿ·f]: each place is sharpened by its own difference and gets back what it
    has lost to its neighbours. An error of ΔB that is alike over a distance r changes the mean over a Gaussian of
    width w of an even density by √15/(8b)·(a/b)^¾ of it for each Å², a = 2π²r², b = a + 4π²w².
    """
    shift, error = (_carried_on(values, box) for values in (found.values, found.error))
    most = 4 * box.lowpass**2
    shift = np.clip(shift, -most, most)
    scale = level.scale_of(_undone(level.coarse, box, shift), full)
    noise = min(3 / (8 * (pi * level.width) ** 2), 3 / (5 * box.lowpass**2))
    a = 2 * (pi * _CORRELATION) ** 2
    b = a + 4 * (pi * level.width) ** 2
    sensitivity = np.float32(sqrt(15) / (8 * b) * (a / b) ** 0.75)
    return FreedScale(scale, np.exp(shift * np.float32(noise / 4)), sensitivity * error * np.abs(scale))


def _carried_on(values, box):
    """Values that go on smoothly to 0 where there are none."""
    known = np.isfinite(values)
    sums, weights = (
        box.smoothing(part)(_EDGE / box.lowpass) for part in (np.where(known, values, np.float32(0)), known)
    )
    return np.where(known, values, sums / np.maximum(weights, np.float32(_LEAST_KNOWN)))


def _undone(density, box, shift):
    """A map with the spread of each place by a B-factor (Å²) undone."""
    workers = parallel.thread_count()
    quarter = (box.squared_frequencies / 4).astype(np.float32)
    quarter[box.squared_frequencies > 1 / box.lowpass**2] = 0
    total = 0
    for power in reversed(range(1, _TERMS)):
        term = fft.rfftn(density * shift**power, workers=workers)
        total = quarter * (term / np.float32(factorial(power)) + total)
    return density + fft.irfftn(total, box.shape, workers=workers, overwrite_x=True)
