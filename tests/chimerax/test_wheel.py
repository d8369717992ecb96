"""The bundle's wheel that is made without ChimeraX: it is what ChimeraX makes, and ChimeraX installs it."""

import os
import shutil
import subprocess
import sys
import zipfile
from email import message_from_string

import pytest
import runner

HOME = "home of the wheel"


@pytest.fixture(scope="module")
def source(profile):
    """A copy of what the wheel is made from."""
    folder = profile.folder / "wheel"
    shutil.copytree(profile.folder / "bundle", folder, ignore=shutil.ignore_patterns("build", "dist", "*.egg-info"))
    for name in ("setup.py", "pyproject.toml"):
        shutil.copy(runner.PROJECT / name, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(source):
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", source / "dist", source]
    subprocess.run(command, check=True, env=os.environ | {"OCCUPY_BUNDLE": "1"})
    (made,) = (source / "dist").glob("*.whl")
    made.chmod(0o644)
    return made


def told_by(wheel):
    """Requirements and classifiers of ChimeraX, and the files, of a wheel."""
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        fields = message_from_string(file.read(metadata).decode("utf-8"))
    classifiers = [text for text in fields.get_all("Classifier") if "ChimeraX" in text]
    required = sorted(text.replace(" ", "") for text in fields.get_all("Requires-Dist"))
    return required, sorted(classifiers), {n for n in names if n.startswith("chimerax/")}


def test_the_wheel_tells_what_that_of_chimerax_tells(profile, wheel):
    profile.run({}, *runner.WITHOUT_WINDOW, "--exit", "--cmd", f'devel build "{profile.folder / "bundle"}" exit true')
    (theirs,) = (profile.folder / "bundle" / "dist").glob("*.whl")
    assert told_by(wheel) == told_by(theirs)


def test_chimerax_installs_the_wheel(profile, wheel):
    (profile.folder / HOME).mkdir()
    (profile.folder / HOME).chmod(0o777)
    profile.run({}, *runner.WITHOUT_WINDOW, "--exit", "--cmd", f'toolshed install "{wheel}"', home=HOME)
    log = profile.run({}, *runner.WITHOUT_WINDOW, "--exit", "--cmd", "usage occupy estimate", home=HOME)
    assert "Estimate local occupancy" in log
