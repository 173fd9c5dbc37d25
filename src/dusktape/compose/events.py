"""What happens once: where a song stops, stammers, goes dark or holds its breath before it goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dusktape.core.recipe import Method, Recipe
from dusktape.core.score import BAR, EIGHTH, SIXTEENTH, TICKS_PER_BEAT, Event, Note, Score
from dusktape.core.seed import Seed

FIRST_BAR = 8
"""Nothing happens before a song has been running for so many bars."""

_INTERRUPTIONS: dict[str, tuple[tuple[int, ...], tuple[float, ...]]] = {
    "tape_stop": ((TICKS_PER_BEAT, 2 * TICKS_PER_BEAT, BAR), (2, 4, 1)),
    "cut": ((EIGHTH, TICKS_PER_BEAT, 2 * TICKS_PER_BEAT), (2, 4, 1)),
    "stutter": ((TICKS_PER_BEAT, 2 * TICKS_PER_BEAT), (3, 1)),
    "filter_drop": ((BAR, 2 * BAR), (2, 3)),
    "silence": ((BAR,), (1,)),
}
"""What interrupts the music: one of these at a seam. Its lengths in ticks, and how likely each is."""

_LEADS_IN: dict[str, tuple[tuple[int, ...], tuple[float, ...]]] = {
    "riser": ((BAR, 2 * BAR, 4 * BAR), (2, 4, 1)),
    "swell": ((2 * TICKS_PER_BEAT, BAR), (1, 2)),
}
"""What leads into a section, alone or through a silence: what interrupts everything would swallow it."""

_UP = ("B", "B'", "A'")
"""Sections that something may rise into."""


@dataclass(frozen=True, slots=True)
class Seam:
    """The end of a section, at which something may happen.

    Parameters
    ----------
    index
        Number of the section that begins there.
    before, after
        Names of the sections.
    tick
        Where they meet.
    room
        Length of the section before.
    """

    index: int
    before: str
    after: str
    tick: int
    room: int


def seams(score: Score) -> tuple[Seam, ...]:
    """Return the places at which something may happen: section ends, but not in the first bars of a song."""
    return tuple(
        Seam(k, before.name, after.name, after.start, before.length)
        for k, (before, after) in enumerate(zip(score.sections, score.sections[1:], strict=False), 1)
        if after.start >= (FIRST_BAR + 2) * BAR
    )


def with_events(score: Score, recipe: Recipe, seed: Seed) -> Score:
    """Return the score with what happens at its seams, as often as `recipe.method` says.

    Events are for the effects and instruments that listen for them. A silence is made of the notes themselves: those
    that begin in it go, those that ring into it end there. It has no event.

    Parameters
    ----------
    score
        On the grid.
    recipe
        Of the song.
    seed
        At the events' place.
    """
    method = recipe.method
    if not any(method.model_dump().values()):
        return score
    riser = "riser" in recipe.parts and recipe.parts["riser"].on
    events: list[Event] = []
    parts = dict(score.parts)
    for seam in seams(score):
        here = seed.at(seam.index, seam.after)
        happens = _interruption(seam, method, here)
        if happens is not None:
            if happens.kind == "silence":
                parts = silenced(parts, seam, here.at("silence"))
            else:
                events.append(happens)
        if riser and (happens is None or happens.kind == "silence"):
            events += _leading_in(seam, method, here)
    return replace(score, parts=parts, events=(*score.events, *events))


def _event(kind: str, seam: Seam, table: tuple[tuple[int, ...], tuple[float, ...]], seed: Seed) -> Event:
    lengths = [(n, w) for n, w in zip(*table, strict=True) if n <= seam.room // 2] or [(table[0][0], 1.0)]
    length = seed.at(kind, "length").pick([n for n, _ in lengths], [w for _, w in lengths])
    return Event(seam.tick - length, length, kind)


def _interruption(seam: Seam, method: Method, seed: Seed) -> Event | None:
    kinds = [k for k in _INTERRUPTIONS if seed.at(k).chance(getattr(method, k))]
    if not kinds:
        return None
    kind = seed.at("which").pick(kinds)
    return _event(kind, seam, _INTERRUPTIONS[kind], seed)


def _leading_in(seam: Seam, method: Method, seed: Seed) -> Iterator[Event]:
    kinds = [k for k in _LEADS_IN if seed.at(k).chance(getattr(method, k)) and (k == "swell" or seam.after in _UP)]
    if kinds:
        kind = seed.at("leads in").pick(kinds)
        yield _event(kind, seam, _LEADS_IN[kind], seed)


def silenced(parts: dict[str, tuple[Note, ...]], seam: Seam, seed: Seed) -> dict[str, tuple[Note, ...]]:
    """Return parts of which some, or all, leave out the last bar before a seam; an upbeat of the lead may stay.

    Parameters
    ----------
    parts
        Of the song.
    seam
        Where.
    seed
        Who is silent, and whether the lead keeps its upbeat.
    """
    start, end = seam.tick - BAR, seam.tick
    who = seed.at("who").pick((tuple(parts), ("drums", "bass"), ("drums", "bass", "pad")), (2, 3, 1))
    out = dict(parts)
    for part in who:
        if part in parts:
            upbeat = part == "lead" and seed.at("upbeat").chance(0.6)
            out[part] = _rested(parts[part], start, end - TICKS_PER_BEAT if upbeat else end)
    return out


def _rested(notes: Sequence[Note], start: int, end: int) -> tuple[Note, ...]:
    """Return notes without those in a stretch; what rings into it ends there. A push into the next bar stays."""
    kept = []
    for note in notes:
        if start <= note.start < end - SIXTEENTH:
            continue
        over = note.start < start < note.start + note.length
        kept.append(replace(note, length=start - note.start) if over else note)
    return tuple(kept)
