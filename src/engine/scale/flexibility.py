"""Flexibility, told apart from occupancy: how much faster the map falls off with spatial frequency at each place.

Missing particles weaken all spatial frequencies alike, motion the high ones more. The scale holds what is common to
all; what the power in bands of frequency does beyond that is motion.
"""

from dataclasses import dataclass

import numpy as np

from ..grids.cut import Cut
from ..grids.interpolation import interpolate
from .band_power import B_VALUES, bands
from .solvent_spectrum import SolventSpectrum

_LEAST_POWER, _LEAST_OF_NOISE = 1e-3, 0.3
"""Power is told down to these shares of the power of the fullest part and of the noise."""

_INTERCEPT = 0.075
"""Standard deviation of the logarithm of the amplitude that the scale leaves unexplained."""

_PRIOR = 1000.0
"""Å²: standard deviation of differences, so that there is an answer where the map tells nothing."""

_TEXTURE = 0.4
"""The power of molecules varies by this share of the variance of random maps, as measured in simulated maps; what else
varies does so in both bands alike, and is in the amplitude."""

_ROUNDS = 4
_MIXING = 4.0
"""Å: of what varies over this, as from residue to residue, the windows show a third."""

_UNRESOLVED = 4.0
"""The squared two thirds that they do not show, over the squared third that they do."""

_OF_ERROR = 0.8
"""Of the variance of the fit's own error, which windows of 2.5 Å and the reach of the filter smooth, so much is seen
within that distance, and is no motion."""

_MOST_ERROR = 40.0
"""Å²: where the error is larger the map does not tell."""

_LEAST_MOLECULE = 0.3
"""Of a window: the map does not tell where it holds less of the molecule."""

_EDGE, _LEAST_OF_EDGE = 2.5, 0.1
"""Å: over this what is told goes on to the outline of the molecule, where its weight is this share."""

_SEEN_NOISE = 1e-3
"""Share of the power of the fullest part below which noise must have been taken out of the solvent."""

NO_VALUE = -1000.0
"""Å²: stands for no value in map files and in ChimeraX, which take no NaN; far below all that is told."""

LOWEST = 1.5 * B_VALUES[0]
"""Å²: no value that is told is as low."""

NO_NOISE = (
    "No noise is seen in the solvent of this map, so that the flexibility takes all noise within the molecule for "
    "signal, and reads too low where that is weak; give the half maps, or a map that is not masked."
)
NOTHING_TOLD = (
    "There is too little detail beyond 6 Å in this map to tell flexibility from occupancy: it has no value anywhere."
)
_SHARE_TOLD = "The map tells the flexibility of {:.0%} of the molecule; elsewhere it has no value."


@dataclass(frozen=True, eq=False)
class Flexibility:
    """Differences of B-factors in a map.

    Attributes
    ----------
    values, error : arrays of float32, shape (z, y, x)
        Å²: the B-factor at each voxel less that of the fullest part, and its standard error; NaN where the map
        does not tell.
    untold : float
        Share of the molecule that has no value.
    notes : list of str
        Sentences for the user.
    """

    values: np.ndarray
    error: np.ndarray
    untold: float
    notes: list


def flexibility(density, voxel_size, part, difference=None):
    """B-factors of a map at each place, relative to its fullest part.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
    voxel_size : tuple of 3 float
        Å.
    part : Part
        The molecule, on the coarse grid.
    difference : array of float32, shape (z, y, x), optional
        Half the difference of the half maps.

    Returns
    -------
    Flexibility
        On the coarse grid.

    Notes
    -----
    With P_b the mean of the squared band around a place over that of the squared scale, less the noise's, and P_b⁰ that
    of the fullest part, ½·ln(P_b/P_b⁰) = a + f_b(ΔB): a is near 0, since the scale holds the occupancy, and f_b is what
    exp(−ΔB·k²/4) leaves of the amplitude of the molecule's own spectrum in the band, −ΔB·k²/4 for a narrow one. It is
    solved for a and ΔB by weighted least squares.
    """
    cut = part.cut_from(density.shape)
    near, nearby = part.within(cut), density[cut.fine]
    if difference is None:
        solvent = SolventSpectrum(density, voxel_size, part.solvent, part.centre) if part.solvent.any() else None
        found = bands(nearby, voxel_size, near, solvent=solvent)
    else:
        found = bands(nearby, voxel_size, near, difference[cut.fine])
    values, error = np.full((2, *part.box.shape), np.nan, np.float32)
    if not found or not near.fullest.any() or min(_reference(band, near.fullest) for band in found) <= 0:
        return Flexibility(values, error, 1.0, [NOTHING_TOLD])
    values[cut.coarse], error[cut.coarse] = _differences(found, near)
    return Flexibility(values, error, _untold(values, part), _notes(values, found, part, near.fullest))


def _differences(found, part):
    """Differences of B-factors and their standard errors, NaN where the map does not tell."""
    at = part.inside > 0.05
    values, error = (np.zeros(part.box.shape, np.float32) for _ in range(2))
    values[at], error[at] = _fitted(found, part, at)
    values -= np.float32(values[part.fullest].mean(dtype=float))
    seen = part.window_means(np.square(values - part.window_means(values, _MIXING)), _MIXING)
    of_error = np.float32(_OF_ERROR) * part.window_means(np.square(error), _MIXING)
    error = np.sqrt(np.square(error) + np.float32(_UNRESOLVED) * np.maximum(seen - of_error, 0))
    told = (part.inside > 0.3) & (error <= _MOST_ERROR) & (part.filled(_EDGE) >= _LEAST_MOLECULE)
    return _to_the_outline(values, error, told, part)


def _notes(values, found, part, fullest):
    """Sentences for the user on what the map does not show."""
    if np.isnan(values).all():
        return [NOTHING_TOLD]
    notes = [_SHARE_TOLD.format(1 - _untold(values, part))]
    noise = max(band.noise[fullest].mean() / band.power[fullest].mean() for band in found)
    return [*notes, NO_NOISE] if noise < _SEEN_NOISE else notes


def _fitted(found, part, at):
    """Differences and their standard errors at some voxels, by Gauss-Newton steps."""
    slopes = [np.gradient(band.falls, B_VALUES) for band in found]
    observed = [_observed(band, part.fullest, at) for band in found]
    shift = np.zeros(np.count_nonzero(at))
    for _ in range(_ROUNDS):
        matrix = [1 / _INTERCEPT**2, 0.0, 1 / _PRIOR**2]
        right = [0.0, 0.0]
        for band, slope, (amplitude, weight) in zip(found, slopes, observed, strict=True):
            rise = np.interp(shift, B_VALUES, slope)
            target = amplitude - np.interp(shift, B_VALUES, band.falls) + rise * shift
            terms = weight, weight * rise, weight * rise**2
            matrix = [total + term for total, term in zip(matrix, terms, strict=True)]
            right = [right[0] + weight * target, right[1] + weight * rise * target]
        determinant = matrix[0] * matrix[2] - matrix[1] ** 2
        shift = np.clip((matrix[0] * right[1] - matrix[1] * right[0]) / determinant, B_VALUES[0], B_VALUES[-1])
    return shift, np.sqrt(matrix[0] / determinant)


def _reference(band, fullest):
    """The power of the signal in the fullest part."""
    return float((band.power - band.noise)[fullest].mean(dtype=float))


def _observed(band, fullest, at):
    """Logarithm of the amplitude relative to that of the fullest part, and its weight."""
    power, noise = band.power[at].astype(float), band.noise[at].astype(float)
    reference = _reference(band, fullest)
    signal = np.maximum(power - noise, _LEAST_OF_NOISE * noise + _LEAST_POWER * reference)
    variance = _TEXTURE * np.square(np.maximum(power / signal, 1)) / (2 * band.coefficients)
    return np.log(signal / reference) / 2, 1 / variance


def _to_the_outline(values, error, told, part):
    """What is told, carried on over an edge in which windows hold too little of the molecule; NaN beyond."""
    weights = np.where(told, 1 / np.square(np.maximum(error, np.float32(1))), np.float32(0)).astype(np.float32)
    known = part.box.smoothing(told.astype(np.float32))(_EDGE / part.box.lowpass)
    total = part.box.smoothing(weights)(_EDGE / part.box.lowpass)
    near = ~told & (known >= _LEAST_OF_EDGE)
    result = []
    for part_of in (values, error):
        sums = part.box.smoothing(weights * part_of)(_EDGE / part.box.lowpass)
        carried = np.divide(sums, total, out=np.zeros_like(sums), where=near & (total > 0))
        result.append(np.where(told, part_of, np.where(near, carried, np.float32(np.nan))).astype(np.float32))
    return result


def _untold(values, part):
    """Share of the molecule without a value."""
    return float(part.molecule[np.isnan(values)].sum(dtype=float) / part.molecule.sum(dtype=float))


def without_gaps(values):
    """A map for files: `NO_VALUE` where there is none."""
    return np.where(np.isfinite(values), values, np.float32(NO_VALUE))


def with_gaps(values):
    """The values of such a map: NaN where there is none."""
    values = np.asarray(values, np.float32)
    return np.where(values > LOWEST, values, np.float32(np.nan))


def on_grid(values, shape):
    """Values with NaN where there is none, interpolated to another grid of the same box.

    Parameters
    ----------
    values : array of float32, shape (z, y, x)
    shape : tuple of 3 int

    Returns
    -------
    array of float32 of that shape
        NaN where most of what is around has no value.
    """
    known = np.isfinite(values)
    cut = Cut(shape, values.shape, known, (1, 1, 1))
    known, values = known[cut.coarse], values[cut.coarse]
    result = np.full(shape, np.nan, np.float32)
    share = interpolate(known.astype(np.float32), cut.fine_shape)
    sums = interpolate(np.where(known, values, np.float32(0)), cut.fine_shape)
    np.divide(sums, share, out=result[cut.fine], where=share >= 0.5)
    return result
