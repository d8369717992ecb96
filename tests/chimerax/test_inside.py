"""Runs the tests in inside/ in a real ChimeraX, and reports each as a test of its own.

The ChimeraX is the one that CHIMERAX names, else `chimerax` on the PATH. The bundle is
installed into a clean profile, so that nothing there but itself is tested.
"""

import ast
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
BUNDLE_FILES = ("bundle_info.xml", "README.md", "LICENSE", "src")
CHIMERAX = os.environ.get("CHIMERAX") or shutil.which("chimerax")
TIMEOUT = 900


def names_of_tests():
    """module.Class.test of every test in inside/, read without importing it."""
    for path in sorted((HERE / "inside").glob("test_*.py")):
        for item in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(item, ast.ClassDef):
                tests = (d.name for d in item.body if isinstance(d, ast.FunctionDef) and d.name.startswith("test"))
                yield from (f"{path.stem}.{item.name}.{name}" for name in tests)


@pytest.fixture(scope="session")
def workplace():
    """A folder that a ChimeraX run by another user can write to as well."""
    folder = Path(tempfile.mkdtemp(prefix="occupy-chimerax-"))
    (folder / "home").mkdir()
    _open_to_all(folder)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def outcomes(workplace):
    """What became of each test: 'ok', 'skipped: …' or a traceback."""
    bundle, tests, results = workplace / "bundle", workplace / "inside", workplace / "results.json"
    bundle.mkdir()
    for name in BUNDLE_FILES:
        source = PROJECT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, bundle / name)
    shutil.copytree(HERE / "inside", tests)
    _open_to_all(workplace)
    _run_chimerax(workplace, "--nogui", "--exit", "--cmd", f'devel install "{bundle}" exit true')
    log = _run_chimerax(workplace, "--offscreen", "--nogui", "--exit", "--script", str(tests / "run_all.py"))
    assert results.exists(), log
    return json.loads(results.read_text(encoding="utf-8"))


def _open_to_all(folder):
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o777)


def _run_chimerax(workplace, *arguments):
    home = {name: str(workplace / "home") for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA")}
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "PYTHON"))} | home
    done = subprocess.run(
        [CHIMERAX, *arguments],
        env=environment | {"OCCUPY_TEST_FOLDER": str(workplace)},
        cwd=workplace,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=TIMEOUT,
    )
    log = done.stdout + done.stderr
    assert done.returncode == 0, log
    return log


@pytest.mark.parametrize("name", list(names_of_tests()))
def test_in_chimerax(name, request):
    if not CHIMERAX:
        pytest.skip("NO CHIMERAX: set CHIMERAX or put chimerax on the PATH")
    outcome = request.getfixturevalue("outcomes").get(name, "it did not run")
    if outcome.startswith("skipped"):
        pytest.skip(outcome)
    assert outcome == "ok", outcome
