"""Errors of the scale that is read from a map alone, as a part of a Markdown document."""

from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean

from chimerax.occupy import __version__

from . import parts
from .refine import BBSOME, BUNDLES, COMPLEX, Condition

MODES = ("calibrated", "occupancy")
GOOD_RATIO = (0.7, 1.4)
LONG = 500  # atoms
_SAME = 0.005
_VACUUM = "vacuum"


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
    condition : Condition
    errors : dict of str to Errors
        By mode.
    """

    family: str
    solvent: str
    condition: Condition
    errors: dict


@dataclass(frozen=True)
class Spread:
    """Standard deviation of the scale over noise seeds, relative to its uncertainty.

    Attributes
    ----------
    family : str
    condition : Condition
    pooled : float
        Root mean square of the one over that of the other.
    quantiles : list of 3 float
        0.1, 0.5 and 0.9, over atoms.
    share : float
        Of the atoms, whose ratio lies in `GOOD_RATIO`.
    """

    family: str
    condition: Condition
    pooled: float
    quantiles: list
    share: float


def write(path, readings, spreads, haemoglobin, versions, problems):
    """Write the part on the scale from the map alone.

    Parameters
    ----------
    path : Path
    readings : list of Reading
    spreads : list of Spread
    haemoglobin : dict
        Mean scale of chains by mode and chain.
    versions : dict
        Of Python and packages.
    problems : list of str
        What could not be measured.
    """
    sections = [
        _INTRODUCTION.format(version=__version__, date=datetime.now(UTC).date(), versions=_listed(versions)),
        *problems,
        _table(readings),
        _summary(readings),
        *([_SPREADS, _spread_table(spreads)] if spreads else []),
        *([_HAEMOGLOBIN, _haemoglobin_table(haemoglobin)] if haemoglobin else []),
    ]
    parts.put(path, "alone", "\n\n".join(sections))


_INTRODUCTION = """\
# Validation of the scale from the map alone

How far the scale is from known occupancies where nothing but the map is given, not even which part is full: in mode
calibrated, the default of OccuPy for ChimeraX {version}, and in mode occupancy (S), which is that of the published
method. This part is written by `benchmarks/accuracy/scale.py`; to make it again:

```
pip install .
python -m benchmarks.accuracy.scale
```

- Date: {date}
- {versions}

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


def _listed(versions):
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _mean(readings, mode):
    errors = [reading.errors[mode] for reading in readings]
    return Errors(fmean(e.chain for e in errors), fmean(e.atom for e in errors), min(e.order for e in errors))


def _table(readings):
    rows = [
        "| molecule | solvent | maps | chains: calibrated | chains: S | atoms: calibrated | atoms: S "
        "| order: calibrated | order: S |",
        "|" + " --- |" * 9,
    ]
    rows += [_row(family, "all", "all", _of(readings, family=family)) for family in (BBSOME, BUNDLES, COMPLEX)]
    for family in (BBSOME, BUNDLES, COMPLEX):
        for solvent in ("ice", _VACUUM):
            of_both = [r for r in _of(readings, family=family) if (r.solvent == _VACUUM) == (solvent == _VACUUM)]
            rows.append(_row(family, solvent, "all", of_both))
            rows += [
                _row(family, solvent, _named(condition), _of(of_both, condition=condition))
                for condition in dict.fromkeys(reading.condition for reading in of_both)
            ]
    return "\n".join(row for row in rows if row)


def _of(readings, **wanted):
    return [r for r in readings if all(getattr(r, name) == value for name, value in wanted.items())]


def _named(condition):
    return f"{condition.resolution:g} Å, noise {condition.noise:g}, {condition.filtered}"


def _row(family, solvent, maps, readings):
    if not readings:
        return ""
    new, old = (_mean(readings, mode) for mode in MODES)
    chain, atom = (
        f"**{a:.3f}**" if a > b + _SAME else f"{a:.3f}" for a, b in ((new.chain, old.chain), (new.atom, old.atom))
    )
    cells = (family, solvent, maps, chain, f"{old.chain:.3f}", atom, f"{old.atom:.3f}")
    return "| " + " | ".join((*cells, f"{new.order:.2f}", f"{old.order:.2f}")) + " |"


def _summary(readings):
    worse = [
        f"{r.family}, {r.solvent}, {_named(r.condition)} ({r.errors[MODES[0]].chain:.3f}, S "
        f"{r.errors[MODES[1]].chain:.3f})"
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
    rows = [
        f"| molecule | maps | root mean square | 10 %, 50 %, 90 % of the atoms | within {GOOD_RATIO[0]} to "
        f"{GOOD_RATIO[1]} |",
        "|" + " --- |" * 5,
    ]
    rows += [
        f"| {s.family} | {_named(s.condition)} | {s.pooled:.2f} | {', '.join(f'{q:.2f}' for q in s.quantiles)} "
        f"| {s.share:.0%} |"
        for s in spreads
    ]
    return "\n".join(rows)


def _haemoglobin_table(found):
    chains = list(next(iter(found.values())))
    rows = [f"| mode | {' | '.join(chains)} |", "|" + " --- |" * (len(chains) + 1)]
    rows += [f"| {mode} | {' | '.join(f'{found[mode][c]:.3f}' for c in chains)} |" for mode in found]
    return "\n".join(rows)
