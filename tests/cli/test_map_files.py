"""Maps as arrays: what is read of a file, and that nothing that is written can change it."""

import os

import mrcfile
import numpy as np
import pytest
from chimerax.occupy.cli import mapfile


@pytest.mark.parametrize("order", ["xyz", "yzx"])
@pytest.mark.parametrize("numbers", ["<f4", ">f4", "<i2", ">i2", "<f2"])
def test_every_number_type_byte_order_and_axis_order_gives_the_same_array(store, density, tmp_path, order, numbers):
    values = np.round(density * 100).astype(numbers)
    found = mapfile.read(store(tmp_path / "map.mrc", values, order=order)).density
    assert found.dtype == np.float32
    assert found.dtype.isnative
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(found, values.astype(np.float32))


def test_a_map_that_was_read_cannot_be_written_to(map_file):
    found = mapfile.read(map_file).density
    before = map_file.read_bytes()
    if not found.flags.writeable:
        with pytest.raises(ValueError, match="read-only"):
            found[0] = 1
    else:
        found[0] = 1
    assert map_file.read_bytes() == before


def test_a_map_that_was_read_stays_as_it_was_when_its_file_is_replaced(map_file, density, tmp_path):
    source = mapfile.read(map_file)
    mapfile.write(tmp_path / "other.mrc", np.zeros_like(density), source, "label")
    os.replace(tmp_path / "other.mrc", map_file)
    np.testing.assert_array_equal(source.density, density)
    assert not mapfile.read(map_file).density.any()


def test_a_map_is_not_written_over_a_file_that_is_there(map_file, density):
    source = mapfile.read(map_file)
    with pytest.raises(FileExistsError):
        mapfile.write(map_file, np.zeros_like(density), source, "label")
    np.testing.assert_array_equal(mapfile.read(map_file).density, density)


def test_a_scale_map_may_be_replaced_by_the_command_that_reads_it(occupy, map_file, load, tmp_path):
    for options in ((), ("--overwrite", "--scale-map", tmp_path / "map_equalized_scale.mrc")):
        before = occupy("equalize", map_file, *options)
        assert before.returncode == 0, before.stderr
    first, second = (load(tmp_path / f"map_equalized{end}.mrc")[0] for end in ("", "_scale"))
    estimated = occupy("estimate", map_file)
    assert estimated.returncode == 0, estimated.stderr
    np.testing.assert_array_equal(second, load(tmp_path / "map_occupancy.mrc")[0])
    assert np.isfinite(first).all()


@pytest.mark.parametrize("order", ["xyz", "zxy"])
def test_the_header_tells_range_mean_and_deviation_of_the_data(store, density, tmp_path, order):
    source = mapfile.read(store(tmp_path / "map.mrc", density, order=order))
    values = (density * 3 + 700).astype(np.float32)
    mapfile.write(tmp_path / "made.mrc", values, source, "label")
    with mrcfile.open(tmp_path / "made.mrc") as file:
        header = file.header.copy()
    exact = values.astype(float)
    found = [float(header[name]) for name in ("dmin", "dmax", "dmean")]
    assert found == pytest.approx([exact.min(), exact.max(), exact.mean()], rel=1e-7)
    assert float(header.rms) == pytest.approx(exact.std(), rel=1e-6)
