"""What is played: notes, chords and sections, in exact beats."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from dusktape.core.errors import InputError

TICKS_PER_BEAT = 960
"""All times in a score are whole ticks: exact beats of 1/960."""

SIXTEENTH, EIGHTH, BAR = TICKS_PER_BEAT // 4, TICKS_PER_BEAT // 2, 4 * TICKS_PER_BEAT
"""Ticks. Bars have four beats in everything we compose."""

KICKS, SNARES = (35, 36), (37, 38, 39, 40)
"""Keys of General MIDI percussion: bass drums, and all that may mark the backbeat (rim and clap too)."""

PITCH_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One note.

    Parameters
    ----------
    start, length
        In ticks (1/960 beat).
    pitch
        MIDI number, 60 is middle C; in the kit, the General MIDI percussion key.
    velocity
        1 to 127.
    """

    start: int
    length: int
    pitch: int
    velocity: int

    def moved(self, ticks: int) -> Note:
        """Return the same note, so many ticks later."""
        return Note(self.start + ticks, self.length, self.pitch, self.velocity)


_IN_ORDER = attrgetter("start", "length", "pitch", "velocity")
"""Sorts notes as their own comparison does, which takes far longer."""


@dataclass(frozen=True, slots=True, order=True)
class Chord:
    """A chord and how long it stands. `root` is a pitch class; `quality` one of `theory.chord.QUALITIES`."""

    start: int
    length: int
    root: int
    quality: str

    @property
    def name(self) -> str:
        """As a lead sheet writes it: `Ebmaj9`."""
        return f"{PITCH_NAMES[self.root % 12]}{'' if self.quality == 'maj' else self.quality}"


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the song with one character.

    Parameters
    ----------
    name
        `intro`, `A`, `B`, `A'`, `break`, `B'` or `outro`.
    start, length
        In ticks.
    brightness, brightness_end
        How open the filter of the harmonic parts is at its start and end, 0 (under a blanket) to 1 (open).
    level, level_end
        Gain of the whole mix at its start and end, 0 to 1.
    """

    name: str
    start: int
    length: int
    brightness: float = 1.0
    brightness_end: float = 1.0
    level: float = 1.0
    level_end: float = 1.0


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """Something that happens once: the machine stops, the filter drops, a guest comes by.

    Parameters
    ----------
    start, length
        In ticks.
    kind
        What it is: `tape_stop`, `cut`, `stutter`, `filter_drop`, `riser`, `swell` or whatever an effect or instrument
        listens for.
    """

    start: int
    length: int
    kind: str


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic (pitch class) and a mode, `major` or `minor`."""

    tonic: int
    mode: str

    @property
    def name(self) -> str:
        """`F# minor`."""
        return f"{PITCH_NAMES[self.tonic]} {self.mode}"

    @staticmethod
    def parse(text: str) -> Key:
        """Read `F# minor`, `Eb`, `am`, `C major`.

        Raises
        ------
        InputError
            If the text is no key.
        """
        words = text.strip().replace("♯", "#").replace("♭", "b").split()
        try:
            tonic, rest = words[0], " ".join(words[1:]).lower()
            letter, accidentals = tonic[0].upper(), tonic[1:]
            if accidentals.endswith("m") and not rest:
                accidentals, rest = accidentals[:-1], "minor"
            if set(accidentals) - {"#", "b"} or len(accidentals) > 2:
                raise KeyError(tonic)
            pitch = _LETTERS[letter] + accidentals.count("#") - accidentals.count("b")
            mode = {"": "major", "major": "major", "maj": "major", "minor": "minor", "min": "minor"}[rest]
        except (KeyError, IndexError):
            raise InputError(f"{text!r} is no key; write a note and a mode, as in 'F# minor'") from None
        return Key(pitch % 12, mode)


@dataclass(frozen=True, slots=True)
class Score:
    """A whole song, before anything sounds.

    Parameters
    ----------
    bpm
        Tempo, in beats a minute.
    key
        Tonic and mode.
    beats_per_bar
        4 in everything we compose.
    sections, chords
        In order; sections leave no gap.
    parts
        Part name to its notes, sorted.
    events
        What happens once, sorted.

    Raises
    ------
    InputError
        If the tempo is not positive.
    """

    bpm: float
    key: Key
    sections: tuple[Section, ...] = ()
    chords: tuple[Chord, ...] = ()
    parts: Mapping[str, tuple[Note, ...]] = field(default_factory=dict)
    beats_per_bar: int = 4
    events: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 < self.bpm < math.inf:  # also refuses nan
            raise InputError(f"a score's tempo is more than 0 beats a minute, got {self.bpm!r}; give one, as in 80")
        sorted_parts = {name: tuple(sorted(notes, key=_IN_ORDER)) for name, notes in self.parts.items()}
        object.__setattr__(self, "parts", MappingProxyType(sorted_parts))
        object.__setattr__(self, "events", tuple(sorted(self.events)))

    @property
    def length(self) -> int:
        """Ticks to the end of the last section or note, whichever is later."""
        ends = [s.start + s.length for s in self.sections]
        ends += [n.start + n.length for notes in self.parts.values() for n in notes]
        return max(ends, default=0)

    @property
    def end(self) -> int:
        """Ticks to where the song ends: the end of its sections, or of its notes where it has none."""
        return max((s.start + s.length for s in self.sections), default=self.length)

    @property
    def ticks_per_bar(self) -> int:
        """Ticks in one bar."""
        return self.beats_per_bar * TICKS_PER_BEAT

    def seconds(self, ticks: float) -> float:
        """Return where a tick lies, in seconds from the start."""
        return ticks / TICKS_PER_BEAT * 60.0 / self.bpm

    def __reduce__(self) -> tuple[Any, ...]:
        return (
            Score,
            (self.bpm, self.key, self.sections, self.chords, dict(self.parts), self.beats_per_bar, self.events),
        )

    def to_json(self) -> str:
        """Return the canonical text: sorted keys, no spaces. Equal scores have equal text."""
        data: dict[str, Any] = {
            "bpm": self.bpm,
            "key": [self.key.tonic, self.key.mode],
            "beats_per_bar": self.beats_per_bar,
            "sections": [
                [s.name, s.start, s.length, s.brightness, s.brightness_end, s.level, s.level_end] for s in self.sections
            ],
            "chords": [[c.start, c.length, c.root, c.quality] for c in self.chords],
            "parts": {k: [[n.start, n.length, n.pitch, n.velocity] for n in v] for k, v in self.parts.items()},
        }
        if self.events:
            data["events"] = [[e.start, e.length, e.kind] for e in self.events]
        return json.dumps(data, sort_keys=True, separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> Score:
        """Read what `to_json` wrote.

        Raises
        ------
        InputError
            If the text is not a score.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            score = Score(
                bpm=data["bpm"],
                key=Key(*data["key"]),
                beats_per_bar=data["beats_per_bar"],
                sections=tuple(Section(*s) for s in data["sections"]),
                chords=tuple(Chord(*c) for c in data["chords"]),
                parts={k: tuple(Note(*n) for n in v) for k, v in data["parts"].items()},
                events=tuple(Event(*e) for e in data.get("events", ())),
            )
            if not 0.0 < score.bpm < 1000.0:
                raise ValueError(f"a tempo of {score.bpm!r}")
        except (KeyError, TypeError, ValueError, AttributeError, InputError) as error:
            raise InputError(f"this is no dusktape score: {error}; write one with score.to_json()") from error
        return score
