"""The hi-hat: closed, pedalled and open, one pair of cymbals."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Floats
from dusktape.instruments.drums.cymbals import metal
from dusktape.instruments.drums.shaping import Stroke, Tuning, finish, noise, rise, seconds


def closed_hat(k: Tuning, s: Stroke) -> Floats:
    """Return a closed hat: a tick, and a thin sizzle after it. Softer strokes are shorter and duller."""
    return _hat(k, s, decay_s=k.hat_decay_s * (0.6 + 0.4 * s.velocity), attack_s=0.0005, sizzle=0.07)


def pedal_hat(k: Tuning, s: Stroke) -> Floats:
    """Return the hat closed by the foot: no stick, a soft chick."""
    return _hat(k, s, decay_s=1.3 * k.hat_decay_s, attack_s=0.004, sizzle=0.04)


def open_hat(k: Tuning, s: Stroke) -> Floats:
    """Return an open hat: both cymbals ring and sizzle against each other."""
    return _hat(k, s, decay_s=8.5 * k.hat_decay_s * (0.7 + 0.3 * s.velocity), attack_s=0.001, sizzle=0.25)


def _hat(k: Tuning, s: Stroke, *, decay_s: float, attack_s: float, sizzle: float) -> Floats:
    v, decay = s.velocity, decay_s * s.decay
    tail = max(0.04, 2.2 * decay)
    t = seconds(min(5.5 * max(decay, 0.6 * tail), 1.3), k.sample_rate)
    edge = k.hat_hz * (0.72 + 0.28 * v) * s.tone
    plate = metal(k, s, t, low_hz=0.45 * edge, high_hz=1.9 * edge, decay_s=1.2 * decay, count=36)
    hiss = noise(t, 0.8 * edge, 1.9 * edge, s.rng, order=2)
    shape = (np.exp(-t / decay) + sizzle * np.exp(-t / tail)) * rise(t, attack_s * (1.0 + 2.0 * (1.0 - v)))
    stick = noise(t, 1500.0, 5000.0, s.rng) * np.exp(-t / 0.0015) * 0.25 * v * (1.0 - k.machine) * (attack_s < 0.002)
    # The stand and the hand: what is left of a hat when its metal is filtered away.
    clack = noise(t, 350.0, 2600.0, s.rng) * np.exp(-t / 0.011) * 0.035 * (1.0 - 0.8 * k.machine)
    soft = k.brush * 0.004
    sound = (0.55 * plate + 0.6 * hiss * shape + stick + clack) * rise(t, attack_s + soft)
    return finish(sound, k.sample_rate, top_hz=(6500.0 + 6500.0 * v) * s.tone, low_hz=0.14 * edge)
