"""Maps filtered place by place, as others do: written here from published ideas, none of their programs."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft

from ..simulation import vacuum

CUBE = 25.0
"""Å. Edge of the cubes in which amplitudes are compared."""

PERIODS = (20.0, 14.0, 10.0, 8.0, 6.5, 5.5, 4.7, 4.0, 3.5)
"""Å. Where the bands of local resolution meet."""

_STRONG, _MOST_GAIN = 0.5, 10.0
_WINDOW = 5.0  # Å
_LEAST_SIGNAL, _ENOUGH_SIGNAL = 0.2, 0.8  # over noise, in power
_TINY = np.finfo(np.float32).tiny


def local_amplitudes(density, box, resolution):
    """A map whose amplitudes fall off with spatial frequency alike at all places.

    The idea of LocScale (Jakobi, Wilmanns & Sachse 2017), without the model from which it takes the
    fall-off, and without a mask: in cubes at a step of half their edge, the mean amplitude of each
    shell of frequencies is brought to that of the strongest cubes, those that have at least half of
    the highest power. As noise would come up as well, each gain is weighed by the signal's share in
    the power of the shell, the noise being that of the median cube: most of the box is taken for
    solvent. It is at most ten. Cubes fade into each other.

    Parameters
    ----------
    density : array of float, shape (z, y, x)
    box : vacuum.Box
    resolution : float
        Å. Shells beyond are left out.

    Returns
    -------
    float32 array, shape (z, y, x)
    """
    half = round(CUBE / 2 / box.voxel_size)
    edge = 2 * half
    padded = np.pad(density.astype(np.float32), (half, half + -box.edge % half), "reflect")
    cubes = sliding_window_view(padded, (edge,) * 3)[::half, ::half, ::half]
    frequencies = np.sqrt(vacuum.squared_frequencies(vacuum.Box(edge, 1 / edge)))
    shells = np.maximum(np.rint(frequencies), 1).astype(int) - 1
    gains = _gains(np.stack([_powers(layer, shells) for layer in cubes]))
    gains[..., int(edge * box.voxel_size / resolution) :] = 0
    fading = 1 - np.abs(np.arange(edge) + 0.5 - half) / half
    fading = (fading[:, None, None] * fading[:, None] * fading).astype(np.float32)
    result = np.zeros_like(padded)
    for z, layer in enumerate(cubes):
        coefficients = fft.rfftn(layer, axes=(2, 3, 4), workers=-1)
        coefficients *= gains[z][..., shells]
        made = fft.irfftn(coefficients, layer.shape[2:], axes=(2, 3, 4), workers=-1) * fading
        for y, x in np.ndindex(layer.shape[:2]):
            at = tuple(slice(half * i, half * i + edge) for i in (z, y, x))
            result[at] += made[y, x]
    return result[(slice(half, half + box.edge),) * 3]


def _powers(cubes, shells):
    """Mean power in shells of each cube of a layer."""
    squares = np.square(np.abs(fft.rfftn(cubes, axes=(2, 3, 4), workers=-1)))
    in_shell = (shells.ravel()[:, None] == np.arange(shells.max() + 1)).astype(np.float32)
    return squares.reshape(*cubes.shape[:2], -1) @ (in_shell / in_shell.sum(axis=0))


def _gains(powers):
    """What brings the amplitudes of each cube to those of the strongest, weighed by its share of signal."""
    noise = np.median(powers, axis=(0, 1, 2))
    signal = np.maximum(powers - noise, 0)
    strength = signal.sum(axis=-1)
    wanted = signal[strength >= _STRONG * strength.max()].mean(axis=0)
    powers = np.maximum(powers, wanted / _MOST_GAIN**2)
    return np.sqrt(wanted / powers) * (signal / powers)


def local_lowpass(density, box, resolution):
    """A map in which each place is low-passed to where its signal exceeds noise.

    The idea of filtering to a local resolution as blocres (Cardone, Heymann & Steven 2013) and
    LocSpiral (Kaur et al. 2021) tell it: in bands of spatial frequency, the local power, in a
    Gaussian window, is held against that of solvent, the median of the box. A place keeps the
    bands up to the first in which signal is hardly half of noise; they fade out as it falls
    from 0.8 to 0.2.

    Parameters
    ----------
    density : array of float, shape (z, y, x)
    box : vacuum.Box
    resolution : float
        Å.

    Returns
    -------
    float32 array, shape (z, y, x)
    """
    squared = vacuum.squared_frequencies(box).astype(np.float32)
    coefficients = fft.rfftn(density.astype(np.float32), workers=-1)
    window = np.exp(-2 * np.pi**2 * _WINDOW**2 * squared)
    limits = [1 / period**2 for period in PERIODS if period > resolution]
    result = fft.irfftn(coefficients * (squared <= limits[0]), density.shape, workers=-1)
    weight = np.float32(1)
    for low, high in zip(limits, [*limits[1:], np.inf], strict=True):
        band = fft.irfftn(coefficients * ((squared > low) & (squared <= high)), density.shape, workers=-1)
        power = fft.irfftn(fft.rfftn(np.square(band), workers=-1) * window, density.shape, workers=-1)
        noise = np.median(power[::2, ::2, ::2])
        signal = (power - noise) / max(noise, _TINY)
        weight = weight * np.clip((signal - _LEAST_SIGNAL) / (_ENOUGH_SIGNAL - _LEAST_SIGNAL), 0, 1)
        result += weight * band
    return result
