"""The graph of an order of assembly: from left to right from what is there first to what comes last."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..engine.matrix.sets import listed
from .layered import layered
from .style import inks_of, occupancy_colors, short_name

_BOX = 0.68, 0.62
"""Width and height of a node, of the column and the row that it has."""

_LETTERS, _SMALLEST_LETTERS, _LETTER_WIDTH = 9.0, 4.5, 0.6
_COLUMN_INCHES, _ROW_INCHES = 1.9, 0.36
_LARGEST_CELL = 2.4, 0.5
"""Inches: of a larger window the graph fills the upper left."""

_MARGIN, _TITLE, _KEY = 0.12, 0.45, 0.85
"""Inches around the graph, above it for the title, and right of it for the key."""

_SMALLEST, _LARGEST = (5.0, 2.4), (18.0, 24.0)
_BESIDE = 6
"""Columns of those of which no order is told, where the graph does not need more."""

_LONGEST_LABEL, _MOST_NAMES = 20, 12
"""Characters in a box, and names where all is told of a node."""

_DARK = 0.5


@dataclass(frozen=True, eq=False)
class DrawnAssembly:
    """An order of assembly as it is drawn.

    Attributes
    ----------
    axes : matplotlib.axes.Axes
    places : dict of int to tuple of 2 float
        The middle of each node in data coordinates of the axes.
    """

    axes: object
    places: dict

    def node_at(self, x, y):
        """The place in `Assembly.nodes` of the node at a place of the axes; None where there is none."""
        for node, (column, row) in self.places.items():
            if abs(x - column) <= _BOX[0] / 2 and abs(y - row) <= _BOX[1] / 2:
                return node
        return None


def assembly_figure(assembly):
    """A figure of an order of assembly.

    Parameters
    ----------
    assembly : Assembly

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    columns, rows = _arranged(assembly).size
    size = columns * _COLUMN_INCHES + 2 * _MARGIN + _KEY, rows * _ROW_INCHES + 2 * _MARGIN + _TITLE
    figure = Figure(figsize=np.clip(size, _SMALLEST, _LARGEST), dpi=110)
    draw_assembly(figure, assembly)
    return figure


def draw_assembly(figure, assembly):
    """Draw an order of assembly on a figure: nodes colored by their shares, arrows, and a key.

    Where no order is told, a sentence says so.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Light or dark.
    assembly : Assembly

    Returns
    -------
    DrawnAssembly
    """
    width, height = figure.get_size_inches()
    left, bottom = _MARGIN / width, _MARGIN / height
    share = max(0.1, 1 - left - (_MARGIN + _KEY) / width), max(0.1, 1 - bottom - (_MARGIN + _TITLE) / height)
    axes = figure.add_axes((left, bottom, *share))
    axes.set_facecolor(figure.get_facecolor())
    axes.set_axis_off()
    arranged = _arranged(assembly)
    columns, rows = np.maximum(arranged.size, share * figure.get_size_inches() / _LARGEST_CELL)
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    for course in arranged.courses:
        _draw_arrow(axes, course)
    _draw_nodes(axes, assembly, arranged.places)
    letters = _letters(axes, 1)
    for (column, row), words in arranged.headings:
        axes.text(column - _BOX[0] / 2, row, words, color=inks_of(axes).line, fontsize=letters, va="center")
    _add_key(figure, assembly, (1 - _KEY / width, bottom, 0.13 / width, share[1]))
    figure.suptitle(assembly.told, y=1 - 0.1 / height, va="top", fontsize="medium", parse_math=False)
    return DrawnAssembly(axes, arranged.places)


def node_text(assembly, node):
    """What is told of a node: its groups, the share of particles that have them, and what they are only there with."""
    found = assembly.nodes[node]
    needed = [assembly.nodes[first].name for first, then in assembly.arrows if then == node]
    if found.always:
        told = "always there"
    elif assembly.of_particles:
        told = f"{found.share:.0%} ± {found.share_error:.0%} of the particles"
    else:
        told = f"{found.share:.2f} ± {found.share_error:.2f} on the mean of all maps"
    only = f"; only with {' and with '.join(needed)}" if needed else ""
    return f"{listed(found.labels, _MOST_NAMES)}: {told}{only}"


@dataclass(frozen=True, eq=False)
class _Arranged:
    """Places of nodes, courses of arrows and headings, in columns and rows."""

    places: dict
    courses: list
    headings: list
    size: tuple


def _arranged(assembly):
    """What is always there, the graph, and below it the nodes of which no order is told."""
    linked = {node for arrow in assembly.arrows for node in arrow}
    always = [i for i, node in enumerate(assembly.nodes) if node.always]
    graph = layered(sorted(linked), assembly.arrows)
    others = [i for i, node in enumerate(assembly.nodes) if i not in linked and not node.always]
    columns = max(graph.size[0], min(_BESIDE, len(others)), 1)
    places, courses, headings, row = {}, [], [], 0.0
    for words, some, lines, height in (
        ("always there", _in_rows(always, columns), [], None),
        ("first to last", graph.places, graph.courses, graph.size[1]),
        ("no order told", _in_rows(others, columns), [], None),
    ):
        if not some:
            continue
        headings.append(((0.0, row), words))
        places |= {node: (column, row + 1 + below) for node, (column, below) in some.items()}
        courses += [[(column, row + 1 + below) for column, below in line] for line in lines]
        row += 1 + (height or 1 + max(below for _, below in some.values()))
    return _Arranged(places, courses, headings, (columns, row))


def _in_rows(nodes, columns):
    return {node: (float(i % columns), float(i // columns)) for i, node in enumerate(nodes)}


def _draw_arrow(axes, course):
    """An arrow that leaves to the right, comes from the left, and goes straight through the columns between."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    half = _BOX[0] / 2
    points, codes = [(course[0][0] + half, course[0][1])], [Path.MOVETO]
    for (column, row), (after, below) in pairwise(course):
        middle = (column + after) / 2
        points += [(middle, row), (middle, below), (after - half, below)]
        codes += [Path.CURVE4] * 3
        if (after, below) != course[-1]:
            points.append((after + half, below))
            codes.append(Path.LINETO)
    arrow = FancyArrowPatch(
        path=Path(points, codes), arrowstyle="-|>", mutation_scale=8, color=inks_of(axes).line, linewidth=1.0,
        shrinkA=0, shrinkB=0,
    )  # fmt: skip
    axes.add_patch(arrow)


def _draw_nodes(axes, assembly, places):
    """A box for each node, in the color of its share, with its name as large as all names allow."""
    from matplotlib.patches import Rectangle

    names = {node: _label(assembly.nodes[node]) for node in places}
    letters = _letters(axes, max(map(len, names.values()), default=1))
    inks = inks_of(axes)
    for node, (column, row) in places.items():
        color = occupancy_colors()(float(np.clip(assembly.nodes[node].share, 0, 1)))
        corner = column - _BOX[0] / 2, row - _BOX[1] / 2
        axes.add_patch(Rectangle(corner, *_BOX, facecolor=color, edgecolor=inks.line, linewidth=0.8))
        ink = "black" if np.dot(color[:3], (0.3, 0.59, 0.11)) > _DARK else "white"
        axes.text(column, row, names[node], color=ink, fontsize=letters, ha="center", va="center", parse_math=False)


def _label(node):
    """As many names as fit, with the count of the others."""
    names = [short_name(name) for name in node.labels]
    most = len(names)
    while most > 1 and len(listed(names, most)) > _LONGEST_LABEL:
        most -= 1
    return listed(names, most)


def _letters(axes, longest):
    """The size of letters in which a name fits into a box."""
    place = axes.get_position()
    width, height = 72 * axes.get_figure().get_size_inches() * (place.width, place.height)
    columns, rows = np.ptp(axes.get_xlim()), np.ptp(axes.get_ylim())
    fitting = min(0.95 * _BOX[0] * width / columns / (_LETTER_WIDTH * longest), 0.8 * _BOX[1] * height / rows)
    return float(np.clip(fitting, _SMALLEST_LETTERS, _LETTERS))


def _add_key(figure, assembly, place):
    from matplotlib.cm import ScalarMappable

    mapped = ScalarMappable(cmap=occupancy_colors())
    label = "share of particles" if assembly.of_particles else "mean occupancy"
    figure.colorbar(mapped, cax=figure.add_axes(place), label=label)
