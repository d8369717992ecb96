"""Shifts of B-factors against maps added up here, atom by atom, with known ones."""

import numpy as np
import pytest
from chimerax.occupy import refine
from chimerax.occupy.engine.refinement.b_shifts import BShifts
from moving_chains import MODEL_B, SHAPE, TRUTH, VOXEL, Maps, groups_of, squared_frequencies, three_chains
from scipy import fft


@pytest.fixture(scope="module")
def model():
    """Positions and chain names of three chains that touch."""
    return three_chains()


@pytest.fixture(scope="module")
def map_of():
    """A function that makes a map of the model."""
    return Maps()


def found_in(density, groups, **keywords):
    return {row.group: row for row in refine(density, VOXEL, groups, solvent=False, **keywords).rows}


def assert_near_truth(rows, within, reference="A"):
    for chain, (_, b_factor) in TRUTH.items():
        assert rows[chain].b_shift == pytest.approx(b_factor - TRUTH[reference][1], abs=within), chain


def test_shifts_of_b_factors_are_told_beside_occupancies(model, map_of):
    rows = found_in(map_of(), groups_of(*model))
    assert_near_truth(rows, 3.0)
    assert rows["B"].occupancy == pytest.approx(0.6, abs=0.03)


def test_shifts_are_relative_to_the_reference(model, map_of):
    rows = found_in(map_of(), groups_of(*model), reference=["B"])
    assert rows["B"].b_shift == pytest.approx(0.0, abs=1e-6)
    assert_near_truth(rows, 4.0, "B")


@pytest.mark.parametrize("b_factor", [0.0, 100.0])
def test_what_the_model_says_of_all_groups_does_not_matter(model, map_of, b_factor):
    assert_near_truth(found_in(map_of(), groups_of(*model, b_factor)), 4.0)


def test_shifts_are_relative_to_the_b_factors_of_the_model(model, map_of):
    positions, chains = model
    known = np.vectorize(lambda chain: TRUTH[chain][1])(chains)
    rows = found_in(map_of(), groups_of(positions, chains, known))
    assert [abs(rows[chain].b_shift) < 2.5 for chain in TRUTH] == [True] * 3


def test_sharpening_a_map_does_not_change_shifts(model, map_of):
    density = map_of()
    gain = np.exp(80 * squared_frequencies() / 4)
    sharpened = fft.ifftn(fft.fftn(density) * gain).real.astype(np.float32)
    assert_near_truth(found_in(sharpened, groups_of(*model)), 4.0)


def test_two_standard_errors_hold_the_truth(model, map_of):
    rows = found_in(map_of(noise=0.2), groups_of(*model))
    off = [abs(rows[c].b_shift - (TRUTH[c][1] - 50.0)) / rows[c].b_shift_error for c in TRUTH]
    assert max(off) < 2


def test_noise_makes_errors_of_shifts_larger(model, map_of):
    quiet, loud = (found_in(map_of(noise=level), groups_of(*model)) for level in (0.05, 0.3))
    assert all(loud[chain].b_shift_error > quiet[chain].b_shift_error for chain in TRUTH)


def test_the_resolution_up_to_which_a_map_tells_is_told(model, map_of):
    sharp, blunt = (
        refine(map_of(resolution=resolution), VOXEL, groups_of(*model), solvent=False).b_shift_lowpass
        for resolution in (3.5, 5.0)
    )
    assert sharp == pytest.approx(3.5, abs=0.3)
    assert blunt == pytest.approx(5.0, abs=0.3)


def test_a_map_without_fine_detail_tells_no_shifts(model, map_of):
    found = refine(map_of(resolution=9.0), VOXEL, groups_of(*model), solvent=False)
    assert np.isnan(found.b_shift_lowpass)
    assert np.isnan([(row.b_shift, row.b_shift_error) for row in found.rows]).all()


def test_large_voxels_tell_no_shifts(model, map_of):
    density = map_of()[::3, ::3, ::3]
    found = refine(density, 3 * VOXEL, groups_of(*model), solvent=False)
    assert np.isnan([row.b_shift for row in found.rows]).all()


def test_absent_and_small_groups_have_no_shift(model, map_of):
    positions, chains = model
    labels = np.where(np.arange(len(chains)) < 60, "small", chains)
    rows = found_in(map_of(truth=TRUTH | {"C": (0.0, 50.0)}), groups_of(positions, labels))
    assert np.isnan(rows["C"].b_shift)
    assert np.isnan(rows["small"].b_shift_error)
    assert rows["B"].b_shift == pytest.approx(60.0, abs=4.0)


def test_small_groups_beside_others_are_not_counted_to_them(model, map_of):
    positions, chains = model
    near = np.linalg.norm(positions - positions[chains == "B"].mean(axis=0), axis=1)
    small = np.isin(np.arange(len(chains)), np.argsort(near)[:90])
    labels = np.where(small, "small", chains)
    assert found_in(map_of(), groups_of(positions, labels))["B"].b_shift == pytest.approx(60.0, abs=4.0)


def test_groups_that_cannot_be_told_apart_do_no_harm(model, map_of):
    positions, chains = model
    twice = np.concatenate([positions, positions[chains == "B"]])
    rows = found_in(map_of(), groups_of(twice, np.append(chains, np.full(600, "same as B"))))
    assert rows["C"].b_shift == pytest.approx(-25.0, abs=5.0)


def test_a_reference_without_a_shift_leaves_none_to_tell():
    known = BShifts(np.array([1.0, np.nan]), np.array([1.0, np.nan]), np.ones(2), np.full(2, 0.5), 4.0)
    shifts, errors = known.relative(np.array([False, True]), np.ones(2), np.full(2, 0.1))
    assert np.isnan([shifts, errors]).all()


def test_atoms_near_the_faces_of_a_box_do_not_matter(model, map_of):
    positions, chains = model
    cut = 10
    density = map_of()[cut:-cut, cut:-cut, cut:-cut]
    inside = ((positions > cut * VOXEL + 2) & (positions < (np.array(SHAPE[::-1]) - cut) * VOXEL - 2)).all(axis=1)
    groups = groups_of(positions[inside] - cut * VOXEL, chains[inside])
    rows = found_in(density, groups)
    assert rows["B"].b_shift == pytest.approx(60.0, abs=8.0)


def test_a_chain_that_moves_so_much_that_only_coarse_shells_show_it_is_there(model, map_of):
    truth = dict.fromkeys("AC", (1.0, MODEL_B)) | {"B": (1.0, 850.0)}
    rows = found_in(map_of(truth, noise=0.02), groups_of(*model))
    assert [rows[chain].occupancy for chain in "ABC"] == pytest.approx([1, 1, 1], abs=0.05)


def test_a_model_that_is_a_little_wrong_in_place_is_not_wrong_in_b_factors_of_its_segments(model, map_of):
    positions, chains = model
    moved = positions + np.random.default_rng(2).normal(0, 1.5 / np.sqrt(3), positions.shape)
    along = np.argsort(np.argsort(positions[:, 0].reshape(3, 600), axis=1), axis=1).ravel() * 4 // 600
    segments = np.char.add(chains, along.astype(str))
    rows = found_in(map_of(dict.fromkeys("ABC", (1.0, MODEL_B)), noise=0.02), groups_of(moved, segments))
    assert np.std([row.occupancy for row in rows.values()]) < 0.04
