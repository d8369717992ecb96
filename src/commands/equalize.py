"""occupy equalize: maps with all their parts at one level, without amplified solvent."""

from chimerax.core.commands import CmdDesc
from chimerax.core.commands import register as register_command

from ..engine.modify import modify
from ..engine.settings import ESTIMATION, MODIFICATION, split
from .arguments import DISPLAY, SAMPLING, MapsToUseArg, from_settings, user_errors
from .coloring import color_volume
from .estimate import scale_map_of
from .maps import ModelIds, new_map, one_or_list, sample, show_in_place_of
from .report import log_modification
from .work import estimate_of, on_grid, start


def equalize(session, volumes, *, subregion="all", step=1, model_id=None, **keywords):
    """Make equalised maps, colored by occupancy.

    Parameters
    ----------
    volumes : list of Volume
    subregion, step, model_id
        The part of each map and the sampling to use, and the id of the first new model.
    **keywords
        The estimation and modification settings and the display keywords color,
        palette, range, key. `scale_map` and `solvent_mask` may be on any grid.

    Returns
    -------
    Volume or list of Volume
        The equalised maps. The scale maps that color them are hidden models beside.
    """
    coloring, settings = start(session, keywords, step, ESTIMATION, MODIFICATION)
    ids = ModelIds(model_id)
    return one_or_list(
        [_equalize_one(session, sample(v, step, subregion), ids.take(), coloring, settings) for v in volumes]
    )


def _equalize_one(session, sampled, model_id, coloring, settings):
    volume = sampled.volume
    estimation, modification = split(settings)
    with user_errors(volume):
        found = estimate_of(session, sampled, estimation)
        result = modify(
            sampled.density, sampled.voxel_size, estimate=found, **on_grid(modification, "scale_map", sampled)
        )
    equalized = new_map(sampled, result.density, f"{volume.name} equalized", model_id)
    scale_map = settings.get("scale_map")
    made = [equalized]
    if scale_map is None:
        scale_map = scale_map_of(sampled, found)
        made.append(scale_map)
    log_modification(session, volume, found, result, made)
    show_in_place_of(equalized, volume)
    color_volume(session, equalized, scale_map, coloring, undo=False)
    return equalized


def register(name, logger):
    description = CmdDesc(
        required=[("volumes", MapsToUseArg)],
        keyword=from_settings(ESTIMATION, MODIFICATION) + SAMPLING + DISPLAY,
        synopsis="Bring all parts of a map to one level without amplifying solvent",
    )
    register_command(name, description, equalize, logger=logger)
