"""What comes next on a station: what was sent to it, what was made for it, what the library has."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.seed import Seed
from dusktape.radio.nouns import Made
from dusktape.radio.programme import Source
from dusktape.radio.state import State
from dusktape.radio.taste import FITS, Dial, Taste, traits

TARGET_LUFS = -17.0
"""Loudness of what a station plays."""

PEAK_DBTP = -1.0
"""A quiet track is raised no further than its peaks allow."""

AGAIN_S = 1800.0
"""A track of the library comes back after so long at the earliest."""

_NEAR_BPM = 40.0


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that could be played next.

    Parameters
    ----------
    kind, track, spec, title, timeline
        As in an `Entry`.
    frames
        How long it is.
    shape
        Its timeline, read.
    source
        What it sounds like, where that is made already.
    recipe
        Of the music.
    queued
        Whether somebody sent it.
    """

    kind: str
    track: str | None
    spec: dict[str, Any]
    title: str
    timeline: str | None
    frames: int
    shape: Mapping[str, Any] = field(default_factory=dict, repr=False)
    source: Source | None = field(default=None, repr=False)
    recipe: str = ""
    queued: bool = False


@dataclass(frozen=True, slots=True)
class _Candidate:
    id: str
    recipe: str
    mood: str
    bpm: float
    key: str


_COLUMNS = "id, recipe, mood, bpm, key"
_LIKED = "(SELECT COALESCE(SUM(value), 0) FROM likes WHERE likes.track = tracks.id)"
_UNPLAYED = (
    "station = ? AND gone = 0 AND NOT EXISTS (SELECT 1 FROM entries WHERE entries.track = tracks.id "
    f"AND entries.station = tracks.station) AND {_LIKED} >= 0"
)


@dataclass(frozen=True, slots=True)
class Chooser:
    """Chooses for one station.

    Parameters
    ----------
    state, station
        Whose.
    """

    state: State
    station: str

    def next(
        self,
        seed: Seed,
        settings: Mapping[str, Any],
        *,
        head: int,
        before: Made | None,
        but: Collection[str] = (),
        must_fit: bool = False,
    ) -> Piece | None:
        """Return what comes next; None if nothing is there.

        What somebody sent goes first, then what was made for this station and not played yet, then the library: liked
        tracks first, the longest unheard first. Of all these, what lies near the dial goes before what does not.

        Parameters
        ----------
        seed
            Of this choice.
        settings
            The station's, with its `queue`.
        head
            Where the station stands.
        before
            The track that it follows.
        but
            Tracks that cannot be played.
        must_fit
            Whether only what lies near the dial will do.
        """
        for name in settings.get("queue") or ():
            if name not in but and (made := self.state.track(str(name))) and (piece := self.piece(made, queued=True)):
                return piece
        dial = Dial.of(settings)
        avoid = {*but, *((before.id,) if before else ())}
        fresh = sorted(
            (one for one in self._unplayed() if one.id not in avoid),
            key=lambda c: (_costs(c, dial, before), seed.at(c.id).unit()),
        )
        for one in self._in_order(fresh, dial, head, avoid, must_fit=must_fit):
            if (made := self.state.track(one.id)) and (piece := self.piece(made)):
                return piece
        return None

    def _in_order(
        self, fresh: Sequence[_Candidate], dial: Dial, head: int, avoid: Collection[str], *, must_fit: bool
    ) -> Iterator[_Candidate]:
        def fits(one: _Candidate) -> bool:
            return dial.away(one.mood, one.bpm) <= FITS

        yield from filter(fits, fresh)
        library = self._library(head, avoid)  # here, since it is seldom needed
        yield from filter(fits, library)
        if not must_fit:
            yield from (one for one in (*fresh, *library) if not fits(one))

    def piece(self, made: Made, *, queued: bool = False) -> Piece | None:
        """Return a track as something to play; None if its sound is gone."""
        sound = made.files.get("master.flac")
        if sound is None or not self.state.blob(sound).exists():
            return None
        timeline = made.files.get("timeline.json")
        spec = {"sound": sound, "gain_db": round(gain_db(made.provenance), 3), "recipe": made.recipe}
        shape = self.shape(timeline)
        return Piece(
            "track", made.id, spec, made.title, timeline, made.frames, shape, recipe=made.recipe, queued=queued
        )

    def shape(self, timeline: str | None) -> Mapping[str, Any]:
        """Return a timeline; nothing where it is not there."""
        if timeline is None:
            return {}
        try:
            table = json.loads(self.state.blob(timeline).read_bytes())
        except (OSError, ValueError):
            return {}
        return table if isinstance(table, dict) else {}

    def reserve_s(self, settings: Mapping[str, Any], *, within: float = FITS) -> float:
        """Return how many seconds of music are there that lie near the dial and were not played yet."""
        dial = Dial.of(settings)
        with self.state.reading() as db:
            rows = db.execute(f"SELECT mood, bpm, seconds FROM tracks WHERE {_UNPLAYED}", (self.station,)).fetchall()
        return float(sum(seconds for mood, bpm, seconds in rows if dial.away(mood, bpm) <= within))

    def taste(self) -> Taste:
        """Return what listeners liked so far; tracks whose files are gone count, as far as they are remembered."""
        with self.state.reading() as db:
            rows = db.execute(
                "SELECT recipe, mood, bpm, key, provenance, SUM(value) FROM likes JOIN tracks ON tracks.id = track "
                "GROUP BY track HAVING SUM(value) != 0 ORDER BY MAX(likes.changed) DESC LIMIT 200"
            ).fetchall()
        judged = [
            (traits(recipe, mood, bpm, key, json.loads(told) if told else {}), int(value))
            for recipe, mood, bpm, key, told, value in rows
        ]
        return Taste.learned(judged)

    def _unplayed(self) -> list[_Candidate]:
        with self.state.reading() as db:
            query = f"SELECT {_COLUMNS} FROM tracks WHERE {_UNPLAYED} ORDER BY number LIMIT 100"
            return _candidates(db, query, (self.station,))

    def _library(self, head: int, but: Collection[str]) -> list[_Candidate]:
        long_ago = head - round(AGAIN_S * SAMPLE_RATE)
        heard = '(SELECT COALESCE(MAX("end"), -1) FROM entries WHERE entries.track = tracks.id AND entries.station = ?)'
        query = (
            f"SELECT {_COLUMNS}, {heard} AS heard FROM tracks WHERE gone = 0 AND {_LIKED} >= 0 "
            f"AND (heard < 0 OR heard < ?) ORDER BY {_LIKED} > 0 DESC, heard, number LIMIT 50"
        )
        with self.state.reading() as db:
            return [one for one in _candidates(db, query, (self.station, long_ago)) if one.id not in but]


def _candidates(db: sqlite3.Connection, query: str, values: Sequence[Any]) -> list[_Candidate]:
    return [_Candidate(*row[:5]) for row in db.execute(query, values)]


def _costs(one: _Candidate, dial: Dial, before: Made | None) -> tuple[bool, float]:
    """Return what speaks against a track here: the recipe just heard, far from the dial, another tempo."""
    if before is None:
        return False, dial.away(one.mood, one.bpm)
    jump = abs(one.bpm - before.bpm) / _NEAR_BPM
    return one.recipe == before.recipe, dial.away(one.mood, one.bpm) + 0.3 * min(jump, 1.0)


def gain_db(provenance: Mapping[str, Any]) -> float:
    """Return the gain that brings a track to `TARGET_LUFS`, as far as its peaks allow."""
    report = provenance.get("report")
    loudness = report.get("lufs") if isinstance(report, Mapping) else None
    peak = report.get("true_peak_dbtp") if isinstance(report, Mapping) else None
    if not isinstance(loudness, (int, float)):
        return 0.0
    most = PEAK_DBTP - float(peak) if isinstance(peak, (int, float)) else 0.0
    wanted = TARGET_LUFS - float(loudness)
    return max(-24.0, wanted if wanted < most else most)
