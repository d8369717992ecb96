"""occupy refine with masks as columns of the matrix."""

import json

import mrcfile
import numpy as np
import pytest
from scipy import ndimage
from test_cli_matrix import TRUTH, densities, maps, model_file, refined
from test_cli_refine import SHAPE, VOXEL_SIZE, bundle, put, simulated, write

__all__ = ["densities", "maps", "model_file", "refined"]
"""Fixtures of the tests of matrices."""


def mask_of(chains):
    density = simulated(bundle(), {chain: float(chain in chains) for chain in "ABC"})
    inside = ndimage.binary_dilation(ndimage.gaussian_filter(density, 1) > 0.15 * density.max())
    return np.clip(ndimage.gaussian_filter(inside.astype(np.float32), 0.7), 0, 1)


@pytest.fixture
def masks(tmp_path, store):
    return [put(store, tmp_path / f"block_{chain}.mrc", mask_of(chain)) for chain in "ABC"]


def expected(chains):
    return [[TRUTH[name][chain] for chain in chains] for name in TRUTH]


def test_masks_alone_make_a_matrix(occupy, refined, maps, masks):
    found = refined(*maps, "--masks", *masks)
    assert found["groups"] == found["masks"] == ["block_A", "block_B", "block_C"]
    np.testing.assert_allclose(found["occupancies"], expected("ABC"), atol=0.12)


def test_a_mask_stands_beside_the_chains_of_a_model_that_lacks_it(refined, maps, masks, tmp_path):
    part = bundle()
    part[0].remove_chain("B")
    model = write(tmp_path / "part.cif", part)
    found = refined(*maps, "--atoms", model, "--masks", masks[1], "--reference-maps", maps[0])
    assert found["groups"] == ["A", "C", "block_B"]
    np.testing.assert_allclose(found["occupancies"], expected("ACB"), atol=0.1)


def test_what_was_read_is_used_again_with_masks_that_the_model_fills(refined, maps, masks, model_file, tmp_path):
    first = refined(*maps, "--atoms", model_file, "--masks", *masks[1:])
    assert any("The model fills most of the masks block_B, block_C" in warning for warning in first["warnings"])
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "occupancy_matrix_sums").iterdir()}
    again = refined(*maps, "--atoms", model_file, "--masks", *masks[1:], "--resume", "--reference-maps", maps[0])
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "occupancy_matrix_sums").iterdir()} == kept
    assert again["reference_maps"] == [str(maps[0])]
    np.testing.assert_allclose(np.array(again["occupancies"])[:, 3:], expected("BC"), atol=0.12)
    refined(*maps, "--atoms", model_file, "--masks", masks[1], "--resume")
    assert all(path.stat().st_mtime_ns != time for path, time in kept.items())


def test_a_mask_on_another_grid_is_brought_onto_that_of_the_maps(refined, maps, masks, tmp_path):
    with mrcfile.open(masks[1]) as file:
        coarse, header = np.ascontiguousarray(file.data[::2, ::2, ::2]), file.header.copy()
    with mrcfile.new(tmp_path / "coarse.mrc", coarse) as file:
        file.voxel_size = 2 * VOXEL_SIZE
        file.header.origin = header.origin
    found = refined(*maps, "--masks", masks[0], tmp_path / "coarse.mrc", masks[2])
    np.testing.assert_allclose(np.array(found["occupancies"])[:, 1], np.array(expected("B"))[:, 0], atol=0.15)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--masks", "map"], "is given as a mask and as a map"),
        (["--masks", "mask", "mask"], "is given twice; expected each mask once"),
        (["--masks", "mask"], "there is one mask and no model"),
        (["--masks", "mask", "half"], "expected a mask, 0 outside and 1 inside, not a map"),
        (["--masks", "mask", "absent.mrc"], "absent.mrc"),
        (["--each-atoms", "model", "--masks", "mask"], "--masks are of one box"),
        (["--masks", "mask", "half", "--symmetry", "C2"], "--symmetry is of a model, and there are only masks"),
        (["--masks", "mask", "half", "--alternatives", "A+B"], "--alternatives is of a model"),
        (["--masks", "mask", "half", "--by", "residue"], "--by is of a model"),
        (["--atoms", "model", "--masks", "A"], "a mask and a group of atoms are both called A"),
    ],
)
def test_what_cannot_be_a_mask_is_told_in_one_sentence(
    occupy, maps, masks, model_file, store, tmp_path, arguments, message
):
    given = {"map": maps[0], "mask": masks[0], "model": model_file}
    given["half"] = put(store, maps[0].parent / "half.mrc", 50 * mask_of("A") - 3)
    given["A"] = put(store, tmp_path / "A.mrc", mask_of("A"))
    done = occupy("refine", *maps, *(given.get(argument, argument) for argument in arguments))
    assert done.returncode != 0
    assert message in done.stderr
    assert done.stderr.count("occupy: ") == 1
    assert not list(tmp_path.glob("occup*"))


def test_maps_of_other_boxes_are_refused_with_masks(occupy, maps, masks, tmp_path):
    with mrcfile.new(tmp_path / "other.mrc", np.random.default_rng(1).random(SHAPE).astype(np.float32)) as file:
        file.voxel_size = 1.1 * VOXEL_SIZE
    done = occupy("refine", *maps, tmp_path / "other.mrc", "--masks", *masks)
    assert done.returncode != 0
    assert "other.mrc is not on the grid of" in done.stderr


def test_masks_are_for_several_maps(occupy, maps, masks, model_file):
    done = occupy("refine", maps[0], "--atoms", model_file, "--masks", masks[0])
    assert done.returncode != 0
    assert "--masks is for several maps" in done.stderr


def test_masks_are_in_the_record_and_no_model_is_spoken_of(occupy, maps, masks, tmp_path):
    done = occupy("refine", *maps, "--masks", *masks, "--overwrite")
    assert done.returncode == 0, done.stderr
    assert " with the masks on the mean" in done.stdout
    assert "the model" not in done.stdout
    saved = json.loads((tmp_path / "occupancy_matrix.json").read_text())
    assert [path.rsplit("/", 1)[-1] for path in saved["settings"]["masks"]] == [path.name for path in masks]
