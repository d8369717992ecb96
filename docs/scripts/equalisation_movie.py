"""A movie of a map being equalised: the power rises from 1, where nothing is amplified, to full equalisation.

In ChimeraX, with OccuPy installed, and a map that looks as it should in the movie, with room around it for the parts
that will appear:

    runscript equalisation_movie.py MAP MOVIE [--power POWER] [--frames FRAMES] [--loop]

MAP      an open map with a displayed surface, such as #1
MOVIE    a file ending in .mp4 that does not exist yet
POWER    where the rise ends; without it, at infinity, which is full equalisation
FRAMES   number of steps, 75 (three seconds) unless given; the first and the last stand for another half second
--loop   runs back to the beginning

The map is estimated once; each frame is one "occupy equalize" with that scale map, closed as the next one appears.
At the end the map is shown as before. Without a window:

    chimerax --nogui --offscreen --exit --cmd "windowsize 900 700; open map.mrc; volume #1 level 3; \
        runscript equalisation_movie.py #1 movie.mp4"
"""

import sys
from argparse import ArgumentParser
from contextlib import ExitStack, contextmanager
from math import cos, inf, pi
from pathlib import Path
from tempfile import TemporaryDirectory

from chimerax.color_key.model import get_model
from chimerax.core.commands import AnnotationError, StringArg, run
from chimerax.core.errors import UserError
from chimerax.core.logger import StringPlainTextLog
from chimerax.map.mapargs import MapsArg
from chimerax.movie.moviecmd import movie_encode

PAUSE = 12  # frames


class Arguments(ArgumentParser):
    """Tells what is wrong with the arguments as ChimeraX tells errors."""

    def error(self, message):
        raise UserError(f"{message}; usage: {self.usage}")


def parsed(arguments):
    usage = "equalisation_movie.py MAP MOVIE [--power POWER] [--frames FRAMES] [--loop]"
    parser = Arguments(usage=usage, add_help=False)
    parser.add_argument("map", metavar="MAP")
    parser.add_argument("movie", metavar="MOVIE", type=lambda text: Path(text).expanduser().absolute())
    parser.add_argument("--power", type=float, default=inf)
    parser.add_argument("--frames", type=int, default=75)
    parser.add_argument("--loop", action="store_true")
    given = parser.parse_args(arguments)
    if not given.power > 1:
        raise UserError(f"POWER is {given.power:g}, but must be above 1")
    if given.frames < 2:
        raise UserError(f"FRAMES is {given.frames}, but must be at least 2")
    if given.movie.suffix != ".mp4":
        raise UserError(f"MOVIE is {given.movie.name}, but must end in .mp4")
    return given


def named_maps(session, text):
    """The maps that an argument such as #1 names, by ChimeraX's rules."""
    try:
        found, _, rest = MapsArg.parse(text, session)
    except AnnotationError:
        return []
    return [] if rest else found


def checked_map(session, text):
    volumes = named_maps(session, text)
    if len(volumes) != 1:
        raise UserError(f"MAP is {text}, but must name one open map, such as #1")
    if not (volumes[0].display and volumes[0].surface_shown):
        raise UserError(f"{text} shows no surface; show it, with volume {text} show style surface")
    if getattr(session, "movie", None) is not None:
        raise UserError("Another movie is being recorded; finish it first, with movie encode or movie reset")
    return volumes[0]


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
        if not part.exists():
            raise UserError(f"ChimeraX could not write {path.name}; the log says why")
        part.rename(path)


def powers(highest, count):
    """From 1 to the highest, so that the exponent of the scale, 1/power, falls smoothly from 1."""
    for i in range(count):
        exponent = 1 + (1 / highest - 1) * (1 - cos(pi * i / (count - 1))) / 2
        yield 1 / exponent if i < count - 1 else highest


@contextmanager
def color_key_kept(session):
    """The color key, if there is one, is at the end as it was."""
    key = get_model(session, create=False)
    entries = None if key is None else key.rgbas_and_labels
    try:
        yield
    finally:
        if key is not None:
            key.rgbas_and_labels = entries
        elif get_model(session, create=False) is not None:
            run(session, "key delete", log=False)


@contextmanager
def unseen(session):
    """Neither drawn nor logged: what happens between two frames."""
    session.update_loop.block_redraw()
    try:
        with StringPlainTextLog(session.logger):
            yield
    finally:
        session.update_loop.unblock_redraw()


def show(session, volume, scale_map, label, power):
    """Show the map equalised with a power, as a new model, which is returned."""
    text = "full equalisation" if power == inf else f"power {power:.2f}"
    equalize = f"occupy equalize {volume.atomspec} scaleMap {scale_map.atomspec} power {power:.6g}"
    with unseen(session):
        run(session, f"2dlabels {label.atomspec} text {StringArg.unparse(text)}", log=False)
        return run(session, equalize, log=False)


def record(session, volume, every_power):
    """Record the map at one power after another; afterwards it is shown as before."""
    with ExitStack() as at_end:
        at_end.callback(setattr, volume, "display", volume.display)
        at_end.enter_context(color_key_kept(session))
        scale_map = run(session, f"occupy estimate {volume.atomspec} color false")
        at_end.callback(session.models.close, [scale_map])
        label = run(session, "2dlabels text power xpos 0.04 ypos 0.9", log=False).drawing
        at_end.callback(session.models.close, [label])
        run(session, "movie record supersample 3")
        for power in every_power:
            shown = show(session, volume, scale_map, label, power)
            try:
                run(session, "wait 1", log=False)
                if power in (every_power[0], every_power[-1]):
                    run(session, f"movie duplicate {PAUSE}", log=False)
            finally:
                session.models.close([shown])
        run(session, "movie stop")


def main(session, arguments):
    given = parsed(arguments)
    volume = checked_map(session, given.map)
    with appearing_whole(given.movie) as path:
        try:
            record(session, volume, list(powers(given.power, given.frames)))
            # Not as a command, which the name of the file might end.
            movie_encode(session, [str(path)], round_trip=given.loop)
        finally:
            if getattr(session, "movie", None) is not None:
                run(session, "movie reset")
    session.logger.info(f"Wrote {given.movie}")


try:
    # `open equalisation_movie.py` gives no arguments: what is in sys.argv then is ChimeraX's own.
    main(session, sys.argv[1:] if sys.argv[0] == __file__ else [])  # noqa: F821 - ChimeraX gives scripts their session
except (UserError, OSError) as error:
    session.logger.error(f"equalisation_movie.py: {error}")  # noqa: F821
    if not session.ui.is_gui:  # noqa: F821
        raise SystemExit(1) from None
