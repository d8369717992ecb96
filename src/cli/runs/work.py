"""What every subcommand does around the engine's work: many maps, their common scale, and the summary of them."""

import uuid
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain

from tqdm import tqdm

from ...engine.errors import OccuPyError
from ...engine.scale.estimate import common_full_scale
from ..files.maps import sample
from ..files.outputs import folder_of
from ..files.staging import recover
from ..report import DiskFull, sentence_of, tell, tell_failure
from .resume import kept_record, record_of_run, stamp_of
from .running import Running
from .summary import NoSummary, Summary
from .task import Done, Outcome, attempt, attempt_once, kept
from .workers import pool

__all__ = ["Batch", "Done"]

_SAME = "it was made with the same settings from the same file"


class Batch:
    """Maps to work on; one that fails is told of and does not keep the others from theirs.

    Parameters
    ----------
    maps : list of str
        Files and EMDB entries.
    files_of : callable, optional
        Takes one of the maps and returns the files that will be made of it (`RunFiles` or
        `ReportFiles`); raises `OccuPyError` if they may not. All are asked for before any work.
    running : Running, optional
        Which workers do it, what is kept, where the summary is.
    summarized : bool
        Whether there is a summary, if there are several maps.
    results : sequence of Path
        Files that will be made of all maps together.

    Attributes
    ----------
    planned : list of tuple (str, files or None)
    failed : bool
        Whether a map failed so far.
    problems : dict of str to str
        Why maps failed, in sentences.
    """

    def __init__(self, maps, files_of=lambda source: None, running=None, summarized=True, results=()):
        self.failed = False
        self.problems = {}
        self.planned = []
        self._running = running or Running()
        self._run = uuid.uuid4().hex
        self._order = {source: number for number, source in enumerate(maps)}
        self._several = len(maps) > 1
        self._stack, self._do = ExitStack(), None
        self._summary = self._planned_summary(maps, results) if self._several and summarized else NoSummary()
        self._plan(maps, files_of)

    def run(self, work):
        """Work on every map and tell of it.

        Parameters
        ----------
        work : callable
            Takes a map and its files and returns what was `Done`.

        Returns
        -------
        list of tuple (str, Done)
            Of the maps that did not fail, in the order of the maps: rows only, as the lines have been told.

        Raises
        ------
        DiskFull
            Where there is no room for more. What was made before is there.
        """
        done = {}
        try:
            if not self.planned:
                return []
            with self._summary.alone(), self._stack, self._outcomes(work) as outcomes, self._summary.begun() as summary:
                for source, problem in self.problems.items():
                    summary.add(source, None, Outcome(problem=problem))
                for (source, files), outcome in outcomes:
                    summary.add(source, files, outcome)
                    self._take(source, outcome, done)
        except KeyboardInterrupt as stop:
            raise type(stop)(self._stopped("stopped", done)) from None
        return sorted(done.items(), key=lambda item: self._order[item[0]])

    def _take(self, source, outcome, done):
        if outcome.disk_full and not self._several:
            raise DiskFull(outcome.problem)
        if outcome.problem:
            self._fail(outcome.problem, source)
        else:
            if outcome.value.lines:
                tell(outcome.value.lines)
            done[source] = replace(outcome.value, lines=[])
        if outcome.disk_full:
            raise DiskFull(self._stopped("there is no room for more", done))

    def _stopped(self, why, done):
        """A sentence, in which maps count whose files were written but of which it was not told any more."""
        untold = [(source, files) for source, files in self.planned if files and source not in done]
        written = [source for source, files in untold if record_of_run(files, self._run)]
        if self._several:
            count = len(done) + len(written)
            return f"{why}; {count} of {len(self._order)} maps are done, and --resume goes on with the others"
        return f"{why}; {'all files of the map were written before' if written else 'nothing more was written'}"

    def with_common_scale(self, settings, wanted, voxel_size=None):
        """Settings of estimation, with the full scale of the strongest of the maps where that is wanted."""
        if not wanted or not self.planned or settings.get("full_scale") is not None:
            return settings
        work = partial(_full_scale, voxel_size=voxel_size, settings=settings)
        attempted = partial(attempt, work=work, run=self._run, forgiving=self._several)
        found = {}
        with ExitStack() as on_failure:
            on_failure.callback(self._stack.close)
            for (source, _), outcome in self._begun_pool()(attempted, [(source, None) for source, _ in self.planned]):
                if outcome.problem:
                    self._fail(outcome.problem, source)
                else:
                    found[source] = outcome.value
            on_failure.pop_all()
        self.planned = [(source, files) for source, files in self.planned if source in found]
        return settings | ({"full_scale": max(found.values())} if found else {})

    def check_apart(self, paths):
        """Raise `OccuPyError` where one of these is a file of one of the maps or of the summary."""
        planned = {path for _, files in self.planned if files for path in files.paths} | set(self._summary.paths)
        for path in paths:
            if path in planned:
                raise OccuPyError(f"{path} is a file of the run itself; give the table a name of its own")

    @property
    def status(self):
        """The exit status of the program."""
        return int(self.failed)

    @contextmanager
    def _outcomes(self, work):
        """What comes of each map: first those that are kept, then the others as they are done."""
        keeping, left = self._divided(work)
        once = attempt if self._in_this_process else attempt_once
        attempted = partial(once, work=work, run=self._run, forgiving=self._several)
        made = self._begun_pool()(attempted, left) if left else ()
        bar = tqdm(chain(keeping, made), "maps", len(self.planned), unit="map", disable=len(self.planned) < 2)
        with closing(bar):
            yield bar

    def _divided(self, work):
        """Maps that are kept, with their outcomes, and those to be made."""
        keeping, left = [], []
        for source, files in self.planned:
            asked = files is not None and self._running.resume
            record = kept_record(files, stamp_of(source, files, work, self._run)) if asked else None
            if record is None:
                left.append((source, files))
            else:
                keeping.append(((source, files), kept(source, files, record, _SAME)))
        return keeping, left

    @property
    def _in_this_process(self):
        return not (self._running.elsewhere or self._running.workers)

    def _begun_pool(self):
        """The function that has the work done, here or by workers, which end with the run."""
        if self._do is None:
            self._do = self._stack.enter_context(pool(self._running, [source for source, _ in self.planned]))
        return self._do

    def _planned_summary(self, maps, results):
        folder = folder_of(maps[0], self._running.output_dir)
        return Summary(folder, self._running.command, len(maps), self._running.overwrite, results)

    def _plan(self, maps, files_of):
        """Settle on the files of each map, without what killed processes have left of them."""
        asked, taken = [], {}
        for source in maps:
            with self._forgiven(source):
                asked.append((source, files_of(source)))
        paths = [files.paths for _, files in asked if files]
        recover(paths)
        self._stack.callback(recover, paths)  # of workers that are killed
        for source, files in asked:
            with self._forgiven(source):
                self._check(files, source, taken)
                self.planned.append((source, files))

    @contextmanager
    def _forgiven(self, source):
        try:
            yield
        except OccuPyError as error:
            self._fail(error, source)

    def _check(self, files, source, taken):
        """Raise `OccuPyError` where the files of a map may not be written, or one of them is that of another map."""
        if files is None:
            return
        if not self._running.figures:
            files.figure = None
        files.arguments = self._running.arguments_of(source)
        files.check_absent()
        for path in files.paths:
            if path in taken:
                raise OccuPyError(f"{path} would be written for {taken[path]} and {source}; give them other names")
        taken |= dict.fromkeys(files.paths, source)

    def _fail(self, problem, source):
        tell_failure(problem, source)
        self.problems[source] = sentence_of(problem)
        self.failed = True


def _full_scale(source, _, *, voxel_size, settings):
    """The full scale of one map."""
    sampled = sample(source, voxel_size)
    return common_full_scale([(sampled.density, sampled.voxel_size)], **settings)
