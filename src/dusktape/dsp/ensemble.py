"""Many players on one note, drawn as a spectrum: each with a tuning, a vibrato and a place of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.core.seed import Seed
from dusktape.dsp.noise import Gain

Spectrum: TypeAlias = NDArray[np.complex64]
"""Half spectrum of a loop, shape (channels, size / 2 + 1)."""

_ORDERS = 16


@dataclass(frozen=True, slots=True)
class Section:
    """How the players of an ensemble differ.

    Parameters
    ----------
    players
        How many.
    detune_cents
        Each player is off by up to so much either way; the first one is in tune.
    vibrato_hz, vibrato_cents
        Middle rate of their vibrato, each has its own within a sixth, and how far it goes either way.
    motion
        How much each swells and fades, 0 to 1.
    width
        0 to 1: how far left and right they sit. Below 300 Hz all stay near the middle.
    lead
        The first one's share of the lowest partials, where equals would cancel each other for seconds.
    """

    players: int = 6
    detune_cents: float = 7.0
    vibrato_hz: float = 5.5
    vibrato_cents: float = 10.0
    motion: float = 0.5
    width: float = 0.6
    lead: float = 0.35


def add_players(
    spectrum: Spectrum, size: int, f: float, heights: Floats, section: Section, rng: np.random.Generator, rate: int
) -> None:
    """Add every player's harmonics to the half spectrum of a loop of `size` frames, in place.

    All lines lie on whole cycles of the loop, so it closes without a seam, and tuning is exact to half a line.
    Costs about 13 additions per harmonic and player.

    Source
    ------
    Vibrato is phase modulation, exp(i b sin) = sum J_n(b) exp(i n): Chowning, JAES 21 (1973). The J_n are taken from a
    short FFT of the left side.
    """
    channels, per_line = spectrum.shape[0], size / rate
    k = np.arange(1, heights.size + 1)
    turn = np.sin(2.0 * np.pi * np.arange(_ORDERS) / _ORDERS)
    orders = np.fft.fftfreq(_ORDERS, 1.0 / _ORDERS).astype(int)
    near = np.minimum(1.0, k * f / 300.0) * section.width
    follow = np.minimum(0.8, section.lead * (0.5 + 0.36 * (k - 1)))
    for player in range(section.players):
        place = 0.0 if player == 0 else (1.0 if player % 2 else -1.0) * rng.uniform(0.35, 1.0)
        cents = 0.0 if player == 0 else section.detune_cents * rng.uniform(-1.0, 1.0)
        hz = k * f * 2.0 ** (cents / 1200.0)
        sway = max(1, round(section.vibrato_hz * rng.uniform(0.84, 1.16) * per_line))
        deviation = hz * np.log(2.0) / 1200.0 * section.vibrato_cents * rng.uniform(0.6, 1.3)
        depth = np.minimum(deviation * per_line / sway, 4.5)
        angle = np.exp(1j * (rng.uniform(0.0, 2.0 * np.pi, k.size)))
        bessel = np.fft.fft(np.exp(1j * depth[:, None] * turn), axis=1) / _ORDERS
        bessel = bessel * np.exp(1j * rng.uniform(0.0, 2.0 * np.pi) * orders)
        height = heights * (1.0 if player == 0 else follow) * angle
        line = np.round(hz * per_line).astype(int)
        comb = (line[:, None] + sway * orders).reshape(-1)
        value = (height[:, None] * bessel).reshape(-1)
        swell = section.motion * rng.uniform(0.1, 0.3, 3) * np.exp(2j * np.pi * rng.random(3))
        # Two slow swells of its own, and an unsteadiness of a few hertz: bow pressure, breath.
        shake = max(3, round(rng.uniform(3.5, 9.0) * per_line))
        lines = np.concatenate([comb, *(comb + n for n in (1, -1, 3, -3, shake, -shake))])
        sides = (swell[0], np.conj(swell[0]), swell[1], np.conj(swell[1]), swell[2], np.conj(swell[2]))
        values = np.concatenate([value, *(value * side for side in sides)])
        inside = (lines > 0) & (lines < spectrum.shape[1])
        spread = np.tile(np.repeat(near, _ORDERS), 7)[inside] * place
        for channel in range(channels):
            side = 0.0 if channels == 1 else (1.0 if channel else -1.0)
            gain = np.sqrt(0.5 + 0.5 * side * spread)
            np.add.at(spectrum[channel], lines[inside], (values[inside] * gain).astype(np.complex64))


def noise_draws(channels: int, sample_rate: int, rng: np.random.Generator) -> Spectrum:
    """Return random lines enough for the loops of one instrument, shape (channels, lines): see `add_noise`."""
    bins = int(0.8 * loop_frames(0, sample_rate) // 2)
    return rng.standard_normal((channels, 2 * bins), dtype=np.float32).view(np.complex64)


def add_noise(spectrum: Spectrum, draws: Spectrum, pitch: int, colour: Gain, level: float, rate: int) -> None:
    """Add noise up to 15 kHz to a half spectrum, in place; another stretch of the draws for every pitch.

    `level` is its RMS, as of a single line of that height. The colour is drawn through points a sixteenth of an
    octave apart.
    """
    size = 2 * (spectrum.shape[1] - 1)
    bins = min(int(15_000.0 * size / rate), int(0.75 * spectrum.shape[1]))
    points = np.geomspace(20.0, 15_000.0, 150)
    hz = np.arange(bins, dtype=np.float32) * np.float32(rate / size)
    curve = np.interp(hz, points, colour(points) / (1.0 + (points / 7000.0) ** 6))
    scale = level / np.sqrt(2.0 * float(np.sum(curve * curve)) + 1e-20)
    first = (pitch * 4111) % (draws.shape[1] - bins + 1)
    spectrum[:, :bins] += draws[:, first : first + bins] * (scale * curve).astype(np.float32)


def loop_of(spectrum: Spectrum, size: int, target: float) -> NDArray[np.float32]:
    """Return the loop of a half spectrum, shape (channels, size), its channels' mean RMS `target`."""
    spectrum[:, 0] = 0.0
    energy = 2.0 * float(np.sum(np.abs(spectrum) ** 2)) / spectrum.shape[0]
    spectrum *= np.float32(target * size / np.sqrt(energy + 1e-30))
    return np.asarray(np.fft.irfft(spectrum, size, axis=1), dtype=np.float32)


def loop_frames(pitch: int, sample_rate: int) -> int:
    """Return a length for a pitch's loop that FFTs like: about six seconds, three from middle C on."""
    six = 1 << round(np.log2(6.0 * sample_rate))
    return int(six if pitch < 60 else six // 2)


def own_tuning(seed: Seed, pitch: int, cents: float) -> float:
    """Return the factor by which a whole section is off on this pitch, at most `cents` either way."""
    return float(2.0 ** (seed.at("section", pitch).between(-cents, cents) / 1200.0))
