"""The share of all particles that have each group of atoms, from its occupancies in maps and the particles in these."""

from dataclasses import replace

import numpy as np

from ..errors import OccuPyError
from ..matrix.sets import listed

_NEARLY_ALL = 0.995


def with_shares(matrix, populations):
    """A matrix with the share of the particles that have each group, and with the populations that it follows from.

    Parameters
    ----------
    matrix : OccupancyMatrix
    populations : Populations
        Of its maps, or of some of them: the others have no particles, as maps that are references only.

    Returns
    -------
    OccupancyMatrix

    Raises
    ------
    OccuPyError
        If the populations are of maps that are not in the matrix, or all of theirs have failed.

    Notes
    -----
    p = Σ w·q over the maps in which a group is known, whose weights w are brought to a sum of 1. Its variance is the
    sum of that of the maps' own errors, Σ w²·own²; that of what maps have in common, (Σ w·√(s² − own²))²; and that of
    counting n particles, p·(1 − p)/n.
    """
    populations = populations.among(matrix.maps)
    known = np.isfinite(matrix.occupancies)
    weights = np.where(known, populations.weights[:, None], 0.0)
    told = weights.sum(axis=0)
    if not told.any():
        raise OccuPyError("no map that has particles can be used; expected one")
    with np.errstate(invalid="ignore"):
        weights = weights / np.where(told > 0, told, np.nan)
    values, errors, own = (
        np.where(known, values, 0) for values in (matrix.occupancies, matrix.standard_errors, matrix.own_errors)
    )
    shares = (weights * values).sum(axis=0)
    common = (weights * np.sqrt(np.maximum(errors**2 - own**2, 0))).sum(axis=0)
    variance = (weights**2 * own**2).sum(axis=0) + common**2 + _of_counting(shares, populations.count, told)
    warnings = [*matrix.warnings, *_on_untold(matrix.groups, told)]
    return replace(matrix, populations=populations, shares=shares, share_errors=np.sqrt(variance), warnings=warnings)


def _of_counting(shares, count, told):
    """Variance of a share of so many particles; 0 where nobody counted them."""
    if count is None:
        return 0.0
    clipped = np.clip(shares, 0, 1)
    return clipped * (1 - clipped) / np.maximum(count * told, 1)


def _on_untold(groups, told):
    """A sentence on groups that are not known in all maps that have particles, if there are any."""
    some = [f"{name} ({share:.0%})" for name, share in zip(groups, told, strict=True) if share < _NEARLY_ALL]
    return (
        [f"Known in the maps of some particles only, so that their share is of these: {listed(some)}."] if some else []
    )
