from __future__ import annotations

import http.client
import io
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from xml.etree import ElementTree

import numpy as np
import pytest

from dusktape.radio.nouns import Entry
from dusktape.radio.outputs import retry as retrying
from dusktape.radio.outputs.__main__ import main
from dusktape.radio.outputs.address import Address, address
from dusktape.radio.outputs.follow import Piece
from dusktape.radio.outputs.icecast import Source, send
from dusktape.radio.outputs.retry import Lost, Retry
from dusktape.radio.outputs.titles import Titles
from dusktape.radio.state import State

from .conftest import RATE, pieces, until

SONG = "雨の夜 – Träume 🌙"


class EnoughError(Exception):
    """Nobody waits any longer."""


def sending(to: Address, stream: Iterable[Piece], retry: Retry) -> threading.Thread:
    def run() -> None:
        with suppress(EnoughError):
            send(to, stream, Titles(Songs(), "dusk"), retry)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


class Log:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.enough = threading.Event()

    def retry(self, name: str) -> Retry:
        return Retry(name, say=self.lines.append, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        if self.enough.wait(0.05):
            raise EnoughError


class Endless:
    """Pieces at twice the pace of the clock, until told to end."""

    def __init__(self) -> None:
        self.end = threading.Event()

    def __iter__(self) -> Iterator[Piece]:
        for piece in pieces(600):
            if self.end.wait(0.125):
                return
            yield piece


class Songs:
    def entries(self, station: str, *, since: int | None = None, limit: int = 50) -> list[Entry]:
        return [
            Entry(station, "track", 0, 3 * RATE, title="first", id=1),
            Entry(station, "track", 3 * RATE, 999 * RATE, title=SONG, id=2),
        ]


def sent(port: int, mount: str, log: Log | None = None) -> tuple[Endless, threading.Thread]:
    to = address(f"icecast://source:sesame@127.0.0.1:{port}{mount}", {})
    stream = Endless()
    return stream, sending(to, stream, (log or Log()).retry(to.shown))


ADMIN = {"Authorization": "Basic YWRtaW46c2VzYW1l"}  # admin:sesame


def mounts(port: int) -> dict[str, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/admin/stats", headers=ADMIN)
    tree = ElementTree.fromstring(connection.getresponse().read())
    connection.close()
    return {one.attrib["mount"][1:]: {fact.tag: fact.text or "" for fact in one} for one in tree.iter("source")}


def listened(port: int, mount: str, size: int) -> tuple[bytes, list[str]]:
    """Bytes of the stream without metadata, and the titles that came with them."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", mount, headers={"Icy-MetaData": "1"})
    answer = connection.getresponse()
    every = int(answer.getheader("icy-metaint") or 0)
    data, titles = b"", []
    while len(data) < size:
        data += answer.read(every or 4_096)
        if every:
            text = answer.read(16 * answer.read(1)[0]).rstrip(b"\0").decode()
            if text:
                titles.append(text)
    connection.close()
    return data, titles


def heard(data: bytes) -> np.ndarray:
    av = pytest.importorskip("av")
    with av.open(io.BytesIO(data)) as container:
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)]).astype(float)


def test_a_client_of_a_real_server_hears_mp3_and_its_titles_in_utf_8_when_they_change(icecast):
    stream, thread = sent(icecast, "/tape")
    try:
        assert until(lambda: "tape" in mounts(icecast))
        data, titles = listened(icecast, "/tape", 110_000)
        about = mounts(icecast)["tape"]
    finally:
        stream.end.set()
    thread.join(10)
    assert not thread.is_alive()
    assert titles[-1] == f"StreamTitle='{SONG}';"
    assert titles[0] in ("StreamTitle='first';", titles[-1])
    assert about["server_type"] == "audio/mpeg"
    sound = heard(data)
    assert len(sound) > 2 * RATE
    assert np.sqrt(np.mean(sound[RATE // 2 : -RATE // 2] ** 2)) > 0.1 * np.abs(sound).max()


def test_a_client_of_a_real_server_hears_opus_with_a_title_in_the_stream(icecast):
    pytest.importorskip("av")
    stream, thread = sent(icecast, "/tape.opus?format=opus&bitrate=256")
    try:
        assert until(lambda: "tape.opus" in mounts(icecast))
        data, _ = listened(icecast, "/tape.opus", 120_000)
    finally:
        stream.end.set()
    thread.join(10)
    assert data.startswith(b"OggS")
    assert b"OpusHead" in data[:100]
    assert f"title={SONG}".encode() in data
    assert heard(data[: data.find(b"OpusHead", 200) - 28]).any()


def test_a_wrong_password_is_said_once_in_one_line(icecast):
    to = address(f"icecast://source:secret-guess@127.0.0.1:{icecast}/guess", {})
    log = Log()
    stream = Endless()
    thread = sending(to, stream, log.retry(to.shown))
    assert until(lambda: log.lines)
    time.sleep(0.5)
    log.enough.set()
    thread.join(10)
    assert not thread.is_alive()
    assert len(log.lines) == 1
    assert "wrong password" in log.lines[0]
    assert "secret-guess" not in log.lines[0]


def test_a_mount_in_use_is_said_and_taken_when_it_is_free(icecast):
    first, thread = sent(icecast, "/shared")
    assert until(lambda: "shared" in mounts(icecast))
    log = Log()
    second, other = sent(icecast, "/shared", log)
    try:
        assert until(lambda: log.lines)
        assert "in use" in log.lines[0]
        first.end.set()
        thread.join(10)
        assert until(lambda: any("connected" in line for line in log.lines))
    finally:
        second.end.set()
    other.join(10)


def test_a_server_that_kicks_the_source_gets_it_back(icecast):
    log = Log()
    stream, thread = sent(icecast, "/kicked", log)
    try:
        assert until(lambda: "kicked" in mounts(icecast))
        connection = http.client.HTTPConnection("127.0.0.1", icecast, timeout=5)
        connection.request("GET", "/admin/killsource?mount=/kicked", headers=ADMIN)
        assert connection.getresponse().status == 200
        connection.close()
        assert until(lambda: sum("connected" in line for line in log.lines) == 2)
        assert len(log.lines) == 3
        assert until(lambda: "kicked" in mounts(icecast))
    finally:
        stream.end.set()
    thread.join(10)


def test_nobody_there_is_a_lost_connection():
    with pytest.raises(Lost, match="no connection"):
        Source(address("icecast://source:sesame@127.0.0.1:1/tape", {}))


def test_a_title_that_was_not_taken_is_told_again_until_it_is_or_another_is_heard(monkeypatch):
    monkeypatch.setattr("dusktape.radio.outputs.icecast._TITLE_AGAIN_S", (0.05, 0.05, 0.05))
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = server.accept()
                    line = client.recv(4_096).split(b"\r\n")[0].decode()
                    if line.startswith("PUT"):
                        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                        kept.append(client)
                        continue
                    asked.append(line.partition("song=")[2].split()[0])
                    refused = asked[-1] == "dusk" and len(asked) < 3
                    client.sendall(b"HTTP/1.0 503 Busy\r\n\r\n" if refused else b"HTTP/1.0 200 OK\r\n\r\n")
                    client.close()

        kept: list[socket.socket] = []
        threading.Thread(target=serve, daemon=True).start()
        source = Source(address(f"icecast://source:secret@127.0.0.1:{server.getsockname()[1]}/a.mp3", {}))
        source.retitle("dusk")
        assert until(lambda: len(asked) == 3)
        time.sleep(0.3)
        assert asked == ["dusk"] * 3
        source.retitle("dawn")
        assert until(lambda: asked[3:] == ["dawn"])
        source.close()
        for client in kept:
            client.close()


def test_the_process_ends_with_its_parent_and_shows_no_password(icecast, ring, tmp_path):
    ring.play(13)
    state = State.open(tmp_path)
    state.plan(Entry("dusk", "track", 0, 99 * RATE, title="a song of the process"))
    state.close()
    process = subprocess.Popen(
        [sys.executable, "-m", "dusktape.radio.outputs", "--state", str(tmp_path), "--station", "dusk", "-"],
        env={"PATH": "", "DUSKTAPE_OUTPUT_URL": f"icecast://source:sesame@127.0.0.1:{icecast}/process"},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert until(lambda: "process" in mounts(icecast), 30)
        assert until(lambda: mounts(icecast)["process"].get("title") == "a song of the process")
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0
    finally:
        process.kill()
    assert process.stderr is not None
    with process.stderr as said:
        lines = said.read().splitlines()
    assert lines == [f"icecast://127.0.0.1:{icecast}/process: connected"]


def test_an_address_that_can_never_work_ends_the_process_with_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("dusktape.radio.outputs.__main__.end_with_parent", lambda: None)
    assert main(["--state", str(tmp_path), "--station", "dusk", "ftp://x/y"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_lines_go_to_stderr(capsys):
    retrying.tell("a line")
    assert capsys.readouterr().err == "a line\n"
