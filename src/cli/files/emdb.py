"""Maps fetched from the EMDB, kept in a cache."""

import gzip
import os
import re
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path

from ...engine.errors import OccuPyError
from ..report import DiskFull
from .download import NoSuchFile, download
from .places import FULL

SERVER = "https://ftp.ebi.ac.uk/pub/databases/emdb/structures"
SERVER_VARIABLE, CACHE_VARIABLE = "OCCUPY_EMDB_SERVER", "OCCUPY_CACHE"
_CHUNK = _PADDING = 1 << 20


def is_entry(text):
    """Whether this names an EMDB entry, such as emdb:3061, rather than a file."""
    return str(text).lower().startswith("emdb:")


def fetch(text, progress=None):
    """The map file of an EMDB entry, from the cache or else from the server.

    What an interrupted download left is resumed. A file is only in the cache when it was read
    to its end and found to be a map. Of processes that fetch one entry the first does, and the others wait.

    Parameters
    ----------
    text : str
        Such as emdb:3061.
    progress : callable, optional
        Called with the bytes that are there and the bytes there will be, None where that is not known.

    Returns
    -------
    Path

    Raises
    ------
    OccuPyError
        If there is no such entry, or it cannot be fetched whole.
    DiskFull
    """
    path = cache_folder() / file_name(text)
    if not path.exists():
        server = os.environ.get(SERVER_VARIABLE, SERVER)
        with _told_of(text, path.parent), _alone(path):
            if not path.exists():
                _keep(f"{server}/EMD-{_number(text)}/map/{path.name}", path, progress)
    return path


def file_name(text):
    """The name of an entry's map file."""
    return f"emd_{_number(text)}.map.gz"


def _number(text):
    found = re.fullmatch(r"emdb:(?:EMD-)?(\d{4,6})", str(text), re.IGNORECASE)
    if not found:
        raise OccuPyError(f"{text} is no EMDB entry; expected emdb: and four to six digits, such as emdb:3061")
    return found[1]


def cache_folder():
    """Where fetched maps are kept: what OCCUPY_CACHE names, else a folder of the user's."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else Path.home() / ".cache" / "occupy"


@contextmanager
def _told_of(entry, folder):
    """Say of which entry a problem is."""
    try:
        yield
    except NoSuchFile:
        raise OccuPyError(f"{entry} cannot be fetched: there is no such entry or no map in it") from None
    except OccuPyError as error:
        raise OccuPyError(f"{entry} cannot be fetched: {error}") from None
    except OSError as error:
        problem = DiskFull if error.errno in FULL else OccuPyError
        reason = error.strerror or error
        raise problem(f"{entry} cannot be fetched into {folder}: {reason}; {CACHE_VARIABLE} names the folder") from None


@contextmanager
def _alone(path):
    """While no other process fetches this file; others wait."""
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(path.name + ".lock"))
    with lock:
        yield
    # Who waits for the lock, on a file that has gone now, finds the map and fetches nothing.
    with suppress(OSError):
        os.unlink(lock.lock_file)


def _keep(url, path, progress):
    """Fetch a file to its place in the cache, if it is a map."""
    part = path.with_name(path.name + ".part")
    try:
        download(url, part, progress)
    except NoSuchFile:
        raise
    except OccuPyError as error:
        has_come = part.exists() and part.stat().st_size > 0
        kept = "; what has come is kept, and the next try goes on" if has_come else ""
        raise OccuPyError(f"{error}{kept}") from None
    try:
        _check(part)
    except (ValueError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        part.unlink()
        raise OccuPyError(f"what the server sent is no whole map compressed with gzip ({error})") from None
    os.replace(part, path)


def _check(path):
    """Raise an error unless this is a whole map, by gzip's own sums and by its header; in little memory."""
    from .mapfile import promised_size  # mrcfile, which the help does not need

    with gzip.open(path) as file:
        promised = promised_size(path, file)
        while file.tell() <= promised + _PADDING and file.read(_CHUNK):
            pass
        length = file.tell()
    if not promised <= length <= promised + _PADDING:
        raise OccuPyError(f"it holds {length} bytes or more, but its header tells of {promised}")
