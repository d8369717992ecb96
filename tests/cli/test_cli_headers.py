"""Map files go through the program with their headers, and whatever their axis order or number type."""

import io

import chimerax.occupy as library
import mrcfile
import numpy as np
import pytest

VOXEL_SIZE_XYZ = (1.4, 1.6, 1.7)
LABELS = ("::::EMDATABANK.org::::EMD-0000::::", "second label")
HEADER = {
    "nxstart": -7,
    "nystart": 3,
    "nzstart": 11,
    "origin": (10.5, -20.25, 3.0),
    "mx": 50,
    "my": 60,
    "mz": 70,
    "cella": (50 * 1.4, 60 * 1.6, 70 * 1.7),
    "ispg": 1,
}
KEPT = ("nx", "ny", "nz", *HEADER, "cellb", "mapc", "mapr", "maps")


@pytest.fixture(scope="module")
def turned(tmp_path_factory, store, density, occupy):
    """A function from an axis order to the folder where the map, stored so, was equalised."""
    done = {}

    def run(order):
        if order not in done:
            done[order] = folder = tmp_path_factory.mktemp(order)
            source = store(folder / "map.mrc", density, order=order, labels=LABELS, **HEADER)
            result = occupy("equalize", source)
            assert result.returncode == 0, result.stderr
        return done[order]

    return run


@pytest.mark.parametrize("order", ["xyz", "zyx", "yxz", "yzx"])
@pytest.mark.parametrize("name", ["map_equalized.mrc", "map_equalized_scale.mrc"])
class TestEveryAxisOrder:
    def test_the_header_of_the_map_survives(self, turned, load, order, name):
        before, after = load(turned(order) / "map.mrc")[1], load(turned(order) / name)[1]
        for field in KEPT:
            assert after[field] == before[field], field
        with mrcfile.open(turned(order) / name) as file:
            sizes = np.array(file.voxel_size.item())
        assert sizes == pytest.approx(VOXEL_SIZE_XYZ, rel=1e-6)

    def test_the_result_is_that_of_the_standard_order(self, turned, load, order, name):
        assert np.array_equal(load(turned(order) / name)[0], load(turned("xyz") / name)[0])

    def test_the_output_is_a_valid_float32_map_with_one_more_label(self, turned, load, order, name):
        path = turned(order) / name
        problems = io.StringIO()
        assert mrcfile.validate(path, print_file=problems), problems.getvalue()
        with mrcfile.open(path) as file:
            assert file.header.mode == 2
            *labels, added = file.get_labels()
        assert labels == list(LABELS)
        assert added.startswith("OccuPy")


def test_the_standard_order_gives_what_the_python_api_gives(turned, load, density):
    expected = library.equalize(density, VOXEL_SIZE_XYZ[::-1])
    assert np.array_equal(load(turned("xyz") / "map_equalized.mrc")[0], expected)


@pytest.mark.parametrize(
    ("name", "kind", "mode"),
    [
        ("map.mrc.gz", np.float32, 2),
        ("map.map.bz2", np.float32, 2),
        ("map.ccp4", np.int8, 0),
        ("map.mrc", np.int16, 1),
        ("map.rec", np.uint16, 6),
        ("map.MAP", np.float16, 12),
        ("map.mrc", ">f4", 2),
    ],
)
def test_all_compressions_and_number_types_are_read_and_float32_is_written(
    occupy, store, load, density, tmp_path, name, kind, mode
):
    scale, offset = {np.float32: (1, 0), ">f4": (1, 0), np.float16: (1, 0), np.int8: (50, 0)}.get(kind, (1000, 0))
    values = (np.rint(density * scale) if scale > 1 else density) + offset
    values = np.maximum(values, 0).astype(kind) if kind is np.uint16 else values.astype(kind)
    source = store(tmp_path / name, values)
    assert load(source)[1].mode == mode
    result = occupy("estimate", source)
    assert result.returncode == 0, result.stderr
    found, header = load(tmp_path / "map_occupancy.mrc")
    assert header.mode == 2
    assert header.nlabl == 2
    assert np.array_equal(found, library.estimate(values.astype(np.float32), 1.5).scale)


@pytest.mark.parametrize(("before", "kept"), [(9, 9), (10, 9)])
def test_a_label_is_added_and_all_are_kept_that_ten_leave_room_for(occupy, store, density, tmp_path, before, kept):
    labels = [f"label {i}" for i in range(before)]
    assert occupy("estimate", store(tmp_path / "map.mrc", density, labels=labels)).returncode == 0
    with mrcfile.open(tmp_path / "map_occupancy.mrc") as file:
        *old, added = file.get_labels()
    assert added.startswith("OccuPy")
    assert len(old) == kept
    assert old == [label for label in labels if label in old]


def test_voxel_size_replaces_that_of_the_header(occupy, map_file, load, density, tmp_path):
    assert occupy("estimate", map_file, "--voxel-size", 2).returncode == 0
    scale, header = load(tmp_path / "map_occupancy.mrc")
    assert header.cella.item() == tuple(2 * n for n in density.shape[::-1])
    assert np.array_equal(scale, library.estimate(density, 2).scale)


def test_a_voxel_size_that_no_map_has_is_refused(refusal, map_file):
    expected = "--voxel-size is 1e+308 Å, but must be above 0 along every axis, at least 0.001 and at most 10000 Å"
    assert refusal("mask", map_file, "--voxel-size", "1e308") == f"{map_file}: {expected}"


UNSET = {"cella": (0, 0, 0)}, {"cella": (0, 0, 0), "mx": 0, "my": 0, "mz": 0}


@pytest.mark.parametrize("fields", UNSET, ids=["no cell", "no cell and sampling"])
def test_a_header_without_voxel_size_is_refused_until_one_is_given(
    refusal, occupy, store, load, density, tmp_path, fields
):
    source = store(tmp_path / "map.mrc", density, **fields)
    assert "voxel size" in (sentence := refusal("estimate", source))
    assert "--voxel-size" in sentence
    result = occupy("estimate", source, "--voxel-size", 1.5)
    assert result.returncode == 0, result.stderr
    with mrcfile.open(tmp_path / "map_occupancy.mrc") as file:
        assert file.voxel_size.item() == (1.5, 1.5, 1.5)
    assert np.array_equal(load(tmp_path / "map_occupancy.mrc")[0], library.estimate(density, 1.5).scale)


@pytest.mark.parametrize("header_size", [0, 3])
def test_voxel_size_holds_for_a_mask_that_has_the_header_of_the_map(occupy, store, density, tmp_path, header_size):
    source = store(tmp_path / "map.mrc", density, header_size)
    mask = store(tmp_path / "mask.mrc", (density < 0.1).astype(np.int8), header_size)
    result = occupy("estimate", source, "--voxel-size", 1.5, "--solvent-mask", mask)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "fields", [{"mapc": 0, "mapr": 0, "maps": 0}, {"cellb": (0, 0, 0)}], ids=["axis order", "cell angles"]
)
def test_fields_left_at_zero_mean_the_usual(occupy, store, density, tmp_path, fields):
    """ChimeraX, too, reads no axis order as 1, 2, 3 and no cell angles as right angles."""
    result = occupy("estimate", store(tmp_path / "map.mrc", density, **fields))
    assert result.returncode == 0, result.stderr
    assert np.array_equal(mrcfile.read(tmp_path / "map_occupancy.mrc"), library.estimate(density, 1.5).scale)
