"""What one more map costs in a run of several, and how long the program takes to begin, beside FFTs of the same maps.

    pip install .
    python -m benchmarks.speed.further_maps

The time of a run of several maps less that of a run of one, shared among the others: start-up does not count. Runs
alternate with pairs of FFTs, whose median is the unit, since other work makes both longer.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from ..documents import tables
from .many_maps import simulate
from .timing import fft_pair, seconds_of

BOXES = ((256, 6), (128, 20))
"""Voxels along an edge, further maps."""

CASES = [(command, options) for command in ("estimate", "equalize") for options in ((), ("--no-figures",))]
ROUNDS, STARTS = 3, 7
_PROGRAM = (sys.executable, "-m", "chimerax.occupy.cli")


def run(*arguments):
    """Run the program."""
    subprocess.run([*_PROGRAM, *arguments], check=True, capture_output=True)


def of_further(files, command, options):
    """Seconds of each map but the first."""
    with tempfile.TemporaryDirectory() as folder:
        one, all_of = (
            seconds_of(partial(run, command, *part, *options, "--output-dir", f"{folder}/{len(part)}"))
            for part in (files[:1], files)
        )
    return (all_of - one) / (len(files) - 1)


def random_map(edge):
    """A map of noise to transform, always the same."""
    return np.random.default_rng(0).standard_normal((edge,) * 3, np.float32)


def measure(edge, further):
    """The rows of a box."""
    with tempfile.TemporaryDirectory() as name:
        files = simulate(Path(name) / "maps", edge, further + 1)
        found, pairs = {case: [] for case in CASES}, []
        for _ in range(ROUNDS):
            for case in CASES:
                pairs.append(fft_pair(random_map(edge)))
                found[case].append(of_further(files, *case))
    for (command, options), seconds in found.items():
        ratio = median(seconds) / median(pairs)
        spread = f"{median(seconds):.2f} s ({min(seconds):.2f}–{max(seconds):.2f})"
        print(tables.row([f"{edge}³", " ".join((command, *options)), spread, f"{ratio:.1f}×"]), flush=True)


def main():
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    print(f"load average {os.getloadavg()[0]:.1f}\n")
    print(tables.head(["box", "command", "a further map", "FFT pairs"]))
    for box in BOXES:
        measure(*box)
    starts = [(seconds_of(partial(run, "--help")), fft_pair(random_map(BOXES[0][0]))) for _ in range(STARTS)]
    seconds, pair = (median(column) for column in zip(*starts, strict=True))
    print(f"\n`occupy --help`: {seconds:.2f} s, {seconds / pair:.1f} FFT pairs of {BOXES[0][0]}³")


if __name__ == "__main__":
    main()
