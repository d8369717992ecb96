"""Hold ΔB that is refined from a model against known B-factors.

python -m benchmarks.accuracy.b_shifts            # 42 maps: some minutes
python -m benchmarks.accuracy.b_shifts --quick    # one condition
"""

from dataclasses import replace

import chimerax.occupy as occupy
import numpy as np
from chimerax.occupy.engine.refinement.groups import segment_numbers
from scipy.stats import spearmanr

from .. import environment
from ..documents import b_shifts as report
from ..documents.flexibility import DIFFERENT, MOST_WHOLE
from ..simulation import ice
from . import frame, haemoglobin
from .flexibility import CONDITIONS, QUICK, dealt_out
from .flexibility import DEALINGS as ALL_DEALINGS
from .models import COORDINATE_ERROR, GivenModel, groups_of

DEALINGS = tuple(dealing for dealing in ALL_DEALINGS if dealing[-1] in (DIFFERENT, MOST_WHOLE))
"""Those in which all residues of a chain have one B-factor."""


def measured(molecule, turn, solvent, dealt, conditions):
    """What is read of all chains in the maps of one molecule, as `frame.over_maps` takes it."""
    occupancies, of_residues = dealt_out(molecule, turn, dealt)
    of_chains = of_residues[np.unique(molecule.residue_chains(), return_index=True)[1]]
    made = ice.potential(molecule, occupancies, of_residues, solvent)
    for condition in conditions:
        number = CONDITIONS.index(condition)
        density, box = ice.observed(made, *condition, seed=[number, turn])
        found = occupy.refine(density, box.voxel_size, _model(molecule, number, turn).groups(box))
        yield _readings(molecule, condition, found, occupancies, of_chains)


def _model(molecule, number, turn):
    """The model of a user: coordinates a little wrong, all B-factors the same; of the two turns one has hydrogens."""
    random = np.random.default_rng([number, turn])
    shifts = random.standard_normal(molecule.positions.shape) * COORDINATE_ERROR / np.sqrt(3)
    kept = molecule.is_heavy | (turn == DEALINGS[0][0])
    return GivenModel(molecule, kept, shifts, np.full(len(molecule.residue_chains()), report.MODEL_B))


def _readings(molecule, condition, found, occupancies, b_factors):
    weights = np.bincount(molecule.chains[molecule.is_heavy])
    is_reference = np.isin(molecule.chain_names, found.reference)
    truth = b_factors - np.average(b_factors[is_reference], weights=weights[is_reference])
    return [
        report.Reading(
            molecule.name, condition, row.occupancy - true_occupancy, float(true), row.b_shift, row.b_shift_error,
            found.b_shift_lowpass,
        )
        for row, true_occupancy, true in zip(found.rows, occupancies, truth, strict=True)
    ]  # fmt: skip


def of_haemoglobin():
    """Segments of 5NI1 in EMD-3488, all B-factors made the same, against the refined ones; None without the files."""
    if haemoglobin.missing():
        return None
    found, model = haemoglobin.read()
    chains, known = np.array(model.chain_names)[model.chains], haemoglobin.b_factors()
    segments = segment_numbers(chains, model.residues)
    model = _in_segments(model, chains, segments)
    groups = groups_of(model, model.positions, slice(None), np.full(len(known), report.MODEL_B))
    rows = occupy.refine(found.density, found.voxel_size, groups, origin=found.origin[::-1]).rows
    means = np.bincount(model.chains, known) / np.bincount(model.chains)
    read = np.array([row.b_shift for row in rows])
    told = np.isfinite(read)
    slope = np.polyfit(means[told], read[told], 1)[0]
    return report.Haemoglobin(int(told.sum()), len(rows), float(spearmanr(read[told], means[told])[0]), float(slope))


def _in_segments(model, chains, segments):
    """The same model with segments in the place of chains."""
    names = np.char.add(np.char.add(chains, ":"), segments.astype(str))
    found, index = np.unique(names, return_inverse=True)
    return replace(model, chains=index, chain_names=list(found))


def measure(options):
    """All that goes into the part of the document."""
    readings, problems = frame.over_maps(measured, DEALINGS, [QUICK] if options.quick else CONDITIONS)
    return report.ShiftResults(readings, environment.versions(), problems, of_haemoglobin())


if __name__ == "__main__":
    frame.run(frame.parser_of(__doc__), measure, report.write)
