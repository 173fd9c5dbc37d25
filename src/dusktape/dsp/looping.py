"""Loops without a seam: where a sound can go back to, and how the two ends are joined."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Block, Floats
from dusktape.dsp.envelope import fall, rise

_FALL_FRAMES, _RISE_FRAMES = 220, 16


def seamless(sound: Block, *, fade: int, search: int) -> Block:
    """Return a loop made of a sound, from a place that its end is most like, its end faded into what came before that.

    Parameters
    ----------
    sound
        Shape (channels, frames).
    fade
        Frames of the crossfade, at most a quarter of the sound.
    search
        How far into the sound the loop may begin, at most a quarter of it.

    Returns
    -------
    Shape (channels, frames or fewer): after its last frame its first one follows.
    """
    frames = sound.shape[1]
    fade, search = min(fade, frames // 4), min(search, frames // 4)
    if fade < 2:
        return sound.copy()
    place, likeness = _match(sound, fade, search)
    loop = sound[:, place + fade :].copy()
    ending, before = joint(fade, likeness)
    loop[:, -fade:] *= ending.astype(np.float32)
    loop[:, -fade:] += sound[:, place : place + fade] * before.astype(np.float32)
    return loop


def measured(sound: Block, *, frames: int) -> Block:
    """Return a loop of exactly so many frames from the beginning of a sound: for what has a beat on its first frame.

    Its last 5 ms fall and its first 16 frames rise, so that neither the seam nor the first stroke suffers.
    """
    loop = sound[:, :frames].copy()
    edge, start = min(_FALL_FRAMES, frames // 4), min(_RISE_FRAMES, frames // 4)
    if start:
        loop[:, -edge:] *= fall(edge)
        loop[:, :start] *= rise(start)
    return loop


def joint(frames: int, likeness: float) -> tuple[Floats, Floats]:
    """Return gains down and up whose sum keeps its power for sounds of this correlation, shape (frames,) each."""
    angle = 0.5 * np.pi * (np.arange(frames) + 0.5) / frames
    angle = 0.5 * np.pi * np.sin(angle) ** 2  # no corner at either end
    down, up = np.cos(angle), np.sin(angle)
    power = np.sqrt(1.0 + 2.0 * np.clip(likeness, 0.0, 1.0) * down * up)
    return down / power, up / power


def _match(sound: Block, fade: int, search: int) -> tuple[int, float]:
    """Return the place within `search` whose next `fade` frames are most like the last ones, and how like: r."""
    mono = sound.mean(axis=0, dtype=np.float64)
    head, tail = mono[: fade + search], mono[-fade:]
    size = 1 << (head.size + fade - 1).bit_length()
    products = np.fft.irfft(np.fft.rfft(head, size) * np.conj(np.fft.rfft(tail, size)), size)[: search + 1]
    power = np.concatenate([[0.0], np.cumsum(np.square(head))])
    power = power[fade : fade + search + 1] - power[: search + 1]
    likeness = products / np.sqrt(np.maximum(power * np.sum(np.square(tail)), 1e-20))
    best = int(np.argmax(likeness))
    return best, float(likeness[best])
