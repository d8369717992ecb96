"""The heat map of a matrix of occupancies, maps along y and groups along x, alike ones side by side."""

import numpy as np

from .plots import label_places, line_color, occupancy_colors, short_name

_RANGE = (0.0, 1.0)
_TREE_WIDTH, _KEY_WIDTH, _SETS_WIDTH = 0.09, 0.03, 0.012
_SET_COLORS = ("0.25", "0.72")
_UNKNOWN = "0.6"
_INCHES_PER_MAP, _INCHES_PER_GROUP = 0.16, 0.22
_SMALLEST, _LARGEST = (6.0, 4.2), (15.0, 20.0)


def matrix_figure(matrix, names, title=""):
    """A figure of a matrix of occupancies.

    Parameters
    ----------
    matrix : OccupancyMatrix
    names : list of str
        What each of its maps is called.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    longest = max(len(short_name(name)) for name in names)
    size = (
        3.0 + 0.07 * longest + _INCHES_PER_GROUP * len(matrix.groups),
        2.2 + _INCHES_PER_MAP * len(matrix.map_order.places),
    )
    figure = Figure(figsize=np.clip(size, _SMALLEST, _LARGEST), dpi=110)
    draw_matrix(figure, matrix, names, title)
    return figure


def draw_matrix(figure, matrix, names, title=""):
    """Draw a matrix on a figure: heat map, dendrograms, a band with the sets of maps that agree, and a key.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    matrix, names, title
        As for `matrix_figure`.

    Returns
    -------
    matplotlib.axes.Axes
        Of the heat map: the cell of row i and column j, of `map_order.places` and
        `group_order.places`, is centred on x = j, y = i.
    """
    places = _layout(figure, matrix, names)
    heat = figure.add_axes(places["heat"])
    shown = _shown(matrix)
    colors = occupancy_colors().with_extremes(bad=_UNKNOWN)
    image = heat.imshow(shown, cmap=colors, vmin=_RANGE[0], vmax=_RANGE[1], aspect="auto", interpolation="nearest")
    _label_maps(heat, [names[i] for i in matrix.map_order.places])
    label_places(heat, np.arange(shown.shape[1]), [matrix.groups[i] for i in matrix.group_order.places])
    _draw_sets(figure.add_axes(places["sets"], sharey=heat), matrix)
    _draw_tree(figure.add_axes(places["maps"]), matrix.map_order, "left")
    _draw_tree(figure.add_axes(places["groups"]), matrix.group_order, "top")
    figure.colorbar(image, cax=figure.add_axes(places["key"]), label="occupancy", extend="both")
    figure.suptitle(title, fontsize="medium", parse_math=False)
    return heat


def cell_of(matrix, x, y):
    """The map and the group of the cell at a place of the heat map.

    Parameters
    ----------
    matrix : OccupancyMatrix
    x, y : float
        In the data coordinates of the heat map.

    Returns
    -------
    tuple of 2 int, or None
        Places in `matrix.maps` and `matrix.groups`; None outside.
    """
    row, column = round(y), round(x)
    if not (0 <= row < len(matrix.map_order.places) and 0 <= column < len(matrix.group_order.places)):
        return None
    return int(matrix.map_order.places[row]), int(matrix.group_order.places[column])


def cell_text(matrix, names, cell):
    """What is told of a cell: map, group, occupancy and standard error."""
    i, j = cell
    value, error = matrix.occupancies[i, j], matrix.standard_errors[i, j]
    number = f"{value:.2f} ± {error:.2f}" if np.isfinite(value) else "not known"
    return f"{names[i]}, {matrix.groups[j]}: {number}"


def _shown(matrix):
    return matrix.occupancies[np.ix_(matrix.map_order.places, matrix.group_order.places)]


def _layout(figure, matrix, names):
    """Places of the axes in the figure, as left, bottom, width and height."""
    width, height = figure.get_size_inches()
    labels = 0.075 * max(len(short_name(name)) for name in names) + 0.15
    below = 0.08 * max(len(short_name(name)) for name in matrix.groups) + 0.35
    key = _KEY_WIDTH
    left = 0.015 + _TREE_WIDTH + _SETS_WIDTH + 0.012
    right = 1 - key - 0.75 / width - labels / width
    bottom, top = below / height, 1 - 0.4 / height
    tree = min(0.12, 0.7 / height)
    heat = (left, bottom, max(right - left, 0.2), max(top - tree - 0.005 - bottom, 0.2))
    return {
        "heat": heat,
        "sets": (left - _SETS_WIDTH - 0.006, heat[1], _SETS_WIDTH, heat[3]),
        "maps": (0.015, heat[1], _TREE_WIDTH, heat[3]),
        "groups": (heat[0], heat[1] + heat[3] + 0.005, heat[2], tree),
        "key": (heat[0] + heat[2] + (labels + 0.1) / width, heat[1], key * 0.6, heat[3]),
    }


def _label_maps(axes, names):
    """Names of maps at the right, of every second or further where all would not fit."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties

    letters = FontProperties(size=rcParams["ytick.labelsize"]).get_size_in_points()
    room = 72 * axes.get_figure().get_figheight() * axes.get_position().height / len(names)
    size = float(np.clip(0.85 * room, min(6, letters), letters))
    every = max(1, int(np.ceil(size / room)))
    axes.yaxis.tick_right()
    shown = range(0, len(names), every)
    axes.set_yticks(shown, [short_name(names[i]) for i in shown], fontsize=size, parse_math=False)


def _draw_sets(axes, matrix):
    """A band beside the maps, light and dark by turns where another set begins; large ones are numbered."""
    sets = matrix.agreement[matrix.map_order.places]
    starts = np.flatnonzero(np.diff(sets, prepend=-1))
    for turn, (start, end) in enumerate(zip(starts, [*starts[1:], len(sets)], strict=True)):
        axes.axhspan(start - 0.5, end - 0.5, color=_SET_COLORS[turn % 2], linewidth=0)
    axes.set_axis_off()


def _draw_tree(axes, order, side):
    """A dendrogram whose leaves are at 0, 1, 2, … along the edge of the heat map."""
    axes.set_axis_off()
    if len(order.tree) == 0:
        return
    from matplotlib.collections import LineCollection

    lines = _tree_lines(order)
    along = [line if side == "top" else line[:, ::-1] for line in lines]
    axes.add_collection(LineCollection(along, colors=line_color(axes), linewidths=0.7))
    length, deepest = len(order.places), max(line[:, 1].max() for line in lines)
    if side == "top":
        axes.set_xlim(-0.5, length - 0.5)
        axes.set_ylim(0, 1.03 * deepest)
    else:
        axes.set_ylim(length - 0.5, -0.5)
        axes.set_xlim(1.03 * deepest, 0)


def _tree_lines(order):
    """The brackets of a hierarchy, each an array of 4 places along the leaves and distances."""
    count = len(order.places)
    middles, heights = np.empty(2 * count - 1), np.zeros(2 * count - 1)
    middles[order.leaves] = np.arange(count)
    lines = []
    for i, (a, b, height, _) in enumerate(order.tree):
        a, b = int(a), int(b)
        lines.append(
            np.array([
                (middles[a], heights[a]), (middles[a], height), (middles[b], height), (middles[b], heights[b]),
            ])
        )  # fmt: skip
        middles[count + i], heights[count + i] = (middles[a] + middles[b]) / 2, height
    return lines
