"""Work over slabs of an array in threads: the one place that knows of threads.

NumPy and SciPy's FFTs release Python's global lock while they compute, so threads
use all processors without a copy of the map for each.
"""

import os
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from itertools import pairwise

THREADS_VARIABLE = "OCCUPY_THREADS"
"""Names the environment variable that holds the most threads to use: several processes share one machine so."""


def thread_count():
    """Number of threads to use: as many as processors that this process may use, or what the environment allows."""
    allowed = os.environ.get(THREADS_VARIABLE, "")
    processors = _processors()
    return min(int(allowed), processors) if allowed.isdecimal() and int(allowed) else processors


def _processors():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def slabs(length, thickness):
    """Slices of at most `thickness` that cover range(length), equal to within one."""
    count = max(1, -(-length // max(1, thickness)))
    bounds = [length * i // count for i in range(count + 1)]
    return [slice(a, b) for a, b in pairwise(bounds) if b > a]


def plane_slabs(shape, voxels=1 << 17):
    """Slabs along z of an array of this shape, each of about so many voxels.

    What is made for a slab then fits the processor's cache, and memory that one slab
    gives back serves the next.
    """
    plane = max(1, shape[1] * shape[2])
    per_thread = -(-shape[0] // thread_count())
    return slabs(shape[0], min(max(1, voxels // plane), per_thread))


class Planes:
    """What gives planes of a map when asked, made anew each time.

    Parameters
    ----------
    make : callable
        From a slice of planes to an array of them.
    """

    def __init__(self, make):
        self._make = make

    def __getitem__(self, planes):
        return self._make(planes)


def run(function, items, progress=None):
    """Call `function` on every item, in threads, and return the results in order.

    Parameters
    ----------
    function : callable
        Takes one item. It has to release the global lock to gain from threads.
    items : sequence
    progress : callable, optional
        Called in the calling thread with the fraction done. What it raises stops
        the work and is passed on.
    """
    items = list(items)
    threads = min(thread_count(), len(items))
    if threads <= 1:
        return _run_serially(function, items, progress)
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(function, item) for item in items]
        try:
            _follow(futures, progress)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [future.result() for future in futures]


def _run_serially(function, items, progress):
    results = []
    for item in items:
        results.append(function(item))
        if progress:
            progress(len(results) / len(items))
    return results


def _follow(futures, progress):
    """Wait for the futures, report the fraction done, raise the first exception."""
    pending = set(futures)
    while pending:
        done, pending = wait(pending, timeout=0.1, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
        if progress:
            progress(1 - len(pending) / len(futures))


class Progress:
    """Fractions of a whole job, made of stages with known shares.

    Parameters
    ----------
    report : callable or None
        Called with the fraction of the job done (0 to 1) and the name of the stage.
        It may raise `Cancelled` to stop the job.
    """

    def __init__(self, report=None):
        self._report = report
        self._done = 0.0

    def stage(self, name, share):
        """A callable for `run` that reports a stage taking `share` of the job."""
        start = self._done
        self._done = min(1.0, start + share)
        if self._report is None:
            return None
        self._report(start, name)
        return lambda fraction: self._report(start + share * fraction, name)

    def part(self, share):
        """A callable like `report` for work that takes this share of what is left of the job."""
        start = self._done
        length = share * (1 - start)
        self._done = start + length
        if self._report is None:
            return None
        return lambda fraction, name: self._report(start + length * fraction, name)

    def done(self):
        """Report that nothing is left to do."""
        if self._report is not None:
            self._report(1.0, "done")
