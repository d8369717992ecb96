"""Star files of particles: classes are read, and subsets keep every byte, as RELION and starfile read them."""

import re
import shlex

import numpy as np
import pytest
import starfile
from chimerax.occupy import OccuPyError
from chimerax.occupy.particles.files import read_particles, write_particles


def loop(block, labels, rows=()):
    """A block as RELION writes it, with spaces at the ends of lines, without the empty line after its rows."""
    head = [f"_rln{label} #{i} \n" for i, label in enumerate(labels, start=1)]
    return "".join(["\n# version 30001\n\n", f"data_{block}\n\n", "loop_ \n", *head, *rows])


OPTICS = loop("optics", ["OpticsGroupName", "OpticsGroup", "ClassNumber"], ["opticsGroup1  1  9 \n"]) + " \n"
PARTICLES = loop("particles", ["ImageName", "DefocusU", "ClassNumber", "OpticsGroup"])
CLASSES = [3, 1, 2, 3, 3, 1, 12]
ROWS = [f"00000{i}@a/b.mrcs 1{i}234.567800 {c:12d}            1 \n" for i, c in enumerate(CLASSES)]
FILES = {
    "3.1, with optics": OPTICS + PARTICLES + "".join(ROWS) + " \n",
    "3.0": PARTICLES.replace("data_particles", "data_images") + "".join(ROWS) + "\n",
    "older": PARTICLES.replace("# version 30001", "").replace("data_particles", "data_") + "".join(ROWS),
    "another block behind": PARTICLES + "".join(ROWS) + "\ndata_more\n\n_rlnThing 4\n\nloop_\n_rlnX #1\n1\n2\n\n",
    "another block at once": PARTICLES + "".join(ROWS) + "data_more\n_rlnThing 4\n",
    "quotes": PARTICLES + "".join(f'"{row[:8]} b.mrcs"{row[15:]}' for row in ROWS) + "\n",
    "line ends of Windows": (OPTICS + PARTICLES + "".join(ROWS) + "\n").replace("\n", "\r\n"),
    "letters": PARTICLES.replace("_rlnDefocusU", "_Höhe") + "".join(ROWS).replace("a/b", "ä/b"),
    "classes with a point": PARTICLES + "".join(re.sub(" ([0-9]+)  ", r" \1.000000  ", row) for row in ROWS),
    "tabs": PARTICLES + "".join(re.sub(" +", "\t", row) for row in ROWS) + "\n",
}


@pytest.fixture
def star(tmp_path):
    """A function that writes a text, or bytes, to a star file."""

    def write(text):
        path = tmp_path / "run_data.star"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def subset(path, keep):
    """What is written of a file."""
    target = path.with_name("subset.star")
    write_particles(read_particles(path), np.array(keep), target)
    return target


def by_rules_of_relion(text, name):
    """The labels and rows of a block, by the rules that RELION reads star files by.

    A block begins with a line that has data_ and its name; its loop with one that has loop_. Labels are lines that
    begin with _, up to #; among them empty lines and comments count for nothing. The first other line is the first
    row. Rows end with the first empty line or the file. Values end at white space, unless they begin with a quote. A
    row has as many values as there are labels: all else is an error, as are rows that are comments.
    """
    lines = iter(text.replace("\t", " ").split("\n"))
    next(line for line in lines if line.strip() == f"data_{name}")
    next(line for line in lines if "loop_" in line)
    labels, rows = [], []
    for line in lines:
        if line.strip().startswith("_"):
            labels.append(line.split("#")[0].strip())
        elif line.strip() and not line.strip().startswith(("#", ";")):
            rows.append(line)
            break
    for line in lines:
        if not line.strip():
            break
        rows.append(line)
    values = [shlex.split(row) for row in rows]
    assert all(len(row) == len(labels) for row in values)
    return labels, values


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_the_classes_of_particles_are_read(star, text):
    found = read_particles(star(text))
    assert np.array(found.classes)[found.assigned].tolist() == CLASSES
    np.testing.assert_array_equal(found.shared, np.diag([2, 1, 3, 1]))


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_a_subset_is_the_same_bytes_without_the_lines_of_the_others(star, text):
    keep = np.array(CLASSES) == 3
    lines = text.splitlines(keepends=True)
    first = next(i for i, line in enumerate(lines) if re.match('"?000000', line))
    others = {first + i for i in np.flatnonzero(~keep)}
    expected = "".join(line for i, line in enumerate(lines) if i not in others)
    assert subset(star(text), keep).read_bytes().decode() == expected


@pytest.mark.parametrize("kind", ["3.1, with optics", "3.0", "older", "another block behind", "quotes", "tabs"])
def test_relion_and_starfile_read_the_same_rows_in_a_subset_as_in_the_file(star, kind):
    text, keep = FILES[kind], np.array(CLASSES) != 3
    path = star(text)
    name = {"3.0": "images", "older": ""}.get(kind, "particles")
    labels, rows = by_rules_of_relion(text, name)
    found_labels, found_rows = by_rules_of_relion(subset(path, keep).read_text(), name)
    assert found_labels == labels
    assert found_rows == [row for row, kept in zip(rows, keep, strict=True) if kept]
    before, after = (starfile.read(file, always_dict=True) for file in (path, path.with_name("subset.star")))
    assert list(before) == list(after)
    for block, table in before.items():
        expected = table[keep].reset_index(drop=True) if block == name else table
        assert expected.equals(after[block]) if hasattr(expected, "equals") else expected == after[block]


def test_comments_among_particles_stay(star):
    text = PARTICLES + ROWS[0] + "# a comment of many words here\n#one\n" + ROWS[1] + ROWS[2][:-1] + " # kept\n"
    path = star(text)
    assert len(read_particles(path).assigned) == 3
    assert subset(path, [False, False, True]).read_text() == text.replace(ROWS[0], "").replace(ROWS[1], "")


BAD = {
    "cut in a row": (PARTICLES + "".join(ROWS)[:-30], "values in particle 7; expected 4"),
    "cut in the last value": (PARTICLES + "".join(ROWS)[:-2], "ends in the middle of a line"),
    "cut among labels": (PARTICLES[:-20], "has no particles"),
    "no particles": (PARTICLES + "\n", "has no particles"),
    "no class numbers": (PARTICLES.replace("ClassNumber", "Class"), "has no column _rlnClassNumber of particles"),
    "classes of another block": (OPTICS, "has no column _rlnClassNumber of particles"),
    "another kind": ("particle,map\n0,1\n", "has no column _rlnClassNumber of particles"),
    "a value too many": (PARTICLES + ROWS[0][:-1] + " 5\n", "5 values in particle 1; expected 4"),
    "a class that is none": (PARTICLES + ROWS[0].replace(" 3 ", " x "), "the class of particle 1"),
    "half a class": (PARTICLES + ROWS[0].replace(" 3 ", " 2.5 "), "is 2.5; expected a whole number"),
    "an endless class": (PARTICLES + ROWS[0].replace(" 3 ", " inf "), "is inf; expected a whole number"),
    "an empty line": (PARTICLES + ROWS[0] + "\n" + ROWS[1], "after the empty line that follows particle 1"),
    "not UTF-8": ((PARTICLES + "".join(ROWS)).replace("a/b", "ä/b").encode("latin-1"), "is not UTF-8"),
    "UTF-16": ((PARTICLES + "".join(ROWS)).encode("utf-16"), "is not text"),
    "a line without an end": (PARTICLES.encode() + b"x" * (5 << 20), "has more than"),
    "a pickle": (b"\x80\x04\x95", "is a pickle, which is not read"),
    "nothing": ("", "has no column _rlnClassNumber"),
}


@pytest.mark.parametrize(("text", "words"), BAD.values(), ids=BAD)
def test_what_is_no_whole_star_file_is_refused_in_a_sentence(star, text, words):
    with pytest.raises(OccuPyError) as refused:
        read_particles(star(text))
    assert words in str(refused.value)
    assert "run_data.star" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("change", [(ROWS[2], ""), (ROWS[2], 2 * ROWS[2])])
def test_a_file_that_has_changed_since_it_was_read_is_refused_and_nothing_is_written(star, tmp_path, change):
    particles = read_particles(star(FILES["3.0"]))
    star(FILES["3.0"].replace(*change))
    with pytest.raises(OccuPyError, match=r"has [68] particles and had 7"):
        write_particles(particles, np.ones(7, bool), tmp_path / "subset.star")
    assert [path.name for path in tmp_path.iterdir()] == ["run_data.star"]


def test_where_nothing_can_be_written_is_told_in_a_sentence(star, tmp_path):
    particles = read_particles(star(FILES["3.0"]))
    with pytest.raises(OccuPyError, match=r"subset\.star cannot be written: No such file"):
        write_particles(particles, np.ones(7, bool), tmp_path / "nowhere" / "subset.star")
