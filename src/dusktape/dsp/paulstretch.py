"""Time without attacks: a sound so slow that only its colour is left."""

from __future__ import annotations

import math

import numpy as np

from dusktape.core.audio import Block, Floats
from dusktape.core.seed import Seed

_PIECE_FRAMES = 1 << 16


class PaulStretch:
    """Turns any sound into a slow cloud of itself: spectra stay, phases are drawn anew, so nothing strikes any more.

    The output's frame n is the stream's at n / times. The level stays that of the stream in the mean: windows are
    added so that the power of sounds that know nothing of each other is even, and the ends are mirrored, so that no
    energy goes astray there. All channels are given the same phases; the image stays where it is. Holds a few windows,
    however long the stream. About 1/500 of real time of the result, in stereo.

    Parameters
    ----------
    channels
        Of the stream.
    times
        How much longer it becomes; 1 or more.
    window_frames
        Frames of which a spectrum is taken, 16 or more: 0.25 s is usual, more is smoother. Rounded up, by a
        quarter at most, to a length that is quick to transform.
    seed
        Where the phases are drawn from.

    Source
    ------
    Nasca Octavian Paul, "Paul's Extreme Sound Stretch" (2006) and the algorithm that he published in the public domain
    (2011). His windows are (1 - x²)^1.25 with a correction of amplitudes; ours are a Hann window for the spectrum and
    its square root for the sum.
    """

    def __init__(self, channels: int, times: float, *, window_frames: int, seed: Seed) -> None:
        if not times >= 1.0 or window_frames < 16:
            raise ValueError(f"{times} times longer in windows of {window_frames} frames cannot be")
        self._channels, self._times, self._seed = channels, times, seed
        self._hop = _quick(window_frames // 2)
        self._size = 2 * self._hop
        phase = np.pi * (np.arange(self._size) + 0.5) / self._size
        # Analysis keeps power: its squares have the mean 1. The squares of what is laid over it add up to 1.
        self._ear = np.sin(phase) ** 2 / math.sqrt(3.0 / 8.0)
        self._mouth = np.sin(phase)
        self._held: Block = np.zeros((channels, 0), np.float32)
        self._first = -self._hop
        self._begun = False
        self._came = self._went = self._count = 0
        self._sum: Floats = np.zeros((channels, self._size))

    def push(self, block: Block) -> Block:
        """Take the next frames, (channels, any), and return those that are ready."""
        out = [self._push(block[:, k : k + _PIECE_FRAMES]) for k in range(0, block.shape[1], _PIECE_FRAMES)]
        return np.concatenate(out, axis=1) if out else np.zeros((self._channels, 0), np.float32)

    def finish(self) -> Block:
        """Return the rest: in all as many frames as the stream has, times `times`, rounded."""
        if not self._came:
            return np.zeros((self._channels, 0), np.float32)
        behind = self._size + math.ceil(2 * self._hop / self._times)
        if self._begun:
            self._held = np.pad(self._held, ((0, 0), (0, behind)), mode="symmetric")
        else:
            self._held = np.pad(self._held, ((0, 0), (self._hop, behind)), mode="symmetric")
            self._begun = True
        left = round(self._came * self._times) - self._went
        return self._ready(left)

    def _push(self, block: Block) -> Block:
        self._held = np.concatenate([self._held, block], axis=1)
        self._came += block.shape[1]
        if not self._begun:
            if self._came < self._size:
                return np.zeros((self._channels, 0), np.float32)
            self._held = np.pad(self._held, ((0, 0), (self._hop, 0)), mode="symmetric")
            self._begun = True
        # What mirrors the end has to be there still when the end comes.
        return self._ready(round(self._came * self._times) - self._went, keep=self._size)

    def _ready(self, most: int, keep: int = 0) -> Block:
        """Return the frames that are complete, at most so many; hold back the last `keep` frames of the stream."""
        out, left = [np.zeros((self._channels, 0), np.float32)], most
        while left > 0:
            start = math.floor(self._count * self._hop / self._times) - self._hop - self._first
            if start + self._size + keep > self._held.shape[1]:
                break
            done = self._next(self._held[:, start : start + self._size])
            if self._count:  # the first hop lies before the beginning
                out.append(done[:, :left])
                left -= out[-1].shape[1]
            self._count += 1
        self._forget(keep)
        ready = np.concatenate(out, axis=1)
        self._went += ready.shape[1]
        return ready

    def _forget(self, keep: int) -> None:
        """Let go of frames that no window will see again."""
        start = math.floor(self._count * self._hop / self._times) - self._hop - self._first
        gone = max(0, min(start, self._held.shape[1] - keep))
        self._held = self._held[:, gone:]
        self._first += gone

    def _next(self, piece: Block) -> Block:
        """Add one window to what sounds and return the hop that is complete."""
        spectrum = np.fft.rfft(piece * self._ear, axis=1)
        drawn = self._seed.at("phases", self._count).rng()
        angle: Block = np.asarray(drawn.random(spectrum.shape[1], dtype=np.float32) * np.float32(2.0 * np.pi))
        angle[[0, -1]] = 0.0  # neither the mean nor half the rate has a phase
        spectrum *= np.cos(angle) + np.complex64(1j) * np.sin(angle)
        self._sum += np.fft.irfft(spectrum, self._size, axis=1) * self._mouth
        done = self._sum[:, : self._hop].astype(np.float32)
        self._sum[:, : self._hop] = self._sum[:, self._hop :]
        self._sum[:, self._hop :] = 0.0
        return done


def _quick(frames: int) -> int:
    """Return the next length that is a power of two, or 5/4, 3/2 or 15/8 of one."""
    power = 1 << max(3, frames.bit_length() - 1)
    return next(size for size in (power, power * 5 // 4, power * 3 // 2, power * 15 // 8, 2 * power) if size >= frames)
