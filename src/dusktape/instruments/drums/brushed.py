"""Wire brushes: every stroke is a fan of tips that land one after the other, and between strokes the hand stirs."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Floats
from dusktape.instruments.drums.cymbals import metal
from dusktape.instruments.drums.shaping import (
    Stroke,
    Tuning,
    bandpass,
    finish,
    grains,
    modes,
    noise,
    normal,
    rise,
    seconds,
)


def _fan(k: Tuning, s: Stroke, t: Floats, *, spread_s: float, low_hz: float, high_hz: float) -> Floats:
    """Return some sixty wire tips that land within `spread_s`, peak 1."""
    rate = 9000.0 * np.exp(-((t - 0.8 * spread_s) ** 2) / (0.7 * spread_s * spread_s))
    return normal(bandpass(grains(t, rate, s.rng), low_hz, high_hz, k.sample_rate))


def swept_snare(k: Tuning, s: Stroke) -> Floats:
    """Return a brush on the snare: hard it slaps the head, soft it only sweeps across it."""
    v, rng = s.velocity, s.rng
    t = seconds(0.3 + 2.5 * k.snare_decay_s, k.sample_rate)
    slap = v**1.5
    tips = _fan(k, s, t, spread_s=0.004 + 0.004 * (1.0 - v), low_hz=700.0, high_hz=(2600.0 + 5200.0 * v) * s.tone)
    hz = k.snare_hz * s.pitch * np.array([1.0, 1.6, 2.25])
    head = modes(t, hz, np.array([0.05, 0.032, 0.02]) * s.decay, [0.5, 0.25, 0.12], rng.uniform(-0.3, 0.3, 3))
    head *= rise(t, 0.004)
    # The sweep gathers while the tips run over the coated head, then the wires below fall silent.
    gather, tail = 0.012 + 0.03 * (1.0 - v), 0.9 * k.snare_decay_s * s.decay
    shape = np.minimum(t / gather, 1.0) ** 1.3 * np.exp(-np.maximum(t - gather, 0.0) / tail)
    drag = 1.0 + 0.4 * noise(t, 20.0, 160.0, rng)
    sweep = noise(t, 900.0, (2300.0 + 3200.0 * v) * s.tone, rng) * shape * np.maximum(drag, 0.0)
    sound = 0.9 * slap * tips + (1.0 - 0.6 * k.snare_noise) * slap * head + (0.10 + 0.14 * k.snare_noise) * sweep
    return finish(sound, k.sample_rate, top_hz=(3800.0 + 5600.0 * v) * s.tone, low_hz=90.0)


def feathered_kick(k: Tuning, s: Stroke) -> Floats:
    """Return a bass drum felt more than heard: a soft felt beater, no click, an open head that hums."""
    v = s.velocity
    t = seconds(min(0.3 + 3.2 * k.kick_decay_s, 0.95), k.sample_rate)
    sweep = 0.3 * k.kick_sweep_hz * (0.4 + 0.6 * v)
    phase = 2.0 * np.pi * (k.kick_hz * t + sweep * 0.018 * (1.0 - np.exp(-t / 0.018)))
    decay = 1.15 * k.kick_decay_s * s.decay
    soft = rise(t, 0.004 + 0.006 * (1.0 - v))
    head = np.sin(phase) * np.exp(-t / decay) + 0.4 * np.sin(1.52 * phase) * np.exp(-t / (0.45 * decay))
    felt = noise(t, 110.0, 380.0 + 500.0 * v, s.rng) * np.exp(-t / 0.022) * (0.25 + 0.6 * k.kick_click)
    wires = noise(t, 1500.0, 5000.0, s.rng) * rise(t, 0.02) * np.exp(-t / 0.06) * 0.004 * v
    sound = np.tanh(1.1 * head) * soft + felt * soft + wires
    return finish(sound, k.sample_rate, top_hz=(700.0 + 2600.0 * v) * s.tone, low_hz=28.0)


def brushed_hat(k: Tuning, s: Stroke) -> Floats:
    """Return the tips of a brush on closed hats: a small dry whisk."""
    return _whisk(k, s, decay_s=1.1 * k.hat_decay_s, spread_s=0.004, ring=0.25)


def brushed_open_hat(k: Tuning, s: Stroke) -> Floats:
    """Return a brush drawn over half-open hats."""
    return _whisk(k, s, decay_s=8.0 * k.hat_decay_s, spread_s=0.009, ring=0.55)


def _whisk(k: Tuning, s: Stroke, *, decay_s: float, spread_s: float, ring: float) -> Floats:
    v, decay = s.velocity, decay_s * s.decay * (0.7 + 0.3 * s.velocity)
    t = seconds(0.05 + 5.5 * decay, k.sample_rate)
    edge = 0.85 * k.hat_hz * s.tone
    tips = _fan(k, s, t, spread_s=spread_s * (1.4 - 0.4 * v), low_hz=0.45 * edge, high_hz=1.5 * edge)
    plate = metal(k, s, t, low_hz=0.5 * edge, high_hz=1.8 * edge, decay_s=decay, count=28)
    air = noise(t, 0.6 * edge, 1.4 * edge, s.rng) * np.exp(-t / (1.3 * decay)) * rise(t, 1.5 * spread_s)
    sound = 0.55 * tips + ring * plate * rise(t, 1.5 * spread_s) + 0.22 * air
    return finish(sound, k.sample_rate, top_hz=(4500.0 + 5500.0 * v) * s.tone, low_hz=900.0)


def brushed_ride(k: Tuning, s: Stroke) -> Floats:
    """Return a brush on the ride: a breath of wash, hardly a ping."""
    v = s.velocity
    t = seconds(1.6, k.sample_rate)
    wash = metal(k, s, t, low_hz=1100.0, high_hz=8500.0, decay_s=0.4 * s.decay, count=60) * rise(t, 0.014)
    tips = _fan(k, s, t, spread_s=0.006, low_hz=2000.0, high_hz=6500.0)
    ping = metal(k, s, t, low_hz=2600.0, high_hz=5200.0, decay_s=0.12, count=10)
    return finish(
        0.4 * wash + 0.6 * tips + 0.12 * v * ping, k.sample_rate, top_hz=(4000.0 + 5000.0 * v) * s.tone, low_hz=600.0
    )


def brush_slap(k: Tuning, s: Stroke) -> Floats:
    """Return both brushes flat on the head, not quite together: what claps on this kit."""
    v = s.velocity
    t = seconds(0.25, k.sample_rate)
    late = int((0.008 + 0.006 * s.rng.random()) * k.sample_rate)
    first = _fan(k, s, t, spread_s=0.004, low_hz=500.0, high_hz=3500.0 + 4000.0 * v)
    sound = first.copy()
    sound[late:] += 0.8 * first[: t.size - late]
    sound += 0.12 * noise(t, 700.0, 4200.0, s.rng) * np.exp(-t / 0.05) * rise(t, 0.005)
    return finish(sound, k.sample_rate, top_hz=(4000.0 + 5000.0 * v) * s.tone, low_hz=150.0)


def stir(k: Tuning, s: Stroke) -> Floats:
    """Return one slow circle of the left hand over the coated head, as long as a beat; neighbours overlap."""
    t = seconds(1.25 * k.beat_s, k.sample_rate)
    x = np.minimum(t / (1.2 * k.beat_s), 1.0)
    # Fast through the near side of the circle, slow at the turn.
    speed = np.sin(np.pi * x) ** 1.4 * (1.0 + 0.45 * np.sin(2.0 * np.pi * x - 0.9))
    wire = noise(t, 700.0, 3400.0 * s.tone, s.rng) + 0.35 * noise(t, 3500.0, 8000.0, s.rng) * speed
    coat = np.maximum(1.0 + 0.35 * noise(t, 12.0, 90.0, s.rng), 0.0)
    return finish(wire * np.maximum(speed, 0.0) * coat, k.sample_rate, top_hz=7000.0, low_hz=350.0)
