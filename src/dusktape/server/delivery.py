"""Live sound, from the rings to everybody who listens.

One task looks at a station's ring and keeps its newest slots; every listener holds the number of the slot that comes
next, so thousands share the same bytes. Who is too slow to keep up finds that number gone, and skips forward.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.errors import DusktapeError
from dusktape.radio.ring import RingReader, Slot
from dusktape.server.asgi import Header, Receive, Scope, Send, client_of, header
from dusktape.server.headers import refuse
from dusktape.server.limits import Held
from dusktape.server.mistakes import no_station
from dusktape.server.wire import UNFRAMED

BURST_S = 12
"""A new listener starts this far behind the newest sound, and gets all of it at once."""

_LOOK_S = 0.1
_BUNDLE = 2
"""Slots that are handed out together: half the wake-ups, and a second that the burst has covered."""

_WAIT_S = 20.0
"""How long a listener waits for a station that has not sounded yet."""

_ICY_BYTES = 16_000
_ID = re.compile(r"[\w.-]{1,64}\Z", re.ASCII)
_REMEMBERED = 20_000


@dataclass
class Feed:
    """The newest slots of one ring, and who waits for the next one.

    Parameters
    ----------
    path
        The ring's file; it need not be there yet.
    keep
        How many slots to keep.
    bundle
        Listeners are woken when this many more are there.
    """

    path: Path
    keep: int = 180
    bundle: int = 1
    slots: OrderedDict[int, Slot] = field(default_factory=OrderedDict)
    newest: int = 0
    _reader: RingReader | None = None
    _waiting: list[asyncio.Future[None]] = field(default_factory=list)
    _woken: int = 0
    _looks: int = 0

    def look(self) -> bool:
        """Take over what is new in the ring; return whether anything was."""
        reader = self._open()
        if reader is None:
            return False
        last = reader.newest()
        if last == self.newest:
            return False
        if last < self.newest:  # another state of the same file: begin anew
            self.slots.clear()
            self.newest = 0
        for number in range(max(self.newest + 1, last - self.keep + 1, reader.oldest()), last + 1):
            if (slot := reader.read(number)) is not None:
                self.slots[number] = slot
        self.newest = last
        while len(self.slots) > self.keep:
            self.slots.popitem(last=False)
        if self.newest - self._woken >= self.bundle or self.newest < self._woken:
            self._woken = self.newest
            self._wake()
        return True

    def _open(self) -> RingReader | None:
        self._looks += 1
        if self._reader is not None and self._looks % 20 == 0 and self._reader.replaced():
            self._reader.close()
            self._reader = None
        if self._reader is None:
            with suppress(OSError, DusktapeError, ValueError):  # not there yet, or half made
                self._reader = RingReader(self.path)
        return self._reader

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not one.done():
                one.set_result(None)

    def more(self) -> asyncio.Future[None]:
        """Return what is done when there is more."""
        one = asyncio.get_running_loop().create_future()
        self._waiting.append(one)
        return one

    @property
    def head(self) -> int:
        """Frame after the newest sound; 0 before there is any."""
        return next(reversed(self.slots.values())).end if self.slots else 0

    def number_at(self, frame: int) -> int | None:
        """Return the number of the slot that has this frame, or of the first one after it; None if it is to come."""
        return next((n for n, slot in self.slots.items() if slot.end > frame), None)

    def start(self, at: int | None = None) -> int | None:
        """Return where a listener begins: at a frame that is still there, otherwise `BURST_S` behind the newest."""
        if not self.slots:
            return None
        first = next(iter(self.slots.values())).frame
        if at is not None and first <= at < self.head:
            return self.number_at(at)
        return self.number_at(max(first, self.head - BURST_S * SAMPLE_RATE))

    def since(self, number: int) -> list[Slot]:
        """Return the slots from this number on; none if that one is gone."""
        if number not in self.slots:
            return []
        return [slot for n in range(number, self.newest + 1) if (slot := self.slots.get(n)) is not None]


@dataclass
class Heard:
    """What was handed out, for the metrics."""

    bytes: int = 0
    skipped: int = 0
    starts: int = 0


class Live:
    """Serves `/live.mp3` and `/live/STATION.mp3`.

    Parameters
    ----------
    folder
        `STATE/run`: a folder for each station.
    stations
        Their names; the first is the one that `/live.mp3` means.
    held
        Counts listeners.
    title
        What plays at a frame of a station, for players that show it.
    """

    def __init__(
        self, folder: Path, stations: Sequence[str], held: Held, *, title: Callable[[str, int], str] = lambda s, f: ""
    ) -> None:
        self.stations = tuple(stations)
        self.feeds = {name: Feed(folder / name / "mp3.ring", bundle=_BUNDLE) for name in stations}
        self.held = held
        self.heard = Heard()
        self._title = title
        self._firsts: OrderedDict[tuple[str, str], int] = OrderedDict()
        self.listening: dict[str, int] = dict.fromkeys(stations, 0)

    async def watch(self) -> None:
        """Hand on what the rings have, for ever."""
        while True:
            for feed in self.feeds.values():
                feed.look()
            await asyncio.sleep(_LOOK_S)

    def first_frame(self, station: str, listener: str) -> int | None:
        """Return the first frame that a listener got; None for one that never came."""
        return self._firsts.get((station, listener))

    def station_of(self, path: str, query: Mapping[str, list[str]]) -> str:
        """Return which station a path means, whether it is there or not."""
        if path == "/live.mp3":
            return query.get("station", [self.stations[0]])[0]
        return path.removeprefix("/live/").removesuffix(".mp3")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a listener until it goes."""
        query = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=20)
        station = self.station_of(scope["path"], query)
        if station not in self.feeds:
            await refuse(send, 404, no_station(station, self.stations))
            return
        if scope["method"] == "HEAD":
            # No content-length: a GET has none, and the sound never ends.
            headers = self._headers(station, icy=False)
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        if scope["method"] != "GET":
            await refuse(send, 405, "listening is a GET", (b"allow", b"GET, HEAD"))
            return
        if _wants_rest(header(scope, b"range")):
            await refuse(send, 416, "live sound has no ranges; ask again without one, or with ?at=FRAME")
            return
        client = client_of(scope)
        with self.held.one(client):
            self.listening[station] += 1
            try:
                await self._stream(scope, receive, send, station, query)
            finally:
                self.listening[station] -= 1

    async def _stream(
        self, scope: Scope, receive: Receive, send: Send, station: str, query: Mapping[str, list[str]]
    ) -> None:
        feed = self.feeds[station]
        at = query.get("at", [""])[0]
        wanted = int(at) if at.isascii() and at.isdigit() and len(at) < 16 else None
        number = await _first(feed, wanted)
        if number is None:
            await refuse(
                send, 404, "the station has nothing to play yet; try again in a moment", (b"retry-after", b"2")
            )
            return
        self._remember(station, query.get("listener", [""])[0], feed.slots[number].frame)
        icy = header(scope, b"icy-metadata") == b"1"
        if (icy or scope.get("http_version") == "1.0") and (unframed := scope.get("extensions", {}).get(UNFRAMED)):
            unframed()
        await send(
            {"type": "http.response.start", "status": 200, "headers": self._headers(station, icy=icy)},
        )
        self.heard.starts += 1
        titles = _Titles(lambda frame: self._title(station, frame)) if icy else None
        gone = asyncio.ensure_future(_until_gone(receive))
        more: asyncio.Future[None] | None = None

        def let_go(_: object) -> None:
            if more is not None and not more.done():
                more.set_result(None)

        gone.add_done_callback(let_go)
        try:
            while not gone.done():
                slots = feed.since(number)
                if not slots and number <= feed.newest:
                    number = feed.start() or feed.newest
                    self.heard.skipped += 1
                    continue
                if not slots:
                    more = feed.more()
                    await more
                    continue
                number = slots[-1].number + 1
                data = b"".join([slot.data for slot in slots]) if titles is None else titles.among(slots)
                self.heard.bytes += len(data)
                await send({"type": "http.response.body", "body": data, "more_body": True})
        finally:
            gone.cancel()

    def _remember(self, station: str, listener: str, frame: int) -> None:
        if _ID.match(listener):
            self._firsts.pop((station, listener), None)
            self._firsts[station, listener] = frame
            if len(self._firsts) > _REMEMBERED:
                self._firsts.popitem(last=False)

    def _headers(self, station: str, *, icy: bool) -> list[Header]:
        headers = [
            (b"content-type", b"audio/mpeg"),
            (b"cache-control", b"no-store, no-transform"),
            (b"accept-ranges", b"none"),
            (b"x-accel-buffering", b"no"),
            (b"icy-name", f"Dusktape {station}".encode()),
            (b"icy-genre", b"lo-fi"),
            (b"icy-pub", b"0"),
        ]
        return [*headers, (b"icy-metaint", b"%d" % _ICY_BYTES)] if icy else headers


async def _first(feed: Feed, at: int | None) -> int | None:
    """Return where to begin, once there is anything, or what is asked for."""
    ends = asyncio.get_running_loop().time() + _WAIT_S
    while asyncio.get_running_loop().time() < ends:
        ahead = at is not None and feed.head <= at < feed.head + 4 * BURST_S * SAMPLE_RATE
        if not ahead and (number := feed.start(at)) is not None:
            return number
        with suppress(TimeoutError):
            await asyncio.wait_for(feed.more(), 1.0)
        if ahead and feed.slots:
            at = at if at is not None and at < feed.head else None
    return feed.start()


def _wants_rest(range_: bytes) -> bool:
    """Return whether a request goes on with a stream that broke off: what it would get is not what it asks for."""
    return range_.startswith(b"bytes=") and not range_.startswith(b"bytes=0-")


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class _Titles:
    """Lays titles between the sound, where they begin, for a player that counts bytes.

    Source
    ------
    SHOUTcast's in-band metadata, as Icecast and players read it: after every `icy-metaint` bytes of sound a byte with
    the length of the text in 16ths, then the text, padded with zeros. Text is UTF-8, as Icecast sends it.
    """

    def __init__(self, title: Callable[[int], str]) -> None:
        self._title = title
        self._until = _ICY_BYTES
        self._told: str | None = None

    def among(self, slots: Sequence[Slot]) -> bytes:
        """Return the sound of the slots with titles between."""
        pieces: list[bytes] = []
        for slot in slots:
            data = slot.data
            while len(data) >= self._until:
                pieces += [data[: self._until], self._block(slot.frame)]
                data = data[self._until :]
                self._until = _ICY_BYTES
            pieces.append(data)
            self._until -= len(data)
        return b"".join(pieces)

    def _block(self, frame: int) -> bytes:
        title = self._title(frame)
        if title == self._told:
            return b"\0"
        self._told = title
        return icy_block(title)


def icy_block(title: str) -> bytes:
    """Return a title as in-band metadata; cut to what fits."""
    clean = " ".join(title.replace(";", ",").replace("'", "’").split())
    text = clean.encode("utf-8", "replace")[:4000].decode("utf-8", "ignore")
    body = f"StreamTitle='{text}';".encode()
    length = -(-len(body) // 16)
    return bytes([length]) + body.ljust(16 * length, b"\0")
