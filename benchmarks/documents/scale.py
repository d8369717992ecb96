"""Errors of the scale that is read from a map alone, as a part of a Markdown document."""

from dataclasses import dataclass
from statistics import fmean

from chimerax.occupy import __version__

from ..simulation import ice
from ..simulation.families import BBSOME, BUNDLES, COMPLEX
from . import parts
from .results import Results, ordered, where
from .tables import marked, origin, table, versions_text

MODES = ("calibrated", "occupancy")
GOOD_RATIO = (0.7, 1.4)
LONG = 500  # atoms
_FAMILIES = (BBSOME, BUNDLES, COMPLEX)
_SAME = 0.005
VACUUM = "vacuum"


@dataclass(frozen=True)
class Errors:
    """Mean absolute errors in one map over its chains' means and over its atoms, and the rank correlation of chains."""

    chain: float
    atom: float
    order: float


@dataclass(frozen=True)
class Reading:
    """The errors of all modes in one map.

    Attributes
    ----------
    family, solvent : str
    condition : ice.Condition
    errors : dict of str to Errors
        By mode.
    """

    family: str
    solvent: str
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
        _INTRODUCTION.format(version=__version__, origin=made),
        _table(results.readings),
        _summary(results.readings),
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
correlation of chains and known occupancies in a map, the lowest of all maps. **Bold**: mode calibrated errs more than S
by more than 0.005."""

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
    return Errors(fmean(e.chain for e in errors), fmean(e.atom for e in errors), min(e.order for e in errors))


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
    errors = [f"{what}: {mode}" for what in ("chains", "atoms", "order") for mode in ("calibrated", "S")]
    return table(["molecule", "solvent", "maps", *errors], filter(None, rows))


def _row(family, solvent, maps, readings):
    if not readings:
        return None
    new, old = (_mean(readings, mode) for mode in MODES)
    chain, atom = (marked(f"{a:.3f}", a > b + _SAME) for a, b in ((new.chain, old.chain), (new.atom, old.atom)))
    errors = [chain, f"{old.chain:.3f}", atom, f"{old.atom:.3f}", f"{new.order:.2f}", f"{old.order:.2f}"]
    return [family, solvent, maps, *errors]


def _summary(readings):
    worse = [
        f"{r.family}, {r.solvent}, {r.condition} ({r.errors[MODES[0]].chain:.3f}, S {r.errors[MODES[1]].chain:.3f})"
        for r in readings
        if r.errors[MODES[0]].chain > r.errors[MODES[1]].chain + _SAME
    ]
    disordered = sum(r.errors[MODES[0]].order < 0.9 for r in readings)
    return (
        f"Of {len(readings)} maps, mode calibrated errs more than S in the mean over chains in {len(worse)}"
        + (f": {'; '.join(worse)}" if worse else "")
        + f". In {disordered} maps the order of chains has a rank correlation below 0.9."
    )


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
