"""Hold the flexibility that is read from a map alone against known B-factors, beside the plain Guinier line; and the
scale that is freed of it.

python -m benchmarks.accuracy.flexibility            # 96 maps: ten minutes
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
    Condition(3.0, 0.1, "without low frequencies"),
)
QUICK = CONDITIONS[0]
DEALINGS = (
    (5, ice.SOLVENTS[0], report.DIFFERENT),
    (6, ice.SOLVENTS[1], report.MOST_WHOLE),
    (7, ice.SOLVENTS[0], report.OF_CHAINS),
    (8, ice.SOLVENTS[1], report.OF_RESIDUES),
)
"""Turns, of which each has packings of its own, solvents, and how occupancies and B-factors are dealt."""

_OBSERVED = Condition(3.2, np.nan, "sharpened and masked")

LOWEST_B, HIGHEST_B = 40.0, 120.0
_MIXED = (1.0, 0.7, 1.0, 0.5, 0.85, 1.0, 0.4, 0.6)


def dealt_out(molecule, turn, dealt):
    """Occupancies of the chains, and B-factors of the residues in Å²."""
    if dealt == report.OF_RESIDUES:
        return np.ones(len(molecule.chain_names)), vacuum.residue_b_factors(molecule, "mixed", turn)
    random, count = np.random.default_rng(turn), len(molecule.chain_names)
    b_factors = np.linspace(LOWEST_B, HIGHEST_B, count)[random.permutation(count)]
    occupancies = {
        report.DIFFERENT: np.resize(_MIXED, count)[random.permutation(count)],
        report.MOST_WHOLE: vacuum.assigned_occupancies(molecule, turn, vacuum.MOST_WHOLE),
        report.OF_CHAINS: np.ones(count),
    }[dealt]
    return occupancies, b_factors[molecule.residue_chains()]


def measured(molecule, turn, solvent, dealt, conditions):
    """What is read in the maps of one molecule, as `frame.over_maps` takes it."""
    occupancies, b_factors = dealt_out(molecule, turn, dealt)
    made = ice.potential(molecule, occupancies, b_factors, solvent)
    heavy = molecule.is_heavy
    atoms = report.Atoms(
        molecule.chains[heavy],
        molecule.residues[heavy],
        b_factors[molecule.residues[heavy]],
        occupancies[molecule.chains[heavy]],
    )
    for condition in conditions:
        density, box = ice.observed(made, *condition, seed=[CONDITIONS.index(condition), turn])
        places = vacuum.in_voxels(molecule, box)[heavy]
        yield [_reading((molecule.name, dealt, condition), (density, box.voxel_size), places, atoms)]


def _reading(named, given, places, atoms):
    """The errors in one map of the flexibility map and of the plain line, and of the scale with and without it."""
    used, condition = atoms.occupancies >= report.LEAST_OCCUPANCY, named[-1]
    found = occupy.estimate(*given, flexibility=True, uncertainty=True)
    read, error = (flexibility_at(values, places) for values in (found.flexibility, found.flexibility_error))
    scale = map_coordinates(found.scale, places.T, order=1)
    full = scale >= min(0.9, np.quantile(scale, 0.8))
    truth = atoms.b_factors - atoms.b_factors[full].mean()
    line = map_coordinates(guinier_line(*given, condition.resolution), places.T, order=1)
    told = np.isfinite(read) & used
    return report.Reading(
        *named,
        _errors(read, truth, atoms, told),
        _errors(line - line[full].mean(), truth, atoms, used),
        float((np.abs(read - truth) <= error)[told].mean()) if told.any() else np.nan,
        float(1 - told.sum() / used.sum()),
        *_scales(found, occupy.estimate(*given, correct_flexibility=True), places, atoms),
    )


def _scales(plain, freed, places, atoms):
    """What the scale as it is and the one that is freed of flexibility say of chains and of quarters of residues."""
    for found in (plain, freed):
        scale = map_coordinates(found.scale, places.T, order=1)
        everywhere = np.ones(len(scale), bool)
        off = np.abs(_means(scale - atoms.occupancies, atoms.chains, everywhere)).mean()
        residues, b_factors = (_means(values, atoms.residues, everywhere) for values in (scale, atoms.b_factors))
        low, high = np.quantile(b_factors, (0.25, 0.75))
        yield report.Scale(
            float(off), float(residues[b_factors <= low].mean()), float(residues[b_factors >= high].mean())
        )


def _errors(read, truth, atoms, used):
    """Of chains and residues, from some of their atoms."""
    if not used.any():
        return report.Errors(*[np.nan] * 5)
    chains, known = (_means(values, atoms.chains, used) for values in (read, truth))
    residues = [_means(values, atoms.residues, used) for values in (read, truth)]
    slope = np.polyfit(known, chains, 1)[0] if len(known) > 1 else np.nan
    correlation = np.corrcoef(known, chains)[0, 1] if len(known) > 1 else np.nan
    rms = np.sqrt(np.square(chains - known).mean())
    rank, residue_slope = spearmanr(*residues)[0], np.polyfit(*residues[::-1], 1)[0]
    return report.Errors(float(rms), float(correlation), float(slope), float(rank), float(residue_slope))


def _means(values, groups, used):
    counts = np.bincount(groups[used])
    return (np.bincount(groups[used], values[used]) / np.maximum(counts, 1))[counts > 0]


def of_haemoglobin():
    """What is read of the residues of 5NI1 in EMD-3488, as of the simulated maps."""
    if haemoglobin.missing():
        return None
    found, model = haemoglobin.read()
    heavy = model.is_heavy
    places = ((model.positions - found.origin[::-1]) / np.array(found.voxel_size)[::-1])[heavy, ::-1]
    chains, residues = model.chains[heavy], model.residues[heavy]
    atoms = report.Atoms(chains, residues, haemoglobin.b_factors()[heavy], np.ones(len(chains)))
    return _reading(("haemoglobin", report.OF_RESIDUES, _OBSERVED), (found.density, found.voxel_size), places, atoms)


def measure(options):
    """All that goes into the part of the document."""
    readings, problems = frame.over_maps(measured, DEALINGS, [QUICK] if options.quick else CONDITIONS)
    return report.FlexibilityResults(readings, environment.versions(), problems, of_haemoglobin())


if __name__ == "__main__":
    frame.run(frame.parser_of(__doc__), measure, report.write)
