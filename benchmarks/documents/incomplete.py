"""Errors of refined occupancies where a model lacks chains, as a part of a Markdown document."""

from dataclasses import dataclass
from statistics import fmean

from chimerax.occupy import __version__

from ..simulation import ice
from . import parts
from .results import ordered, where
from .tables import marked, origin, table, versions_text

WHOLE = "none"
_STRONG_NOISE = 0.3
_WANTED, _WANTED_IN_STRONG_NOISE, _SHARE_WANTED = 0.03, 0.05, 0.05


@dataclass(frozen=True)
class Reading:
    """What is refined in one chain of one map, with one model.

    Attributes
    ----------
    family : str
    condition : ice.Condition
    taken : str
        Which chains were taken out of the model.
    lacking, told : float
        The share of the density that these have, and that which is told to be unexplained.
    error, standard_error : float
        Of the occupancy.
    moved : bool
        Whether the chain, which is in its place, is said to be displaced.
    """

    family: str
    condition: ice.Condition
    taken: str
    lacking: float
    told: float
    error: float
    standard_error: float
    moved: bool


def write(path, results):
    """Write the part of the document on incomplete models.

    Parameters
    ----------
    path : Path
    results : Results
        The readings are `Reading`.
    """
    parts.put(path, "incomplete", document(results))


def document(results):
    """The part of the document on incomplete models, as Markdown."""
    made = origin("incomplete", versions_text(results.versions), *results.problems)
    return "\n\n".join([
        "# Validation of refined occupancies where the model lacks chains",
        f"How far occupancies of `occupy refine` (OccuPy for ChimeraX {__version__}) are from known ones where chains "
        f"were taken out of the model, so that beads stand in for them. {made}",
        "## Errors",
        "Maps and models are those of the part above, *in ice*. *Lacking*: the share of the density that the chains "
        "have which were taken out, from the least to the most of the maps; *told*: how far what the log says of it is "
        "from that, on the mean. Errors are those of the chains that are left, relative to the fullest of them. "
        "*Displaced*: chains, all in their places, that are said to be out of them. To reach: a mean error of at most "
        "0.03, at noise 0.3 of 0.05, the share within 0.05, no chain displaced. **Bold** misses it.",
        _table(results.readings),
    ])  # fmt: skip


def _table(readings):
    titles = [
        "molecule", "maps", "taken out", "lacking", "told: off by", "mean", "largest", "% within one standard error",
        "displaced",
    ]  # fmt: skip
    rows = [
        [family, str(condition), taken, *_cells(where(readings, family=family, condition=condition, taken=taken))]
        for family in ordered(readings, "family")
        for condition in ordered(readings, "condition")
        for taken in ordered(readings, "taken")
    ]
    return table(titles, rows)


def _cells(readings):
    noise = readings[0].condition.noise
    wanted = _WANTED_IN_STRONG_NOISE if noise >= _STRONG_NOISE else _WANTED
    shares = [r.lacking for r in readings]
    off = fmean(abs(r.told - r.lacking) for r in readings)
    errors = [abs(r.error) for r in readings]
    moved = sum(r.moved for r in readings)
    return [
        f"{min(shares):.2f} to {max(shares):.2f}",
        marked(f"{off:.3f}", off > _SHARE_WANTED),
        marked(f"{fmean(errors):.3f}", fmean(errors) > wanted),
        f"{max(errors):.3f}",
        f"{100 * fmean(abs(r.error) <= r.standard_error for r in readings):.0f}",
        marked(f"{moved}", moved > 0),
    ]
