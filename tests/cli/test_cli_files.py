"""Output files: never replaced unasked, all or none, and no trace of a run that failed."""

import os
import subprocess
import sys

import pytest

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="POSIX resource limits and pipes")
ESTIMATE = ("map_occupancy.mrc", "map_occupancy.png", "map_occupancy.cxc", "map_occupancy.json")
EQUALIZE = ("map_equalized.mrc", "map_equalized_scale.mrc", "map_equalized.png", "map_equalized.cxc",
            "map_equalized.json")  # fmt: skip

SMALL_DISK = """
import resource, runpy, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
runpy.run_module("chimerax.occupy.cli", run_name="__main__")
"""
"""The program in a process that can write no file larger than its first argument."""


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["estimate"], "map_occupancy.mrc"),
        (["estimate"], "map_occupancy.cxc"),
        (["estimate", "--common-scale"], "map_occupancy.mrc"),
        (["equalize"], "map_equalized_scale.mrc"),
        (["attenuate"], "map_attenuated.png"),
        (["sigmoid"], "map_sigmoid.json"),
    ],
)
def test_no_output_that_exists_is_replaced_and_the_refusal_comes_before_the_work(refusal, tmp_path, command, name):
    """The map is no map, so that any work on it would give another sentence."""
    (tmp_path / "map.mrc").write_text("no map")
    (tmp_path / name).write_text("mine")
    assert f"{name} exists already; give --overwrite" in refusal(*command, "map.mrc")


def test_overwrite_replaces_outputs_and_nothing_else(occupy, map_file, tmp_path, tree):
    source = map_file.read_bytes()
    for name in (*ESTIMATE, "other"):
        (tmp_path / name).write_text("mine")
    result = occupy("estimate", map_file, "--overwrite")
    assert result.returncode == 0, result.stderr
    after = {path.name: content for path, content in tree(tmp_path).items()}
    assert after.pop("map.mrc") == source
    assert after.pop("other") == b"mine"
    assert after.keys() == set(ESTIMATE)
    assert b"mine" not in after.values()


def test_with_overwrite_all_outputs_appear_or_none_does(refusal, map_file, tmp_path):
    (tmp_path / "map_occupancy.png").mkdir()
    (tmp_path / "map_occupancy.mrc").write_text("mine")
    refusal("estimate", map_file, "--overwrite")


@posix_only
@pytest.mark.parametrize(("command", "limit"), [("estimate", 1000), ("equalize", 100_000)])
def test_a_full_disk_leaves_nothing_and_keeps_what_was_to_be_replaced(refusal, map_file, tmp_path, command, limit):
    for name in (*ESTIMATE, *EQUALIZE):
        (tmp_path / name).write_text("mine")
    sentence = refusal(limit, command, map_file, "--overwrite", launcher=("-c", SMALL_DISK))
    assert "cannot write to " in sentence


@posix_only
@pytest.mark.parametrize("folder", [".", "new", "new/deeper"])
def test_a_disk_that_fills_up_at_the_figure_leaves_nothing(refusal, store, phantom, tmp_path, folder):
    """A map of 20³ voxels takes 33 kB, its figure more."""
    source = store(tmp_path / "map.mrc", phantom((20, 20, 20)))
    sentence = refusal(35_000, "estimate", source, "--output-dir", folder, launcher=("-c", SMALL_DISK))
    assert "cannot write to " in sentence


@posix_only
@pytest.mark.parametrize("folder", [".", "new"])
def test_a_full_disk_leaves_nothing_of_a_demo(refusal, folder):
    assert "cannot write to " in refusal(100_000, "demo", "--output-dir", folder, launcher=("-c", SMALL_DISK))


@pytest.mark.parametrize("arguments", [("estimate", "map.mrc"), ("demo",)], ids=lambda a: a[0])
@pytest.mark.parametrize("folder", ["file", "file/below"])
def test_a_file_cannot_be_the_output_folder(refusal, map_file, tmp_path, arguments, folder):
    (tmp_path / "file").write_text("mine")
    assert f"cannot write to {os.path.normpath(folder)}: " in refusal(*arguments, "--output-dir", folder)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs Linux's /proc, where nobody can make a folder")
@pytest.mark.parametrize("arguments", [("estimate", "map.mrc"), ("demo",)], ids=lambda a: a[0])
def test_an_output_folder_that_cannot_be_made_is_named(refusal, map_file, arguments):
    assert "cannot write to /proc/occupy: " in refusal(*arguments, "--output-dir", "/proc/occupy")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission_is_named(refusal, map_file, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o555)
    assert "cannot write to locked: " in refusal("estimate", map_file, "--output-dir", "locked")


@pytest.mark.parametrize("length", [245, 300])
def test_a_name_too_long_for_the_file_system_is_refused(refusal, map_file, tmp_path, length):
    """With 245 letters the map can be there, but not its outputs."""
    name = "m" * length + ".mrc"
    if length < 250:
        map_file.rename(tmp_path / name)
    refusal("estimate", name)


@posix_only
def test_a_closed_pipe_gives_no_traceback(occupy, map_file):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        result = occupy("estimate", map_file, stdout=writer)
    finally:
        os.close(writer)
    assert "Traceback" not in result.stderr


def test_spaces_and_dots_in_names_are_kept(occupy, map_file, tmp_path):
    source = map_file.rename(tmp_path / "my map v1.2.mrc")
    assert occupy("estimate", source, stdout=subprocess.DEVNULL).returncode == 0
    assert (tmp_path / "my map v1.2_occupancy.mrc").is_file()
    assert '"my map v1.2_occupancy.mrc"' in (tmp_path / "my map v1.2_occupancy.cxc").read_text()
