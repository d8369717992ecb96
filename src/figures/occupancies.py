"""Figures of occupancies of groups of atoms with their standard errors: bars, or lines along chains."""

import numpy as np

from .style import inks_of, label_places, occupancy_colors, short_name

_ALONG_CHAINS = ("segment", "residue")
_OCCUPANCIES_SHOWN = (-0.5, 2.0)
_FEWEST_BARS = 5
"""Fewer are drawn as wide as these."""

_MOST_MARKED = 40
_GAP = 2.5
"""A line along a chain is broken where groups are further apart than this many times their usual distance."""


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
    axes.axhline(1, color=inks_of(axes).line, linewidth=0.8, linestyle="--", zorder=1)
    axes.set_ylim(_occupancies_shown(rows))
    axes.set_ylabel("occupancy")


def _draw_bars(axes, rows):
    inks = inks_of(axes)
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
        axes.axvline(end, color=inks_of(axes).line, linewidth=0.4, alpha=0.5, zorder=0)
    axes.set_xlim(0, start)
    ends = np.array(ends)
    label_places(axes, (ends + np.append(0, ends[:-1])) / 2, list(chains))
    axes.tick_params(axis="x", length=0)


def _draw_chain(axes, places, rows, number, marked):
    """The line of one chain, broken where residues are missing."""
    inks = inks_of(axes)
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
