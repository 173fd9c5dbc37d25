"""Headers of every answer, and answers that are one line."""

from __future__ import annotations

import json
from typing import Any

from dusktape.server.asgi import Header, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self' blob:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy: nothing from anybody else, no inline script or style, no frames."""

SECURITY: tuple[Header, ...] = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


def error_body(what: str) -> bytes:
    """Return an error as JSON: `{"error": {"what": one line}}`."""
    return json.dumps({"error": {"what": " ".join(what.split())}}, ensure_ascii=False).encode("utf-8", "replace")


async def answer(
    send: Send, status: int, body: bytes, kind: bytes, *more: Header, head: bool = False, length: int | None = None
) -> None:
    """Send a whole answer; without its body when only its head was asked for."""
    size = len(body) if length is None else length
    headers = [(b"content-type", kind), (b"content-length", b"%d" % size), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else body})


async def refuse(send: Send, status: int, what: str, *more: Header) -> None:
    """Send an error of one line."""
    await answer(send, status, error_body(what), b"application/json", (b"cache-control", b"no-store"), *more)


async def say(send: Send, value: Any, *more: Header, head: bool = False, status: int = 200) -> None:
    """Send JSON."""
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    await answer(send, status, body, b"application/json", (b"cache-control", b"no-store"), *more, head=head)
