"""Runs over many maps with workers: a local Dask cluster, and a scheduler with workers of its own."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress

import numpy as np
import pytest
from test_cli_refine import CORNERS, RENAMED, bundle, put, simulated, write

pytest.importorskip("distributed")

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="process groups of POSIX")
ENDINGS = (".cxc", ".json", ".mrc", ".png")

WITHOUT_DASK = """
import runpy, sys
sys.modules["distributed"] = None
runpy.run_module("chimerax.occupy.cli", run_name="__main__")
"""

ENVIRONMENT = """
import os
from chimerax.occupy.cli.runs.running import Running
from chimerax.occupy.cli.runs.workers import pool
names = [("OMP_NUM_THREADS",), ("OPENBLAS_NUM_THREADS",), ("OCCUPY_THREADS",)]
with pool(Running(workers=2), ["a.mrc", "b.mrc"]) as do:
    print(*[value for _, value in do(os.getenv, names)])
"""
"""Prints what workers find in their environment."""

KEPT_A_TASK = """
import gc, sys, time
from chimerax.occupy.cli.runs.running import Running
from chimerax.occupy.cli.runs.workers import pool

def work(calls):
    return work(calls - 1) if calls else time.sleep(0.03)

def blocks():
    gc.collect()
    return sys.getallocatedblocks()

with pool(Running(workers=1), ["a.mrc"]) as do:
    def after(tasks):
        for _ in do(work, [(100,)] * tasks):
            pass
        return blocks(), *[value for _, value in do(blocks, [()])]
    for before, then in zip(after(100), after(100)):
        print((then - before) / 100)
"""
"""Prints how many blocks of Python's memory the program and a worker keep of a task, once their logs are full."""

KILLED_AT_WORK = """
import os, signal, threading
from distributed import WorkerPlugin

class KilledAtWork(WorkerPlugin):
    def transition(self, key, start, finish, **kwargs):
        if finish == "executing":
            threading.Timer(0.05, os.killpg, (os.getpgrp(), signal.SIGKILL)).start()

async def dask_setup(worker):
    await worker.plugin_add(KilledAtWork())
"""
"""What a worker loads that is to be killed, with the process that watches it, soon after it has begun to work."""

KILLS_ITS_SCHEDULER = """
import os, signal
from pathlib import Path
from distributed import WorkerPlugin

class KillsItsScheduler(WorkerPlugin):
    def transition(self, key, start, finish, **kwargs):
        if finish == "executing":
            os.kill(int(Path("scheduler.pid").read_text()), signal.SIGKILL)

async def dask_setup(worker):
    await worker.plugin_add(KillsItsScheduler())
"""

UNTIL_THERE = """
import sys, distributed
with distributed.Client(scheduler_file=sys.argv[1]) as client:
    client.wait_for_workers(int(sys.argv[2]))
"""


def told_by(result):
    """The lines on stderr but for the progress bar."""
    return [line for line in re.split(r"[\r\n]+", result.stderr) if line.strip() and not line.startswith("maps:")]


def rows_of(folder):
    with open(folder / "occupy_estimate.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def cluster(tmp_path_factory):
    """A function that starts a scheduler and a worker for each list of options; returns its file and the workers."""
    folder = tmp_path_factory.mktemp("cluster")
    started = []

    def start(program, *options):
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", "--no-dashboard", *options]
        # Workers write their scratch files into this folder, and begin in another than the program does.
        process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        started.append(process)
        return process

    def cluster(*options_of_workers):
        file = folder / "scheduler.json"
        scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
        (folder / "scheduler.pid").write_text(str(scheduler.pid))
        _wait_for(file.exists)
        of_worker = ("--scheduler-file", str(file), "--nthreads", "1")
        workers = [start("worker", *of_worker, *map(str, options)) for options in options_of_workers]
        if workers:
            there = [sys.executable, "-c", UNTIL_THERE, str(file), str(len(workers))]
            subprocess.run(there, check=True, timeout=120)
        return file, workers

    yield cluster
    for process in reversed(started):
        _kill(process)


def _kill(process):
    """Kill a worker with the process that does its work."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=30)


@pytest.fixture
def maps(tmp_path, store, density):
    return [store(tmp_path / f"{i}.mrc", density * np.float32(1 + i)) for i in range(4)]


def test_local_workers_make_what_one_process_makes(occupy, maps, tmp_path, load):
    for folder, options in (("alone", ()), ("workers", ("--workers", 2))):
        result = occupy("estimate", *maps, "missing.mrc", "--output-dir", tmp_path / folder, *options, cwd=tmp_path)
        assert "Traceback" not in result.stderr, result.stderr
        assert result.returncode == 1
        assert "missing.mrc: no such file" in result.stderr
    alone, workers = (tmp_path / folder for folder in ("alone", "workers"))
    assert {path.name for path in workers.iterdir()} == {path.name for path in alone.iterdir()}
    for path in alone.glob("*.mrc"):
        assert np.array_equal(load(path)[0], load(workers / path.name)[0])
    assert Counter((row["map"], row["state"]) for row in rows_of(workers)) == Counter(
        (row["map"], row["state"]) for row in rows_of(alone)
    )


def test_a_common_scale_is_the_same_with_workers(occupy, maps, tmp_path, load):
    for folder, options in (("alone", ()), ("workers", ("--workers", 2))):
        result = occupy("estimate", *maps, "--common-scale", "--output-dir", tmp_path / folder, *options)
        assert result.returncode == 0, result.stderr
    assert np.array_equal(*(load(tmp_path / folder / "0_occupancy.mrc")[0] for folder in ("alone", "workers")))


def test_tables_of_all_maps_are_in_the_order_of_the_maps(occupy, store, density, tmp_path):
    """The first takes longest."""
    names = [f"{i}.mrc" for i in range(4)]
    for name in names:
        scale = np.clip(density, 0, 1)
        store(tmp_path / name, np.tile(scale, (3, 3, 3)) if name == "0.mrc" else scale)
    result = occupy("measure", *names, "--masks", *names[1:2], "--csv", "table.csv", "--workers", 2, cwd=tmp_path)
    assert "must be" in result.stderr, "the mask is on another grid than the first map"
    with open(tmp_path / "table.csv", encoding="utf-8", newline="") as file:
        assert [row["map"] for row in csv.DictReader(file)] == names[1:]


@pytest.mark.parametrize("options", [("--workers", "2"), ("--scheduler", "tcp://127.0.0.1:9")])
def test_without_dask_a_sentence_says_what_to_install(refusal, maps, options):
    sentence = refusal("estimate", *maps, *options, launcher=("-c", WITHOUT_DASK))
    assert "pip install '.[batch]'" in sentence


def test_a_scheduler_that_does_not_answer_is_named(refusal, maps):
    assert "no Dask scheduler answers at nowhere" in refusal("estimate", *maps, "--scheduler", "nowhere")
    assert "no.json: no such file" in refusal("estimate", *maps, "--scheduler-file", "no.json")


def test_workers_and_a_scheduler_cannot_both_be_given(occupy, maps):
    result = occupy("estimate", *maps, "--workers", 2, "--scheduler", "tcp://127.0.0.1:9")
    assert result.returncode == 2
    assert "not allowed with argument --workers" in result.stderr


@posix_only
def test_a_worker_that_is_killed_while_it_works_costs_no_map_and_none_is_made_twice(
    occupy, cluster, store, phantom, tmp_path
):
    large = phantom((100, 100, 100))
    names = [f"{i}.mrc" for i in range(6)]
    for name in names:
        store(tmp_path / name, large)
    (tmp_path / "killed.py").write_text(KILLED_AT_WORK)
    file, (doomed, other) = cluster(["--preload", tmp_path / "killed.py"], [])
    result = occupy("estimate", *names, "--output-dir", "out", "--scheduler-file", file, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert doomed.wait(timeout=30) == -signal.SIGKILL
    assert other.poll() is None
    out = tmp_path / "out"
    assert [row["map"] for row in sorted(rows_of(out), key=lambda row: row["map"])] == [
        str(tmp_path / name) for name in names
    ]
    assert {row["problem"] for row in rows_of(out)} == {""}
    made = {f"{i}_occupancy{ending}" for i in range(6) for ending in ENDINGS}
    assert {path.name for path in out.iterdir()} == made | {"occupy_estimate.csv", "occupy_estimate.html"}
    assert Counter(line for line in result.stdout.splitlines() if not line.startswith(" ")) == Counter(
        str(tmp_path / name) for name in names
    )


def test_workers_of_a_scheduler_that_begin_in_another_folder_read_the_maps_of_a_matrix(
    occupy, cluster, store, tmp_path
):
    truth = {
        "a": {"A": 1.0, "B": 1.0, "C": 1.0},
        "b": {"A": 1.0, "B": 0.0, "C": 0.5},
        "c": {"A": 1.0, "B": 1.0, "C": 0},
    }
    write(tmp_path / "model.cif", bundle())
    for name, occupancies in truth.items():
        put(store, tmp_path / f"{name}.mrc", simulated(bundle(), occupancies))
    file, _ = cluster([], [])
    options = ("--atoms", "model.cif", "--reference-maps", "a.mrc", "--scheduler-file", file)
    result = occupy("refine", "b.mrc", "c.mrc", *options, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    found = json.loads((tmp_path / "occupancy_matrix.json").read_text())["matrix"]
    assert found["maps"] == [str(tmp_path / f"{name}.mrc") for name in "bca"]
    expected = [[truth[name][chain] for chain in found["groups"]] for name in "bca"]
    np.testing.assert_allclose(np.array(found["occupancies"], float), expected, atol=0.03)


def test_workers_that_outlive_a_run_take_a_model_as_it_is_in_the_next(occupy, cluster, store, tmp_path):
    truth = {"A": 1.0, "B": 0.6, "C": 0.25}
    for name in "ab":
        put(store, tmp_path / f"{name}.mrc", simulated(bundle(), truth))
    file, _ = cluster([])
    for corners in (CORNERS, RENAMED):
        write(tmp_path / "model.cif", bundle(corners))
        options = ("--atoms", "model.cif", "--reference", "C", "--scheduler-file", file, "--resume", "--no-figures")
        result = occupy("refine", "a.mrc", "b.mrc", *options, cwd=tmp_path)
        assert result.returncode == 0, result.stderr
    found = json.loads((tmp_path / "occupancy_matrix.json").read_text())["matrix"]
    ratios = np.array(found["occupancies"], float) * truth["C"]
    expected = {"A": truth["B"], "B": truth["A"], "C": truth["C"]}
    np.testing.assert_allclose(ratios, [[expected[group] for group in found["groups"]]] * 2, atol=0.05)


@posix_only
def test_a_map_that_exhausts_the_memory_of_workers_is_told_apart_from_a_worker_that_is_lost(
    occupy, cluster, store, density, tmp_path
):
    limit = 450_000_000
    store(tmp_path / "large.mrc", np.tile(density, (10, 9, 8)))
    assert (tmp_path / "large.mrc").stat().st_size * 3 > limit
    store(tmp_path / "small.mrc", density)
    file, _ = cluster(["--memory-limit", limit])
    options = ("--scheduler-file", file, "--output-dir", "out", "--no-figures")
    result = occupy("estimate", "large.mrc", "small.mrc", *options, cwd=tmp_path)
    assert result.returncode == 1
    found = {os.path.basename(row["map"]): row for row in rows_of(tmp_path / "out")}
    assert found["small.mrc"]["state"] == "made"
    assert found["large.mrc"]["state"] == "failed"
    assert found["large.mrc"]["problem"].startswith("not enough memory: it took more than a worker has, 0.5 GB")


@posix_only
def test_a_scheduler_that_is_gone_ends_the_run_in_a_sentence(occupy, cluster, maps, tmp_path):
    (tmp_path / "kills.py").write_text(KILLS_ITS_SCHEDULER)
    file, _ = cluster(["--preload", tmp_path / "kills.py"])
    result = occupy("estimate", *maps, "--output-dir", tmp_path / "out", "--scheduler-file", file)
    assert result.returncode == 1
    assert told_by(result) == ["occupy: the Dask scheduler is gone; what was made is kept, and --resume goes on"]


def test_a_run_without_workers_says_so_and_ends_when_its_time_is_over(occupy, cluster, maps, tmp_path):
    file, _ = cluster()
    options = ("--output-dir", tmp_path / "out", "--scheduler-file", file, "--worker-timeout", 0.1)
    result = occupy("estimate", *maps, *options)
    assert result.returncode == 1
    first, last = told_by(result)
    waiting = "waiting for workers, 0 of at most 0.1 minutes (--worker-timeout): the Dask scheduler has no workers"
    assert first == f"occupy: {waiting}"
    assert last == (
        "occupy: no worker has worked for 0.1 minutes (--worker-timeout), since the Dask scheduler has no workers; "
        "what was made is kept, and --resume goes on"
    )


def test_every_minute_without_workers_is_told_and_any_work_ends_the_waiting(monkeypatch, capsys):
    from chimerax.occupy.cli.runs import workers
    from chimerax.occupy.engine.errors import OccuPyError

    now = [0.0]
    monkeypatch.setattr(workers, "monotonic", lambda: now[0])
    patience = workers.Patience(5)

    def told_until(end, idleness):
        while now[0] < end:
            now[0] += 2
            patience.look(idleness)
        return re.findall(r"(\d+) of at most 5 minutes .* the Dask scheduler (.*)", capsys.readouterr().err)

    assert told_until(290, "has none") == [(str(minute), "has none") for minute in range(5)]
    assert told_until(292, "") == []
    assert told_until(294, "rests") == [], "it may be the moment between two tasks"
    assert told_until(500, "rests") == [(str(minute), "rests") for minute in range(4)]
    with pytest.raises(OccuPyError, match=r"no worker has worked for 5 minutes \(--worker-timeout\)"):
        told_until(600, "rests")


@pytest.mark.parametrize("minutes", ["0", "-1", "soon", "inf"])
def test_a_time_that_is_none_is_refused(occupy, maps, minutes):
    result = occupy("estimate", *maps, "--worker-timeout", minutes)
    assert result.returncode == 2
    assert "must be a number above 0" in result.stderr


def test_processors_are_shared_among_local_workers(tmp_path):
    from chimerax.occupy.cli.runs.workers import shares
    from chimerax.occupy.engine import parallel

    small = [str(tmp_path / "missing.mrc")] * 8
    count, threads, _ = shares(2, small)
    assert count == 2
    assert threads == max(1, parallel.thread_count() // 2)
    assert shares(16, small[:3])[0] == 3, "no more workers than maps"


def test_there_are_no_more_local_workers_than_memory_for_the_largest_map(tmp_path, monkeypatch, store, density):
    from chimerax.occupy.cli.runs import workers

    monkeypatch.setattr("distributed.system.MEMORY_LIMIT", 10_000_000_000)
    header = bytearray(store(tmp_path / "map.mrc", density).read_bytes()[:1024])
    header[:12] = np.array([400, 400, 400], "<i4").tobytes()
    (tmp_path / "large.mrc").write_bytes(header)
    need = workers.memory_need(str(tmp_path / "large.mrc"))
    assert need > 12 * 4 * 400**3
    count, _, limit = workers.shares(8, [str(tmp_path / "map.mrc")] * 7 + [str(tmp_path / "large.mrc")])
    assert count == 10_000_000_000 // need < 8
    assert count * limit <= 10_000_000_000
    assert limit >= need


def test_workers_find_their_share_of_the_threads_in_their_environment():
    from chimerax.occupy.engine import parallel

    done = subprocess.run([sys.executable, "-c", ENVIRONMENT], capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.split() == ["1", "1", str(max(1, parallel.thread_count() // 2))], done.stderr


def test_neither_the_program_nor_a_worker_holds_more_the_more_tasks_are_done():
    done = subprocess.run([sys.executable, "-c", KEPT_A_TASK], capture_output=True, text=True, check=False, timeout=120)
    kept = [float(line) for line in done.stdout.split()]
    # Names of tasks are ten; Dask's logs would be 120 in the program, its profiles 90 in a worker.
    assert len(kept) == 2, done.stderr
    assert max(kept) < 30


def _wait_for(condition, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.01)
