"""The options of the subcommands, and the shell's spelling of every setting, from the engine's one table."""

import argparse
from pathlib import Path

from ..engine.errors import SettingError
from ..engine.settings.kinds import KINDS
from ..engine.settings.table import ESTIMATION, FLEXIBILITY, MASK, UNCERTAINTY, default_in_words, group, respelled

DESCRIPTION = """\
Estimate, from a single cryo-EM map, how far each region rises above solvent, on a scale
from 0 to 1: a proxy for occupancy. And equalise the map: bring every region to one level
without amplifying solvent. Best on unsharpened maps with solvent around the molecule.
With an atomic model, tell the occupancy of each chain and how sure that is (refine)."""

EPILOG = """\
examples:
  occupy demo                             see all of it on a small map made for it
  occupy estimate map.mrc                 writes map_occupancy.mrc and, beside it, a figure
                                          (.png), a ChimeraX script (.cxc) and settings (.json)
  occupy equalize map.mrc                 writes map_equalized.mrc and the same beside it
  occupy equalize *.mrc --power 2 --output-dir equalized
  occupy equalize *.mrc --workers 8 --resume  several at a time; what is there already is kept
  occupy refine map.mrc --atoms model.cif     tells the occupancy of each chain with its error

exit status: 0 all maps are made, 1 some failed, 2 a mistake in the options, 3 the disk is full,
130 stopped by Ctrl-C, 143 ended by the system

The scale is relative to the strongest region of a map; less mass, flexibility and B-factors
lower it too, not only occupancy. The method: doi.org/10.1038/s41467-023-41478-1"""

WORKER_TIMEOUT = 1440.0
"""Minutes without a worker after which a run ends: a day, as queues may be long."""

GROUP_TITLES = {
    ESTIMATION: "estimation",
    UNCERTAINTY: "uncertainty",
    FLEXIBILITY: "flexibility",
    MASK: "mask",
} | dict.fromkeys(KINDS, "modification")


def add_subcommand(subcommands, name, function, summary, aliases=()):
    """Add a subcommand.

    Parameters
    ----------
    subcommands : what `ArgumentParser.add_subparsers` returned
    name : str
    function : callable
        Takes every option as a keyword of its name and returns the exit status.
    summary : str
        In a few words, as in a list.
    aliases : list of str

    Returns
    -------
    ArgumentParser
        To add options to.
    """
    parser = subcommands.add_parser(
        name,
        aliases=aliases,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(function=function, refuse=parser.error, command=name)
    return parser


def add_map_subcommand(subcommands, name, function, summary, aliases=()):
    """Add a subcommand that works on maps, with the options on its input: see `add_subcommand`."""
    parser = add_subcommand(subcommands, name, function, summary, aliases)
    parser.description += f"\n\n{DESCRIPTION}"
    parser.epilog = EPILOG
    parser.add_argument(
        "maps", nargs="+", metavar="MAP", help="MRC or CCP4 file, may be .gz or .bz2; or an entry, such as emdb:3061"
    )
    parser.add_argument(
        "--voxel-size", type=positive_number, metavar="Å", help="voxel size, instead of what the file says"
    )
    return parser


def add_output(parser):
    """Add the options on the files that are written."""
    parser.add_argument(
        "--output-dir", type=Path, metavar="DIR", help="where to write [default: beside the map; demo: occupy_demo]"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist already")


def add_running(parser):
    """Add the options on how a run over many maps goes, which `running.with_running` takes."""
    section = parser.add_argument_group("many maps")
    section.add_argument(
        "--resume", action="store_true", help="keep what the same settings made of the same files; make all else anew"
    )
    section.add_argument(
        "--no-figures", action="store_false", dest="figures", help="leave figures out, which take time and room"
    )
    workers = section.add_mutually_exclusive_group()
    add = workers.add_argument
    add(
        "--workers",
        type=positive_integer,
        metavar="N",
        help="work on so many maps at a time, in processes of their own",
    )
    add("--scheduler", metavar="ADDRESS", help="use the workers of a Dask scheduler, such as tcp://node7:8786")
    add("--scheduler-file", type=Path, metavar="FILE", help="the same, by the file that the scheduler has written")
    section.add_argument(
        "--worker-timeout",
        type=positive_number,
        default=WORKER_TIMEOUT,
        metavar="MINUTES",
        help=f"end the run when there was no worker for so long [default: {WORKER_TIMEOUT:g} minutes, a day]",
    )


def add_tables(parser):
    """Add the options on the tables that are saved, which `Tables` takes."""
    add = parser.add_argument
    add("--json", type=Path, metavar="FILE", dest="json_file", help="save the table as JSON; one table of all maps")
    add("--csv", type=Path, metavar="FILE", dest="csv_file", help="save it as comma-separated values")


def add_plot(parser, what):
    """Add the option to save a plot, of what the help says."""
    parser.add_argument("--plot", type=_picture, metavar="FILE", help=f"save a plot of {what}, as a .png")


def add_common_scale(parser):
    """Add the option to put several maps on one scale."""
    parser.add_argument(
        "--common-scale", action="store_true", help="put all maps on the full scale of the strongest of them"
    )


def add_settings(parser, *groups):
    """Add an option for each setting of these groups; those not given are left out of the result."""
    for name in groups:
        section = parser.add_argument_group(GROUP_TITLES[name])
        for setting in group(name):
            add_setting(section, setting)


def add_setting(parser, setting):
    """Add the option for one setting, which is left out of the result where it is not given."""
    parser.add_argument(f"--{setting.kebab}", default=argparse.SUPPRESS, **_option(setting))


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
    def spelled(value):
        if setting.kind == "bool":
            return "yes" if value else "no"
        return f"{value:g} {setting.unit}".strip() if setting.kind in ("float", "int") else value

    return f"default: {default_in_words(setting, spelled)}"


def _checked(setting):
    """A converter for argparse, which says what was expected."""

    def convert(text):
        try:
            return setting.check(float(text))
        except ValueError:
            raise argparse.ArgumentTypeError(f"it is {text}, but must be {setting.expected}") from None

    return convert


def _picture(text):
    """A converter for argparse."""
    path = Path(text)
    if path.suffix.lower() != ".png":
        raise argparse.ArgumentTypeError(f"it is {text}, but must end with .png")
    return path


def positive_number(text):
    """A converter for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"it is {text}, but must be a number above 0")
    return value


def positive_integer(text):
    """A converter for argparse."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"it is {text}, but must be a whole number above 0")
    return int(text)


def in_shell_spelling(error):
    """The sentence of an error or a note, with settings' names as they are typed in the shell."""
    if isinstance(error, SettingError):
        return f"--{error.name.replace('_', '-')} {error.problem}"
    return respelled(str(error), lambda setting: f"--{setting.kebab}")
