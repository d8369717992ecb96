"""Tables of results: in the log, and in files."""

from contextlib import suppress
from html import escape
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


def save_table(session, text, path):
    """Write a table, as comma-separated values with the line ends of that format, whole or not at all."""
    target = Path(path)
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        unfinished.write_text(text, encoding="utf-8", newline="")
        unfinished.replace(target)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise UserError(f"The table could not be saved as {path}: {error.strerror}") from None
    session.logger.info(f"Saved the table as {target}")
