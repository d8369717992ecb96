"""The scale of mode calibrated: the mean density in the molecule, relative to that of its fullest part.

A maximum over a kernel picks out peaks of texture and of noise. A mean over the molecule's own
voxels around each place follows occupancy linearly, and noise averages out of it.
"""

from functools import cached_property

import numpy as np

from .. import parallel
from ..errors import OccuPyError
from . import low_frequencies, plateau
from .envelope import densest, robust_sigma, sampled
from .means import Means
from .molecule import DETECTION_SMOOTHING, NO_MOLECULE, Molecule, detected, sampled_ratio
from .published import FullScale

# Lengths are in low-pass cut-offs, of 8 Å where nothing else is said.
_PLATEAU_SMOOTHING = 1.0
_SOLVENT_SMOOTHING, _SOLVENT_MARGIN = 0.625, 0.5
_NOISE_SMOOTHING, _ERROR_SMOOTHING = 2.0, 1.0
_RIPPLES = 1.0

_WIDTHS = (0.3125, 0.4, 0.5, 0.625)
"""Of the means: the smallest with which the texture of the map does not stand out, 2.5 to 5 Å with 8 Å."""

_HIGH_QUANTILE, _HIGHEST_TEXTURE = 0.95, 1.2
"""Texture stands out where this quantile of the level exceeds the top by more than this factor."""

_SOLVENT_SHARE = 0.15
_FEWEST_SOLVENT_VOXELS, _ENOUGH_SOLVENT = 64, 512
_LEAST_DENSE_SHARE = 0.1
_NOISE_SAMPLES = 12
_OUTLINE_SHARE = 0.9
"""Of noise: the outline of the molecule follows it and takes up a tenth, as seen in simulated maps."""


class MeanLevel:
    """How high the molecule rises above solvent, on a coarse grid of the map's box: made by `mean_level`.

    Parameters
    ----------
    coarse : array of float32
        The low-passed map, with all its low frequencies.
    zero : float
        Its solvent.
    box : CoarseBox
    solvent : bool array
        What is surely solvent.
    noise_ratio : float or array of float32
        See `mean_level`.
    molecule : Molecule
        Of that map.
    mean, unit : float
        The densities that are 0 and 1 in `coarse`.
    period : float or None

    Attributes
    ----------
    full : FullScale
        The density of the fullest part, and where it is, in voxels of the box.
    solvent : float
        The density of the solvent.
    width : float
        Å: standard deviation of the Gaussian that weighs the means.
    period : float or None
        Å: frequencies below 1/period were lost and have been restored.
    noise_ratio : float or array of float32
        See `mean_level`.
    scarce_solvent : bool
        Whether hardly any solvent is seen, and the least dense parts stand in for it.
    """

    def __init__(self, coarse, zero, box, solvent, noise_ratio, molecule, mean, unit, period):
        self.period, self._unit, self.scarce_solvent = period, unit, False
        self.solvent = mean + unit * float(zero)
        self._coarse, self._zero, self._box, self._seen = coarse, zero, box, solvent
        self.noise_ratio, self._molecule = noise_ratio, molecule
        means = Means(coarse[molecule.part] - zero, molecule.inside, molecule.box)
        smooth = means.of_width(_PLATEAU_SMOOTHING)
        top = plateau.top_level(smooth, molecule.core)
        above = plateau.full_level(smooth, molecule.core, top)
        self._fullest = (molecule.core > 0) & (smooth >= np.float32(above))
        place = np.argwhere(self._fullest)[np.argmin(smooth[self._fullest])] + [s.start for s in molecule.part]
        self.full = _full_scale(self.solvent + unit * above, place, box)
        del smooth
        self._width, self._level = _level(means, molecule.core, top)
        self.width = self._width * box.lowpass

    @property
    def coarse(self):
        """The map less its solvent, in units of its own."""
        return self._coarse - self._zero

    @property
    def inside(self):
        """The molecule, 0 to 1, on the grid of the box."""
        return self._molecule.in_whole(self._molecule.inside)

    def scale(self, full):
        """Mean density of the molecule around each voxel, above solvent and relative to a full scale.

        Parameters
        ----------
        full : float
            A density.

        Returns
        -------
        array of float32, shape of the box
            Not clipped; 0 away from the molecule.
        """
        return self._molecule.in_whole(self._level / self._above(full))

    def scale_of(self, coarse, full):
        """The scale of another such map of the same molecule, as `scale` and `coarse` are those of this."""
        molecule = self._molecule
        means = Means(coarse[molecule.part], molecule.inside, molecule.box)
        return molecule.in_whole(means.of_width(self._width) / self._above(full))

    def standard_error(self, full, is_known, noise=None):
        """Standard error of the scale from noise: the spread of what is read off random noise in the same way.

        Parameters
        ----------
        full : float
            The full scale.
        is_known : bool
            Whether the full scale was given, rather than read off this map with its noise.
        noise : array of float32, optional
            Standard deviation of the noise at each voxel, where half maps tell it; else it is
            that of the solvent. The noise is white up to the low-pass cut-off.

        Returns
        -------
        array of float32, shape of the box
            0 where the scale is. It says nothing of where the molecule ends, which noise moves.
        """
        above, molecule = self._above(full), self._molecule
        inside, box = molecule.inside, molecule.box
        if noise is None:
            sigma = np.float32(self._noise_sigma) * molecule.of(self.noise_ratio)
        else:
            sigma = molecule.of(noise) / np.float32(self._unit)
        scale = self._level / above
        random, squares = np.random.default_rng(0), np.zeros(box.shape, np.float32)
        for _ in range(_NOISE_SAMPLES):
            means = Means(sigma * box.white_noise(random), inside, box)
            error = means.of_width(self._width)
            if not is_known:
                error -= scale * means.of_width(_PLATEAU_SMOOTHING)[self._fullest].mean()
            squares += np.square(np.float32(_OUTLINE_SHARE) * error)
        # Samples are few; the error hardly differs between neighbours.
        variance = Means(squares / np.float32(_NOISE_SAMPLES), inside, box).of_width(_ERROR_SMOOTHING)
        return molecule.in_whole(np.where(self._level == 0, np.float32(0), np.sqrt(np.maximum(variance, 0)) / above))

    @cached_property
    def _noise_sigma(self):
        """Standard deviation of the solvent, where there is enough beyond the ripples around a molecule."""
        far = ~self._box.dilated(~self._seen, _RIPPLES)
        seen = far if np.count_nonzero(far) >= _ENOUGH_SOLVENT else self._seen
        return robust_sigma((sampled(self._coarse, seen) - self._zero) / sampled_ratio(self.noise_ratio, seen))

    def _above(self, full):
        """A density above solvent in the unit of the level."""
        return np.float32((full - self.solvent) / self._unit)


def mean_level(coarse, box, mean=0.0, solvent=None, noise_ratio=None, smoothing=None):
    """Mean density of the molecule around each voxel.

    Parameters
    ----------
    coarse : array of float32
        The low-passed map on the grid of the box.
    box : CoarseBox
    mean : float
        Density of the solvent, as far as it is known.
    solvent : bool array, optional
        Where solvent is known to be; else it is what is far from all that is dense.
    noise_ratio : array of float32, optional
        How strong the noise is at each voxel relative to one place, where it varies.
    smoothing : Smoothing, optional
        Of the map, where it is at hand; both may be worked on in place then, to save memory.

    Returns
    -------
    MeanLevel

    Raises
    ------
    OccuPyError
        If there is too little solvent, or nothing rises above it.

    Notes
    -----
    With G a Gaussian, D the molecule, the level is G∗(D·ρ) / G∗D. D is what is above 0.65 of
    the highest density within a low-pass cut-off of it, both smoothed, where the map smoothed
    still more is four sigma above solvent; grown by a third of a cut-off, so that which voxels it
    holds hardly depends on noise. The full scale is read off the level smoothed over a low-pass
    cut-off: its plateau in D, the nearest mode below its 0.99-quantile, where that holds most of
    the molecule; the quantile itself where only a part of it is full, as the means of what is full
    are drawn down there by what is weaker around it. Solvent and what rises above it are sought in the whole
    box, all else is done in the part of it that holds the molecule.
    """
    unit = densest(coarse) - mean
    if not unit > 0:
        raise OccuPyError(NO_MOLECULE)
    if smoothing is None:
        coarse, smoothing = coarse.copy(), box.smoothing(coarse)
    _rescale(coarse, mean, unit)
    smoothing.rescale(mean, unit)
    period = low_frequencies.lost_period(smoothing, box)
    if period is not None:
        coarse = low_frequencies.restored(coarse, box, period, solvent)
        smoothing = box.smoothing(coarse)
    smooth = smoothing(_SOLVENT_SMOOTHING)
    seen = _solvent(smooth, box, solvent)
    is_scarce = np.count_nonzero(seen) < _FEWEST_SOLVENT_VOXELS
    if is_scarce:
        seen = smooth <= np.quantile(smooth, _LEAST_DENSE_SHARE)
    del smooth
    zero = np.median(sampled(coarse, seen))
    ratio = np.float32(1) if noise_ratio is None else noise_ratio
    part, where = detected(smoothing(DETECTION_SMOOTHING), zero, seen, ratio, box)
    del smoothing
    molecule = Molecule(coarse, zero, box, part, where)
    found = MeanLevel(coarse, zero, box, seen, ratio, molecule, mean, unit, period)
    found.scarce_solvent = is_scarce
    return found


def noise_ratio(model, shape):
    """How strong the noise of a solvent is at each voxel of a grid of its box relative to the molecule."""
    result = np.empty(shape, np.float32)

    def fill(planes):
        result[planes] = model.sigma_ratio(planes, shape)

    parallel.run(fill, parallel.plane_slabs(shape))
    return result


def level_solvent(density, model):
    """Take off a map on a grid of the same box, in place, how the mean of its solvent varies."""

    def subtract(planes):
        density[planes] -= model.mean_at(planes, density.shape) - np.float32(model.mean)

    parallel.run(subtract, parallel.plane_slabs(density.shape))


def local_sigma(noise, box):
    """Standard deviation of noise around each voxel.

    Parameters
    ----------
    noise : array of float32
        Half the difference of two half maps, low-passed, on the grid of the box.
    box : CoarseBox

    Returns
    -------
    array of float32
    """
    unit = np.float32(max(float(np.abs(noise).max()), np.finfo(np.float32).tiny))
    return unit * np.sqrt(np.maximum(box.smoothing(np.square(noise / unit))(_NOISE_SMOOTHING), 0))


def _rescale(coarse, mean, unit):
    """Take a map, in place, to its solvent as 0 and a unit in which squares of its values are finite."""

    def fill(planes):
        coarse[planes] -= np.float32(mean)
        coarse[planes] /= np.float32(unit)

    parallel.run(fill, parallel.plane_slabs(coarse.shape))


def _solvent(smooth, box, known):
    """What is surely solvent."""
    seen = ~box.dilated(smooth > _SOLVENT_SHARE * densest(smooth), _SOLVENT_MARGIN)
    return seen if known is None else seen & known


def _full_scale(value, place, box):
    """The full scale with a cube of two cut-offs about a voxel that just reaches it."""
    size = [min(n, max(1, round(2 * box.lowpass / v))) for n, v in zip(box.shape, box.voxel_size, strict=True)]
    start = [int(np.clip(p - s // 2, 0, n - s)) for p, s, n in zip(place, size, box.shape, strict=True)]
    return FullScale(value, tuple(start), tuple(size))


def _level(means, core, top):
    """The width with which the level is read, and the level.

    Between two of the widths it is where the texture is just as high as it may be, so that no
    rounding decides between them.
    """
    before = None
    for width in _WIDTHS:
        level = means.of_width(width)
        texture = plateau.weighted_quantile(level[core > 0], core[core > 0], _HIGH_QUANTILE) / top
        if texture <= _HIGHEST_TEXTURE:
            break
        before = width, texture
    if before is None or texture > _HIGHEST_TEXTURE:
        return width, level
    share = (before[1] - _HIGHEST_TEXTURE) / (before[1] - texture)
    width = before[0] + share * (width - before[0])
    return width, means.of_width(width)
