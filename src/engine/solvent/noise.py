"""The noise of the solvent, where it is read off the map or its half maps rather than fitted."""

import numpy as np

from .. import parallel
from .fit import checked_sample
from .model import CERTAIN_SIGMAS

_FEWEST_VOXELS = 64
"""Of solvent, from which its noise before the low-pass can be told."""


def half_map_sigmas(lowpassed, difference, lowpassed_difference, region):
    """Noise of a map from the difference of its half maps.

    Read in the half of the region's voxels that have the lower density, hardly any of
    which are not solvent: noise in the difference of the halves is independent of
    that in their mean, so selecting by the density does no harm.

    Parameters
    ----------
    lowpassed : array of float32, shape (z, y, x)
        The low-passed map.
    difference, lowpassed_difference : arrays of float32 of that shape
        Half the difference of the half maps, as it is and low-passed.
    region : Region

    Returns
    -------
    tuple of 2 float
        Standard deviation of the noise of the low-passed map and of the map itself.
    """
    middle = np.float32(np.median(checked_sample(lowpassed, region)))

    def sums(slab):
        lower = region.mask(slab) & (lowpassed[slab] <= middle)
        pair = (lowpassed_difference[slab][lower], difference[slab][lower])
        return np.count_nonzero(lower), *(
            (float(d.sum(dtype=float)), float((d.astype(float) ** 2).sum())) for d in pair
        )

    parts = parallel.run(sums, parallel.plane_slabs(lowpassed.shape))
    count = sum(part[0] for part in parts)
    totals = [np.sum([part[i] for part in parts], axis=0) / max(count, 1) for i in (1, 2)]
    return tuple(float(np.sqrt(max(squares - mean**2, 0))) for mean, squares in totals)


def raw_sigma(model, lowpassed, density, region, maxima):
    """Standard deviation of the solvent in the map before the low-pass.

    Read in voxels all around which the low-passed map stays within three sigma of the
    solvent's mean: those are solvent with near certainty. What the low-pass took away
    is independent of what it left, so that the two variances add up.

    Parameters
    ----------
    model : SolventModel
    lowpassed, density : arrays of float32, shape (z, y, x)
        The low-passed map and the map itself.
    region : Region
    maxima : Maxima
        Of the low-passed map.
    """
    certain = np.float32(model.mean + CERTAIN_SIGMAS * model.sigma)

    def sums(slab):
        planes, rows = maxima.at(slab)
        solvent = region.mask(planes)[:, rows] & (maxima.values[slab] < certain)
        low, high = (values[planes, rows][solvent] for values in (lowpassed, density))
        detail = (high - low) / np.float32(model.sigma)
        total = detail.sum(dtype=float)
        # Not a dot product, for which the linear algebra would use threads of its own.
        return len(detail), total, np.square(detail, out=detail).sum(dtype=float)

    count, total, squares = np.sum(parallel.run(sums, parallel.plane_slabs(maxima.values.shape)), axis=0)
    if count < _FEWEST_VOXELS:
        return model.sigma
    return float(model.sigma * np.sqrt(1 + max(squares / count - (total / count) ** 2, 0)))
