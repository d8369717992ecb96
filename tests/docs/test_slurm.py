"""The recipes of docs/batch.md for Slurm, on the Slurm that there is."""

import os
import re
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from chimerax.occupy.cli.demo import write_map

pytest.importorskip("dask_jobqueue")

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs/batch.md").read_text(encoding="utf-8")


def partition():
    """The default partition of a Slurm that works and has one node, which is then this computer; else None."""
    if not (shutil.which("sbatch") and shutil.which("sinfo")):
        return None
    command = ["sinfo", "-h", "-s", "-o", "%P %a %F"]  # %F: nodes allocated/idle/other/in all
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except subprocess.TimeoutExpired:
        return None
    found = re.search(r"^(\S+)\* up \d/\d/0/1$", asked.stdout, re.MULTILINE)
    return found and found[1]


PARTITION = partition()
pytestmark = pytest.mark.skipif(PARTITION is None, reason="no Slurm of one node runs here: its recipes were not tried")


def recipe(beginning, changes):
    """The block of the document that begins so, with its numbers changed."""
    block = re.search(rf"^```\w+\n({re.escape(beginning)}.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)[1]
    return changed(block, changes)


def changed(text, changes):
    for old, new in changes.items():
        assert old in text, "the document says something else now"
        text = text.replace(old, new)
    return text


def wait_for(condition, seconds=300):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.2)


@pytest.fixture
def folder(tmp_path):
    """A folder with maps, in which the recipes run."""
    (tmp_path / "maps").mkdir()
    for number in range(4):
        write_map(tmp_path / "maps" / f"{number}.mrc")
    return tmp_path


@pytest.fixture
def environment():
    """In which the programs of this Python come first."""
    return os.environ | {"PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))}


@pytest.fixture
def name():
    """The name of a test's jobs, of which none is left after it."""
    unique = f"occupy-test-{uuid.uuid4().hex}"
    yield unique
    subprocess.run(["scancel", "--name", unique], check=True)


def begun(folder):
    """The jobs of dask-jobqueue that have begun, by their logs."""
    return list((folder / "logs").glob("*.err"))


def made(folder):
    return sorted(path.name for path in (folder / "equalized").glob("*_equalized.mrc"))


MADE = [f"{number}_equalized.mrc" for number in range(4)]


def test_jobs_of_dask_jobqueue_make_the_maps_and_those_that_end_are_replaced(folder, environment, name):
    numbers = {
        'queue="cpu"': f'queue="{PARTITION}", job_name="{name}"',
        '"4GB"': '"1GB"',
        '"230m"': '"20s"',
        '"5m"': '"1s"',
        "minimum_jobs=80, maximum_jobs=80": "minimum_jobs=2, maximum_jobs=2",
    }
    (folder / "cluster.py").write_text(recipe("# cluster.py\n", numbers))
    line = re.search(r"^    (occupy equalize /data/.* --scheduler-file scheduler\.json .*)$", DOCUMENT, re.MULTILINE)[1]
    command = changed(line, {"/data/": f"{folder}/"})
    with subprocess.Popen([sys.executable, "cluster.py"], cwd=folder, env=environment) as cluster:
        try:
            wait_for(lambda: len(begun(folder)) > 2)  # There are two at a time.
            result = subprocess.run(
                command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=600
            )
        finally:
            cluster.terminate()
    assert result.returncode == 0, result.stderr
    assert made(folder) == MADE


def test_one_job_of_several_tasks_makes_the_maps_and_leaves_no_process(folder, environment, name):
    psutil = pytest.importorskip("psutil")
    numbers = {
        "--ntasks=40": "--ntasks=4",
        "--ntasks=38": "--ntasks=2",
        "--mem-per-cpu=3G": "--mem-per-cpu=1G",
        "--memory-limit 3GB": "--memory-limit 1GB",
        "/data/": f"{folder}/",
    }
    (folder / "job.sh").write_text(recipe("#!/bin/bash\n#SBATCH", numbers))
    command = ["sbatch", "--wait", "--parsable", "--job-name", name, "job.sh"]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    job = result.stdout.strip()
    assert result.returncode == 0, (folder / f"slurm-{job}.out").read_text()
    assert made(folder) == MADE

    def is_left():
        return any(
            f"scheduler-{job}.json" in (process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])
        )

    wait_for(lambda: not is_left())
