"""What is told of a modification: what came out of parts of each scale, and what noise kept back."""

from math import inf

import numpy as np
import pytest
from chimerax.occupy import Modifier, estimate, modify
from chimerax.occupy.engine import phantom
from chimerax.occupy.engine.errors import SettingError
from chimerax.occupy.engine.modification.gain import Reached
from chimerax.occupy.engine.modification.limits import Limits
from chimerax.occupy.engine.modification.result import Modification

SHAPE, VOXEL_SIZE = (64, 64, 64), 2.0


def made(scale, middle, kind="equalize", limit=20.0, **settings):
    """A modification of which this came out, nine tenths to eleven tenths of it."""
    scale, middle = np.array(scale, float), np.array(middle, float)
    reached = Reached(scale, 0.9 * middle, middle, 1.1 * middle)
    values = {"power": inf, "pivot": 0.5, "max_gain": None} | settings
    return Modification(None, kind, Limits(0.05, limit), values, reached)


@pytest.fixture(scope="module")
def scene():
    """Balls of several occupancies in noise, and what modifies them."""
    parts = phantom.parts_on_ring([1, 0.8, 0.6, 0.4, 0.2], SHAPE, 8)
    density = phantom.density_of_parts(parts, SHAPE, VOXEL_SIZE, noise=0.1)
    return density, Modifier(density, VOXEL_SIZE, estimate(density, VOXEL_SIZE))


def test_what_comes_out_is_told_for_the_scales_that_occur():
    (note,) = made([0.25, 0.3, 0.5, 1], [0.8, 0.9, 0.95, 1]).notes
    assert note == "What comes out: parts of scale 0.3 at 0.90 (0.81 to 0.99), of 0.5 at 0.95 (0.85 to 1.04)."
    assert made([0.4], [0.9]).notes == []
    assert made([], []).notes == []


def test_nothing_is_told_of_what_comes_out_where_the_map_is_multiplied(scene):
    found = scene[1].modified(signal_only=False)
    assert (found.reached, found.notes, found.warnings) == (None, [], [])


def test_parts_that_noise_holds_back_are_warned_of_unless_they_are_weaker_than_most():
    (warning,) = made([0.2, 0.3, 0.5], [0.3, 0.6, 0.8]).warnings
    assert "those of scale 0.3 come out at 0.60, not at 1.00" in warning
    assert made([0.2, 0.3, 0.5], [0.3, 0.81, 0.9]).warnings == []


@pytest.mark.parametrize(("settings", "warns"), [({}, True), ({"max_gain": 2.0}, False)])
def test_what_a_gain_that_was_asked_for_leaves_undone_is_no_warning(settings, warns):
    assert bool(made([0.3], [0.6], limit=2.0, **settings).warnings) == warns


@pytest.mark.parametrize(("middle", "warns"), [(0.53, False), (0.4, True)])
def test_what_comes_out_is_compared_with_what_was_aimed_at(middle, warns):
    assert bool(made([0.3], [middle], power=2).warnings) == warns


@pytest.mark.parametrize("power", [1000.0, inf])
def test_a_sigmoid_that_takes_parts_to_nothing_is_told_of_as_others_are(power):
    assert made([0.3, 0.9], [0.0, 1.0], kind="sigmoid", power=power).warnings == []
    (warning,) = made([0.3, 0.9], [0.0, 0.5], kind="sigmoid", power=power).warnings
    assert "those of scale 0.9 come out at 0.50, not at 1.00" in warning


def test_scales_without_enough_molecule_between_them_are_runs_of_their_own():
    runs = made([0.1, 0.15, 0.5, 0.95, 1.0], [0.1, 0.15, 0.5, 0.95, 1.0]).reached.runs()
    assert runs == [slice(0, 2), slice(2, 3), slice(3, 5)]


def test_what_comes_out_of_a_sigmoid_is_weakened_below_the_pivot(scene):
    reached = scene[1].modified("sigmoid", power=3).reached
    aim = 1 / (1 + (reached.scale / (1 - np.minimum(reached.scale, 0.999))) ** -3)
    below = reached.scale < 0.45
    assert below.sum() >= 3
    assert np.abs(reached.middle - aim)[below].max() < 0.05
    assert np.abs(reached.scale - aim)[below].min() > 0.05


def test_the_resolution_of_what_is_shown_is_given_whatever_else_is_asked_for(scene):
    for settings in ({}, {"power": 1, "keep_noise": True}):
        found = scene[1].modified(resolution_map=True, **settings).resolution
        assert found.shape == SHAPE
        assert found.max() > 0
    assert scene[1].modified().resolution is None


@pytest.mark.parametrize("settings", [{"signal_only": False}, {"mode": "occupancy"}], ids=str)
def test_the_resolution_of_what_is_shown_is_refused_before_any_work_where_the_map_is_multiplied(scene, settings):
    with pytest.raises(SettingError, match="the map is multiplied"):
        modify(scene[0], VOXEL_SIZE, resolution_map=True, progress=pytest.fail, **settings)
