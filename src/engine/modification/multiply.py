"""Multiply a map by factors of its scale, fill in solvent, and finish what was made."""

from dataclasses import dataclass

import numpy as np

from .. import parallel
from ..grids import fourier
from ..settings.checks import is_lowpass
from .limits import limited_factor


def apply(density, local_scale, confidence, limits, factor, fill=None, remove=None, progress=None):
    """Multiply a map by a factor of its scale, held back where it would amplify solvent.

    Parameters
    ----------
    density, local_scale : arrays of float32, shape (z, y, x)
    confidence : array of float32 of the same shape, Confidence or None
        C; where the factor a is above 1 it becomes C·a + (1 - C). None does not hold back.
    limits : Limits
    factor : callable
        From `factor_of`.
    fill : Fill, optional
        What takes the place of density where the factor is below 1.
    remove : Removal, optional
        What takes solvent away from the result.
    progress : callable, optional
        Called with the fraction done.

    Returns
    -------
    array of float32, and the largest factor
    """
    result = np.empty(density.shape, np.float32)

    def modify_slab(slab):
        a = limited_factor(local_scale[slab], factor, limits.at(slab))
        amplified, weakened = a.max() > 1, a.min() < 1
        if confidence is not None and amplified:
            a = np.where(a > 1, 1 + (a - 1) * confidence[slab], a)
        np.multiply(density[slab], a, out=result[slab])
        if fill is not None and weakened:
            result[slab] += fill.at(slab, a)
        if remove is not None:
            remove.apply(result[slab], remove.share[slab])
        return float(a.max())

    gains = parallel.run(modify_slab, parallel.plane_slabs(density.shape), progress)
    return result, min(max(gains), max(1.0, limits.max_gain))


def amplify_signal(density, local_scale, signal, mean, factor, limits, fill=None, remove=None, progress=None, out=None):
    """Amplify the signal in a map by a factor of its scale, and leave the noise as it is, or out.

    Where the factor a is above 1 the map ρ becomes ρ + (a - 1)·P·s, with s the signal
    and P the presence of molecule, and where a is below 1, ρ·a; without noise it becomes μ and
    the signal, as many times as it is shown.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
    local_scale : array of float32 of that shape, or None
        Tells where the map is weakened; None where it is not.
    signal : MapSignal
        With the gain set.
    mean : float
        μ, of the solvent.
    factor : callable
        From `factor_of`.
    limits : Limits
    fill, remove, progress
        As for `apply`.
    out : array of float32 of the shape of the map, optional
        Takes the result. What is asked for planes of the map may be in the same memory.

    Returns
    -------
    array of float32
    """
    result = np.empty(density.shape, np.float32) if out is None else out

    def modify_slab(slab):
        added = signal.amplified(slab)
        kept = None if remove is None else remove.share[slab]
        if not signal.keeps_noise:
            np.add(added, np.float32(mean), out=result[slab])
        elif local_scale is None:
            np.add(density[slab], added, out=result[slab])
        else:
            a = np.minimum(limited_factor(local_scale[slab], factor, limits), np.float32(1))
            np.multiply(density[slab], a, out=result[slab])
            result[slab] += added
            if fill is not None and a.min() < 1:
                result[slab] += fill.at(slab, a)
        if remove is not None:
            remove.apply(result[slab], kept)

    parallel.run(modify_slab, parallel.plane_slabs(density.shape), progress)
    return result


@dataclass(frozen=True, eq=False)
class Removal:
    """What takes solvent away: density is brought to one level where it is solvent.

    Attributes
    ----------
    share : array of float32, shape (z, y, x), Confidence or Planes
        How far a voxel is not solvent, 0 to 1.
    level : float
    """

    share: object
    level: float

    def apply(self, values, share):
        """Do this to the values of a slab, in place, given the share there."""
        level = np.float32(self.level)
        values -= level
        values *= share
        values += level


@dataclass(frozen=True, eq=False)
class Fill:
    """Solvent that takes the place of density: (1 - a)·μ + √(1 - a²)·ν.

    The sum of the attenuated map and this keeps mean and variance of the solvent.

    Attributes
    ----------
    mean : float, or array of float32, shape (z, y, x), or Planes of it
        μ, the mean of the solvent.
    noise : array of float32, shape (z, y, x), NoiseSample or Planes
        ν, noise as in the solvent.
    """

    mean: object
    noise: object

    def at(self, slab, factor):
        """What is added in a slab of the map, given the factor there."""
        a = np.minimum(factor, np.float32(1))
        mean = np.float32(self.mean) if isinstance(self.mean, float) else self.mean[slab]
        return (1 - a) * mean + np.sqrt(1 - a * a) * self.noise[slab]


def finish(result, density, found, voxel_size, values):
    """Low-pass, then match the histogram or clip to the range of the input, as asked.

    Parameters
    ----------
    result, density : arrays of float32, shape (z, y, x)
        The modified map, which is finished in place, and the input.
    found : Range
        Of the input.
    voxel_size : tuple of 3 float
    values : dict
        Checked settings of a modification.
    """
    resolution = values["output_lowpass"]
    if resolution is not None and is_lowpass(resolution, voxel_size):
        fourier.lowpass(result, resolution, voxel_size, out=result)
    if values["match_histogram"]:
        _match_histogram(result, density)
    elif values["clip"]:
        _clip(result, found)
    return result


def _match_histogram(result, density):
    """Put the values of `density` into `result`, in the order of its own values."""
    order = np.argsort(result, axis=None, kind="stable")
    result.reshape(-1)[order] = np.sort(density, axis=None)


def _clip(result, found):
    def clip(slab):
        np.clip(result[slab], found.lowest, found.highest, out=result[slab])

    parallel.run(clip, parallel.plane_slabs(result.shape))
