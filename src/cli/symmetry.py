"""What occupy refine takes where the model is one asymmetric unit of a symmetric assembly."""

import argparse
from contextlib import contextmanager
from functools import lru_cache

from ..engine.errors import OccuPyError
from ..engine.refinement.symmetry import (
    copy_names,
    in_words,
    middle_of,
    names_of_copies,
    operators,
    sets_of_copies,
    symmetric_groups,
)
from .files.atom_groups import read_groups


def add_symmetry(section):
    """Add the option for copies of an asymmetric unit."""
    text = (
        "make copies of the model, one asymmetric unit, by C2, C3, …, D2, …, T, O or I1 to I4, as RELION sets them, "
        "about the middle of the box of each map: A@1, A@2, … of a group A, and their mean"
    )
    section.add_argument("--symmetry", type=_symmetry, metavar="GROUP", default=argparse.SUPPRESS, help=text)


def _symmetry(text):
    """A converter for argparse."""
    try:
        operators(text)
    except OccuPyError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text.upper()


@lru_cache(maxsize=2)
def assembled(choice, shape, voxel_size, origin, symmetry=None):
    """The groups of a symmetric assembly in a box, or of the model itself where no symmetry is given.

    Parameters
    ----------
    choice : AtomChoice
    shape, voxel_size, origin
        Of the box, along z, y and x.
    symmetry : str, optional

    Returns
    -------
    groups : dict of str to Group
    copies : dict of str to list of str
        Names of the copies of each group of the model; empty without symmetry.
    """
    groups = read_groups(choice).groups
    if symmetry is None:
        return groups, {}
    return symmetric_groups(groups, symmetry, shape, voxel_size, origin[::-1])


def copies_of_all(choices, settings):
    """Names of the copies of each group of some models; empty without symmetry.

    Parameters
    ----------
    choices : iterable of AtomChoice
    settings : dict
    """
    if "symmetry" not in settings:
        return {}
    return copy_names(
        (name for choice in dict.fromkeys(choices) for name in read_groups(choice).groups), settings["symmetry"]
    )


def with_copies(settings, choices):
    """Settings with the names of copies in place of those of groups, where there is a symmetry.

    Parameters
    ----------
    settings : dict
    choices : iterable of AtomChoice

    Returns
    -------
    dict
    """
    copies = copies_of_all(choices, settings)
    named = {
        "reference": names_of_copies(settings.get("reference"), copies),
        "alternatives": sets_of_copies(settings.get("alternatives", ()), copies),
    }
    return settings | {name: found for name, found in named.items() if found}


@contextmanager
def told_with_symmetry(sampled, settings):
    """Errors on what is read of a map say which symmetry the model was given, if any."""
    try:
        yield
    except OccuPyError as error:
        if "symmetry" not in settings:
            raise
        middle = in_words(middle_of(sampled.density.shape, sampled.voxel_size, tuple(sampled.origin)[::-1]))
        raise OccuPyError(f"{error}; copies were made by {settings['symmetry']} about {middle}") from None
