"""What is written of equalised maps held against full, noise-free ones."""

from dataclasses import dataclass

from ..simulation import ice
from . import parts
from .results import ordered, where
from .tables import table

WHOLE, SIGNAL, DEFAULT, TRUE_SCALE = WAYS = ("whole map, S", "signal, S", "default", "signal, true scale")
LARGEST_FALL, LEAST_GAIN, SOLVENT_CHANGE = 0.005, 0.03, 0.05


@dataclass(frozen=True)
class Reading:
    """What one way of equalising did to one map.

    Attributes
    ----------
    molecule, dealt : str
    condition : ice.Condition
    way : str
        One of WAYS.
    weakest_before, weakest_change : float
        Correlation of the weakest chain with the full, noise-free map, and its change.
    worst_change, worst_occupancy : float
        Change of the chain that lost most or gained least, and its occupancy.
    specks_before, specks_after : float
        Share of voxels above half of full scale beyond 6 Å of the molecule.
    solvent_ratio : float
        Standard deviation there, after over before.
    full_amplitude : float
        Amplitude of full chains over what multiplying the map by the same scale makes of it.
    """

    molecule: str
    dealt: str
    condition: ice.Condition
    way: str
    weakest_before: float
    weakest_change: float
    worst_change: float
    worst_occupancy: float
    specks_before: float
    specks_after: float
    solvent_ratio: float
    full_amplitude: float


_INTRODUCTION = """\
# Validation of equalised maps, in ice

How close maps equalised with default settings come to full, noise-free ones. This part is written by
`benchmarks/accuracy/equalize.py`, from {maps} maps simulated as above, with mixed B-factors (Python {python}, NumPy
{numpy}, SciPy {scipy}). Each chain's voxels, within 3 Å of its atoms, are correlated with those of the map of the same
molecule with all occupancies 1 and no noise, filtered alike.

*{whole}* multiplies the map by the scale in mode occupancy, as the published method does; *{signal}*
amplifies the signal alone by the same scale; *{default}* does so in mode calibrated; *{true}* takes the true
occupancies as `scaleMap`; all with `solventModel auto`. *Weakest* is the change in correlation of the weakest chain,
*worst* that of the chain that lost most or gained least; *specks* are the voxels above half of full scale beyond 6 Å
of the molecule, in percent; *solvent* is its standard deviation there over what it was, which in maps with hardly any
noise is that of ripples and tails of the molecule's own density. Of the two maps of a row the worse is told. The
parameters were set on one map of each molecule in most of these conditions, so that nothing here was kept aside.
"""


def write(path, results):
    """Write the part of the document on equalised maps.

    Parameters
    ----------
    path : Path
    results : Results
    """
    parts.put(path, "equalised", document(results))


def document(results):
    """The part of the document on equalised maps, as Markdown."""
    readings = results.readings
    ways = {"whole": WHOLE, "signal": SIGNAL, "default": DEFAULT, "true": TRUE_SCALE}
    versions = {name.lower(): version for name, version in results.versions.items()}
    sections = [
        _INTRODUCTION.format(maps=len(where(readings, way=WHOLE)), **ways, **versions),
        *(f"Missing: {problem}.\n" for problem in results.problems),
    ]
    for dealt in ordered(readings, "dealt"):
        chosen = where(readings, dealt=dealt)
        sections += [f"## Occupancies equalised: {dealt}\n", _summary(chosen)]
        for molecule in ordered(chosen, "molecule"):
            sections += [f"### {molecule}, {dealt}, equalised\n", _table(where(chosen, molecule=molecule))]
    return "\n".join(sections)


def _summary(readings):
    rows = [
        _row("maps in which a chain falls by more than 0.005", readings, lambda r: r.worst_change < -LARGEST_FALL),
        _row("largest fall of a chain", readings, None, lambda some: f"{min(r.worst_change for r in some):+.3f}"),
        _row("weakest chain, mean change, noise 0.1", readings, None, lambda some: _mean_change(some, 0.1)),
        _row("weakest chain, mean change, noise 0.3", readings, None, lambda some: _mean_change(some, 0.3)),
        _row("maps of noise 0.1 and 0.3 in which it gains 0.03", _noisy(readings), _gains),
        _row("maps with more specks", readings, lambda r: r.specks_after > r.specks_before),
        _row("most specks more, in percent of the solvent", readings, None, _most_specks),
        _row("maps whose solvent changes by more than 5 %", readings, _changes_solvent),
        _row("the same, noise 0.1 and 0.3", _noisy(readings), _changes_solvent),
        _row("least amplitude of full chains, by multiplication 1", readings, None, _least_amplitude),
    ]  # fmt: skip
    return table(["", *WAYS], rows) + "\n"


def _row(label, readings, counted, told=None):
    cells = []
    for way in WAYS:
        some = where(readings, way=way)
        cells.append(told(some) if told else f"{sum(map(counted, some))} of {len(some)}")
    return [label, *cells]


def _noisy(readings):
    return [reading for reading in readings if reading.condition.noise >= 0.1]


def _changes_solvent(reading):
    return abs(reading.solvent_ratio - 1) > SOLVENT_CHANGE


def _least_amplitude(readings):
    return f"{min(reading.full_amplitude for reading in readings):.3f}"


def _gains(reading):
    return reading.weakest_change >= LEAST_GAIN


def _mean_change(readings, noise):
    changes = [reading.weakest_change for reading in readings if reading.condition.noise == noise]
    return f"{sum(changes) / len(changes):+.3f}" if changes else "–"


def _most_specks(readings):
    return f"{100 * max(reading.specks_after - reading.specks_before for reading in readings):.3f}"


def _table(readings):
    titles = [
        "map",
        "weakest before",
        "weakest: whole, signal, default, true scale",
        "worst: whole, signal, default, true scale",
        "specks: before, whole, signal, default",
        "solvent: whole, signal, default",
    ]
    rows = []
    for condition in ordered(readings, "condition"):
        ways = [where(readings, condition=condition, way=way) for way in WAYS]
        before = min(r.weakest_before for r in ways[0])
        weakest = ", ".join(f"{min(r.weakest_change for r in some):+.3f}" for some in ways)
        worst = ", ".join(f"{min(r.worst_change for r in some):+.3f}" for some in ways)
        specks = [max(r.specks_before for r in ways[0]), *(max(r.specks_after for r in some) for some in ways[:3])]
        solvent = ", ".join(f"{max((r.solvent_ratio for r in some), key=_from_one):.2f}" for some in ways[:3])
        shares = ", ".join(f"{100 * share:.2f}" for share in specks)
        rows.append([str(condition), f"{before:.3f}", weakest, worst, shares, solvent])
    return table(titles, rows) + "\n"


def _from_one(ratio):
    return abs(ratio - 1)
