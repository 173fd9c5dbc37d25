"""What a drum went through before it came here: a record and a sampler, a drum machine's chip, a cassette."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Floats
from dusktape.dsp.fourier import spectrum
from dusktape.instruments.drums.shaping import (
    Tuning,
    filter_size,
    filtered,
    lowpass,
    noise,
    normal,
    one_poles,
    whole,
)

SAMPLER_HZ = 26_040.0
"""Sample rate of the twelve-bit samplers that hip-hop was made with."""


def sampled(sound: Floats, k: Tuning, rng: np.random.Generator) -> Floats:
    """Return a drum taken off a record at 45 rpm into twelve bits, and pitched down by dropping samples.

    The record brings its own room, cut by the sampler's end point; the held steps leave images above the music.
    """
    frames = sound.size
    t = np.arange(frames) / k.sample_rate
    near = t[: int(0.13 * k.sample_rate)]
    room = noise(near[: near.size // 1024 * 1024], 250.0, 3800.0, rng)
    room *= np.exp(-near[: room.size] / 0.045) * (0.22 / np.sqrt(0.0225 * k.sample_rate))
    room[0] += 1.0
    size = whole(frames + room.size, 4096)
    record = np.fft.rfft(room, n=size) * one_poles(size, k.sample_rate, lowpass_hz=9000.0, highpass_hz=32.0)
    pressed = np.fft.irfft(spectrum(normal(sound), size) * record.astype(np.complex64), n=size)
    pressed = np.tanh(1.5 * pressed[:frames])
    held = SAMPLER_HZ / 1.19
    place = np.floor(t * held)
    taken = np.interp(place * (k.sample_rate / held), np.arange(frames), pressed)
    return np.asarray(lowpass(np.round(taken * 2047.0) / 2047.0, 12500.0, k.sample_rate) * _end(t), dtype=np.float64)


def _end(t: Floats) -> Floats:
    """Return an end point that fades over the last fifth."""
    x = np.clip((t / t[-1] - 0.8) / 0.2, 0.0, 1.0)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * x), dtype=np.float64)


def chip(sound: Floats, k: Tuning) -> Floats:
    """Return a drum as the ROM of an eighties machine holds it: 24 kHz, eight bits on a logarithmic scale.

    Source
    ------
    The scale is the µ-law of ITU-T G.711, µ = 255.
    """
    t = np.arange(sound.size) / k.sample_rate
    band = normal(lowpass(sound, 9500.0, k.sample_rate, order=2))
    taken = np.interp(np.floor(t * 24_000.0) / 24_000.0 * k.sample_rate, np.arange(t.size), band)
    code = np.round(np.sign(taken) * np.log1p(255.0 * np.abs(taken)) / np.log(256.0) * 127.0) / 127.0
    return np.asarray(np.sign(code) * np.expm1(np.abs(code) * np.log(256.0)) / 255.0, dtype=np.float64)


def taped(sound: Floats, k: Tuning, rng: np.random.Generator) -> Floats:
    """Return a drum machine recorded hot on a cassette: the top saturates first, the level is pressed together.

    Treble is lifted before the tape and lowered after it, as the recorder does, so cymbals lose their edge while
    the bass only thickens; a bump at 85 Hz, nothing above 9 kHz, and a hiss that the hit pushes down.
    """
    rate, size = k.sample_rate, filter_size(sound)
    treble = one_poles(size, rate, highpass_hz=2800.0)
    # The chip's level is 1 at its peak: lifting comes in the same transform.
    lifted = filtered(chip(sound, k), 1.0 + 1.3 * treble)
    level = np.sqrt(np.maximum(lowpass(np.square(lifted), 14.0, rate), 0.0))
    tape = np.tanh(2.2 * lifted / (1.0 + 1.6 * level) ** 0.8)
    bump = one_poles(size, rate, lowpass_hz=115.0, highpass_hz=60.0, order=2)
    band = one_poles(size, rate, highpass_hz=38.0, order=2) * one_poles(size, rate, lowpass_hz=13000.0, order=5)
    played = filtered(tape, (1.0 - 0.5 * treble) * (1.0 + 0.45 * bump) * band)
    t = np.arange(sound.size) / rate
    hiss = noise(t, 1200.0, 7500.0, rng) * np.minimum(t / 0.004, 1.0) / (1.0 + 6.0 * level)
    return np.asarray((normal(played) + 0.006 * hiss) * _end(t), dtype=np.float64)
