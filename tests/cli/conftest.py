"""What the tests of the shell program share: a small map, how to store it, and how to run the program."""

import os
import re
import subprocess
import sys
import warnings

import mrcfile
import numpy as np
import pytest
from scipy import ndimage

SHAPE = (36, 40, 44)
VOXEL_SIZE = 1.5
COMPRESSIONS = {".gz": "gzip", ".bz2": "bzip2"}


@pytest.fixture(scope="session")
def occupy():
    """A function that runs the program as a process and returns the CompletedProcess."""

    def run(*arguments, encoding="utf-8", launcher=("-m", "chimerax.occupy.cli"), **options):
        command = [sys.executable, *launcher, *(str(a) for a in arguments)]
        options.setdefault("env", os.environ | {"PYTHONIOENCODING": encoding, "COLUMNS": "200"})
        if "stdout" not in options:
            options["stdout"] = subprocess.PIPE
        return subprocess.run(command, stderr=subprocess.PIPE, encoding=encoding, check=False, **options)

    return run


@pytest.fixture(scope="session")
def phantom():
    """A function that makes a map of two balls, of occupancy 1 and 0.5, in smooth noise around zero."""

    def make(shape=SHAPE):
        grid = np.indices(shape)
        middle = (np.array(shape) - 1) / 2
        balls = np.zeros(shape)
        for occupancy, x in ((1.0, 0.27), (0.5, 0.73)):
            centre = middle * (1, 1, 2 * x)
            inside = ((grid - centre.reshape(3, 1, 1, 1)) ** 2).sum(0) <= (0.17 * min(shape)) ** 2
            balls[inside] = occupancy
        noise = ndimage.gaussian_filter(np.random.default_rng(1).standard_normal(shape), 1)
        return (ndimage.gaussian_filter(balls, 1) + 0.04 * noise / noise.std()).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def density(phantom):
    """The map of most tests, not to be changed: float32, (z, y, x), no two edges alike."""
    array = phantom()
    array.setflags(write=False)
    return array


@pytest.fixture(scope="session")
def store():
    """A function that writes a (z, y, x) array to a map file and returns the path.

    `order` names the axes of the file's columns, rows and sections; `voxel_size` is along x, y and z; other keywords
    are fields of the header.
    """

    def write(path, density, voxel_size=VOXEL_SIZE, order="xyz", labels=(), **fields):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # mrcfile's, of voxels that are not finite or too large
            return put(path, density, voxel_size, order, labels, fields)

    def put(path, density, voxel_size, order, labels, fields):
        data = np.ascontiguousarray(np.einsum(f"zyx->{order[::-1]}", density))
        with mrcfile.new(path, data=data, compression=COMPRESSIONS.get(path.suffix)) as file:
            file.header.mapc, file.header.mapr, file.header.maps = ("xyz".index(axis) + 1 for axis in order)
            counts = np.array(density.shape[::-1])
            file.header.mx, file.header.my, file.header.mz = counts
            file.header.cella = tuple(counts * voxel_size)
            for name, value in fields.items():
                file.header[name] = value
            if labels:
                file.header.nlabl = 0
            for label in labels:
                file.add_label(label)
        return path

    return write


@pytest.fixture(scope="session")
def load():
    """A function from a map file to its data, turned to (z, y, x), and its header."""

    def read(path):
        with mrcfile.open(path) as file:
            order = "".join("xyz"[file.header[name] - 1] for name in ("maps", "mapr", "mapc"))
            return np.einsum(f"{order}->zyx", file.data).copy(), file.header.copy()

    return read


@pytest.fixture
def map_file(tmp_path, store, density):
    """The map in a file, alone in the test's folder."""
    return store(tmp_path / "map.mrc", density)


@pytest.fixture(scope="session")
def tree():
    """A function from a folder to all that is below it, hidden files too: contents by path, None for a folder."""

    def listed(folder):
        return {path: None if path.is_dir() else path.read_bytes() for path in folder.rglob("*")}

    return listed


@pytest.fixture
def refusal(occupy, tmp_path, tree):
    """A function that runs the program where it has to refuse, and returns the sentence that it gave.

    It must end with status 1 and one sentence on stderr, print nothing else, and leave the test's folder as it was.
    """

    def run(*arguments, **options):
        before = tree(tmp_path)
        result = occupy(*arguments, cwd=tmp_path, **options)
        assert "Traceback" not in result.stderr, result.stderr
        assert result.returncode == 1
        assert result.stdout == ""
        assert re.fullmatch(r"occupy: [^\n]+\n", result.stderr), result.stderr
        assert not re.search(r"\. [A-Z]", result.stderr), "one sentence, not several"
        after = tree(tmp_path)
        assert sorted(after.keys() - before.keys()) == [], "something was left behind"
        assert after == before
        return result.stderr.removeprefix("occupy: ").strip()

    return run
