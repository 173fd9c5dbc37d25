"""How much one client may have and do: numbers in one place, counters that forget."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from dusktape.core.errors import DusktapeError

_REMEMBERED = 10_000
"""Clients that a counter keeps in mind; the one that was quiet longest is forgotten first."""


class TooMuchError(DusktapeError):
    """Somebody asks for more than their share; answered with 429."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server gives away. Everything here is per process; a client is an address.

    Parameters
    ----------
    listeners, streams
        Open connections to live sound, and to the stream of events, all clients together.
    listeners_each, streams_each, connections_each
        The same for one client, and its open connections. A client on this machine may have all of them: it may be
        a proxy.
    connections
        Open connections of all.
    jobs_each, minutes_each, jobs_a_minute
        Jobs of one client that wait or run, and the minutes of music that they make; jobs that it may hand in, a
        minute. A client on this machine may have five times as much waiting.
    skips_a_minute, orders_a_minute
        Skips; other orders to a station, likes and the like.
    uploads_a_minute
        Files that a client may hand in.
    body_bytes, upload_bytes
        Size of a request; of an upload.
    head_s, body_s, upload_s, quiet_s, stalled_s
        Seconds that a request's head, its body and an upload may take; that an upload may be silent; that a client
        may not take what is sent to it.
    """

    listeners: int = 5_000
    listeners_each: int = 32
    streams: int = 2_000
    streams_each: int = 16
    connections: int = 12_000
    connections_each: int = 200
    jobs_each: int = 40
    minutes_each: int = 180
    jobs_a_minute: int = 60
    skips_a_minute: int = 60
    orders_a_minute: int = 240
    uploads_a_minute: int = 20
    body_bytes: int = 2 << 20
    upload_bytes: int = 256 << 20
    head_s: float = 10.0
    body_s: float = 30.0
    upload_s: float = 900.0
    quiet_s: float = 20.0
    stalled_s: float = 60.0


class Rate:
    """So many a minute for each client, with a minute's worth at once: a token bucket.

    Parameters
    ----------
    a_minute
        How many.
    what
        Their name, as in "skips".
    clock
        Seconds that only grow.
    """

    def __init__(self, a_minute: int, what: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._a_minute = a_minute
        self._what = what
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str, count: int = 1) -> None:
        """Count something that a client does.

        Raises
        ------
        TooMuchError
            If it was too much for this minute; nothing is counted then.
        """
        now = self._clock()
        level, since = self._levels.pop(client, (float(self._a_minute), now))
        level = min(float(self._a_minute), level + (now - since) * self._a_minute / 60.0)
        enough = level >= count
        self._levels[client] = (level - count if enough else level, now)
        if len(self._levels) > _REMEMBERED:
            self._levels.popitem(last=False)
        if not enough:
            raise TooMuchError(f"{self._a_minute} {self._what} a minute are the limit; wait a little")


@dataclass
class Held:
    """Things that clients hold open, each so many, and all together.

    Parameters
    ----------
    each, all
        The most for one client, and in all. Clients on this machine have no limit of their own.
    what
        Their name.
    """

    each: int
    all: int
    what: str
    count: int = 0
    _by: dict[str, int] = field(default_factory=dict)

    def take(self, client: str) -> None:
        """Count one more.

        Raises
        ------
        TooMuchError
            If that is one too many.
        """
        if self.count >= self.all:
            raise TooMuchError(f"{self.all} {self.what} are all that this station serves; try again later")
        if self._by.get(client, 0) >= self.each and not is_local(client):
            raise TooMuchError(f"{self.each} {self.what} at once are the limit; close one")
        self.count += 1
        self._by[client] = self._by.get(client, 0) + 1

    def give(self, client: str) -> None:
        """Count one less."""
        self.count -= 1
        left = self._by.get(client, 0) - 1
        if left > 0:
            self._by[client] = left
        else:
            self._by.pop(client, None)

    @contextmanager
    def one(self, client: str) -> Iterator[None]:
        """Hold one. Raises as `take`."""
        self.take(client)
        try:
            yield
        finally:
            self.give(client)


def is_local(address: str) -> bool:
    """Return whether an address is this machine's own."""
    if address == "localhost":
        return True
    try:
        found = ipaddress.ip_address(address.partition("%")[0].strip("[]"))
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)


def raise_open_files(wanted: int = 16_384) -> int:
    """Let this process have as many open files as the system allows, up to `wanted`; return how many that are.

    Every listener is one. Does nothing where there is no such limit.
    """
    try:
        import resource
    except ImportError:  # Windows
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        except (OSError, ValueError):  # a container may forbid it
            return soft
        return most
    return wanted if soft == resource.RLIM_INFINITY else soft
