"""What is refined and read in one chain of a map, how far it is from what is known, and how close it is to be."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean

from ..simulation import ice

LONG = 100
"""Residues; the errors of shorter chains are not held against the largest that is wanted."""


@dataclass(frozen=True)
class Reading:
    """What all methods say of one chain of one map.

    Attributes
    ----------
    family, solvent, dealt : str
    condition : ice.Condition
    chain : str
    residues : int
    true : float
        The known occupancy.
    refined, standard_error : float
    others : dict of str to float
        What other methods say, by their titles.
    guided : float
        Mean of the guided scale at the atoms.
    atom_error : float
        Mean absolute error of the guided scale at the atoms.
    contact_atoms : int
        Atoms near a full chain that this one is not.
    contact_error : float
        Mean absolute error of the guided scale at these; not a number where there are none.
    """

    family: str
    solvent: str
    dealt: str
    condition: ice.Condition
    chain: str
    residues: int
    true: float
    refined: float
    standard_error: float
    others: dict
    guided: float
    atom_error: float
    contact_atoms: int
    contact_error: float

    @property
    def error(self):
        """Of the refined occupancy."""
        return self.refined - self.true


def mean_error(readings):
    """Mean absolute error of refined occupancies."""
    return fmean(abs(r.error) for r in readings)


def largest_error(readings):
    """The largest error of a chain that is not short."""
    return max(abs(r.error) for r in readings if r.residues > LONG)


def share_within(readings, standard_errors):
    """Percentage of the chains whose occupancy is known to within some standard errors."""
    return 100 * fmean(abs(r.error) <= standard_errors * r.standard_error for r in readings)


@dataclass(frozen=True)
class Target:
    """A figure that the method is to reach.

    Attributes
    ----------
    title : str
    measure : callable
        From readings to the figure.
    lowest, highest : float
        Between which it is reached.
    digits : int
        Shown.
    """

    title: str
    measure: Callable
    lowest: float
    highest: float
    digits: int = 3

    def text(self, value):
        """The figure as shown."""
        return f"{value:.{self.digits}f}"

    def reached(self, value):
        """Whether the figure is reached."""
        return self.lowest <= value <= self.highest

    @property
    def wanted(self):
        """What is to be reached, in words."""
        if self.lowest > 0 and self.highest < 100:
            return f"{self.lowest:g} to {self.highest:g} wanted"
        return f"at least {self.lowest:g} wanted" if self.lowest > 0 else f"at most {self.highest:g} wanted"


TARGETS = (
    Target("refine: mean", mean_error, 0, 0.02),
    Target("refine: largest", largest_error, 0, 0.08),
    Target("% within one standard error", lambda readings: share_within(readings, 1), 60, 85, 0),
    Target("% within two", lambda readings: share_within(readings, 2), 90, 100, 0),
    Target("guided: chains", lambda readings: fmean(abs(r.guided - r.true) for r in readings), 0, 0.04),
    Target("guided: atoms", lambda readings: fmean(r.atom_error for r in readings), 0, 0.09),
)
