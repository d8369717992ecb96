"""Full scale and local scale."""

from math import floor

import numpy as np
import pytest
from chimerax.occupy import OccuPyError
from chimerax.occupy.engine.scale import published as scale
from chimerax.occupy.engine.scale.published import FullScale, full_scale, local_scale, recalibrate, tile_starts

SHAPES = [(40, 40, 40), (33, 47, 25), (12, 30, 30), (5, 40, 14), (13, 14, 15), (16, 16, 16), (64, 20, 12), (3, 4, 2),
          (9, 100, 100), (1, 1, 40)]  # fmt: skip


def test_a_box_of_256_keeps_2969_tiles():
    assert len(tile_starts((256, 256, 256))) == 2969


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("tile_size", [12, 5])
def test_full_scale_is_that_of_plain_loops(random, full_scale_by_loops, shape, tile_size):
    density = random.standard_normal(shape, dtype=np.float32)
    full = full_scale(density, 0.93, tile_size)
    assert (full.value, full.start) == full_scale_by_loops(density, 0.93, tile_size)
    assert full.size == tuple(min(tile_size, n) for n in shape)


@pytest.mark.parametrize("tau", [1e-9, 0.4, 0.925, 0.949, 1 - 1e-16])
def test_full_scale_is_the_value_at_the_tau_of_the_sorted_tile(random, tau):
    density = random.permutation(np.arange(1, 1729, dtype=np.float32)).reshape(12, 12, 12)
    assert full_scale(density, tau).value == 1 + min(floor(tau * 1728), 1727)


def test_full_scale_does_not_depend_on_how_many_tiles_are_read_at_once(random, threads, monkeypatch):
    density = random.standard_normal((30, 30, 30), dtype=np.float32)
    whole = full_scale(density, 0.9)
    monkeypatch.setattr(scale, "_TILES_AT_ONCE", 7)
    assert full_scale(density, 0.9) == whole


@pytest.mark.parametrize("shape", [*SHAPES, (256, 100, 31), (21, 22, 500)])
@pytest.mark.parametrize("tile_size", [12, 7, 128])
def test_every_tile_lies_in_the_box(shape, tile_size):
    starts = tile_starts(shape, tile_size)
    assert starts.min() >= 0
    assert np.all(starts + np.minimum(tile_size, shape) <= shape)
    assert len(np.unique(starts, axis=0)) == len(starts)


def test_the_corners_of_the_box_are_not_looked_at():
    density = np.ones((64, 64, 64), np.float32)
    density[:12, :12, :12] = 100
    assert full_scale(density, 0.9).value == 1


def test_normalization_maximum_is_tau_times_the_largest_value(random):
    density = random.standard_normal((20, 21, 22), dtype=np.float32)
    density[3, 17, 9] = 80
    assert full_scale(density, 0.75, normalization="maximum") == FullScale(60.0, (3, 17, 9), (1, 1, 1))


@pytest.mark.parametrize("normalization", ["tiles", "maximum"])
@pytest.mark.parametrize("highest", [0.0, -2.0])
def test_a_full_scale_not_above_zero_raises(random, normalization, highest):
    density = highest - random.random((20, 20, 20), dtype=np.float32)
    density[10, 10, 10] = highest
    with pytest.raises(OccuPyError, match=r"full scale is .*must be above 0"):
        full_scale(density, 0.9, normalization=normalization)


def test_centre_is_the_middle_of_the_tile():
    assert FullScale(1.0, (0, 5, 10), (12, 12, 3)).centre == (5.5, 10.5, 11.0)
    assert FullScale(1.0).centre is None


def test_local_scale_is_the_share_of_the_full_scale_from_0_to_1(random, threads):
    maximum = random.normal(0.5, 1, (30, 9, 8)).astype(np.float32)
    expected = np.clip(maximum.astype(float) / 1.7, 0, 1)
    np.testing.assert_allclose(local_scale(maximum, 1.7), expected, rtol=2e-7)


def test_recalibrating_brings_the_noise_level_to_zero_and_keeps_one(random, threads):
    before = random.random((30, 9, 8), dtype=np.float32)
    before[0, 0, :2] = 0.3, 1
    expected = np.clip((before.astype(float) - 0.3) / 0.7, 0, 1)
    after = recalibrate(before, 0.3)
    np.testing.assert_allclose(after, expected, atol=1e-7)
    assert after[0, 0, 1] == 1
