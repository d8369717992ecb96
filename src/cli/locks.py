"""Files that only one process at a time can hold: so it is known whether another is at work, or was killed."""

import os
from contextlib import contextmanager, suppress

from ..engine.errors import OccuPyError
from .places import file_problems


@contextmanager
def only_run(path, refusal):
    """Hold a file, so that of two runs that make the same files there one is refused.

    Parameters
    ----------
    path : Path
        Of the file, which is there as long as it is held.
    refusal : str
        The sentence of the `OccuPyError` where another process holds it.
    """
    with file_problems(path.parent):
        try:
            held = Held(path)
        except BlockingIOError:
            raise OccuPyError(refusal) from None
    try:
        yield
    finally:
        held.let_go()


class Held:
    """A file that this process holds until it lets go; the system does so when the process ends, however.

    Parameters
    ----------
    path : Path
        The file, which is made; there is none when it is let go.

    Attributes
    ----------
    certain : bool
        Whether no other process can hold it; where the file system has no locks, others may.

    Raises
    ------
    BlockingIOError
        Where another process holds it.
    """

    def __init__(self, path):
        self._path = path
        while True:
            self._file = open(path, "a+b")  # noqa: SIM115  It stays open.
            try:
                self.certain = _lock(self._file)
            except BlockingIOError:
                self._file.close()
                raise
            if self._is_there():
                return
            self._file.close()  # Its owner has removed it since it was opened.

    def _is_there(self):
        try:
            return os.path.samestat(os.fstat(self._file.fileno()), os.stat(self._path))
        except FileNotFoundError:
            return False

    def let_go(self):
        """Remove the file."""
        if os.name == "nt":  # where an open file cannot be removed
            self._file.close()
            self._remove()
        else:
            self._remove()
            self._file.close()

    def _remove(self):
        with suppress(OSError):  # where another process has opened it
            self._path.unlink(missing_ok=True)


if os.name == "nt":
    import msvcrt

    def _lock(file):
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(*error.args) from None
        return True

else:
    import fcntl

    def _lock(file):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            return False  # The file system has no locks.
        return True
