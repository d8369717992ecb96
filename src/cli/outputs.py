"""The files of one run: all of them appear, whole, or none does."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from ..engine.errors import OccuPyError


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
        If a file exists, the folder cannot be written to, or the disk is full.
    """
    folder = paths[0].parent
    with _file_problems(folder):
        folder.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=".occupy-", dir=folder))
    try:
        with _file_problems(folder):
            yield lambda path: stage / path.name
            check_absent(paths, overwrite)
            for path in paths:
                os.replace(stage / path.name, path)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def check_absent(paths, overwrite):
    """Raise `OccuPyError` where an output exists, unless it may be overwritten."""
    existing = [path for path in paths if path.exists()]
    if existing and not overwrite:
        raise OccuPyError(
            f"{existing[0]} exists already; give --overwrite to replace it, or --output-dir for another folder"
        )


@contextmanager
def _file_problems(folder):
    try:
        yield
    except OSError as error:
        raise OccuPyError(f"cannot write to {folder}: {error.strerror or error}") from None
