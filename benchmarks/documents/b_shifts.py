"""Errors of ΔB that is refined from a model, as a part of a Markdown document."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from chimerax.occupy import __version__

from ..simulation import ice
from . import parts
from .results import Results, ordered, where
from .tables import marked, origin, table, versions_text

MODEL_B = 50.0
"""Å². What the model says of all atoms."""

_WANTED_RMS = {3.0: 8.0, 4.0: 8.0}
_WANTED_SHARES = (0.60, 0.85)


@dataclass(frozen=True)
class Reading:
    """What was read of one chain in one map.

    Attributes
    ----------
    family : str
    condition : ice.Condition
    occupancy_error : float
    truth, b_shift, standard_error : float
        Å², relative to the reference of the refinement; what is read is NaN where there is no value.
    lowpass : float
        The resolution in Å up to which the map told.
    """

    family: str
    condition: ice.Condition
    occupancy_error: float
    truth: float
    b_shift: float
    standard_error: float
    lowpass: float


class Haemoglobin(NamedTuple):
    """Of a map that was observed: segments with a value and in all, rank correlation, and slope."""

    told: int
    segments: int
    rank: float
    slope: float


@dataclass(frozen=True, eq=False)
class ShiftResults(Results):
    """All that goes into the part.

    Attributes
    ----------
    haemoglobin : Haemoglobin or None
    """

    haemoglobin: Haemoglobin | None


def write(path, results):
    """Write the part of the document on ΔB from a model.

    Parameters
    ----------
    path : Path
    results : ShiftResults
    """
    parts.put(path, "shifts", document(results))


def document(results):
    """The part of the document on ΔB from a model, as Markdown."""
    made = origin("b_shifts", versions_text(results.versions), *results.problems)
    sections = [_INTRODUCTION.format(version=__version__, origin=made, model_b=MODEL_B), _table(results.readings)]
    if results.haemoglobin:
        sections.append(_HAEMOGLOBIN.format(**results.haemoglobin._asdict()))
    return "\n\n".join(sections)


_INTRODUCTION = """\
# Validation of ΔB from a model

How far ΔB of `occupy refine` (OccuPy for ChimeraX {version}) is from known B-factors of chains.
{origin}

The maps are those of the part above. The model is wrong by 0.5 Å in its coordinates and says {model_b:.0f} Å² of all
atoms; in one of the two maps of each condition it has hydrogens. The method was tuned on the BBSome, and on RNA and
protein packed otherwise; nothing was tuned on the bundles.

*rms*: error of the chains' ΔB in Å², relative to the reference that the refinement chose. *Slope* of what is read over
the truth. *Within*: chains within one standard error. *No value*: chains of which the map does not tell. *Told to*: the
finest resolution that was used. *Occupancy*: mean error of the same chains' occupancies. Both maps taken together.
**Bold**: beyond 8 Å² at 3 and 4 Å, and shares outside 60 to 85 %."""

_HAEMOGLOBIN = """\
EMD-3488, haemoglobin, with 5NI1, of which all B-factors were set to the same: over the {told} of {segments} segments of
30 residues that have a value, the rank correlation of ΔB with the means of the refined B-factors is {rank:.2f}, the
slope {slope:.2f}."""


def _table(readings):
    titles = ["molecule", "maps", "rms", "slope", "within", "no value", "told to", "occupancy"]
    rows = [
        _row(family, condition, where(readings, family=family, condition=condition))
        for family in ordered(readings, "family")
        for condition in ordered(readings, "condition")
    ]
    return table(titles, rows)


def _row(family, condition, readings):
    names = ("truth", "b_shift", "standard_error", "lowpass", "occupancy_error")
    truth, read, errors, lowpass, occupancy = (np.array([getattr(r, name) for r in readings]) for name in names)
    told = np.isfinite(read)
    cells = [f"{1 - told.mean():.0%}", _resolution(lowpass), f"{np.abs(occupancy).mean():.3f}"]
    if told.sum() < 2:
        return [family, str(condition), "–", "–", "–", *cells]
    off = (read - truth)[told]
    rms, within = float(np.sqrt(np.square(off).mean())), float((np.abs(off) <= errors[told]).mean())
    low, high = _WANTED_SHARES
    return [
        family,
        str(condition),
        marked(f"{rms:.1f}", rms > _WANTED_RMS.get(condition.resolution, np.inf)),
        f"{np.polyfit(truth[told], read[told], 1)[0]:.2f}",
        marked(f"{within:.0%}", not low <= within <= high),
        *cells,
    ]


def _resolution(lowpass):
    known = lowpass[np.isfinite(lowpass)]
    return f"{known.mean():.1f} Å" if len(known) else "–"
