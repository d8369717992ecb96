"""How long it takes to refine the occupancies of many chains, beside one pair of FFTs of the same map.

    pip install .
    python -m benchmarks.speed.refine          # 80 chains in 400³, and 8 chains in 256³

Chains are balls of atoms as dense as in a protein, packed on a grid; the map is their own density in noise. Each case
runs in a process of its own, so that its peak memory can be told.
"""

import argparse
import subprocess
import sys
import time
from statistics import median

import numpy as np
from chimerax.occupy import make_groups, refine

from ..documents import tables
from .balls import chains, density_of
from .timing import fft_pair

VOXEL_SIZE = 1.06
OCCUPANCIES = (1.0, 0.8, 0.6, 0.4, 0.2)
CASES = ((400, 80, 2000), (256, 8, 3500))


def noisy_map(positions, weights, size):
    """The density of atoms, in noise."""
    density = density_of(positions, weights, size, VOXEL_SIZE, 4.0)
    return density + np.random.default_rng(1).normal(0, 0.1 * density.std(), density.shape).astype(np.float32)


def peak_bytes():
    """Largest resident memory since `reset_peak`, on Linux."""
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


def reset_peak():
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def measure(size, count, atoms):
    """One row of the table."""
    positions, labels = chains(count, atoms, size * VOXEL_SIZE)
    truth = np.resize(OCCUPANCIES, count)
    density = noisy_map(positions, np.repeat(truth, atoms), size)
    groups = make_groups(positions, ["C"] * len(positions), labels)[0]
    reset_peak()
    before = peak_bytes() - density.nbytes
    peak, seconds, transforms = None, [], []
    for _ in range(3):
        start = time.perf_counter()
        found = refine(density, VOXEL_SIZE, groups)
        seconds.append(time.perf_counter() - start)
        peak = peak or (peak_bytes() - before) / density.nbytes  # before other work raises it
        transforms.append(fft_pair(density))
    error = np.abs([row.occupancy for row in found.rows] - truth).mean()
    ratio = median(seconds) / median(transforms)
    figures = [f"{median(seconds):.1f} s", f"{ratio:.0f}×", f"{peak:.1f}", f"{error:.4f}"]
    print(tables.row([f"{size}³", str(count), str(len(positions)), *figures]), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", type=int, nargs=3, metavar=("SIZE", "CHAINS", "ATOMS"), help="one case only")
    options = parser.parse_args()
    if options.case:
        measure(*options.case)
        return
    titles = ["box", "chains", "atoms", "refine", "FFT pairs", "peak, in maps, the map counted", "mean error"]
    print(tables.head(titles), flush=True)
    for case in CASES:
        subprocess.run([sys.executable, "-m", __spec__.name, "--case", *map(str, case)], check=True)


if __name__ == "__main__":
    main()
