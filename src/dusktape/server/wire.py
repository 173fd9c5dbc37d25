"""HTTP as uvicorn speaks it, without patience for clients that keep a connection and give nothing.

uvicorn bounds neither the time nor the size of a request's head, nor the time that a client takes to read what it
asked for. Both are how one machine holds all connections of a server (slowloris, slow read).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from dusktape.server.headers import SECURITY, error_body
from dusktape.server.limits import Held, Limits, TooMuchError

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol as _Base
else:
    _Base = object

_HEAD_BYTES = 32_768
UNFRAMED = "dusktape.unframed"
"""Key in a scope's extensions: a function that makes the answer's body raw bytes until the connection closes."""


class _Impatient(_Base):
    """Closes what takes too long. Mixed into one of uvicorn's protocols."""

    limits: Limits
    held: Held

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_bytes = 0
        self._reading: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None
        self._who = self.client[0] if self.client else ""
        try:
            self.held.take(self._who)
            self._counted = True
        except TooMuchError:
            self._counted = False
            transport.abort()
            return
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        self.resume_writing()
        if self._counted:
            self._counted = False
            self.held.give(self._who)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._head_came()
            self._offer()
        elif (before is None or before.response_complete) and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > _HEAD_BYTES:
                self._refuse(431, "the request's head is too long; 32 kB are the limit")
            else:
                self._expect_head()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(400, "that is no request that this server understands")

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._writing is None:
            self._writing = self.loop.call_later(self.limits.stalled_s, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def _expect_head(self) -> None:
        if self._reading is None:
            self._reading = self.loop.call_later(self.limits.head_s, self._late)

    def _head_came(self) -> None:
        self._head_bytes = 0
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _late(self) -> None:
        if not self.transport.is_closing():
            self._refuse(408, f"the request took longer than {self.limits.head_s:g} s; send it at once")

    def _refuse(self, status: int, what: str) -> None:
        body = error_body(what)
        lines = [b"HTTP/1.1 %d \r\n" % status]
        lines += [b"%s: %s\r\n" % pair for pair in SECURITY]
        lines += [b"content-type: application/json\r\ncontent-length: %d\r\n" % len(body)]
        lines += [b"connection: close\r\n\r\n", body]
        self.transport.write(b"".join(lines))
        self.transport.close()

    def _offer(self) -> None:
        """Offer what uvicorn has no word for, to who serves streams."""


class _Streams(_Impatient):
    def _offer(self) -> None:
        cycle: Any = self.cycle

        def unframed() -> None:
            # Neither chunks nor a length: what follows the head is the body, as radio receivers expect it.
            cycle.chunked_encoding = False
            cycle.expected_content_length = 1 << 62
            cycle.keep_alive = False

        extensions = cycle.scope.setdefault("extensions", {})
        extensions[UNFRAMED] = unframed


def protocol(limits: Limits) -> type[asyncio.Protocol]:
    """Return the protocol for `uvicorn.Config(http=...)`: httptools where it is installed, h11 otherwise."""
    shared = {"limits": limits, "held": Held(limits.connections_each, limits.connections, "connections")}
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:
        from uvicorn.protocols.http.h11_impl import H11Protocol

        return type("PatientH11", (_Impatient, H11Protocol), shared)
    return type("PatientHttpTools", (_Streams, HttpToolsProtocol), shared)
