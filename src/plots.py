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
