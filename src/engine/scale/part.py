"""The molecule on a coarse grid of its box: where it is, how high, and what windows hold of it."""

from dataclasses import replace
from functools import cached_property

import numpy as np

from ..grids.cut import Cut

_LEAST_SCALE = 0.2
"""Of places that are told: what is weaker is the leak of its neighbours."""

_SOLVENT_DISTANCE, _MARGIN = 1.0, 2.5
"""In low-pass cut-offs: of the solvent from the molecule, and of what is cut away."""

_FEWEST_SOLVENT_VOXELS = 64
_FULLEST_QUANTILE, _FULLEST_SCALE = 0.8, 0.9


class Part:
    """The molecule, and the solvent around it.

    Parameters
    ----------
    scale, inside : arrays of float32, shape of the box
        The local scale, and the molecule, 0 to 1.
    box : CoarseBox
    noise_ratio : float or array of float32
        How strong the noise is at each voxel relative to one place.
    solvent : bool array, optional
        What is solvent; else what is far from the molecule.

    Attributes
    ----------
    molecule : array of float32
        What was given as inside.
    inside : array of float32
        Those parts of it in which anything can be told.
    """

    def __init__(self, scale, inside, box, noise_ratio=1.0, solvent=None):
        self.box, self.scale = box, scale
        self.noise_ratio = np.broadcast_to(np.asarray(noise_ratio, np.float32), scale.shape)
        self.molecule = inside
        self.inside = np.where(scale >= _LEAST_SCALE, inside, np.float32(0))
        self.solvent = ~box.dilated(inside > 0, _SOLVENT_DISTANCE) if solvent is None else solvent
        if np.count_nonzero(self.solvent) < _FEWEST_SOLVENT_VOXELS:
            self.solvent = np.zeros_like(self.solvent)

    def cut_from(self, shape):
        """How the molecule with some solvent is cut from the box of this part and from the map, of this shape."""
        margins = (int(np.ceil(_MARGIN * self.box.lowpass / v)) for v in self.box.voxel_size)
        return Cut(shape, self.box.shape, self.molecule > 0, margins)

    def within(self, cut):
        """The same molecule in the part of the box that was cut out."""
        box = replace(self.box, shape=cut.coarse_shape)
        parts = (values[cut.coarse] for values in (self.scale, self.molecule))
        return Part(*parts, box, self.noise_ratio[cut.coarse], self.solvent[cut.coarse])

    @cached_property
    def _smoothed_inside(self):
        return self.box.smoothing(self.inside)

    @cached_property
    def share(self):
        """Of the box that is molecule."""
        return float(self.inside.mean())

    @cached_property
    def centre(self):
        """Of the molecule, as a share of the box."""
        return centre_of(self.inside)

    def noise_of(self, power):
        """The power of the noise at each voxel, from that in the solvent; 0 where none is seen."""
        if not self.solvent.any():
            return np.zeros_like(power)
        squared = np.square(self.noise_ratio)
        return squared * np.float32(max(0.0, (power / squared)[self.solvent].mean(dtype=float)))

    def window_sums(self, values, window):
        """Sums of values over the molecule, weighted by a Gaussian (Å) about each voxel."""
        return self.box.smoothing(self.inside * values)(window / self.box.lowpass)

    def window_means(self, values, window):
        """The same as means."""
        return self.window_sums(values, window) / np.maximum(self.filled(window), np.float32(1e-3))

    def filled(self, window):
        """How much of a Gaussian window about each voxel the molecule fills."""
        return self._smoothed_inside(window / self.box.lowpass)

    def squared_level(self, reach, window):
        """Sums as of `window_sums` of the squared scale, once it has leaked over a reach (Å)."""
        leaked = self.window_sums(np.square(np.maximum(self.scale, np.float32(_LEAST_SCALE))), reach)
        return np.maximum(self.window_sums(leaked, window), np.float32(1e-4))

    @cached_property
    def fullest(self):
        """The fullest part, a bool array."""
        core = self.inside > 0.5
        if not core.any():
            return core
        return core & (self.scale >= min(_FULLEST_SCALE, np.quantile(self.scale[core], _FULLEST_QUANTILE)))


def centre_of(weights):
    """The centre of mass of what fills a box, as a share of the box along each axis; of nothing, that of the box."""
    axes = (weights.sum(axis=others, dtype=float) for others in ((1, 2), (0, 2), (0, 1)))
    return np.array(
        [(np.arange(len(along)) @ along) / (along.sum() * len(along)) if along.any() else 0.5 for along in axes]
    )
