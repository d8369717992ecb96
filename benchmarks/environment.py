"""The Python environments of the two programs."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PUBLISHED = "0.1.13"
_REQUIREMENTS = (f"occupy=={PUBLISHED}", "numpy<2", "setuptools<81")
_CACHE = Path(tempfile.gettempdir()) / f"occupy-{PUBLISHED}-environment"
_QUIET = {"MPLBACKEND": "Agg", "PYTHONWARNINGS": "ignore"}
_CHECK = f"""\
from importlib.metadata import version
from occupy_lib import estimate, args
if version("occupy") != "{PUBLISHED}":
    raise SystemExit("it has OccuPy " + version("occupy") + ", but {PUBLISHED} is needed")
"""
_VERSIONS = """\
import json, platform
from importlib.metadata import version
print(json.dumps({"Python": platform.python_version(), "NumPy": version("numpy"), "SciPy": version("scipy")}))
"""


class Failed(Exception):
    """Says in a sentence why a Python could not do what it was asked."""


def add_option(parser):
    """Add the option that names a Python with the published program."""
    parser.add_argument(
        "--published-python",
        type=Path,
        metavar="PATH",
        help=f"a Python with occupy=={PUBLISHED} [default: an environment made in the temporary folder]",
    )


def run(python, arguments, folder):
    """What a Python prints, run quietly in a folder.

    Parameters
    ----------
    python : str or Path
    arguments : list of str
    folder : Path

    Raises
    ------
    Failed
        If it cannot be started or fails; the last line of its errors says why.
    """
    try:
        done = subprocess.run(
            [python, *arguments], cwd=folder, env=os.environ | _QUIET, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise Failed(f"{python} cannot be started: {error.strerror}") from None
    if done.returncode:
        raise Failed(f"{python} failed: {_reason(done)}")
    return done.stdout


def _reason(done):
    """The last line of the errors that a process printed; of pip's, whose last lines are warnings, the error."""
    lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
    return ([line for line in lines if line.startswith("ERROR")] or lines)[-1]


def published_python(given=None):
    """A Python that has the published program, in an environment made for it unless given.

    Parameters
    ----------
    given : Path, optional

    Returns
    -------
    Path

    Raises
    ------
    Failed
        If it cannot be imported there, or the environment cannot be made.
    """
    if given is not None:
        given = given.absolute()  # not resolved: the link is what makes it the environment's Python
        _check_published(given)
        return given
    python = _CACHE / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    try:
        _check_published(python)
    except Failed:
        print(f"Making an environment for OccuPy {PUBLISHED} in {_CACHE}", file=sys.stderr)
        run(sys.executable, ["-m", "venv", "--clear", str(_CACHE)], Path.cwd())
        run(python, ["-m", "pip", "install", "--quiet", *_REQUIREMENTS], _CACHE)
        _check_published(python)
    return python


def found_published(given=None):
    """A Python that has the published program, or, unless one was given, None and in a sentence why there is none."""
    try:
        return published_python(given), None
    except Failed as error:
        if given is not None:
            raise
        return None, str(error)


def _check_published(python):
    run(python, ["-c", _CHECK], Path(tempfile.gettempdir()))


def versions(python=sys.executable):
    """Versions of Python, NumPy and SciPy in an environment, this one unless given, as a dict."""
    return json.loads(run(python, ["-c", _VERSIONS], Path.cwd()))
