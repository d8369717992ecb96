"""A release is made of what is ready only, and the workflows run what is there."""

import importlib.util
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

PROJECT = Path(__file__).resolve().parents[1]
CHANGES = "# Changes\n\n## 1.2.0 (2026-12-01)\n\n- This.\n- That.\n\n## 1.1.0\n\n- Earlier.\n"


@pytest.fixture(scope="module")
def notes():
    path = PROJECT / ".github/release_notes.py"
    specification = importlib.util.spec_from_file_location("release_notes", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.notes


def bundle(email="someone@lab.edu"):
    return ElementTree.fromstring(f'<BundleInfo version="1.2.0"><Email>{email}</Email></BundleInfo>')


def test_a_release_says_what_changed_in_its_version(notes):
    assert notes("v1.2.0", bundle(), CHANGES) == "- This.\n- That."


@pytest.mark.parametrize(("tag", "email", "changes", "message"), [
    ("v1.3.0", "someone@lab.edu", CHANGES, "expected the tag v1.2.0"),
    ("v1.2.0", "someone@example.org", CHANGES, "expected an address of yours"),
    ("v1.2.0", "someone@lab.edu", "# Changes\n", "no section 1.2.0"),
    ("v1.2.0", "someone@lab.edu", CHANGES.replace("2026-12-01", "unreleased"), "calls 1.2.0 unreleased"),
])  # fmt: skip
def test_what_is_not_ready_is_not_released(notes, tag, email, changes, message):
    with pytest.raises(ValueError, match=message):
        notes(tag, bundle(email), changes)


def test_workflows_run_commands_that_are_there():
    tasks = set(re.findall(r'"(\w+)": \1', (PROJECT / "dev.py").read_text(encoding="utf-8")))
    assert tasks
    for path in (PROJECT / ".github/workflows").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"dev\.py (\w+)", text)) <= tasks
        assert all((PROJECT / script).exists() for script in re.findall(r"python (\S+\.py)", text))
        assert "secrets." not in text
