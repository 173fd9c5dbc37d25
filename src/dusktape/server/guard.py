"""Who may come in, and with how much: the outermost layer of the server."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import re
import secrets
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from dusktape.server.asgi import App, Header, Message, Receive, Scope, Send, header
from dusktape.server.headers import SECURITY, refuse
from dusktape.server.limits import Limits, is_local

UPLOADS = "/api/v1/uploads"
_READING = frozenset({"GET", "HEAD"})
_CHANGING = frozenset({"POST", "PUT", "DELETE"})
_ALLOWED = (b"allow", b"GET, HEAD, POST, PUT, DELETE, OPTIONS")
_EMBEDDED = re.compile(r"/(live|hls/|static/)|/api/v1/(stations|entries|events)(/|$)")
"""What a page elsewhere may read, to show and play a station: nothing of the library."""

_PRIVATE = ("/metrics", UPLOADS)
"""What only who may change things may read, where there is a token: figures, and what an owner's files are called."""

_MAY = b"x-dusktape-may"
"""Says on answers of the API whether who asked may `change` things, or only `listen`: a page need not try."""

_HOST = re.compile(r"(\[[0-9a-fA-F:.%]+\]|[^:\[\]@/\\\s]+)(?::(\d{1,5}))?\Z")
_NEVER_IN_PATHS = re.compile(r"[\x00-\x1f\x7f\\]|(^|/)\.{1,2}(/|$)")
_LONGEST_PATH = 1024


def fresh_token() -> str:
    """Return a token that nobody guesses."""
    return secrets.token_urlsafe(18)


@dataclass(frozen=True, slots=True)
class Door:
    """Where the server is reached, and by whom.

    Parameters
    ----------
    host
        Address that it listens on.
    token
        What everybody who changes something must show; empty for a server that only this machine reaches.
    names
        Further names that it is called by, as behind a proxy.
    """

    host: str = "127.0.0.1"
    token: str = field(default="", repr=False)
    names: frozenset[str] = frozenset()

    @property
    def public(self) -> bool:
        """Whether other machines reach it."""
        return bool(self.names) or not is_local(self.host)

    def knows(self, host: str) -> bool:
        """Return whether a Host header names this server.

        A page of somebody else can point its own name at our address (DNS rebinding); it then sends that name. So
        only names that we have, and bare addresses, are let in.
        """
        found = _HOST.match(host)
        if found is None:
            return False
        name = found[1].lower().rstrip(".")
        if name == "localhost" or name in self.names or name == self.host.lower():
            return True
        try:
            address = ipaddress.ip_address(name.strip("[]").partition("%")[0])
        except ValueError:
            return self.public and name in _own_names()
        return self.public or address.is_loopback

    def admits(self, authorization: bytes) -> bool:
        """Return whether an Authorization header has the token; always, where there is none."""
        if not self.token:
            return True
        kind, _, shown = authorization.partition(b" ")
        return kind.lower() == b"bearer" and hmac.compare_digest(shown.strip(), self.token.encode())


@cache
def _own_names() -> Iterable[str]:
    name = socket.gethostname().lower()
    return {name, name.partition(".")[0], f"{name.partition('.')[0]}.local"}


class Guard:
    """Lets requests through that are well-formed, small, prompt and allowed; puts our headers on every answer.

    Parameters
    ----------
    app
        What lies behind.
    door
        Who may come in.
    limits
        How large and how slow a request may be.
    broken
        Told of an exception that nobody caught, with the request's path.
    seen
        Told of every request, with the status that it is answered with.
    """

    def __init__(
        self,
        app: App,
        *,
        door: Door,
        limits: Limits,
        broken: Callable[[str, BaseException], None],
        seen: Callable[[Scope, int], None] = lambda scope, status: None,
    ) -> None:
        self._app = app
        self._seen = seen
        self._door = door
        self._limits = limits
        self._broken = broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1003})  # there are no web sockets here
            return
        answer = _Answer(send, self._headers(scope), lambda status: self._seen(scope, status))
        if refused := self._refusal(scope):
            await refuse(answer, refused[0], refused[1], *refused[2:])
            return
        if scope["method"] == "OPTIONS":
            await self._preflight(scope, answer)
            return
        body = _Body(receive, *self._bounds(scope))
        try:
            await self._app(scope, body, answer.unless(body))
        except Exception as error:
            if body.refused is None:
                self._broken(str(scope["path"]), error)
                if answer.started:
                    raise
                await refuse(answer, 500, "something of ours broke; the log says what")
        if body.refused is not None and not answer.started:
            await refuse(answer, *body.refused, (b"connection", b"close"))

    def _refusal(self, scope: Scope) -> tuple[Any, ...] | None:
        """Return status, sentence and headers of a refusal; None for what may pass."""
        method, path = scope["method"], scope["path"]
        if method not in _READING and method not in _CHANGING and method != "OPTIONS":
            return 405, f"there is no method {method[:20]!r} here", _ALLOWED
        if len(path) > _LONGEST_PATH or _NEVER_IN_PATHS.search(path) or not path.startswith("/"):
            return 404, "there is no such page"
        hosts = [value for key, value in scope["headers"] if key == b"host"]
        if len(hosts) > 1 or (not hosts and scope.get("http_version") != "1.0"):
            return 400, "a request names one host"
        host = hosts[0].decode("latin-1") if hosts else ""
        if hosts and not self._door.knows(host):
            return 421, f"this server is not {host[:80]!r}; start it with --name {host[:80].partition(':')[0]}"
        if method in _CHANGING:
            return self._may_change(scope, host)
        if path.startswith(_PRIVATE) and not self._door.admits(header(scope, b"authorization")):
            return 401, "this needs the token that the server was started with", (b"www-authenticate", b"Bearer")
        return None

    def _may_change(self, scope: Scope, host: str) -> tuple[Any, ...] | None:
        # A page elsewhere can send a form here unasked, but no header of ours and no foreign Origin without a
        # preflight that we do not grant.
        if not header(scope, b"x-dusktape"):
            return 403, "a change needs the header X-Dusktape: 1"
        origin = header(scope, b"origin").decode("latin-1")
        if origin and not _same(origin, host):
            return 403, f"a change must come from our own page, not from {origin[:80]!r}"
        if header(scope, b"sec-fetch-site") in (b"cross-site", b"same-site"):
            return 403, "a change must come from our own page"
        if not self._door.admits(header(scope, b"authorization")):
            return (
                401,
                "this needs the token that the server was started with; open the address that it printed",
                (b"www-authenticate", b"Bearer"),
            )
        length = header(scope, b"content-length")
        most = self._bounds(scope)[0]
        if length and (not length.isdigit() or int(length[:20]) > most):
            return 413, f"that is too large; {most >> 20} MiB are the limit", (b"connection", b"close")
        return None

    def _bounds(self, scope: Scope) -> tuple[int, float, float]:
        limits = self._limits
        if scope["path"].rstrip("/") == UPLOADS:
            return limits.upload_bytes, limits.upload_s, limits.quiet_s
        return limits.body_bytes, limits.body_s, limits.quiet_s

    def _headers(self, scope: Scope) -> tuple[Header, ...]:
        shared = scope["method"] in ("GET", "HEAD", "OPTIONS") and _EMBEDDED.match(scope["path"])
        may: tuple[Header, ...] = ()
        if scope["path"].startswith("/api/"):
            admitted = self._door.admits(header(scope, b"authorization"))
            may = ((_MAY, b"change" if admitted else b"listen"),)
        if not shared:
            return (*SECURITY, *may, (b"cross-origin-resource-policy", b"same-origin"))
        if self._door.public:
            allowed = b"*"
        else:
            origin = header(scope, b"origin")
            allowed = origin if origin and _local_origin(origin.decode("latin-1")) else b""
        policy = (b"cross-origin-resource-policy", b"cross-origin" if self._door.public else b"same-site")
        vary = () if self._door.public else ((b"vary", b"Origin"),)
        cors = ((b"access-control-allow-origin", allowed),) if allowed else ()
        return (*SECURITY, *may, policy, *vary, *cors)

    async def _preflight(self, scope: Scope, send: Send) -> None:
        headers: list[Header] = [_ALLOWED]
        if _EMBEDDED.match(scope["path"]):
            headers.append((b"access-control-allow-methods", b"GET, HEAD"))
            headers.append((b"access-control-max-age", b"600"))
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


class _Answer:
    """A `send` that puts headers on the answer and knows whether it has begun."""

    def __init__(self, send: Send, headers: tuple[Header, ...], seen: Callable[[int], None]) -> None:
        self._send = send
        self._headers = headers
        self._seen = seen
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self._seen(message["status"])
            message["headers"] = [*message.get("headers", ()), *self._headers]
        await self._send(message)

    def unless(self, body: _Body) -> Send:
        """Return a `send` that lets nothing begin any more once the body was refused."""

        async def send(message: Message) -> None:
            if body.refused is None or self.started:
                await self(message)

        return send


class _Body:
    """A `receive` that ends a request whose body is too large or too slow."""

    def __init__(self, receive: Receive, most: int, whole_s: float, quiet_s: float) -> None:
        self._receive = receive
        self._left = most
        self._most = most
        self._whole_s = whole_s
        self._quiet_s = quiet_s
        self._ends = 0.0
        self._done = False
        self.refused: tuple[int, str] | None = None

    async def __call__(self) -> Message:
        if self.refused is not None:
            return {"type": "http.disconnect"}
        if self._done:
            return await self._receive()  # waits until the client has gone
        now = asyncio.get_running_loop().time()
        self._ends = self._ends or now + self._whole_s
        try:
            message = await asyncio.wait_for(self._receive(), min(self._quiet_s, self._ends - now))
        except TimeoutError:
            return self._refuse(408, "the request took too long; send it at once")
        self._done = not message.get("more_body", False)
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            return self._refuse(413, f"that is too large; {self._most >> 20} MiB are the limit")
        return message

    def _refuse(self, status: int, what: str) -> Message:
        self.refused = status, what
        return {"type": "http.disconnect"}


def _same(origin: str, host: str) -> bool:
    """Return whether an Origin is the page of this Host."""
    try:
        found = urlsplit(origin)
        port = found.port
    except ValueError:
        return False
    if found.scheme not in ("http", "https") or not found.hostname:
        return False
    usual = {"http": 80, "https": 443}[found.scheme]
    name = f"[{found.hostname}]" if ":" in found.hostname else found.hostname
    said = host.lower().rstrip(".")
    return said in (f"{name}:{port or usual}", name if (port or usual) == usual else "")


def _local_origin(origin: str) -> bool:
    try:
        return is_local(urlsplit(origin).hostname or "")
    except ValueError:
        return False
