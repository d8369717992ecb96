"""Work over slabs of an array in threads: the one place that knows of threads.

NumPy and SciPy's FFTs release Python's global lock while they compute, so threads
use all processors without a copy of the map for each.
"""

import os
from collections import deque
from itertools import pairwise
from threading import Thread
from time import monotonic

THREADS_VARIABLE = "OCCUPY_THREADS"
"""Names the environment variable that holds the most threads to use: several processes share one machine so."""


_BETWEEN_REPORTS = 0.05
"""Seconds, at least."""


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
    work = _Work(function, items)
    helpers = []
    try:
        for _ in range(min(thread_count(), len(items)) - 1):
            helper = Thread(target=work.help)
            helper.start()
            helpers.append(helper)
        work.go_on(progress)
    finally:
        work.stop()
        for helper in helpers:
            helper.join()
    if work.error is not None:
        raise work.error
    if progress and items:
        progress(1.0)
    return work.results


class _Work:
    """Items that the calling thread and its helpers take one by one."""

    def __init__(self, function, items):
        self.results, self.error = [None] * len(items), None
        self._function, self._items = function, items
        self._waiting = deque(range(len(items)))

    def go_on(self, progress=None):
        """Work until nothing is left, and report the fraction that was taken, now and then."""
        reported = monotonic()
        while self._waiting:
            try:
                place = self._waiting.popleft()
            except IndexError:  # Another thread was faster.
                return
            self.results[place] = self._function(self._items[place])
            if progress and monotonic() - reported > _BETWEEN_REPORTS:
                progress(1 - len(self._waiting) / len(self._items))
                reported = monotonic()

    def help(self):
        """Work in a thread of its own, whose error is kept for the calling one."""
        try:
            self.go_on()
        except BaseException as error:
            self.error = error
            self.stop()

    def stop(self):
        """Leave what has not been begun."""
        self._waiting.clear()


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
