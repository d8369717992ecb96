"""RELION's star files of particles: the class of each, and the same file without some of them.

Lines are kept as the bytes that they are: no number is written anew, and optics groups, comments and all other blocks
stay. The rules are RELION's: a particle is a line with as many values as the loop has labels, values end at white
space unless they are quoted, and an empty line ends the loop.
"""

import re
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np

from ..engine.errors import OccuPyError
from .lines import lines_of
from .result import Particles

BLOCKS = (b"particles", b"images", b"")
"""Names of the blocks that hold particles, of RELION 3.1 and later, of 3.0 and of older ones."""

LABEL = b"_rlnClassNumber"

_VALUE = re.compile(rb"""'(?:[^']|'(?=\S))*'(?=\s|$)|"(?:[^"]|"(?=\S))*"(?=\s|$)|\S+""")


@dataclass(frozen=True)
class _Loop:
    """Where the particles of a file are.

    Attributes
    ----------
    first : int
        How many lines are before them.
    width, column : int
        How many values a particle has, and which of them is the class.
    """

    first: int
    width: int
    column: int


def read(path):
    """The particles of a star file.

    Raises
    ------
    OccuPyError
        If it is not a whole star file of particles with class numbers.
    """
    known, numbers = {}, []
    with open(path, "rb") as file:
        loop, lines = _loop_in(lines_of(file, path), path)
        for _, values in _rows(lines, loop, path):
            if values is None:
                continue
            text = values[loop.column]
            if text not in known:
                known[text] = _class_number(text, len(numbers) + 1, path)
            numbers.append(known[text])
        _check_rest(lines, len(numbers), path)
    if not numbers:
        raise OccuPyError(f"{path} has no particles")
    return Particles.in_classes(path, np.array(numbers))


def copy(path, keep, target):
    """Write the file without some of its particles.

    Parameters
    ----------
    path, target : Path
    keep : bool array, shape (particles,)

    Raises
    ------
    OccuPyError
        If the file has not as many particles any more.
    """
    with open(path, "rb") as file, open(target, "wb") as written:
        loop, _ = _loop_in(lines_of(file, path), path)
        file.seek(0)
        lines = lines_of(file, path)
        written.writelines(islice(lines, loop.first))
        written.writelines(_kept(lines, keep.tolist(), path))
        written.writelines(lines)


def _kept(lines, keep, path):
    """Lines of particles to keep, comments among them and the line that follows: they have been checked before."""
    count = 0
    for line in lines:
        if line.isspace() or line.startswith((b"data_", b"loop_")):
            break
        if b"#" in line and line.lstrip().startswith(b"#"):
            yield line
        else:
            if count < len(keep) and keep[count]:
                yield line
            count += 1
    else:
        line = b""
    if count != len(keep):
        raise OccuPyError(f"{path} has {count} particles and had {len(keep)}; expected that it stays as it was read")
    yield line


def _loop_in(lines, path):
    """The loop of the particles, and the lines from the first of these on."""
    for block, labels, first, line in _loops(lines):
        if block in BLOCKS and LABEL in labels:
            return _Loop(first, len(labels), labels.index(LABEL)), chain([line], lines)
    raise OccuPyError(
        f"{path} has no column {LABEL.decode()} of particles; expected a star file with it in a block data_particles, "
        "data_images or data_, as a 3D classification writes it"
    )


def _loops(lines):
    """The name of the block of each loop, its labels, how many lines are before its rows, and the next line."""
    block, labels, number = None, None, -1
    for number, line in enumerate(lines):
        start = _first_word(line)
        if labels and not start.startswith((b"_", b"#", b";")):
            yield block, labels, number, line
            labels = None
        if start.startswith(b"data_"):
            block = start[len(b"data_") :]
        elif start.startswith(b"loop_"):
            labels = []
        elif labels is not None and start.startswith(b"_"):
            labels.append(start)
    if labels:
        yield block, labels, number + 1, b"\n"


def _first_word(line):
    """That of an empty line is like that of a comment."""
    return (line.split(maxsplit=1) or [b"#"])[0]


def _rows(lines, loop, path):
    """Lines of the loop with the values of a particle; None beside a comment and the line that ends the loop."""
    line = b"\n"
    for number, line in enumerate(lines, start=1):
        values = line.split()
        if len(values) != loop.width or b'"' in line or b"'" in line or values[0].startswith(b"#"):
            if not values or values[0].startswith((b"data_", b"loop_")):
                yield line, None
                return
            values = _values(line)
            if values and len(values) != loop.width:
                raise OccuPyError(
                    f"{path} has {len(values)} values in particle {number}; expected {loop.width}, one for each "
                    "column: it is not whole, or no star file"
                )
        yield line, values or None
    if not line.endswith(b"\n"):
        raise OccuPyError(f"{path} ends in the middle of a line, that of its last particle; expected a whole file")


def _values(line):
    """Values that may be quoted, up to a comment."""
    values = _VALUE.findall(line)
    comment = next((i for i, value in enumerate(values) if value.startswith(b"#")), len(values))
    return values[:comment]


def _class_number(text, number, path):
    try:
        value = float(text.strip(b"'\""))
        if value != int(value):
            raise ValueError
    except (ValueError, OverflowError):
        shown = text.decode(errors="replace")
        raise OccuPyError(f"the class of particle {number} of {path} is {shown}; expected a whole number") from None
    return int(value)


def _check_rest(lines, count, path):
    """Raise `OccuPyError` where the loop goes on after the empty line that ends it."""
    for line in lines:
        start = _first_word(line)
        if start.startswith((b"data_", b"loop_", b"_")):
            return
        if not start.startswith(b"#"):
            raise OccuPyError(
                f"{path} goes on after the empty line that follows particle {count}, where RELION stops; expected no "
                "empty line among the particles"
            )
