"""What the parts of the documents share: tables, lists in words, and how a part is made again."""

from datetime import UTC, datetime


def table(titles, rows):
    """A table in Markdown.

    Parameters
    ----------
    titles : list of str
    rows : iterable of list of str
    """
    return "\n".join([head(titles), *map(row, rows)])


def head(titles):
    """The two lines with which a table begins."""
    return f"{row(titles)}\n{row(['---'] * len(titles))}"


def row(cells):
    """A line of a table."""
    return "| " + " | ".join(cells) + " |"


def marked(text, missed):
    """Text in bold where it misses what is wanted."""
    return f"**{text}**" if missed else text


def listed(texts):
    """One, two and three."""
    *first, last = texts
    return f"{', '.join(first)} and {last}" if first else last


def versions_text(versions):
    """Programs and packages with their versions, from a dict."""
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def origin(program, *notes):
    """Which program writes a part, how to run it, when it was run, and notes.

    Parameters
    ----------
    program : str
        Its name in `accuracy`.
    *notes : str
        Versions, and what is missing.
    """
    lines = [f"- {note}" for note in (f"Date: {datetime.now(UTC):%Y-%m-%d}", *notes)]
    return (
        f"This part is written by `benchmarks/accuracy/{program}.py`; to make it again:\n\n"
        f"```\npip install .\npython -m benchmarks.accuracy.{program}\n```\n\n" + "\n".join(lines)
    )
