"""What every subcommand does around the engine's work: many maps, one after another, and their common scale."""

from dataclasses import dataclass, field

from tqdm import tqdm

from ..engine.errors import OccuPyError
from ..engine.estimate import common_full_scale
from .maps import sample
from .report import tell, tell_failure


@dataclass(frozen=True)
class Done:
    """What work on one map has to tell: plain values, so that it may come from another process.

    Attributes
    ----------
    lines : list of str
    rows : list of dict
        Of a table over all maps.
    """

    lines: list
    rows: list = field(default_factory=list)


class Batch:
    """Maps to work on; one that fails is told of and does not keep the others from theirs.

    Parameters
    ----------
    maps : list of str
        Files and EMDB entries.
    files_of : callable, optional
        Takes one of the maps and returns the files that will be made of it (`RunFiles` or
        `ReportFiles`); raises `OccuPyError` if they may not. All are asked for before any work.

    Attributes
    ----------
    planned : list of tuple (str, files or None)
    failed : bool
        Whether a map failed so far.
    problems : dict of str to str
        Why maps failed, in sentences.
    """

    def __init__(self, maps, files_of=lambda source: None):
        self.failed = False
        self.problems = {}
        self.planned = []
        taken = {}
        for source in maps:
            try:
                self.planned.append((source, _not_taken(files_of(source), source, taken)))
            except OccuPyError as error:
                self._fail(error, source)

    def run(self, work):
        """Work on every map and tell of it.

        Parameters
        ----------
        work : callable
            Takes a map and its files and returns what was `Done`.

        Returns
        -------
        list of tuple (str, Done)
            Of the maps that did not fail.
        """
        done = []
        for source, files in tqdm(self.planned, desc="maps", unit="map", disable=len(self.planned) < 2):
            try:
                found = work(source, files)
            except (OccuPyError, MemoryError) as error:
                self._fail(error, source)
            else:
                if found.lines:
                    tell(found.lines)
                done.append((source, found))
        return done

    def with_common_scale(self, settings, wanted, voxel_size=None):
        """Settings of estimation, with the full scale of the strongest of the maps where that is wanted."""
        if not wanted or not self.planned or settings.get("full_scale") is not None:
            return settings
        maps = (sample(source, voxel_size) for source, _ in self.planned)
        full_scale = common_full_scale(((m.density, m.voxel_size) for m in maps), **settings)
        return settings | {"full_scale": full_scale}

    @property
    def status(self):
        """The exit status of the program."""
        return int(self.failed)

    def _fail(self, problem, source):
        tell_failure(problem, source)
        self.problems[source] = str(problem)
        self.failed = True


def _not_taken(files, source, taken):
    """The files, if none of them is that of another map."""
    paths = files.paths if files else []
    for path in paths:
        if path in taken:
            raise OccuPyError(f"{path} would be written for {taken[path]} and {source}; give them other names")
    taken |= dict.fromkeys(paths, source)
    return files
