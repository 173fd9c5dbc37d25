"""The socket that a radio listens on."""

from __future__ import annotations

import errno
import socket
import sys

from dusktape.core.errors import InputError

_BACKLOG = 4096
_TRIES = 20


def bound(host: str, port: int, *, next_free: bool = False) -> socket.socket:
    """Return a listening socket; connections wait in it until a server takes them.

    Parameters
    ----------
    host
        A name or address of this machine; `0.0.0.0` and `::` are all of them.
    port
        0 takes any that is free.
    next_free
        Take one of the next 20 ports when this one is taken.

    Raises
    ------
    InputError
        If the port is taken, or the host is none of this machine.
    """
    if not 0 <= port <= 65_535:
        raise InputError(f"a port is 0 to 65535, got {port}; leave it out for a free one")
    last = min(port + _TRIES, 65_535) if next_free and port else port
    for one in range(port, last + 1):
        try:
            return _bind(host, one)
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES) and one < last:
                continue
            raise InputError(_told(host, port, error)) from error
    raise AssertionError("unreachable")


def _bind(host: str, port: int) -> socket.socket:
    kind, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    door = socket.socket(kind, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there it would let two servers share a port
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(address)
        door.listen(_BACKLOG)
        door.setblocking(False)
    except BaseException:
        door.close()
        raise
    return door


def _told(host: str, port: int, error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return f"there is no host {host!r} here; leave --host out, or say --host 0.0.0.0"
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken; choose another with --port, or 0 for a free one"
    if error.errno == errno.EACCES:
        return f"port {port} is not for you; choose one above 1023 with --port"
    return f"cannot listen on {host}:{port}: {error.strerror or error}; choose another with --host and --port"
