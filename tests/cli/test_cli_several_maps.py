"""Several maps in one run: a progress bar, and no map suffers from another."""

import re

import chimerax.occupy as library
import numpy as np
import pytest


@pytest.fixture(scope="module")
def run(tmp_path_factory, store, density, occupy):
    """A run over four maps, of which the second has NaN and the third does not exist."""
    folder = tmp_path_factory.mktemp("several")
    store(folder / "first.mrc", density)
    store(folder / "nan.mrc", np.where(density > 0.9, np.nan, density).astype(np.float32))
    store(folder / "last.mrc", density[::-1, ::-1])
    names = ("first.mrc", "nan.mrc", "missing.mrc", "last.mrc")
    return folder, occupy("estimate", *names, "--output-dir", "out", cwd=folder)


@pytest.fixture(scope="module")
def lines(run):
    """The lines of stderr as a terminal shows them one after another, the bar being redrawn in place."""
    return [line.strip() for line in re.split(r"[\r\n]", run[1].stderr) if line.strip()]


def test_a_progress_bar_counts_the_maps_on_stderr(lines):
    assert any(line.startswith("maps: 100%") and "4/4" in line for line in lines)


def test_a_single_map_has_no_bar(occupy, map_file):
    assert "%|" not in occupy("estimate", map_file).stderr


def test_a_bad_map_does_not_keep_the_others_from_their_outputs(run, load, density):
    folder, result = run
    assert "Traceback" not in result.stderr
    names = {path.name for path in (folder / "out").iterdir()}
    endings = (".mrc", ".png", ".cxc", ".json")
    summary = {"occupy_estimate.csv", "occupy_estimate.html"}
    assert names == summary | {f"{stem}_occupancy{ending}" for stem in ("first", "last") for ending in endings}
    scale = load(folder / "out" / "last_occupancy.mrc")[0]
    assert np.array_equal(scale, library.estimate(density[::-1, ::-1], 1.5).scale)


def test_the_status_is_1_where_a_map_failed_and_0_where_none_did(run, occupy, map_file, tmp_path):
    assert run[1].returncode == 1
    other = tmp_path / "other.mrc"
    other.write_bytes(map_file.read_bytes())
    assert occupy("estimate", map_file, other).returncode == 0


def test_stdout_holds_the_summaries_of_the_good_maps_only(run):
    assert [line for line in run[1].stdout.splitlines() if not line.startswith("  ")] == ["first.mrc", "last.mrc"]
    assert "nan.mrc" not in run[1].stdout


def test_each_failure_is_one_line_of_its_own_beside_the_bar(lines):
    assert len([line for line in lines if line.startswith("occupy: ")]) == 2


def test_each_failure_names_its_map(run):
    assert re.search(r"occupy: .*missing\.mrc", run[1].stderr)
    assert re.search(r"occupy: .*nan\.mrc", run[1].stderr)


def test_a_common_scale_is_that_of_the_strongest_map(occupy, store, density, load, tmp_path):
    for name, factor in (("weak.mrc", 1), ("strong.mrc", 4)):
        store(tmp_path / name, density * np.float32(factor))
    result = occupy("estimate", "weak.mrc", "strong.mrc", "--common-scale", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    alone = library.estimate(density, 1.5)
    weak, strong = (load(tmp_path / f"{name}_occupancy.mrc")[0] for name in ("weak", "strong"))
    assert strong == pytest.approx(alone.scale, abs=1e-5)
    assert weak == pytest.approx(library.estimate(density, 1.5, full_scale=4 * alone.full_scale).scale, abs=1e-5)
    assert weak.max() < 0.5


@pytest.mark.parametrize("overwrite", [(), ("--overwrite",)], ids=["", "overwrite"])
def test_of_two_maps_with_one_name_none_replaces_the_outputs_of_the_other(
    occupy, store, density, load, tmp_path, overwrite
):
    for folder, values in (("a", density), ("b", density[::-1])):
        (tmp_path / folder).mkdir()
        store(tmp_path / folder / "map.mrc", values)
    result = occupy("estimate", "a/map.mrc", "b/map.mrc", "--output-dir", "out", *overwrite, cwd=tmp_path)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    made = tmp_path / "out" / "map_occupancy.mrc"
    assert not made.exists() or np.array_equal(load(made)[0], library.estimate(density, 1.5).scale)
