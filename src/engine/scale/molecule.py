"""Where the molecule is in a map above its solvent: found in all of the box, and outlined in the part that holds it."""

import numpy as np

from ..errors import OccuPyError
from ..grids import dilate
from .envelope import densest, robust_sigma, sampled

# Lengths are in low-pass cut-offs, of 8 Å where nothing else is said.
DETECTION_SMOOTHING = 1.0
_SHAPE_SMOOTHING, _SHAPE_RADIUS = 0.5, 1.0
_GROWN_BY = 0.33
_MARGIN = 4.0
"""Of the part that holds the molecule, about what is detected: no Gaussian of what is beyond reaches its places."""

_SHAPE_SHARE = 0.65
"""Of the highest density around: what is denser is inside the molecule, however weak that is there."""

_RAMP = 0.1
"""Of a threshold: over this width about it voxels count in part."""

_LOWEST_SHARE = 0.03
_DETECTION_SIGMAS = 4.0
_FEWEST_VOXELS = 8

NO_MOLECULE = (
    "no molecule rises above the solvent of this map, so mode calibrated has nothing to read; if its contrast is "
    "inverted, multiply it by -1, else try mode occupancy"
)


class Molecule:
    """The molecule on a coarse grid, in the part of its box that holds it.

    Parameters
    ----------
    coarse : array of float32
        The map on the grid of the box.
    zero : float
        Its solvent.
    box : CoarseBox
    part : tuple of 3 slices
        Of the box: see `detected`.
    where : array of float32
        What is detected there.

    Attributes
    ----------
    box : CoarseBox
        The part.
    core, inside : arrays of float32 of its shape
        The densest part of the molecule around each of its places, and the molecule: both of 0 to 1, so that no
        rounding decides.

    Raises
    ------
    OccuPyError
        If next to nothing is molecule.
    """

    def __init__(self, coarse, zero, box, part, where):
        self.part, self._whole = part, box
        self.box = box = box.part(part)
        self.core = _core(coarse[part] - zero, box, where, coarse.size)
        if self.core.sum() < _FEWEST_VOXELS:
            raise OccuPyError(NO_MOLECULE)
        self.inside = dilate.ball_maximum(self.core, box.ball(_GROWN_BY))

    def in_whole(self, values):
        """Values of the part on the grid of the whole box, 0 beyond."""
        result = np.zeros(self._whole.shape, np.float32)
        result[self.part] = values
        return result

    def of(self, values):
        """What is one number, or one for each voxel of the whole box, in the part."""
        return _in_part(values, self.part)


def detected(smooth, zero, solvent, noise_ratio, box):
    """Where a map, smoothed by `DETECTION_SMOOTHING`, rises above its solvent.

    Parameters
    ----------
    smooth : array of float32
    zero : float
        The solvent in it.
    solvent : bool array
    noise_ratio : float or array of float32
        How strong the noise is at each voxel relative to one place.
    box : CoarseBox

    Returns
    -------
    tuple of 3 slices
        The part of the box that holds all of that, with room for the Gaussians of the means.
    array of float32
        In that part 1 where the map rises above the solvent, 0 where it does not, with a ramp between.
    """
    sigma = robust_sigma((sampled(smooth, solvent) - zero) / sampled_ratio(noise_ratio, solvent))
    lowest = np.maximum(
        np.float32(_DETECTION_SIGMAS * sigma) * noise_ratio, np.float32(_LOWEST_SHARE * (densest(smooth) - zero))
    )
    part = box.around(smooth > np.float32(1 - _RAMP / 2) * lowest + zero, _MARGIN)
    return part, _above(smooth[part] - zero, _in_part(lowest, part))


def sampled_ratio(noise_ratio, where):
    """The same voxels of a ratio, unless that is one number, as `sampled` gives."""
    return noise_ratio if np.ndim(noise_ratio) == 0 else sampled(noise_ratio, where)


def _in_part(values, part):
    return values if np.ndim(values) == 0 else values[part]


def _core(density, box, where, size):
    """What is dense relative to what is near; the size is that of the whole grid."""
    shape = box.smoothing(density)(_SHAPE_SMOOTHING)
    highest = dilate.ball_maximum(shape, box.ball(_SHAPE_RADIUS))
    highest = np.maximum(highest, np.float32(_LOWEST_SHARE * densest(shape, size)))
    return np.minimum(_above(shape, np.float32(_SHAPE_SHARE) * highest), where)


def _above(values, threshold):
    """1 where values are above a positive threshold, 0 where they are below, with a ramp between."""
    share = values / threshold
    share -= 1
    share /= np.float32(_RAMP)
    share += np.float32(0.5)
    return np.clip(share, 0, 1, out=share)
