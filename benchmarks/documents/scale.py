"""Errors of the scale that is read from a map alone, as a part of a Markdown document."""

from dataclasses import dataclass
from statistics import fmean

from chimerax.occupy import __version__

from ..simulation import ice
from ..simulation.families import BBSOME, BUNDLES, COMPLEX
from ..simulation.vacuum import EVENLY, MOST_WHOLE
from . import parts
from .results import Results, ordered, where
from .tables import marked, origin, table, versions_text

MODES = ("calibrated", "occupancy")
GOOD_RATIO = (0.7, 1.4)
LONG = 500  # atoms
_FAMILIES = (BBSOME, BUNDLES, COMPLEX)
_SAME = 0.005
_LARGEST_PROTEIN_ERROR, _LARGEST_ERROR = 0.045, {COMPLEX: 0.06}
_WHOLE, _LOWEST_WHOLE, _QUIET = 0.95, 0.88, 0.1
VACUUM = "vacuum"


@dataclass(frozen=True)
class Errors:
    """Of the scale in one map.

    Attributes
    ----------
    chain, atom : float
        Mean absolute errors over the chains' means, and over the atoms.
    order : float
        Rank correlation of chains' means and occupancies.
    whole, lowest : float
        Mean and lowest of the means of whole chains that are not short.
    """

    chain: float
    atom: float
    order: float
    whole: float
    lowest: float


@dataclass(frozen=True)
class Reading:
    """The errors of all modes in one map.

    Attributes
    ----------
    family, solvent, dealt : str
    condition : ice.Condition
    errors : dict of str to Errors
        By mode.
    """

    family: str
    solvent: str
    dealt: str
    condition: ice.Condition
    errors: dict


@dataclass(frozen=True)
class Spread:
    """Standard deviation of the scale over noise seeds, relative to its uncertainty.

    Attributes
    ----------
    family : str
    condition : ice.Condition
    pooled : float
        Root mean square of the one over that of the other.
    quantiles : list of 3 float
        0.1, 0.5 and 0.9, over atoms.
    share : float
        Of the atoms, whose ratio lies in `GOOD_RATIO`.
    """

    family: str
    condition: ice.Condition
    pooled: float
    quantiles: list
    share: float


@dataclass(frozen=True, eq=False)
class ScaleResults(Results):
    """All that goes into the part.

    Attributes
    ----------
    spreads : list of Spread
    haemoglobin : dict
        Mean scale of chains by mode and chain.
    """

    spreads: list
    haemoglobin: dict


def write(path, results):
    """Write the part of the document on the scale from the map alone.

    Parameters
    ----------
    path : Path
    results : ScaleResults
    """
    parts.put(path, "alone", document(results))


def document(results):
    """The part of the document on the scale from the map alone, as Markdown."""
    made = origin("scale", versions_text(results.versions), *results.problems)
    sections = [
        _INTRODUCTION.format(version=__version__, origin=made, long=LONG),
        *_for_each_dealing(results.readings),
        *([_SPREADS, _spread_table(results.spreads)] if results.spreads else []),
        *([_HAEMOGLOBIN, _haemoglobin_table(results.haemoglobin)] if results.haemoglobin else []),
    ]
    return "\n\n".join(sections)


_INTRODUCTION = """\
# Validation of the scale from the map alone

How far the scale is from known occupancies where nothing but the map is given, not even which part is full: in mode
calibrated, the default of OccuPy for ChimeraX {version}, and in mode occupancy (S), which is that of the published
method. {origin}

The molecules and conditions are those of the part above, *in ice*, but occupancies are dealt in other ways, and bundles
and RNA with protein are packed anew: mode calibrated was tuned on other packings and dealings of these, on an insulin
receptor with Fabs, a receptor with its G protein, and ribosomal RNA with proteins around it, which are not part of the
project. *In vacuum* there is no ice and there are no hydrogens.

*Chains*: mean absolute error of the chains' means at their atoms. *Atoms*: of single atoms. *Order*: the rank
correlation of chains and known occupancies in a map, the lowest of all maps. *Whole*: what whole chains of more than
{long} atoms read in mode calibrated, on the mean and the lowest. **Bold**: mode calibrated errs more than S by more
than 0.005; and where most chains are whole, in ice, what is not reached: an error of chains of at most 0.045, with RNA
0.06, whole chains at 0.95 on the mean and, up to noise 0.1, none below 0.88."""

_SPREADS = """\
## The uncertainty

The standard deviation of the scale over 20 maps that differ in their noise only, at atoms where the scale is between 0
and 1, relative to the uncertainty that `uncertainty true` gives. With 20 maps a standard deviation is itself sure to
16 % only."""

_HAEMOGLOBIN = """\
## A real map

EMD-3488, haemoglobin, sharpened and masked; all four chains are there, and equal by symmetry in pairs. Their mean
scale:"""


def _mean(readings, mode):
    errors = [reading.errors[mode] for reading in readings]
    return Errors(
        fmean(e.chain for e in errors),
        fmean(e.atom for e in errors),
        min(e.order for e in errors),
        fmean(e.whole for e in errors),
        min(e.lowest for e in errors),
    )


def _for_each_dealing(readings):
    """Errors where occupancies are dealt in one way, and the other."""
    for dealt in ordered(readings, "dealt"):
        chosen = where(readings, dealt=dealt)
        yield from (f"## Occupancies: {dealt}", _table(chosen), _summary(chosen))


def _table(readings):
    rows = [_row(family, "all", "all", where(readings, family=family)) for family in _FAMILIES]
    for family in _FAMILIES:
        for solvent in ("ice", VACUUM):
            mine = [r for r in where(readings, family=family) if (r.solvent == VACUUM) == (solvent == VACUUM)]
            rows.append(_row(family, solvent, "all", mine))
            rows += [
                _row(family, solvent, str(condition), where(mine, condition=condition))
                for condition in ordered(mine, "condition")
            ]
    told = ("chains", "atoms", "order") if readings[0].dealt == EVENLY else ("chains", "atoms")
    errors = [f"{what}: {mode}" for what in told for mode in ("calibrated", "S")]
    return table(["molecule", "solvent", "maps", *errors, "whole: mean", "whole: lowest"], filter(None, rows))


def _row(family, solvent, maps, readings):
    if not readings:
        return None
    new, old = (_mean(readings, mode) for mode in MODES)
    held = solvent == "ice" and readings[0].dealt == MOST_WHOLE
    wanted = _LARGEST_ERROR.get(family, _LARGEST_PROTEIN_ERROR) if held else 1.0
    chain = marked(f"{new.chain:.3f}", new.chain > min(old.chain + _SAME, wanted))
    atom = marked(f"{new.atom:.3f}", new.atom > old.atom + _SAME)
    errors = [chain, f"{old.chain:.3f}", atom, f"{old.atom:.3f}"]
    if readings[0].dealt == EVENLY:  # others are equal to each other
        errors += [f"{new.order:.2f}", f"{old.order:.2f}"]
    quiet = all(r.condition.noise <= _QUIET for r in readings)
    whole = marked(f"{new.whole:.2f}", held and new.whole < _WHOLE)
    lowest = marked(f"{new.lowest:.2f}", held and quiet and new.lowest < _LOWEST_WHOLE)
    return [family, solvent, maps, *errors, whole, lowest]


def _summary(readings):
    worse = [
        f"{r.family}, {r.solvent}, {r.condition} ({r.errors[MODES[0]].chain:.3f}, S {r.errors[MODES[1]].chain:.3f})"
        for r in readings
        if r.errors[MODES[0]].chain > r.errors[MODES[1]].chain + _SAME
    ]
    text = f"Of {len(readings)} maps, mode calibrated errs more than S in the mean over chains in {len(worse)}"
    text += (f": {'; '.join(worse)}" if worse else "") + "."
    if readings[0].dealt == EVENLY:
        disordered = sum(r.errors[MODES[0]].order < 0.9 for r in readings)
        text += f" In {disordered} maps the order of chains has a rank correlation below 0.9."
    return text


def _spread_table(spreads):
    low, high = GOOD_RATIO
    titles = [
        "molecule", "maps", "root mean square", "10 %, 50 %, 90 % of the atoms", f"within {low} to {high}"
    ]  # fmt: skip
    rows = [
        [s.family, str(s.condition), f"{s.pooled:.2f}", ", ".join(f"{q:.2f}" for q in s.quantiles), f"{s.share:.0%}"]
        for s in spreads
    ]
    return table(titles, rows)


def _haemoglobin_table(found):
    chains = list(next(iter(found.values())))
    return table(["mode", *chains], [[mode, *(f"{found[mode][c]:.3f}" for c in chains)] for mode in found])
