"""What tests of ensembles share: a matrix of occupancies that are given, without maps."""

import numpy as np
import pytest
from chimerax.occupy.engine.ensemble.populations import told_populations
from chimerax.occupy.engine.matrix.agreement import order_of
from chimerax.occupy.engine.matrix.result import OccupancyMatrix


@pytest.fixture
def matrix_of():
    """A function that makes a matrix; its groups are called A, B, C …, its maps 1, 2, 3 …"""

    def make(occupancies, own=0.02, common=0.0, failed=(), weights=None):
        occupancies = np.array(occupancies, float)
        count, groups = occupancies.shape
        maps = [str(i + 1) for i in range(count)]
        own_errors = np.broadcast_to(own, occupancies.shape)
        known = np.ones(count)
        populations = None if weights is None else told_populations(maps, weights)
        return OccupancyMatrix(
            maps, [chr(ord("A") + i) for i in range(groups)], occupancies, np.hypot(own_errors, common), own_errors,
            np.full(occupancies.shape, np.nan), [[[] for _ in range(groups)] for _ in maps], known, 0 * known,
            [[] for _ in maps], [], np.ones(count, int), order_of(occupancies), order_of(occupancies.T),
            dict.fromkeys(failed, "not read"), 10.0, populations=populations,
        )  # fmt: skip

    return make
