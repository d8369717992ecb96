"""Errors of shares of particles and of subsets of them, as a part of a Markdown document."""

from dataclasses import dataclass

import numpy as np
from chimerax.occupy import __version__

from ..simulation import ensembles, particle_files
from . import parts
from .matrix import Family
from .results import ordered, where
from .tables import origin, table, versions_text

AGAINST_MAPS, WITHIN = "against reference maps", "without"
CLASSES, POSTERIORS = "classes", "posteriors"

_WANTED = 0.02


@dataclass(frozen=True, eq=False)
class Case:
    """What is said of the particles of a family.

    Attributes
    ----------
    family : Family
    title : {'against reference maps', 'without'}
    kind : {'classes', 'posteriors'}
        Of the particles.
    shares, standard_errors, truth : arrays of float, shape (chains,)
    subsets : array of float, shape (subsets, 2)
        Expected and true share of wrong particles, of all pairs of a chain that is there and one that is not.
    """

    family: Family
    title: str
    kind: str
    shares: np.ndarray
    standard_errors: np.ndarray
    truth: np.ndarray
    subsets: np.ndarray

    @property
    def errors(self):
        """Of all shares."""
        return self.shares - self.truth


def write(path, results):
    """Write the part of the document on particles.

    Parameters
    ----------
    path : Path
    results : Results
        The readings are `Case`.
    """
    parts.put(path, "particles", document(results))


def document(results):
    """The part of the document on particles, as Markdown."""
    made = origin("particles", versions_text(results.versions), *results.problems)
    return "\n\n".join([
        "# Validation of shares of particles, and of subsets of them",
        f"How far the share of all particles that have a chain (`--particles`, OccuPy for ChimeraX {__version__}) is "
        f"from the known one, and how many particles of a subset (`occupy particles`) are wrong. {made}",
        "## What the particles are",
        _particles_text(results.readings),
        "## Shares of all particles",
        _shares_text(),
        _shares_table(results.readings),
        "## Subsets",
        _subsets_text(),
        _subsets_table(results.readings),
    ])  # fmt: skip


def _particles_text(cases):
    tuned = " and ".join(_name(family) for family in ordered(cases, "family") if family.tuned)
    return (
        f"Ensembles of {ensembles.MAPS} maps as in the part on matrices, and {particle_files.COUNT} particles over "
        "them (`benchmarks/simulation/particle_files.py`): the numbers of particles in maps are log-normal, and each "
        "particle has each chain with the known occupancy of its map. They are read from a star file, a .cs file and "
        "a table, which have to say the same to the last particle, and from a .cs file with posteriors: 0.6 to 1 for "
        "a class, the rest for another, from which the true class is drawn. The reference maps are the first "
        f"{ensembles.COMPLETE}, and hold particles too. The errors were set on {tuned}; nothing was tuned on the "
        "others."
    )


def _shares_text():
    return (
        f"Mean and largest absolute error; share of chains within {_WANTED}; the root mean square of the errors "
        "and that of the standard errors; and the share of chains within one and within two standard errors. Without "
        "reference maps what a model gets wrong about a chain, 20 % of its residues here, is the error of its share, "
        "and no number of particles mends that."
    )


def _shares_table(cases):
    titles = [
        "complex", "references", "particles", "mean", "largest", f"% within {_WANTED}", "rms error", "rms told",
        "% within one, two errors",
    ]  # fmt: skip
    rows = [[_name(case.family), case.title, case.kind, *_share_cells([case])] for case in cases]
    for title in ordered(cases, "title"):
        for kind in ordered(cases, "kind"):
            rows.append(["**all**", title, kind, *_share_cells(where(cases, title=title, kind=kind))])
            aside = [case for case in where(cases, title=title, kind=kind) if not case.family.tuned]
            rows += [["**all kept aside**", title, kind, *_share_cells(aside)]] if aside else []
    return table(titles, rows)


def _share_cells(cases):
    errors, told = (np.concatenate([getattr(one, name) for one in cases]) for name in ("errors", "standard_errors"))
    sizes = np.abs(errors) / told
    return [
        f"{np.abs(errors).mean():.3f}",
        f"{np.abs(errors).max():.3f}",
        f"{100 * (np.abs(errors) <= _WANTED).mean():.0f}",
        f"{np.sqrt((errors**2).mean()):.3f}",
        f"{np.sqrt((told**2).mean()):.3f}",
        f"{100 * (sizes <= 1).mean():.0f}, {100 * (sizes <= 2).mean():.0f}",
    ]


def _subsets_text():
    return (
        "Of every pair of chains, the particles that are *with* the one and *without* the other, where some maps are "
        "such (0.7 and more, 0.3 and less). The files that are written hold exactly the particles of those maps, in "
        "all three formats. The mean of the share that is expected to be wrong, of the share that is, and of how far "
        "they are apart."
    )


def _subsets_table(cases):
    titles = ["complex", "references", "particles", "subsets", "expected wrong", "truly wrong", "apart"]
    rows = []
    for case in cases:
        if len(case.subsets):
            expected, true = case.subsets.T
            numbers = [f"{value:.3f}" for value in (expected.mean(), true.mean(), np.abs(expected - true).mean())]
            rows.append([_name(case.family), case.title, case.kind, f"{len(expected)}", *numbers])
    return table(titles, rows)


def _name(family):
    return f"{family.name}, {family.solvent} {family.seed}"
