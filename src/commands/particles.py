"""occupy particles: the particles whose maps have some groups and not others, in a file like that of all."""

from html import escape
from pathlib import Path

import numpy as np
from chimerax.core.commands import (
    CmdDesc,
    FloatArg,
    ListOf,
    OpenFileNameArg,
    PositiveIntArg,
    RepeatOf,
    SaveFileNameArg,
    StringArg,
)
from chimerax.core.commands import register as register_command
from chimerax.core.errors import UserError

from ..engine.ensemble.subsets import ABOVE, Wanted, chosen_maps, names_in
from ..engine.matrix.sets import listed
from ..particles.files import check_target, read_particles, write_particles
from ..particles.matrices import read_matrix
from ..particles.subset import subset_of
from .arguments import user_errors
from .populations import labels_in
from .shown_matrix import last_matrix
from .tables import html_table


def particles(
    session,
    path,
    *,
    with_=None,
    without=None,
    above=ABOVE,
    maps=None,
    set_=None,
    classes=None,
    matrix=None,
    save_file,
):
    """Save the particles of maps that have some groups and not others.

    Parameters
    ----------
    session : Session
    path : str
        The file of all particles.
    with_, without : list of str, optional
        Groups, by their names, or as /A for the only one whose name ends so; each may be several with commas.
    above : float
        Occupancy from which a map has a group; up to 1 less this it has it not.
    maps : list of str, optional
        Only maps of these names; each may be several with commas.
    set_ : int, optional
        Only those of this set.
    classes : list of str, optional
        The class of each map of the matrix.
    matrix : str, optional
        A file that a matrix was saved to as JSON, by default the one that was made last.
    save_file : str
        A file of the same kind, or .txt for places in the file.

    Returns
    -------
    Subset
    """
    source, target, table = Path(path), Path(save_file), _matrix_of(session, matrix)
    wanted = Wanted(*(_groups_named(texts or (), table.groups) for texts in (with_, without)), above)
    with user_errors():
        check_target(source, target)
        chosen = chosen_maps(table, table.maps, wanted, names_in(maps or (), table.maps), set_)
        session.logger.status(f"Reading {source.name}")
        found = read_particles(source)
        subset = subset_of(found, table, table.maps, chosen, wanted, labels_in(classes))
        write_particles(found, subset.keep, target)
    _log(session, subset, table, wanted, target)
    return subset


def _matrix_of(session, path):
    if path is None:
        shown = last_matrix(session)
        if shown is None:
            raise UserError(
                "there is no matrix of occupancies; expected matrix with a .json file, or occupy refine before"
            )
        return shown.matrix
    with user_errors():
        return read_matrix(path)


def _groups_named(texts, groups):
    """Groups by their names, or by how the only name ends: /A, or /B,C for two."""
    before, named = "", []
    for text in names_in(texts, groups):
        slash = text.rfind("/") + 1
        before = text[:slash] or before
        short = text if slash else f"{before}{text}"
        alike = [name for name in groups if name.endswith(short)]
        named.append(next((name for name in (text, short) if name in groups), alike[0] if len(alike) == 1 else text))
    return tuple(named)


def _log(session, subset, matrix, wanted, target):
    of_maps = zip(subset.maps, subset.classes, subset.counts, strict=True)
    rows = [[escape(matrix.maps[i]), escape(str(number)), f"{count}"] for i, number, count in of_maps]
    count, total = np.count_nonzero(subset.keep), len(subset.keep)
    wrong = chosen = left_out = ""
    if subset.wrong is not None:
        chosen = f", {escape(wanted.in_words())}"
        wrong = f" {subset.wrong:.1%} of them are expected to be wrong, by the occupancies and their errors."
    if subset.left_out:
        left_out = f" Maps without particles are left out: {escape(listed([matrix.maps[i] for i in subset.left_out]))}."
    session.logger.info(
        f"<b>Particles of {len(rows)} of {len(matrix.maps)} maps</b>{chosen}"
        f"{html_table(['map', 'class', 'particles'], rows)}"
        f"{count} of {total} particles ({count / total:.1%}) are saved as {escape(str(target))}.{wrong}{left_out}",
        is_html=True,
    )


def register(name, logger):
    description = CmdDesc(
        required=[("path", OpenFileNameArg)],
        keyword=[
            ("with_", RepeatOf(StringArg)),
            ("without", RepeatOf(StringArg)),
            ("above", FloatArg),
            ("maps", RepeatOf(StringArg)),
            ("set_", PositiveIntArg),
            ("classes", ListOf(StringArg)),
            ("matrix", OpenFileNameArg),
            ("save_file", SaveFileNameArg),
        ],
        required_arguments=["save_file"],
        synopsis="Save the particles whose maps have some groups and not others",
    )
    register_command(name, description, particles, logger=logger)
