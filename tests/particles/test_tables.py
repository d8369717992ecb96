"""Tables of particles, and what chooses among the kinds of files."""

import numpy as np
import pytest
from chimerax.occupy import OccuPyError
from chimerax.occupy.particles.files import check_target, read_particles, write_particles


@pytest.fixture
def table(tmp_path):
    """A function that writes a text, or bytes, to a table."""

    def write(text, name="particles.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def classes_in(path):
    found = read_particles(path)
    return [found.classes[i] for i in found.assigned]


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("particle,map\n1,3\n2,1\n3,3\n", [3, 1, 3]),
        ("particle,best\n1,3\n2,1\n3,3", [3, 1, 3]),
        ("x,Class,y\n1,3,7\n2,1,7\n", [3, 1]),
        ("\ufeffMAP,x\r\napo,1\r\nholo,2\r\n", ["apo", "holo"]),
        ('particle,map\n"a,\nb",2\n\nc, 1\n', [2, 1]),
        ("particle,map\n1,01\n2,1\n", [1, 1]),
    ],
)
def test_the_class_of_a_particle_is_in_its_column(table, text, classes):
    assert classes_in(table(text)) == classes


def test_without_such_a_column_all_others_are_posteriors(table):
    found = read_particles(table("particle,1,2,4\n7,0.2,0.8,0\n8,0.5,0.1,0.4\n9,0,0,1\n"))
    posteriors = np.array([[0.2, 0.8, 0], [0.5, 0.1, 0.4], [0, 0, 1]])
    assert found.classes == [1, 2, 4]
    assert found.assigned.tolist() == [1, 0, 2]
    np.testing.assert_allclose(found.shared, posteriors[[1, 0, 2]])
    np.testing.assert_allclose(found.products, posteriors.T @ posteriors)
    assert found.has_posteriors


def test_columns_may_have_the_names_of_maps(table):
    found = read_particles(table("particle,apo,holo\n7,0.25,0.75\n8,1,0\n"))
    np.testing.assert_allclose(found.populations(["h", "a"], ["holo", "apo"]).weights, [0.375, 0.625])


def test_a_subset_of_a_table_is_the_same_bytes_without_the_rows_of_others(table, tmp_path):
    text = '\ufeffparticle,map\r\n"a,\nb",2\r\n\r\nc, 1\nä,2\nlast,1'
    target = tmp_path / "subset.csv"
    path = table(text)
    write_particles(read_particles(path), np.array([True, False, True, False]), target)
    assert target.read_bytes().decode() == '\ufeffparticle,map\r\n"a,\nb",2\r\nä,2\n'


@pytest.mark.parametrize("name", ["particles.csv", "run_data.star", "particles.cs"])
def test_any_file_gives_a_list_of_places_from_0_on(tmp_path, table, name):
    content = {
        "particles.csv": "particle,map\n" + "".join(f"{i},{i % 3}\n" for i in range(6)),
        "run_data.star": "data_\nloop_\n_rlnX\n_rlnClassNumber\n" + "".join(f"{i} {i % 3}\n" for i in range(6)),
    }.get(name)
    if content:
        path = table(content, name)
    else:
        path = tmp_path / name
        rows = np.zeros(6, [("alignments3D/class", "<u4")])
        rows["alignments3D/class"] = np.arange(6) % 3
        with open(path, "wb") as file:
            np.save(file, rows)
    particles = read_particles(path)
    target = tmp_path / "subset.txt"
    check_target(path, target)
    write_particles(particles, particles.assigned == 1, target)
    assert target.read_text() == "1\n4\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [("data_\nloop_\n_rlnClassNumber\n3\n", "particles"), ("particle,map\n1,3\n", "particles.tab")],
)
def test_a_file_without_a_known_ending_is_read_by_what_is_in_it(table, text, name):
    assert classes_in(table(text, name)) == [3]


@pytest.mark.parametrize("name", ["subset.star", "subset.pkl", "subset"])
def test_particles_are_written_to_files_of_their_own_kind_or_as_places_only(tmp_path, name):
    with pytest.raises(OccuPyError, match=r"ends with \.csv or \.txt"):
        check_target(tmp_path / "particles.csv", tmp_path / name)


BAD = {
    "a row cut": ("particle,map,x\n1,3,4\n2,1\n", "has 2 values in particle 2; expected 3"),
    "no rows": ("particle,map\n", "has no particles"),
    "no rows of posteriors": ("particle,1,2\n", "has no particles"),
    "nothing": ("", "is empty"),
    "no headings": ("1,2\n2,3\n", "the first line of"),
    "one column": ("map-of-particle\n1\n", "has one column"),
    "two classes": ("map,class\n1,2\n", "has 2 columns called map or class"),
    "no class": ("particle,map\n1,2\n2,\n", "particle 2 of"),
    "no posterior": ("particle,1,2\n1,0.5,x\n", "is no number"),
    "bad posteriors": ("particle,1,2\n1,0.5,0.2\n", "sum to 0.7"),
    "below 0": ("particle,1,2\n1,-0.5,1.5\n", "the least is -0.5"),
    "not known": ("particle,1,2\n1,nan,1\n", "the posteriors of particle 1 of"),
    "a heading twice": ("particle,1,1\n1,0.5,0.5\n", "the same heading"),
    "not UTF-8": ("particle,map\nä,1\n".encode("latin-1"), "is not UTF-8"),
    "bytes": (b"\0\1\2\3", "is not text"),
    "a pickle": (b"\x80\x04\x95", "is a pickle, which is not read"),
    "a quote without an end": ('particle,map\n"' + "x\n" * 100000, "is no table of comma-separated values"),
}


@pytest.mark.parametrize(("text", "words"), BAD.values(), ids=BAD)
def test_what_is_no_whole_table_is_refused_in_a_sentence(table, text, words):
    with pytest.raises(OccuPyError) as refused:
        read_particles(table(text))
    assert words in str(refused.value)
    assert "particles.csv" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_pickle_is_refused_by_its_name_too(table):
    with pytest.raises(OccuPyError, match="is a pickle, which is not read"):
        read_particles(table("particle,map\n1,2\n", "particles.pkl"))


def test_a_file_that_is_not_there_is_told_in_a_sentence(tmp_path):
    with pytest.raises(OccuPyError, match=r"nowhere\.star cannot be read"):
        read_particles(tmp_path / "nowhere.star")
