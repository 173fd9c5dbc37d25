"""The low-pass that opens when the song begins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import CONTROL_FRAMES, Block, Cues, Floats, Processor, SectionCue
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import filters
from dusktape.dsp.silence import silent

_OPEN_HZ = 18_000.0
_SPACING_OCTAVES = 1.25
_WARM_UP_CYCLES = 16.0
_SHARE_FLOOR = 1e-6
_CELLS = 128
_SPAN = _CELLS * CONTROL_FRAMES
_PAGE = 32
"""Spans that are planned at once."""


@dataclass(frozen=True, slots=True)
class SectionFilter:
    """Follows the sections' brightness: an intro behind a door, a break under water, the chorus in the open.

    Brightness 0 is a low-pass at `closed_hz`, 1 is the untouched sound, and in between the cutoff moves by equal
    octaves for equal steps. The sound is faded between neighbours in a row of fixed second-order low-passes, 1.25
    octaves apart and the highest at 18 kHz, and the open sound: so close, they agree in phase and no band falls into a
    hole. Nothing clicks, and a filter runs only where it is heard and a moment before. No latency; next to nothing
    where open, about 1/350 of real time in stereo where it moves.
    """

    closed_hz: float = param(
        500.0, low=80.0, high=8000.0, unit="Hz", text="cutoff at brightness 0: 300 is the next flat, 1200 a radio"
    )
    glide_ms: float = param(
        150.0, low=5.0, high=5000.0, unit="ms", text="how long a jump in brightness takes: 20 snaps, 2000 swells"
    )
    depth: float = param(1.0, low=0.0, high=1.0, text="how far it follows: 0 stays open, 0.5 closes half the octaves")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> Processor:
        """Return a processor at frame 0 of the song."""
        curve = BrightnessCurve(cues.sections, self.glide_ms * sample_rate / 1000.0)
        return SectionFilterProcessor(curve, self.closed_hz, self.depth, sample_rate, channels)


class BrightnessCurve:
    """Brightness over time: linear inside sections, the jumps between them rounded by a moving mean.

    The mean comes from the curve's integral, a parabola per section, so any frame can be asked for in any order.

    Parameters
    ----------
    sections
        In order, without gaps. With none, the brightness is 1.
    glide_frames
        Length of the mean, centred.
    """

    def __init__(self, sections: Sequence[SectionCue], glide_frames: float) -> None:
        shown = [s for s in sections if s.frames > 0] or [SectionCue("open", 0, 1)]
        self._glide = max(glide_frames, 1.0)
        self._start = np.array([s.start_frame for s in shown] + [shown[-1].start_frame + shown[-1].frames], np.float64)
        first = np.array([s.brightness for s in shown] + [shown[-1].brightness_end])
        # Darkness, not brightness, is summed up: where all is open, every sum is exactly 0.
        self._dark = 1.0 - first
        slopes = [(s.brightness - s.brightness_end) / s.frames for s in shown]
        self._slope = np.array([*slopes, 0.0])
        length = np.diff(self._start)
        area = self._dark[:-1] * length + 0.5 * self._slope[:-1] * length**2
        self._area = np.concatenate([[0.0], np.cumsum(area)])

    def at(self, frames: Floats) -> Floats:
        """Return the brightness at each frame. Shape (T,)."""
        half = 0.5 * self._glide
        dark = (self._integral(frames + half) - self._integral(frames - half)) / self._glide
        return np.asarray(np.clip(1.0 - dark, 0.0, 1.0))

    def _integral(self, frames: Floats) -> Floats:
        at = np.maximum(np.searchsorted(self._start, frames, side="right") - 1, 0)
        into = frames - self._start[at]
        # Before the first section its opening value holds, so the slope counts only inside.
        slope = np.where(into > 0.0, self._slope[at], 0.0)
        return np.asarray(self._area[at] + self._dark[at] * into + 0.5 * slope * into**2)


class SectionFilterProcessor:
    """Running state of a `SectionFilter`: where it is in the song, and the filters that run there.

    Spans of 8192 frames on the absolute grid: filters start and stop at their edges, whatever the blocks.
    """

    latency_frames = 0

    def __init__(self, curve: BrightnessCurve, closed_hz: float, depth: float, sample_rate: int, channels: int) -> None:
        top = min(_OPEN_HZ, 0.45 * sample_rate)
        steps = max(1, math.ceil(math.log2(top / closed_hz) / _SPACING_OCTAVES))
        cutoffs = [closed_hz * (top / closed_hz) ** (k / steps) for k in range(steps + 1)]
        self.channels = channels
        self._curve = curve
        self._depth = depth
        self._designs = [filters.lowpass(hz, sample_rate, order=2) for hz in cutoffs]
        # A low-pass forgets what it heard at e^(-4.4) per cycle of its cutoff; 16 cycles are 600 dB.
        self._warm_up = math.ceil(_WARM_UP_CYCLES * sample_rate / closed_hz / CONTROL_FRAMES)
        self._running: list[filters.StateSpaceFilter | None] = [None] * len(cutoffs)
        self._gains: dict[int, Block] = {}
        self._page = -1
        self._brightness, self._page_shares = np.zeros(0), np.zeros((0, 0))
        self._open = True
        self._frame = 0
        self.tail_frames = len(filters.impulse_response(self._designs[0]))

    def process(self, block: Block) -> Block:
        """Return the block as bright as the song wants it. Shape (channels, frames) in and out."""
        out = np.empty_like(block)
        done = 0
        while done < block.shape[1]:
            into = self._frame % _SPAN
            if into == 0:
                self._plan(self._frame // CONTROL_FRAMES)
            take = min(_SPAN - into, block.shape[1] - done)
            self._filter(block[:, done : done + take], into, out[:, done : done + take])
            self._frame, done = self._frame + take, done + take
        return out

    def _plan(self, first_cell: int) -> None:
        """Look ahead over the span that begins: which filters run there, and how loud each is at every frame."""
        page, first = divmod(first_cell, _PAGE * _CELLS)
        if page != self._page:
            self._turn_to(page)
        shown = slice(first, first + _CELLS + 1 + self._warm_up)
        brightness = self._brightness[shown]
        self._open = self._depth == 0.0 or bool(np.all(brightness == 1.0))
        if self._open:
            self._running = [None] * len(self._designs)
            return
        shares = self._page_shares[:, shown]
        ramp = (np.arange(CONTROL_FRAMES) / CONTROL_FRAMES).astype(np.float32)
        self._gains = {}
        for k, row in enumerate(shares):
            now, change = row[:_CELLS, None], np.diff(row[: _CELLS + 1])[:, None]
            if row.any():
                self._gains[k] = (now.astype(np.float32) + change.astype(np.float32) * ramp).reshape(-1)
            if k < len(self._designs):
                self._running[k] = self._awake(k) if k in self._gains else None
        self._open = self._gains.keys() == {len(self._designs)}

    def _turn_to(self, page: int) -> None:
        cells = np.arange(_PAGE * _CELLS + 1 + self._warm_up, dtype=np.float64) + page * _PAGE * _CELLS
        self._page = page
        self._brightness = self._curve.at(cells * CONTROL_FRAMES)
        self._page_shares = self._shares(self._brightness)

    def _awake(self, k: int) -> filters.StateSpaceFilter:
        return self._running[k] or filters.StateSpaceFilter(self._designs[k], self.channels)

    def _filter(self, block: Block, into: int, out: Block) -> None:
        if self._open:
            out[:] = block
            return
        out[:] = 0.0
        rests = silent(block)
        for k, gains in self._gains.items():
            running = self._running[k] if k < len(self._designs) else None
            if rests and (running is None or running.at_rest):
                continue
            heard = block if running is None else running.process(block)
            out += heard * gains[into : into + block.shape[1]]

    def _shares(self, brightness: Floats) -> Floats:
        """Return how much of each low-pass, and last of the open sound, is heard. Shape (steps + 1, T), sums to 1."""
        place = len(self._designs) * (1.0 - self._depth * (1.0 - brightness))
        shares = 1.0 - np.abs(place[None, :] - np.arange(len(self._designs) + 1)[:, None])
        shares[shares < _SHARE_FLOOR] = 0.0
        return np.asarray(np.where(shares > 1.0 - _SHARE_FLOOR, 1.0, shares))
