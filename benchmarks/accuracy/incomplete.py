"""Hold occupancies refined with models that lack chains against known ones, on maps simulated in ice.

python -m benchmarks.accuracy.incomplete            # 36 maps, each with four models: ten minutes
python -m benchmarks.accuracy.incomplete --quick    # one condition
"""

import chimerax.occupy as occupy
import numpy as np

from .. import environment
from ..documents import incomplete as report
from ..documents.results import Results
from ..simulation.ice import Condition
from . import frame
from .conditions import DEALINGS, QUICK
from .models import maps_with_models

_CONDITIONS = (QUICK, Condition(3.0, 0.3, "plain"), Condition(4.0, 0.1, "without low frequencies"))


def measured(molecule, turn, solvent, dealt, conditions):
    """Readings of the chains that are left, with all models of each map, as `frame.over_maps` takes them."""
    for condition, density, box, model, occupancies in maps_with_models(molecule, turn, solvent, dealt, conditions):
        groups = model.groups(box)
        yield [
            reading
            for taken, lacking in _lacking(groups).items()
            for reading in _readings(density, box, (molecule.name, condition, taken), groups, lacking, occupancies)
        ]


def _lacking(groups):
    """Which chains are taken out of each model, by how the document calls it."""
    weights = [group.weights().sum() for group in groups.values()]
    names = [list(groups)[i] for i in np.argsort(weights)]
    return {report.WHOLE: [], "two smallest": names[:2], "largest": names[-1:], "two largest": names[-2:]}


def _readings(density, box, what, groups, lacking, occupancies):
    known = dict(zip(groups, occupancies, strict=True))
    amounts = {name: known[name] * group.weights().sum() for name, group in groups.items()}
    left = {name: group for name, group in groups.items() if name not in lacking}
    found = occupy.refine(density, box.voxel_size, left)
    highest = max(known[name] for name in left)
    share = sum(amounts[name] for name in lacking) / sum(amounts.values())
    return [
        report.Reading(
            *what, float(share), found.unexplained, float(row.occupancy - known[row.group] / highest),
            row.standard_error, any("displaced" in note for note in row.notes),
        )
        for row in found.rows
    ]  # fmt: skip


def measure(options):
    """All that goes into the part of the document."""
    readings, problems = frame.over_maps(measured, DEALINGS, [QUICK] if options.quick else _CONDITIONS)
    return Results(readings, environment.versions(), problems)


if __name__ == "__main__":
    frame.run(frame.parser_of(__doc__), measure, report.write)
