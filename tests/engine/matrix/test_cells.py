"""What is told of the cells of a matrix: shifts of B-factors in maps in some of which a chain moves or is absent."""

import numpy as np
import pytest
from chimerax.occupy import MatrixBox, Reading, occupancy_matrix, refine, refine_maps
from moving_chains import MODEL_B, SHAPE, VOXEL, Maps, groups_of, three_chains

MOVING = MODEL_B + 60
TRUTHS = [
    {"A": (1.0, MODEL_B), "B": (1.0, MODEL_B), "C": (1.0, MODEL_B)},
    {"A": (1.0, MODEL_B), "B": (1.0, MOVING), "C": (0.6, MODEL_B)},
    {"A": (1.0, MODEL_B), "B": (0.5, MODEL_B), "C": (1.0, MOVING)},
    {"A": (1.0, MODEL_B), "B": (0.7, MOVING), "C": (0.0, MODEL_B)},
]
KNOWN = {"reference": ["A"], "solvent": False}


@pytest.fixture(scope="module")
def model():
    """Positions and chain names."""
    return three_chains()


@pytest.fixture(scope="module")
def densities():
    maps = Maps()
    return [maps(truth) for truth in TRUTHS]


@pytest.fixture(scope="module")
def matrix(densities, model):
    return refine_maps(densities, VOXEL, groups_of(*model), flexibility=True, **KNOWN)


def assert_as_alone(matrix, densities, groups):
    """Each cell has the shift that the map alone has, within half a standard error."""
    for i, density in enumerate(densities):
        alone = refine(density, VOXEL, groups, **KNOWN)
        shifts, errors = np.array([(row.b_shift, row.b_shift_error) for row in alone.rows]).T
        np.testing.assert_array_equal(np.isfinite(matrix.b_shifts[i]), np.isfinite(shifts))
        assert np.nanmax(np.abs(matrix.b_shifts[i] - shifts) / errors) < 0.5
        np.testing.assert_allclose(matrix.b_shift_errors[i], errors, rtol=0.2)


def test_shifts_of_b_factors_are_told_of_each_map_within_their_errors(matrix):
    truth = [[b_factor - MODEL_B for _, b_factor in of_map.values()] for of_map in TRUTHS]
    there = np.array([[occupancy > 0 for occupancy, _ in of_map.values()] for of_map in TRUTHS])
    np.testing.assert_array_equal(np.isfinite(matrix.b_shifts), there)
    off = np.abs(matrix.b_shifts - truth)
    assert (off <= matrix.b_shift_errors)[there].all()
    assert off[there].max() < 8
    np.testing.assert_allclose(matrix.b_shift_lowpasses, 3.5, atol=0.3)


def test_a_group_that_is_absent_or_small_has_no_shift_nor_error(matrix, densities, model):
    assert np.isnan([matrix.b_shifts[3, 2], matrix.b_shift_errors[3, 2]]).all()
    positions, chains = model
    labels = np.where(np.arange(len(chains)) < 60, "small", chains)
    found = refine_maps(densities[:1], VOXEL, groups_of(positions, labels), flexibility=True, **KNOWN)
    np.testing.assert_array_equal(np.isfinite(found.b_shifts), [[name != "small" for name in found.groups]])


def test_a_map_among_others_tells_the_shifts_that_it_tells_alone(matrix, densities, model):
    assert_as_alone(matrix, densities, groups_of(*model))


def test_what_the_model_lacks_leaves_the_shifts_as_they_are_alone_wherever_the_model_is_in_the_box(densities, model):
    positions, chains = model
    held, beyond = chains != "B", 48
    groups = groups_of(positions[held] + [beyond * VOXEL, 0, 0], chains[held])
    density = np.random.default_rng(2).normal(0, 1e-4, (*SHAPE[:2], SHAPE[2] + beyond)).astype(np.float32)
    density[:, :, beyond:] += densities[2]
    found = refine_maps([density], VOXEL, groups, flexibility=True, **KNOWN)
    assert found.unexplained[0] > 0.1
    assert_as_alone(found, [density], groups)


def test_a_map_that_fails_has_no_shifts_and_the_others_keep_theirs(matrix, densities, model):
    box = MatrixBox(SHAPE, VOXEL, groups_of(*model), solvent=False, flexibility=True)
    readings = [Reading("bad", None, None, "it is no map")]
    readings += [Reading(str(i), box.sums(density), box.model_sums) for i, density in enumerate(densities)]
    found = occupancy_matrix(readings, box.lowpass, reference=["A"])
    assert np.isnan(found.b_shifts[0]).all()
    assert np.isnan(found.b_shift_lowpasses[0])
    np.testing.assert_allclose(found.b_shifts[1:], matrix.b_shifts)


def test_shifts_stand_in_the_table_and_in_plain_values(matrix):
    headings, rows = matrix.table()
    plain = matrix.as_dict()
    for what, name in (("b_shift", "b_shifts"), ("b_shift error", "b_shift_errors")):
        columns = [headings.index(f"{group} {what}") for group in matrix.groups]
        assert [[row[column] for column in columns] for row in rows] == plain[name]
    assert [row[headings.index("b_shift_lowpass")] for row in rows] == plain["b_shift_lowpasses"]
    assert plain["b_shifts"][3][2] is None
    assert {len(row) for row in rows} == {len(headings)}


def test_words_tell_of_how_many_cells_it_is_known_and_which_moves_most(matrix):
    i, j = np.unravel_index(np.nanargmax(matrix.b_shifts), matrix.b_shifts.shape)
    words = matrix.moving(["w", "x", "y", "z"])
    assert words.startswith("of 11 of 12 cells, up to 3.5 Å; most, 6")
    assert words.endswith(f"of {'ABC'[j]} in {'wxyz'[i]}")


def test_maps_without_fine_detail_tell_no_shifts_and_words_say_so(model):
    found = refine_maps([Maps()(TRUTHS[0], resolution=9.0)], VOXEL, groups_of(*model), flexibility=True, **KNOWN)
    assert np.isnan(found.b_shifts).all()
    assert found.moving(found.maps) == "of no group in any map"
    assert found.as_dict()["b_shift_lowpasses"] == [None]


def test_unless_asked_for_there_are_no_shifts(densities, model):
    found = refine_maps(densities[:2], VOXEL, groups_of(*model), **KNOWN)
    assert (found.b_shifts, found.b_shift_errors, found.b_shift_lowpasses) == (None, None, None)
    assert not [heading for heading in found.table()[0] if "b_shift" in heading]
    assert found.as_dict()["b_shifts"] is None
    assert found.moving(found.maps) == ""
