"""Lines of text files, as bytes: with their ends, and of UTF-8."""

from ..engine.errors import OccuPyError

_BLOCK, _LONGEST = 1 << 22, 1 << 20
"""Bytes that are read at once, and of a line; what has longer ones is no table."""


def lines_of(file, path):
    """The lines of a binary file from where it is, each with its end.

    Parameters
    ----------
    file : binary file
    path : Path
        How to call it.

    Raises
    ------
    OccuPyError
        If a line is no text in UTF-8, or is longer than lines of tables are.
    """
    while block := file.read(_BLOCK):
        if not block.endswith(b"\n"):
            rest = file.readline(_LONGEST)
            if len(rest) == _LONGEST:
                raise OccuPyError(f"a line of {path} has more than {_LONGEST} bytes; expected a table as text")
            block += rest
        _check_text(block, path)
        yield from block.splitlines(keepends=True) if b"\r" not in block else _split(block)


def _split(block):
    """Lines that may hold carriage returns, which end none."""
    *whole, last = block.split(b"\n")
    yield from (line + b"\n" for line in whole)
    if last:
        yield last


def _check_text(block, path):
    if b"\0" in block:
        raise OccuPyError(f"{path} is not text; expected a table as text")
    try:
        if not block.isascii():
            block.decode("utf-8")
    except UnicodeDecodeError as error:
        raise OccuPyError(f"{path} is not UTF-8 ({error.reason}); expected a table as text in UTF-8") from None
