"""cryoSPARC's files of particles: classes and posteriors are read, and subsets keep columns, order and values."""

import numpy as np
import pytest
from chimerax.occupy import OccuPyError
from chimerax.occupy.particles import cryosparc
from chimerax.occupy.particles.files import read_particles, write_particles

CLASSES = np.array([2, 0, 1, 2, 2, 0])
POSTERIORS = np.array([[0.1, 0.2, 0.7], [0.9, 0.1, 0], [0, 1, 0], [0.2, 0.3, 0.5], [0, 0.4, 0.6], [0.8, 0, 0.2]])
COLUMNS = [("uid", "<u8"), ("blob/path", "S9"), ("ctf/df1_A", "<f4"), ("alignments3D/pose", "<f4", (3,))]
ALL = [("alignments3D_multi/class", "<u4", (3,)), ("alignments3D_multi/class_posterior", "<f4", (3,))]
EACH = [(f"alignments_class_{k}/class_posterior", "<f4") for k in range(3)]
BEST = [("alignments3D/class", "<u4"), ("alignments3D/class_posterior", "<f4")]


def table_of(*further):
    """Particles with random values in all columns, and classes and posteriors in those that there are."""
    count = len(CLASSES)
    rows = np.zeros(count, [*COLUMNS, *further])
    random = np.random.default_rng(3)
    rows["uid"], rows["ctf/df1_A"] = random.integers(1 << 60, size=count), random.random(count)
    rows["blob/path"], rows["alignments3D/pose"] = b"a/b.mrc", random.random((count, 3))
    values = {"alignments3D/class": CLASSES, "alignments3D/class_posterior": POSTERIORS.max(axis=1)}
    values |= {"alignments3D_multi/class": np.arange(3), "alignments3D_multi/class_posterior": POSTERIORS}
    values |= {f"alignments_class_{k}/class_posterior": POSTERIORS[:, k] for k in range(3)}
    for name in (column[0] for column in further):
        rows[name] = values[name]
    return rows


@pytest.fixture
def saved(tmp_path):
    """A function that saves an array as a .cs file."""

    def save(rows):
        with open(tmp_path / "J23_particles.cs", "wb") as file:
            np.save(file, rows)
        return tmp_path / "J23_particles.cs"

    return save


@pytest.mark.parametrize(
    "columns", [ALL, EACH, BEST + ALL, BEST + EACH], ids=["all", "each", "best, all", "best, each"]
)
def test_posteriors_are_weights_and_the_most_probable_class_is_that_of_a_particle(saved, columns):
    found = read_particles(saved(table_of(*columns)))
    assert found.classes == [0, 1, 2]
    assert found.assigned.tolist() == CLASSES.tolist()
    np.testing.assert_allclose(found.products, POSTERIORS.T @ POSTERIORS, rtol=1e-6)
    expected = [POSTERIORS[k == CLASSES].sum(axis=0) for k in range(3)]
    np.testing.assert_allclose(found.shared, expected, rtol=1e-6)
    weights = found.populations(["x", "y", "z"], [f"J23_class_0{k}_00042_volume" for k in (1, 0, 2)]).weights
    np.testing.assert_allclose(weights, POSTERIORS.mean(axis=0)[[1, 0, 2]], rtol=1e-6)


def test_without_posteriors_of_all_classes_the_class_is_that_of_a_particle(saved):
    found = read_particles(saved(table_of(*BEST)))
    assert found.assigned.tolist() == CLASSES.tolist()
    np.testing.assert_array_equal(found.shared, np.diag([2, 1, 3]))


def test_a_subset_has_the_same_columns_in_the_same_order_with_the_same_values(saved, tmp_path, monkeypatch):
    monkeypatch.setattr(cryosparc, "_CHUNK", 4)
    rows, keep, target = table_of(*BEST, *ALL), CLASSES != 0, tmp_path / "subset.cs"
    write_particles(read_particles(saved(rows)), keep, target)
    with open(target, "rb") as file:
        found = np.load(file, allow_pickle=False)
    assert found.dtype == rows.dtype
    np.testing.assert_array_equal(found, rows[keep])


def test_a_file_with_thousands_of_columns_is_read_and_written(saved, tmp_path):
    rows, target = table_of(*BEST), tmp_path / "subset.cs"
    wide = np.zeros(len(rows), [*rows.dtype.descr, *((f"further_column_number_{i}", "<f4") for i in range(2000))])
    wide["alignments3D/class"] = CLASSES
    with pytest.warns(UserWarning, match="format 2.0"):
        path = saved(wide)
    write_particles(read_particles(path), CLASSES == 2, target)
    assert read_particles(target).assigned.tolist() == [0, 0, 0]


BAD = {
    "cut in the rows": (lambda data: data[:-5], "is not whole: its 6 particles take"),
    "cut in the header": (lambda data: data[:60], "the header of"),
    "longer than it says": (lambda data: data + b"1234", "is not whole"),
    "a pickle": (lambda data: b"\x80\x04\x95" + data, "is a pickle, which is not read"),
    "a stream": (lambda data: b"\x94CSDAT" + data, "in cryoSPARC's stream format"),
    "text": (lambda data: b"particle,map\n", "is not a .cs file of cryoSPARC"),
    "nothing": (lambda data: b"", "is not a .cs file of cryoSPARC"),
    "a version of the future": (lambda data: data[:6] + b"\x09" + data[7:], "the header of"),
}


@pytest.mark.parametrize(("change", "words"), BAD.values(), ids=BAD)
def test_what_is_no_whole_file_is_refused_in_a_sentence(saved, change, words):
    path = saved(table_of(*BEST))
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(OccuPyError) as refused:
        read_particles(path)
    assert words in str(refused.value)
    assert "J23_particles.cs" in str(refused.value)


def with_objects():
    rows = np.zeros(3, [*BEST, ("any", object)])
    rows["any"] = {"a": 1}
    return rows


def with_bad_posteriors():
    rows = table_of(*ALL)
    rows["alignments3D_multi/class_posterior"][4] = 0.6
    return rows


def with_other_classes():
    rows = table_of(*ALL)
    rows["alignments3D_multi/class"][4] = [0, 1, 3]
    return rows


TABLES = {
    "objects": (with_objects, "holds Python objects, a pickle"),
    "no classes": (table_of, "has neither alignments3D_multi/class_posterior nor alignments3D/class"),
    "no table": (lambda: np.zeros((4, 4)), "holds an array of shape (4, 4), not a table"),
    "no rows": (lambda: np.zeros(0, BEST), "has no particles"),
    "bad posteriors": (with_bad_posteriors, "the posteriors of particle 5 of"),
    "other classes": (with_other_classes, "have different classes"),
}


@pytest.mark.parametrize(("make", "words"), TABLES.values(), ids=TABLES)
def test_arrays_without_classes_or_with_pickles_are_refused_in_a_sentence(saved, make, words):
    with pytest.raises(OccuPyError) as refused:
        read_particles(saved(make()))
    assert words in str(refused.value)
