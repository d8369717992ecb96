"""Odd input, and what only shows at the edges."""

import numpy as np
import pytest
from chimerax import occupy
from chimerax.occupy.engine import phantom


@pytest.mark.parametrize("mode", ["occupancy", "resolution"])
def test_progress_ends_at_one(mode):
    fractions = []
    density = phantom.density_of_parts([phantom.Part(1.0, (16, 16, 16), 8)], (32, 32, 32), 2.0)
    occupy.estimate(density, 2.0, mode=mode, progress=lambda fraction, _: fractions.append(fraction))
    assert fractions[-1] == pytest.approx(1)


def test_noise_is_not_taken_for_an_inverted_map():
    inverted = 0
    for seed in range(40):
        try:
            occupy.estimate(np.random.default_rng(seed).standard_normal((24, 24, 24)), 2.0)
        except occupy.OccuPyError:
            inverted += 1
    assert inverted <= 2


def test_settings_of_estimation_beside_an_estimate_are_refused():
    density = phantom.density_of_parts([phantom.Part(1.0, (16, 16, 16), 8)], (32, 32, 32), 2.0)
    with pytest.raises(occupy.OccuPyError, match="lowpass cannot be given with an estimate"):
        occupy.modify(density, 2.0, estimate=occupy.estimate(density, 2.0), lowpass=9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d: occupy.estimate(d, 2.0, half_maps=5), "half maps"),
        (lambda d: occupy.equalize(d, 2.0, scale_map="x"), "scale map"),
        (lambda d: occupy.estimate(d, 2.0, mode=np.array(["a", "b"])), "mode"),
        (lambda _: occupy.common_full_scale([]), "no maps"),
        (lambda _: occupy.make_mask(np.ones(5), 2.0), "three axes"),
        (lambda d: occupy.published_occupancy(d, np.zeros(d.shape, bool)), "region is empty"),
    ],
)
def test_odd_input_gives_an_error_for_the_user(call, message):
    density = phantom.density_of_parts([phantom.Part(1.0, (16, 16, 16), 8)], (32, 32, 32), 2.0)
    with pytest.raises(occupy.OccuPyError, match=message):
        call(density)


def test_parts_beyond_the_box_are_refused():
    with pytest.raises(occupy.OccuPyError, match="beyond the box"):
        phantom.density_of_parts([phantom.Part(1.0, (3, 16, 16), 8)], (32, 32, 32), 2.0)
