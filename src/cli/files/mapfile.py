"""Map files in MRC/CCP4 format, read and written with mrcfile.

In memory a map is always (z, y, x); files may have other axis orders. What is written
has the header of the map that was read, so that it overlays it in any viewer.
"""

import bz2
import gzip
import io
import math
import os
import warnings
import zlib
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mrcfile.dtypes import HEADER_DTYPE
from mrcfile.mrcinterpreter import MrcInterpreter
from mrcfile.mrcobject import MrcObject
from mrcfile.utils import data_dtype_from_header, data_shape_from_header, spacegroup_is_volume_stack

from ...engine import parallel
from ...engine.errors import OccuPyError
from ...engine.settings.checks import LARGEST_VOXEL, SMALLEST_VOXEL, checked_voxel_size

_RIGHT_ANGLE, _ANGLE_TOLERANCE = 90.0, 0.01
_DECOMPRESSORS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open}
_PIECE = 1 << 20
_LABELS, _LABEL_LENGTH = 10, 79
_ANGLES = ("alpha", "beta", "gamma")
SUFFIXES = (".mrc", ".map", ".ccp4", ".rec")
COMPRESSIONS = {".gz": "gzip", ".bz2": "bzip2"}


@dataclass(frozen=True)
class MapFile:
    """A map that was read from a file.

    Attributes
    ----------
    path : Path
    density : array of float32, shape (z, y, x)
        Read-only.
    voxel_size : tuple of 3 float
        Å along z, y and x.
    header : numpy record
        The header of the file.
    axes : tuple of 3 int
        Axis (0, 1, 2 for z, y, x) along which the file's sections, rows and columns run.
    """

    path: Path
    density: np.ndarray
    voxel_size: tuple
    header: np.ndarray
    axes: tuple

    @property
    def origin(self):
        """Place of the first voxel, z, y, x in Å: the header's origin or, where that is zero, its start."""
        origin = [float(self.header.origin[name]) for name in "zyx"]
        if any(origin):
            return origin
        # The file's starts run along its sections, rows and columns.
        starts = [int(self.header[name]) for name in ("nzstart", "nystart", "nxstart")]
        return [starts[self.axes.index(axis)] * size for axis, size in enumerate(self.voxel_size)]

    @property
    def is_ours(self):
        """Whether its labels say that this program made it."""
        return any(label.startswith(b"OccuPy ") and b"demo" not in label for label in self.header.label)


def is_compressed(path):
    """Whether the name of a file says that it is compressed."""
    return Path(path).suffix.lower() in COMPRESSIONS


def map_name(path):
    """Name of a map file without folder, compression and format."""
    path = Path(path)
    for known in (COMPRESSIONS, SUFFIXES):
        if path.suffix.lower() in known:
            path = path.with_suffix("")
    return path.name


def read(path, voxel_size=None):
    """Read a map file, gzip and bzip2 too: what its header promises and no more.

    Parameters
    ----------
    path : str or Path
    voxel_size : float, optional
        Å, instead of what the header says.

    Raises
    ------
    OccuPyError
        If it does not exist, is no whole MRC/CCP4 map of real numbers, its axes are skewed or no voxel has such a size.
    """
    path = Path(path)
    with _contents(path) as file:
        header = _header(file)
        dtype, shape = _kind_of_data(path, header)
        axes = _axes(path, header)
        _go_to_data(file, header, dtype.itemsize * math.prod(shape))
        density = _density(file, dtype, shape, axes)
    _fill_in(header, density.shape, voxel_size)
    angles = [float(header.cellb[name]) for name in _ANGLES]
    if any(abs(angle - _RIGHT_ANGLE) > _ANGLE_TOLERANCE for angle in angles):
        degrees = ", ".join(f"{angle:g}" for angle in angles)
        raise OccuPyError(f"{path} has skewed axes (cell angles {degrees}); expected right angles: resample it first")
    return MapFile(path, density, _voxel_size(path, header), header, axes)


def read_voxel_size(path):
    """The voxel size of a map file, z, y, x in Å, as `read` has it, by the header alone."""
    with _contents(Path(path)) as file:
        header = _header(file)
        _kind_of_data(path, header)
        return _voxel_size(path, header)


def promised_size(path, file):
    """The size in bytes of a whole map file, by the header at the beginning of its contents.

    Parameters
    ----------
    path : Path
        What it is called in errors.
    file : binary file
        Its contents, decompressed, at their beginning.

    Raises
    ------
    OccuPyError, ValueError
        If they do not begin with the header of a map.
    """
    header = _header(file)
    dtype, shape = _kind_of_data(path, header)
    return HEADER_DTYPE.itemsize + max(int(header.nsymbt), 0) + dtype.itemsize * math.prod(shape)


@contextmanager
def _contents(path):
    """A file that is decompressed as it is read. What goes wrong with it in here becomes one sentence."""
    try:
        if not path.exists():
            raise OccuPyError(f"{path}: no such file")
        if path.is_dir():
            raise OccuPyError(f"{path} is a folder; expected a map file (MRC or CCP4, may be compressed)")
        with open(path, "rb") as file, _decompressed(file) as contents:
            yield contents
    except OccuPyError:
        raise
    except (ValueError, OSError, EOFError, zlib.error, MemoryError) as error:
        if getattr(error, "errno", None):
            raise OccuPyError(f"{path} cannot be read: {error.strerror}") from None
        raise OccuPyError(f"{path} cannot be read as a map (MRC or CCP4): {_first_line(error)}") from None


def _decompressed(file):
    beginning = file.peek(max(map(len, _DECOMPRESSORS)))
    openers = [opener for known, opener in _DECOMPRESSORS.items() if beginning.startswith(known)]
    return openers[0](file) if openers else nullcontext(file)


class _Header(MrcInterpreter):
    """mrcfile's reading of a header, even if it breaks the rules in small ways, and of nothing behind it."""

    def _read_extended_header(self):
        """As long as the header says, mrcfile would ask for so much memory at once."""


def _header(file):
    content = io.BytesIO(file.read(HEADER_DTYPE.itemsize))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _Header(content, permissive=True, header_only=True).header.copy()


def _kind_of_data(path, header):
    """Number type and shape, sections first, of the data that a header promises."""
    expected = "expected one three-dimensional map"
    if spacegroup_is_volume_stack(header.ispg):
        raise OccuPyError(f"{path} holds a stack of volumes; {expected}")
    dtype, shape = data_dtype_from_header(header), data_shape_from_header(header)
    if len(shape) != 3:
        raise OccuPyError(f"{path} holds data of {len(shape)} dimensions; {expected}")
    if dtype.kind == "c":
        raise OccuPyError(f"{path} holds complex numbers, as of a Fourier transform, but they must be real numbers")
    if min(shape) < 1:
        raise ValueError(f"its header tells of {' x '.join(map(str, shape[::-1]))} voxels")
    return dtype, shape


def _go_to_data(file, header, size):
    """Leave out the extended header; raise ValueError where it is known already that the data are not all there."""
    extended = int(header.nsymbt)
    if extended < 0:
        raise ValueError(f"its header tells of an extended header of {extended} bytes")
    if isinstance(file, io.BufferedReader):  # What is compressed is known when it is read.
        there = os.fstat(file.fileno()).st_size - file.tell() - extended
        if there < size:
            raise _too_short(size, there)
    file.seek(extended, os.SEEK_CUR)


def _too_short(expected, found):
    return ValueError(f"its header tells of {expected} bytes of data, but there are {max(found, 0)}")


def _density(file, dtype, shape, axes):
    """Data as float32, (z, y, x), converted as they are read; read-only.

    They are not mapped, since whoever shortens a file that is mapped ends the program.
    """
    density = np.empty([shape[axes.index(axis)] for axis in range(3)], np.float32)
    sections, slabs, done = np.transpose(density, axes), parallel.plane_slabs(shape), 0
    buffer = np.empty((max(slab.stop - slab.start for slab in slabs), *shape[1:]), dtype)
    for slab in slabs:
        numbers = buffer[: slab.stop - slab.start]
        read = _read_into(numbers, file)
        done += read
        if read < numbers.nbytes:
            raise _too_short(dtype.itemsize * density.size, done)
        sections[slab] = numbers
    file.read(_PIECE)  # The end of compressed data tells whether they are damaged.
    density.flags.writeable = False
    return density


def _read_into(numbers, file):
    """Fill an array, piece by piece, as decompressing takes memory for a whole piece; how many bytes there were."""
    places, done = numbers.reshape(-1).view(np.uint8), 0
    while done < places.size and (read := file.readinto(places[done : done + _PIECE])):
        done += read
    return done


def _fill_in(header, shape, voxel_size):
    """Give header fields that were left at zero the values that are meant, and a voxel size if one is given."""
    if all(header.cellb[name] == 0 for name in _ANGLES):
        for name in _ANGLES:
            header.cellb[name] = _RIGHT_ANGLE
    if voxel_size is not None:
        voxel_size, *_ = checked_voxel_size(voxel_size)
        for edge, name, count in zip("zyx", ("mz", "my", "mx"), shape, strict=True):
            header[name] = header[name] if header[name] > 0 else count
            header.cella[edge] = voxel_size * header[name]


def _first_line(error):
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")


def _axes(path, header):
    """Which of z, y, x the file's sections, rows and columns run along."""
    order = [int(header[name]) for name in ("maps", "mapr", "mapc")]
    if order == [0, 0, 0]:
        order = [3, 2, 1]
    if sorted(order) != [1, 2, 3]:
        raise OccuPyError(f"{path} has the axis order {order[::-1]} in its header; expected 1, 2 and 3, each once")
    return tuple(3 - axis for axis in order)


def _voxel_size(path, header):
    """Å along z, y and x: the cell's edges over the sampling."""
    sizes = []
    for edge, sampling in (("z", "mz"), ("y", "my"), ("x", "mx")):
        count, length = int(header[sampling]), float(header.cella[edge])
        size = length / count if count > 0 else 0.0
        if not SMALLEST_VOXEL <= size <= LARGEST_VOXEL:
            raise OccuPyError(
                f"{path} has a voxel size of {size:g} Å along {edge} in its header, but it must be at least "
                f"{SMALLEST_VOXEL:g} and at most {LARGEST_VOXEL:g} Å; give --voxel-size"
            )
        sizes.append(size)
    return tuple(sizes)


def write(path, density, like, label):
    """Write a map with the header of another: same origin, start, axis order and voxel size.

    Parameters
    ----------
    path : Path
    density : array of float32, shape (z, y, x)
    like : MapFile
        A map on the same grid.
    label : str
        Added to the labels of the header, in place of the last of ten.

    Raises
    ------
    FileExistsError
    """
    sections = np.transpose(density, like.axes)
    made = _NewMap()
    _copy_header(made, like.header)
    _describe(made, sections)
    made.add_label(label.encode("ascii", "replace").decode()[:_LABEL_LENGTH])
    # Not by mrcfile, whose files complain on standard error too where a disk is full (Python 3.13).
    with open(path, "xb") as file:
        file.write(made.header.tobytes())
        for slab in parallel.plane_slabs(sections.shape):
            file.write(np.ascontiguousarray(sections[slab], np.float32))


class _NewMap(MrcObject):
    """A map of one voxel in memory, whose header becomes that of a file."""

    def __init__(self):
        super().__init__()
        self._create_default_attributes()
        self.set_data(np.zeros((1, 1, 1), np.float32))


def _describe(file, data):
    """Shape and statistics of data that are written after the header: mrcfile would need twice their memory."""
    header = file.header
    header.nz, header.ny, header.nx = data.shape

    def sums(slab):
        values = data[slab].astype(float)
        lowest, highest, total = values.min(), values.max(), values.sum()
        return lowest, highest, total, np.square(values, out=values).sum()

    lowest, highest, totals, squares = zip(*parallel.run(sums, parallel.plane_slabs(data.shape)), strict=True)
    mean = sum(totals) / data.size
    header.dmin, header.dmax, header.dmean = min(lowest), max(highest), mean
    header.rms = np.sqrt(max(sum(squares) / data.size - mean**2, 0))


def _copy_header(file, header):
    names = ("nxstart", "nystart", "nzstart", "mx", "my", "mz", "cella", "cellb", "mapc", "mapr", "maps")
    for name in (*names, "ispg", "origin", "extra1", "extra2"):
        if name in header.dtype.names and name in file.header.dtype.names:
            file.header[name] = header[name]
    file.header.ispg = file.header.ispg or 1
    used = min(max(int(header.nlabl), 0), _LABELS - 1)
    file.header.label[:used] = header.label[:used]
    file.header.nlabl = used
