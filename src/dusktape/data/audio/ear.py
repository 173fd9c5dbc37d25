"""What a recording sounds like: its log-mel spectrum a hundred times a second, and all that is read off it.

Source
------
Slaney, "Auditory Toolbox", 1998 (mel filters); Müller, "Fundamentals of Music Processing", 2015, section 6.1 (onsets
by spectral flux).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dusktape.core.audio import Block, Floats
from dusktape.data.audio.gliding import Gliding
from dusktape.data.audio.source import fold

FRAMES_S = 100
"""Frames a second."""

BANDS = 40
LOW_HZ, HIGH_HZ = 40.0, 12_000.0
"""Mel bands, and from where to where they reach."""

FLOOR_DB = -100.0

_WINDOW_S = 0.046
_AT_ONCE = 128
_ALL_LOOKS, _EVERY_LOOK = 24, 3
_OPPOSED = 0.1
_RANGE_DB = 60.0
_LAG = 2
_PIECE = 4096
_RISE_DB = 3.0
_PEAK_SHARE = 0.3
_NEAR = 3
_SOON = 6
_STRIKE_DB = 9.0
_CLIFF_FROM_HZ = 2_500.0
_CLIFF_WIDTH = 0.08
_CLIFF_DB = 24.0
_PLATEAU, _PLATEAU_DB = 0.8, 18.0
_CLIFF_FLOOR_DB = -115.0
_SMOOTH_HZ = 150.0


class Ear:
    """Hears a file once, folded to one channel.

    Parameters
    ----------
    rate
        Of the file.
    """

    def __init__(self, rate: int) -> None:
        self._rate, self._rfft = rate, _rfft()
        self._size = 1 << round(np.log2(_WINDOW_S * rate))
        self._hop = rate / FRAMES_S
        window = np.hanning(self._size + 1)[:-1]
        self._window = (window * (2.0 / window.sum())).astype(np.float32)
        self._hz = np.arange(self._size // 2 + 1) * (rate / self._size)
        self._below = int(np.searchsorted(self._hz, HIGH_HZ))
        self._filters = mel_filters(self._hz[: self._below])
        self._weights = np.stack([self._hz, np.ones(len(self._hz))], axis=1).astype(np.float32)
        self._stream = np.zeros(self._size // 2, np.float32)
        self._one_side: bool | None = None
        self._mel: list[Block] = []
        self._level: list[Block] = []
        self._centre: list[Block] = []
        self._flatness: list[Block] = []
        self._outline: list[Block] = []
        self._power = np.zeros(len(self._hz))
        self._gliding = Gliding(self._hz)
        self._looks = self._seen = self._first = 0
        self._frames = 0

    def push(self, block: Block) -> None:
        """Hear the next block, (channels, frames)."""
        self._frames += block.shape[1]
        self._hear(self._mono(block))

    def _mono(self, block: Block) -> Block:
        two = fold(block, min(2, len(block)))
        if self._one_side is None and float(np.abs(two).max()) > 1e-3:
            middle = two.mean(axis=0)
            self._one_side = float(middle @ middle) < _OPPOSED * float(two[0] @ two[0])
        return np.asarray(two[0] if self._one_side else two.mean(axis=0), np.float32)

    def _hear(self, sound: Block) -> None:
        stream = np.concatenate([self._stream, sound])
        # Frame k lies around sample k * rate / 100: a whole hop would drift where that is none, as at 22,050 Hz.
        last = max(self._seen, int((self._first + len(stream) - self._size) / self._hop) + 1)
        starts = np.rint(np.arange(self._seen, last + 1) * self._hop).astype(int) - self._first
        starts = starts[starts <= len(stream) - self._size]
        if len(starts):
            windows = sliding_window_view(stream, self._size)
            for first in range(0, len(starts), _AT_ONCE):
                self._look(windows, starts[first : first + _AT_ONCE])
        self._seen += len(starts)
        used = max(0, round(self._seen * self._hop) - self._first)
        self._stream, self._first = stream[used:].copy(), self._first + min(used, len(stream))

    def _look(self, every: Block, starts: NDArray[np.int64]) -> None:
        windows = every[starts]
        half = round(self._hop) // 2
        middle = windows[:, self._size // 2 - half : self._size // 2 + half + 1]
        self._outline.append(np.stack([middle.min(axis=1), middle.max(axis=1)], axis=1))
        spectrum = self._rfft(windows * self._window, axis=1)
        if self._looks < _ALL_LOOKS or self._looks % _EVERY_LOOK == 0:
            self._gliding.push(spectrum, np.diff(starts) / self._rate)
        self._looks += 1
        power = spectrum.real**2 + spectrum.imag**2
        self._power += np.ones(len(power), np.float32) @ power
        weighed, total = (power @ self._weights).T
        self._centre.append(weighed / (total + np.float32(1e-20)))
        mel = power[:, : self._below] @ self._filters
        decibels = 10.0 * np.log10(np.maximum(mel, np.float32(1e-12)))
        level = 10.0 * np.log10(mel.sum(axis=1) + np.float32(1e-11))
        self._mel.append(decibels.astype(np.float16))
        self._level.append(level)
        self._flatness.append(decibels.mean(axis=1) - level + np.float32(10.0 * np.log10(BANDS)))

    def heard(self) -> Heard:
        """Return what was heard; call it once, after the last block."""
        self._hear(np.zeros(self._size + math.ceil(self._hop), np.float32))
        mel = np.concatenate(self._mel)
        count = min(len(mel), max(1, math.ceil(self._frames / self._hop)))
        mel = mel[:count]
        outline = np.concatenate(self._outline)[:count]
        parts = (self._level, self._centre, self._flatness)
        level, centre, flat = (np.concatenate(part)[:count].astype(np.float64) for part in parts)
        power = self._power / max(1, count)
        return Heard(mel, level, outline, centre, flat, power, self._hz, self._gliding.estimate())


@dataclass(frozen=True, eq=False)
class Heard:
    """A recording as its mel frames have it.

    Parameters
    ----------
    mel
        (frames, `BANDS`) in dB, float16; a sine at full scale has 0.
    level
        (frames,) of all bands together, in dB.
    outline
        (frames, 2) lowest and highest sample of each.
    centre
        (frames,) spectral centroid in Hz.
    flatness
        (frames,) mean of the bands in dB below their mean in power: 0 is noise, -40 a single tone.
    power
        (bins,) mean power of the spectrum.
    hz
        (bins,).
    vocals
        How likely it is that somebody sings or speaks, 0 to 1: see `gliding`.
    """

    mel: Block
    level: Floats
    outline: Block
    centre: Floats
    flatness: Floats
    power: Floats
    hz: Floats
    vocals: float = 0.0

    def events(self) -> Floats:
        """Return when something begins, in seconds, (N,): peaks of what rises, where the level rises with it."""
        rise = self.rising()
        if not len(rise):
            return np.zeros(0)
        padded = np.pad(rise, _NEAR)
        highest = sliding_window_view(padded, 2 * _NEAR + 1).max(axis=1)
        peaks = np.flatnonzero((rise >= highest) & (rise >= _RISE_DB))
        if not len(peaks):
            return np.zeros(0)
        strong = peaks[rise[peaks] >= _PEAK_SHARE * np.percentile(rise[peaks], 90)]
        kept: list[int] = []
        for peak in strong.tolist():
            if not kept or peak - kept[-1] > _NEAR:
                kept.append(peak)
        return np.array(kept) / FRAMES_S

    def strikes(self) -> Floats:
        """Return those of the events that come out of something much softer, in seconds, (N,)."""
        events = self.events()
        frames = np.rint(events * FRAMES_S).astype(int)
        after = np.array([self.level[f : f + _SOON].max() for f in frames.tolist()])
        before = np.array([self.level[max(0, f - _SOON) : f + 1].min() for f in frames.tolist()])
        return events[after - before >= _STRIKE_DB] if len(events) else events

    def rising(self) -> Floats:
        """Return how much begins at each frame: the mean rise of the bands over 20 ms, in dB, (frames,)."""
        floor = np.float32(float(self.mel.max()) - _RANGE_DB)
        out = np.zeros(len(self.mel))
        for first in range(0, len(self.mel), _PIECE):
            # All at once would take ten times the memory of what it is computed from.
            loud = np.maximum(self.mel[max(0, first - _LAG) : first + _PIECE].astype(np.float32), floor)
            if first == 0:
                loud = np.concatenate([np.full((_LAG, BANDS), floor, np.float32), loud])
            out[first : first + _PIECE] = np.maximum(0.0, loud[_LAG:] - loud[:-_LAG]).mean(axis=1)
        return out

    def bounds(self, below_db: float) -> tuple[int, int]:
        """Return the first frame and the one after the last that are less than so much below the loudest."""
        loud = np.flatnonzero(self.level > self.level.max() - below_db)
        return int(loud[0]), int(loud[-1]) + 1

    def facts(self) -> dict[str, Any]:
        """Return `brightness_hz`, `rolloff_hz`, `cutoff_hz`, `low_share`, `flatness_db`, `dynamics_db`, `events_s`,
        `vocals`."""
        loud = self.level > self.level.max() - _RANGE_DB
        weight = 10.0 ** (self.level[loud] / 20.0)
        first, last = self.bounds(_RANGE_DB)
        total = float(self.power.sum()) or 1.0
        running = np.cumsum(self.power) / total
        seconds = max(0.1, (last - first) / FRAMES_S)
        return {
            "sound_from_s": round(first / FRAMES_S, 2),
            "sound_to_s": round(last / FRAMES_S, 2),
            "silence": round(float((self.level < -60.0).mean()), 4),
            "brightness_hz": round(float(np.average(self.centre[loud], weights=weight)), 1),
            "rolloff_hz": round(float(self.hz[min(int(np.searchsorted(running, 0.95)), len(self.hz) - 1)]), 1),
            "cutoff_hz": cutoff(self.power, self.hz),
            "low_share": round(float(self.power[self.hz < 150.0].sum()) / total, 4),
            "flatness_db": round(float(np.average(self.flatness[loud], weights=weight)), 2),
            "dynamics_db": round(float(np.percentile(self.level[loud], 95) - np.percentile(self.level[loud], 10)), 2),
            "events_s": round(len(self.events()) / seconds, 3),
            "vocals": self.vocals,
        }


@cache
def _rfft() -> Any:
    """Return scipy's transform, which takes several frames at once and is nine times as fast, or numpy's."""
    try:
        from scipy.fft import rfft
    except ModuleNotFoundError:
        return np.fft.rfft
    return rfft


def cutoff(power: Floats, hz: Floats) -> float:
    """Return where a spectrum ends as if cut with a knife, in Hz; 0 if it falls off as sounds do.

    An upsampled recording, or one from a lossy coder, ends at a cliff: 24 dB and more within 8 % of its frequency, and
    nothing of note above. A tone control or an old tape has slopes that lose 3 dB there. A lone high tone ends, too,
    but there is little beside it.

    Parameters
    ----------
    power
        (bins,) mean power.
    hz
        (bins,) of each.
    """
    width = max(1, round(_SMOOTH_HZ / (hz[1] - hz[0])))
    smooth = np.convolve(power, np.full(width, 1.0 / width), "same")
    level = 10.0 * np.log10(smooth + 1e-20)
    above = np.maximum.accumulate(level[::-1])[::-1]  # the loudest from here on
    places = np.flatnonzero((hz >= _CLIFF_FROM_HZ) & (hz * (1.0 + _CLIFF_WIDTH) < hz[-1] * 0.985))
    if not len(places):
        return 0.0
    beyond = np.minimum((places * (1.0 + _CLIFF_WIDTH)).astype(int), len(hz) - 1)
    cliffs = (level[places] > _CLIFF_FLOOR_DB) & (level[places] - above[beyond] >= _CLIFF_DB)
    for place, other in zip(places[cliffs][::-1].tolist(), beyond[cliffs][::-1].tolist(), strict=True):
        below = level[int(_PLATEAU * place) : place + 1]
        if float(np.median(below)) - above[other] >= _PLATEAU_DB:
            return round(float(hz[place]), 0)
    return 0.0


def mel_filters(hz: Floats) -> Block:
    """Return triangles of equal width in mel, (bins, `BANDS`), each with a height of 1."""
    edges = np.linspace(_mel(LOW_HZ), _mel(HIGH_HZ), BANDS + 2)
    mel = 2595.0 * np.log10(1.0 + hz / 700.0)[:, None]
    up = (mel - edges[:-2]) / (edges[1:-1] - edges[:-2])
    down = (edges[2:] - mel) / (edges[2:] - edges[1:-1])
    return np.asarray(np.maximum(0.0, np.minimum(up, down)), np.float32)


def _mel(hz: float) -> float:
    return float(2595.0 * np.log10(1.0 + hz / 700.0))
