"""Commands as the user would type them."""

import re

from chimerax.core.commands import AnnotationError
from chimerax.core.errors import UserError
from chimerax.map import Volume

from ..engine.settings.table import SETTINGS

_PLAIN_WORD = re.compile(r"[^\s;'\"]+")
_QUOTES = "\"'"


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
    return quoted(str(value))


def quoted(text):
    """A word or a file name as one argument of a command, in quotes where they are needed.

    To ChimeraX a quoted argument ends at the first quotation mark before a space, a semicolon or the end; in file names
    nothing stands for another character.

    Raises
    ------
    UserError
        If it cannot be written so that ChimeraX reads the same.
    """
    if _PLAIN_WORD.fullmatch(text):
        return text
    for mark in _QUOTES:
        if "\n" not in text and not re.search(rf"{mark}[\s;]", text):
            return f"{mark}{text}{mark}"
    raise UserError(f"{text!r} cannot be written in a command: expected a name without quotation marks and line ends")


def in_digits(number):
    """A number in as few digits as give it back exactly."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)


def specified(argument, typed, session, field, expected):
    """What a specifier that was typed in a field stands for.

    Parameters
    ----------
    argument : Annotation
        Of the command, such as AtomsArg.
    typed : str
    session : Session
    field : str
        What the field is called.
    expected : str
        What should be in it, with an example.

    Raises
    ------
    UserError
        If it is not understood; says of which field.
    """
    try:
        found, _, rest = argument.parse(typed, session)
    except (AnnotationError, UserError) as error:
        raise UserError(f"{field}, {typed}: {error}") from None
    if rest.strip():
        raise UserError(f"{field}, {typed}: not understood at {rest.strip()}; expected {expected}")
    return found


def named(volume):
    """A model's name with its number, for the user."""
    return f"{volume.name} #{volume.id_string}"


def is_open(volume):
    """Whether a map is (still) among the open models."""
    return isinstance(volume, Volume) and not volume.deleted and volume.id is not None
