"""The arguments that the commands share, and how errors of the engine reach the user."""

from contextlib import contextmanager

from chimerax.core.commands import (
    BoolArg,
    ColormapArg,
    ColormapRangeArg,
    EnumOf,
    FloatArg,
    IntArg,
    ModelIdArg,
    ModelsArg,
)
from chimerax.core.errors import UserError
from chimerax.map import Volume
from chimerax.map.mapargs import MapArg, MapRegionArg, MapsArg, MapStepArg

from ..engine.errors import OccuPyError, SettingError
from ..engine.settings.table import SETTINGS, group, respelled

SAMPLING = [("subregion", MapRegionArg), ("step", MapStepArg), ("model_id", ModelIdArg)]
SEVERAL = [("common_scale", BoolArg)]
COLORING = [("palette", ColormapArg), ("range", ColormapRangeArg), ("key", BoolArg)]
DISPLAY = [("color", BoolArg), *COLORING, ("show_tile", BoolArg)]


class MapsToUseArg(ModelsArg):
    """One map or more; models that are not maps are an error, not left out in silence."""

    name = "a density maps specifier"

    @classmethod
    def parse(cls, text, session):
        models, used, rest = super().parse(text, session)
        maps = [model for model in models if isinstance(model, Volume)]
        if not maps:
            raise UserError(f"No map among {used}: expected a density map, such as #1 ({_listing(models)})")
        return maps, used, rest


def _listing(models):
    names = [f"#{model.id_string} is {model.name}, of type {type(model).__name__}" for model in models]
    return names[0] if names else "no such model is open"


def from_settings(*groups):
    """Keyword arguments for the settings of these groups, as `CmdDesc` wants them."""
    return [(setting.name, annotation(setting)) for setting in group(*groups)]


def annotation(setting):
    """How ChimeraX reads a value of this setting."""
    if setting.kind == "choice":
        return EnumOf(setting.choices)
    return {"float": FloatArg, "int": IntArg, "bool": BoolArg, "map": MapArg, "maps": MapsArg}[setting.kind]


def explained(session, error, volume=None):
    """A sentence on an error of work in the background; one that nobody expected goes to the log as a whole."""
    try:
        with user_errors(volume):
            raise error
    except UserError as told:
        return str(told)
    except Exception:
        session.logger.report_exception()
        return "Something went wrong that should not have: see the log"


def in_chimerax_spelling(sentence):
    """A sentence of the engine with settings' names as they are typed here."""
    return respelled(sentence, lambda setting: setting.camel)


@contextmanager
def user_errors(volume=None):
    """Turn errors of the engine into ChimeraX's, with the names as they are typed there."""
    try:
        yield
    except SettingError as error:
        setting = SETTINGS.get(error.name)
        raise UserError(f"{setting.camel if setting else error.name} {error.problem}") from None
    except OccuPyError as error:
        where = f"{volume.name} (#{volume.id_string}): " if volume else ""
        raise UserError(where + in_chimerax_spelling(str(error))) from None
    except MemoryError:
        raise UserError("Not enough memory for this map; close others, or give maxBox 256 or a subregion") from None
