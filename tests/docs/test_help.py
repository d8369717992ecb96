"""The help pages say what the program does."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_help_pages_show_every_setting_as_it_is():
    done = subprocess.run(
        [sys.executable, ROOT / "docs/make_help.py", "--check"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
