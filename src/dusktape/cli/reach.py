"""By which names and numbers a radio is reached."""

from __future__ import annotations

import ipaddress
import socket

_ALL = {"0.0.0.0": socket.AF_INET, "": socket.AF_INET, "::": socket.AF_INET6}
_ELSEWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""Addresses of nobody (RFC 5737, RFC 3849)."""


def here(host: str) -> str:
    """Return by what this machine reaches a server on a host of its own, as an address of the web has it."""
    return written({"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host))


def by_others(host: str) -> list[str]:
    """Return by what other machines reach a server on a host of this one, as an address of the web has it.

    The name of the machine comes first, and then its number, which works where nobody looks up names.
    """
    if host not in _ALL:
        return [] if _is_loopback(host) else [written(host)]
    found = number(_ALL[host])
    return [socket.gethostname(), *([] if found is None else [written(found)])]


def number(family: socket.AddressFamily) -> str | None:
    """Return the address of this machine in its network; None if it has none. Nothing is sent.

    Connecting a datagram socket only chooses the address that it would send from.
    """
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as line:
            line.connect((_ELSEWHERE[family], 9))
            found = str(line.getsockname()[0])
    except OSError:
        return None
    return None if _is_loopback(found) or ipaddress.ip_address(found).is_unspecified else found


def written(host: str) -> str:
    """Return a host as it stands in an address: one with colons in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        return host.lower() == "localhost"
