"""Refined occupancies against maps added up here, atom by atom, with known occupancies."""

import re
import warnings

import numpy as np
import pytest
from chimerax.occupy import OccuPyError, Refiner, SettingError, make_groups, refine
from chimerax.occupy.engine.refinement.beads import beads_in
from chimerax.occupy.engine.refinement.fit import GroupModel
from chimerax.occupy.engine.refinement.groups import ICE, Group
from chimerax.occupy.engine.refinement.notes import unusable
from chimerax.occupy.engine.refinement.parts import PartFit
from chimerax.occupy.engine.refinement.reference import default_reference
from scipy import ndimage, optimize
from scipy.linalg import LinAlgWarning
from scipy.spatial.transform import Rotation

SHAPE, VOXEL = (60, 64, 56), 2.0
VARIANCE = 3.0  # Å², of atoms in the maps
TRUTH = {"A": 1.0, "B": 0.6, "C": 0.2}


def fold(random, centre, count=600, radius=13.0):
    """Atoms x, y, z about as dense as in a protein, in the order of a chain."""
    directions = random.standard_normal((count, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    offsets = directions * radius * random.random((count, 1)) ** (1 / 3)
    return np.asarray(centre, float) + offsets[np.argsort(offsets[:, 2])]


def density_of(positions, weights, variances, shape=SHAPE, voxel_size=VOXEL, origin=(0, 0, 0)):
    """Σ weight · normalised Gaussian at every voxel, in double precision."""
    result = np.zeros(shape)
    sizes = np.broadcast_to(voxel_size, 3)
    axes = [np.arange(n) * v + o for n, v, o in zip(shape, sizes, origin[::-1], strict=True)]
    variances = np.broadcast_to(variances, len(positions))
    for place, weight, variance in zip(positions[:, ::-1], weights, variances, strict=True):
        z, y, x = (np.exp(-((a - c) ** 2) / (2 * variance)) for a, c in zip(axes, place, strict=True))
        result += weight / (2 * np.pi * variance) ** 1.5 * z[:, None, None] * y[:, None] * x
    return result.astype(np.float32)


@pytest.fixture(scope="module")
def model():
    """Positions and chain names of three chains that touch."""
    random = np.random.default_rng(3)
    centre = np.array(SHAPE[::-1]) * VOXEL / 2
    offsets = ([-14, 0, 0], [14, 0, 0], [0, 24, 0])
    positions = np.concatenate([fold(random, centre + offset) for offset in offsets])
    return positions, np.repeat(list("ABC"), 600)


@pytest.fixture(scope="module")
def clean(model):
    positions, chains = model
    return density_of(positions, np.vectorize(TRUTH.get)(chains), VARIANCE)


@pytest.fixture(scope="module")
def groups(model):
    return groups_of(*model)


def groups_of(positions, labels, **keywords):
    """Groups of carbon atoms; every map here has one weight for all atoms."""
    return make_groups(positions, ["C"] * len(positions), labels, **keywords)[0]


def noise_like(density, level, seed=0):
    return np.random.default_rng(seed).normal(0, level * density.max(), density.shape).astype(np.float32)


def found_in(density, groups, voxel_size=VOXEL, **keywords):
    return {row.group: row for row in refine(density, voxel_size, groups, **keywords).rows}


def assert_near_truth(rows, within=0.02):
    for chain, truth in TRUTH.items():
        assert rows[chain].occupancy == pytest.approx(truth, abs=within), chain


def filtered(density, voxel_size, function):
    """A map with its coefficients times a function of |k| in 1/Å."""
    k = [np.fft.fftfreq(n, voxel_size) for n in density.shape]
    k = np.sqrt(k[0][:, None, None] ** 2 + k[1][:, None] ** 2 + k[2] ** 2)
    return np.fft.ifftn(np.fft.fftn(density) * function(k)).real.astype(np.float32)


def test_occupancies_come_out_of_a_clean_map(clean, groups):
    assert_near_truth(found_in(clean, groups), 0.005)


@pytest.mark.parametrize(("factor", "offset"), [(1e-4, 0), (3e4, 0), (1e-20, 0), (1e20, 0), (1, 50.0), (2, -7.0)])
def test_units_and_background_of_a_map_do_not_matter(clean, groups, factor, offset):
    assert_near_truth(found_in(clean * np.float32(factor) + np.float32(offset), groups), 0.01)


@pytest.mark.parametrize("b_factor", [-50, 100, 200])
def test_sharpening_and_blurring_a_map_does_not_matter(clean, groups, b_factor):
    assert_near_truth(found_in(filtered(clean, VOXEL, lambda k: np.exp(-b_factor * k**2 / 4)), groups), 0.01)


def test_a_map_without_its_lowest_frequencies_tells_with_larger_errors(clean, groups):
    plain = found_in(clean, groups)
    rows = found_in(filtered(clean, VOXEL, lambda k: k >= 1 / 40), groups)
    assert all(abs(rows[chain].occupancy - TRUTH[chain]) < 2 * rows[chain].standard_error for chain in TRUTH)
    assert all(rows[chain].standard_error > 2 * plain[chain].standard_error for chain in TRUTH)


def test_b_factors_that_the_model_lacks_are_taken_up(model, groups):
    positions, chains = model
    variances = VARIANCE + np.vectorize({"A": 0.0, "B": 0.9, "C": 0.4}.get)(chains)  # up to 71 Å²
    density = density_of(positions, np.vectorize(TRUTH.get)(chains), variances)
    assert_near_truth(found_in(density, groups), 0.025)


def test_two_standard_errors_hold_the_truth_in_noise_and_wrong_coordinates(model, clean):
    positions, chains = model
    inside = {1: [], 2: []}
    for seed in range(6):
        moved = positions + np.random.default_rng(seed).normal(0, 0.3, positions.shape)
        rows = found_in(clean + noise_like(clean, 0.3, seed), groups_of(moved, chains), reference=["A"])
        for chain in "BC":
            off = abs(rows[chain].occupancy - TRUTH[chain]) / rows[chain].standard_error
            for limit, held in inside.items():
                held.append(off < limit)
    assert np.mean(inside[2]) >= 0.9
    assert np.mean(inside[1]) >= 0.5


def test_more_noise_means_larger_errors(clean, groups):
    quiet, loud = (found_in(clean + noise_like(clean, level), groups) for level in (0.1, 1.0))
    assert all(loud[chain].standard_error > quiet[chain].standard_error for chain in TRUTH)


def test_half_maps_tell_the_noise_that_a_mask_hides(model, clean, groups):
    positions, _ = model
    halves = [clean + noise_like(clean, 1.0, seed) for seed in (1, 2)]
    near = density_of(positions, np.ones(len(positions)), 30.0) > 0.002
    density = np.where(near, (halves[0] + halves[1]) / 2, 0).astype(np.float32)
    rows = found_in(density, groups, half_maps=halves)
    assert_near_truth(rows, 0.1)
    spread = np.std([found_in(clean + noise_like(clean, 0.7, s), groups)["B"].occupancy for s in range(8)])
    assert rows["B"].standard_error > 0.7 * spread


def test_any_voxel_sizes_and_origin_give_the_same(model, groups):
    positions, chains = model
    sizes, origin = (2.5, 1.8, 2.1), (-20.0, 7.5, 300.0)
    density = density_of(positions, np.vectorize(TRUTH.get)(chains), VARIANCE, (48, 72, 54), sizes)
    moved = groups_of(positions + origin, chains)
    assert_near_truth(found_in(density, moved, sizes, origin=origin), 0.01)


def test_the_reference_that_is_given_is_1(clean, groups):
    found = refine(clean, VOXEL, groups, reference=["B"])
    rows = {row.group: row.occupancy for row in found.rows}
    assert found.reference == ["B"]
    assert rows["B"] == pytest.approx(1)
    assert rows["A"] == pytest.approx(1 / 0.6, abs=0.02)


def test_the_default_reference_is_a_plateau_not_an_outlier():
    occupancies = np.array([1.4, 1.01, 0.99, 1.0, 0.5, 0.2])
    weights = np.array([1.0, 30, 30, 30, 30, 30])
    chosen = default_reference(occupancies, weights, np.full(6, 0.01))
    assert chosen.tolist() == [False, True, True, True, False, False]


def test_noise_of_many_groups_does_not_raise_the_default_reference(random):
    occupancies = random.normal(1, 0.1, 400)
    chosen = default_reference(occupancies, np.ones(400), np.full(400, 0.1))
    assert occupancies[chosen].mean() == pytest.approx(1, abs=0.02)


def test_a_group_of_another_kind_than_the_reference_is_no_surer_than_the_ice_that_both_displace(model, groups):
    positions, _ = model
    # Ice displaced for what is scattered: protein and RNA.
    displaced = {"A": 1.33, "B": 1.33, "C": 0.88}
    kinds = {
        name: Group(group.positions, np.full(len(group), 1 + ice), np.full(len(group), ice / ICE), group.variance)
        for (name, group), ice in zip(groups.items(), displaced.values(), strict=True)
    }
    rows = found_in(density_of(positions, np.ones(len(positions)), VARIANCE), kinds, reference=["A"])
    assert rows["B"].standard_error < 0.02
    assert 0.043 < rows["C"].standard_error < 0.06


def test_what_all_parts_of_a_group_have_in_common_is_no_deviation(clean, groups):
    model = GroupModel(SHAPE, (VOXEL,) * 3, list(groups.values()), 8.0)
    fitted = model.fit(model.grid.coefficients(clean, 1.0))
    lowered = model.at(fitted, fitted.occupancies * [1, 0.8, 1], fitted.b_shifts)
    deviations = PartFit(model, lowered).deviations
    assert np.bincount(model.part_group, model.part_weights * deviations) == pytest.approx(
        0, abs=1e-6 * model.weights[0]
    )
    assert np.abs(deviations).max() > 0


def test_an_absent_group_reads_0(model, groups):
    positions, chains = model
    density = density_of(positions, (chains != "C").astype(float), VARIANCE)
    assert found_in(density, groups)["C"].occupancy == pytest.approx(0, abs=0.02)


def test_a_group_out_of_its_place_is_told(model, clean):
    positions, chains = model
    moved = positions + np.where(chains == "B", 1, 0)[:, None] * [0, 0, 2.5]
    rows = found_in(clean, groups_of(moved, chains))
    (note,) = rows["B"].notes
    length, *shift = (float(number) for number in re.findall(r"-?\d+\.\d", note))
    assert note.startswith("displaced? a shift of ")
    assert length == pytest.approx(2.5, abs=0.6)
    assert shift == pytest.approx([0, 0, -length], abs=0.1)
    assert not rows["A"].notes
    assert rows["B"].correlation < rows["A"].correlation


def test_identical_copies_share_what_is_there_and_are_told(model, clean):
    positions, chains = model
    twice = np.concatenate([positions, positions[chains == "B"]])
    rows = found_in(clean, groups_of(twice, [*chains, *["B2"] * 600]))
    assert rows["B"].occupancy + rows["B2"].occupancy == pytest.approx(0.6, abs=0.02)
    assert any("cannot be told apart from B2" in note for note in rows["B"].notes)


def test_atoms_outside_the_map_are_left_out_and_told(model, clean):
    positions, chains = model
    far = positions.copy()
    far[:100] += 1000
    rows = found_in(clean, groups_of(far, chains))
    assert rows["A"].atoms == 500
    assert any("17% of its atoms are outside the map" in note for note in rows["A"].notes)
    lost = groups_of(np.concatenate([positions, positions[:5] + 1000]), [*chains, *["Z"] * 5])
    assert np.isnan(found_in(clean, lost)["Z"].occupancy)
    assert found_in(clean, lost)["Z"].notes == ["outside the map"]


def test_a_group_of_three_atoms_says_that_it_is_small(model, clean):
    positions, chains = model
    more = groups_of(np.concatenate([positions, positions[:3] + 30]), [*chains, *["ION"] * 3])
    assert any("too small" in note for note in found_in(clean, more)["ION"].notes)


def test_a_model_that_is_not_in_the_map_is_refused(model, clean):
    positions, chains = model
    with pytest.raises(OccuPyError, match="the model is not in the map"):
        refine(noise_like(clean, 1.0), VOXEL, groups_of(positions, chains))
    with pytest.raises(OccuPyError, match="atoms are outside the map; expected a model in its place"):
        refine(clean, VOXEL, groups_of(positions + 400, chains))


def lacking(model, *chains):
    """The groups of a model without some chains."""
    positions, names = model
    kept = ~np.isin(names, chains)
    return groups_of(positions[kept], names[kept])


def test_a_chain_that_the_model_lacks_does_not_change_the_others(model, clean):
    rows = found_in(clean, lacking(model, "B"))
    assert rows["C"].occupancy == pytest.approx(TRUTH["C"], abs=0.02)
    assert "B" not in rows
    assert not any("displaced" in note for row in rows.values() for note in row.notes)


@pytest.mark.parametrize("chain", "AB")
def test_what_the_model_does_not_explain_is_told(model, clean, chain):
    found = refine(clean, VOXEL, lacking(model, chain))
    assert found.unexplained == pytest.approx(TRUTH[chain] / sum(TRUTH.values()), abs=0.05)
    assert f"{found.unexplained:.0%} of the density in this map is not explained by the model" in found.warnings[0]
    assert found.as_dict()["unexplained"] == found.unexplained
    assert found.correlation > 0.95


def test_what_a_map_without_its_lowest_frequencies_does_not_tell_is_a_least_share(model, clean):
    found = refine(filtered(clean, VOXEL, lambda k: k >= 1 / 40), VOXEL, lacking(model, "A"))
    assert found.warnings[0].startswith("At least ")


@pytest.mark.parametrize("level", [0, 0.1, 0.3, 1.0])
def test_a_whole_model_leaves_nothing_unexplained_in_any_noise(clean, groups, level):
    found = refine(clean + noise_like(clean, level), VOXEL, groups)
    assert found.unexplained == 0
    assert not found.warnings


@pytest.mark.parametrize("lowpass", [4.5, 14.0, 20.0])
def test_a_whole_model_leaves_nothing_unexplained_at_any_resolution(clean, groups, lowpass):
    assert refine(clean + noise_like(clean, 0.1), VOXEL, groups, lowpass=lowpass).unexplained == 0


def test_a_blob_far_from_the_model_is_not_taken_for_what_it_lacks(clean, groups):
    blob = density_of(np.full((1, 3), 20.0), [12.0], 3.0)
    model = GroupModel(clean.shape, (VOXEL,) * 3, list(groups.values()), 8.0)
    filled = model.densities.sum(axis=1)
    assert beads_in(model.grid, filled, list(groups.values()), model.grid.coefficients(clean + blob, 1)) is None
    many = density_of(np.full((1, 3), 20.0), [120.0], 20.0)
    assert beads_in(model.grid, filled, list(groups.values()), model.grid.coefficients(clean + many, 1)) is not None


def test_what_the_model_lacks_is_no_reference(model, clean):
    found = refine(clean, VOXEL, lacking(model, "A"))
    assert found.reference == ["B"]


def test_a_model_that_lacks_a_chain_guides_a_scale_at_its_own_atoms(model, clean):
    refinement, positions, occupancies = Refiner(clean.shape, VOXEL, lacking(model, "B")).refine_atoms(clean)
    np.testing.assert_allclose(positions, model[0][model[1] != "B"], atol=1e-6)
    assert occupancies.shape == (1200,)
    assert occupancies[600:].mean() == pytest.approx(TRUTH["C"], abs=0.05)
    assert refinement.unexplained > 0.2


def test_what_is_refused_is_out_of_its_place_or_far_from_complete():
    usable = {"occupancies": np.ones(2), "transfer": np.ones(9)}
    assert unusable(**usable, correlated=0.9, alone=0.3, unexplained=0.8) == ""
    assert "far from complete: it leaves 80%" in unusable(**usable, correlated=0.8, alone=0.3, unexplained=0.8)
    assert "not in the map" in unusable(**usable, correlated=0.6, alone=0.3, unexplained=0.8)
    assert "not in the map" in unusable(**usable, correlated=0.3)


def test_a_map_of_inverted_contrast_is_refused(clean, groups):
    with pytest.raises(OccuPyError, match=r"contrast looks inverted.*multiply the map by -1"):
        refine(-clean, VOXEL, groups)


def test_a_model_turned_in_the_map_is_doubted(model, clean):
    positions, chains = model
    centre = positions.mean(axis=0)
    turned = Rotation.from_euler("y", 90, degrees=True).apply(positions - centre) + centre
    found = refine(clean, VOXEL, groups_of(turned, chains))
    assert any("is the model in its place (fitmap)" in sentence for sentence in found.warnings)


def test_one_refiner_serves_several_maps(clean, groups):
    refiner = Refiner(clean.shape, VOXEL, groups)
    first, second = refiner.refine(clean), refiner.refine(clean * 3)
    assert [row.occupancy for row in first.rows] == pytest.approx([row.occupancy for row in second.rows], abs=1e-4)


def test_the_same_input_gives_the_same_errors(clean, groups):
    loud = clean + noise_like(clean, 0.5)
    assert str(found_in(loud, groups)) == str(found_in(loud, groups))  # NaN is not equal to itself


@pytest.mark.parametrize(
    ("keywords", "sentence"),
    [
        ({"reference": ["X"]}, "the reference X is not a group; expected some of A, B, C"),
        ({"reference": []}, "is not a group"),
        ({"half_maps": [np.arange(64.0).reshape(4, 4, 4)]}, "1 half maps were given, but must be two"),
        ({"half_maps": [np.arange(64.0).reshape(4, 4, 4)] * 2}, "the half map has shape"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(clean, groups, keywords, sentence):
    with pytest.raises(OccuPyError, match=sentence):
        refine(clean, VOXEL, groups, **keywords)


@pytest.mark.parametrize("lowpass", [1.0, 500.0])
def test_a_lowpass_that_the_map_cannot_hold_is_refused(clean, groups, lowpass):
    with pytest.raises(SettingError, match=f"lowpass is {lowpass:g} Å, but must be at least 4.2 Å"):
        refine(clean, VOXEL, groups, lowpass=lowpass)


def test_too_many_groups_are_refused_with_what_to_use_instead(clean):
    positions = np.full((5001, 3), 50.0)
    with pytest.raises(OccuPyError, match="5001 groups; expected at most 5000: group atoms by segment or chain"):
        refine(clean, VOXEL, groups_of(positions, np.arange(5001).astype(str)))


def test_no_groups_are_refused(clean):
    with pytest.raises(OccuPyError, match="no groups"):
        refine(clean, VOXEL, {})


@pytest.mark.parametrize("count", [3, 60, 300])
def test_groups_with_all_their_atoms_at_one_point_have_the_same_occupancy(clean, model, count):
    point = model[0][300]
    positions = np.concatenate([model[0], np.tile(point, (count, 1))])
    labels = [*model[1], *(f"p{i}" for i in range(count))]
    rows = found_in(clean, groups_of(positions, labels))
    alike = [rows[f"p{i}"] for i in range(count)]
    assert np.isfinite([(row.occupancy, row.standard_error) for row in rows.values()]).all()
    assert np.ptp([row.occupancy for row in alike]) < 0.01


def test_more_groups_than_a_small_box_tells_apart_get_occupancies(random):
    """Their normal equations are singular but for the prior, which rounding outweighs in single precision."""
    shape, count = (16, 16, 16), 600
    positions = random.uniform(4, 26, (count, 3))
    density = np.zeros(shape, np.float32)
    np.add.at(density, tuple(np.rint(positions[:, ::-1] / VOXEL).astype(int).T), 1)
    density = ndimage.gaussian_filter(density, 1.3) + random.normal(0, 0.01, shape).astype(np.float32)
    groups, _ = make_groups(positions, np.full(count, "C"), [f"g{i}" for i in range(count)])
    rows = refine(density, VOXEL, groups).rows
    assert np.isfinite([(row.occupancy, row.standard_error) for row in rows]).all()


@pytest.mark.parametrize("fraction", [np.nan, np.inf, -1.0, 1e30])
def test_fractions_that_are_no_shares_are_refused(model, fraction):
    with pytest.raises(OccuPyError, match="fractions must be numbers from 0 to 1"):
        groups_of(*model, fractions=np.full(1800, fraction))


@pytest.mark.parametrize("solvent", [True, False])
@pytest.mark.parametrize("fraction", [0.0, 1e-30])
def test_groups_of_no_scattering_are_refused_by_name(clean, model, fraction, solvent):
    groups = groups_of(*model, fractions=np.where(model[1] == "B", fraction, 1))
    with pytest.raises(OccuPyError, match="B scatters no more than"):
        refine(clean, VOXEL, groups, solvent=solvent)


@pytest.mark.parametrize(
    ("keywords", "sentence"),
    [
        ({"b_factors": np.ones((1800, 2))}, "1800 b_factors, but 1800 positions; expected one for each atom"),
        ({"fractions": ["half"] * 1800}, "fractions must be numbers"),
        ({"b_factors": [None] * 1799 + ["x"]}, "b_factors must be numbers"),
        ({"fractions": 1.0}, "there are no fractions, but 1800 positions"),
    ],
)
def test_what_is_not_one_value_for_each_atom_is_refused(model, keywords, sentence):
    with pytest.raises(OccuPyError, match=sentence):
        groups_of(*model, **keywords)


@pytest.mark.parametrize("positions", ["abc", None, 3.0, [[1, 2], [3]], np.ones(9), [["a"] * 3]])
def test_what_are_no_positions_is_refused(positions):
    with pytest.raises(OccuPyError, match="positions must be"):
        make_groups(positions, ["C"] * 9, list("AAABBBCCC"))


@pytest.mark.parametrize("factor", [1e-20, 1e20])
def test_half_maps_of_another_scale_are_refused(clean, groups, factor):
    halves = [factor * (clean + noise_like(clean, 0.05, seed)).astype(float) for seed in (1, 2)]
    with pytest.raises(OccuPyError, match="expected the halves of this map, on its scale"):
        refine(clean, VOXEL, groups, half_maps=halves)


@pytest.mark.parametrize("origin", [(0, 0), "here", (np.nan, 0, 0), None])
def test_what_is_no_origin_is_refused(clean, groups, origin):
    with pytest.raises(SettingError, match=r"origin is .*, but must be three finite numbers"):
        refine(clean, VOXEL, groups, origin=origin)


def test_what_is_no_lowpass_is_refused(clean, groups):
    with pytest.raises(SettingError, match="lowpass is sharp Å, but must be at least"):
        refine(clean, VOXEL, groups, lowpass="sharp")


def test_the_pair_that_make_groups_returns_is_refused_in_place_of_its_groups(clean, model):
    with pytest.raises(OccuPyError, match="the groups are a tuple; expected a dict, the first that make_groups gives"):
        refine(clean, VOXEL, make_groups(model[0], ["C"] * 1800, model[1]))


def test_a_step_of_the_fit_that_is_ill_conditioned_is_not_told_to_the_user(clean, groups, monkeypatch):
    solve, asked = optimize.anderson, []

    def warning(*arguments, **keywords):
        asked.append(True)
        warnings.warn("Ill-conditioned matrix", LinAlgWarning, stacklevel=2)
        return solve(*arguments, **keywords)

    monkeypatch.setattr(optimize, "anderson", warning)
    assert_near_truth(found_in(clean, groups))
    assert asked
