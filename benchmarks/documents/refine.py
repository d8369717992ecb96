"""Errors of refined occupancies, and of other methods, as a Markdown document with a figure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean

import matplotlib
import numpy as np
from chimerax.occupy import __version__
from matplotlib import pyplot as plt

from ..accuracy import other_methods
from . import parts

matplotlib.use("Agg")

BBSOME, BUNDLES, COMPLEX = "BBSome", "bundles", "RNA and protein"
_SOLVENTS = {"mask": "chains", "atoms": "atoms"}
_LONG = 100  # residues
_WEAK, _LARGEST_CONTACT_ERROR = 0.2, 0.05
_FIGURE, _COLOR, _DPI = "validation_refine.png", "#0072B2", 110


@dataclass(frozen=True)
class Condition:
    """What was done to a map.

    Attributes
    ----------
    resolution : float
        Å.
    noise : float
        Standard deviation over the mean of the densest places.
    filtered : str
        One of `ice.FILTERS`.
    """

    resolution: float
    noise: float
    filtered: str


@dataclass(frozen=True)
class Reading:
    """What all methods say of one chain of one map.

    Attributes
    ----------
    family, solvent : str
    condition : Condition
    chain : str
    residues : int
    true : float
        The known occupancy.
    refined, standard_error : float
    others : dict of str to float
        Of `other_methods.METHODS`, and the mean of the guided scale at the atoms as "guided".
    atom_error : float
        Mean absolute error of the guided scale at the atoms.
    contact_atoms : int
        Atoms near a full chain that this one is not.
    contact_error : float
        Mean absolute error of the guided scale at these; not a number where there are none.
    """

    family: str
    solvent: str
    condition: Condition
    chain: str
    residues: int
    true: float
    refined: float
    standard_error: float
    others: dict
    atom_error: float
    contact_atoms: int
    contact_error: float

    @property
    def error(self):
        """Of the refined occupancy."""
        return self.refined - self.true


@dataclass(frozen=True, eq=False)
class Results:
    """All that goes into the document.

    Attributes
    ----------
    readings : list of Reading
    haemoglobin : list of occupy.GroupOccupancy
        Chains of 5NI1 in EMD-3488.
    versions : dict of str to str
    problems : list of str
        What is missing, in sentences.
    """

    readings: list
    haemoglobin: list
    versions: dict
    problems: list


def _mean_error(readings):
    return fmean(abs(r.error) for r in readings)


def _largest_error(readings):
    return max(abs(r.error) for r in readings if r.residues > _LONG)


def _share_within(readings, standard_errors):
    """Percentage of the chains whose occupancy is known to within some standard errors."""
    return 100 * fmean(abs(r.error) <= standard_errors * r.standard_error for r in readings)


@dataclass(frozen=True)
class Target:
    """A figure that the method is to reach.

    Attributes
    ----------
    title : str
    measure : callable
        From readings to the figure.
    lowest, highest : float
        Between which it is reached.
    digits : int
        Shown.
    """

    title: str
    measure: Callable
    lowest: float
    highest: float
    digits: int = 3

    def text(self, value):
        """The figure as shown."""
        return f"{value:.{self.digits}f}"

    def reached(self, value):
        """Whether the figure is reached."""
        return self.lowest <= value <= self.highest

    @property
    def wanted(self):
        """What is to be reached, in words."""
        if self.lowest > 0 and self.highest < 100:
            return f"{self.lowest:g} to {self.highest:g} wanted"
        return f"at least {self.lowest:g} wanted" if self.lowest > 0 else f"at most {self.highest:g} wanted"


TARGETS = (
    Target("refine: mean", _mean_error, 0, 0.02),
    Target("refine: largest", _largest_error, 0, 0.08),
    Target("% within one standard error", lambda readings: _share_within(readings, 1), 60, 85, 0),
    Target("% within two", lambda readings: _share_within(readings, 2), 90, 100, 0),
    Target("guided: chains", lambda readings: fmean(abs(r.others["guided"] - r.true) for r in readings), 0, 0.04),
    Target("guided: atoms", lambda readings: fmean(r.atom_error for r in readings), 0, 0.09),
)


def write(path, results):
    """Write the part of the document on maps in ice, and its figure into `images` beside it.

    Parameters
    ----------
    path : Path
    results : Results
    """
    images = path.parent / "images"
    images.mkdir(parents=True, exist_ok=True)
    _draw(results.readings, images / _FIGURE)
    parts.put(path, "ice", document(results))


def document(results):
    """The part of the document on maps in ice, as Markdown."""
    readings = results.readings
    parts = [
        "# Validation of refined occupancies, in ice",
        _introduction(results),
        "## What the maps hold",
        _maps_text(results),
        "## All methods, all conditions",
        _table_text(),
        _error_table(readings),
        _misses(readings),
        f"![Refined against known occupancies, with standard errors](images/{_FIGURE})",
        "*Each mark is a chain of more than 100 residues in one of the maps, with one standard error; chains of one "
        "known occupancy are spread out sideways. The gray bars are the known occupancies.*",
        "## Solvents",
        "The method displaces ice atom by atom, so maps made that way flatter it; the other way is closer to what is "
        "known of solvent, and is no assumption of the method. Occupancies are dealt another way in each, too.",
        _solvent_table(readings),
        "## A weak chain that touches a full one",
        _contact_text(),
        _contact_table(readings),
        "## A real map",
        _haemoglobin_text(),
        _haemoglobin_table(results.haemoglobin),
    ]
    return "\n\n".join(part for part in parts if part)


def _introduction(results):
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    lines = [f"- Date: {datetime.now(UTC):%Y-%m-%d}", f"- {versions}", *(f"- {text}" for text in results.problems)]
    return (
        f"How far the occupancies of `occupy refine` (OccuPy for ChimeraX {__version__}) and of the scale that a model "
        "guides (`occupy estimate` with `atoms`) are from known ones, beside what can be read off the same maps "
        "otherwise. This part is written by `benchmarks/accuracy/refine.py`; to make it again:\n\n"
        "```\npip install .\npython -m benchmarks.accuracy.refine\n```\n\n" + "\n".join(lines)
    )


def _maps_text(results):
    known = {
        BBSOME: "the BBSome, PDB 8ZZI, 8 proteins of 49 to 770 residues. *The method was tuned on it*, and on an "
        "insulin receptor with Fabs and ribosomal RNA with proteins, which are not part of the project.",
        BUNDLES: "5 chains of 105 alanines each, packed at random. *Kept aside*: nothing was tuned on it.",
        COMPLEX: "two chains of parallel RNA double helices (196 and 112 residues) and six of alpha helices (105 and "
        "285 residues), packed at random. *Kept aside*: nothing was tuned on it.",
    }
    families = "\n".join(f"- *{name}*: {known[name]}" for name in _ordered(results.readings, "family"))
    return (
        f"{families}\n\n"
        "Atoms, hydrogens among them, scatter electrons (gemmi, c4322), with B-factors from 30 to 150 Å² along each "
        "chain. Of this the ice whose place they take is subtracted. In one of two maps of each condition a chain "
        "displaces it as a flat mask, of the volume that proteins and RNA are measured to have (0.747 and 0.554 "
        "mL/g); in the other each atom does as a Gaussian (Fraser, MacRae & Suzuki 1978). Occupancies of 1, 0.8, 0.6, "
        "0.4 and 0.2 are dealt to the chains in turn, the longest first, another way in each of the two; where a "
        "chain is away there is ice.\n\n"
        "White noise is cut at the resolution; its σ is relative to the densest places (the densest 1/2000 of the "
        "voxels, at 8 Å). Maps are plain, sharpened by 100 Å², multiplied by a soft mask, or without all frequencies "
        "below 1/40 Å.\n\n"
        "The model that the methods get is wrong: coordinates are off by 0.5 Å (rms), and B-factors are either "
        "shifted by up to 60 Å² in each chain or 60 Å² throughout. Half of the models have no hydrogens. Coordinates "
        "are refined no further, and nobody says which chains are full: refining finds its reference itself."
    )


def _table_text():
    return (
        "Mean absolute errors over the chains of two maps (*mean*), the largest error of a chain of more than 100 "
        "residues (*largest*), and the percentage of chains whose known occupancy is within one and within two "
        "standard errors. A row of one condition holds 10 to 16 chains, so percentages there are coarse. *Guided* is "
        "the scale map that a model guides, at the atoms: of chains' means, and of single atoms. The others are\n\n"
        "- *S*, the scale in mode occupancy, its mean at a chain's atoms;\n"
        "- *density*, low-passed, its mean at a chain's atoms;\n"
        "- *mask sum*, the sum of the map in the voxels within "
        f"{other_methods.MASK_RADIUS:g} Å of a chain's atoms, over that of a map simulated from the model "
        "(Gaussians of atomic number, as wide as molmap's);\n"
        f"- *two-map scale*, Σ(V·Vref) / Σ(Vref²) in cubes of {other_methods.CUBE:g} Å, Vref simulated as before, "
        "its mean at a chain's atoms.\n\n"
        "The last three are divided by their values for the full chains, *which they are told*; refining is told "
        "nothing. To reach: mean at most 0.02; none above 0.08; 60 to 85 % within one standard error, at least 90 % "
        "within two; guided at most 0.04 per chain and 0.09 per atom. **Bold** misses it."
    )


def _error_table(readings):
    rows = [["all maps", "", *_cells(readings)]]
    rows += [[family, "all", *_cells(_where(readings, family=family))] for family in _ordered(readings, "family")]
    for condition in _ordered(readings, "condition"):
        for family in _ordered(readings, "family"):
            chosen = _where(readings, family=family, condition=condition)
            rows.append([family, _label(condition), *_cells(chosen)])
    names = [f"{title}: mean" for title in other_methods.METHODS.values()]
    return _table(["molecule", "maps", *(target.title for target in TARGETS), *names], rows)


def _cells(readings):
    cells = []
    for target in TARGETS:
        value = target.measure(readings)
        text = target.text(value)
        cells.append(text if target.reached(value) else f"**{text}**")
    return cells + [f"{_mean_of(readings, method):.3f}" for method in other_methods.METHODS]


def _mean_of(readings, method):
    return fmean(abs(r.others[method] - r.true) for r in readings)


def _misses(readings):
    """In sentences, which targets are missed and where."""
    lines = []
    for target in TARGETS:
        missed = []
        for family in _ordered(readings, "family"):
            for condition in _ordered(readings, "condition"):
                value = target.measure(_where(readings, family=family, condition=condition))
                if not target.reached(value):
                    missed.append(f"{family}, {_label(condition)} ({target.text(value)})")
        overall = target.measure(readings)
        verdict = "reached" if target.reached(overall) else "missed"
        where = f" In single conditions missed: {'; '.join(missed)}." if missed else " And in every condition."
        lines.append(f"- {target.title}, {target.wanted}: {verdict} over all maps ({target.text(overall)}).{where}")
    return "\n".join([*lines, _worse_than_others(readings)])


def _worse_than_others(readings):
    """Where another method is closer than refining."""
    found = []
    for family in _ordered(readings, "family"):
        for condition in _ordered(readings, "condition"):
            chosen = _where(readings, family=family, condition=condition)
            errors = {title: _mean_of(chosen, method) for method, title in other_methods.METHODS.items()}
            best = min(errors, key=errors.get)
            if errors[best] < _mean_error(chosen):
                found.append(
                    f"{family}, {_label(condition)} ({best} {errors[best]:.3f}, refine {_mean_error(chosen):.3f})"
                )
    if not found:
        return "- No other method is closer than refining in any condition."
    return f"- Another method, told which chains are full, is closer than refining in: {'; '.join(found)}."


def _solvent_table(readings):
    rows = []
    for family in _ordered(readings, "family"):
        for solvent in _ordered(readings, "solvent"):
            rows.append([family, _SOLVENTS[solvent], *_cells(_where(readings, family=family, solvent=solvent))])
    names = [f"{title}: mean" for title in other_methods.METHODS.values()]
    return _table(["molecule", "ice displaced by", *(target.title for target in TARGETS), *names], rows)


def _contact_text():
    return (
        "Chains of occupancy 0.2 that touch a full one: errors of their refined occupancy, and of the guided scale at "
        "those of their atoms that are within 5 Å of an atom of a full chain. To reach: 0.05."
    )


def _contact_table(readings):
    weak = [r for r in readings if r.true == _WEAK and r.contact_atoms]
    rows = []
    for family in _ordered(weak, "family"):
        for condition in _ordered(weak, "condition"):
            chosen = _where(weak, family=family, condition=condition)
            values = [fmean(abs(r.error) for r in chosen), fmean(r.contact_error for r in chosen)]
            cells = [f"{v:.3f}" if v <= _LARGEST_CONTACT_ERROR else f"**{v:.3f}**" for v in values]
            rows.append(
                [family, _label(condition), str(len(chosen)), str(sum(r.contact_atoms for r in chosen)), *cells]
            )
    return _table(["molecule", "maps", "chains", "atoms", "refine: mean", "guided at the contact: mean"], rows)


def _haemoglobin_text():
    return (
        "EMD-3488, haemoglobin, with PDB 5NI1, which has no hydrogens: four chains, equal by symmetry in pairs. To "
        "reach: within 0.05 of 1, and errors that say so."
    )


def _haemoglobin_table(rows):
    cells = [
        [r.group, str(r.atoms), f"{r.occupancy:.3f} ± {r.standard_error:.3f}", f"{r.correlation:.3f}"] for r in rows
    ]
    return _table(["chain", "atoms", "occupancy ± standard error", "correlation"], cells) if rows else ""


def _ordered(readings, field):
    """Values of a field, in the order in which they were measured."""
    return list(dict.fromkeys(getattr(r, field) for r in readings))


def _where(readings, **fields):
    return [r for r in readings if all(getattr(r, name) == value for name, value in fields.items())]


def _label(condition):
    return f"{condition.resolution:g} Å, noise {condition.noise:g}, {condition.filtered}"


def _table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _draw(readings, path):
    families = _ordered(readings, "family")
    figure, axes = plt.subplots(
        1,
        len(families),
        figsize=(4 * len(families), 4.4),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for panel, family in zip(axes[0], families, strict=True):
        panel.set(
            title=family, xlabel="known occupancy", xticks=(0.2, 0.4, 0.6, 0.8, 1), yticks=(0, 0.2, 0.4, 0.6, 0.8, 1)
        )
        chosen = [r for r in _where(readings, family=family) if r.residues > _LONG]
        for true in sorted(_ordered(chosen, "true")):
            same = _where(chosen, true=true)
            panel.plot([true - 0.08, true + 0.08], [true] * 2, color="0.75", lw=2, zorder=0)
            places = true + np.linspace(-0.07, 0.07, len(same))
            refined, errors = [r.refined for r in same], [r.standard_error for r in same]
            panel.errorbar(places, refined, errors, ls="", marker="o", ms=2.5, lw=0.8, color=_COLOR)
    axes[0, 0].set_ylabel("refined occupancy")
    figure.savefig(path, dpi=_DPI)
    plt.close(figure)
