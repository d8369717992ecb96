"""The colors of occupancy, in ChimeraX and in the scripts that the shell program writes."""

PALETTE = ("#7f0d2a", "#d9583b", "#f2d27a", "#6fb3d2", "#1f4e9c")
"""From absent to full occupancy: red through yellow to blue, safe for color blindness."""

RANGE = (0.0, 1.0)
KEY_TITLE = "relative scale"
KEY_FONT_SIZE = 14


def key_entries(colors, values):
    """Entries of ChimeraX's `key` command: the ends labeled, between them a title.

    More labels would overlap at the key's usual size.

    Parameters
    ----------
    colors : sequence of str
        As #rrggbb.
    values : sequence of float
        The value of each color, ascending.

    Returns
    -------
    list of str
    """
    labels = [""] * len(colors)
    labels[len(labels) // 2] = KEY_TITLE
    labels[0], labels[-1] = f"{values[0]:.3g}", f"{values[-1]:.3g}"
    return [f"{color}:{label}" for color, label in zip(colors, labels, strict=True)]
