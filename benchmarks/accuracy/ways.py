"""Ways in which weak parts of a map can be brought up, or noise taken away, ours and those of others."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import chimerax.occupy as occupy
import mrcfile

from .. import environment
from ..documents.results import PUBLISHED
from . import local_filters

POWER = 30
"""Of 0.1.13's `amplify`: the highest that its window offers. Its default, 1, leaves a map as it is."""

_CALL_PUBLISHED = f"""\
import sys
from occupy_lib import estimate as published  # before args: it and args import each other
from occupy_lib.args import occupy_options

published.occupy_run(occupy_options(input_map=sys.argv[1], scale_mode="occ", lp_scale=True, amplify={POWER},
                                    chimerax=False, plot=False, quiet=True))
"""


class Given:
    """A map that is to be modified, and what is known of it.

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
    box : vacuum.Box
    resolution : float
        Å.
    true_scale : array of float32, shape (z, y, x)
    published_python : Path or None
        A Python that has the published program.
    """

    def __init__(self, density, box, resolution, true_scale, published_python=None):
        self.density, self.box, self.resolution = density, box, resolution
        self.true_scale, self.published_python = true_scale, published_python
        self._estimates = {}

    def estimate(self, **settings):
        """An estimate of the map, made once for all ways that share these settings."""
        key = tuple(sorted(settings.items()))
        if key not in self._estimates:
            self._estimates[key] = occupy.estimate(self.density, self.box.voxel_size, **settings)
        return self._estimates[key]


def as_it_is(given):
    return given.density


def equalized(given, estimation=None, **settings):
    """The map equalised by this package, with settings of the estimate and of the modification."""
    estimate = given.estimate(**estimation or {})
    return occupy.modify(given.density, given.box.voxel_size, estimate=estimate, **settings).density


def by_true_scale(given):
    return equalized(given, scale_map=given.true_scale)


def amplified(given):
    """The map amplified by the published program, run as installed; None where it cannot be run."""
    if given.published_python is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.mrc"
        with mrcfile.new(path, data=given.density) as file:
            file.voxel_size = given.box.voxel_size
        environment.run(given.published_python, ["-c", _CALL_PUBLISHED, str(path)], folder)
        return mrcfile.read(path.with_name(f"ampl_{POWER:.1f}_{path.name}"))


def filtered(given, local_filter):
    """The map filtered by a function of `local_filters`."""
    return local_filter(given.density, given.box, given.resolution)


class Way(NamedTuple):
    """One way.

    Attributes
    ----------
    name : str
        At the head of its column.
    what : str
        What it is, in a phrase.
    make : callable
        Takes what is `Given`; returns an array of float32, shape (z, y, x), or None.
    is_slow : bool
        Whether it is tried on a part of the maps only.
    """

    name: str
    what: str
    make: Callable
    is_slow: bool = False


WAYS = (
    Way("map", "the map as it is", as_it_is),
    Way("default", "`equalize` with its defaults: the signal alone, solvent suppressed", equalized),
    Way(
        "keepNoise",
        "`keepNoise true`: solvent suppressed, noise in the molecule as it was",
        partial(equalized, keep_noise=True),
    ),
    Way(
        "noise as it was",
        "`keepNoise true removeSolvent false`",
        partial(equalized, keep_noise=True, remove_solvent=False),
    ),
    Way("published", "the published method, `mode occupancy`", partial(equalized, estimation={"mode": "occupancy"})),
    Way("0.1.13", f"{PUBLISHED} itself, `--amplify {POWER} --lp-scale`, as installed", amplified, is_slow=True),
    Way("true scale", "the default, with the true occupancies as `scaleMap`", by_true_scale),
    Way(
        "local amplitudes",
        f"in cubes of {local_filters.CUBE:g} Å the amplitudes of each shell of frequencies brought to those of the "
        "strongest cubes, noise weighed down: the idea of LocScale (Jakobi et al. 2017) without a model",
        partial(filtered, local_filter=local_filters.local_amplitudes),
    ),
    Way(
        "local low-pass",
        "each place low-passed to where its signal exceeds noise: the idea of filtering to a local resolution (Cardone "
        "et al. 2013)",
        partial(filtered, local_filter=local_filters.local_lowpass),
    ),
)
"""All of them, in the order of the tables. One more is a line here."""
