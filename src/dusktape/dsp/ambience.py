"""Places: beds of noise that move, loops of prime length, and what happens in them now and then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from dusktape.core.audio import Block, Cues, Floats
from dusktape.core.seed import Seed
from dusktape.dsp.fourier import spectrum
from dusktape.dsp.grains import CellPlayer, Event, GrainTrack
from dusktape.dsp.noise import Gain, ramps

CELL_FRAMES = 1 << 15
STEP_FRAMES = 1 << 11
"""Spacing of a layer's gains unless it asks for a finer one: 46 ms."""

Course: TypeAlias = Callable[[Floats], Floats]
"""Absolute frames to gains, shape as given. It must not depend on what was asked before."""


class Bed(Protocol):
    """Endless sound that can be read anywhere: a `NoiseBed` or a `Loop`."""

    def read(self, start: int, frames: int) -> Block:
        """Return the sound from absolute frame `start`, shape (2, frames)."""
        ...


class Loop:
    """A cyclic table, read from absolute frames. Loops of different prime lengths meet again only after hours.

    Parameters
    ----------
    table
        Shape (channels, frames), its end leading into its beginning.
    """

    def __init__(self, table: Block) -> None:
        self._table = table

    def read(self, start: int, frames: int) -> Block:
        """Return the sound from absolute frame `start`, shape (channels, frames)."""
        length = self._table.shape[1]
        out = np.empty((self._table.shape[0], frames), dtype=np.float32)
        at = 0
        while at < frames:
            inside = (start + at) % length
            count = min(frames - at, length - inside)
            out[:, at : at + count] = self._table[:, inside : inside + count]
            at += count
        return out


def prime_near(frames: int) -> int:
    """Return the largest prime that is not above `frames`, itself at least 2."""
    for n in range(frames, 2, -1):
        if n % 2 and all(n % d for d in range(3, int(n**0.5) + 1, 2)):
            return n
    return 2


def stereo_noise(
    frames: int, gain: Gain, *, sample_rate: int, rng: np.random.Generator, width: float, mono_below_hz: float = 250.0
) -> Block:
    """Return cyclic noise of a given colour, RMS 1, as a pair of microphones hears a wide thing. Shape (2, frames).

    Middle and side are drawn apart; the side grows with frequency from `mono_below_hz` on, so the low end is one
    pressure, without any delay between the channels.

    Parameters
    ----------
    frames, sample_rate
        How much, how fast.
    gain
        Colour: magnitude at each frequency.
    rng
        Where it is drawn from.
    width
        Side over middle well above `mono_below_hz`: 0 is mono, 0.5 a pair of microphones, 1 all around.
    mono_below_hz
        Where the side is 3 dB down.
    """
    hz = np.fft.rfftfreq(frames, 1.0 / sample_rate)
    colour = gain(np.asarray(hz, dtype=np.float64))
    colour[0] = colour[-1] = 0.0
    drawn = (rng.random((2, 2 * hz.size), dtype=np.float32) - np.float32(0.5)).view(np.complex64)
    aside = width / np.sqrt(1.0 + (mono_below_hz / np.maximum(hz, 1.0)) ** 4)
    middle, side = drawn[0] * colour.astype(np.float32), drawn[1] * (colour * aside).astype(np.float32)
    sound = np.fft.irfft(np.stack([middle + side, middle - side]), n=frames, axis=1)
    return np.asarray(sound / np.sqrt(np.mean(np.square(sound, dtype=np.float64))), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Layer:
    """A bed and how loud it is over time.

    Parameters
    ----------
    bed
        What sounds.
    course
        Its gain; stretches where it is 0 cost nothing. None: always 1.
    step_frames
        Spacing of the gains; straight lines in between. A divisor of `CELL_FRAMES`.
    """

    bed: Bed
    course: Course | None = None
    step_frames: int = STEP_FRAMES


class NowAndThen:
    """Long sounds that come by chance: at most one starts in each stretch of time. Stateless, like a bed.

    Parameters
    ----------
    seed
        Of this kind of event.
    every_frames
        Length of a stretch.
    longest
        Frames of the longest sound.
    choose
        A stretch's seed to the sound, shape (frames,) or (2, frames), and its left and right gains; None: nothing.
    """

    def __init__(
        self,
        seed: Seed,
        *,
        every_frames: int,
        longest: int,
        choose: Callable[[Seed], tuple[Block, float, float] | None],
    ) -> None:
        self._seed, self._every, self._longest, self._choose = seed, every_frames, longest, choose
        self._known: dict[int, tuple[int, tuple[Block, float, float] | None]] = {}

    def add(self, out: Block, start: int) -> None:
        """Add what sounds from absolute frame `start` on, in place. Shape (2, frames)."""
        first = max(0, (start - self._longest) // self._every - 1)
        for old in [stretch for stretch in self._known if stretch < first]:
            del self._known[old]
        for stretch in range(first, (start + out.shape[1]) // self._every + 1):
            if stretch not in self._known:
                self._known[stretch] = self._draw(stretch)
            at, chosen = self._known[stretch]
            if chosen is not None:
                _add(out, at - start, *chosen)

    def _draw(self, stretch: int) -> tuple[int, tuple[Block, float, float] | None]:
        here = self._seed.at(stretch)
        return int((stretch + 0.95 * here.at("when").unit()) * self._every), self._choose(here)


def _add(out: Block, at: int, sound: Block, left: float, right: float) -> None:
    first, last = max(0, -at), min(sound.shape[-1], out.shape[1] - at)
    if first < last:
        part = sound[..., first:last]
        pair = (part, part) if part.ndim == 1 else (part[0], part[1])
        out[0, at + first : at + last] += np.float32(left) * pair[0]
        out[1, at + first : at + last] += np.float32(right) * pair[1]


class Place:
    """Everything a place sounds of, cell by cell, all of it addressed by absolute frames.

    Parameters
    ----------
    layers
        Beds, each with its own course.
    passing
        What comes now and then.
    grains
        What comes often: cell index to the grains that start in it.
    gain
        Linear, over all.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        *,
        passing: Sequence[NowAndThen] = (),
        grains: Callable[[int], Sequence[Event]] | None = None,
        gain: float = 1.0,
    ) -> None:
        self._layers, self._passing, self._gain = layers, passing, np.float32(gain)
        self._grains = GrainTrack(grains, cell_frames=CELL_FRAMES) if grains else None

    def cell(self, index: int) -> Block:
        """Return the next cell, shape (2, CELL_FRAMES). Asked in order from 0."""
        start = index * CELL_FRAMES
        parts = [part for layer in self._layers if (part := _part(layer, start)) is not None]
        sound = parts[0] if parts else np.zeros((2, CELL_FRAMES), dtype=np.float32)
        for part in parts[1:]:
            sound += part
        for each in self._passing:
            each.add(sound, start)
        if self._grains is not None:
            sound += self._grains.cell(index)
        sound *= self._gain
        return sound

    def player(self, cues: Cues, *, sample_rate: int, fade_s: float = 0.3) -> CellPlayer:
        """Return a player of the place for the whole song, faded in and out."""
        fade = int(fade_s * sample_rate)
        return CellPlayer(self.cell, cell_frames=CELL_FRAMES, frames=cues.frames, fade_frames=fade)


def _part(layer: Layer, start: int) -> Block | None:
    """Return one layer's cell from frame `start`, shape (2, CELL_FRAMES); None where it rests."""
    if layer.course is None:
        return layer.bed.read(start, CELL_FRAMES)
    gains = layer.course(np.arange(start, start + CELL_FRAMES + 1, layer.step_frames, dtype=np.float64))
    if not gains.any():
        return None
    part = layer.bed.read(start, CELL_FRAMES)
    part *= ramps(gains, layer.step_frames)
    return part


def beside(place: float) -> tuple[float, float]:
    """Return left and right gains of a sound at `place`, -1 (left) to 1 (right), at equal power."""
    angle = 0.25 * np.pi * (1.0 + place)
    return float(np.sqrt(2.0) * np.cos(angle)), float(np.sqrt(2.0) * np.sin(angle))


def far_off(sound: Floats, *, sample_rate: int, rng: np.random.Generator, distance: float, darken_hz: float) -> Block:
    """Return a sound from afar: darker, and with the early scatter of what stands between. Shape (2, frames).

    Eight reflections within 150 ms, each at its own time for each ear; `distance` from 0 (dry) to 1 (mostly these).
    """
    tail = int(0.16 * sample_rate)
    size = 1 << (sound.size + 1023).bit_length()
    hz = np.fft.rfftfreq(size, 1.0 / sample_rate)
    dark = ((1.0 + 1j * hz / darken_hz) ** -2.0).astype(np.complex64)
    source = np.fft.irfft(spectrum(sound, size) * dark, n=size)[: sound.size]
    out = np.zeros((2, sound.size + tail), dtype=np.float32)
    out[:, : sound.size] = np.float32(1.0 - 0.7 * distance) * source
    when = (rng.random((2, 8)) ** 1.4 * tail).astype(np.int64)
    signs = rng.choice([-1.0, 1.0], (2, 8))
    for ear in (0, 1):
        for at, sign in zip(when[ear].tolist(), signs[ear].tolist(), strict=True):
            out[ear, at : at + sound.size] += np.float32(0.5 * distance * sign * np.exp(-2.2 * at / tail)) * source
    return out
