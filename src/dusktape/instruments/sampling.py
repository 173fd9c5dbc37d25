"""Recording another instrument and playing pieces of the recording: what every sampler does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dusktape.core.audio import Block, Cues, Instrument, PlayedNote
from dusktape.core.errors import PluginError, RecipeError
from dusktape.core.params import build, parameters
from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.dsp import envelope

GAP_S = 0.5
"""Silence between two takes, in which the one before rings out unheard."""

_HANDED_ON = ("detune_cents", "decay_s", "noise")


@dataclass(frozen=True, slots=True)
class Take:
    """What is recorded in one go.

    Parameters
    ----------
    notes
        Frames count from the take's first one; a note may start before it, and is heard from there on.
    frames
        Length.
    """

    notes: tuple[PlayedNote, ...]
    frames: int


def source_of(sampler: Any) -> Instrument:
    """Return the instrument that a sampler's `source` names, tuned, damped and worn as the sampler says.

    Raises
    ------
    RecipeError
        If there is no such instrument, or it is a sampler itself.
    """
    name = type(sampler).__name__.lower()
    try:
        kind = find("instruments", sampler.source)
    except PluginError as error:
        raise RecipeError(f"{name}: source: {error}") from error
    known = {p.name: p for p in parameters(kind)}
    if "source" in known:
        raise RecipeError(f"{name}: source: {sampler.source!r} records others itself; take one that plays, as rhodes")
    values: dict[str, float] = {}
    for field in _HANDED_ON:
        if field in known:
            value = getattr(sampler, field)
            low, high = known[field].low, known[field].high
            values[field] = min(max(value, value if low is None else low), value if high is None else high)
    made: Instrument = build(kind, values, where=f"{name} ({sampler.source})")
    return made


class Recorder:
    """Plays takes on an instrument, one after another, each when it is first asked for.

    Parameters
    ----------
    source
        Who plays.
    takes
        In the order in which they will be asked for.
    sample_rate
        In Hz.
    bpm
        Tempo of the takes.
    seed
        The source's.
    """

    def __init__(self, source: Instrument, takes: Sequence[Take], *, sample_rate: int, bpm: float, seed: Seed) -> None:
        gap = round(GAP_S * sample_rate)
        self._spans: list[tuple[int, int]] = []
        notes: list[PlayedNote] = []
        now = 0
        for take in takes:
            early = min((n.start_frame for n in take.notes), default=0)
            start = now + max(0, -early)
            self._spans.append((start, start + take.frames))
            for n in take.notes:
                length = min(n.length_frames, take.frames - n.start_frame)
                notes.append(replace(n, start_frame=n.start_frame + start, length_frames=length))
            now = start + take.frames + gap
        self._player = source.open(sample_rate, notes, cues=Cues(frames=now, bpm=bpm), seed=seed)
        self._now = 0

    @property
    def channels(self) -> int:
        """1 or 2."""
        return self._player.channels

    def record(self, index: int) -> Block:
        """Return a take, shape (channels, frames). Takes can only be asked for in ascending order."""
        start, end = self._spans[index]
        self._player.render(start - self._now)
        self._now = end
        return self._player.render(end - start)


@dataclass(frozen=True, slots=True, order=True)
class Piece:
    """A stretch of a take, and when it is played.

    Parameters
    ----------
    start
        Frame at which it is heard.
    frames
        How long, fades included.
    take
        Which one.
    place
        First frame of it, in the take.
    gain
        Linear.
    backwards
        Whether it is played from its end.
    fade_in, fade_out
        Frames.
    """

    start: int
    frames: int
    take: int
    place: int
    gain: float = 1.0
    backwards: bool = False
    fade_in: int = 64
    fade_out: int = 256

    def cut_from(self, block: Block) -> Block:
        """Return its sound out of the take, shape (channels, frames or fewer)."""
        sound = block[:, max(0, self.place) : self.place + self.frames]
        sound = (sound[:, ::-1] if self.backwards else sound) * np.float32(self.gain)
        rise, fall = min(self.fade_in, sound.shape[1]), min(self.fade_out, sound.shape[1])
        if rise:
            sound[:, :rise] *= envelope.rise(rise)
        if fall:
            sound[:, -fall:] *= envelope.fall(fall)
        return np.asarray(sound, dtype=np.float32)


class PiecePlayer:
    """Plays pieces. A take is made when its first piece begins, and forgotten after its last.

    Parameters
    ----------
    pieces
        In any order.
    make
        Returns a take by its number, shape (channels, frames); asked once for each.
    channels
        Of the takes.
    last_off
        Frame at which the last note is let go, from which the tail counts.
    """

    def __init__(self, pieces: Sequence[Piece], make: Callable[[int], Block], *, channels: int, last_off: int) -> None:
        self._pieces, self._make, self._channels = sorted(pieces), make, channels
        self._left: dict[int, int] = {}
        for piece in self._pieces:
            self._left[piece.take] = self._left.get(piece.take, 0) + 1
        self._tail = max(0, max((p.start + p.frames for p in pieces), default=0) - last_off)
        self._takes: dict[int, Block] = {}
        self._sounding: list[tuple[int, Block]] = []
        self._next = 0
        self._now = 0

    @property
    def channels(self) -> int:
        """1 or 2."""
        return self._channels

    @property
    def tail_frames(self) -> int:
        """From the last note's end to the end of the last piece."""
        return self._tail

    def render(self, frames: int) -> Block:
        """Return the next `frames` frames, shape (channels, frames)."""
        start, end = self._now, self._now + frames
        out = np.zeros((self._channels, frames), dtype=np.float32)
        while self._next < len(self._pieces) and self._pieces[self._next].start < end:
            piece = self._pieces[self._next]
            self._sounding.append((piece.start, piece.cut_from(self._take(piece.take))))
            self._next += 1
        for at, sound in self._sounding:
            low, high = max(start, at), min(end, at + sound.shape[1])
            if low < high:
                out[:, low - start : high - start] += sound[:, low - at : high - at]
        self._sounding = [(at, sound) for at, sound in self._sounding if at + sound.shape[1] > end]
        self._now = end
        return out

    def _take(self, index: int) -> Block:
        if index not in self._takes:
            self._takes[index] = self._make(index)
        block = self._takes[index]
        self._left[index] -= 1
        if not self._left[index]:
            del self._takes[index]
        return block


def renumbered(pieces: Sequence[Piece]) -> tuple[list[Piece], list[int]]:
    """Return pieces whose takes are numbered in the order of their first use, and the old number of each take."""
    order: dict[int, int] = {}
    for piece in sorted(pieces):
        order.setdefault(piece.take, len(order))
    return [replace(p, take=order[p.take]) for p in sorted(pieces)], list(order)
