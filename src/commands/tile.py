"""The tile that set the full scale, shown in its place."""

import numpy as np
from chimerax.core.commands import run

from .report import log_made

COLOR = "#f2d27a80"


def show_tile(session, sampled, found):
    """Show a transparent sphere as large as the tile that set the full scale of an estimate.

    Parameters
    ----------
    sampled : SampledMap
    found : Estimate
        Of that map.
    """
    tile = found.full_scale_tile
    if tile.centre is None:
        session.logger.info("There is no tile to show: the full scale was given")
        return
    first, _, step = (np.array(part) for part in sampled.region)
    # Fourier-cropped maps were estimated on a coarser grid over the same box.
    finer = np.array(sampled.voxel_size) / np.array(found.settings.voxel_size)
    ijk = first + step * (np.array(tile.centre) / finer)[::-1]
    centre = sampled.volume.ijk_to_global_xyz(ijk)
    radius = max(n * v for n, v in zip(tile.size, found.settings.voxel_size, strict=True)) / 2
    place = ",".join(f"{c:.6g}" for c in centre)
    made = run(session, f"shape sphere center {place} radius {radius:.6g} color {COLOR}", log=False)
    made.name = f"{sampled.volume.name} full scale"
    log_made(session, made, "where the full scale was read")
