"""Unusable input: status 1, one sentence that says what was wrong, nothing left behind."""

import bz2
import gzip
import os
import sys

import mrcfile
import numpy as np
import pytest


def bytes_of(change):
    """A writer of a bad file, from a function of the bytes of a good one."""
    return lambda path, good, store: path.write_bytes(change(good.read_bytes()))


def density_of(change, **fields):
    """A writer of a map with other voxels or another header."""

    def write(path, good, store):
        store(path, change(mrcfile.read(good)), **fields)

    return write


def image(path, good, store):
    with mrcfile.new(path, data=mrcfile.read(good)[0]) as file:
        file.voxel_size = 1.5


def first_voxels(count, value):
    """A function that sets so many voxels of a map to a value."""

    def change(density):
        density = density.copy()
        density.ravel()[:: density.size // count][:count] = value
        return density

    return change


UNREADABLE = "cannot be read as a map (MRC or CCP4): "
BAD = {
    "a missing file": ("no.mrc", lambda *_: None, "no.mrc: no such file"),
    "a folder": ("bad.mrc", lambda path, *_: path.mkdir(), "bad.mrc is a folder; expected a map file"),
    "a truncated map": ("bad.mrc", bytes_of(lambda b: b[:-999]), "253440 bytes"),
    "half a header": ("bad.mrc", bytes_of(lambda b: b[:500]), UNREADABLE),
    "a truncated gzip": ("bad.mrc.gz", bytes_of(lambda b: gzip.compress(b)[:-999]), UNREADABLE),
    "a truncated bzip2": ("bad.mrc.bz2", bytes_of(lambda b: bz2.compress(b)[:-999]), UNREADABLE),
    "a damaged gzip": ("bad.mrc.gz", bytes_of(lambda b: gzip.compress(b)[:5000] + bytes(9999)), UNREADABLE),
    "text": ("bad.mrc", bytes_of(lambda b: b"ATOM      1  N   GLY A   1\n" * 99), UNREADABLE),
    "an empty file": ("bad.mrc", bytes_of(lambda b: b""), UNREADABLE),
    "random bytes": ("bad.mrc", bytes_of(lambda b: np.random.default_rng(0).bytes(9999)), UNREADABLE),
    "an image": ("bad.mrc", image, "holds data of 2 dimensions; expected one three-dimensional map"),
    "complex numbers": ("bad.mrc", density_of(lambda d: d.astype(np.complex64)), "must be real numbers"),
    "seven NaN": ("bad.mrc", density_of(first_voxels(7, np.nan)), "7 of 63360 voxels are NaN or infinite"),
    "three infinities": ("bad.mrc", density_of(first_voxels(3, -np.inf)), "3 of 63360 voxels are NaN or infinite"),
    "a constant": ("bad.mrc", density_of(lambda d: np.full_like(d, 2.5)), "the map is constant, 2.5 everywhere"),
    "a thin box": ("bad.mrc", density_of(lambda d: d[:4]), "the box of 44 x 40 x 4 voxels is smaller than the kernel"),
    "skewed axes": ("bad.mrc", density_of(lambda d: d, cellb=(90, 90, 120)), "skewed axes (cell angles 90, 90, 120)"),
    "an axis twice": ("bad.mrc", density_of(lambda d: d, mapc=2), "axis order [2, 2, 3]"),
    "inverted contrast": ("bad.mrc", density_of(np.negative), "contrast looks inverted"),
    "too large numbers": ("bad.mrc", density_of(lambda d: d * 1e30), "the map's largest absolute value is 1"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_map_is_refused_that_is(case, refusal, map_file, store, tmp_path):
    name, write, expected = BAD[case]
    write(tmp_path / name, map_file, store)
    assert expected in refusal("estimate", name)


@pytest.mark.parametrize("case", ["a truncated gzip", "seven NaN"])
def test_equalize_refuses_as_estimate_does_a_map_that_is(case, refusal, map_file, store, tmp_path):
    name, write, expected = BAD[case]
    write(tmp_path / name, map_file, store)
    assert expected in refusal("equalize", name, "--output-dir", "new")


SMALL_MEMORY = """
import resource, runpy
resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))
runpy.run_module("chimerax.occupy.cli", run_name="__main__")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX resource limits")
def test_a_file_that_asks_for_more_memory_than_there_is_is_refused(refusal, map_file, tmp_path):
    """Its header announces an extended header of 2 GB; one thread of OpenBLAS, since each reserves memory."""
    content = map_file.read_bytes()
    (tmp_path / "bad.mrc.gz").write_bytes(gzip.compress(content[:92] + b"\xff\xff\xff\x7f" + content[96:]))
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    assert "bad.mrc.gz" in refusal("estimate", "bad.mrc.gz", launcher=("-c", SMALL_MEMORY), env=environment)


OTHERS = {
    "missing": (lambda d: None, {}, "other.mrc: no such file"),
    "on another grid": (lambda d: d[:-2], {}, " must be on one grid"),
    "of another voxel size": (lambda d: d, {"voxel_size": 1.6}, "voxels of 1.6 x 1.6 x 1.6 Å, but "),
    "with NaN": (first_voxels(3, np.nan), {}, ""),
}
ONLY = {
    "--half-maps": {},
    "--solvent-mask": {"of one value": (np.zeros_like, {}, "the solvent mask has one value everywhere")},
    "--scale-map": {
        "above one": (lambda d: d / d.max() * 1.25, {}, "to 1.25, but must lie within 0 to 1"),
        "below zero": (lambda d: d / d.max() * (d > 0) - 0.25, {}, "from -0.25 to 0.75, but must lie within 0 to 1"),
    },
}
CASES = [(option, case) for option, more in ONLY.items() for case in OTHERS | more]


@pytest.mark.parametrize(("option", "case"), CASES)
def test_another_map_is_refused_that_is(option, case, refusal, map_file, store, density, tmp_path):
    change, fields, expected = (OTHERS | ONLY[option])[case]
    values = change(np.clip(density, 0, 1))
    if values is not None:
        store(tmp_path / "other.mrc", values, **fields)
    files = ["other.mrc"] * (2 if option == "--half-maps" else 1)
    sentence = refusal("equalize", map_file, option, *files, "--output-dir", "new")
    assert expected in sentence
    assert "other.mrc" in sentence or option[2:].replace("-", " ").removesuffix("s") in sentence


def test_no_file_whatever_its_header_makes_the_program_crash(occupy, map_file, tree, tmp_path):
    """Every number of the header in turn is set to an extreme, in one run over all those files."""
    good, folder, sources = map_file.read_bytes(), tmp_path / "damaged", {}
    folder.mkdir()
    for offset in [*range(0, 56, 4), *range(64, 76, 4), 88, 92, 196, 208, 212, 216, 220]:
        for word in (b"\x7f\x7f\x7f\x7f", b"\0\0\0\x80"):
            sources[folder / f"{offset}_{word.hex()}.mrc"] = good[:offset] + word + good[offset + 4 :]
    for path, content in sources.items():
        path.write_bytes(content)
    result = occupy("estimate", *sources, "--output-dir", tmp_path / "new")
    assert "Traceback" not in result.stderr, result.stderr[-2000:]
    assert result.returncode == 1
    assert tree(folder) == sources
    assert "a mistake in the program" not in result.stderr
    made = {path.name for path in (tmp_path / "new").iterdir()} - {"occupy_estimate.csv", "occupy_estimate.html"}
    assert len(made) == 4 * len([name for name in made if name.endswith(".mrc")])


@pytest.mark.parametrize("mode", ["occupancy", "resolution"])
def test_a_full_scale_that_is_nothing_beside_the_map_is_refused(refusal, map_file, mode):
    sentence = refusal("equalize", "map.mrc", "--mode", mode, "--full-scale", "1e-20")
    assert "--full-scale is 1e-20, but the map's largest absolute value is 1" in sentence


def test_a_complex_solvent_mask_is_told_to_be_a_transform(refusal, map_file, store, tmp_path, density):
    store(tmp_path / "mask.mrc", density.astype(np.complex64))
    sentence = refusal("solvent", "map.mrc", "--solvent-mask", "mask.mrc")
    assert "mask.mrc holds complex numbers, as of a Fourier transform, but they must be real numbers" in sentence
