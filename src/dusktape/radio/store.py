"""A database that many processes and threads share: connections are lent, and a change holds whole or not at all."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from dusktape.radio import schema


class Store:
    """Connections to a database that `schema.prepare` has seen, as many as are in use at once.

    Parameters
    ----------
    file
        The database.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._pid = os.getpid()

    def close(self) -> None:
        """Let go of the database. What is begun after this opens it again."""
        with self._lock:
            idle, self._idle = self._idle, []
        for db in idle:
            db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection to read from: one view of the database at one moment."""
        with self.lent() as db:
            db.execute("BEGIN")
            try:
                yield db
            finally:
                db.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[tuple[sqlite3.Connection, int]]:
        """Lend a connection to write with, alone, and the version that this change makes. All of it holds, or none."""
        with self.lent() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                db.execute("UPDATE counter SET version = version + 1")
                yield db, version_of(db)
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection as it is; what it is asked is a transaction of its own."""
        with schema.explained(self._file):
            if self._pid != os.getpid():  # a connection must not be carried into a forked process
                self._idle, self._pid, self._lock = [], os.getpid(), threading.Lock()
            with self._lock:
                db = self._idle.pop() if self._idle else None
            if db is None:
                db = schema.connect(self._file)
            try:
                yield db
            except BaseException:
                db.close()
                raise
            with self._lock:
                self._idle.append(db)


def version_of(db: sqlite3.Connection) -> int:
    """Return the number that grows with every change."""
    return int(db.execute("SELECT version FROM counter").fetchone()[0])
