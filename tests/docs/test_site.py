"""The site is made from the documents in one command, and no link in it is dead."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ("estimate", "equalize", "attenuate", "sigmoid", "solvent", "measure", "mask")


def test_the_site_is_made_without_a_dead_link(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "index.html").exists()
    missing = [path.stem for path in (ROOT / "docs").glob("*.md") if not (tmp_path / path.stem / "index.html").exists()]
    assert not missing


@pytest.fixture(scope="module")
def options():
    """All options of the shell program."""
    command = [sys.executable, "-m", "chimerax.occupy.cli"]
    told = [subprocess.run([*command, name, "--help"], capture_output=True, text=True).stdout for name in COMMANDS]
    return set(re.findall(r"--[a-z][a-z-]+", "".join(told)))


def test_what_users_of_the_published_program_are_told_to_type_is_there(options):
    lines = (ROOT / "docs/from_0.1.13.md").read_text(encoding="utf-8").splitlines()
    here = [cell for line in lines if line.startswith("| `--") for cell in line.split("|")[2:3]]
    told = set(re.findall(r"--[a-z][a-z-]+", "".join(here)))
    assert "--scale-limit" in told
    assert told <= options
