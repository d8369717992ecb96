"""occupy refine: occupancies of groups of atoms, fitted to maps, with standard errors."""

import argparse
from functools import lru_cache, partial
from math import isfinite
from pathlib import Path

from .. import plots
from ..engine.errors import OccuPyError
from ..engine.groups import BY, DEFAULT_SEGMENT
from ..engine.refine import GroupOccupancy, Refiner
from . import mapfile
from .arguments import add_map_subcommand, add_output, add_tables, positive_number
from .atom_groups import AtomChoice, read_groups
from .maps import on_grid, sample
from .models import WRITABLE
from .outputs import ReportFiles
from .report import file_lines, note_lines, printable, program_record, warning_lines
from .tables import Tables
from .work import Batch, Done

COLUMNS = tuple(GroupOccupancy.__dataclass_fields__)
_MOST_NAMES = 8


def refine(
    maps,
    *,
    atoms,
    by="chain",
    segment=None,
    groups=(),
    write_model=(),
    output_dir=None,
    overwrite=False,
    voxel_size=None,
    json_file=None,
    csv_file=None,
    **settings,
):
    """Refine the occupancies of groups of atoms against maps.

    Parameters
    ----------
    maps : list of str
        Files and EMDB entries.
    atoms : list of Path
        Atomic models, in their place in the maps. Water is left out.
    by : {'chain', 'residue', 'model', 'segment'}
        What the atoms are grouped by.
    segment : int, optional
        Residues in a segment.
    groups : list of tuple (str, str)
        Name and gemmi's selection of groups of their own, apart from the others.
    write_model : list of Path
        Files to write the models to with the occupancies, one for each.
    output_dir, overwrite
        See `RunFiles`.
    voxel_size : float, optional
        Å, instead of what the files say.
    json_file, csv_file : Path, optional
        Files to save the table to. That of several maps has a column that names the map.
    **settings
        lowpass, reference, half_maps (paths) and solvent, as the engine's `refine` has them.

    Returns
    -------
    int
        The exit status.
    """
    choice = _checked_choice(atoms, by, segment, groups)
    _check_written(write_model, atoms, maps)
    tables = Tables(json_file, csv_file, overwrite, COLUMNS)
    batch = Batch(maps, partial(files_of, written=write_model, output_dir=output_dir, overwrite=overwrite))
    tables.check_apart(batch)
    read_groups(choice)  # what is wrong with the models is told once, not for every map
    done = batch.run(partial(refine_one, voxel_size=voxel_size, choice=choice, settings=settings))
    tables.write(done, len(maps) > 1)
    return batch.status


def files_of(source, *, written=(), output_dir=None, overwrite=False):
    """The files that are made of a map: figure, record, and models where these are wanted."""
    return ReportFiles(source, "refined", output_dir, overwrite, written)


def refine_one(source, files, *, voxel_size, choice, settings):
    """Refine against one map, write its files and return what to tell: from plain values, for a process of its own."""
    sampled = sample(source, voxel_size)
    chosen = read_groups(choice)
    given = on_grid(settings, sampled, voxel_size)
    refiner = _refiner(choice, sampled.density.shape, sampled.voxel_size, tuple(sampled.origin), **_of_box(given))
    found = refiner.refine(sampled.density, reference=given.get("reference"), half_maps=given.get("half_maps"))
    rows = [row.as_dict() for row in found.rows]
    with files.staged() as place:
        files.write_figure(place, _figure(sampled, choice, chosen.along_chains(rows)))
        files.write_record(place, _record(sampled.path, choice, found, settings))
        if files.others:
            chosen.write_models(
                [place(path) for path in files.others], {row.group: row.occupancy for row in found.rows}
            )
    notes = [*chosen.notes]
    if sampled.is_ours:
        notes.append("This map was made by OccuPy; occupancies in such a map mean little.")
    remarks = [*warning_lines(found.warnings), *note_lines(notes)]
    return Done([f"{source}", _fit_line(found), *_table_lines(found.rows), *remarks, *file_lines(files)], rows)


def _checked_choice(atoms, by, segment, groups):
    if segment is not None and by != "segment":
        raise OccuPyError("--segment is the length of segments; expected --by segment with it")
    names = [name for name, _ in groups]
    for name in names:
        if names.count(name) > 1:
            raise OccuPyError(f"two groups are called {name}; expected a name of its own for each")
    return AtomChoice(tuple(atoms), by, segment or DEFAULT_SEGMENT, tuple(groups))


def _check_written(paths, models, maps):
    """Raise `OccuPyError` where models cannot be written to these files."""
    if not paths:
        return
    if len(paths) != len(models):
        raise OccuPyError(f"--write-model has {len(paths)} files for {len(models)} models; expected one for each")
    if len(maps) > 1:
        raise OccuPyError(f"--write-model writes the occupancies in one map; expected one map, not {len(maps)}")
    for path in paths:
        if path.suffix.lower() not in WRITABLE:
            raise OccuPyError(f"{path} is no name for a model; expected one that ends with {', '.join(WRITABLE)}")


@lru_cache(maxsize=1)
def _refiner(choice, shape, voxel_size, origin, **settings):
    """The refiner of maps of one box, made once for all of them."""
    return Refiner(shape, voxel_size, read_groups(choice).groups, origin=origin[::-1], **settings)


def _of_box(settings):
    return {name: settings[name] for name in ("lowpass", "solvent") if name in settings}


def _figure(sampled, choice, rows):
    by = "groups" if choice.selections else choice.by
    return plots.occupancies_figure(rows, by, f"Occupancies in {printable(mapfile.map_name(sampled.path))}")


def _record(path, choice, found, settings):
    """What is needed to repeat the refinement, and what it found."""
    atoms = {"models": choice.paths, "by": choice.by, "segment": choice.segment, "groups": dict(choice.selections)}
    return program_record(path) | {"atoms": atoms, "settings": settings, "refinement": found.as_dict()}


def _fit_line(found):
    names = ", ".join(found.reference[:_MOST_NAMES])
    more = len(found.reference) - _MOST_NAMES
    reference = f"{names} and {more} others" if more > 0 else names
    return f"  fit       correlation {found.correlation:.2f} with the model at {found.lowpass:.3g} Å; 1 is {reference}"


def _table_lines(rows):
    yield f"  {'occupancy':>15} {'atoms':>7} {'correlation':>11}  group"
    for row in rows:
        occupancy = f"{row.occupancy:6.3f} ± {row.standard_error:.3f}" if isfinite(row.occupancy) else ""
        correlation = f"{row.correlation:.2f}" if isfinite(row.correlation) else ""
        notes = f"  ({'; '.join(row.notes)})" if row.notes else ""
        yield f"  {occupancy:>15} {row.atoms:7d} {correlation:>11}  {row.group}{notes}"


def _named_selection(text):
    """A converter for argparse."""
    name, equals, selection = (part.strip() for part in text.partition("="))
    if not (name and equals and selection):
        raise argparse.ArgumentTypeError(f"it is {text}, but must be a name and a selection, such as head=//A/1-100")
    return name, selection


def _positive_integer(text):
    """A converter for argparse."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"it is {text}, but must be a whole number above 0")
    return int(text)


def register(subcommands):
    summary = "tell the occupancy of chains or other groups of atoms in a map, with standard errors"
    parser = add_map_subcommand(subcommands, "refine", refine, summary)
    add_output(parser)
    add_tables(parser)
    written = "write each model, PDB or mmCIF by the file's ending, with the occupancies, from 0 to 1, in its atoms"
    parser.add_argument("--write-model", nargs="+", type=Path, default=[], metavar="FILE", help=written)
    _add_atoms(parser.add_argument_group("atoms").add_argument)
    _add_settings(parser.add_argument_group("refinement").add_argument)


def _add_atoms(add):
    add("--atoms", nargs="+", type=Path, required=True, metavar="MODEL", help="PDB or mmCIF files, in place in the map")
    add("--by", choices=BY, default="chain", help="what atoms are grouped by [default: chain]")
    segment = f"residues in a segment, with --by segment [default: {DEFAULT_SEGMENT}]"
    add("--segment", type=_positive_integer, metavar="N", help=segment)
    groups = "groups of their own by gemmi's selections, such as head=//A/1-100 'heme=//*/(HEM)'; all else by --by"
    add("--groups", nargs="+", type=_named_selection, default=[], metavar="NAME=SELECTION", help=groups)


def _add_settings(add):
    given = {"default": argparse.SUPPRESS}
    reference = "groups that are known to be full [default: the strongest that hold a tenth of the scattering]"
    add("--reference", nargs="+", metavar="NAME", help=reference, **given)
    lowpass = "resolution to which the map is used [default: 8 Å, or 2.1 voxels where that is more]"
    add("--lowpass", type=positive_number, metavar="Å", help=lowpass, **given)
    half_maps = "half maps, which tell the noise"
    add("--half-maps", nargs=2, type=Path, metavar=("MAP", "MAP"), help=half_maps, **given)
    add(
        "--no-solvent",
        action="store_false",
        dest="solvent",
        help="count scattering above vacuum, not above ice",
        **given,
    )
