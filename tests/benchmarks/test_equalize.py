"""What is told of ways to modify a map: readings of maps whose answer is known, and the part of the document."""

import numpy as np
import pytest

from benchmarks.accuracy.equalize import Known
from benchmarks.documents import equalize as report
from benchmarks.documents.equalize_readings import Reading, group_means
from benchmarks.simulation import complexes, vacuum
from benchmarks.simulation.ice import Condition

CONDITION = Condition(4.0, 0.1, "plain")


@pytest.fixture(scope="module")
def known():
    molecule = complexes.bundles(2, "two", seed=1)
    box = vacuum.box_around(molecule, 2.0)
    return Known(molecule, np.array([1.0, 0.5]), box), box


def test_amplitude_is_that_of_full_chains(known):
    found, box = known
    full = np.random.default_rng(0).standard_normal((box.edge,) * 3)
    made = 3 * full + 7
    made.ravel()[found.vicinity.nearest == 1] = 0
    assert found.amplitude(made, full) == pytest.approx(3)


def test_solvent_is_told_above_its_mean_beyond_the_molecule(known):
    found, box = known
    density = np.full((box.edge,) * 3, 5.0)
    density.ravel()[~found.vicinity.solvent] = 100
    assert np.all(found.solvent(density) == 0)


def reading(way, dealt=vacuum.EVENLY, **changes):
    values = {
        "molecule": "two", "dealt": dealt, "condition": CONDITION, "way": way, "dice": 0.8, "specks": 10.0,
        "occupancies": np.array([0.2, 0.4, 0.6, 0.8, 1.0, 1.0]), "shown": np.array([0.1, 0.3, 0.5, 0.7, 0.9, 1.0]),
        "before": np.array([0.2, 0.4, 0.6, 0.8, 1.0, 0.9]), "after": np.array([0.9, 0.95, 0.8, 0.95, 1.0, 1.0]),
        "amplitude": 1.0, "solvent": 1.0, "strong_solvent": 0.0,
    }  # fmt: skip
    return Reading(**values | changes)


def test_chains_are_pooled_by_their_occupancy_or_as_weak_and_whole():
    assert group_means([reading("map")] * 2, "shown") == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.95])
    assert group_means([reading("map", vacuum.MOST_WHOLE)], "shown") == pytest.approx([0.4, 0.95])


def test_the_part_tells_of_each_way_and_marks_what_is_worse_than_the_map():
    readings = [reading("map"), reading("better", dice=0.9, specks=0.0), reading("worse", dice=0.7, specks=20.0)]
    results = report.EqualizeResults(readings, {}, [], 0.25, dict.fromkeys(("map", "better", "worse"), "one"), [])
    lines = report.document(results).splitlines()
    rows = {line.split(" | ")[0].strip("| "): line.split(" | ")[1:4] for line in lines if line.startswith("| ")}
    assert rows["better"] == ["0.900", "0.10, 0.30, 0.50, 0.70, 0.95", "0"]
    assert rows["worse"] == ["**0.700**", "0.10, 0.30, 0.50, 0.70, 0.95", "**20**"]
    assert "| two | 4 Å, noise 0.1, plain | 0.800 | 0.900 | **0.700** |" in lines
    assert any(line.startswith("| better") and "| 2 of 3 |" in line for line in lines)
