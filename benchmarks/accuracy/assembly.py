"""Hold orders of assembly, and what comes with what, against known ones, on ensembles whose order is known.

python -m benchmarks.accuracy.assembly            # 28 ensembles of 40 maps: fifteen minutes
python -m benchmarks.accuracy.assembly --quick    # one complex
"""

from dataclasses import replace

import chimerax.occupy as occupy
import numpy as np
from chimerax.occupy.engine.ensemble.assembly import assembly_of
from chimerax.occupy.engine.ensemble.nested import closure
from chimerax.occupy.engine.ensemble.pairs import pairs_of
from chimerax.occupy.engine.ensemble.populations import told_populations
from tqdm import tqdm

from .. import environment
from ..documents import assembly as report
from ..documents.matrix import Family
from ..documents.results import Results
from ..simulation import assemblies, ensembles
from ..simulation.families import BBSOME, BBSOME_MODEL, BUNDLES, missing
from . import frame
from .matrix import molecule_of
from .models import ASSUMED_B, groups_of

FAMILIES = (
    Family(BBSOME, "mask", 0, tuned=True),
    Family("assembly 1", "mask", 1, tuned=True),
    Family("assembly 2", "mask", 21, tuned=False),
    Family(BUNDLES, "mask", 32, tuned=False),
)
_DEALING = 7
_SURE_ERROR = 1e-3
"""Of known occupancies."""


def read(ensemble):
    """What is read of the maps of an ensemble, and the resolution in Å of all of it."""
    kept = ensemble.kept
    groups = groups_of(ensemble.molecule, ensemble.positions[kept][:, ::-1], kept, np.full(kept.sum(), ASSUMED_B))
    box = occupy.MatrixBox(ensemble.maps[0].shape, ensembles.BOX.voxel_size, groups)
    sums = enumerate(map(box.sums, ensemble.maps), start=1)
    return [occupy.Reading(f"map {i}", of_map, box.model_sums) for i, of_map in sums], box.lowpass


def found_in(family, way, dealt, readings, lowpass):
    """What is found in an ensemble, with reference maps and without.

    Parameters
    ----------
    family : documents.matrix.Family
    way : assemblies.Way
    dealt : assemblies.Dealt
    readings, lowpass
        As of `read`.

    Yields
    ------
    report.Found
    """
    names = [reading.name for reading in readings]
    for method, reference_maps in ((report.AGAINST_MAPS, names[: ensembles.COMPLETE]), (report.WITHIN, ())):
        matrix = occupy.occupancy_matrix(readings, lowpass, reference_maps=reference_maps)
        matrix = replace(matrix, populations=told_populations(names, dealt.weights))
        exact = np.full(matrix.occupancies.shape, _SURE_ERROR)
        known = replace(matrix, occupancies=dealt.occupancies, standard_errors=exact, own_errors=exact)
        order, same = _relations(matrix)
        by_known, _ = _relations(known)
        pairs, true = pairs_of(matrix), pairs_of(known)
        yield report.Found(
            family, way, method, dealt.only_with, order, by_known, dealt.together, same,
            _errors(pairs.shares - true.shares, pairs.share_errors),
            _errors(pairs.correlations - true.correlations, pairs.correlation_errors),
        )  # fmt: skip


def _relations(matrix):
    """Which groups are told to be only with which, and which to be together."""
    found = assembly_of(matrix)
    node_of = {name: number for number, node in enumerate(found.nodes) for name in node.groups}
    order = np.zeros((len(found.nodes) + 1,) * 2, bool)
    for first, then in found.arrows:
        order[first, then] = True
    order = closure(order)
    # What is in no map is in no node.
    numbers = np.array([node_of.get(name, len(found.nodes)) for name in matrix.groups])
    same = (numbers[:, None] == numbers) & ~np.eye(len(numbers), dtype=bool)
    return order[numbers[:, None], numbers], same


def _errors(errors, standard_errors):
    """Both of pairs of different groups, where they are known."""
    chosen = np.isfinite(errors) & np.isfinite(standard_errors) & ~np.eye(len(errors), dtype=bool)
    return np.stack([errors[chosen], standard_errors[chosen]])


def measure(options):
    """All that goes into the part of the document."""
    problems = frame.told(missing(BBSOME_MODEL))
    families = [family for family in FAMILIES if family.name != BBSOME or not problems]
    families = families[:1] if options.quick else families
    found = []
    with tqdm(total=len(families) * len(assemblies.WAYS), unit="ensembles") as progress:
        for family in families:
            molecule, random = molecule_of(family), np.random.default_rng([_DEALING, family.seed])
            dealt = [assemblies.deal(molecule, way, random) for way in assemblies.WAYS]
            occupancies = [one.occupancies for one in dealt]
            made = ensembles.several(molecule, family.solvent, family.seed, occupancies)
            for way, one, ensemble in zip(assemblies.WAYS, dealt, made, strict=True):
                found += found_in(family, way, one, *read(ensemble))
                progress.update()
    return Results(found, environment.versions(), problems)


if __name__ == "__main__":
    frame.run(frame.parser_of(__doc__, "one complex instead of all"), measure, report.write)
