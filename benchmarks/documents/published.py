"""The errors of both programs as a Markdown document with figures."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean

import matplotlib
import numpy as np
from chimerax.occupy import __version__
from matplotlib import pyplot as plt
from matplotlib.lines import Line2D

from . import parts

matplotlib.use("Agg")

OURS, PUBLISHED = "OccuPy for ChimeraX", "OccuPy 0.1.13"
BBSOME, BUNDLES = "BBSome", "bundles"
PROGRAMS = {"ours": OURS, "published": PUBLISHED, "published_tile": f"{PUBLISHED}, tiles of 12"}
DENSITY = "density"
_SHORT = {"ours": "this", "published": "0.1.13", "published_tile": "0.1.13, tile 12"}
_COLORS = {"ours": "#0072B2", "published": "#D55E00"}
_MARKERS = {BBSOME: "o", BUNDLES: "^"}
_SAME = 0.005
_B_EDGES = np.arange(30, 151, 20)
_DPI = 110
_LABELS = {"molecule": "{}", "resolution": "{:g} Å", "b_factors": "{} B-factors", "noise": "noise {}"}
_CONDITION = tuple(_LABELS)


@dataclass(frozen=True, eq=False)
class Reading:
    """What one program finds in one chain of one map.

    Attributes
    ----------
    molecule : str
    turn : int
        Which way the occupancies were dealt to the chains.
    resolution, voxel_size : float
        Å.
    b_factors, noise : str
    program : str
        A key of PROGRAMS; or DENSITY, for the low-passed density over the full scale in
        place of the scale.
    noise_sigma : float
        Standard deviation of the noise over the full scale, as this package finds them.
    chain : str
    residues : int
    true : float
        The known occupancy.
    mean, spread : float
        Of the scale at the chain's atoms: mean and standard deviation.
    at_full : float
        Share of the atoms whose scale is 1.
    residue_scales, residue_b_factors : array of float
        Mean scale at the atoms, and B-factor, of each residue.
    """

    molecule: str
    turn: int
    resolution: float
    voxel_size: float
    b_factors: str
    noise: str
    program: str
    noise_sigma: float
    chain: str
    residues: int
    true: float
    mean: float
    spread: float
    at_full: float
    residue_scales: np.ndarray
    residue_b_factors: np.ndarray

    @property
    def error(self):
        """Of the scale as it is."""
        return self.mean - self.true

    @property
    def map_key(self):
        """What tells the map and the program from all others."""
        return self.molecule, self.turn, self.resolution, self.voxel_size, self.b_factors, self.noise, self.program


@dataclass(frozen=True, eq=False)
class Results:
    """All that goes into the document.

    Attributes
    ----------
    readings, sampling : list of Reading
        Of the maps that differ in condition, and of those that differ in voxel size.
    representative : dict
        Fields of the condition whose chains are listed.
    noises : dict
        Of each noise level's name its standard deviation over the mean density.
    versions : dict
        For each program that ran, the versions in its environment.
    problems : list of str
        What is missing, in sentences.
    """

    readings: list
    sampling: list
    representative: dict
    noises: dict
    versions: dict
    problems: list

    @property
    def programs(self):
        """Those that ran, in the order of PROGRAMS."""
        ran = {r.program for r in self.readings}
        return [p for p in PROGRAMS if p in ran]

    def ordered(self, field):
        """Values of a field, in the order in which they were measured."""
        return list(dict.fromkeys(getattr(r, field) for r in self.readings))


def where(readings, **fields):
    """The readings whose fields have these values."""
    return [r for r in readings if all(getattr(r, k) == v for k, v in fields.items())]


def mean_error(readings):
    """Mean absolute error of the scale as it is."""
    return fmean(abs(r.error) for r in readings)


def divided(readings):
    """Each reading with its scale divided by that of the full chains of the same map and program.

    Returns
    -------
    list of tuple (Reading, float)
    """
    full = {}
    for reading in readings:
        if reading.true == 1:
            full.setdefault(reading.map_key, []).append(reading.mean)
    return [(r, r.mean / fmean(full[r.map_key])) for r in readings]


def mean_divided_error(readings):
    """Mean absolute error after division, over the chains that are not the reference."""
    return fmean(abs(value - r.true) for r, value in divided(readings) if r.true < 1)


def write(path, results):
    """Write the document, and its figures into `images` beside it.

    Parameters
    ----------
    path : Path
    results : Results
    """
    images = path.parent / "images"
    images.mkdir(parents=True, exist_ok=True)
    _draw_occupancies(results, images / "validation_occupancy.png")
    _draw_b_factors(results, images / "validation_b_factors.png")
    parts.put(path, "vacuum", document(results))


def document(results):
    """The whole document as Markdown."""
    parts = [
        "# Validation of the scale, in vacuum",
        "The maps of this part hold no ice around the molecules and no hydrogens, which flatters every method: "
        "see above "
        "for maps in ice.",
        _introduction(results),
        "## Maps",
        _maps_text(results),
        _noise_table(results),
        "## In short",
        _summary(results),
        _marginal_table(results),
        "![Estimated against known occupancy, one column for each resolution](images/validation_occupancy.png)",
        f"*Each mark is a chain of a map with {_figure_noise(results)} noise. Top: the scale as it is. Bottom: divided "
        "by the mean of the full chains of its map. The gray bars are the known occupancies.*",
        "## Low and high occupancies",
        _occupancy_text(),
        _occupancy_table(results),
        "## The density itself",
        _density_text(),
        _density_table(results),
        "## B-factors",
        _b_factor_text(results),
        "![Scale of residues against their B-factor](images/validation_b_factors.png)",
        "*Mean scale of the residues in ranges of 20 Å², in maps with mixed B-factors and noise "
        f"{results.ordered('noise')[0]}. One line for each known occupancy, which the dotted lines mark.*",
        *_sampling_parts(results),
        "## Chain by chain",
        *_chain_parts(results),
        "## Every condition",
        *_condition_parts(results),
    ]
    return "\n\n".join(parts) + "\n"


def _introduction(results):
    text = (
        "Estimates in mode occupancy, with default settings, of maps made with known occupancies: by this package, "
        f"{OURS} {__version__} (*this*){_beside(results)}. This part is written by "
        "`benchmarks/accuracy/published.py`; to make it again:\n\n"
        "```\npip install . gemmi matplotlib mrcfile tqdm\npython -m benchmarks.accuracy.published\n```\n\n"
        f"- Date: {datetime.now(UTC):%Y-%m-%d}\n"
    )
    versions = {p: _listed(f"{name} {v}" for name, v in found.items()) for p, found in results.versions.items()}
    lines = [f"- {PROGRAMS[p]}: {found}" for p, found in versions.items()]
    return text + "\n".join(lines + [f"- {problem}" for problem in results.problems])


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
    return _table(["noise", "σ over mean density of full chains", "σ over full scale, as found"], rows)


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
        f"- The full chains read {_listed(figures)} on average. The full scale is set by the strongest place of the "
        "map, while a chain's mean counts its weaker places and its surface too. A lower full scale raises the mean, "
        "but puts more atoms at 1, where the scale ends, so that full chains stand out less after division."
    )
    return "\n".join(lines)


def _overall(results, measure, name):
    figures = [f"{_SHORT[p]} {measure(where(results.readings, program=p)):.3f}" for p in results.programs]
    return f"Mean absolute error over all maps, {name}: {_listed(figures)}."


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
    by_noise = _listed(f"{count} with noise {noise}" for noise, count in counts.items())
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
    return _table(["maps", *_error_head(results)], rows)


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
    return _table(["known", *(f"{_SHORT[p]}: {n}" for p, n in columns)], rows)


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
    return _table(["maps", *programs], rows)


def _b_factor_text(results):
    lost = []
    for program in results.programs:
        lowest, *_, highest = _scale_by_b(_b_factor_readings(results, program), 1.0)
        lost.append(f"{lowest:.2f} and {highest:.2f}, {100 * (1 - highest / lowest):.0f} % less ({_SHORT[program]})")
    return (
        "B-factors lower the scale: density that is smeared out does not reach as high, though no particle lacks it. "
        f"In full chains, residues with B-factors from {_B_EDGES[0]} to {_B_EDGES[1]} Å² and those from {_B_EDGES[-2]} "
        f"to {_B_EDGES[-1]} Å² read {'; '.join(lost)}."
    )


def _b_factor_readings(results, program):
    """Of maps with mixed B-factors, without noise where there are any."""
    return where(results.readings, program=program, b_factors="mixed", noise=results.ordered("noise")[0])


def _scale_by_b(readings, true):
    """Mean scale of residues of chains of this occupancy in each range of B-factors."""
    chosen = where(readings, true=true)
    b = np.concatenate([r.residue_b_factors for r in chosen])
    scales = np.concatenate([r.residue_scales for r in chosen])
    index = np.clip(np.digitize(b, _B_EDGES) - 1, 0, len(_B_EDGES) - 2)
    return [float(scales[index == i].mean()) for i in range(len(_B_EDGES) - 1)]


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
        _table(["voxels", *head], rows),
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
        yield _table(head, rows)


def _condition_parts(results):
    for molecule in results.ordered("molecule"):
        rows = []
        for key, found in _by_condition(results).items():
            if key[0] == molecule:
                rows.append([f"{key[1]:g} Å", *key[2:], *_error_cells(results, found)])
        yield f"{molecule}:"
        yield _table(["resolution", "B-factors", "noise", *_error_head(results)], rows)


def _figure_noise(results):
    noises = results.ordered("noise")
    return results.representative["noise"] if results.representative["noise"] in noises else noises[0]


def _draw_occupancies(results, path):
    resolutions = results.ordered("resolution")
    figure, axes = plt.subplots(
        2, len(resolutions), figsize=(3.2 * len(resolutions) + 0.6, 6.6), sharex=True, sharey=True, squeeze=False
    )
    for column, resolution in zip(axes.T, resolutions, strict=True):
        chosen = where(results.readings, resolution=resolution, noise=_figure_noise(results))
        _draw_marks(column, chosen)
        column[0].set_title(f"{resolution:g} Å")
        column[1].set_xlabel("known occupancy")
    axes[0, 0].set_ylabel("scale as is")
    axes[1, 0].set_ylabel("divided by full chains")
    programs, molecules = [p for p in results.programs if p in _COLORS], results.ordered("molecule")
    handles = [Line2D([], [], ls="", marker="s", color=_COLORS[p], label=PROGRAMS[p]) for p in programs]
    handles += [Line2D([], [], ls="", marker=_MARKERS[m], mfc="none", mec="0.3", label=m) for m in molecules]
    figure.legend(handles=handles, loc="lower center", ncols=2 if len(resolutions) < 2 else 4, frameon=False)
    figure.tight_layout(rect=(0, 0.09 if len(resolutions) < 2 else 0.05, 1, 1))
    _save(figure, path)


def _draw_marks(column, readings):
    """Marks of both programs, side by side, as is and divided."""
    for axes in column:
        for known in sorted({r.true for r in readings}):
            axes.plot([known - 0.06, known + 0.06], [known] * 2, color="0.7", lw=2, zorder=0)
        axes.set(xlim=(0.1, 1.1), ylim=(0.1, 1.1), xticks=(0.2, 0.4, 0.6, 0.8, 1), yticks=(0.2, 0.4, 0.6, 0.8, 1))
        axes.set_aspect("equal")
    shifts = {"ours": -0.025, "published": 0.025}
    for reading, value in divided([r for r in readings if r.program in shifts]):
        style = {"marker": _MARKERS[reading.molecule], "ms": 4.5, "mfc": "none", "mec": _COLORS[reading.program]}
        for axes, height in zip(column, (reading.mean, value), strict=True):
            axes.plot(reading.true + shifts[reading.program], height, ls="", alpha=0.8, **style)


def _draw_b_factors(results, path):
    programs = [p for p in results.programs if p in _COLORS]
    figure, axes = plt.subplots(
        1, len(programs), figsize=(4 * len(programs) + 0.8, 3.9), sharex=True, sharey=True, squeeze=False
    )
    centres = (_B_EDGES[1:] + _B_EDGES[:-1]) / 2
    for panel, program in zip(axes[0], programs, strict=True):
        readings = _b_factor_readings(results, program)
        for true in sorted(results.ordered("true")):
            panel.axhline(true, color="0.7", lw=1, ls=":")
            panel.plot(centres, _scale_by_b(readings, true), marker="o", ms=4, color=_COLORS[program])
            panel.annotate(f"{true:g}", (151, true), va="center", fontsize=8, color="0.4", annotation_clip=False)
        panel.set(title=PROGRAMS[program], xlabel="B-factor (Å²)", xlim=(_B_EDGES[0], _B_EDGES[-1]), ylim=(0, 1.05))
        panel.set_xticks(_B_EDGES)
    axes[0, 0].set_ylabel("mean scale of residues")
    figure.tight_layout(w_pad=2.5)
    _save(figure, path)


def _save(figure, path):
    figure.savefig(path, dpi=_DPI)
    plt.close(figure)


def _listed(texts):
    *first, last = texts
    return f"{', '.join(first)} and {last}" if first else last


def _table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
