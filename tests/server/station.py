"""A station for tests: its state, rings that are filled by hand, and its server on a free port."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import uvicorn

from dusktape.radio.ring import RingWriter
from dusktape.radio.state import Entry, Made, State, new_id
from dusktape.server.app import app
from dusktape.server.guard import Door
from dusktape.server.limits import Limits
from dusktape.server.wire import protocol

SLOT = 19 * 1152
SEGMENT = 172 * 1024
CHANGE = {"X-Dusktape": "1"}


def slot_data(number: int) -> bytes:
    """What the slot of this number holds: 4,000 bytes that tell slots apart."""
    return number.to_bytes(4, "big") * 1000


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def what(self) -> str:
        """The line of a refusal."""
        return str(self.json["error"]["what"])


class Station:
    """A state with one station `main`, and another `night`."""

    def __init__(self, folder: Path) -> None:
        self.state = State.open(folder / "state")
        for name in ("main", "night"):
            self.state.station(name)
        self.folder = self.state.folder
        self.ring = RingWriter(self.folder / "run" / "main" / "mp3.ring", slots=60, slot_bytes=16_384)
        self.port = 0

    @property
    def head(self) -> int:
        return self.ring.last.end if self.ring.last else 0

    def sound(self, seconds: float) -> None:
        """Let the station sound for so much longer, at once."""
        until = self.head + seconds * 44_100
        while self.head < until:
            self.ring.append(self.head, SLOT, slot_data(self._next()))

    def _next(self) -> int:
        return self.ring.last.number + 1 if self.ring.last else 1

    def track(self, title: str = "Rain on Line 9", **changes: Any) -> Made:
        """Put a track into the library."""
        name = new_id()
        files = {}
        for file, data in {
            "master.flac": b"fLaC" + name.encode() * 40,
            "cover.png": b"\x89PNG" + name.encode(),
            "score.mid": b"MThd" + name.encode(),
            "track.json": b'{"title": "x"}' + name.encode(),
        }.items():
            path = self.folder / f"new-{name}.{file.rpartition('.')[2]}"
            path.write_bytes(data)
            files[file] = self.state.put(path)
        made = Made(
            name, title, "rainy", "warm", 7, 76.0, "F# minor", 180.0, 180 * 44_100, "CC0-1.0", name, files, time.time()
        )
        made = replace(made, **changes)
        self.state.add_track(made)
        return made

    def timeline(self, told: dict[str, Any]) -> str:
        path = self.folder / "timeline.json"
        path.write_text(json.dumps(told))
        return self.state.put(path)

    def entry(self, title: str, start: int, end: int, **more: Any) -> Entry:
        return self.state.plan(Entry("main", "track", start, end, title=title, **more))

    @contextmanager
    def served(
        self, *, door: Door | None = None, limits: Limits | None = None, web: Path | None = None
    ) -> Iterator[int]:
        """Serve it; yields the port."""
        limits = limits or Limits()
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen(128)
            web_app = app(self.state, ("main", "night"), door=door, limits=limits, web=web)
            config = uvicorn.Config(
                web_app,
                http=protocol(limits),
                ws="none",
                lifespan="on",
                log_level="critical",
                proxy_headers=False,
                timeout_graceful_shutdown=0,
            )
            server = uvicorn.Server(config)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
            thread.start()
            self.port = int(listening.getsockname()[1])
            try:
                yield self.port
            finally:
                server.should_exit = True
                thread.join()

    def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        body: Any = None,
        headers: dict[str, str] | None = None,
        change: bool = True,
    ) -> Answer:
        """Make one request and return its answer."""
        told = {**(CHANGE if change and method != "GET" else {}), **(headers or {})}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if body is not None and not isinstance(body, bytes):
            told.setdefault("Content-Type", "application/json")
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            line.request(method, path, body=data, headers=told)
            found = line.getresponse()
            return Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())
        finally:
            line.close()

    def connect(self, text: str = "", *, small: bool = False) -> socket.socket:
        """Open a connection and send what is given; a small one takes little before somebody reads."""
        line = socket.socket()
        line.settimeout(20.0)
        if small:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(("127.0.0.1", self.port))
        if text:
            line.sendall(text.encode("latin-1"))
        return line

    def close(self) -> None:
        self.ring.close()
        self.state.close()


def head_of(line: socket.socket) -> tuple[str, bytes]:
    """Read an answer's head; return it, and what came after it."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = line.recv(65_536)
        if not piece:
            break
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    return head.decode("latin-1"), rest


def read_for(line: socket.socket, size: int, start: bytes = b"") -> bytes:
    """Read at least so many bytes."""
    data = start
    while len(data) < size:
        piece = line.recv(1 << 16)
        if not piece:
            break
        data += piece
    return data


def wait_for(happens: Any, seconds: float = 20.0) -> None:
    """Wait until something is so."""
    ends = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.02)
