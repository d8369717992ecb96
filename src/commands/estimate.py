"""occupy estimate: scale maps of maps, whose surfaces they color."""

from functools import partial
from json import dumps

from chimerax.atomic import AtomsArg
from chimerax.core.commands import CmdDesc, JSONResult
from chimerax.core.commands import register as register_command
from chimerax.core.errors import UserError

from ..engine.scale.flexibility import without_gaps
from ..engine.settings.table import ESTIMATION, FLEXIBILITY, SETTINGS, UNCERTAINTY
from .arguments import DISPLAY, SAMPLING, SEVERAL, MapsToUseArg, from_settings, in_chimerax_spelling, user_errors
from .atom_groups import AtomGroups
from .coloring import color_volume
from .jobs import EstimateJob, GuidedJob, result_of
from .maps import ModelIds, new_map, one_or_list, sample
from .remembered import remember_scale_map
from .report import log_estimate, log_guided
from .tile import show_tile
from .work import start, with_common_scale

SUFFIX = {"calibrated": "occupancy", "occupancy": "occupancy", "resolution": "local scale"}
OTHER_MAPS = {
    "uncertainty": "uncertainty",
    "flexibility": "flexibility",
    "flexibility_error": "flexibility error",
}
"""The arrays of an estimate beside the scale, and what the maps with them are called."""

GUIDED = ("lowpass", "half_maps")
"""The settings of an estimate that hold where a model guides it."""


def estimate(
    session,
    volumes,
    *,
    atoms=None,
    subregion="all",
    step=1,
    model_id=None,
    common_scale=False,
    return_json=False,
    **keywords,
):
    """Estimate the local scale of maps and color their surfaces by it.

    Parameters
    ----------
    volumes : list of Volume
    atoms : Atoms, optional
        A model in each of the maps, by which the scale is read: the refined occupancies of its chains and their parts.
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
        The scale maps, hidden, each followed by the maps of its standard error, of the flexibility and of the standard
        error of that, as they are asked for. The JSON holds for each map what was read off it, the settings and the
        warnings.
    """
    coloring, settings = start(session, volumes, keywords, step, ESTIMATION, UNCERTAINTY, FLEXIBILITY)
    groups = None if atoms is None else _groups_to_guide(atoms, settings, common_scale, coloring)
    samples = [sample(volume, step, subregion) for volume in volumes]
    settings = with_common_scale(session, samples, settings, common_scale)
    others = sum(bool(settings.get(name)) for name in ("uncertainty", "flexibility"))
    ids = ModelIds(session, model_id, len(volumes) * (1, 2, 4)[others])
    one = _estimate_one if groups is None else partial(_guided_one, groups)
    done = [one(session, s, ids, coloring, settings) for s in samples]
    made = one_or_list([volume for volumes, _ in done for volume in volumes])
    return JSONResult(dumps([told for _, told in done]), made) if return_json else made


def _groups_to_guide(atoms, settings, common_scale, coloring):
    """The chains of a model, which guides the estimate; other settings than those of a fit are refused."""
    without_effect = [SETTINGS[name].camel for name in settings if name not in GUIDED]
    without_effect += ["commonScale"] * common_scale + ["showTile"] * coloring.show_tile
    if without_effect:
        known = ", ".join(SETTINGS[name].camel for name in GUIDED)
        raise UserError(
            f"{', '.join(without_effect)} cannot be given with atoms; expected of the estimation {known} only"
        )
    return AtomGroups(atoms)


def _estimate_one(session, sampled, ids, coloring, settings):
    volume = sampled.volume
    with user_errors(volume):
        found = result_of(session, EstimateJob(sampled, settings))
    scale_map = scale_map_of(sampled, found, ids.take())
    others = _other_maps(sampled, found, ids)
    made = [scale_map, *others.values()]
    log_estimate(session, volume, found, made)
    color_volume(session, volume, scale_map, coloring)
    if coloring.show_tile:
        show_tile(session, sampled, found)
    maps = {"scale": scale_map} | others
    return made, _told(volume, maps, found.settings.as_dict(), found.warnings) | found.limits()


def _other_maps(sampled, found, ids):
    """Hidden Volumes with copies of the arrays of an estimate beside the scale, by their names."""
    arrays = {name: array for name in OTHER_MAPS if (array := getattr(found, name)) is not None}
    return {
        name: new_map(sampled, without_gaps(array), f"{sampled.volume.name} {OTHER_MAPS[name]}", ids.take())
        for name, array in arrays.items()
    }


def _guided_one(groups, session, sampled, ids, coloring, settings):
    volume = sampled.volume
    job = GuidedJob(sampled, *groups.on_map(sampled), settings)
    with user_errors(volume):
        found = result_of(session, job)
    scale_map = new_map(sampled, found.scale, f"{volume.name} {SUFFIX['occupancy']}", ids.take())
    warnings = [*job.notes, *found.warnings]
    log_guided(session, volume, found.refinement, scale_map, warnings)
    color_volume(session, volume, scale_map, coloring)
    told = _told(volume, {"scale": scale_map}, {"lowpass": found.refinement.lowpass}, warnings)
    return [scale_map], told | {"reference": found.refinement.reference}


def _told(volume, maps, settings, warnings):
    """What a script may want to know of an estimate, as plain values."""
    return {
        "map": f"#{volume.id_string}",
        **{f"{name}_map": f"#{model.id_string}" for name, model in maps.items()},
        "settings": settings,
        "warnings": [in_chimerax_spelling(sentence) for sentence in warnings],
    }


def scale_map_of(sampled, found, model_id=None):
    """A new, hidden Volume with a copy of the scale of an estimate, which other commands may share."""
    made = new_map(sampled, found.scale.copy(), f"{sampled.volume.name} {SUFFIX[found.settings.mode]}", model_id)
    remember_scale_map(found, made)
    return made


def register(name, logger):
    description = CmdDesc(
        required=[("volumes", MapsToUseArg)],
        keyword=[
            ("atoms", AtomsArg),
            *from_settings(ESTIMATION, UNCERTAINTY, FLEXIBILITY),
            *SAMPLING,
            *SEVERAL,
            *DISPLAY,
        ],
        synopsis="Estimate local occupancy in maps and color them by it",
    )
    register_command(name, description, estimate, logger=logger)
