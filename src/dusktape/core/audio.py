"""Sound as numbers: blocks, notes that are about to sound, and cues that effects may follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from dusktape.core.seed import Seed

Block: TypeAlias = NDArray[np.float32]
"""Samples, float32, shape (channels, frames); full scale is 1. The one axis order, everywhere."""

Floats: TypeAlias = NDArray[np.float64]

Stems: TypeAlias = dict[str, Block]
"""One block per part, all of equal length."""

SAMPLE_RATE = 44_100
"""Frames a second of everything we make."""

CONTROL_FRAMES = 64
"""Spacing of control-rate grids, anchored to absolute frame 0, so that block sizes cannot move them."""


@dataclass(frozen=True, slots=True, order=True)
class PlayedNote:
    """A note on its way to an instrument: absolute frames, MIDI pitch, velocity in (0, 1]."""

    start_frame: int
    length_frames: int
    pitch: int
    velocity: float


@dataclass(frozen=True, slots=True)
class SectionCue:
    """Where a section lies, in frames, and how it should sound: `brightness` and `level` in [0, 1], 1 open and full."""

    name: str
    start_frame: int
    frames: int
    brightness: float = 1.0
    brightness_end: float = 1.0
    level: float = 1.0
    level_end: float = 1.0


@dataclass(frozen=True, slots=True)
class EventCue:
    """Something that happens once, in frames: see `core.score.Event`."""

    kind: str
    start_frame: int
    frames: int


@dataclass(frozen=True, slots=True)
class Cues:
    """What an instrument or effect may know of the song beside its own notes.

    Parameters
    ----------
    frames
        Length of the song, the last ring-out included.
    bpm
        Tempo, for delays that keep time.
    kicks
        (frame, velocity in (0, 1]) of every kick, ascending.
    sections
        In order, without gaps.
    events
        What happens once, ascending.
    """

    frames: int
    bpm: float = 80.0
    kicks: tuple[tuple[int, float], ...] = ()
    sections: tuple[SectionCue, ...] = ()
    events: tuple[EventCue, ...] = ()


class Player(Protocol):
    """A running instrument: hands out its sound in order, block after block."""

    @property
    def channels(self) -> int:
        """1 or 2."""
        ...

    @property
    def tail_frames(self) -> int:
        """How long it may sound after the last note has been let go."""
        ...

    def render(self, frames: int) -> Block:
        """Return the next `frames` frames, shape (channels, frames). The sum over any split is the same sound."""
        ...


@runtime_checkable
class Instrument(Protocol):
    """Immutable parameters of something that plays. A frozen dataclass of `param` fields."""

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> Player:
        """Return a player at frame 0. A texture (rain, vinyl) takes no notes and sounds for `cues.frames`."""
        ...


class Processor(Protocol):
    """A running effect: same number of frames out as in, `latency_frames` late. Feed silence to get the tail."""

    @property
    def channels(self) -> int:
        """Channels that come out: as many as went in, or 2 for effects that widen."""
        ...

    @property
    def latency_frames(self) -> int:
        """How late the sound comes out; the mix takes it back."""
        ...

    @property
    def tail_frames(self) -> int:
        """How long the effect goes on sounding after its input fell silent, latency not counted."""
        ...

    def process(self, block: Block) -> Block:
        """Return the processed block. Shape (channels in, frames) to (channels, frames)."""
        ...


@runtime_checkable
class Effect(Protocol):
    """Immutable parameters of something that changes sound. A frozen dataclass of `param` fields."""

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> Processor:
        """Return a processor at rest."""
        ...


@runtime_checkable
class LinearEffect(Effect, Protocol):
    """An effect that is one fixed convolution. The mix fuses neighbours of this kind into a single FFT."""

    def impulse_response(self, sample_rate: int, channels: int, *, seed: Seed) -> Floats:
        """Return the response, shape (channels out, taps), float64.

        Output channel c is the input's channel c (or its only one) convolved with row c.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Finished samples and their rate. Has no method that processes: what changes sound is an effect.

    Parameters
    ----------
    samples
        Shape (channels, frames).
    sample_rate
        In Hz.
    """

    samples: Block = field(repr=False)
    sample_rate: int = SAMPLE_RATE

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return float(self.samples.shape[1] / self.sample_rate)
