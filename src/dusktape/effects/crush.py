"""An old sampler: fewer samples a second, fewer bits."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Block, Cues
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.delay import Lag

_PAGE = 4096
_SLACK = 1e-9
_LEAN = np.float32(4.0)


@dataclass(frozen=True, slots=True)
class Crush:
    """Grit and a dull shine: the sound held at a lower sample rate and rounded to a few bits, as old samplers did.

    A short low-pass goes before the holding (turn it off for the harsh kind). Holds are anchored to frame 0; the
    ratio need not be whole. The low-pass delays by some frames, which are declared.
    """

    rate_hz: float = param(
        22_050.0,
        low=2000.0,
        high=192_000.0,
        unit="Hz",
        text="New samples a second: 26000 is an early sampler, 8000 a toy.",
    )
    bits: int = param(12, low=4, high=16, unit="bits", text="Word length: 12 is grain on tails, 8 is hiss and buzz.")
    dither: bool = param(True, text="Add noise before rounding: hiss in place of buzz.")
    antialias: bool = param(True, text="Low-pass before holding; without it, high tones fold down.")
    mix: float = param(1.0, low=0.0, high=1.0, text="0 is untouched, 1 crushed only.")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> CrushProcessor:
        """Return a processor at rest."""
        return CrushProcessor(self, sample_rate, channels, seed)


class CrushProcessor:
    """Running state of a `Crush`: the last few frames."""

    def __init__(self, effect: Crush, sample_rate: int, channels: int, seed: Seed) -> None:
        self.channels = channels
        self._rate = effect.rate_hz / sample_rate
        self._mix = effect.mix
        self._taps = _lowpass(self._rate) if effect.antialias and self._rate < 1.0 else np.ones(1, np.float32)
        self.latency_frames = len(self._taps) // 2
        hold = math.ceil(1.0 / self._rate)
        self.tail_frames = hold + self.latency_frames
        self._past: Block = np.zeros((channels, len(self._taps) - 1 + hold), np.float32)
        self._dry = Lag(channels, self.latency_frames)
        self._step = np.float32(2.0 ** (1 - effect.bits))
        self._dither = _Dither(seed.at("dither"), channels) if effect.dither else None
        self._position = 0

    def process(self, block: Block) -> Block:
        """Return the crushed block. Shape (channels, frames) in and out."""
        frames = block.shape[1]
        if frames == 0:
            return block
        stream = np.concatenate([self._past, block], axis=1)
        now = np.arange(self._position, self._position + frames)
        held = np.floor(now * self._rate + _SLACK).astype(np.int64) if self._rate < 1.0 else now
        first, last = int(held[0]), int(held[-1])
        holds = np.arange(first, last + 1)
        taken = np.ceil(holds / self._rate - _SLACK).astype(np.int64) if self._rate < 1.0 else holds
        at = taken - self._position + self._past.shape[1] - len(self._taps) + 1
        values = np.stack([np.convolve(samples, self._taps, "valid") for samples in stream]).take(at, axis=1)
        if self._dither:
            values += self._step * self._dither.at(first, last + 1)
        values = _staircase(values / self._step) * self._step
        wet: Block = values.take(held - first, axis=1)
        self._past = stream[:, frames:].copy()
        self._position += frames
        dry = self._dry.process(block)
        return wet if self._mix == 1.0 else dry + np.float32(self._mix) * (wet - dry)


def _staircase(x: Block) -> Block:
    """Round to whole numbers, by risers that lean: a step takes a quarter of its tread.

    A hard riser turns the last bit of a float, which differs between machines, into a whole step.
    """
    tread = np.floor(x)
    return np.asarray(tread + np.clip((x - tread - 0.5) * _LEAN + 0.5, 0.0, 1.0), np.float32)


def _lowpass(rate: float) -> NDArray[np.float32]:
    """Return a windowed sinc, 6 dB down near 0.45 of the new rate, about four of its periods long."""
    reach = math.ceil(2.0 / rate)
    n = np.arange(-reach, reach + 1)
    taps = np.sinc(0.9 * rate * n) * (0.5 + 0.5 * np.cos(np.pi * n / (reach + 1)))
    return np.asarray(taps / taps.sum(), np.float32)


class _Dither:
    """Triangular noise of one step either way, addressed by the number of the hold."""

    def __init__(self, seed: Seed, channels: int) -> None:
        self._seed = seed
        self._channels = channels
        self._page: tuple[int, Block] = (-1, np.zeros((channels, 0), np.float32))

    def at(self, first: int, end: int) -> Block:
        """Return the noise of holds [first, end), shape (channels, holds)."""
        low, high = first // _PAGE, (end - 1) // _PAGE
        noise = np.concatenate([self._read(page) for page in range(low, high + 1)], axis=1)
        return noise[:, first - low * _PAGE : end - low * _PAGE]

    def _read(self, page: int) -> Block:
        if page != self._page[0]:
            rng = self._seed.at(page).rng()
            shape = (self._channels, _PAGE)
            self._page = page, rng.random(shape, np.float32) - rng.random(shape, np.float32)
        return self._page[1]
