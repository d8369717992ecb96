"""Time and memory of a run over many maps with workers, and from that what larger runs take: docs/performance.md.

    python -m benchmarks.speed.many_maps --folder SCRATCH

Maps are simulated, a few that differ, each under many names. What one run takes on other computers is reckoned from the
seconds of a map in a worker of one thread, and kept apart from what was measured. Needs `pip install '.[batch]'`.
"""

import argparse
import csv
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import mrcfile
import numpy as np
import psutil
from chimerax.occupy.engine import phantom

from ..documents import many_maps as report

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/performance.md"
DIFFERENT, WORKERS = 6, 2


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="for maps and outputs, on a disk with room")
    parser.add_argument("--small", type=int, default=1000, help="maps of 128³ [1000]")
    parser.add_argument("--large", type=int, default=40, help="maps of 256³ [40]")
    options = parser.parse_args()
    measured = [measure(options.folder, edge, count) for edge, count in ((128, options.small), (256, options.large))]
    report.write(DOCUMENT, *measured)


def measure(folder, edge, count):
    """What a run over so many maps takes, a `report.Run`."""
    maps, out = folder / f"maps{edge}", folder / f"out{edge}"
    names = simulate(maps, edge, count)
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "chimerax.occupy.cli", "estimate", *names, "--output-dir", out]
    run = subprocess.Popen([*command, "--workers", str(WORKERS)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    samples = watch(run, out / "occupy_estimate.csv")
    with open(out / "occupy_estimate.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["state"] for row in rows] == ["made"] * count
    shutil.rmtree(out)
    seconds = float(np.median([float(row["seconds"]) for row in rows]))
    return report.Run(edge, count, DIFFERENT, WORKERS, seconds, tenths(samples, count))


def simulate(folder, edge, count):
    """Files of maps, of which every sixth is the same."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    balls = phantom.parts_on_ring((1, 0.8, 0.6, 0.4, 0.2), (edge,) * 3, edge // 10)
    density = phantom.density_of_parts(balls, (edge,) * 3, 1.5)
    for number in range(count):
        path = folder / f"map{number:05d}.mrc"
        if number >= DIFFERENT:
            os.link(folder / f"map{number % DIFFERENT:05d}.mrc", path)
            continue
        noise = np.random.default_rng(number).standard_normal(density.shape, np.float32)
        with mrcfile.new(path, data=density + np.float32(0.05) * noise) as file:
            file.voxel_size = 1.5
    return sorted(folder.iterdir())


def watch(run, table):
    """Time, maps done, memory of the program and the largest of a worker, every second until the run ends."""
    samples, process = [], psutil.Process(run.pid)
    while run.poll() is None:
        time.sleep(1)
        try:
            done = table.read_bytes().count(b"\n") - 1
            own = process.memory_info().rss
            workers = [child.memory_info().rss for child in process.children(recursive=True)]
        except (psutil.Error, OSError):
            continue
        samples.append((time.monotonic(), done, own, max(workers, default=0)))
    return samples


def tenths(samples, count):
    """For each tenth of the maps: seconds a map, largest memory of the program and of a worker, in MB."""
    samples = np.array([sample for sample in samples if 0 < sample[1] < count])
    edges = np.linspace(samples[0, 1], samples[-1, 1], 11)
    times = np.interp(edges, *np.unique(samples[:, [1, 0]], axis=0).T)
    rows = []
    for low, high, begin, end in zip(edges, edges[1:], times, times[1:], strict=False):
        part = samples[(samples[:, 1] >= low) & (samples[:, 1] <= high)]
        rows.append(((end - begin) / (high - low), *(part[:, 2:].max(axis=0) / 1e6)))
    return np.array(rows)


if __name__ == "__main__":
    main()
