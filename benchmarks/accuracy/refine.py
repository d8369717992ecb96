"""Hold occupancies refined from a model against known ones, on maps simulated in ice, beside other methods.

python -m benchmarks.accuracy.refine            # 120 maps: six minutes
python -m benchmarks.accuracy.refine --quick    # one condition: half a minute
"""

import chimerax.occupy as occupy
import numpy as np
from scipy.spatial import cKDTree

from .. import environment
from ..documents import refine as report
from ..documents.refine_errors import Reading
from ..simulation import vacuum
from . import frame, haemoglobin, other_methods
from .conditions import CONDITIONS, DEALINGS, QUICK
from .models import groups_of, maps_with_models

_CONTACT = 5.0  # Å


def measured(molecule, turn, solvent, dealt, conditions):
    """Readings of all chains in the maps of one molecule, as `frame.over_maps` takes them."""
    for condition, density, box, model, occupancies in maps_with_models(molecule, turn, solvent, dealt, conditions):
        yield _readings(density, box, condition, model, occupancies, (solvent, dealt))


def _readings(density, box, condition, model, occupancies, dealing):
    guided = occupy.guided_scale(density, box.voxel_size, model.groups(box))
    molecule, heavy = model.molecule, model.molecule.is_heavy[model.kept]
    places, chains = model.places(box)[heavy], model.chains[heavy]
    elements = np.array(molecule.elements)[model.kept][heavy]
    others = other_methods.readings(density, box, condition.resolution, places, elements, chains, occupancies == 1)
    scale = vacuum.values_at(guided.scale, places)
    at_contact = _at_contact(places * box.voxel_size, chains, np.flatnonzero(occupancies == 1))
    counts = molecule.residue_counts()
    found = []
    for chain, row in enumerate(guided.refinement.rows):
        mine, true = chains == chain, occupancies[chain]
        errors = np.abs(scale - true)
        touching = mine & at_contact
        found.append(
            Reading(
                molecule.name, *dealing, condition, row.group, int(counts[chain]), float(true),
                row.occupancy, row.standard_error, {name: float(values[chain]) for name, values in others.items()},
                float(scale[mine].mean()), float(errors[mine].mean()), int(touching.sum()),
                float(errors[touching].mean()) if touching.any() else float("nan"),
            )
        )  # fmt: skip
    return found


def _at_contact(positions, chains, full):
    """Which atoms are near an atom of a full chain of which they are no part."""
    is_full = np.isin(chains, full)
    distances, _ = cKDTree(positions[is_full]).query(positions, distance_upper_bound=_CONTACT)
    return (distances <= _CONTACT) & ~is_full


def of_haemoglobin():
    """The rows of the four chains of 5NI1 in EMD-3488, and in a sentence what is missing."""
    if problems := haemoglobin.missing():
        return [], problems
    found, model = haemoglobin.read()
    groups = groups_of(model, model.positions)
    return occupy.refine(found.density, found.voxel_size, groups, origin=found.origin[::-1]).rows, []


def measure(options):
    """All that goes into the part of the document."""
    readings, problems = frame.over_maps(measured, DEALINGS, [QUICK] if options.quick else CONDITIONS)
    rows, missing = of_haemoglobin()
    problems += frame.told(missing)
    return report.RefineResults(readings, environment.versions(), problems, rows, other_methods.METHODS)


if __name__ == "__main__":
    frame.run(frame.parser_of(__doc__), measure, report.write)
