"""occupy estimate: scale maps of maps, whose surfaces they color."""

from json import dumps

from chimerax.core.commands import CmdDesc, JSONResult
from chimerax.core.commands import register as register_command

from ..engine.settings import ESTIMATION
from .arguments import DISPLAY, SAMPLING, SEVERAL, MapsToUseArg, from_settings, in_chimerax_spelling, user_errors
from .coloring import color_volume
from .jobs import EstimateJob, result_of
from .maps import ModelIds, new_map, one_or_list, sample
from .remembered import remember_scale_map
from .report import log_estimate
from .tile import show_tile
from .work import start, with_common_scale

SUFFIX = {"occupancy": "occupancy", "resolution": "local scale"}


def estimate(
    session, volumes, *, subregion="all", step=1, model_id=None, common_scale=False, return_json=False, **keywords
):
    """Estimate the local scale of maps and color their surfaces by it.

    Parameters
    ----------
    volumes : list of Volume
    subregion, step, model_id
        The part of each map and the sampling to use, and the id of the first new model.
    common_scale : bool
        Put all maps on the full scale of the strongest.
    return_json : bool
    **keywords
        The estimation settings and the display keywords color, palette, range, key.

    Returns
    -------
    Volume or list of Volume, or JSONResult
        The scale maps, hidden. The JSON holds for each map what was read off it, the settings and the warnings.
    """
    coloring, settings = start(session, volumes, keywords, step, ESTIMATION)
    samples = [sample(volume, step, subregion) for volume in volumes]
    settings = with_common_scale(samples, settings, common_scale)
    ids = ModelIds(session, model_id, len(volumes))
    done = [_estimate_one(session, s, ids.take(), coloring, settings) for s in samples]
    made = one_or_list([scale_map for scale_map, _ in done])
    if not return_json:
        return made
    return JSONResult(dumps([_told(s, *one) for s, one in zip(samples, done, strict=True)]), made)


def _told(sampled, scale_map, found):
    """What a script may want to know of an estimate, as plain values."""
    return {
        "map": f"#{sampled.volume.id_string}",
        "scale_map": f"#{scale_map.id_string}",
        "settings": found.settings.as_dict(),
        "warnings": [in_chimerax_spelling(sentence) for sentence in found.warnings],
    } | found.limits()


def _estimate_one(session, sampled, model_id, coloring, settings):
    volume = sampled.volume
    with user_errors(volume):
        found = result_of(session, EstimateJob(sampled, settings))
    scale_map = scale_map_of(sampled, found, model_id)
    log_estimate(session, volume, found, [scale_map])
    color_volume(session, volume, scale_map, coloring)
    if coloring.show_tile:
        show_tile(session, sampled, found)
    return scale_map, found


def scale_map_of(sampled, found, model_id=None):
    """A new, hidden Volume with a copy of the scale of an estimate, which other commands may share."""
    made = new_map(sampled, found.scale.copy(), f"{sampled.volume.name} {SUFFIX[found.settings.mode]}", model_id)
    remember_scale_map(found, made)
    return made


def register(name, logger):
    description = CmdDesc(
        required=[("volumes", MapsToUseArg)],
        keyword=from_settings(ESTIMATION) + SAMPLING + SEVERAL + DISPLAY,
        synopsis="Estimate local occupancy in maps and color them by it",
    )
    register_command(name, description, estimate, logger=logger)
