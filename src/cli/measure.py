"""occupy measure: the occupancy of regions, by mask, chain or residue."""

from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from ..engine.errors import OccuPyError
from ..engine.estimate import lowpassed
from ..engine.regions import BY, RegionTable, as_csv
from .arguments import add_map_subcommand
from .maps import sample, values_on_grid
from .models import read_atoms
from .outputs import check_absent, staged, write_json
from .report import note_lines
from .work import Batch, Done


def measure(
    maps, *, voxel_size=None, masks=(), atoms=(), by="chain", map=None, json_file=None, csv_file=None, overwrite=False
):
    """Tell the occupancy of regions in scale maps.

    Parameters
    ----------
    maps : list of str
        Files of scale maps, as `occupy estimate` writes.
    voxel_size : float, optional
        Å, instead of what the files say.
    masks : list of Path
        A region is where a mask is above the middle of its range.
    atoms : list of Path
        Atomic models; the scale is read at the centres of their atoms.
    by : {'chain', 'residue', 'model'}
        What the atoms are grouped by.
    map : Path, optional
        The density map that the scale was estimated from: see `RegionTable`.
    json_file, csv_file : Path, optional
        Files to save the table to. That of several maps has a column that names the map.
    overwrite : bool
        Replace these files where they exist.

    Returns
    -------
    int
        The exit status.
    """
    if not masks and not atoms:
        raise OccuPyError("there is nothing to measure; give --masks or --atoms")
    if json_file is not None and json_file == csv_file:
        raise OccuPyError(f"{json_file} cannot be both tables; give --json and --csv files of their own")
    saved = [(path, save) for path, save in ((json_file, _save_json), (csv_file, _save_csv)) if path is not None]
    for path, _ in saved:
        check_absent([path], overwrite)
    batch = Batch(maps)
    done = batch.run(partial(measure_one, voxel_size=voxel_size, masks=masks, atoms=atoms, by=by, map=map))
    rows = [{"map": source} | row if len(maps) > 1 else row for source, found in done for row in found.rows]
    for path, save in saved if rows else ():
        with staged([path], overwrite) as place:
            save(place(path), rows)
    return batch.status


def measure_one(source, _, *, voxel_size, masks, atoms, by, map):
    """Measure one map and return its rows and what to tell: from plain values, for a process of its own."""
    sampled = sample(source, voxel_size)
    density = None if map is None else _lowpassed(map, sampled, voxel_size)
    table = RegionTable(sampled.density, density)
    for path in masks:
        with _naming(path):
            table.add_mask(str(path), values_on_grid(path, sampled, voxel_size))
    notes = [note for path in atoms for note in _add_atoms(table, sampled, path, by)]
    rows = table.rows()
    return Done([f"{sampled.path}", *note_lines(notes), *_table_lines(rows)], rows)


def _lowpassed(path, sampled, voxel_size):
    """A density map low-passed as for an estimate."""
    with _naming(path):
        return lowpassed(values_on_grid(path, sampled, voxel_size), sampled.voxel_size)


def _add_atoms(table, sampled, path, by):
    """Add rows for the chains, residues or whole of a model; yields a note on atoms that are outside the map."""
    atoms = read_atoms(path)
    places = (atoms.positions[:, ::-1] - sampled.origin) / sampled.voxel_size
    with _naming(path):
        scales = table.add_atoms(places, atoms.labels[by])
    outside = np.count_nonzero(np.isnan(scales))
    if outside:
        yield f"{outside} of {len(scales)} atoms of {path} are outside the map and were left out."


@contextmanager
def _naming(path):
    """The name of a file before the sentence of an error, which may lack it."""
    try:
        yield
    except OccuPyError as error:
        raise OccuPyError(str(error) if str(path) in str(error) else f"{path}: {error}") from None


def _table_lines(rows):
    extra = [name for name in ("relative_density", "published") if any(name in row for row in rows)]
    head = f"  {'mean':>6} {'25 %':>6} {'median':>6} {'75 %':>6} {'count':>9}"
    yield head + "".join(f" {name.replace('_', ' '):>16}" for name in extra) + "  region"
    for row in rows:
        quartiles = f"{row['lower_quartile']:6.3f} {row['median']:6.3f} {row['upper_quartile']:6.3f}"
        others = "".join(f" {row[name]:16.3f}" if name in row else " " * 17 for name in extra)
        yield f"  {row['mean']:6.3f} {quartiles} {row['count']:9d}{others}  {row['region']}"


def _save_json(path, rows):
    write_json(path, rows)


def _save_csv(path, rows):
    path.write_text(as_csv(rows, ["map"]), encoding="utf-8", errors="backslashreplace", newline="")


def register(subcommands):
    summary = "tell the occupancy of regions in a scale map"
    parser = add_map_subcommand(subcommands, "measure", measure, summary)
    add = parser.add_argument
    add("--masks", nargs="+", type=Path, default=[], metavar="MASK", help="one region each: where it is above half")
    add("--atoms", nargs="+", type=Path, default=[], metavar="MODEL", help="PDB or mmCIF files; needs gemmi")
    add("--by", choices=BY, default="chain", help="what atoms are grouped by [default: chain]")
    density = "the density map: tells relative density and the published program's figure as well"
    add("--map", type=Path, metavar="MAP", help=density)
    add("--json", type=Path, metavar="FILE", dest="json_file", help="save the table as JSON; one table of all maps")
    add("--csv", type=Path, metavar="FILE", dest="csv_file", help="save it as comma-separated values")
    add("--overwrite", action="store_true", help="replace these files if they exist already")
