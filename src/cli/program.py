"""The `occupy` program: its subcommands, and what becomes of mistakes."""

import argparse
import os
import signal
import sys
from importlib import import_module

from .. import __version__
from ..engine.errors import OccuPyError
from .arguments import DESCRIPTION, EPILOG
from .report import DiskFull, printable, tell_failure
from .runs.running import with_running

SUBCOMMANDS = {
    "estimate": ("write a map of the local scale", ()),
    "equalize": ("write a map with all its parts at one level, solvent not amplified", ("equalise",)),
    "attenuate": ("write a map with its weak parts weakened further, into solvent", ()),
    "sigmoid": ("write a map with weak parts weakened and strong ones strengthened", ()),
    "solvent": ("fit the solvent model; write the confidence map or the map without solvent", ()),
    "mask": ("write a solvent definition or a signal-subtraction mask from a scale map", ()),
    "measure": ("tell the occupancy of regions in a scale map", ()),
    "refine": ("tell the occupancy of chains or other groups of atoms in a map, with standard errors", ()),
    "particles": ("write the particles whose maps have some groups and not others", ()),
    "demo": ("make small maps of known occupancies, and estimate and equalise them", ()),
}
"""In the order of the help, what each does and other names of it. The module of its name has `register`, which
adds its parser and says which function it calls; no module is imported, which takes time, but the one asked for."""


FAILED, MISTAKE, FULL, STOPPED, ENDED = 1, 2, 3, 130, 143
"""Exit statuses where not all went well; the last two are those of shells for the signals."""


class _Ended(KeyboardInterrupt):
    """The system asks the program to end."""


def run(arguments=None):
    """Run the program on these arguments and return the exit status, 0 where all went well."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal without Å shows a question mark rather than stopping the work.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    signal.signal(signal.SIGTERM, _end)
    function, command, values = _parsed(arguments)
    try:
        return function(**with_running(command, values))
    except (OccuPyError, MemoryError) as error:
        return _failed(error, FULL if isinstance(error, DiskFull) else FAILED)
    except KeyboardInterrupt as stop:
        return _failed(str(stop) or "stopped; nothing more was written", ENDED if isinstance(stop, _Ended) else STOPPED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _end(*_):
    raise _Ended


def _failed(problem, status):
    tell_failure(problem)
    return status


def _parsed(arguments):
    """The function of a subcommand, its name, and the values of its options."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options, unknown = _parser(arguments).parse_known_args(arguments)
    values = vars(options)
    function, command, refuse = (values.pop(name) for name in ("function", "command", "refuse"))
    if unknown:
        refuse(f"unrecognized arguments: {' '.join(unknown)}")
    return function, command, values


class _Parser(argparse.ArgumentParser):
    """A parser that tells of a mistake in a sentence rather than with the whole usage."""

    def error(self, message):
        self.exit(MISTAKE, f"{printable(f'{self.prog}: error: {message}')}\nsee {self.prog} --help\n")


def _parser(arguments):
    asked = next((text for text in arguments if not text.startswith("-")), None)
    parser = _Parser(
        "occupy", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"OccuPy for ChimeraX {__version__}")
    subcommands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (summary, aliases) in SUBCOMMANDS.items():
        if asked in (name, *aliases):
            import_module(f".{name}", __package__).register(subcommands)
        else:
            subcommands.add_parser(name, aliases=aliases, help=summary)
    return parser
