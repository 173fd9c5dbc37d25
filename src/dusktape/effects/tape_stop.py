"""Somebody leans on the reel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, EventCue, Floats
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.delay import FINE, Lag, read_at
from dusktape.dsp.envelope import rise

_SETTLED = 0.25


@dataclass(frozen=True, slots=True)
class TapeStop:
    """The tape slows down to a standstill in each `tape_stop` of the song, and is back in time when it ends.

    Pitch and speed fall together, as (1 - t)^curve over the event; a head reads less the slower the tape moves, so the
    last quarter of the speed fades. The song goes on meanwhile: it fades in where the event ends. A song without tape
    stops passes untouched; one with them comes out 8 frames late.
    """

    curve: float = param(1.0, low=0.3, high=4.0, text="how it slows: 0.5 brakes late, 1 evenly, 3 at once")
    fade_ms: float = param(5.0, low=1.0, high=100.0, unit="ms", text="how fast the song is back: 5 at once, 60 softly")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> TapeStopProcessor:
        """Return a processor at frame 0 of the song."""
        return TapeStopProcessor(self, sample_rate, channels, cues)


class TapeStopProcessor:
    """Running state of a `TapeStop`: what a tape that is slowing has still to play."""

    tail_frames = 0

    def __init__(self, effect: TapeStop, sample_rate: int, channels: int, cues: Cues) -> None:
        self.channels = channels
        self._curve = effect.curve
        self._fade = max(2, round(effect.fade_ms * 1e-3 * sample_rate))
        self._rise = rise(self._fade)
        self._stops = [e for e in cues.events if e.kind == "tape_stop" and e.frames > 2 * self._fade]
        # The interpolation reads ahead; where the tape begins to slow, it is still as good as now.
        self._reach = FINE[0] // 2 + 2
        self.latency_frames = self._reach if self._stops else 0
        self._lag = Lag(channels, self.latency_frames)
        self._stream: Block = np.zeros((channels, 2 * self._reach), np.float32)
        self._position = 0

    def process(self, block: Block) -> Block:
        """Return the block as the machine plays it. Shape (channels, frames) in and out."""
        out = self._lag.process(block)
        if not self._stops:
            return out
        self._stream = np.concatenate([self._stream, block], axis=1)
        start = self._position - self.latency_frames
        end = start + block.shape[1]
        written = self._position + block.shape[1]
        for stop in self._stops:
            low, high = max(start, stop.start_frame), min(end, stop.start_frame + stop.frames)
            if low < high:
                self._slow(stop, low, out[:, low - start : high - start], written - self._stream.shape[1])
        self._position = written
        self._stops_over(end)
        return out

    def _slow(self, stop: EventCue, first: int, out: Block, origin: int) -> None:
        """Play frames from `first` on as the slowing tape does, over what is live there."""
        place = np.arange(first, first + out.shape[1]) - stop.start_frame
        left = 1.0 - place / stop.frames
        speed: Floats = left**self._curve
        played = stop.frames / (self._curve + 1.0) * (1.0 - left * speed)
        heard = read_at(self._stream, stop.start_frame + played - origin)
        gain = np.clip(speed / _SETTLED, 0.0, 1.0)
        heard *= (gain * gain * (3.0 - 2.0 * gain)).astype(np.float32)
        back = place - (stop.frames - self._fade)
        live = np.where(back >= 0, self._rise[np.clip(back, 0, self._fade - 1)], 0.0).astype(np.float32)
        out *= live
        out += (1 - live) * heard

    def _stops_over(self, end: int) -> None:
        """Forget what is past, and keep as much of the stream as the next frames can ask for."""
        self._stops = [s for s in self._stops if s.start_frame + s.frames > end]
        running = [s.start_frame for s in self._stops if s.start_frame < end]
        needed = min([end, *running]) - self._reach
        held = self._stream.shape[1]
        self._stream = self._stream[:, max(0, held - (self._position - needed)) :]
