"""Figures of a solvent model: the histogram around its peak, the Gaussian, the confidence."""

import numpy as np

from .style import count_in_powers, inks_of

_SIGMAS_SHOWN = (8, 12)
_BELOW_LABEL = 5
"""From the axes to a legend that is below their label, in sizes of its letters."""


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

    figure = Figure(figsize=(7, 4.2), dpi=120)
    draw_solvent(figure.add_axes((0.11, 0.225, 0.77, 0.685)), model, title)
    return figure


def draw_solvent(axes, model, title="", legend_columns=None):
    """Draw what `solvent_figure` shows on axes of a figure that is there already.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    model : SolventModel
    title : str
    legend_columns : int, optional
        Of a legend that takes the whole width of a figure that has little; unless given it is below the axes, three
        wide. The layout of the figure has to be constrained.
    """
    inks = inks_of(axes)
    _draw_histogram(axes, model, inks)
    right = axes.twinx()
    right.plot(model.values, model.confidence(model.values), color=inks.curve, label="confidence")
    right.set_ylim(0, 1.05)
    right.set_ylabel("confidence C", color=inks.curve)
    right.tick_params(axis="y", colors=inks.curve)
    left, beyond = _SIGMAS_SHOWN
    axes.set_xlim(model.mean - left * model.sigma, model.mean + beyond * model.sigma)
    axes.set_title(title, fontsize="medium", y=1, parse_math=False)  # a name may hold $
    handles = [*axes.get_legend_handles_labels()[0], *right.get_legend_handles_labels()[0]]
    style = {"handles": handles, "ncols": legend_columns or 3, "fontsize": "small", "frameon": False, "borderpad": 0}
    style |= {"handlelength": 1.5, "handletextpad": 0.5, "columnspacing": 1}
    # In the axes it would cover curves, which are anywhere.
    if legend_columns:
        axes.figure.legend(loc="outside lower center", **style)
    else:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0), borderaxespad=_BELOW_LABEL, **style)


def _draw_histogram(axes, model, inks):
    filled = model.counts > 0
    label = "histogram, solvent made even" if model.varies else "histogram, low-passed map"
    axes.fill_between(model.values[filled], model.counts[filled], 0.5, color=inks.fill, label=label)
    if model.varies:
        _draw_as_it_is(axes, model, inks)
    axes.plot(model.values, np.maximum(model.gaussian(model.values), 1e-3), color="#d9583b", label="solvent model")
    axes.axvline(model.mean, color=inks.line, linewidth=0.8)
    axes.axvline(model.noise_level, color=inks.line, linewidth=0.8, linestyle="--", label="noise level (C = 0.5)")
    count_in_powers(axes)
    axes.set_ylim(0.5, 2 * model.counts.max())
    axes.set_xlabel("density of the low-passed map" + (", as at the molecule" if model.varies else ""))
    axes.set_ylabel("voxels per bin")


def _draw_as_it_is(axes, model, inks):
    """The histogram of the low-passed map before its solvent was made even, in bins as wide."""
    before = model.uniform
    shown = before.counts > 0
    # Bins are a sixteenth of sigma wide, of each model's own.
    counts = before.counts[shown] * model.sigma / before.sigma
    axes.plot(before.values[shown], counts, color=inks.line, linewidth=0.8, label="histogram as it is")
