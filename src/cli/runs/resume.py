"""What the record of a map tells of the run that made it: whether its files are whole, and made as they would be."""

import hashlib
import json
from dataclasses import asdict, is_dataclass
from functools import partial
from math import nan
from pathlib import Path

from ... import __version__
from ..files import emdb
from ..files.fingerprints import matches, state

_NUMBERS = ("occupancy", "standard_error", "b_shift", "b_shift_error", "correlation")


def stamp_of(source, files, work, run):
    """What the record says of a run: what of the map's files tells whether they would be made the same again.

    Parameters
    ----------
    source : str
        A map. An entry of the EMDB is taken to stay as it is.
    files : RunFiles or ReportFiles
        Which may have settings of their own.
    work : partial
        What is done with it: its keywords are the settings, in which files count by name, size and time.
    run : str
        A name that no other run has.

    Returns
    -------
    dict
    """
    of_map = None if emdb.is_entry(source) else state(Path(source))
    return {"id": run, "input": of_map, "settings": _digest(work, files.own_settings)}


def _digest(work, own):
    function, keywords = (work.func, work.keywords) if isinstance(work, partial) else (work, {})
    text = json.dumps([__version__, function.__name__, _plain(keywords | own)], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def _plain(value):
    """Settings as JSON holds them, files with their state."""
    if is_dataclass(value):
        value = asdict(value)
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return [value.name, state(value)]
    return value if isinstance(value, str | bool | int | float | None) else repr(value)


def kept_record(files, stamp):
    """The record of files that are there, whole, and were made as they would be now; None where they are not.

    Parameters
    ----------
    files : RunFiles or ReportFiles
    stamp : dict
        As `stamp_of` makes now.

    Returns
    -------
    dict or None
    """
    record = _record(files)
    run = record.get("run", {})
    same = all(run.get(name) == stamp[name] for name in ("input", "settings"))
    return record if same and _are_whole(files, run.get("files", {})) else None


def record_of_run(files, run):
    """The record of files that this very run has made already, whole; None where there are none."""
    record = _record(files)
    found = record.get("run", {})
    return record if found.get("id") == run and _are_whole(files, found.get("files", {})) else None


def _record(files):
    try:
        record = json.loads(files.record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _are_whole(files, known):
    others = [path for path in files.paths if path != files.record]
    return all(path.name in known and matches(path, known[path.name]) for path in others)


def facts_of(record):
    """What a summary tells of a map, from its record.

    Returns
    -------
    dict
        With full_scale, solvent_mean, solvent_sigma, None where they are not known, and warnings.
    """
    limits = record.get("limits", {})
    facts = {name: limits.get(name) for name in ("full_scale", "solvent_mean", "solvent_sigma")}
    return facts | {"warnings": [*_of_both(record, "warnings")]}


def rows_of(record):
    """Rows of the table over all maps, from the record of one."""
    return [
        {name: nan if value is None and name in _NUMBERS else value for name, value in row.items()}
        for row in record.get("refinement", {}).get("rows", [])
    ]


def _of_both(record, name):
    for part in (record, record.get("modification", {}), record.get("refinement", {})):
        yield from part.get(name) or []
