"""A connection that publishes by RTMP: handshake, commands, and messages in chunks.

Source
------
Adobe, "Real-Time Messaging Protocol specification", version 1.0, 2012: sections 5.2 (handshake), 5.3 (chunks), 5.4
(control), 7.2 (commands).
"""

from __future__ import annotations

import os
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from dusktape.core.version import __version__
from dusktape.radio.outputs import amf
from dusktape.radio.outputs.address import Address
from dusktape.radio.outputs.connection import connected, readable, reason
from dusktape.radio.outputs.flv import AUDIO, SCRIPT, VIDEO, Tag
from dusktape.radio.outputs.retry import Lost

_CHUNK: Final = 4_096
_SHORT: Final = 0xFFFFFF
_SIZE, _ACKNOWLEDGE, _CONTROL, _WINDOW, _BANDWIDTH, _COMMAND = 1, 3, 4, 5, 6, 20
_PING, _PONG = 6, 7
_LANES: Final = {_SIZE: 2, _ACKNOWLEDGE: 2, _CONTROL: 2, _WINDOW: 2, _COMMAND: 3, AUDIO: 4, VIDEO: 6, SCRIPT: 5}
_LARGEST: Final = 1 << 20


@dataclass(slots=True)
class _Lane:
    """A chunk stream as it comes in."""

    time: int = 0
    size: int = 0
    kind: int = 0
    stream: int = 0
    extended: bool = False
    body: bytes = b""


class Publisher:
    """One connection that publishes one stream.

    Raises
    ------
    Lost
        If the server is not there or does not want us; from `send`, too, when it is gone.
    """

    def __init__(self, to: Address) -> None:
        self._to = to
        self._stream = 0
        self._size_in = 128
        self._lanes: dict[int, _Lane] = {}
        self._received = self._acknowledged = 0
        self._window = 2_500_000
        self._cause = ""
        self._socket = connected(to)
        try:
            self._handshake()
            self._publish()
        except (OSError, ValueError, struct.error) as error:
            self.close()
            raise Lost(f"no answer ({reason(error)})") from error
        except Lost:
            self.close()
            raise

    def send(self, tag: Tag, time_ms: int) -> None:
        """Send a message at a time of this connection.

        Raises
        ------
        Lost
            If the server is gone or ended the stream.
        """
        data = tag.data
        if tag.kind == SCRIPT:
            data = amf.encode("@setDataFrame") + data
        try:
            self._write(tag.kind, data, time_ms, self._stream)
            self._hear()
        except (OSError, ValueError, struct.error) as error:
            raise Lost(f"the connection is lost ({reason(error)})") from error
        if self._cause:
            raise Lost(self._cause)

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _handshake(self) -> None:
        first = struct.pack(">II", 0, 0) + os.urandom(1_528)
        self._socket.sendall(b"\3" + first)
        answer = self._read(1 + 1_536)
        if answer[0] != 3:
            raise Lost("the server does not answer as RTMP does; check host and port")
        self._socket.sendall(answer[1:])
        self._read(1_536)

    def _publish(self) -> None:
        _, application, key = self._to.path.split("/", 2)
        if "/" in key:  # an application's instance belongs to its name, what follows the last slash is the key
            instance, _, key = key.rpartition("/")
            application = f"{application}/{instance}"
        self._write(_SIZE, struct.pack(">I", _CHUNK))
        self._write(_WINDOW, struct.pack(">I", self._window))
        place = f"{self._to.scheme}://{self._to.server}/{application}"
        agent = f"FMLE/3.0 (compatible; Dusktape/{__version__})"
        facts: amf.Value = {"app": application, "type": "nonprivate", "flashVer": agent, "tcUrl": place}
        self._command("connect", 1, facts)
        self._result(1)
        self._command("releaseStream", 2, None, key)
        self._command("FCPublish", 3, None, key)
        self._command("createStream", 4, None)
        found = self._result(4)
        self._stream = int(found[3]) if len(found) > 3 and isinstance(found[3], (int, float)) else 1
        self._command("publish", 5, None, key, "live", stream=self._stream)
        while True:
            said = self._commanded()
            if said[0] == "onStatus":
                break
        self._judge(said)
        if self._cause:
            raise Lost(self._cause)

    def _command(self, name: str, number: int, *values: amf.Value, stream: int = 0) -> None:
        self._write(_COMMAND, amf.encode(name, number, *values), stream=stream)

    def _result(self, number: int) -> list[amf.Value]:
        while True:
            said = self._commanded()
            if len(said) > 1 and said[1] == number:
                if said[0] == "_result":
                    return said
                raise Lost(f"the server refuses the stream ({_words(said)})")

    def _commanded(self) -> list[amf.Value]:
        while True:
            kind, body = self._message()
            if kind == _COMMAND and (said := amf.decode(body)):
                return said

    def _judge(self, said: list[amf.Value]) -> None:
        facts = said[3] if len(said) > 3 and isinstance(said[3], dict) else {}
        code = str(facts.get("code", ""))
        if facts.get("level") == "error" or code.endswith(("BadName", "Unpublish.Success", "Failed", "Denied")):
            taken = "the stream is in use by another publisher"
            self._cause = taken if code.endswith("BadName") else f"the server refuses the stream ({_words(said)})"

    def _hear(self) -> None:
        """Take in what the server has sent meanwhile."""
        while readable(self._socket):
            found = self._step()
            if found is not None and found[0] == _COMMAND and (said := amf.decode(found[1])) and said[0] == "onStatus":
                self._judge(said)

    def _message(self) -> tuple[int, bytes]:
        """Wait for the next message."""
        while (found := self._step()) is None:
            pass
        return found

    def _step(self) -> tuple[int, bytes] | None:
        """Read a chunk; return kind and body of a message it made whole. What RTMP itself needs is answered here."""
        lane = self._chunk()
        if lane is None:
            return None
        kind, body = lane.kind, lane.body
        lane.body = b""
        if self._received - self._acknowledged >= self._window // 2:
            self._acknowledged = self._received
            self._write(_ACKNOWLEDGE, struct.pack(">I", self._received & 0xFFFFFFFF))
        if kind == _SIZE:
            self._size_in = max(1, struct.unpack(">I", body[:4])[0] & 0x7FFFFFFF)
        elif kind == _WINDOW:
            self._window = max(2, struct.unpack(">I", body[:4])[0])
        elif kind == _CONTROL and body[:2] == struct.pack(">H", _PING):
            self._write(_CONTROL, struct.pack(">H", _PONG) + body[2:6])
        elif kind == _BANDWIDTH:
            self._write(_WINDOW, body[:4])
        else:
            return kind, body
        return None

    def _chunk(self) -> _Lane | None:
        """Read one chunk; return its lane if that made its message whole."""
        first = self._read(1)[0]
        number = first & 63
        if number < 2:
            extra = self._read(1 + number)
            number = 64 + int.from_bytes(extra, "little")
        lane = self._lanes.setdefault(number, _Lane())
        form = first >> 6
        if form < 3:
            head = self._read((11, 7, 3)[form])
            lane.extended = int.from_bytes(head[:3]) == _SHORT
            if form < 2:
                lane.size, lane.kind = int.from_bytes(head[3:6]), head[6]
            lane.body = b""
        if lane.extended:
            self._read(4)
        if lane.size > _LARGEST:
            raise ValueError("a message that is too large")
        lane.body += self._read(min(self._size_in, lane.size - len(lane.body)))
        return lane if len(lane.body) == lane.size else None

    def _write(self, kind: int, body: bytes, time_ms: int = 0, stream: int = 0) -> None:
        time_ms &= 0xFFFFFFFF
        lane = _LANES[kind]
        late = struct.pack(">I", time_ms) if time_ms >= _SHORT else b""
        head = bytes([lane]) + min(time_ms, _SHORT).to_bytes(3) + len(body).to_bytes(3) + bytes([kind])
        parts = [head + struct.pack("<I", stream) + late + body[:_CHUNK]]
        for at in range(_CHUNK, len(body), _CHUNK):
            parts.append(bytes([0xC0 | lane]) + late + body[at : at + _CHUNK])
        self._socket.sendall(b"".join(parts))

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self._socket.recv(size - len(data))
            if not more:
                raise Lost("the server hung up")
            data += more
        self._received += size
        return data


def _words(said: list[amf.Value]) -> str:
    facts = next((one for one in said[2:] if isinstance(one, dict)), {})
    return " ".join(str(facts.get(name, "")) for name in ("code", "description")).strip()[:200] or str(said[0])
