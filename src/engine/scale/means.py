"""Means in the molecule, of which the scale of mode calibrated is made."""

import numpy as np

from .. import parallel

_LEAST_WEIGHT = 0.05
"""Where less than this share of the weights lies in the molecule the level is 0; at twice the share it is the mean."""


class Means:
    """Means of a map in the molecule, weighted by Gaussians of any width.

    Parameters
    ----------
    coarse : array of float32
        The map.
    inside : array of float32
        The molecule, 0 to 1.
    box : CoarseBox
    """

    def __init__(self, coarse, inside, box):
        self._weights = box.smoothing(inside)
        self._sums = box.smoothing(inside * coarse)

    def of_width(self, width):
        """With Gaussians of this width, in low-pass cut-offs; 0 away from the molecule."""
        weights, means = self._weights(width), self._sums(width)

        def divide(planes):
            weight, mean = weights[planes], means[planes]
            mean /= np.maximum(weight, np.float32(_LEAST_WEIGHT))
            mean *= np.clip(weight / np.float32(_LEAST_WEIGHT) - 1, 0, 1)

        parallel.run(divide, parallel.plane_slabs(means.shape))
        return means
