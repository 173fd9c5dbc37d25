"""What lies on the table: a cardboard box, a book, wood, matches, keys, paper, a cup."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Floats
from dusktape.instruments.drums.objects import flap, knock, rattle, tinkle, tumbling
from dusktape.instruments.drums.shaping import Stroke, Tuning, finish, noise, rise, seconds


def box_kick(k: Tuning, s: Stroke) -> Floats:
    """Return a cardboard box dropped on carpet: its air gives the note, its panels the slap."""
    v = s.velocity
    t = seconds(min(0.2 + 3.0 * k.kick_decay_s, 0.8), k.sample_rate)
    hz, fall = 1.08 * k.kick_hz, 0.03
    phase = 2.0 * np.pi * (hz * t + 0.35 * k.kick_sweep_hz * v * fall * (1.0 - np.exp(-t / fall)))
    air = np.sin(phase) * np.exp(-t / (0.95 * k.kick_decay_s * s.decay)) * rise(t, 0.003)
    panels = knock(
        k, s, t, hz=k.wood * np.array([118.0, 171.0, 236.0, 342.0, 470.0]), decay_s=0.045, damping=0.8, contact_hz=900.0
    )
    slap = flap(s, t, low_hz=140.0, high_hz=500.0 + 1500.0 * v, decay_s=0.02)
    sound = 1.1 * np.tanh(0.9 * k.kick_drive * air) + 0.42 * panels + (0.12 + 0.4 * k.kick_click) * v * slap
    return finish(sound, k.sample_rate, top_hz=(900.0 + 3600.0 * v) * s.tone, low_hz=30.0)


def book_snare(k: Tuning, s: Stroke) -> Floats:
    """Return a book slapped on wood beside an open matchbox: paper, knock, and a rattle that dies away."""
    v = s.velocity
    t = seconds(0.2 + 4.0 * k.snare_decay_s, k.sample_rate)
    wood = knock(k, s, t, hz=k.snare_hz * np.array([1.0, 1.62, 2.7, 4.1, 6.2]), decay_s=0.038, contact_hz=3200.0)
    paper = flap(s, t, low_hz=350.0, high_hz=(1500.0 + 3400.0 * v) * s.tone, decay_s=0.35 * k.snare_decay_s)
    matches = rattle(k, s, t, per_second=1600.0, decay_s=0.8 * k.snare_decay_s * s.decay, low_hz=1800.0, high_hz=7500.0)
    noisy = k.snare_noise
    sound = (1.1 - 0.7 * noisy) * wood + noisy * ((0.5 + 0.6 * v) * paper + 0.45 * v * matches)
    top = k.snare_top_hz * (0.4 + 0.6 * v) * s.tone
    return finish(sound * rise(t, 0.35 * k.snare_attack_s), k.sample_rate, top_hz=top, low_hz=80.0)


def table_rim(k: Tuning, s: Stroke) -> Floats:
    """Return a knuckle on a table."""
    t = seconds(0.18, k.sample_rate)
    hz = k.wood * np.array([266.0, 431.0, 688.0, 1090.0, 1630.0, 2480.0])
    sound = knock(k, s, t, hz=hz, decay_s=0.03, damping=0.55, contact_hz=2600.0)
    return finish(sound, k.sample_rate, top_hz=(2500.0 + 6000.0 * s.velocity) * s.tone, low_hz=120.0)


def match_hat(k: Tuning, s: Stroke) -> Floats:
    """Return a matchbox flicked with a finger: a tick of card and a few matches inside."""
    v = s.velocity
    t = seconds(0.05 + 5.0 * k.hat_decay_s, k.sample_rate)
    edge = k.hat_hz * s.tone
    matches = rattle(
        k, s, t, per_second=5200.0, decay_s=1.2 * k.hat_decay_s * s.decay, low_hz=0.5 * edge, high_hz=1.5 * edge
    )
    card = noise(t, 1200.0, 1800.0 + 3200.0 * v, s.rng) * np.exp(-t / 0.003) * rise(t, 0.0005)
    return finish(0.8 * matches + 0.1 * card, k.sample_rate, top_hz=(4500.0 + 6500.0 * v) * s.tone, low_hz=1000.0)


def paper_hat(k: Tuning, s: Stroke) -> Floats:
    """Return a sheet of paper pinched for a moment."""
    t = seconds(0.09, k.sample_rate)
    crease = rattle(k, s, t, per_second=3500.0, decay_s=0.012 * s.decay, low_hz=1500.0, high_hz=6500.0)
    sound = crease * rise(t, 0.005)
    return finish(sound, k.sample_rate, top_hz=(3500.0 + 4500.0 * s.velocity) * s.tone, low_hz=800.0)


def _keys(k: Tuning, s: Stroke, *, length_s: float, count: int, over_s: float, decay_s: float) -> Floats:
    """Return a bunch of keys that fall together: most at once, some late."""
    t = seconds(length_s, k.sample_rate)
    short = seconds(min(6.0 * decay_s, length_s), k.sample_rate)
    times = np.sort(over_s * s.rng.random(count) ** 1.8)
    times -= times[0]
    gains = s.rng.uniform(0.35, 1.0, count) * np.exp(-times / (0.6 * over_s))
    return tumbling(
        t,
        k.sample_rate,
        lambda: tinkle(k, s, short, low_hz=2900.0, high_hz=9500.0, decay_s=decay_s, count=7),
        times=times,
        gains=gains,
    )


def key_open_hat(k: Tuning, s: Stroke) -> Floats:
    """Return a bunch of keys let go: it jingles as long as an open hat."""
    v = s.velocity
    decay = 6.0 * k.hat_decay_s
    sound = _keys(k, s, length_s=0.1 + 4.0 * decay, count=12, over_s=1.3 * decay, decay_s=0.035)
    return finish(sound, k.sample_rate, top_hz=(5000.0 + 6500.0 * v) * s.tone, low_hz=1500.0)


def key_tambourine(k: Tuning, s: Stroke) -> Floats:
    """Return a bunch of keys shaken once."""
    sound = _keys(k, s, length_s=0.3, count=9, over_s=0.07, decay_s=0.025)
    return finish(sound, k.sample_rate, top_hz=(5000.0 + 6500.0 * s.velocity) * s.tone, low_hz=1500.0)


def key_crash(k: Tuning, s: Stroke) -> Floats:
    """Return a bunch of keys thrown on the table: a thump, and metal that comes to rest."""
    v = s.velocity
    sound = _keys(k, s, length_s=1.2, count=34, over_s=0.6, decay_s=0.06)
    t = np.arange(sound.size) / k.sample_rate
    sound += 0.35 * knock(k, s, t, hz=k.wood * np.array([210.0, 335.0, 560.0]), decay_s=0.04, contact_hz=900.0)
    return finish(sound, k.sample_rate, top_hz=(5000.0 + 6500.0 * v) * s.tone, low_hz=150.0)


def cup_ride(k: Tuning, s: Stroke) -> Floats:
    """Return a spoon on a cup: a small clear ring with its rim's beating."""
    v = s.velocity
    t = seconds(0.9, k.sample_rate)
    hz = k.metal * np.array([1770.0, 1782.0, 2930.0, 4350.0, 4378.0, 6480.0, 8700.0])
    sound = knock(k, s, t, hz=hz, decay_s=0.17, damping=0.55, contact_hz=6500.0)
    return finish(sound, k.sample_rate, top_hz=(3500.0 + 6500.0 * v) * s.tone, low_hz=600.0)


def match_shaker(k: Tuning, s: Stroke) -> Floats:
    """Return a matchbox shaken once: matches gather, then hit the wall."""
    v = s.velocity
    t = seconds(0.2, k.sample_rate)
    gather = 0.018 + 0.012 * (1.0 - v)
    slide = noise(t, 1800.0, 4200.0, s.rng) * np.minimum(t / gather, 1.0) ** 2 * np.exp(-t / (1.3 * gather))
    fall = rattle(k, s, t, per_second=3200.0, decay_s=0.02 * s.decay, low_hz=2000.0, high_hz=7500.0)
    late = int(0.55 * gather * k.sample_rate)
    sound = 0.12 * slide
    sound[late:] += fall[: t.size - late]
    return finish(sound, k.sample_rate, top_hz=(4000.0 + 5500.0 * v) * s.tone, low_hz=900.0)


def book_clap(k: Tuning, s: Stroke) -> Floats:
    """Return a book clapped shut: air, paper, boards."""
    v = s.velocity
    t = seconds(0.25, k.sample_rate)
    boards = knock(k, s, t, hz=k.wood * np.array([330.0, 545.0, 930.0, 1480.0]), decay_s=0.02, contact_hz=2600.0)
    paper = flap(s, t, low_hz=500.0, high_hz=1500.0 + 3200.0 * v, decay_s=0.022)
    return finish(0.5 * boards + 0.9 * paper, k.sample_rate, top_hz=(3000.0 + 5500.0 * v) * s.tone, low_hz=150.0)


def low_box(k: Tuning, s: Stroke) -> Floats:
    """Return a fist on a big empty box."""
    return _box(k, s, 86.0, 0.11)


def mid_box(k: Tuning, s: Stroke) -> Floats:
    """Return a fist on a wooden drawer."""
    return _box(k, s, 128.0, 0.085)


def high_box(k: Tuning, s: Stroke) -> Floats:
    """Return two fingers on a cigar box."""
    return _box(k, s, 192.0, 0.065)


def _box(k: Tuning, s: Stroke, hz: float, decay_s: float) -> Floats:
    t = seconds(0.1 + 4.0 * decay_s, k.sample_rate)
    modes_hz = k.wood * hz * np.array([1.0, 1.74, 2.41, 3.66, 5.2])
    sound = knock(k, s, t, hz=modes_hz, decay_s=decay_s, damping=0.9, contact_hz=900.0)
    return finish(sound, k.sample_rate, top_hz=(1300.0 + 4200.0 * s.velocity) * s.tone, low_hz=45.0)
