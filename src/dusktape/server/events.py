"""What changes, told to everybody who looks: server-sent events, from a counter that is looked at often.

Source
------
HTML Living Standard, 9.2 Server-sent events.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from dusktape.core.errors import DusktapeError
from dusktape.radio.state import Entry, State
from dusktape.server import shown
from dusktape.server.asgi import Receive, Scope, Send, client_of
from dusktape.server.delivery import Live
from dusktape.server.headers import refuse
from dusktape.server.limits import Held
from dusktape.server.mistakes import no_station

_LOOK_S = 0.2
_BEAT_S = 15.0
_COUNT_S = 5.0
_BEHIND = 200
"""Events that wait for a slow reader; with more it is let go, and comes back for what is."""

_KNOWN = 40
_ACTIVE = ("queued", "running")
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
]


_Told = bytes | Callable[[str], bytes]
"""An event, or what it is for a client."""


def event(kind: str, data: Any, version: int) -> bytes:
    """Return one event as it is sent."""
    body = json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (version, kind.encode(), body)


class News:
    """Serves `/api/v1/events`, and knows what plays when.

    Parameters
    ----------
    state
        What is shared.
    live
        Stations, their rings and how many listen.
    held
        Counts streams of events.
    station
        Return a station as the API shows it.
    """

    def __init__(
        self, state: State, live: Live, held: Held, station: Callable[[str], dict[str, Any]], *, named: bool = True
    ) -> None:
        self._state = state
        self._live = live
        self._held = held
        self._station = station
        self._named = named
        self._readers: dict[asyncio.Queue[bytes | None], tuple[str, str]] = {}
        self._entries: dict[str, dict[int, Entry]] = {name: {} for name in live.stations}
        self._version = 0
        self._counts: dict[str, int] = {}
        self._hand = ThreadPoolExecutor(1, "news")

    def title(self, station: str, frame: int) -> str:
        """Return what plays at a frame, as far as it is known; the later one where two are joined."""
        found = [e for e in self._entries.get(station, {}).values() if e.start <= frame < e.end]
        return max(found, key=lambda e: e.start).title if found else "Dusktape"

    async def watch(self) -> None:
        """Tell what changes, for ever."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._hand, self._first)
        turns = 0
        while True:
            turns += 1
            with suppress(DusktapeError):  # a database that cannot be read now is looked at again
                if self._state.version() != self._version:
                    self._send(await loop.run_in_executor(self._hand, self._changed))
            if turns % round(_COUNT_S / _LOOK_S) == 0:
                self._count()
            await asyncio.sleep(_LOOK_S)

    def _first(self) -> None:
        self._version = self._state.version()
        for name in self._live.stations:
            self._know(name, self._state.entries(name, limit=_KNOWN))

    def _know(self, station: str, entries: Iterable[Entry]) -> None:
        known = self._entries.get(station)
        if known is None:
            return
        for entry in entries:
            known[entry.id] = entry
        for old in sorted(known)[:-_KNOWN]:
            del known[old]

    def _changed(self) -> list[tuple[str | None, _Told]]:
        """Return what happened since the last look, and at which station (None for all)."""
        changes = self._state.changes(self._version)
        self._version = changes.version
        told: list[tuple[str | None, _Told]] = []
        likes = self._state.likes() if changes.entries else {}
        for entry in changes.entries:
            self._know(entry.station, [entry])
            made = self._state.track(entry.track, gone=True) if entry.track else None
            data = shown.entry(entry, made, state=self._state, likes=likes.get(entry.track or "", 0))
            told.append((entry.station, event("entry", data, changes.version)))
        for job in changes.jobs:
            told.append((None, event("job", shown.job(job, named=self._named), changes.version)))
        for station in changes.stations:
            if station.name in self._live.feeds:
                told.append((station.name, event("station", self._station(station.name), changes.version)))
        for track, total in changes.likes:
            told.append((None, _liking(track, total, self._state.likes(track), changes.version)))
        for track in changes.gone:
            told.append((None, event("gone", {"track": track}, changes.version)))
        return told

    def _send(self, told: Sequence[tuple[str | None, _Told]]) -> None:
        for reader, (station, client) in list(self._readers.items()):
            mine = b"".join(
                [data if isinstance(data, bytes) else data(client) for place, data in told if place in (None, station)]
            )
            if mine:
                self._put(reader, mine)

    def _put(self, reader: asyncio.Queue[bytes | None], data: bytes) -> None:
        if reader.qsize() < _BEHIND:
            reader.put_nowait(data)
        elif self._readers.pop(reader, None) is not None:
            reader.put_nowait(None)

    def _count(self) -> None:
        """Tell how many listen, where that changed."""
        for name, count in self._live.listening.items():
            if self._counts.get(name) != count:
                self._counts[name] = count
                told = event("station", {"name": name, "listeners": count}, self._version)
                self._send([(name, told)])

    def _snapshot(self, station: str, client: str) -> bytes:
        """Return what is, for who comes in."""
        version, likes = self._version, self._state.likes()
        told = [event("station", self._station(station), version)]
        heard = self._live.feeds[station].head - 60 * 44_100
        for entry in self._state.entries(station, since=max(0, heard), limit=12):
            made = self._state.track(entry.track, gone=True) if entry.track else None
            liked = self._state.likes(entry.track).get(client, 0) if entry.track else 0
            data = shown.entry(entry, made, state=self._state, likes=likes.get(entry.track or "", 0), liked=liked)
            told.append(event("entry", data, version))
        told += [
            event("job", shown.job(job, named=self._named), version) for job in self._state.jobs(states=_ACTIVE)[::-1]
        ]
        return b"".join(told)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a stream of events until its reader goes."""
        query = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=20)
        station = query.get("station", [self._live.stations[0]])[0]
        if station not in self._live.feeds:
            await refuse(send, 404, no_station(station, self._live.stations))
            return
        if scope["method"] != "GET":
            await refuse(send, 405, "events are read with GET", (b"allow", b"GET"))
            return
        client = client_of(scope)
        with self._held.one(client):
            reader: asyncio.Queue[bytes | None] = asyncio.Queue()
            self._readers[reader] = station, client
            gone = asyncio.ensure_future(_until_gone(receive, reader))
            try:
                await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
                loop = asyncio.get_running_loop()
                first = await loop.run_in_executor(self._hand, self._snapshot, station, client)
                await _body(send, b"retry: 2000\n\n" + first)
                await self._read(reader, send)
            finally:
                self._readers.pop(reader, None)
                gone.cancel()

    async def _read(self, reader: asyncio.Queue[bytes | None], send: Send) -> None:
        while True:
            try:
                data = await asyncio.wait_for(reader.get(), _BEAT_S)
            except TimeoutError:
                data = b": still here\n\n"
            if data is None:
                await send({"type": "http.response.body", "body": b""})
                return
            await _body(send, data)

    def close(self) -> None:
        """Let all readers go."""
        for reader in list(self._readers):
            reader.put_nowait(None)
        self._hand.shutdown(wait=False)


def _liking(track: str, total: int, opinions: Mapping[str, int], version: int) -> Callable[[str], bytes]:
    """Return what a client is told of a track that somebody likes: what all think of it, and what he does."""
    told = {liked: event("like", {"track": track, "likes": total, "liked": liked}, version) for liked in (-1, 0, 1)}
    return lambda client: told[opinions.get(client, 0)]


async def _body(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})


async def _until_gone(receive: Receive, reader: asyncio.Queue[bytes | None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    reader.put_nowait(None)
