"""The local filters that equalised maps are held against do what they are said to do."""

import numpy as np
import pytest
from chimerax.occupy.engine.grids import fourier

from benchmarks.accuracy.local_filters import local_amplitudes, local_lowpass
from benchmarks.simulation.vacuum import Box

BOX, RESOLUTION = Box(80, 2.0), 6.0
STRONG, WEAK = ((slice(29, 51), slice(29, 51), slice(first, first + 22)) for first in (12, 46))
INNER_STRONG, INNER_WEAK = ((slice(35, 45), slice(35, 45), slice(first, first + 10)) for first in (18, 52))
SOLVENT = (slice(0, 12),) * 3


def texture(noise):
    """Texture in two cubes, in the second a third as strong, in noise."""
    random = np.random.default_rng(3)
    detail, grain = (
        fourier.lowpass(random.standard_normal((BOX.edge,) * 3, dtype=np.float32), RESOLUTION, (BOX.voxel_size,) * 3)
        for _ in range(2)
    )
    parts = np.zeros_like(detail)
    parts[STRONG], parts[WEAK] = 1, 1 / 3
    return detail * parts + noise * grain


def ratio(density):
    return density[INNER_WEAK].std() / density[INNER_STRONG].std()


def correlation(first, second, part):
    return np.corrcoef(first[part].ravel(), second[part].ravel())[0, 1]


def test_local_amplitudes_make_a_weak_part_as_strong_as_the_other():
    density = texture(noise=0.01)
    made = local_amplitudes(density, BOX, RESOLUTION)
    assert ratio(density) == pytest.approx(1 / 3, rel=0.2)
    assert ratio(made) == pytest.approx(1, rel=0.2)
    assert made[INNER_STRONG].std() == pytest.approx(density[INNER_STRONG].std(), rel=0.1)
    assert correlation(made, density, INNER_STRONG) > 0.95


def test_local_amplitudes_leave_noise_far_below_what_is_strong():
    made = local_amplitudes(texture(noise=0.1), BOX, RESOLUTION)
    assert made[SOLVENT].std() < 0.2 * made[INNER_STRONG].std()


def test_a_local_lowpass_takes_noise_from_solvent_and_nothing_from_what_is_far_above():
    density = texture(noise=0.1)
    made = local_lowpass(density, BOX, RESOLUTION)
    assert made[SOLVENT].std() < 0.5 * density[SOLVENT].std()
    assert np.abs(made - density)[INNER_STRONG].max() < 1e-3 * density.max()


def test_a_local_lowpass_of_noise_that_is_stronger_than_the_texture_keeps_long_waves_only():
    density = texture(noise=3.0)
    made = local_lowpass(density, BOX, RESOLUTION)
    assert made[INNER_STRONG].std() < 0.5 * density[INNER_STRONG].std()
