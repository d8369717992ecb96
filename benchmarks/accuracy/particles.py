"""Hold shares of particles, and the particles of maps with and without chains, against known ones.

python -m benchmarks.accuracy.particles            # ten ensembles of 40 maps: a quarter of an hour
python -m benchmarks.accuracy.particles --quick    # one of them
"""

import tempfile
from itertools import permutations
from pathlib import Path

import chimerax.occupy as occupy
import numpy as np
from tqdm import tqdm

from .. import environment
from ..documents import particles as report
from ..documents.matrix import Family
from ..documents.results import Results
from ..simulation import ensembles, particle_files
from ..simulation.families import BBSOME, BBSOME_MODEL, BUNDLES, missing
from . import frame
from .matrix import molecule_of
from .models import ASSUMED_B, groups_of

FAMILIES = (
    Family("assembly 1", "mask", 1, tuned=True),
    Family(BBSOME, "mask", 0, tuned=True),
    Family("assembly 2", "atoms", 21, tuned=False),
    Family("assembly 3", "mask", 4, tuned=False),
    Family("assembly 4", "atoms", 6, tuned=False),
    Family(BBSOME, "atoms", 3, tuned=False),
    Family(BBSOME, "mask", 7, tuned=False),
    Family(BUNDLES, "mask", 22, tuned=False),
    Family(BUNDLES, "atoms", 5, tuned=False),
    Family(BUNDLES, "mask", 8, tuned=False),
)


def read(family):
    """What is read of the maps of a family: a list of Reading, the low-pass and the known occupancies."""
    made = ensembles.ensemble(molecule_of(family), family.solvent, family.seed)
    kept, size = made.kept, ensembles.BOX.voxel_size
    groups = groups_of(made.molecule, made.positions[kept][:, ::-1], kept, np.full(kept.sum(), ASSUMED_B))
    box = occupy.MatrixBox(made.maps[0].shape, size, groups)
    readings = [
        occupy.Reading(f"vol_{i:03d}", box.sums(density), box.model_sums) for i, density in enumerate(made.maps)
    ]
    return readings, box.lowpass, made.occupancies


def cases(family, folder):
    """How shares and subsets of a family come out, by each kind of reference and of particles.

    Parameters
    ----------
    family : Family
    folder : Path
        Of the files of particles.

    Yields
    ------
    report.Case
    """
    readings, lowpass, occupancies = read(family)
    names = [reading.name for reading in readings]
    certain = particle_files.particles_of(occupancies, seed=family.seed)
    unsure, posteriors = particle_files.ambiguous_particles(certain, occupancies, family.seed)
    files = [folder / name for name in ("run_data.star", "particles.cs", "particles.csv", "posteriors.cs")]
    particle_files.write_star(files[0], certain)
    particle_files.write_cs(files[1], certain)
    particle_files.write_csv(files[2], certain, names)
    particle_files.write_cs(files[3], certain, posteriors)
    for title, complete in ((report.AGAINST_MAPS, names[: ensembles.COMPLETE]), (report.WITHIN, ())):
        matrix = occupy.occupancy_matrix(readings, lowpass, reference_maps=complete)
        for kinds, particles in ((files[:3], certain), (files[3:], unsure)):
            yield _case(family, title, matrix, kinds, particles)


def _case(family, title, matrix, files, particles):
    """All files of one content have to say the same, to the last particle."""
    read_files = [occupy.read_particles(path) for path in files]
    populations = [one.populations(matrix.maps, matrix.maps) for one in read_files]
    for other in populations[1:]:
        np.testing.assert_array_equal(other.weights, populations[0].weights)
    matrix = occupy.with_shares(matrix, populations[0])
    subsets = [
        found for pair in permutations(matrix.groups, 2) if (found := _subset(matrix, read_files, pair, particles))
    ]
    _check_files(matrix, read_files, particles)
    kind = report.POSTERIORS if read_files[0].has_posteriors else report.CLASSES
    truth = particles.has.mean(axis=0)
    return report.Case(family, title, kind, matrix.shares, matrix.share_errors, truth, np.array(subsets).reshape(-1, 2))


def _subset(matrix, read_files, pair, particles):
    """Expected and true share of wrong particles with one chain and without another; None where no map is such."""
    wanted = occupy.Wanted(pair[:1], pair[1:])
    try:
        chosen = occupy.chosen_maps(matrix, matrix.maps, wanted)
    except occupy.OccuPyError:
        return None
    subset = occupy.subset_of(read_files[0], matrix, matrix.maps, chosen, wanted)
    having, lacking = (particles.has[subset.keep, matrix.groups.index(name)] for name in pair)
    return subset.wrong, 1 - (having & ~lacking).mean()


def _check_files(matrix, read_files, particles):
    """Subsets of all kinds of files hold exactly the particles of their maps."""
    chosen = np.arange(len(matrix.maps)) % 3 == 1
    for one in read_files:
        keep = occupy.subset_of(one, matrix, matrix.maps, chosen, occupy.Wanted()).keep
        target = one.path.with_name(f"subset{one.path.suffix}")
        occupy.write_particles(one, keep, target)
        again = occupy.read_particles(target)
        labels = np.array(one.classes)[one.assigned[keep]]
        np.testing.assert_array_equal(np.array(again.classes)[again.assigned], labels)
        target.unlink()


def measure(options):
    """All that goes into the part of the document."""
    problems = frame.told(missing(BBSOME_MODEL))
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for family in tqdm(FAMILIES[:1] if options.quick else FAMILIES, unit="ensembles"):
            if family.name != BBSOME or not problems:
                found += cases(family, Path(folder))
    return Results(found, environment.versions(), problems)


if __name__ == "__main__":
    frame.run(frame.parser_of(__doc__, "one family instead of all"), measure, report.write)
