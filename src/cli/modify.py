"""What occupy equalize, attenuate and sigmoid share: maps modified by their scale."""

from functools import partial

from ..engine.modification.modifier import check_modification
from ..engine.modification.modify import modify
from ..engine.scale.estimate import estimate
from ..engine.settings.checks import mode_of, split
from ..engine.settings.kinds import KINDS
from ..engine.settings.table import ESTIMATION
from ..figures.maps import modification_figure
from .arguments import add_common_scale, add_map_subcommand, add_output, add_running, add_settings
from .estimate import solvent_title
from .files import mapfile
from .files.maps import on_grid, sample
from .files.outputs import RunFiles
from .report import estimate_lines, estimate_record, file_lines, label, note_lines, warning_lines
from .runs.work import Batch, Done


def modify_maps(
    maps, kind, *, output_dir=None, overwrite=False, voxel_size=None, common_scale=False, running=None, **settings
):
    """Make modified maps, and the scale maps that color them.

    Parameters
    ----------
    maps : list of str
        Files and EMDB entries.
    kind : {'equalize', 'attenuate', 'sigmoid'}
    output_dir, overwrite
        See `RunFiles`.
    voxel_size : float, optional
        Å, instead of what the files say.
    common_scale : bool
        Put all maps on the full scale of the strongest.
    running : Running, optional
        How the run goes.
    **settings
        The settings of estimation and of this kind of modification, maps among them as paths.

    Returns
    -------
    int
        The exit status.
    """
    estimation, modification = split(settings)
    others = {"resolution": modification.get("resolution_map", False)}
    named = partial(files_of, kind=kind, output_dir=output_dir, overwrite=overwrite, **others)
    batch = Batch(maps, named, running)
    estimation = batch.with_common_scale(estimation, common_scale, voxel_size)
    batch.run(partial(modify_one, kind=kind, voxel_size=voxel_size, estimation=estimation, modification=modification))
    return batch.status


def files_of(source, *, kind, output_dir=None, overwrite=False, resolution=False):
    """The files that are made of a map: modified map, scale map, record, figure, and a script that shows them.

    With `resolution` the map of the resolution of what is shown too.
    """
    return RunFiles(source, KINDS[kind].made, output_dir, overwrite, scale_map=True, resolution=resolution)


def modify_one(source, files, *, kind, voxel_size, estimation, modification):
    """Modify one map, write its files and return what to tell: from plain values, for a process of its own."""
    sampled = sample(source, voxel_size)
    density = sampled.density
    given = on_grid(modification, sampled, voxel_size)
    check_modification(density.shape, sampled.voxel_size, kind, given, mode_of(estimation))
    found = estimate(density, sampled.voxel_size, **on_grid(estimation, sampled, voxel_size))
    result = modify(density, sampled.voxel_size, kind, estimate=found, overwrite=True, **given)
    with files.staged() as place:
        files.write_figure(place, partial(modification_figure, found, result, density, solvent_title(sampled)))
        mapfile.write(place(files.map), result.density, sampled, label(KINDS[kind].made, found))
        scale = given.get("scale_map", found.scale)
        mapfile.write(place(files.scale_map), scale, sampled, label("local scale 0-1", found))
        if files.resolution:
            shown = label("resolution of what is shown, A; 0 nothing", found)
            mapfile.write(place(files.resolution), result.resolution, sampled, shown)
        files.write_record(place, _record(sampled.path, found, result, estimation, modification))
        files.write_script(place)
    head, remarks = estimate_lines(sampled, source, found)
    limits = result.limits
    scale_limit, max_gain = (limits.told(name) for name in ("scale_limit", "max_gain"))
    line = f"  gain      {limits.gain:.3g} (limit {max_gain}), none below scale {scale_limit}"
    told = [*warning_lines(result.warnings), *note_lines(result.notes)]
    return Done([*head, line, *told, *remarks, *file_lines(files)])


def _record(path, found, result, estimation, modification):
    scale_map = {"scale_map": modification.get("scale_map")}
    modified = result.as_dict() | scale_map | {"warnings": result.warnings, "notes": result.notes}
    return estimate_record(path, found, estimation) | {"modification": modified}


def register_modification(subcommands, name, function, kind, summary, aliases=()):
    """Register one of the subcommands."""
    parser = add_map_subcommand(subcommands, name, function, summary, aliases)
    add_output(parser)
    add_running(parser)
    add_settings(parser, kind)
    add_common_scale(parser)
    add_settings(parser, ESTIMATION)
