"""occupy mask: masks from scale maps."""

from chimerax.core.commands import CmdDesc
from chimerax.core.commands import register as register_command

from ..engine.settings.table import MASK
from .arguments import SAMPLING, MapsToUseArg, from_settings, user_errors
from .jobs import MaskJob, result_of
from .maps import ModelIds, new_map, one_or_list, sample
from .report import log_made
from .work import check

COLOR = (0.7, 0.7, 0.7, 0.45)
"""Transparent, so that what is inside is seen."""


def mask(session, volumes, *, subregion="all", step=1, model_id=None, **settings):
    """Make a solvent definition or a signal-subtraction mask from each scale map.

    Parameters
    ----------
    volumes : list of Volume
        Scale maps, as `occupy estimate` makes.
    subregion, step, model_id
        The part of each map and the sampling to use, and the id of the first new model.
    **settings
        The settings of the group mask.

    Returns
    -------
    Volume or list of Volume
        The masks, displayed at level 0.5.
    """
    check(settings, MASK)
    ids = ModelIds(session, model_id, len(volumes))
    return one_or_list([_mask_one(session, sample(v, step, subregion), ids.take(), settings) for v in volumes])


def _mask_one(session, sampled, model_id, settings):
    with user_errors(sampled.volume):
        values = result_of(session, MaskJob(sampled, settings))
    made = new_map(sampled, values, f"{sampled.volume.name} mask", model_id)
    made.set_parameters(surface_levels=[0.5], surface_colors=[COLOR])
    made.display = True
    log_made(session, made, f"{values.mean(dtype=float):.1%} of the box")
    return made


def register(name, logger):
    description = CmdDesc(
        required=[("volumes", MapsToUseArg)],
        keyword=from_settings(MASK) + SAMPLING,
        synopsis="Make a solvent definition or a subtraction mask from a scale map",
    )
    register_command(name, description, mask, logger=logger)
