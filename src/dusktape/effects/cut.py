"""A hole in the song, or a stammer."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Block, Cues, EventCue
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.envelope import fall, rise


@dataclass(frozen=True, slots=True)
class Cut:
    """Everything stops dead for each `cut` of the song; in each `stutter` its first sixteenth is said again and again.

    Fades end where a cut begins and where it ends, so the beat after it is whole. A stutter keeps the grid: every
    repeat starts on its own sixteenth, faded into over the end of the last. Where neither happens, the sound passes
    untouched and costs one copy. No latency.
    """

    fade_ms: float = param(
        4.0, low=1.0, high=50.0, unit="ms", text="length of each edge: 2 is a switch, 4 unheard, 30 soft"
    )
    floor_db: float = param(
        -90.0, low=-90.0, high=0.0, unit="dB", text="what is left in a cut: -90 nothing, -24 a hint"
    )
    repeat_beats: float = param(
        0.25, low=0.125, high=1.0, unit="beats", text="what a stutter repeats: 0.25 a sixteenth, 0.5 an eighth"
    )

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> CutProcessor:
        """Return a processor at frame 0 of the song."""
        return CutProcessor(self, sample_rate, channels, cues)


@dataclass(slots=True)
class _Slice:
    """What a stutter repeats, as far as it has been heard."""

    event: EventCue
    sound: Block = field(repr=False)


class CutProcessor:
    """Running state of a `Cut`: where it is, and the slices it has kept."""

    latency_frames = 0
    tail_frames = 0

    def __init__(self, effect: Cut, sample_rate: int, channels: int, cues: Cues) -> None:
        self.channels = channels
        self._fade = max(2, round(effect.fade_ms * 1e-3 * sample_rate))
        self._floor = np.float32(10.0 ** (effect.floor_db / 20.0) if effect.floor_db > -90.0 else 0.0)
        self._slice = max(effect.repeat_beats * 60.0 / cues.bpm * sample_rate, 2.0 * self._fade)
        self._cuts = [e for e in cues.events if e.kind == "cut" and e.frames > 0]
        # What is no longer than its own slice has nothing to repeat.
        said = [e for e in cues.events if e.kind == "stutter" and e.frames > self._slice]
        kept = int(self._slice) + 1 + self._fade
        self._stutters = [_Slice(e, np.zeros((channels, 0), np.float32)) for e in said]
        self._kept = kept
        self._rise, self._fall = rise(self._fade), fall(self._fade)
        self._position = 0

    def process(self, block: Block) -> Block:
        """Return the block with its holes. Shape (channels, frames) in and out."""
        out = block.copy()
        start, end = self._position, self._position + block.shape[1]
        for each in self._stutters:
            low = max(start, each.event.start_frame)
            high = min(end, each.event.start_frame + each.event.frames)
            if low < high:
                self._keep(each, block[:, low - start : high - start], low - each.event.start_frame)
                self._repeat(each, out[:, low - start : high - start], low - each.event.start_frame)
        for cut in self._cuts:
            low = max(start, cut.start_frame - self._fade)
            high = min(end, cut.start_frame + cut.frames)
            if low < high:
                out[:, low - start : high - start] *= self._gain(cut, np.arange(low, high) - cut.start_frame)
        self._stutters = [s for s in self._stutters if s.event.start_frame + s.event.frames > end]
        self._position = end
        return out

    def _gain(self, cut: EventCue, place: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the gain at frames counted from the start of a cut, from one fade before it on."""
        closing = np.where(place < 0, self._fall[np.clip(place + self._fade, 0, self._fade - 1)], 0.0)
        left = cut.frames - place
        opening = np.where(left <= self._fade, self._rise[np.clip(self._fade - left, 0, self._fade - 1)], 0.0)
        heard = np.maximum(closing, opening).astype(np.float32)
        return np.asarray(self._floor + (1 - self._floor) * heard, np.float32)

    def _keep(self, each: _Slice, heard: Block, place: int) -> None:
        if each.sound.shape[1] < self._kept and place == each.sound.shape[1]:
            each.sound = np.concatenate([each.sound, heard[:, : self._kept - place]], axis=1)

    def _repeat(self, each: _Slice, out: Block, place: int) -> None:
        """Put the slice over live sound, from `place` frames into the stutter on; its end fades back to live."""
        frames = np.arange(place, place + out.shape[1])
        turn = (frames / self._slice).astype(np.int64)
        # Repeats start on whole frames, so that each is the same samples.
        now = np.ceil(turn * self._slice).astype(np.int64)
        into = frames - now
        old = frames - np.ceil((turn - 1) * self._slice).astype(np.int64)
        said = turn > 0
        new_gain = np.where(into < self._fade, self._rise[np.minimum(into, self._fade - 1)], 1.0).astype(np.float32)
        sound = np.zeros_like(out)
        sound[:, said] = each.sound[:, into[said]] * new_gain[said]
        joins = said & (into < self._fade)
        sound[:, joins] += each.sound[:, old[joins]] * (1 - new_gain[joins])
        left = each.event.frames - frames
        share = np.where(left <= self._fade, self._fall[np.clip(self._fade - left, 0, self._fade - 1)], 1.0)
        share = np.where(said, share, 0.0).astype(np.float32)
        out *= 1 - share
        out += share * sound
