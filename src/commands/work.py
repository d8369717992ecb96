"""What every command does before and around the engine's work."""

from dataclasses import fields

from chimerax.map import Volume

from ..engine import fourier
from ..engine.checks import checked
from ..engine.defaults import resolve_estimation
from ..engine.estimate import common_full_scale
from ..engine.settings import ESTIMATION
from ..engine.suitability import checked_density
from .arguments import user_errors
from .coloring import Coloring
from .maps import values_on_grid
from .report import warn

_COARSE = "With a step the voxels are larger, so kernel, tau and scale differ from those at full sampling (step 1)."


def start(session, volumes, keywords, step, *groups):
    """Check all keywords before any work, and split them.

    Returns
    -------
    Coloring
    dict
        The settings of the engine that were given.
    """
    display_names = {field.name for field in fields(Coloring)}
    settings = {name: value for name, value in keywords.items() if name not in display_names}
    check(settings, *groups)
    if step not in (1, (1, 1, 1)):
        warn(session, volumes, [_COARSE])
    return Coloring(**{name: value for name, value in keywords.items() if name in display_names}), settings


def check(settings, *groups):
    """Raise `UserError` where a setting cannot be used."""
    with user_errors():
        checked(settings, *groups)


def lowpassed(volume, sampled):
    """A density map low-passed as for an estimate, on the grid of a sampled map."""
    settings = resolve_estimation(sampled.voxel_size, checked({}, ESTIMATION))
    density, _ = checked_density(values_on_grid(volume, sampled))
    return fourier.lowpass(density, settings.lowpass, settings.voxel_size)


def with_common_scale(samples, settings, wanted):
    """The settings, with the full scale of the strongest of several maps where that is wanted."""
    if not wanted or settings.get("full_scale") is not None:
        return settings
    maps = ((s.density, s.voxel_size) for s in samples)
    with user_errors():
        return settings | {"full_scale": common_full_scale(maps, **_without_maps(settings))}


def _without_maps(settings):
    """The full scale does not depend on masks and half maps, which are on grids of their own."""
    return {name: value for name, value in settings.items() if not isinstance(value, Volume | list)}
