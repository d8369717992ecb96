"""A matrix with the columns of masks that were read in a fit of their own."""

from dataclasses import replace

import numpy as np

from .agreement import Order, agreeing, order_of
from .relative import LEAST_IN_REFERENCE
from .sets import listed


def with_masks_of(matrix, other):
    """A matrix with the masks of another one of the same maps that it lacks.

    Parameters
    ----------
    matrix, other : OccupancyMatrix

    Returns
    -------
    OccupancyMatrix
    """
    names = [name for name in other.masks if name not in matrix.groups]
    places = [other.groups.index(name) for name in names]

    def columns(name):
        return np.hstack([getattr(matrix, name), getattr(other, name)[:, places]])

    joined = {name: columns(name) for name in ("occupancies", "standard_errors", "own_errors", "local_correlations")}
    if matrix.b_shifts is not None:
        untold = np.full((len(matrix.maps), len(names)), np.nan)
        joined |= {name: np.hstack([getattr(matrix, name), untold]) for name in ("b_shifts", "b_shift_errors")}
    notes = [
        [*own, *(others[place] for place in places)] for own, others in zip(matrix.notes, other.notes, strict=True)
    ]
    rows = np.sort(matrix.map_order.places)
    order = order_of(joined["occupancies"][rows])
    agreement = np.zeros(len(matrix.maps), int)
    agreement[rows] = agreeing(order, joined["own_errors"][rows])
    sentence = (
        f"The model fills most of the masks {listed(names)}: they are read in a fit of their own, in place of atoms, "
        "and change no occupancy of a group."
    )
    return replace(
        matrix,
        groups=[*matrix.groups, *names],
        masks=[*matrix.masks, *names],
        notes=notes,
        agreement=agreement,
        map_order=Order(rows[order.places], order.leaves, order.tree),
        group_order=order_of(joined["occupancies"][rows].T),
        warnings=[*matrix.warnings, sentence, *_absent_in_reference(other, places)],
        **joined,
    )


def _absent_in_reference(matrix, places):
    """A sentence on masks that hold nothing in any reference map, if there are any."""
    rows = [matrix.maps.index(name) for name in matrix.reference_maps]
    found = matrix.occupancies[np.ix_(rows, places)]
    there = (found > LEAST_IN_REFERENCE).any(axis=0)
    absent = [matrix.groups[i] for i, here in zip(places, there, strict=True) if rows and not here]
    return [f"Not there in the reference maps, and not set against them: {', '.join(absent)}."] if absent else []
