"""Class averages side by side: estimated on one scale, colored, tiled; a picture, a table and the scale maps.

In ChimeraX, with OccuPy installed:

    runscript class_averages.py MAPS FOLDER [--level LEVEL]

MAPS     a folder of maps, or a pattern such as "Class3D/job012/run_it025_class*.mrc"
FOLDER   a folder that does not exist yet; it appears when everything in it is written:
         class_averages.png, class_averages.csv, and NAME_occupancy.mrc of each map
LEVEL    contour level of all maps; without it, a quarter of the common full scale, or five sigma of the noise
         where that is more

Every map becomes the first and its scale map the second model of a group: with nothing else open, the maps are
#1.1, #2.1 and so on. "tile off #1-4" puts four of them back in place. Without a window:

    chimerax --nogui --offscreen --exit --cmd "windowsize 1200 900; runscript class_averages.py MAPS FOLDER"
"""

import csv
import sys
from argparse import ArgumentParser
from contextlib import contextmanager
from glob import glob
from pathlib import Path
from tempfile import TemporaryDirectory

from chimerax import occupy
from chimerax.core.commands import run
from chimerax.core.errors import UserError
from chimerax.core.models import Model

MAP_SUFFIXES = (".mrc", ".map", ".ccp4")
SHARE_OF_FULL_SCALE = 0.25
NOISE_SIGMAS = 5


class Arguments(ArgumentParser):
    """Tells what is wrong with the arguments as ChimeraX tells errors."""

    def error(self, message):
        raise UserError(f"{message}; usage: {self.usage}")


def parsed(arguments):
    parser = Arguments(usage="class_averages.py MAPS FOLDER [--level LEVEL]", add_help=False)
    parser.add_argument("maps", metavar="MAPS")
    parser.add_argument("folder", metavar="FOLDER", type=lambda text: Path(text).expanduser().absolute())
    parser.add_argument("--level", type=float)
    return parser.parse_args(arguments)


def map_files(text):
    """The files that a folder or a pattern stands for, in the order of their names."""
    place = Path(text).expanduser()
    if place.is_dir():
        found = sorted(path for path in place.iterdir() if path.suffix.lower() in MAP_SUFFIXES)
    else:
        found = sorted(Path(path) for path in glob(str(place)))
    if not found:
        raise UserError(f"No maps found at {text}: expected a folder of {', '.join(MAP_SUFFIXES)} files, or a pattern")
    if len({path.stem for path in found}) < len(found):
        raise UserError(f"Two maps at {text} have one name but for the suffix; give a pattern that takes one of them")
    return found


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


# Maps and files are opened, saved and labelled without their names in commands: a name may hold what ends a command.


def spec(models):
    return "".join(model.atomspec for model in models)


def open_map(session, path):
    """A map in a group of its own, which moves it together with its scale map."""
    group = Model(path.stem, session)
    session.models.add([group])
    opened, _ = session.open_command.open_data(str(path))
    session.models.add(opened, parent=group)
    return group, opened[0]


def estimate_all(session, groups, volumes):
    """Color the maps by scale maps, which are returned, on the full scale of the strongest."""
    made = run(session, f"occupy estimate {spec(volumes)} commonScale true")
    scale_maps = made if isinstance(made, list) else [made]
    for group, scale_map in zip(groups, scale_maps, strict=True):
        session.models.add([scale_map], parent=group)
    return scale_maps


def row_of(volume):
    """What the table tells of a map by itself: full scale and noise in units of the map, and warnings."""
    found = occupy.estimate(volume.full_matrix(), volume.data.step[::-1])
    return {
        "map": volume.name,
        "full scale": found.full_scale,
        "noise sigma": found.solvent.raw_sigma,
        "warnings": " ".join(found.warnings),
    }


def write_table(path, rows, common):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["map", "full scale", "common full scale", "noise sigma", "warnings"])
        for row in rows:
            numbers = (f"{value:.5g}" for value in (row["full scale"], common, row["noise sigma"]))
            writer.writerow([row["map"], *numbers, row["warnings"]])


def save_picture(session, path, groups, volumes):
    """Tile the maps, with their names above them, and save a picture."""
    radius = max(volume.bounds().radius() for volume in volumes)
    run(session, f"tile {spec(groups)} spacingFactor 1.7 independentRotation false")
    place = f"{-0.5 * radius:.4g},{0.7 * radius:.4g},0"
    run(session, f"label {spec(volumes)} models attribute parent.name height {radius / 8:.4g} offset {place}")
    run(session, "view pad 0.18")
    session.save_command.save_data(str(path), supersample=3)


def compare(session, paths, folder, level):
    """Open, estimate and show the maps, and write everything into a folder."""
    groups, volumes = zip(*(open_map(session, path) for path in paths), strict=True)
    if len({volume.data.step for volume in volumes}) > 1:
        session.logger.warning("The maps differ in voxel size, on which the scale depends: compare equal ones only.")
    for group, scale_map in zip(groups, estimate_all(session, groups, volumes), strict=True):
        session.save_command.save_data(str(folder / f"{group.name}_occupancy.mrc"), models=[scale_map])
    rows = [row_of(volume) for volume in volumes]
    common = max(row["full scale"] for row in rows)
    write_table(folder / "class_averages.csv", rows, common)
    if level is None:
        level = max(SHARE_OF_FULL_SCALE * common, NOISE_SIGMAS * max(row["noise sigma"] for row in rows))
    run(session, f"volume {spec(volumes)} level {level:.5g}")
    save_picture(session, folder / "class_averages.png", groups, volumes)


def main(session, arguments):
    given = parsed(arguments)
    paths = map_files(given.maps)
    before = set(session.models.list())
    with appearing_whole(given.folder) as folder:
        folder.mkdir()
        try:
            compare(session, paths, folder, given.level)
        except BaseException:
            session.models.close([model for model in session.models.list() if model not in before])
            raise
    session.logger.info(f"Wrote {given.folder}")


try:
    # `open class_averages.py` gives no arguments: what is in sys.argv then is ChimeraX's own.
    main(session, sys.argv[1:] if sys.argv[0] == __file__ else [])  # noqa: F821 - ChimeraX gives scripts their session
except (UserError, OSError) as error:
    session.logger.error(f"class_averages.py: {error}")  # noqa: F821
    if not session.ui.is_gui:  # noqa: F821
        raise SystemExit(1) from None
