"""occupy mask: masks from scale maps."""

from functools import partial

from ..engine.modification.masks import make_mask
from ..engine.settings.checks import checked
from ..engine.settings.table import MASK
from .arguments import add_map_subcommand, add_output, add_running, add_settings
from .files import mapfile
from .files.maps import sample
from .files.outputs import RunFiles
from .report import file_lines, label, program_record
from .runs.work import Batch, Done


def mask(maps, *, output_dir=None, overwrite=False, voxel_size=None, running=None, **settings):
    """Make a solvent definition or a signal-subtraction mask from each scale map.

    Parameters
    ----------
    maps : list of str
        Files of scale maps, as `occupy estimate` writes.
    output_dir, overwrite
        See `RunFiles`.
    voxel_size : float, optional
        Å, instead of what the files say.
    running : Running, optional
        How the run goes.
    **settings
        The settings of the group mask.

    Returns
    -------
    int
        The exit status.
    """
    batch = Batch(maps, partial(files_of, output_dir=output_dir, overwrite=overwrite), running)
    batch.run(partial(mask_one, voxel_size=voxel_size, settings=settings))
    return batch.status


def files_of(source, *, output_dir=None, overwrite=False):
    """The files that are made of a scale map: mask and record."""
    return RunFiles(source, "mask", output_dir, overwrite, companions=False)


def mask_one(source, files, *, voxel_size, settings):
    """Make one mask, write its files and return what to tell: from plain values, for a process of its own."""
    sampled = sample(source, voxel_size)
    values = make_mask(sampled.density, sampled.voxel_size, **settings)
    with files.staged() as place:
        mapfile.write(place(files.map), values, sampled, label(f"mask {settings}"))
        files.write_record(place, program_record(sampled.path) | {"mask": checked(settings, MASK)})
    share = f"  mask      {values.mean(dtype=float):.1%} of the box"
    return Done([f"{sampled.path}", share, *file_lines(files)])


def register(subcommands):
    summary = "write a solvent definition or a signal-subtraction mask from a scale map"
    parser = add_map_subcommand(subcommands, "mask", mask, summary)
    add_output(parser)
    add_running(parser)
    add_settings(parser, MASK)
