"""The figures that commands, tool and shell program all show."""

from dataclasses import dataclass

import numpy as np

from .engine import parallel
from .engine.limits import scale_made_of
from .palette import KEY_TITLE, PALETTE

_SIGMAS_SHOWN = (8, 12)


@dataclass(frozen=True)
class _Inks:
    """Colors that stand out from the background of a plot."""

    curve: str
    line: str
    fill: str


_ON_LIGHT = _Inks("#1f4e9c", "0.4", "0.82")
_ON_DARK = _Inks("#7fb2e5", "0.75", "0.45")


def solvent_figure(model, title=""):
    """Histogram of the low-passed map around the solvent peak, the fitted model and the confidence.

    Parameters
    ----------
    model : SolventModel
    title : str

    Returns
    -------
    matplotlib.figure.Figure
        Not tied to any window; save it with `savefig`.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.2), dpi=120, layout="constrained")
    draw_solvent(figure.add_subplot(), model, title)
    return figure


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

    figure = Figure(figsize=(16, 4.2), dpi=100, layout="constrained")
    axes = figure.subplots(1, 4, width_ratios=(1.5, 1, 1, 1))
    draw_solvent(axes[0], estimate.solvent, title)
    for axis, panel in enumerate(axes[1:]):
        draw_projection(panel, density, estimate.scale, estimate.full_scale, axis)
        panel.set_title(f"along {'zyx'[axis]}", fontsize="medium")
    _add_key(figure, axes[1:])
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

    figure = Figure(figsize=(16, 8), dpi=90, layout="constrained")
    (left, middle, right), pictures = figure.subplots(2, 3, width_ratios=(1.4, 1, 1))
    draw_solvent(left, estimate.solvent, title)
    draw_curve(middle, result.kind, result.settings, result.limits)
    draw_histograms(right, before, result.density)
    pictures[0].set_axis_off()
    for panel, density, label in zip(pictures[1:], (before, result.density), ("before", "after"), strict=True):
        draw_projection(panel, density, estimate.scale, estimate.full_scale, 0)
        panel.set_title(f"{label}, along z", fontsize="medium")
    _add_key(figure, pictures[1:])
    return figure


def draw_projection(axes, density, scale, full_scale, axis):
    """The map seen along an axis: as bright as its highest density there, colored by the scale in that place."""
    highest = np.expand_dims(_highest_along(density, axis), axis)
    level, color = (np.take_along_axis(values, highest, axis).squeeze(axis) for values in (density, scale))
    shade = np.clip(level / full_scale, 0, 1)[..., None]
    axes.imshow(1 - shade * (1 - _occupancy_colors()(color)[..., :3]), origin="lower", interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])


def _highest_along(density, axis):
    """Index along an axis of the highest density; in slabs, since NumPy makes a copy in another order of axes."""
    turned = np.moveaxis(density, axis, -1)
    highest = np.empty(turned.shape[:2], np.intp)

    def fill(slab):
        highest[slab] = turned[slab].argmax(-1)

    parallel.run(fill, parallel.plane_slabs(turned.shape))
    return highest


def _occupancy_colors():
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("occupancy", PALETTE)


def _add_key(figure, panels):
    from matplotlib.cm import ScalarMappable

    figure.colorbar(ScalarMappable(cmap=_occupancy_colors()), ax=list(panels), label=KEY_TITLE, shrink=0.8)


def draw_curve(axes, kind, settings, limits):
    """Draw the scale that a modification makes of each scale, within its limits, confidence apart.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    kind : {'equalize', 'attenuate', 'sigmoid'}
    settings : dict
        With power and, for a sigmoid, pivot.
    limits : Limits
    """
    scale = np.linspace(0, 1, 501, dtype=np.float32)
    inks = _inks(axes)
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=0.8)
    axes.plot(scale, scale_made_of(scale, kind, settings, limits), color=inks.curve)
    axes.axvline(limits.scale_limit, color=inks.line, linewidth=0.8, linestyle="--")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.05)
    axes.set_xlabel("scale of the input")
    axes.set_ylabel("scale of the output")
    axes.set_title(f"{kind}, power {settings['power']:g} (dashed: scale limit)", fontsize="medium")


def draw_histograms(axes, before, after):
    """Histograms of the values of a map before and after."""
    lowest = float(min(before.min(), after.min()))
    highest = float(max(before.max(), after.max()))
    for values, color, label in ((before, "0.6", "before"), (after, "#d9583b", "after")):
        counts, edges = np.histogram(values, 200, (lowest, highest))
        axes.stairs(counts, edges, color=color, label=label)
    axes.set_yscale("log")
    axes.set_ylim(bottom=0.5)
    axes.set_xlabel("density")
    axes.set_ylabel("voxels")
    axes.legend(fontsize="small")


def draw_solvent(axes, model, title=""):
    """Draw what `solvent_figure` shows on axes of a figure that is there already."""
    inks = _inks(axes)
    _draw_histogram(axes, model, inks)
    right = axes.twinx()
    right.plot(model.values, model.confidence(model.values), color=inks.curve, label="confidence")
    right.set_ylim(0, 1.05)
    right.set_ylabel("confidence C", color=inks.curve)
    right.tick_params(axis="y", colors=inks.curve)
    left, beyond = _SIGMAS_SHOWN
    axes.set_xlim(model.mean - left * model.sigma, model.mean + beyond * model.sigma)
    axes.set_title(title, fontsize="medium", parse_math=False)  # a name may hold $
    handles = [*axes.get_legend_handles_labels()[0], *right.get_legend_handles_labels()[0]]
    axes.legend(handles=handles, loc="upper right", bbox_to_anchor=(1, 0.93), fontsize="small")


def _inks(axes):
    from matplotlib.colors import to_rgba

    red, green, blue, _ = to_rgba(axes.get_facecolor())
    return _ON_LIGHT if red + green + blue > 1.5 else _ON_DARK


def _draw_histogram(axes, model, inks):
    filled = model.counts > 0
    axes.fill_between(
        model.values[filled], model.counts[filled], 0.5, color=inks.fill, label="histogram, low-passed map"
    )
    axes.plot(model.values, np.maximum(model.gaussian(model.values), 1e-3), color="#d9583b", label="solvent model")
    axes.axvline(model.mean, color=inks.line, linewidth=0.8)
    axes.axvline(model.noise_level, color=inks.line, linewidth=0.8, linestyle="--", label="noise level (C = 0.5)")
    axes.set_yscale("log")
    axes.set_ylim(0.5, 2 * model.counts.max())
    axes.set_xlabel("density of the low-passed map")
    axes.set_ylabel("voxels per bin")
