"""The colors of occupancy and of flexibility, in ChimeraX and in the scripts that the shell program writes."""

from dataclasses import dataclass

PALETTE = ("#7f0d2a", "#d9583b", "#f2d27a", "#6fb3d2", "#1f4e9c")
"""From absent to full occupancy: red through yellow to blue, safe for color blindness."""

RANGE = (0.0, 1.0)
KEY_TITLE = "relative scale"


@dataclass(frozen=True)
class Shades:
    """The colors of what a map tells.

    Attributes
    ----------
    colors : tuple of str
        As #rrggbb, from low to high.
    range : tuple of 2 float
        The values of the first and the last.
    title : str
        Of the key.
    """

    colors: tuple
    range: tuple
    title: str


OCCUPANCY = Shades(PALETTE, RANGE, KEY_TITLE)
FLEXIBILITY = Shades(("#2c115f", "#8c2981", "#de4968", "#fe9f6d", "#fcfdbf"), (0.0, 100.0), "ΔB in Å²")
"""From what is at rest to what moves: dark to light, not to be taken for occupancy, safe for color blindness."""

UNTOLD = "#a0a0a0"
"""Where there is no value."""

UNEXPLAINED = "#33a854"
"""What a model does not explain: a green, which no key has."""

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
