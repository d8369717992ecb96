"""What every command does before and around the engine's work."""

from dataclasses import fields

from ..engine.estimate import estimate
from ..engine.settings import checked
from .arguments import user_errors
from .coloring import Coloring
from .maps import values_on_grid
from .report import status


def start(session, keywords, step, *groups):
    """Check all keywords before any work, and split them.

    Returns
    -------
    Coloring
    dict
        The settings of the engine that were given.
    """
    display_names = {field.name for field in fields(Coloring)}
    settings = {name: value for name, value in keywords.items() if name not in display_names}
    with user_errors():
        checked(settings, *groups)
    if step not in (1, (1, 1, 1)):
        session.logger.warning(
            "With a step the voxels are larger, so kernel, tau and scale differ from those at full sampling (step 1)."
        )
    return Coloring(**{name: value for name, value in keywords.items() if name in display_names}), settings


def estimate_of(session, sampled, settings):
    """The estimate of a sampled map; a solvent mask may be a Volume on any grid."""
    return estimate(
        sampled.density,
        sampled.voxel_size,
        progress=status(session, sampled.volume),
        **on_grid(settings, "solvent_mask", sampled),
    )


def on_grid(settings, name, sampled):
    """The settings with a Volume among them replaced by its values on the grid of a map."""
    if settings.get(name) is None:
        return settings
    return settings | {name: values_on_grid(settings[name], sampled)}
