"""What is full where nobody says what: the highest plateau of occupancies."""

import numpy as np

_REFERENCE_SHARE, _PLATEAU_WIDTHS, _PLATEAU_STEP = 0.05, (0.05, 0.2), 1e-3


def default_reference(occupancies, weights, standard_errors):
    """The groups that are taken to be full where nobody says which are: the highest plateau.

    Parameters
    ----------
    occupancies, weights, standard_errors : arrays of float, shape (groups,)
        Occupancies on any scale, and scattering.

    Returns
    -------
    bool array, shape (groups,)
        The highest groups that agree with their mean within two standard errors, but 5 % at least
        and 20 % at most, and hold a twentieth of the scattering together: so neither an outlier nor
        noise sets the scale.
    """
    for highest in np.argsort(-occupancies, kind="stable"):
        near = _plateau(highest, occupancies, weights, standard_errors)
        if weights[near].sum() >= _REFERENCE_SHARE * weights.sum():
            return near
    return occupancies == occupancies.max()


def _plateau(highest, occupancies, weights, standard_errors):
    """The groups about the mean that is reached from a group by taking the mean of those near it in turn."""
    level, error = occupancies[highest], standard_errors[highest]
    while True:
        width = np.clip(2 * np.hypot(standard_errors, error), *np.array(_PLATEAU_WIDTHS) * abs(level))
        near = np.abs(occupancies - level) <= width
        mean = np.average(occupancies[near], weights=weights[near])
        if not mean < level - _PLATEAU_STEP * abs(level):
            return near
        level, error = mean, np.average(standard_errors[near], weights=weights[near])


def strongest_level(occupancies, weights, standard_errors):
    """Mean occupancy of what would be the reference by default."""
    chosen = default_reference(occupancies, weights, standard_errors)
    return np.average(occupancies[chosen], weights=weights[chosen])
