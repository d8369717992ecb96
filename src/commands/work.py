"""What every command does before and around the engine's work."""

from dataclasses import fields

from ..engine.settings.checks import checked
from .arguments import user_errors
from .coloring import Coloring
from .jobs import FullScaleJob, result_of
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


def with_common_scale(session, samples, settings, wanted):
    """The settings, with the full scale of the strongest of several maps where that is wanted."""
    if not wanted or settings.get("full_scale") is not None:
        return settings
    with user_errors():
        return settings | {"full_scale": max(result_of(session, FullScaleJob(one, settings)) for one in samples)}
