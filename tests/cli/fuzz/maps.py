"""Map files to try the program with: sound ones, odd ones and broken ones."""

import bz2
import gzip

import numpy as np
from mrcfile.dtypes import HEADER_DTYPE
from mrcfile.mrcobject import MrcObject
from scipy import ndimage

EDGES = (1, 2, 3, 4, 6, 7, 9, 12, 15, 16, 17, 20, 24)
NUMBER_TYPES = ("i1", "i2", "u2", "f2", "c8")
WORDS = (0, 1, 2, 3, 7, -1, 90, 401, 630, 1024, 2**31 - 1, -(2**31), 0x7F800000, 0x7FC00000, 0x00000001, 0x6E6E6E6E)
COMPRESSIONS = ((".gz", gzip.compress), (".bz2", bz2.compress))
SUFFIXES = (".mrc", ".map", ".ccp4", ".rec", ".MAP", "", ".txt")


def write_map(chance, path, box, is_scale=False):
    """Write a map file.

    Parameters
    ----------
    chance : Chance
    path : Path
        Without an ending.
    box : Box
        What maps and models of one run share.
    is_scale : bool
        Whether its values are from 0 to 1.

    Returns
    -------
    Path
        With the ending that was chosen.
    """
    shape = _shape(chance) if chance.odd(0.2) else box.shape
    values = _values(chance, shape, box.places)
    if is_scale:
        values = np.clip(values, 0, 1)
    made = _header_and_data(chance, shape, box.voxel_size, *_stored(chance, values))
    content = _broken(chance, made) if chance.odd(0.2) else made
    path = path.with_suffix(chance.choice(SUFFIXES) if chance.odd(0.3) else ".mrc")
    if chance.random() < 0.1:
        path, content = _compressed(chance, path, content)
    path.write_bytes(content)
    return path


def _shape(chance):
    return tuple(chance.choice(EDGES) for _ in range(3))


def _values(chance, shape, places):
    noise = np.random.default_rng(chance.getrandbits(32))
    values = _balls(chance, noise, shape, places)
    if chance.odd(0.4):
        with np.errstate(all="ignore"):
            values = chance.choice(CHANGES)(chance, noise, values)
    return values


def _stored(chance, values):
    """The values as numbers of a type, and the name of that."""
    kind = chance.choice(NUMBER_TYPES) if chance.odd(0.2) else "f4"
    with np.errstate(all="ignore"):
        return (values * (100 if kind[0] in "iu" else 1)).astype(kind), kind


def _balls(chance, noise, shape, places):
    """Balls of some occupancies in smooth noise."""
    grid, values = np.indices(shape), np.zeros(shape)
    for place in places:
        centre = [part * (edge - 1) for part, edge in zip(place, shape, strict=True)]
        distance = np.sqrt(sum((axis - at) ** 2 for axis, at in zip(grid, centre, strict=True)))
        values = np.maximum(values, chance.choice((1, 0.8, 0.5, 0.2)) * (distance <= 0.2 * min(shape)))
    rough = ndimage.gaussian_filter(noise.standard_normal(shape), chance.choice((0, 0.7, 1, 2)))
    strength = chance.choice((0, 0.01, 0.05, 0.2)) / (rough.std() or 1)
    return ndimage.gaussian_filter(values, 0.8) + strength * rough


def _some_become(*specials):
    def change(chance, noise, values):
        values = values.copy()
        values.ravel()[noise.integers(0, values.size, chance.choice((1, 3, values.size)))] = chance.choice(specials)
        return values

    return change


CHANGES = (
    _some_become(np.nan, np.inf, -np.inf),
    _some_become(1e38, -1e38, 1e-38, 0, 100),
    lambda chance, noise, values: np.full_like(values, chance.choice((0, 1, -3.5, 1e-20, 1e30))),
    lambda chance, noise, values: values * chance.choice((1e-45, 1e-38, 1e-20, 1e-7, 1e7, 1e15, 1e30, 1e38, 1e39)),
    lambda chance, noise, values: values + chance.choice((-1e6, -1, 1, 100, 1e6, 1e20)),
    lambda chance, noise, values: -values,
    lambda chance, noise, values: values * (values > chance.choice((0, 0.1, 0.5, 2))),
    lambda chance, noise, values: (values > chance.choice((0.1, 0.5))).astype(float),
    lambda chance, noise, values: np.clip(values, 0, 1),
    lambda chance, noise, values: np.round(values * chance.choice((1, 2, 8))),
    lambda chance, noise, values: noise.standard_normal(values.shape),
    lambda chance, noise, values: noise.permutation(values.ravel()).reshape(values.shape),
    lambda chance, noise, values: np.linspace(0, 1, values.size).reshape(values.shape),
)


class _Map(MrcObject):
    """A map in memory."""

    def __init__(self):
        super().__init__()
        self._create_default_attributes()
        self.set_data(np.zeros((1, 1, 1), np.float32))


def _header_and_data(chance, shape, voxel_size, values, kind):
    """The bytes of a map file, some fields of whose header are odd."""
    order = chance.choice(((0, 1, 2), (0, 1, 2), (0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1)))
    data = np.ascontiguousarray(np.transpose(values, order))
    header = _Map().header
    header.mode = {"f4": 2, "i1": 0, "i2": 1, "u2": 6, "f2": 12, "c8": 4}[kind]
    header.nz, header.ny, header.nx = data.shape
    header.maps, header.mapr, header.mapc = (3 - axis for axis in order)
    header.mz, header.my, header.mx = shape
    sizes = [voxel_size] * 3
    if chance.odd(0.1):
        sizes = [chance.choice((0, -1, 1e-3, 0.5, 1.5, 2, 4, 1e4, 1e20, np.nan, np.inf)) for _ in range(3)]
    with np.errstate(all="ignore"):
        header.cella = tuple(np.float32(size * count) for size, count in zip(sizes, shape[::-1], strict=True))
    extended = chance.randbytes(chance.choice((1, 80, 1024, 5000))) if chance.odd(0.1) else b""
    header.nsymbt = len(extended)
    header = header.tobytes()
    if chance.odd(0.2):
        header = _with_odd_fields(chance, header)
    if chance.odd(0.1):
        header, data = np.frombuffer(header, HEADER_DTYPE).byteswap().tobytes(), data.byteswap()
        header = header[:212] + b"\x11\x11\0\0" + header[216:]
    return header + extended + data.tobytes()


def _with_odd_fields(chance, header):
    header = bytearray(header)
    for _ in range(chance.choice((1, 1, 2, 5))):
        name = chance.choice(HEADER_DTYPE.names)
        kind, begin = HEADER_DTYPE.fields[name][:2]
        place = begin + 4 * chance.randrange(max(1, kind.itemsize // 4))
        word = chance.choice(WORDS) if chance.random() < 0.7 else chance.getrandbits(31)
        header[place : place + 4] = word.to_bytes(4, "little", signed=word < 0)
    return bytes(header)


def _broken(chance, content):
    """What is left of the bytes of a file after an accident."""
    place = chance.randrange(len(content))
    return chance.choice(
        (
            content[:place],
            content[: 1024 + place % 100],
            content[: place % 1024],
            content + chance.randbytes(place % 3000 + 1),
            content[:place] + chance.randbytes(min(40, len(content) - place)) + content[place + 40 :],
            chance.randbytes(place % 5000),
            b"ATOM      1  N   GLY A   1\n" * (place % 99),
            b"",
        )
    )


def _compressed(chance, path, content):
    """The bytes compressed, and the path with the ending for it, but for an accident or another ending."""
    suffix, compress = chance.choice(COMPRESSIONS)
    content = compress(content)
    accident = chance.random() if chance.odd(1) else 1
    if accident < 0.1:
        content = content[: chance.randrange(len(content))]
    elif accident < 0.2:
        content += chance.choice((bytes(500), b"garbage", compress(bytes(1 << 20))))
    elif accident < 0.3:
        place = chance.randrange(len(content))
        content = content[:place] + chance.randbytes(1) + content[place + 1 :]
    elif accident < 0.35:
        content = compress(content)
    elif accident < 0.45:
        suffix = chance.choice((".gz", ".bz2", ""))
    return path.with_name(path.name + suffix), content
