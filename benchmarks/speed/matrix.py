"""How long a matrix of occupancies takes in the shell, from the folder of maps to its files.

    pip install .
    python -m benchmarks.speed.matrix          # 50 maps of 128³ with 20 chains, 500 of 64³ with 50

Chains are those of balls.py, each there or not by chance. Making the maps takes longer than reading them.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gemmi
import mrcfile
import numpy as np

from ..documents import tables
from . import balls

CASES = ((128, 1.8, 20, 3000, 50), (64, 6.5, 50, 2000, 500))
"""Voxels along an edge, their size in Å, chains, atoms of each, maps."""

_NOISE, _RESIDUE = 0.1, 8
_RUN = ("-m", "chimerax.occupy.cli", "refine")


def write_maps(folder, size, voxel_size, chains, atoms, maps):
    """Write maps and model; returns the known occupancies, shape (maps, chains)."""
    positions, labels = balls.chains(chains, atoms, size * voxel_size)
    parts = [
        balls.density_of(positions[labels == str(c)], 1, size, voxel_size, 2.1 * voxel_size) for c in range(chains)
    ]
    random = np.random.default_rng(0)
    truth = random.integers(0, 2, (maps, chains)).astype(float)
    truth[:, 0] = truth[0] = 1
    for i, row in enumerate(truth):
        density = sum(part for part, there in zip(parts, row, strict=True) if there)
        density = density + random.normal(0, _NOISE * density.std(), density.shape).astype(np.float32)
        with mrcfile.new(folder / f"map_{i:03d}.mrc", data=density) as file:
            file.voxel_size = voxel_size
    _write_model(folder / "model.cif", positions, labels)
    return truth


def _write_model(path, positions, labels):
    structure = gemmi.Structure()
    structure.add_model(gemmi.Model(1))
    for name in dict.fromkeys(labels):
        chain = gemmi.Chain(f"C{name}")
        for number, place in enumerate(positions[labels == name]):
            if number % _RESIDUE == 0:
                chain.add_residue(_residue(number // _RESIDUE + 1))
            atom = gemmi.Atom()
            atom.name, atom.element, atom.pos = f"C{number % _RESIDUE}", gemmi.Element("C"), gemmi.Position(*place)
            chain[-1].add_atom(atom)
        structure[0].add_chain(chain)
    structure.setup_entities()
    structure.make_mmcif_document().write_file(str(path))


def _residue(number):
    residue = gemmi.Residue()
    residue.name, residue.seqid = "ALA", gemmi.SeqId(number, " ")
    return residue


def measure(size, voxel_size, chains, atoms, maps):
    """One row of the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth = write_maps(folder, size, voxel_size, chains, atoms, maps)
        files = sorted(folder.glob("map_*.mrc"))
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        command = [sys.executable, *_RUN, *files, "--atoms", folder / "model.cif"]
        subprocess.run(command, check=True, capture_output=True)
        seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found = json.loads((folder / "occupancy_matrix.json").read_text(encoding="utf-8"))["matrix"]
    error = np.abs(np.array(found["occupancies"], float) - truth).mean()
    figures = [f"{seconds:.1f} s", f"{used:.1f} s", f"{error:.4f}"]
    print(tables.row([str(maps), f"{size}³", str(chains), *figures]), flush=True)


def main():
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    print(tables.head(["maps", "box", "chains", "elapsed", "of processors", "mean error"]), flush=True)
    for case in CASES:
        measure(*case)


if __name__ == "__main__":
    main()
