"""From a vector to the sound it stands for: a phase that is summed up, modes that ring, noise in short windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.models.oneshot.attack import imposed
from dusktape.models.oneshot.vector import (
    ATTACK,
    BANDS,
    CELLS,
    CENTRES,
    CLICK,
    CLICK_EDGES,
    CLICK_FLOOR,
    CLICK_S,
    FRAMES,
    HIGH_EDGES,
    HIGH_WINDOW,
    LEVEL,
    LOW_BINS,
    LOW_WINDOW,
    MODE_DECAY,
    MODE_DETUNE,
    MODE_FLOOR,
    MODE_LEVEL,
    NODES,
    NOISE,
    NOISE_FLOOR,
    PARTIAL_FLOOR,
    PHASE,
    PITCH,
    PLACE,
    REST_ATTACK_S,
    REST_HZ,
    REST_S,
    SAMPLE_RATE,
    SLOT_HZ,
    SLOTS_PER_OCTAVE,
    to_amplitude,
    to_level,
)

_QUIET = 1.5e-3
"""A sound ends where nothing of it is louder than this, over its loudest."""

_BLOCK = 128


@dataclass(frozen=True, slots=True)
class Touch:
    """How a drum is struck, and in what ways this stroke differs from others of it.

    Parameters
    ----------
    velocity
        In (0, 1]: softer strokes are duller; at 0.8 and above the drum is as it was drawn.
    pitch, decay, tone
        Factors on tuning, ring and brightness.
    """

    velocity: float = 1.0
    pitch: float = 1.0
    decay: float = 1.0
    tone: float = 1.0

    def on(self, vector: Floats) -> Floats:
        """Return the vector of a drum that is struck so."""
        out = vector.copy()
        slope = 0.75 * max(0.0, _FULL - self.velocity) / _FULL
        partial_hz = REST_HZ * 2.0 ** np.concatenate([vector[PITCH][:1], vector[PITCH]])
        for part, hz, floor in (
            (LEVEL, partial_hz, PARTIAL_FLOOR),
            (MODE_LEVEL, SLOT_HZ, MODE_FLOOR),
            (CLICK, _CLICK_HZ, CLICK_FLOOR),
            (NOISE, np.repeat(_NOISE_HZ, len(CENTRES)), NOISE_FLOOR),
        ):
            gain = (1.0 + np.square(hz / _DULL_HZ)) ** -slope * (np.maximum(hz, 100.0) / 1000.0) ** (
                1.5 * np.log2(self.tone)
            )
            if part in (LEVEL, NOISE):
                at = NODES if part == LEVEL else np.tile(CENTRES, BANDS)
                gain = gain * np.exp(at / _RING_S * (1.0 - 1.0 / self.decay))
            out[part] = to_level(to_amplitude(vector[part], floor) * gain, floor)
        out[MODE_DECAY] = vector[MODE_DECAY] + np.log2(self.decay)
        return out


_FULL = 0.8
_DULL_HZ = 900.0
_RING_S = 0.08
_CLICK_HZ = SAMPLE_RATE / HIGH_WINDOW * 0.5 * (CLICK_EDGES[1:] + CLICK_EDGES[:-1] - 1)
_NOISE_HZ = np.concatenate(
    [LOW_BINS * SAMPLE_RATE / LOW_WINDOW, SAMPLE_RATE / HIGH_WINDOW * 0.5 * (HIGH_EDGES[1:] + HIGH_EDGES[:-1] - 1)]
)


def partial(vector: Floats, frames: int, pitch: float = 1.0) -> Floats:
    """Return the low partial, shape (frames,); `pitch` is a factor on its frequency."""
    amplitude = to_amplitude(vector[LEVEL], PARTIAL_FLOOR)
    heard = np.flatnonzero(amplitude)
    out = np.zeros(frames)
    if heard.size == 0:
        return out
    t = np.arange(min(frames, int(NODES[min(heard[-1] + 1, len(NODES) - 1)] * SAMPLE_RATE))) / SAMPLE_RATE
    hz = pitch * REST_HZ * 2.0 ** np.clip(vector[PITCH], -2.5, 3.0)
    turns = np.concatenate([[0.0], np.cumsum(hz * np.diff(NODES))])
    phase = 2.0 * np.pi * _eased(t, NODES, turns, hz) + np.pi * vector[PHASE][0]
    out[: t.size] = np.interp(t, NODES, amplitude) * np.sin(phase)
    return out


def _eased(t: Floats, nodes: Floats, turns: Floats, hz: Floats) -> Floats:
    """Return turns at times: through those at the nodes, with a slope that does not jump there (Fritsch, Carlson)."""
    slope = np.concatenate([hz[:1], 2.0 * hz[1:] * hz[:-1] / (hz[1:] + hz[:-1]), hz[-1:]])
    gap = np.diff(nodes)
    at = np.clip(np.searchsorted(nodes, t, side="right") - 1, 0, len(gap) - 1)
    x = (t - nodes[at]) / gap[at]
    d = hz - slope[:-1]
    e = hz - slope[1:]
    # Hermite's cubic over the straight line from node to node.
    bend = gap[at] * x * (1.0 - x) * (-d[at] * (1.0 - x) + e[at] * x)
    return np.asarray(turns[at] + hz[at] * gap[at] * x + bend)


def modes(vector: Floats, frames: int, pitch: float = 1.0) -> Floats:
    """Return the sum of the modes, each a sine that begins at the onset and decays, shape (frames,)."""
    amplitude = to_amplitude(vector[MODE_LEVEL], MODE_FLOOR)
    there = amplitude > 0.3 * MODE_FLOOR
    if not there.any():
        return np.zeros(frames)
    detune = np.clip(vector[MODE_DETUNE][there], -0.5, 0.5) / SLOTS_PER_OCTAVE
    decay_s = REST_S * 2.0 ** np.clip(vector[MODE_DECAY][there], -5.0, 5.5)
    return rung(-1j * amplitude[there], pitch * SLOT_HZ[there] * 2.0**detune, decay_s, frames)


def rung(amplitude: NDArray[Any], hz: Floats, decay_s: Floats, frames: int) -> Floats:
    """Return the real part of decaying exponentials of complex amplitudes, shape (frames,).

    exp(p (a + b)) = exp(p a) exp(p b): two small matrix products in place of a sine for each frame.
    """
    pole = (-1.0 / decay_s + 2j * np.pi * hz) / SAMPLE_RATE
    coarse = amplitude * np.exp(pole * (np.arange(-(-frames // _BLOCK)) * _BLOCK)[:, None])
    fine = np.exp(pole[:, None] * np.arange(_BLOCK))
    sound = coarse.real @ fine.real - coarse.imag @ fine.imag
    return np.asarray(sound.reshape(-1)[:frames])


def noise(vector: Floats, frames: int, rng: np.random.Generator) -> Floats:
    """Return noise with the levels of each band and cell, shape (frames,)."""
    level = vector[NOISE].reshape(BANDS, -1)
    low = _windowed(level[: len(LOW_BINS)], LOW_BINS.astype(float), LOW_WINDOW, frames, rng)
    middle = 0.5 * (HIGH_EDGES[1:] + HIGH_EDGES[:-1] - 1)
    high = _windowed(level[len(LOW_BINS) :], middle, HIGH_WINDOW, frames, rng)
    return low + high


def _windowed(level: Floats, bins: Floats, window: int, frames: int, rng: np.random.Generator) -> Floats:
    """Return bands of noise, in windows that overlap by half: each its own draw, so their powers add up to one."""
    hop = window // 2
    at = np.arange(frames // hop + 2) * hop / SAMPLE_RATE
    across = np.stack([np.interp(at, CENTRES, row) for row in level], axis=1)
    first, last = (1, int(LOW_BINS[-1])) if window == LOW_WINDOW else (int(HIGH_EDGES[0]), window // 2)
    spread = _weights(bins, np.arange(first, last + 1))
    amplitude = to_amplitude(across @ spread, NOISE_FLOOR).astype(np.float32)
    spectrum = np.zeros((at.size, window // 2 + 1), np.complex64)
    drawn = rng.random((at.size, 2 * amplitude.shape[1]), dtype=np.float32) - np.float32(0.5)
    spectrum[:, first : last + 1] = drawn.view(np.complex64) * (amplitude * np.float32(np.sqrt(6.0 * window)))
    shape = np.sin(np.pi * (np.arange(window) + 0.5) / window).astype(np.float32)
    pieces = np.fft.irfft(spectrum, n=window, axis=1) * shape
    sound = np.zeros((at.size + 1, hop), np.float32)
    sound[:-1] += pieces[:, :hop]
    sound[1:] += pieces[:, hop:]
    return np.asarray(sound.reshape(-1)[hop : hop + frames], dtype=np.float64)


def _weights(bins: Floats, wanted: NDArray[Any]) -> Floats:
    """Return the matrix that interpolates from bands to bins, (bands, bins)."""
    return np.stack([np.interp(wanted, bins, row) for row in np.eye(bins.size)])


def click(vector: Floats, frames: int) -> Floats:
    """Return the impulse at the onset, of minimum phase: as sudden as its spectrum allows. Shape (frames,).

    Source
    ------
    Oppenheim and Schafer, Discrete-Time Signal Processing: the folded cepstrum.
    """
    level = to_amplitude(vector[CLICK], CLICK_FLOOR)
    sound = np.zeros(frames)
    if level.max() < 3.0 * CLICK_FLOOR:
        return sound
    size = 4 * HIGH_WINDOW
    middle = 2.0 * (CLICK_EDGES[1:] + CLICK_EDGES[:-1] - 1)
    log = np.interp(np.arange(size // 2 + 1), middle, np.log(level + 0.1 * CLICK_FLOOR))
    cepstrum = np.fft.irfft(log)
    cepstrum[1 : size // 2] *= 2.0
    cepstrum[size // 2 + 1 :] = 0.0
    impulse = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)))[:HIGH_WINDOW]
    at = int(np.clip(vector[PLACE][0], 0.0, 1.0) * CLICK_S * SAMPLE_RATE)
    taken = min(impulse.size, frames - at)
    sound[at : at + taken] = impulse[:taken]
    return sound


def length(vector: Floats) -> int:
    """Return after how many frames nothing is heard of a sound any more."""
    levels = vector[NOISE].reshape(BANDS, -1)
    share = np.concatenate([np.full(len(LOW_BINS), 2.0 / LOW_WINDOW), np.diff(HIGH_EDGES) * 2.0 / HIGH_WINDOW])
    hiss = np.sqrt(share @ np.square(to_amplitude(levels, NOISE_FLOOR)))
    low = np.interp(CENTRES, NODES, to_amplitude(vector[LEVEL], PARTIAL_FLOOR))
    decay_s = REST_S * 2.0 ** np.clip(vector[MODE_DECAY], -5.0, 5.5)
    rings = to_amplitude(vector[MODE_LEVEL], MODE_FLOOR)[:, None] * np.exp(-CENTRES / decay_s[:, None])
    total = np.sqrt(hiss**2 + 0.5 * low**2 + 0.5 * np.sum(rings**2, axis=0))
    heard = np.flatnonzero(total >= _QUIET * total.max())
    end = CELLS[min(int(heard[-1]) + 2, len(CELLS) - 1)]
    return min(FRAMES, max(1024, int(end * SAMPLE_RATE)))


def render(vector: Floats, rng: np.random.Generator, *, frames: int = 0, pitch: float = 1.0) -> Floats:
    """Return the sound of a vector, peak 1, ending in silence.

    Parameters
    ----------
    vector
        Shape (SIZE,).
    rng
        Where its noise comes from.
    frames
        Length; 0 for as long as it is heard.
    pitch
        Factor on the frequency of all that has one.
    """
    count = min(length(vector), frames or FRAMES)
    sound = partial(vector, count, pitch) + modes(vector, count, pitch) + noise(vector, count, rng)
    struck = click(vector, count)
    # What is recorded as sudden as this was limited by the machine that took it.
    struck *= min(1.0, float(np.max(np.abs(sound))) / max(float(np.max(np.abs(struck))), 1e-9))
    sound = imposed(sound + struck, REST_ATTACK_S * 2.0 ** np.clip(vector[ATTACK], -5.0, 5.0))
    edge = max(64, count // 4)
    sound[-edge:] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(edge) + 1.0) / edge)
    sound[:6] *= (np.arange(6) + 0.5) / 6.0
    sound /= max(float(np.max(np.abs(sound))), 1e-9)
    return sound if frames in (0, count) else np.concatenate([sound, np.zeros(frames - count)])
