"""What the day brought along: a door, a stapler, breath, coins, glasses, bottles, a pen, fingers."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Floats
from dusktape.instruments.drums.objects import breath, flap, knock, rattle, tinkle, tumbling
from dusktape.instruments.drums.shaping import Stroke, Tuning, added, finish, noise, rise, seconds


def door_kick(k: Tuning, s: Stroke) -> Floats:
    """Return a heavy door that falls shut: its leaf booms, the air thuds, the latch clicks a moment later."""
    v = s.velocity
    t = seconds(min(0.25 + 3.0 * k.kick_decay_s, 0.95), k.sample_rate)
    leaf_hz = k.kick_hz * np.array([1.0, 1.43, 2.2, 3.05, 4.4])
    leaf = knock(k, s, t, hz=leaf_hz, decay_s=1.15 * k.kick_decay_s, damping=0.75, contact_hz=300.0 + 0.8 * k.kick_hz)
    sweep = 2.0 * np.pi * (k.kick_hz * t + 0.2 * k.kick_sweep_hz * 0.02 * (1.0 - np.exp(-t / 0.02)))
    boom = np.sin(sweep) * np.exp(-t / (k.kick_decay_s * s.decay)) * rise(t, 0.004)
    thud = noise(t, 35.0, 190.0, s.rng) * np.exp(-t / 0.045) * rise(t, 0.004)
    sound = 0.75 * np.tanh(0.8 * k.kick_drive * boom) + 0.7 * leaf + 0.28 * thud
    latch = knock(
        k, s, t[:4096], hz=k.wood * np.array([640.0, 1180.0, 2350.0, 3900.0]), decay_s=0.009, contact_hz=3500.0
    )
    late = int((0.014 + 0.008 * s.rng.random()) * k.sample_rate)
    added(sound, latch, late, (0.05 + 0.35 * k.kick_click) * v)
    return finish(sound, k.sample_rate, top_hz=(700.0 + 4200.0 * v) * s.tone, low_hz=28.0)


def stapler_snare(k: Tuning, s: Stroke) -> Floats:
    """Return a stapler pressed shut over a breath: a small clack, a bigger one, and air."""
    v = s.velocity
    t = seconds(0.2 + 4.0 * k.snare_decay_s, k.sample_rate)
    hz = k.snare_hz * np.array([1.0, 1.9, 3.3, 5.6, 8.7, 13.0])
    first = knock(k, s, t, hz=hz[2:], decay_s=0.01, contact_hz=5200.0)
    second = knock(k, s, t, hz=hz, decay_s=0.034, damping=0.6, contact_hz=3000.0)
    gap = int((0.010 + 0.004 * s.rng.random()) * k.sample_rate)
    sound = 0.4 * v * first
    added(sound, second, gap, 1.0 - 0.35 * k.snare_noise)
    air = breath(s, t, mouth_hz=(2300.0 + 1500.0 * v) * s.tone, attack_s=0.006, decay_s=k.snare_decay_s, narrow=0.4)
    added(sound, air, gap // 2, (0.25 + 0.55 * k.snare_noise) * (0.5 + 0.5 * v))
    top = k.snare_top_hz * (0.42 + 0.58 * v) * s.tone
    return finish(sound * rise(t, 0.3 * k.snare_attack_s), k.sample_rate, top_hz=top, low_hz=90.0)


def pen_rim(k: Tuning, s: Stroke) -> Floats:
    """Return a ball-point pen: down and, more quietly, up."""
    t = seconds(0.16, k.sample_rate)
    hz = k.wood * np.array([920.0, 1640.0, 2780.0, 4300.0])
    down = knock(k, s, t, hz=hz, decay_s=0.009, damping=0.4, contact_hz=4500.0)
    sound = down.copy()
    added(sound, down, int((0.055 + 0.01 * s.rng.random()) * k.sample_rate), 0.22)
    return finish(sound, k.sample_rate, top_hz=(3000.0 + 7000.0 * s.velocity) * s.tone, low_hz=250.0)


def breath_hat(k: Tuning, s: Stroke) -> Floats:
    """Return a `ts` between the teeth."""
    v = s.velocity
    t = seconds(0.06 + 6.0 * k.hat_decay_s, k.sample_rate)
    teeth = breath(s, t, mouth_hz=1.05 * k.hat_hz * s.tone, attack_s=0.0025, decay_s=1.15 * k.hat_decay_s)
    tongue = noise(t, 2500.0, 6000.0, s.rng) * np.exp(-t / 0.0015) * rise(t, 0.0004)
    return finish(0.9 * teeth + 0.14 * v * tongue, k.sample_rate, top_hz=(5000.0 + 7000.0 * v) * s.tone, low_hz=1500.0)


def tongue_hat(k: Tuning, s: Stroke) -> Floats:
    """Return a `t` without voice."""
    t = seconds(0.06, k.sample_rate)
    sound = flap(s, t, low_hz=1800.0, high_hz=5200.0, decay_s=0.006)
    return finish(sound, k.sample_rate, top_hz=(3500.0 + 5000.0 * s.velocity) * s.tone, low_hz=900.0)


def shh_open_hat(k: Tuning, s: Stroke) -> Floats:
    """Return a `shh` that is let go."""
    v = s.velocity
    t = seconds(0.1 + 5.0 * 8.0 * k.hat_decay_s, k.sample_rate)
    sound = breath(s, t, mouth_hz=0.6 * k.hat_hz * s.tone, attack_s=0.008, decay_s=7.0 * k.hat_decay_s, narrow=0.5)
    return finish(sound, k.sample_rate, top_hz=(4500.0 + 6000.0 * v) * s.tone, low_hz=1200.0)


def glass_ride(k: Tuning, s: Stroke) -> Floats:
    """Return a fingernail on a wine glass. Its modes stand as 1 : 2.3 : 4.2 : 6.6, each a slowly beating pair."""
    v = s.velocity
    t = seconds(1.3, k.sample_rate)
    hz = 1320.0 * k.metal * np.array([1.0, 1.003, 2.32, 2.325, 4.25, 4.26, 6.63])
    sound = knock(k, s, t, hz=hz, decay_s=0.33, damping=0.6, contact_hz=5200.0)
    return finish(sound, k.sample_rate, top_hz=(3000.0 + 7000.0 * v) * s.tone, low_hz=500.0)


def _coins(k: Tuning, s: Stroke, *, length_s: float, times: Floats, gains: Floats, decay_s: float) -> Floats:
    t, short = seconds(length_s, k.sample_rate), seconds(min(6.0 * decay_s, length_s), k.sample_rate)
    return tumbling(
        t,
        k.sample_rate,
        lambda: tinkle(k, s, short, low_hz=4300.0, high_hz=11500.0, decay_s=decay_s, count=5),
        times=times,
        gains=gains,
    )


def coin_tambourine(k: Tuning, s: Stroke) -> Floats:
    """Return a handful of coins, once."""
    times = np.sort(0.06 * s.rng.random(7))
    sound = _coins(
        k, s, length_s=0.32, times=times - times[0], gains=s.rng.uniform(0.4, 1.0, 7), decay_s=0.03 * s.decay
    )
    return finish(sound, k.sample_rate, top_hz=(5500.0 + 7000.0 * s.velocity) * s.tone, low_hz=1500.0)


def coin_crash(k: Tuning, s: Stroke) -> Floats:
    """Return coins spilled on a counter: three of them bounce, faster and faster, until they lie."""
    times: list[Floats] = [np.zeros(1)]
    gains: list[Floats] = [np.ones(1)]
    for _ in range(3):
        gap = 0.17 * s.rng.uniform(0.7, 1.2) * 0.8 ** np.arange(11.0)
        times.append(0.05 * s.rng.random() + np.cumsum(gap))
        gains.append(0.8 * s.rng.uniform(0.5, 1.0) * 0.85 ** np.arange(11.0))
    sound = _coins(k, s, length_s=1.4, times=np.concatenate(times), gains=np.concatenate(gains), decay_s=0.07 * s.decay)
    t = np.arange(sound.size) / k.sample_rate
    sound += 0.12 * knock(k, s, t, hz=k.wood * np.array([380.0, 610.0, 1050.0]), decay_s=0.02, contact_hz=1500.0)
    return finish(sound, k.sample_rate, top_hz=(5500.0 + 7000.0 * s.velocity) * s.tone, low_hz=300.0)


def sand_shaker(k: Tuning, s: Stroke) -> Floats:
    """Return sugar shaken in its paper bag."""
    v = s.velocity
    t = seconds(0.19, k.sample_rate)
    grainy = rattle(k, s, t, per_second=9000.0, decay_s=0.026 * s.decay, low_hz=3000.0, high_hz=8500.0)
    return finish(
        grainy * rise(t, 0.012 + 0.01 * (1.0 - v)), k.sample_rate, top_hz=(4500.0 + 6000.0 * v) * s.tone, low_hz=1200.0
    )


def snap_clap(k: Tuning, s: Stroke) -> Floats:
    """Return a finger snap: a short slide, then the palm."""
    v = s.velocity
    t = seconds(0.22, k.sample_rate)
    palm = knock(k, s, t, hz=k.wood * np.array([1240.0, 1930.0, 2870.0]), decay_s=0.008, contact_hz=4200.0)
    palm += 0.5 * noise(t, 1400.0, 3600.0, s.rng) * np.exp(-t / 0.007)
    slide = noise(t, 1500.0, 3500.0, s.rng) * np.minimum(t / 0.018, 1.0) * (t < 0.018)
    sound = 0.05 * slide
    added(sound, palm, int(0.018 * k.sample_rate), 1.0)
    return finish(sound, k.sample_rate, top_hz=(2800.0 + 6500.0 * v) * s.tone, low_hz=350.0)


def low_bottle(k: Tuning, s: Stroke) -> Floats:
    """Return a thumb on the mouth of a big bottle."""
    return _bottle(k, s, 112.0)


def mid_bottle(k: Tuning, s: Stroke) -> Floats:
    """Return a thumb on a wine bottle."""
    return _bottle(k, s, 151.0)


def high_bottle(k: Tuning, s: Stroke) -> Floats:
    """Return a thumb on a small bottle."""
    return _bottle(k, s, 214.0)


def _bottle(k: Tuning, s: Stroke, hz: float) -> Floats:
    v = s.velocity
    t = seconds(0.4, k.sample_rate)
    hz *= k.wood * s.pitch
    air = np.sin(2.0 * np.pi * hz * t) * np.exp(-t / (0.07 * s.decay)) * rise(t, 0.003)
    chuff = noise(t, 0.8 * hz, 4.0 * hz, s.rng) * np.exp(-t / 0.025) * rise(t, 0.002)
    tick = tinkle(k, s, t, low_hz=1900.0, high_hz=5200.0, decay_s=0.04, count=4)
    return finish(
        air + 0.16 * chuff + 0.3 * v * tick, k.sample_rate, top_hz=(1200.0 + 5000.0 * v) * s.tone, low_hz=60.0
    )
