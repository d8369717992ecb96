"""Color surfaces by a scale map or a flexibility map, with a key."""

from dataclasses import dataclass

import numpy as np
from chimerax.color_key.model import get_model
from chimerax.core.colors import Color, Colormap
from chimerax.core.commands import StringArg, run
from chimerax.core.logger import StringPlainTextLog
from chimerax.core.undo import UndoState
from chimerax.std_commands.color import color_by_attr
from chimerax.surface import color_sample
from chimerax.surface.colorvol import volume_coloring

from ..engine.scale.flexibility import LOWEST, NO_VALUE, with_gaps
from ..figures.palette import FLEXIBILITY, KEY_TITLE, NEW_KEY, OCCUPANCY, PALETTE, RANGE, UNTOLD, key_entries
from .maps import draw_now

FULL = "full"


@dataclass(frozen=True)
class Coloring:
    """The display keywords of a command.

    `palette` is a Colormap or None for this bundle's; `range` a tuple of two floats,
    'full', or None for 0 to 1 or the palette's own values; `show_tile` asks for a marker
    of the tile that set the full scale.
    """

    color: bool = True
    palette: object = None
    range: object = None
    key: bool = True
    show_tile: bool = False


def color_volume(session, volume, scale_map, coloring, undo=True):
    """Color a volume's surfaces by a scale map, and show a key, as the keywords say."""
    if not coloring.color:
        return
    surfaces = surfaces_of(volume)
    if surfaces:
        color_surfaces(session, surfaces, scale_map, coloring, undo)
    else:
        session.logger.info(
            f"{volume.name} (#{volume.id_string}) shows no surface to color; show one with volume style surface, "
            f"then: occupy color #{volume.id_string} scaleMap #{scale_map.id_string}"
        )


def color_surfaces(session, surfaces, scale_map, coloring, undo=True, shades=OCCUPANCY):
    """Color surfaces that have geometry by a scale map, and show a key.

    Parameters
    ----------
    surfaces : list of Surface
    scale_map : Volume
    coloring : Coloring
    undo : bool
        Whether the coloring can be undone.
    shades : Shades
        Of what the map tells.
    """
    shown = None
    palette, ends = _palette_and_range(coloring, shades)
    if shades is FLEXIBILITY:
        told = with_gaps(scale_map.full_matrix())
        told = told[np.isfinite(told)] if np.isfinite(told).any() else np.zeros(1)
        shown = _colormap(coloring, float(told.min()), float(told.max()), shades)
        palette, ends = _with_untold(shown), None
    state = UndoState("occupy color")
    with StringPlainTextLog(session.logger):  # lines on each surface that do not say of which map it is
        color_sample(session, surfaces, scale_map, palette=palette, range=ends, undo_state=state)
    if undo:
        session.undo.register(state)
    if coloring.key:
        used = shown or volume_coloring(surfaces[0]).colormap
        show_key(session, [_hex(color) for color in used.colors], used.data_values, shades.title)


def color_by_attribute(session, atoms, attribute, coloring, title=KEY_TITLE, untold=False):
    """Color atoms, cartoons and surfaces by an attribute of residues, and show a key, as the keywords say.

    Parameters
    ----------
    session : Session
    atoms : Atoms
    attribute : str
        Residues that do not have it keep their colors.
    coloring : Coloring
    title : str
        Of the key.
    untold : bool
        Give residues that do not have it the color of what has no value.
    """
    values = [value for r in atoms.unique_residues if (value := getattr(r, attribute, None)) is not None]
    if not coloring.color or not values:
        return
    used = _colormap(coloring, min(values), max(values))
    no_value = Color(UNTOLD) if untold else None
    color_by_attr(session, f"r:{attribute}", atoms, palette=used, no_value_color=no_value, log_info=False)
    if coloring.key:
        show_key(session, [_hex(color) for color in used.colors], used.data_values, title)


def color_atoms(session, atoms, attribute):
    """Color the residues of a model by an attribute that holds the scale, and show a key.

    Parameters
    ----------
    session : Session
    atoms : str
        What to color, as it is typed.
    attribute : str
    """
    low, high = RANGE
    run(session, f"color byattribute {attribute} {atoms} palette {':'.join(PALETTE)} range {low:g},{high:g}")
    show_key(session, PALETTE, np.linspace(low, high, len(PALETTE)))


def _with_untold(palette):
    """The palette with the color of what has no value below its values."""
    lowest = min(LOWEST, float(palette.data_values[0]) - 1)
    values = np.array([NO_VALUE, lowest - 1, lowest, *palette.data_values])
    return Colormap(values, [_rgba(UNTOLD), _rgba(UNTOLD), palette.colors[0], *palette.colors])


def _palette_and_range(coloring, shades=OCCUPANCY):
    """The palette of a coloring, and its range: two values, 'full', or None for the values of the palette."""
    palette, ends = coloring.palette, coloring.range
    if palette is None:
        palette = Colormap(None, [_rgba(color) for color in shades.colors])
    if palette.values_specified:
        return palette if ends is None else _from_0_to_1(palette), ends
    return palette, shades.range if ends is None else ends


def _from_0_to_1(palette):
    """The palette with its values taken to 0 to 1, which a range means in ChimeraX before 1.11; later any will do."""
    lowest, highest = palette.value_range()
    beyond = (palette.color_above_value_range, palette.color_below_value_range, palette.color_no_value)
    return Colormap((palette.data_values - lowest) / (highest - lowest), palette.colors, *beyond)


def _colormap(coloring, lowest, highest, shades=OCCUPANCY):
    """The colors at each value, for values from the lowest to the highest."""
    palette, ends = _palette_and_range(coloring, shades)
    if ends == FULL:
        ends = (lowest, highest) if lowest < highest else shades.range
    if ends is None:
        return palette
    return palette.rescale_range(*ends) if palette.values_specified else palette.linear_range(*ends)


def surfaces_of(volume):
    """A volume's surfaces with geometry, which is made here where it has not been drawn yet."""
    draw_now(volume.session)
    volume.update_drawings()
    return [surface for surface in volume.surfaces if surface.vertices is not None]


def show_key(session, colors, values, title=KEY_TITLE):
    """Show a color key; an existing one keeps its place and size. Colors are as #rrggbb."""
    entries = key_entries(colors, values, title)
    layout = "" if get_model(session, create=False) else NEW_KEY
    run(session, f"key {' '.join(StringArg.unparse(entry) for entry in entries)} {layout}", log=False)


def _rgba(color):
    return (*(int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)), 1.0)


def _hex(rgba):
    return "#" + "".join(f"{round(255 * float(c)):02x}" for c in rgba[:3])
