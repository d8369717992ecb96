"""The kinds of modification, and all by which one differs from another but the factors themselves."""

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Kind:
    """One kind of modification.

    Attributes
    ----------
    name : str
        As it is called in every door.
    made : str
        What a map is called, beside its name, that was made so.
    done : str
        What was done to a map, as a log begins its sentence.
    power : float
        By default. 1 neither amplifies nor weakens.
    amplifies, fills : bool
        Whether parts of a map may get stronger; whether solvent is filled in where density is taken away.
    """

    name: str
    made: str
    done: str
    power: float
    amplifies: bool
    fills: bool


_TABLE = (
    Kind("equalize", "equalized", "Equalized", inf, amplifies=True, fills=False),
    Kind("attenuate", "attenuated", "Attenuated", 2.0, amplifies=False, fills=True),
    Kind("sigmoid", "sigmoid", "Applied a sigmoid to", 2.0, amplifies=True, fills=True),
)

KINDS = {kind.name: kind for kind in _TABLE}
"""By name, in the order of help and menus."""
