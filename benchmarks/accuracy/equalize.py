"""Hold the isosurfaces of equalised maps against those of full, noise-free ones, on maps simulated in ice.

python -m benchmarks.accuracy.equalize            # 66 maps, each in all ways: fifteen minutes
python -m benchmarks.accuracy.equalize --quick    # one condition: a minute
"""

from functools import partial

import chimerax.occupy as occupy
import numpy as np
from chimerax.occupy.engine.refinement.guided import scale_of_atoms

from .. import environment
from ..documents import equalize as report
from ..documents.equalize_readings import Reading
from ..documents.results import PUBLISHED
from ..simulation import ice, vacuum
from ..simulation.ice import Condition
from . import conditions as shared
from . import frame
from .surface import SURFACE, Surface, Vicinity
from .ways import WAYS, Given

CONDITIONS = (
    Condition(3.0, 0.02, "plain"),
    *(Condition(resolution, noise, "plain") for resolution in (3.0, 4.0, 6.0) for noise in (0.1, 0.3)),
    Condition(4.0, 0.1, "sharpened"),
    Condition(4.0, 0.1, "soft mask"),
    Condition(4.0, 0.1, "without low frequencies"),
    Condition(6.0, 0.3, "without low frequencies"),
)
DEALINGS = (shared.DEALINGS[0], shared.DEALINGS[-1])
"""Of each dealing of occupancies one, ice displaced in either way."""

NEAR = 3.0
"""Å from a chain's atoms: where its amplitude is read."""


class Known:
    """What is known of a molecule in the box of some of its maps.

    Parameters
    ----------
    molecule : complexes.Complex
    occupancies : array of float
        Of each chain.
    box : vacuum.Box
    """

    def __init__(self, molecule, occupancies, box):
        self._box, self._occupancies = box, occupancies
        self._places = vacuum.in_voxels(molecule, box)[molecule.is_heavy]
        self._chains = molecule.chains[molecule.is_heavy]
        self.vicinity = Vicinity(self._places, self._chains, (box.edge,) * 3, box.voxel_size)
        near = self.vicinity.of_chains(self.vicinity.distances <= NEAR)
        self._full = [near[chain] for chain in np.flatnonzero(occupancies == 1)]

    def true_scale(self):
        """The scale map of the true occupancies."""
        positions = self._places[:, ::-1] * self._box.voxel_size
        sizes = (self._box.voxel_size,) * 3
        return scale_of_atoms((self._box.edge,) * 3, sizes, positions, self._occupancies[self._chains])

    def scales(self, density):
        """What each chain reads in an estimate of a map: the mean scale at its atoms."""
        at_atoms = vacuum.values_at(occupy.estimate(density, self._box.voxel_size).scale, self._places)
        return np.bincount(self._chains, at_atoms) / np.bincount(self._chains)

    def amplitude(self, density, full):
        """How strong the full chains of a map are, over what they are in the full map: their mean slope on it."""
        return float(np.mean([_slope(density.ravel()[mine], full.ravel()[mine]) for mine in self._full]))

    def solvent(self, density):
        """The densities of solvent, above their mean."""
        values = density.ravel()[self.vicinity.solvent]
        return values - values.mean(dtype=float)


def _slope(ours, theirs):
    theirs = theirs - theirs.mean(dtype=float)
    return (ours @ theirs) / (theirs @ theirs)


def measured(python, molecule, turn, solvent, dealt, conditions):
    """What each way did to the maps of one molecule, as `frame.over_maps` takes it.

    Parameters
    ----------
    python : Path or None
        A Python that has the published program.
    """
    occupancies = vacuum.assigned_occupancies(molecule, turn, dealt)
    b_factors = vacuum.residue_b_factors(molecule, "mixed", turn)
    made, full = (
        ice.potential(molecule, values, b_factors, solvent) for values in (occupancies, np.ones_like(occupancies))
    )
    known = {}
    for condition in conditions:
        density, box = ice.observed(made, *condition, seed=[CONDITIONS.index(condition), turn])
        expected, _ = ice.observed(full, *condition._replace(noise=0.0), seed=0)
        if box not in known:
            known[box] = Known(molecule, occupancies, box)
        given = Given(density, box, condition.resolution, known[box].true_scale(), python)
        tried = [way for way in WAYS if dealt == DEALINGS[0][-1] or not way.is_slow]
        yield _readings(given, expected, known[box], tried, (molecule.name, dealt, condition, occupancies))


def _readings(given, full, known, ways, what):
    """A reading for each way, that of the map as it is among them."""
    surface, before = Surface(full, known.vicinity), known.scales(given.density)
    noise = known.solvent(given.density).std() / known.amplitude(given.density, full)
    readings = []
    for way in ways:
        made = way.make(given)
        if made is None:
            continue
        shown, amplitude, solvent = surface.shown(made), known.amplitude(made, full), known.solvent(made)
        strong = np.count_nonzero(solvent > report.STRONG * amplitude * surface.height)
        readings.append(
            Reading(
                *what, way.name, shown.dice, shown.chains, shown.specks, before, known.scales(made), amplitude,
                float(solvent.std() / amplitude / noise), strong * given.box.voxel_size**3,
            )
        )  # fmt: skip
    return readings


def measure(options):
    """All that goes into the part of the document."""
    python, no_published = environment.found_published(options.published_python)
    chosen = [shared.QUICK] if options.quick else CONDITIONS
    readings, problems = frame.over_maps(partial(measured, python), DEALINGS, chosen)
    if no_published:
        problems = [*problems, *frame.told([f"{PUBLISHED} was not run: {no_published}"])]
    tried = [way for way in WAYS if any(reading.way == way.name for reading in readings)]
    ways, slow = {way.name: way.what for way in tried}, [way.name for way in tried if way.is_slow]
    return report.EqualizeResults(readings, environment.versions(), problems, SURFACE, ways, slow)


if __name__ == "__main__":
    parser = frame.parser_of(__doc__)
    environment.add_option(parser)
    frame.run(parser, measure, report.write)
