"""The database of a radio: its tables, how older ones are brought up to date, and how it is opened."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dusktape.core.errors import InputError, OutputError

NAME = "state.sqlite"
BUSY_S = 30.0
"""How long one process waits for another that writes; a write takes a millisecond."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE counter (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL)",
        "INSERT INTO counter VALUES (1, 0)",
        """CREATE TABLE tracks (
            number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
            recipe TEXT NOT NULL, mood TEXT NOT NULL, seed TEXT NOT NULL, bpm REAL NOT NULL, key TEXT NOT NULL,
            seconds REAL NOT NULL, frames INTEGER NOT NULL, licence TEXT NOT NULL, song TEXT NOT NULL,
            made_at REAL NOT NULL, parent TEXT, edit TEXT, provenance TEXT, station TEXT,
            kept INTEGER NOT NULL DEFAULT 0, gone INTEGER NOT NULL DEFAULT 0)""",
        "CREATE INDEX tracks_song ON tracks (song)",
        "CREATE INDEX tracks_parent ON tracks (parent)",
        """CREATE TABLE files (
            track TEXT NOT NULL, name TEXT NOT NULL, blob TEXT NOT NULL, bytes INTEGER NOT NULL,
            PRIMARY KEY (track, name)) WITHOUT ROWID""",
        "CREATE INDEX files_blob ON files (blob)",
        """CREATE TABLE jobs (
            number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, spec TEXT NOT NULL,
            state TEXT NOT NULL, priority INTEGER NOT NULL, attempts INTEGER NOT NULL, progress REAL NOT NULL,
            stage TEXT NOT NULL, error TEXT, track TEXT, result TEXT, client TEXT NOT NULL, "group" TEXT NOT NULL,
            created_at REAL NOT NULL, owner TEXT, lease REAL, kills INTEGER NOT NULL DEFAULT 0,
            ended_at REAL, changed INTEGER NOT NULL)""",
        "CREATE INDEX jobs_waiting ON jobs (state, priority DESC, number)",
        "CREATE INDEX jobs_changed ON jobs (changed)",
        'CREATE INDEX jobs_group ON jobs ("group")',
        "CREATE INDEX jobs_client ON jobs (client, state)",
        """CREATE TABLE stations (
            name TEXT PRIMARY KEY, epoch REAL NOT NULL, settings TEXT NOT NULL, changed INTEGER NOT NULL)""",
        """CREATE TABLE entries (
            id INTEGER PRIMARY KEY AUTOINCREMENT, station TEXT NOT NULL, kind TEXT NOT NULL, start INTEGER NOT NULL,
            "end" INTEGER NOT NULL, "join" INTEGER NOT NULL, track TEXT, spec TEXT NOT NULL, title TEXT NOT NULL,
            timeline TEXT, changed INTEGER NOT NULL)""",
        'CREATE INDEX entries_end ON entries (station, "end")',
        "CREATE INDEX entries_track ON entries (track)",
        "CREATE INDEX entries_changed ON entries (changed)",
        """CREATE TABLE orders (
            id INTEGER PRIMARY KEY AUTOINCREMENT, station TEXT NOT NULL, kind TEXT NOT NULL, args TEXT NOT NULL)""",
        """CREATE TABLE likes (
            track TEXT NOT NULL, client TEXT NOT NULL, value INTEGER NOT NULL, at REAL NOT NULL,
            changed INTEGER NOT NULL, PRIMARY KEY (track, client)) WITHOUT ROWID""",
        "CREATE INDEX likes_changed ON likes (changed)",
    ),
    ("CREATE TABLE titles (job TEXT PRIMARY KEY, title TEXT NOT NULL) WITHOUT ROWID",),
)
"""What brings a database of version n to n + 1. Only ever added to."""


def connect(file: Path) -> sqlite3.Connection:
    """Return a connection to a database that is there; any thread may use it, one at a time.

    A commit is in the operating system's hands when it returns (`synchronous=NORMAL` with a write-ahead log): no killed
    process takes it back. A power cut may lose the last moments, and leaves the database whole.
    """
    db = sqlite3.connect(file, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA synchronous=NORMAL")
    except BaseException:
        db.close()
        raise
    return db


def prepare(db: sqlite3.Connection, file: Path) -> None:
    """Make the tables, or bring them up to date.

    Raises
    ------
    InputError
        If a newer Dusktape made them.
    """
    _write_ahead(db)
    if _version(db) < len(MIGRATIONS):
        db.execute("BEGIN IMMEDIATE")
        try:
            for step in range(_version(db), len(MIGRATIONS)):  # another process may have been first
                for statement in MIGRATIONS[step]:
                    db.execute(statement)
                db.execute(f"PRAGMA user_version={step + 1}")
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
    if (found := _version(db)) > len(MIGRATIONS):
        raise InputError(
            f"{str(file)!r} was made by a newer dusktape (its tables are version {found}, this one knows "
            f"{len(MIGRATIONS)}); update dusktape, or choose another folder with --state"
        )


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _write_ahead(db: sqlite3.Connection) -> None:
    """Switch the write-ahead log on. SQLite does not wait by itself while another process does so."""
    last = time.monotonic() + BUSY_S
    while True:
        try:
            db.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > last:
                raise
            time.sleep(0.01)


@contextmanager
def explained(file: Path) -> Iterator[None]:
    """Turn what SQLite says about a file into one line with the way out."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.OperationalError as error:
        said, place = str(error), repr(str(file))
        if "full" in said:
            raise OutputError(f"{place}: the disk is full; free some space") from error
        if "readonly" in said or "unable to open" in said:
            raise OutputError(f"{place} may not be written; choose a folder of your own with --state") from error
        if "locked" in said:
            raise OutputError(
                f"{place} is held by another program; end it, or choose another folder with --state"
            ) from error
        if "disk I/O" in said:
            raise OutputError(f"{place} cannot be read or written: {said}; check the disk") from error
        raise
    except sqlite3.DatabaseError as error:
        if "malformed" not in str(error) and "not a database" not in str(error):
            raise
        raise InputError(
            f"{str(file)!r} is damaged ({error}); put a copy of it back, or move it away and begin a new library"
        ) from error
