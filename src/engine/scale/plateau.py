"""Which level of a molecule is full: the plateau of its densities where most of it lies there, else their top."""

import numpy as np

from ..errors import OccuPyError

_TOP_QUANTILE = 0.99
_PLATEAU_WIDTH, _PLATEAU_REACH = 0.06, 0.1
"""Relative: the standard deviation of the Gaussian that finds the plateau, and how far levels of it differ from it."""

_BELOW_MODE = 0.97
"""What scatters about the plateau is to read 1 on the mean, nearly, though the scale ends there."""

_PART, _MOST = 0.3, 0.55
"""Shares of the molecule on the plateau: up to the first only a part is full, from the second on most of it is."""

_ROUGH_STEP, _ROUGH = 61, 0.2
"""From value to value of those in which a quantile is sought roughly, and how far above that it surely lies."""

_SHIFT_TOLERANCE, _MOST_SHIFTS = 1e-4, 200


def top_level(levels, core):
    """The level that the densest hundredth of the molecule reaches.

    Parameters
    ----------
    levels : array of float
        Mean density of the molecule around each voxel, smoothed.
    core : array of the same shape
        The weight of each voxel, 0 away from the molecule.

    Returns
    -------
    float

    Raises
    ------
    OccuPyError
        If it is not above 0.
    """
    found = weighted_quantile(levels[core > 0], core[core > 0], _TOP_QUANTILE)
    if not found > 0:
        raise OccuPyError(
            f"the full scale is {found:.4g} above the solvent, but it must be above 0; if the map's contrast is "
            "inverted, multiply it by -1"
        )
    return found


def full_level(levels, core, top):
    """The level of what is full: between the top of the molecule's levels and their highest plateau.

    The more of the molecule lies on the plateau, the closer to it: where all is full, what is above is texture and
    noise.

    Parameters
    ----------
    levels, core : arrays
        As for `top_level`.
    top : float
        The top level.

    Returns
    -------
    float
    """
    values, weights = levels[core > 0], core[core > 0]
    mode = _mode_below(values, weights, top)
    share = weights[np.abs(values / mode - 1) < _PLATEAU_REACH].sum(dtype=float) / weights.sum(dtype=float)
    say = np.clip((share - _PART) / (_MOST - _PART), 0, 1)
    return float(top ** (1 - say) * (_BELOW_MODE * mode) ** say)


def _mode_below(values, weights, start):
    """The nearest mode of positive levels, by mean shifts from a start."""
    for _ in range(_MOST_SHIFTS):
        near = weights * np.exp(-np.square((values / start - 1) / _PLATEAU_WIDTH) / 2)
        moved = float(np.average(values, weights=near))
        if abs(moved - start) < _SHIFT_TOLERANCE * start:
            break
        start = moved
    return moved


def weighted_quantile(values, weights, quantile):
    """A quantile of values that count by their weights, interpolated between them."""
    wanted = quantile * weights.sum(dtype=float)
    # Most values are surely below a high quantile: they count, but need no order.
    low = values < np.quantile(values[::_ROUGH_STEP], max(0.0, quantile - _ROUGH))
    below = weights[low].sum(dtype=float)
    if below > 0.99 * wanted:
        low, below = np.zeros(len(values), bool), 0.0
    values, weights = values[~low], weights[~low]
    order = np.argsort(values)
    summed = below + np.cumsum(weights[order], dtype=float) - weights[order] / 2
    return float(np.interp(wanted, summed, values[order]))
