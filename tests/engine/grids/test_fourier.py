"""Low-pass filter, Fourier crop and pad."""

import numpy as np
import pytest
from chimerax.occupy.engine.grids.fourier import Spectrum, cropped_shape, lowpass, lowpass_and_sample, resample

SHAPES = [(16, 16, 16), (15, 15, 15), (12, 21, 17), (9, 16, 31), (20, 6, 11)]


def wave(shape, counts, grid=None, phase=0.4):
    """Cosine with so many periods along each axis of the box, sampled on a grid of this shape."""
    places = np.meshgrid(*(np.arange(n) / n for n in grid or shape), indexing="ij")
    return np.cos(2 * np.pi * sum(c * x for c, x in zip(counts, places, strict=True)) + phase).astype(np.float32)


def waves(shape, grid=None):
    """A constant and a few waves that every grid with eight or more voxels an axis can hold."""
    return 0.5 + sum(wave(shape, counts, grid) for counts in [(1, 0, 0), (0, -3, 1), (2, 1, 3), (3, 3, -3)])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("voxel_size", [(1.0, 1.0, 1.0), (1.3, 0.7, 2.1)])
@pytest.mark.parametrize("resolution", [2.05, 3.1, 5.3, 40.0])
def test_lowpass_keeps_what_a_direct_mask_keeps(random, direct_lowpass, shape, voxel_size, resolution):
    density = random.standard_normal(shape, dtype=np.float32)
    expected = direct_lowpass(density, resolution, voxel_size)
    assert np.abs(lowpass(density, resolution, voxel_size) - expected).max() < 2e-6


@pytest.mark.parametrize("shape", SHAPES)
def test_lowpass_beyond_the_corner_of_fourier_space_changes_nothing(random, shape):
    density = random.standard_normal(shape, dtype=np.float32)
    assert np.abs(lowpass(density, 1.0, (1.0, 1.0, 1.0)) - density).max() < 2e-6


@pytest.mark.parametrize("counts", [(4, 0, 0), (0, 0, 5), (2, 3, -1), (1, -4, 3), (0, 6, 2)])
@pytest.mark.parametrize("voxel_size", [(1.0, 1.0, 1.0), (1.5, 0.8, 1.1)])
def test_a_plane_wave_is_kept_to_the_cut_off_and_removed_beyond(counts, voxel_size):
    shape = (16, 18, 15)
    density = wave(shape, counts)
    frequency = np.sqrt(sum((c / (n * v)) ** 2 for c, n, v in zip(counts, shape, voxel_size, strict=True)))
    assert np.abs(lowpass(density, 1 / frequency, voxel_size) - density).max() < 1e-6
    assert np.abs(lowpass(density, 0.999 / frequency, voxel_size) - density).max() < 1e-6
    assert np.abs(lowpass(density, 1.001 / frequency, voxel_size)).max() < 1e-6


@pytest.mark.parametrize("shape", [(16, 16, 16), (15, 17, 21), (9, 24, 13)])
@pytest.mark.parametrize("grid", [(8, 8, 8), (9, 11, 8), (16, 17, 20), (32, 31, 40)])
def test_resample_gives_the_same_waves_on_the_other_grid(shape, grid):
    assert np.abs(resample(waves(shape), grid) - waves(shape, grid)).max() < 4e-6


def test_cropping_to_half_is_subsampling_a_band_limited_map(random):
    density = lowpass(random.standard_normal((24, 32, 20), dtype=np.float32), 4.2, (1.0, 1.0, 1.0))
    assert np.abs(resample(density, (12, 16, 10)) - density[::2, ::2, ::2]).max() < 2e-6


@pytest.mark.parametrize("grid", [(15, 17, 21), (16, 20, 30), (31, 18, 22)])
def test_padding_and_cropping_back_gives_the_map(random, grid):
    density = random.standard_normal((15, 17, 21), dtype=np.float32)
    assert np.abs(resample(resample(density, grid), density.shape) - density).max() < 4e-6


def test_resample_leaves_out_the_ambiguous_nyquist_frequency_of_the_coarser_grid():
    density = wave((16, 16, 16), (0, 4, 0))
    assert np.abs(resample(density, (16, 8, 16))).max() < 1e-6


@pytest.mark.parametrize("function", [lambda d: lowpass(d, 4.0, (1.0, 1.0, 1.0)), lambda d: resample(d, (8, 8, 8))])
def test_the_map_itself_is_left_as_it_was(random, function):
    density = random.standard_normal((12, 13, 14), dtype=np.float32)
    before = density.copy()
    assert function(density).dtype == np.float32
    assert np.array_equal(density, before)


@pytest.mark.parametrize(
    ("shape", "longest", "cropped"),
    [
        ((600, 600, 600), 512, (512, 512, 512)),
        ((1000, 500, 250), 512, (512, 256, 128)),
        ((515, 100, 3), 512, (512, 99, 3)),
        ((30, 640, 1), 64, (3, 64, 1)),
        ((2, 2, 640), 64, (1, 1, 64)),
    ],
)
def test_cropped_shape_divides_all_axes_by_one_factor(shape, longest, cropped):
    assert cropped_shape(shape, longest) == cropped


def test_progress_of_the_lowpass_rises_to_one(random, threads):
    fractions = []
    lowpass(random.standard_normal((20, 9, 9), dtype=np.float32), 4.0, (1.0, 1.0, 1.0), fractions.append)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


@pytest.mark.parametrize("shape", [(13, 14, 16), (24, 20, 27), (17, 15, 18)])
def test_a_map_sampled_with_its_lowpass_is_the_lowpassed_map_resampled(random, shape):
    density = random.standard_normal((24, 20, 27)).astype(np.float32)
    whole, sampled, _ = lowpass_and_sample(density, 8.0, (2.0, 2.0, 2.0), shape)
    np.testing.assert_array_equal(whole, lowpass(density, 8.0, (2.0, 2.0, 2.0)))
    np.testing.assert_allclose(sampled, resample(whole, shape), atol=1e-6)


def test_a_spectrum_filtered_by_ones_is_the_low_passed_map_on_any_grid(random):
    density = random.standard_normal((20, 25, 30)).astype(np.float32)
    spectrum = Spectrum(density, (1.0, 1.2, 0.9), 1 / 5)
    ones = np.ones(len(spectrum.frequencies))
    found = spectrum.filtered(ones, (20, 25, 30))
    np.testing.assert_allclose(found, lowpass(density, 5.0, (1.0, 1.2, 0.9)), atol=1e-5)
    coarse = spectrum.filtered(ones, (16, 18, 18))
    np.testing.assert_allclose(coarse, resample(found, (16, 18, 18)), atol=1e-5)


def test_a_spectrum_is_filtered_shell_by_shell():
    x = np.arange(32)
    waves = [np.cos(2 * np.pi * x * n / 32) for n in (4, 6)]
    density = np.broadcast_to(waves[0] + waves[1], (32, 32, 32)).astype(np.float32)
    spectrum = Spectrum(density, (1.0,) * 3, 0.4)
    gains = np.where(np.isclose(spectrum.frequencies, 6 / 32), 2, 1)
    found = spectrum.filtered(gains, density.shape)
    np.testing.assert_allclose(found[3, 5], waves[0] + 2 * waves[1], atol=1e-4)


def test_the_power_of_a_spectrum_is_the_mean_squared_amplitude_in_each_shell(random):
    density = random.standard_normal((24, 24, 24)).astype(np.float32)
    spectrum = Spectrum(density, (2.0,) * 3, 0.2)
    axes = np.meshgrid(*[np.fft.fftfreq(24, 2.0)] * 2, np.fft.rfftfreq(24, 2.0), indexing="ij")
    radius = np.sqrt(sum(f**2 for f in axes))
    squared = np.abs(np.fft.rfftn(density.astype(float))) ** 2
    for shell in (3, 5, 8):
        assert spectrum.frequencies[shell] == pytest.approx(shell / 48)
        expected = squared[np.rint(radius * 48) == shell].mean()
        assert spectrum.power()[shell] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("voxel_size", [(1.0, 1.0, 1.0), (1.3, 0.7, 2.1)])
@pytest.mark.parametrize("share", [1, 0.4])
def test_filtered_planes_are_those_of_the_whole_transform_times_the_gains(random, shape, voxel_size, share):
    frequencies = [np.fft.fftfreq(n, v) for n, v in zip(shape, voxel_size, strict=True)]
    z, y, x = np.meshgrid(*frequencies, indexing="ij")
    radii = np.sqrt(z**2 + y**2 + x**2) * max(n * v for n, v in zip(shape, voxel_size, strict=True))
    # Those between two shells may go to either, so that there are none.
    coefficients = np.fft.fftn(random.standard_normal(shape)) * (np.abs(radii % 1 - 0.5) > 1e-3)
    density = np.fft.ifftn(coefficients).real.astype(np.float32)
    spectrum = Spectrum(density, voxel_size, np.sqrt(sum(0.25 / v**2 for v in voxel_size)))
    gains = random.random(len(spectrum.frequencies))
    gains[int(share * len(gains)) :] = 0
    expected = np.fft.ifftn(coefficients * np.append(gains, 0)[np.rint(radii).astype(int)]).real
    planes = spectrum.filtered_planes(gains)
    assert np.abs(planes[:] - expected).max() < 2e-6
    assert np.abs(planes[2:7] - expected[2:7]).max() < 2e-6
