"""What somebody asks for beside a recipe: read, and refused where it contradicts itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dusktape.compose.byhand import ByHand, notes_of
from dusktape.core.errors import InputError
from dusktape.core.level import Level
from dusktape.core.roles import PARTS
from dusktape.core.score import Note
from dusktape.io.midi import from_midi
from dusktape.publish.provenance import Origin

ALIASES = {"melody": "lead", "comping": "keys", "drum": "drums"}
"""Everyday words for parts."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to make a track of, beside recipe and seed; None for what is not asked.

    Parameters
    ----------
    origin
        A `track.json`, or what it says.
    keep, again
        Parts of it to keep, or to do again: some of `take.ROLES`, or `melody` and `chords`.
    bars
        First and last, counted from 1; where to do so.
    onward, under
        A MIDI file to go on from; one to play under.
    like, mix
        Two `track.json`, and how near to the second.
    loop
        Bars of a loop, in place of a track; with `origin`, of that track's material.
    notes
        Part to all of its notes, as they are to sound from now on.
    levels
        Part to what is done to it in the mix; takes the place of what was done before. None leaves that.
    solo
        Parts beside which all others are muted.
    """

    origin: Path | Origin | None = None
    keep: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    bars: tuple[int, int] | None = None
    onward: Path | None = None
    under: Path | None = None
    like: tuple[Path | Origin, Path | Origin] | None = None
    mix: float | None = None
    loop: int | None = None
    notes: Mapping[str, tuple[Note, ...]] | None = None
    levels: Mapping[str, Level] | None = None
    solo: tuple[str, ...] = ()

    @property
    def edits(self) -> bool:
        """Whether notes of a track there is are to change."""
        return bool(self.keep or self.again or self.notes is not None)

    def check(self) -> None:
        """Refuse what contradicts itself.

        Raises
        ------
        InputError
            Naming two options that do not go together, or one that is missing.
        """
        given: dict[str, object] = {"--from": self.origin, "--continue": self.onward, "--under": self.under}
        given |= {"--like": self.like, "--loop": self.loop}
        several = [name for name, value in given.items() if value is not None]
        if len(several) > 1 and several != ["--from", "--loop"]:
            raise InputError(f"a track begins from one thing, not from {' and '.join(several)}; leave one out")
        if self.keep and self.again:
            raise InputError("--keep says what stays, --again what is done again; give one of them")
        if self.bars is not None and not (self.keep or self.again):
            raise InputError("--bars says where; say what with it: --again melody, or --keep drums")
        if self.loop is not None and self.edits:
            raise InputError("--loop with --from is of the track as it is; leave out --keep, --again and --notes")
        if self.notes is not None and (self.keep or self.again):
            raise InputError("--notes are written by hand, --keep and --again by us; do one after the other")
        given = {"--keep": self.keep or None, "--again": self.again or None, "--notes": self.notes}
        for name, value in given.items():
            if value is not None and self.origin is None:
                raise InputError(f"{name} is about a track there is; name its track.json with --from")
        if self.mix is not None and self.like is None:
            raise InputError("--mix lies between two songs; name them: --like A.json B.json")
        if self.mix is not None and not 0.0 <= self.mix <= 1.0:
            raise InputError(f"--mix goes from 0, the first song, to 1, the second, got {self.mix:g}; choose between")


def parse_parts(text: str | Sequence[str] | None, option: str) -> tuple[str, ...]:
    """Read `drums,harmony`, or a list of such words.

    Raises
    ------
    InputError
        If it names nothing.
    """
    if text is None:
        return ()
    words = text.split(",") if isinstance(text, str) else list(text) if isinstance(text, Sequence) else []
    if not words or not all(isinstance(w, str) and w.strip() for w in words):
        raise InputError(f"{option} wants parts, got {text!r}; name some, as in drums,harmony")
    return tuple(dict.fromkeys(w.strip().lower() for w in words))


def parse_bars(value: Any) -> tuple[int, int] | None:
    """Read `9-12`, `9`, 9 or (9, 12): bars as they are heard, counted from 1.

    Raises
    ------
    InputError
        If it is something else.
    """
    if value is None:
        return None
    try:
        pair = value.split("-") if isinstance(value, str) else [value] if isinstance(value, int) else list(value)
        first, last = int(pair[0]), int(pair[-1])
        if len(pair) > 2 or not 1 <= first <= last:
            raise ValueError
    except (TypeError, ValueError, IndexError):
        raise InputError(f"{value!r} are no bars; write first and last, counted from 1, as in 9-12") from None
    return first, last


def read_notes(path: Path) -> dict[str, tuple[Note, ...]]:
    """Read notes that were edited elsewhere: a MIDI file whose tracks are named as our parts, or JSON.

    The JSON holds part to rows of start, length, pitch and velocity, in ticks of 1/960 beat; what `Score.to_json`
    writes will do as well. Parts that are not in the file stay as they are.

    Raises
    ------
    InputError
        If it cannot be read, or names no part of ours.
    """
    if path.suffix.lower() in (".mid", ".midi"):
        found = {part: tuple(notes) for part, notes in from_midi(path).parts.items() if part in PARTS}
    else:
        found = _notes_in_json(path)
    if not found:
        raise InputError(f"{path} has no part of ours; name its tracks {', '.join(PARTS)}")
    return dict(ByHand(found).parts)


def _notes_in_json(path: Path) -> dict[str, tuple[Note, ...]]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a .json or .mid file of notes") from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            f'{path} is no JSON; write {{"lead": [[start, length, pitch, velocity], ...]}}, or give a .mid file'
        ) from error
    table = told.get("parts", told) if isinstance(told, dict) else None
    if not isinstance(table, dict):
        raise InputError(f'{path} holds no notes by part; write {{"lead": [[start, length, pitch, velocity], ...]}}')
    return {part: notes_of(rows, part=part) for part, rows in table.items()}


def parse_levels(gains: Sequence[str], mute: Sequence[str]) -> dict[str, Level] | None:
    """Read `lead=-3`, and parts that are muted; None if there is nothing of it.

    Raises
    ------
    InputError
        If a gain is none.
    """
    decibels: dict[str, float] = {}
    for gain in gains:
        part, _, value = gain.partition("=")
        try:
            decibels[role(part)] = float(value)
        except ValueError:
            raise InputError(f"--gain {gain}: that is no gain; write a part and decibels, as in lead=-3") from None
    return levels(decibels, mute)


def levels(gains: Mapping[str, float], mute: Sequence[str]) -> dict[str, Level] | None:
    """Return what is done to parts in the mix; None if nothing is.

    Parameters
    ----------
    gains
        Part to decibels.
    mute
        Parts that are left out.

    Raises
    ------
    InputError
        If a gain is out of range.
    """
    decibels, off = {role(part): value for part, value in gains.items()}, {role(word) for word in mute}
    return {part: Level(decibels.get(part, 0.0), part in off) for part in sorted({*decibels, *off})} or None


def role(word: str) -> str:
    """Return the part that a word names, everyday words included."""
    name = word.strip().lower()
    return ALIASES.get(name, name)
