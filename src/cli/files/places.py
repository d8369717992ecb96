"""Places of files: whether they may be written to, and what the system says when they are."""

import errno
from contextlib import contextmanager

from ...engine.errors import OccuPyError
from ..report import DiskFull

FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


def check_absent(paths, overwrite):
    """Raise `OccuPyError` where an output exists, unless it may be overwritten, or two are one file."""
    for path in paths:
        if paths.count(path) > 1:
            raise OccuPyError(f"{path} would be written twice; give each file a name of its own")
        with file_problems(path.parent):
            _check_one_absent(path, overwrite)


def _check_one_absent(path, overwrite):
    if path.parent.exists() and not path.parent.is_dir():
        raise OccuPyError(f"cannot write to {path.parent}: it is a file, not a folder")
    if path.is_dir():
        raise OccuPyError(f"{path} is a folder, so no file of this name can be written; give another place")
    if path.exists() and not overwrite:
        raise OccuPyError(f"{path} exists already; give --overwrite to replace it, or another place to write to")


@contextmanager
def file_problems(folder):
    """Raise `OccuPyError`, or `DiskFull`, for what the system says in here."""
    try:
        yield
    except OSError as error:
        problem = DiskFull if error.errno in FULL else OccuPyError
        raise problem(f"cannot write to {folder}: {error.strerror or error}") from None


@contextmanager
def new_folder(folder):
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
    with file_problems(folder), new_folder(folder):
        before = [path for path in paths if path.exists()]
        try:
            yield
        except BaseException:
            for path in paths:
                if path not in before:
                    path.unlink(missing_ok=True)
            raise
