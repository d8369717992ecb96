"""The map of `occupy demo`, and how close the estimate comes to its truth."""

import mrcfile

from ..engine import phantom

SHAPE = (96, 96, 96)
VOXEL_SIZE = 1.5
OCCUPANCIES = (1.0, 0.8, 0.6, 0.4, 0.2)
RADIUS = 10


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
    """
    rows = ["", "  occupancy   estimated   mean density before   after equalising"]
    for part in parts():
        core = part.core(SHAPE)
        before, after = density[core].mean(), equalized[core].mean()
        rows.append(f"  {part.occupancy:9.2f}{scale[core].mean():12.2f}{before:22.2f}{after:19.2f}")
    return "\n".join(rows)
