"""Errors of the flexibility that is read from a map alone, and of the scale freed of it, as a part of a document."""

from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

import numpy as np
from chimerax.occupy import __version__

from ..simulation import ice
from . import parts
from .results import Results, ordered, where
from .tables import marked, origin, table, versions_text

DIFFERENT, MOST_WHOLE = "occupancies that differ", "most chains whole"
OF_CHAINS, OF_RESIDUES = "each chain its own", "each residue its own"
"""How occupancies and B-factors are dealt: in the last two nothing is missing."""

LEAST_OCCUPANCY = 0.4
_WANTED_DIFFERENCE, _SAME = 0.03, 0.002
_WANTED_RMS = {3.0: 10.0, 4.0: 14.0}
_WANTED_CORRELATION, _WANTED_SLOPES, _WANTED_SHARES = 0.95, (0.85, 1.1), (0.60, 0.85)


class Atoms(NamedTuple):
    """Chain, residue, B-factor (Å²) and occupancy of each atom, arrays."""

    chains: np.ndarray
    residues: np.ndarray
    b_factors: np.ndarray
    occupancies: np.ndarray


class Errors(NamedTuple):
    """Of chains the root mean square error (Å²), correlation and slope; of residues the rank correlation and slope."""

    rms: float
    correlation: float
    slope: float
    rank: float
    residue_slope: float


class Scale(NamedTuple):
    """Mean absolute error of chains in a scale, and its means in the residues of the lowest and highest B-factors."""

    error: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Reading:
    """What was read in one map.

    Attributes
    ----------
    family, dealt : str
    condition : ice.Condition
    ours, line : Errors
        Of the flexibility map and of the plain Guinier line.
    within : float
        Share of the atoms within one standard error.
    untold : float
        Share of the atoms without a value.
    plain, freed : Scale
        As it is, and freed of flexibility.
    """

    family: str
    dealt: str
    condition: ice.Condition
    ours: Errors
    line: Errors
    within: float
    untold: float
    plain: Scale
    freed: Scale


@dataclass(frozen=True, eq=False)
class FlexibilityResults(Results):
    """All that goes into the part.

    Attributes
    ----------
    haemoglobin : Reading or None
        Of the map that was observed.
    """

    haemoglobin: Reading | None


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
    sections = [_INTRODUCTION.format(version=__version__, origin=made)]
    for dealt in (DIFFERENT, MOST_WHOLE):
        sections += [f"## Flexibility: {dealt}", _table(where(results.readings, dealt=dealt))]
    sections += ["## The scale freed of flexibility", _SCALE, _scale_table(results.readings)]
    if results.haemoglobin:
        sections.append(_of_haemoglobin(results.haemoglobin))
    return "\n\n".join(sections)


_INTRODUCTION = """\
# Validation of the flexibility map

How far ΔB of `flexibility true` (OccuPy for ChimeraX {version}) is from known B-factors, where nothing but the map is
given, and what `correctFlexibility true` does to the scale.
{origin}

The molecules and conditions are those of the parts above, in ice, packed anew. Each chain has a B-factor, from 40 to
120 Å², dealt at random, and an occupancy: in one map of each condition 1, 1, 1, 0.85, 0.7, 0.6, 0.5 and 0.4 in some
order, in another all are whole but a few, as above. The method was tuned on other packings of bundles and of RNA with
protein, none of its numbers on the BBSome. Two things were settled with a part of these tables in sight: that the
error counts what is alike in both bands once, with *within* at 3 Å, noise 0.1, plain; and which bands a map of 5 Å
tells, with the bundles and RNA with protein. Chains of 0.4 and more count. ΔB is relative to the mean of the atoms
where the scale is highest.

*rms*, *correlation* and *slope* of what is read over the truth: of the chains' means at their atoms. *Residues*: rank
correlation. *Within*: atoms within one standard error. *No value*: atoms at which the map does not tell. *Line*: the
plain local Guinier line, as LocBFactor (Kaur et al. 2021) and others read it: logarithms of the local amplitude in
narrow shells from 10 Å on against k², in windows of 5 Å, with an intercept of its own, noise not taken off. **Bold**:
beyond 10 Å² at 3 Å or 14 Å² at 4 Å, a correlation below 0.95, a slope outside 0.85 to 1.1, shares outside 60 to
85 %."""

_SCALE = """\
*Quarters*: what the quarters of the residues with the lowest and the highest B-factors read where nothing is missing,
and their difference, as the scale is and freed: where each chain has its own B-factor, as above, and where each residue
has, 30 to 150 Å² in each chain, neighbours alike; and there the atoms whose ΔB is within one standard error. *Chains*:
mean error of chains, over the maps with occupancies that differ and with most chains whole. **Bold**: a difference
beyond 0.03, and chains that are further off than before by more than 0.002."""

_HAEMOGLOBIN = """\
EMD-3488, haemoglobin, sharpened and masked: over the residues of 5NI1 the rank correlation of ΔB with the refined
B-factors is {ours.rank:.2f} (plain line {line.rank:.2f}), the slope {ours.residue_slope:.2f}, {within:.0%} of the atoms
are within one standard error. The quarters of residues with the lowest and the highest B-factors read
{plain.lowest:.3f} and {plain.highest:.3f}; freed {freed.lowest:.3f} and {freed.highest:.3f}. What moves reads higher
there, which no B-factor does: a part of the low frequencies is lost."""


def _of_haemoglobin(reading):
    names = ("ours", "line", "within", "plain", "freed")
    return _HAEMOGLOBIN.format(**{name: getattr(reading, name) for name in names})


def _table(readings):
    titles = ["molecule", "maps", "rms", "correlation", "slope", "residues", "within", "no value"]
    titles += [f"line: {what}" for what in ("rms", "correlation", "slope", "residues")]
    return table(titles, map(_row, readings))


def _row(reading):
    low, high = _WANTED_SHARES
    cells = _cells(reading.ours, reading.condition)
    cells += [marked(f"{reading.within:.0%}", not low <= reading.within <= high), f"{reading.untold:.0%}"]
    if reading.untold == 1:
        cells[:-1] = ["–"] * (len(cells) - 1)
    plain = [f"{reading.line.rms:.0f}", *(f"{value:.2f}" for value in reading.line[1:4])]
    return [reading.family, str(reading.condition), *cells, *plain]


def _cells(errors, condition):
    low, high = _WANTED_SLOPES
    return [
        marked(f"{errors.rms:.1f}", errors.rms > _WANTED_RMS.get(condition.resolution, np.inf)),
        marked(f"{errors.correlation:.2f}", errors.correlation < _WANTED_CORRELATION),
        marked(f"{errors.slope:.2f}", not low <= errors.slope <= high),
        f"{errors.rank:.2f}",
    ]


def _scale_table(readings):
    titles = ["molecule", "maps"]
    titles += [f"{dealt}: {what}" for dealt in (OF_CHAINS, OF_RESIDUES) for what in ("as it is", "freed")]
    titles += ["within", "chains: as it is", "chains: freed"]
    rows = [
        [family, str(condition), *_scale_cells(where(readings, family=family, condition=condition))]
        for family in ordered(readings, "family")
        for condition in ordered(readings, "condition")
    ]
    return table(titles, rows)


def _scale_cells(readings):
    quarters = [reading for dealt in (OF_CHAINS, OF_RESIDUES) for reading in where(readings, dealt=dealt)]
    cells = [_quarters(scale) for reading in quarters for scale in (reading.plain, reading.freed)]
    within = quarters[-1].within
    cells.append("–" if np.isnan(within) else f"{within:.0%}")
    others = [reading for dealt in (DIFFERENT, MOST_WHOLE) for reading in where(readings, dealt=dealt)]
    before, after = (fmean(getattr(reading, name).error for reading in others) for name in ("plain", "freed"))
    return [*cells, f"{before:.3f}", marked(f"{after:.3f}", after > before + _SAME)]


def _quarters(scale):
    difference = scale.lowest - scale.highest
    text = f"{scale.lowest:.2f}, {scale.highest:.2f}: {difference:+.3f}"
    return marked(text, abs(difference) > _WANTED_DIFFERENCE)
