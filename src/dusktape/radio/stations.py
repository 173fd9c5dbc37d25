"""How stations, their programme, their orders and what is liked are written down and found again."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import Any

from dusktape.core.errors import InputError, suggestion
from dusktape.radio.nouns import Entry, Order, Station, columns, packed, unpacked

_ENTRY = columns(Entry)
_ENTRY_NAMES = ", ".join(f'"{name}"' for name in _ENTRY)


def read(db: sqlite3.Connection, where: str, values: Sequence[Any]) -> list[Station]:
    """Return stations."""
    rows = db.execute(f"SELECT name, epoch, settings FROM stations {where}", values)
    return [Station(name, epoch, json.loads(settings)) for name, epoch, settings in rows]


def settle(db: sqlite3.Connection, version: int, name: str, settings: Mapping[str, Any]) -> Station:
    """Make a station if it is new, and merge settings into those it has; None takes one away."""
    known = read(db, "WHERE name = ?", (name,))
    station = known[0] if known else Station(name, time.time())
    merged = {k: v for k, v in {**station.settings, **settings}.items() if v is not None}
    db.execute(
        "INSERT INTO stations VALUES (?, ?, ?, ?) "
        "ON CONFLICT (name) DO UPDATE SET settings = excluded.settings, changed = excluded.changed",
        (name, station.epoch, json.dumps(merged, ensure_ascii=False), version),
    )
    return Station(name, station.epoch, merged)


def insert_entry(db: sqlite3.Connection, version: int, entry: Entry) -> int:
    """Write down an entry and return its id."""
    names = [name for name in _ENTRY if name != "id"]
    told, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" for _ in names)
    values = [packed(getattr(entry, name)) for name in names]
    done = db.execute(f"INSERT INTO entries ({told}, changed) VALUES ({marks}, ?)", (*values, version))
    return int(done.lastrowid or 0)


def amend_entry(db: sqlite3.Connection, version: int, entry: int, changes: Mapping[str, Any]) -> None:
    """Change fields of an entry."""
    for name in changes:
        if name not in _ENTRY or name == "id":
            raise InputError(f"an entry has no {name!r} to change{suggestion(name, _ENTRY)}")
    told = "".join(f'"{name}" = ?, ' for name in changes)
    values = [packed(value) for value in changes.values()]
    db.execute(f"UPDATE entries SET {told}changed = ? WHERE id = ?", (*values, version, entry))


def read_entries(db: sqlite3.Connection, where: str, values: Sequence[Any]) -> list[Entry]:
    """Return entries."""
    rows = db.execute(f"SELECT {_ENTRY_NAMES} FROM entries {where}", values)
    return [Entry(**unpacked(_ENTRY, row, ("spec",))) for row in rows]


def take_orders(db: sqlite3.Connection, station: str) -> list[Order]:
    """Return the orders to a station, in the order they were given, and forget them."""
    rows = db.execute("SELECT id, kind, args FROM orders WHERE station = ? ORDER BY id", (station,)).fetchall()
    if rows:
        db.execute("DELETE FROM orders WHERE station = ? AND id <= ?", (station, rows[-1][0]))
    return [Order(number, kind, json.loads(args)) for number, kind, args in rows]


def like(db: sqlite3.Connection, version: int, track: str, value: int, client: str) -> None:
    """Write down what somebody thinks of a track; 0 takes it back."""
    db.execute(
        "INSERT OR REPLACE INTO likes (track, client, value, at, changed) VALUES (?, ?, ?, ?, ?)",
        (track, client, value, time.time(), version),
    )


def totals(db: sqlite3.Connection) -> dict[str, int]:
    """Return how much each track is liked, for those that somebody has an opinion of."""
    return dict(db.execute("SELECT track, SUM(value) FROM likes GROUP BY track HAVING SUM(value) != 0").fetchall())
