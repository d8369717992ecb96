"""Real maps, with all that their headers and their voxels may hold, go through the program."""

import json

import numpy as np
import pytest

MAPS = {
    "emd_11007": ("data", "emd_11007.map.gz"),
    "emd_3488": ("data", "emd_3488.mrc.gz"),
    "emd_5168": ("data", "emd_5168.map.gz"),
    "ispg_97": ("data", "ispg_97.mrc.gz"),
    "phantom64": ("reference", "phantom64.mrc"),
}
KEPT = ("nx", "ny", "nz", "nxstart", "nystart", "nzstart", "mx", "my", "mz", "mapc", "mapr", "maps", "cella", "origin")


@pytest.fixture(scope="module", params=MAPS)
def processed(request, shared_file, occupy, tmp_path_factory):
    """A real map, and the folder with what `estimate` and `equalize` made of it."""
    source, folder = shared_file(*MAPS[request.param]), tmp_path_factory.mktemp(request.param)
    for command in ("estimate", "equalize"):
        result = occupy(command, source, "--output-dir", folder)
        assert result.returncode == 0, result.stderr
    return source, folder / request.param


@pytest.fixture(scope="module")
def outputs(processed, load):
    """Data and header of the map, its estimate, its equalised map and the scale that was used for it."""
    source, stem = processed
    endings = ("occupancy", "equalized", "equalized_scale")
    return [load(source), *(load(stem.with_name(f"{stem.name}_{ending}.mrc")) for ending in endings)]


def test_outputs_are_on_the_grid_of_the_map(outputs):
    (density, header), *made = outputs
    for values, written in made:
        assert values.shape == density.shape
        assert [written[name] for name in KEPT] == [header[name] for name in KEPT]


def test_the_scale_goes_from_zero_to_one_and_is_the_same_from_both_commands(outputs):
    _, (scale, _), _, (used, _) = outputs
    assert scale.min() >= 0
    assert scale.max() == 1
    assert np.array_equal(scale, used)


def test_the_equalised_map_is_within_the_range_of_its_input_as_it_was_where_all_is_there_and_flat_in_solvent(outputs):
    (density, _), (scale, _), (equalized, _), _ = outputs
    assert np.isfinite(equalized).all()
    assert density.min() <= equalized.min()
    assert equalized.max() <= density.max()
    full, solvent = (equalized[where].std() / density[where].std() for where in (scale == 1, scale == 0))
    assert 0.8 < full < 1.06  # Its noise is left out, of which EMD-5168 has most.
    assert solvent < 0.25


def test_the_masked_map_and_no_other_is_called_masked(processed):
    _, stem = processed
    warnings = json.loads(stem.with_name(f"{stem.name}_occupancy.json").read_text(encoding="utf-8"))["warnings"]
    assert any("looks masked" in sentence for sentence in warnings) == (stem.name == "emd_3488")
