"""The heat map of a matrix of occupancies, maps along y and groups along x, alike ones side by side."""

import numpy as np

from ..engine.matrix.result import ALL_PARTICLES
from .style import LETTER_WIDTH, inks_of, label_places, lettering, occupancy_colors, short_name

_RANGE = (0.0, 1.0)
_TREE_WIDTH = 0.09
_KEY_INCHES, _BESIDE_KEY = 0.14, 0.85
_SMALLEST_LETTERS = 6
_SETS_INCHES, _SET_LETTERS = 0.18, 6.5
_SET_COLORS = (("0.3", "1"), ("0.75", "0"))
"""Of the bands of sets and of their numbers, by turns."""

SETS = "sets"
"""What the axes of their band are labeled in the figure."""

_UNKNOWN = "0.6"
_MARK_SHARE, _LARGEST_MARK, _EDGE_SHARE = 0.35, 4.0, 0.125
"""Of the smaller side of a cell, and in points: how wide the mark of a cell with notes is; of that its edge."""

_LINE_SHARE, _THICKEST_LINE = 0.15, 0.7
"""Of the breadth of a bracket, and in points: how thick the lines of a tree are."""

_BELOW_KEY = 10.0
"""Points from the key to what explains the marks."""

_SHARES_INCHES, _ABOVE_SHARES, _SHARES_LETTERS = 0.16, 0.07, 7.0
"""Height of the row of all particles, what it is apart from the maps, and points of its name."""

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

    A cell of which there are notes has a mark. Where shares of all particles are known, they are a row by itself below.

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
    places = _layout(figure, matrix, names, title)
    heat = figure.add_axes(places["heat"])
    shown = _shown(matrix)
    colors = occupancy_colors().with_extremes(bad=_UNKNOWN)
    image = heat.imshow(shown, cmap=colors, vmin=_RANGE[0], vmax=_RANGE[1], aspect="auto", interpolation="nearest")
    _label_maps(heat, [names[i] for i in matrix.map_order.places])
    lowest = heat if matrix.shares is None else _draw_shares(heat, matrix, places["shares"], image)
    label_places(lowest, np.arange(shown.shape[1]), [matrix.labels[i] for i in matrix.group_order.places])
    _draw_sets(figure.add_axes(places["sets"], sharey=heat, label=SETS), matrix)
    _draw_tree(figure.add_axes(places["maps"]), matrix.map_order, "left")
    _draw_tree(figure.add_axes(places["groups"]), matrix.group_order, "top")
    figure.colorbar(image, cax=figure.add_axes(places["key"]), label="occupancy", extend="both")
    _mark_noted(heat, matrix, places["key"])
    top = 1 - 0.1 / figure.get_figheight()
    figure.suptitle(title, y=top, va="top", fontsize="medium", parse_math=False)
    return heat


def cell_text(matrix, names, cell):
    """What is told of a cell: map, group, occupancy and ΔB with standard errors, local correlation, notes."""
    i, j = cell
    value, error, correlated = (
        values[i, j] for values in (matrix.occupancies, matrix.standard_errors, matrix.local_correlations)
    )
    told = [f"{value:.2f} ± {error:.2f}" if np.isfinite(value) else "not known"]
    if matrix.b_shifts is not None and np.isfinite(matrix.b_shifts[i, j]):
        told.append(f"ΔB {matrix.b_shifts[i, j]:.0f} ± {matrix.b_shift_errors[i, j]:.0f} Å²")
    told += [f"correlation {correlated:.2f}"] if np.isfinite(correlated) else []
    return f"{names[i]}, {matrix.labels[j]}: {'; '.join([*told, *matrix.notes[i][j]])}"


def _shown(matrix):
    return matrix.occupancies[np.ix_(matrix.map_order.places, matrix.group_order.places)]


def _draw_shares(heat, matrix, place, image):
    """The row of all particles, apart from the maps; the axes that it is drawn on."""
    axes = heat.get_figure().add_axes(place, label=ALL_PARTICLES)
    shares = matrix.shares[None, matrix.group_order.places]
    axes.imshow(shares, cmap=image.cmap, norm=image.norm, aspect="auto", interpolation="nearest")
    axes.yaxis.tick_right()
    axes.set_yticks([0], [ALL_PARTICLES], fontsize=_SHARES_LETTERS)
    heat.set_xticks([])
    return axes


def _mark_noted(heat, matrix, key):
    """A mark on each cell of which there are notes, and what it means below the key."""
    from matplotlib.lines import Line2D

    cells = [
        (column, row)
        for row, i in enumerate(matrix.map_order.places)
        for column, j in enumerate(matrix.group_order.places)
        if matrix.notes[i][j]
    ]
    if not cells:
        return
    figure, box = heat.get_figure(), heat.get_position()
    sides = 72 * figure.get_size_inches() * (box.width, box.height)
    cell = (sides / (len(matrix.group_order.places), len(matrix.map_order.places))).min()
    heat.plot(*zip(*cells, strict=True), **_mark(min(_MARK_SHARE * cell, _LARGEST_MARK)))
    left, bottom, width, _ = key
    below = bottom - _BELOW_KEY / (72 * figure.get_figheight())
    figure.add_artist(Line2D([left + width / 2], [below], **_mark(_LARGEST_MARK), transform=figure.transFigure))
    figure.text(left + 1.6 * width, below, "has notes", va="center", fontsize="small")


def _mark(size):
    """How a mark is drawn whose size is in points."""
    colors = {"color": "white", "markeredgecolor": "black"}
    return colors | {"marker": "o", "linestyle": "", "markersize": size, "markeredgewidth": _EDGE_SHARE * size}


def _layout(figure, matrix, names, title):
    """Places of the axes in the figure, as left, bottom, width and height."""
    width, height = figure.get_size_inches()
    tree, top = min(0.12, 0.7 / height), 1 - (0.4 if title else 0.1) / height
    letters, _ = _map_letters(72 * height * (top - tree) / len(matrix.map_order.places))
    longest = letters * max(len(short_name(name)) for name in names)
    if matrix.shares is not None:
        longest = max(longest, _SHARES_LETTERS * len(ALL_PARTICLES))
    labels = (LETTER_WIDTH * longest / 72 + 0.1) / width
    sets, key = _SETS_INCHES / width, _KEY_INCHES / width
    left = 0.015 + _TREE_WIDTH + sets + 0.012
    wide = max(1 - left - labels - key - _BESIDE_KEY / width, 0.2)
    bottom = below = (_height_of_groups(matrix, 72 * width * wide) / 72 + 0.2) / height
    if matrix.shares is not None:
        bottom += (_SHARES_INCHES + _ABOVE_SHARES) / height
    tall = max(top - tree - 0.005 - bottom, 0.2)
    return {
        "heat": (left, bottom, wide, tall),
        "sets": (left - sets - 0.006, bottom, sets, tall),
        "maps": (0.015, bottom, _TREE_WIDTH, tall),
        "shares": (left, below, wide, _SHARES_INCHES / height),
        "groups": (left, bottom + tall + 0.005, wide, tree),
        "key": (left + wide + labels + 0.1 / width, bottom, key, tall),
    }


def _height_of_groups(matrix, wide):
    """Points that the names of groups take below a heat map that is so wide."""
    labels = [short_name(name) for name in matrix.labels]
    size, _, upright = lettering(labels, wide / len(labels))
    return LETTER_WIDTH * size * max(map(len, labels)) if upright else size


def _letters(ticks):
    """Size in points of the letters beside an axis, unless there are too many."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties

    return FontProperties(size=rcParams[f"{ticks}.labelsize"]).get_size_in_points()


def _map_letters(room):
    """Size in points of the names of maps that have so much room each, and of how many one is written."""
    letters = _letters("ytick")
    size = float(np.clip(0.85 * room, min(_SMALLEST_LETTERS, letters), letters))
    return size, max(1, int(np.ceil(size / room)))


def _label_maps(axes, names):
    """Names of maps at the right, of every second or further where all would not fit."""
    room = 72 * axes.get_figure().get_figheight() * axes.get_position().height / len(names)
    size, every = _map_letters(room)
    axes.yaxis.tick_right()
    shown = range(0, len(names), every)
    axes.set_yticks(shown, [short_name(names[i]) for i in shown], fontsize=size, parse_math=False)


def _draw_sets(axes, matrix):
    """A band beside the maps, light and dark by turns where another set begins, with the number of each."""
    sets = matrix.agreement[matrix.map_order.places]
    starts = np.flatnonzero(np.diff(sets, prepend=-1))
    row = 72 * axes.get_figure().get_figheight() * axes.get_position().height / len(sets)
    for turn, (start, end) in enumerate(zip(starts, [*starts[1:], len(sets)], strict=True)):
        band, ink = _SET_COLORS[turn % 2]
        axes.axhspan(start - 0.5, end - 0.5, color=band, linewidth=0)
        if (end - start) * row > _SET_LETTERS:
            middle = (start + end - 1) / 2
            axes.text(0.5, middle, f"{sets[start]}", color=ink, fontsize=_SET_LETTERS, ha="center", va="center")
    axes.set_xlim(0, 1)
    axes.set_axis_off()


def _draw_tree(axes, order, side):
    """A dendrogram whose leaves are at 0, 1, 2, … along the edge of the heat map, fine where they are many."""
    axes.set_axis_off()
    if len(order.tree) == 0:
        return
    from matplotlib.collections import LineCollection

    lines = _tree_lines(order)
    along = [line if side == "top" else line[:, ::-1] for line in lines]
    figure, box = axes.get_figure(), axes.get_position()
    edge = figure.get_figwidth() * box.width if side == "top" else figure.get_figheight() * box.height
    breadths = 72 * edge / len(order.places) * np.array([abs(line[-1, 0] - line[0, 0]) for line in lines])
    thick = np.minimum(_LINE_SHARE * breadths, _THICKEST_LINE)
    axes.add_collection(LineCollection(along, colors=inks_of(axes).line, linewidths=thick))
    length, deepest = len(order.places), max(line[:, 1].max() for line in lines) or 1  # 0 where all are alike
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
