"""What a modification gives."""

from dataclasses import dataclass

import numpy as np

from ..settings.kinds import KINDS
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
    """

    density: np.ndarray
    kind: str
    limits: Limits
    settings: dict

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
        return {"kind": self.kind} | self.settings | self.limits.as_dict() | {"gain_reached": self.limits.gain}
