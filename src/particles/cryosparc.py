"""cryoSPARC's .cs files of particles: the class of each or its posteriors, and the same file without some of them.

They are NumPy's files of one structured array. Nothing in them is unpickled, and no more is read than the header
promises.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.lib import format as numpy_format

from ..engine.errors import OccuPyError
from .result import Particles

CLASS, POSTERIOR = "class", "class_posterior"
"""Columns after the name of what was classified: `alignments3D/class`."""

MAGIC = numpy_format.MAGIC_PREFIX
_STREAM = b"\x94CSDAT"
_ALL_CLASSES = "alignments3D_multi"
"""With a row of classes and posteriors for each particle, as heterogeneous refinement and 3D classification write."""

_ONE_CLASS = re.compile(rf"alignments_class_(\d+)/{POSTERIOR}")
"""The same in files of version 2, a column for each class."""

_BEST_CLASS = "alignments3D"
_CHUNK = 1 << 16
"""Particles that are read at once."""

_LONGEST_HEADER = 1 << 17
_READERS = {(1, 0): numpy_format.read_array_header_1_0, (2, 0): numpy_format.read_array_header_2_0}


@dataclass(frozen=True)
class _Table:
    """A file's columns and rows, and where they begin."""

    dtype: np.dtype
    count: int
    begin: int


def read(path):
    """The particles of a .cs file.

    Raises
    ------
    OccuPyError
        If it is no whole file of particles with classes.
    """
    with open(path, "rb") as file:
        table = _table_of(file, path)
        names = table.dtype.names
        if f"{_ALL_CLASSES}/{POSTERIOR}" in names and f"{_ALL_CLASSES}/{CLASS}" in names:
            return Particles.in_part(path, _of_all_classes(_rows(file, table), path))
        one_class = {name: int(match[1]) for name in names if (match := _ONE_CLASS.fullmatch(name))}
        if len(one_class) > 1:
            chunks = ((list(one_class.values()), _side_by_side(rows, one_class)) for rows in _rows(file, table))
            return Particles.in_part(path, chunks)
        if f"{_BEST_CLASS}/{CLASS}" in names:
            numbers = np.concatenate([rows[f"{_BEST_CLASS}/{CLASS}"].ravel() for rows in _rows(file, table)])
            return Particles.in_classes(path, numbers)
    raise OccuPyError(
        f"{path} has neither {_ALL_CLASSES}/{POSTERIOR} nor {_BEST_CLASS}/{CLASS}; expected the particles of all "
        "classes of a heterogeneous refinement or a 3D classification"
    )


def copy(path, keep, target):
    """Write the file without some of its particles: the same columns in the same order.

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
        table = _table_of(file, path)
        if table.count != len(keep):
            raise OccuPyError(
                f"{path} has {table.count} particles and had {len(keep)}; expected that it stays as it was read"
            )
        header = numpy_format.header_data_from_array_1_0(np.empty(0, table.dtype)) | {"shape": (int(keep.sum()),)}
        try:
            numpy_format.write_array_header_1_0(written, header)
        except ValueError:  # It is longer than that version can hold.
            numpy_format.write_array_header_2_0(written, header)
        for i, rows in enumerate(_rows(file, table)):
            written.write(rows[keep[i * _CHUNK : (i + 1) * _CHUNK]].tobytes())


def _table_of(file, path):
    """What the header says; raises `OccuPyError` where the file is of another kind, or is not whole."""
    _check_kind(file.read(len(MAGIC)), path)
    file.seek(0)
    try:
        version = numpy_format.read_magic(file)
        shape, _, dtype = _READERS[version](file, max_header_size=_LONGEST_HEADER)
    except (ValueError, KeyError, SyntaxError, TypeError):
        raise OccuPyError(f"the header of {path} cannot be read; expected a whole .cs file of cryoSPARC") from None
    if dtype.hasobject:
        raise OccuPyError(f"{path} holds Python objects, a pickle, which is not read; expected columns of plain values")
    if dtype.names is None or len(shape) != 1:
        raise OccuPyError(f"{path} holds an array of shape {shape}, not a table; expected a .cs file of cryoSPARC")
    begin, (count,) = file.tell(), shape
    have = file.seek(0, 2) - begin
    if have != count * dtype.itemsize:
        raise OccuPyError(
            f"{path} is not whole: its {count} particles take {count * dtype.itemsize} bytes, and there are {have}"
        )
    if not count:
        raise OccuPyError(f"{path} has no particles")
    return _Table(dtype, count, begin)


def _check_kind(magic, path):
    if magic == MAGIC:
        return
    if magic == _STREAM:
        raise OccuPyError(f"{path} is in cryoSPARC's stream format; expected the format in which jobs save .cs files")
    raise OccuPyError(f"{path} is not a .cs file of cryoSPARC: it is no array of NumPy")


def _rows(file, table):
    """The rows in chunks, as structured arrays."""
    file.seek(table.begin)
    for start in range(0, table.count, _CHUNK):
        count = min(_CHUNK, table.count - start)
        yield np.frombuffer(file.read(count * table.dtype.itemsize), table.dtype, count)


def _of_all_classes(chunks, path):
    """Classes and posteriors where each particle has a row of both."""
    classes = None
    for rows in chunks:
        numbers, posteriors = (_side_by_side(rows, [f"{_ALL_CLASSES}/{what}"]) for what in (CLASS, POSTERIOR))
        classes = numbers[0] if classes is None else classes
        if numbers.shape != posteriors.shape or (numbers != classes).any():
            raise OccuPyError(f"the particles of {path} have different classes; expected posteriors of the same")
        yield classes.tolist(), posteriors


def _side_by_side(rows, names):
    return np.concatenate([rows[name].reshape(len(rows), -1) for name in names], axis=1)
