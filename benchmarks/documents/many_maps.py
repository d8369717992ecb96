"""Time and memory of runs over many maps, and what larger ones take, as the last section of docs/performance.md."""

import os
import platform
from dataclasses import dataclass

import numpy as np

from . import parts
from .tables import table

RECKONED, CORES = 10_000, 100
"""Maps of the runs whose time is reckoned, and the cores of the larger computer."""


@dataclass(frozen=True, eq=False)
class Run:
    """What a run over many maps takes.

    Attributes
    ----------
    edge, count, different : int
        Voxels along an edge of the maps, how many there are, and how many differ.
    workers : int
    seconds : float
        Of a map in a worker of one thread.
    tenths : array, shape (10, 3)
        For each tenth of the maps: seconds a map, largest memory of the program and of a worker, in MB.
    """

    edge: int
    count: int
    different: int
    workers: int
    seconds: float
    tenths: np.ndarray

    @property
    def mean(self):
        """Seconds a map, over the whole run."""
        return float(self.tenths[:, 0].mean())


def write(path, small, large):
    """Write the section on many maps.

    Parameters
    ----------
    path : Path
    small, large : Run
    """
    parts.put_last(path, parts.MANY_MAPS, section(small, large))


def section(small, large):
    """The section as Markdown."""
    workers = large.workers
    rows = [
        [f"{10 * i} to {10 * i + 10} %", f"{seconds:.2f} s", f"{own:.0f} MB", f"{worker:.0f} MB"]
        for i, (seconds, own, worker) in enumerate(small.tenths)
    ]
    spread = np.abs(small.tenths[:, 0] / small.mean - 1).max()
    hours = [RECKONED * large.mean / 3600, RECKONED * large.seconds / CORES / 3600]
    reckoned = [
        [
            f"this machine, {workers} workers",
            f"{hours[0]:.1f} h",
            f"reckoned: the measured time of a map, {RECKONED:,} times",
        ],
        [
            f"a cluster, {CORES} cores",
            f"{60 * hours[1]:.0f} min",
            f"reckoned: the time in a worker of one thread, shared by {CORES}",
        ],
    ]
    room = RECKONED * 4 * large.edge**3 / 1e12
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    return f"""{parts.MANY_MAPS}

Written by `benchmarks/speed/many_maps.py`: `occupy estimate` with all files and figures and `--workers {workers}`, over
simulated maps, {small.different} that differ, under as many names as it takes. Machine: {machine}; load average
{os.getloadavg()[0]:.1f}, of other work too, which makes times longer and uneven.

Measured, {small.count} maps of {small.edge}³, by tenths of the run:

{table(["maps", "a map", "the program", "the larger worker"], rows)}

On the mean {small.mean:.2f} s a map; the tenths differ from it by up to {spread:.0%}. Measured, {large.count} maps of
{large.edge}³: {large.mean:.2f} s a map; {large.seconds:.2f} s in a worker of one thread (median).

{table([f"{RECKONED:,} maps of {large.edge}³", "time", "how it is known"], reckoned)}

The second takes storage that keeps up: {room:.1f} TB are read and as much is written. Neither was run.
"""
