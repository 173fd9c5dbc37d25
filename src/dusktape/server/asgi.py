"""The few words of ASGI that we speak.

Source
------
ASGI specification 3.0, HTTP connection scope.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Header: TypeAlias = tuple[bytes, bytes]


def header(scope: Scope, name: bytes) -> bytes:
    """Return a request's header, lower-case name; empty if it is not there."""
    return next((value for key, value in scope["headers"] if key == name), b"")


def client_of(scope: Scope) -> str:
    """Return the address of who asks."""
    found = scope.get("client")
    return str(found[0]) if found else ""
