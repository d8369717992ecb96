"""Print what CHANGELOG.md says of the version of bundle_info.xml, or say why it cannot be released under a tag.

python3 .github/release_notes.py v0.2.0
"""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
NOBODY = "example.org"
"""The host of the address that stands for one that is still to be given."""


def notes(tag, bundle, changes):
    """What is said of the version of a tag.

    Parameters
    ----------
    tag, changes : str
        Such as v0.2.0; the text of CHANGELOG.md.
    bundle : Element
        The root of bundle_info.xml.

    Raises
    ------
    ValueError
        If this version is not ready.
    """
    version = bundle.get("version")
    if tag != f"v{version}":
        raise ValueError(f"the tag is {tag}, and bundle_info.xml has version {version}; expected the tag v{version}")
    if bundle.findtext("Email").endswith(NOBODY):
        raise ValueError(f"Email in bundle_info.xml is {bundle.findtext('Email')}; expected an address of yours")
    section = re.search(rf"^## {re.escape(version)}([^\n]*)\n(.*?)(?=^## |\Z)", changes, re.MULTILINE | re.DOTALL)
    if not section:
        raise ValueError(f"CHANGELOG.md has no section {version}")
    if "unreleased" in section[1]:
        raise ValueError(f"CHANGELOG.md calls {version} unreleased; expected its date")
    return section[2].strip()


def main():
    bundle = ElementTree.parse(ROOT / "bundle_info.xml").getroot()
    try:
        print(notes(sys.argv[1], bundle, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")))
    except ValueError as problem:
        return str(problem)


if __name__ == "__main__":
    sys.exit(main())
