"""A document of which several programs write a part each."""

import re

_ORDER = ("ice", "alone", "equalised", "matrix", "vacuum")
MANY_MAPS = "## Many maps"
"""The title of the last section of performance.md, which another program writes than what is before it."""


def put(path, name, text):
    """Write one part of a document, in place of what that part was; the others stay as they are.

    Parameters
    ----------
    path : Path
        Made where it is missing.
    name : {'ice', 'alone', 'equalised', 'matrix', 'vacuum'}
    text : str
        Markdown.
    """
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    parts = dict(re.findall(r"<!-- part (\w+) -->\n(.*?)\n<!-- end -->", before, re.DOTALL)) | {name: text.strip()}
    written = [f"<!-- part {part} -->\n{parts[part]}\n<!-- end -->\n" for part in _ORDER if part in parts]
    path.write_text("\n".join(written), encoding="utf-8")


def put_before(path, title, text):
    """Write what is before the section of this title, which is the last and stays as it is."""
    _, last = _parted(path, title)
    path.write_text(f"{text.rstrip()}\n" + (f"\n{last}" if last else ""), encoding="utf-8")


def put_last(path, title, text):
    """Write the section of this title, which is the last; what is before it stays as it is."""
    first, _ = _parted(path, title)
    path.write_text(f"{first.rstrip()}\n\n{text}", encoding="utf-8")


def _parted(path, title):
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    first, found, last = before.partition(f"{title}\n")
    return first, found + last
