"""occupy solvent: the solvent model of maps, their confidence maps, or maps without solvent."""

from functools import partial

from ..engine.modification.modify import without_solvent
from ..engine.scale.estimate import estimate
from ..engine.settings.table import ESTIMATION, SETTINGS
from ..figures.solvent import solvent_figure
from .arguments import add_common_scale, add_map_subcommand, add_output, add_running, add_setting, add_settings
from .estimate import solvent_title
from .files import mapfile
from .files.maps import on_grid, sample
from .files.outputs import RunFiles
from .report import estimate_lines, estimate_record, file_lines, label
from .runs.work import Batch, Done

SUFFIX = {False: "confidence", True: "without_solvent"}


def solvent(
    maps,
    *,
    output_dir=None,
    overwrite=False,
    voxel_size=None,
    common_scale=False,
    running=None,
    remove_solvent=SETTINGS["remove_solvent"].default,
    hedge=SETTINGS["hedge"].default,
    **settings,
):
    """Fit the solvent model of maps, tell it and draw it.

    Parameters
    ----------
    maps : list of str
        Files and EMDB entries.
    output_dir, overwrite
        See `RunFiles`.
    voxel_size : float, optional
        Å, instead of what the files say.
    common_scale : bool
        Put all scale maps on the full scale of the strongest.
    running : Running, optional
        How the run goes.
    remove_solvent : bool
        Make the map without its solvent instead of the confidence map.
    hedge : float
        Exponent of the confidence or, where solvent is removed, of the presence of molecule.
    **settings
        The estimation settings, maps among them as paths.

    Returns
    -------
    int
        The exit status.
    """
    files = partial(files_of, remove_solvent=remove_solvent, output_dir=output_dir, overwrite=overwrite)
    batch = Batch(maps, files, running)
    settings = batch.with_common_scale(settings, common_scale, voxel_size)
    work = {"remove_solvent": remove_solvent, "hedge": hedge, "settings": settings}
    batch.run(partial(solvent_one, voxel_size=voxel_size, **work))
    return batch.status


def files_of(source, *, remove_solvent, output_dir=None, overwrite=False):
    """The files that are made of a map: what was asked for, scale map, record, figure, and a script."""
    made = SUFFIX[remove_solvent]
    return RunFiles(source, made, output_dir, overwrite, scale_map=True, shows_input=not remove_solvent)


def solvent_one(source, files, *, voxel_size, remove_solvent, hedge, settings):
    """Fit the solvent of one map, write its files and return what to tell: from plain values."""
    sampled = sample(source, voxel_size)
    found = estimate(sampled.density, sampled.voxel_size, **on_grid(settings, sampled, voxel_size))
    with files.staged() as place:
        files.write_figure(place, partial(solvent_figure, found.solvent, solvent_title(sampled)))
        files.write_input_copy(place, sampled)
        mapfile.write(place(files.scale_map), found.scale, sampled, label("local scale 0-1", found))
        what = SUFFIX[remove_solvent].replace("_", " ")
        mapfile.write(place(files.map), _made(sampled, found, remove_solvent, hedge), sampled, label(what, found))
        record = {"hedge": hedge, "remove_solvent": remove_solvent}
        files.write_record(place, estimate_record(sampled.path, found, settings) | record)
        files.write_script(place)
    head, remarks = estimate_lines(sampled, source, found)
    return Done([*head, *_fit_lines(found.solvent), *remarks, *file_lines(files)])


def _made(sampled, found, remove_solvent, hedge):
    if remove_solvent:
        return without_solvent(sampled.density, sampled.voxel_size, found, hedge)
    return found.confidence(hedge, overwrite=True)


def _fit_lines(model):
    one = f" (one Gaussian everywhere: {model.uniform.misfit:.0%})" if model.varies else ""
    return [
        f"  fit       below the peak, histogram and model differ by {model.misfit:.0%}{one}",
        f"  noise     more likely not solvent above {model.noise_level:.3g}",
    ]


def register(subcommands):
    summary = "fit the solvent model; write the confidence map or the map without solvent"
    parser = add_map_subcommand(subcommands, "solvent", solvent, summary)
    add_output(parser)
    add_running(parser)
    for name in ("remove_solvent", "hedge"):
        add_setting(parser, SETTINGS[name])
    add_common_scale(parser)
    add_settings(parser, ESTIMATION)
