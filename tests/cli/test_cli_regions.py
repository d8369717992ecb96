"""`occupy solvent`, `mask` and `measure`: what is made of a map's solvent model and of its scale map."""

import csv
import json
import re

import chimerax.occupy as library
import numpy as np
import pytest


@pytest.fixture(scope="module")
def expected(density):
    return library.estimate(density, 1.5)


@pytest.fixture(scope="module")
def scale_file(tmp_path_factory, store, expected):
    """The scale map in a file with an unusual axis order and start."""
    path = tmp_path_factory.mktemp("scale") / "scale.mrc"
    return store(path, expected.scale, order="zxy", nxstart=-5, origin=(1, 2, 3))


@pytest.fixture(scope="module")
def halves(tmp_path_factory, store, density):
    """Masks of the two halves of the box along x, in files, and as arrays."""
    folder, x = tmp_path_factory.mktemp("halves"), np.arange(density.shape[2]) + np.zeros(density.shape)
    arrays = x < 22, x >= 22
    return [store(folder / f"half{i}.mrc", array.astype(np.int8)) for i, array in enumerate(arrays)], arrays


@pytest.fixture(
    scope="module",
    params=[((), "map_confidence"), (("--remove-solvent", "--hedge", 2), "map_without_solvent")],
    ids=["confidence", "removed"],
)
def solvent(request, occupy, store, density, tmp_path_factory):
    """A run of `occupy solvent`: its folder, its options, and with what the names of its outputs begin."""
    options, stem = request.param
    folder = tmp_path_factory.mktemp("solvent")
    result = occupy("solvent", store(folder / "map.mrc", density), *options)
    assert result.returncode == 0, result.stderr
    return folder, options, stem


def test_solvent_writes_the_confidence_or_the_map_whose_solvent_is_at_its_mean(solvent, load, density, expected):
    folder, options, stem = solvent
    names = {f"{stem}{ending}" for ending in (".mrc", "_scale.mrc", ".png", ".cxc", ".json")}
    assert {path.name for path in folder.iterdir()} == names | {"map.mrc"}
    made = load(folder / f"{stem}.mrc")[0]
    without = library.modify(density, 1.5, estimate=expected, power=1, keep_noise=True, hedge=2, clip=False).density
    assert np.array_equal(made, without if options else expected.confidence())
    assert not options or np.isclose(made, expected.solvent.mean).mean() > 0.5
    assert np.array_equal(load(folder / f"{stem}_scale.mrc")[0], expected.scale)
    record = json.loads((folder / f"{stem}.json").read_text(encoding="utf-8"))
    assert record["limits"]["solvent_sigma"] == expected.solvent.sigma
    assert record["hedge"] == (2 if options else 1)


def test_the_script_of_solvent_opens_every_map_that_was_written(solvent):
    folder, _, stem = solvent
    script = (folder / f"{stem}.cxc").read_text(encoding="utf-8")
    opened = re.findall(r'^open "(.+)" name \w+$', script, re.MULTILINE)
    assert {f"{stem}.mrc", f"{stem}_scale.mrc"} <= set(opened)


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        ((), {}),
        (("--threshold", 0.4, "--soft-edge", 4), {"threshold": 0.4, "soft_edge": 4}),
        (
            ("--mask-from", "attenuate", "--power", 3, "--invert"),
            {"mask_from": "attenuate", "power": 3, "invert": True},
        ),
        (("--mask-from", "sigmoid", "--pivot", 0.3), {"mask_from": "sigmoid", "pivot": 0.3}),
    ],
)
def test_a_mask_is_that_of_the_python_api_on_the_grid_of_the_scale_map(
    occupy, scale_file, load, expected, tmp_path, options, settings
):
    result = occupy("mask", scale_file, *options, "--output-dir", tmp_path)
    assert result.returncode == 0, result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"scale_mask.mrc", "scale_mask.json"}
    mask, header = load(tmp_path / "scale_mask.mrc")
    assert np.array_equal(mask, library.make_mask(expected.scale, 1.5, **settings))
    for field in ("mapc", "mapr", "maps", "nxstart", "origin", "cella"):
        assert header[field] == load(scale_file)[1][field]
    if "mask_from" not in settings:
        inside = expected.scale >= settings.get("threshold", 0.1)
        assert np.array_equal(mask == 1, inside)
    assert json.loads((tmp_path / "scale_mask.json").read_text(encoding="utf-8"))["mask"].items() >= settings.items()


def test_measure_tells_mean_quartiles_size_and_the_published_figure_of_each_region(
    occupy, scale_file, halves, store, density, expected, tmp_path
):
    paths, arrays = halves
    before = store(tmp_path / "map.mrc", density)
    result = occupy("measure", scale_file, "--masks", *paths, "--map", before)
    assert result.returncode == 0, result.stderr
    rows = [line.split() for line in result.stdout.splitlines() if line.endswith(tuple(map(str, paths)))]
    assert [row[-1] for row in rows] == [str(path) for path in paths]
    strongest = max(expected.lowpassed[region].mean(dtype=float) for region in arrays)
    for row, region in zip(rows, arrays, strict=True):
        values = expected.scale[region].astype(float)
        relative = expected.lowpassed[region].mean(dtype=float) / strongest
        published = library.published_occupancy(expected.lowpassed, region)
        numbers = [values.mean(), *np.percentile(values, (25, 50, 75)), region.sum(), relative, published]
        assert [float(text) for text in row[:-1]] == pytest.approx(numbers, abs=0.00051)
    assert [path.name for path in tmp_path.iterdir()] == ["map.mrc"]
    assert len(list(scale_file.parent.iterdir())) == 1


@pytest.mark.parametrize("command", ["mask", "measure"])
def test_a_map_that_is_no_scale_map_is_refused(refusal, map_file, halves, command):
    masks = ("--masks", halves[0][0]) if command == "measure" else ()
    assert "must lie within 0 to 1" in refusal(command, map_file, *masks)


def test_a_mask_that_would_be_empty_is_refused(refusal, store, density, tmp_path):
    scale = store(tmp_path / "scale.mrc", np.clip(density, 0, 1) / 2)
    assert "nowhere as high as the threshold" in refusal("mask", scale, "--threshold", 0.9, "--output-dir", "new")


@pytest.mark.parametrize("fault", ["missing", "on another grid", "of another voxel size", "of one value"])
def test_measure_refuses_a_region_that_is(refusal, scale_file, store, density, tmp_path, fault):
    mask, size = (density > 0.5).astype(np.float32), 1.6 if fault == "of another voxel size" else 1.5
    if fault != "missing":
        mask = {"on another grid": mask[1:], "of one value": mask * 0}.get(fault, mask)
        store(tmp_path / "mask.mrc", mask, size)
    assert "mask" in refusal("measure", scale_file, "--masks", "mask.mrc")


def test_measure_refuses_a_density_on_another_grid(refusal, scale_file, halves, store, density, tmp_path):
    store(tmp_path / "other.mrc", density[1:], 1.5)
    assert "both must be on one grid" in refusal("measure", scale_file, "--masks", *halves[0], "--map", "other.mrc")


def test_the_table_of_one_map_is_saved_as_json_and_as_comma_separated_values(occupy, scale_file, halves, tmp_path):
    json_file, csv_file = tmp_path / "table.json", tmp_path / "table.csv"
    result = occupy("measure", scale_file, "--masks", *halves[0], "--json", json_file, "--csv", csv_file)
    assert result.returncode == 0, result.stderr
    rows = json.loads(json_file.read_text(encoding="utf-8"))
    assert [row["region"] for row in rows] == [str(path) for path in halves[0]]
    assert rows_of(csv_file) == [{name: str(value) for name, value in row.items()} for row in rows]


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def two_scales(store, expected, tmp_path):
    """Scale maps, the second half as strong."""
    arrays = {"one": expected.scale, "two": expected.scale / 2}
    return [store(tmp_path / f"{name}.mrc", array) for name, array in arrays.items()], list(arrays.values())


@pytest.mark.parametrize("option", ["--json", "--csv"])
def test_the_tables_of_several_maps_are_one_file_in_which_each_row_names_its_map(
    occupy, two_scales, halves, tmp_path, option
):
    paths, arrays = two_scales
    table = tmp_path / "table"
    result = occupy("measure", paths[0], "missing.mrc", paths[1], "--masks", *halves[0], option, table)
    assert result.returncode == 1
    assert "missing.mrc: no such file" in result.stderr
    rows = json.loads(table.read_text(encoding="utf-8")) if option == "--json" else rows_of(table)
    assert [row["map"] for row in rows] == [str(path) for path in paths for _ in halves[0]]
    expected = [array[region].mean(dtype=float) for array in arrays for region in halves[1]]
    assert [float(row["mean"]) for row in rows] == pytest.approx(expected)


@pytest.mark.parametrize("options", [("--json", "table"), ("--csv", "table"), ("--json", "new", "--csv", "table")])
def test_a_table_that_exists_is_not_replaced_and_the_refusal_comes_before_the_work(refusal, tmp_path, options):
    (tmp_path / "table").write_text("mine")
    assert "table exists already; give --overwrite" in refusal("measure", "no.mrc", "--masks", "no.mrc", *options)


def test_one_file_cannot_be_both_tables(refusal):
    assert "table" in refusal("measure", "no.mrc", "--masks", "no.mrc", "--json", "table", "--csv", "table")


def test_the_sentence_on_a_mask_that_cannot_be_used_names_its_file(refusal, scale_file, store, density, tmp_path):
    store(tmp_path / "constant.mrc", np.zeros_like(density))
    assert "constant.mrc: the mask is 0 everywhere" in refusal("measure", scale_file, "--masks", "constant.mrc")
