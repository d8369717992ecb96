"""The particles of some maps of a matrix: which these are, how many, and what share of them is expected to be wrong."""

from dataclasses import dataclass

import numpy as np

from ..engine.ensemble.populations import matched
from ..engine.ensemble.subsets import share_right
from ..engine.errors import OccuPyError
from ..engine.matrix.sets import listed

_ROUNDING = 1e-9
"""Of shares: where less of the particles was left out, all classes were those of maps."""


@dataclass(frozen=True, eq=False)
class Subset:
    """Particles of some maps.

    Attributes
    ----------
    maps : list of int
        Places of the maps in the matrix.
    classes : list
        Of each of these.
    counts : array of int
        Particles of each.
    keep : bool array, shape (particles,)
        Which of all particles they are: those whose most probable class is that of one of the maps.
    wrong : float or None
        The share that is expected to lack what is wanted, or to have what is not; None where nothing is.
    left_out : list of int
        Places of maps that are as wanted but, as references may, have no particles.
    """

    maps: list
    classes: list
    counts: np.ndarray
    keep: np.ndarray
    wrong: float | None
    left_out: list


def subset_of(particles, matrix, names, chosen, wanted, classes=None):
    """The particles of some maps.

    Parameters
    ----------
    particles : Particles
    matrix : OccupancyMatrix
    names : list of str
        What its maps are called, by which their classes are found.
    chosen : bool array, shape (maps,)
    wanted : Wanted
    classes : list, optional
        The class of each map of the matrix; by default those that the matrix knows, else by the names. Maps that it
        knows to have no particles, as references may, are left out.

    Returns
    -------
    Subset

    Raises
    ------
    OccuPyError
        If maps and classes do not belong together, or no particle is in these maps.
    """
    of_maps = _classes_of(matrix, names, particles, classes)
    wanted_maps = np.flatnonzero(chosen).tolist()
    maps = [i for i in wanted_maps if of_maps[i] is not None]
    empty = [names[i] for i in maps if of_maps[i] not in particles.classes]
    if empty:
        raise OccuPyError(
            f"no particles of {particles.path} are in {empty[0]}; expected maps of classes that have some"
        )
    columns = [particles.classes.index(of_maps[i]) for i in maps]
    keep = np.isin(particles.assigned, columns)
    if not keep.any():
        raise OccuPyError(
            f"no particles of {particles.path} are in these maps; expected maps of classes that have some"
        )
    counts = np.bincount(particles.assigned, minlength=len(particles.classes))[columns]
    wrong = None
    if wanted.having or wanted.lacking:
        wrong = _expected_wrong(particles, columns, of_maps, share_right(matrix, wanted))
    left_out = [i for i in wanted_maps if of_maps[i] is None]
    return Subset(maps, [of_maps[i] for i in maps], counts, keep, wrong, left_out)


def _classes_of(matrix, names, particles, classes):
    """The class of each map; None for one that has none."""
    if classes is not None:
        return _checked(list(classes), names)
    known = (matrix.populations and matrix.populations.classes) or []
    # Another file of the same particles may have names of maps where that of the matrix has numbers.
    of_one_kind = len({isinstance(label, str) for label in (*known, *particles.classes) if label is not None}) == 1
    if not (known and of_one_kind):
        return matched(names, particles.classes)
    unknown = [label for label in particles.classes if label not in known]
    if unknown and matrix.populations.left_out < _ROUNDING:
        raise OccuPyError(
            f"particles of {particles.path} are in class {listed(unknown)}, which no particles of the matrix were in; "
            "expected the same classes, or classes given by hand, one for each map in their order"
        )
    return known


def _checked(classes, names):
    """Classes that somebody gave."""
    if len(classes) != len(names):
        raise OccuPyError(
            f"there are {len(classes)} classes for {len(names)} maps; expected one for each, in their order"
        )
    for number in (number for number in classes if classes.count(number) > 1):
        raise OccuPyError(f"class {number} is given to {classes.count(number)} maps; expected each class once")
    return classes


def _expected_wrong(particles, columns, of_maps, right):
    """By how much of the chosen particles is in each class, and what share of that is right."""
    right_of = dict(zip(of_maps, right, strict=True))
    of_classes = np.array([right_of.get(number, np.nan) for number in particles.classes])
    held = particles.shared[columns].sum(axis=0)
    known = np.isfinite(of_classes)
    return float(1 - held[known] @ of_classes[known] / held[known].sum())
