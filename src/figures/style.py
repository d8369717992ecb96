"""What all figures share: colors, the key, labels of places, axes in powers of ten, and writing them."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from .palette import KEY_TITLE, PALETTE

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LONGEST_LABEL = 24
_SMALLEST_LETTERS = 5
LETTER_WIDTH = 0.65
"""Of the size of letters."""

_COMPRESSION = 1
"""Of pictures, 0 to 9: 6, the usual, takes four times as long and spares an eighth."""


def write_png(figure, path):
    """Write a figure of matplotlib, without the windows that it may have, and drawn only once."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with open(path, "wb") as file:
        FigureCanvasAgg(figure).print_png(file, pil_kwargs={"compress_level": _COMPRESSION})


@dataclass(frozen=True)
class _Inks:
    """Colors that stand out from the background of a plot."""

    curve: str
    other: str
    line: str
    fill: str
    outline: str


_ON_LIGHT = _Inks("#1f4e9c", "#c2542f", "0.4", "0.82", "0.1")
_ON_DARK = _Inks("#7fb2e5", "#f0a07c", "0.75", "0.45", "0.9")


def inks_of(axes):
    """The colors that stand out from the background of axes."""
    from matplotlib.colors import to_rgba

    red, green, blue, _ = to_rgba(axes.get_facecolor())
    return _ON_LIGHT if red + green + blue > 1.5 else _ON_DARK


def label_places(axes, places, names):
    """Names below places on the x axis, small, upright or of every second place where they would not fit."""
    labels = [short_name(name) for name in names]
    room = 72 * axes.get_figure().get_figwidth() * axes.get_position().width / len(labels)
    size, every, upright = lettering(labels, room)
    axes.set_xticks(places[::every], labels[::every], rotation=90 if upright else 0, fontsize=size, parse_math=False)


def lettering(labels, room):
    """How labels below the x axis are written that have so much room each, in points.

    Returns
    -------
    size : float
        Of letters, points.
    every : int
        Of how many labels one is written.
    upright : bool
    """
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties

    letters = FontProperties(size=rcParams["xtick.labelsize"]).get_size_in_points()
    if LETTER_WIDTH * letters * max(map(len, labels)) <= room:
        return letters, 1, False
    size = float(np.clip(0.85 * room, _SMALLEST_LETTERS, letters))
    return size, max(1, int(np.ceil(size / room))), True


def short_name(name):
    """A name with its middle left out where it is long."""
    half = _LONGEST_LABEL // 2
    return name if len(name) <= _LONGEST_LABEL else f"{name[: half - 1]}…{name[-half:]}"


@cache
def occupancy_colors():
    """The colormap of occupancies from 0 to 1."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("occupancy", PALETTE)


def add_key(figure, place=None, panels=()):
    """Add the key of the colors in a place, or beside panels that are laid out with it."""
    from matplotlib.cm import ScalarMappable

    where = {"cax": figure.add_axes(place)} if place else {"ax": list(panels), "shrink": 0.8}
    figure.colorbar(ScalarMappable(cmap=occupancy_colors()), label=KEY_TITLE, **where)


def count_in_powers(axes):
    """Make the y axis logarithmic; its labels are plain letters, since typesetting them took a tenth of a figure."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(numticks=8))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _power_of_ten(value)))
    axes.yaxis.set_minor_locator(NullLocator())


def _power_of_ten(value):
    return "10" + str(round(np.log10(value))).translate(_SUPERSCRIPTS)
