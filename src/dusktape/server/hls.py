"""HTTP live streaming: a playlist and segments of AAC, from memory.

Source
------
RFC 8216; packed audio as in its section 3.4. Numbers are those of the ring, so that they go on after a restart.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from dusktape.core.audio import SAMPLE_RATE
from dusktape.radio.ring import DISCONTINUITY, Slot
from dusktape.server.asgi import Header, Receive, Scope, Send
from dusktape.server.delivery import Feed
from dusktape.server.headers import answer, refuse

_LOOK_S = 0.25
_LISTED = 6
"""Segments in a playlist; the ring has more, for who is late."""

_KEEP = 16
_PATH = re.compile(r"/hls/([^/]{1,64})/(live\.m3u8|(\d{1,15})\.aac)\Z", re.ASCII)
_PLAYLIST = (b"cache-control", b"no-cache")
_SEGMENT = (b"cache-control", b"public, max-age=60")


class Hls:
    """Serves `/hls/STATION/live.m3u8` and its segments.

    Parameters
    ----------
    folder
        `STATE/run`.
    stations
        Their names.
    epoch
        Seconds since 1970 of a station's frame 0.
    """

    def __init__(self, folder: Path, stations: Sequence[str], *, epoch: Callable[[str], float]) -> None:
        self.feeds = {name: Feed(folder / name / "hls.ring", keep=_KEEP) for name in stations}
        self._numbers: dict[str, dict[int, bytes]] = {name: {} for name in stations}
        self._playlists: dict[str, bytes] = {}
        self._dates: dict[str, dict[int, float]] = {name: {} for name in stations}
        self._broken: dict[str, set[int]] = {name: set() for name in stations}
        self._epoch = epoch
        self.served = 0

    def has(self, station: str) -> bool:
        """Whether this station can be had as HLS."""
        return station in self._playlists

    async def watch(self) -> None:
        """Take over new segments, for ever."""
        while True:
            self.look()
            await asyncio.sleep(_LOOK_S)

    def look(self) -> None:
        """Take over new segments."""
        for station, feed in self.feeds.items():
            if feed.look():
                slots = list(feed.slots.values())
                self._numbers[station] = {_number(slot): slot.data for slot in slots}
                listed = _in_a_row(slots)[-_LISTED:]
                self._playlists[station] = playlist(
                    listed, self._dated(station, slots), self._left_behind(station, slots, listed)
                ).encode()

    def _dated(self, station: str, slots: Sequence[Slot]) -> dict[int, float]:
        """Return when each segment is heard. A date that was told once stays, even if the clock moves on."""
        known, epoch = self._dates[station], self._epoch(station)
        self._dates[station] = {slot.number: known.get(slot.number, epoch + slot.frame / SAMPLE_RATE) for slot in slots}
        return self._dates[station]

    def _left_behind(self, station: str, slots: Sequence[Slot], listed: Sequence[Slot]) -> int:
        """Return how many breaks lie before the playlist, of those since we began."""
        seen = self._broken[station]
        seen.update(slot.number for slot in slots if slot.mark & DISCONTINUITY)
        return sum(number <= listed[0].number for number in seen)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a playlist or a segment."""
        found = _PATH.match(scope["path"])
        head = scope["method"] == "HEAD"
        if found is None or found[1] not in self.feeds:
            await refuse(send, 404, "there is no such stream")
        elif scope["method"] not in ("GET", "HEAD"):
            await refuse(send, 405, "listening is a GET", (b"allow", b"GET, HEAD"))
        elif found[3] is None:
            await self._listed(send, found[1], head=head)
        elif (data := self._numbers[found[1]].get(int(found[3]))) is None:
            await refuse(send, 404, "this segment is over, or still to come")
        else:
            self.served += 1
            await answer(send, 200, data, b"audio/aac", _SEGMENT, head=head, length=len(data))

    async def _listed(self, send: Send, station: str, *, head: bool) -> None:
        text = self._playlists.get(station)
        if text is None:
            more: Header = (b"retry-after", b"4")
            await refuse(send, 404, "no HLS here; it needs pip install 'dusktape[stream]', or a moment", more)
            return
        await answer(send, 200, text, b"application/vnd.apple.mpegurl", _PLAYLIST, head=head, length=len(text))


def _number(slot: Slot) -> int:
    return slot.frame // slot.frames


def _in_a_row(slots: Sequence[Slot]) -> Sequence[Slot]:
    """Return the newest segments whose numbers follow one another: a playlist can leave none out."""
    first = next(
        (k for k in range(len(slots) - 1, 0, -1) if _number(slots[k]) != _number(slots[k - 1]) + 1),
        0,
    )
    return slots[first:]


def playlist(slots: Sequence[Slot], dates: Mapping[int, float], breaks: int = 0) -> str:
    """Return a live playlist.

    Parameters
    ----------
    slots
        Its segments, oldest first; at least one.
    dates
        When a slot, by its number, is heard, in seconds since 1970.
    breaks
        How many breaks of the stream lie before it.
    """
    longest = max(slot.frames for slot in slots)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{max(1, round(longest / SAMPLE_RATE))}",
        f"#EXT-X-MEDIA-SEQUENCE:{_number(slots[0])}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{breaks}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    for place, slot in enumerate(slots):
        if place and slot.mark & DISCONTINUITY:
            lines.append("#EXT-X-DISCONTINUITY")
        begins = datetime.fromtimestamp(dates[slot.number], UTC)
        lines += [
            f"#EXT-X-PROGRAM-DATE-TIME:{begins.isoformat(timespec='milliseconds').replace('+00:00', 'Z')}",
            f"#EXTINF:{slot.frames / SAMPLE_RATE:.5f},",
            f"{_number(slot)}.aac",
        ]
    return "\n".join(lines) + "\n"
