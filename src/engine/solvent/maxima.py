"""The local maximum of a low-passed map in those planes and rows in which solvent is looked for."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from .blocks import sample_steps

_ENOUGH = 1 << 19
"""Voxels, in which the noise of solvent is read to within a few thousandths."""


@dataclass(frozen=True, eq=False)
class Maxima:
    """Maximum of a low-passed map over the kernel in every so many planes, and in these in every so many rows.

    Attributes
    ----------
    values : array of float32, shape (planes, rows, x)
    steps : tuple of 2 int
        From plane to plane, and from row to row.
    """

    values: np.ndarray
    steps: tuple = (1, 1)

    def at(self, part):
        """The same planes and rows of the map, as two slices, that a slice of the planes here is."""
        planes, rows = self.steps
        return slice(part.start * planes, part.stop * planes, planes), slice(None, None, rows)


def maxima_steps(shape, settings):
    """The steps at which maxima are needed: those of samples, or whole fractions of them where rows would be few."""
    samples = [int(n) for n in sample_steps(shape, settings)[:2]]
    every = product(*([n for n in range(1, step + 1) if step % n == 0] for step in samples))
    enough = [steps for steps in every if np.prod(shape) >= _ENOUGH * np.prod(steps)]
    return max(enough, key=np.prod, default=(1, 1))
