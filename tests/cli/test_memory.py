"""The largest memory of a whole run, its maps written, in maps of float32."""

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import mrcfile
import numpy as np
import pytest
from chimerax.occupy.cli import estimate
from chimerax.occupy.engine.phantom import density_of_parts, parts_on_ring

WORKER = Path(__file__).resolve().parents[2] / "benchmarks/speed/worker.py"
EDGE = 256
AT_MOST = {"estimate": 3.5, "equalize": 5, "attenuate": 5.5, "sigmoid": 5.5}
LARGE_VOXEL, AT_MOST_OF_LARGE = 3.0, {"estimate": 5.0}
"""With such voxels, in Å, the grid of the means is nearly that of the map."""

TELLS_PEAKS = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="the system does not tell a peak since imports"
)
PROCESSORS = 2
"""What threads hold besides is for each of them, so that it has to be known how many there are."""


RETURNED = {"MALLOC_MMAP_THRESHOLD_": "1000000"}
"""To the GNU C library: give back arrays of a megabyte when they are freed, as it does of larger maps anyway."""


@pytest.fixture(scope="module")
def large_map(tmp_path_factory, phantom):
    """A map file of EDGE voxels along each axis, made of copies of a small map."""
    small = phantom((64,) * 3)
    path = tmp_path_factory.mktemp("large") / "map.mrc"
    with mrcfile.new(path, data=np.tile(small, (EDGE // 64,) * 3)) as file:
        file.voxel_size = 1.2
    return path


@pytest.fixture(scope="module")
def map_of_large_voxels(tmp_path_factory):
    """A map file of as many voxels that are larger, with one molecule of balls in its middle."""
    balls = parts_on_ring((1, 0.6, 0.3), (EDGE,) * 3, EDGE // 8)
    path = tmp_path_factory.mktemp("voxels") / "map.mrc"
    with mrcfile.new(path, data=density_of_parts(balls, (EDGE,) * 3, LARGE_VOXEL, 2 * LARGE_VOXEL)) as file:
        file.voxel_size = LARGE_VOXEL
    return path


@TELLS_PEAKS
@pytest.mark.parametrize("job", AT_MOST)
def test_a_run_holds_no_more_maps_than_it_should(large_map, tmp_path, job):
    assert maps_held(large_map, tmp_path, job) <= AT_MOST[job]


@TELLS_PEAKS
@pytest.mark.parametrize("job", AT_MOST_OF_LARGE)
def test_a_run_on_large_voxels_holds_hardly_more(map_of_large_voxels, tmp_path, job):
    assert maps_held(map_of_large_voxels, tmp_path, job) <= AT_MOST_OF_LARGE[job]


def maps_held(path, folder, job):
    """The largest memory of a run on a map, in maps."""
    processors = sorted(os.sched_getaffinity(0))[:PROCESSORS]
    done = subprocess.run(
        [sys.executable, WORKER, "ours", job, path],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | RETURNED,
        preexec_fn=lambda: os.sched_setaffinity(0, processors),
    )
    figures = json.loads(done.stdout)
    if figures["peak_source"] != "reset":
        pytest.skip("the peak cannot be reset after the imports here")
    return figures["peak_bytes"] / (4 * EDGE**3)


def test_nothing_of_a_map_is_held_once_it_is_done(map_file, tmp_path):
    def objects_after(maps):
        for _ in range(maps):
            files = estimate.files_of(map_file, output_dir=tmp_path / "out", overwrite=True)
            estimate.estimate_one(map_file, files, voxel_size=None, settings={})
            assert files.figure.is_file()
        gc.collect()
        return len(gc.get_objects())

    before, maps = objects_after(4), 8  # after a few, as what is imported and cached comes with them
    assert objects_after(maps) - before < maps
