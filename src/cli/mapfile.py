"""Map files in MRC/CCP4 format, read and written with mrcfile.

In memory a map is always (z, y, x); files may have other axis orders. What is written
has the header of the map that was read, so that it overlays it in any viewer.
"""

import os
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path

import mrcfile
import numpy as np
from mrcfile.mrcobject import MrcObject

from ..engine import parallel
from ..engine.errors import OccuPyError

_RIGHT_ANGLE, _ANGLE_TOLERANCE = 90.0, 0.01
_COMPRESSED_BEGINNINGS = (b"\x1f\x8b", b"BZh")
_LABELS, _LABEL_LENGTH = 10, 79
_ANGLES = ("alpha", "beta", "gamma")
_VOLUME_STACK_SPACEGROUPS = range(401, 631)
SUFFIXES = (".mrc", ".map", ".ccp4", ".rec")
COMPRESSIONS = {".gz": "gzip", ".bz2": "bzip2"}


@dataclass(frozen=True)
class MapFile:
    """A map that was read from a file.

    Attributes
    ----------
    path : Path
    density : array, shape (z, y, x)
        Mapped from the file, read-only, where the file holds it as it is needed, so that
        memory it takes can be taken back; else of float32 in memory.
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
    """Read a map file, gzip and bzip2 too.

    Parameters
    ----------
    path : str or Path
    voxel_size : float, optional
        Å, instead of what the header says.

    Raises
    ------
    OccuPyError
        If it does not exist, is no whole MRC/CCP4 map, or its axes are skewed.
    """
    path = Path(path)
    try:
        if not path.exists():
            raise OccuPyError(f"{path}: no such file")
        if path.is_dir():
            raise OccuPyError(f"{path} is a folder; expected a map file (MRC or CCP4, may be compressed)")
        data, header = _open(path)
    except OSError as error:
        raise OccuPyError(f"{path} cannot be read: {error.strerror or error}") from None
    axes = _axes(path, header)
    density = _ready(np.transpose(data, np.argsort(axes)))
    _fill_in(header, density.shape, voxel_size)
    angles = [float(header.cellb[name]) for name in _ANGLES]
    if any(abs(angle - _RIGHT_ANGLE) > _ANGLE_TOLERANCE for angle in angles):
        degrees = ", ".join(f"{angle:g}" for angle in angles)
        raise OccuPyError(f"{path} has skewed axes (cell angles {degrees}); expected right angles: resample it first")
    return MapFile(path, density, _voxel_size(path, header), header, axes)


def read_voxel_size(path):
    """The voxel size of a map file, z, y, x in Å, as `read` has it; by the header alone where that keeps the rules."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with mrcfile.open(path, header_only=True) as file:
                return _voxel_size(path, file.header)
    except (ValueError, OSError, EOFError, zlib.error):
        return read(path).voxel_size


def _open(path):
    """Data and header of a file. Headers that break the rules in small ways are read all the same."""
    data, header, reason = None, None, ""
    for opener in _openers(path):
        data, header, reason = _read_with(opener, path)
        if data is not None and data.size > 0:
            break
    else:
        raise OccuPyError(f"{path} cannot be read as a map (MRC or CCP4): {reason}")
    if data.ndim != 3:
        raise OccuPyError(f"{path} holds data of {data.ndim} dimensions; expected one three-dimensional map")
    return data, header


def _openers(path):
    """mrcfile's ways to open a file: mapping is twice as fast, but takes none that are compressed or broken."""
    with open(path, "rb") as file:
        beginning = file.read(3)
    return [mrcfile.open] if beginning.startswith(_COMPRESSED_BEGINNINGS) else [mrcfile.mmap, mrcfile.open]


def _read_with(opener, path):
    """Data, header, and a reason where there are none."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with opener(path, permissive=True) as file:
                data, header = file.data, file.header.copy()
        except (ValueError, OSError, EOFError, zlib.error, MemoryError, OverflowError) as error:
            return None, None, _first_line(error)
    return data, header, _first_line(caught[-1].message) if caught else "it holds no data"


def _ready(data):
    """The array as it is worked on: what was mapped stays mapped where it can be used so."""
    plain = np.asarray(data)
    if plain.dtype.kind == "c":
        return plain
    # Windows lets no file be replaced while it is mapped.
    usable = plain.dtype == np.float32 and plain.dtype.isnative and plain.flags.c_contiguous and os.name != "nt"
    return plain if usable else _converted(plain)


def _converted(data):
    """A copy in float32 and in the order of its axes, made in slabs."""
    copy = np.empty(data.shape, np.float32)

    def fill(slab):
        copy[slab] = data[slab]

    with np.errstate(over="ignore"):
        parallel.run(fill, parallel.plane_slabs(data.shape))
    return copy


def _fill_in(header, shape, voxel_size):
    """Give header fields that were left at zero the values that are meant, and a voxel size if one is given."""
    if all(header.cellb[name] == 0 for name in _ANGLES):
        for name in _ANGLES:
            header.cellb[name] = _RIGHT_ANGLE
    if voxel_size is not None:
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
        if not (np.isfinite(size) and size > 0):
            raise OccuPyError(
                f"{path} has a voxel size of {size:g} Å along {edge} in its header, but it must be above 0; "
                "give --voxel-size"
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
    if not file.header.ispg or int(file.header.ispg) in _VOLUME_STACK_SPACEGROUPS:
        file.header.ispg = 1
    used = min(max(int(header.nlabl), 0), _LABELS - 1)
    file.header.label[:used] = header.label[:used]
    file.header.nlabl = used
