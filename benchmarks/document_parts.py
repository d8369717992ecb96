"""A document of which several programs write a part each."""

import re

_ORDER = ("ice", "matrix", "vacuum")


def put(path, name, text):
    """Write one part of a document, in place of what that part was; the others stay as they are.

    Parameters
    ----------
    path : Path
        Made where it is missing.
    name : {'ice', 'matrix', 'vacuum'}
    text : str
        Markdown.
    """
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    parts = dict(re.findall(r"<!-- part (\w+) -->\n(.*?)\n<!-- end -->", before, re.DOTALL)) | {name: text.strip()}
    written = [f"<!-- part {part} -->\n{parts[part]}\n<!-- end -->\n" for part in _ORDER if part in parts]
    path.write_text("\n".join(written), encoding="utf-8")
