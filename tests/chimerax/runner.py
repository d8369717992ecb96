"""Runs folders of tests in real ChimeraXes, and tells what became of each.

They are those that CHIMERAX names, separated as paths are in PATH, else `chimerax` on the PATH. The bundle is
installed into a clean profile of each, so that nothing there but itself is tested.
"""

import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
BUNDLE_FILES = ("bundle_info.xml", "README.md", "LICENSE", "src")
CHIMERAXES = [path for path in os.environ.get("CHIMERAX", "").split(os.pathsep) if path]
if not CHIMERAXES and (found := shutil.which("chimerax")):
    CHIMERAXES = [found]
TIMEOUT = 900
NO_CHIMERAX = "NO CHIMERAX: set CHIMERAX or put chimerax on the PATH"
NO_SCREEN = "NO SCREEN: ChimeraX's window needs a display, or Xvfb on the PATH"
WITHOUT_WINDOW = ("--offscreen", "--nogui")
HOME, OTHER_HOME = "home", "other home"
"""Folders of the profile with the bundle, and of one without."""


def names_of_tests(suite):
    """module.Class.test of every test in a folder, read without importing it."""
    for path in sorted((HERE / suite).glob("test_*.py")):
        for item in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(item, ast.ClassDef):
                tests = (d.name for d in item.body if isinstance(d, ast.FunctionDef) and d.name.startswith("test"))
                yield from (f"{path.stem}.{item.name}.{name}" for name in tests)


@dataclass(frozen=True)
class Profile:
    """A ChimeraX, and a folder with a profile of it that has the bundle."""

    chimerax: str
    folder: Path

    def run(self, variables, *arguments, home=HOME):
        """Run ChimeraX with one of the profiles in the folder; returns what it printed."""
        homes = {name: str(self.folder / home) for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA")}
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "PYTHON"))} | homes
        done = subprocess.run(
            [self.chimerax, *arguments],
            env=environment | {"OCCUPY_TEST_FOLDER": str(self.folder)} | variables,
            cwd=self.folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT,
        )
        log = done.stdout + done.stderr
        assert done.returncode == 0, log
        return log

    def outcomes(self, suite, options, environment=None):
        """What became of each test of a folder: 'ok', 'skipped: …' or a traceback."""
        results = self.folder / f"{suite}.json"
        script = self.folder / "inside" / "run_all.py"
        variables = {"OCCUPY_TEST_SUITE": suite} | (environment or {})
        log = self.run(variables, *options, "--exit", "--script", str(script))
        assert results.exists(), log
        return json.loads(results.read_text(encoding="utf-8"))


@contextmanager
def new_profile(chimerax):
    """A `Profile` that a ChimeraX run by another user can write to as well."""
    folder = Path(tempfile.mkdtemp(prefix="occupy-chimerax-"))
    try:
        bundle = folder / "bundle"
        for part in (folder / HOME, folder / OTHER_HOME, bundle):
            part.mkdir()
        for name in BUNDLE_FILES:
            source = PROJECT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, bundle / name)
        for suite in ("inside", "window", "sharing"):
            shutil.copytree(HERE / suite, folder / suite)
        shutil.copytree(PROJECT / "docs" / "scripts", folder / "scripts")
        _open_to_all(folder)
        made = Profile(chimerax, folder)
        made.run({}, *WITHOUT_WINDOW, "--exit", "--cmd", f'devel install "{bundle}" exit true')
        yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check(found, name):
    """Pass, skip or fail as a test did in ChimeraX."""
    outcome = found.get(name, "it did not run")
    if outcome.startswith("skipped"):
        pytest.skip(outcome)
    assert outcome == "ok", outcome


def has_screen():
    """Whether there is a screen for a window, or one can be made."""
    return sys.platform != "linux" or "DISPLAY" in os.environ or shutil.which("Xvfb") is not None


@contextmanager
def screen():
    """Environment variables that name a screen: the one there is, else a virtual one."""
    if sys.platform != "linux" or "DISPLAY" in os.environ:
        yield {}
        return
    reading, writing = os.pipe()
    arguments = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x1000x24", "-ac", "-nolisten", "tcp"]
    server = subprocess.Popen(arguments, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        browser = "--no-sandbox --disable-gpu --disable-dev-shm-usage"
        yield {"DISPLAY": f":{number}", "LIBGL_ALWAYS_SOFTWARE": "1", "QTWEBENGINE_CHROMIUM_FLAGS": browser}
    finally:
        server.terminate()
        server.wait()


def _open_to_all(folder):
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o777)
