"""Processes that work on maps at the same time: a local Dask cluster, or workers of a scheduler that runs already."""

import bz2
import gzip
import logging
import os
import threading
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain, islice
from time import monotonic

import numpy as np

from ...engine import parallel
from ...engine.errors import OccuPyError
from .. import ONE_THREAD
from ..files.maps import local_path
from ..report import tell_aside
from .task import Outcome

MAPS_AT_ONCE, BESIDES = 14, 600_000_000
"""What work on a map takes at most, in maps of float32, and besides: modules and Dask itself."""

SMALLEST_LIMIT = 4_000_000_000
"""Memory of a worker, in bytes, that is never refused it if it is there: models take theirs whatever the map is."""

LOSSES_ALLOWED = 3
_POLL, _TO_CONNECT, _BETWEEN_WORDS = 2.0, 10.0, 60.0

_LOST_MEMORY = "worker-restart-memory"
"""The topic under which Dask's nannies tell of workers that they have ended for their memory."""

_at_work = threading.Lock()


@contextmanager
def pool(running, maps):
    """What does the work of a run: this process, or workers.

    Parameters
    ----------
    running : Running
    maps : list of str
        Whose sizes tell how much memory workers need.

    Yields
    ------
    callable
        Takes a function and items, each a tuple of its arguments, and yields each item with what
        the function returned, as they come. Where a worker is lost for good that is an `Outcome`.
    """
    if not running.elsewhere and running.workers is None:
        yield _in_turn
        return
    _prepare()
    with _client_of(running) if running.elsewhere else _local_client(running.workers, maps) as client:
        workers = _Workers(client, running.worker_timeout)
        try:
            yield workers.run
        finally:
            workers.cancel()


def _in_turn(function, items):
    for item in items:
        yield item, function(*item)


def _prepare():
    """Say what is missing where Dask is not installed, and keep its own words from the terminal."""
    try:
        import cryptography  # noqa: F401  Dask needs it to keep strangers out.
        import distributed  # noqa: F401
    except ImportError:
        raise OccuPyError(
            "workers need dask and distributed, which are not installed; expected pip install '.[batch]'"
        ) from None
    logging.disable(logging.CRITICAL)


@contextmanager
def _client_of(running):
    """A client of a scheduler that runs already."""
    import distributed

    if running.scheduler_file is not None and not running.scheduler_file.is_file():
        raise OccuPyError(f"{running.scheduler_file}: no such file; expected one that a Dask scheduler has written")
    address = {"address": running.scheduler} if running.scheduler else {"scheduler_file": str(running.scheduler_file)}
    try:
        client = distributed.Client(**address, timeout=_TO_CONNECT)
    except (OSError, ValueError, TimeoutError) as error:
        where = running.scheduler or running.scheduler_file
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise OccuPyError(f"no Dask scheduler answers at {where}: {reason}") from None
    with client:
        yield client


@contextmanager
def _local_client(wanted, maps):
    """A client of workers of its own on this computer; nobody else on it can use them."""
    from .cluster import local_client

    count, threads, limit = shares(wanted, maps)
    if count < min(wanted, len(maps)):
        tell_aside(f"{count} of {wanted} workers: there is memory for no more, as a map may take {_gigabytes(limit)}")
    variables = ONE_THREAD | {parallel.THREADS_VARIABLE: str(threads), "TQDM_DISABLE": "1"}
    with ExitStack() as stack:
        try:
            client = stack.enter_context(local_client(count, limit, variables, LOSSES_ALLOWED))
        except (OSError, RuntimeError) as error:
            raise OccuPyError(f"workers cannot be started: {_first_cause(error)}") from None
        yield client


def _first_cause(error):
    while error.__cause__:
        error = error.__cause__
    return getattr(error, "strerror", None) or error


def shares(wanted, maps):
    """How many workers there are on this computer, and what each has of it.

    Parameters
    ----------
    wanted : int
    maps : list of str

    Returns
    -------
    workers, threads, limit : int
        Threads and bytes of memory of each worker. There are fewer workers than wanted where there
        are fewer maps, or no memory for so many of the largest of them.
    """
    from distributed.system import MEMORY_LIMIT

    need = max((memory_need(source) for source in maps), default=BESIDES)
    count = max(1, min(wanted, len(maps), int(MEMORY_LIMIT // need)))
    limit = min(MEMORY_LIMIT // count, max(2 * need, SMALLEST_LIMIT))
    return count, max(1, parallel.thread_count() // count), int(limit)


def memory_need(source):
    """Bytes that work on a map takes at most, or so, from the size that its header tells."""
    return BESIDES + MAPS_AT_ONCE * np.dtype(np.float32).itemsize * _voxels(source)


def _voxels(source):
    """Number of voxels of a map; 0 where that is not known before it is fetched or read."""
    path = local_path(source)
    opener = {".gz": gzip.open, ".bz2": bz2.open}.get(path.suffix.lower(), open)
    try:
        with opener(path, "rb") as file:
            counts = np.frombuffer(file.read(12), "<i4")
    except (OSError, EOFError):
        return 0
    if len(counts) < 3 or (counts <= 0).any():
        return 0
    swapped = counts.byteswap()
    return int(min(np.prod(counts, dtype=float), np.prod(swapped, dtype=float), key=abs))


def _gigabytes(count):
    return f"{count / 1e9:.1f} GB"


class _Workers:
    """The workers of a scheduler, on each of which one map is worked on at a time.

    Parameters
    ----------
    client : distributed.Client
    timeout : float
        Minutes without a worker after which the run ends.
    """

    def __init__(self, client, timeout):
        self._client = client
        self._items_of = {}
        self._patience = Patience(timeout)

    def run(self, function, items):
        """See `pool`. No more tasks are handed over than there are workers, so that few are under way at any time."""
        waiting, under_way = iter(items), self._items_of
        while True:
            with _while_scheduler_lives():
                for item in islice(waiting, max(0, self._places() - len(under_way))):
                    under_way[self._client.submit(_on_worker, function, *item, pure=False)] = item
                if not under_way:
                    return
                ready = self._ready(under_way)
                self._patience.look("" if ready else self._idleness(under_way))
            for future in ready:
                yield under_way.pop(future), self._outcome(future)

    def cancel(self):
        """Take back what has not come to an end."""
        if self._items_of:
            with suppress(OSError, CancelledError):  # of a scheduler that is gone
                self._client.cancel(list(self._items_of), force=True)

    def _places(self):
        """How many tasks there may be at a time: one for each worker, and one while there is none yet."""
        return max(1, len(self._client.nthreads()))

    def _idleness(self, futures):
        """Why no worker works on any of these; nothing if one does."""
        at_work = self._client.processing()
        if not {future.key for future in futures}.isdisjoint(chain.from_iterable(at_work.values())):
            return ""
        return "has workers, but they are busy, paused or ending" if at_work else "has no workers"

    def _ready(self, futures):
        import distributed

        try:
            return distributed.wait(list(futures), timeout=_POLL, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            return ()

    def _outcome(self, future):
        """What a task returned, or what became of it."""
        import distributed

        try:
            return future.result()
        except distributed.KilledWorker as error:
            return Outcome(problem=self._why_lost(error))
        except Exception as error:
            what = (str(error).strip().splitlines() or ["no more is known"])[0]
            return Outcome(problem=f"the worker could not do it: {type(error).__name__} ({what})")

    def _why_lost(self, error):
        events = [event for _, event in self._client.get_events(_LOST_MEMORY)]
        if any(event.get("worker") == error.last_worker.address for event in events):
            limit = _gigabytes(error.last_worker.memory_limit)
            return (
                f"not enough memory: it took more than a worker has, {limit}; expected larger workers, or --max-box 256"
            )
        times = error.allowed_failures + 1
        return (
            f"its worker was taken away or broke down {times} times while it worked on it; expected workers that stay"
        )


class Patience:
    """Says every minute what is waited for, and ends a run that waits too long.

    Parameters
    ----------
    timeout : float
        Minutes.
    """

    def __init__(self, timeout):
        self._timeout = timeout
        self._since = self._next_word = None

    def look(self, idleness):
        """Take notice of why no worker works at present; of nothing, if one does.

        Raises
        ------
        OccuPyError
            If that has been so for too long.
        """
        now = monotonic()
        if not idleness:
            self._since = None
        elif self._since is None:  # It may be the moment between two tasks.
            self._since, self._next_word = now, now
        elif now - self._since >= 60 * self._timeout:
            raise OccuPyError(
                f"no worker has worked for {self._timeout:g} minutes (--worker-timeout), since the Dask scheduler "
                f"{idleness}; what was made is kept, and --resume goes on"
            )
        elif now >= self._next_word:
            self._next_word = now + _BETWEEN_WORDS
            tell_aside(
                f"waiting for workers, {(now - self._since) / 60:.0f} of at most {self._timeout:g} minutes "
                f"(--worker-timeout): the Dask scheduler {idleness}"
            )


@contextmanager
def _while_scheduler_lives():
    try:
        yield
    except (OSError, CancelledError):
        raise OccuPyError("the Dask scheduler is gone; what was made is kept, and --resume goes on") from None


def _on_worker(function, *item):
    """In a worker: one map at a time, with as many threads as the worker has."""
    import distributed

    with _at_work:
        os.environ.setdefault(parallel.THREADS_VARIABLE, str(distributed.get_worker().state.nthreads))
        return function(*item)
