"""Matrices of occupancies that are said, for what is worked out from them."""

import numpy as np
from chimerax.occupy.engine.matrix.agreement import order_of
from chimerax.occupy.engine.matrix.result import OccupancyMatrix


def matrix_of(occupancies, errors=0.0, own_errors=None, groups=None, failed=()):
    """A matrix of maps called m1, m2, … and groups A, B, … with these occupancies and standard errors."""
    values = np.array(occupancies, float)
    errors = np.broadcast_to(np.asarray(errors, float), values.shape)
    own_errors = errors if own_errors is None else np.broadcast_to(np.asarray(own_errors, float), values.shape)
    maps = [f"m{i + 1}" for i in range(len(values))]
    groups = groups or [chr(ord("A") + j) for j in range(values.shape[1])]
    notes = [[[] for _ in groups] for _ in maps]
    ones = np.ones(len(maps))
    return OccupancyMatrix(
        maps, groups, values, errors, own_errors, np.ones_like(values), notes, ones, 0 * ones, [groups[:1]] * len(maps),
        [], np.ones(len(maps), int), order_of(values), order_of(values.T), dict.fromkeys(failed, "it failed"), 8.0,
    )  # fmt: skip
