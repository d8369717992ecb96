"""The frame of the programs that validate: their options, the maps one after the other, and what each writes."""

import argparse
import sys
import tempfile
from pathlib import Path

from tqdm import tqdm

from .. import environment
from ..simulation.families import families

_DOCUMENT = Path("docs/validation.md")
_QUICK_DOCUMENT = Path(tempfile.gettempdir()) / "occupy-validation" / _DOCUMENT.name


def parser_of(about, quick="one condition instead of all"):
    """A parser of the options that these programs share.

    Parameters
    ----------
    about : str
        The docstring of the program, whose first line describes it.
    quick : str
        What --quick does.
    """
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument(
        "--output",
        type=Path,
        help=f"Markdown file, with figures in images/ beside it [default: {_DOCUMENT}; with --quick in the temporary "
        "folder]",
    )
    return parser


def run(parser, measure, write):
    """Measure, and write the part of the document.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    measure : callable
        Takes the options, returns results.
    write : callable
        Takes the document's path and the results.
    """
    options = parser.parse_args()
    try:
        results = measure(options)
    except environment.Failed as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    output = options.output or (_QUICK_DOCUMENT if options.quick else _DOCUMENT)
    write(output, results)
    print(f"Written: {output}")


def told(problems):
    """The problems, once they are told."""
    for problem in problems:
        print(problem, file=sys.stderr)
    return problems


def over_maps(measured, dealings, conditions):
    """Readings in the maps of all families of molecules, with a progress bar.

    Parameters
    ----------
    measured : callable
        Takes a molecule, what a dealing holds and the conditions; yields a list of readings for each condition.
    dealings : sequence of tuple
        Of the turn, an int, which tells how occupancies are dealt, the solvent and what else the program deals.
    conditions : sequence of Condition

    Returns
    -------
    readings : list
    problems : list of str
        Which molecules are missing, in sentences that have been told.
    """
    made, problems = families()
    told(problems)
    found = []
    with tqdm(total=len(made) * len(dealings) * len(conditions), unit="maps") as progress:
        for make in made.values():
            for dealing in dealings:
                for readings in measured(make(dealing[0]), *dealing, conditions):
                    found += readings
                    progress.update()
    return found, problems
