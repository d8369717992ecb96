"""Find how the solvent varies in space: from what is solvent in blocks of the map to a smooth field."""

from dataclasses import dataclass

import numpy as np

from . import parallel
from .solvent import CERTAIN_SIGMAS
from .solvent_field import MOST_WAVES, SolventField, cosines

_BLOCK_LOWPASSES, _SAMPLES_PER_LOWPASS = 2.5, 3
_MOST_SAMPLES = 1 << 20
_VOLUME_PER_VALUE = 3 / (4 * np.pi)
_FEWEST_VALUES = 8
_ROUNDS = 8
_SETTLED = 0.01
_CHANGE = 1.0
_BLOCK_ERROR = 0.1
_HUBER = 1.5
_SHORTEST_SHARE = 0.3
_GAUSSIAN_HALF = 0.3853
_LOWEST_RATIO = 1 / 30


@dataclass(frozen=True, eq=False)
class _Samples:
    values: np.ndarray
    maxima: np.ndarray
    details: np.ndarray
    blocks: np.ndarray


class SolventBlocks:
    def __init__(self, lowpassed, maximum, density, region, settings, full):
        self.shape, self._full = lowpassed.shape, full
        lowpass, voxel_size = settings.lowpass, settings.voxel_size
        lengths = np.array(self.shape) * voxel_size
        self._counts = np.clip(np.rint(lengths / (_BLOCK_LOWPASSES * lowpass)).astype(int), 2, 24)
        self._steps = self._sampling(lowpass, voxel_size)
        self.samples = self._sampled(lowpassed, maximum, density, region)
        places = [(np.arange(n) + 0.5) / n for n in self._counts]
        self._places = np.stack(np.meshgrid(*places, indexing="ij"), axis=-1).reshape(-1, 3)
        self._radii = np.sqrt((((self._places - 0.5) * lengths) ** 2).sum(axis=1)) / (_BLOCK_LOWPASSES * lowpass)
        volume = np.prod(voxel_size) * np.prod(self._steps)
        self._independent = min(1.0, volume / (_VOLUME_PER_VALUE * lowpass**3))
        self._waves = np.minimum(self._counts, MOST_WAVES)
        squares = sum(np.square(np.arange(n)).reshape([-1 if a == i else 1 for a in range(3)]) for i, n in enumerate(self._waves))
        self._kept = squares <= (self._waves.max() - 1) ** 2
        self._squares = squares[self._kept].astype(float)
        self._basis = self._basis_of(self._places)

    def _sampling(self, lowpass, voxel_size):
        steps = np.maximum(1, np.rint(lowpass / _SAMPLES_PER_LOWPASS / np.array(voxel_size)).astype(int))
        while np.prod(np.array(self.shape) // steps) > _MOST_SAMPLES:
            steps += 1
        return steps

    def _sampled(self, lowpassed, maximum, density, region):
        step = self._steps
        across = tuple(slice(None, None, n) for n in step[1:])
        number = [np.arange(0, n, s) * c // n for n, s, c in zip(self.shape, step, self._counts, strict=True)]
        in_plane = number[1][:, None] * self._counts[2] + number[2]

        def plane(i):
            z = i * step[0]
            inside = region.mask(slice(z, z + 1), corners=True)[0][across]
            low = lowpassed[z][across][inside]
            blocks = (number[0][i] * self._counts[1] * self._counts[2] + in_plane)[inside]
            return low, maximum[z][across][inside], density[z][across][inside] - low, blocks

        parts = parallel.run(plane, range(len(number[0])))
        values, maxima, details, blocks = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.lexsort((values, blocks))
        return _Samples(values[order], maxima[order], details[order], blocks[order])

    def _basis_of(self, places):
        z, y, x = (cosines(places[:, axis], self._waves[axis]) for axis in range(3))
        return (z[:, :, None, None] * y[:, None, :, None] * x[:, None, None, :])[:, self._kept]

    def _prior(self, change):
        return (self._squares / change) ** 2

    def _start(self):
        """Mean and sigma by shells."""
        shells = self._radii.astype(int)
        of_samples = shells[self.samples.blocks]
        count = shells.max() + 1
        found = [self._shortest(self.samples.values[of_samples == s]) for s in range(count)]
        sizes = np.bincount(of_samples, minlength=count)
        first = int(np.argmax(sizes))
        means, sigmas = np.full(count, np.nan), np.full(count, np.nan)
        means[first:], sigmas[first:] = zip(*found[first:], strict=True)
        for s in range(first - 1, -1, -1):
            m, sd = found[s]
            pm, ps = means[s + 1], sigmas[s + 1]
            ok = np.isfinite(m) and abs(m - pm) < 0.1 * self._full + 2 * ps and sd < max(2.5 * ps, 0.06 * self._full)
            if not ok:
                means[: s + 1], sigmas[: s + 1] = pm, ps
                break
            means[s], sigmas[s] = m, sd
        good = np.isfinite(means)
        index = np.arange(count)
        means, sigmas = np.interp(index, index[good], means[good]), np.interp(index, index[good], sigmas[good])
        return means[shells], sigmas[shells]

    def _shortest(self, values):
        if len(values) * self._independent < 3 * _FEWEST_VALUES:
            return np.nan, np.nan
        v = np.sort(values).astype(float)
        width = max(1, int(_SHORTEST_SHARE * len(v)))
        spans = v[width:] - v[:-width]
        i = int(np.argmin(spans))
        mean = (v[i] + v[i + width]) / 2
        return mean, max(spans[i] / 2 / _GAUSSIAN_HALF, 1e-30)

    def fit(self):
        samples, blocks = self.samples, len(self._places)
        total = np.bincount(samples.blocks, minlength=blocks)
        means, sigmas = self._start()
        self.trace = [(means, sigmas)]
        for _ in range(_ROUNDS):
            selected = samples.maxima < (means + CERTAIN_SIGMAS * sigmas)[samples.blocks]
            v, b = samples.values[selected].astype(float), samples.blocks[selected]
            count = np.bincount(b, minlength=blocks)
            n = count * self._independent * count / np.maximum(total, 1)
            used = n > _FEWEST_VALUES / 4
            self.n, self.used = n, used
            starts = np.cumsum(count) - count
            at = np.minimum(starts + count // 2, len(v) - 1)
            medians = v[at]
            below = np.clip(medians[b] - v, 0, (4 * sigmas)[b])
            lower = np.sqrt(2 * np.bincount(b, below**2, blocks) / np.maximum(count, 1))
            scale = np.median(sigmas[used])
            lower = np.maximum(lower, _LOWEST_RATIO * scale)
            log_waves = self._smooth(np.log(lower[used] / scale), n[used] , used, np.ones(used.sum()))
            new_sigmas = scale * np.exp(self._basis @ log_waves)
            mean_waves = self._smooth(medians[used] / scale, n[used] / 1.57, used, new_sigmas[used] / scale)
            new_means = scale * (self._basis @ mean_waves)
            change = np.abs(np.log(new_sigmas / sigmas))[used].max()
            means, sigmas = new_means, new_sigmas
            self.trace.append((means, sigmas))
            if change < _SETTLED:
                break
        d = samples.details[selected].astype(float)
        mean_d = np.bincount(b, d, blocks) / np.maximum(count, 1)
        var_d = np.bincount(b, d**2, blocks) / np.maximum(count, 1) - mean_d**2
        raw = np.sqrt(lower**2 + np.maximum(var_d, 0))
        raw_scale = np.median(raw[used])
        raw_waves = self._smooth(np.log(raw[used] / raw_scale), n[used], used, np.ones(used.sum()))
        self.debug = dict(places=self._places, medians=medians, lower=lower, n=n, used=used, raw=raw)
        molecule = np.bincount(samples.blocks, samples.values > (means + 5 * sigmas)[samples.blocks], blocks)
        ref = molecule if molecule.sum() > 64 else total
        log_ratio = self._basis @ log_waves
        def wmed(x, w):
            o = np.argsort(x); c = np.cumsum(w[o]); return x[o][np.searchsorted(c, c[-1] / 2)]
        l0 = wmed(log_ratio, ref)
        sigma0 = scale * np.exp(l0)
        mu0 = wmed(means, ref)
        raw0 = wmed(self._basis @ raw_waves, ref)
        log_waves[0] -= l0
        raw_waves[0] -= raw0
        shift = mean_waves * (scale / sigma0)
        shift[0] -= mu0 / sigma0
        bounds = tuple(np.exp([np.quantile(log_ratio[used] - l0, 0), log_ratio[used].max() - l0 + np.log(1.5)]))
        r = (self._basis @ raw_waves)[used]
        raw_bounds = tuple(np.exp([r.min(), r.max() + np.log(1.5)]))
        def spread(w):
            x = self._basis @ w; a = np.average(x, weights=n); return np.sqrt(np.average((x - a) ** 2, weights=n))
        def wq(x, q):
            o = np.argsort(x); c = np.cumsum(n[o]); return x[o][np.searchsorted(c, q * c[-1])]
        self.spreads = [spread(log_waves), spread(raw_waves), *(np.exp(wq(self._basis @ w, .95) - wq(self._basis @ w, .05)) for w in (log_waves, raw_waves))]
        def whole(w):
            out = np.zeros(self._kept.shape); out[self._kept] = w; return out
        return SolventField(self.shape, float(mu0), float(sigma0), whole(shift), whole(log_waves), whole(raw_waves), bounds, raw_bounds), float(raw_scale*np.exp(raw0))

    def _smooth(self, observed, values, used, spread):
        """Coefficients of the smooth field through what blocks show."""
        basis, prior = self._basis[used], self._prior(_CHANGE)
        errors = spread * np.sqrt(1 / values + _BLOCK_ERROR**2)
        weights = 1 / errors**2
        for _ in range(3):
            weighted = basis * weights[:, None]
            matrix = weighted.T @ basis
            matrix[np.diag_indices_from(matrix)] += prior + 1e-9 * weights.sum()
            waves = np.linalg.solve(matrix, weighted.T @ observed)
            residual = (observed - basis @ waves) / errors
            huber = np.minimum(1, _HUBER / np.maximum(np.where(residual > 0, 1, 0.5) * np.abs(residual), 1e-9))
            weights = huber / errors**2
        return waves
