"""Masks as columns of matrices, on maps that are added up here with known occupancies."""

import numpy as np
import pytest
from chimerax.occupy import OccupancyMatrix, OccuPyError, make_groups, refine_maps
from scipy import ndimage
from test_matrix import ATOMS, CHAINS, TRUTH, VOXEL, groups, maps_of, model, parts, without_d

__all__ = ["groups", "model", "parts", "without_d"]
"""Fixtures of the tests of matrices."""

OF_CHAIN = {f"mask {name}": i for i, name in enumerate(CHAINS)}


def mask_of(density):
    """A soft mask as users make it: low-passed, thresholded, dilated."""
    inside = ndimage.binary_dilation(density > 0.15 * density.max())
    return np.clip(ndimage.gaussian_filter(inside.astype(np.float32), 0.7), 0, 1)


@pytest.fixture(scope="module")
def masks(parts):
    return {name: mask_of(parts[i]) for name, i in OF_CHAIN.items()}


@pytest.fixture(scope="module")
def maps(parts):
    return list(maps_of(parts, background=0.02))


def columns(found, names):
    return found.occupancies[:, [found.groups.index(name) for name in names]]


def test_masks_tell_what_is_in_them_without_any_model(maps, masks):
    found = refine_maps(maps, VOXEL, {}, masks=masks)
    assert found.groups == found.masks == list(masks)
    assert np.abs(found.occupancies - TRUTH).mean() < 0.05
    assert np.abs(found.occupancies - TRUTH).max() < 0.1
    assert (np.abs(found.occupancies - TRUTH) < 2 * found.standard_errors).mean() > 0.8


def test_a_mask_is_relative_to_itself_in_reference_maps(maps, masks):
    found = refine_maps(maps, VOXEL, {}, masks=masks, reference_maps=["1"])
    np.testing.assert_allclose(found.occupancies, TRUTH, atol=0.1)
    against_half = refine_maps(maps, VOXEL, {}, masks=masks, reference_maps=["4"], reference=["mask A"])
    np.testing.assert_allclose(columns(against_half, ["mask D"])[[0, 3], 0], [2, 1], atol=0.2)
    assert any("Not there in the reference maps, and not set against them: mask B" in w for w in against_half.warnings)


def test_a_mask_of_what_the_model_lacks_takes_its_place_among_the_chains(maps, masks, without_d):
    alone = refine_maps(maps, VOXEL, without_d)
    found = refine_maps(maps, VOXEL, without_d, masks={"mask D": masks["mask D"]})
    np.testing.assert_allclose(columns(found, ["mask D"])[:, 0], TRUTH[:, 3], atol=0.08)
    np.testing.assert_allclose(columns(found, without_d), np.delete(TRUTH, 3, axis=1), atol=0.1)
    assert np.nanmax(alone.unexplained) > 0.1
    assert np.nanmax(found.unexplained) < 0.05


def test_masks_that_the_model_fills_are_told_and_leave_its_occupancies_as_they_are(maps, masks, groups):
    alone = refine_maps(maps, VOXEL, groups)
    found = refine_maps(maps, VOXEL, groups, masks={name: masks[name] for name in ("mask B", "mask C")})
    np.testing.assert_array_equal(columns(found, groups), alone.occupancies)
    np.testing.assert_allclose(columns(found, ["mask B", "mask C"]), TRUTH[:, [1, 2]], atol=0.1)
    assert any("The model fills most of the masks mask B, mask C" in warning for warning in found.warnings)


def test_a_mask_of_two_chains_tells_their_share_and_one_of_half_a_chain_that_of_it(maps, parts, model, groups):
    together = mask_of(parts[1] + parts[2])
    half = model["E"][model["E"][:, 1] > np.median(model["E"][:, 1])]
    places = np.rint(half[:, ::-1] / VOXEL).astype(int)
    density = np.zeros(maps[0].shape)
    np.add.at(density, tuple(places.T), 1)
    of_half = mask_of(ndimage.gaussian_filter(density, 1))
    found = refine_maps(maps, VOXEL, groups, masks={"BC": together, "half": of_half})
    np.testing.assert_allclose(columns(found, ["BC"])[:, 0], TRUTH[:, 1:3].mean(axis=1), atol=0.12)
    np.testing.assert_allclose(columns(found, ["half"])[:, 0], TRUTH[:, 4], atol=0.15)


def test_a_mask_is_the_same_whatever_the_units_of_the_maps(maps, masks, without_d):
    chosen = {"mask D": masks["mask D"]}
    units = np.float32([1e-20, 1, 1e20, 1e-4, 1e9, 1, 1, 1])
    scaled = [density * unit for density, unit in zip(maps, units, strict=True)]
    one, other = (refine_maps(some, VOXEL, without_d, masks=chosen) for some in (maps, scaled))
    np.testing.assert_allclose(one.occupancies, other.occupancies, atol=1e-3)


def test_nothing_is_told_of_motion_in_masks(maps, masks, groups):
    found = refine_maps(maps[:2], VOXEL, groups, masks={"mask B": masks["mask B"]}, flexibility=True)
    assert found.b_shifts.shape == (2, len(CHAINS) + 1)
    assert np.isnan(found.b_shifts[:, -1]).all()


def test_a_matrix_with_masks_comes_back_from_its_values(maps, masks):
    found = refine_maps(maps, VOXEL, {}, masks=masks)
    back = OccupancyMatrix.from_dict(found.as_dict())
    assert back.masks == found.masks
    assert back.as_csv() == found.as_csv()


def test_masks_that_are_the_same_are_told_not_to_be_told_apart(maps, masks):
    found = refine_maps(maps, VOXEL, {}, masks=masks | {"again": masks["mask B"]})
    notes = found.notes[0][found.groups.index("again")]
    assert "cannot be told apart from mask B" in notes


def test_a_mask_within_another_is_a_part_of_its_own_where_the_rest_of_that_is_one_part(maps, parts, masks):
    nested = {"ABC": np.maximum.reduce([masks[f"mask {name}"] for name in "ABC"]), "mask C": masks["mask C"]}
    rest = {name: masks[name] for name in ("mask D", "mask E", "mask F")}
    found = refine_maps(maps, VOXEL, {}, masks=nested | rest)
    as_one = TRUTH[:, 0] == TRUTH[:, 1]
    np.testing.assert_allclose(columns(found, ["mask C"])[as_one, 0], TRUTH[as_one, 2], atol=0.12)
    assert "The mask mask C is within ABC, which is then read without it." in found.warnings


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda mask: mask * 0, "the mask mask A is empty, 0 everywhere"),
        (lambda mask: mask - 0.5, "the values of the mask mask A go from -0.5 to 0.5; expected a mask"),
        (lambda mask: mask * 7, "go from 0 to 7; expected a mask, 0 outside and 1 inside, not a map"),
        (lambda mask: np.full_like(mask, np.nan), "the values of the mask mask A go from nan to nan"),
        (lambda mask: mask[1:], "the mask mask B has shape .*; expected that of the others"),
        (lambda mask: mask * 0 + 1, "the masks fill the whole box"),
    ],
)
def test_what_is_no_mask_is_told_in_one_sentence(maps, masks, change, message):
    some = {"mask A": change(masks["mask A"]), "mask B": masks["mask B"]}
    with pytest.raises(OccuPyError, match=message):
        refine_maps(maps, VOXEL, {}, masks=some)


def test_masks_need_maps_that_can_be_read_twice_and_something_to_be_relative_to(maps, masks, groups):
    one = {"mask A": masks["mask A"]}
    with pytest.raises(OccuPyError, match="can be taken once only"):
        refine_maps(iter(maps), VOXEL, groups, masks=one)
    with pytest.raises(OccuPyError, match="one mask and no model"):
        refine_maps(maps, VOXEL, {}, masks=one)
    with pytest.raises(OccuPyError, match="a mask and a group of atoms are both called A"):
        refine_maps(maps, VOXEL, groups, masks={"A": masks["mask A"]})
    with pytest.raises(OccuPyError, match=r"the map has shape .*; expected that of the masks"):
        refine_maps([density[1:] for density in maps], VOXEL, groups, masks=one)


def test_positions_of_a_model_off_the_first_voxel_are_those_of_the_masks(maps, masks, model):
    origin = np.array([100.0, -40.0, 7.0])
    positions = np.concatenate([places for name, places in model.items() if name != "D"]) + origin
    labels = np.repeat([name for name in CHAINS if name != "D"], ATOMS)
    groups, _ = make_groups(positions, ["C"] * len(positions), labels)
    found = refine_maps(maps, VOXEL, groups, origin=origin, masks={"mask D": masks["mask D"]})
    np.testing.assert_allclose(columns(found, ["mask D"])[:, 0], TRUTH[:, 3], atol=0.08)
