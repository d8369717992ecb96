"""In which planes and rows the solvent is looked for."""

import numpy as np
import pytest
from chimerax.occupy.engine.settings.checks import checked
from chimerax.occupy.engine.settings.defaults import resolve_estimation
from chimerax.occupy.engine.settings.table import ESTIMATION
from chimerax.occupy.engine.solvent.blocks import sample_steps
from chimerax.occupy.engine.solvent.maxima import Maxima, maxima_steps


@pytest.mark.parametrize("voxel_size", [0.8, 1.2, 3.0, 6.5])
@pytest.mark.parametrize("edge", [48, 100, 180, 256, 512])
def test_the_planes_and_rows_of_samples_are_among_them_and_they_hold_half_a_million_voxels(voxel_size, edge):
    shape, settings = (edge,) * 3, resolve_estimation((voxel_size,) * 3, checked({}, ESTIMATION))
    steps = maxima_steps(shape, settings)
    assert not np.any(sample_steps(shape, settings)[:2] % steps)
    assert edge**3 / np.prod(steps) >= min(edge**3, 1 << 19)
    if edge >= 256:
        assert np.prod(steps) >= 9


def test_they_are_found_again_in_the_map(random):
    density = random.standard_normal((21, 17, 5))
    maxima = Maxima(density[::5, ::3], (5, 3))
    for part in (slice(0, 2), slice(2, 5)):
        np.testing.assert_array_equal(density[maxima.at(part)], maxima.values[part])
