"""The ways to modify a map that are held against each other."""

import numpy as np
import pytest
from chimerax.occupy.engine import phantom

from benchmarks.accuracy.ways import WAYS, Given
from benchmarks.simulation.vacuum import Box

SHAPE, VOXEL_SIZE = (48,) * 3, 2.0


@pytest.fixture(scope="module")
def given():
    parts = phantom.parts_on_ring((1.0, 0.4), SHAPE, 9)
    density = phantom.density_of_parts(parts, SHAPE, 2.0).astype(np.float32)
    density += 0.02 * np.random.default_rng(1).standard_normal(SHAPE, dtype=np.float32)
    return Given(density, Box(SHAPE[0], VOXEL_SIZE), 6.0, np.ones(SHAPE, np.float32))


def test_ways_have_names_of_their_own_and_the_first_leaves_a_map_as_it_is(given):
    assert len({way.name for way in WAYS}) == len(WAYS)
    assert WAYS[0].make(given) is given.density


@pytest.mark.parametrize("way", WAYS, ids=[way.name for way in WAYS])
def test_a_way_makes_a_map_or_says_that_it_cannot_and_leaves_what_was_given(way, given):
    before = given.density.copy()
    made = way.make(given)
    assert np.array_equal(given.density, before)
    if way.is_slow:
        assert made is None  # the published program was not given
    else:
        assert made.shape == SHAPE
        assert np.isfinite(made).all()


def test_ways_that_share_settings_share_an_estimate(given):
    assert given.estimate() is given.estimate()
    assert given.estimate(mode="occupancy") is not given.estimate()
