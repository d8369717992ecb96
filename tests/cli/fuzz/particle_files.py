"""Files of particles and of matrices to try the program with: sound, odd and broken."""

import json
import pickle

import numpy as np
from chimerax.occupy.engine.matrix.agreement import order_of
from chimerax.occupy.engine.matrix.result import OccupancyMatrix

GROUPS = ("A", "B", "heads, both", "é")
HEAD = "data_optics\n\nloop_\n_rlnOpticsGroup #1\n1\n\ndata_particles\n\nloop_\n_rlnImageName #1\n_rlnClassNumber #2\n"


def write_particles(chance, path, count):
    """A file of particles in classes 1 to `count`, mostly; the path with its ending."""
    numbers = np.array([chance.randint(1, max(count, 1)) for _ in range(chance.choice((20, 500)))])
    if chance.odd(0.2):
        numbers += chance.choice((-1, 1, 1000))
    kind = chance.choice((".star", ".star", ".cs", ".csv", ".tab"))
    data = {".star": _star, ".cs": _cs}.get(kind, _csv)(chance, numbers)
    if chance.odd(0.1):
        kind, data = chance.choice((".pkl", ".star", ".cs")), pickle.dumps({"a": 1})
    if chance.odd(0.2):
        data = data[: chance.randint(0, len(data))]
    if chance.odd(0.2) and data:
        place = chance.randrange(len(data))
        data = data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]
    path = path.with_suffix(kind)
    path.write_bytes(data)
    return path


def _star(chance, numbers):
    rows = [f"{i}@a.mrcs {number} \n" for i, number in enumerate(numbers)]
    if chance.odd(0.2):
        rows.insert(len(rows) // 2, chance.choice(("\n", "# a comment\n", "'a b' 1\n", "a b c\n", "data_x\n")))
    return (HEAD + "".join(rows) + "\n").encode()


def _csv(chance, numbers):
    heads = chance.choice(("particle,map", "x,class,y", "1,2", "particle,1,2"))
    extra = heads.count(",") - 1
    return "\n".join([heads, *(f"{i},{number}{',0.5' * extra}" for i, number in enumerate(numbers))]).encode()


def _cs(chance, numbers):
    import io

    columns = [("uid", "<u8"), (chance.choice(("alignments3D/class", "alignments2D/class")), "<u4")]
    rows = np.zeros(len(numbers), columns)
    rows[columns[1][0]] = np.maximum(numbers, 0)
    file = io.BytesIO()
    np.save(file, rows.astype(object) if chance.odd(0.1) else rows, allow_pickle=True)
    return file.getvalue()


def write_matrix(chance, path, count):
    """A file of a matrix of as many maps."""
    random = np.random.default_rng(chance.randrange(1 << 30))
    values = np.round(random.random((count, len(GROUPS))), chance.choice((0, 0, 2)))
    if chance.odd(0.3):
        values[random.random(values.shape) < 0.3] = np.nan
    nothing = [[[] for _ in GROUPS] for _ in range(count)]
    matrix = OccupancyMatrix(
        maps=[f"maps/class{i + 1:03d}.mrc" for i in range(count)],
        groups=list(GROUPS),
        occupancies=values,
        standard_errors=np.full(values.shape, 0.05),
        own_errors=np.full(values.shape, 0.03),
        local_correlations=values,
        notes=nothing,
        correlations=np.ones(count),
        unexplained=np.zeros(count),
        references=[["A"]] * count,
        reference_maps=[],
        agreement=np.ones(count, int),
        map_order=order_of(values),
        group_order=order_of(values.T),
        failed={},
        lowpass=8.0,
    )
    text = json.dumps({"matrix": matrix.as_dict()})
    path = path.with_suffix(".json")
    path.write_text(text[: chance.randint(0, len(text))] if chance.odd(0.1) else text)
    return path
