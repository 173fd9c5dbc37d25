"""Playing notes from tones that are made once: the engine under every pitched instrument."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Block, PlayedNote
from dusktape.core.seed import Seed
from dusktape.dsp import envelope

NEUTRAL_VELOCITY = 0.6
"""Velocity at which a tone sounds exactly as its voice made it."""

_NEVER = 1 << 62


class Voice(Protocol):
    """What an instrument is to the engine: it makes one tone, always the same one for the same arguments."""

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the first `frames` frames of a tone, or a seamless loop of any length, at its neutral level."""
        ...

    def key_off(self, pitch: int, variant: int) -> Block:
        """Return the noise of letting go. Asked for only when `Voicing.key_off_ms` is not 0."""
        ...


@dataclass(frozen=True, slots=True)
class Voicing:
    """How tones become a part.

    Parameters
    ----------
    channels
        Of the tones, 1 or 2.
    layers
        Velocities at which tones are made; a note takes the nearest one and the rest of its velocity as gain.
    variants
        Tones a note of one pitch and layer takes in turn, so that no two neighbours are the same.
    range_db
        Level from velocity 0 to 1.
    strike_db
        Standard deviation of the level from strike to strike.
    attack_ms, release_ms
        A swell at the start (0: the tone has its own attack); time to fall to 1/e after the note is let go.
    release_octaves
        The release halves every so many octaves upwards, around middle C; 0: the same everywhere.
    ring_s
        Longest tone; what is held longer has died away by then and is faded.
    choke
        `key`: a strike stops what the same pitch still plays. `all`: one string, any strike stops the last.
        `none`: notes ring on.
    choke_ms
        How fast that is.
    key_off_ms
        Length of the noise of letting go; 0 for none.
    looped
        Tones are seamless loops, entered anywhere.
    cache_mb
        Memory for tones; what is needed again last is forgotten first.
    """

    channels: int = 1
    layers: tuple[float, ...] = (0.3, 0.48, 0.62, 0.8)
    variants: int = 2
    range_db: float = 17.0
    strike_db: float = 0.5
    attack_ms: float = 0.0
    release_ms: float = 60.0
    release_octaves: float = 0.0
    ring_s: float = 6.0
    choke: str = "key"
    choke_ms: float = 5.0
    key_off_ms: float = 0.0
    looped: bool = False
    cache_mb: float = 12.0


@dataclass(frozen=True, slots=True)
class Bed:
    """A quiet loop under the notes: the hum and hiss of an amplifier that a gate closes in long rests.

    Parameters
    ----------
    loop
        Shape (frames,).
    hold_s
        Rests shorter than this stay open.
    """

    loop: NDArray[np.float32]
    hold_s: float = 2.0


_Key = tuple[int, int, int]
"""Pitch, layer (-1 for the noise of letting go), variant."""


@dataclass(slots=True)
class _Strike:
    """One sound to be mixed: where it starts, is let go, is cut off, and is surely over."""

    start: int
    off: int
    cut: int
    end: int
    gain: np.float32
    key: _Key
    offset: int = 0
    tone: Block | None = None


class CachedPlayer:
    """Makes each distinct tone once, when it is first needed, and mixes it into blocks.

    The output does not depend on how it is asked for: all that varies in time is addressed by absolute frames.
    Mixing costs about one multiplication and one addition per note and frame; memory stays below
    `cache_mb` and what is sounding, however long the song.
    """

    def __init__(
        self,
        voice: Voice,
        notes: Sequence[PlayedNote],
        voicing: Voicing,
        *,
        sample_rate: int,
        seed: Seed,
        bed: Bed | None = None,
        motor: NDArray[np.float32] | None = None,
    ) -> None:
        """Plan the whole part.

        Parameters
        ----------
        voice, voicing
            What makes the tones, and how they are used.
        notes
            In any order.
        sample_rate
            In Hz.
        seed
            Of this part: strike to strike variation.
        bed
            Loop that sounds while notes do.
        motor
            Loop that everything is multiplied with, shape (frames,), such as the fans of a vibraphone.
        """
        self._voice, self._voicing, self._rate, self._motor = voice, voicing, sample_rate, motor
        self._release: dict[int, NDArray[np.float32]] = {}
        self._choke = envelope.fall(max(1, self._frames(voicing.choke_ms / 1e3)))
        self._attack = envelope.swell(voicing.attack_ms / 1e3, sample_rate) if voicing.attack_ms > 0.0 else None
        played = sorted(n for n in notes if n.length_frames > 0)
        self._strikes = self._plan(played, seed)
        self._bed = bed
        self._spans = _spans(self._strikes, self._frames(bed.hold_s)) if bed else []
        self._lengths: dict[_Key, int] = {}
        self._uses: dict[_Key, list[int]] = {}
        for strike in reversed(self._strikes):
            self._uses.setdefault(strike.key, []).append(strike.start)
            self._lengths[strike.key] = max(self._lengths.get(strike.key, 0), strike.end - strike.start)
        last_off = max((n.start_frame + n.length_frames for n in played), default=0)
        last_end = max([s.end for s in self._strikes] + [end for _, end in self._spans], default=0)
        self._tail = max(0, last_end - last_off)
        self._tones: dict[_Key, Block] = {}
        self._bytes = 0
        self._sounding: list[_Strike] = []
        self._next = 0
        self._now = 0

    @property
    def channels(self) -> int:
        """1 or 2."""
        return self._voicing.channels

    @property
    def tail_frames(self) -> int:
        """From the last note's end to the last sample that is not zero."""
        return self._tail

    @property
    def cached_bytes(self) -> int:
        """Memory of the tones kept for later use."""
        return self._bytes

    def render(self, frames: int) -> Block:
        """Return the next `frames` frames, shape (channels, frames)."""
        start, end = self._now, self._now + frames
        out = np.zeros((self.channels, frames), dtype=np.float32)
        while self._next < len(self._strikes) and self._strikes[self._next].start < end:
            strike = self._strikes[self._next]
            strike.tone = self._fetch(strike.key)
            self._sounding.append(strike)
            self._next += 1
        heard = bool(self._sounding)
        scratch = np.empty_like(out)
        for strike in self._sounding:
            self._mix(strike, out, scratch, start, end)
            if strike.end <= end:
                strike.tone = None
        self._sounding = [s for s in self._sounding if s.end > end]
        if self._motor is not None and heard:
            out *= _cycle(self._motor, start, frames)
        self._add_bed(out, start, end)
        self._now = end
        return out

    def _frames(self, seconds: float) -> int:
        return round(seconds * self._rate)

    def _plan(self, notes: Sequence[PlayedNote], seed: Seed) -> list[_Strike]:
        """Return every sound of the part in order of start."""
        v = self._voicing
        ring, key_off = self._frames(v.ring_s), self._frames(v.key_off_ms / 1e3)
        luck = np.clip(seed.at("strike").rng().standard_normal(len(notes)), -2.0, 2.0)
        offsets = seed.at("offset").rng().integers(0, 1 << 40, len(notes))
        turns: dict[tuple[int, int], int] = {}
        strikes = []
        for i, (note, cut) in enumerate(zip(notes, _cuts(notes, v.choke), strict=True)):
            layer = min(range(len(v.layers)), key=lambda k: abs(v.layers[k] - note.velocity))
            turn = turns.get((note.pitch, layer), 0)
            turns[note.pitch, layer] = turn + 1
            off = note.start_frame + note.length_frames
            if not v.looped:
                off = min(off, note.start_frame + ring)
            end = min(off + self._released(note.pitch).size, cut + self._choke.size)
            gain_db = v.range_db * (note.velocity - NEUTRAL_VELOCITY) + v.strike_db * float(luck[i])
            gain = np.float32(10.0 ** (gain_db / 20.0))
            offset = int(offsets[i]) if v.looped else 0
            key = (note.pitch, layer, turn % v.variants)
            strikes.append(_Strike(note.start_frame, off, cut, end, gain, key, offset))
            if key_off and off <= cut and off == note.start_frame + note.length_frames:
                # Letting go is softer than striking: half of the velocity's range.
                quiet = np.float32(10.0 ** (0.5 * gain_db / 20.0))
                strikes.append(_Strike(off, _NEVER, _NEVER, off + key_off, quiet, (note.pitch, -1, turn % v.variants)))
        return sorted(strikes, key=lambda s: (s.start, s.key))

    def _released(self, pitch: int) -> NDArray[np.float32]:
        """Return the release of a pitch."""
        if pitch not in self._release:
            octaves = self._voicing.release_octaves
            scale = 2.0 ** ((60 - pitch) / 12.0 / octaves) if octaves else 1.0
            self._release[pitch] = envelope.release(self._voicing.release_ms / 1e3 * scale, self._rate)
        return self._release[pitch]

    def _fetch(self, key: _Key) -> Block:
        """Return a tone, made or remembered, and forget what is needed last when there is no more room."""
        uses = self._uses[key]
        uses.pop()
        tone = self._tones.get(key)
        if tone is None:
            pitch, layer, variant = key
            if layer < 0:
                tone = self._voice.key_off(pitch, variant)
            else:
                tone = self._voice.tone(pitch, self._voicing.layers[layer], variant, self._lengths[key])
            self._tones[key] = tone
            self._bytes += tone.nbytes
        if not uses:
            self._forget(key)
        while self._bytes > self._voicing.cache_mb * 1e6:
            self._forget(max(self._tones, key=lambda k: self._uses[k][-1]))
        return tone

    def _forget(self, key: _Key) -> None:
        self._bytes -= self._tones.pop(key).nbytes

    def _mix(self, strike: _Strike, out: Block, scratch: Block, start: int, end: int) -> None:
        """Add what a strike sounds in [start, end) to a block that begins at `start`."""
        assert strike.tone is not None
        tone, length = strike.tone, strike.tone.shape[1]
        low, high = max(start, strike.start), min(end, strike.end)
        while low < high:
            place = low - strike.start
            if self._voicing.looped and strike.key[1] >= 0:
                place = (place + strike.offset) % length
            count = min(high - low, length - place)
            if count <= 0:
                return
            part = scratch[:, :count]
            np.multiply(tone[:, place : place + count], strike.gain, out=part)
            if self._attack is not None and strike.key[1] >= 0:
                _shape(part, self._attack, low - strike.start)
            if low + count > strike.off:
                _shape(part, self._released(strike.key[0]), low - strike.off)
            if low + count > strike.cut:
                _shape(part, self._choke, low - strike.cut)
            out[:, low - start : low - start + count] += part
            low += count

    def _add_bed(self, out: Block, start: int, end: int) -> None:
        if self._bed is None:
            return
        while self._spans and self._spans[0][1] <= start:
            self._spans.pop(0)
        opens, closes = self._frames(0.05), self._frames(0.2)
        for first, last in self._spans:
            low, high = max(start, first), min(end, last)
            if low >= high:
                break
            sound = _cycle(self._bed.loop, low, high - low)
            if low < first + opens or high > last - closes:
                frame = np.arange(low, high, dtype=np.float64)
                gate = np.minimum((frame - first) / opens, (last - frame) / closes)
                sound = sound * np.clip(gate, 0.0, 1.0).astype(np.float32)
            out[:, low - start : high - start] += sound


def _cuts(notes: Sequence[PlayedNote], choke: str) -> list[int]:
    """Return for each note the frame at which a later strike stops it."""
    cuts = [_NEVER] * len(notes)
    if choke == "none":
        return cuts
    following: dict[int, tuple[int, int]] = {}
    for i in range(len(notes) - 1, -1, -1):
        string = notes[i].pitch if choke == "key" else 0
        start = notes[i].start_frame
        # (start of the latest group of equal starts seen, start of the group after it)
        near, far = following.get(string, (_NEVER, _NEVER))
        if start < near:
            near, far = start, near
        following[string] = (near, far)
        cuts[i] = far
    return cuts


def _spans(strikes: Iterable[_Strike], hold: int) -> list[tuple[int, int]]:
    """Return when anything sounds, rests shorter than `hold` bridged."""
    spans: list[tuple[int, int]] = []
    for s in strikes:
        if spans and s.start - spans[-1][1] < hold:
            spans[-1] = (spans[-1][0], max(spans[-1][1], s.end))
        else:
            spans.append((s.start, s.end))
    return spans


def _cycle(loop: NDArray[np.float32], start: int, frames: int) -> NDArray[np.float32]:
    """Return `frames` frames of an endless loop from absolute frame `start` on."""
    place = start % loop.size
    repeats = math.ceil((place + frames) / loop.size)
    return (loop if repeats == 1 else np.tile(loop, repeats))[place : place + frames]


def _shape(part: Block, table: NDArray[np.float32], place: int) -> None:
    """Multiply frames with a table whose first value belongs `-place` frames into the part, in place."""
    low = max(0, -place)
    first = place + low
    count = max(0, min(part.shape[1] - low, table.size - first))
    part[:, low : low + count] *= table[first : first + count]
