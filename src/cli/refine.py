"""occupy refine: occupancies of groups of atoms, fitted to maps, with standard errors."""

import argparse
from functools import partial
from pathlib import Path
from types import MappingProxyType

from ..engine.errors import OccuPyError
from ..engine.refinement.groups import BY, DEFAULT_SEGMENT
from ..engine.refinement.result import GroupOccupancy
from ..engine.refinement.unexplained import unexplained_density
from ..figures.flexibility import flexibility_figure, groups_in_figure
from ..figures.occupancies import occupancies_figure
from .arguments import add_map_subcommand, add_output, add_plot, add_running, add_tables, positive_integer
from .files import mapfile
from .files.atom_groups import AtomChoice, read_groups
from .files.models import WRITABLE
from .files.outputs import ReportFiles, draw
from .files.tables import Tables
from .masks import check_without_model
from .matrix import refine_maps, short_names
from .populations import add_populations, populations_of
from .refinement import (
    add_alternatives,
    add_half_maps,
    add_lowpass,
    add_reference,
    add_reference_maps,
    add_solvent,
    read_all,
    record,
    refiner_of,
    result_lines,
    title_of,
)
from .report import file_lines, label, printable
from .runs.work import Batch, Done
from .symmetry import add_symmetry, assembled, told_with_symmetry, with_copies

DESCRIPTION = """\
The model's own density is fitted to the map, group by group; nothing moves, and a neighbour's
density is not counted as one's own. Occupancies are relative to the reference, whose is 1. Map
and model must be in one place. What the model lacks is filled with beads made from the map, and
how much that is is told. ΔB is what the map adds to the B-factors of the model in each group, as
far as it tells: motion, beside what is missing. Water is left out unless --groups names it;
alternate locations share the occupancy of their group.
Several maps make one matrix, maps by groups, with a heat map in which alike ones are side by side;
--flexibility tells ΔB of these too."""

EPILOG = """\
examples:
  occupy refine map.mrc --atoms model.cif                 by chain; a figure and a record beside it
  occupy refine map.mrc --atoms model.cif --by segment    along each chain, 30 residues at a time
  occupy refine map.mrc --atoms model.cif --reference A B --json occupancies.json
  occupy refine map.mrc --atoms model.cif --write-model refined.cif --write-b
                                                          occupancies and B-factors in a copy of the model
  occupy refine map.mrc --atoms part.cif --unexplained    and a map of what the model lacks
  occupy refine map.mrc --atoms model.cif --groups head=//A/1-100 'heme=//*/(HEM)'
  occupy refine map.mrc --atoms apo.cif holo.cif --by model --alternatives apo.cif+holo.cif
                                                          of which a particle has one: they sum to 1 at most
  occupy refine class*.mrc --atoms model.cif              one matrix of all maps, with a heat map
  occupy refine class*.mrc --atoms model.cif --reference-maps class07.mrc --resume
                                                          what was read of the maps is used again
  occupy refine class*.mrc --atoms model.cif --particles run_data.star
                                                          and the share of all particles that have each chain
  occupy refine class*.mrc --masks block*.mrc             how much of what is in each mask is in each map

A selection is gemmi's, /model/chain/residues/atoms: //A is a chain, //A/1-100 residues of it,
'//*/(HEM)' a residue of that name in all chains, '//B/45/CB' an atom. A selection takes its
atoms from the chain, which keeps the rest."""

COLUMNS = tuple(GroupOccupancy.__dataclass_fields__)


def refine(
    maps,
    *,
    atoms=(),
    each_atoms=(),
    by="chain",
    segment=None,
    groups=(),
    write_model=(),
    write_b=False,
    reference_maps=(),
    unexplained=False,
    flexibility=False,
    plot=None,
    particles=None,
    classes=None,
    populations=None,
    masks=(),
    **keywords,
):
    """Refine the occupancies of groups of atoms against a map, or against several for a matrix.

    Parameters
    ----------
    maps : list of str
        Files and EMDB entries.
    atoms : list of Path
        Atomic models, in their place in the maps. Water is left out.
    each_atoms : list of Path
        In place of `atoms`, a model for each of the maps.
    by : {'chain', 'residue', 'model', 'segment'}
        What the atoms are grouped by.
    segment : int, optional
        Residues in a segment.
    groups : list of tuple (str, str)
        Name and gemmi's selection of groups of their own, apart from the others.
    write_model : list of Path
        Files to write the models to with the occupancies in one map, one for each.
    write_b : bool
        Write the B-factors too: those of the models and ΔB.
    reference_maps : list of str
        Maps that are known to be complete: each group is relative to itself in these.
    unexplained : bool
        Write what the model does not explain of one map.
    flexibility : bool
        Tell ΔB in each of several maps; of one map it always is.
    plot : Path, optional
        File of a figure of occupancy against flexibility in one map.
    particles, classes, populations
        Of several maps: see `populations_of`.
    masks : list of Path
        Of several maps: columns beside the groups of atoms, of which there may then be none.
    **keywords
        Those of `refine_map` or, for several maps, of `matrix.refine_maps`.

    Returns
    -------
    int
        The exit status.
    """
    of_particles = {"particles": particles, "classes": classes, "populations": populations}
    classified = maps
    maps = list(dict.fromkeys([*maps, *reference_maps])) if reference_maps else maps
    if masks and not (atoms or each_atoms):
        check_without_model({"by": by != "chain", "segment": segment, "groups": groups} | keywords)
    choices = _choices(maps, atoms, each_atoms, by, segment, groups, masks)
    _check_written(write_model, write_b, atoms, maps)
    if write_b and "symmetry" in keywords:
        raise OccuPyError("--write-b writes the ΔB of each chain; expected no --symmetry with it, which makes copies")
    if len(maps) == 1:
        _check_one(of_particles | {"masks": masks or None})
        made = {"written": write_model, "unexplained": unexplained, "plot": plot}
        return refine_map(maps[0], choices[0], made, write_b, **keywords)
    _check_several(maps, {"half-maps": "half_maps" in keywords, "unexplained": unexplained, "plot": plot})
    told = populations_of(classified, short_names(classified), **of_particles)
    keywords |= {"flexibility": flexibility, "populations": told, "of_particles": of_particles, "masks": masks}
    return refine_maps(maps, choices, reference_maps, **keywords)


def refine_map(
    source,
    choice,
    made=MappingProxyType({}),
    write_b=False,
    *,
    output_dir=None,
    overwrite=False,
    voxel_size=None,
    json_file=None,
    csv_file=None,
    running=None,
    **settings,
):
    """Refine the occupancies of groups of atoms against one map.

    Parameters
    ----------
    source : str
        A file or an EMDB entry.
    choice : AtomChoice
    made : dict
        Keywords of `files_of`.
    write_b
        As for `refine`.
    output_dir, overwrite
        See `RunFiles`.
    voxel_size : float, optional
        Å, instead of what the file says.
    json_file, csv_file : Path, optional
        Files to save the table to.
    running : Running, optional
        How the run goes.
    **settings
        lowpass, reference, half_maps (paths), solvent and alternatives, as the engine's `refine` has them;
        symmetry (str).

    Returns
    -------
    int
        The exit status.
    """
    tables = Tables(json_file, csv_file, overwrite, COLUMNS)
    files = partial(files_of, output_dir=output_dir, overwrite=overwrite, **made)
    batch = Batch([source], files, running)
    tables.check_apart(batch)
    read_groups(choice)  # what is wrong with the models is told before anything is done
    settings = with_copies(settings, [choice])
    done = batch.run(partial(refine_one, voxel_size=voxel_size, choice=choice, settings=settings, write_b=write_b))
    tables.write(done, False)
    return batch.status


def files_of(source, *, written=(), unexplained=False, plot=None, output_dir=None, overwrite=False):
    """The files that are made of a map: figure, record; models, what they do not explain and a plot where wanted."""
    return ReportFiles(source, "refined", output_dir, overwrite, written, unexplained, plot)


def refine_one(source, files, *, voxel_size, choice, settings, write_b=False):
    """Refine against one map, write its files and return what to tell: from plain values, for a process of its own."""
    sampled, chosen, given = read_all(source, choice, voxel_size, settings)
    with told_with_symmetry(sampled, given):
        refiner = refiner_of(choice, sampled, given)
        found = refiner.refine(sampled.density, reference=given.get("reference"), half_maps=given.get("half_maps"))
    box = sampled.density.shape, sampled.voxel_size, tuple(sampled.origin)
    groups, copies = assembled(choice, *box, given.get("symmetry"))
    rows = [row.as_dict() for row in found.rows]
    with files.staged() as place:
        files.write_figure(place, partial(_figure, sampled, choice, chosen.along_chains(rows, copies)))
        files.write_record(place, record(sampled.path, choice, found, settings))
        if files.plot:
            title = f"Occupancy and flexibility in {printable(mapfile.map_name(sampled.path))}"
            draw(flexibility_figure(*groups_in_figure(rows), title=title), place(files.plot))
        if files.unexplained:
            _write_unexplained(files, place, sampled, groups, found)
        if files.others:
            chosen.write_models([place(path) for path in files.others], found.all_rows, write_b)
            if copies:
                files.notes.append("The model that was written has the means over copies.")
    lines = [*result_lines(source, sampled, chosen, found), *file_lines(files)]
    return Done(lines, [row.as_dict() for row in found.all_rows])


def _write_unexplained(files, place, sampled, groups, found):
    """The map of what the model does not explain, or a flat one with a note."""
    origin = tuple(sampled.origin)[::-1]
    density = unexplained_density(sampled.density, sampled.voxel_size, groups, found, origin=origin)
    mapfile.write(place(files.unexplained), density, sampled, label("what the model does not explain"))
    if not found.unexplained > 0:
        files.notes.append(f"The model explains the density in this map: {files.unexplained.name} is flat.")


def _choices(maps, atoms, each_atoms, by, segment, groups, masks):
    """The groups of each map."""
    if masks and each_atoms:
        raise OccuPyError("--masks are of one box; expected --atoms beside them, or no model, not --each-atoms")
    if bool(atoms) == bool(each_atoms) and not masks:
        raise OccuPyError("expected either --atoms, models for all maps, or --each-atoms, a model for each of them")
    if not each_atoms:
        return [_checked_choice(atoms, by, segment, groups)] * len(maps)
    if len(each_atoms) != len(maps):
        raise OccuPyError(f"--each-atoms has {len(each_atoms)} models for {len(maps)} maps; expected one for each")
    return [_checked_choice([path], by, segment, groups) for path in each_atoms]


def _check_several(maps, of_one_map):
    for source in _repeated(maps):
        raise OccuPyError(f"the map {source} is given twice; expected each map once")
    for option in (name for name, given in of_one_map.items() if given):
        raise OccuPyError(f"--{option} is for one map; expected one map with it, not {len(maps)}")


def _check_one(of_several_maps):
    for option in (name for name, given in of_several_maps.items() if given is not None):
        raise OccuPyError(f"--{option} is for several maps, of which one is given; expected more with it")


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


def _check_written(paths, write_b, models, maps):
    """Raise `OccuPyError` where models cannot be written to these files."""
    if not paths:
        if write_b:
            raise OccuPyError("--write-b is of the models that are written; expected --write-model with it")
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
    return occupancies_figure(rows, by, title_of(sampled))


def _named_selection(text):
    """A converter for argparse."""
    name, equals, selection = (part.strip() for part in text.partition("="))
    if not (name and equals and selection):
        raise argparse.ArgumentTypeError(f"it is {text}, but must be a name and a selection, such as head=//A/1-100")
    return name, selection


def register(subcommands):
    summary = "tell the occupancy of chains or other groups of atoms in a map, with standard errors"
    parser = add_map_subcommand(subcommands, "refine", refine, summary)
    parser.description, parser.epilog = f"{summary[0].upper()}{summary[1:]}.\n\n{DESCRIPTION}", EPILOG
    add_output(parser)
    add_running(parser)
    add_tables(parser)
    written = "write each model, PDB or mmCIF by the file's ending, with the occupancies, from 0 to 1, in its atoms"
    parser.add_argument("--write-model", nargs="+", type=Path, default=[], metavar="FILE", help=written)
    b_factors = "with --write-model, write the B-factors too: those of the model and ΔB, none below 0"
    parser.add_argument("--write-b", action="store_true", help=b_factors)
    add_plot(parser, "the occupancies against the flexibilities of the groups")
    lacking = "write the part of the map that the model does not explain, MAP_unexplained.mrc"
    parser.add_argument("--unexplained", action="store_true", help=lacking)
    _add_atoms(parser.add_argument_group("atoms").add_argument)
    section = parser.add_argument_group("refinement")
    for add_option in (
        add_reference, add_reference_maps, add_alternatives, add_symmetry, add_lowpass, add_half_maps, add_solvent,
    ):  # fmt: skip
        add_option(section)
    moving = "tell ΔB in each of several maps, which takes several times as long; in one map it always is told"
    section.add_argument("--flexibility", action="store_true", help=moving)
    add_populations(parser.add_argument_group("particles of several maps"))


def _add_atoms(add):
    model = {"nargs": "+", "type": Path, "metavar": "MODEL", "default": []}
    add("--atoms", help="PDB or mmCIF files, in place in the map; the same for all maps", **model)
    add("--each-atoms", help="instead, a model for each map, in their order; groups of one name are one", **model)
    mask = "masks from 0 to 1 of regions of several maps: columns of their matrix, beside atoms or without any"
    add("--masks", nargs="+", type=Path, metavar="MASK", default=[], help=mask)
    add("--by", choices=BY, default="chain", help="what atoms are grouped by [default: chain]")
    segment = f"residues in a segment, with --by segment [default: {DEFAULT_SEGMENT}]"
    add("--segment", type=positive_integer, metavar="N", help=segment)
    groups = "groups of their own by gemmi's selections, such as head=//A/1-100 'heme=//*/(HEM)'; all else by --by"
    add("--groups", nargs="+", type=_named_selection, default=[], metavar="NAME=SELECTION", help=groups)
