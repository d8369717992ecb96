"""The scale by which signal is amplified: that of the molecule around a voxel, and where there is any."""

import numpy as np
from scipy import ndimage

from .. import parallel
from ..grids.cut import bounds

FLOOR_SIGMAS = 5
WINDOW = 0.3125
"""Sigma of the Gaussian in which the scale is averaged, in low-passes."""

WHOLE_SHARE = 0.2
"""The share of molecule in this window from which on it counts in full."""

NOISE_SIGMAS = 3
"""The share of molecule that noise makes of solvent: its mean there and so many standard deviations."""

_FULLY_SHOWN_FROM = np.float32(0.5)
"""Of the presence of molecule, where solvent is removed: half of what counts as molecule in full."""

_BALL_RADIUS = 0.5  # low-passes
_REACH = 3  # standard deviations of a Gaussian
_TINY = np.finfo(np.float32).tiny


class SmoothScale:
    """Mean of the scale over the molecule around each voxel, and how far there is molecule.

    A voxel counts by M = (f/m)², f the low-passed density above solvent and m its
    maximum within half a low-pass, or 5σ where that is more, σ that of the noise there:
    the molecule itself counts and not its surroundings, and weak parts as much as strong
    ones. With G a Gaussian, the scale is G∗(M·S)/G∗M. The presence of molecule goes from
    0 to 1 as G∗M goes from what noise makes of it in solvent to 0.2.

    Parameters
    ----------
    low : LowBlocks
        Of the map.
    local_scale : array of float32, shape (z, y, x)
        S; voxels below `scale_limit` do not count.
    scale_limit : float

    Attributes
    ----------
    scale, presence : arrays of float32
        Of each block.
    local, molecule : arrays of float32
        The mean scale of the molecule within the block itself, 0 where there is none, and M.
    """

    def __init__(self, low, local_scale, scale_limit):
        blocks, self._sigmas = low.blocks, low.sigmas(WINDOW)
        highest, molecule, times_scale = (np.empty(blocks.shape, np.float32) for _ in range(3))

        def fill(some):
            planes = blocks.planes_of(some)
            density, scale = np.maximum(low.lowpassed(planes) / low.unit, 0), local_scale[planes]
            highest[some] = blocks.maximum(density)
            squares = np.square(density, out=density)
            squares *= scale >= np.float32(scale_limit)
            molecule[some] = blocks.mean(squares)
            squares *= scale
            times_scale[some] = blocks.mean(squares)

        parallel.run(fill, low.slabs())
        highest = ndimage.maximum_filter(highest, footprint=_ball(low.sigmas(_BALL_RADIUS)), mode="reflect")
        sigma = np.float32(low.estimate.solvent.sigma) / low.unit * low.noise_ratio
        np.maximum(highest, np.float32(FLOOR_SIGMAS) * sigma, out=highest)
        floor = np.square(highest, out=highest)
        molecule /= floor
        times_scale /= floor
        self.molecule, self._box = molecule, _box_around(molecule > 0, self._sigmas)
        self.local = np.divide(times_scale, molecule, out=np.zeros_like(molecule), where=molecule > _TINY)
        share, self.scale = parallel.run(self._smoothed, [molecule, times_scale])
        self.scale /= np.maximum(share, _TINY)
        self.scale[share <= _TINY] = 0
        np.clip(self.scale, 0, 1, out=self.scale)
        self.presence = _presence(share, low.solvent)

    def shown(self, hedge):
        """What is left of each block where solvent is removed, 0 to 1; the hedge is an exponent of the presence."""
        return np.minimum(self.presence ** np.float32(hedge) / _FULLY_SHOWN_FROM, np.float32(1))

    def ratio_to(self, values):
        """A function that gives the mean of other values over the molecule around a block, relative to that of these.

        The mean is that of the scale; where there is no molecule the ratio is 1.
        """
        whole = self._smoothed(self.molecule * values)

        def ratio(others):
            made = self._smoothed(self.molecule * others)
            return np.divide(made, whole, out=np.ones_like(made), where=whole > _TINY)

        return ratio

    def _smoothed(self, values):
        """What is 0 where there is no molecule, smoothed."""
        result = np.zeros_like(values)
        ndimage.gaussian_filter(
            values[self._box], self._sigmas, output=result[self._box], mode="reflect", truncate=_REACH
        )
        return result


def _presence(molecule, solvent):
    """How far there is molecule, 0 to 1, in place of the shares it takes up; what noise makes of solvent is none."""
    by_noise = 0.0
    if solvent.any():
        of_solvent = molecule[solvent]
        by_noise = min(float(of_solvent.mean() + NOISE_SIGMAS * of_solvent.std()), WHOLE_SHARE / 2)
    molecule -= np.float32(by_noise)
    molecule /= np.float32(WHOLE_SHARE - by_noise)
    return np.clip(molecule, 0, 1, out=molecule)


def _box_around(inside, sigmas):
    """The part of the blocks beyond which what is inside, once smoothed, is 0."""
    reach = [int(_REACH * sigma + 1) for sigma in sigmas]
    return tuple(slice(max(low - r, 0), high + r) for (low, high), r in zip(bounds(inside), reach, strict=True))


def _ball(reach):
    """The blocks whose centres are within a radius, an odd box of bool; `reach` is the radius in blocks by axis."""
    offsets = [np.arange(-int(r), int(r) + 1) / r for r in reach]
    z, y, x = (offset**2 for offset in offsets)
    return z[:, None, None] + y[:, None] + x <= 1
