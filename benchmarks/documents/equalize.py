"""What is written of equalised maps, held against full, noise-free ones by their isosurfaces."""

from dataclasses import dataclass
from textwrap import fill

import numpy as np
from chimerax.occupy import __version__

from ..simulation import vacuum
from . import figures, parts
from .equalize_readings import group_means, group_names
from .results import Results, ordered, where
from .tables import listed, marked, origin, table, versions_text

STRONG = 0.5
"""Solvent is strong above this share of full scale."""

READ_BEFORE, READ_AFTER = 0.3, 0.9
"""Chains that read the first in the map as it is should read the second in one that is equalised."""


@dataclass(frozen=True, eq=False)
class EqualizeResults(Results):
    """All that goes into the part.

    Attributes
    ----------
    surface : float
        Share of full scale at which the surface of the full map lies.
    ways : dict of str to str
        What each way is, by its name; the first leaves maps as they are.
    slow : list of str
        Names of ways that were tried on a part of the maps.
    """

    surface: float
    ways: dict
    slow: list


_INTRODUCTION = """\
# Validation of equalised maps, in ice

How well one contour level shows all of a molecule, parts of which are weaker than others, before and after equalising
(OccuPy for ChimeraX {version}).
{origin}

{maps} maps are simulated as above, with mixed B-factors. Each is held against the full map: of the same molecule with
all occupancies 1 and without noise, filtered alike. Its surface lies at {share:g} of the 99.9th percentile of its
density above solvent; that of another map is taken at the level at which it agrees best with this one.

- *Dice*: twice the volume that both surfaces enclose, over the sum of what each encloses.
- *Shown*: share of a chain's volume, of what is nearest to it in the full surface, that the other encloses too.
- *Specks*: volume that it encloses beyond 5 Å of any atom.
- *Read anew*: mean scale at the atoms of a chain in an estimate, with default settings, of what was made of the map.
- *Equal*: how many of the weak chains that read {before:g} or more in the map as it is then read {after:g} or more.
- *Amplitude*: of full chains, the slope on the full map within 3 Å of their atoms.
- *Solvent*: its standard deviation over that amplitude, relative to the same of the map as it is; with hardly any noise
  it is that of ripples and tails of the molecule's own density. Solvent is what is beyond 5 Å of any atom.
- *Strong solvent*: the volume of solvent that is above half of full scale, of that percentile times the amplitude.

These ways are compared, {slow}:

{ways}

Both local filters were written for this comparison, after what is published; they are not the programs named, and what
they are set to was chosen on the bundles and RNA with protein at 3 Å, noise 0.1, and 4 Å, noise 0.3. They take for
noise what the median of the box has, and so find none where a mask has left no solvent. The settings of `equalize` were
chosen on maps of these molecules too, so that nothing here was kept aside. Values are means over the maps, or over all
chains of one occupancy in them. **Bold**: a lower Dice, or more specks, than of the map as it is."""

_FIGURE = """![Share shown and scale read anew]({figure})

*Shown* and *read anew* of chains by occupancy, where these are dealt evenly; grey: read where all is equal."""


def write(path, results):
    """Write the part of the document on equalised maps, and its figure.

    Parameters
    ----------
    path : Path
    results : EqualizeResults
    """
    figures.draw_equalized(where(results.readings, dealt=vacuum.EVENLY), path)
    parts.put(path, "equalised", document(results))


def document(results):
    """The part of the document on equalised maps, as Markdown."""
    readings = results.readings
    introduction = _INTRODUCTION.format(
        version=__version__,
        origin=origin("equalize", versions_text(results.versions), *results.problems),
        maps=len(where(readings, way=_first(readings))),
        share=results.surface,
        before=READ_BEFORE,
        after=READ_AFTER,
        slow=f"{listed(results.slow)} where occupancies are dealt evenly only" if results.slow else "all on all maps",
        ways="\n".join(fill(f"- *{way}*: {what}.", 120, subsequent_indent="  ") for way, what in results.ways.items()),
    )
    sections = [introduction, _FIGURE.format(figure=figures.EQUALIZED)]
    for dealt in ordered(readings, "dealt"):
        sections += [f"## Surfaces: {dealt}", *_sections(where(readings, dealt=dealt))]
    return "\n\n".join(sections)


def _first(readings):
    """The way that leaves a map as it is."""
    return readings[0].way


def _sections(readings):
    dealt = readings[0].dealt
    for noise in sorted({r.condition.noise for r in readings}):
        chosen = [r for r in readings if r.condition.noise == noise]
        maps = len(where(chosen, way=_first(readings)))
        yield f"### Noise {noise:g}, {dealt}: {maps} maps"
        yield _summary(chosen)
    yield f"### Dice of each map, {dealt}"
    yield _by_map(readings, lambda reading, before: marked(f"{reading.dice:.3f}", reading.dice < before.dice))
    yield f"### Shown of each map, {dealt}"
    yield f"Of chains, in percent: {listed(group_names(dealt))}."
    yield _by_map(readings, lambda reading, _: _joined(reading, "shown"))
    yield f"### Specks of each map, {dealt}"
    yield "In Å³."
    yield _by_map(readings, lambda reading, before: marked(f"{reading.specks:.0f}", reading.specks > before.specks))


def _joined(reading, field):
    return ", ".join(f"{100 * value:.0f}" for value in group_means([reading], field))


def _summary(readings):
    """A row for each way: means over these maps."""
    names = ", ".join(group_names(readings[0].dealt))
    titles = ["", "Dice", f"shown: {names}", "specks, Å³", f"read anew: {names}", "equal"]
    titles += ["amplitude", "solvent", "strong solvent, Å³"]
    before = where(readings, way=_first(readings))
    rows = [_row(way, where(readings, way=way), before) for way in ordered(readings, "way")]
    return table(titles, rows)


def _row(way, readings, before):
    dice, specks = _mean(readings, "dice"), _mean(readings, "specks")
    shown, after = (", ".join(f"{mean:.2f}" for mean in group_means(readings, f)) for f in ("shown", "after"))
    return [
        way,
        marked(f"{dice:.3f}", dice < _mean(before, "dice")),
        shown,
        marked(f"{specks:.0f}", specks > _mean(before, "specks")),
        after,
        _equal(readings),
        *(f"{_mean(readings, field):.2f}" for field in ("amplitude", "solvent")),
        f"{_mean(readings, 'strong_solvent'):.0f}",
    ]


def _mean(readings, field):
    return float(np.mean([getattr(reading, field) for reading in readings]))


def _equal(readings):
    """How many of the weak chains that read enough before are equal then."""
    after = np.concatenate([r.after[(r.occupancies < 1) & (r.before >= READ_BEFORE)] for r in readings])
    return f"{np.count_nonzero(after >= READ_AFTER)} of {len(after)}"


def _by_map(readings, cell):
    """A row for each map, a column for each way; cells from a reading and that of the map as it is."""
    ways = ordered(readings, "way")
    rows = []
    for molecule in ordered(readings, "molecule"):
        for condition in ordered(readings, "condition"):
            of_map = where(readings, molecule=molecule, condition=condition)
            rows.append([molecule, str(condition), *(cell(reading, of_map[0]) for reading in of_map)])
    return table(["molecule", "condition", *ways], rows)
