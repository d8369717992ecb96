"""Errors of the flexibility that is read from a map alone, as a part of a Markdown document."""

from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

import numpy as np
from chimerax.occupy import __version__

from ..simulation import ice
from . import parts
from .results import Results, ordered, where
from .tables import marked, origin, table, versions_text

LEAST_OCCUPANCY = 0.4
_WANTED_RMS = {3.0: 10.0, 4.0: 14.0}
_WANTED_CORRELATION, _WANTED_SLOPES, _WANTED_SHARES = 0.95, (0.85, 1.1), (0.60, 0.85)


class Atoms(NamedTuple):
    """Chain, residue and B-factor (Å²) of each atom, arrays."""

    chains: np.ndarray
    residues: np.ndarray
    b_factors: np.ndarray


class Errors(NamedTuple):
    """Of chains the root mean square error (Å²), correlation and slope; of residues the rank correlation."""

    rms: float
    correlation: float
    slope: float
    rank: float


@dataclass(frozen=True)
class Reading:
    """What was read in one map.

    Attributes
    ----------
    family : str
    condition : ice.Condition
    ours, line : Errors
        Of the flexibility map and of the plain Guinier line.
    within : float
        Share of the atoms within one standard error.
    untold : float
        Share of the atoms without a value.
    """

    family: str
    condition: ice.Condition
    ours: Errors
    line: Errors
    within: float
    untold: float


class Haemoglobin(NamedTuple):
    """Of a map that was observed: residues, rank correlations of the map and of the plain line, and the slope."""

    residues: int
    rank: float
    line_rank: float
    slope: float


@dataclass(frozen=True, eq=False)
class FlexibilityResults(Results):
    """All that goes into the part.

    Attributes
    ----------
    haemoglobin : Haemoglobin or None
    """

    haemoglobin: Haemoglobin | None


def write(path, results):
    """Write the part of the document on flexibility.

    Parameters
    ----------
    path : Path
    results : FlexibilityResults
    """
    parts.put(path, "flexibility", document(results))


def document(results):
    """The part of the document on flexibility, as Markdown."""
    made = origin("flexibility", versions_text(results.versions), *results.problems)
    sections = [_INTRODUCTION.format(version=__version__, origin=made), _table(results.readings)]
    if results.haemoglobin:
        sections.append(_HAEMOGLOBIN.format(**results.haemoglobin._asdict()))
    return "\n\n".join(sections)


_INTRODUCTION = """\
# Validation of the flexibility map

How far ΔB of `flexibility true` (OccuPy for ChimeraX {version}) is from known B-factors, where nothing but the map is
given.
{origin}

The molecules and conditions are those of the parts above, in ice, packed anew. Each chain has a B-factor, from 40 to
120 Å², dealt at random, and an occupancy: in one map of each condition 1, 1, 1, 0.85, 0.7, 0.6, 0.5 and 0.4 in some
order, in the other all are whole but one at 0.5. The method was tuned on other packings of bundles and of RNA with
protein; nothing was tuned on the BBSome. Chains of 0.4 and more count. ΔB is relative to the mean of the atoms where
the scale is highest.

*rms*, *correlation* and *slope* of what is read over the truth: of the chains' means at their atoms. *Residues*: rank
correlation. *Within*: atoms within one standard error. *No value*: atoms at which the map does not tell. *Line*: the
plain local Guinier line, as LocBFactor (Kaur et al. 2021) and others read it: logarithms of the local amplitude in
narrow shells from 10 Å on against k², in windows of 5 Å, with an intercept of its own, noise not taken off. Means
over the two maps. **Bold**: beyond 10 Å² at 3 Å or 14 Å² at 4 Å, a correlation below 0.95, a slope outside 0.85 to
1.1, shares outside 60 to 85 %."""

_HAEMOGLOBIN = """\
EMD-3488, haemoglobin, sharpened and masked: over {residues} residues of 5NI1 the rank correlation of ΔB with the
refined B-factors is {rank:.2f} (plain line {line_rank:.2f}), the slope {slope:.2f}."""


def _table(readings):
    titles = ["molecule", "maps", "rms", "correlation", "slope", "residues", "within", "no value"]
    titles += [f"line: {what}" for what in ("rms", "correlation", "slope", "residues")]
    rows = [
        _row(family, condition, where(readings, family=family, condition=condition))
        for family in ordered(readings, "family")
        for condition in ordered(readings, "condition")
    ]
    return table(titles, rows)


def _row(family, condition, readings):
    ours, line = (Errors(*map(fmean, zip(*(getattr(r, n) for r in readings), strict=True))) for n in ("ours", "line"))
    within, untold = (fmean(getattr(r, name) for r in readings) for name in ("within", "untold"))
    low, high = _WANTED_SHARES
    cells = [*_cells(ours, condition), marked(f"{within:.0%}", not low <= within <= high), f"{untold:.0%}"]
    if untold == 1:
        cells[:-1] = ["–"] * (len(cells) - 1)
    plain = [f"{line.rms:.0f}", *(f"{value:.2f}" for value in line[1:])]
    return [family, str(condition), *cells, *plain]


def _cells(errors, condition):
    low, high = _WANTED_SLOPES
    return [
        marked(f"{errors.rms:.1f}", errors.rms > _WANTED_RMS.get(condition.resolution, np.inf)),
        marked(f"{errors.correlation:.2f}", errors.correlation < _WANTED_CORRELATION),
        marked(f"{errors.slope:.2f}", not low <= errors.slope <= high),
        f"{errors.rank:.2f}",
    ]
