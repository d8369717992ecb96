"""Hold shares of conformers, and occupancies of copies by symmetry, against known ones, on maps simulated in ice.

python -m benchmarks.accuracy.alternatives            # 120 maps and 40 class volumes: ten minutes
python -m benchmarks.accuracy.alternatives --quick    # one condition
"""

from dataclasses import replace

import chimerax.occupy as occupy
import numpy as np
from scipy.spatial.transform import Rotation
from tqdm import tqdm

from .. import environment
from ..documents import alternatives as report
from ..simulation import complexes, conformers, ice, vacuum
from ..simulation.families import BUNDLES, COMPLEX
from ..simulation.ice import Condition
from . import frame
from .models import given_model

_FAMILIES = {
    BUNDLES: (lambda: complexes.bundles(5, BUNDLES, seed=2), 2),
    COMPLEX: (lambda: complexes.ribonucleoprotein(COMPLEX, seed=1), 4),
}
"""Each with the chain that has two conformations."""

_RMSDS = (1.0, 2.0, 3.0, 5.0, 8.0)
_SHARES = ((1.0, 0.0), (0.7, 0.3), (0.5, 0.5), (0.5, 0.2))
_CONDITIONS = (
    Condition(4.0, 0.1, "plain"),
    Condition(8.0, 0.1, "plain"),
    Condition(4.0, 0.1, "without low frequencies"),
)
_CLASS_VOLUMES = Condition(14.0, 0.1, "plain")

_COPIES, _RADIUS = (1.0, 1.0, 0.6, 0.3), 32.0
"""Occupancies of one of two chains in the copies of a tetramer, and how far, in Å, its copies are from the axis."""


def readings_of(family, conditions, progress):
    """Readings of both conformations in all maps of a molecule."""
    make, chain = _FAMILIES[family]
    for number, rmsd in enumerate(_RMSDS):
        molecule = conformers.with_conformer(make(), chain, rmsd, seed=number)
        b_factors = vacuum.residue_b_factors(molecule, "mixed", number)
        made = conformers.potentials(molecule, chain, b_factors, ice.SOLVENTS[number % 2])
        volumes = []
        for turn, shares in enumerate(_SHARES):
            mixed = conformers.mixed(made, shares)
            model = given_model(molecule, b_factors, number + turn)
            for condition in conditions:
                density, box = ice.observed(mixed, *condition, seed=[number, turn])
                yield from _in_one_map(family, condition, rmsd, shares, density, box, model.groups(box), chain)
                progress.update()
            volumes.append(ice.observed(mixed, *_CLASS_VOLUMES, seed=[number, turn]))
            progress.update()
        box = volumes[0][1]
        groups = given_model(molecule, b_factors, number).groups(box)
        yield from _in_class_volumes(family, rmsd, [density for density, _ in volumes], box, groups, chain)


def _in_one_map(family, condition, rmsd, shares, density, box, groups, chain):
    both = [list(groups)[chain], list(groups)[-1]]
    for limited in (False, True):
        found = occupy.refine(density, box.voxel_size, groups, alternatives=[both] if limited else [])
        rows = [next(row for row in found.rows if row.group == name) for name in both]
        told = found.together[0] if limited else None
        yield report.Reading(
            family, str(condition), rmsd, shares, limited, tuple(row.occupancy for row in rows),
            tuple(row.standard_error for row in rows), told and (told.occupancy, told.standard_error),
            any("told apart" in note for note in rows[0].notes),
        )  # fmt: skip


def _in_class_volumes(family, rmsd, densities, box, groups, chain):
    both, columns = [list(groups)[chain], list(groups)[-1]], [chain, -1]
    what = f"{_CLASS_VOLUMES.resolution:g} Å, a matrix"
    for limited in (False, True):
        found = occupy.refine_maps(
            densities, box.voxel_size, groups, lowpass=_CLASS_VOLUMES.resolution,
            alternatives=[both] if limited else [],
        )  # fmt: skip
        for i, shares in enumerate(_SHARES):
            told = found.together[i][0] if limited else None
            yield report.Reading(
                family, what, rmsd, shares, limited, tuple(found.occupancies[i, columns]),
                tuple(found.standard_errors[i, columns]), told and (told.occupancy, told.standard_error),
                any("told apart" in note for note in found.notes[i][chain]),
            )  # fmt: skip


def copies_in(condition):
    """What is told of a tetramer of which one chain is not alike in all copies."""
    unit = complexes.bundles(2, "tetramer", seed=3)
    unit = replace(unit, positions=unit.positions - unit.positions.mean(axis=0) + [_RADIUS, 0, 0])
    whole = _turned(unit, len(_COPIES))
    b_factors = vacuum.residue_b_factors(whole, "mixed", 1)
    occupancies = np.ravel([(1.0, share) for share in _COPIES])
    made = ice.potential(whole, occupancies, b_factors, "mask")
    density, box = ice.observed(made, *condition, seed=1)
    model = given_model(whole, b_factors, 1)
    chains = list(model.groups(box).items())[: len(unit.chain_names)]
    groups, copies = occupy.symmetric_groups(dict(chains), f"C{len(_COPIES)}", (box.edge,) * 3, box.voxel_size)
    found = occupy.refine(density, box.voxel_size, groups, copies=copies)
    known = {name: share for (name, _), shares in zip(chains, np.reshape(occupancies, (-1, 2)).T, strict=True)
             for name, share in zip(copies[name], shares, strict=True)}  # fmt: skip
    return report.Copies(str(condition), [(row, known[row.group]) for row in found.rows], found.together)


def _turned(unit, count):
    """Copies of a complex about z, as chains of one."""
    atoms, chains, residues = len(unit.elements), len(unit.chain_names), unit.residues.max() + 1
    turns = [Rotation.from_euler("z", 360 * i / count, degrees=True) for i in range(count)]
    copy = np.repeat(np.arange(count), atoms)
    return replace(
        unit,
        elements=list(unit.elements) * count,
        positions=np.concatenate([turn.apply(unit.positions) for turn in turns]),
        chains=np.tile(unit.chains, count) + chains * copy,
        residues=np.tile(unit.residues, count) + residues * copy,
        chain_names=[f"{name}{i + 1}" for i in range(count) for name in unit.chain_names],
        residue_names=np.tile(unit.residue_names, count),
        atom_names=np.tile(unit.atom_names, count),
    )


def measure(options):
    """All that goes into the part of the document."""
    conditions = _CONDITIONS[:1] if options.quick else _CONDITIONS
    total = len(_FAMILIES) * len(_RMSDS) * len(_SHARES) * (len(conditions) + 1)
    with tqdm(total=total, unit="maps") as progress:
        readings = [one for family in _FAMILIES for one in readings_of(family, conditions, progress)]
    return report.Results(readings, environment.versions(), [], [copies_in(condition) for condition in conditions])


if __name__ == "__main__":
    frame.run(frame.parser_of(__doc__), measure, report.write)
