"""What the engine's tests share: small maps, and the same numbers worked out another way."""

from itertools import product
from math import floor

import numpy as np
import pytest
from chimerax.occupy import estimate
from chimerax.occupy.engine import parallel, phantom
from chimerax.occupy.engine.grids.kernel import Kernel
from hypothesis import settings

settings.register_profile("engine", deadline=None, derandomize=True)
settings.load_profile("engine")

REAL_MAPS = {
    "phantom64": ("reference", "phantom64.mrc"),
    "emd_5168": ("data", "emd_5168.map.gz"),
    "emd_3488": ("data", "emd_3488.mrc.gz"),
    "ispg_97": ("data", "ispg_97.mrc.gz"),
    "emd_11007": ("data", "emd_11007.map.gz"),
}


@pytest.fixture
def random():
    """A seeded random generator."""
    return np.random.default_rng(7)


@pytest.fixture(scope="session")
def balls():
    """Three balls at occupancy 1, 0.5 and 0.25 in weak noise: the map, 2 Å per voxel, and its parts."""
    shape = (44, 48, 52)
    parts = phantom.parts_on_ring([1.0, 0.5, 0.25], shape, 8)
    return phantom.density_of_parts(parts, shape, 2.0), parts


@pytest.fixture(scope="session")
def balls_estimate(balls):
    """The estimate of the balls, with default settings."""
    return estimate(balls[0], 2.0)


@pytest.fixture(scope="session")
def load_real_map(shared_map):
    """A function from a name in REAL_MAPS to the map and its voxel size; each is read once."""
    known = {}

    def load(name):
        if name not in known:
            known[name] = shared_map(*REAL_MAPS[name])
        return known[name]

    return load


@pytest.fixture(params=list(REAL_MAPS))
def real_map(request, load_real_map):
    """Each of the real maps in turn, with its voxel size."""
    return load_real_map(request.param)


@pytest.fixture(params=[1, 2, 5])
def threads(request, monkeypatch):
    """Work in this many threads, and in slabs so thin that small maps have several."""
    whole = parallel.plane_slabs
    monkeypatch.setattr(parallel, "thread_count", lambda: request.param)
    monkeypatch.setattr(parallel, "plane_slabs", lambda shape, *_: whole(shape, 7 * shape[1] * shape[2]))
    return request.param


@pytest.fixture(scope="session")
def ball():
    """A function that makes a kernel: its size, its radius in Å (half the size) and its voxel sizes."""

    def make(size, radius=None, voxel_size=(1.0, 1.0, 1.0)):
        return Kernel(size, size / 2 if radius is None else radius, voxel_size)

    return make


@pytest.fixture(scope="session")
def direct_lowpass():
    """The low-pass as one mask over one complex transform in double precision."""

    def lowpass(density, resolution, voxel_size):
        axes = [np.fft.fftfreq(n, v) for n, v in zip(density.shape, voxel_size, strict=True)]
        squared = sum(f**2 for f in np.meshgrid(*axes, indexing="ij"))
        kept = squared <= (1 + 1e-9) / resolution**2
        return np.fft.ifftn(np.fft.fftn(density.astype(float)) * kept).real

    return lowpass


@pytest.fixture(scope="session")
def full_scale_by_loops():
    """Full scale and the tile that set it, tile by tile in plain Python."""

    def tiles_of_axis(n, tile_size):
        count = max(1, min(20, n - tile_size + 1))
        tile = min(tile_size, n)
        step = floor((n - tile) / (count - 1)) if count > 1 else 0
        first = (n - tile - (count - 1) * step) // 2
        place = [(i - count / 2) / (count / 2 - 1) if count >= 5 else 0 for i in range(count)]
        return [(first + i * step, tile, place[i]) for i in range(count)]

    def full_scale(density, tau, tile_size=12):
        best, best_start = -np.inf, None
        for tiles in product(*(tiles_of_axis(n, tile_size) for n in density.shape)):
            if sum(place**2 for _, _, place in tiles) >= 1:
                continue
            values = sorted(density[tuple(slice(start, start + tile) for start, tile, _ in tiles)].ravel())
            value = values[min(floor(tau * len(values)), len(values) - 1)]
            if value > best:
                best, best_start = value, tuple(start for start, _, _ in tiles)
        return best, best_start

    return full_scale
