"""occupy demo: the main job on a map of parts whose occupancy is known."""

from pathlib import Path

import mrcfile

from ..engine import phantom
from . import estimate, modify
from .arguments import add_output, add_subcommand
from .files import mapfile
from .files.places import removed_on_failure
from .files.staging import recover, staged
from .report import tell

SHAPE = (96, 96, 96)
VOXEL_SIZE = 1.5
OCCUPANCIES = (1.0, 0.8, 0.6, 0.4, 0.2)
RADIUS = 10


FOLDER = Path("occupy_demo")


def demo(*, output_dir=None, overwrite=False):
    """Make a small map with parts of known occupancy, estimate and equalise it, and compare.

    Parameters
    ----------
    output_dir : Path, optional
    overwrite : bool

    Returns
    -------
    int
        The exit status.
    """
    folder = output_dir or FOLDER
    path = folder / "demo.mrc"
    output = {"output_dir": folder, "overwrite": overwrite}
    estimated = estimate.files_of(path, **output)
    equalized = modify.files_of(path, kind="equalize", **output)
    recover([[path], estimated.paths, equalized.paths])
    with removed_on_failure([path, *estimated.paths, *equalized.paths]):
        with staged([path], overwrite) as place:
            write_map(place(path))
        done = [
            estimate.estimate_one(path, estimated, voxel_size=None, settings={}),
            modify.modify_one(path, equalized, kind="equalize", voxel_size=None, estimation={}, modification={}),
        ]
        table = comparison(*(mapfile.read(p).density for p in (path, estimated.map, equalized.map)))
    tell([line for one in done for line in one.lines] + table)
    if equalized.script:
        tell(["", f"To look at it: chimerax {equalized.script}"])
    return 0


def parts():
    """The parts of the map: five balls on a ring."""
    return phantom.parts_on_ring(OCCUPANCIES, SHAPE, RADIUS)


def write_map(path):
    """Make the map and write it to a file."""
    density = phantom.density_of_parts(parts(), SHAPE, VOXEL_SIZE)
    with mrcfile.new(path, data=density) as file:
        file.voxel_size = VOXEL_SIZE
        file.add_label("OccuPy demo: balls of occupancy " + ", ".join(f"{o:g}" for o in OCCUPANCIES))


def comparison(density, scale, equalized):
    """A table of the parts: true and estimated occupancy, level before and after.

    Parameters
    ----------
    density, scale, equalized : arrays of float32, shape (z, y, x)

    Returns
    -------
    list of str
    """
    rows = ["", "  occupancy   estimated   mean density before   after equalising"]
    for part in parts():
        core = part.core(SHAPE)
        before, after = density[core].mean(), equalized[core].mean()
        rows.append(f"  {part.occupancy:9.2f}{scale[core].mean():12.2f}{before:22.2f}{after:19.2f}")
    return rows


def register(subcommands):
    summary = "make a small map with parts of known occupancy, and estimate and equalise it"
    add_output(add_subcommand(subcommands, "demo", demo, summary))
