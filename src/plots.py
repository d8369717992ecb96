"""The figures that commands, tool and shell program all show."""

import numpy as np

_SIGMAS_SHOWN = (8, 12)
_CONFIDENCE_COLOR = "#1f4e9c"


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


def modification_figure(model, result, before, title=""):
    """The solvent model, the modification curve, and the histograms of the map before and after.

    Parameters
    ----------
    model : SolventModel
    result : Modification
    before : array of float32
        The map that was modified.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 4.2), dpi=110, layout="constrained")
    left, middle, right = figure.subplots(1, 3, width_ratios=(1.4, 1, 1))
    draw_solvent(left, model, title)
    draw_curve(middle, result)
    draw_histograms(right, before, result.density)
    return figure


def draw_curve(axes, result):
    """The scale that a modification makes of each scale, within its limits, confidence apart."""
    scale = np.linspace(0, 1, 501, dtype=np.float32)
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=0.8)
    axes.plot(scale, result.scale_made_of(scale), color=_CONFIDENCE_COLOR)
    axes.axvline(result.limits.scale_limit, color="0.4", linewidth=0.8, linestyle="--")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.05)
    axes.set_xlabel("scale of the input")
    axes.set_ylabel("scale of the output")
    axes.set_title(f"{result.kind}, power {result.settings['power']:g} (dashed: scale limit)", fontsize=10)


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
    axes.legend(fontsize=8)


def draw_solvent(axes, model, title=""):
    """Draw what `solvent_figure` shows on axes of a figure that is there already."""
    _draw_histogram(axes, model)
    right = axes.twinx()
    right.plot(model.values, model.confidence(model.values), color=_CONFIDENCE_COLOR, label="confidence")
    right.set_ylim(0, 1.05)
    right.set_ylabel("confidence C", color=_CONFIDENCE_COLOR)
    right.tick_params(axis="y", colors=_CONFIDENCE_COLOR)
    left, beyond = _SIGMAS_SHOWN
    axes.set_xlim(model.mean - left * model.sigma, model.mean + beyond * model.sigma)
    axes.set_title(title, fontsize=10)
    handles = [*axes.get_legend_handles_labels()[0], *right.get_legend_handles_labels()[0]]
    axes.legend(handles=handles, loc="upper right", bbox_to_anchor=(1, 0.93), fontsize=8)


def _draw_histogram(axes, model):
    filled = model.counts > 0
    axes.fill_between(model.values[filled], model.counts[filled], 0.5, color="0.82", label="histogram, low-passed map")
    axes.plot(model.values, np.maximum(model.gaussian(model.values), 1e-3), color="#d9583b", label="solvent model")
    axes.axvline(model.mean, color="0.4", linewidth=0.8)
    axes.axvline(model.noise_level, color="0.4", linewidth=0.8, linestyle="--", label="noise level (C = 0.5)")
    axes.set_yscale("log")
    axes.set_ylim(0.5, 2 * model.counts.max())
    axes.set_xlabel("density of the low-passed map")
    axes.set_ylabel("voxels per bin")
