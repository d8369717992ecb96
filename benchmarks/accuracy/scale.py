"""Hold the scale that is read from a map alone, in its modes, against known occupancies.

python -m benchmarks.accuracy.scale            # 120 maps: some minutes
python -m benchmarks.accuracy.scale --quick    # one condition
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import chimerax.occupy as occupy
import numpy as np
from chimerax.occupy.cli import mapfile
from scipy.stats import spearmanr
from tqdm import tqdm

from .. import environment
from ..documents import scale as report
from ..simulation import complexes, ice, vacuum
from . import refine

TURNS = (1, 4)
VACUUM = "vacuum"
SOLVENTS = ((*ice.SOLVENTS,), (VACUUM, VACUUM))
"""Of the two turns: first both in ice, displaced in two ways, then both without."""

SEEDS = 20
_SEED_CONDITIONS = ((4.0, 0.1, "plain"), (3.0, 0.3, "plain"), (6.0, 0.3, "plain"))
_EVERY_ATOM = 7
_DOCUMENT = Path("docs/validation.md")


@dataclass(frozen=True, eq=False)
class Simulated:
    """A molecule with known occupancies, of which maps are made."""

    molecule: complexes.Complex
    occupancies: np.ndarray
    potential: ice.Potential

    @property
    def heavy(self):
        """Atoms that are not hydrogen, a bool array."""
        return np.array(self.molecule.elements) != "H"


def simulated(molecule, turn, solvent):
    """A molecule whose chains have occupancies, in ice or in vacuum.

    Parameters
    ----------
    molecule : complexes.Complex
    turn : int
        Which way the occupancies are dealt.
    solvent : str
        One of ice.SOLVENTS, or vacuum, where hydrogens are left out too.

    Returns
    -------
    Simulated
    """
    if solvent == VACUUM:
        molecule = without_hydrogens(molecule)
    occupancies = vacuum.assigned_occupancies(molecule, turn)
    b_factors = vacuum.residue_b_factors(molecule, "mixed", turn)
    if solvent != VACUUM:
        return Simulated(molecule, occupancies, ice.potential(molecule, occupancies, b_factors, solvent))
    box = vacuum.box_around(molecule, ice.PITCH)
    density = vacuum.clean_map(molecule, occupancies, b_factors, box, 2 * box.voxel_size)
    return Simulated(molecule, occupancies, ice.Potential(density, box))


def without_hydrogens(molecule):
    """The same molecule, heavy atoms only."""
    kept = np.array(molecule.elements) != "H"
    return replace(
        molecule,
        elements=[element for element, keep in zip(molecule.elements, kept, strict=True) if keep],
        positions=molecule.positions[kept],
        chains=molecule.chains[kept],
        residues=molecule.residues[kept],
        residue_names=molecule.residue_names[kept],
        atom_names=molecule.atom_names[kept],
    )


def readings(made, family, solvent, turn, conditions):
    """Errors of all modes in the maps of one molecule.

    Parameters
    ----------
    made : Simulated
    family, solvent : str
    turn : int
    conditions : sequence of tuple
        Resolution, noise and filter.

    Yields
    ------
    report.Reading
    """
    for condition in conditions:
        number = refine.CONDITIONS.index(condition)
        density, box = ice.observed(made.potential, *condition, seed=[number, turn])
        places = vacuum.in_voxels(made.molecule, box)[made.heavy]
        chains = made.molecule.chains[made.heavy]
        errors = {
            mode: _errors(occupy.estimate(density, box.voxel_size, mode=mode).scale, places, chains, made.occupancies)
            for mode in report.MODES
        }
        yield report.Reading(family, solvent, report.Condition(*condition), errors)


def _errors(scale, places, chains, occupancies):
    values = vacuum.values_at(scale, places)
    means = np.bincount(chains, values) / np.bincount(chains)
    return report.Errors(
        float(np.abs(means - occupancies).mean()),
        float(np.abs(values - occupancies[chains]).mean()),
        float(spearmanr(means, occupancies)[0]),
    )


def spreads(made, family, condition):
    """How far the scale spreads over noise seeds, relative to what its uncertainty says.

    Parameters
    ----------
    made : Simulated
    family : str
    condition : tuple

    Returns
    -------
    report.Spread
    """
    scales, errors = [], []
    for seed in range(SEEDS):
        density, box = ice.observed(made.potential, *condition, seed=[seed, 99])
        found = occupy.estimate(density, box.voxel_size, uncertainty=True)
        at = tuple(np.rint(vacuum.in_voxels(made.molecule, box)).astype(int)[made.heavy][::_EVERY_ATOM].T)
        scales.append(found.scale[at])
        errors.append(found.uncertainty[at])
    scales, errors = np.array(scales), np.array(errors)
    free = ((scales > 0) & (scales < 1)).all(axis=0)
    ratios = scales[:, free].std(axis=0, ddof=1) / errors[:, free].mean(axis=0)
    pooled = np.sqrt((scales[:, free].var(axis=0, ddof=1)).mean() / (errors[:, free] ** 2).mean())
    low, high = report.GOOD_RATIO
    return report.Spread(
        family,
        report.Condition(*condition),
        float(pooled),
        [float(q) for q in np.quantile(ratios, (0.1, 0.5, 0.9))],
        float(((ratios >= low) & (ratios <= high)).mean()),
    )


def haemoglobin():
    """The scale of the four chains of 5NI1, all there, in EMD-3488 in each mode; empty where the files are missing."""
    if not (refine.HAEMOGLOBIN_MAP.exists() and refine.HAEMOGLOBIN.exists()):
        return {}
    found = mapfile.read(refine.HAEMOGLOBIN_MAP)
    model = complexes.read_complex(refine.HAEMOGLOBIN, "haemoglobin")
    places = ((model.positions - found.origin[::-1]) / np.array(found.voxel_size)[::-1])[:, ::-1]
    long = np.flatnonzero(np.bincount(model.chains) > report.LONG)
    result = {}
    for mode in report.MODES:
        values = vacuum.values_at(occupy.estimate(found.density, found.voxel_size, mode=mode).scale, places)
        result[mode] = {model.chain_names[chain]: float(values[model.chains == chain].mean()) for chain in long}
    return result


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one condition instead of all, and no seeds")
    parser.add_argument(
        "--output",
        type=Path,
        help=f"Markdown file [default: {_DOCUMENT}; with --quick in the temporary folder]",
    )
    return parser.parse_args()


def main():
    options = _options()
    conditions = (refine.QUICK_CONDITION,) if options.quick else refine.CONDITIONS
    known, problems = refine.families()
    found, spread = [], []
    with tqdm(total=len(known) * len(TURNS) * len(SOLVENTS) * len(conditions), unit="maps") as progress:
        for family, make in known.items():
            for solvents in SOLVENTS:
                for turn, solvent in zip(TURNS, solvents, strict=True):
                    made = simulated(make(turn), turn, solvent)
                    for reading in readings(made, family, solvent, turn, conditions):
                        found.append(reading)
                        progress.update()
    if not options.quick:
        for family in (report.BUNDLES, report.COMPLEX):
            made = simulated(known[family](TURNS[0]), TURNS[0], ice.SOLVENTS[0])
            spread += [spreads(made, family, condition) for condition in _SEED_CONDITIONS]
    for problem in problems:
        print(problem, file=sys.stderr)
    quick_output = Path(tempfile.gettempdir()) / "occupy-validation" / _DOCUMENT.name
    output = options.output or (quick_output if options.quick else _DOCUMENT)
    report.write(output, found, spread, haemoglobin(), environment.versions(sys.executable), problems)
    print(f"Written: {output}")


if __name__ == "__main__":
    main()
