"""Workers on this computer that die, are interrupted or find the disk full, and who else can reach them."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from test_cli_workers import told_by

pytest.importorskip("distributed")

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

LISTENING = """
import os, socket, ssl, psutil
from contextlib import suppress
from chimerax.occupy.cli.runs.running import Running
from chimerax.occupy.cli.runs.workers import pool

def speaks_http(place):
    with socket.create_connection(place, timeout=60) as connection:
        try:
            connection.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
            return connection.recv(4) == b"HTTP"
        except ConnectionError:
            return False

if __name__ == "__main__":
    with socket.socket() as of_another, suppress(OSError):
        of_another.bind(("127.0.0.1", 8787))
    with pool(Running(workers=2), ["a.mrc", "b.mrc"]) as do:
        list(do(os.getpid, [()]))
        this = psutil.Process()
        for process in (this, *this.children(recursive=True)):
            for connection in process.net_connections("inet"):
                if connection.status == psutil.CONN_LISTEN:
                    certificate = ssl.get_server_certificate(connection.laddr, timeout=60)
                    print(connection.laddr[0], certificate.splitlines()[0], speaks_http(connection.laddr))
"""
"""Prints, of each port on which a process of a run listens, the address, that it has TLS, and whether it has HTTP."""

DIES_AT_FIRST = """
import os, signal
from contextlib import suppress
with suppress(FileExistsError):
    os.close(os.open(os.environ["ONCE"], os.O_CREAT | os.O_EXCL))
    os.kill(os.getpid(), signal.SIGKILL)
"""
DIES = """
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
"""
CTRL_C = """
import os, signal, sys
from contextlib import suppress
if "--multiprocessing-fork" in sys.orig_argv:
    with suppress(FileExistsError):
        os.close(os.open(os.environ["ONCE"], os.O_CREAT | os.O_EXCL))
        os.killpg(os.getpgrp(), signal.SIGINT)
"""
"""What a terminal does to all processes that belong to the program, once."""

FULL_DISK = """
import errno
from chimerax.occupy.cli.files import mapfile

def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")

mapfile.write = full
"""


@pytest.fixture
def maps(tmp_path, store, density):
    return [store(tmp_path / f"{i}.mrc", density * np.float32(1 + i)) for i in range(3)]


@pytest.fixture
def loading(tmp_path_factory):
    """A function that gives an environment in which workers load this code when they start."""
    folder = tmp_path_factory.mktemp("loaded")

    def environment(code, by="DASK_DISTRIBUTED__WORKER__PRELOAD"):
        (folder / "sitecustomize.py").write_text(code)
        loaded = str(folder) if by == "PYTHONPATH" else json.dumps([str(folder / "sitecustomize.py")])
        return os.environ | {by: loaded, "ONCE": str(folder / "once")}

    return environment


def test_all_that_listens_has_tls_and_nothing_serves_pages(tmp_path):
    command = [sys.executable, "-W", "error", "-c", LISTENING]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    listening = done.stdout.splitlines()
    assert len(listening) >= 3, done.stderr  # a scheduler and two workers
    assert set(listening) == {"127.0.0.1 -----BEGIN CERTIFICATE----- False"}
    assert done.stderr == ""


@posix_only
def test_a_worker_that_is_killed_while_it_starts_is_started_again(occupy, maps, loading, tmp_path):
    result = occupy(
        "estimate", *maps, "--output-dir", tmp_path / "out", "--workers", 2, "--no-figures", env=loading(DIES_AT_FIRST)
    )
    assert result.returncode == 0, result.stderr
    assert told_by(result) == []
    assert len(list((tmp_path / "out").glob("*.mrc"))) == 3


@posix_only
def test_workers_that_never_start_end_the_run_in_a_sentence(refusal, maps, loading):
    sentence = refusal("estimate", *maps, "--workers", 2, "--no-figures", env=loading(DIES))
    assert sentence == "workers cannot be started: 4 processes died while they started, one after another"


@posix_only
@pytest.mark.parametrize("stage", ["DASK_DISTRIBUTED__WORKER__PRELOAD", "PYTHONPATH"])
def test_ctrl_c_while_workers_start_is_told_in_a_sentence(occupy, maps, loading, tmp_path, stage):
    environment = loading(CTRL_C, stage)
    result = occupy(
        "estimate", *maps, "--workers", 2, "--no-figures", env=environment, start_new_session=True, cwd=tmp_path
    )
    assert os.path.exists(environment["ONCE"]), "it came to that"
    assert result.returncode == 130
    assert told_by(result) == ["occupy: stopped; 0 of 3 maps are done, and --resume goes on with the others"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.mrc", "1.mrc", "2.mrc"]


@posix_only
def test_a_disk_that_workers_find_full_is_told_in_a_sentence(occupy, maps, loading, tmp_path):
    result = occupy(
        "estimate", *maps, "--output-dir", tmp_path / "out", "--workers", 2, "--no-figures", env=loading(FULL_DISK)
    )
    assert result.returncode == 3
    *of_maps, last = told_by(result)
    assert {line.rpartition(": ")[2] for line in of_maps} == {"No space left on device"}
    assert last == "occupy: there is no room for more; 0 of 3 maps are done, and --resume goes on with the others"
