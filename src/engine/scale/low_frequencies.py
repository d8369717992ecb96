"""Low frequencies that a map has lost, restored from the flatness of its solvent.

A map that was high-passed, or divided by its own low frequencies, has lost what tells how dense
its parts are. But around the molecule there is solvent, which is flat: of all maps with the
frequencies that are left, the one with the flattest solvent is sought. This is a linear
least-squares problem with few unknowns, solved on a very coarse grid.
"""

import numpy as np
from scipy import fft

from ..grids import fourier
from .envelope import CoarseBox, densest, robust_sigma

_SHORTEST_PERIOD = 2.5
"""In low-pass cut-offs: what is lost above this frequency is not sought."""

_LOST_POWER = 0.25
_BELOW_PEAK = 0.8
_ROUNDS, _MOST_STEPS, _ENOUGH = 3, 200, 1e-4
_RIDGE = 0.03
"""Weight of the restored coefficients being small, relative to that of flat solvent: holds back noise."""

_SMOOTHING, _MARGIN = 0.625, 0.75
_LOWEST_SHARE, _NOISE_SIGMAS = 0.1, 3.0
_SAMPLES_PER_PERIOD = 4


def lost_period(smoothing, box):
    """Period in Å from which on a map has lost its low frequencies; None where it has them.

    The power of a molecule in solvent falls from its lowest frequencies on. They are lost
    where shells below that of the highest power hold less than a quarter of it on average.

    Parameters
    ----------
    smoothing : Smoothing
        Of the low-passed map on the grid of the box.
    box : CoarseBox
    """
    width = 1 / max(n * v for n, v in zip(box.shape, box.voxel_size, strict=True))
    last = max(2, int(1 / (_SHORTEST_PERIOD * box.lowpass * width)))
    power = smoothing.power(last + 1)
    peak = 1 + int(np.argmax(power[1 : last + 1]))
    below = power[1 : max(2, round(_BELOW_PEAK * peak))]
    if peak == 1 or below.mean() >= _LOST_POWER * power[peak]:
        return None
    return 1 / (peak * width)


def restored(coarse, box, period, solvent=None):
    """A map with its frequencies below 1/period put so that the solvent is flat.

    Parameters
    ----------
    coarse : array of float32
        The low-passed map on the grid of the box.
    box : CoarseBox
    period : float
        Å.
    solvent : bool array, optional
        Where solvent is known to be; else it is sought.

    Returns
    -------
    array of float32 on the same grid
    """
    found = coarse
    for _ in range(_ROUNDS):
        seen = _solvent(found, box)
        found = coarse + _flattening(coarse, seen if solvent is None else seen & solvent, box, period)
    return found


def _solvent(coarse, box):
    """What is no denser than noise, and not next to what is."""
    smooth = box.smoothing(coarse)(_SMOOTHING)
    lowest = _LOWEST_SHARE * densest(smooth)
    quiet = smooth < lowest
    if not quiet.any():
        return quiet
    lowest = max(lowest, _NOISE_SIGMAS * robust_sigma(smooth[quiet]))
    return ~box.dilated(smooth > lowest, _MARGIN)


def _flattening(coarse, solvent, box, period):
    """The low frequencies x that minimise Σ_solvent (ρ + x)² + ridge·Σ x².

    Products of a map of frequencies up to 1/period with the solvent's mask are needed up to
    1/period only, for which four samples to a period are enough.
    """
    from scipy.sparse.linalg import LinearOperator, cg  # seldom needed, and slow to import

    lengths = [n * v for n, v in zip(box.shape, box.voxel_size, strict=True)]
    shape = tuple(fft.next_fast_len(int(np.ceil(a * _SAMPLES_PER_PERIOD / period)), real=True) for a in lengths)
    tiny = CoarseBox(shape, tuple(a / n for a, n in zip(lengths, shape, strict=True)), period)
    kept = tiny.squared_frequencies < 1 / period**2
    weights = fourier.resample(solvent.astype(np.float32), shape).astype(float)
    product = fourier.resample(np.where(solvent, coarse, np.float32(0)), shape).astype(float)

    def low(values):
        return fft.irfftn(fft.rfftn(values.reshape(shape)) * kept, shape).ravel()

    normal = LinearOperator((weights.size,) * 2, lambda x: low(weights.ravel() * x) + _RIDGE * x, dtype=float)
    found, _ = cg(normal, -low(product), rtol=_ENOUGH, maxiter=_MOST_STEPS)
    return fourier.resample(found.reshape(shape).astype(np.float32), box.shape)
