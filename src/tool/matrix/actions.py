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
    """Show the map of a row, and its model where each map has one, and hide those of the others; point to a group.

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
    names = [] if column is None else [shown.matrix.groups[column]]
    run(session, "; ".join([*commands, *_pointing(shown, [shown.chosen[row]], names)]))


def select_groups(session, shown, columns):
    """Select the atoms of groups, in all models that have them, and show those that are masks."""
    names = [shown.matrix.groups[column] for column in columns]
    commands = _pointing(shown, dict.fromkeys(shown.chosen), names)
    if commands:
        run(session, "; ".join(commands))


def color_by_row(session, shown, row):
    """Color the atoms of a map by its occupancies, with a key; those of groups that it does not tell are gray."""
    matrix = shown.matrix
    groups = groups_now(session, shown.chosen[row], matrix.groups_of_atoms)
    if not len(groups.atoms):
        return
    of_group = dict(zip(matrix.groups, matrix.occupancies[row], strict=True))
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


def _pointing(shown, several, names):
    """Commands that point to groups: they select the atoms of them, and show masks alone among masks."""
    specs = [specifier(groups, name) for groups in several for name in names]
    masks = _open(shown.masks[name] for name in names if name in shown.masks)
    selecting = [f"select {' '.join(filter(None, specs))}"] if any(specs) else []
    return [*selecting, *([show_alone_command(masks, _open(shown.masks.values()))] if masks else [])]


def _open(volumes):
    return [volume for volume in volumes if is_open(volume)]
