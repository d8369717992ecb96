"""Files that only one process at a time can hold: so it is known whether another is at work, or was killed."""

import errno
import os
from contextlib import contextmanager, suppress

from filelock import FileLock, Timeout

from ...engine.errors import OccuPyError
from .places import file_problems

_PATIENCE, _POLL = 0.1, 0.01
"""Seconds: one that was let go while it was opened is asked for again."""

_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}


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
        self._path, self.certain = path, True
        # A soft lock would outlive a process that is killed.
        self._lock = FileLock(path, _PATIENCE, poll_interval=_POLL, thread_local=False, fallback_to_soft=False)
        try:
            self._lock.acquire()
        except Timeout:
            raise BlockingIOError(errno.EWOULDBLOCK, "another process holds it", str(path)) from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            self.certain = False

    def let_go(self):
        """Remove the file."""
        removed_first = os.name != "nt"  # where an open file cannot be removed
        if removed_first:
            self._remove()
        self._lock.release()
        if not removed_first:
            self._remove()

    def _remove(self):
        with suppress(OSError):  # where another process has opened it
            self._path.unlink(missing_ok=True)
