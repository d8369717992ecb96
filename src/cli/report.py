"""What the program tells in the terminal, in the records of its runs and in the labels of its maps."""

import sys
from datetime import UTC, datetime
from unicodedata import category

from tqdm import tqdm

from .. import __version__
from ..engine.errors import OccuPyError
from ..engine.settings.checks import checked
from ..engine.settings.table import ESTIMATION, FLEXIBILITY, UNCERTAINTY
from .arguments import in_shell_spelling


class DiskFull(OccuPyError):
    """There is no room for a file; nor will there be for the next."""


def tell(lines):
    """Print lines, above the progress bar if there is one."""
    tqdm.write("\n".join(printable(line) for line in lines))
    sys.stdout.flush()


def tell_failure(problem, source=None):
    """Say what went wrong, and with which map, in one line."""
    sentence = sentence_of(problem)
    where = "" if source is None or str(source) in sentence else f"{source}: "
    tell_aside(f"{where}{sentence}")


def tell_aside(sentence):
    """Say something that is no result, in one line beside the results."""
    tqdm.write(printable(f"occupy: {sentence}"), file=sys.stderr)


def sentence_of(problem):
    """The sentence of an error, or the sentence itself."""
    if isinstance(problem, str):
        return problem
    return "not enough memory; try --max-box 256" if isinstance(problem, MemoryError) else in_shell_spelling(problem)


def printable(line):
    """The line with what would break it or command the terminal, as file names may, written as an escape."""
    return "".join(c if c.isprintable() or category(c) == "Zs" else ascii(c)[1:-1] for c in line)


def estimate_lines(sampled, source, found):
    """What was read off a map, the warnings and notes on it.

    Parameters
    ----------
    sampled : MapFile
    source : str
        The map as the user named it.
    found : Estimate

    Returns
    -------
    head, remarks : lists of str
    """
    settings, solvent = found.settings, found.solvent
    reading = f"kernel of {settings.kernel.voxels} voxels, tau {settings.tau:.4f}"
    if found.smoothing is not None:
        reading = f"means weighted by a Gaussian of {found.smoothing:.3g} Å"
    head = [
        f"{source}",
        f"  settings  mode {settings.mode}, low-pass {settings.lowpass:.4g} Å, {reading}",
        f"  scale     1 at density {found.full_scale:.4g}",
        f"  solvent   {solvent.mean:.3g} ± {solvent.sigma:.3g}{_where(solvent)}",
    ]
    notes = [*found.notes]
    if sampled.is_ours:
        notes.append("This map was made by OccuPy; the scale of such a map means little.")
    return head, [*warning_lines(found.warnings), *note_lines(notes)]


def _where(solvent):
    """Where a solvent that varies is as was said, and its range in the box."""
    if not solvent.varies:
        return ""
    mean, sigma = (f"{low:.3g} to {high:.3g}" for low, high in (solvent.ranges["mean"], solvent.ranges["sigma"]))
    return f" at the molecule; it varies in the box: {mean} ± {sigma}"


def warning_lines(sentences):
    """Lines of warnings."""
    return [f"  warning   {in_shell_spelling(sentence)}" for sentence in sentences]


def note_lines(sentences):
    """Lines of notes."""
    return [f"  note      {in_shell_spelling(sentence)}" for sentence in sentences]


def file_lines(files):
    """Lines on the files that were written, and on the script where there is none."""
    return [*note_lines(files.notes), f"  wrote     {', '.join(str(path) for path in files.paths)}"]


def program_record(path):
    """What a record begins with: the program, when and how it was called, and the map."""
    return {
        "program": f"OccuPy for ChimeraX {__version__}",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "arguments": sys.argv[1:],
        "map": path,
    }


def estimate_record(path, found, estimation):
    """All that is needed to repeat an estimate.

    Parameters
    ----------
    path : Path
        Of the map.
    found : Estimate
    estimation : dict
        The settings that were given, files as paths.
    """
    return program_record(path) | {
        "estimation": checked(estimation, ESTIMATION, UNCERTAINTY, FLEXIBILITY) | found.settings.as_dict(),
        "limits": found.limits(),
        "warnings": found.warnings,
        "notes": found.notes,
    }


def label(what, found=None):
    """A label for the header of a map: what it is and how it was estimated."""
    begin = f"OccuPy {__version__}: {what}"
    if found is None:
        return begin
    settings = found.settings
    return f"{begin}; {settings.mode}, low-pass {settings.lowpass:.3g} A, N {found.full_scale:.4g}"
