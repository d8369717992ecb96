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
from chimerax.occupy.engine.grids import fourier
from scipy import fft

VOXEL_SIZE = 1.06
ATOMS_PER_CUBIC_ANGSTROM = 0.06  # without hydrogens
OCCUPANCIES = (1.0, 0.8, 0.6, 0.4, 0.2)
CASES = ((400, 80, 2000), (256, 8, 3500))


def chains(count, atoms, extent):
    """Atoms in balls on a cubic lattice about the middle of a box: positions and labels."""
    random = np.random.default_rng(0)
    radius = (3 * atoms / ATOMS_PER_CUBIC_ANGSTROM / (4 * np.pi)) ** (1 / 3)
    side = int(np.ceil(count ** (1 / 3)))
    places = (np.stack(np.unravel_index(np.arange(count), (side,) * 3), axis=1) - (side - 1) / 2) * 1.8 * radius
    directions = random.standard_normal((count, atoms, 3))
    directions /= np.linalg.norm(directions, axis=2, keepdims=True)
    offsets = directions * radius * random.random((count, atoms, 1)) ** (1 / 3)
    positions = extent / 2 + places[:, None] + offsets
    return positions.reshape(-1, 3), np.repeat(np.arange(count).astype(str), atoms)


def density_of(positions, weights, size):
    """Atoms on the nearest voxels, low-passed, in noise."""
    density = np.zeros((size,) * 3, np.float32)
    voxels = np.rint(positions[:, ::-1] / VOXEL_SIZE).astype(int)
    np.add.at(density, tuple(voxels.T), weights)
    density = fourier.lowpass(density, 4.0, (VOXEL_SIZE,) * 3)
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
    density = density_of(positions, np.repeat(truth, atoms), size)
    groups = make_groups(positions, ["C"] * len(positions), labels)[0]
    reset_peak()
    before = peak_bytes() - density.nbytes
    seconds, transforms = [], []
    for _ in range(3):
        start = time.perf_counter()
        found = refine(density, VOXEL_SIZE, groups)
        seconds.append(time.perf_counter() - start)
        maps = (peak_bytes() - before) / density.nbytes
        start = time.perf_counter()
        fft.irfftn(fft.rfftn(density, workers=2), density.shape, workers=2)
        transforms.append(time.perf_counter() - start)
        if len(seconds) == 1:
            peak = maps
    error = np.abs([row.occupancy for row in found.rows] - truth).mean()
    print(
        f"| {size}³ | {count} | {len(positions)} | {median(seconds):.1f} s | "
        f"{median(seconds) / median(transforms):.0f}× | {peak:.1f} | {error:.4f} |",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", type=int, nargs=3, metavar=("SIZE", "CHAINS", "ATOMS"), help="one case only")
    options = parser.parse_args()
    if options.case:
        measure(*options.case)
        return
    print("| box | chains | atoms | refine | FFT pairs | peak, in maps, the map counted | mean error |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for case in CASES:
        subprocess.run([sys.executable, "-m", __spec__.name, "--case", *map(str, case)], check=True)


if __name__ == "__main__":
    main()
