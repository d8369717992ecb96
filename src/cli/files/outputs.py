"""The files of one run: what they are called, and what is written to them."""

import json
import warnings
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import MappingProxyType

from . import emdb, mapfile
from .fingerprints import fingerprint
from .maps import file_of
from .places import check_absent
from .script import can_be_opened, chimerax_script
from .staging import staged


def folder_of(source, output_dir):
    """Where what is made of a map goes: into the folder that was named, or beside it."""
    return output_dir or (Path() if emdb.is_entry(source) else file_of(source).parent)


class _NamedFiles:
    """Files that are named after the map and what is made of it: figure and record.

    Parameters
    ----------
    source : str
        The map: a file or an EMDB entry.
    made : str
        What is made of it; all names begin with those of the map and of this.
    output_dir : Path or None
        The folder, else that of the map.
    overwrite : bool

    Attributes
    ----------
    figure : Path or None
    record : Path
    notes : list of str
        Sentences for the user on files that are missing.
    stamp : dict or None
        What the record says of the run, for `resume`.
    written : dict or None
        What was written as the record.
    arguments : list of str or None
        What the record says that the program was called with; None for all that it was.
    own_settings : dict
        What this map alone is worked on with: it counts for `resume` as what all are worked on with does.
    silent : bool
        Whether nothing is told of it where the files of an earlier run are kept.
    """

    stamp = written = arguments = None
    own_settings, silent = MappingProxyType({}), False
    _drawn = ()

    def __init__(self, source, made, output_dir, overwrite):
        self._folder = folder_of(source, output_dir)
        self._stem = f"{mapfile.map_name(file_of(source))}_{made}"
        self._overwrite = overwrite
        self.figure, self.record = self._path(".png"), self._path(".json")
        self.notes = []

    def _path(self, ending):
        return self._folder / f"{self._stem}{ending}"

    def check_absent(self):
        """Raise `OccuPyError` where one of them exists already, unless it may be replaced."""
        check_absent(self.paths, self._overwrite)

    def replace_all(self):
        """Let them be replaced: none was there, and what is there now is of this run."""
        self._overwrite = True

    @contextmanager
    def staged(self):
        """A context in which to write them: see `staged`. The record comes last, with fingerprints of the others."""
        with staged(self.paths, self._overwrite) as place:
            try:
                yield place
            finally:
                wait(self._drawn)
            for drawn in self._drawn:
                drawn.result()
            self._drawn = ()
            if self.arguments is not None:
                self.written |= {"arguments": self.arguments}
            if self.stamp is not None:
                others = {path.name: fingerprint(place(path)) for path in self.paths if path != self.record}
                self.written |= {"run": self.stamp | {"files": others}}
            write_json(place(self.record), self.written)

    def write_record(self, place, record):
        """Settings and results, which become JSON when all is written."""
        self.written = record

    def write_figure(self, place, figure):
        """A figure of matplotlib, or a function that makes it; nothing where no figure is wanted.

        It is drawn while the maps are written: Matplotlib keeps one processor busy.
        """
        if self.figure is not None:
            self._drawn = [_artist().submit(draw, figure, place(self.figure))]


@cache
def _artist():
    """The thread that draws all figures of this process: Matplotlib keeps fonts for every thread that ever drew."""
    return ThreadPoolExecutor(1)


def draw(figure, path):
    """Draw a figure, or what a function makes, into a file."""
    from ...figures.style import write_png

    figure = figure() if callable(figure) else figure
    with warnings.catch_warnings():
        # The font has not the letters of every alphabet that names are written in; it draws boxes for them.
        warnings.filterwarnings("ignore", "Glyph", UserWarning)
        write_png(figure, path)


class ReportFiles(_NamedFiles):
    """Where the files of a run that makes no map go.

    Parameters
    ----------
    source, made, output_dir, overwrite
        See `RunFiles`.
    others : sequence of Path
        Files beside figure and record, which the user has named.
    unexplained : bool
        Whether a map of what a model does not explain is written.
    plot : Path, optional
        Another figure, which the user has named.
    """

    def __init__(self, source, made, output_dir, overwrite, others=(), unexplained=False, plot=None):
        super().__init__(source, made, output_dir, overwrite)
        self.others, self.plot = list(others), plot
        named = f"{mapfile.map_name(file_of(source))}_unexplained.mrc"
        self.unexplained = self._folder / named if unexplained else None

    @property
    def paths(self):
        """All files that will be written."""
        return [path for path in (*self.others, self.unexplained, self.plot, self.figure, self.record) if path]


class RunFiles(_NamedFiles):
    """Where the files of a run on one map go.

    Parameters
    ----------
    source : str
        The map: a file or an EMDB entry.
    made : str
        What is made of it; all names begin with those of the map and of this.
    output_dir : Path or None
        The folder, else that of the map.
    overwrite : bool
    scale_map : bool
        Whether a scale map is written beside the map that is made.
    companions : bool
        Whether a figure and a ChimeraX script are. There is no script where it could not be
        written safely; `notes` say so.
    shows_input : bool
        Whether the script shows the input rather than what was made. ChimeraX opens no
        compressed maps, so that then a copy of such an input is written.
    uncertainty, flexibility : bool
        Whether a map of the standard error of the scale is written, and one of the flexibility; with both, one of
        the standard error of that too.
    resolution : bool
        Whether a map of the resolution of what is shown is written.
    """

    def __init__(
        self,
        source,
        made,
        output_dir,
        overwrite,
        scale_map=False,
        companions=True,
        shows_input=False,
        uncertainty=False,
        flexibility=False,
        resolution=False,
    ):
        super().__init__(source, made, output_dir, overwrite)
        path = file_of(source)
        compressed = mapfile.is_compressed(path)
        self.map = self._path(".mrc")
        self.scale_map = self._path("_scale.mrc") if scale_map else self.map
        self.uncertainty = self._path("_uncertainty.mrc") if uncertainty else None
        self.resolution = self._path("_resolution.mrc") if resolution else None
        named = self._folder / f"{mapfile.map_name(path)}_flexibility"
        self.flexibility = named.with_name(f"{named.name}.mrc") if flexibility else None
        self.flexibility_error = named.with_name(f"{named.name}_error.mrc") if flexibility and uncertainty else None
        self.input_copy = self._path("_input.mrc") if compressed and shows_input else None
        self._input = self.input_copy or (None if compressed else path.resolve())
        self._shows_input = shows_input
        self.script = None
        if companions:
            self._plan_script(self._path(".cxc"))
        else:
            self.figure = None

    def _plan_script(self, script):
        if all(can_be_opened(path) for path in self._opened()):
            self.script = script
        else:
            self.notes.append(
                "There is no ChimeraX script: in a file or folder name it can have no quotes, $, semicolons or "
                "unprintable characters."
            )

    def _opened(self):
        """The maps that the script opens: those shown or hidden, the scale map."""
        shown, others = (self._input, [self.map]) if self._shows_input else (self.map, [self._input])
        hidden = [path for path in others if path and path != self.scale_map]
        return [self._in_script(path) for path in (shown, self.scale_map, *hidden)]

    def _in_script(self, path):
        """Files of the run are named without their folder, which is that of the script."""
        return path if path == self._input and not self.input_copy else Path(path.name)

    @property
    def paths(self):
        """All files that will be written."""
        others = [self.uncertainty, self.flexibility, self.flexibility_error, self.resolution, self.input_copy]
        paths = (self.map, self.scale_map, *others, self.figure, self.script, self.record)
        return list(dict.fromkeys(path for path in paths if path))

    def write_input_copy(self, place, sampled):
        """The input as ChimeraX can open it, where there has to be a copy."""
        if self.input_copy:
            mapfile.write(place(self.input_copy), sampled.density, sampled, "OccuPy: the input, uncompressed")

    def write_script(self, place):
        """The ChimeraX script, where there is one."""
        if self.script:
            shown, scale_map, *hidden = self._opened()
            place(self.script).write_text(chimerax_script(shown, scale_map, hidden), encoding="utf-8")


def write_json(path, values):
    """Write JSON: infinity, which JSON has not, as the text that the shell takes, and what is not known as null.

    What UTF-8 has no letter for, as names of files may hold, becomes an escape of JSON.
    """
    text = json.dumps(_in_json(values), indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")


def _in_json(value):
    if isinstance(value, dict):
        return {name: _in_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_in_json(item) for item in value]
    if isinstance(value, Path):
        return str(value.resolve())
    if value == float("inf"):
        return "inf"
    return None if value != value else value
