"""Where classes differ: the largest minus the smallest scale over several maps, at every voxel.

In ChimeraX, with OccuPy installed:

    runscript class_differences.py MAPS

MAPS     two or more open density maps, not scale maps, on one grid, such as #1-4; after class_averages.py #1-4.1,
         when "tile off #1-4" has put them back in place

The maps are put on the full scale of the strongest. Made is a hidden map with values from 0, where all have the same
occupancy, to 1, where a part is full in one and absent from another; the surfaces of MAPS are colored by it. Noise
alone makes it a little more than 0. Save it with: save range.mrc models #5. Without a window:

    chimerax --nogui --exit --cmd "open a.mrc; open b.mrc; runscript class_differences.py #1,2"

This script works on arrays, with chimerax.occupy, and holds three of them however many maps there are.
"""

import sys

import numpy as np
from chimerax import occupy
from chimerax.core.commands import AnnotationError, run
from chimerax.core.errors import UserError
from chimerax.map.mapargs import MapsArg
from chimerax.map_data import ArrayGridData
from chimerax.occupy.commands.maps import hidden_volume

COLORS = {0: "#dddddd", 0.2: "#f2d27a", 0.4: "#d9583b", 0.6: "#7f0d2a"}
KEY_LAYOUT = "fontSize 14 pos 0.55,0.08 size 0.4,0.04"


def named_maps(session, text):
    """The maps that an argument such as #1-4 names, by ChimeraX's rules."""
    try:
        found, _, rest = MapsArg.parse(text, session)
    except AnnotationError:
        return []
    return [] if rest else found


def checked_maps(session, arguments):
    if len(arguments) != 1:
        raise UserError("Expected one argument; usage: class_differences.py MAPS")
    volumes = named_maps(session, arguments[0])
    if len(volumes) < 2:
        raise UserError(f"MAPS is {arguments[0]}, but must name two or more open density maps, such as #1-4")
    for volume in volumes[1:]:
        if not voxel_on_voxel(volume, volumes[0]):
            raise UserError(
                f"{volume.name} and {volumes[0].name} do not lie voxel on voxel; if they are tiled, first: tile off; "
                f"if not: volume resample {volume.atomspec} onGrid {volumes[0].atomspec}"
            )
    return volumes


def voxel_on_voxel(volume, other):
    return (
        volume.data.size == other.data.size
        and volume.data.ijk_to_xyz_transform.same(other.data.ijk_to_xyz_transform)
        and volume.scene_position.same(other.scene_position)
    )


def scales_of(session, volumes):
    """The scale of one map after the other, arrays (z, y, x), all on the full scale of the strongest."""
    voxel_size = volumes[0].data.step[::-1]  # ChimeraX has x, y, z; arrays are z, y, x
    full_scale = occupy.common_full_scale((volume.full_matrix(), voxel_size) for volume in volumes)
    for volume in volumes:

        def report(fraction, stage, name=volume.name):
            session.logger.status(f"{name}: {stage} {fraction:.0%}")

        yield occupy.estimate(volume.full_matrix(), voxel_size, full_scale=full_scale, progress=report).scale


def range_of(arrays):
    """The largest minus the smallest value at every voxel."""
    first = next(arrays)
    lowest, highest = first.copy(), first.copy()
    for array in arrays:
        np.minimum(lowest, array, out=lowest)
        np.maximum(highest, array, out=highest)
    return np.subtract(highest, lowest, out=highest)


def hidden_map(session, array, volume, name):
    """A map of an array, in the place of another one."""
    data = volume.data
    grid = ArrayGridData(array, data.origin, data.step, data.cell_angles, data.rotation, name=name)
    made = hidden_volume(session, grid)
    session.models.add([made])
    made.scene_position = volume.scene_position
    return made


def color(session, volumes, by):
    """Color the surfaces of maps by another map, with a key."""
    palette = ":".join(f"{value},{name}" for value, name in COLORS.items())
    run(session, f"color sample {''.join(volume.atomspec for volume in volumes)} map {by.atomspec} palette {palette}")
    entries = " ".join(f"{name}:{value}" for value, name in COLORS.items())
    run(session, f"key {entries} {KEY_LAYOUT}")


def main(session, arguments):
    volumes = checked_maps(session, arguments)
    try:
        array = range_of(scales_of(session, volumes))
    except occupy.OccuPyError as error:
        raise UserError(str(error)) from None
    made = hidden_map(session, array, volumes[0], "range of the scale")
    color(session, volumes, made)
    session.logger.info(f"Made {made.name} {made.atomspec}")


try:
    # `open class_differences.py` gives no arguments: what is in sys.argv then is ChimeraX's own.
    main(session, sys.argv[1:] if sys.argv[0] == __file__ else [])  # noqa: F821 - ChimeraX gives scripts their session
except UserError as error:
    session.logger.error(f"class_differences.py: {error}")  # noqa: F821
    if not session.ui.is_gui:  # noqa: F821
        raise SystemExit(1) from None
