"""What a station plays, as the API shows it: for its routes, and for a first page that does not wait for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dusktape.radio.state import Entry
from dusktape.server import shown
from dusktape.server.delivery import BURST_S

if TYPE_CHECKING:
    from dusktape.server.app import Radio

STATIONS = "/api/v1/stations"
_LISTED = 12
_BEHIND = BURST_S * 44_100


def entry(radio: Radio, found: Entry, likes: Mapping[str, int], client: str) -> dict[str, Any]:
    """Return an entry with its track, and what its reader thinks of that."""
    track = found.track or ""
    made = radio.state.track(track, gone=True) if track else None
    liked = radio.state.likes(track).get(client, 0) if track else 0
    return shown.entry(found, made, state=radio.state, likes=likes.get(track, 0), liked=liked)


def entries(radio: Radio, station: str, since: int, limit: int, client: str) -> list[dict[str, Any]]:
    """Return what ends after a frame."""
    likes = radio.state.likes()
    return [entry(radio, e, likes, client) for e in radio.state.entries(station, since=since, limit=limit)]


def now(radio: Radio, station: str, client: str) -> dict[str, Any]:
    """Return a station with what it plays where a new listener begins, and after that."""
    told = radio.station(station)
    heard = max(0, told["head"] - _BEHIND)
    coming = entries(radio, station, heard, _LISTED, client)
    playing = [e for e in coming if e["start"] <= heard]
    later = [e for e in coming if e["start"] > heard]
    return {
        **told,
        "now": playing[-1] if playing else None,
        "next": later[0] if later else None,
        "entries": coming,
    }


def early(radio: Radio, path: str, client: str) -> Any | None:
    """Return the answer to a question that the first page asks; None for any other question."""
    if path == STATIONS:
        return [radio.station(name) for name in radio.stations]
    name = path.removeprefix(f"{STATIONS}/")
    return now(radio, name, client) if name in radio.stations and path != name else None
