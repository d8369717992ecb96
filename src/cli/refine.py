"""occupy refine: occupancies of groups of atoms, fitted to maps, with standard errors."""

import argparse
from functools import partial
from pathlib import Path

from .. import plots
from ..engine.errors import OccuPyError
from ..engine.groups import BY, DEFAULT_SEGMENT
from ..engine.refine import GroupOccupancy
from . import mapfile
from .arguments import add_map_subcommand, add_output, add_running, add_tables
from .atom_groups import AtomChoice, read_groups
from .maps import on_grid, sample
from .models import WRITABLE
from .outputs import ReportFiles
from .refinement import add_half_maps, add_lowpass, add_reference, add_solvent, record, refiner_of, result_lines
from .report import file_lines, printable
from .tables import Tables
from .work import Batch, Done

DESCRIPTION = """\
The model's own density is fitted to the map, group by group; nothing moves, and a neighbour's
density is not counted as one's own. Occupancies are relative to the reference, whose is 1. Map
and model must be in one place, and the model's chains whole: what it lacks cannot be told. Water
is left out unless --groups names it; alternate locations share the occupancy of their group."""

EPILOG = """\
examples:
  occupy refine map.mrc --atoms model.cif                 by chain; a figure and a record beside it
  occupy refine map.mrc --atoms model.cif --by segment    along each chain, 30 residues at a time
  occupy refine map.mrc --atoms model.cif --reference A B --json occupancies.json
  occupy refine map.mrc --atoms model.cif --write-model refined.cif
  occupy refine map.mrc --atoms model.cif --groups head=//A/1-100 'heme=//*/(HEM)'
  occupy refine class*.mrc --atoms model.cif --csv occupancies.csv

A selection is gemmi's, /model/chain/residues/atoms: //A is a chain, //A/1-100 residues of it,
'//*/(HEM)' a residue of that name in all chains, '//B/45/CB' an atom. A selection takes its
atoms from the chain, which keeps the rest."""

COLUMNS = tuple(GroupOccupancy.__dataclass_fields__)


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
    running=None,
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
    running : Running, optional
        How the run goes.
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
    batch = Batch(maps, partial(files_of, written=write_model, output_dir=output_dir, overwrite=overwrite), running)
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
    refiner = refiner_of(choice, sampled, given)
    found = refiner.refine(sampled.density, reference=given.get("reference"), half_maps=given.get("half_maps"))
    rows = [row.as_dict() for row in found.rows]
    with files.staged() as place:
        files.write_figure(place, partial(_figure, sampled, choice, chosen.along_chains(rows)))
        files.write_record(place, record(sampled.path, choice, found, settings))
        if files.others:
            chosen.write_models(
                [place(path) for path in files.others], {row.group: row.occupancy for row in found.rows}
            )
    return Done([*result_lines(source, sampled, chosen, found), *file_lines(files)], rows)


def _checked_choice(atoms, by, segment, groups):
    if segment is not None and by != "segment":
        raise OccuPyError("--segment is the length of segments; expected --by segment with it")
    for path in _repeated(atoms):
        raise OccuPyError(f"the model {path} is given twice; expected each model once")
    for name in _repeated([name for name, _ in groups]):
        raise OccuPyError(f"two groups are called {name}; expected a name of its own for each")
    return AtomChoice(tuple(atoms), by, segment or DEFAULT_SEGMENT, tuple(groups))


def _repeated(values):
    return [value for value in values if values.count(value) > 1]


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


def _figure(sampled, choice, rows):
    by = "groups" if choice.selections else choice.by
    return plots.occupancies_figure(rows, by, f"Occupancies in {printable(mapfile.map_name(sampled.path))}")


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
    parser.description, parser.epilog = f"{summary[0].upper()}{summary[1:]}.\n\n{DESCRIPTION}", EPILOG
    add_output(parser)
    add_running(parser)
    add_tables(parser)
    written = "write each model, PDB or mmCIF by the file's ending, with the occupancies, from 0 to 1, in its atoms"
    parser.add_argument("--write-model", nargs="+", type=Path, default=[], metavar="FILE", help=written)
    _add_atoms(parser.add_argument_group("atoms").add_argument)
    section = parser.add_argument_group("refinement")
    for add_option in (add_reference, add_lowpass, add_half_maps, add_solvent):
        add_option(section)


def _add_atoms(add):
    add("--atoms", nargs="+", type=Path, required=True, metavar="MODEL", help="PDB or mmCIF files, in place in the map")
    add("--by", choices=BY, default="chain", help="what atoms are grouped by [default: chain]")
    segment = f"residues in a segment, with --by segment [default: {DEFAULT_SEGMENT}]"
    add("--segment", type=_positive_integer, metavar="N", help=segment)
    groups = "groups of their own by gemmi's selections, such as head=//A/1-100 'heme=//*/(HEM)'; all else by --by"
    add("--groups", nargs="+", type=_named_selection, default=[], metavar="NAME=SELECTION", help=groups)
