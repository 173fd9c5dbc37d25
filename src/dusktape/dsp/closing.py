"""Closing a loop: its end is led into what came before its beginning, so that going round is going on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from dusktape.core.audio import Block
from dusktape.dsp.delay import read_at

Join = Callable[[Block, Block], Block]
"""Two stretches that end at the same place, the end of a turn and what precedes its start, to one that leads from the
first into the second. Each has `Seam.after` frames more than are returned."""

_ALIKE = 0.5
_GAIN = 0.01
_PARABOLA = 1e-12
_DRIFT = 0.03
"""Frames a frame: no tape of ours goes that much faster than it did a turn ago."""


def crossfaded(ours: Block, theirs: Block) -> Block:
    """Return a cross-fade that keeps the power, whatever the two have in common.

    Two gains that add up to 1 keep the level of equal sounds and dip by 3 dB between unlike ones; they are divided by
    the power that two sounds of this correlation make of them. The last frame is all theirs.

    Parameters
    ----------
    ours, theirs
        Shape (channels, frames).

    Source
    ------
    Fink, Holters, Zölzer, "Signal-matched power-complementary cross-fading and dry-wet mixing", DAFx-16.
    """
    frames = ours.shape[1]
    theirs_share = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, frames + 1) / max(1, frames))
    ours_share = 1.0 - theirs_share
    alike = max(0.0, _correlation(ours, theirs))
    power = ours_share**2 + theirs_share**2 + 2.0 * alike * ours_share * theirs_share
    gains = np.array([ours_share, theirs_share]) / np.sqrt(power)
    return np.asarray(ours * gains[0].astype(np.float32) + theirs * gains[1].astype(np.float32))


def _correlation(a: Block, b: Block) -> float:
    power = float(np.vdot(a, a)) * float(np.vdot(b, b))
    return float(np.vdot(a, b)) / power**0.5 if power > 0.0 else 0.0


def lateness(ours: Block, theirs: Block, reach: int) -> float:
    """Return by how many frames, at most `reach`, theirs is later than ours; 0 where they are not the same music.

    The place of the highest peak of the cross-correlation of the two, differenced (so that the bass does not decide
    alone) and windowed, between frames by a parabola.

    Parameters
    ----------
    ours, theirs
        Shape (channels, frames), of the same stretch.
    reach
        In frames.
    """
    window = np.hanning(ours.shape[1] - 1)
    a, b = (np.diff(x.astype(np.float64), axis=1) * window for x in (ours, theirs))
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    if scale <= 0.0:
        return 0.0
    size = 1 << (2 * a.shape[1] - 1).bit_length()
    spectrum = np.conj(np.fft.rfft(a, size)) * np.fft.rfft(b, size)
    whole = np.fft.irfft(spectrum.sum(axis=0), size) / scale
    near = np.concatenate([whole[-reach - 1 :], whole[: reach + 2]])
    best = 1 + int(near[1:-1].argmax())
    if near[best] < max(_ALIKE, near[reach + 1] + _GAIN):
        return 0.0
    before, here, after = near[best - 1 : best + 2]
    bow = before - 2.0 * here + after
    between = 0.5 * (before - after) / bow if abs(bow) > _PARABOLA else 0.0
    return float(best - (reach + 1) + np.clip(between, -0.5, 0.5))


@dataclass(frozen=True, slots=True)
class Homing:
    """A join for what a tape has swayed: over `bend` frames it is brought to where theirs is, then faded over.

    Where two turns of the same music stand a few milliseconds apart, a cross-fade alone would comb them. So the first
    is slowed or hurried by that much beforehand, by less than a tape sways, and meets the second at its pace.

    Parameters
    ----------
    fade
        Frames of the cross-fade.
    bend
        Frames in which the place is made good; 0 leaves it.
    around
        Frames on either side of the seam that are compared.
    reach
        The largest difference that is looked for, in frames.
    """

    fade: int
    bend: int = 0
    around: int = 0
    reach: int = 0

    def __call__(self, ours: Block, theirs: Block) -> Block:
        """Return the join, as `Join` says; `around` frames beyond the seam are needed where there is a bend."""
        frames = ours.shape[1] - self.around
        bend, fade = min(self.bend, frames), min(self.fade, frames)
        here = ours[:, :frames]
        if bend:
            late, before = (self._late(ours, theirs, at) for at in (frames, frames - self.around))
            if late:
                drift = (late - before) / self.around if before else 0.0
                here = _bent(ours, late, drift if abs(drift) < _DRIFT else 0.0, bend, frames)
        last = crossfaded(here[:, frames - fade :], theirs[:, frames - fade : frames])
        return np.concatenate([here[:, : frames - fade], last], axis=1)

    def _late(self, ours: Block, theirs: Block, at: int) -> float:
        near = slice(max(0, at - self.around), at + self.around)
        return lateness(ours[:, near], theirs[:, near], self.reach)


def _bent(ours: Block, late: float, drift: float, bend: int, frames: int) -> Block:
    """Return the stretch, whose last `bend` frames become later by and by, in the end by `late`, at a pace of `drift`.

    A Hermite cubic: place and pace are those of the first sound where it begins and of the second where it ends.
    """
    t = np.arange(1, bend + 1) / bend
    moved = read_at(
        ours, np.arange(frames - bend, frames) - late * t * t * (3.0 - 2.0 * t) - drift * bend * t * t * (t - 1.0)
    )
    return np.concatenate([ours[:, : frames - bend], moved], axis=1)


@dataclass
class Seam:
    """Cuts a loop out of a stream, block by block, and joins its end to what came before its start.

    The last frame of the loop is the one that preceded its first, so going round is going on.

    Parameters
    ----------
    start, frames
        Of the loop, in the stream; `start` is at least `reach`.
    reach
        Frames that the join may change; at most `frames`.
    after
        Frames beyond the seam that the join wants to see.
    join
        What leads from the one to the other.
    """

    start: int
    frames: int
    reach: int
    after: int
    join: Join
    _at: int = 0
    _before: list[Block] = field(default_factory=list)
    _last: list[Block] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether the whole loop has been handed out."""
        return self._at >= self.start + self.frames + self.after

    def process(self, block: Block) -> Block:
        """Hear the next block of the stream and return what of the loop is certain now; shape (channels, any)."""
        if self.done:
            return block[:, :0]
        end = self.start + self.frames
        self._before.append(self._within(block, self.start - self.reach, self.start + self.after))
        self._last.append(self._within(block, end - self.reach, end + self.after))
        out = self._within(block, self.start, end - self.reach)
        self._at += block.shape[1]
        if not self.done:
            return out
        last, before = (np.concatenate(kept, axis=1) for kept in (self._last, self._before))
        return np.concatenate([out, self.join(last, before)], axis=1)

    def _within(self, block: Block, first: int, end: int) -> Block:
        return block[:, max(0, first - self._at) : max(0, end - self._at)].copy()
