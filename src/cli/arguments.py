"""The shell's spelling of every setting, from the engine's one table."""

import argparse
from pathlib import Path

from ..engine.errors import SettingError
from ..engine.settings import ESTIMATION, KINDS, MASK, SETTINGS, group, respelled

GROUP_TITLES = {ESTIMATION: "estimation", MASK: "mask"} | dict.fromkeys(KINDS, "modification")


def add_settings(parser, *groups):
    """Add an option for each setting of these groups; those not given are left out of the result."""
    for name in groups:
        section = parser.add_argument_group(GROUP_TITLES[name])
        for setting in group(name):
            add_setting(section, setting)


def add_setting(parser, setting, default=argparse.SUPPRESS):
    """Add the option for one setting."""
    parser.add_argument(f"--{setting.kebab}", default=default, **_option(setting))


def _option(setting):
    text = setting.help.replace("%", "%%") + f" [{_default(setting)}]"
    if setting.kind == "bool":
        return {"action": argparse.BooleanOptionalAction, "help": text}
    if setting.kind == "choice":
        return {"choices": setting.choices, "help": text}
    if setting.kind == "map":
        return {"type": Path, "metavar": "MAP", "help": text}
    if setting.kind == "maps":
        return {"type": Path, "nargs": 2, "metavar": ("MAP", "MAP"), "help": text}
    return {"type": _checked(setting), "metavar": setting.unit.upper() or "X", "help": text}


def _default(setting):
    if setting.default is None:
        return f"default: {setting.derived}"
    value = {True: "yes", False: "no"}[setting.default] if setting.kind == "bool" else setting.default
    unit = f" {setting.unit}" if setting.unit else ""
    return f"default: {value:g}{unit}" if setting.kind in ("float", "int") else f"default: {value}"


def _checked(setting):
    """A converter for argparse, which says what was expected."""

    def convert(text):
        try:
            return setting.check(float(text))
        except ValueError:
            raise argparse.ArgumentTypeError(f"it is {text}, but must be {setting.expected}") from None

    return convert


def positive_number(text):
    """A converter for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"it is {text}, but must be a number above 0")
    return value


def given(options):
    """The settings that were given, by their names in Python."""
    return {name: value for name, value in vars(options).items() if name in SETTINGS}


def in_shell_spelling(error):
    """The sentence of an error or a note, with settings' names as they are typed in the shell."""
    if isinstance(error, SettingError):
        return f"--{error.name.replace('_', '-')} {error.problem}"
    return respelled(str(error), lambda setting: f"--{setting.kebab}")
