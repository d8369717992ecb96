import numpy as np
import pytest
from chimerax.occupy.engine.grids.fourier import Spectrum
from chimerax.occupy.engine.scale import solvent_spectrum
from chimerax.occupy.engine.scale.envelope import CoarseBox
from chimerax.occupy.engine.scale.part import Part
from chimerax.occupy.engine.scale.solvent_spectrum import CubeSpectrum, SolventSpectrum

VOXEL = (1.25,) * 3
SHAPE = (108,) * 3
RESOLUTION = 4.0


def squared_frequencies():
    z = np.fft.fftfreq(SHAPE[0], VOXEL[0]) ** 2
    return z[:, None, None] + z[:, None] + np.fft.rfftfreq(SHAPE[2], VOXEL[2]) ** 2


def noise(b_factor=0.0):
    """White to the resolution, or as sharpened by a B-factor."""
    squared = squared_frequencies()
    gains = np.exp(b_factor / 4 * squared) * (squared <= 1 / RESOLUTION**2)
    grain = np.random.default_rng(1).standard_normal(SHAPE)
    return np.fft.irfftn(np.fft.rfftn(grain) * gains, SHAPE, axes=(0, 1, 2)).astype(np.float32)


def part_of(radius=12.0):
    """A ball in the middle, on the coarse grid."""
    box = CoarseBox.of(SHAPE, VOXEL, 8.0)
    places = np.indices(box.shape) * np.reshape(box.voxel_size, (3, 1, 1, 1))
    middle = np.reshape([n * v / 2 for n, v in zip(SHAPE, VOXEL, strict=True)], (3, 1, 1, 1))
    inside = (np.sqrt(((places - middle) ** 2).sum(axis=0)) < radius).astype(np.float32)
    return Part(inside, inside, box)


def read(density, part):
    spectrum = Spectrum(density, VOXEL, 0.4)
    total = spectrum.power() / density.size
    return (
        spectrum.frequencies,
        total,
        SolventSpectrum(density, VOXEL, part.solvent, part.centre).power(spectrum.frequencies, total),
    )


@pytest.mark.parametrize("b_factor", [0.0, 100.0])
def test_noise_reads_as_it_is_to_the_edge_of_the_spectrum_and_not_beyond(b_factor):
    frequencies, total, found = read(noise(b_factor), part_of())
    seen = (frequencies > 0.07) & (frequencies < 1 / RESOLUTION - 0.005)
    expected = np.exp(b_factor / 2 * frequencies[seen] ** 2)
    ratio = found[seen] / expected
    np.testing.assert_allclose(ratio[frequencies[seen] < 0.21], 1, atol=0.1)
    assert ratio.mean() == pytest.approx(1, abs=0.05)
    assert (found <= total).all()
    assert found[frequencies > 1 / RESOLUTION + 0.01].max() < 1e-6 * found.max()


def test_the_molecule_is_left_out():
    part = part_of()
    at = np.arange(SHAPE[0]) * part.box.shape[0] // SHAPE[0]
    molecule = part.inside[np.ix_(at, at, at)] * 30 * np.random.default_rng(2).standard_normal(SHAPE)
    frequencies, total, found = read(noise() + molecule.astype(np.float32), part)
    seen = (frequencies > 0.07) & (frequencies < 1 / RESOLUTION - 0.02)
    assert total[seen].min() > 3
    assert np.mean(found[seen]) == pytest.approx(1, abs=0.05)


def test_cubes_are_as_few_as_hold_enough_and_the_closest_with_nothing_but_solvent():
    edges, part = [32, 32, 32], part_of()
    starts = solvent_spectrum._chosen(SHAPE, edges, part.solvent, part.centre, 400_000)
    assert 0 < len(starts) < 4**3
    middles = np.abs((starts + 16) / 108 - 0.5).max(axis=1)
    assert middles.min() > 0.1
    whole = solvent_spectrum._chosen((324,) * 3, edges, part.solvent, part.centre, 400_000)
    assert len(whole) * 32**3 == pytest.approx(400_000, rel=0.2)
    assert np.abs((whole + 16) / 324 - 0.5).max() < 0.35


def coarse(part, edge=4):
    """A part of the map in blocks of so many voxels."""
    n = SHAPE[0] // edge
    return part.reshape(n, edge, n, edge, n, edge).mean(axis=(1, 3, 5)) > 0.5


def layer_of_box():
    """A layer of the box that fills no cube."""
    z = np.arange(SHAPE[0])[:, None, None]
    return np.broadcast_to((z >= 28) & (z < 44), SHAPE)


@pytest.mark.parametrize("sigma", [0.3, 20.0])
@pytest.mark.parametrize("mean", [0.0, 5.0])
def test_cubes_read_the_power_of_white_noise(sigma, mean):
    grain = np.random.default_rng(4).standard_normal(SHAPE).astype(np.float32)
    found = CubeSpectrum(sigma * grain + np.float32(mean * sigma), VOXEL, np.ones((27,) * 3, bool), np.full(3, 0.5))
    seen = found.frequencies > 0.03
    assert found.power[seen].mean() == pytest.approx(sigma**2, rel=0.02)
    many = (found.frequencies > 0.1) & (found.frequencies < 0.6)  # coefficients; few in the corners
    np.testing.assert_allclose(found.power[many], sigma**2, rtol=0.1)
    assert found.share == pytest.approx(1)


def test_cubes_of_a_part_read_that_part_alone():
    grain, part = np.random.default_rng(4).standard_normal(SHAPE).astype(np.float32), layer_of_box()
    found = CubeSpectrum(np.where(part, grain, 9 * grain), VOXEL, coarse(part), np.full(3, 0.5))
    assert found.power[found.frequencies > 0.05].mean() == pytest.approx(1, rel=0.03)


@pytest.mark.parametrize("b_factor", [0.0, 80.0, 250.0])
def test_cubes_read_the_spectrum_of_a_molecule_in_noise(b_factor):
    """Of each voxel of the molecule, once the noise of what surrounds it in the cubes is taken off."""
    random, part = np.random.default_rng(5), layer_of_box()
    squared = squared_frequencies()
    atoms = np.fft.rfftn(random.standard_normal(SHAPE)) * np.exp(-b_factor / 4 * squared)
    molecule = np.fft.irfftn(atoms, SHAPE, axes=(0, 1, 2)) * part
    grain = 0.1 * random.standard_normal(SHAPE)
    where = coarse(part)
    found = CubeSpectrum((molecule + grain).astype(np.float32), VOXEL, where, np.full(3, 0.5), alone=False)
    frequencies = found.frequencies
    signal = found.power - 0.01 / found.share
    seen = (frequencies > 0.06) & (np.exp(-b_factor / 2 * frequencies**2) > 0.03) & (frequencies < 0.39)
    ratio = signal[seen] / np.exp(-b_factor / 2 * frequencies[seen] ** 2)
    assert seen.sum() >= 4
    assert ratio.mean() == pytest.approx(1, abs=0.08)
    np.testing.assert_allclose(ratio, 1, atol=0.25)
    assert 0.4 < found.share < 0.9
