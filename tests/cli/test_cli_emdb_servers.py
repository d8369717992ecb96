"""Servers that misbehave: every fetch of a map from them ends with the map or in one sentence, and soon."""

import errno
import gzip
import os
import re
import socket
import ssl
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

import mrcfile
import numpy as np
import pytest
from chimerax.occupy.cli.files import emdb
from chimerax.occupy.cli.report import DiskFull
from chimerax.occupy.engine.errors import OccuPyError

CUT = 100_000
"""Bytes after which connections break in these tests."""


class Server:
    """Answers each request with the next of some answers, the last of them again and again, and closes the connection.

    Parameters
    ----------
    answers : list of bytes or callable
        The latter take the first byte that is asked for.
    context : ssl.SSLContext, optional

    Attributes
    ----------
    ranges : list of str
        What each request has asked for; empty where that is all.
    """

    def __init__(self, answers, context=None):
        self.ranges, self._answers, self._context = [], answers, context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _serve(self):
        while True:
            try:
                connection = self._socket.accept()[0]
            except OSError:
                return
            with connection, suppress(OSError):  # The client may have had enough.
                self._answer(self._context.wrap_socket(connection, True) if self._context else connection)

    def _answer(self, connection):
        asked = b""
        with connection:
            while b"\r\n\r\n" not in asked:
                if not (more := connection.recv(1 << 16)):
                    return
                asked += more
            wanted = re.search(rb"(?im)^range: bytes=(\d+)-\r$", asked)
            self.ranges.append(wanted[1].decode() if wanted else "")
            answer = self._answers[min(len(self.ranges), len(self._answers)) - 1]
            connection.sendall(answer(int(wanted[1]) if wanted else 0) if callable(answer) else answer)


def answer(*headers, body=b"", status="200 OK"):
    return "\r\n".join((f"HTTP/1.1 {status}", *headers, "", "")).encode("latin-1") + body


def whole(body):
    return answer(f"Content-Length: {len(body)}", body=body)


def rest_of(body, start=None, size=None):
    """An answer that goes on where it was asked to, or tells of another place or size."""

    def rest(asked):
        begin = asked if start is None else start
        told = f"Content-Range: bytes {begin}-{len(body) - 1}/{size or len(body)}"
        return answer(f"Content-Length: {len(body) - begin}", told, body=body[begin:], status="206 Partial Content")

    return rest


def cut(body):
    return whole(body)[:CUT]


def chunked(body):
    chunks = (body[i : i + 50_000] for i in range(0, len(body), 50_000))
    parts = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return answer("Transfer-Encoding: chunked", body=parts + b"0\r\n\r\n")


def redirect(*headers):
    return answer(*headers, "Content-Length: 0", status="302 Found")


@pytest.fixture(scope="module")
def content(density, store, tmp_path_factory):
    """A compressed map, longer than `CUT`."""
    file = gzip.compress(store(tmp_path_factory.mktemp("content") / "map.mrc", density).read_bytes(), mtime=0)
    assert len(file) > CUT + (1 << 16)
    return file


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """The folder of the cache; no time is lost between tries."""
    monkeypatch.setenv(emdb.CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr("urllib3.util.Retry.sleep", lambda *_: None)
    return tmp_path / "cache"


@pytest.fixture
def serve(monkeypatch):
    """A context in which a server that gives these answers stands for the EMDB."""

    @contextmanager
    def serving(*answers, context=None):
        with Server(answers, context) as server:
            scheme = "https" if context else "http"
            monkeypatch.setenv(emdb.SERVER_VARIABLE, f"{scheme}://127.0.0.1:{server.port}")
            yield server

    return serving


@pytest.fixture
def refusal(serve, cache):
    """A function that fetches from a server that gives these answers, and returns the sentence that comes of it."""

    def refused(*answers, context=None):
        with serve(*answers, context=context), pytest.raises(OccuPyError) as caught:
            emdb.fetch("emdb:1234")
        sentence = str(caught.value)
        assert sentence.startswith("emdb:1234 cannot be fetched")
        assert len(sentence) < 500
        assert not re.search(r"\n|\. [A-Z]", sentence), sentence
        assert not (cache / "emd_1234.map.gz").exists()
        return sentence

    return refused


def part_of(cache):
    return cache / "emd_1234.map.gz.part"


@pytest.mark.parametrize(
    "sent",
    [
        whole,
        chunked,
        lambda body: answer(body=body),
        lambda body: answer("Content-Length: many", body=body),
        lambda body: answer("Content-Length: -1", body=body),
        lambda body: answer(f"Content-Length: {len(body)}", "Content-Encoding: gzip", body=body),
        lambda body: answer(f"Content-Length: {len(body)}", "no header", "\x00\xff: \x01", body=body),
    ],
    ids=["whole", "chunked", "no length", "length no number", "length negative", "encoding told", "odd headers"],
)
def test_a_map_is_kept_as_it_is_however_it_is_sent(serve, content, cache, sent):
    told = []
    with serve(sent(content)) as server:
        path = emdb.fetch("emdb:1234", lambda have, expected: told.append((have, expected)))
        assert emdb.fetch("emdb:1234") == path
    assert server.ranges == [""]
    assert path.read_bytes() == content
    assert [found.name for found in cache.iterdir()] == [path.name]
    assert told[-1][0] == len(content)
    assert {expected for _, expected in told} <= {None, len(content)}


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "closed connection"),
        (b"RUBBISH " * 5000 + b"\r\n\r\n", "its answer is no HTTP"),
        (answer("X: " + 70_000 * "x"), "more than 65536 bytes"),
        (answer(*200 * ["X: x"]), "more than 100 headers"),
        (answer("Content-Length: 3", "Content-Length: 4", body=b"abc"), "multiple unmatching values"),
        (answer(status="416 Beyond"), "the server says 416"),
        (answer(status="206 Partial Content"), "the server says 206"),
        (answer(status="204 No Content"), "the server says 204"),
        (answer(status="503 " + 5000 * "busy "), "the server says 503"),
        (answer(status="404 Not Found"), "there is no such entry"),
        (redirect(), "the server says 302"),
        (redirect("Location: /again"), "Exceeded 5 redirects"),
        (redirect("Location: ftp://127.0.0.1/map"), "expected an address that begins with https:// or http://"),
        (redirect("Location: file:///etc/hostname"), "expected an address that begins with https:// or http://"),
        (redirect("Location: http://["), "the server cannot be read"),
        (redirect("Location: http://127.0.0.1:99999999/"), "the server cannot be read"),
    ],
)
def test_a_server_that_breaks_the_rules_is_refused_in_a_sentence(refusal, cache, sent, reason):
    sentence = refusal(sent)
    assert reason in sentence
    assert "is kept" not in sentence, "nothing has come"
    assert not part_of(cache).exists()


def test_an_address_of_no_known_kind_is_refused(monkeypatch):
    for address in ("ftp://127.0.0.1", "127.0.0.1/emdb", "nothing"):
        monkeypatch.setenv(emdb.SERVER_VARIABLE, address)
        with pytest.raises(OccuPyError, match="expected an address that begins with https:// or http://"):
            emdb.fetch("emdb:1234")


def test_a_server_in_trouble_is_asked_again(serve, content):
    with serve(b"", answer(status="503 Busy"), whole(content)) as server:
        assert emdb.fetch("emdb:1234").read_bytes() == content
    assert len(server.ranges) == 3


def test_a_connection_that_breaks_is_gone_on_with(serve, content):
    with serve(cut(content), rest_of(content)) as server:
        assert emdb.fetch("emdb:1234").read_bytes() == content
    assert server.ranges[0] == ""
    assert 0 < int(server.ranges[1]) < CUT


@pytest.mark.parametrize("broken", [cut, lambda body: chunked(body)[:CUT]], ids=["cut", "chunk cut"])
def test_a_connection_that_breaks_again_without_getting_on_is_told_and_what_has_come_is_kept(
    refusal, serve, content, cache, broken
):
    sentence = refusal(broken(content), lambda asked: rest_of(content)(asked)[:200])
    assert re.search(r"the connection broke after \d+ (of \d+ )?bytes; what has come is kept", sentence)
    kept = part_of(cache).read_bytes()
    assert content.startswith(kept)
    with serve(rest_of(content)) as server:
        assert emdb.fetch("emdb:1234").read_bytes() == content
    assert server.ranges == [str(len(kept))]
    assert not part_of(cache).exists()


@pytest.mark.parametrize(
    "unfit",
    [
        answer("Content-Range: bytes */7", status="416 Beyond"),
        answer(status="416 Beyond"),
        answer("Content-Length: 3", body=b"abc", status="206 Partial Content"),
        answer("Content-Length: 3", "Content-Range: bytes 7-9/10", body=b"abc", status="206 Partial Content"),
    ],
    ids=["416 of another size", "416", "no range told", "another range"],
)
def test_what_has_come_is_left_where_a_server_cannot_go_on_with_it(serve, content, cache, unfit):
    cache.mkdir()
    part_of(cache).write_bytes(b"what has come")
    with serve(unfit, whole(content)) as server:
        assert emdb.fetch("emdb:1234").read_bytes() == content
    assert server.ranges == ["13", ""]


def test_a_server_that_sends_all_where_the_rest_was_asked_for_is_understood(serve, content, cache):
    cache.mkdir()
    part_of(cache).write_bytes(b"what has come")
    with serve(whole(content)) as server:
        assert emdb.fetch("emdb:1234").read_bytes() == content
    assert server.ranges == ["13"]


def test_what_was_whole_before_the_program_ended_is_kept(serve, content, cache):
    cache.mkdir()
    part_of(cache).write_bytes(content)
    with serve(answer(f"Content-Range: bytes */{len(content)}", status="416 Beyond")) as server:
        assert emdb.fetch("emdb:1234").read_bytes() == content
    assert server.ranges == [str(len(content))]


def _changed(content, place):
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def _of_header(content, voxels=None, **fields):
    """The compressed map with another header, and zeros in place of its voxels."""
    file = bytearray(gzip.decompress(content))
    header = np.frombuffer(file[:1024], mrcfile.dtypes.HEADER_DTYPE).copy()
    for name, value in fields.items():
        header[name] = value
    return gzip.compress(header.tobytes() + (file[1024:] if voxels is None else bytes(voxels)))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: b"<html>" + content[6:], "Not a gzipped file"),
        (lambda content: b"", "enough bytes for MRC header"),
        (lambda content: _changed(content, len(content) // 2), ""),
        (lambda content: _changed(content, len(content) - 5), "CRC check failed"),
        (lambda content: _changed(content, len(content) - 1), "Incorrect length"),
        (lambda content: content[:-9], "ended before"),
        (lambda content: content + b"<html>", "Not a gzipped file"),
        (lambda content: gzip.compress(b"not a map" * 1000), "Unrecognised mode"),
        (lambda content: gzip.compress(gzip.decompress(content)[:-4]), "its header tells of"),
        (lambda content: _of_header(content, mode=77), "Unrecognised mode '77'"),
        (lambda content: _of_header(content, nx=-1), "its header tells of -1 x"),
        (lambda content: _of_header(content, nsymbt=2_000_000_000), "its header tells of"),
        (lambda content: _of_header(content, 200_000_000), "its header tells of"),
    ],
)
def test_what_is_no_whole_map_is_not_kept_and_fetched_anew(refusal, serve, content, cache, damage, reason):
    sentence = refusal(whole(damage(content)))
    assert "what the server sent is no whole map compressed with gzip (" in sentence
    assert reason in sentence
    assert not part_of(cache).exists()
    with serve(whole(content)) as server:
        assert emdb.fetch("emdb:1234").read_bytes() == content
    assert server.ranges == [""]


@pytest.mark.parametrize("mode", [np.int8, np.int16, np.uint16, np.float16, np.float32])
def test_maps_of_all_modes_and_of_both_orders_of_bytes_are_maps(serve, tmp_path, mode):
    for order in "<>":
        path = tmp_path / "map.mrc"
        with mrcfile.new(path, overwrite=True) as file:
            file.set_data(np.arange(24, dtype=mode).reshape(2, 3, 4).astype(np.dtype(mode).newbyteorder(order)))
            file.set_extended_header(np.frombuffer(bytes(160), "V80"))
        with serve(whole(gzip.compress(path.read_bytes() + b"padding"))):
            emdb.fetch("emdb:1234").unlink()


def test_a_map_is_checked_in_little_memory(serve, content, cache):
    bomb = _of_header(content, 100_000_000)
    with serve(whole(bomb)):
        tracemalloc.start()
        try:
            with pytest.raises(OccuPyError, match="its header tells of"):
                emdb.fetch("emdb:1234")
            assert tracemalloc.get_traced_memory()[1] < 30_000_000
        finally:
            tracemalloc.stop()


def test_a_full_disk_ends_the_run_and_keeps_what_has_come(serve, content, cache, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.replace", full)
    with serve(whole(content)), pytest.raises(DiskFull, match=r"cannot be fetched into .*: No space left"):
        emdb.fetch("emdb:1234")
    assert part_of(cache).read_bytes() == content


def test_of_several_that_fetch_one_entry_one_does(serve, content, cache):
    with serve(whole(content)) as server, ThreadPoolExecutor(4) as threads:
        paths = set(threads.map(emdb.fetch, 4 * ["emdb:1234"]))
    assert server.ranges == [""]
    assert [path.read_bytes() for path in paths] == [content]
    assert [path.name for path in cache.iterdir()] == ["emd_1234.map.gz"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that nobody has signed, with its key, in one file."""
    x509 = pytest.importorskip("cryptography.x509")
    import ipaddress

    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(datetime.now() - timedelta(days=2)).not_valid_after(datetime.now() + timedelta(days=2))
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    basic = x509.BasicConstraints(ca=True, path_length=0)
    made = made.add_extension(alternative, critical=False).add_extension(basic, critical=True)
    made = made.sign(key, hashes.SHA256())
    path = tmp_path_factory.mktemp("certificate") / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_server_whose_certificate_is_not_trusted_is_refused(refusal, content, tls):
    assert "certificate" in refusal(whole(content), context=tls)


def test_a_server_of_https_cannot_lead_to_http(refusal, serve, content, certificate, tls, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with serve(whole(content), context=tls):
        assert emdb.fetch("emdb:1234").read_bytes() == content, "the certificate is trusted here"
    (emdb.cache_folder() / "emd_1234.map.gz").unlink()
    with Server([whole(content)]) as plain:
        leads_away = redirect(f"Location: http://127.0.0.1:{plain.port}/map")
        assert "expected an address that begins with https:// (" in refusal(leads_away, context=tls)
        assert plain.ranges == []
