"""The figures of docs/validation.md."""

import matplotlib
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.lines import Line2D

from ..simulation.families import BBSOME, BUNDLES
from ..simulation.vacuum import OCCUPANCIES as DEALT_OCCUPANCIES
from .equalize_readings import group_means
from .published_errors import B_EDGES, PROGRAMS, b_factor_readings, divided, scale_by_b
from .results import ordered, where

matplotlib.use("Agg")

OCCUPANCIES = "images/validation_occupancy.png"
B_FACTORS = "images/validation_b_factors.png"
REFINED = "images/validation_refine.png"
EQUALIZED = "images/validation_equalize.png"
"""Where each is, seen from the document."""

_COLORS = {"ours": "#0072B2", "published": "#D55E00"}
_MARKERS = {BBSOME: "o", BUNDLES: "^"}
_DPI = 110


def draw_occupancies(results, document):
    """Estimated against known occupancies, a column for each resolution.

    Parameters
    ----------
    results : published_errors.VacuumResults
    document : Path
        Beside which the figure is put.
    """
    resolutions = results.ordered("resolution")
    figure, axes = plt.subplots(
        2, len(resolutions), figsize=(3.2 * len(resolutions) + 0.6, 6.6), sharex=True, sharey=True, squeeze=False
    )
    for column, resolution in zip(axes.T, resolutions, strict=True):
        chosen = where(results.readings, resolution=resolution, noise=results.figure_noise)
        _draw_marks(column, chosen)
        column[0].set_title(f"{resolution:g} Å")
        column[1].set_xlabel("known occupancy")
    axes[0, 0].set_ylabel("scale as is")
    axes[1, 0].set_ylabel("divided by full chains")
    programs, molecules = [p for p in results.programs if p in _COLORS], results.ordered("molecule")
    handles = [Line2D([], [], ls="", marker="s", color=_COLORS[p], label=PROGRAMS[p]) for p in programs]
    handles += [Line2D([], [], ls="", marker=_MARKERS[m], mfc="none", mec="0.3", label=m) for m in molecules]
    figure.legend(handles=handles, loc="lower center", ncols=2 if len(resolutions) < 2 else 4, frameon=False)
    figure.tight_layout(rect=(0, 0.09 if len(resolutions) < 2 else 0.05, 1, 1))
    _save(figure, document, OCCUPANCIES)


def _draw_marks(column, readings):
    """Marks of both programs, side by side, as is and divided."""
    for axes in column:
        for known in sorted({r.true for r in readings}):
            axes.plot([known - 0.06, known + 0.06], [known] * 2, color="0.7", lw=2, zorder=0)
        axes.set(xlim=(0.1, 1.1), ylim=(0.1, 1.1), xticks=(0.2, 0.4, 0.6, 0.8, 1), yticks=(0.2, 0.4, 0.6, 0.8, 1))
        axes.set_aspect("equal")
    shifts = {"ours": -0.025, "published": 0.025}
    for reading, value in divided([r for r in readings if r.program in shifts]):
        style = {"marker": _MARKERS[reading.molecule], "ms": 4.5, "mfc": "none", "mec": _COLORS[reading.program]}
        for axes, height in zip(column, (reading.mean, value), strict=True):
            axes.plot(reading.true + shifts[reading.program], height, ls="", alpha=0.8, **style)


def draw_b_factors(results, document):
    """Scale of residues against their B-factor, a panel for each program.

    Parameters
    ----------
    results : published_errors.VacuumResults
    document : Path
        Beside which the figure is put.
    """
    programs = [p for p in results.programs if p in _COLORS]
    figure, axes = plt.subplots(
        1, len(programs), figsize=(4 * len(programs) + 0.8, 3.9), sharex=True, sharey=True, squeeze=False
    )
    centres = (B_EDGES[1:] + B_EDGES[:-1]) / 2
    for panel, program in zip(axes[0], programs, strict=True):
        readings = b_factor_readings(results, program)
        for true in sorted(results.ordered("true")):
            panel.axhline(true, color="0.7", lw=1, ls=":")
            panel.plot(centres, scale_by_b(readings, true), marker="o", ms=4, color=_COLORS[program])
            panel.annotate(f"{true:g}", (151, true), va="center", fontsize=8, color="0.4", annotation_clip=False)
        panel.set(title=PROGRAMS[program], xlabel="B-factor (Å²)", xlim=(B_EDGES[0], B_EDGES[-1]), ylim=(0, 1.05))
        panel.set_xticks(B_EDGES)
    axes[0, 0].set_ylabel("mean scale of residues")
    figure.tight_layout(w_pad=2.5)
    _save(figure, document, B_FACTORS)


def draw_refined(readings, document):
    """Refined against known occupancies with their standard errors, a panel for each molecule.

    Parameters
    ----------
    readings : list of refine_errors.Reading
        Of the chains to show.
    document : Path
        Beside which the figure is put.
    """
    families = ordered(readings, "family")
    figure, axes = plt.subplots(
        1,
        len(families),
        figsize=(4 * len(families), 4.4),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for panel, family in zip(axes[0], families, strict=True):
        panel.set(
            title=family, xlabel="known occupancy", xticks=(0.2, 0.4, 0.6, 0.8, 1), yticks=(0, 0.2, 0.4, 0.6, 0.8, 1)
        )
        chosen = where(readings, family=family)
        for true in sorted(ordered(chosen, "true")):
            same = where(chosen, true=true)
            panel.plot([true - 0.08, true + 0.08], [true] * 2, color="0.75", lw=2, zorder=0)
            places = true + np.linspace(-0.07, 0.07, len(same))
            refined, errors = [r.refined for r in same], [r.standard_error for r in same]
            panel.errorbar(places, refined, errors, ls="", marker="o", ms=2.5, lw=0.8, color=_COLORS["ours"])
    axes[0, 0].set_ylabel("refined occupancy")
    _save(figure, document, REFINED)


def draw_equalized(readings, document):
    """What is shown of chains, and what they read, by their occupancy; a column for each noise and a line for each way.

    Parameters
    ----------
    readings : list of equalize_readings.Reading
        In which occupancies are dealt evenly.
    document : Path
        Beside which the figure is put.
    """
    noises, occupancies = sorted({r.condition.noise for r in readings}), sorted(DEALT_OCCUPANCIES)
    width = 3.4 * len(noises) + 2.2
    figure, axes = plt.subplots(
        2, len(noises), figsize=(width, 6.4), sharex=True, sharey=True, squeeze=False, layout="constrained"
    )
    for noise, column in zip(noises, axes.T, strict=True):
        chosen = [r for r in readings if r.condition.noise == noise]
        column[1].axhline(1, color="0.8", lw=4, zorder=0)
        for i, way in enumerate(ordered(chosen, "way")):
            style = {} if i else {"color": "black", "ls": "--", "zorder": 3}  # the map as it is
            for panel, field in zip(column, ("shown", "after"), strict=True):
                means = group_means(where(chosen, way=way), field)
                panel.plot(occupancies, means, marker="o", ms=3.5, lw=1.2, label=way, **style)
        column[0].set(title=f"noise {noise:g}", xticks=occupancies, ylim=(0, 1.05))
        column[1].set_xlabel("known occupancy")
    axes[0, 0].set_ylabel("share shown")
    axes[1, 0].set_ylabel("scale read anew")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right center", frameon=False)
    _save(figure, document, EQUALIZED)


def _save(figure, document, name):
    path = document.parent / name
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=_DPI)
    plt.close(figure)
