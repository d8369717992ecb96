"""occupy measure: the occupancy of regions, by mask, chain or residue."""

from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from ..engine.errors import OccuPyError
from ..engine.scale.estimate import lowpassed
from ..engine.scale.regions import BY, RegionTable
from ..figures.flexibility import flexibility_figure, regions_in_figure
from ..figures.palette import KEY_TITLE
from .arguments import add_map_subcommand, add_plot, add_running, add_tables
from .files.mapfile import map_name
from .files.maps import file_of, sample, values_on_grid
from .files.models import AtomicModel
from .files.outputs import draw
from .files.places import check_absent
from .files.staging import recover, staged
from .files.tables import Tables
from .report import note_lines, printable, tell
from .runs.work import Batch, Done


def measure(
    maps,
    *,
    voxel_size=None,
    masks=(),
    atoms=(),
    by="chain",
    map=None,
    flexibility_map=None,
    json_file=None,
    csv_file=None,
    plot=None,
    output_dir=None,
    overwrite=False,
    running=None,
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
    flexibility_map : Path, optional
        A flexibility map, as `occupy estimate --flexibility` writes: regions are told theirs as well.
    json_file, csv_file : Path, optional
        Files to save the table to. That of several maps has a column that names the map.
    plot : Path, optional
        File of a figure of the scale against the flexibility, of one map.
    output_dir : Path, optional
        Where the summary of several maps is; None for no summary.
    overwrite : bool
        Replace these files where they exist.
    running : Running, optional
        How the run goes.

    Returns
    -------
    int
        The exit status.
    """
    if not masks and not atoms:
        raise OccuPyError("there is nothing to measure; give --masks or --atoms")
    if plot is not None:
        _check_plot(plot, maps, flexibility_map, [json_file, csv_file], overwrite)
    tables = Tables(json_file, csv_file, overwrite)
    batch = Batch(maps, running=running, summarized=output_dir is not None)
    others = {"map": map, "flexibility_map": flexibility_map}
    done = batch.run(partial(measure_one, voxel_size=voxel_size, masks=masks, atoms=atoms, by=by, **others))
    tables.write(done, len(maps) > 1)
    if plot is not None and done:
        _write_plot(plot, overwrite, *done[0])
    return batch.status


def _check_plot(path, maps, flexibility_map, tables, overwrite):
    """Raise `OccuPyError` where no plot can be made, or be written to this file."""
    if flexibility_map is None:
        raise OccuPyError("--plot is of scale against flexibility; expected --flexibility-map with it")
    if len(maps) > 1:
        raise OccuPyError(f"--plot is of one map; expected one map with it, not {len(maps)}")
    if path in tables:
        raise OccuPyError(f"{path} cannot be both a table and a plot; give --plot a file of its own")
    recover([[path]])
    check_absent([path], overwrite)


def _write_plot(path, overwrite, source, found):
    """The figure of the scale of regions against their flexibility."""
    title = f"Scale and flexibility in {printable(map_name(file_of(source)))}"
    with staged([path], overwrite) as place:
        draw(flexibility_figure(*regions_in_figure(found.rows), title=title, label=KEY_TITLE), place(path))
    tell([f"  wrote     {path}"])


def measure_one(source, _, *, voxel_size, masks, atoms, by, map, flexibility_map=None):
    """Measure one map and return its rows and what to tell: from plain values, for a process of its own."""
    sampled = sample(source, voxel_size)
    density = None if map is None else _lowpassed(map, sampled, voxel_size)
    flexibility = None if flexibility_map is None else _flexibility(flexibility_map, sampled, voxel_size)
    table = RegionTable(sampled.density, density, flexibility)
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


def _flexibility(path, sampled, voxel_size):
    """A flexibility map, which has to be on the grid of the scale map: what is no value cannot be interpolated."""
    other = sample(str(path), voxel_size)
    if other.density.shape != sampled.density.shape:
        raise OccuPyError(
            f"{path} has shape {other.density.shape}, but the scale map has {sampled.density.shape}; expected the "
            "flexibility map that was made with it"
        )
    return other.density


def _add_atoms(table, sampled, path, by):
    """Add rows for the chains, residues or whole of a model; yields a note on atoms that are outside the map."""
    model = AtomicModel(path)
    places = (model.positions[:, ::-1] - sampled.origin) / sampled.voxel_size
    names = np.array([_name(model, chain, residue, by) for chain, residue in model.residues], object)
    with _naming(path):
        scales = table.add_atoms(places, names[model.of_residue])
    outside = np.count_nonzero(np.isnan(scales))
    if outside:
        yield f"{outside} of {len(scales)} atoms of {path} are outside the map and were left out."


def _name(model, chain, residue, by):
    """What the group of a residue is called."""
    if by == "model":
        return model.path.name
    return f"/{chain}" if by == "chain" else f"/{chain}:{residue.seqid} {residue.name}"


@contextmanager
def _naming(path):
    """The name of a file before the sentence of an error, which may lack it."""
    try:
        yield
    except OccuPyError as error:
        raise OccuPyError(str(error) if str(path) in str(error) else f"{path}: {error}") from None


def _table_lines(rows):
    extra = [name for name in ("relative_density", "published") if any(name in row for row in rows)]
    if any("flexibility" in row for row in rows):
        extra.append("flexibility")
    head = f"  {'mean':>6} {'25 %':>6} {'median':>6} {'75 %':>6} {'count':>9}"
    yield head + "".join(f" {name.replace('_', ' '):>16}" for name in extra) + "  region"
    for row in rows:
        quartiles = f"{row['lower_quartile']:6.3f} {row['median']:6.3f} {row['upper_quartile']:6.3f}"
        others = "".join(" " * 17 if row.get(name) is None else f" {row[name]:16.3f}" for name in extra)
        yield f"  {row['mean']:6.3f} {quartiles} {row['count']:9d}{others}  {row['region']}"


def register(subcommands):
    summary = "tell the occupancy of regions in a scale map"
    parser = add_map_subcommand(subcommands, "measure", measure, summary)
    add = parser.add_argument
    add("--masks", nargs="+", type=Path, default=[], metavar="MASK", help="one region each: where it is above half")
    add("--atoms", nargs="+", type=Path, default=[], metavar="MODEL", help="PDB or mmCIF files; needs gemmi")
    add("--by", choices=BY, default="chain", help="what atoms are grouped by [default: chain]")
    density = "the density map: tells relative density and the published program's figure as well"
    add("--map", type=Path, metavar="MAP", help=density)
    flexibility = "the flexibility map that was made with the scale map: tells that of each region as well, in Å²"
    add("--flexibility-map", type=Path, metavar="MAP", help=flexibility)
    add_tables(parser)
    add_plot(parser, "the scale against the flexibility, with --flexibility-map")
    summary = "where to write a summary of several maps [default: none is written]"
    add("--output-dir", type=Path, metavar="DIR", help=summary)
    add("--overwrite", action="store_true", help="replace these files if they exist already")
    add_running(parser)
