"""Commands as the user would type them."""

from chimerax.core.commands import StringArg
from chimerax.map import Volume

from ..engine.settings import SETTINGS


def command(name, models, settings=None, **others):
    """The text of a command.

    Parameters
    ----------
    name : str
        Such as occupy estimate.
    models : Model or list of Model
        What it works on.
    settings : dict, optional
        Settings by name in snake_case; None and defaults are better left out.
    **others
        Further keywords, spelled as they are typed.
    """
    words = {SETTINGS[setting].camel: value for setting, value in (settings or {}).items()} | others
    typed = [f"{word} {in_words(value)}" for word, value in words.items() if value is not None]
    return " ".join([name, in_words(models), *typed])


class Typed(str):
    """A value that is spelled as in a command already."""


def in_words(value):
    """A value as it is typed in a command."""
    if isinstance(value, Typed):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return in_digits(value)
    if isinstance(value, list):
        return "".join(f"#{model.id_string}" for model in value)
    if hasattr(value, "id_string"):
        return f"#{value.id_string}"
    return StringArg.unparse(str(value))


def in_digits(number):
    """A number in as few digits as give it back exactly."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)


def named(volume):
    """A model's name with its number, for the user."""
    return f"{volume.name} #{volume.id_string}"


def is_open(volume):
    """Whether a map is (still) among the open models."""
    return isinstance(volume, Volume) and not volume.deleted and volume.id is not None
