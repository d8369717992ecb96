"""Hold equalised maps against full, noise-free ones, chain by chain, on maps simulated in ice.

python -m benchmarks.accuracy.equalize            # 180 maps: twenty minutes
python -m benchmarks.accuracy.equalize --quick    # one condition: a few seconds
"""

import chimerax.occupy as occupy
import numpy as np
from chimerax.occupy.engine.refinement.guided import scale_of_atoms
from scipy.spatial import cKDTree

from .. import environment
from ..documents import equalize as report
from ..documents.results import Results
from ..simulation import ice, vacuum
from ..simulation.ice import Condition
from . import frame
from .conditions import DEALINGS, QUICK

CONDITIONS = (
    *(Condition(resolution, noise, "plain") for resolution in (3.0, 4.0, 6.0) for noise in (0.02, 0.1, 0.3)),
    Condition(4.0, 0.1, "sharpened"),
    Condition(3.0, 0.3, "sharpened"),
    Condition(4.0, 0.1, "soft mask"),
    Condition(4.0, 0.3, "soft mask"),
    Condition(4.0, 0.1, "without low frequencies"),
    Condition(6.0, 0.3, "without low frequencies"),
)
NEAR, FAR = 3.0, 6.0
"""Å from the nearest atom: up to NEAR a voxel is its chain's, beyond FAR it is solvent."""


class Chains:
    """The voxels of each chain in a box.

    Parameters
    ----------
    molecule : complexes.Complex
    box : vacuum.Box
    """

    def __init__(self, molecule, box):
        places = vacuum.in_voxels(molecule, box) * box.voxel_size
        voxels = np.indices((box.edge,) * 3, np.float32).reshape(3, -1).T * box.voxel_size
        distances, nearest = cKDTree(places).query(voxels, distance_upper_bound=FAR, workers=-1)
        chain = np.append(molecule.chains, -1)[nearest]
        self.of_each = [np.flatnonzero((chain == i) & (distances <= NEAR)) for i in range(len(molecule.chain_names))]
        self.solvent = np.flatnonzero(np.isinf(distances))


def measured(molecule, turn, solvent, dealt, conditions):
    """What each way of equalising did to the maps of one molecule, as `frame.over_maps` takes it."""
    occupancies = vacuum.assigned_occupancies(molecule, turn, dealt)
    b_factors = vacuum.residue_b_factors(molecule, "mixed", turn)
    made, full = (
        ice.potential(molecule, values, b_factors, solvent) for values in (occupancies, np.ones_like(occupancies))
    )
    chains = {}
    for condition in conditions:
        density, box = ice.observed(made, *condition, seed=[CONDITIONS.index(condition), turn])
        expected, _ = ice.observed(full, *condition._replace(noise=0.0), seed=0)
        if box not in chains:
            chains[box] = Chains(molecule, box)
        true = _true_scale(molecule, occupancies, box)
        yield _readings(density, expected, box, chains[box], occupancies, true, (molecule.name, dealt, condition))


def _true_scale(molecule, occupancies, box):
    positions = vacuum.in_voxels(molecule, box)[:, ::-1] * box.voxel_size
    return scale_of_atoms((box.edge,) * 3, (box.voxel_size,) * 3, positions, occupancies[molecule.chains])


def _readings(density, expected, box, chains, occupancies, true, what):
    calibrated, by_maximum = (
        occupy.estimate(density, box.voxel_size, mode=mode, solvent_model="auto")
        for mode in ("calibrated", "occupancy")
    )
    ways = {
        report.WHOLE: (by_maximum, {"signal_only": False}),
        report.SIGNAL: (by_maximum, {"signal_only": True}),
        report.DEFAULT: (calibrated, {}),
        report.TRUE_SCALE: (calibrated, {"scale_map": true}),
    }
    before = [_agreement(density, expected, voxels) for voxels in chains.of_each]
    readings = []
    for way, (found, settings) in ways.items():
        made, whole = (
            occupy.modify(density, box.voxel_size, estimate=found, **(settings | other)).density
            for other in ({}, {"signal_only": False})
        )
        after, multiplied = ([_agreement(m, expected, voxels) for voxels in chains.of_each] for m in (made, whole))
        slopes, whole_slopes = (np.array([slope for _, slope in some]) for some in (after, multiplied))
        is_full, is_weakest = occupancies == 1, occupancies == occupancies.min()
        changes = np.array([new - old for (new, _), (old, _) in zip(after, before, strict=True)])
        solvent = [values.ravel()[chains.solvent] for values in (density, made)]
        readings.append(
            report.Reading(
                *what, way,
                min(old for (old, _), weakest in zip(before, is_weakest, strict=True) if weakest),
                float(changes[is_weakest].min()), float(changes.min()), float(occupancies[changes.argmin()]),
                *(float(np.mean(values > found.peak / 2)) for values in solvent),
                float(solvent[1].std() / solvent[0].std()),
                float((slopes / whole_slopes)[is_full].min()),
            )
        )  # fmt: skip
    return readings


def _agreement(density, expected, voxels):
    """Correlation of two maps in some voxels, and the slope of the first on the second."""
    ours, theirs = (values.ravel()[voxels].astype(float) for values in (density, expected))
    ours, theirs = ours - ours.mean(), theirs - theirs.mean()
    together = float(ours @ theirs)
    return together / np.sqrt((ours @ ours) * (theirs @ theirs)), together / float(theirs @ theirs)


def measure(options):
    """All that goes into the part of the document."""
    readings, problems = frame.over_maps(measured, DEALINGS, [QUICK] if options.quick else CONDITIONS)
    return Results(readings, environment.versions(), problems)


if __name__ == "__main__":
    frame.run(frame.parser_of(__doc__), measure, report.write)
