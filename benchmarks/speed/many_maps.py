"""Time and memory of a run over many maps with workers, and from that what larger runs take: docs/performance.md.

    python -m benchmarks.speed.many_maps --folder SCRATCH

Maps are simulated, a few that differ, each under many names. What one run takes on other computers is reckoned from the
seconds of a map in a worker of one thread, and kept apart from what was measured. Needs `pip install '.[batch]'`.
"""

import argparse
import csv
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

import mrcfile
import numpy as np
import psutil
from chimerax.occupy.engine import phantom

from ..documents import parts

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/performance.md"
DIFFERENT, WORKERS = 6, 2
RECKONED, CORES = 10_000, 100


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="for maps and outputs, on a disk with room")
    parser.add_argument("--small", type=int, default=1000, help="maps of 128³ [1000]")
    parser.add_argument("--large", type=int, default=40, help="maps of 256³ [40]")
    options = parser.parse_args()
    measured = [measure(options.folder, edge, count) for edge, count in ((128, options.small), (256, options.large))]
    parts.put_last(DOCUMENT, parts.MANY_MAPS, section(*measured))


def measure(folder, edge, count):
    """What a run over so many maps takes: rows of a table of its tenths, and the seconds of a map in a worker."""
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
    return {
        "edge": edge,
        "count": count,
        "seconds": float(np.median([float(row["seconds"]) for row in rows])),
        "tenths": tenths(samples, count),
    }


def simulate(folder, edge, count):
    """Files of maps, of which every sixth is the same."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    parts = phantom.parts_on_ring((1, 0.8, 0.6, 0.4, 0.2), (edge,) * 3, edge // 10)
    density = phantom.density_of_parts(parts, (edge,) * 3, 1.5)
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


def section(small, large):
    """The section of the document."""
    rows = [
        f"| {10 * i} to {10 * i + 10} % | {seconds:.2f} s | {own:.0f} MB | {worker:.0f} MB |"
        for i, (seconds, own, worker) in enumerate(small["tenths"])
    ]
    each, means = small["tenths"][:, 0], [float(one["tenths"][:, 0].mean()) for one in (small, large)]
    spread = np.abs(each / each.mean() - 1).max()
    hours = [RECKONED * means[1] / 3600, RECKONED * large["seconds"] / CORES / 3600]
    room = RECKONED * 4 * large["edge"] ** 3 / 1e12
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    return f"""{parts.MANY_MAPS}

Written by `benchmarks/speed/many_maps.py`: `occupy estimate` with all files and figures and `--workers {WORKERS}`, over
simulated maps, {DIFFERENT} that differ, under as many names as it takes. Machine: {machine}; load average
{os.getloadavg()[0]:.1f}, of other work too, which makes times longer and uneven.

Measured, {small["count"]} maps of {small["edge"]}³, by tenths of the run:

| maps | a map | the program | the larger worker |
| --- | --- | --- | --- |
{chr(10).join(rows)}

On the mean {means[0]:.2f} s a map; the tenths differ from it by up to {spread:.0%}. Measured, {large["count"]} maps of
{large["edge"]}³: {means[1]:.2f} s a map; {large["seconds"]:.2f} s in a worker of one thread (median).

| {RECKONED:,} maps of {large["edge"]}³ | time | how it is known |
| --- | --- | --- |
| this machine, {WORKERS} workers | {hours[0]:.1f} h | reckoned: the measured time of a map, {RECKONED:,} times |
| a cluster, {CORES} cores | {60 * hours[1]:.0f} min | reckoned: the time in a worker of one thread, shared by {CORES} |

The second takes storage that keeps up: {room:.1f} TB are read and as much is written. Neither was run.
"""


if __name__ == "__main__":
    main()
