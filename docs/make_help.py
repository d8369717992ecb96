"""Fill the tables of arguments in the help pages: the settings from the engine's one table.

`python docs/make_help.py` writes them; with `--check` it fails where a page is behind. In a
page, `<!-- settings GROUP -->` begins the rows of all settings of a group, and
`<!-- settings GROUP NAME NAME -->` those of some arguments, with the group's defaults.
"""

import re
import sys
from html import escape
from pathlib import Path

from chimerax.occupy.engine.settings.table import default_in_words, group

PAGES = Path(__file__).resolve().parents[1] / "src/docs/user"

SHARED = {
    "commonScale": (
        "true | false",
        "false",
        "Put several maps on the full scale of the strongest, so that classes of one data set can be compared.",
    ),
    "subregion": (
        "i1,j1,k1,i2,j2,k2 (voxels) | all | shown",
        "all",
        "Use a part of the map only: from voxel i1,j1,k1 to voxel i2,j2,k2, or what is displayed.",
    ),
    "step": (
        "a whole number, or three (voxels)",
        "1",
        "Use every so many voxels. The voxels are larger then, so that kernel, tau and scale differ.",
    ),
    "modelId": (
        "a model number, such as #7",
        "the next free one",
        "Number of the new model; the first of them where there are several.",
    ),
    "color": ("true | false", "true", "Color surfaces by the scale."),
    "palette": ("a palette", "red through yellow to blue", "The colors, from low to high scale."),
    "range": ("low,high | full", "0,1", "The values at the ends of the palette; full: the lowest and the highest."),
    "key": ("true | false", "true", "Show a color key."),
    "showTile": ("true | false", "false", "Show a transparent sphere where the full scale was read."),
}
"""Values, default and explanation of what several commands take beside the settings."""


def rows(group_name, *names):
    """Table rows of these arguments, of all settings of the group where no names are given."""
    settings = {setting.camel: setting for setting in group(group_name)}
    return "\n".join(_row(name, settings) for name in names or settings)


def _row(name, settings):
    cells = _cells(settings[name]) if name in settings else SHARED[name]
    return f"<tr><td><b>{name}</b></td>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _cells(setting):
    return _values(setting), _default(setting), setting.help


def _values(setting):
    if setting.kind in ("map", "maps"):
        return {"map": "a map, such as #2", "maps": "two maps, such as #2,3"}[setting.kind]
    return setting.expected.replace(" or ", " | ") + (f" ({setting.unit})" if setting.unit else "")


def _default(setting):
    def spelled(value):
        if setting.kind == "bool":
            return str(value).lower()
        return value if setting.kind == "choice" else f"{value:g} {setting.unit}".strip()

    return default_in_words(setting, spelled)


def filled(text):
    """A page with the rows between <!-- settings ... --> and <!-- end --> made anew."""

    def replace(match):
        return f"{match[1]}\n{rows(*match[2].split())}\n{match[3]}"

    return re.sub(r"(<!-- settings ([\w ]+) -->).*?(<!-- end -->)", replace, text, flags=re.DOTALL)


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
