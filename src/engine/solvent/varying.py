"""Whether the solvent varies in space, and the smooth field that it then follows."""

from dataclasses import dataclass, replace

import numpy as np

from . import fit as solvent_fit
from .blocks import SolventBlocks
from .field import MOST_WAVES, SolventField, Standardised
from .model import GOOD_MISFIT
from .products import WaveProducts

_CLEARLY_BETTER = 0.6
"""Share of the misfit of one Gaussian."""

_CLEAR_VARIATION = 1.25
"""Between what flat noise and noise that grows twofold to the centre show: see docs/development.md."""

_FLUCTUATION = 0.05
"""Misfit that small histograms have by chance."""

_FEWEST_BLOCKS, _ROUNDS = 8, 6
_MOLECULE_SIGMAS, _FEWEST_SAMPLES = 5, 64
"""So many sigma above the mean is the molecule, where there are so many samples of it."""

_CHANGE = 1.0
"""What a wave with one half-period in the box may be; one with k half-periods has this over k²."""

_BLOCK_ERROR = 0.1
"""By which blocks differ from a smooth field beside their noise."""

_LEAST_ROOT = 0.3
"""Blocks that are quieter than this, in roots of the usual sigma, have no more weight."""

_HUBER = 1.5
"""Errors above the field beyond which a block counts less."""

_EXTREME = 0.02
"""Share of the solvent that may lie beyond the lowest and highest mean of the field."""

_BEYOND_SEEN = 1.25
"""By how much sigma may be more within the molecule than anywhere in solvent."""

_SHORTEST_SHARE, _HALF_WIDTH = 0.3, 0.3853
"""Half the shortest interval that holds 0.3 of a Gaussian, in sigma."""

_FULL_SHARE, _FARTHEST_MEAN, _WIDEST_STEP, _WIDEST = 0.7, 0.05, 2.5, 0.15
"""Full scale over the map's highest value, about; in its terms, how far the mean may move from shell to shell and how
wide solvent may be; and how many times wider than in the shell before."""


def fit_varying(uniform, lowpassed, density, maxima, differences, region, settings):
    """A solvent model that follows place, where the solvent varies.

    Parameters
    ----------
    uniform : SolventModel
        One Gaussian for the whole region, with its raw_sigma.
    lowpassed, density : arrays of float32, shape (z, y, x)
        The low-passed map and the map itself.
    maxima : Maxima
        Of the low-passed map.
    differences : tuple of 2 arrays of float32 of that shape, or None
        Half the difference of half maps, low-passed and as it is.
    region : Region
    settings : EstimationSettings
        With solvent_model: 'auto', or 'varying' wherever a field can be fitted.

    Returns
    -------
    SolventModel
        `uniform` itself where one Gaussian is as good.
    """
    found = _Field(SolventBlocks(lowpassed, density, maxima, differences, region, settings), lowpassed.shape).fit()
    if found is None:
        return uniform
    field, variation = found
    asked, by_halves = settings.solvent_model == "varying", differences is not None
    if not (asked or variation > _CLEAR_VARIATION or (uniform.misfit > GOOD_MISFIT and not by_halves)):
        return uniform
    model = solvent_fit.fit(Standardised(lowpassed, field), region, noise_sigma=field.sigma if by_halves else None)
    # Half maps tell the noise itself, whatever else the solvent holds.
    if not (asked or by_halves or _is_better(model, uniform, variation)):
        return uniform
    return replace(model, raw_sigma=field.raw_sigma, field=field, uniform=uniform)


def _is_better(model, uniform, variation):
    """Whether the histogram of the map brought to one solvent is closer to a Gaussian than that of the map as it is."""
    if not model.converged:
        return False
    if variation > _CLEAR_VARIATION and model.misfit < max(uniform.misfit, _FLUCTUATION):
        return True
    return uniform.misfit > GOOD_MISFIT and model.misfit < _CLEARLY_BETTER * uniform.misfit


class _Field:
    """The smooth field through what blocks show, found in rounds: the field tells what is solvent.

    Parameters
    ----------
    blocks : SolventBlocks
    shape : tuple of 3 int
        Of the grid.
    """

    def __init__(self, blocks, shape):
        self._blocks, self._shape = blocks, shape
        counts = np.minimum(blocks.counts, MOST_WAVES)
        squares = sum(np.square(axis) for axis in np.ogrid[tuple(slice(0, n) for n in counts)])
        self._kept = squares <= (counts.max() - 1) ** 2
        self._products = WaveProducts(blocks.counts, self._kept)
        self._precision = (squares[self._kept] / _CHANGE) ** 2

    def fit(self):
        """The field and by what factor the noise of the map varies in solvent; None where there is too little."""
        means, sigmas = _by_shells(self._blocks)
        if not np.isfinite(means).all():
            return None
        for _ in range(_ROUNDS):
            seen = self._blocks.solvent(means, sigmas)
            if np.count_nonzero(seen.used) < _FEWEST_BLOCKS:
                return None
            shift, ratio, unit = self._smooth(seen)
            means, sigmas = unit * shift.at(self._products), unit * ratio.at(self._products)
        return self._relative(seen, shift, ratio, unit)

    def _smooth(self, seen):
        """Waves of the mean, the ratio of sigma, and the unit of both."""
        used = seen.used
        unit = float(np.median(seen.sigmas[seen.sigma_used]))
        ratio = self._ratio(seen.sigma_used, seen.sigmas / unit, seen.sigma_values)
        errors = ratio.at(self._products)[used] * np.sqrt(np.pi / 2 / seen.values[used] + _BLOCK_ERROR**2)
        waves = self._waves(seen.means[used] / unit, errors, used)
        ends = (_quantile(self._products.sum(waves)[used], seen.values[used], q) for q in (_EXTREME, 1 - _EXTREME))
        return _Shift(waves, *ends), ratio, unit

    def _ratio(self, used, ratios, values):
        roots = np.sqrt(ratios[used])
        errors = np.hypot(roots, _LEAST_ROOT) * np.sqrt(1 / values[used] + _BLOCK_ERROR**2)
        waves = self._waves(roots, errors, used)
        smooth = np.clip(self._products.sum(waves)[used], roots.min(), roots.max())
        return _Ratio(waves, roots.min() ** 2, _BEYOND_SEEN * smooth.max() ** 2)

    def _waves(self, observed, errors, used):
        """Coefficients of the smooth field through what blocks show; what is far above it counts less."""
        weights, weighted = np.zeros((2, len(used)))
        weights[used] = 1 / errors**2
        weighted[used] = observed * weights[used]
        matrix = self._products.normal(weights) + np.diag(self._precision + 1e-9 * weights.sum())
        waves = np.linalg.solve(matrix, self._products.project(weighted))
        away = (observed - self._products.sum(waves)[used]) / errors
        away = np.where(away > 0, away, -away / 2)
        counted = _HUBER / np.maximum(away, _HUBER)
        surplus = np.zeros(len(used))
        surplus[used] = (1 - counted) * weights[used]
        weighted[used] *= counted
        return np.linalg.solve(matrix - self._products.normal(surplus), self._products.project(weighted))

    def _relative(self, seen, shift, ratio, unit):
        """The field relative to its values where the molecule is, and its variation."""
        raw_unit = float(np.median(seen.raw_sigmas[seen.sigma_used]))
        raw = self._ratio(seen.sigma_used, seen.raw_sigmas / raw_unit, seen.raw_values)
        means, ratios, raws = (waves.at(self._products) for waves in (shift, ratio, raw))
        weights = self._blocks.above(unit * (means + _MOLECULE_SIGMAS * ratios))
        if weights.sum() < _FEWEST_SAMPLES:
            weights = seen.values
        mean, sigma, raw_sigma = (_quantile(values, weights, 0.5) for values in (means, ratios, raws))
        shift_waves = shift.waves / sigma
        shift_waves[0] -= mean / sigma
        field = SolventField(
            self._shape,
            unit * mean,
            unit * sigma,
            raw_unit * raw_sigma,
            self._whole(shift_waves),
            self._whole(ratio.waves / np.sqrt(sigma)),
            self._whole(raw.waves / np.sqrt(raw_sigma)),
            ((shift.lowest - mean) / sigma, (shift.highest - mean) / sigma),
            (ratio.lowest / sigma, ratio.highest / sigma),
            (raw.lowest / raw_sigma, raw.highest / raw_sigma),
        )
        return field, _variation(raws, seen)

    def _whole(self, waves):
        result = np.zeros(self._kept.shape)
        result[self._kept] = waves
        return result


@dataclass(frozen=True, eq=False)
class _Shift:
    """Waves of the mean, and the lowest and highest that it may be."""

    waves: np.ndarray
    lowest: float
    highest: float

    def at(self, products):
        return np.clip(products.sum(self.waves), self.lowest, self.highest)


@dataclass(frozen=True, eq=False)
class _Ratio:
    """Waves of the square root of a ratio, and the lowest and highest that it may be."""

    waves: np.ndarray
    lowest: float
    highest: float

    def at(self, products):
        return np.clip(products.sum(self.waves), np.sqrt(self.lowest), np.sqrt(self.highest)) ** 2


def _variation(raws, seen):
    """By what factor noise varies where next to nothing but solvent is."""
    free = seen.free
    if np.count_nonzero(free) < _FEWEST_BLOCKS:
        return 1.0
    low, high = (_quantile(raws[free], seen.raw_values[free], q) for q in (0.05, 0.95))
    return high / low


def _quantile(values, weights, share):
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order]) - weights[order] / 2
    return float(np.interp(share * weights.sum(), cumulative, values[order]))


def _by_shells(blocks):
    """Where to begin: the densest part of the histogram of each shell about the centre.

    From the shell with most samples inwards only while solvent goes on to be seen: further
    in what is most frequent is molecule.

    Returns
    -------
    means, sigmas : arrays of float, shape (blocks,)
        NaN where no shell shows anything.
    """
    shells = np.sqrt((((blocks.places - 0.5) * blocks.lengths) ** 2).sum(axis=1)).astype(int)
    of_samples = shells[blocks.samples.blocks]
    count = shells.max() + 1
    found = [_densest(blocks.samples.values[of_samples == shell], blocks.worth) for shell in range(count)]
    most = int(np.argmax(np.bincount(of_samples, minlength=count)))
    full = _FULL_SHARE * float(blocks.samples.values.max())
    for shell in range(most - 1, -1, -1):
        if not _goes_on(found[shell], found[shell + 1], full):
            found[: shell + 1] = [found[shell + 1]] * (shell + 1)
            break
    means, sigmas = np.array(found).T
    seen = np.flatnonzero(np.isfinite(means))
    if not len(seen):
        return means[shells], sigmas[shells]
    return tuple(np.interp(np.arange(count), seen, values[seen])[shells] for values in (means, sigmas))


def _goes_on(inner, outer, full):
    mean, sigma = inner
    if not np.isfinite(mean):
        return False
    return abs(mean - outer[0]) < _FARTHEST_MEAN * full + sigma and sigma < max(_WIDEST_STEP * outer[1], _WIDEST * full)


def _densest(values, worth):
    """Middle and width, as a sigma, of the shortest interval that holds 0.3 of the values."""
    if len(values) * worth < 3 * _FEWEST_BLOCKS:
        return np.nan, np.nan
    values = np.sort(values).astype(float)
    held = max(1, int(_SHORTEST_SHARE * len(values)))
    lengths = values[held:] - values[:-held]
    first = int(np.argmin(lengths))
    sigma = lengths[first] / 2 / _HALF_WIDTH
    return (values[first] + values[first + held]) / 2, sigma if sigma > 0 else np.nan
