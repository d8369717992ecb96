"""Solvent model and confidence: which density values are not solvent, and how surely."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import isotonic_regression

from . import parallel
from .errors import OccuPyError

BINS_PER_SIGMA = 16
REACH = 12
"""The histogram extends this many sigma to both sides of the solvent peak."""

_FINE_BINS = 16
"""Fine bins in each bin: values are counted in these, then binned linearly."""

_HALF_WIDTH = np.sqrt(2 * np.log(2))
"""Half-width at half-maximum of a Gaussian, in sigma."""

_MOST_STEPS, _FIT_TOLERANCE = 200, 1e-9
_MOST_COUNTS = 3
_SAME_SIGMA = 0.25
"""The histogram is counted again where the fit's sigma differs by more than this share."""

CERTAIN_SIGMAS = 3
_SAMPLE = 1 << 18
_COUNTED_AT_ONCE = 1 << 18
"""Voxels; a histogram of its own for each slab costs more where slabs are smaller."""

_FEWEST_VOXELS = 64
_FINE_STEPS = 256
"""A peak is not resolved where its sigma is less than so many steps of float32."""


@dataclass(frozen=True, eq=False)
class SolventModel:
    """A Gaussian fitted to the solvent peak of the histogram of the low-passed map.

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
            fitted = np.clip(isotonic_regression(ratio, weights=counts[filled]).x, 0, 1)
            places = np.flatnonzero(filled) + 1
            table[1:] = np.interp(np.arange(1, len(table)), [0, *places], [0, *fitted])
        return table

    def confidence(self, values, hedge=1.0, progress=None):
        """Probability that a voxel of the low-passed map is not solvent.

        C = 1 - g(v)/h(v) with h the histogram and g the Gaussian, made monotonic by
        isotonic regression: 0 at and below the mean, 1 above the last bin.

        Parameters
        ----------
        values : array of float
            Values of the low-passed map, any shape.
        hedge : float
            Exponent; the result is C^hedge.
        progress : callable, optional
            Called with the fraction done.

        Returns
        -------
        float32 array of the same shape
        """
        values = np.asarray(values, np.float32)
        if values.ndim < 3:
            return self._confidence(values.ravel(), hedge).reshape(values.shape)
        result = np.empty(values.shape, np.float32)

        def fill(slab):
            result[slab] = self._confidence(values[slab], hedge)

        parallel.run(fill, parallel.plane_slabs(values.shape), progress)
        return result

    def _confidence(self, values, hedge):
        table = self._confidence_table.astype(np.float32)
        steps = np.append(np.diff(table), np.float32(0))
        places = values - np.float32(self.mean)
        places *= np.float32(BINS_PER_SIGMA / self.sigma)
        beyond = places > len(table) - 1
        np.clip(places, 0, len(table) - 1, out=places)
        bins = places.astype(np.intp)
        places -= bins
        # Within the table as it is, clipping saves take a check of its own.
        places *= np.take(steps, bins, mode="clip")
        places += np.take(table, bins, mode="clip")
        places[beyond] = 1
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


def fit(lowpassed, region, progress=None, noise_sigma=None):
    """Fit the solvent model.

    Parameters
    ----------
    lowpassed : array of float32, shape (z, y, x)
        The low-passed map.
    region : Region
        The voxels to look at.
    progress : callable, optional
        Called with the fraction done.
    noise_sigma : float, optional
        The noise of the low-passed map where half maps tell it: sigma of the model.

    Returns
    -------
    SolventModel
        Without raw_sigma, which `raw_sigma` finds.

    Raises
    ------
    OccuPyError
        If the region holds too few voxels or but one value.
    """
    sample = region.sample(lowpassed)
    if len(sample) < _FEWEST_VOXELS or sample[0] == sample[-1]:
        raise OccuPyError(
            f"the solvent model needs at least {_FEWEST_VOXELS} voxels of different values where solvent "
            f"is expected, but found {len(np.unique(sample))}; give a solvent mask or a larger box"
        )
    finest = _FINE_STEPS * np.finfo(np.float32).eps * max(abs(sample[0]), abs(sample[-1]))
    mean, sigma = _peak(sample, finest)
    for _ in range(_MOST_COUNTS):
        fine = _FineHistogram(mean, sigma)
        fine.count(lowpassed, region, progress)
        progress = None
        first_sigma = sigma
        mean, sigma, converged = _fit_peak(fine, mean, sigma)
        sigma = max(sigma, finest)
        if abs(sigma / first_sigma - 1) < _SAME_SIGMA:
            break
    fitted_sigma = sigma
    if noise_sigma is not None:
        sigma = noise_sigma
        fine = _FineHistogram(mean, sigma)
        fine.count(lowpassed, region)
    values, counts = fine.binned(mean, sigma)
    return SolventModel(
        float(mean), float(sigma), _height(counts), values, counts, fine.voxels, converged, float(fitted_sigma)
    )


class Region:
    """The voxels in which solvent is sought.

    By default those of the largest ellipsoid that the box holds; with a solvent
    definition those on its solvent side.

    Parameters
    ----------
    shape : tuple of 3 int
    solvent : bool array of that shape, optional
        True in solvent.
    left_out : tuple (array of float32 of that shape, float), optional
        A map and a value: voxels where the map has that value are left out.
    """

    def __init__(self, shape, solvent=None, left_out=None):
        self.shape = shape
        self._solvent = solvent
        self._left_out = left_out
        self._squared = [((np.arange(n, dtype=np.float32) - (n - 1) / 2) / (n / 2)) ** 2 for n in shape]

    def mask(self, planes):
        """Bool array for a slice of planes."""
        if self._solvent is not None:
            mask = self._solvent[planes]
        else:
            z, y, x = self._squared
            mask = (z[planes, None, None] + y[:, None]) + x <= 1
        if self._left_out is not None:
            values, value = self._left_out
            mask = mask & (values[planes] != value)
        return mask

    def sample(self, density):
        """Sorted values of up to about a quarter of a million voxels of the region."""
        stride = max(1, round((density.size / _SAMPLE) ** (1 / 3)))
        picked = [
            density[z, ::stride, ::stride][self.mask(slice(z, z + 1))[0, ::stride, ::stride]]
            for z in range(0, self.shape[0], stride)
        ]
        return np.sort(np.concatenate(picked))


def solvent_side(mask, lowpassed):
    """The solvent side of a solvent definition: the one where the map varies less.

    Parameters
    ----------
    mask : array, shape (z, y, x)
        One that `check_mask` accepts; split at the middle of its range.
    lowpassed : array of float32 of the same shape

    Returns
    -------
    bool array, True in solvent
    """
    inside = mask > (float(mask.min()) + float(mask.max())) / 2
    variances = [lowpassed[side].var(dtype=float) for side in (inside, ~inside)]
    return inside if variances[0] < variances[1] else ~inside


def check_mask(mask, shape):
    """Raise `OccuPyError` where a solvent definition is on another grid or has one side only."""
    mask = np.asarray(mask)
    if mask.shape != tuple(shape):
        raise OccuPyError(
            f"the solvent mask has {_grid(mask.shape)} voxels, but the map has {_grid(shape)}; both must be on one grid"
        )
    lowest, highest = mask.min(), mask.max()
    if lowest == highest or not (np.isfinite(lowest) and np.isfinite(highest)):
        raise OccuPyError(
            "the solvent mask has one value everywhere or is not finite; expected two sides, such as 0 and 1"
        )


def _grid(shape):
    return " x ".join(str(n) for n in reversed(shape))


class _FineHistogram:
    """A histogram in bins much finer than needed, from which coarser ones are made.

    Both steps bin linearly: a value shares its weight between the two nearest
    centres, so that no rounding of the map moves a voxel from bin to bin.
    """

    def __init__(self, mean, sigma):
        self._width = sigma / (BINS_PER_SIGMA * _FINE_BINS)
        half = (REACH + 4) * BINS_PER_SIGMA * _FINE_BINS
        self._centres = mean + np.arange(-half, half + 1) * self._width
        self._counts = np.zeros(2 * half + 1)
        self.voxels = 0

    def count(self, density, region, progress=None):
        """Count the voxels of the region; those beyond the ends are left out."""
        last = len(self._counts) - 1
        start, scale = np.float32(self._centres[0]), np.float32(1 / self._width)

        def count_slab(slab):
            places = (density[slab][region.mask(slab)] - start) * scale
            places = places[(places >= 0) & (places < last)]
            left = places.astype(np.intp)
            places -= left
            voxels = np.bincount(left, minlength=last + 1)
            right = np.bincount(left, places, minlength=last + 1)
            voxels_right = np.roll(right, 1)
            return len(left), voxels - right + voxels_right

        for voxels, counts in parallel.run(count_slab, parallel.plane_slabs(density.shape, _COUNTED_AT_ONCE), progress):
            self.voxels += voxels
            self._counts += counts

    def binned(self, mean, sigma):
        """Bin centres and counts, sigma/16 apart and centred on the mean."""
        half = REACH * BINS_PER_SIGMA + 1
        width = sigma / BINS_PER_SIGMA
        places = (self._centres - mean) / width + half
        inside = (places >= 0) & (places < 2 * half)
        left = places[inside].astype(int)
        right_share = places[inside] - left
        counts = self._counts[inside]
        bins = np.bincount(left, counts * (1 - right_share), 2 * half + 1)
        bins += np.bincount(left + 1, counts * right_share, 2 * half + 1)
        return mean + np.arange(1 - half, half) * width, bins[1:-1]


def _peak(sample, finest):
    """Place and width (as a sigma, at least `finest`) of the main peak of the histogram of sorted values."""
    sample = sample.astype(float)
    low, high = sample[0], sample[-1]
    for _ in range(40):
        counts, edges = np.histogram(sample, 256, (low, high))
        smooth = np.convolve(counts, [1, 4, 6, 4, 1], "same")
        top = int(np.argmax(smooth))
        half = smooth[top] / 2
        left = top - int(np.argmax(smooth[top::-1] < half)) if (smooth[: top + 1] < half).any() else 0
        right = top + int(np.argmax(smooth[top:] < half)) if (smooth[top:] < half).any() else 255
        width = edges[1] - edges[0]
        centre = edges[top] + width / 2
        half_width = max(min(top - left, right - top), 1)
        if half_width >= 12 or counts[top] < 16:
            break
        reach = 24 * half_width * width / 4
        if reach > (high - low) / 3:
            reach = (high - low) / 3
        if reach < finest:
            break
        low, high = centre - reach, centre + reach
    return float(centre), float(max(half_width * width / _HALF_WIDTH, finest))


def _fit_peak(fine, mean, sigma):
    """Fit a Gaussian between the half-maximum points: a parabola in the logarithm.

    The points follow from the fit, so it is repeated until they stay in place.
    """
    for _ in range(_MOST_STEPS):
        values, counts = fine.binned(mean, sigma)
        window = (np.abs(values - mean) <= _HALF_WIDTH * sigma) & (counts > 0)
        if window.sum() < 5:
            return mean, sigma, False
        offsets = (values[window] - mean) / sigma
        quadratic, linear, _ = np.polyfit(offsets, np.log(counts[window]), 2, w=np.sqrt(counts[window]))
        if quadratic >= 0:
            return mean, sigma, False
        shift, ratio = -linear / (2 * quadratic), np.sqrt(-0.5 / quadratic)
        if abs(shift) > 3 or not 0.2 < ratio < 5:
            return mean, sigma, False
        mean, sigma = mean + shift * sigma, sigma * ratio
        if max(abs(shift), abs(ratio - 1)) < _FIT_TOLERANCE:
            break
    return mean, sigma, True


def _height(counts):
    """Height of the Gaussian, by least squares within one sigma of the mean, the middle bin."""
    steps = np.arange(-BINS_PER_SIGMA, BINS_PER_SIGMA + 1)
    shape = np.exp(-0.5 * (steps / BINS_PER_SIGMA) ** 2)
    return float(np.dot(counts[steps + len(counts) // 2], shape) / np.dot(shape, shape))


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
    middle = np.float32(np.median(region.sample(lowpassed)))

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


def raw_sigma(model, lowpassed, density, region, maximum):
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
    maximum : array of float32 of that shape
        Maximum of the low-passed map over the kernel.
    """
    certain = np.float32(model.mean + CERTAIN_SIGMAS * model.sigma)

    def sums(slab):
        solvent = region.mask(slab) & (maximum[slab] < certain)
        detail = (density[slab][solvent] - lowpassed[slab][solvent]) / np.float32(model.sigma)
        total = detail.sum(dtype=float)
        # Not a dot product, for which the linear algebra would use threads of its own.
        return len(detail), total, np.square(detail, out=detail).sum(dtype=float)

    count, total, squares = np.sum(parallel.run(sums, parallel.plane_slabs(density.shape)), axis=0)
    if count < _FEWEST_VOXELS:
        return model.sigma
    return float(model.sigma * np.sqrt(1 + max(squares / count - (total / count) ** 2, 0)))
