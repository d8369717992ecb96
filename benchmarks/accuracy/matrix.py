"""Hold matrices of occupancies against known ones, on ensembles of maps as networks generate them.

python -m benchmarks.accuracy.matrix            # four ensembles of 40 maps: ten minutes
python -m benchmarks.accuracy.matrix --quick    # one of them
"""

import argparse
import sys
import tempfile
from pathlib import Path

import chimerax.occupy as occupy
import gemmi
import numpy as np
from tqdm import tqdm

from .. import environment
from ..documents import matrix as report
from ..simulation import complexes, ensembles, ice
from . import other_methods

_SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
_BBSOME = _SHARED / "8zzi.cif.gz"
_DOCUMENT = Path("docs/validation.md")
_ASSUMED_B = 60.0
_BUNDLES = 16

FAMILIES = (
    report.Family("BBSome", "mask", 0, tuned=True),
    report.Family("assembly 1", "mask", 1, tuned=True),
    report.Family("assembly 2", "atoms", 21, tuned=False),
    report.Family("bundles", "mask", 22, tuned=False),
)


def molecule_of(family):
    """The complex of a family."""
    if family.name == "BBSome":
        return complexes.read_complex(_BBSOME, family.name)
    if family.name == "bundles":
        return complexes.bundles(_BUNDLES, family.name, seed=family.seed)
    return complexes.assembly(family.name, seed=family.seed)


def groups_of(ensemble):
    """The chains of the model as `occupy.refine_maps` takes them."""
    molecule, kept = ensemble.molecule, ensemble.kept
    found, _ = occupy.make_groups(
        ensemble.positions[kept][:, ::-1],
        np.array(molecule.elements)[kept],
        np.array(molecule.chain_names)[ensemble.chains],
        residue_names=molecule.residue_names[kept],
        atom_names=molecule.atom_names[kept],
        residues=molecule.residues[kept],
        b_factors=np.full(kept.sum(), _ASSUMED_B),
    )
    return {name: found[name] for name in molecule.chain_names}


def readings(family, ensemble):
    """What each method says of all chains in all maps that are no reference.

    Parameters
    ----------
    family : report.Family
    ensemble : ensembles.Ensemble

    Returns
    -------
    list of report.Method
    """
    groups, size = groups_of(ensemble), ensembles.BOX.voxel_size
    names = [f"map {i + 1}" for i in range(len(ensemble.maps))]
    complete = names[: ensembles.COMPLETE]
    found = {}
    for title, reference_maps in ((report.AGAINST_MAPS, complete), (report.WITHIN, ())):
        matrix = occupy.refine_maps(ensemble.maps, size, groups, names=names, reference_maps=reference_maps)
        found[title] = matrix.occupancies, matrix.standard_errors
    refiner = occupy.Refiner(ensemble.maps[0].shape, size, groups)
    single = np.array([[row.occupancy for row in refiner.refine(density).rows] for density in ensemble.maps])
    found[report.ONE_BY_ONE] = single, None
    found[report.ONE_BY_ONE_AGAINST_MAPS] = single / single[: ensembles.COMPLETE].mean(axis=0), None
    sums = _mask_sums(ensemble)
    found[report.MASK_SUM] = sums / sums[: ensembles.COMPLETE].mean(axis=0), None
    found[report.CLIPPED] = clipped(sums), None
    told = slice(ensembles.COMPLETE, None)
    truth = ensemble.occupancies[told]
    return [
        report.Method(family, title, values[told], None if errors is None else errors[told], truth)
        for title, (values, errors) in found.items()
    ]


def _mask_sums(ensemble):
    """Sum of density in the mask of each chain over that of a simulated map, relative to the core's."""
    places = ensemble.positions[ensemble.kept] / ensembles.BOX.voxel_size
    elements = np.array(ensemble.molecule.elements)[ensemble.kept]
    charges = np.array([gemmi.Element(element).atomic_number for element in elements], float)
    variance = (0.225 * 2 * ensembles.BOX.voxel_size) ** 2
    simulated = ice.gaussians(places, charges, np.full(len(places), variance), ensembles.BOX)
    args = simulated, ensembles.BOX, places, ensemble.chains
    sums = np.array([other_methods.mask_sums(density, *args) for density in ensemble.maps])
    core = (ensemble.occupancies == 1).all(axis=0)
    return sums / sums[:, core].mean(axis=1, keepdims=True)


def clipped(sums):
    """Sums brought to 0 and 1 at the 10th and 90th percentiles of all of them, and clipped there."""
    low, high = np.quantile(sums, (0.1, 0.9))
    return np.clip((sums - low) / (high - low), 0, 1)


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one family instead of all")
    parser.add_argument(
        "--output", type=Path, help=f"Markdown file [default: {_DOCUMENT}; with --quick in the temporary folder]"
    )
    return parser.parse_args()


def main():
    options = _options()
    chosen = FAMILIES[1:2] if options.quick else FAMILIES
    problems = [] if _BBSOME.exists() else [f"{_BBSOME.name} is not in {_BBSOME.parent.name} beside the repository"]
    found = []
    for family in tqdm(chosen, unit="ensembles"):
        if family.name == "BBSome" and problems:
            continue
        made = ensembles.ensemble(molecule_of(family), family.solvent, family.seed)
        found += readings(family, made)
    for problem in problems:
        print(problem, file=sys.stderr)
    quick_output = Path(tempfile.gettempdir()) / "occupy-validation" / _DOCUMENT.name
    output = options.output or (quick_output if options.quick else _DOCUMENT)
    report.write(output, found, environment.versions(sys.executable), problems)
    print(f"Written: {output}")


if __name__ == "__main__":
    main()
