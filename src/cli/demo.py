"""occupy demo: the main job on maps of parts whose occupancy, or flexibility, is known."""

from pathlib import Path

import mrcfile
import numpy as np

from ..engine import phantom
from ..engine.scale.flexibility import with_gaps
from . import estimate, modify
from .arguments import add_output, add_subcommand
from .files import mapfile, models
from .files.places import removed_on_failure
from .files.staging import recover, staged
from .report import tell

SHAPE = (96, 96, 96)
VOXEL_SIZE = 1.5
OCCUPANCIES = (1.0, 0.8, 0.6, 0.4, 0.2)
RADIUS = 10

COMPLEX_SHAPE, COMPLEX_VOXEL_SIZE, COMPLEX_RADIUS, COMPLEX_RESOLUTION = (80, 80, 80), 1.2, 11, 3.0
COMPLEX = {"A": (1.0, 40.0), "B": (0.5, 40.0), "C": (1.0, 120.0)}
"""Occupancy and B-factor, Å², of chains: one is whole, one missing in half of the particles, one moves."""

MODEL_B_FACTOR = 40.0

FOLDER = Path("occupy_demo")


def demo(*, output_dir=None, overwrite=False):
    """Make a small map with parts of known occupancy, estimate and equalise it, and compare.

    Then tell what is missing from what moves in a second map, of three chains with a model (`COMPLEX`).

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
    both = [folder / "complex.mrc", folder / "complex.pdb"]
    output = {"output_dir": folder, "overwrite": overwrite}
    estimated = estimate.files_of(path, **output)
    equalized = modify.files_of(path, kind="equalize", **output)
    flexible = estimate.files_of(both[0], flexibility=True, **output)
    recover([[path], estimated.paths, equalized.paths, both, flexible.paths])
    with removed_on_failure([path, *estimated.paths, *equalized.paths, *both, *flexible.paths]):
        with staged([path], overwrite) as place:
            write_map(place(path))
        with staged(both, overwrite) as place:
            write_complex(*map(place, both))
        done = [
            estimate.estimate_one(path, estimated, voxel_size=None, settings={}),
            modify.modify_one(path, equalized, kind="equalize", voxel_size=None, estimation={}, modification={}),
            estimate.estimate_one(both[0], flexible, voxel_size=None, settings={"flexibility": True}),
        ]
        table = comparison(*(mapfile.read(p).density for p in (path, estimated.map, equalized.map)))
        table += comparison_of_complex(*(mapfile.read(p).density for p in (flexible.map, flexible.flexibility)))
    tell([line for one in done for line in one.lines] + table)
    tell(["", f"The same from the model: occupy refine {both[0]} --atoms {both[1]} --reference A"])
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


def parts_of_complex():
    """The parts of the second map by the names of their chains: three balls on a ring."""
    occupancies = [occupancy for occupancy, _ in COMPLEX.values()]
    places = phantom.parts_on_ring(occupancies, COMPLEX_SHAPE, COMPLEX_RADIUS)
    return {
        name: phantom.Part(part.occupancy, part.centre, part.radius, b_factor)
        for part, (name, (_, b_factor)) in zip(places, COMPLEX.items(), strict=True)
    }


def write_complex(map_path, model_path):
    """Make the second map and its model, which knows not what is missing or moves, and write them to files."""
    found = parts_of_complex()
    box = list(found.values()), COMPLEX_SHAPE, COMPLEX_VOXEL_SIZE
    density = phantom.density_of_parts(*box, COMPLEX_RESOLUTION, noise=0.1)
    with mrcfile.new(map_path, data=density) as file:
        file.voxel_size = COMPLEX_VOXEL_SIZE
        file.add_label(
            "OccuPy demo: three chains; " + ", ".join(f"{c} {o:g}, B {b:g}" for c, (o, b) in COMPLEX.items())
        )
    atoms = phantom.atoms_of_parts(*box)
    chains = {name: places[:, ::-1] * COMPLEX_VOXEL_SIZE for name, places in zip(found, atoms, strict=True)}
    models.write_carbons(model_path, chains, MODEL_B_FACTOR)


def comparison_of_complex(scale, flexibility):
    """A table of the chains: true and estimated occupancy, true and estimated ΔB relative to the first.

    Parameters
    ----------
    scale, flexibility : arrays of float32, shape (z, y, x)

    Returns
    -------
    list of str
    """
    cores = {name: part.core(COMPLEX_SHAPE) for name, part in parts_of_complex().items()}
    shifts = {name: float(np.nanmean(with_gaps(flexibility[core]))) for name, core in cores.items()}
    rows = ["", "  chain   occupancy   estimated   ΔB / Å²   estimated"]
    for name, (occupancy, b_factor) in COMPLEX.items():
        shift, found = b_factor - MODEL_B_FACTOR, shifts[name] - shifts["A"]
        rows.append(f"  {name:5}{occupancy:12.2f}{scale[cores[name]].mean():12.2f}{shift:10.0f}{found:12.0f}")
    return rows


def register(subcommands):
    summary = "make small maps of known occupancies, and estimate and equalise them"
    add_output(add_subcommand(subcommands, "demo", demo, summary))
