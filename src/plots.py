"""The figures that commands, tool and shell program all show."""

from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from .engine import parallel
from .engine.limits import scale_made_of
from .palette import KEY_TITLE, PALETTE

_SIGMAS_SHOWN = (8, 12)
_BRIGHT_QUANTILE = 0.99
_ALONG_CHAINS = ("segment", "residue")
_OCCUPANCIES_SHOWN = (-0.5, 2.0)
_FEWEST_BARS = 5
"""Fewer are drawn as wide as these."""

_MOST_MARKED = 40
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MOST_COUNTED = 1 << 22
_LONGEST_LABEL = 24
_SMALLEST_LETTERS = 5
_BELOW_LABEL = 5
"""From the axes to a legend that is below their label, in sizes of its letters."""

_COMPRESSION = 1
"""Of pictures, 0 to 9: 6, the usual, takes four times as long and spares an eighth."""

_GAP = 2.5
"""A line along a chain is broken where groups are further apart than this many times their usual distance."""


@dataclass(frozen=True)
class _Inks:
    """Colors that stand out from the background of a plot."""

    curve: str
    other: str
    line: str
    fill: str
    outline: str


_ON_LIGHT = _Inks("#1f4e9c", "#c2542f", "0.4", "0.82", "0.1")
_ON_DARK = _Inks("#7fb2e5", "#f0a07c", "0.75", "0.45", "0.9")


def write_png(figure, path):
    """Write a figure of matplotlib, without the windows that it may have, and drawn only once."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with open(path, "wb") as file:
        FigureCanvasAgg(figure).print_png(file, pil_kwargs={"compress_level": _COMPRESSION})


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
    _add_key(figure, (0.95, 0.135, 0.008, 0.7))
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
    _add_key(figure, panels=axes[1:])
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
    draw_curve(figure.add_axes((0.46, 0.58, 0.22, 0.37)), result.kind, result.settings, result.limits)
    draw_histograms(figure.add_axes((0.74, 0.58, 0.22, 0.37)), before, result.density)
    for left, density, label in ((0.46, before, "before"), (0.71, result.density, "after")):
        panel = figure.add_axes((left, 0.03, 0.22, 0.44))
        draw_projection(panel, density, estimate.scale, estimate.full_scale, 0)
        panel.set_title(f"{label}, along z", fontsize="medium", y=1)
    _add_key(figure, (0.945, 0.07, 0.008, 0.36))
    return figure


def occupancies_figure(rows, by, title=""):
    """Occupancies of groups of atoms: bars with error bars, or for each chain a line with a band.

    Parameters are those of `draw_occupancies`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    if by in _ALONG_CHAINS:
        figure = _figure_of_chains(_by_chain(rows), by)
    else:
        longest = max(len(short_name(row["group"])) for row in rows)
        width = np.clip(2.5 + 0.2 * len(rows), 5, 18)
        figure = Figure(figsize=(width, 3.8 + 0.05 * longest), dpi=120, layout="constrained")
        draw_occupancies(figure.add_subplot(), rows, by)
    figure.suptitle(title, fontsize="medium", parse_math=False)
    return figure


def _figure_of_chains(chains, by):
    """A panel for each chain, all with the same occupancies along y."""
    from matplotlib.figure import Figure

    columns = min(len(chains), int(np.ceil(np.sqrt(0.8 * len(chains)))))
    lines = -(-len(chains) // columns)
    size = (max(6, min(2.6 * columns, 18)), max(3.6, 1.3 * lines + 1))
    figure = Figure(figsize=size, dpi=110, layout="constrained")
    panels = figure.subplots(lines, columns, squeeze=False).ravel()
    shown = _occupancies_shown([row for rows in chains.values() for row in rows])
    for panel, (chain, rows) in zip(panels, chains.items(), strict=False):
        draw_occupancies(panel, rows, by)
        panel.set_ylim(shown)
        panel.set_title(short_name(chain), fontsize="small", parse_math=False, pad=2)
        panel.tick_params(labelsize="small")
        panel.set_xlabel("")
        panel.set_ylabel("")
    for panel in panels[len(chains) :]:
        panel.set_axis_off()
    figure.supxlabel("residue", fontsize="medium")
    figure.supylabel("occupancy", fontsize="medium")
    return figure


def draw_occupancies(axes, rows, by):
    """Draw occupancies of groups of atoms with their standard errors, and a line at 1.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Light or dark.
    rows : list of dict
        As of `GroupOccupancy.as_dict`; those without an occupancy (NaN), not all, are left out. Where
        groups follow each other along chains each row also has ``chain``, the name of its chain,
        and ``position``, the (mean) number of its residues.
    by : str
        What the groups are. With 'segment' or 'residue' each chain is a line with a band of one
        standard error, several chains one after another along x; with anything else each group
        is a bar with an error bar of one standard error, colored as surfaces are.
    """
    if by in _ALONG_CHAINS:
        _draw_chains(axes, _by_chain(rows))
    else:
        _draw_bars(axes, rows)
    axes.axhline(1, color=_inks(axes).line, linewidth=0.8, linestyle="--", zorder=1)
    axes.set_ylim(_occupancies_shown(rows))
    axes.set_ylabel("occupancy")


def _draw_bars(axes, rows):
    inks = _inks(axes)
    places = np.arange(len(rows))
    occupancies, errors = _column(rows, "occupancy"), _column(rows, "standard_error")
    colors = occupancy_colors()(np.nan_to_num(np.clip(occupancies, 0, 1)))
    error_bars = {"ecolor": inks.outline, "elinewidth": min(1, 40 / len(rows)), "capsize": min(4, 60 / len(rows))}
    axes.bar(
        places, occupancies, 0.8, yerr=errors, color=colors, edgecolor=inks.line, linewidth=0.3, error_kw=error_bars
    )
    axes.axhline(0, color=inks.line, linewidth=0.8, zorder=1)
    margin = max(0.7, (_FEWEST_BARS - len(rows)) / 2)
    axes.set_xlim(-margin, len(rows) - 1 + margin)
    label_places(axes, places, [row["group"] for row in rows])


def _draw_chains(axes, chains):
    """Chains one after another along x; of a single one, x is the number of the residue."""
    ends, start = [], 0.0
    marked = sum(map(len, chains.values())) <= _MOST_MARKED
    for number, rows in enumerate(chains.values()):
        positions = _column(rows, "position")
        first, length = positions.min(), np.ptp(positions) + _step(positions)
        places = positions - first + start if len(chains) > 1 else positions
        _draw_chain(axes, places, rows, number, marked)
        ends.append(start + length)
        start += length
    if len(chains) == 1:
        axes.set_xlabel("residue")
        return
    for end in ends[:-1]:
        axes.axvline(end, color=_inks(axes).line, linewidth=0.4, alpha=0.5, zorder=0)
    axes.set_xlim(0, start)
    ends = np.array(ends)
    label_places(axes, (ends + np.append(0, ends[:-1])) / 2, list(chains))
    axes.tick_params(axis="x", length=0)


def _draw_chain(axes, places, rows, number, marked):
    """The line of one chain, broken where residues are missing."""
    inks = _inks(axes)
    color = (inks.curve, inks.other)[number % 2]
    occupancies, errors = _column(rows, "occupancy"), _column(rows, "standard_error")
    breaks = np.flatnonzero(np.diff(places) > _GAP * _step(places)) + 1
    for part in np.split(np.arange(len(places)), breaks):
        low, high = occupancies[part] - errors[part], occupancies[part] + errors[part]
        axes.fill_between(places[part], low, high, color=color, alpha=0.3, linewidth=0)
        marker = "." if marked or len(part) == 1 else None
        axes.plot(places[part], occupancies[part], color=color, linewidth=1.2, marker=marker, markersize=4)


def _by_chain(rows):
    """The rows of each chain by position, those that have an occupancy."""
    chains = {}
    for row in rows:
        if np.isfinite(row["occupancy"]):
            chains.setdefault(row["chain"], []).append(row)
    return {chain: sorted(found, key=lambda row: row["position"]) for chain, found in chains.items()}


def _step(positions):
    """The usual distance of positions, in ascending order."""
    return float(np.median(np.diff(positions))) if len(positions) > 1 else 1.0


def _column(rows, name):
    return np.array([row[name] for row in rows], float)


def _occupancies_shown(rows):
    """Limits of the axis of occupancies: from 0 to a little above 1, and more where groups lie beyond."""
    values, errors = _column(rows, "occupancy"), np.nan_to_num(_column(rows, "standard_error"))
    lowest, highest = _OCCUPANCIES_SHOWN
    values, errors = values[np.isfinite(values)], errors[np.isfinite(values)]
    bottom, top = min(values - errors, default=0), max(values + errors, default=1)
    return max(lowest, min(0, 1.1 * bottom)), min(highest, max(1.15, 1.05 * top))


def label_places(axes, places, names):
    """Names below places on the x axis, small, upright or of every second place where they would not fit."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties

    labels = [short_name(name) for name in names]
    letters = FontProperties(size=rcParams["xtick.labelsize"]).get_size_in_points()
    room = 72 * axes.get_figure().get_figwidth() * axes.get_position().width / len(labels)
    upright = max(map(len, labels)) * 0.65 * letters > room
    size = np.clip(0.85 * room, _SMALLEST_LETTERS, letters) if upright else letters
    every = max(1, int(np.ceil(size / room))) if upright else 1
    axes.set_xticks(places[::every], labels[::every], rotation=90 if upright else 0, fontsize=size, parse_math=False)


def short_name(name):
    """A name with its middle left out where it is long."""
    half = _LONGEST_LABEL // 2
    return name if len(name) <= _LONGEST_LABEL else f"{name[: half - 1]}…{name[-half:]}"


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


@cache
def occupancy_colors():
    """The colormap of occupancies from 0 to 1."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("occupancy", PALETTE)


def _add_key(figure, place=None, panels=()):
    """Add the key of the colors in a place, or beside panels that are laid out with it."""
    from matplotlib.cm import ScalarMappable

    where = {"cax": figure.add_axes(place)} if place else {"ax": list(panels), "shrink": 0.8}
    figure.colorbar(ScalarMappable(cmap=occupancy_colors()), label=KEY_TITLE, **where)


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
    _count_in_powers(axes)
    axes.set_ylim(bottom=0.5)
    axes.set_xlabel("density")
    axes.set_ylabel("voxels")
    axes.legend(fontsize="small")


def _counts(values, limits, slab):
    return np.histogram(values[slab], 200, limits)[0]


def _count_in_powers(axes):
    """Make the y axis logarithmic; its labels are plain letters, since typesetting them took a tenth of a figure."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(numticks=8))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _power_of_ten(value)))
    axes.yaxis.set_minor_locator(NullLocator())


def _power_of_ten(value):
    return "10" + str(round(np.log10(value))).translate(_SUPERSCRIPTS)


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
    inks = _inks(axes)
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


def line_color(axes):
    """A color for fine lines that stands out from the background of axes."""
    return _inks(axes).line


def _inks(axes):
    from matplotlib.colors import to_rgba

    red, green, blue, _ = to_rgba(axes.get_facecolor())
    return _ON_LIGHT if red + green + blue > 1.5 else _ON_DARK


def _draw_histogram(axes, model, inks):
    filled = model.counts > 0
    label = "histogram, solvent made even" if model.varies else "histogram, low-passed map"
    axes.fill_between(model.values[filled], model.counts[filled], 0.5, color=inks.fill, label=label)
    if model.varies:
        _draw_as_it_is(axes, model, inks)
    axes.plot(model.values, np.maximum(model.gaussian(model.values), 1e-3), color="#d9583b", label="solvent model")
    axes.axvline(model.mean, color=inks.line, linewidth=0.8)
    axes.axvline(model.noise_level, color=inks.line, linewidth=0.8, linestyle="--", label="noise level (C = 0.5)")
    _count_in_powers(axes)
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
