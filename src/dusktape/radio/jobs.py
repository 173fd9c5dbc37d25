"""The queue: jobs are accepted, leased for seconds at a time, renewed while they move, given back when they do not."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from typing import Any

from dusktape.radio.nouns import CANCELLED, DONE, FAILED, QUEUED, RUNNING, Job, columns, unpacked

ATTEMPTS = 3
"""So often a job is begun in all before it fails."""

KILLS = 30
"""So often a job may be cut off by what is none of its doing before that counts as an attempt."""

_COLUMNS = columns(Job, "position")
_SELECT = "SELECT " + ", ".join(f'"{name}"' for name in _COLUMNS) + " FROM jobs "
_FREE = "(state = 'queued' OR (state = 'running' AND lease < ?))"


def read(db: sqlite3.Connection, where: str, values: Sequence[Any]) -> list[Job]:
    """Return jobs, those that wait with their place in the queue."""
    rows = db.execute(_SELECT + where, values).fetchall()
    waiting = any(row[_COLUMNS.index("state")] == QUEUED for row in rows)
    places = queue(db) if waiting else {}
    found = (unpacked(_COLUMNS, row, ("spec", "result")) for row in rows)
    return [Job(**one, position=places.get(one["id"], 0)) for one in found]


def queue(db: sqlite3.Connection) -> dict[str, int]:
    """Return what waits, and its place: 1 is next."""
    rows = db.execute("SELECT id FROM jobs WHERE state = 'queued' ORDER BY priority DESC, number")
    return {name: place for place, (name,) in enumerate(rows, start=1)}


def insert(db: sqlite3.Connection, version: int, job: Job) -> None:
    """Write down a job."""
    values = {name: getattr(job, name) for name in _COLUMNS}
    values |= {"spec": json.dumps(job.spec, ensure_ascii=False), "result": None}
    names = ", ".join(f'"{name}"' for name in _COLUMNS)
    marks = ", ".join("?" for _ in _COLUMNS)
    db.execute(f"INSERT INTO jobs ({names}, changed) VALUES ({marks}, ?)", (*values.values(), version))


def one_is_free(db: sqlite3.Connection) -> bool:
    """Return whether a job waits, or a lease ran out."""
    return db.execute(f"SELECT 1 FROM jobs WHERE {_FREE} LIMIT 1", (time.time(),)).fetchone() is not None


def lease(db: sqlite3.Connection, version: int, owner: str, seconds: float, kinds: Sequence[str] | None) -> Job | None:
    """Take the next job. One that was begun often enough and whose lease ran out fails here."""
    now = time.time()
    worn = f"lease < ? AND state = 'running' AND attempts >= {ATTEMPTS}"
    _end(db, version, FAILED, worn, (now,), error=_given_up("it stopped moving"))
    only = f" AND kind IN ({', '.join('?' for _ in kinds)})" if kinds is not None else ""
    row = db.execute(
        f"SELECT id FROM jobs WHERE {_FREE}{only} ORDER BY priority DESC, number LIMIT 1", (now, *(kinds or ()))
    ).fetchone()
    if row is None:
        return None
    db.execute(
        "UPDATE jobs SET state = 'running', owner = ?, lease = ?, attempts = attempts + 1, progress = 0, stage = '', "
        "changed = ? WHERE id = ?",
        (owner, now + seconds, version, row[0]),
    )
    return read(db, "WHERE id = ?", row)[0]


def renew(
    db: sqlite3.Connection, version: int, job: str, owner: str, seconds: float, progress: float, stage: str
) -> bool:
    """Hold a job for longer, and say how far it is."""
    changed = db.execute(
        "UPDATE jobs SET lease = ?, progress = ?, stage = ?, changed = ? WHERE id = ? AND owner = ? AND state = ?",
        (time.time() + seconds, progress, stage, version, job, owner, RUNNING),
    )
    return changed.rowcount > 0


def finish(
    db: sqlite3.Connection, version: int, job: str, owner: str, track: str | None, result: dict[str, Any] | None
) -> bool:
    """End a job well, if it is still its owner's."""
    packed = None if result is None else json.dumps(result, ensure_ascii=False)
    ours = "id = ? AND owner = ? AND state = 'running'"
    return _end(db, version, DONE, ours, (job, owner), track=track, result=packed, progress=1.0) > 0


def fail(db: sqlite3.Connection, version: int, job: str, owner: str, error: str, *, retry: bool) -> bool:
    """End a job badly, or give it back to the queue while it has attempts left."""
    ours = "id = ? AND owner = ? AND state = 'running'"
    if retry:
        return give_back(db, version, ours, (job, owner), error) > 0
    return _end(db, version, FAILED, ours, (job, owner), error=error) > 0


def give_back(
    db: sqlite3.Connection, version: int, where: str, values: Sequence[Any], error: str, *, blamed: bool = True
) -> int:
    """Put jobs back into the queue, where they stood; those that were begun often enough fail. Return how many.

    Unless something is `blamed` on a job, this counts as no attempt, until it has been cut off `KILLS` times.
    """
    if not blamed:
        db.execute(
            f"UPDATE jobs SET attempts = attempts - 1, kills = kills + 1 WHERE {where} AND kills < {KILLS}", values
        )
    ended = _end(db, version, FAILED, f"{where} AND attempts >= {ATTEMPTS}", values, error=_given_up(error))
    back = db.execute(
        f"UPDATE jobs SET state = 'queued', owner = NULL, lease = NULL, progress = 0, stage = '', changed = ? "
        f"WHERE {where}",
        (version, *values),
    )
    return ended + back.rowcount


def hung(db: sqlite3.Connection) -> list[str]:
    """Return owners whose leases ran out."""
    return [
        owner
        for (owner,) in db.execute(
            "SELECT DISTINCT owner FROM jobs WHERE state = 'running' AND lease < ?", (time.time(),)
        )
    ]


def cancel(db: sqlite3.Connection, version: int, job: str) -> bool:
    """Call off a job that waits or runs."""
    return _end(db, version, CANCELLED, "id = ? AND state IN ('queued', 'running')", (job,)) > 0


def prioritise(db: sqlite3.Connection, version: int, job: str, priority: int) -> bool:
    """Give a job that waits another place in the queue."""
    changed = db.execute(
        "UPDATE jobs SET priority = ?, changed = ? WHERE id = ? AND state = 'queued'", (priority, version, job)
    )
    return changed.rowcount > 0


def _end(db: sqlite3.Connection, version: int, state: str, where: str, values: Sequence[Any], **what: Any) -> int:
    columns = {"state": state, "owner": None, "lease": None, "ended_at": time.time(), "changed": version, **what}
    told = ", ".join(f'"{name}" = ?' for name in columns)
    return db.execute(f"UPDATE jobs SET {told} WHERE {where}", (*columns.values(), *values)).rowcount


def _given_up(error: str) -> str:
    return f"given up after {ATTEMPTS} attempts: {error}"


STATES = (QUEUED, RUNNING, DONE, FAILED, CANCELLED)
