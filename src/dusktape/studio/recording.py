"""Somebody's recording as a part of a song: read at another speed, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from dusktape.core.audio import SAMPLE_RATE, Block, Cues, PlayedNote
from dusktape.core.errors import InputError
from dusktape.core.seed import Seed
from dusktape.dsp.stretch import Stretch
from dusktape.dsp.varispeed import Varispeed, nearest_ratio
from dusktape.io.sound import SoundReader

USUAL_SPEED = 0.88
"""Of a recording, or a MIDI file, when nobody says: two semitones and a bit lower."""

SLOWEST, FASTEST = 0.4, 1.6
LOWEST, HIGHEST = -16.0, 12.0
_TIED = 2e-3


@dataclass(frozen=True, slots=True)
class Motion:
    """How a recording runs.

    Parameters
    ----------
    rate
        Frames a second of the recording.
    ratio
        Frames read for each of ours; moves pitch and tempo together.
    stretch
        By how much the tempo, and not the pitch, is faster beside that; 1 for a plain machine.
    """

    rate: int
    ratio: Fraction
    stretch: float

    @staticmethod
    def asked(rate: int, speed: float | None, semitones: float | None) -> Motion:
        """Return the motion asked for. Speed and pitch go together, as on any machine, unless both are said.

        Raises
        ------
        InputError
            If either is out of range.
        """
        if speed is not None and not SLOWEST <= speed <= FASTEST:
            raise InputError(f"a speed is {SLOWEST:g} to {FASTEST:g}, got {speed:g}; 0.88 is usual, 1 leaves it")
        if semitones is not None and not LOWEST <= semitones <= HIGHEST:
            raise InputError(f"a pitch is {LOWEST:g} to {HIGHEST:g} semitones, got {semitones:g}; -2 is usual")
        if speed is None:
            speed = USUAL_SPEED if semitones is None else 2.0 ** (semitones / 12.0)
        pitch = speed if semitones is None else 2.0 ** (semitones / 12.0)
        ratio = nearest_ratio(pitch * rate / SAMPLE_RATE)
        stretch = speed / (float(ratio) * SAMPLE_RATE / rate)
        return Motion(rate, ratio, 1.0 if abs(stretch - 1.0) < _TIED else stretch)

    @property
    def pitch(self) -> float:
        """Factor of every frequency."""
        return float(self.ratio) * SAMPLE_RATE / self.rate

    @property
    def speed(self) -> float:
        """Seconds of the recording in each of ours."""
        return self.pitch * self.stretch

    @property
    def semitones(self) -> float:
        """By how much everything is higher."""
        return float(12.0 * np.log2(self.pitch))


@dataclass(frozen=True, slots=True)
class Recording:
    """Plays a sound file once, from frame 0.

    Parameters
    ----------
    path
        The file.
    motion
        How it runs.
    skip_s
        Begins so far into the file.
    """

    path: Path
    motion: Motion
    skip_s: float = 0.0

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> RecordingPlayer:
        """Return a player at frame 0."""
        return RecordingPlayer(self)


class RecordingPlayer:
    """Running state of a `Recording`: the open file, and what was read ahead."""

    tail_frames = 0

    def __init__(self, recording: Recording) -> None:
        self._reader = SoundReader(recording.path)
        self.channels = self._reader.channels
        self._stream = _moved(self._reader, recording)
        self._held: Block = np.zeros((self.channels, 0), np.float32)

    def render(self, frames: int) -> Block:
        """Return the next `frames` frames; silence after the end."""
        kept, have = [self._held], self._held.shape[1]
        while have < frames:
            block = next(self._stream, None)
            if block is None:
                block = np.zeros((self.channels, frames - have), np.float32)
            kept.append(block)
            have += block.shape[1]
        whole = np.concatenate(kept, axis=1)
        self._held = whole[:, frames:].copy()
        return whole[:, :frames]


def _moved(reader: SoundReader, recording: Recording) -> Iterator[Block]:
    motion = recording.motion
    machine = Varispeed(reader.channels, motion.ratio)
    stretch = Stretch(reader.channels, motion.stretch) if motion.stretch != 1.0 else None
    skip = round(recording.skip_s * reader.sample_rate)
    with reader:
        for block in reader.blocks():
            left, skip = block[:, skip:], max(0, skip - block.shape[1])
            if left.shape[1]:
                yield machine.push(stretch.push(left) if stretch else left)
    if stretch:
        yield machine.push(stretch.finish())
    yield machine.finish()
