"""What the composer asks of whoever writes a part, network or rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dusktape.core.audio import Block
from dusktape.core.score import Chord, Key, Note
from dusktape.core.seed import Seed


@dataclass(frozen=True, slots=True)
class LoopChord:
    """A chord of a loop, relative to the key: `degree` in semitones above the tonic, `length_beats` whole beats."""

    degree: int
    quality: str
    length_beats: int


class ChordWriter(Protocol):
    """Writes the loop of chords that a section turns in."""

    def write_loop(
        self, *, mode: str, mood: str, bars: int, seed: Seed, temperature: float, max_chords: int
    ) -> tuple[LoopChord, ...]:
        """Return chords that fill `bars` bars of four beats exactly and want to turn around.

        Parameters
        ----------
        mode
            `major` or `minor`.
        mood
            One of `MOODS`.
        bars
            2, 4 or 8.
        seed
            Where all draws come from.
        temperature
            1 samples as trained; lower is safer. In (0, 2].
        max_chords
            At most so many chords in the loop.
        """
        ...


class MelodyWriter(Protocol):
    """Writes single-voice melodies over chords."""

    def write_melody(
        self,
        *,
        key: Key,
        chords: Sequence[Chord],
        bars: int,
        given: Sequence[Note],
        given_bars: int,
        density: float,
        seed: Seed,
        temperature: float,
    ) -> tuple[Note, ...]:
        """Return the notes of bars [given_bars, bars), in ticks from bar 0, on the grid of sixteenths.

        Parameters
        ----------
        key
            Of the song.
        chords
            Covering bars [0, bars), in ticks from bar 0.
        bars
            Of four beats.
        given
            Notes already played in bars [0, given_bars): the melody remembers them.
        given_bars
            Where writing starts.
        density
            0 (a note now and then) to 1 (busy).
        seed, temperature
            As for chords.
        """
        ...


class DrumWriter(Protocol):
    """Writes drum patterns with the velocity and micro-timing of a player."""

    def write_drums(
        self, *, style: str, bpm: float, bars: int, fills: Sequence[bool], seed: Seed, temperature: float
    ) -> tuple[Note, ...]:
        """Return hits in ticks from bar 0, General MIDI pitches, straight sixteenths plus the player's own timing.

        Parameters
        ----------
        style
            One of `DRUM_STYLES`.
        bpm
            Tempo; players play differently at other tempi.
        bars
            Of four beats.
        fills
            For each bar, whether it is a fill.
        seed, temperature
            As for chords.
        """
        ...


class RhythmWriter(Protocol):
    """Writes when chords are struck and for how long."""

    def write_rhythm(
        self, *, chords: Sequence[Chord], bars: int, density: float, seed: Seed, temperature: float
    ) -> tuple[tuple[int, int], ...]:
        """Return (start, length) in ticks from bar 0, each inside one chord. `density` as for melodies."""
        ...


PARTS = ("keys", "lead", "pad", "bass", "drums", "guest")
"""Names of the players that composers write for."""

SEATS = (*PARTS, "room", "master")
"""What else than instruments has a name of its own in a mix: no sound of a user's can be laid over under these."""

MOODS = ("wistful", "warm", "dreamy", "dark", "hopeful", "sleepy")
"""Words a recipe may use for its mood; the chord network is conditioned on them."""

DRUM_STYLES = ("hiphop", "soul", "funk", "jazz", "rock", "latin")
"""Families of drumming in the training data."""


class SoundWriter(Protocol):
    """Makes sounds that were not there before: samples, textures, stretches of music."""

    @property
    def sample_rate(self) -> int:
        """Of what it makes, in Hz."""
        ...

    @property
    def channels(self) -> int:
        """1 or 2."""
        ...

    @property
    def frames(self) -> int:
        """Length that it was trained on, and makes if no other is asked for."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """Kinds that it can be asked for (`kick`); empty if it knows none."""
        ...

    def write_sounds(self, count: int, *, seed: Seed, label: str = "", frames: int = 0, steps: int = 0) -> list[Block]:
        """Return sounds, each (channels, frames); sound number i is drawn from `seed.at("sound", i)` alone.

        Parameters
        ----------
        count
            How many.
        seed
            Where all draws come from.
        label
            One of `labels`; empty for any.
        frames
            Length; 0 for its own.
        steps
            Of the sampler; 0 for its own number.

        Raises
        ------
        InputError
            If the label or length cannot be.
        """
        ...
