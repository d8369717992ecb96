"""The matrix of occupancies that was made last, with its maps and atoms, for what is done with it later."""

from dataclasses import dataclass, field

from ..engine.matrix.result import OccupancyMatrix

_ATTRIBUTE = "_occupy_matrix"


@dataclass(frozen=True, eq=False)
class ShownMatrix:
    """A matrix and the models it is of.

    Attributes
    ----------
    matrix : OccupancyMatrix
    volumes : list of Volume
        Its maps, in its order; one that was closed since is deleted.
    chosen : list of AtomGroups
        The atoms of its groups, for each of the maps; the same object where maps share it.
    masks : dict of str to Volume
        Those of its groups that are masks; empty where they are not known any more.
    """

    matrix: OccupancyMatrix
    volumes: list
    chosen: list
    masks: dict = field(default_factory=dict)


def remember_matrix(session, shown):
    """Keep a matrix in place of an earlier one, until the session ends."""
    setattr(session, _ATTRIBUTE, shown)


def last_matrix(session):
    """The matrix that was made last, a `ShownMatrix`; None where there is none."""
    return getattr(session, _ATTRIBUTE, None)
