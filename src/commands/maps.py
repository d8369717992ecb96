"""From a ChimeraX Volume to an array, and back."""

from dataclasses import dataclass
from itertools import groupby

import numpy as np
from chimerax.core.errors import UserError
from chimerax.map import Volume, volume_from_grid_data
from chimerax.map_data import ArrayGridData

_RIGHT_ANGLES = (90, 90, 90)
_ANGLE_TOLERANCE = 0.01
CHANGES = ("data values changed", "coordinates changed")
"""The changes of a Volume after which what was made of it no longer holds."""


@dataclass(frozen=True)
class SampledMap:
    """The voxels of a volume's subregion at a step.

    Attributes
    ----------
    volume : Volume
    density : array, shape (z, y, x)
    region : tuple
        First voxel, last voxel and step, each (x, y, z).
    voxel_size : tuple of 3 float
        Å along z, y and x.
    """

    volume: Volume
    density: np.ndarray
    region: tuple
    voxel_size: tuple


@dataclass(frozen=True)
class Sampling:
    """Which voxels of a volume to take; see `SampledMap`, which has read them."""

    volume: Volume
    region: tuple
    voxel_size: tuple

    @property
    def shape(self):
        """Voxels along z, y and x."""
        first, last, step = self.region
        return tuple((b - a) // s + 1 for a, b, s in zip(first, last, step, strict=True))[::-1]

    def read(self):
        """The `SampledMap`."""
        return SampledMap(self.volume, self.volume.region_matrix(self.region), self.region, self.voxel_size)


def sample(volume, step=1, subregion="all"):
    """The map's voxels, at full sampling unless a step is given."""
    return sampling_of(volume, step, subregion).read()


def sampling_of(volume, step=1, subregion="all"):
    """Which voxels `sample` takes, before any is read; raises `UserError` where the map cannot be used."""
    angles = volume.data.cell_angles
    if not np.allclose(angles, _RIGHT_ANGLES, atol=_ANGLE_TOLERANCE):
        raise UserError(
            f"{volume.name} (#{volume.id_string}) has cell angles {', '.join(f'{a:g}' for a in angles)}°, but must "
            "have right angles: resample it (volume resample) first"
        )
    first, size, step = volume.step_aligned_region(volume.subregion(step, subregion))
    if min(size) < 1:
        last = ",".join(str(n - 1) for n in volume.data.size)
        raise UserError(
            f"The subregion holds no voxel of {volume.name} (#{volume.id_string}); expected voxels within 0,0,0,{last}"
        )
    region = (tuple(first), tuple(f + n - 1 for f, n in zip(first, size, strict=True)), tuple(step))
    _, voxel_size = volume.region_origin_and_step(region)
    return Sampling(volume, region, tuple(reversed(voxel_size)))


def values_on_grid(other, sampled):
    """Another map's values at the voxels of a sampled map, interpolated where grids differ."""
    values, _ = other.interpolate_on_grid(sampled.volume)
    first, last, step = (reversed(part) for part in sampled.region)
    return values[tuple(slice(a, b + 1, s) for a, b, s in zip(first, last, step, strict=True))]


def new_map(sampled, array, name, model_id=None):
    """A new, undisplayed Volume with this array on the grid of a sampled map."""
    volume = sampled.volume
    made = hidden_volume(volume.session, grid_on(sampled, array, name), settings_of=volume)
    made.id = model_id
    volume.session.models.add([made])
    made.scene_position = volume.scene_position
    return made


def grid_on(sampled, array, name):
    """Grid data with this array on the grid of a sampled map."""
    data = sampled.volume.data
    origin, step = sampled.volume.region_origin_and_step(sampled.region)
    return ArrayGridData(array, origin, step, data.cell_angles, data.rotation, name=name)


def hidden_volume(session, grid, settings_of=None):
    """A Volume that is neither displayed nor among the open models, nor waits to be drawn.

    Parameters
    ----------
    session : Session
    grid : GridData
    settings_of : Volume, optional
        Another map whose settings are taken over, but for place, style, region, levels and colors.
    """
    made = volume_from_grid_data(grid, session, open_model=False, show_dialog=False)
    if settings_of is not None:
        made.copy_settings_from(
            settings_of,
            copy_style=False,
            copy_region=False,
            copy_thresholds=False,
            copy_colors=False,
            copy_zone=False,
            copy_xform=False,
        )
    draw_now(session)
    made.display = False
    return made


def draw_now(session):
    """Draw the maps that wait for the next frame.

    ChimeraX (1.12) keeps maps in its list that were hidden before they were drawn. When these, or others in the list,
    are closed and a map is opened before the next frame, as scripts do, it fails and redraws no map any more.
    """
    session.triggers.activate_trigger("graphics update", session.main_view)


def show_in_place_of(made, volume):
    """Display a map as another one is displayed, at its levels, and hide that one."""
    made.copy_settings_from(volume, copy_region=False, copy_colors=False, copy_xform=False)
    volume.display = False
    made.display = True
    draw_now(volume.session)


def show_alone_command(shown, models):
    """The command that shows some of several models and hides the others."""
    return f"hide {spec_of(models)} models; show {spec_of(shown)} models"


def spec_of(models):
    """Open models as they are typed, such as #1,3-5#6.1-40,42."""
    runs = []
    for number in sorted(model.id for model in models if not model.deleted):
        if runs and runs[-1][-1][:-1] == number[:-1] and runs[-1][-1][-1] + 1 == number[-1]:
            runs[-1].append(number)
        else:
            runs.append([number])
    return "".join(
        f"#{''.join(f'{part}.' for part in parent)}{','.join(_span(run[0][-1], run[-1][-1]) for run in of_parent)}"
        for parent, of_parent in groupby(runs, key=lambda run: run[0][:-1])
    )


def _span(first, last):
    return f"{first}" if first == last else f"{first}-{last}"


def one_or_list(volumes):
    """What a command returns: the model, or a list of several."""
    return volumes[0] if len(volumes) == 1 else volumes


class ModelIds:
    """Ids for the models that a command makes: from the one asked for on, else the next free ones.

    Parameters
    ----------
    session : Session
    first : tuple of int or None
    count : int
        How many will be taken; it is an error, before any work, that one is in use.
    """

    def __init__(self, session, first, count):
        self._next = first
        for i in range(count if first else 0):
            used = session.models.list(model_id=(*first[:-1], first[-1] + i))
            if used:
                raise UserError(f"modelId #{used[0].id_string} is {used[0].name} already; give a number that is free")

    def take(self):
        current = self._next
        if current is not None:
            self._next = (*current[:-1], current[-1] + 1)
        return current
