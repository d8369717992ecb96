"""Make a folder of 40 class volumes of the BBSome, in which chains come and go, for the tutorial.

python -m benchmarks.simulation.class_volumes 8zzi.cif classes    # some seconds
"""

import argparse
from pathlib import Path

import mrcfile
import numpy as np

from . import complexes, ensembles

CLASSES = ((), ("IP", "5"), ("1", "4"), ("IP", "1", "4", "5"), ("8", "9", "IP"))
"""Chains that are away, of each class; volumes take turns."""

PARTIAL, AMOUNT = ("2", 7), 0.5
"""A chain that is there in part, in every volume of this number modulo ten, and how much of it."""

SEED = 5


def occupancies_of(names, count):
    """Known occupancies, an array (count, chains): the first three volumes are complete."""
    result = np.ones((count, len(names)))
    for i in range(ensembles.COMPLETE, count):
        result[i, np.isin(names, CLASSES[i % len(CLASSES)])] = 0
        if i % 10 == PARTIAL[1]:
            result[i, names.index(PARTIAL[0])] = AMOUNT
    return result


def write(folder, ensemble):
    """Write the maps so that they lie where the model is in its file, and the known occupancies beside them."""
    positions = ensemble.molecule.positions
    middle = (positions.max(axis=0) + positions.min(axis=0)) / 2
    folder.mkdir(parents=True, exist_ok=True)
    for i, density in enumerate(ensemble.maps):
        with mrcfile.new(folder / f"vol_{i:03d}.mrc", data=density, overwrite=True) as file:
            file.voxel_size = ensembles.BOX.voxel_size
            file.header.origin = tuple(middle - ensembles.BOX.edge / 2 * ensembles.BOX.voxel_size)
    lines = [",".join(["map", *ensemble.molecule.chain_names])]
    lines += [f"vol_{i:03d}.mrc," + ",".join(f"{q:g}" for q in row) for i, row in enumerate(ensemble.occupancies)]
    (folder / "known.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="PDB 8ZZI, as mmCIF")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    molecule = complexes.read_complex(options.model, "BBSome")
    occupancies = occupancies_of(molecule.chain_names, ensembles.MAPS)
    write(options.folder, ensembles.ensemble(molecule, "mask", SEED, occupancies))
    print(f"Written: {options.folder}")


if __name__ == "__main__":
    main()
