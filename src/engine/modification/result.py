"""What a modification gives."""

from dataclasses import dataclass, field

import numpy as np

from ..settings.kinds import KINDS
from .gain import Reached
from .limits import Limits, scale_made_of


@dataclass(eq=False)
class Modification:
    """A modified map.

    Attributes
    ----------
    density : array of float32, shape (z, y, x)
    kind : str
    limits : Limits
    settings : dict
        Checked settings of this kind of modification, the scale map left out.
    reached : Reached or None
        At what scale parts come out, where the signal alone was amplified.
    resolution : array of float32, shape (z, y, x), or None
        Å: the shortest wavelength of which at least half is in the signal at each voxel, where it was
        asked for; 0 where there is none.
    """

    density: np.ndarray
    kind: str
    limits: Limits
    settings: dict
    reached: Reached | None = None
    resolution: np.ndarray | None = field(default=None, repr=False)

    def scale_made_of(self, local_scale):
        """The scale of the output where the input has this scale and is surely not solvent."""
        return scale_made_of(local_scale, self.kind, self.settings, self.limits)

    @property
    def warnings(self):
        """Sentences for the user on what the limits have left undone."""
        if not KINDS[self.kind].amplifies or self.limits.max_gain > 1:
            return []
        return [
            "Nothing was amplified: max_gain is 1, as by default where the noise (three sigma) is as strong as the "
            "full scale; use the unsharpened map, or give a larger max_gain."
        ]

    def as_dict(self):
        """Settings and limits as plain values for a log or a JSON file."""
        reached = {} if self.reached is None else {"scale_reached": self.reached.as_dict()}
        return (
            {"kind": self.kind} | self.settings | self.limits.as_dict() | {"gain_reached": self.limits.gain} | reached
        )
