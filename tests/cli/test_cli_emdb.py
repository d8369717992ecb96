"""Maps fetched from the EMDB; here from a server on this computer, so that no test needs the network."""

import gzip
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import chimerax.occupy as library
import numpy as np
import pytest

PATH = "/EMD-1234/map/emd_1234.map.gz"


class Server(ThreadingHTTPServer):
    """Serves one file, as far as `breaks_at`, and knows what was asked for."""

    content, breaks_at, requests, paths, served = b"", None, (), (PATH,), 0


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        asked = self.headers.get("Range", "")
        self.server.requests = (*self.server.requests, asked)
        if self.path not in self.server.paths:
            self.send_error(404)
            return
        start = int(re.fullmatch(r"bytes=(\d+)-", asked).group(1)) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(self.server.content) - start))
        if asked:
            self.send_header(
                "Content-Range", f"bytes {start}-{len(self.server.content) - 1}/{len(self.server.content)}"
            )
        self.end_headers()
        self.server.served += 1
        self.wfile.write(self.server.content[start : self.server.breaks_at])

    def log_message(self, *_):
        """Nothing: the log would go to stderr."""


@pytest.fixture
def server(map_file):
    with Server(("127.0.0.1", 0), Handler) as server:
        server.content = gzip.compress(map_file.read_bytes())
        map_file.unlink()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def environment(server, tmp_path_factory):
    """The program's environment, in which that server stands for the EMDB, and the folder of its cache."""
    cache = tmp_path_factory.mktemp("cache") / "occupy"
    address = f"http://127.0.0.1:{server.server_port}"
    names = {"OCCUPY_EMDB_SERVER": address, "OCCUPY_CACHE": str(cache), "no_proxy": "127.0.0.1"}
    return os.environ | names | {"PYTHONIOENCODING": "utf-8"}, cache


def test_an_entry_is_fetched_once_and_its_outputs_are_in_the_current_folder(
    occupy, server, environment, load, density, tmp_path
):
    variables, cache = environment
    for options in ((), ("--overwrite",)):
        result = occupy("estimate", "emdb:1234", *options, env=variables, cwd=tmp_path)
        assert result.returncode == 0, result.stderr
    assert server.requests == ("",)
    assert [path.name for path in cache.iterdir()] == ["emd_1234.map.gz"]
    assert {path.name for path in tmp_path.iterdir()} == {
        f"emd_1234_occupancy{ending}" for ending in (".mrc", "_input.mrc", ".png", ".cxc", ".json")
    }
    assert np.array_equal(load(tmp_path / "emd_1234_occupancy.mrc")[0], library.estimate(density, 1.5).scale)


def test_a_broken_download_is_no_map_and_is_resumed(occupy, server, environment, load, density, tmp_path):
    variables, cache = environment
    server.breaks_at = 70_000
    result = occupy("estimate", "emdb:1234", env=variables, cwd=tmp_path)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    kept = (cache / "emd_1234.map.gz.part").stat().st_size
    told = f"the connection broke after {kept} of {len(server.content)} bytes; what has come is kept"
    assert f"emdb:1234 cannot be fetched: {told}" in result.stderr
    assert result.stdout == ""
    assert server.requests == ("", f"bytes={kept}-"), "the second brought nothing more"
    assert list(tmp_path.iterdir()) == []
    assert not (cache / "emd_1234.map.gz").exists()
    server.breaks_at = None
    assert occupy("estimate", "EMDB:EMD-1234", env=variables, cwd=tmp_path).returncode == 0
    assert server.requests[2:] == (f"bytes={kept}-",)
    assert (cache / "emd_1234.map.gz").read_bytes() == server.content


def test_an_entry_that_does_not_exist_is_refused(refusal, environment):
    assert "there is no such entry" in refusal("estimate", "emdb:9999", env=environment[0])


def test_a_server_that_cannot_be_reached_is_refused(refusal, environment):
    variables = environment[0] | {"OCCUPY_EMDB_SERVER": "http://127.0.0.1:9"}
    told = refusal("estimate", "emdb:1234", env=variables)
    assert "emdb:1234 cannot be fetched: " in told
    assert "kept" not in told, "nothing has come"


@pytest.mark.parametrize("entry", ["emdb:", "emdb:12", "emdb:../../x", "emdb:12345678"])
def test_what_is_no_entry_is_refused_without_asking(refusal, server, environment, entry):
    assert "expected emdb: and four to six digits" in refusal("estimate", entry, env=environment[0])
    assert server.requests == ()


@pytest.fixture
def script(environment, tmp_path):
    """A function that runs the script for many entries on these lines, without pauses."""
    path = Path(__file__).resolve().parents[2] / "docs/scripts/shell/emdb_estimates.py"

    def run(*lines, options=()):
        (tmp_path / "entries.txt").write_text("\n".join(lines))
        command = [sys.executable, path, "entries.txt", "--output-dir", "out", "--pause", "0", *options]
        return subprocess.run(command, env=environment[0], cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def test_the_script_for_many_entries_keeps_what_is_made_and_fetches_it_once(script, server, environment, tmp_path):
    for _ in range(2):
        result = script("EMD-1234  # the first", "9999", "", "emdb:1234", "nonsense")
        assert "Traceback" not in result.stderr, result.stderr
        assert result.returncode == 1, "one does not exist"
        assert "emdb:9999 cannot be fetched: there is no such entry" in result.stderr
        assert result.stdout.endswith("1 of 3 entries are made\n")
        assert (tmp_path / "out" / "emd_1234_occupancy.json").is_file()
    assert server.served == 1
    assert not list(environment[1].glob("*.gz")), "fetched maps are removed"


def test_the_script_for_many_entries_leaves_a_server_in_trouble_alone(script, server, tmp_path):
    server.breaks_at = 0
    result = script("1234", "1235")
    assert result.returncode == 1
    assert "the server could not be read 5 times in a row; try again later" in result.stderr
    assert len(server.requests) == 5
    assert not (tmp_path / "out").exists()


def test_the_script_for_many_entries_passes_options_on_and_writes_a_summary(script, server, tmp_path):
    server.paths = ("/EMD-1234/map/emd_1234.map.gz", "/EMD-1235/map/emd_1235.map.gz")
    result = script("1234", "1235", options=("--keep", "--", "--lowpass", "9", "--no-figures"))
    assert result.returncode == 0, result.stderr
    out = tmp_path / "out"
    assert {path.suffix for path in out.iterdir()} == {".mrc", ".cxc", ".json", ".csv", ".html"}
    assert (out / "occupy_estimate.csv").read_text(encoding="utf-8").count(",kept,") == 2
    assert '"lowpass": 9.0' in (out / "emd_1235_occupancy.json").read_text(encoding="utf-8")
