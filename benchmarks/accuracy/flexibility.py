"""Hold the flexibility that is read from a map alone against known B-factors, beside the plain Guinier line.

python -m benchmarks.accuracy.flexibility            # 42 maps: some minutes
python -m benchmarks.accuracy.flexibility --quick    # one condition
"""

import chimerax.occupy as occupy
import numpy as np
from chimerax.occupy.engine.scale.regions import flexibility_at
from scipy.ndimage import map_coordinates
from scipy.stats import spearmanr

from .. import environment
from ..documents import flexibility as report
from ..simulation import ice, vacuum
from ..simulation.ice import Condition
from . import frame, haemoglobin
from .other_methods import guinier_line

CONDITIONS = (
    Condition(3.0, 0.1, "plain"),
    Condition(4.0, 0.1, "plain"),
    Condition(3.0, 0.3, "plain"),
    Condition(5.0, 0.1, "plain"),
    Condition(6.0, 0.1, "plain"),
    Condition(3.0, 0.1, "sharpened"),
    Condition(3.0, 0.1, "soft mask"),
)
QUICK = CONDITIONS[0]
DEALINGS = ((5, ice.SOLVENTS[0]), (6, ice.SOLVENTS[1]))
"""Turns, of which each has packings of its own, and solvents: first occupancies that differ, then most chains whole."""

LOWEST_B, HIGHEST_B = 40.0, 120.0
_MIXED = (1.0, 0.7, 1.0, 0.5, 0.85, 1.0, 0.4, 0.6)
_WEAK = 0.5


def dealt(molecule, turn):
    """Occupancies of the chains, and B-factors in Å², evenly spread and dealt at random."""
    random, count = np.random.default_rng(turn), len(molecule.chain_names)
    b_factors = np.linspace(LOWEST_B, HIGHEST_B, count)[random.permutation(count)]
    occupancies = np.resize(_MIXED, count)[random.permutation(count)]
    if turn != DEALINGS[0][0]:
        occupancies = np.ones(count)
        occupancies[random.integers(count)] = _WEAK
    return occupancies, b_factors


def measured(molecule, turn, solvent, conditions):
    """What is read in the maps of one molecule, as `frame.over_maps` takes it."""
    occupancies, of_chains = dealt(molecule, turn)
    b_factors = of_chains[molecule.residue_chains()]
    made = ice.potential(molecule, occupancies, b_factors, solvent)
    heavy = molecule.is_heavy
    atoms = report.Atoms(molecule.chains[heavy], molecule.residues[heavy], b_factors[molecule.residues[heavy]])
    for condition in conditions:
        density, box = ice.observed(made, *condition, seed=[CONDITIONS.index(condition), turn])
        places = vacuum.in_voxels(molecule, box)[heavy]
        used = occupancies[atoms.chains] >= report.LEAST_OCCUPANCY
        yield [_reading(molecule.name, condition, (density, box.voxel_size), places, atoms, used)]


def _reading(name, condition, given, places, atoms, used):
    """The errors in one map of the flexibility map and of the plain line."""
    found = occupy.estimate(*given, flexibility=True, uncertainty=True)
    read, error = (flexibility_at(values, places) for values in (found.flexibility, found.flexibility_error))
    scale = map_coordinates(found.scale, places.T, order=1)
    full = scale >= min(0.9, np.quantile(scale, 0.8))
    truth = atoms.b_factors - atoms.b_factors[full].mean()
    line = map_coordinates(guinier_line(*given, condition.resolution), places.T, order=1)
    told = np.isfinite(read) & used
    return report.Reading(
        name,
        condition,
        _errors(read, truth, atoms, told),
        _errors(line - line[full].mean(), truth, atoms, used),
        float((np.abs(read - truth) <= error)[told].mean()) if told.any() else np.nan,
        float(1 - told.sum() / used.sum()),
    )


def _errors(read, truth, atoms, used):
    """Of chains and residues, from some of their atoms."""
    if not used.any():
        return report.Errors(*[np.nan] * 4)
    chains, known = (_means(values, atoms.chains, used) for values in (read, truth))
    residues = [_means(values, atoms.residues, used) for values in (read, truth)]
    slope = np.polyfit(known, chains, 1)[0] if len(known) > 1 else np.nan
    correlation = np.corrcoef(known, chains)[0, 1] if len(known) > 1 else np.nan
    rms = np.sqrt(np.square(chains - known).mean())
    return report.Errors(float(rms), float(correlation), float(slope), float(spearmanr(*residues)[0]))


def _means(values, groups, used):
    counts = np.bincount(groups[used])
    return (np.bincount(groups[used], values[used]) / np.maximum(counts, 1))[counts > 0]


def of_haemoglobin():
    """Rank correlations with the B-factors of the residues of 5NI1 in EMD-3488, of the map and of the plain line."""
    if haemoglobin.missing():
        return None
    found, model = haemoglobin.read()
    heavy = model.is_heavy
    places = ((model.positions - found.origin[::-1]) / np.array(found.voxel_size)[::-1])[heavy, ::-1]
    b_factors, residues = haemoglobin.b_factors()[heavy], model.residues[heavy]
    read = flexibility_at(occupy.estimate(found.density, found.voxel_size, flexibility=True).flexibility, places)
    line = map_coordinates(guinier_line(found.density, found.voxel_size, 3.2), places.T, order=1)
    told = np.isfinite(read)
    known = _means(b_factors, residues, told)
    ranks = [float(spearmanr(_means(values, residues, told), known)[0]) for values in (read, line)]
    return report.Haemoglobin(len(known), *ranks, float(np.polyfit(known, _means(read, residues, told), 1)[0]))


def measure(options):
    """All that goes into the part of the document."""
    readings, problems = frame.over_maps(measured, DEALINGS, [QUICK] if options.quick else CONDITIONS)
    return report.FlexibilityResults(readings, environment.versions(), problems, of_haemoglobin())


if __name__ == "__main__":
    frame.run(frame.parser_of(__doc__), measure, report.write)
