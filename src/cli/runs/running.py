"""How a run over maps goes: where its summary is, what is made anew, and on which workers."""

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...engine.errors import OccuPyError
from ..arguments import WORKER_TIMEOUT
from ..files import emdb


@dataclass(frozen=True)
class Running:
    """How a run goes, whatever its subcommand is.

    Attributes
    ----------
    command : str
        The subcommand, after which the summary is named.
    output_dir : Path or None
    overwrite : bool
    workers : int or None
        Processes that each work on one map at a time; None is this process.
    scheduler : str or None
        Address of a Dask scheduler that runs already.
    scheduler_file : Path or None
        File that such a scheduler wrote its address to.
    worker_timeout : float
        Minutes after which a run ends on which no worker works.
    resume : bool
        Keep what was made already with the same settings from the same files.
    figures : bool
    arguments : list of str
        Of a run over several maps, what the program was called with, but for the maps.
    """

    command: str = "maps"
    output_dir: Path | None = None
    overwrite: bool = False
    workers: int | None = None
    scheduler: str | None = None
    scheduler_file: Path | None = None
    worker_timeout: float = WORKER_TIMEOUT
    resume: bool = False
    figures: bool = True
    arguments: list = field(default_factory=list)

    def arguments_of(self, source):
        """What the program would have been called with for one of several maps; None for a map that is alone."""
        return [*self.arguments[:1], source, *self.arguments[1:]] if self.arguments else None

    @property
    def elsewhere(self):
        """Whether other processes, which may have other folders, do the work."""
        return bool(self.scheduler or self.scheduler_file)


def with_running(command, values):
    """The values of a subcommand's options with those on the run put together.

    Parameters
    ----------
    command : str
    values : dict
        Those that `arguments.add_running` adds are taken out.

    Returns
    -------
    dict
    """
    if "resume" not in values:
        return values
    own = {name: values.pop(name) for name in _OF_RUN}
    if own["resume"] and "overwrite" in values:
        values["overwrite"] = True  # What is made anew takes the place of what was there.
    shared = {name: values[name] for name in ("output_dir", "overwrite") if name in values}
    running = Running(command, **shared, **own, arguments=_without(values["maps"]))
    if running.elsewhere:
        values = {name: _absolute(value) for name, value in values.items()}
        for name in {"maps", "reference_maps"} & values.keys():
            values[name] = [_absolute_map(source) for source in values[name]]
        values["output_dir"] = _folder_of_all(values["maps"], values.get("output_dir"))
        running = replace(running, output_dir=values["output_dir"])
    return values | {"running": running}


_OF_RUN = ("workers", "scheduler", "scheduler_file", "worker_timeout", "resume", "figures")


def _without(maps):
    """The program's arguments without the maps, if there are several: all in the record of each would be too many."""
    left = set(maps)
    return [text for text in sys.argv[1:] if text not in left] if len(maps) > 1 else []


def _absolute(value):
    """Paths as they are known on other computers too."""
    if isinstance(value, list):
        return [_absolute(one) for one in value]
    return value.absolute() if isinstance(value, Path) else value


def _absolute_map(source):
    return source if emdb.is_entry(source) else str(Path(source).absolute())


def _folder_of_all(maps, output_dir):
    """The folder of the outputs; the current one is no folder to workers that began in another."""
    entries = [source for source in maps if emdb.is_entry(source)]
    if output_dir is not None or not entries:
        return output_dir
    if len(entries) < len(maps):
        raise OccuPyError("there are files and EMDB entries among the maps; with a scheduler, expected --output-dir")
    return Path.cwd()
