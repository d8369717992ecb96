"""Tables of results: in the log, and in files."""

from contextlib import suppress
from html import escape
from json import dumps
from pathlib import Path

from chimerax.core.errors import UserError

MOST_ROWS = 60
"""Rows of a table in the log."""


def html_table(headings, rows):
    """A table for the log, cut short with a line on what saves all of it.

    Parameters
    ----------
    headings : sequence of str
    rows : sequence of sequence of str
        HTML of the cells.
    """
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows[:MOST_ROWS])
    more = f"{len(rows) - MOST_ROWS} more; saveFile saves all" if len(rows) > MOST_ROWS else ""
    return f"<table border=1 cellpadding=4 cellspacing=0><tr>{head}</tr>{body}</table>{more}"


def save_table(session, csv_text, found, path):
    """Write a table to a file, whole or not at all.

    Parameters
    ----------
    session : Session
    csv_text : str
        The table as comma-separated values, with the line ends of that format.
    found : list or dict
        The same as JSON holds it, for a file whose name ends so.
    path : str
    """
    target = Path(path)
    text = dumps(found, indent=1) if target.suffix.lower() == ".json" else csv_text
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        unfinished.write_text(text, encoding="utf-8", newline="")
        unfinished.replace(target)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise UserError(f"The table could not be saved as {path}: {error.strerror}") from None
    session.logger.info(f"Saved the table as {target}")
