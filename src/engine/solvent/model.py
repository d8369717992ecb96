"""The solvent model, and its confidence: which density values are not solvent, and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .. import parallel
from .field import SolventField
from .histogram import BINS_PER_SIGMA

CERTAIN_SIGMAS = 3
"""Solvent with near certainty is what is less than so many sigma above the mean."""

GOOD_MISFIT, WORST_GOOD_MISFIT = 0.15, 0.4
"""Up to the first misfit one Gaussian is a good fit, up to the second a fair one."""


@dataclass(frozen=True, eq=False)
class SolventModel:
    """A Gaussian fitted to the solvent peak of the histogram of the low-passed map.

    Where the solvent varies in space, the histogram is that of the map brought to one
    solvent everywhere, that of the place where the molecule is, and so are all numbers
    here; `mean_at`, `sigma_at` and `raw_sigma_at` tell the solvent of every place.

    Attributes
    ----------
    mean, sigma : float
        μ and σ, in units of the map.
    height : float
        Voxels per bin that the Gaussian expects at the mean.
    values : array of float, shape (bins,)
        Density at the centres of the bins, a sixteenth of sigma apart.
    counts : array of float, shape (bins,)
        Voxels in the bins.
    voxels : int
        Voxels of the region that are in the histogram, to 16 sigma of the peak.
    converged : bool
        Whether a Gaussian could be fitted; if not, mean and sigma are the place and
        the half-width of the histogram's peak.
    fitted_sigma : float
        What the fit alone gives for sigma; another value where half maps gave sigma.
    raw_sigma : float
        σ_raw, the standard deviation of the solvent in the map before the low-pass.
    field : SolventField, optional
        How the solvent changes with place, where it does.
    uniform : SolventModel, optional
        One Gaussian for all of that solvent, to compare.
    """

    mean: float
    sigma: float
    height: float
    values: np.ndarray
    counts: np.ndarray
    voxels: int
    converged: bool
    fitted_sigma: float
    raw_sigma: float = np.nan
    field: SolventField | None = None
    uniform: SolventModel | None = None

    def gaussian(self, values):
        """Voxels per bin that the model expects at these density values."""
        return self.height * np.exp(-0.5 * ((np.asarray(values, float) - self.mean) / self.sigma) ** 2)

    @cached_property
    def _confidence_table(self):
        """Confidence at the mean and at the centres of the bins above it."""
        above = slice(len(self.values) // 2 + 1, None)
        counts, expected = self.counts[above], self.gaussian(self.values[above])
        filled = counts > 0
        table = np.zeros(len(counts) + 1)
        if filled.any():
            ratio = 1 - expected[filled] / counts[filled]
            from scipy.optimize import isotonic_regression

            fitted = np.clip(isotonic_regression(ratio, weights=counts[filled]).x, 0, 1)
            places = np.flatnonzero(filled) + 1
            table[1:] = np.interp(np.arange(1, len(table)), [0, *places], [0, *fitted])
        return table

    @cached_property
    def _confidence_steps(self):
        """The table with the confidence beyond the last bin, and by how much it rises to each place from the last."""
        table = np.append(self._confidence_table, 1)
        rises = np.diff(table, prepend=0)
        rises[-1] = 0
        return table.astype(np.float32), rises.astype(np.float32)

    @property
    def varies(self):
        """Whether the solvent follows place."""
        return self.field is not None

    def mean_at(self, part, shape=None):
        """μ in a part of the map, as a number where it is the same everywhere.

        Parameters
        ----------
        part : slice or tuple of 3 slices
            Planes, or a box.
        shape : tuple of 3 int, optional
            Of the grid, by default the one that was estimated: any sampling of the box will do.

        Returns
        -------
        float, or array of float32
        """
        return self.level_at(0, part, shape)

    def level_at(self, sigmas, part, shape=None):
        """μ and so many σ in a part of the map, a number where it is the same everywhere: see `mean_at`."""
        level = self.mean + sigmas * self.sigma
        if self.field is None:
            return level
        levels = self.field.shift(part, shape)
        levels *= np.float32(self.field.sigma)
        levels += np.float32(level - self.field.mean) * self.field.ratio(part, shape)
        levels += np.float32(self.field.mean)
        return levels

    def sigma_ratio(self, part, shape=None):
        """σ in a part of the map over `sigma`, 1.0 where it is the same everywhere: see `mean_at`."""
        return 1.0 if self.field is None else self.field.ratio(part, shape)

    def raw_sigma_ratio(self, part, shape=None):
        """σ_raw in a part of the map over `raw_sigma`, 1.0 where it is the same everywhere: see `mean_at`."""
        return 1.0 if self.field is None else self.field.raw_ratio(part, shape)

    @cached_property
    def ranges(self):
        """Lowest and highest μ, σ and σ_raw in the ellipsoid that the box holds, a dict of pairs by name."""
        numbers = {"mean": self.mean, "sigma": self.sigma, "raw_sigma": self.raw_sigma}
        if self.field is None:
            return {name: (number, number) for name, number in numbers.items()}
        shift, ratio, raw_ratio = self.field.coarse
        mean = self.field.mean + self.field.sigma * shift + (self.mean - self.field.mean) * ratio
        found = {"mean": mean, "sigma": self.sigma * ratio, "raw_sigma": self.raw_sigma * raw_ratio}
        return {name: (float(values.min()), float(values.max())) for name, values in found.items()}

    def confidence(self, values, hedge=1.0, progress=None, planes=None):
        """Probability that a voxel of the low-passed map is not solvent.

        C = 1 - g(v)/h(v) with h the histogram and g the Gaussian, made monotonic by
        isotonic regression: 0 at and below the mean, 1 above the last bin.

        Parameters
        ----------
        values : array of float
            Values of the low-passed map: the whole of it, some of its planes, or of any
            shape. Where the solvent varies, those without a place are taken as values
            where the molecule is.
        hedge : float
            Exponent; the result is C^hedge.
        progress : callable, optional
            Called with the fraction done.
        planes : slice, optional
            Which planes of the low-passed map the values are.

        Returns
        -------
        float32 array of the same shape
        """
        values = np.asarray(values, np.float32)
        if planes is not None or values.ndim < 3:
            if planes is not None and self.field is not None:
                values = self.field.standardised(values, planes)
            return self._confidence(values.ravel(), hedge).reshape(values.shape)
        result = np.empty(values.shape, np.float32)
        whole = self.field is not None and values.shape == self.field.shape

        def fill(slab):
            here = self.field.standardised(values[slab], slab) if whole else values[slab]
            result[slab] = self._confidence(here, hedge)

        parallel.run(fill, parallel.plane_slabs(values.shape), progress)
        return result

    def _confidence(self, values, hedge):
        table, rises = self._confidence_steps
        places = values - np.float32(self.mean)
        places *= np.float32(BINS_PER_SIGMA / self.sigma)
        np.clip(places, 0, len(table) - 1, out=places)
        above = np.ceil(places)
        places -= above
        above = above.astype(np.intp)
        places *= rises[above]
        places += table[above]
        return places if hedge == 1 else places**hedge

    @property
    def noise_level(self):
        """v₀, the lowest density that is more likely not solvent (confidence above one half)."""
        table = self._confidence_table
        if not (table > 0.5).any():
            return self.mean + (len(table) - 1) * self.sigma / BINS_PER_SIGMA
        above = int(np.argmax(table > 0.5))
        fraction = (0.5 - table[above - 1]) / (table[above] - table[above - 1])
        return self.mean + (above - 1 + fraction) * self.sigma / BINS_PER_SIGMA

    @property
    def misfit(self):
        """Share by which histogram and Gaussian differ below the mean, to four sigma.

        Nothing but solvent is expected there, so it is near 0 where the model holds.
        """
        side = (self.values < self.mean) & (self.values > self.mean - 4 * self.sigma)
        expected = self.gaussian(self.values[side])
        return float(np.abs(self.counts[side] - expected).sum() / max(expected.sum(), 1e-300))
