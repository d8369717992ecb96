"""Measure this package side by side with the published OccuPy 0.1.13 and write the figures down.

python -m benchmarks.speed.compare --sizes 128 256 512 --output docs/performance.md
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import mrcfile
from chimerax.occupy import __version__
from chimerax.occupy.engine import parallel, phantom
from chimerax.occupy.engine.settings.checks import checked
from chimerax.occupy.engine.settings.defaults import resolve_estimation
from chimerax.occupy.engine.settings.table import ESTIMATION, SETTINGS
from tqdm import tqdm

from .. import environment
from ..documents import parts
from ..documents import performance as report
from . import worker

VOXEL_SIZE = 1.18
VOXEL_SIZES, VOXEL_EDGE = (0.8, 1.2, 2.1, 3.0, 4.3, 6.5), 256
"""Å, of maps of one box, from those of reconstructions to those of classes."""

RESOLUTION, NYQUIST_VOXELS = 5.0, 2
DEFAULT_BOX = SETTINGS["max_box"].default
OCCUPANCIES = (1.0, 0.8, 0.6, 0.4, 0.2)
_WORKER = Path(worker.__file__).resolve()


def write_map(path, edge, voxel_size=VOXEL_SIZE):
    """Write the map of the benchmark: soft balls of several occupancies in noise, always the same.

    Parameters
    ----------
    path : Path
    edge : int
        Of the cubic box, in voxels.
    voxel_size : float
        In Å.
    """
    shape = (edge,) * 3
    balls = phantom.parts_on_ring(OCCUPANCIES, shape, edge / 8)
    resolution = max(RESOLUTION, NYQUIST_VOXELS * voxel_size)
    with mrcfile.new(path, data=phantom.density_of_parts(balls, shape, voxel_size, resolution)) as file:
        file.voxel_size = voxel_size


def measure_box(edge, pythons, runs, folder, progress):
    """All figures of a map of this edge.

    Parameters
    ----------
    edge : int
    pythons : dict
        Of each program its Python: 'ours', 'method', which is ours by the published method, and 'published'.
    runs : int
        Of each program and job.
    folder : Path
        For the map; emptied again.
    progress : callable
        Called after each run.

    Returns
    -------
    report.Box
    """
    path = folder / f"benchmark{edge}.mrc"
    write_map(path, edge)
    box = report.Box(edge)
    for job in worker.JOBS:
        for _ in range(runs):
            for program, python in pythons.items():
                box.runs.setdefault((job, program), []).append(_measure(python, program, job, path, edge))
                progress()
    box.fft = _measure(pythons["ours"], "fft", "estimate", path, edge)
    path.unlink()
    return box


def measure_large(edge, folder, progress):
    """Time and memory by the defaults of a map of this edge, a multiple of `VOXEL_EDGE`, a `report.Box`."""
    path, box = folder / f"large{edge}.mrc", report.Box(edge)
    _write_large_map(path, edge // VOXEL_EDGE)
    for job in report.VOXEL_JOBS:
        box.runs[job, "ours"] = [_measure(sys.executable, "ours", job, path, DEFAULT_BOX)]
        progress()
    path.unlink()
    return box


def _write_large_map(path, times):
    """The map of the benchmark with each voxel so many times along each axis: there is no room to make a larger one."""
    small = path.with_name("small.mrc")
    write_map(small, VOXEL_EDGE)
    shape = (VOXEL_EDGE * times,) * 3
    with mrcfile.open(small) as source, mrcfile.new_mmap(path, shape, mrc_mode=2) as file:
        for place, plane in enumerate(source.data):
            file.data[place * times : (place + 1) * times] = plane.repeat(times, axis=0).repeat(times, axis=1)
        file.voxel_size = VOXEL_SIZE
    small.unlink()


def measure_voxel_size(voxel_size, runs, folder, progress):
    """All figures of a map of `VOXEL_EDGE` with voxels of this size (Å), a `report.Voxels`: see `measure_box`."""
    path = folder / f"voxels{voxel_size:g}.mrc"
    write_map(path, VOXEL_EDGE, voxel_size)
    lowpass = resolve_estimation((voxel_size,) * 3, checked({}, ESTIMATION)).lowpass
    found = report.Voxels(voxel_size, lowpass, VOXEL_EDGE)
    for job in report.VOXEL_JOBS:
        found.fft[job] = _measure(sys.executable, "fft", job, path, VOXEL_EDGE)
        progress()
        found.runs[job] = []
        for _ in range(runs):
            found.runs[job].append(_measure(sys.executable, "ours", job, path, VOXEL_EDGE))
            progress()
    path.unlink()
    return found


def _measure(python, program, job, path, edge):
    """Figures of one fresh process, whose maps are thrown away."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        arguments = [str(_WORKER), program, job, str(path), "--max-box", str(edge)]
        return json.loads(environment.run(python, arguments, Path(folder)))


def _pythons(published):
    """The Python of each program, and in a sentence why there is none of the published one."""
    python, problem = environment.found_published(published)
    pythons = {"ours": sys.executable, "method": sys.executable, "published": python}
    return {program: found for program, found in pythons.items() if found}, problem


def _context(options):
    occupancies = ", ".join(f"{o:g}" for o in OCCUPANCIES)
    settings = resolve_estimation((VOXEL_SIZE,) * 3, checked({}, ESTIMATION))
    return {
        "map": f"soft balls of occupancy {occupancies} in noise, voxels of {VOXEL_SIZE} Å",
        "kernel": settings.kernel.voxels,
        "runs": options.runs,
        "version": __version__,
        "power": worker.POWER,
        "threads": parallel.thread_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def _positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} given, but a number of at least 1 expected")
    return number


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sizes", type=int, nargs="+", choices=(128, 256, 512), default=[256], help="box edges [default: 256]"
    )
    parser.add_argument("--runs", type=_positive, default=5, help="of each program and job [default: 5]")
    parser.add_argument(
        "--voxel-sizes",
        type=float,
        nargs="*",
        default=VOXEL_SIZES,
        help=f"of maps of {VOXEL_EDGE}³, in Å [default: {' '.join(f'{v:g}' for v in VOXEL_SIZES)}]",
    )
    parser.add_argument(
        "--large",
        type=int,
        nargs="*",
        choices=(512, 768, 1024),
        default=(),
        help="box edges of which time and memory by the defaults are measured once; 1024 takes 16 GB",
    )
    environment.add_option(parser)
    parser.add_argument(
        "--output", type=Path, default=Path("docs/performance.md"), help="Markdown file [default: docs/performance.md]"
    )
    return parser.parse_args()


def main():
    options = _options()
    context = _context(options)
    pythons, problem = _pythons(options.published_python)
    if problem:
        print(f"Going on without OccuPy {environment.PUBLISHED}: {problem}", file=sys.stderr)
    total = len(options.sizes) * len(worker.JOBS) * len(pythons) * options.runs
    total += len(report.VOXEL_JOBS) * (len(options.voxel_sizes) * (1 + options.runs) + len(options.large))
    with tempfile.TemporaryDirectory() as folder, tqdm(total=total, unit="run") as bar:
        boxes = [measure_box(n, pythons, options.runs, Path(folder), bar.update) for n in options.sizes]
        voxels = [measure_voxel_size(v, options.runs, Path(folder), bar.update) for v in options.voxel_sizes]
        large = [measure_large(n, Path(folder), bar.update) for n in options.large]
    versions = {name: environment.versions(pythons[name]) for name in ("ours", "published") if name in pythons}
    text = report.document(boxes, voxels, large, context, versions, problem)
    print(text)
    parts.put_before(options.output, parts.MANY_MAPS, text)


if __name__ == "__main__":
    try:
        main()
    except environment.Failed as error:
        sys.exit(f"compare.py: {error}")
