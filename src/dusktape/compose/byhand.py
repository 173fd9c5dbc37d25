"""Notes that somebody wrote by hand into a song that was composed: what they gave is played as it is."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any

from dusktape.compose.perform import swung
from dusktape.compose.take import Take, paired
from dusktape.core.errors import InputError
from dusktape.core.recipe import Recipe
from dusktape.core.roles import PARTS
from dusktape.core.score import SIXTEENTH, Note

MOST_NOTES = 50_000
"""In one part."""

LONGEST_TICKS = 1 << 24
"""About five hours at 60 beats a minute: nothing lies beyond."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """Parts that are played from now on as somebody wrote them.

    Parameters
    ----------
    parts
        Part to all of its notes, as they sound: not on the grid, but where they are. An empty part is silent.

    Raises
    ------
    InputError
        If there is no such player, or a note is none.
    """

    parts: Mapping[str, tuple[Note, ...]]

    def __post_init__(self) -> None:
        for part, notes in self.parts.items():
            if part not in PARTS:
                raise InputError(f"there is no player {part!r}; notes are for {', '.join(PARTS)}")
            if len(notes) > MOST_NOTES:
                raise InputError(f"{part} has {len(notes)} notes; a part has at most {MOST_NOTES}")
            for note in notes:
                _check(part, note)
        object.__setattr__(self, "parts", {p: tuple(sorted(self.parts[p])) for p in sorted(self.parts)})

    @property
    def mark(self) -> str:
        """Six letters for these notes, for the names of files."""
        return hashlib.sha256(json.dumps(self.table(), sort_keys=True).encode()).hexdigest()[:6]

    @property
    def told(self) -> str:
        """What was done, for people."""
        return f"{' '.join(self.parts)} by hand"

    def table(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {"notes": {p: [[n.start, n.length, n.pitch, n.velocity] for n in ns] for p, ns in self.parts.items()}}

    @staticmethod
    def of(table: Mapping[str, Any]) -> ByHand:
        """Read what `table` returned.

        Raises
        ------
        InputError
            If it is something else.
        """
        return ByHand({str(part): notes_of(rows, part=str(part)) for part, rows in table["notes"].items()})


def notes_of(rows: Any, *, part: str) -> tuple[Note, ...]:
    """Return notes from notes, or from rows of start, length, pitch and velocity.

    Raises
    ------
    InputError
        If a row is something else.
    """
    try:
        if isinstance(rows, (str, bytes)):
            raise TypeError
        plain = (astuple(row) if isinstance(row, Note) else row for row in rows)
        return tuple(Note(*(int(_whole(value)) for value in row)) for row in plain)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"the notes of {part} are rows of start, length, pitch and velocity in whole numbers; got something else"
        ) from error


def _whole(value: Any) -> Any:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _check(part: str, note: Note) -> None:
    told = f"{part}: a note at tick {note.start}"
    if not 0 <= note.start < LONGEST_TICKS:
        raise InputError(f"{told}: notes start between 0 and {LONGEST_TICKS}; move it")
    if not 1 <= note.length < LONGEST_TICKS:
        raise InputError(f"{told} lasts {note.length} ticks; give it 1 or more")
    if not 0 <= note.pitch <= 127:
        raise InputError(f"{told} has the pitch {note.pitch}; MIDI goes from 0 to 127")
    if not 1 <= note.velocity <= 127:
        raise InputError(f"{told} has the velocity {note.velocity}; MIDI goes from 1 to 127")


def by_hand(take: Take, recipe: Recipe, edit: ByHand) -> Take:
    """Return the next take, in which some parts are played as they were written by hand.

    A note that was there before keeps its place on the grid, and so belongs to the bar it belonged to when bars are
    done again later. A new one gets the sixteenth that it is nearest to.

    Parameters
    ----------
    take
        What there is.
    recipe
        Of the song.
    edit
        What to play.

    Raises
    ------
    InputError
        If a part does not play in this song, or a note lies behind its end.
    """
    end = take.written.end
    written, played = dict(take.written.parts), dict(take.played.parts)
    for part, notes in edit.parts.items():
        if part not in recipe.parts or not recipe.parts[part].on:
            playing = [p for p in PARTS if p in recipe.parts and recipe.parts[p].on]
            raise InputError(f"no {part} plays in this song; it has {', '.join(playing)}")
        if late := next((n for n in notes if n.start >= end), None):
            raise InputError(f"{part}: a note starts at tick {late.start}, and the song ends at {end}; move it")
        written[part] = _on_the_grid(take, part, notes, recipe.tempo.swing)
        played[part] = notes
    return Take(replace(take.written, parts=written), replace(take.played, parts=played), take.seed)


def _on_the_grid(take: Take, part: str, notes: Sequence[Note], swing: float) -> tuple[Note, ...]:
    """Return each note's twin on the grid. Twins of one pitch stand in the order in which the notes sound."""
    before: dict[Note, list[Note]] = {}
    for on_grid, sounding in paired(take.written.parts.get(part, ()), take.played.parts.get(part, ())):
        before.setdefault(sounding, []).append(on_grid)
    left = Counter({note: len(twins) for note, twins in before.items()})
    rows: dict[int, list[Note]] = {}
    for note in sorted(notes):
        if left[note]:
            left[note] -= 1
            twin = before[note].pop(0)
        else:
            twin = replace(note, start=_nearest(note.start, swing))
        rows.setdefault(note.pitch, []).append(twin)
    for twins in rows.values():
        starts = sorted(t.start for t in twins)
        twins[:] = [replace(t, start=s) for t, s in zip(twins, starts, strict=True)]
    return tuple(sorted(twin for twins in rows.values() for twin in twins))


def _nearest(tick: int, swing: float) -> int:
    """Return the sixteenth whose place, swung, is nearest to a tick."""
    first = tick // SIXTEENTH
    return min((max(0, first + k) * SIXTEENTH for k in (-1, 0, 1)), key=lambda s: (abs(swung(s, swing) - tick), s))
