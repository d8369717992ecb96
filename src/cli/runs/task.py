"""One map of a run: what is done with it, and what comes of it, in plain values that another process can send."""

import traceback
from dataclasses import dataclass, field
from time import perf_counter

from ...engine.errors import OccuPyError
from ..report import DiskFull, sentence_of
from .resume import facts_of, record_of_run, rows_of, stamp_of


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


@dataclass(frozen=True)
class Outcome:
    """What came of one map.

    Attributes
    ----------
    value : Done or other plain value, or None
        What the work returned; None where it failed.
    problem : str
        Why it failed, in one sentence; else empty.
    facts : dict
        See `resume.facts_of`; empty where nothing was made.
    seconds : float or None
        None where it was not made in this run.
    disk_full : bool
        Whether no other map would fare better.
    """

    value: object = None
    problem: str = ""
    facts: dict = field(default_factory=dict)
    seconds: float | None = None
    disk_full: bool = False


def kept(source, files, record, why):
    """The outcome of a map whose files are there, as its record tells."""
    lines = [] if files.silent else [f"{source}", f"  kept      {why}"]
    return Outcome(Done(lines, rows_of(record)), facts=facts_of(record))


def attempt(source, files, *, work, run, forgiving=True):
    """Work on one map, whatever comes of it.

    Parameters
    ----------
    source : str
    files : RunFiles, ReportFiles or None
    work : callable
        Takes both and returns `Done`.
    run : str
        A name that no other run has.
    forgiving : bool
        Whether even a mistake of the program fails this map only.

    Returns
    -------
    Outcome
    """
    begin = perf_counter()
    try:
        if files is not None:
            files.stamp = stamp_of(source, files, work, run)
        value = work(source, files)
    except (OccuPyError, MemoryError) as error:
        return Outcome(problem=sentence_of(error), disk_full=isinstance(error, DiskFull))
    except Exception as error:
        if not forgiving:
            raise
        return Outcome(problem=_unforeseen(error))
    facts = {}
    if files is not None and files.written:
        facts, files.written, files.stamp = facts_of(files.written), None, None
    return Outcome(value, facts=facts, seconds=perf_counter() - begin)


def attempt_once(source, files, *, work, run, forgiving=True):
    """As `attempt`, where another process that was killed may have done so before it, wholly or in part."""
    record = None if files is None else record_of_run(files, run)
    if record is not None:
        return kept(source, files, record, "made by a worker that was lost before it could tell")
    if files is not None:
        files.replace_all()
    return attempt(source, files, work=work, run=run, forgiving=forgiving)


def _unforeseen(error):
    """A sentence on a mistake of the program, which should not keep other maps from their outputs."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    what = (str(error).strip().splitlines() or ["no more is known"])[0]
    where = f"{place.filename.rpartition('/')[2]}, line {place.lineno}"
    return f"a mistake in the program, please report it: {type(error).__name__} ({what}) in {where}"
