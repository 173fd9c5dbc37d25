"""Sockets to servers: how long they may take, and why they failed, in a few words."""

from __future__ import annotations

import select
import socket
import ssl
from typing import Final

from dusktape.radio.outputs.address import Address
from dusktape.radio.outputs.retry import Lost

TIMEOUT_S: Final = 10.0


def connected(to: Address) -> socket.socket:
    """Return a socket to a server, through TLS where the address says so.

    Raises
    ------
    Lost
        If there is no connection.
    """
    try:
        found = socket.create_connection((to.host, to.port), timeout=TIMEOUT_S)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return ssl.create_default_context().wrap_socket(found, server_hostname=to.host) if to.secure else found
    except OSError as error:
        raise Lost(f"no connection ({reason(error)})") from error


def readable(connection: socket.socket) -> bool:
    """Whether something can be read at once, or the other side hung up."""
    if isinstance(connection, ssl.SSLSocket) and connection.pending():
        return True
    return bool(select.select([connection], [], [], 0.0)[0])


def reason(error: BaseException) -> str:
    """Return what an error says, without numbers and capitals."""
    if isinstance(error, TimeoutError):
        return "timed out"
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
