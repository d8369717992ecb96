"""occupy color: any surfaces colored by a scale map, with a key."""

from chimerax.core.commands import CmdDesc, SurfacesArg
from chimerax.core.commands import register as register_command
from chimerax.core.errors import UserError
from chimerax.map.mapargs import MapArg

from .arguments import COLORING
from .coloring import Coloring, color_surfaces
from .maps import draw_now


def color(session, surfaces, *, scale_map=None, palette=None, range=None, key=True):
    """Color surfaces by a scale map.

    Parameters
    ----------
    surfaces : list of Surface
        Of maps, of molecules or any others.
    scale_map : Volume
        What `occupy estimate` made; any map does.
    palette : Colormap, optional
    range : tuple of 2 float or 'full', optional
    key : bool
    """
    draw_now(session)
    drawn = [surface for surface in surfaces if surface.vertices is not None]
    if not drawn:
        raise UserError("There is no surface to color; expected one that is displayed, such as #1")
    color_surfaces(session, drawn, scale_map, Coloring(True, palette, range, key))


def register(name, logger):
    description = CmdDesc(
        required=[("surfaces", SurfacesArg)],
        keyword=[("scale_map", MapArg), *COLORING],
        required_arguments=["scale_map"],
        synopsis="Color surfaces by a scale map, with a key",
    )
    register_command(name, description, color, logger=logger)
