"""What is where in the heat map of a matrix in a window, and the marks of its rows."""

from dataclasses import dataclass

from .heatmap import SETS

_CHOSEN = {"edgecolor": "black", "linewidth": 1.4, "fill": False, "zorder": 5}
_HALO, _LEAST_FRAMED = 2.8, 5.0
"""Points: the light line around the frame of the chosen row, and what it frames, if that is more than the row."""

_PICKED = {"colors": "#e07b00", "linewidths": 4, "clip_on": False, "zorder": 5}
_BEYOND = 1.006
"""Where picked rows are marked: the share of the heat map's width from its left edge."""


@dataclass(frozen=True)
class Place:
    """What is at a place of the figure; None for what is not.

    Attributes
    ----------
    row : int
        A map, its place in `matrix.maps`.
    column : int
        A group, its place in `matrix.groups`.
    number : int
        A set.
    """

    row: int | None = None
    column: int | None = None
    number: int | None = None


def place_at(heat, matrix, x, y):
    """What is at a place of a figure.

    Parameters
    ----------
    heat : matplotlib.axes.Axes
        Of the heat map, as `draw_matrix` returns them.
    matrix : OccupancyMatrix
    x, y : float
        Pixels, as events have them.

    Returns
    -------
    Place
        Of a cell row and column; left and right of the heat map the row, on the band of the sets its number, and
        below and above the heat map the column.
    """
    band = next(axes for axes in heat.get_figure().axes if axes.get_label() == SETS)
    along, down = heat.transData.inverted().transform((x, y))
    row, column = _at(matrix.map_order, down), _at(matrix.group_order, along)
    if row is not None and band.bbox.x0 <= x <= band.bbox.x1:
        return Place(number=int(matrix.agreement[row]))
    return Place(row, column)


def mark_rows(heat, matrix, chosen, picked):
    """Mark rows of a heat map, beside what is drawn: a frame around the chosen one, bars beside the picked ones.

    Parameters
    ----------
    heat, matrix
        As for `place_at`.
    chosen : int or None
    picked : collection of int
        Places in `matrix.maps`.

    Returns
    -------
    list of Artist
        Each has `remove`.
    """
    from matplotlib.collections import LineCollection
    from matplotlib.patches import Rectangle
    from matplotlib.patheffects import Normal, withStroke

    rows = {int(i): row for row, i in enumerate(matrix.map_order.places)}
    bars = [[(_BEYOND, rows[i] - 0.5), (_BEYOND, rows[i] + 0.5)] for i in picked if i in rows]
    edge = heat.get_yaxis_transform()
    marks = [heat.add_collection(LineCollection(bars, transform=edge, **_PICKED), autolim=False)]
    if chosen in rows:
        halo = [withStroke(linewidth=_HALO, foreground="white"), Normal()]
        framed = max(1, _LEAST_FRAMED * len(rows) / (72 * heat.bbox.height / heat.get_figure().dpi))
        corner = (-0.5, rows[chosen] - framed / 2)
        frame = Rectangle(corner, len(matrix.group_order.places), framed, path_effects=halo, clip_on=False, **_CHOSEN)
        marks.append(heat.add_artist(frame))
    return marks


def _at(order, place):
    nearest = round(place)
    return int(order.places[nearest]) if 0 <= nearest < len(order.places) else None
