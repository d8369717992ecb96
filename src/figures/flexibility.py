"""The figure of occupancy against flexibility: what is missing, and what moves."""

import numpy as np

from .palette import FLEXIBILITY, PALETTE
from .style import inks_of, occupancy_colors, short_name

_SIZE, _DPI = (7.0, 5.0), 120
_FEW, _MOST_NAMED = 12, 15
_STANDS_OUT = 3.0
"""Usual distances from the middle from which on a group is named where there are many."""

_LEAST_SPREAD = (0.03, 5.0)
"""Of occupancies and of ΔB in Å²: closer ones are alike."""

_MARGIN, _LEAST_RANGE = 0.12, 30.0
_WORDS = {
    (0, 1): "there, at rest",
    (1, 1): "there, moving",
    (0, 0): "missing",
    (1, 0): "moving or missing",
}
"""By the corner of the plot: right or left, top or bottom."""

_TINTS = ((PALETTE[1], ((0.0, 0.0), (0.22, 0.0))), (FLEXIBILITY.colors[1], ((0.0, 0.13), (0.0, 0.13))))
"""Colors with their opacity in the corners, upper ones first."""

_AROUND = ((1, 1), (-1, 1), (1, -1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1))
"""Where the name of a point may be, off its error bars first."""


def flexibility_figure(names, occupancies, b_shifts, errors=None, b_shift_errors=None, *, title="", label="occupancy"):
    """A figure of occupancy against flexibility of groups; parameters as of `draw_flexibility`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
    draw_flexibility(figure.add_subplot(), names, occupancies, b_shifts, errors, b_shift_errors, label=label)
    figure.suptitle(title, fontsize="medium", parse_math=False)
    return figure


def draw_flexibility(axes, names, occupancies, b_shifts, errors=None, b_shift_errors=None, *, label="occupancy"):
    """Draw occupancy against flexibility of groups, with the names of those that stand out.

    Names are laid out whenever the figure is drawn, so that they are apart in a window of any size.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Light or dark.
    names : sequence of str
    occupancies, b_shifts : arrays of float, shape (groups,)
        ΔB in Å². Groups that lack one of them, NaN, are left out and counted in a note.
    errors, b_shift_errors : arrays of float, shape (groups,), optional
        Their standard errors, NaN where they are not known.
    label : str
        What occupancies are called.
    """
    x, y = (np.asarray(values, float) for values in (b_shifts, occupancies))
    x_errors, y_errors = (
        np.zeros(len(x)) if given is None else np.nan_to_num(np.asarray(given, float), posinf=0.0)
        for given in (b_shift_errors, errors)
    )
    known = np.isfinite(x) & np.isfinite(y)
    x, y, x_errors, y_errors = (values[known] for values in (x, y, x_errors, y_errors))
    words = _draw_guides(axes)
    _draw_points(axes, x, y, x_errors, y_errors)
    axes.set_xlim(_limits(x, x_errors))
    axes.set_ylim(_occupancy_limits(y, y_errors))
    axes.set_xlabel("flexibility, ΔB (Å²)")
    axes.set_ylabel(label)
    if not known.all():
        axes.set_title(_left_out(np.count_nonzero(~known)), fontsize="small", loc="right")
    chosen = _standing_out(x, y)
    found = [name for name, is_known in zip(names, known, strict=True) if is_known]
    axes.add_artist(_names_artist(axes, x, y, [found[i] for i in chosen], chosen, words))


def regions_in_figure(rows):
    """Rows of a `RegionTable` with a flexibility map as `draw_flexibility` takes them: names, scales and ΔB."""
    shifts = [row["flexibility"] for row in rows]
    return [row["region"] for row in rows], [row["mean"] for row in rows], [np.nan if b is None else b for b in shifts]


def groups_in_figure(rows):
    """Rows of `GroupOccupancy.as_dict` as `draw_flexibility` takes them: names, occupancies, ΔB, errors of both."""
    names = ("group", "occupancy", "b_shift", "standard_error", "b_shift_error")
    return [[row[name] for row in rows] for name in names]


def _left_out(count):
    return f"{count} without ΔB {'is' if count == 1 else 'are'} not shown"


def _draw_guides(axes):
    """Tints and words in the corners, and lines where occupancy is 1 and ΔB 0; returns the words."""
    from matplotlib.colors import to_rgb

    inks = inks_of(axes)
    place = {"extent": (0, 1, 0, 1), "transform": axes.transAxes, "aspect": "auto", "interpolation": "bilinear"}
    for color, opacities in _TINTS:
        axes.imshow([[(*to_rgb(color), opacity) for opacity in row] for row in opacities], zorder=-2, **place)
    axes.axhline(1, color=inks.line, linewidth=0.8, linestyle="--", zorder=1)
    axes.axvline(0, color=inks.line, linewidth=0.8, linestyle="--", zorder=1)
    return [
        axes.text(
            0.015 + 0.97 * right, 0.02 + 0.96 * top, words, transform=axes.transAxes, color=inks.line,
            ha="right" if right else "left", va="top" if top else "bottom", fontsize="small", style="italic", zorder=-1,
        )
        for (right, top), words in _WORDS.items()
    ]  # fmt: skip


def _draw_points(axes, x, y, x_errors, y_errors):
    inks, many = inks_of(axes), len(x) > _FEW
    width = float(np.clip(30 / max(len(x), 1), 0.3, 1))
    axes.errorbar(x, y, y_errors, x_errors, fmt="none", ecolor=inks.line, elinewidth=width, alpha=0.7, zorder=2)
    colors = occupancy_colors()(np.clip(y, 0, 1))
    size = float(np.clip(3000 / max(len(x), 1), 9, 42))
    axes.scatter(x, y, size, color=colors, edgecolor=inks.outline, linewidth=0.3 if many else 0.6, zorder=3)


def _limits(values, errors):
    """Limits of an axis with all error bars, a margin for names, and 0."""
    low, high = min(values - errors, default=0.0), max(values + errors, default=0.0)
    low, high = min(low, 0.0), max(high, 0.0)
    margin = _MARGIN * max(high - low, _LEAST_RANGE)
    return low - margin, max(high, low + _LEAST_RANGE) + margin


def _occupancy_limits(values, errors):
    """From 0, or a little below what reads less, to a little above 1 and all that reads more."""
    low, high = min(values - errors, default=0.0), max(values + errors, default=1.0)
    return min(0.0, low - 0.05), max(1.15, high + 0.05)


def _standing_out(x, y):
    """Numbers of the points to be named, the farthest from the others first: all where there are few."""
    away = np.hypot(_distances(y, _LEAST_SPREAD[0]), _distances(x, _LEAST_SPREAD[1]))
    order = np.argsort(-away, kind="stable")
    return order if len(x) <= _FEW else order[away[order] > _STANDS_OUT][:_MOST_NAMED]


def _distances(values, least):
    """From the median, in units of the usual distance from it."""
    if not len(values):
        return values
    away = np.abs(values - np.median(values))
    return away / max(1.5 * np.median(away), least)


def _names_artist(axes, x, y, names, chosen, words):
    """An artist that writes names beside points, off words in the axes; where there is no room a point has no name."""
    from matplotlib.artist import Artist
    from matplotlib.text import Text
    from matplotlib.transforms import IdentityTransform

    class Names(Artist):
        def __init__(self):
            super().__init__()
            self.set_in_layout(False)
            self.set_zorder(4)
            self.texts = [Text(0, 0, short_name(name), fontsize="small", parse_math=False) for name in names]
            for text in self.texts:
                text.set(figure=axes.get_figure(), transform=IdentityTransform(), color=axes.xaxis.label.get_color())

        def draw(self, renderer):
            points = axes.transData.transform(np.column_stack([x, y]))
            taken = [word.get_window_extent(renderer) for word in words]
            for text, i in zip(self.texts, chosen, strict=True):
                box = _place(text, points, points[i], taken, axes.bbox, renderer)
                text.set_visible(box is not None)
                if box is not None:
                    taken.append(box)
                    text.draw(renderer)

    return Names()


def _place(text, points, point, taken, within, renderer):
    """Put a text beside a point, off other texts and points; the box that it takes, or None where there is no room."""
    gap = renderer.points_to_pixels(5)
    for across, up in _AROUND:
        text.set(
            x=point[0] + gap * across, y=point[1] + gap * up, ha=("center", "left", "right")[across],
            va=("center", "bottom", "top")[up],
        )  # fmt: skip
        box = text.get_window_extent(renderer)
        inside = within.x0 <= box.x0 and box.x1 <= within.x1 and within.y0 <= box.y0 and box.y1 <= within.y1
        covered = ((points > box.min) & (points < box.max)).all(axis=1).any()
        if inside and not covered and not any(box.overlaps(other) for other in taken):
            return box
    return None
