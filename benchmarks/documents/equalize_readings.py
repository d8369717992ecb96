"""What was read in equalised maps, and its means over chains."""

from dataclasses import dataclass

import numpy as np

from ..simulation import ice, vacuum


@dataclass(frozen=True, eq=False)
class Reading:
    """What one way did to one map.

    Attributes
    ----------
    molecule, dealt : str
    condition : ice.Condition
    occupancies : array of float
        Of each chain.
    way : str
    dice : float
        Of the surface at its best level and that of the full map.
    shown : array of float
        Share of each chain's volume that is shown there.
    specks : float
        Volume that is shown there beyond 5 Å of the molecule, in Å³.
    before, after : array of float
        Mean scale of each chain, estimated of the map as it is, and of what was made of it.
    amplitude : float
        Of full chains, over that in the full map.
    solvent : float
        Its standard deviation over the amplitude, over what that was.
    strong_solvent : float
        Volume of the solvent that is strong, in Å³.
    """

    molecule: str
    dealt: str
    condition: ice.Condition
    occupancies: np.ndarray
    way: str
    dice: float
    shown: np.ndarray
    specks: float
    before: np.ndarray
    after: np.ndarray
    amplitude: float
    solvent: float
    strong_solvent: float

    def groups(self):
        """The chains of each group, in the order of `group_names`: by occupancy, or weak and whole."""
        if self.dealt == vacuum.EVENLY:
            return [self.occupancies == occupancy for occupancy in sorted(vacuum.OCCUPANCIES)]
        return [self.occupancies < 1, self.occupancies == 1]


def group_names(dealt):
    """What the groups of chains are called."""
    return [f"{o:g}" for o in sorted(vacuum.OCCUPANCIES)] if dealt == vacuum.EVENLY else ["weak", "whole"]


def group_means(readings, field):
    """Mean of a field that each chain has, over the chains of each group in all of these readings."""
    by_group = zip(*([getattr(r, field)[group] for group in r.groups()] for r in readings), strict=True)
    return [float(np.concatenate(values).mean()) for values in by_group]
