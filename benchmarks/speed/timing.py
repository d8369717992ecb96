"""Seconds of work, and of the pair of FFTs of a map that is their unit."""

from time import perf_counter

from scipy import fft

_THREADS = 2


def seconds_of(work):
    """How long a call takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def fft_pair(density):
    """Seconds of a forward and an inverse real FFT of a map."""
    return seconds_of(lambda: fft.irfftn(fft.rfftn(density, workers=_THREADS), density.shape, workers=_THREADS))
