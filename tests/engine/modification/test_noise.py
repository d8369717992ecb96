"""Noise with the spectrum of the solvent, against noise of known spectrum."""

import numpy as np
import pytest
from chimerax.occupy.engine import parallel
from chimerax.occupy.engine.modification.filled_noise import SolventNoise
from scipy.ndimage import gaussian_filter
from scipy.stats import kstest

SHAPE = (60, 64, 57)
VOXEL_SIZE = (1.5, 1.5, 1.5)
MEAN, SIGMA = 0.5, 0.3


def colored_noise(seed):
    """Noise with a Gaussian spectrum, and what its variance per coefficient should be."""
    noise = gaussian_filter(np.random.default_rng(seed).standard_normal(SHAPE), 1.0, mode="wrap")
    return (MEAN + SIGMA * noise / noise.std()).astype(np.float32)


@pytest.fixture(scope="module")
def sampled():
    density = colored_noise(1)
    solvent = np.ones(SHAPE, bool)
    solvent[20:40, 20:40, 20:40] = False
    density[~solvent] += 5
    return SolventNoise(density, solvent, MEAN, SIGMA, VOXEL_SIZE).sample(7)[:]


def spectrum_of(noise):
    whole = np.ones(SHAPE, bool)
    return SolventNoise(noise.astype(np.float32), whole, 0, 1, VOXEL_SIZE).power


def test_noise_has_mean_zero_and_the_solvent_s_variance(sampled):
    assert abs(sampled.mean()) < 1e-6
    assert sampled.std() == pytest.approx(SIGMA, rel=0.03)


def test_noise_has_the_solvent_s_power_spectrum(sampled):
    found, true = spectrum_of(sampled), spectrum_of(colored_noise(1) - MEAN)
    shells = slice(8, 24)  # enough coefficients each, and power well above what leaks from the mask
    np.testing.assert_allclose(found[shells], true[shells], rtol=0.12)


def test_same_seed_gives_the_same_noise_and_another_seed_another():
    density = colored_noise(2)
    noise = SolventNoise(density, np.ones(SHAPE, bool), MEAN, SIGMA, VOXEL_SIZE)
    np.testing.assert_array_equal(noise.sample(3)[:], noise.sample(3)[:])
    assert abs(np.corrcoef(noise.sample(3)[:].ravel(), noise.sample(4)[:].ravel())[0, 1]) < 0.02


def test_too_little_solvent_gives_white_noise_of_the_given_sigma():
    noise = SolventNoise(colored_noise(2), np.zeros(SHAPE, bool), MEAN, SIGMA, VOXEL_SIZE).sample(0)[:]
    assert noise.std() == pytest.approx(SIGMA, rel=0.02)
    neighbours = np.corrcoef(noise[:, :, :-1].ravel(), noise[:, :, 1:].ravel())[0, 1]
    assert abs(neighbours) < 0.02


def test_the_variance_is_that_of_the_solvent_however_little_of_the_box_it_fills():
    density = np.random.default_rng(3).normal(MEAN, SIGMA, SHAPE).astype(np.float32)
    solvent = np.zeros(SHAPE, bool)
    solvent[:20] = True
    density[20:] = 100
    noise = SolventNoise(density, solvent, MEAN, SIGMA, VOXEL_SIZE).sample(0)[:]
    assert noise.std() == pytest.approx(SIGMA, rel=0.02)


@pytest.fixture(scope="module")
def tall():
    """Noise for a map of several blocks, and the correlation of neighbours that it should have."""
    shape = (200, 50, 48)
    density = gaussian_filter(np.random.default_rng(4).standard_normal(shape), 1.0, mode="wrap").astype(np.float32)
    noise = SolventNoise(density, np.ones(shape, bool), 0, density.std(), VOXEL_SIZE)
    # of the Gaussian filter: the autocorrelation of a Gaussian of sigma 1 is one of sigma √2
    return noise, density.std(), np.exp(-1 / 4)


def test_any_planes_are_those_of_the_whole(tall):
    noise = tall[0].sample(5)
    whole = noise[:]
    for planes in (slice(130, 140), slice(0, 3), slice(60, 135), slice(199, 200), slice(49, 51)):
        np.testing.assert_array_equal(tall[0].sample(5)[planes], whole[planes])


def test_noise_does_not_depend_on_the_number_of_threads(tall, monkeypatch):
    whole = tall[0].sample(5)[:]
    monkeypatch.setattr(parallel, "thread_count", lambda: 5)
    np.testing.assert_array_equal(tall[0].sample(5)[:], whole)


def test_variance_and_correlation_are_the_same_in_all_planes(tall):
    found, sigma, correlation = tall
    # over many seeds, so that each plane tells its own
    samples = np.stack([found.sample(seed)[:] for seed in range(24)])
    variances = samples.var(axis=(0, 2, 3))
    np.testing.assert_allclose(variances, sigma**2, rtol=0.12)
    assert variances.mean() == pytest.approx(sigma**2, rel=0.02)
    neighbours = (samples[:, 1:] * samples[:, :-1]).mean(axis=(0, 2, 3)) / sigma**2
    np.testing.assert_allclose(neighbours, correlation, atol=0.08)


def test_voxels_are_distributed_normally(tall):
    found, sigma, _ = tall
    few = found.sample(1)[:][::7, ::7, ::7].ravel() / sigma
    assert kstest(few, "norm").pvalue > 0.01


def test_blocks_do_not_repeat_each_other(tall):
    sample = tall[0].sample(1)[:]
    for shift in (40, 50, 64, 100):
        assert abs(np.corrcoef(sample[:-shift].ravel(), sample[shift:].ravel())[0, 1]) < 0.03
