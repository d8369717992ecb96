"""A run over many maps: its summary, what it keeps, and what is left where it is stopped."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from urllib.parse import unquote

import numpy as np
import pytest

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
ENDINGS = (".cxc", ".json", ".mrc", ".png")
SUMMARY = {"occupy_estimate.csv", "occupy_estimate.html"}

FULL_DISK = """
import errno, runpy, sys
from chimerax.occupy.cli.files import mapfile
write, room = mapfile.write, [int(sys.argv.pop(1))]
def until_full(*arguments):
    if not room[0]:
        raise OSError(errno.ENOSPC, "No space left on device")
    room[0] -= 1
    write(*arguments)
mapfile.write = until_full
runpy.run_module("chimerax.occupy.cli", run_name="__main__")
"""
"""The program on a disk that has room for as many maps as its first argument says."""

MISTAKEN = """
import runpy
from chimerax.occupy.cli import estimate
make = estimate.engine.estimate
def mistaken(density, *arguments, **settings):
    if density[0, 0, 0] == 7:
        raise ZeroDivisionError("of the test")
    return make(density, *arguments, **settings)
estimate.engine.estimate = mistaken
runpy.run_module("chimerax.occupy.cli", run_name="__main__")
"""
"""The program with a mistake that shows in maps whose first voxel is 7."""


class Page(HTMLParser):
    """The rows, links and pictures of a page, and whether it needs anything that is not on the disk."""

    def __init__(self, path):
        super().__init__()
        self.rows, self.links, self.pictures, self.remote = [], [], [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "tr":
            self.rows.append([])
        if tag == "td":
            self.rows[-1].append("")
        if tag == "a":
            self.links.append(unquote(given["href"]))
        if tag == "img":
            self.pictures.append(unquote(given["src"]))
        self.remote += [value for name, value in attributes if name in ("src", "href") and "//" in value]
        self.remote += [tag] if tag == "link" else []

    def handle_data(self, data):
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def rows_of(folder, command="estimate"):
    with open(folder / f"occupy_{command}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def states(folder):
    return {os.path.basename(row["map"]): row["state"] for row in rows_of(folder)}


@pytest.fixture
def maps(tmp_path, store, density):
    """Three maps, the second called what HTML and CSV could stumble over."""
    names = ("a.mrc", "b, <i>&amp;.mrc", "c.mrc")
    return [store(tmp_path / name, density * np.float32(1 + i)) for i, name in enumerate(names)]


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def run(occupy, out):
    """A function that runs `occupy estimate` on maps, writing to the test's folder `out`."""

    def run(maps, *options, **keywords):
        result = occupy("estimate", *maps, "--output-dir", out, *options, **keywords)
        assert "Traceback" not in result.stderr, result.stderr
        return result

    return run


class TestSummary:
    def test_no_name_of_a_map_is_a_formula_in_the_table(self, run, store, density, out, tmp_path):
        names = ["=1+1.mrc", "@a.mrc"]
        for name in names:
            store(tmp_path / name, density - np.float32(0.01))
        assert run(names, cwd=tmp_path).returncode == 0
        rows = rows_of(out)
        assert [row["map"] for row in rows] == [f"'{name}" for name in names]
        assert all(row["files"].startswith("'") for row in rows)
        assert all(float(row["solvent_mean"]) < 0 for row in rows)

    def test_table_and_page_have_a_row_for_every_map_made_or_failed(self, run, maps, out, tmp_path):
        assert run([*maps, tmp_path / "missing.mrc"]).returncode == 1
        table, page = rows_of(out), Page(out / "occupy_estimate.html")
        assert [row["map"] for row in table] == [str(path) for path in (*maps, tmp_path / "missing.mrc")]
        assert [row["state"] for row in table] == ["made"] * 3 + ["failed"]
        assert table[3]["problem"].endswith("no such file")
        assert [row[1] for row in page.rows[1:]] == [row["map"] for row in table]
        assert "no such file" in page.rows[4][5]
        assert "3 made, 0 kept from an earlier run, 1 failed" in (out / "occupy_estimate.html").read_text("utf-8")

    def test_records_name_of_the_maps_of_the_run_their_own_only(self, run, maps, out):
        run(maps, "--lowpass", 20)
        for path in maps:
            record = json.loads((out / f"{path.stem}_occupancy.json").read_text(encoding="utf-8"))
            assert record["arguments"] == ["estimate", str(path), "--output-dir", str(out), "--lowpass", "20"]

    def test_the_numbers_are_those_of_the_records(self, run, maps, out):
        run(maps)
        for row, path in zip(rows_of(out), maps, strict=True):
            record = json.loads((out / f"{path.stem}_occupancy.json").read_text(encoding="utf-8"))
            for name in ("full_scale", "solvent_mean", "solvent_sigma"):
                assert float(row[name]) == pytest.approx(record["limits"][name], rel=1e-5)
            assert 0 < float(row["seconds"]) < 100

    def test_links_and_pictures_lead_to_all_files_and_nowhere_else(self, run, maps, out):
        run(maps)
        page = Page(out / "occupy_estimate.html")
        files = {path.name for path in out.iterdir()} - SUMMARY
        assert set(page.links) == files
        assert set(page.pictures) == {name for name in files if name.endswith(".png")}
        assert page.remote == []
        assert {name for row in rows_of(out) for name in row["files"].split("; ")} == files

    def test_warnings_are_in_table_and_page(self, run, store, density, out, tmp_path):
        masked = [store(tmp_path / f"{i}.mrc", np.where(density > 0.3, density, 0)) for i in range(2)]
        run(masked)
        for found in (rows_of(out)[0]["warnings"], Page(out / "occupy_estimate.html").rows[1][5]):
            assert re.search(r"\d+% of the voxels are exactly 0: .*masked", found)

    def test_it_is_beside_the_first_map_where_no_folder_is_given(self, occupy, maps, tmp_path):
        assert occupy("solvent", *maps).returncode == 0
        assert len(rows_of(tmp_path, "solvent")) == 3

    def test_a_single_map_has_none(self, run, maps, out):
        run(maps[:1])
        assert {path.name for path in out.iterdir()} == {f"a_occupancy{ending}" for ending in ENDINGS}

    def test_one_that_is_there_is_not_replaced_unasked(self, refusal, maps, tmp_path):
        (tmp_path / "occupy_estimate.csv").write_text("mine")
        assert "occupy_estimate.csv exists already" in refusal("estimate", *maps)

    def test_without_figures_there_are_none_and_no_pictures(self, run, maps, out):
        assert run(maps, "--no-figures").returncode == 0
        assert {path.suffix for path in out.iterdir()} == {".mrc", ".json", ".cxc", ".csv", ".html"}
        assert Page(out / "occupy_estimate.html").pictures == []


class TestResume:
    @pytest.fixture
    def times(self, out):
        """A function that tells when each output was written."""
        return lambda: {path.name: path.stat().st_mtime_ns for path in out.iterdir() if path.name not in SUMMARY}

    @pytest.fixture
    def changed(self, run, maps, times):
        """A function that runs once, lets something be changed and resumes: stems of the files written anew."""

        def run_twice(change=lambda: None, *options):
            assert run(maps).returncode == 0
            change()
            before = times()
            assert run(maps, "--resume", *options).returncode == 0
            after = times()
            return {name.rpartition("_")[0] for name in after if after[name] != before.get(name)}

        return run_twice

    def test_whole_outputs_of_the_same_settings_and_files_are_kept(self, changed, out):
        assert changed() == set()
        assert set(states(out).values()) == {"kept"}
        assert all(float(row["full_scale"]) > 0 for row in rows_of(out))

    def test_with_other_settings_all_are_made_anew(self, changed):
        assert len(changed(lambda: None, "--lowpass", 9)) == 3

    def test_a_map_that_changed_is_made_anew(self, changed, maps, out):
        assert changed(lambda: os.utime(maps[0], ns=(0, 10**18))) == {"a"}
        assert states(out)["a.mrc"] == "made"

    @pytest.mark.parametrize("ending", ENDINGS)
    def test_outputs_of_which_one_is_missing_are_made_anew(self, changed, out, ending):
        assert changed((out / f"c_occupancy{ending}").unlink) == {"c"}

    @pytest.mark.parametrize("ending", ENDINGS)
    def test_outputs_of_which_one_was_cut_short_are_made_anew(self, changed, out, ending):
        path = out / f"c_occupancy{ending}"
        assert changed(lambda: path.write_bytes(path.read_bytes()[:-2])) == {"c"}

    @pytest.mark.parametrize("ending", ENDINGS)
    def test_outputs_of_which_one_holds_something_else_of_the_same_size_are_made_anew(self, changed, out, ending):
        path = out / f"c_occupancy{ending}"
        assert changed(lambda: path.write_bytes(path.read_bytes()[::-1])) == {"c"}

    def test_outputs_that_were_copied_are_kept(self, changed, out):
        assert changed(lambda: [os.utime(path, ns=(0, 10**18)) for path in out.iterdir()]) == set()

    def test_a_mask_that_changed_makes_all_anew(self, run, maps, store, density, out, tmp_path):
        mask = store(tmp_path / "mask.mrc", (density < 0.1).astype(np.int8))
        for made in ("made", "kept"):
            assert run(maps, "--solvent-mask", mask, "--resume").returncode == 0
            assert set(states(out).values()) == {made}
        mask.unlink()
        store(mask, (density < 0.2).astype(np.int8))
        run(maps, "--solvent-mask", mask, "--resume")
        assert set(states(out).values()) == {"made"}

    def test_figures_that_were_left_out_are_made_when_they_are_wanted(self, run, maps, out):
        run(maps, "--no-figures")
        run(maps, "--resume")
        assert set(states(out).values()) == {"made"}
        run(maps, "--resume", "--no-figures")
        assert set(states(out).values()) == {"kept"}

    def test_the_common_scale_holds_for_what_is_made_anew(self, run, maps, out, load):
        run(maps, "--common-scale")
        before = load(out / "a_occupancy.mrc")[0]
        (out / "a_occupancy.json").unlink()
        run(maps, "--common-scale", "--resume")
        assert states(out)["a.mrc"] == "made"
        assert list(states(out).values()).count("kept") == 2
        assert np.array_equal(load(out / "a_occupancy.mrc")[0], before)


class TestNothingLost:
    def test_a_mistake_of_the_program_fails_one_map_and_is_told(self, run, maps, store, density, out, tmp_path):
        odd = np.array(density)
        odd[0, 0, 0] = 7
        store(tmp_path / "odd.mrc", odd)
        assert run([tmp_path / "odd.mrc", *maps], launcher=("-c", MISTAKEN)).returncode == 1
        assert list(states(out).values()) == ["failed", "made", "made", "made"]
        assert "ZeroDivisionError (of the test)" in rows_of(out)[0]["problem"]

    def test_a_map_that_fails_does_not_keep_the_others_from_a_common_scale(self, run, maps, out, tmp_path):
        assert run([tmp_path / "missing.mrc", *maps], "--common-scale").returncode == 1
        assert list(states(out).values()) == ["failed", "made", "made", "made"]

    def test_a_full_disk_stops_the_run_and_keeps_what_is_done(self, run, maps, out):
        result = run(maps, launcher=("-c", FULL_DISK, "1"))
        assert result.returncode == 3
        assert "1 of 3 maps are done, and --resume goes on" in result.stderr
        assert {path.name for path in out.iterdir()} == SUMMARY | {f"a_occupancy{ending}" for ending in ENDINGS}
        assert list(states(out).values()) == ["made", "failed"]
        assert run(maps, "--resume").returncode == 0
        assert list(states(out).values()) == ["kept", "made", "made"]

    def test_a_full_disk_ends_the_run_of_one_map_with_a_status_of_its_own(self, run, maps, out):
        result = run(maps[:1], launcher=("-c", FULL_DISK, "0"))
        assert result.returncode == 3
        assert re.fullmatch(r"occupy: cannot write to [^\n]*: No space left on device\n", result.stderr)
        assert not out.exists()

    @posix_only
    @pytest.mark.parametrize(
        ("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGKILL", -9)], ids=lambda value: str(value)
    )
    def test_a_run_that_is_stopped_leaves_whole_sets_of_files_and_can_be_resumed(
        self, run, store, phantom, out, tmp_path, name, status
    ):
        large = phantom((100, 100, 100))
        maps = [store(tmp_path / f"{i}.mrc", large) for i in range(24)]
        command = [sys.executable, "-m", "chimerax.occupy.cli", "estimate", *maps, "--output-dir", out]
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            # What runs in the background of a shell is started with this signal ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        _wait_for(lambda: any(out.glob("*_occupancy.json")))
        process.send_signal(getattr(signal, name))
        error = process.communicate(timeout=60)[1].decode()
        assert process.returncode == status
        assert "Traceback" not in error
        visible = {path.name for path in out.iterdir() if not path.name.startswith(".")} - SUMMARY
        made = {name.partition("_")[0] for name in visible}
        assert 1 <= len(made) < len(maps)
        assert visible == {f"{stem}_occupancy{ending}" for stem in made for ending in ENDINGS}
        assert run(maps, "--resume").returncode == 0
        assert {path.name for path in out.iterdir() if path.name.startswith(".")} == set(), "remains of the first run"
        kept = {stem for stem, state in states(out).items() if state == "kept"}
        assert kept == {f"{stem}.mrc" for stem in made}

    def test_of_two_runs_into_one_folder_the_second_is_refused(self, run, store, phantom, out, tmp_path):
        large = phantom((100, 100, 100))
        maps = [store(tmp_path / f"{i}.mrc", large) for i in range(8)]
        command = [sys.executable, "-m", "chimerax.occupy.cli", "estimate", *maps, "--output-dir", out]
        first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _wait_for(lambda: (out / "occupy_estimate.csv").exists())
        second = run(maps, "--overwrite", "--lowpass", 9)
        assert second.returncode == 1
        assert "another run of occupy estimate is writing to" in second.stderr
        assert first.wait(timeout=60) == 0
        records = [json.loads(path.read_text(encoding="utf-8")) for path in out.glob("*.json")]
        assert [record["estimation"]["lowpass"] for record in records] == [8.0] * 8
        assert list(states(out).values()) == ["made"] * 8


def _wait_for(condition, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.01)
