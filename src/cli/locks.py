"""A lock on a folder, so that of two runs that make the same files there one waits or is refused."""

import os
from contextlib import contextmanager, suppress

from ..engine.errors import OccuPyError
from .outputs import file_problems


@contextmanager
def only_run(path, refusal):
    """Hold a file that only one process at a time can hold; the system lets go of it when the process ends, however.

    Parameters
    ----------
    path : Path
        Of the file, which is there as long as it is held.
    refusal : str
        The sentence of the `OccuPyError` where another process holds it.
    """
    with file_problems(path.parent):
        file = _held(path)
    if file is None:
        raise OccuPyError(refusal)
    try:
        yield
    finally:
        _let_go(file, path)


def _held(path):
    """The file, open and locked; None if another process has locked it."""
    while True:
        file = open(path, "a+b")  # noqa: SIM115  It stays open.
        if not _lock(file):
            file.close()
            return None
        if _is_at(file, path):
            return file
        file.close()  # Its owner has removed it since it was opened.


def _is_at(file, path):
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False


def _let_go(file, path):
    if os.name == "nt":  # where an open file cannot be removed
        file.close()
        _remove(path)
    else:
        _remove(path)
        file.close()


def _remove(path):
    with suppress(OSError):  # where another process has opened it
        path.unlink(missing_ok=True)


if os.name == "nt":
    import msvcrt

    def _lock(file):
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(file):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # The file system has no locks.
        return True
