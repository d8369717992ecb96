"""occupy color: any surfaces colored by a scale map or a flexibility map, with a key."""

from chimerax.core.commands import CmdDesc, SurfacesArg
from chimerax.core.commands import register as register_command
from chimerax.core.errors import UserError
from chimerax.map.mapargs import MapArg

from ..figures.palette import FLEXIBILITY, OCCUPANCY
from .arguments import COLORING
from .coloring import Coloring, color_surfaces
from .maps import draw_now


def color(session, surfaces, *, scale_map=None, flexibility_map=None, palette=None, range=None, key=True):
    """Color surfaces by a scale map or a flexibility map.

    Parameters
    ----------
    surfaces : list of Surface
        Of maps, of molecules or any others.
    scale_map : Volume
        What `occupy estimate` made; any map does.
    flexibility_map : Volume
        What `occupy estimate` made with flexibility true, instead of a scale map.
    palette : Colormap, optional
    range : tuple of 2 float or 'full', optional
    key : bool
    """
    if (scale_map is None) == (flexibility_map is None):
        raise UserError("Expected one map to color by: scaleMap, such as scaleMap #2, or flexibilityMap")
    draw_now(session)
    drawn = [surface for surface in surfaces if surface.vertices is not None]
    if not drawn:
        raise UserError("There is no surface to color; expected one that is displayed, such as #1")
    shades = OCCUPANCY if flexibility_map is None else FLEXIBILITY
    color_surfaces(session, drawn, scale_map or flexibility_map, Coloring(True, palette, range, key), shades=shades)


def register(name, logger):
    description = CmdDesc(
        required=[("surfaces", SurfacesArg)],
        keyword=[("scale_map", MapArg), ("flexibility_map", MapArg), *COLORING],
        synopsis="Color surfaces by a scale map or a flexibility map, with a key",
    )
    register_command(name, description, color, logger=logger)
