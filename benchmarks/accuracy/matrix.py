"""Hold matrices of occupancies against known ones, on ensembles of maps as networks generate them.

python -m benchmarks.accuracy.matrix            # four ensembles of 40 maps: ten minutes
python -m benchmarks.accuracy.matrix --quick    # one of them
"""

import chimerax.occupy as occupy
import numpy as np
from tqdm import tqdm

from .. import environment
from ..documents import matrix as report
from ..documents.results import Results
from ..simulation import complexes, ensembles
from ..simulation.families import BBSOME, BBSOME_MODEL, BUNDLES, missing
from . import frame, other_methods
from .models import ASSUMED_B, groups_of

_BUNDLES = 16

FAMILIES = (
    report.Family(BBSOME, "mask", 0, tuned=True),
    report.Family("assembly 1", "mask", 1, tuned=True),
    report.Family("assembly 2", "atoms", 21, tuned=False),
    report.Family(BUNDLES, "mask", 22, tuned=False),
)


def molecule_of(family):
    """The complex of a family."""
    if family.name == BBSOME:
        return complexes.read_complex(BBSOME_MODEL, family.name)
    if family.name == BUNDLES:
        return complexes.bundles(_BUNDLES, family.name, seed=family.seed)
    return complexes.assembly(family.name, seed=family.seed)


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
    kept, size = ensemble.kept, ensembles.BOX.voxel_size
    groups = groups_of(ensemble.molecule, ensemble.positions[kept][:, ::-1], kept, np.full(kept.sum(), ASSUMED_B))
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
    simulated = other_methods.simulated_map(places, elements, 2 * ensembles.BOX.voxel_size, ensembles.BOX)
    args = simulated, ensembles.BOX, places, ensemble.chains
    sums = np.array([other_methods.mask_sums(density, *args) for density in ensemble.maps])
    core = (ensemble.occupancies == 1).all(axis=0)
    return sums / sums[:, core].mean(axis=1, keepdims=True)


def clipped(sums):
    """Sums brought to 0 and 1 at the 10th and 90th percentiles of all of them, and clipped there."""
    low, high = np.quantile(sums, (0.1, 0.9))
    return np.clip((sums - low) / (high - low), 0, 1)


def measure(options):
    """All that goes into the part of the document."""
    problems = frame.told(missing(BBSOME_MODEL))
    found = []
    for family in tqdm(FAMILIES[1:2] if options.quick else FAMILIES, unit="ensembles"):
        if family.name == BBSOME and problems:
            continue
        made = ensembles.ensemble(molecule_of(family), family.solvent, family.seed)
        found += readings(family, made)
    return Results(found, environment.versions(), problems)


if __name__ == "__main__":
    frame.run(frame.parser_of(__doc__, "one family instead of all"), measure, report.write)
