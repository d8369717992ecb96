"""Errors of the scale in vacuum, by both programs, as a part of a Markdown document with figures."""

from collections import Counter
from statistics import fmean

from chimerax.occupy import __version__

from ..simulation.families import BBSOME, BUNDLES
from . import figures, parts
from .published_errors import (
    B_EDGES,
    DENSITY,
    PROGRAMS,
    b_factor_readings,
    divided,
    mean_divided_error,
    mean_error,
    scale_by_b,
)
from .results import OURS, PUBLISHED, where
from .tables import listed, origin, table

_SHORT = {"ours": "this", "published": "0.1.13", "published_tile": "0.1.13, tile 12"}
_SAME = 0.005
_LABELS = {"molecule": "{}", "resolution": "{:g} Å", "b_factors": "{} B-factors", "noise": "noise {}"}
_CONDITION = tuple(_LABELS)


def write(path, results):
    """Write the part of the document on maps in vacuum, and its figures.

    Parameters
    ----------
    path : Path
    results : VacuumResults
    """
    figures.draw_occupancies(results, path)
    figures.draw_b_factors(results, path)
    parts.put(path, "vacuum", document(results))


def document(results):
    """The part of the document on maps in vacuum, as Markdown."""
    sections = [
        "# Validation of the scale, in vacuum",
        "The maps of this part hold no ice around the molecules and no hydrogens, which flatters every method: "
        "see above for maps in ice.",
        _introduction(results),
        "## Maps",
        _maps_text(results),
        _noise_table(results),
        "## In short",
        _summary(results),
        _marginal_table(results),
        f"![Estimated against known occupancy, one column for each resolution]({figures.OCCUPANCIES})",
        f"*Each mark is a chain of a map with {results.figure_noise} noise. Top: the scale as it is. Bottom: divided "
        "by the mean of the full chains of its map. The gray bars are the known occupancies.*",
        "## Low and high occupancies",
        _occupancy_text(),
        _occupancy_table(results),
        "## The density itself",
        _density_text(),
        _density_table(results),
        "## B-factors",
        _b_factor_text(results),
        f"![Scale of residues against their B-factor]({figures.B_FACTORS})",
        "*Mean scale of the residues in ranges of 20 Å², in maps with mixed B-factors and noise "
        f"{results.ordered('noise')[0]}. One line for each known occupancy, which the dotted lines mark.*",
        *_sampling_parts(results),
        "## Chain by chain",
        *_chain_parts(results),
        "## Every condition",
        *_condition_parts(results),
    ]
    return "\n\n".join(sections) + "\n"


def _introduction(results):
    versions = {p: listed(f"{name} {v}" for name, v in found.items()) for p, found in results.versions.items()}
    notes = [f"{PROGRAMS[p]}: {found}" for p, found in versions.items()]
    return (
        "Estimates in mode occupancy, with default settings, of maps made with known occupancies: by this package, "
        f"{OURS} {__version__} (*this*){_beside(results)}. {origin('published', *notes, *results.problems)}"
    )


def _beside(results):
    if "published" not in results.programs:
        return ""
    return (
        f", and by the published {PUBLISHED} (*0.1.13*), also with the tile size of 12 voxels that this package has "
        "(*0.1.13, tile 12*); its own follows the box, 12 voxels at an edge of 256 and fewer in the boxes here"
    )


def _maps_text(results):
    sizes = {
        m: len({(r.turn, r.chain) for r in where(results.readings, molecule=m, turn=results.ordered("turn")[0])})
        for m in results.ordered("molecule")
    }
    kinds = {
        BBSOME: "the BBSome, PDB 8ZZI, {} chains of 49 to 770 residues",
        BUNDLES: "{} chains of 105 alanines each, seven straight helices without loops, packed at random",
    }
    molecules = "\n".join(f"- *{m}*: {kinds[m].format(n)}." for m, n in sizes.items())
    return (
        f"{molecules}\n\nOccupancies of 1, 0.8, 0.6, 0.4 and 0.2 are dealt to the chains in turn, the longest first"
        f"{_dealt(results)}. Atoms scatter electrons (gemmi, c4322) and are cut at the resolution; B-factors are 60 Å² "
        "throughout (*uniform*) or spread from 30 to 150 Å² along each chain (*mixed*). Voxels are a third of the "
        "resolution, at most 1.5 Å (1.15 Å for the BBSome at 3 Å); the molecule takes 80 % of the box. White noise is "
        "cut at the resolution too. There is no bulk solvent, no mask and no microscope in these maps: they test how "
        "the scale follows occupancy, not all that happens to a real map.\n\n"
        "The scale is read at the atoms of a chain (trilinear), as `occupy measure` does; its mean over the atoms is "
        "the estimate. *As is* is the error of that mean; *divided* the error after division by the mean of the full "
        "chains of the same map, over the other chains; *spread* the standard deviation over a chain's atoms. Errors "
        "are mean absolute errors over chains."
    )


def _dealt(results):
    count = len(results.ordered("turn"))
    return "" if count == 1 else f", in {count} ways (with the bundles packed anew)"


def _noise_table(results):
    rows = []
    for noise in results.ordered("noise"):
        sigmas = [r.noise_sigma for r in where(results.readings, noise=noise, program="ours")]
        rows.append([noise, f"{results.noises[noise]:g}", f"{min(sigmas):.3f} to {max(sigmas):.3f}"])
    return table(["noise", "σ over mean density of full chains", "σ over full scale, as found"], rows)


def _summary(results):
    lines = [f"- {_overall(results, mean_error, 'as is')}", f"- {_overall(results, mean_divided_error, 'divided')}"]
    for other in results.programs[1:]:
        for measure, name in ((mean_error, "as is"), (mean_divided_error, "divided")):
            lines.append(f"- {_comparison(results, other, measure, name)}")
    full = {p: where(results.readings, program=p, true=1) for p in results.programs}
    figures = [
        f"{fmean(r.mean for r in g):.2f} ({100 * fmean(r.at_full for r in g):.0f} % of their atoms at 1; {_SHORT[p]})"
        for p, g in full.items()
    ]
    lines.append(
        f"- The full chains read {listed(figures)} on average. The full scale is set by the strongest place of the "
        "map, while a chain's mean counts its weaker places and its surface too. A lower full scale raises the mean, "
        "but puts more atoms at 1, where the scale ends, so that full chains stand out less after division."
    )
    return "\n".join(lines)


def _overall(results, measure, name):
    figures = [f"{_SHORT[p]} {measure(where(results.readings, program=p)):.3f}" for p in results.programs]
    return f"Mean absolute error over all maps, {name}: {listed(figures)}."


def _comparison(results, other, measure, name):
    """In how many conditions the error is lower, the same and higher than another program's."""
    differences = {
        key: measure(where(found, program="ours")) - measure(where(found, program=other))
        for key, found in _by_condition(results).items()
    }
    lower = sum(d <= -_SAME for d in differences.values())
    higher = [key for key, d in differences.items() if d >= _SAME]
    same = len(differences) - lower - len(higher)
    text = (
        f"Beside {PROGRAMS[other]}, {name}: this package's error is lower by {_SAME} or more in {lower} of "
        f"{len(differences)} conditions, within {_SAME} in {same}, higher in {len(higher)}"
    )
    return text + (f" ({_where_higher(higher, differences)})." if higher else ".")


def _where_higher(keys, differences):
    """The worst of some conditions, and how many there are at each noise level."""
    worst = max(keys, key=differences.get)
    label = ", ".join(_LABELS[field].format(value) for field, value in zip(_CONDITION, worst, strict=True))
    counts = Counter(key[_CONDITION.index("noise")] for key in keys)
    by_noise = listed(f"{count} with noise {noise}" for noise, count in counts.items())
    return f"{by_noise}; at most {differences[worst]:.3f}: {label}"


def _by_condition(results):
    """Readings by the fields of a condition."""
    found = {}
    for r in results.readings:
        found.setdefault(tuple(getattr(r, field) for field in _CONDITION), []).append(r)
    return found


def _error_head(results):
    names = [_SHORT[p] for p in results.programs]
    return [f"{kind}: {name}" for kind in ("as is", "divided", "spread") for name in names]


def _error_cells(results, readings):
    groups = [where(readings, program=p) for p in results.programs]
    cells = [f"{measure(g):.3f}" for measure in (mean_error, mean_divided_error) for g in groups]
    return cells + [f"{fmean(r.spread for r in g):.2f}" for g in groups]


def _marginal_table(results):
    rows = [["all maps", *_error_cells(results, results.readings)]]
    for field, label in _LABELS.items():
        for value in results.ordered(field):
            cells = _error_cells(results, where(results.readings, **{field: value}))
            rows.append([label.format(value), *cells])
    return table(["maps", *_error_head(results)], rows)


def _occupancy_text():
    return (
        "Mean of the scale, as is, over the chains of each known occupancy. The maximum over the kernel reaches into "
        "neighbours and picks out the peaks of the noise, which lifts weak chains more than strong ones."
    )


def _occupancy_table(results):
    columns = [(p, n) for p in results.programs for n in results.ordered("noise")]
    rows = []
    for true in sorted(results.ordered("true"), reverse=True):
        groups = [where(results.readings, true=true, program=p, noise=n) for p, n in columns]
        rows.append([f"{true:g}", *(f"{fmean(r.mean for r in g):.2f}" for g in groups)])
    return table(["known", *(f"{_SHORT[p]}: {n}" for p, n in columns)], rows)


def _density_text():
    return (
        "Where one chain is known to be full, the low-passed density can be read instead of the scale, which is a "
        "maximum over the kernel, clipped at 1: `estimate.lowpassed` at the atoms of a chain, its mean divided by that "
        "of the full chains. It is linear in occupancy, and noise averages out. Mean absolute errors, divided:"
    )


def _density_table(results):
    groups = {"all maps": results.readings}
    for field in ("noise", "resolution"):
        for value in results.ordered(field):
            groups[_LABELS[field].format(value)] = where(results.readings, **{field: value})
    programs = {"scale": "ours", "low-passed density": DENSITY}
    rows = [
        [name, *(f"{mean_divided_error(where(group, program=p)):.3f}" for p in programs.values())]
        for name, group in groups.items()
    ]
    return table(["maps", *programs], rows)


def _b_factor_text(results):
    lost = []
    for program in results.programs:
        lowest, *_, highest = scale_by_b(b_factor_readings(results, program), 1.0)
        lost.append(f"{lowest:.2f} and {highest:.2f}, {100 * (1 - highest / lowest):.0f} % less ({_SHORT[program]})")
    return (
        "B-factors lower the scale: density that is smeared out does not reach as high, though no particle lacks it. "
        f"In full chains, residues with B-factors from {B_EDGES[0]} to {B_EDGES[1]} Å² and those from {B_EDGES[-2]} "
        f"to {B_EDGES[-1]} Å² read {'; '.join(lost)}."
    )


def _sampling_parts(results):
    if not results.sampling:
        return []
    rows = []
    for voxel_size in dict.fromkeys(r.voxel_size for r in results.sampling):
        groups = [where(results.sampling, voxel_size=voxel_size, program=p) for p in results.programs]
        scales = [f"{fmean(r.mean for r in where(g, true=0.6)):.2f}" for g in groups]
        errors = [f"{measure(g):.3f}" for measure in (mean_error, mean_divided_error) for g in groups]
        rows.append([f"{voxel_size:g} Å", *scales, *errors])
    names = [_SHORT[p] for p in results.programs]
    head = [f"{kind}: {name}" for kind in ("0.6 chains", "as is", "divided") for name in names]
    return [
        "## Voxel size",
        "The bundles at 6 Å with uniform B-factors and no noise, on grids of several voxel sizes. After the low-pass "
        "at 8 Å these maps are the same density. What differs is the kernel in voxels, tau, which follows from it, and "
        "the tiles, whose size is in voxels: at small voxels the full scale is read closer to the maximum of the map, "
        "and the scale is lower. The maps above differ in voxel size as well as in resolution. Compare scales of maps "
        "with equal voxels only. The first columns are the scale, as is, of the chains of occupancy 0.6.",
        table(["voxels", *head], rows),
    ]


def _chain_parts(results):
    chosen = where(results.readings, turn=results.ordered("turn")[0], **results.representative)
    label = ", ".join(_LABELS[k].format(v) for k, v in results.representative.items())
    for molecule in results.ordered("molecule"):
        programs = results.programs
        values = {(r.chain, r.program): (r, v) for r, v in divided(where(chosen, molecule=molecule))}
        rows = []
        for reading in sorted(where(chosen, molecule=molecule, program="ours"), key=lambda r: (-r.true, -r.residues)):
            found = [values[reading.chain, p] for p in programs]
            rows.append([
                reading.chain, str(reading.residues), f"{reading.true:g}",
                *(f"{r.mean:.2f} ± {r.spread:.2f} ({r.error:+.2f})" for r, _ in found),
                *(f"{v:.2f} ({v - r.true:+.2f})" for r, v in found),
            ])  # fmt: skip
        names = [_SHORT[p] for p in programs]
        head = ["chain", "residues", "known", *names, *(f"divided: {name}" for name in names)]
        yield f"{molecule}, {label}: mean ± spread (error)."
        yield table(head, rows)


def _condition_parts(results):
    for molecule in results.ordered("molecule"):
        rows = []
        for key, found in _by_condition(results).items():
            if key[0] == molecule:
                rows.append([f"{key[1]:g} Å", *key[2:], *_error_cells(results, found)])
        yield f"{molecule}:"
        yield table(["resolution", "B-factors", "noise", *_error_head(results)], rows)
