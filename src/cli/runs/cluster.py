"""A Dask cluster on this computer, for one run: nobody else can reach it, and its workers are started until they stay.

This module is only imported where there are workers, as Dask takes a second to load.
"""

import asyncio
import logging
import multiprocessing
import signal
from contextlib import contextmanager

import dask
import distributed

_STARTS_ALLOWED = 4
_HOST = "127.0.0.1"
_KEEPING_LITTLE = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.low-level-log-length": 100,
    "distributed.admin.system-monitor.log-length": 100,
}
"""Settings of Dask, so that memory does not grow with the maps: else it keeps a profile of every second of work, and
logs that are full after a thousand tasks or an hour."""


class _WithoutPages:
    """Of a scheduler or worker: without its web pages, which would be for everybody on this computer to read."""

    def start_http_server(self, *_, **__):
        """Dask has no setting for it."""


class Scheduler(_WithoutPages, distributed.Scheduler):
    """Dask's scheduler."""


class Worker(_WithoutPages, distributed.Worker):
    """Dask's worker, silent; Ctrl-C, which reaches all processes of a terminal, is not for it to decide on."""

    def __init__(self, *arguments, **options):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        logging.disable(logging.CRITICAL)
        super().__init__(*arguments, **options)


class Nanny(distributed.Nanny):
    """Dask's process that watches a worker; one that dies while it starts is started again, as one that dies later."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._starting, self._deaths = asyncio.Lock(), 0

    async def instantiate(self):
        """Start the worker, unless it is there: older versions of Dask ask for it once more when it has died."""
        if hasattr(signal, "pthread_sigmask"):
            # What this thread starts inherits it, and so is deaf to Ctrl-C before it can say so itself.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        async with self._starting:
            while self._deaths < _STARTS_ALLOWED:
                if (status := await super().instantiate()) == distributed.Status.running:
                    self._deaths = 0
                    return status
                self._deaths += 1
        raise RuntimeError(f"{_STARTS_ALLOWED} processes died while they started, one after another")


@contextmanager
def local_client(count, memory_limit, variables, losses_allowed):
    """A client of a scheduler and of workers of its own.

    Parameters
    ----------
    count : int
        Workers, each a process of one thread.
    memory_limit : int
        Of each, in bytes.
    variables : dict of str to str
        The environment that they find when they start.
    losses_allowed : int
        How many workers may be lost while they work on one task.

    Yields
    ------
    distributed.Client

    Raises
    ------
    OSError, RuntimeError
        If workers do not start.
    """
    security = distributed.Security.temporary()
    of_all = {"host": _HOST, "protocol": "tls://", "security": security}
    of_worker = {"nthreads": 1, "memory_limit": memory_limit, "worker_class": Worker}
    # The first lock has multiprocessing start a process of its own, which leaves no signal blocked in the thread that
    # does so: that is this one rather than that of `Nanny`.
    multiprocessing.get_context("spawn").Lock()
    with (
        dask.config.set(_settings(variables, losses_allowed)),
        distributed.SpecCluster(
            scheduler={"cls": Scheduler, "options": {"port": 0, "dashboard": False} | of_all},
            security=security,
        ) as cluster,
    ):
        # Not by the constructor: interrupted there, it would leave processes behind.
        cluster.worker_spec.update({name: {"cls": Nanny, "options": of_all | of_worker} for name in range(count)})
        cluster.sync(_ready, cluster)
        with distributed.Client(cluster) as client:
            yield client


async def _ready(cluster):
    """Wait until the workers are there. Ctrl-C ends the waiting, not their start: only what is there can be ended."""

    async def ready():
        await cluster

    await asyncio.shield(ready())


def _settings(variables, losses_allowed):
    of_memory = dict.fromkeys(("target", "spill", "pause"), False)
    return (
        _KEEPING_LITTLE
        | {"distributed.nanny.pre-spawn-environ": variables, "distributed.scheduler.allowed-failures": losses_allowed}
        | {f"distributed.worker.memory.{name}": value for name, value in of_memory.items()}
    )
