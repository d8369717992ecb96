"""Flexibility, told apart from occupancy: how much faster the map falls off with spatial frequency at each place.

Missing particles weaken all spatial frequencies alike, motion the high ones more. The scale holds what is common to
all; what the power in bands of frequency does beyond that is motion.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..grids.interpolation import interpolate
from .band_power import B_VALUES, bands

_LEAST_SCALE = 0.2
"""Of places that are told: what is weaker is the leak of its neighbours."""

_SOLVENT_DISTANCE = 1.0
"""Of the solvent from the molecule, in low-pass cut-offs."""

_FEWEST_SOLVENT_VOXELS = 64
_FULLEST_QUANTILE, _FULLEST_SCALE = 0.8, 0.9
_LEAST_POWER, _LEAST_OF_NOISE = 1e-3, 0.3
"""Power is told down to these shares of the power of the fullest part and of the noise."""

_INTERCEPT = 0.075
"""Standard deviation of the logarithm of the amplitude that the scale leaves unexplained."""

_PRIOR = 1000.0
"""Å²: standard deviation of differences, so that there is an answer where the map tells nothing."""

_TEXTURE, _MODEL_ERROR = 0.4, 0.07
"""The power of molecules varies by this share of the variance of random maps, and their logarithmic amplitude by this
from kind to kind: both as measured in simulated maps."""

_ROUNDS = 4
_MIXING, _MIXED_SHARE = 4.0, 2.0
"""Å: what varies over this is hardly resolved, so that the error holds the variance that is seen, times this."""

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


class Part:
    """The molecule on the coarse grid: where it is, how high, and where solvent is.

    Parameters
    ----------
    scale, inside : arrays of float32, shape of the box
        The local scale, and the molecule, 0 to 1.
    box : CoarseBox
    noise_ratio : float or array of float32
        How strong the noise is at each voxel relative to one place.
    """

    def __init__(self, scale, inside, box, noise_ratio=1.0):
        self.box, self.scale, self.noise_ratio = box, scale, np.float32(1) * noise_ratio
        self.molecule = inside
        self.inside = np.where(scale >= _LEAST_SCALE, inside, np.float32(0))
        self._solvent = ~box.dilated(inside > 0, _SOLVENT_DISTANCE)
        if np.count_nonzero(self._solvent) < _FEWEST_SOLVENT_VOXELS:
            self._solvent[...] = False

    @cached_property
    def _smoothed_inside(self):
        return self.box.smoothing(self.inside)

    @cached_property
    def share(self):
        """Of the box that is molecule."""
        return float(self.inside.mean())

    @cached_property
    def solvent_share(self):
        """Of the box that is surely solvent."""
        return float(self._solvent.mean())

    def solvent_of(self, density):
        """A map with all but solvent set to the solvent's mean, 0."""
        places = (np.arange(n) * m // n for n, m in zip(density.shape, self.box.shape, strict=True))
        solvent = self._solvent[np.ix_(*places)]
        result = density * solvent
        result -= np.float32(result.sum(dtype=float) / np.count_nonzero(solvent)) * solvent
        return result

    def noise_of(self, power):
        """The power of the noise at each voxel, from that in the solvent; 0 where none is seen."""
        if not self._solvent.any():
            return np.zeros_like(power)
        squared = np.broadcast_to(np.square(self.noise_ratio), power.shape)
        return squared * np.float32(max(0.0, (power / squared)[self._solvent].mean(dtype=float)))

    def window_sums(self, values, window):
        """Sums of values over the molecule, weighted by a Gaussian (Å) about each voxel."""
        return self.box.smoothing(self.inside * values)(window / self.box.lowpass)

    def window_means(self, values, window):
        """The same as means."""
        return self.window_sums(values, window) / np.maximum(self.filled(window), np.float32(1e-3))

    def filled(self, window):
        """How much of a Gaussian window about each voxel the molecule fills."""
        return self._smoothed_inside(window / self.box.lowpass)

    def squared_level(self, reach, window):
        """Sums as of `window_sums` of the squared scale, once it has leaked over a reach (Å)."""
        leaked = self.window_sums(np.square(np.maximum(self.scale, np.float32(_LEAST_SCALE))), reach)
        return np.maximum(self.window_sums(leaked, window), np.float32(1e-4))

    @cached_property
    def fullest(self):
        """The fullest part, a bool array."""
        core = self.inside > 0.5
        if not core.any():
            return core
        return core & (self.scale >= min(_FULLEST_SCALE, np.quantile(self.scale[core], _FULLEST_QUANTILE)))


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
    found = bands(density, voxel_size, part, difference) if part.fullest.any() else []
    if not found or min(_reference(band, part.fullest) for band in found) <= 0:
        nothing = np.full(part.box.shape, np.nan, np.float32)
        return Flexibility(nothing, nothing.copy(), 1.0, [NOTHING_TOLD])
    at = part.inside > 0.05
    values, error = (np.zeros(part.box.shape, np.float32) for _ in range(2))
    values[at], error[at] = _fitted(found, part, at)
    values -= np.float32(values[part.fullest].mean(dtype=float))
    mixed = part.window_means(np.square(values - part.window_means(values, _MIXING)), _MIXING)
    error = np.sqrt(np.square(error) + np.float32(_MIXED_SHARE) * np.maximum(mixed, 0))
    told = (part.inside > 0.3) & (error <= _MOST_ERROR) & (part.filled(_EDGE) >= _LEAST_MOLECULE)
    values, error = _to_the_outline(values, error, told, part)
    return Flexibility(values, error, _untold(values, part), _notes(values, found, part))


def _notes(values, found, part):
    """Sentences for the user on what the map does not show."""
    if np.isnan(values).all():
        return [NOTHING_TOLD]
    notes = [_SHARE_TOLD.format(1 - _untold(values, part))]
    full = part.fullest
    noise = max(band.noise[full].mean() / band.power[full].mean() for band in found)
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
    variance = _TEXTURE * np.square(power / signal) / (2 * band.coefficients) + _MODEL_ERROR**2
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
    share = interpolate(known.astype(np.float32), shape)
    result = interpolate(np.where(known, values, np.float32(0)), shape)
    result = np.divide(result, share, out=np.full(shape, np.nan, np.float32), where=share >= 0.5)
    return result
