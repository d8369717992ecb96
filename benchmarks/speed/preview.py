"""How long a step of the panel's slider takes, in ChimeraX:

    chimerax --offscreen --nogui --exit --script "benchmarks/speed/preview.py [SIZE]"

A map of SIZE voxels along each axis (256) is made, estimated and modified with several powers. Each step is timed in
two halves: the modification, and ChimeraX's own work, which is the surface and its colors. Rendering is left out.
"""

import sys
import time
from statistics import median

from chimerax.map import volume_from_grid_data
from chimerax.map_data import ArrayGridData
from chimerax.occupy.commands.jobs import EstimateJob
from chimerax.occupy.commands.maps import draw_now, sample
from chimerax.occupy.engine import phantom
from chimerax.occupy.engine.settings.kinds import KINDS
from chimerax.occupy.tool.preview import Preview

VOXEL_SIZE = 1.18
LEVEL = 0.3
POWERS = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0)


def open_map(session, size):
    """Balls of several occupancies in noise, as a surface at full sampling."""
    shape = (size,) * 3
    density = phantom.density_of_parts(
        phantom.parts_on_ring([1, 0.8, 0.6, 0.4, 0.2], shape, size // 9), shape, VOXEL_SIZE
    )
    volume = volume_from_grid_data(ArrayGridData(density, step=(VOXEL_SIZE,) * 3, name="balls"), session)
    volume.set_parameters(surface_levels=[LEVEL])
    volume.new_region(ijk_step=(1, 1, 1), adjust_step=False)
    draw_now(session)
    return volume


def times_of_step(session, preview, kind, power):
    """Seconds for the modification and for ChimeraX's surface."""
    start = time.perf_counter()
    result = preview.modifier.modified(kind, power=power)
    modified = time.perf_counter()
    preview.show(result.density)
    draw_now(session)
    return modified - start, time.perf_counter() - modified


def main(session, size):
    sampled = sample(open_map(session, size))
    preview = Preview(session, sampled, EstimateJob(sampled, {}).compute())
    for kind in KINDS:
        times_of_step(session, preview, kind, 1.2)
        steps = [times_of_step(session, preview, kind, power) for power in POWERS]
        ours, theirs = (median(part) for part in zip(*steps, strict=True))
        triangles = len(preview.volume.surfaces[0].triangles)
        print(
            f"{size}³ {kind}: {ours + theirs:.2f} s a step, of which modification {ours:.3f} s and surface "
            f"{theirs:.3f} s ({theirs / ours:.1f} times; {triangles} triangles)",
            flush=True,
        )


main(session, int(sys.argv[1]) if len(sys.argv) > 1 else 256)  # noqa: F821 - ChimeraX gives scripts their session
