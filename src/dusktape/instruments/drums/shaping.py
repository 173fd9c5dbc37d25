"""What all drums are made of: decaying modes, coloured noise, gentle filters. Mono; float64 between the filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.dsp.filters import small_products
from dusktape.dsp.fourier import spectrum


@dataclass(frozen=True, slots=True)
class Tuning:
    """The kit of one song, resolved: parameters, character and the seed's small variations together.

    Parameters
    ----------
    kick_hz, kick_sweep_hz, kick_sweep_s, kick_decay_s, kick_click, kick_drive
        Where the kick ends, how far above it starts, how fast it falls, how long it rings.
    snare_hz, snare_decay_s, snare_noise, snare_attack_s, snare_top_hz
        Head tuning, wire tail, share of wires, softness, brightness of a full stroke.
    hat_decay_s, hat_hz
        Of a closed hat at full velocity; lower edge of its metal.
    wood, metal
        0.9 to 1.1: tune of the rim and toms, of cymbals and jingles.
    brush
        0 sticks, 1 brushes.
    machine
        0 a drummer's set, 1 a drum machine.
    beat_s
        Length of a beat: how fast brushes stir.
    """

    sample_rate: int
    kick_hz: float
    kick_sweep_hz: float
    kick_sweep_s: float
    kick_decay_s: float
    kick_click: float
    kick_drive: float
    snare_hz: float
    snare_decay_s: float
    snare_noise: float
    snare_attack_s: float
    snare_top_hz: float
    hat_decay_s: float
    hat_hz: float
    wood: float = 1.0
    metal: float = 1.0
    brush: float = 0.0
    machine: float = 0.0
    beat_s: float = 0.75


@dataclass(frozen=True, slots=True)
class Stroke:
    """One stroke: how hard, and in what ways it differs from its neighbours.

    Parameters
    ----------
    velocity
        In (0, 1].
    pitch, decay, tone
        Factors near 1: head tension, ring and brightness of this round-robin variant.
    rng
        Its noise.
    """

    velocity: float
    pitch: float
    decay: float
    tone: float
    rng: np.random.Generator


def seconds(length_s: float, sample_rate: int) -> Floats:
    """Return the time of each frame, in seconds, shape (frames,): whole kiloframes, which Fourier transforms like."""
    return np.arange(whole(int(length_s * sample_rate), 1024)) / sample_rate


def whole(frames: int, step: int) -> int:
    """Return the next multiple of `step`."""
    return -(-frames // step) * step


def modes(
    t: Floats,
    hz: Sequence[float] | Floats,
    decay_s: Sequence[float] | Floats,
    gain: Sequence[float] | Floats,
    phase: Sequence[float] | Floats,
) -> Floats:
    """Return the sum of decaying sines at times `t` (evenly spaced from 0), shape (frames,).

    exp(p (a + b)) = exp(p a) exp(p b): small matrix products instead of a sine per mode and frame. At most 85 modes.
    """
    step = 96
    dt = t[1] - t[0]
    pole = -1.0 / np.asarray(decay_s) + 2j * np.pi * np.asarray(hz)
    start = np.asarray(gain) * np.exp(1j * (np.asarray(phase) - 0.5 * np.pi))
    coarse = start[:, None] * np.exp(pole[:, None] * (np.arange(-(-t.size // step)) * (step * dt)))
    fine = np.exp(pole[:, None] * (np.arange(step) * dt))
    real = small_products(np.ascontiguousarray(coarse.real.T), np.ascontiguousarray(fine.real))
    real -= small_products(np.ascontiguousarray(coarse.imag.T), np.ascontiguousarray(fine.imag))
    return np.asarray(real.reshape(-1)[: t.size], dtype=np.float64)


def noise(t: Floats, low_hz: float, high_hz: float, rng: np.random.Generator, *, order: int = 1) -> Floats:
    """Return steady noise in a band, RMS 1 over white noise of the same band, shape (frames,)."""
    f = np.maximum(np.fft.rfftfreq(t.size, t[1] - t[0]), 1.0)
    colour = 1.0 / np.sqrt((1.0 + (low_hz / f) ** (2 * order)) * (1.0 + (f / high_hz) ** (2 * order)))
    colour[0] = 0.0
    # Even draws for each bin sum to a Gaussian in time, at a third of the cost.
    drawn = (rng.random(2 * f.size, dtype=np.float32) - np.float32(0.5)).view(np.complex64)
    sound = np.fft.irfft(drawn * colour.astype(np.float32), n=t.size).astype(np.float64)
    return np.asarray(sound / np.sqrt(np.mean(np.square(sound)) + 1e-30), dtype=np.float64)


def lowpass(sound: Floats, cutoff_hz: float, sample_rate: int, *, order: int = 1) -> Floats:
    """Return the sound through `order` one-pole low-passes in a row."""
    return _one_poles(sound, lowpass_hz=cutoff_hz, highpass_hz=0.0, sample_rate=sample_rate, order=order)


def highpass(sound: Floats, cutoff_hz: float, sample_rate: int, *, order: int = 1) -> Floats:
    """Return the sound through `order` one-pole high-passes in a row."""
    return _one_poles(sound, lowpass_hz=0.0, highpass_hz=cutoff_hz, sample_rate=sample_rate, order=order)


def _one_poles(sound: Floats, *, lowpass_hz: float, highpass_hz: float, sample_rate: int, order: int) -> Floats:
    size = filter_size(sound)
    response = one_poles(size, sample_rate, lowpass_hz=lowpass_hz, highpass_hz=highpass_hz, order=order)
    return filtered(sound, response)


def filter_size(sound: Floats) -> int:
    """Return the length of the transform that filters a sound: padded, so nothing wraps around."""
    return whole(sound.size + 1024, 4096)


def one_poles(
    size: int, sample_rate: int, *, lowpass_hz: float = 0.0, highpass_hz: float = 0.0, order: int = 1
) -> NDArray[np.complex128]:
    """Return the response of `order` one-pole low-passes and high-passes, shape (size // 2 + 1,); 0 Hz leaves one out.

    The recursive filter's own response at each bin, so nothing rings ahead.
    """
    z = _unit_circle(size)
    response = np.ones(z.size, dtype=np.complex128)
    if lowpass_hz:
        a = np.exp(-2.0 * np.pi * min(lowpass_hz / sample_rate, 0.49))
        response *= ((1.0 - a) / (1.0 - a * z)) ** order
    if highpass_hz:
        a = np.exp(-2.0 * np.pi * highpass_hz / sample_rate)
        response *= (0.5 * (1.0 + a) * (1.0 - z) / (1.0 - a * z)) ** order
    return response


def filtered(sound: Floats, response: NDArray[np.complex128]) -> Floats:
    """Return the sound through a response at `filter_size` of it."""
    size = filter_size(sound)
    bins = spectrum(sound, size) * response.astype(np.complex64)
    return np.asarray(np.fft.irfft(bins, n=size)[: sound.size], dtype=np.float64)


@lru_cache(maxsize=8)
def _unit_circle(size: int) -> NDArray[np.complex128]:
    return np.asarray(np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size), dtype=np.complex128)


def rise(t: Floats, attack_s: float) -> Floats:
    """Return an attack from 0 to 1: 63 % after `attack_s`, soft at its foot."""
    x = np.maximum(t, 0.0) / attack_s
    return np.asarray(1.0 - np.exp(-x - 0.5 * x * x), dtype=np.float64)


def finish(sound: Floats, sample_rate: int, *, top_hz: float, low_hz: float = 22.0) -> Floats:
    """Return the sound without DC, softened above `top_hz`, its last third let go slowly: no hit may end in a step."""
    n = sound.size // 3
    shaped = _one_poles(sound, lowpass_hz=top_hz, highpass_hz=low_hz, sample_rate=sample_rate, order=1)
    shaped[-n:] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(n) + 1.0) / n)
    return shaped


def bandpass(sound: Floats, low_hz: float, high_hz: float, sample_rate: int, *, order: int = 1) -> Floats:
    """Return the sound through `order` one-pole high-passes and as many low-passes."""
    return _one_poles(sound, lowpass_hz=high_hz, highpass_hz=low_hz, sample_rate=sample_rate, order=order)


def grains(t: Floats, per_second: Floats, rng: np.random.Generator) -> Floats:
    """Return single impulses of random size at a rate that may vary, shape (frames,): wires, matches, sand.

    Where the rate nears the sample rate this is white noise; at a few hundred a second one hears each grain.
    """
    chance = per_second * (t[1] - t[0])
    struck = rng.random(t.size, dtype=np.float32) < chance
    out = np.zeros(t.size)
    out[struck] = rng.standard_normal(int(np.count_nonzero(struck)))
    return out


def normal(sound: Floats, peak: float = 1.0) -> Floats:
    """Return the sound scaled to a peak."""
    return np.asarray(sound * (peak / max(float(np.max(np.abs(sound))), 1e-12)), dtype=np.float64)


def added(sound: Floats, other: Floats, at: int, gain: float) -> None:
    """Add another sound from frame `at` on, in place; what does not fit is left out."""
    count = min(other.size, sound.size - at)
    if count > 0:
        sound[at : at + count] += gain * other[:count]
