"""occupy estimate: scale maps of maps."""

from functools import partial

from ..engine.scale import estimate as engine
from ..engine.scale.flexibility import NO_VALUE, without_gaps
from ..engine.settings.checks import mode_of
from ..engine.settings.table import ESTIMATION, FLEXIBILITY, UNCERTAINTY
from ..figures.maps import estimate_figure
from . import guided
from .arguments import add_common_scale, add_map_subcommand, add_output, add_running, add_settings
from .files import mapfile
from .files.atom_groups import read_groups
from .files.maps import on_grid, sample
from .files.outputs import RunFiles
from .guided import add_model_options, checked_choice, guided_one
from .report import estimate_lines, estimate_record, file_lines, label, printable
from .runs.work import Batch, Done

SUFFIX = {"calibrated": "occupancy", "occupancy": "occupancy", "resolution": "local_scale"}


def estimate(
    maps, *, atoms=(), output_dir=None, overwrite=False, voxel_size=None, common_scale=False, running=None, **settings
):
    """Estimate the local scale of maps.

    Parameters
    ----------
    maps : list of str
        Files and EMDB entries.
    atoms : list of Path
        Atomic models, whose occupancies then guide the scale: see `guided`.
    output_dir, overwrite
        See `RunFiles`.
    voxel_size : float, optional
        Å, instead of what the files say.
    common_scale : bool
        Put all maps on the full scale of the strongest.
    running : Running, optional
        How the run goes.
    **settings
        The estimation settings, maps among them as paths; with a model `guided.SETTINGS`.

    Returns
    -------
    int
        The exit status.
    """
    choice = checked_choice(atoms, settings, common_scale)
    made = SUFFIX[mode_of(settings)] if choice is None else guided.SUFFIX
    others = {name: settings.get(name, False) for name in ("uncertainty", "flexibility")}
    named = partial(files_of, made=made, output_dir=output_dir, overwrite=overwrite, **others)
    batch = Batch(maps, named, running)
    if choice is None:
        settings = batch.with_common_scale(settings, common_scale, voxel_size)
        batch.run(partial(estimate_one, voxel_size=voxel_size, settings=settings))
    else:
        read_groups(choice)  # what is wrong with the models is told once, not for every map
        batch.run(partial(guided_one, voxel_size=voxel_size, choice=choice, settings=settings))
    return batch.status


def files_of(source, *, made=SUFFIX["occupancy"], output_dir=None, overwrite=False, **others):
    """The files that are made of a map: scale map, record, figure, and a script that shows the map colored by it.

    With `uncertainty` the map of its standard error too, with `flexibility` that of the flexibility.
    """
    return RunFiles(source, made, output_dir, overwrite, shows_input=True, **others)


def estimate_one(source, files, *, voxel_size, settings):
    """Estimate one map, write its files and return what to tell: from plain values, for a process of its own."""
    sampled = sample(source, voxel_size)
    found = engine.estimate(sampled.density, sampled.voxel_size, **on_grid(settings, sampled, voxel_size))
    with files.staged() as place:
        files.write_figure(place, partial(estimate_figure, found, sampled.density, solvent_title(sampled)))
        files.write_input_copy(place, sampled)
        mapfile.write(place(files.map), found.scale, sampled, label("local scale 0-1", found))
        if files.uncertainty:
            error = label("standard error of the local scale", found)
            mapfile.write(place(files.uncertainty), found.uncertainty, sampled, error)
        if files.flexibility:
            _write_flexibility(files, place, sampled, found)
        files.write_record(place, estimate_record(sampled.path, found, settings))
        files.write_script(place)
    head, remarks = estimate_lines(sampled, source, found)
    return Done([*head, *remarks, *file_lines(files)])


def _write_flexibility(files, place, sampled, found):
    """The map of the flexibility, and that of its standard error where it is wanted."""
    maps = (files.flexibility, found.flexibility, ""), (files.flexibility_error, found.flexibility_error, "its error, ")
    for path, values, which in maps:
        if path:
            what = label(f"flexibility, {which}A^2; {NO_VALUE:g} no value")
            mapfile.write(place(path), without_gaps(values), sampled, what)


def solvent_title(sampled):
    """What a figure of the solvent model is called."""
    return f"Solvent model of {printable(mapfile.map_name(sampled.path))}"


def register(subcommands):
    parser = add_map_subcommand(subcommands, "estimate", estimate, "write a map of the local scale")
    add_output(parser)
    add_running(parser)
    add_common_scale(parser)
    add_settings(parser, ESTIMATION, UNCERTAINTY, FLEXIBILITY)
    add_model_options(parser)
