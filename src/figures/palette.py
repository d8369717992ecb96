"""The colors of occupancy, in ChimeraX and in the scripts that the shell program writes."""

PALETTE = ("#7f0d2a", "#d9583b", "#f2d27a", "#6fb3d2", "#1f4e9c")
"""From absent to full occupancy: red through yellow to blue, safe for color blindness."""

RANGE = (0.0, 1.0)
KEY_TITLE = "relative scale"
NEW_KEY = "fontSize 14 pos 0.58,0.08 size 0.38,0.04"
"""How a key is made so that its labels stay apart in a window of 450 pixels already."""


def key_entries(colors, values, title=KEY_TITLE):
    """Entries of ChimeraX's `key` command: the ends labeled, between them a title.

    More labels would overlap in a small window.

    Parameters
    ----------
    colors : sequence of str
        As #rrggbb.
    values : sequence of float
        The value of each color, ascending.
    title : str

    Returns
    -------
    list of str
    """
    labels = [""] * len(colors)
    labels[len(labels) // 2] = title
    labels[0], labels[-1] = f"{values[0]:.3g}", f"{values[-1]:.3g}"
    return [f"{color}:{label}" for color, label in zip(colors, labels, strict=True)]
