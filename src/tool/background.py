"""One piece of work at a time in a thread of its own, with progress and cancel."""

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, Queue

from ..engine.errors import Cancelled

_PATIENCE = 0.1
"""Seconds between looks, while work waits for the window, whether it has been cancelled."""


@dataclass(eq=False)
class _Run:
    """One piece of work; `fraction` and `stage` are set in its thread, `cancelled` in the window's."""

    title: str
    session: object
    fraction: float = 0.0
    stage: str = ""
    cancelled: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread = None

    def progress(self, fraction, stage):
        self.fraction, self.stage = fraction, stage
        self._check()

    def ask(self, function):
        """Call a function in the window's thread, from that of the work; returns or raises what it does."""
        answers = Queue()
        self.session.ui.thread_safe(_answer, function, answers)
        while True:
            self._check()
            with suppress(Empty):
                result, error = answers.get(timeout=_PATIENCE)
                if error is not None:
                    raise error
                return result

    def _check(self):
        if self.cancelled.is_set():
            raise Cancelled


def _answer(function, answers):
    try:
        answers.put((function(), None))
    except Exception as error:
        answers.put((None, error))


class Background:
    """Runs functions in a thread, one at a time; a new one takes the place of what is running.

    It begins when the thread of the earlier one has ended, cancelled or not, so that no two compute at once.

    Parameters
    ----------
    session : Session
    changed : callable
        Called in the window's thread whenever work begins and when all has ended.
    """

    def __init__(self, session, changed):
        self._session = session
        self._changed = changed
        self._current, self._latest = None, None

    @property
    def busy(self):
        """Whether work is under way that has not been cancelled."""
        return self._current is not None

    @property
    def progress(self):
        """Title, name of the stage and fraction done of what is running, or None."""
        run = self._current
        return None if run is None else (run.title, run.stage, run.fraction)

    def start(self, title, compute, done, failed, asks=False):
        """Run a function in the thread.

        Parameters
        ----------
        title : str
            What is being done, for the user.
        compute : callable
            Takes a progress callback, as the engine's functions do. It may not touch models or widgets.
        done : callable
            Called with the result, in the window's thread.
        failed : callable
            Called with the exception, in the window's thread. It is not called where the work was cancelled.
        asks : bool
            Whether `compute` takes a function too, with which it calls others in the window's thread.
        """
        earlier, run = self._latest, _Run(title, self._session)
        if earlier:
            earlier.cancelled.set()
        run.thread = threading.Thread(
            target=self._work, args=(run, compute, done, failed, asks, earlier), name=title, daemon=True
        )
        self._current = self._latest = run
        run.thread.start()
        self._changed()

    def cancel(self):
        """Stop the work as soon as it can be; what it would have led to does not happen."""
        if self._current:
            self._current.cancelled.set()
            self._current = None
            self._changed()

    def _work(self, run, compute, done, failed, asks, earlier):
        if earlier:
            earlier.thread.join()
        then, result = done, None
        try:
            run.progress(0.0, "")
            result = compute(run.progress, run.ask) if asks else compute(run.progress)
        except Cancelled:
            return
        except Exception as error:
            then, result = failed, error
        self._session.ui.thread_safe(self._end, run, then, result)

    def _end(self, run, then, result):
        if run is not self._current:
            return
        self._current = None
        self._changed()
        then(result)
