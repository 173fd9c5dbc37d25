"""The snare: two heads and a rattle of wires; brushes whisper on the same drum."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Floats
from dusktape.instruments.drums.shaping import Stroke, Tuning, finish, modes, noise, rise, seconds


def snare(k: Tuning, s: Stroke) -> Floats:
    """Return a snare stroke. Ghosts are dull and mostly wire; a full stroke cracks."""
    v, rng = s.velocity, s.rng
    decay = k.snare_decay_s * s.decay * (0.7 + 0.3 * v)
    t = seconds(0.22 + 4.0 * decay, k.sample_rate)
    attack = k.snare_attack_s * (1.0 + 1.5 * (1.0 - v)) + 0.007 * k.brush
    share = np.clip(k.snare_noise * (0.82 + 0.18 * v) + 0.3 * k.brush, 0.0, 1.0)
    top = k.snare_top_hz * (0.36 + 0.64 * v) * s.tone

    head = _head(k, s, t)
    # Wires: a snap, the tail proper, and a long thin rest 26 dB below that a microphone hears between strokes.
    shape = 0.75 * v * np.exp(-t / (0.22 * decay)) + 0.45 * np.exp(-t / decay) + 0.024 * np.exp(-t / (2.4 * decay))
    wires = noise(t, 900.0 - 350.0 * k.brush, top, rng) * shape
    early, snap_t = t[:8192], t[:1024]
    wires[: early.size] *= 1.0 + 0.35 * (1.0 - k.machine) * noise(early, 25.0, 220.0, rng) * np.exp(-early / 0.05)
    air = noise(t, 250.0, 900.0, rng) * np.exp(-t / (0.6 * decay))
    snap = noise(snap_t, 2500.0, 11000.0, rng) * np.exp(-snap_t / 0.0022) * v**2 * (1.0 - k.brush)
    sound = (1.0 - share) * (0.8 + 0.6 * v) * head + share * (1.25 * wires + 0.32 * air)
    sound[: snap_t.size] += 0.35 * share * snap
    driven = np.tanh(sound * (0.8 + 0.7 * v)) * rise(t, attack)
    return finish(driven, k.sample_rate, top_hz=min(1.5 * top, 16000.0), low_hz=70.0)


def _head(k: Tuning, s: Stroke, t: Floats) -> Floats:
    v, hz = s.velocity, k.snare_hz * s.pitch
    glide = 2.0 * np.pi * (hz * t + 0.35 * v * (1.0 - np.exp(-t / 0.011)))
    first = np.sin(glide) * np.exp(-t / (0.062 * s.decay))
    gains = np.array([0.5, 0.2 + 0.1 * v, 0.16 * v]) * s.rng.uniform(0.8, 1.2, 3)
    upper = modes(t, hz * np.array([1.62, 2.3, 2.92]), [0.042, 0.028, 0.02], gains, s.rng.uniform(-0.4, 0.4, 3))
    return first + (1.0 - 0.5 * k.machine) * upper
