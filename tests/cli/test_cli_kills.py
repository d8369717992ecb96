"""Kills before and after every rename: the old files are whole or the new ones are, and the next run knows which."""

import json
import os
import shutil
import subprocess
import sys
from itertools import product

import pytest
from chimerax.occupy.cli import ONE_THREAD

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="Windows has no forks, and on macOS not all libraries survive one"
)

SIGNALS = {"SIGKILL": -9, "SIGTERM": 143, "SIGINT": 130}
"""What ends the program, and its exit status then."""

ENDINGS = (".mrc", ".cxc", ".json")
ESTIMATE = "chimerax.occupy.cli.estimate"

JOBS = """
import json, os, signal, sys
from importlib import import_module
from pathlib import Path
from chimerax.occupy.cli import program
from chimerax.occupy.cli.files import staging

def stage(text, *paths):
    paths = [Path(path) for path in paths]
    with staging.staged(paths, True) as place:
        for path in paths:
            place(path).write_text(text)

def recover(*paths):
    staging.recover([[Path(path) for path in paths]])

def run(*arguments):
    return program.run(arguments)

def killed_at(number, name):
    calls, replace = [0], os.replace
    def hooked(*arguments):
        for what in (lambda: None, lambda: replace(*arguments)):
            what()
            calls[0] += 1
            if calls[0] - 1 == number:
                os.kill(os.getpid(), getattr(signal, name))
    os.replace = hooked
    return calls

def child(job, folder):
    os.chdir(job["folder"])
    for number, name in ((1, "out"), (2, "error")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    calls = killed_at(*job["kill"])
    status = globals()[job["do"]](*job["arguments"]) or 0
    (folder / "calls").write_text(str(calls[0]))
    return status

folder, found = Path(sys.argv[1]), []
for name in sys.argv[2:]:
    import_module(name)
for job in json.load(sys.stdin):
    process = os.fork()
    if process == 0:
        status = 99
        try:
            status = child(job, folder)
        except KeyboardInterrupt:
            status = 130
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    found.append({"status": status, "error": (folder / "error").read_text()})
    if job["kill"][0] is None:
        found[-1]["calls"] = int((folder / "calls").read_text())
json.dump(found, sys.stdout)
"""
"""Does jobs, each in a process of its own that shares what is imported, and prints what became of them.

A job may be killed by a signal at a moment: 2k is before the k-th rename, and 2k + 1 is after it.
"""


@pytest.fixture
def do(tmp_path_factory):
    """A function that does jobs in their folders and returns what became of each."""
    folder = tmp_path_factory.mktemp("jobs")

    def run(jobs, *modules):
        command = [sys.executable, "-c", JOBS, folder, *modules]
        given = {"input": json.dumps(jobs), "env": os.environ | ONE_THREAD}
        done = subprocess.run(command, **given, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def job(folder, do, *arguments, kill=(None, None)):
    return {"folder": str(folder), "do": do, "arguments": [str(a) for a in arguments], "kill": kill}


def hidden(folder):
    return [path.name for path in folder.rglob(".*")]


class TestStaged:
    """Files in two folders, of which some were there already."""

    NAMES = ("here/a", "there/b", "here/c", "here/last")
    BEFORE = (NAMES, (), NAMES[:1], NAMES[1:])

    @pytest.fixture
    def prepared(self, tmp_path):
        """A function that makes a folder with some files of an old set."""

        def make(name, before):
            for part in ("here", "there"):
                (tmp_path / name / part).mkdir(parents=True)
            for path in before:
                (tmp_path / name / path).write_text("old")
            return tmp_path / name

        return make

    def last_moment(self, before):
        """After the last rename: there is one for the journal, and one for each file that is moved away or comes."""
        return 2 * (1 + len(before) + len(self.NAMES)) - 1

    def held(self, folder):
        """What the files hold that are there."""
        return {name: (folder / name).read_text() for name in self.NAMES if (folder / name).exists()}

    @pytest.mark.parametrize("name", ["SIGKILL", "SIGINT"])
    def test_the_old_files_are_whole_or_the_new_ones_are(self, do, prepared, name):
        cases = [(before, moment) for before in self.BEFORE for moment in range(self.last_moment(before) + 1)]
        folders = [prepared(str(i), before) for i, (before, _) in enumerate(cases)]
        kills = [
            job(folder, "stage", "new", *self.NAMES, kill=(moment, name))
            for folder, (_, moment) in zip(folders, cases, strict=True)
        ]
        assert {done["status"] for done in do(kills)} == {SIGNALS[name]}
        new = dict.fromkeys(self.NAMES, "new")
        for folder, (before, _) in zip(folders, cases, strict=True):
            found = self.held(folder)
            if self.NAMES[-1] in found:
                assert found in (dict.fromkeys(before, "old"), new), (
                    "where the last is, it is known what the others are"
                )
            if name == "SIGINT":
                assert hidden(folder) == []
        # A run into one of the folders is enough to put all in order.
        do([job(folder, "recover", self.NAMES[i % 2]) for i, folder in enumerate(folders)])
        for folder, (before, moment) in zip(folders, cases, strict=True):
            assert self.held(folder) == (new if moment == self.last_moment(before) else dict.fromkeys(before, "old"))
        do([job(folder, "recover", *self.NAMES) for folder in folders])
        assert [hidden(folder) for folder in folders] == [[]] * len(folders)

    def test_a_recovery_that_is_killed_itself_is_finished_by_the_next(self, do, prepared):
        before = self.NAMES[1:]
        moments = list(product(range(self.last_moment(before)), range(2 * (len(before) + len(self.NAMES) - 1))))
        folders = [prepared(str(i), before) for i in range(len(moments))]
        kills = zip(folders, moments, strict=True)
        do([job(folder, "stage", "new", *self.NAMES, kill=(moment, "SIGKILL")) for folder, (moment, _) in kills])
        kills = zip(folders, moments, strict=True)
        found = do([job(folder, "recover", *self.NAMES, kill=(moment, "SIGKILL")) for folder, (_, moment) in kills])
        assert len([done for done in found if done["status"] == -9]) > len(found) / 3
        do([job(folder, "recover", *self.NAMES) for folder in folders])
        assert [self.held(folder) for folder in folders] == [dict.fromkeys(before, "old")] * len(folders)
        assert [hidden(folder) for folder in folders] == [[]] * len(folders)


@pytest.mark.parametrize("name", SIGNALS)
def test_after_a_kill_at_any_rename_resume_with_the_old_settings_gives_the_old_maps(
    do, store, phantom, tmp_path, tree, name
):
    begun = tmp_path / "begun"
    begun.mkdir()
    store(begun / "map.mrc", phantom((24, 24, 24)))
    old = ("run", "estimate", "map.mrc", "--no-figures", "--resume")
    new = (*old, "--lowpass", 12)
    (made,) = do([job(begun, *old)])
    assert made["status"] == 0, made["error"]
    counted = shutil.copytree(begun, tmp_path / "counted")
    (counts,) = do([job(counted, *new)])
    before, other = (tree(folder) for folder in (begun, counted))
    assert before[begun / "map_occupancy.mrc"] != other[counted / "map_occupancy.mrc"]
    assert len(before[begun / "map_occupancy.mrc"]) == len(other[counted / "map_occupancy.mrc"])
    last = counts["calls"] - 1
    assert last + 1 >= 2 * len(ENDINGS) * 2
    folders = [shutil.copytree(begun, tmp_path / str(moment)) for moment in range(last + 1)]
    found = do([job(folder, *new, kill=(i, name)) for i, folder in enumerate(folders)], ESTIMATE)
    assert [done["status"] for done in found] == [SIGNALS[name]] * len(found)
    if name != "SIGKILL":
        for folder, done in zip(folders[:-1], found[:-1], strict=True):
            assert done["error"] == "occupy: stopped; nothing more was written\n"
            assert {path.name: held for path, held in tree(folder).items()} == {p.name: h for p, h in before.items()}
        assert found[-1]["error"] == "occupy: stopped; all files of the map were written before\n"
    again = do([job(folder, *old) for folder in folders], ESTIMATE)
    assert [done["status"] for done in again] == [0] * len(again)
    for folder in folders:
        assert hidden(folder) == []
        assert {path.name for path in folder.iterdir()} == {path.name for path in begun.iterdir()}
        assert (folder / "map_occupancy.mrc").read_bytes() == before[begun / "map_occupancy.mrc"]
