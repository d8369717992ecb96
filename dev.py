"""Set up and run: `python3 dev.py demo`, `test`, `lint`, and `wheels`, which makes what a release has.

Each makes a virtual environment in .venv (or the folder that --venv names), installs the
project into it and runs there. Nothing outside this folder is changed.
"""

import argparse
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 11)
LINTER = "ruff==0.17.*"
PORTABLE = ("--ignore=tests/chimerax",)
MOST_PROCESSES = 4
"""Of tests: each starts programs, which use all processors themselves."""


def main():
    options = parse()
    if sys.version_info < OLDEST_PYTHON:
        return f"Python {sys.version.split()[0]} is too old; expected 3.11 or newer"
    python = environment(options.venv)
    return {"demo": demo, "test": test, "lint": lint, "wheels": wheels}[options.task](python, options)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=("demo", "test", "lint", "wheels"))
    parser.add_argument("--venv", type=Path, default=HERE / ".venv", help="folder of the environment [.venv]")
    text = "test with this version of a package, such as 'numpy==1.26.*'; may be repeated"
    parser.add_argument("--pin", action="append", default=[], metavar="REQUIREMENT", help=text)
    parser.add_argument("--portable", action="store_true", help="leave out the tests inside ChimeraX")
    parser.epilog = "What follows -- is passed on to the demo, to pytest or to the linter."
    given = sys.argv[1:]
    split = given.index("--") if "--" in given else len(given)
    options = parser.parse_args(given[:split])
    options.rest = given[split + 1 :]
    return options


def environment(folder):
    """The Python of the environment, which is made where it is missing."""
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        print(f"Making an environment in {folder}", flush=True)
        venv.create(folder, with_pip=True, clear=folder.exists())
    return python


def install(python, *requirements):
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
    subprocess.run(command, check=True, cwd=HERE)


def install_project(python, extras=""):
    # What an earlier build left would get into this one.
    shutil.rmtree(HERE / "build", ignore_errors=True)
    install(python, f"{HERE}{extras}")


def demo(python, options):
    install_project(python)
    return subprocess.run([python, "-m", "chimerax.occupy.cli", "demo", *options.rest]).returncode


def test(python, options):
    install_project(python, "[test]")
    if options.pin:
        install(python, *options.pin)
    tests = PORTABLE if options.portable else ()
    # The tests of a file stay in one process: they share what is made for them.
    side_by_side = ["-n", str(min(processors(), MOST_PROCESSES)), "--dist", "loadfile"]
    return subprocess.run([python, "-m", "pytest", *side_by_side, *tests, *options.rest], cwd=HERE).returncode


def processors():
    """Those that this process may use, where the system tells them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def lint(python, options):
    install(python, LINTER)
    checks = (["check"], ["format", "--check"])
    return max(subprocess.run([python, "-m", "ruff", *check, *options.rest], cwd=HERE).returncode for check in checks)


def wheels(python, options):
    """The wheel of the Python package in dist/python, and the same as ChimeraX's bundle in dist/bundle."""
    for kind, of_bundle in (("python", ""), ("bundle", "1")):
        shutil.rmtree(HERE / "build", ignore_errors=True)
        command = [python, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--wheel-dir", HERE / "dist" / kind, *options.rest, HERE]
        subprocess.run(command, check=True, env=os.environ | {"OCCUPY_BUNDLE": of_bundle})
    return 0


if __name__ == "__main__":
    sys.exit(main())
