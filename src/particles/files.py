"""Any file of particles, by its ending or what is in it: read, and written in part."""

from contextlib import suppress
from pathlib import Path

import numpy as np

from ..engine.errors import OccuPyError
from . import cryosparc, star, tables

KINDS = {".star": star, ".cs": cryosparc, ".csv": tables}
"""The module for files of each ending."""

INDICES = ".txt"
"""The ending of a list of particles: their places in the file, from 0, one a line."""

_PICKLES = (".pkl", ".pickle")


def read_particles(path):
    """The particles of a file and their classes.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Particles

    Raises
    ------
    OccuPyError
        If the file cannot be read, is not whole, is a pickle, or tells no classes.
    """
    path = Path(path)
    try:
        return _kind_of(path).read(path)
    except OSError as error:
        raise OccuPyError(f"{path} cannot be read: {error.strerror or error}") from None


def class_of(text):
    """A class that somebody types, as it is in files: a number where it is one, else a name."""
    return int(text) if text.isdecimal() else text


def check_target(path, target):
    """Raise `OccuPyError` where particles of a file cannot be written to one of this name."""
    if target.resolve() == path.resolve():
        raise OccuPyError(f"{target} is the file of all particles; expected another for some of them")
    expected = [path.suffix.lower() or ".csv", INDICES]
    if target.suffix.lower() not in expected:
        raise OccuPyError(
            f"{target} is no name for particles of {path.name}; expected one that ends with {' or '.join(expected)}"
        )


def write_particles(particles, keep, target, place=None):
    """Write some of the particles, all else of their file as it is; whole or not at all.

    Parameters
    ----------
    particles : Particles
    keep : bool array, shape (particles,)
    target : Path
        A file of the same kind, or .txt for places in the file, from 0, one a line.
    place : Path, optional
        Where to write it instead, for who moves it to its place.

    Raises
    ------
    OccuPyError
        If the name is not that of such a file, it cannot be written, or the file of all particles has changed since it
        was read.
    """
    target = Path(target)
    check_target(particles.path, target)
    if place is not None:
        _write(particles, keep, place)
        return
    unfinished = target.with_name(f".{target.stem}.unfinished{target.suffix}")
    try:
        _write(particles, keep, unfinished)
        unfinished.replace(target)
    except OSError as error:
        raise OccuPyError(f"{target} cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _write(particles, keep, place):
    if place.suffix.lower() == INDICES:
        np.savetxt(place, np.flatnonzero(keep), fmt="%d")
    else:
        _kind_of(particles.path).copy(particles.path, keep, place)


def _kind_of(path):
    """The module for a file, by its ending where that is known, else by how it begins."""
    ending = path.suffix.lower()
    with open(path, "rb") as file:
        begin = file.read(1 << 16)
    if ending in _PICKLES or begin.startswith(b"\x80"):
        raise OccuPyError(
            f"{path} is a pickle, which is not read: it could run any program; expected a .star, .cs or .csv file"
        )
    if ending in KINDS:
        return KINDS[ending]
    if begin.startswith(cryosparc.MAGIC):
        return cryosparc
    return star if any(line.startswith(b"data_") for line in begin.splitlines()) else tables
