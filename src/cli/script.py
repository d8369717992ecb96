"""The ChimeraX script that shows the maps of a run."""

from ..palette import NEW_KEY, PALETTE, RANGE, key_entries


def chimerax_script(shown, scale_map, hidden=()):
    """Commands that open maps and color one by the scale map.

    They need no bundle, and find the models by name, so that other models may be open. A
    name finds the map but not its surface, which coloring needs; a selection finds both.

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
    """
    palette = ":".join(PALETTE)
    values = [RANGE[0] + (RANGE[1] - RANGE[0]) * i / (len(PALETTE) - 1) for i in range(len(PALETTE))]
    key = " ".join(f'"{entry}"' for entry in key_entries(PALETTE, values))
    lines = []
    for path in (*hidden, scale_map):
        lines += [f'open "{path.as_posix()}"', f"hide {_by_name(path)} models"]
    lines += [
        f'open "{shown.as_posix()}"',
        f"volume {_by_name(shown)} style surface region all step 1 showOutlineBox false",
        f"select {_by_name(shown)}",
        f"color sample sel map {_by_name(scale_map)} palette {palette} range {RANGE[0]:g},{RANGE[1]:g}",
        "select clear",
        f"key {key} {NEW_KEY}",
        "view",
    ]
    return "\n".join(lines) + "\n"


def _by_name(path):
    return f'##name="{path.name}"'
