"""Maps as arrays: what is read of a file, and that nothing that is written can change it."""

import bz2
import gzip
import os
import subprocess
import sys
import tracemalloc

import mrcfile
import numpy as np
import pytest
from chimerax.occupy.cli.files import mapfile
from chimerax.occupy.engine.errors import OccuPyError


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
    with pytest.raises(ValueError, match="read-only"):
        mapfile.read(map_file).density[0] = 1


def test_a_map_that_was_read_is_whole_when_its_file_is_shortened(map_file):
    """In a process of its own, as it ended by a signal where the file was mapped."""
    program = """
import os, sys
from chimerax.occupy.cli.files import mapfile

density = mapfile.read(sys.argv[1]).density
os.truncate(sys.argv[1], 1024)
sys.exit(not density.any())
"""
    assert subprocess.run([sys.executable, "-c", program, map_file]).returncode == 0


def test_a_file_that_is_shortened_while_it_is_read_is_told_in_a_sentence(map_file, monkeypatch):
    go_to_data = mapfile._go_to_data

    def shortened_after_its_size_was_checked(*arguments):
        go_to_data(*arguments)
        os.truncate(map_file, 100_000)

    monkeypatch.setattr(mapfile, "_go_to_data", shortened_after_its_size_was_checked)
    with pytest.raises(OccuPyError, match=r"map\.mrc .* 253440 bytes of data, but there are 98976$"):
        mapfile.read(map_file)


STORED = {"gzip": gzip.compress, "bzip2": bz2.compress, "plain": bytes}
ZEROS = bytes(1 << 26)
MEMORY_OF_THE_MAP = 20


@pytest.fixture
def most_memory():
    """A function that calls another and returns the most memory that it took."""

    def measure(function):
        tracemalloc.start()
        try:
            function()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    return measure


@pytest.mark.parametrize("compress", STORED.values(), ids=STORED)
@pytest.mark.parametrize("reading", [mapfile.read, mapfile.read_voxel_size])
def test_what_follows_a_map_takes_no_memory(map_file, density, most_memory, compress, reading):
    map_file.write_bytes(compress(map_file.read_bytes() + ZEROS))
    assert most_memory(lambda: reading(map_file)) <= MEMORY_OF_THE_MAP * density.nbytes
    np.testing.assert_array_equal(mapfile.read(map_file).density, density)


EXTENDED_HEADER = slice(92, 96)


@pytest.mark.parametrize("compress", STORED.values(), ids=STORED)
def test_an_extended_header_takes_no_memory(map_file, density, most_memory, compress):
    content = bytearray(map_file.read_bytes())
    content[EXTENDED_HEADER] = len(ZEROS).to_bytes(4, "little")
    map_file.write_bytes(compress(content[:1024] + ZEROS + content[1024:]))
    assert most_memory(lambda: mapfile.read(map_file)) <= MEMORY_OF_THE_MAP * density.nbytes
    np.testing.assert_array_equal(mapfile.read(map_file).density, density)


@pytest.mark.parametrize("compress", STORED.values(), ids=STORED)
def test_an_extended_header_that_is_not_there_takes_no_memory(map_file, density, most_memory, compress):
    content = bytearray(map_file.read_bytes())
    content[EXTENDED_HEADER] = (2**31 - 1).to_bytes(4, "little")
    map_file.write_bytes(compress(content))

    def refused():
        with pytest.raises(OccuPyError, match="253440 bytes of data, but there are 0"):
            mapfile.read(map_file)

    assert most_memory(refused) <= MEMORY_OF_THE_MAP * density.nbytes
    assert mapfile.read_voxel_size(map_file) == (1.5, 1.5, 1.5)


@pytest.mark.parametrize("reading", [mapfile.read, mapfile.read_voxel_size])
def test_what_no_map_has_is_no_voxel_size(store, density, tmp_path, reading):
    with pytest.raises(OccuPyError, match=r"voxel size of 1e\+06 Å along z .* at most 10000 Å; give --voxel-size"):
        reading(store(tmp_path / "map.mrc", density, voxel_size=1e6))
    text = tmp_path / "map.txt"
    text.write_text("text " * 1000)
    with pytest.raises(OccuPyError, match="cannot be read as a map"):
        reading(text)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_compressed_data_are_checked_to_their_end(map_file, compress):
    content = bytearray(compress(map_file.read_bytes()))
    content[-6] ^= 0xFF  # in the checksum
    map_file.write_bytes(content)
    with pytest.raises(OccuPyError, match=r"map\.mrc cannot be read as a map \(MRC or CCP4\): "):
        mapfile.read(map_file)


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
