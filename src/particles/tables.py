"""Tables of particles as comma-separated values: the class of each or its posteriors, and the table with fewer rows.

The first line has headings. A column called map or class tells the class, as does the second of two columns; without
either, every column after the first holds posteriors, of the class that its heading names.
"""

import csv
from itertools import islice

import numpy as np

from ..engine.errors import OccuPyError
from .lines import lines_of
from .result import Particles

HEADINGS = ("map", "class")
"""Of the column that tells the class, in any letters."""

_CHUNK = 1 << 14


def read(path):
    """The particles of a table.

    Raises
    ------
    OccuPyError
        If it is no whole table of particles with classes.
    """
    with open(path, "rb") as file:
        rows = (row for row, _ in _rows(file, path))
        headings = next(rows)
        column = _class_column(headings, path)
        if column is None:
            return Particles.in_part(path, _posteriors(rows, headings, path))
        known = {}
        assigned = [known.setdefault(row[column].strip(), len(known)) for row in rows]
    if not assigned:
        raise OccuPyError(f"{path} has no particles")
    if "" in known:
        raise OccuPyError(f"particle {assigned.index(known['']) + 1} of {path} has no class; expected one for each")
    return Particles.in_classes(path, np.array(_as_classes(list(known)))[assigned])


def copy(path, keep, target):
    """Write the table without some of its particles, all else as it was.

    Parameters
    ----------
    path, target : Path
    keep : bool array, shape (particles,)

    Raises
    ------
    OccuPyError
        If the table has not as many particles any more.
    """
    count, wanted = 0, keep.tobytes()
    with open(path, "rb") as file, open(target, "wb") as written:
        rows = (lines for _, lines in _rows(file, path))
        written.write(next(rows))
        for count, lines in enumerate(rows, start=1):
            if wanted[count - 1 : count] == b"\1":
                written.write(lines)
    if count != len(keep):
        raise OccuPyError(f"{path} has {count} particles and had {len(keep)}; expected that it stays as it was read")


def _rows(file, path):
    """Rows of a table with the lines that they are made of, headings first; empty ones are left out."""
    raw = []
    try:
        width = None
        rows = filter(None, csv.reader(_text(lines_of(file, path), raw)))  # The lines of an empty one go with the next.
        for number, row in enumerate(rows):
            width = width or len(row)
            if len(row) != width:
                raise OccuPyError(
                    f"{path} has {len(row)} values in particle {number}; expected {width}, one for each heading: it is "
                    "not whole, or no table"
                )
            yield row, b"".join(raw)
            raw.clear()
    except csv.Error as error:
        raise OccuPyError(f"{path} is no table of comma-separated values: {error}") from None
    if width is None:
        raise OccuPyError(f"{path} is empty; expected a table with headings, such as particle,map")


def _text(lines, raw):
    for line in lines:
        raw.append(line)
        yield line.decode("utf-8-sig" if len(raw) == 1 else "utf-8")


def _class_column(headings, path):
    """The place of the column that tells the class; None where there are posteriors."""
    named = [i for i, heading in enumerate(headings) if heading.strip().lower() in HEADINGS]
    if len(named) == 1:
        return named[0]
    if len(named) > 1:
        raise OccuPyError(f"{path} has {len(named)} columns called {' or '.join(HEADINGS)}; expected one")
    if len(headings) < 2:
        raise OccuPyError(f"{path} has one column, {headings[0][:40]}; expected columns such as particle,map")
    if len(headings) > 2:
        return None
    if headings[1].strip().isdecimal():
        raise OccuPyError(
            f"the first line of {path}, {','.join(headings)[:40]}, is no headings; expected such as particle,map"
        )
    return 1


def _posteriors(rows, headings, path):
    """Classes and posteriors of particles, some at a time."""
    classes = _as_classes([heading.strip() for heading in headings[1:]])
    if len(set(classes)) < len(classes):
        raise OccuPyError(f"two columns of {path} have the same heading; expected a map or class each")
    number = 0
    while chunk := list(islice(rows, _CHUNK)):
        try:
            yield classes, np.array([row[1:] for row in chunk], float)
        except ValueError as error:
            raise OccuPyError(
                f"a posterior in {path} is no number ({error}); expected a column map or class, or posteriors in all "
                "columns after the first"
            ) from None
        number += len(chunk)
    if not number:
        raise OccuPyError(f"{path} has no particles")


def _as_classes(labels):
    """Numbers where all of them are, else names."""
    return [int(label) for label in labels] if all(label.isdecimal() for label in labels) else labels
