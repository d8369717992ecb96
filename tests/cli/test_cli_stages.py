"""Stages: what killed processes leave is removed or undone, what others are at work on or have put there is not."""

import json
import os
import subprocess
import sys

import pytest
from chimerax.occupy.cli.files import staging
from chimerax.occupy.engine.errors import OccuPyError

LEFT = """
import os, sys
from pathlib import Path
from chimerax.occupy.cli.files.staging import staged
begun = [staged([Path(name)], True) for name in sys.argv[1:]]
for context, name in zip(begun, sys.argv[1:]):
    context.__enter__()(Path(name)).write_text("part of it")
os._exit(1)
"""
"""Begins to write files and ends as if it was killed."""

MOVED = """
import os, sys
from pathlib import Path
from chimerax.occupy.cli.files.staging import staged
paths, replace, left = [Path(name) for name in sys.argv[2:]], os.replace, [int(sys.argv[1])]
def ending(*arguments):
    if not left[0]:
        os._exit(1)
    left[0] -= 1
    replace(*arguments)
os.replace = ending
with staged(paths, True) as place:
    for path in paths:
        place(path).write_text("new")
"""
"""Ends as if it was killed after as many renames as its first argument says."""


def end(script, *arguments):
    assert subprocess.run([sys.executable, "-c", script, *map(str, arguments)], check=False).returncode == 1


def hidden(folder):
    return [path for path in folder.rglob(".*") if path.is_dir()]


@pytest.fixture
def moved(tmp_path):
    """A function that has a process end after some renames of two new files to the places of old ones."""
    paths = [tmp_path / name for name in ("map", "record")]

    def run(renames):
        for path in paths:
            path.write_text("old")
        end(MOVED, renames, *paths)
        return paths

    return run


def test_a_run_of_one_map_removes_what_killed_runs_have_left_of_whatever_files(occupy, map_file, tmp_path):
    for name in ("map_occupancy.json", "map_refined.json", "occupancy_matrix.csv"):
        end(LEFT, tmp_path / name)
    assert len(hidden(tmp_path)) == 3
    assert occupy("estimate", map_file, "--no-figures").returncode == 0
    assert hidden(tmp_path) == []


def test_a_run_leaves_alone_what_another_process_is_writing(occupy, map_file, tmp_path):
    other = tmp_path / "map_refined.json"
    with staging.staged([other], False) as place:
        place(other).write_text("whole")
        assert occupy("estimate", map_file, "--no-figures").returncode == 0
        staging.recover([[other]])
    assert other.read_text() == "whole"
    assert hidden(tmp_path) == []


def test_what_another_computer_has_left_is_removed_by_who_makes_the_same_files_only(tmp_path, monkeypatch):
    end(LEFT, tmp_path / "a")
    monkeypatch.setattr(staging.socket, "gethostname", lambda: "elsewhere")
    staging.recover([[tmp_path / "b"]])
    assert len(hidden(tmp_path)) == 1
    staging.recover([[tmp_path / "a"]])
    assert hidden(tmp_path) == []


def test_a_run_that_would_be_refused_for_what_a_killed_one_moved_is_not(occupy, map_file, tmp_path):
    paths = [tmp_path / f"map_occupancy{ending}" for ending in (".mrc", ".cxc", ".json")]
    end(MOVED, 3, *paths)
    assert [path.exists() for path in paths] == [True, True, False]
    assert occupy("estimate", map_file, "--no-figures").returncode == 0


def test_what_somebody_has_put_in_the_place_since_stays(moved):
    paths = moved(4)
    assert [path.exists() for path in paths] == [True, False]
    paths[0].write_text("mine, since")
    staging.recover([paths])
    assert [path.read_text() for path in paths] == ["mine, since", "old"]


def test_files_that_were_moved_are_put_back_in_a_folder_that_was_renamed(moved, tmp_path):
    paths = moved(4)
    folder = tmp_path.with_name("renamed")
    tmp_path.rename(folder)
    staging.recover([[folder / path.name for path in paths]])
    assert [(folder / path.name).read_text() for path in paths] == ["old", "old"]
    folder.rename(tmp_path)


def test_a_journal_that_cannot_be_read_is_told_and_nothing_is_removed(moved, tmp_path, tree):
    paths = moved(4)
    (journal,) = tmp_path.glob(".*/journal.json")
    journal.write_text("")
    with pytest.raises(OccuPyError, match=r"journal\.json cannot be read.* remove "):
        staging.recover([paths])
    assert b"old" in tree(tmp_path).values()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_stage_that_somebody_made_up_moves_and_removes_nothing_elsewhere(tmp_path, tree, monkeypatch):
    out, home = tmp_path / "out", tmp_path / "home"
    home.mkdir()
    for name in ("key", "last"):
        (home / name).write_text("mine")
    for part, other in (("old", "new"), ("new", "old")):
        stage = out / f".occupy-00000000-11111111-{part}"
        (stage / other).mkdir(parents=True)
        (stage / other / "last").write_text("")
        (stage / part).symlink_to(home)
        (stage / "journal.json").write_text(json.dumps([["", "key", None], ["", "last", None]]))
    pointing = out / ".occupy-00000000-11111111-c"
    pointing.mkdir()
    (pointing / "home").write_bytes(os.fsencode(home))
    journal = out / ".occupy-00000000-11111111-e"
    (journal / "new").mkdir(parents=True)
    (journal / "new" / "last").write_text("")
    (journal / "journal.json").write_text(json.dumps([[str(out / "led"), "key", None], ["", "last", None]]))
    (out / "led").mkdir()
    (out / "led" / "old").symlink_to(home)
    linked = out / ".occupy-00000000-11111111-d"
    linked.symlink_to(home)
    before = tree(home)
    monkeypatch.setattr(staging, "_digits", lambda _: "00000000")
    staging.recover([[out / "file"]])
    assert tree(home) == before
    assert not (out / "key").exists()


def test_files_in_several_folders_come_back_by_a_run_into_one_of_them(tmp_path):
    paths = [tmp_path / folder / "file" for folder in ("a", "b", "c")]
    for path in paths:
        path.parent.mkdir()
        path.write_text("old")
    end(MOVED, 6, *paths)
    assert [path.exists() for path in paths] == [True, True, False]
    staging.recover([[tmp_path / "b" / "other"]])
    assert [path.read_text() for path in paths] == ["old", "old", "old"]
    assert hidden(tmp_path) == []
