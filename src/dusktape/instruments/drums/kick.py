"""The kick: a falling sine, its shell, the thump of the head and the click of the beater."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Floats
from dusktape.instruments.drums.shaping import Stroke, Tuning, finish, highpass, noise, rise, seconds


def kick(k: Tuning, s: Stroke) -> Floats:
    """Return a kick. Harder: deeper fall, more click and drive. Softer: rounder, more felt than beater."""
    v = s.velocity
    t = seconds(min(0.2 + 3.2 * k.kick_decay_s, 0.95), k.sample_rate)
    hz = k.kick_hz * (1.0 + 0.4 * (s.pitch - 1.0))
    sweep, fall = k.kick_sweep_hz * (0.35 + 0.65 * v), k.kick_sweep_s * s.decay
    phase = 2.0 * np.pi * (hz * t + sweep * fall * (1.0 - np.exp(-t / fall)))
    decay = k.kick_decay_s * s.decay * (0.85 + 0.15 * v)
    body = np.sin(phase) * np.exp(-t / decay) * rise(t, 0.0009 + 0.0016 * (1.0 - v))
    shell = np.sin(1.59 * phase + 0.6) * np.exp(-t / (0.3 * decay)) * 0.12 * (1.0 - k.machine)
    driven = np.tanh((body + shell) * k.kick_drive * (0.5 + 0.5 * v))
    near = t[: t.size // 2048 * 1024]
    beater = noise(near, 500.0 + 500.0 * v, (1400.0 + 3600.0 * v) * s.tone, s.rng) * np.exp(-near / 0.0045)
    thump = noise(near, 80.0, 380.0, s.rng) * np.exp(-near / 0.028) * rise(near, 0.001)
    # The snare's wires answer every kick; on a machine nothing does.
    wires = noise(near, 1800.0, 6500.0, s.rng) * rise(near, 0.012) * np.exp(-near / 0.05) * (1.0 - k.machine)
    beater *= k.kick_click * v**1.1 * rise(near, 0.0003)
    thump *= 0.5 * k.kick_click * (0.5 + 0.5 * v)
    driven[: near.size] += 0.9 * (beater + thump) + 0.0025 * v * wires
    return finish(highpass(driven, 26.0, k.sample_rate), k.sample_rate, top_hz=(3000.0 + 9000.0 * v) * s.tone)
