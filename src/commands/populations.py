"""How many particles are in each map: keywords of occupy refine, and tables of them and of what follows."""

from html import escape
from pathlib import Path

from chimerax.core.commands import FloatArg, ListOf, OpenFileNameArg, StringArg
from chimerax.core.errors import UserError

from ..engine.ensemble.populations import told_populations
from ..particles.files import class_of, read_particles
from .arguments import user_errors
from .tables import html_table

KEYWORDS = [("particles", OpenFileNameArg), ("classes", ListOf(StringArg)), ("populations", ListOf(FloatArg))]


def check_none(of_particles):
    """Raise `UserError` where something is said of the particles of one map."""
    for name in (name for name, given in of_particles.items() if given is not None):
        raise UserError(f"{name} is of several maps: expected more maps with it")


def populations_of(session, names, *, particles=None, classes=None, populations=None):
    """How particles are shared among maps, told in the log.

    Parameters
    ----------
    session : Session
    names : list of str
        Of the maps.
    particles : str, optional
        The file of the particles.
    classes : list of str, optional
        The class of each map.
    populations : list of float, optional
        Instead, a number for each map.

    Returns
    -------
    Populations or None
        None where nothing is said of particles.
    """
    if particles is not None and populations is not None:
        raise UserError("particles and populations both tell how many particles are in each map; expected one of them")
    if classes is not None and particles is None:
        raise UserError("classes are of particles; expected particles with it")
    with user_errors():
        if populations is not None:
            found = told_populations(names, populations)
        elif particles is None:
            return None
        else:
            found = read_particles(Path(particles)).populations(names, names, labels_in(classes))
    _log(session, found)
    return found


def labels_in(classes):
    """Classes as they are in files: numbers where they are, else names; None stays that."""
    return classes and [class_of(text) for text in classes]


def _log(session, populations):
    rows = [[escape(name), f"{weight:.1%}"] for name, weight in zip(populations.maps, populations.weights, strict=True)]
    headings = ["map", "share"]
    if populations.particles is not None:
        headings += ["class", "particles"]
        of_maps = zip(rows, populations.classes, populations.particles, strict=True)
        rows = [[*row, escape(str(number)), f"{count:.0f}"] for row, number, count in of_maps]
    left = f"{populations.left_out:.1%} of the particles are in classes without a map and are left out."
    session.logger.info(
        f"<b>Particles in the maps</b>{html_table(headings, rows)}{left if populations.left_out else ''}", is_html=True
    )


def share_table(matrix):
    """HTML of the share of all particles that have each group; empty where it is not known."""
    if matrix.shares is None:
        return ""
    of_groups = zip(matrix.groups, matrix.shares, matrix.share_errors, strict=True)
    rows = [[escape(name), f"{share:.3f} ± {error:.3f}"] for name, share, error in of_groups]
    return html_table(["group", "share of all particles"], rows)
