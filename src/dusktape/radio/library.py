"""What the library holds: it grows to a size, the least liked and oldest go first, and what is in use stays."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dusktape.core.errors import DusktapeError
from dusktape.radio import tracks
from dusktape.radio.blobs import ORPHAN_S
from dusktape.radio.lifeline import Held
from dusktape.radio.nouns import Made
from dusktape.radio.state import State

LIMIT_BYTES = 4_000_000_000
"""How large a library grows: about 150 tracks of three minutes, lossless."""

KEPT_JOBS, KEPT_ENTRIES = 2_000, 50_000
"""So many ended jobs and entries of programmes are remembered."""

STEMS, MAKING = "stems/", "making"
"""What the names of stems begin with; the folder of what is unfinished."""

_ON_AIR = 6
"""The newest entries of each station: what is heard now, what was, and what is planned."""


_RESERVE = 40
"""So many of the tracks that a station has not played stay, the newest: more than an hour of them."""


@dataclass(frozen=True, slots=True)
class Freed:
    """What was taken away: tracks, tracks that lost their stems, and bytes of files that nobody named."""

    tracks: tuple[str, ...] = ()
    stems: tuple[str, ...] = ()
    orphans: int = 0


def size(state: State) -> int:
    """Return how many bytes the files of all tracks take."""
    with state.reading() as db:
        return _size(db)


def unplayed(state: State, station: str, *, limit: int = 200) -> list[Made]:
    """Return the tracks that were made for a station and never played by it, oldest first: its reserve."""
    with state.reading() as db:
        return tracks.read(
            db,
            "WHERE gone = 0 AND station = ? AND NOT EXISTS "
            "(SELECT 1 FROM entries WHERE entries.track = tracks.id AND entries.station = tracks.station) "
            "ORDER BY number LIMIT ?",
            (station, limit),
        )


def minutes(made: Sequence[Made]) -> float:
    """Return how long tracks last together."""
    return sum(one.seconds for one in made) / 60.0


def played_before(state: State, station: str, *, limit: int = 50) -> list[Made]:
    """Return tracks that may be played once more, those that were not heard for longest first; disliked ones never."""
    with state.reading() as db:
        return tracks.read(
            db,
            f"WHERE gone = 0 AND {tracks.LIKES} >= 0 ORDER BY COALESCE((SELECT MAX(entries.id) FROM entries "
            "WHERE entries.track = tracks.id AND entries.station = ?), 0), number LIMIT ?",
            (station, limit),
        )


def in_use(state: State) -> set[str]:
    """Return the tracks that must stay: on air or about to be, in a reserve, kept, asked for, or parents of others."""
    with state.reading() as db:
        return _in_use(db)


def trim(state: State, *, limit_bytes: int = LIMIT_BYTES) -> Freed:
    """Take tracks away until the library is no larger than its limit, or everything left is in use.

    Stems go first, since they can be rendered again; then the least liked tracks, of these the oldest.
    """
    gone: list[str] = []
    stripped: list[str] = []
    while size(state) > limit_bytes:
        with state.reading() as db:
            name, whole = _next_to_go(db)
        if name is None:
            break
        if whole:
            state.remove_track(name)
            gone.append(name)
        else:
            _strip(state, name)
            stripped.append(name)
    return Freed(tuple(gone), tuple(stripped))


def make_room(state: State, *, bytes_free: int) -> bool:
    """Say whether so much of the disk is free; if not, `trim` as much of the library as that needs."""
    free = shutil.disk_usage(state.folder).free
    if free < bytes_free:
        trim(state, limit_bytes=max(0, size(state) - (bytes_free - free)))
        free = shutil.disk_usage(state.folder).free
    return free >= bytes_free


def sweep(state: State, *, older_s: float = ORPHAN_S) -> Freed:
    """Take away what killed processes left behind, and forget jobs and entries of long ago."""
    with state.writing() as (db, _):
        db.execute(
            "DELETE FROM jobs WHERE state NOT IN ('queued', 'running') AND number <= "
            "(SELECT MAX(number) FROM jobs) - ?",
            (KEPT_JOBS,),
        )
        db.execute("DELETE FROM entries WHERE id <= (SELECT MAX(id) FROM entries) - ?", (KEPT_ENTRIES,))
    with state.reading() as db:
        known = tracks.blobs(db, entries=500)
    orphans = state.blobs.sweep(known, older_s=older_s)
    _sweep_folders(state, older_s)
    return Freed(orphans=orphans)


def tidy(state: State, *, limit_bytes: int = LIMIT_BYTES, thorough: bool = False) -> None:
    """Hold the library to its limit, unless another worker does so now; if `thorough`, clear up as well."""
    with suppress(DusktapeError), Held(state.folder / "library.lock", "{who} tidies up; let it"):
        if thorough:
            sweep(state)
        trim(state, limit_bytes=limit_bytes)


def _size(db: sqlite3.Connection) -> int:
    row = db.execute("SELECT COALESCE(SUM(bytes), 0) FROM (SELECT DISTINCT blob, bytes FROM files)").fetchone()
    return int(row[0])


def _in_use(db: sqlite3.Connection) -> set[str]:
    rows = db.execute(
        "SELECT id FROM tracks WHERE gone = 0 AND (kept = 1 "
        "OR id IN (SELECT parent FROM tracks WHERE gone = 0 AND parent IS NOT NULL))"
    )
    named = {name for (name,) in rows}
    newest = "SELECT track FROM entries WHERE station = ? ORDER BY id DESC LIMIT ?"
    waiting = (
        "SELECT id FROM tracks WHERE gone = 0 AND station = ? AND NOT EXISTS "
        "(SELECT 1 FROM entries WHERE entries.track = tracks.id) ORDER BY number DESC LIMIT ?"
    )
    for (station,) in db.execute("SELECT name FROM stations").fetchall():
        named |= {name for (name,) in db.execute(newest, (station, _ON_AIR)) if name}
        named |= {name for (name,) in db.execute(waiting, (station, _RESERVE))}
    told = [text for (text,) in db.execute("SELECT spec FROM jobs WHERE state IN ('queued', 'running')")]
    told += [text for (text,) in db.execute("SELECT args FROM orders UNION ALL SELECT settings FROM stations")]
    return named | {word for text in told for word in _texts(json.loads(text))}


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a table: a track that is asked for is named by its id, wherever that stands."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def _next_to_go(db: sqlite3.Connection) -> tuple[str | None, bool]:
    """Return the track that goes next, and whether all of it does; None if everything is in use."""
    used = _in_use(db)
    with_stems = f"SELECT DISTINCT track FROM files WHERE name LIKE '{STEMS}%'"
    for (name,) in db.execute(f"SELECT id FROM tracks WHERE id IN ({with_stems}) ORDER BY number"):
        if name not in used:
            return name, False
    for (name,) in db.execute(f"SELECT id FROM tracks WHERE gone = 0 ORDER BY {tracks.LIKES}, number"):
        if name not in used:
            return name, True
    return None, False


def _strip(state: State, track: str) -> None:
    """Take the stems of a track away."""
    theirs = f"track = ? AND name LIKE '{STEMS}%'"
    with state.writing() as (db, _):
        blobs = [blob for (blob,) in db.execute(f"SELECT DISTINCT blob FROM files WHERE {theirs}", (track,))]
        db.execute(f"DELETE FROM files WHERE {theirs}", (track,))
        unused = [blob for blob in blobs if not tracks.is_used(db, blob)]
    for blob in unused:
        state.blobs.drop(blob)


def sweep_unfinished(state: State, *, older_s: float) -> None:
    """Take away what was being made when a radio was ended: for its start, when nobody makes anything yet.

    Parameters
    ----------
    state
        The library.
    older_s
        What was touched since stays: whoever made it may be ending just now.
    """
    _sweep_folders(state, older_s)


def _sweep_folders(state: State, older_s: float) -> None:
    """Take away the folders of jobs that nobody does any more."""
    with suppress(OSError):
        for folder in (state.folder / MAKING).iterdir():
            if time.time() - folder.stat().st_mtime > older_s:
                shutil.rmtree(folder, ignore_errors=True)
