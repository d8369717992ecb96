"""A document of which several programs write a part each."""

import re

_ORDER = (
    *("ice", "incomplete", "alternatives", "alone", "flexibility", "shifts", "equalised", "matrix", "masks"),
    *("particles", "assembly", "vacuum"),
)
MANY_MAPS = "## Many maps"
"""The title of the last section of performance.md, which another program writes than what is before it."""


def put(path, name, text):
    """Write one part of a document, in place of what that part was; the others stay as they are.

    Parameters
    ----------
    path : Path
        Made where it is missing.
    name : str
        One of `_ORDER`.
    text : str
        Markdown.
    """
    found = re.findall(r"<!-- part (\w+) -->\n(.*?)\n<!-- end -->", _text_of(path), re.DOTALL)
    texts = dict(found) | {name: text.strip()}
    written = [f"<!-- part {part} -->\n{texts[part]}\n<!-- end -->\n" for part in _ORDER if part in texts]
    _write(path, "\n".join(written))


def put_before(path, title, text):
    """Write what is before the section of this title, which is the last and stays as it is."""
    _, last = _parted(path, title)
    _write(path, f"{text.rstrip()}\n" + (f"\n{last}" if last else ""))


def put_last(path, title, text):
    """Write the section of this title, which is the last; what is before it stays as it is."""
    first, _ = _parted(path, title)
    _write(path, f"{first.rstrip()}\n\n{text}")


def _parted(path, title):
    first, found, last = _text_of(path).partition(f"{title}\n")
    return first, found + last


def _text_of(path):
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
