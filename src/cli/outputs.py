"""The files of one run: all of them appear, whole, or none does."""

import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from ..engine.errors import OccuPyError
from .script import chimerax_script


@contextmanager
def staged(paths, overwrite):
    """A folder to write files into, which are moved to their places when all are done.

    Parameters
    ----------
    paths : list of Path
        Where the files will be, all in one folder. Nothing is written before it is
        known that none of them exists, unless they may be overwritten.
    overwrite : bool

    Yields
    ------
    callable
        Takes one of `paths` and returns where to write it.

    Raises
    ------
    OccuPyError
        If a file exists, the folder cannot be written to, or the disk is full. Then
        everything is as it was.
    """
    check_absent(paths, overwrite)
    folder = paths[0].parent
    with _file_problems(folder), _new_folder(folder):
        stage = Path(tempfile.mkdtemp(prefix=".occupy-", dir=folder))
        try:
            yield lambda path: stage / path.name
            check_absent(paths, overwrite)
            _move_all(stage, paths)
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def _move_all(stage, paths):
    """Move the files to their places; on failure put back what they replaced."""
    replaced = stage / "replaced"
    replaced.mkdir()
    moved = []
    try:
        for path in paths:
            if path.exists():
                os.replace(path, replaced / path.name)
            moved.append(path)
            os.replace(stage / path.name, path)
    except OSError:
        for path in moved:
            path.unlink(missing_ok=True)
            if (replaced / path.name).exists():
                os.replace(replaced / path.name, path)
        raise


@contextmanager
def _new_folder(folder):
    """Make a folder with its parents; on failure remove those that were not there."""
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for part in missing:
            if part.is_dir() and not any(part.iterdir()):
                part.rmdir()
        raise


@contextmanager
def removed_on_failure(paths):
    """What is written of these files in here is removed again if something in here fails."""
    folder = paths[0].parent
    with _file_problems(folder), _new_folder(folder):
        before = [path for path in paths if path.exists()]
        try:
            yield
        except BaseException:
            for path in paths:
                if path not in before:
                    path.unlink(missing_ok=True)
            raise


def check_absent(paths, overwrite):
    """Raise `OccuPyError` where an output exists, unless it may be overwritten."""
    folder = paths[0].parent
    with _file_problems(folder):
        if folder.exists() and not folder.is_dir():
            raise OccuPyError(f"cannot write to {folder}: it is a file, not a folder")
        for path in paths:
            if path.is_dir():
                raise OccuPyError(f"{path} is a folder, so no file of this name can be written; give --output-dir")
            if path.exists() and not overwrite:
                raise OccuPyError(
                    f"{path} exists already; give --overwrite to replace it, or --output-dir for another folder"
                )


@contextmanager
def _file_problems(folder):
    try:
        yield
    except OSError as error:
        raise OccuPyError(f"cannot write to {folder}: {error.strerror or error}") from None


class RunFiles:
    """Where the files of one run go. It is an error, before any work, that one exists already.

    Parameters
    ----------
    folder : Path
    stem : str
        All their names begin with it.
    overwrite : bool
    scale_map : bool
        Whether a scale map is written beside the map.
    companions : bool
        Whether a figure of the solvent model and a ChimeraX script are.
    input_copy : bool
        Whether a copy of the input is, since ChimeraX opens no compressed maps.
    """

    def __init__(self, folder, stem, overwrite, scale_map=False, companions=True, input_copy=False):
        self.map, self.record = folder / f"{stem}.mrc", folder / f"{stem}.json"
        self.scale_map = folder / f"{stem}_scale.mrc" if scale_map else self.map
        self._figure, self._script = folder / f"{stem}.png", folder / f"{stem}.cxc"
        self.input_copy = folder / f"{stem}_input.mrc" if input_copy else None
        self._companions = companions
        self._overwrite = overwrite
        check_absent(self.paths, overwrite)

    @property
    def paths(self):
        """All files that will be written."""
        companions = [self._figure, self._script] if self._companions else []
        copies = [self.input_copy] if self.input_copy else []
        return list(dict.fromkeys([self.map, self.scale_map, *copies, *companions, self.record]))

    def staged(self):
        """A context in which to write them: see `staged`."""
        return staged(self.paths, self._overwrite)

    def write_record(self, place, record):
        """Settings and limits as JSON; infinity, which JSON has not, as the text that the shell takes."""
        text = json.dumps(_finite(record), indent=1, ensure_ascii=False)
        place(self.record).write_text(text + "\n", encoding="utf-8")

    def write_figure(self, place, figure):
        """A figure of matplotlib."""
        figure.savefig(place(self._figure))

    def write_script(self, place, shown, hidden=()):
        """The ChimeraX script."""
        script = chimerax_script(shown, Path(self.scale_map.name), hidden)
        place(self._script).write_text(script, encoding="utf-8")


def _finite(value):
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, Path):
        return str(value.resolve())
    return "inf" if value == float("inf") else value
