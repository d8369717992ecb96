"""The ChimeraX script that shows the maps of a run."""

import re

from ...figures.palette import NEW_KEY, PALETTE, RANGE, key_entries

_NAMES = ("occupy_shown", "occupy_scale", "occupy_hidden")
_UNSAFE = re.compile(r'["$;]')
"""In a path that ChimeraX's `open` gets: it ends quoted text, stands for a variable, ends the command."""


def can_be_opened(path):
    """Whether a script can open a file of this name and ChimeraX will read nothing but the name in it.

    ChimeraX has no escapes in paths. Quotes keep spaces together, but `open` parses the path anew without the quotes
    where there are none, so that a semicolon ends the command.
    """
    text = path.as_posix()
    return text.isprintable() and not _UNSAFE.search(text)


def chimerax_script(shown, scale_map, hidden=()):
    """Commands that open maps and color one by the scale map.

    They need no bundle. Maps get names of the script's own while it runs, by which they are
    found though other models are open, so that no file name is parsed as part of a model
    specifier; a name finds the map but not its surface, which coloring needs; a selection
    finds both. At the end they are named after their files.

    Parameters
    ----------
    shown : Path
        The map that is shown and colored.
    scale_map : Path
    hidden : list of Path
        Other maps to open for comparison, such as the input.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If `can_be_opened` does not hold for a path.
    """
    palette = ":".join(PALETTE)
    values = [RANGE[0] + (RANGE[1] - RANGE[0]) * i / (len(PALETTE) - 1) for i in range(len(PALETTE))]
    key = " ".join(f'"{entry}"' for entry in key_entries(PALETTE, values))
    shown_name, scale_name, hidden_name = _NAMES
    maps = [(path, f"{hidden_name}_{i}") for i, path in enumerate(hidden)] + [(scale_map, scale_name)]
    lines = []
    for path, name in maps:
        lines += [_open(path, name), f"hide {_by_name(name)} models"]
    lines += [
        _open(shown, shown_name),
        f"volume {_by_name(shown_name)} style surface region all step 1 showOutlineBox false",
        f"select {_by_name(shown_name)}",
        f"color sample sel map {_by_name(scale_name)} palette {palette} range {RANGE[0]:g},{RANGE[1]:g}",
        "select clear",
        f"key {key} {NEW_KEY}",
        "view",
        *(_rename(name, path) for path, name in [*maps, (shown, shown_name)]),
    ]
    return "\n".join(lines) + "\n"


def _open(path, name):
    if not can_be_opened(path):
        raise ValueError(f"{path} cannot be written into a script")
    return f'open "{path.as_posix()}" name {name}'


def _by_name(name):
    return f'##name="{name}"'


def _rename(name, path):
    """The command that names a model after its file; unlike a path this text has escapes."""
    escaped = path.name.replace("\\", "\\\\")
    return f'rename {_by_name(name)} "{escaped}"'
