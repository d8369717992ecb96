"""Atoms of groups by the names of these: what commands call them, and groups of which names are all that is left."""

import re

import numpy as np
from chimerax.atomic import Atoms
from chimerax.core.commands import AnnotationError, AtomSpecArg

_OF_MODEL = re.compile(r"^(#[\d.]+)?(?P<part>[/:@].*)?$")
_WHOLE_MODEL = "model"
"""The name of a group that is a model, where names are without its number."""


class NamedGroups:
    """Groups that are known by their names only, as those of a matrix from a session; see `AtomGroups`.

    Parameters
    ----------
    session : Session
    names : list of str
    model : Structure or None
        That their atoms are in; None where the names tell.

    Attributes
    ----------
    atoms : Atoms
    labels : array of str, shape (atoms,)
        The group of each atom.
    """

    def __init__(self, session, names, model=None):
        found = [_atoms_of(session, _within(name, model), model) for name in names]
        self.atoms = Atoms([atom for atoms in found for atom in atoms])
        self.labels = np.repeat(np.array(names, object), [len(atoms) for atoms in found])


def model_of(groups):
    """The one model that groups are in; None where that is none or several."""
    models = groups.atoms.unique_structures
    return models[0] if len(models) == 1 else None


def groups_now(session, groups, names):
    """The groups, or where atoms of theirs were deleted since what their names tell of the atoms that are left.

    Parameters
    ----------
    session : Session
    groups : AtomGroups or NamedGroups
    names : list of str
    """
    if len(groups.atoms) == len(groups.labels):
        return groups
    return NamedGroups(session, names, model_of(groups))


def specifier(groups, name):
    """What a group is called in commands now, whatever number its model has got; None where it has no atoms.

    Parameters
    ----------
    groups : AtomGroups or NamedGroups
    name : str
    """
    return _within(name, model_of(groups)) if (groups.labels == name).any() else None


def _within(name, model):
    found = _OF_MODEL.match("" if name == _WHOLE_MODEL else name)
    if model is None or found is None:
        return name
    return f"#{model.id_string}{found['part'] or ''}"


def _atoms_of(session, spec, model):
    """The atoms of a specifier, of the model if there is one; none where it is no specifier."""
    try:
        found, _, rest = AtomSpecArg.parse(spec, session)
    except AnnotationError:
        return Atoms()
    atoms = Atoms() if rest.strip() else found.evaluate(session).atoms
    return atoms if model is None else atoms & model.atoms
