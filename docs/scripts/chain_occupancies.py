"""A table of the occupancies of the chains of an atomic model in several maps, all on one scale.

In ChimeraX, with OccuPy installed:

    runscript chain_occupancies.py MAPS ATOMS TABLE [--full CHAIN]

MAPS     open density maps, not scale maps, such as #1-4; after class_averages.py #1-4.1, when "tile off #1-4" has
         put them back in place
ATOMS    atoms of one open model, such as #5 or "#5 & protein"
TABLE    a file such as chains.csv that does not exist yet: a row for each chain, a column for each map
CHAIN    a chain that is fully occupied in every map, such as A

The model has to lie in the maps, and the maps on each other: align them first, for example with fitmap.

Each value is the mean scale at the atoms of a chain. With --full it is the mean low-passed density there relative
to that of the full chain in the same map, which follows occupancy more closely. A cell is empty where a chain is
outside the map. Nothing is left open, and nothing in the session changes. Without a window:

    chimerax --nogui --exit --cmd "open a.mrc; open b.mrc; open model.cif; runscript chain_occupancies.py #1,2 #3 TABLE"
"""

import csv
import sys
from argparse import ArgumentParser
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from chimerax.atomic import AtomsArg
from chimerax.core.commands import AnnotationError, run
from chimerax.core.errors import UserError
from chimerax.map.mapargs import MapsArg


class Arguments(ArgumentParser):
    """Tells what is wrong with the arguments as ChimeraX tells errors."""

    def error(self, message):
        raise UserError(f"{message}; usage: {self.usage}")


def parsed(arguments):
    parser = Arguments(usage="chain_occupancies.py MAPS ATOMS TABLE [--full CHAIN]", add_help=False)
    parser.add_argument("maps", metavar="MAPS")
    parser.add_argument("atoms", metavar="ATOMS")
    parser.add_argument("table", metavar="TABLE", type=lambda text: Path(text).expanduser().absolute())
    parser.add_argument("--full", metavar="CHAIN")
    return parser.parse_args(arguments)


def named(session, kind, text):
    """What an argument such as #1 names, by ChimeraX's rules; None where it names nothing."""
    try:
        found, _, rest = kind.parse(text, session)
    except AnnotationError:
        return None
    return None if rest else found


def checked_maps(session, text):
    volumes = named(session, MapsArg, text)
    if not volumes:
        raise UserError(f"MAPS is {text}, but must name open density maps, such as #1-4")
    return volumes


def check_atoms(session, text, full):
    atoms = named(session, AtomsArg, text)
    if atoms is None or len(atoms.unique_structures) != 1:
        raise UserError(f"ATOMS is {text}, but must name atoms of one open model, such as #5")
    chains = atoms.residues.unique_chain_ids
    if full is not None and full not in chains:
        raise UserError(f"CHAIN is {full}, but must be one of {', '.join(chains)}")


@contextmanager
def appearing_whole(path):
    """A place to write what appears at `path` when it is complete; on an error nothing appears."""
    if path.exists():
        raise UserError(f"{path} exists already; give another name, or remove it first")
    if not path.parent.is_dir():
        raise UserError(f"There is no folder {path.parent} to write to")
    with TemporaryDirectory(prefix=".", dir=path.parent) as folder:
        part = Path(folder) / path.name
        yield part
        part.rename(path)


def spec(models):
    return "".join(model.atomspec for model in models)


def measure(session, volumes, atoms):
    """What `occupy measure` tells of the chains in each map: a list of dict of rows by chain."""
    made = run(session, f"occupy estimate {spec(volumes)} commonScale true color false")
    scale_maps = made if isinstance(made, list) else [made]
    try:
        return [
            {
                row["region"].rpartition("/")[2]: row
                for row in run(
                    session,
                    f"occupy measure {spec([scale_map])} atoms {atoms} by chain map {spec([volume])} attribute false",
                )
            }
            for volume, scale_map in zip(volumes, scale_maps, strict=True)
        ]
    finally:
        session.models.close(scale_maps)


def values_of(volume, chains, full):
    """The value of each chain of one map that goes into the table."""
    if full is None:
        return {name: row["mean"] for name, row in chains.items()}
    if full not in chains:
        raise UserError(f"Chain {full} lies outside {volume.name}, so nothing there can be compared with it")
    reference = chains[full]["relative_density"]
    return {name: row["relative_density"] / reference for name, row in chains.items()}


def write_table(path, volumes, columns):
    names = list(dict.fromkeys(name for column in columns for name in column))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["chain", *(f"{volume.name} #{volume.id_string}" for volume in volumes)])
        for name in names:
            writer.writerow([name, *(f"{column[name]:.3f}" if name in column else "" for column in columns)])


def main(session, arguments):
    given = parsed(arguments)
    volumes = checked_maps(session, given.maps)
    check_atoms(session, given.atoms, given.full)
    with appearing_whole(given.table) as path:
        found = measure(session, volumes, given.atoms)
        columns = [values_of(*each, given.full) for each in zip(volumes, found, strict=True)]
        write_table(path, volumes, columns)
    session.logger.info(f"Wrote {given.table}")


try:
    # `open chain_occupancies.py` gives no arguments: what is in sys.argv then is ChimeraX's own.
    main(session, sys.argv[1:] if sys.argv[0] == __file__ else [])  # noqa: F821 - ChimeraX gives scripts their session
except (UserError, OSError) as error:
    session.logger.error(f"chain_occupancies.py: {error}")  # noqa: F821
    if not session.ui.is_gui:  # noqa: F821
        raise SystemExit(1) from None
