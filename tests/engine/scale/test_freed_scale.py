import numpy as np
import pytest
from chimerax.occupy.engine.scale import freed_scale
from chimerax.occupy.engine.scale.envelope import CoarseBox

BOX = CoarseBox.of((64, 64, 64), (1.5,) * 3, 8.0)


def blurred(values, b_factor):
    gains = np.exp(-b_factor / 4 * BOX.squared_frequencies) * (BOX.squared_frequencies <= 1 / BOX.lowpass**2)
    return np.fft.irfftn(np.fft.rfftn(values) * gains, BOX.shape, axes=(0, 1, 2)).astype(np.float32)


@pytest.mark.parametrize("shift", [-80.0, 40.0, 200.0])
def test_an_even_difference_is_undone(shift):
    sharp = blurred(np.random.default_rng(0).standard_normal(BOX.shape), 0)
    found = freed_scale._undone(blurred(sharp, shift), BOX, np.full(BOX.shape, shift, np.float32))
    np.testing.assert_allclose(found, sharp, atol=0.01 * np.abs(sharp).max())


def test_each_place_gets_back_what_it_has_lost_to_its_neighbours():
    random = np.random.default_rng(1)
    moving = np.zeros(BOX.shape, np.float32)
    moving[:, :, BOX.shape[2] // 2 :] = 60
    moving = BOX.smoothing(moving)(0.5)
    sharp = blurred(random.random(BOX.shape), 0)
    still, gone = sharp * (1 - moving / 60), sharp * moving / 60
    spread = blurred(still, 0) + blurred(gone, 60)
    before = np.abs(spread - blurred(sharp, 0)).std()
    assert np.abs(freed_scale._undone(spread, BOX, moving) - blurred(sharp, 0)).std() < 0.35 * before


def test_values_go_on_over_an_edge_and_then_fall_off_to_none():
    values = np.full(BOX.shape, np.nan, np.float32)
    values[8:16, 8:16, 8:16] = 50
    found = freed_scale._carried_on(values, BOX)
    np.testing.assert_array_equal(found[8:16, 8:16, 8:16], 50)
    assert found[12, 12, 16] == pytest.approx(50, abs=1)
    assert 0 < found[12, 12, 18] < 45
    assert found[12, 12, 24] == pytest.approx(0, abs=0.1)
