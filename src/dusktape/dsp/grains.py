"""Many small sounds over a long time, made cell by cell: crackle, drops, hits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Block, Floats

Ints: TypeAlias = NDArray[np.int64]

Event: TypeAlias = tuple[int, Block, float, float]
"""A grain that starts: frame inside its cell, the grain (frames,) or (2, frames), left and right gain."""


class GrainTrack:
    """Adds grains into cells of equal length; what reaches beyond a cell is carried into the next.

    Asked cell after cell from 0. Memory: one cell and the longest grain.

    Parameters
    ----------
    events
        Cell index to the grains that start in it. Draws of its own come from the cell's index alone.
    cell_frames
        Length of a cell.
    """

    def __init__(self, events: Callable[[int], Iterable[Event]], *, cell_frames: int) -> None:
        self._events, self._frames = events, cell_frames
        self._carry = np.zeros((2, 0), dtype=np.float32)

    def cell(self, index: int) -> Block:
        """Return the next cell's sound, shape (2, cell_frames)."""
        events = list(self._events(index))
        reach = max((at + grain.shape[-1] for at, grain, _, _ in events), default=0)
        sound = np.zeros((2, max(reach, self._frames, self._carry.shape[1])), dtype=np.float32)
        sound[:, : self._carry.shape[1]] = self._carry
        for at, grain, left, right in events:
            place = sound[:, at : at + grain.shape[-1]]
            stereo = grain.ndim == 2
            place[0] += np.float32(left) * (grain[0] if stereo else grain)
            place[1] += np.float32(right) * (grain[1] if stereo else grain)
        self._carry = sound[:, self._frames :].copy()
        return sound[:, : self._frames]


class CellPlayer:
    """Plays sound that is made in cells of fixed absolute place, so that no split of `render` can change it.

    Parameters
    ----------
    make
        Cell index, from 0 and in order, to its sound, shape (2, cell_frames).
    frames
        Where the sound ends; silence after that. None: never.
    fade_frames
        Length of the fade in at frame 0 and out before `frames`.
    tail_frames
        How long it may sound after the last note.
    """

    def __init__(
        self,
        make: Callable[[int], Block],
        *,
        cell_frames: int,
        frames: int | None = None,
        fade_frames: int = 0,
        tail_frames: int = 0,
    ) -> None:
        self._make, self._cell_frames = make, cell_frames
        self._frames, self._tail = frames, tail_frames
        fade = fade_frames if frames is None else min(fade_frames, frames // 2)
        # Raised cosine: no corner at either end.
        self._rise = (0.5 - 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / max(fade, 1))).astype(np.float32)
        self._at = 0
        self._cell = np.zeros((2, 0), dtype=np.float32)

    @property
    def channels(self) -> int:
        """Always 2."""
        return 2

    @property
    def tail_frames(self) -> int:
        """How long it may sound after the last note has been let go."""
        return self._tail

    def render(self, frames: int) -> Block:
        """Return the next frames, shape (2, frames)."""
        out = np.zeros((2, frames), dtype=np.float32)
        end = frames if self._frames is None else max(0, min(frames, self._frames - self._at))
        done = 0
        while done < end:
            index, inside = divmod(self._at + done, self._cell_frames)
            if inside == 0:
                self._cell = self._make(index)
            count = min(end - done, self._cell_frames - inside)
            out[:, done : done + count] = self._cell[:, inside : inside + count]
            done += count
        self._fade(out)
        self._at += frames
        return out

    def _fade(self, out: Block) -> None:
        length = self._rise.size
        if self._at < length:
            n = min(out.shape[1], length - self._at)
            out[:, :n] *= self._rise[self._at : self._at + n]
        if self._frames is None:
            return
        first = self._frames - length
        low, high = max(self._at, first), min(self._at + out.shape[1], self._frames)
        if low < high:
            out[:, low - self._at : high - self._at] *= self._rise[::-1][low - first : high - first]


def burst(length: int, tau: float, rng: np.random.Generator) -> Block:
    """Return white noise under an exponential decay of time constant `tau` frames. Float32, (length,)."""
    return (rng.standard_normal(length) * np.exp(-np.arange(length) / tau)).astype(np.float32)


def scatter(table: Block, bank: Sequence[Block], places: Ints, which: Ints, gains: Floats) -> None:
    """Add grains into a cyclic table, in place: what reaches beyond its end goes on at its beginning.

    Parameters
    ----------
    table
        Shape (channels, frames).
    bank
        Grains, shape (n,) each.
    places, which
        Frame and grain of each event, shape (events,).
    gains
        Shape (channels, events).
    """
    frames = table.shape[1]
    for at, index, gain in zip(places.tolist(), which.tolist(), gains.T.astype(np.float32), strict=True):
        grain = bank[index]
        head = min(grain.size, frames - at)
        table[:, at : at + head] += gain[:, None] * grain[:head]
        if head < grain.size:
            table[:, : grain.size - head] += gain[:, None] * grain[head:]
