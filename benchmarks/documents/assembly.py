"""Orders of assembly, and what comes with what, beside known ones, as a part of a Markdown document."""

from dataclasses import dataclass

import numpy as np
from chimerax.occupy import __version__

from ..simulation import assemblies, ensembles
from . import parts
from .results import ordered, where
from .tables import marked, origin, table, versions_text

AGAINST_MAPS, WITHIN = "against reference maps", "without"
_MEASURED = "shares", "correlations"


@dataclass(frozen=True, eq=False)
class Found:
    """What was found in one ensemble.

    Attributes
    ----------
    family : documents.matrix.Family
    way : assemblies.Way
    method : str
        `AGAINST_MAPS` or `WITHIN`.
    known, told, by_known : bool arrays, shape (chains, chains)
        Which chain (column) is only with which (row): in truth, as it is told, and as it is from known occupancies.
    together, told_together : bool arrays, shape (chains, chains)
        Which chains always come together.
    shares, correlations : arrays of float, shape (2, pairs)
        Errors of conditional shares and of correlations, beside their standard errors, of pairs of which they are told.
    """

    family: object
    way: assemblies.Way
    method: str
    known: np.ndarray
    told: np.ndarray
    by_known: np.ndarray
    together: np.ndarray
    told_together: np.ndarray
    shares: np.ndarray
    correlations: np.ndarray


def write(path, results):
    """Write the part of the document on orders of assembly.

    Parameters
    ----------
    path : Path
    results : Results
        The readings are `Found`.
    """
    parts.put(path, "assembly", document(results))


def document(results):
    """The part of the document on orders of assembly, as Markdown."""
    return "\n\n".join([
        "# Validation of what comes with what, and of orders of assembly",
        f"Whether the order that `occupy refine` draws from several maps (OccuPy for ChimeraX {__version__}) is the "
        "one by which they were made, and how far correlations and conditional shares are from known ones. "
        + origin("assembly", versions_text(results.versions), *results.problems),
        _maps_text(results.readings),
        "## Order",
        "Pairs of chains of which one is there only with the other (with all that follows from steps): how many of "
        "them are told, how many could be from the known occupancies of these maps, and how many are told that are "
        "not so. Then pairs that always come together, the core among them, likewise. To reach: all that the known "
        "occupancies tell, and nothing that is not so. **Bold** misses it.",
        _order_table(results.readings),
        "## What comes with what",
        "Conditional shares P(B | A), of all ordered pairs, and correlations, of pairs that vary: mean absolute "
        "error, that which 95 % do not exceed, and how many are within one and within two standard errors. They are "
        "beside those that known occupancies give, in both of which groups are taken as independent within a map.",
        _errors_table(results.readings),
    ])  # fmt: skip


def _maps_text(readings):
    families = ordered(readings, "family")
    aside = ", ".join(family.name for family in families if not family.tuned)
    return (
        f"Ensembles of {ensembles.MAPS} maps of {ensembles.BOX.edge}³ voxels with wrong models, made as those of "
        f"matrices of occupancies above; the first {ensembles.COMPLETE} hold all chains, and are the reference maps. "
        "Chains are dealt to blocks of neighbours (`benchmarks/simulation/assemblies.py`), beside a core that is "
        "always there. A block is there in 70 % of the maps that hold all that it needs. *Chain with a branch*: of "
        "four blocks the second needs the first, third and fourth the second. *Tree*: of five blocks the second and "
        "the third need the first, the fourth the second, the fifth the third. In *mixed classes* each map is the "
        "mean of two states, the first with 60 to 95 % of the particles; where *populations* are *uneven* the number"
        " of particles varies by a factor of e (standard deviation), and is told. Kept aside, so that nothing was "
        f"tuned on them: {aside}."
    )


def _order_table(readings):
    titles = ["how it assembles", "complex", "pairs", "told by known occupancies"]
    for method in (AGAINST_MAPS, WITHIN):
        titles += [f"{method}: told", "not so", "together, of those that are", "not so"]
    rows = []
    for way in ordered(readings, "way"):
        for family in ordered(readings, "family"):
            found = where(readings, way=way, family=family)
            one = found[0]
            cells = [way.name, family.name, f"{one.known.sum()}", f"{(one.by_known & one.known).sum()}"]
            rows.append(cells + [cell for each in found for cell in _order_cells(each)])
    return table(titles, rows)


def _order_cells(found):
    right, wrong = (found.told & found.known).sum(), (found.told & ~found.known).sum()
    same, other = (found.told_together & found.together).sum(), (found.told_together & ~found.together).sum()
    return [
        marked(f"{right}", right < (found.by_known & found.known).sum()),
        marked(f"{wrong}", wrong > 0),
        marked(f"{same // 2} of {found.together.sum() // 2}", same < found.together.sum()),
        marked(f"{other // 2}", other > 0),
    ]


def _errors_table(readings):
    titles = ["complex", "method", "shares: mean", "95 %", "% within one, two errors"]
    titles += ["correlations: mean", "95 %", "% within one, two errors"]
    rows = []
    for family in ordered(readings, "family"):
        for method in (AGAINST_MAPS, WITHIN):
            found = where(readings, family=family, method=method)
            cells = [
                _error_cells(np.hstack([getattr(one, name) for one in found])) for name in ("shares", "correlations")
            ]
            rows.append([family.name, method, *cells[0], *cells[1]])
    return table(titles, rows)


def _error_cells(values):
    errors, sizes = np.abs(values[0]), np.abs(values[0]) / values[1]
    return [
        f"{errors.mean():.3f}",
        f"{np.quantile(errors, 0.95):.3f}",
        f"{100 * (sizes <= 1).mean():.0f}, {100 * (sizes <= 2).mean():.0f}",
    ]
