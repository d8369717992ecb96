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
    """

    correlations: np.ndarray
    notes: list


def untold(groups):
    """The cells of a map that could not be used.

    Parameters
    ----------
    groups : list of str
    """
    return Cells(np.full(len(groups), np.nan), [[] for _ in groups])


def cells_of(groups, model, sums, fit, standard_errors, lowpass):
    """What is told of the cells of one map.

    Parameters
    ----------
    groups : list of str
        Of the matrix.
    model : ModelSums
    sums : MapSums
    fit : MapFit
    standard_errors : array of float, shape (groups,)
        NaN where a group is outside the map.
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
    found = Cells(np.full(len(groups), np.nan), [["outside the map"] for _ in groups])
    for i, column in enumerate(mine):
        found.correlations[column] = sums.local.correlations[i]
        found.notes[column] = notes.remarks(i, model.inside[i]) + alike.get(i, [])
    return found
