"""What occupy equalize, attenuate and sigmoid share: maps modified by their scale."""

from chimerax.core.commands import CmdDesc
from chimerax.core.commands import register as register_command

from ..engine.settings.checks import split
from ..engine.settings.kinds import KINDS
from ..engine.settings.table import ESTIMATION
from .arguments import DISPLAY, SAMPLING, SEVERAL, MapsToUseArg, from_settings, user_errors
from .coloring import color_volume
from .estimate import scale_map_of
from .jobs import ModificationJob, result_of
from .maps import ModelIds, new_map, one_or_list, sample, show_in_place_of
from .remembered import recall_scale_map
from .report import log_modification
from .tile import show_tile
from .work import start, with_common_scale

RESOLUTION = "resolution shown"
"""What the map of the resolution of what a modified map shows is called."""


def modify_maps(session, volumes, kind, *, subregion="all", step=1, model_id=None, common_scale=False, **keywords):
    """Make modified maps, colored by occupancy.

    Parameters
    ----------
    volumes : list of Volume
    kind : {'equalize', 'attenuate', 'sigmoid'}
    subregion, step, model_id
        The part of each map and the sampling to use, and the id of the first new model.
    common_scale : bool
        Put all maps on the full scale of the strongest.
    **keywords
        The settings of estimation and of this kind of modification, and the display
        keywords color, palette, range, key. Maps among them may be on any grid.

    Returns
    -------
    Volume or list of Volume
        The modified maps, each followed by the hidden map of the resolution of what it shows where that is asked
        for. The scale maps that color them are hidden models beside, new where there is none.
    """
    coloring, settings = start(session, volumes, keywords, step, kind, ESTIMATION)
    others = (settings.get("scale_map") is None) + bool(settings.get("resolution_map"))
    ids = ModelIds(session, model_id, len(volumes) * (1 + others))
    modified_ids = [ids.take() for _ in volumes]
    samples = [sample(volume, step, subregion) for volume in volumes]
    estimation, modification = split(settings)
    estimation = with_common_scale(session, samples, estimation, common_scale)
    made = [
        _modify_one(session, s, kind, (model_id, ids), coloring, estimation, modification)
        for s, model_id in zip(samples, modified_ids, strict=True)
    ]
    return one_or_list([volume for maps in made for volume in maps])


def _modify_one(session, sampled, kind, ids, coloring, estimation, modification):
    model_id, other_ids = ids
    volume = sampled.volume
    with user_errors(volume):
        found, result = result_of(session, ModificationJob(sampled, kind, estimation, modification))
    modified = new_map(sampled, result.density, f"{volume.name} {KINDS[kind].made}", model_id)
    scale_map = modification.get("scale_map") or recall_scale_map(found, volume)
    made = [modified]
    if result.resolution is not None:
        made.append(new_map(sampled, result.resolution, f"{volume.name} {RESOLUTION}", other_ids.take()))
    new_scale_maps = []
    if scale_map is None:
        scale_map = scale_map_of(sampled, found, other_ids.take())
        new_scale_maps.append(scale_map)
    log_modification(session, volume, found, result, made + new_scale_maps)
    show_in_place_of(modified, volume)
    color_volume(session, modified, scale_map, coloring, undo=False)
    if coloring.show_tile:
        show_tile(session, sampled, found)
    return made


def register_modification(name, function, kind, synopsis, logger):
    """Register one of the commands."""
    description = CmdDesc(
        required=[("volumes", MapsToUseArg)],
        keyword=from_settings(kind, ESTIMATION) + SAMPLING + SEVERAL + DISPLAY,
        synopsis=synopsis,
    )
    register_command(name, description, function, logger=logger)
