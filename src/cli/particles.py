"""occupy particles: the particles whose maps have some groups and not others, in a file like that of all."""

from pathlib import Path

import numpy as np

from ..engine.ensemble.subsets import ABOVE, Wanted, chosen_maps, names_in
from ..engine.matrix.sets import listed
from ..particles.files import check_target, read_particles, write_particles
from ..particles.matrices import read_matrix
from ..particles.subset import subset_of
from .arguments import add_subcommand, positive_integer, positive_number
from .files.staging import recover, staged
from .matrix import short_names
from .populations import MOST_ROWS, add_particles
from .report import tell

DESCRIPTION = """\
A map has a group where its occupancy is --above or more, and has it not where it is 1 less that or
less. The particles of the maps that have and have not what is asked for are written as they are in
their file: a star file keeps its optics groups, columns and every digit, a .cs file its columns; or
a .txt file of their places in the file, from 0, one a line. Pickles are neither read nor written.
What share of them is expected to be wrong is told, from the occupancies and their errors."""

EPILOG = """\
examples:
  occupy refine class*.mrc --atoms model.cif --particles run_data.star
                                              tells the share of all particles that have each chain
  occupy particles occupancy_matrix.json --particles run_data.star --with A --without B,C -o subset.star
  occupy particles occupancy_matrix.json --particles J23_particles.cs --with A --above 0.9 -o subset.cs
  occupy particles occupancy_matrix.json --particles run_data.star --set 3 -o set3.star

A group whose name has commas is given by itself: --with 'heads, both' A"""


def particles(
    matrix,
    *,
    particles,
    output,
    classes=None,
    having=(),
    lacking=(),
    above=ABOVE,
    maps=(),
    set_number=None,
    overwrite=False,
):
    """Write the particles of some maps of a matrix.

    Parameters
    ----------
    matrix : Path
        JSON of a matrix, as `occupy refine` writes it of several maps, here or in ChimeraX.
    particles : Path
        The file of all particles.
    output : Path
        Of the same kind, or .txt.
    classes : list of int or of str, optional
        The class of each map.
    having, lacking : list of str
        Names of groups, one or several with commas between them each.
    above : float
        Occupancy from which a map has a group.
    maps : list of str
        Only these maps.
    set_number : int, optional
        Only those of this set.
    overwrite : bool
        Replace the output where it exists.

    Returns
    -------
    int
        The exit status.
    """
    check_target(particles, output)
    recover([[output]])
    read = read_matrix(matrix)
    names = short_names(read.maps)
    wanted = Wanted(names_in(having, read.groups), names_in(lacking, read.groups), above)
    chosen = chosen_maps(read, names, wanted, maps, set_number)
    with staged([output], overwrite) as place:
        found = read_particles(particles)
        subset = subset_of(found, read, names, chosen, wanted, classes)
        write_particles(found, subset.keep, output, place(output))
    tell([*subset_lines(subset, names, wanted), f"  wrote     {output}"])
    return 0


def subset_lines(subset, names, wanted):
    """Tables of what was written: maps and their particles, and how many of these are expected to be wrong."""
    yield f"{len(subset.maps)} of {len(names)} maps{f', {wanted.in_words()}' if subset.wrong is not None else ''}"
    yield f"  {'class':>8} {'particles':>10}  map"
    rows = list(zip(subset.maps, subset.classes, subset.counts, strict=True))
    for i, number, count in rows[:MOST_ROWS]:
        yield f"  {number!s:>8} {count:10d}  {names[i]}"
    if len(rows) > MOST_ROWS:
        yield f"  and {len(rows) - MOST_ROWS} more maps"
    if subset.left_out:
        yield f"  note      without particles, and left out: {listed([names[i] for i in subset.left_out])}"
    count, total = np.count_nonzero(subset.keep), len(subset.keep)
    yield f"  particles {count} of {total}, {count / total:.1%}"
    if subset.wrong is not None:
        yield f"  wrong     {subset.wrong:.1%} of them, as expected from the occupancies and their errors"


def register(subcommands):
    summary = "write the particles whose maps have some groups and not others"
    parser = add_subcommand(subcommands, "particles", particles, summary)
    parser.description += f"\n\n{DESCRIPTION}"
    parser.epilog = EPILOG
    add = parser.add_argument
    add("matrix", type=Path, metavar="MATRIX", help="the .json file that occupy refine wrote of several maps")
    add_particles(parser, required=True)
    groups = {"nargs": "+", "default": [], "metavar": "GROUP"}
    add("--with", dest="having", help="groups that the particles have, as A or A,B", **groups)
    add("--without", dest="lacking", help="groups that they have not", **groups)
    level = f"occupancy from which a map has a group; up to 1 less that it has it not [default: {ABOVE}]"
    add("--above", type=positive_number, default=ABOVE, metavar="X", help=level)
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--maps", nargs="+", default=[], metavar="NAME", help="only maps of these names")
    number = "only maps of the set of this number, as occupy refine tells them"
    chosen.add_argument("--set", type=positive_integer, dest="set_number", metavar="N", help=number)
    add("-o", "--output", type=Path, required=True, metavar="FILE", help="where to write them")
    add("--overwrite", action="store_true", help="replace this file if it exists already")
