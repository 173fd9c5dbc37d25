"""What the harmony network reads and predicts: chords relative to the key, and what stood here before."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from dusktape.core.roles import MOODS
from dusktape.data.changes import Changes
from dusktape.theory.chord import QUALITIES

QUALITY_NAMES = tuple(QUALITIES)
"""Qualities by their number."""

QUALITY_NUMBERS = {name: i for i, name in enumerate(QUALITY_NAMES)}

LENGTHS = (1, 2, 3, 4, 6, 8, 16)
"""How long an event may stand, in beats; other lengths are several events of one chord."""

MODES = ("major", "minor")
STYLES = ("any", "pop", "jazz", "charts", "rock", "loops")
"""Where chords come from; `any` asks for no style."""

MOOD_NAMES = ("any", *MOODS)

NO_DEGREE, NO_QUALITY, NO_LENGTH = 12, len(QUALITY_NAMES), len(LENGTHS)
LOOP_BEATS = 32
MATCHES = 6
"""Match lengths are told apart from none (0) to six chords and more."""

COLUMNS = {
    "mode": len(MODES),
    "mood": len(MOOD_NAMES),
    "style": len(STYLES),
    "place": LOOP_BEATS,
    "last_degree": 13,
    "last_quality": NO_QUALITY + 1,
    "last_length": NO_LENGTH + 1,
    "four_degree": 13,
    "four_quality": NO_QUALITY + 1,
    "four_left": 10,
    "four_next_degree": 13,
    "four_next_quality": NO_QUALITY + 1,
    "eight_degree": 13,
    "eight_quality": NO_QUALITY + 1,
    "eight_left": 10,
    "eight_next_degree": 13,
    "eight_next_quality": NO_QUALITY + 1,
    "match_degree": 13,
    "match_quality": NO_QUALITY + 1,
    "match_length": NO_LENGTH + 1,
    "match": MATCHES + 1,
}
"""Inputs of one step and how many values each has. `four` and `eight` is what stood so many bars ago."""

NAMES = tuple(COLUMNS)
NOTHING_LEFT = 0
FLAT_VOCABULARY = 12 * len(QUALITY_NAMES) * len(LENGTHS)
"""Every possible event is one token to the counting baselines."""


class Event(NamedTuple):
    """A chord: when it starts (beats), and what is predicted of it, as numbers."""

    start: int
    length: int
    degree: int
    quality: int

    @property
    def token(self) -> int:
        """All that is predicted, as one number."""
        return (self.length * 12 + self.degree) * len(QUALITY_NAMES) + self.quality

    @property
    def end(self) -> int:
        """First beat after the chord."""
        return self.start + LENGTHS[self.length]


class Condition(NamedTuple):
    """What a song is asked to be, as numbers."""

    mode: int
    mood: int = 0
    style: int = 0


def events(changes: Changes) -> list[Event]:
    """Return a song's chords as events."""
    out = []
    for start, length, root, quality in changes.chords:
        left = length
        while left > 0:
            k = bisect_right(LENGTHS, left) - 1
            out.append(Event(start + length - left, k, (root - changes.tonic) % 12, QUALITY_NUMBERS[quality]))
            left -= LENGTHS[k]
    return out


def condition(changes: Changes, mood: str = "any") -> Condition:
    """Return the conditions of a song."""
    return Condition(MODES.index(changes.mode), MOOD_NAMES.index(mood), STYLES.index(changes.source))


def place(start: int, sections: Sequence[int]) -> int:
    """Return the beat within eight bars, counted from where the section starts."""
    k = bisect_right(sections, start) - 1
    return (start - (sections[k] if k >= 0 else 0)) % LOOP_BEATS


def inputs(past: Sequence[Event], now: int, where: int, asked: Condition) -> tuple[tuple[int, ...], int]:
    """Return what the network reads before it predicts the event at beat `now`, and where its best match lies.

    Parameters
    ----------
    past
        All events before, in order.
    now
        Start of the event to predict, in beats.
    where
        Its place in the loop, as from `place`.
    asked
        The conditions.

    Returns
    -------
    One number for each of `COLUMNS`, and the index of the event that followed the longest match (-1 without one).
    """
    last = past[-1] if past else None
    follower, match = _longest_match(past)
    then = past[follower] if follower >= 0 else None
    row = (
        *asked,
        where,
        *((last.degree, last.quality, last.length) if last else (NO_DEGREE, NO_QUALITY, NO_LENGTH)),
        *_standing(past, now - 16),
        *_standing(past, now - 32),
        *((then.degree, then.quality, then.length) if then else (NO_DEGREE, NO_QUALITY, NO_LENGTH)),
        match,
    )
    return row, follower


def _standing(past: Sequence[Event], beat: int) -> tuple[int, int, int, int, int]:
    """Chord that stood at a beat, beats it had left (at most 9), and the chord after it."""
    k = bisect_right(past, beat, key=_start) - 1
    if k < 0 or past[k].end <= beat:
        return (NO_DEGREE, NO_QUALITY, NOTHING_LEFT, NO_DEGREE, NO_QUALITY)
    here = past[k]
    after = past[k + 1] if k + 1 < len(past) else None
    return (
        here.degree,
        here.quality,
        min(here.end - beat, 9),
        *((after.degree, after.quality) if after else (NO_DEGREE, NO_QUALITY)),
    )


def _start(event: Event) -> int:
    return event.start


def _longest_match(past: Sequence[Event]) -> tuple[int, int]:
    """Find the latest earlier place whose last events equal the latest ones in most places.

    Returns the index of the event that followed there (-1 if none) and how many events agree, at most `MATCHES`.
    """
    best, length = -1, 0
    n = len(past)
    for k in range(n - 2, -1, -1):
        if past[k][1:] != past[n - 1][1:]:
            continue
        run = 1
        while run < MATCHES and k - run >= 0 and past[k - run][1:] == past[n - 1 - run][1:]:
            run += 1
        if run > length:
            best, length = k + 1, run
            if run == MATCHES:
                break
    return best, length
