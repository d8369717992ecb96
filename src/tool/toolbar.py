"""What the buttons of the toolbar do: they run commands on what is shown."""

from chimerax.atomic import AtomicStructure
from chimerax.core.commands import run
from chimerax.core.errors import UserError
from chimerax.map import Volume

from ..commands.estimate import SUFFIX
from .panel import TOOL_NAME


def run_button(session, name):
    """Do what a button of the toolbar is for: estimate, equalize, refine or panel."""
    if name == "panel":
        run(session, f'ui tool show "{TOOL_NAME}"')
        return
    command = f"occupy {name} #{_numbers(_shown_maps(session), 'map')}"
    if name == "refine":
        command += f" atoms #{_numbers(_shown(session, AtomicStructure), 'atomic model')}"
    run(session, command)


def _shown_maps(session):
    """The maps that are shown; scale maps, which are made of these, are not among them."""
    return [volume for volume in _shown(session, Volume) if not volume.name.endswith(tuple(SUFFIX.values()))]


def _shown(session, kind):
    return [model for model in session.models.list(type=kind) if model.visible]


def _numbers(models, what):
    """The numbers of models as they are typed."""
    if not models:
        raise UserError(f"No {what} is shown; open or show one first")
    return ",".join(model.id_string for model in models)
