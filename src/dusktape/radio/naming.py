"""Titles of what a station makes: one that is in the library, or was just heard, is not given again.

Nor are its words, as long as they were heard within the last half hour: not rooftops after rooftops.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from dusktape.radio.state import State

if TYPE_CHECKING:
    from dusktape.publish.titles import Song

_CHOICES = 24
_HEARD = 200
_JUST_HEARD = 10
_WORD = re.compile(r"\w{5,}")


def titles(song: Song) -> list[str]:
    """Return a song's own title, and others that its seed gives it, in the order in which they are taken."""
    from dusktape.publish.titles import told_apart  # here: a playout needs no composer

    return told_apart([song] * _CHOICES)


def taken(state: State, station: str) -> set[str]:
    """Return the titles in the library, of what a station played last, and of what is being made."""
    with state.reading() as db:
        return _taken(db, station)


def _taken(db: sqlite3.Connection, station: str, job: str = "") -> set[str]:
    found = db.execute(
        "SELECT title FROM tracks WHERE gone = 0 UNION SELECT title FROM "
        "(SELECT title FROM entries WHERE station = ? ORDER BY id DESC LIMIT ?) "
        "UNION SELECT title FROM titles WHERE job != ? AND job IN (SELECT id FROM jobs WHERE state = 'running')",
        (station, _HEARD, job),
    )
    return {title for (title,) in found}


def _recent(db: sqlite3.Connection, station: str, job: str) -> list[str]:
    """Return titles of what a station played or got last, and of what is being made."""
    found = db.execute(
        "SELECT title FROM (SELECT title FROM entries WHERE station = ?1 ORDER BY id DESC LIMIT ?2) "
        "UNION SELECT title FROM (SELECT title FROM tracks WHERE station = ?1 ORDER BY number DESC LIMIT ?2) "
        "UNION SELECT title FROM titles WHERE job != ?3",
        (station, _JUST_HEARD, job),
    )
    return [title for (title,) in found]


def reserve(state: State, station: str, job: str, choices: Sequence[str]) -> str:
    """Return the first of a song's titles that is free, and keep it from other jobs for as long as this one runs."""
    with state.writing() as (db, _):
        db.execute("DELETE FROM titles WHERE job NOT IN (SELECT id FROM jobs WHERE state = 'running')")
        title = untaken(choices, _taken(db, station, job), _recent(db, station, job))
        db.execute("INSERT OR REPLACE INTO titles VALUES (?, ?)", (job, title))
    return title


def untaken(choices: Sequence[str], others: Collection[str], recent: Collection[str] = ()) -> str:
    """Return the first of a song's titles that no other has; its own if they all are taken.

    Of those, the first that shares no longer word with recent ones, if there is one.
    """
    free = [title for title in choices if title not in others]
    worn = {word for title in recent for word in _words(title)}
    return next((title for title in free if not worn & _words(title)), free[0] if free else choices[0])


def _words(title: str) -> set[str]:
    return set(_WORD.findall(title.lower()))
