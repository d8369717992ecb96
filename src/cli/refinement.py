"""What a refinement of occupancies takes and tells, for occupy refine and for estimates that a model guides."""

import argparse
from functools import lru_cache
from math import isfinite
from pathlib import Path

from ..engine.refinement.refine import Refiner
from .arguments import positive_number
from .files import mapfile
from .files.atom_groups import read_groups
from .files.maps import on_grid, sample
from .report import note_lines, printable, program_record, warning_lines
from .symmetry import assembled

_MOST_NAMES = 8


def read_all(source, choice, voxel_size, settings):
    """What a refinement is of.

    Parameters
    ----------
    source : str
        The map, a file or an EMDB entry.
    choice : AtomChoice
    voxel_size : float or None
        Å, instead of what the files say.
    settings : dict
        With maps as paths.

    Returns
    -------
    sampled : MapFile
    chosen : AtomGroups
    settings : dict
        With maps as arrays, on the grid of the map.
    """
    sampled = sample(source, voxel_size)
    return sampled, read_groups(choice), on_grid(settings, sampled, voxel_size)


def title_of(sampled):
    """The title of a figure of occupancies in a map."""
    return f"Occupancies in {printable(mapfile.map_name(sampled.path))}"


def refiner_of(choice, sampled, settings):
    """The refiner of the groups in maps of one box, made once for all of them.

    Parameters
    ----------
    choice : AtomChoice
    sampled : MapFile
    settings : dict
        Of which lowpass, solvent, alternatives and symmetry count here.
    """
    of_box = {name: settings[name] for name in ("lowpass", "solvent", "symmetry") if name in settings}
    of_box["alternatives"] = tuple(map(tuple, settings.get("alternatives", ())))
    return _refiner(choice, sampled.density.shape, sampled.voxel_size, tuple(sampled.origin), **of_box)


@lru_cache(maxsize=1)
def _refiner(choice, shape, voxel_size, origin, *, symmetry=None, **settings):
    groups, copies = assembled(choice, shape, voxel_size, origin, symmetry)
    return Refiner(shape, voxel_size, groups, origin=origin[::-1], copies=copies, **settings)


def record(path, choice, found, settings):
    """What is needed to repeat the refinement, and what it found."""
    atoms = {"models": choice.paths, "by": choice.by, "segment": choice.segment, "groups": dict(choice.selections)}
    return program_record(path) | {"atoms": atoms, "settings": settings, "refinement": found.as_dict()}


def result_lines(source, sampled, chosen, found):
    """What was found in a map: the fit, the table, warnings and notes.

    Parameters
    ----------
    source : str
        The map as the user named it.
    sampled : MapFile
    chosen : AtomGroups
    found : Refinement
    """
    notes = [*chosen.notes]
    if sampled.is_ours:
        notes.append("This map was made by OccuPy; occupancies in such a map mean little.")
    remarks = [*warning_lines(found.warnings), *note_lines(notes)]
    return [f"{source}", _fit_line(found), *_table_lines(found.all_rows), *remarks]


def _fit_line(found):
    names = ", ".join(found.reference[:_MOST_NAMES])
    more = len(found.reference) - _MOST_NAMES
    others = f" and {more} others" if more > 0 else ""
    fit = f"correlation {found.correlation:.2f} with the model at {found.lowpass:.3g} Å"
    if isfinite(found.b_shift_lowpass):
        fit += f", ΔB up to {found.b_shift_lowpass:.2g} Å"
    return f"  fit       {fit}; reference {names}{others}"


def _table_lines(rows):
    yield f"  {'occupancy':>15} {'ΔB in Å²':>11} {'atoms':>7} {'correlation':>11}  group"
    for row in rows:
        occupancy = f"{row.occupancy:6.3f} ± {row.standard_error:.3f}" if isfinite(row.occupancy) else ""
        b_shift = f"{row.b_shift:5.0f} ± {row.b_shift_error:.0f}" if isfinite(row.b_shift) else ""
        correlation = f"{row.correlation:.2f}" if isfinite(row.correlation) else ""
        notes = f"  ({'; '.join(row.notes)})" if row.notes else ""
        yield f"  {occupancy:>15} {b_shift:>11} {row.atoms:7d} {correlation:>11}  {row.group}{notes}"


def add_reference(section):
    """Add the option for groups that are known to be full."""
    text = "groups that are known to be full [default: the strongest that agree with each other]"
    section.add_argument("--reference", nargs="+", metavar="NAME", default=argparse.SUPPRESS, help=text)


def add_reference_maps(section):
    """Add the option for maps that are known to be complete."""
    text = "maps that are known to be complete, among the maps or not: each group is relative to itself in these"
    section.add_argument("--reference-maps", nargs="+", metavar="MAP", default=[], help=text)


def add_alternatives(section):
    """Add the option for groups of which a particle has one at most."""
    text = (
        "groups of which a particle has one only, such as conformers: their occupancies sum to 1 at most, and none is "
        "the reference by default"
    )
    given = {"nargs": "+", "action": "extend", "type": _alternatives, "default": argparse.SUPPRESS}
    section.add_argument("--alternatives", metavar="NAME+NAME", help=text, **given)


def _alternatives(text):
    """A converter for argparse."""
    names = tuple(name.strip() for name in text.split("+"))
    if len(names) < 2 or not all(names):
        raise argparse.ArgumentTypeError(f"it is {text}, but must be two names of groups or more, such as A+B")
    return names


def add_solvent(section):
    """Add the option to leave the displaced ice out."""
    text = "count scattering above vacuum, not above the ice that atoms displace"
    section.add_argument("--no-solvent", action="store_false", dest="solvent", default=argparse.SUPPRESS, help=text)


def add_lowpass(section):
    """Add the option for the resolution of the refinement."""
    text = "resolution to which the map is used [default: 8 Å, or 2.1 voxels where that is more]"
    section.add_argument("--lowpass", type=positive_number, metavar="Å", default=argparse.SUPPRESS, help=text)


def add_half_maps(section):
    """Add the option for half maps."""
    given = {"metavar": ("MAP", "MAP"), "default": argparse.SUPPRESS}
    section.add_argument("--half-maps", nargs=2, type=Path, help="half maps, which tell the noise", **given)
