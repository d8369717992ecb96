"""What all tests share: where the real maps and the reference outputs are."""

import json
from pathlib import Path

import numpy as np
import pytest

INPUTS = 400
SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_addoption(parser):
    parser.addoption("--inputs", type=int, default=INPUTS, help="inputs that test_fuzz.py makes and tries")
    parser.addoption("--first-input", type=int, default=0, help="number of the first of them")


def _shared(*parts):
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{'/'.join(parts)} is not here: real maps and reference outputs lie beside the repository")
    return path


@pytest.fixture(scope="session")
def shared_file():
    """A function from a path below shared/ to the file; skips the test where it is missing."""
    return _shared


@pytest.fixture(scope="session")
def shared_map():
    """A function from a map's path below shared/ to its data as (z, y, x) and its voxel size in Å."""
    import mrcfile

    def load(*parts):
        with mrcfile.open(_shared(*parts)) as file:
            axes = [3 - int(file.header[name]) for name in ("maps", "mapr", "mapc")]
            data = np.transpose(file.data, np.argsort(axes))
            return np.ascontiguousarray(data), float(file.voxel_size.x)

    return load


@pytest.fixture(scope="session", params=["phantom64", "emd_5168"])
def reference(request, shared_map):
    """Outputs of the published OccuPy 0.1.13: its arrays, its limits, the map and its voxel size."""
    name = request.param
    arrays = np.load(_shared("reference", f"occupy_0.1.13_{name}.npz"))
    limits = json.loads(_shared("reference", f"occupy_0.1.13_{name}.json").read_text())
    place = ("reference", "phantom64.mrc") if name == "phantom64" else ("data", "emd_5168.map.gz")
    density, voxel_size = shared_map(*place)
    return {"arrays": arrays, "limits": limits, "density": density, "voxel_size": voxel_size}


@pytest.fixture(scope="session")
def matrix_of():
    """A function from the occupancies of sets of maps, and names of groups, to a matrix of as many maps of each set."""
    from chimerax.occupy.engine.matrix.agreement import order_of
    from chimerax.occupy.engine.matrix.result import OccupancyMatrix

    def made(sets, groups, of_each=2):
        values = np.repeat(np.array(sets, float), of_each, axis=0)
        count = len(values)
        return OccupancyMatrix(
            maps=[f"vol_{i:03d}" for i in range(count)],
            groups=list(groups),
            occupancies=values,
            standard_errors=np.full(values.shape, 0.05),
            own_errors=np.full(values.shape, 0.03),
            local_correlations=np.full(values.shape, 0.9),
            notes=[[[] for _ in groups] for _ in range(count)],
            correlations=np.full(count, 0.95),
            unexplained=np.zeros(count),
            references=[[] for _ in range(count)],
            reference_maps=[],
            agreement=np.repeat(np.arange(len(sets)) + 1, of_each),
            map_order=order_of(values),
            group_order=order_of(values.T),
            failed={},
            lowpass=12.0,
        )

    return made
