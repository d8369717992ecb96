"""`occupy demo`: the whole job on a map whose truth is known."""

import json
import re

import numpy as np
import pytest

TRUTH = (1.0, 0.8, 0.6, 0.4, 0.2)
OUTPUTS = {
    "demo.mrc",
    "complex.mrc",
    "complex.pdb",
    "complex_flexibility.mrc",
    *(f"complex_occupancy{ending}" for ending in (".mrc", ".png", ".cxc", ".json")),
    *(f"demo_occupancy{ending}" for ending in (".mrc", ".png", ".cxc", ".json")),
    *(f"demo_equalized{ending}" for ending in (".mrc", "_scale.mrc", ".png", ".cxc", ".json")),
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory, occupy):
    folder = tmp_path_factory.mktemp("demo")
    result = occupy("demo", cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder, result.stdout


@pytest.fixture(scope="module")
def table(demo):
    """Rows of the table: true and estimated occupancy, mean density before and after."""
    rows = re.findall(r"^ +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+)$", demo[1], re.MULTILINE)
    return [[float(number) for number in row] for row in rows]


def test_all_outputs_are_written_into_one_new_folder(demo):
    folder, _ = demo
    assert [path.name for path in folder.iterdir()] == ["occupy_demo"]
    assert {path.name for path in (folder / "occupy_demo").iterdir()} == OUTPUTS


def test_the_estimate_of_each_part_is_near_its_true_occupancy(table):
    assert [row[0] for row in table] == list(TRUTH)
    assert [row[1] for row in table] == pytest.approx(TRUTH, abs=0.12)


def test_before_equalising_the_parts_stand_at_their_occupancy_and_after_it_at_one_level(table):
    assert [row[2] for row in table] == pytest.approx(TRUTH, abs=0.06)
    assert [row[3] for row in table] == pytest.approx([1] * len(TRUTH), abs=0.15)


def test_the_table_is_what_the_files_hold(demo, table, load):
    """The parts are balls on a ring; the strongest is at its far end along x, in the middle plane."""
    folder = demo[0] / "occupy_demo"
    density = load(folder / "demo.mrc")[0]
    assert density.shape == (96, 96, 96)
    z, y, x = np.ogrid[:96, :96, :96]
    ring = 1.15 * 10 / np.sin(np.pi / 5)
    core = (z - 47.5) ** 2 + (y - 47.5) ** 2 + (x - 47.5 - ring) ** 2 <= 7**2
    for column, name in ((1, "demo_occupancy.mrc"), (2, "demo.mrc"), (3, "demo_equalized.mrc")):
        assert load(folder / name)[0][core].mean() == pytest.approx(table[0][column], abs=0.006)


def test_what_is_missing_and_what_moves_are_told_apart(demo):
    rows = re.findall(r"^  ([ABC]) +([\d.]+) +([\d.]+) +(-?\d+) +(-?\d+)$", demo[1], re.MULTILINE)
    found = {name: [float(number) for number in numbers] for name, *numbers in rows}
    assert {name: (row[0], row[2]) for name, row in found.items()} == {"A": (1, 0), "B": (0.5, 0), "C": (1, 80)}
    for occupancy, estimated, shift, read in found.values():
        assert estimated == pytest.approx(occupancy, abs=0.06)
        assert read == pytest.approx(shift, abs=16)


def test_the_model_of_the_demo_tells_the_same(demo, occupy):
    (command,) = re.findall(r"occupy (refine .+)$", demo[1], re.MULTILINE)
    done = occupy(*command.split(), "--json", "table.json", "--no-figures", cwd=demo[0])
    assert done.returncode == 0, done.stderr
    rows = {row["group"]: row for row in json.loads((demo[0] / "table.json").read_text())}
    assert [rows[name]["occupancy"] for name in "ABC"] == pytest.approx([1, 0.5, 1], abs=0.03)
    assert [rows[name]["b_shift"] for name in "ABC"] == pytest.approx([0, 0, 80], abs=10)


def test_demo_names_the_script_to_open(demo):
    script = re.search(r"chimerax (\S+\.cxc)$", demo[1], re.MULTILINE).group(1)
    assert (demo[0] / script).is_file()


@pytest.mark.parametrize("name", ["demo.mrc", "demo_occupancy.png", "demo_equalized.mrc"])
def test_demo_replaces_no_file_and_writes_none_where_one_exists(refusal, tmp_path, name):
    (tmp_path / name).write_text("mine")
    assert f"{name} exists already; give --overwrite" in refusal("demo", "--output-dir", tmp_path)


def test_demo_runs_again_with_overwrite(occupy, demo):
    assert occupy("demo", "--overwrite", cwd=demo[0]).stdout == demo[1]
