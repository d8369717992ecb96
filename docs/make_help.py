"""Fill the tables of settings in the help pages from the engine's one table.

`python docs/make_help.py` writes them; with `--check` it fails where a page is behind.
"""

import re
import sys
from html import escape
from pathlib import Path

from chimerax.occupy.engine.settings import group

PAGES = Path(__file__).resolve().parents[1] / "src/docs/user"


def rows(name):
    """Table rows of the settings of a group."""
    return "\n".join(
        f"<tr><td><b>{setting.camel}</b></td><td>{escape(_values(setting))}</td>"
        f"<td>{escape(_default(setting))}</td><td>{escape(setting.help)}</td></tr>"
        for setting in group(name)
    )


def _values(setting):
    if setting.kind in ("map", "maps"):
        return {"map": "a map, such as #2", "maps": "two maps, such as #2,3"}[setting.kind]
    unit = f" ({setting.unit})" if setting.unit else ""
    return setting.expected.replace(" or ", " | ") + unit


def _default(setting):
    if setting.default is None:
        return setting.derived
    others = "".join(f"; {_shown(setting, value)} for {kind}" for kind, value in setting.default_by_kind)
    return _shown(setting, setting.default) + others


def _shown(setting, default):
    value = {True: "true", False: "false"}.get(default) if setting.kind == "bool" else default
    return f"{value:g}" if setting.kind in ("float", "int") else str(value)


def filled(text):
    """A page with the rows between <!-- settings NAME --> and <!-- end --> made anew."""

    def replace(match):
        return f"{match[1]}\n{rows(match[2])}\n{match[3]}"

    return re.sub(r"(<!-- settings (\w+) -->).*?(<!-- end -->)", replace, text, flags=re.DOTALL)


def main():
    behind = []
    for page in sorted(PAGES.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        made = filled(text)
        if made != text:
            behind.append(page.name)
            if "--check" not in sys.argv:
                page.write_text(made, encoding="utf-8", newline="\n")
    print(f"behind the settings: {', '.join(behind)}" if behind else "all pages agree with the settings")
    return int(bool(behind) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
