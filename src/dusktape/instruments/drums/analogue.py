"""A drum machine of transistors: bridged-T oscillators, a noise diode, six square waves that never agree.

Source
------
The frequencies of the six oscillators (205 to 800 Hz) and the two resonators of the rim are those of the published
TR-808 service notes; decays and levels are ours.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from dusktape.core.audio import Floats
from dusktape.instruments.drums.shaping import Stroke, Tuning, bandpass, finish, highpass, modes, noise, rise, seconds

SQUARES_HZ = (205.3, 304.4, 369.6, 522.7, 540.0, 800.0)


def analogue_kick(k: Tuning, s: Stroke) -> Floats:
    """Return a sine that drops into place within 10 ms and then rings: long, round, nothing but bass."""
    v = s.velocity
    decay = 2.6 * k.kick_decay_s * s.decay * (0.75 + 0.25 * v)
    t = seconds(min(0.15 + 4.0 * decay, 1.4), k.sample_rate)
    swept = 2.0 * np.pi * k.kick_hz * t
    for height, fall in ((1.1 * k.kick_hz, 0.006), (0.35 * k.kick_sweep_hz * (0.4 + 0.6 * v), 1.3 * k.kick_sweep_s)):
        swept += 2.0 * np.pi * height * fall * (1.0 - np.exp(-t / fall))
    body = np.sin(swept) * np.exp(-t / decay) * rise(t, 0.0006 + 0.001 * (1.0 - v))
    click = np.exp(-t / 0.0009) * rise(t, 0.0001) * (0.15 + 0.7 * k.kick_click) * v
    sound = np.tanh(k.kick_drive * (0.5 + 0.4 * v) * body) + 0.5 * click
    return finish(highpass(sound, 24.0, k.sample_rate), k.sample_rate, top_hz=(900.0 + 4500.0 * v) * s.tone)


def analogue_snare(k: Tuning, s: Stroke) -> Floats:
    """Return two tuned resonators and a burst of high-passed noise; accents open the noise."""
    v = s.velocity
    decay = 1.25 * k.snare_decay_s * s.decay
    t = seconds(0.12 + 4.0 * decay, k.sample_rate)
    tones = modes(t, k.snare_hz * s.pitch * np.array([1.0, 1.87]), [0.055, 0.028], [0.75, 0.45 + 0.3 * v], [0.0, 0.0])
    snappy = highpass(noise(t, 700.0, 9500.0, s.rng), 1400.0, k.sample_rate) * np.exp(-t / decay)
    sound = (1.0 - 0.7 * k.snare_noise) * tones + k.snare_noise * (0.15 + 0.4 * v) * snappy
    top = k.snare_top_hz * (0.45 + 0.55 * v) * s.tone
    return finish(sound * rise(t, 0.4 * k.snare_attack_s), k.sample_rate, top_hz=top, low_hz=80.0)


def squares(k: Tuning, s: Stroke, t: Floats) -> Floats:
    """Return the six square oscillators, shape (frames,). They run on for ever: a stroke only opens the gate."""
    source = _oscillators(k.sample_rate, k.metal)
    if t.size >= source.size:
        source = np.resize(source, t.size + k.sample_rate)
    start = int(s.rng.integers(0, source.size - t.size))
    return source[start : start + t.size].copy()


@lru_cache(maxsize=4)
def _oscillators(sample_rate: int, tune: float) -> Floats:
    """Return three seconds of the six squares, RMS near 0.4, band-limited.

    Each edge is smoothed over two samples (polyBLEP: Välimäki and Huovilainen, 2007).
    """
    frames = 3 * sample_rate
    out = np.zeros(frames)
    for i, hz in enumerate(SQUARES_HZ):
        step = hz * tune / sample_rate
        phase = (np.arange(frames) * step + 0.618 * i) % 1.0
        for edge, sign in ((phase, 1.0), ((phase + 0.5) % 1.0, -1.0)):
            near, past = edge / step, (edge - 1.0) / step
            out += sign * np.where(near < 1.0, 2.0 * near - near * near - 1.0, 0.0)
            out += sign * np.where(past > -1.0, past * past + 2.0 * past + 1.0, 0.0)
        out += np.where(phase < 0.5, 1.0, -1.0)
    return out / len(SQUARES_HZ)


def _machine_hat(k: Tuning, s: Stroke, decay_s: float) -> Floats:
    v = s.velocity
    decay = decay_s * s.decay
    t = seconds(0.03 + 6.0 * decay, k.sample_rate)
    edge = 1.05 * k.hat_hz * s.tone * (0.8 + 0.2 * v)
    sound = bandpass(squares(k, s, t), edge, 15000.0, k.sample_rate, order=3) * np.exp(-t / decay)
    return finish(sound * rise(t, 0.0004), k.sample_rate, top_hz=(5500.0 + 8500.0 * v) * s.tone, low_hz=2500.0)


def analogue_closed_hat(k: Tuning, s: Stroke) -> Floats:
    """Return a closed hat: square waves through a steep high-pass, a tick of metal without a cymbal."""
    return _machine_hat(k, s, 1.5 * k.hat_decay_s)


def analogue_pedal_hat(k: Tuning, s: Stroke) -> Floats:
    """Return the same, shorter."""
    return _machine_hat(k, s, 0.9 * k.hat_decay_s)


def analogue_open_hat(k: Tuning, s: Stroke) -> Floats:
    """Return an open hat: the same oscillators, a long even fall."""
    return _machine_hat(k, s, 11.0 * k.hat_decay_s)


def analogue_ride(k: Tuning, s: Stroke) -> Floats:
    """Return the machine's cymbal, its low band short and its high band long."""
    return _cymbal(k, s, low_s=0.12, high_s=0.4)


def analogue_crash(k: Tuning, s: Stroke) -> Floats:
    """Return the machine's cymbal at full length."""
    return _cymbal(k, s, low_s=0.5, high_s=0.75)


def _cymbal(k: Tuning, s: Stroke, *, low_s: float, high_s: float) -> Floats:
    v = s.velocity
    t = seconds(min(4.0 * high_s, 2.2), k.sample_rate)
    source = squares(k, s, t)
    low = bandpass(source, 2400.0, 4600.0, k.sample_rate, order=2) * np.exp(-t / low_s)
    high = bandpass(source, 6800.0, 14000.0, k.sample_rate, order=2) * np.exp(-t / high_s)
    sound = (0.6 * low + (0.4 + 0.7 * v) * high) * rise(t, 0.0008)
    return finish(sound, k.sample_rate, top_hz=(5000.0 + 7000.0 * v) * s.tone, low_hz=1200.0)


def analogue_rim(k: Tuning, s: Stroke) -> Floats:
    """Return two resonators that clip: a dry wooden tick."""
    v = s.velocity
    t = seconds(0.1, k.sample_rate)
    hz = k.wood * s.pitch * np.array([455.0, 1667.0])
    tick = modes(t, hz, [0.011, 0.006], [0.5, 0.5 + 0.6 * v], [0.5, 0.3])
    return finish(np.tanh(2.2 * tick) * rise(t, 0.0002), k.sample_rate, top_hz=3000.0 + 7000.0 * v, low_hz=250.0)


def analogue_low_tom(k: Tuning, s: Stroke) -> Floats:
    """Return the low tom."""
    return _tom(k, s, 88.0, 0.2)


def analogue_mid_tom(k: Tuning, s: Stroke) -> Floats:
    """Return the middle tom."""
    return _tom(k, s, 124.0, 0.16)


def analogue_high_tom(k: Tuning, s: Stroke) -> Floats:
    """Return the high tom."""
    return _tom(k, s, 170.0, 0.13)


def _tom(k: Tuning, s: Stroke, hz: float, decay_s: float) -> Floats:
    v, decay = s.velocity, decay_s * s.decay
    hz *= k.wood * s.pitch
    t = seconds(4.5 * decay, k.sample_rate)
    phase = 2.0 * np.pi * (hz * t + 0.22 * hz * 0.045 * (0.5 + v) * (1.0 - np.exp(-t / 0.045)))
    skin = noise(t, 60.0, 500.0 + 900.0 * v, s.rng) * np.exp(-t / (0.7 * decay)) * 0.035
    sound = (np.sin(phase) * np.exp(-t / decay) + skin) * rise(t, 0.0008)
    return finish(sound, k.sample_rate, top_hz=(1200.0 + 4000.0 * v) * s.tone, low_hz=40.0)


def analogue_shaker(k: Tuning, s: Stroke) -> Floats:
    """Return the maracas: high noise, in and out within 30 ms."""
    v = s.velocity
    t = seconds(0.12, k.sample_rate)
    shape = rise(t, 0.003 + 0.006 * (1.0 - v)) * np.exp(-t / (0.013 * s.decay))
    beads = highpass(noise(t, 4500.0, 12000.0, s.rng), 5000.0 * k.metal, k.sample_rate)
    return finish(beads * shape, k.sample_rate, top_hz=(5000.0 + 8000.0 * v) * s.tone, low_hz=2500.0)


def analogue_tambourine(k: Tuning, s: Stroke) -> Floats:
    """Return square waves and noise in two quick pulses."""
    v = s.velocity
    t = seconds(0.3, k.sample_rate)
    shape = np.exp(-t / 0.018) + 0.8 * (t > 0.024) * np.exp(-np.maximum(t - 0.024, 0.0) / 0.05)
    jingle = bandpass(squares(k, s, t), 7500.0, 14000.0, k.sample_rate, order=2)
    jingle = 2.0 * jingle + 0.3 * noise(t, 6500.0, 12000.0, s.rng)
    sound = jingle * shape * rise(t, 0.001)
    return finish(sound, k.sample_rate, top_hz=(5000.0 + 8000.0 * v) * s.tone, low_hz=2500.0)
