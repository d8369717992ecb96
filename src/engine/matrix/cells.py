"""What is told of the cells of a matrix beside their occupancies: how well a group fits a map, and what to mistrust."""

from dataclasses import dataclass

import numpy as np

from ..refinement.notes import GroupNotes, inseparable

_LARGE_SHIFT = 0.3
"""Of the low-pass: a group so far from its place loses a tenth of its occupancy. Where maps differ in conformation, as
those of a network, all groups are a little displaced."""


@dataclass(frozen=True, eq=False)
class Cells:
    """What is told of the cells of one map.

    Attributes
    ----------
    correlations : array of float, shape (groups,)
        Of the map, less the other groups, with the group's own density where that is. NaN where it is not known.
    notes : list of list of str
        What to mistrust, of each group.
    b_shifts, b_shift_errors : arrays of float, shape (groups,)
        ΔB in Å², relative to the reference, with standard errors. NaN where it is not told.
    """

    correlations: np.ndarray
    notes: list
    b_shifts: np.ndarray
    b_shift_errors: np.ndarray


def untold(groups):
    """The cells of a map that could not be used.

    Parameters
    ----------
    groups : list of str
    """
    correlations, b_shifts, b_shift_errors = np.full((3, len(groups)), np.nan)
    return Cells(correlations, [[] for _ in groups], b_shifts, b_shift_errors)


def cells_of(groups, model, sums, fit, occupancies, standard_errors, reference, lowpass):
    """What is told of the cells of one map.

    Parameters
    ----------
    groups : list of str
        Of the matrix.
    model : ModelSums
    sums : MapSums
    fit : MapFit
    occupancies, standard_errors : arrays of float, shape (groups,)
        NaN where a group is outside the map.
    reference : list of str
        Groups whose mean occupancy is 1, and whose mean ΔB is 0.
    lowpass : float
        Å.

    Returns
    -------
    Cells
    """
    place = {name: i for i, name in enumerate(groups)}
    mine = [place[name] for name in model.names]
    notes = GroupNotes(model.sizes, standard_errors[mine], sums.local, _LARGE_SHIFT * lowpass)
    alike = inseparable(fit.covariance, model.names)
    found = untold(groups)
    found.notes[:] = [["outside the map"] for _ in groups]
    for i, column in enumerate(mine):
        found.correlations[column] = sums.local.correlations[i]
        found.notes[column] = notes.remarks(i, model.inside[i]) + alike.get(i, [])
    if sums.b_shifts is not None:
        chosen = np.isin(model.names, reference)
        of_atoms = slice(len(sums.b_shifts.shifts))
        mine, chosen = mine[of_atoms], chosen[of_atoms]
        shifts, errors = sums.b_shifts.relative(chosen, occupancies[mine], standard_errors[mine])
        found.b_shifts[mine], found.b_shift_errors[mine] = shifts, errors
    return found
