"""Where sound comes from: sums of decaying partials, bursts of filtered noise, and loops drawn as spectra."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dusktape.core.audio import Floats
from dusktape.core.seed import Seed
from dusktape.dsp.fourier import spectrum

Mono: TypeAlias = NDArray[np.float32]
"""One channel of samples, float32, shape (frames,)."""

_FINE = 256


def hertz(pitch: float) -> float:
    """Return the frequency of a MIDI pitch, 69 being 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def modes(
    frequencies_hz: ArrayLike,
    decays_s: ArrayLike,
    amplitudes: ArrayLike,
    phases: ArrayLike,
    frames: int,
    sample_rate: int,
) -> Mono:
    """Return a sum of sines that each die away, shape (frames,).

    Modes above 0.45 of the sample rate are left out. Costs one matrix product of (frames / 256, 2K) by
    (2K, 256) for K modes: 40 modes of three seconds take about a millisecond.

    Parameters
    ----------
    frequencies_hz, decays_s, amplitudes, phases
        One value a mode, shape (K,), or one for all: frequency, time to fall to 1/e, height, and phase in
        radians (0 starts at zero, rising).
    frames, sample_rate
        Length, and frames a second.

    Source
    ------
    A decaying exponential is z**n; with n = 256 b + j it splits into z**(256 b) times z**j, an outer product.
    """
    frequency, decay, amplitude, phase = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (frequencies_hz, decays_s, amplitudes, phases))
    )
    audible = (frequency < 0.45 * sample_rate) & (np.abs(amplitude) > 0.0)
    frequency, decay, amplitude, phase = (v[audible] for v in (frequency, decay, amplitude, phase))
    if frames <= 0 or frequency.size == 0:
        return np.zeros(max(frames, 0), dtype=np.float32)
    # What falls by 120 dB well before the end is made apart and shorter.
    brief = 14.0 * decay * sample_rate < 0.4 * frames
    if brief.any() and not brief.all():
        life = int(14.0 * decay[brief].max() * sample_rate)
        long = ~brief
        out = modes(frequency[long], decay[long], amplitude[long], phase[long], frames, sample_rate)
        out[:life] += modes(frequency[brief], decay[brief], amplitude[brief], phase[brief], life, sample_rate)
        return out
    step = np.exp((2j * np.pi * frequency - 1.0 / decay) / sample_rate)
    fine = _powers(step, _FINE)
    coarse = _powers(step**_FINE, -(-frames // _FINE)) * (amplitude * np.exp(1j * phase))[:, None]
    # Real and imaginary parts below 1e-20 would become float32 denormals, which are slow and silent.
    left = np.concatenate([coarse.imag, coarse.real])
    left[np.abs(left) < 1e-20] = 0.0
    right = np.concatenate([fine.real, fine.imag])
    return (left.T.astype(np.float32) @ right.astype(np.float32)).reshape(-1)[:frames]


def _powers(step: NDArray[np.complex128], count: int) -> NDArray[np.complex128]:
    """Return step**0 to step**(count - 1), shape (K, count), by doubling."""
    out = np.empty((step.size, count), dtype=np.complex128)
    out[:, 0] = 1.0
    filled, jump = 1, step.copy()
    while filled < count:
        take = min(filled, count - filled)
        out[:, filled : filled + take] = out[:, :take] * jump[:, None]
        filled += take
        jump = jump * jump
    return out


def burst(
    rng: np.random.Generator,
    *,
    low_hz: float,
    high_hz: float,
    decay_s: float,
    sample_rate: int,
    attack_s: float = 0.0004,
) -> Mono:
    """Return a short noise, 1 RMS before it decays: 6 dB per octave below `low_hz`, 12 above `high_hz`.

    It lasts seven times `decay_s` and ends in silence. Costs two FFTs of that length.
    """
    frames = int((7.0 * decay_s + attack_s) * sample_rate) + 2
    size = 1 << (frames - 1).bit_length()
    f = np.fft.rfftfreq(size, 1.0 / sample_rate)
    curve = (f / low_hz) / np.sqrt(1.0 + (f / low_hz) ** 2) / (1.0 + (f / high_hz) ** 2)
    noise = np.fft.irfft(spectrum(rng.standard_normal(size)) * curve.astype(np.float32), size)[:frames]
    noise /= np.sqrt(np.mean(noise**2)) + 1e-12
    t = np.arange(frames) / sample_rate
    shape = np.exp(-t / decay_s) * np.minimum(t / attack_s, 1.0) * np.minimum((frames - 1.0) / sample_rate - t, decay_s)
    return np.asarray(noise * shape / decay_s, dtype=np.float32)


def add(tone: Mono, sound: Mono, gain: float, at: int = 0) -> None:
    """Add a sound into a tone from frame `at` on, in place; what does not fit is left out."""
    count = min(sound.size, tone.size - at)
    if count > 0:
        tone[at : at + count] += np.float32(gain) * sound[:count]


def level_db(tone: NDArray[np.float32], sample_rate: int, *, seconds: float = 0.3) -> float:
    """Return the RMS level of the first `seconds`, in dB below full scale. Shape (frames,) or (channels, frames)."""
    head = tone[..., : int(seconds * sample_rate)].astype(np.float64)
    return float(10.0 * np.log10(np.mean(head**2) + 1e-20))


def levelled(tone: NDArray[np.float32], sample_rate: int, target_db: float) -> NDArray[np.float32]:
    """Return the tone scaled so that its first 300 ms have the RMS level `target_db`."""
    return tone * np.float32(10.0 ** ((target_db - level_db(tone, sample_rate)) / 20.0))


def stretched(f0: float, count: int, stiffness: float) -> Floats:
    """Return the partials of a stiff string, shape (count,): k f0 sqrt(1 + B k^2), scaled so that the first is f0.

    Source
    ------
    Fletcher, Blackham, Stratton, JASA 34 (1962).
    """
    k = np.arange(1, count + 1, dtype=np.float64)
    return np.asarray(k * f0 * np.sqrt((1.0 + stiffness * k * k) / (1.0 + stiffness)))


def out_of_tune(seed: Seed, pitch: int, cents: float) -> float:
    """Return the factor by which a key of this one instrument is off: at most `cents` either way, always the same."""
    return float(2.0 ** (seed.at("key", pitch).between(-cents, cents) / 1200.0))


def decibels(db: float) -> float:
    """Return the gain of a level in dB."""
    return float(10.0 ** (db / 20.0))
