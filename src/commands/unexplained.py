"""The density that a model does not explain, shown as a map of its own."""

from html import escape

from chimerax.core.colors import Color

from ..figures.palette import UNEXPLAINED
from .arguments import user_errors
from .maps import new_map, show_in_place_of
from .report import log_made, status


def show_map_of_unexplained(session, job, found):
    """Show the part of a map that a refinement left unexplained in place of that map, as a surface at its level.

    Parameters
    ----------
    session : Session
    job : RefineJob
    found : Refinement
        Its result.

    Returns
    -------
    Volume or None
        None where nothing is left unexplained, which is told.
    """
    volume = job.sampled.volume
    if not found.unexplained > 0:
        name = f"{escape(volume.name)} #{volume.id_string}"
        session.logger.info(f"There is nothing to show: the model explains the density in {name}.", is_html=True)
        return None
    with user_errors(volume):
        density = job.unexplained(found, status(session, job.called))
    made = new_map(job.sampled, density, f"{volume.name} unexplained")
    show_in_place_of(made, volume)
    made.set_display_style("surface")
    made.set_parameters(surface_colors=[Color(UNEXPLAINED).rgba] * len(made.surfaces))
    log_made(session, made, f"the {found.unexplained:.0%} of the density that the model does not explain")
    return made
