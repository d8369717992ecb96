"""The solvent model fitted to a low-passed map."""

import numpy as np

from ..errors import OccuPyError
from .histogram import BINS_PER_SIGMA, FineHistogram
from .model import SolventModel

_HALF_WIDTH = np.sqrt(2 * np.log(2))
"""Half-width at half-maximum of a Gaussian, in sigma."""

_MOST_STEPS, _FIT_TOLERANCE = 200, 1e-9
_MOST_COUNTS = 3
_SAME_SIGMA = 0.25
"""The histogram is counted again where the fit's sigma differs by more than this share."""

_FEWEST_VOXELS = 64
"""To which a model is fitted."""

_FINE_STEPS = 256
"""A peak is not resolved where its sigma is less than so many steps of float32."""


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
        Without raw_sigma, which `noise.raw_sigma` finds.

    Raises
    ------
    OccuPyError
        If the region holds too few voxels or but one value.
    """
    sample = checked_sample(lowpassed, region)
    finest = _FINE_STEPS * np.finfo(np.float32).eps * max(abs(sample[0]), abs(sample[-1]))
    mean, sigma = _peak(sample, finest)
    for _ in range(_MOST_COUNTS):
        fine = FineHistogram(mean, sigma)
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
        fine = FineHistogram(mean, sigma)
        fine.count(lowpassed, region)
    values, counts = fine.binned(mean, sigma)
    return SolventModel(
        float(mean), float(sigma), _height(counts), values, counts, fine.voxels, converged, float(fitted_sigma)
    )


def checked_sample(lowpassed, region):
    """Sorted values of voxels of the region; raises `OccuPyError` where they are too few or but one value."""
    sample = region.sample(lowpassed)
    if len(sample) < _FEWEST_VOXELS or sample[0] == sample[-1]:
        raise OccuPyError(
            f"the solvent model needs at least {_FEWEST_VOXELS} voxels of different values where solvent "
            f"is expected, but found {len(np.unique(sample))}; give a solvent mask or a larger box"
        )
    return sample


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
