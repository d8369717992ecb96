"""Figures of what was made of a map: its scale, guided by a model or not, and modified maps."""

from functools import partial

import numpy as np

from ..engine import parallel
from ..engine.modification.limits import scale_made_of
from .occupancies import draw_occupancies
from .solvent import draw_solvent
from .style import add_key, count_in_powers, inks_of, occupancy_colors

_BRIGHT_QUANTILE = 0.99
_MOST_COUNTED = 1 << 22


def estimate_figure(estimate, density, title=""):
    """The solvent model, and the map seen along each axis, colored by its scale.

    Parameters
    ----------
    estimate : Estimate
    density : array of float32, shape (z, y, x)
        The map.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(16, 4.2), dpi=100)
    draw_solvent(figure.add_axes((0.047, 0.225, 0.275, 0.685)), estimate.solvent, title)
    for axis, left in enumerate((0.365, 0.558, 0.751)):
        panel = figure.add_axes((left, 0.05, 0.185, 0.86))
        draw_projection(panel, density, estimate.scale, estimate.full_scale, axis)
        panel.set_title(f"along {'zyx'[axis]}", fontsize="medium", y=1)
    add_key(figure, (0.95, 0.135, 0.008, 0.7))
    return figure


def guided_figure(scale, rows, density, title=""):
    """The occupancies of chains, and the map seen along each axis, colored by its scale.

    Parameters
    ----------
    scale, density : arrays of float32, shape (z, y, x)
    rows : list of dict
        As of `draw_occupancies`.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(16, 4.2), dpi=100, layout="constrained")
    axes = figure.subplots(1, 4, width_ratios=(1.5, 1, 1, 1))
    draw_occupancies(axes[0], rows, "chain")
    axes[0].set_title(title, fontsize="medium", parse_math=False)
    brightest = float(np.quantile(density[scale > 0], _BRIGHT_QUANTILE))
    for axis, panel in enumerate(axes[1:]):
        draw_projection(panel, density, scale, brightest, axis)
        panel.set_title(f"along {'zyx'[axis]}", fontsize="medium")
    add_key(figure, panels=axes[1:])
    return figure


def modification_figure(estimate, result, before, title=""):
    """Solvent model, modification curve, histograms and pictures of the map before and after.

    Parameters
    ----------
    estimate : Estimate
    result : Modification
    before : array of float32
        The map that was modified.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(16, 8), dpi=90)
    draw_solvent(figure.add_axes((0.05, 0.58, 0.32, 0.37)), estimate.solvent, title)
    draw_curve(figure.add_axes((0.46, 0.58, 0.22, 0.37)), result.kind, result.settings, result.limits, result.reached)
    draw_histograms(figure.add_axes((0.74, 0.58, 0.22, 0.37)), before, result.density)
    for left, density, label in ((0.46, before, "before"), (0.71, result.density, "after")):
        panel = figure.add_axes((left, 0.03, 0.22, 0.44))
        draw_projection(panel, density, estimate.scale, estimate.full_scale, 0)
        panel.set_title(f"{label}, along z", fontsize="medium", y=1)
    add_key(figure, (0.945, 0.07, 0.008, 0.36))
    return figure


def draw_projection(axes, density, scale, full_scale, axis):
    """The map seen along an axis: as bright as its highest density there, colored by the scale in that place."""
    highest = np.expand_dims(_highest_along(density, axis), axis)
    level, color = (np.take_along_axis(values, highest, axis).squeeze(axis) for values in (density, scale))
    shade = np.clip(level / full_scale, 0, 1)[..., None]
    pixels = 255 * (1 - shade * (1 - occupancy_colors()(color)[..., :3]))
    axes.imshow(np.rint(pixels).astype(np.uint8), origin="lower", interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])


def _highest_along(density, axis):
    """Index along an axis of the highest density, the first of equal ones; in slabs across it."""
    turned = np.moveaxis(density, axis, 0)
    highest = np.zeros(turned.shape[1:], np.intp)

    def fill(slab):
        if axis == density.ndim - 1:
            highest[slab] = density[slab].argmax(axis)
        else:
            _keep_highest(turned[:, slab], highest[slab])

    parallel.run(fill, parallel.slabs(len(highest), -(-len(highest) // parallel.thread_count())))
    return highest


def _keep_highest(planes, highest):
    """Put the index of the highest plane in each place: `argmax` across planes takes five times as long."""
    level = planes[0].copy()
    for index, plane in enumerate(planes[1:], 1):
        np.putmask(highest, plane > level, index)
        np.maximum(level, plane, out=level)


def draw_curve(axes, kind, settings, limits, reached=None):
    """Draw the scale that a modification makes of each scale, within its limits, and what comes out.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Light or dark.
    kind : {'equalize', 'attenuate', 'sigmoid'}
    settings : dict
        With power and, for a sigmoid, pivot.
    limits : Limits
    reached : Reached, optional
        What comes out, as a band from 16 to 84 % of the parts of each scale, about a line in their middle.
    """
    scale = np.linspace(0, 1, 501, dtype=np.float32)
    inks = inks_of(axes)
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=0.8)
    (aim,) = axes.plot(scale, scale_made_of(scale, kind, settings, limits), color=inks.curve)
    axes.axvline(limits.scale_limit, color=inks.line, linewidth=0.8, linestyle="--")
    highest = 1.0
    if reached is not None and len(reached.scale):
        band = _draw_reached(axes, reached)
        highest = max(highest, float(reached.high.max()))
        free = "lower right" if kind == "equalize" else "upper left"
        axes.legend([aim, band], ["aimed at", "comes out (16 to 84 %)"], fontsize="small", loc=free)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.05 * highest)
    axes.set_xlabel("scale of the input")
    axes.set_ylabel("scale of the output")
    axes.set_title(f"{kind}, power {settings['power']:g} (dashed: scale limit)", fontsize="medium")


def _draw_reached(axes, reached):
    """A band about a line, broken where there is hardly any molecule of a scale; returns what a legend shows of it."""
    color = inks_of(axes).other
    for run in reached.runs():
        scale = reached.scale[run]
        band = axes.fill_between(scale, reached.low[run], reached.high[run], color=color, alpha=0.3, linewidth=0)
        (middle,) = axes.plot(scale, reached.middle[run], color=color, marker="." if len(scale) == 1 else None)
    return band, middle


def draw_histograms(axes, before, after):
    """Histograms of the values of a map before and after, of a part of the planes where there are very many voxels."""
    lowest = float(min(before.min(), after.min()))
    highest = float(max(before.max(), after.max()))
    edges = np.linspace(lowest, highest, 201)
    for values, color, label in ((before, "0.6", "before"), (after, "#d9583b", "after")):
        step = -(-values.size // _MOST_COUNTED)
        seen = values[::step]
        slabs = parallel.plane_slabs(seen.shape)
        counts = step * sum(parallel.run(partial(_counts, seen, (lowest, highest)), slabs))
        axes.stairs(counts, edges, color=color, label=label)
    count_in_powers(axes)
    axes.set_ylim(bottom=0.5)
    axes.set_xlabel("density")
    axes.set_ylabel("voxels")
    axes.legend(fontsize="small")


def _counts(values, limits, slab):
    return np.histogram(values[slab], 200, limits)[0]
