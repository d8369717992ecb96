"""Errors of refined occupancies, and of other methods, as a part of a Markdown document with a figure."""

from dataclasses import dataclass
from statistics import fmean

from chimerax.occupy import __version__

from ..simulation.families import BBSOME, BUNDLES, COMPLEX
from . import figures, parts
from .refine_errors import LONG, TARGETS, mean_error
from .results import Results, ordered, where
from .tables import marked, origin, table, versions_text

_SOLVENTS = {"mask": "chains", "atoms": "atoms"}
_WEAK, _LARGEST_CONTACT_ERROR = 0.2, 0.05


@dataclass(frozen=True, eq=False)
class RefineResults(Results):
    """All that goes into the part; the readings are `refine_errors.Reading`.

    Attributes
    ----------
    haemoglobin : list of occupy.GroupOccupancy
        Chains of 5NI1 in EMD-3488.
    methods : dict of str to str
        What each of the other methods is, by its title.
    """

    haemoglobin: list
    methods: dict


def write(path, results):
    """Write the part of the document on maps in ice, and its figure.

    Parameters
    ----------
    path : Path
    results : RefineResults
    """
    figures.draw_refined([r for r in results.readings if r.residues > LONG], path)
    parts.put(path, "ice", document(results))


def document(results):
    """The part of the document on maps in ice, as Markdown."""
    readings = results.readings
    sections = [
        "# Validation of refined occupancies, in ice",
        _introduction(results),
        "## What the maps hold",
        _maps_text(results),
        "## All methods, all conditions",
        _table_text(results.methods),
        *_for_each_dealing(readings),
        f"![Refined against known occupancies, with standard errors]({figures.REFINED})",
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
    return "\n\n".join(section for section in sections if section)


def _introduction(results):
    return (
        f"How far the occupancies of `occupy refine` (OccuPy for ChimeraX {__version__}) and of the scale that a model "
        "guides (`occupy estimate` with `atoms`) are from known ones, beside what can be read off the same maps "
        f"otherwise. {origin('refine', versions_text(results.versions), *results.problems)}"
    )


def _maps_text(results):
    known = {
        BBSOME: "the BBSome, PDB 8ZZI, 8 proteins of 49 to 770 residues. *The method was tuned on it*, and on an "
        "insulin receptor with Fabs and ribosomal RNA with proteins, which are not part of the project.",
        BUNDLES: "5 chains of 105 alanines each, packed at random. *Kept aside*: nothing was tuned on it.",
        COMPLEX: "two chains of parallel RNA double helices (196 and 112 residues) and six of alpha helices (105 and "
        "285 residues), packed at random. *Kept aside*: nothing was tuned on it.",
    }
    families = "\n".join(f"- *{name}*: {known[name]}" for name in ordered(results.readings, "family"))
    return (
        f"{families}\n\n"
        "Atoms, hydrogens among them, scatter electrons (gemmi, c4322), with B-factors from 30 to 150 Å² along each "
        "chain. Of this the ice whose place they take is subtracted. In one of two maps of each condition and dealing "
        "a chain displaces it as a flat mask, of the volume that proteins and RNA are measured to have (0.747 and "
        "0.554 mL/g); in the other each atom does as a Gaussian (Fraser, MacRae & Suzuki 1978). Occupancies of 1, "
        "0.8, 0.6, 0.4 and 0.2 are dealt to the chains in turn, the longest first, another way in each of two maps; "
        "or, as in most complexes, all chains are whole but one or two, of 0.5 and 0.2. Where a chain is away there "
        "is ice.\n\n"
        "White noise is cut at the resolution; its σ is relative to the densest places (the densest 1/2000 of the "
        "voxels, at 8 Å). Maps are plain, sharpened by 100 Å², multiplied by a soft mask, or without all frequencies "
        "below 1/40 Å.\n\n"
        "The model that the methods get is wrong: coordinates are off by 0.5 Å (rms), and B-factors are either "
        "shifted by up to 60 Å² in each chain or 60 Å² throughout. Half of the models have no hydrogens. Coordinates "
        "are refined no further, and nobody says which chains are full: refining finds its reference itself."
    )


def _table_text(methods):
    described = ";\n".join(f"- *{title}*, {text}" for title, text in methods.items())
    return (
        "Mean absolute errors over the chains of two maps (*mean*), the largest error of a chain of more than 100 "
        "residues (*largest*), and the percentage of chains whose known occupancy is within one and within two "
        "standard errors. A row of one condition holds 10 to 16 chains, so percentages there are coarse. *Guided* is "
        "the scale map that a model guides, at the atoms: of chains' means, and of single atoms. The others are\n\n"
        f"{described}.\n\n"
        "The last three are divided by their values for the full chains, *which they are told*; refining is told "
        "nothing. To reach: mean at most 0.02; none above 0.08; 60 to 85 % within one standard error, at least 90 % "
        "within two; guided at most 0.04 per chain and 0.09 per atom. **Bold** misses it."
    )


def _for_each_dealing(readings):
    """Errors and what misses its target where occupancies are dealt in one way, and the other."""
    for dealt in ordered(readings, "dealt"):
        chosen = where(readings, dealt=dealt)
        yield from (f"### Occupancies: {dealt}", _error_table(chosen), _misses(chosen))


def _error_table(readings):
    rows = [["all maps", "", *_cells(readings)]]
    rows += [[family, "all", *_cells(where(readings, family=family))] for family in ordered(readings, "family")]
    for condition in ordered(readings, "condition"):
        for family in ordered(readings, "family"):
            chosen = where(readings, family=family, condition=condition)
            rows.append([family, str(condition), *_cells(chosen)])
    return table(["molecule", "maps", *_titles(readings)], rows)


def _titles(readings):
    return [*(target.title for target in TARGETS), *(f"{title}: mean" for title in readings[0].others)]


def _cells(readings):
    cells = []
    for target in TARGETS:
        value = target.measure(readings)
        cells.append(marked(target.text(value), not target.reached(value)))
    return cells + [f"{error:.3f}" for error in _other_errors(readings).values()]


def _other_errors(readings):
    """Mean absolute error of each of the other methods, by title."""
    return {title: fmean(abs(r.others[title] - r.true) for r in readings) for title in readings[0].others}


def _by_condition(readings):
    """Molecule, condition and the readings of both, the conditions of a molecule after each other."""
    for family in ordered(readings, "family"):
        for condition in ordered(readings, "condition"):
            yield family, condition, where(readings, family=family, condition=condition)


def _misses(readings):
    """In sentences, which targets are missed and where."""
    lines = []
    for target in TARGETS:
        missed = []
        for family, condition, chosen in _by_condition(readings):
            value = target.measure(chosen)
            if not target.reached(value):
                missed.append(f"{family}, {condition} ({target.text(value)})")
        overall = target.measure(readings)
        verdict = "reached" if target.reached(overall) else "missed"
        misses = f" In single conditions missed: {'; '.join(missed)}." if missed else " And in every condition."
        lines.append(f"- {target.title}, {target.wanted}: {verdict} over all maps ({target.text(overall)}).{misses}")
    return "\n".join([*lines, _worse_than_others(readings)])


def _worse_than_others(readings):
    """Where another method is closer than refining."""
    found = []
    for family, condition, chosen in _by_condition(readings):
        errors = _other_errors(chosen)
        best = min(errors, key=errors.get)
        if errors[best] < mean_error(chosen):
            found.append(f"{family}, {condition} ({best} {errors[best]:.3f}, refine {mean_error(chosen):.3f})")
    if not found:
        return "- No other method is closer than refining in any condition."
    return f"- Another method, told which chains are full, is closer than refining in: {'; '.join(found)}."


def _solvent_table(readings):
    rows = []
    for family in ordered(readings, "family"):
        for solvent in ordered(readings, "solvent"):
            rows.append([family, _SOLVENTS[solvent], *_cells(where(readings, family=family, solvent=solvent))])
    return table(["molecule", "ice displaced by", *_titles(readings)], rows)


def _contact_text():
    return (
        "Chains of occupancy 0.2 that touch a full one: errors of their refined occupancy, and of the guided scale at "
        "those of their atoms that are within 5 Å of an atom of a full chain. To reach: 0.05."
    )


def _contact_table(readings):
    weak = [r for r in readings if r.true == _WEAK and r.contact_atoms]
    rows = []
    for family, condition, chosen in _by_condition(weak):
        errors = [mean_error(chosen), fmean(r.contact_error for r in chosen)]
        cells = [marked(f"{error:.3f}", error > _LARGEST_CONTACT_ERROR) for error in errors]
        rows.append([family, str(condition), str(len(chosen)), str(sum(r.contact_atoms for r in chosen)), *cells])
    return table(["molecule", "maps", "chains", "atoms", "refine: mean", "guided at the contact: mean"], rows)


def _haemoglobin_text():
    return (
        "EMD-3488, haemoglobin, with PDB 5NI1, which has no hydrogens: four chains, equal by symmetry in pairs. To "
        "reach: within 0.05 of 1, and errors that say so."
    )


def _haemoglobin_table(rows):
    cells = [
        [r.group, str(r.atoms), f"{r.occupancy:.3f} ± {r.standard_error:.3f}", f"{r.correlation:.3f}"] for r in rows
    ]
    return table(["chain", "atoms", "occupancy ± standard error", "correlation"], cells) if rows else ""
