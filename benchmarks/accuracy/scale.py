"""Hold the scale that is read from a map alone, in its modes, against known occupancies.

python -m benchmarks.accuracy.scale            # 240 maps: ten minutes
python -m benchmarks.accuracy.scale --quick    # one condition
"""

from dataclasses import dataclass, replace

import chimerax.occupy as occupy
import numpy as np
from scipy.stats import spearmanr

from .. import environment
from ..documents import scale as report
from ..documents.scale import VACUUM
from ..simulation import complexes, ice, vacuum
from ..simulation.families import BUNDLES, COMPLEX, families
from ..simulation.ice import Condition
from . import frame, haemoglobin
from .conditions import CONDITIONS, QUICK

DEALINGS = tuple(
    (turn, solvent, dealt)
    for dealt, turns in zip(vacuum.DEALT, ((1, 4, 1, 4), (1, 2, 1, 2)), strict=True)
    for turn, solvent in zip(turns, (*ice.SOLVENTS, VACUUM, VACUUM), strict=True)
)
"""Turns, solvents and ways of dealing: for each of these two turns in ice, displaced in two ways, then without."""

SEEDS = 20
_SEED_CONDITIONS = (Condition(4.0, 0.1, "plain"), Condition(3.0, 0.3, "plain"), Condition(6.0, 0.3, "plain"))
_EVERY_ATOM = 7


@dataclass(frozen=True, eq=False)
class Simulated:
    """A molecule with known occupancies, of which maps are made."""

    molecule: complexes.Complex
    occupancies: np.ndarray
    potential: ice.Potential


def simulated(molecule, turn, solvent, dealt):
    """A molecule whose chains have occupancies, in ice or in vacuum.

    Parameters
    ----------
    molecule : complexes.Complex
    turn : int
        Which way the occupancies are dealt.
    solvent : str
        One of ice.SOLVENTS, or vacuum, where hydrogens are left out too.
    dealt : str
        One of vacuum.DEALT.

    Returns
    -------
    Simulated
    """
    if solvent == VACUUM:
        molecule = without_hydrogens(molecule)
    occupancies = vacuum.assigned_occupancies(molecule, turn, dealt)
    b_factors = vacuum.residue_b_factors(molecule, "mixed", turn)
    if solvent != VACUUM:
        return Simulated(molecule, occupancies, ice.potential(molecule, occupancies, b_factors, solvent))
    box = vacuum.box_around(molecule, ice.PITCH)
    density = vacuum.clean_map(molecule, occupancies, b_factors, box, 2 * box.voxel_size)
    return Simulated(molecule, occupancies, ice.Potential(density, box))


def without_hydrogens(molecule):
    """The same molecule, heavy atoms only."""
    kept = molecule.is_heavy
    return replace(
        molecule,
        elements=[element for element, keep in zip(molecule.elements, kept, strict=True) if keep],
        positions=molecule.positions[kept],
        chains=molecule.chains[kept],
        residues=molecule.residues[kept],
        residue_names=molecule.residue_names[kept],
        atom_names=molecule.atom_names[kept],
    )


def measured(molecule, turn, solvent, dealt, conditions):
    """Errors of all modes in the maps of one molecule, as `frame.over_maps` takes them."""
    made = simulated(molecule, turn, solvent, dealt)
    for condition in conditions:
        number = CONDITIONS.index(condition)
        density, box = ice.observed(made.potential, *condition, seed=[number, turn])
        places = vacuum.in_voxels(made.molecule, box)[made.molecule.is_heavy]
        chains = made.molecule.chains[made.molecule.is_heavy]
        errors = {
            mode: _errors(occupy.estimate(density, box.voxel_size, mode=mode).scale, places, chains, made.occupancies)
            for mode in report.MODES
        }
        yield [report.Reading(molecule.name, solvent, dealt, condition, errors)]


def _errors(scale, places, chains, occupancies):
    values = vacuum.values_at(scale, places)
    means = np.bincount(chains, values) / np.bincount(chains)
    whole = means[(occupancies == 1) & (np.bincount(chains) > report.LONG)]
    return report.Errors(
        float(np.abs(means - occupancies).mean()),
        float(np.abs(values - occupancies[chains]).mean()),
        float(spearmanr(means, occupancies)[0]),
        float(whole.mean()),
        float(whole.min()),
    )


def spread(made, condition):
    """How far the scale spreads over noise seeds, relative to what its uncertainty says.

    Parameters
    ----------
    made : Simulated
    condition : Condition

    Returns
    -------
    report.Spread
    """
    scales, errors = [], []
    for seed in range(SEEDS):
        density, box = ice.observed(made.potential, *condition, seed=[seed, 99])
        found = occupy.estimate(density, box.voxel_size, uncertainty=True)
        at = tuple(np.rint(vacuum.in_voxels(made.molecule, box)).astype(int)[made.molecule.is_heavy][::_EVERY_ATOM].T)
        scales.append(found.scale[at])
        errors.append(found.uncertainty[at])
    scales, errors = np.array(scales), np.array(errors)
    free = ((scales > 0) & (scales < 1)).all(axis=0)
    ratios = scales[:, free].std(axis=0, ddof=1) / errors[:, free].mean(axis=0)
    pooled = np.sqrt((scales[:, free].var(axis=0, ddof=1)).mean() / (errors[:, free] ** 2).mean())
    low, high = report.GOOD_RATIO
    return report.Spread(
        made.molecule.name,
        condition,
        float(pooled),
        [float(q) for q in np.quantile(ratios, (0.1, 0.5, 0.9))],
        float(((ratios >= low) & (ratios <= high)).mean()),
    )


def of_haemoglobin():
    """The scale of the four chains of 5NI1, all there, in EMD-3488 in each mode; empty where the files are missing."""
    if haemoglobin.missing():
        return {}
    found, model = haemoglobin.read()
    places = ((model.positions - found.origin[::-1]) / np.array(found.voxel_size)[::-1])[:, ::-1]
    long = np.flatnonzero(np.bincount(model.chains) > report.LONG)
    result = {}
    for mode in report.MODES:
        values = vacuum.values_at(occupy.estimate(found.density, found.voxel_size, mode=mode).scale, places)
        result[mode] = {model.chain_names[chain]: float(values[model.chains == chain].mean()) for chain in long}
    return result


def measure(options):
    """All that goes into the part of the document."""
    readings, problems = frame.over_maps(measured, DEALINGS, [QUICK] if options.quick else CONDITIONS)
    spreads = [] if options.quick else list(_spreads())
    return report.ScaleResults(readings, environment.versions(), problems, spreads, of_haemoglobin())


def _spreads():
    known, _ = families()
    for family in (BUNDLES, COMPLEX):
        made = simulated(known[family](DEALINGS[0][0]), *DEALINGS[0])
        for condition in _SEED_CONDITIONS:
            yield spread(made, condition)


if __name__ == "__main__":
    frame.run(frame.parser_of(__doc__, "one condition instead of all, and no seeds"), measure, report.write)
