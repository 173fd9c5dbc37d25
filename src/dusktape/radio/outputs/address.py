"""An output's address, taken apart; what is shown of it never holds the password or stream key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from dusktape.core.errors import InputError, suggestion
from dusktape.radio.outputs import options

URL: Final = "DUSKTAPE_OUTPUT_URL"
"""Environment variable with the address, for an output that is started with `-` in its place."""

PASSWORD: Final = "DUSKTAPE_ICECAST_PASSWORD"
"""Environment variable with the password of an Icecast address that names none."""

KEY: Final = "DUSKTAPE_STREAM_KEY"
"""Environment variable with the stream key that is added to an RTMP address."""

PORTS: Final = {"icecast": 8000, "icecasts": 443, "rtmp": 1935, "rtmps": 443}
"""Schemes, and the port that stands for each; those that end in s go through TLS."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to send, and how.

    Parameters
    ----------
    scheme
        One of `PORTS`.
    host, port
        Whom to connect to.
    path
        Mount, or application and stream key, with its first slash.
    user, password
        For Icecast.
    options
        What follows the question mark of an Icecast address, and the `#` of an RTMP one, where a question mark may
        belong to the stream key.
    """

    scheme: str
    host: str
    port: int
    path: str
    user: str = ""
    password: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The address without what is secret; for RTMP the last part of the path is."""
        path = self.path if self.scheme.startswith("icecast") else self.path.rpartition("/")[0] + "/..."
        return f"{self.scheme}://{self.server}{path}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody is shown, even where a server says it: the password, or the stream key."""
        key = "" if self.scheme.startswith("icecast") else self.path.rpartition("/")[2]
        return tuple(word for word in (self.password, key, key.partition("?")[0]) if word)

    @property
    def server(self) -> str:
        """Host and port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def secure(self) -> bool:
        """Whether it goes through TLS."""
        return self.scheme in ("icecasts", "rtmps")


def address(url: str, environment: Mapping[str, str] = os.environ) -> Address:
    """Return what a URL says.

    Raises
    ------
    InputError
        If it is none that we can send to. The message does not repeat a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        if "out of range" in str(error):
            raise InputError(_PORT) from None
        raise InputError(
            "an output's address cannot be read; it looks like icecast://source:PASSWORD@HOST:PORT/mount"
        ) from None
    if port == 0:
        raise InputError(_PORT)
    if parts.scheme not in PORTS:
        raise InputError(_unknown(parts.scheme))
    if not parts.hostname:
        raise InputError(f"an address of {parts.scheme} names a host: {_FORMS[parts.scheme.rstrip('s')]}")
    found = Address(
        parts.scheme,
        parts.hostname,
        PORTS[parts.scheme] if port is None else port,
        unquote(parts.path),
        unquote(parts.username or "") or "source",
        unquote(parts.password or "") or environment.get(PASSWORD, ""),
        dict(parse_qsl(parts.query if parts.scheme.startswith("icecast") else parts.fragment)),
    )
    return _icecast(found) if parts.scheme.startswith("icecast") else _rtmp(found, parts.query, environment)


_PORT = "the port in an output's address is out of range; give 1 to 65535, or leave it out for the usual one"

_FORMS = {
    "icecast": "icecast://source:PASSWORD@HOST:PORT/mount",
    "rtmp": "rtmp://HOST/application/STREAM-KEY",
}


def _unknown(scheme: str) -> str:
    if not scheme:
        return f"an output's address says how it is reached, as in {_FORMS['icecast']}"
    return f"there are no outputs of {scheme[:40]!r}{suggestion(scheme, PORTS)}"


def _icecast(found: Address) -> Address:
    if len(found.path) < 2 or any(ord(letter) <= 32 for letter in found.path):
        raise InputError(f"an address of icecast names a mount: {_FORMS['icecast']}, got {found.shown!r}")
    if not found.password:
        raise InputError(f"{found.shown} has no password; write it into the address or into {PASSWORD}")
    if unknown := sorted(set(found.options) - {"format", "bitrate", "name"}):
        raise InputError(f"{found.shown} knows format, bitrate and name, not {unknown[0]!r}; leave it out")
    options.sound(found.options)
    return found


def _rtmp(found: Address, query: str, environment: Mapping[str, str]) -> Address:
    path = found.path
    if key := environment.get(KEY, ""):
        path = f"{path.rstrip('/')}/{key}"
    if len([part for part in path.split("/") if part]) < 2:
        raise InputError(
            f"an address of rtmp names an application and a key: {_FORMS['rtmp']}; the key may stand in {KEY}"
        )
    if unknown := sorted(set(found.options) - {"size", "rate"}):
        raise InputError(f"{found.shown} knows #size and rate, not {unknown[0]!r}; leave it out")
    options.picture(found.options)
    path += f"?{query}" if query else ""
    return Address(found.scheme, found.host, found.port, path, options=found.options)
