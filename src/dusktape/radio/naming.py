"""Titles of what a station makes: one that is in the library, or was just heard, is not given again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from dusktape.radio.state import State

if TYPE_CHECKING:
    from dusktape.publish.titles import Song

_CHOICES = 24
_HEARD = 200


def titles(song: Song) -> list[str]:
    """Return a song's own title, and others that its seed gives it, in the order in which they are taken."""
    from dusktape.publish.titles import told_apart  # here: a playout needs no composer

    return told_apart([song] * _CHOICES)


def taken(state: State, station: str) -> set[str]:
    """Return the titles in the library, and of what a station played last."""
    with state.reading() as db:
        found = db.execute(
            "SELECT title FROM tracks WHERE gone = 0 UNION SELECT title FROM "
            "(SELECT title FROM entries WHERE station = ? ORDER BY id DESC LIMIT ?)",
            (station, _HEARD),
        )
        return {title for (title,) in found}


def untaken(choices: Sequence[str], others: Collection[str]) -> str:
    """Return the first of a song's titles that no other has; its own if they all are taken."""
    return next((title for title in choices if title not in others), choices[0])
