"""Maps fetched from the EMDB, kept in a cache."""

import os
import re
import urllib.error
import urllib.request
from pathlib import Path

from .. import __version__
from ..engine.errors import OccuPyError

SERVER = "https://ftp.ebi.ac.uk/pub/databases/emdb/structures"
SERVER_VARIABLE, CACHE_VARIABLE = "OCCUPY_EMDB_SERVER", "OCCUPY_CACHE"
_TIMEOUT = 60
_CHUNK = 1 << 20
_RANGE_BEYOND_END = 416
_GZIP = b"\x1f\x8b"


def is_entry(text):
    """Whether this names an EMDB entry, such as emdb:3061, rather than a file."""
    return str(text).lower().startswith("emdb:")


def fetch(text, progress=None):
    """The map file of an EMDB entry, from the cache or else from the server.

    What an interrupted download left is resumed. A file is only in the cache when it
    has the size that the server said.

    Parameters
    ----------
    text : str
        Such as emdb:3061.
    progress : callable, optional
        Called with the bytes that are there and the bytes there will be.

    Returns
    -------
    Path

    Raises
    ------
    OccuPyError
        If there is no such entry, or it cannot be fetched whole.
    """
    path = cache_folder() / file_name(text)
    if not path.exists():
        server = os.environ.get(SERVER_VARIABLE, SERVER)
        _download(f"{server}/EMD-{_number(text)}/map/{path.name}", path, text, progress)
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


def _download(url, path, entry, progress):
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _transfer(url, part, entry, progress)
        _check_is_compressed(part, entry)
        os.replace(part, path)
    except urllib.error.HTTPError as error:
        if error.code == _RANGE_BEYOND_END:
            part.unlink()
        meaning = "there is no such entry or no map in it" if error.code == 404 else f"the server says {error.code}"
        raise OccuPyError(f"{entry} cannot be fetched: {meaning}") from None
    except OSError as error:
        reason = getattr(error, "reason", error)
        reason = getattr(reason, "strerror", None) or reason
        kept = "; what has come is kept and resumed" if part.exists() else ""
        raise OccuPyError(f"{entry} cannot be fetched: {reason}{kept}") from None


def _check_is_compressed(part, entry):
    with open(part, "rb") as file:
        beginning = file.read(2)
    if beginning != _GZIP:
        part.unlink()
        raise OccuPyError(f"{entry} cannot be fetched: what the server sent is no map compressed with gzip")


def _transfer(url, part, entry, progress):
    """Add to `part` what is missing of it, and check that it is whole."""
    have = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": f"OccuPy-for-ChimeraX/{__version__}"} | ({"Range": f"bytes={have}-"} if have else {})
    request = urllib.request.Request(url, headers=headers)
    # The default context verifies the server's certificate and name.
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
        resumed = answer.status == 206
        have = have if resumed else 0
        expected = have + int(answer.headers["Content-Length"])
        with open(part, "ab" if resumed else "wb") as file:
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
                have += len(chunk)
                if progress:
                    progress(have, expected)
    if have != expected:
        raise OccuPyError(
            f"{entry} came to {have} bytes, but must be {expected}: the connection broke; try again to resume"
        )
