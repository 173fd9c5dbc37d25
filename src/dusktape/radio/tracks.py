"""How tracks and their files are written down and found again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from dusktape.radio.nouns import Made, columns, packed, unpacked

_COLUMNS = columns(Made, "files")
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)
LIKES = "(SELECT COALESCE(SUM(value), 0) FROM likes WHERE likes.track = tracks.id)"
"""How much a track is liked, beside it in a query."""


def insert(db: sqlite3.Connection, made: Made, sizes: dict[str, int]) -> None:
    """Write down a track and its files, whose sizes are told by blob."""
    values = [packed(getattr(made, name)) for name in _COLUMNS]
    values[_COLUMNS.index("seed")] = str(made.seed)  # a seed may have more than 64 bits
    marks = ", ".join("?" for _ in values)
    db.execute(f"INSERT INTO tracks ({_NAMES}) VALUES ({marks})", values)
    attach(db, made.id, made.files, sizes)


def attach(db: sqlite3.Connection, track: str, files: Any, sizes: dict[str, int]) -> None:
    """Write down files of a track; one of the same name gives way."""
    rows = [(track, name, blob, sizes[blob]) for name, blob in files.items()]
    db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", rows)


def read(db: sqlite3.Connection, where: str, values: Sequence[Any]) -> list[Made]:
    """Return tracks with their files."""
    rows = db.execute(f"SELECT {_NAMES} FROM tracks {where}", values).fetchall()
    found = [unpacked(_COLUMNS, row, ("edit", "provenance")) for row in rows]
    files = _files(db, [one["id"] for one in found])
    return [
        Made(
            **one | {"seed": int(one["seed"]), "kept": bool(one["kept"]), "provenance": one["provenance"] or {}},
            files=files.get(one["id"], {}),
        )
        for one in found
    ]


def _files(db: sqlite3.Connection, tracks: Sequence[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for first in range(0, len(tracks), 500):  # SQLite takes so many marks, and more
        some = tracks[first : first + 500]
        marks = ", ".join("?" for _ in some)
        rows = db.execute(f"SELECT track, name, blob FROM files WHERE track IN ({marks}) ORDER BY name", some)
        for track, name, blob in rows:
            found.setdefault(track, {})[name] = blob
    return found


def select(
    *,
    before: str | None,
    liked: bool | None,
    song: str | None,
    query: str | None,
) -> tuple[str, list[Any]]:
    """Return the condition of a list of tracks that are there, and its values."""
    told: list[str] = ["gone = 0"]
    values: list[Any] = []
    if before is not None:
        told.append("number < (SELECT number FROM tracks WHERE id = ?)")
        values.append(before)
    if liked is not None:
        told.append(f"{LIKES} {'>' if liked else '<'} 0")
    if song is not None:
        told.append("song = ?")
        values.append(song)
    for word in (query or "").split()[:8]:
        escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        told.append(
            "(title || ' ' || recipe || ' ' || mood || ' ' || key || ' ' || seed || ' ' || id) LIKE ? ESCAPE '\\'"
        )
        values.append(f"%{escaped}%")
    return "WHERE " + " AND ".join(told), values


def remove(db: sqlite3.Connection, version: int, track: str) -> list[str]:
    """Forget a track's files, and remember the rest and when it went; return blobs that no track has any more."""
    blobs = [blob for (blob,) in db.execute("SELECT DISTINCT blob FROM files WHERE track = ?", (track,))]
    db.execute("DELETE FROM files WHERE track = ?", (track,))
    db.execute("UPDATE tracks SET gone = ?, kept = 0, provenance = NULL WHERE id = ?", (version, track))
    return [blob for blob in blobs if not is_used(db, blob)]


def gone(db: sqlite3.Connection, since: int) -> tuple[str, ...]:
    """Return the tracks that went after a version, oldest first; at most 200, the newest."""
    rows = db.execute("SELECT id FROM tracks WHERE gone > ? ORDER BY gone DESC LIMIT 200", (since,)).fetchall()
    return tuple(name for (name,) in rows[::-1])


def is_used(db: sqlite3.Connection, blob: str) -> bool:
    """Return whether a track that is there has a file."""
    return db.execute("SELECT 1 FROM files WHERE blob = ? LIMIT 1", (blob,)).fetchone() is not None


def blobs(db: sqlite3.Connection, *, entries: int) -> set[str]:
    """Return all files that are named: by tracks, and by the newest entries of the programmes."""
    rows: Iterable[tuple[str]] = db.execute("SELECT DISTINCT blob FROM files")
    named = {blob for (blob,) in rows}
    rows = db.execute("SELECT timeline FROM (SELECT timeline FROM entries ORDER BY id DESC LIMIT ?)", (entries,))
    return named | {blob for (blob,) in rows if blob}
