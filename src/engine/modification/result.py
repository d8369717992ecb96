"""What a modification gives."""

from dataclasses import dataclass, field, replace
from math import inf

import numpy as np

from ..settings.kinds import KINDS
from .gain import Reached
from .limits import Limits, scale_made_of

_TOLD = (0.2, 0.3, 0.5, 0.8)
_LEAST_SCALE, _LEAST_SHARE = 0.3, 0.8
"""Of parts of this scale or more, where less than this share of what was aimed at comes out, it is told."""


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
        """Sentences for the user on what limits and noise have left undone."""
        if not KINDS[self.kind].amplifies:
            return []
        if self.limits.max_gain > 1:
            return self._held_back()
        return [
            "Nothing was amplified: max_gain is 1, as by default where the noise (three sigma) is as strong as the "
            "full scale; use the unsharpened map, or give a larger max_gain."
        ]

    @property
    def notes(self):
        """Sentences for the user on what came out."""
        found = {} if self.reached is None else {scale: self.reached.at(scale) for scale in _TOLD}
        told = [f"{s:g} at {at[1]:.2f} ({at[0]:.2f} to {at[2]:.2f})" for s, at in found.items() if at]
        return [f"What comes out: parts of scale {', of '.join(told)}."] if told else []

    def _held_back(self):
        """A sentence where parts come out far below what was aimed at, those of which least comes out."""
        if self.reached is None:
            return []
        limits = replace(self.limits, max_gain=self.settings["max_gain"] or inf)
        scale, middle = self.reached.scale, self.reached.middle
        aim = scale_made_of(scale, self.kind, self.settings, limits)
        weak = (scale >= _LEAST_SCALE) & (aim > scale)
        share = np.divide(middle, aim, out=np.ones_like(middle), where=weak)
        if share.min(initial=1) >= _LEAST_SHARE:
            return []
        least = share.argmin()
        return [
            f"Noise holds weak parts back: those of scale {scale[least]:.2g} come out at {middle[least]:.2f}, not at "
            f"{aim[least]:.2f}; look at them at a lower level too, and do not take what is lacking there for absent."
        ]

    def as_dict(self):
        """Settings, limits and what was reached as plain values for a log or a JSON file."""
        reached = {} if self.reached is None else {"scale_reached": self.reached.as_dict()}
        return (
            {"kind": self.kind} | self.settings | self.limits.as_dict() | {"gain_reached": self.limits.gain} | reached
        )
