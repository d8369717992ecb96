"""Files from servers by HTTP, with patience: a server in trouble is asked again, and what has come is kept."""

from textwrap import shorten

from ... import __version__
from ...engine.errors import OccuPyError

_TIMEOUTS = 30, 60
_RETRIES, _BACKOFF, _REDIRECTS, _BREAKS = 3, 0.5, 5, 5
_CHUNK = 1 << 16
_WHOLE, _PARTIAL, _MISSING, _RANGE_BEYOND_END = 200, 206, 404, 416
_IN_TROUBLE = (429, 500, 502, 503, 504)
_LONGEST_REASON = 200


class NoSuchFile(OccuPyError):
    """The server has no such file."""


def download(url, part, progress=None):
    """Make a file hold what is at a URL, going on where an earlier call ended.

    Parameters
    ----------
    url : str
        Of https, from where no server can lead to http; or of http.
    part : Path
    progress : callable, optional
        Called with the bytes that are there and those that there will be, None where the server does not tell.

    Raises
    ------
    NoSuchFile
    OccuPyError
        With the reason alone. The file then holds what has come, if anything has.
    OSError
        If the file cannot be written.
    """
    with _session(url) as session:
        for _ in range(_BREAKS):
            have = _size(part)
            problem = _fetch_rest(session, url, part, progress)
            if not problem:
                return
            if _size(part) <= have:
                break
    raise OccuPyError(problem)


def _session(url):
    """A session that asks a server in trouble again, later and later."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    patience = Retry(
        _RETRIES,
        backoff_factor=_BACKOFF,
        status_forcelist=_IN_TROUBLE,
        raise_on_status=False,
        respect_retry_after_header=False,  # It may be a day.
    )
    session = requests.Session()
    session.max_redirects = _REDIRECTS
    # A compressed file is wanted as it is.
    session.headers.update({"User-Agent": f"OccuPy-for-ChimeraX/{__version__}", "Accept-Encoding": "identity"})
    session.adapters.clear()
    for scheme in ("https://",) if url.lower().startswith("https:") else ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=patience))
    return session


def _fetch_rest(session, url, part, progress):
    """Add what is missing of the file; returns why not all has come, or nothing."""
    have = _size(part)
    if have:
        with _answer(session, url, {"Range": f"bytes={have}-"}) as answer:
            if _fits(answer, have):
                return _save(answer, part, have, progress)
    with _answer(session, url, {}) as answer:
        return _save(answer, part, 0, progress)


def _answer(session, url, headers):
    """What the server says, before it sends the file."""
    from requests.exceptions import InvalidSchema, MissingSchema, RequestException
    from urllib3.exceptions import HTTPError

    try:
        return session.get(url, headers=headers, stream=True, timeout=_TIMEOUTS)
    except (InvalidSchema, MissingSchema) as error:
        schemes = " or ".join(session.adapters)
        raise OccuPyError(f"expected an address that begins with {schemes} ({_reason(error)})") from None
    except (RequestException, HTTPError, ValueError) as error:
        # Broken addresses in redirections are a ValueError or an HTTPError.
        raise OccuPyError(f"the server cannot be read: {_reason(error)}") from None


def _fits(answer, have):
    """Whether an answer can be used where so many bytes are there; it may be all of the file, or trouble."""
    told = answer.headers.get("Content-Range", "")
    if answer.status_code == _PARTIAL:
        return told.startswith(f"bytes {have}-")
    return answer.status_code != _RANGE_BEYOND_END or told == f"bytes */{have}"


def _save(answer, part, have, progress):
    """Write what the server sends; returns why not all has come, or nothing."""
    from urllib3.exceptions import HTTPError

    if answer.status_code == _RANGE_BEYOND_END and have:
        return None  # It was whole already.
    _check_status(answer, have)
    have = have if answer.status_code == _PARTIAL else 0
    length = answer.raw.length_remaining
    expected = None if length is None else have + length
    with open(part, "ab" if have else "wb") as file:
        try:
            for chunk in answer.raw.stream(_CHUNK, decode_content=False):
                have += file.write(chunk)
                if progress:
                    progress(have, expected)
        except HTTPError:
            of_all = "" if expected is None else f" of {expected}"
            return f"the connection broke after {have}{of_all} bytes"
    return None


def _check_status(answer, have):
    status = answer.status_code
    if status == _MISSING:
        raise NoSuchFile("there is no such file")
    if status not in ((_WHOLE, _PARTIAL) if have else (_WHOLE,)):
        raise OccuPyError(f"the server says {status}, {shorten(str(answer.reason), _LONGEST_REASON)}")


def _reason(error):
    """The first cause of an error, in a few words: what is around it repeats the address and the retries."""
    from http.client import HTTPException

    while cause := _cause(error):
        error = cause
    text = shorten(str(getattr(error, "strerror", None) or error).rstrip("."), _LONGEST_REASON)
    if isinstance(error, HTTPException) and not isinstance(error, OSError):
        return f"its answer is no HTTP ({text})"
    return text or type(error).__name__


def _cause(error):
    among = [argument for argument in error.args if isinstance(argument, Exception)]
    return error.__cause__ or (among[-1] if among else error.__context__)


def _size(part):
    return part.stat().st_size if part.exists() else 0
