"""Errors of matrices of occupancies, and of other methods, as a part of a Markdown document."""

from dataclasses import dataclass

import numpy as np
from chimerax.occupy import __version__

from ..simulation import ensembles
from . import parts
from .results import ordered, where
from .tables import marked, origin, table, versions_text

AGAINST_MAPS = "matrix, against reference maps"
WITHIN = "matrix"
ONE_BY_ONE_AGAINST_MAPS = "each map refined by itself, against reference maps"
ONE_BY_ONE = "each map refined by itself"
MASK_SUM = "mask sum, against reference maps"
CLIPPED = "mask sum, clipped to percentiles"

_ABSENT_WANTED, _THERE_WANTED = 0.10, 0.05


@dataclass(frozen=True)
class Family:
    """A complex of which there is an ensemble.

    Attributes
    ----------
    name, solvent : str
    seed : int
    tuned : bool
        Whether anything was tuned on it.
    """

    name: str
    solvent: str
    seed: int
    tuned: bool


@dataclass(frozen=True, eq=False)
class Method:
    """What one method says of all chains in all maps of a family that are no reference.

    Attributes
    ----------
    family : Family
    title : str
    values : array of float, shape (maps, chains)
    standard_errors : array of float or None
    truth : array of float, shape (maps, chains)
    """

    family: Family
    title: str
    values: np.ndarray
    standard_errors: np.ndarray | None
    truth: np.ndarray

    @property
    def errors(self):
        """Of all entries."""
        return self.values - self.truth


def write(path, results):
    """Write the part of the document on ensembles.

    Parameters
    ----------
    path : Path
    results : Results
        The readings are `Method`.
    """
    parts.put(path, "matrix", document(results))


def document(results):
    """The part of the document on ensembles, as Markdown."""
    made = origin("matrix", versions_text(results.versions), *results.problems)
    return "\n\n".join([
        "# Validation of matrices of occupancies: ensembles in which chains come and go",
        f"How far occupancies in many maps (`occupy refine` on several maps, OccuPy for ChimeraX {__version__}) are "
        f"from known ones. {made}",
        "## What the maps hold",
        _maps_text(results.readings),
        "## Errors",
        _methods_text(),
        errors_table(results.readings),
    ])  # fmt: skip


def _maps_text(methods):
    known = "\n".join(
        f"- *{family.name}*: {where(methods, family=family)[0].truth.shape[1]} chains, ice displaced by "
        f"{'molecules' if family.solvent == 'mask' else 'atoms'}. "
        + ("*The method was tuned on it.*" if family.tuned else "*Kept aside*: nothing was tuned on it.")
        for family in ordered(methods, "family")
    )
    return (
        f"Ensembles of {ensembles.MAPS} maps of {ensembles.BOX.edge}³ voxels of {ensembles.BOX.voxel_size:g} Å, as "
        "networks generate them from a data set (`benchmarks/simulation/ensembles.py`): without noise, but each map "
        "a mixture of four conformations in which places differ by 3.5 Å (rms), with a scale (±10 %), an offset, a "
        "fall-off (up to 200 Å²) and a loss of its lowest frequencies (up to 40 % beyond 90 Å) of its own, and a "
        "smooth background, 3 % (rms) of the densest places, with a further level of up to 4 %, within a soft mask. "
        "A core of chains is always there; four blocks of neighbours are away as wholes in a third of the maps, "
        "single chains in a seventh, and another seventh is there in part, 0.3 to 0.8. The first "
        f"{ensembles.COMPLETE} maps hold all chains in full: they are the reference maps, and are not counted below."
        "\n\n"
        "The model is wrong: half of its chains lack up to a fifth of their residues, B-factors are 60 Å² throughout "
        "(in truth 30 to 150, and up to 300 more for each chain), coordinates are off by 0.5 Å, and there are no "
        f"hydrogens.\n\n{known}"
    )


def _methods_text():
    return (
        "*Absent* chains: mean absolute error, the range of the errors, and the share of entries within ±0.10. Chains "
        "*there* in full: mean absolute error and that which 95 % do not exceed. *In part*: mean absolute error. Then "
        "the share of all entries within one and within two standard errors, and the share of entries that read "
        "exactly 0 or 1, that is, are clipped. To reach: absent within ±0.10, unclipped; there within 0.05 on average. "
        "**Bold** misses it.\n\n"
        f"- *{AGAINST_MAPS}*: `--reference-maps`; *{WITHIN}*: without, so that what the model gets wrong counts.\n"
        f"- *{ONE_BY_ONE}*: `occupy refine` of each map, its occupancies over those in the reference maps or not.\n"
        "- *mask sum*: the sum of density in the voxels within 3 Å of a chain's atoms over that of a map simulated "
        "from the model, relative to the core's, which it is told; over the same in the reference maps, or, as is done "
        "to get rid of scale and offset, brought to 0 and 1 at the 10th and 90th percentiles of all entries and "
        "clipped."
    )


def errors_table(methods):
    """A table of the errors of each method."""
    titles = [
        "complex", "method", "absent: mean", "range", "% within ±0.10", "there: mean", "95 %", "in part",
        "% within one, two errors", "% clipped",
    ]  # fmt: skip
    rows = [[method.family.name, method.title, *_cells(method)] for method in methods]
    return table(titles, rows)


def _cells(method):
    errors, truth = method.errors, method.truth
    absent, there = errors[truth == 0], errors[truth == 1]
    part = np.abs(errors[(truth > 0) & (truth < 1)])
    wide, far = np.abs(absent).max() > _ABSENT_WANTED, np.abs(there).mean() > _THERE_WANTED
    # A reference reads exactly 1 without being clipped.
    saturated = np.isin(method.values, (0.0, 1.0)).mean() if method.title == CLIPPED else 0
    return [
        f"{np.abs(absent).mean():.3f}",
        marked(f"{absent.min():.2f} to {absent.max():.2f}".replace("-", "−"), wide),
        f"{100 * (np.abs(absent) <= _ABSENT_WANTED).mean():.0f}",
        marked(f"{np.abs(there).mean():.3f}", far),
        f"{np.quantile(np.abs(there), 0.95):.3f}",
        f"{part.mean():.3f}" if len(part) else "",
        _within(method),
        f"{100 * saturated:.0f}",
    ]


def _within(method):
    if method.standard_errors is None:
        return ""
    sizes = np.abs(method.errors) / method.standard_errors
    return f"{100 * (sizes <= 1).mean():.0f}, {100 * (sizes <= 2).mean():.0f}"
