"""Errors of shares of conformers and of copies by symmetry, as a part of a Markdown document."""

from dataclasses import dataclass
from statistics import fmean

import numpy as np
from chimerax.occupy import __version__

from . import parts, results
from .results import ordered, where
from .tables import origin, table, versions_text


@dataclass(frozen=True)
class Reading:
    """What is refined of two conformations in one map.

    Attributes
    ----------
    family, condition : str
    rmsd : float
        Å, between the two.
    shares : tuple of 2 float
        The known ones.
    limited : bool
        Whether they were refined as alternatives.
    occupancies, standard_errors : tuple of 2 float
    told : tuple of 2 float, or None
        Their sum with its standard error, of alternatives.
    inseparable : bool
        Whether it is said that they cannot be told apart.
    """

    family: str
    condition: str
    rmsd: float
    shares: tuple
    limited: bool
    occupancies: tuple
    standard_errors: tuple
    told: tuple | None
    inseparable: bool

    @property
    def errors(self):
        """Of both occupancies."""
        return np.abs(np.subtract(self.occupancies, self.shares))


@dataclass(frozen=True, eq=False)
class Copies:
    """What is told of copies in one map.

    Attributes
    ----------
    condition : str
    rows : list of tuple (occupy.GroupOccupancy, float)
        With the known occupancy.
    means : list of Together
    """

    condition: str
    rows: list
    means: list


@dataclass(frozen=True, eq=False)
class Results(results.Results):
    """All that goes into the part; the readings are `Reading`.

    Attributes
    ----------
    copies : list of Copies
    """

    copies: list


def write(path, found):
    """Write the part of the document on alternatives and copies.

    Parameters
    ----------
    path : Path
    found : Results
    """
    parts.put(path, "alternatives", document(found))


def document(found):
    """The part of the document on alternatives and copies, as Markdown."""
    readings = found.readings
    return "\n\n".join([
        "# Validation of alternatives and of symmetric assemblies",
        f"How far shares of two conformations of a chain, and occupancies of copies by symmetry, of `occupy refine` "
        f"(OccuPy for ChimeraX {__version__}) are from known ones. "
        f"{origin('alternatives', versions_text(found.versions), *found.problems)}",
        "## Alternatives",
        "Molecules, ice and models are those of the part *in ice*. A chain of 105 residues is turned about where it "
        "touches the others until the rmsd of its atoms is 1 to 8 Å. The map is the mean over the particles, of which "
        "the shares 1 and 0, 0.7 and 0.3, 0.5 and 0.5, or 0.5 and 0.2 have either conformation. The model holds both; "
        "nobody says what is full. *Without*: two groups as all others; *with*: `--alternatives`. *Errors* are mean "
        "absolute ones of either share, with the percentage within one and within two standard errors; the sum is that "
        "of both shares. The *bundles* served to choose between the mode and the mean of the distribution that ends "
        "at 1; *RNA and protein* was kept aside. A matrix of class volumes at 14 Å, of four maps each, comes last.",
        _table(readings, "condition"),
        _table(readings, "rmsd"),
        _table(readings, "shares"),
        "## Copies",
        "A tetramer of two chains, of which the second is there in 1, 1, 0.6 and 0.3 of the particles in its four "
        "places, refined from one asymmetric unit with `--symmetry C4`.",
        _copies_table(found.copies),
    ])  # fmt: skip


def _table(readings, by):
    titles = [
        "molecule", by if by != "rmsd" else "rmsd in Å", "without: error", "within one / two", "with: error",
        "within one / two", "without: error of the sum", "with: error of the sum", "within one / two",
        "% not to be told apart",
    ]  # fmt: skip
    rows = [
        [family, _text(value), *_cells(where(readings, family=family, **{by: value}))]
        for family in ordered(readings, "family")
        for value in ordered(readings, by)
    ]
    return table(titles, rows)


def _text(value):
    if isinstance(value, tuple):
        return " and ".join(f"{share:g}" for share in value)
    return value if isinstance(value, str) else f"{value:g}"


def _cells(readings):
    cells = []
    for limited in (False, True):
        some = where(readings, limited=limited)
        errors = np.array([one.errors for one in some])
        cells += [f"{errors.mean():.3f}", _within(errors, np.array([one.standard_errors for one in some]))]
    for limited in (False, True):
        some = where(readings, limited=limited)
        off = np.array([abs(sum(one.occupancies) - sum(one.shares)) for one in some])
        cells.append(f"{off.mean():.3f}")
    cells.append(_within(off, np.array([one.told[1] for one in some])))
    return [*cells, f"{100 * fmean(one.inseparable for one in some):.0f}"]


def _within(errors, standard_errors):
    tiny = 1e-9
    return " / ".join(f"{100 * np.mean(errors <= times * standard_errors + tiny):.0f}" for times in (1, 2))


def _copies_table(copies):
    rows = []
    for one in copies:
        errors = np.array([row.occupancy - known for row, known in one.rows])
        sigma = np.array([row.standard_error for row, _ in one.rows])
        known = {row.group: value for row, value in one.rows}
        for mean in one.means:
            true = [known[name] for name in mean.groups]
            rows.append([
                one.condition, mean.name, f"{np.abs(errors).mean():.3f}", _within(np.abs(errors), sigma),
                f"{np.mean(true):.3f}", f"{mean.occupancy:.3f} ± {mean.standard_error:.3f}",
                f"{np.std(true, ddof=1):.3f}", f"{mean.spread:.3f}", f"{mean.expected_spread:.3f}",
                "yes" if mean.remarks else "no",
            ])  # fmt: skip
    titles = [
        "maps", "chain", "all copies: mean error", "within one / two", "known mean", "mean", "known spread", "spread",
        "of errors alone", "said to differ",
    ]  # fmt: skip
    return table(titles, rows)
