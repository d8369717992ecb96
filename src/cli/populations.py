"""How many particles are in each map: what refine on several maps and particles take, and the table that tells it."""

from pathlib import Path

from ..engine.ensemble.populations import told_populations
from ..engine.errors import OccuPyError
from ..particles.files import class_of, read_particles

MOST_ROWS = 60
"""Rows of a table on the screen."""


def populations_of(maps, names, *, particles=None, classes=None, populations=None):
    """How particles are shared among maps, by the options.

    Parameters
    ----------
    maps : list of str
    names : list of str
        What these are called, by which their classes are found.
    particles : Path, optional
        The file of the particles.
    classes : list of int or of str, optional
        The class of each map.
    populations : list of float, optional
        Instead, a number for each map.

    Returns
    -------
    Populations or None
        None where nothing is said of particles.

    Raises
    ------
    OccuPyError
        If the file cannot be read, or maps and classes do not belong together.
    """
    if particles is not None and populations is not None:
        raise OccuPyError("--particles and --populations both tell how many particles are in each map; expected one")
    if classes is not None and particles is None:
        raise OccuPyError("--classes are of particles; expected --particles with it")
    if populations is not None:
        return told_populations(maps, populations)
    return None if particles is None else read_particles(particles).populations(maps, names, classes)


def population_lines(populations, names):
    """A table of the particles in each map."""
    counted = populations.particles is not None
    yield f"  {'class':>8} {'particles':>10} {'share':>6}  map" if counted else f"  {'share':>6}  map"
    for i, name in list(enumerate(names))[:MOST_ROWS]:
        of_class = f"{populations.classes[i]!s:>8} {populations.particles[i]:10.0f} " if counted else ""
        yield f"  {of_class}{100 * populations.weights[i]:5.1f}%  {name}"
    if len(names) > MOST_ROWS:
        yield f"  and {len(names) - MOST_ROWS} more maps"
    if populations.left_out:
        yield f"  note      {populations.left_out:.1%} of the particles are in classes without a map and are left out"


def share_lines(matrix):
    """A table of the share of all particles that have each group; nothing where it is not known."""
    if matrix.shares is None:
        return
    yield f"  {'share of all particles':>22}  group"
    for j, name in list(enumerate(matrix.groups))[:MOST_ROWS]:
        yield f"  {matrix.shares[j]:14.3f} ± {matrix.share_errors[j]:.3f}  {name}"
    if len(matrix.groups) > MOST_ROWS:
        yield f"  and {len(matrix.groups) - MOST_ROWS} more groups, in the table"


def add_particles(section, required=False):
    """Add the options on the file of particles and the classes of maps."""
    file = "which particle is in which map: RELION's .star, cryoSPARC's .cs, or a .csv of particle and map"
    section.add_argument("--particles", type=Path, metavar="PARTICLES", required=required, help=file)
    classes = "the class of each map, in their order [default: by the numbers in the names of the maps]"
    section.add_argument("--classes", nargs="+", type=class_of, metavar="CLASS", help=classes)


def add_populations(section):
    """Add the options on how many particles are in each map."""
    add_particles(section)
    numbers = "instead, how many particles are in each map, or their shares, in the order of the maps"
    section.add_argument("--populations", nargs="+", type=float, metavar="N", help=numbers)
