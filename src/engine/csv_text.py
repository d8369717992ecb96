"""Tables as comma-separated values, in which no name is a formula."""

import csv
import io

_MARKED = ("=", "+", "-", "@", "\t", "\r", "\n", "'")


def csv_text(rows):
    """Rows of cells as comma-separated values.

    Spreadsheets compute what begins like a formula, and names of files and chains may. Text that begins with = + - @,
    a tab, a line end or an apostrophe gets an apostrophe before it, which spreadsheets take for a mark of text; a
    reader takes the first apostrophe of a cell away. Numbers are as they are.

    Parameters
    ----------
    rows : iterable of sequences
        Cells are text, numbers, or None for nothing.

    Returns
    -------
    str
        With the line ends of the format, to be written as they are.
    """
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_no_formula(cell) for cell in row] for row in rows)
    return text.getvalue()


def _no_formula(cell):
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_MARKED) else cell
