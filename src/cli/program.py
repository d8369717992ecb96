"""The `occupy` program: its subcommands, and what becomes of mistakes."""

import argparse
import os
import sys

from .. import __version__
from ..engine.errors import OccuPyError
from . import attenuate, demo, equalize, estimate, mask, measure, refine, sigmoid, solvent
from .arguments import DESCRIPTION, EPILOG
from .report import printable, tell_failure

SUBCOMMANDS = (estimate, equalize, attenuate, sigmoid, solvent, mask, measure, refine, demo)
"""In the order of the help. Each has `register`, which adds its parser and says which function it calls."""


def run(arguments=None):
    """Run the program on these arguments; the exit status is 0, 1 where a map failed, or 2 for a mistake in them."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal without Å shows a question mark rather than stopping the work.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    function, values = _parsed(arguments)
    try:
        return function(**values)
    except (OccuPyError, MemoryError) as error:
        return _failed(error)
    except KeyboardInterrupt:
        return _failed("stopped; nothing more was written")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _failed(problem):
    tell_failure(problem)
    return 1


def _parsed(arguments):
    """The function of a subcommand and the values of its keywords."""
    options, unknown = _parser().parse_known_args(arguments)
    values = vars(options)
    function, refuse = values.pop("function"), values.pop("refuse")
    if unknown:
        refuse(f"unrecognized arguments: {' '.join(unknown)}")
    return function, values


class _Parser(argparse.ArgumentParser):
    """A parser that tells of a mistake in a sentence rather than with the whole usage."""

    def error(self, message):
        self.exit(2, f"{printable(f'{self.prog}: error: {message}')}\nsee {self.prog} --help\n")


def _parser():
    parser = _Parser(
        "occupy", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"OccuPy for ChimeraX {__version__}")
    subcommands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in SUBCOMMANDS:
        module.register(subcommands)
    return parser
