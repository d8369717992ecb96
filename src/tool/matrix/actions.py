"""What is done with a row or a cell: commands as the user would type them, and the colors of the atoms."""

import numpy as np
from chimerax.core.commands import run
from chimerax.core.errors import UserError

from ...commands.atoms import set_residue_attribute
from ...commands.coloring import Coloring, color_by_attribute
from ...commands.group_names import groups_now, model_of, specifier
from ...commands.maps import show_alone_command
from ...commands.refine import ATTRIBUTE
from ...commands.shown_matrix import remember_matrix
from ..composing import is_open, quoted


def map_of(shown, row):
    """The map of a row; raises `UserError` where it is not open."""
    volume = shown.volumes[row]
    if not is_open(volume):
        raise UserError(f"{shown.matrix.maps[row]} is not open any more")
    return volume


def show_row(session, shown, row, column=None):
    """Show the map of a row, and its model where each map has one, and hide those of the others; select a group.

    Parameters
    ----------
    session : Session
    shown : ShownMatrix
    row : int
        The place of a map.
    column : int, optional
        That of a group.
    """
    commands = [show_alone_command([map_of(shown, row)], _open(shown.volumes))]
    models = list(dict.fromkeys(model_of(groups) for groups in dict.fromkeys(shown.chosen)))
    if len(models) > 1 and None not in models:
        commands.append(show_alone_command([model_of(shown.chosen[row])], models))
    run(session, "; ".join([*commands, *_select(shown, row, column)]))


def select_groups(session, shown, columns):
    """Select the atoms of groups, in all models that have them."""
    several = dict.fromkeys(shown.chosen)
    specs = [specifier(groups, shown.matrix.groups[column]) for groups in several for column in columns]
    if any(specs):
        run(session, f"select {' '.join(filter(None, specs))}")


def color_by_row(session, shown, row):
    """Color the atoms of a map by its occupancies, with a key; those of groups that it does not tell are gray."""
    names = shown.matrix.groups
    groups = groups_now(session, shown.chosen[row], names)
    if not len(groups.atoms):
        return
    of_group = dict(zip(names, shown.matrix.occupancies[row], strict=True))
    told = np.array([of_group.get(label, np.nan) for label in groups.labels])
    with session.undo.aggregate("color by occupancies"):
        set_residue_attribute(session, ATTRIBUTE, groups.atoms, told)
        color_by_attribute(session, groups.atoms, ATTRIBUTE, Coloring(), title="occupancy", untold=True)


def save_particles(session, shown, rows, number, path, save_file):
    """Save the particles of maps, by the command that a user would type.

    Parameters
    ----------
    session : Session
    shown : ShownMatrix
    rows : collection of int
        Places of maps.
    number : int or None
        The set whose maps these are, if they are all of one.
    path, save_file : str
        The file of all particles, and the one to make.
    """
    names = " ".join(f"maps {quoted(shown.matrix.maps[row])}" for row in rows)
    remember_matrix(session, shown)
    which = f"set {number}" if number else names
    run(session, f"occupy particles {quoted(path)} {which} saveFile {quoted(save_file)}")


def _select(shown, row, column):
    if column is None:
        return []
    mask = shown.masks.get(shown.matrix.groups[column])
    if mask is not None:
        return [f"show #{mask.id_string} models"] if is_open(mask) else []
    spec = specifier(shown.chosen[row], shown.matrix.groups[column])
    return [f"select {spec}"] if spec else []


def _open(volumes):
    return [volume for volume in volumes if is_open(volume)]
