"""Rooms and plates that never were: impulse responses drawn from a seed.

Both are built the same way. First comes sound without loss: reflections of mirrored sources, whose energy per second is
constant because their number grows as fast as each weakens, and later noise of that same energy. Then every band decays
at its own pace. So early and late meet without a seam, and levels follow from geometry.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.core.seed import Seed
from dusktape.dsp import filters
from dusktape.dsp.convolve import fast_size

_SOUND_M_PER_S = 343.0
_STEEL_M2_PER_S = 0.74
"""Bending stiffness over mass, square-rooted, of a steel plate half a millimetre thick."""

_ARRIVAL_BANDS_HZ = np.array([125.0 * 2.0**k for k in range(8)])
_DECAY_BANDS_HZ = np.concatenate([[500.0, 1000.0], 2000.0 * 2.0 ** (np.arange(7) / 2.0)])
"""Below 500 Hz all decays alike; above, the decay changes fast."""


def decay_seconds(hz: Floats, rt_s: float, damping: float) -> Floats:
    """Return the reverberation time at each frequency: `rt_s` in the bass, at 8 kHz `rt_s` / (1 + 4 · damping)."""
    return np.asarray(rt_s / (1.0 + 4.0 * damping * (np.asarray(hz) / 8000.0) ** 1.5))


def room_response(
    sample_rate: int,
    *,
    rt_s: float,
    size_m: float,
    damping: float,
    pre_delay_ms: float,
    low_cut_hz: float,
    high_cut_hz: float,
    seed: Seed,
) -> Floats:
    """Return what two microphones 40 cm apart hear of a room, the direct sound left out.

    Parameters
    ----------
    sample_rate
        In Hz.
    rt_s
        Time until the bass has fallen by 60 dB.
    size_m
        The longest wall; the others are about 0.7 and 0.45 of it.
    damping
        0 decays alike everywhere, 1 loses the top five times as fast.
    pre_delay_ms
        Silence before the first reflection.
    low_cut_hz, high_cut_hz
        A high-pass of order 2 and a low-pass of order 1 on all of it.
    seed
        Places the source, the microphones and the walls, and draws the noise.

    Returns
    -------
    Shape (2, taps), float64; each row has energy 1: what is noise comes out as loud as it went in.

    Source
    ------
    Allen and Berkley, JASA 65 (1979): image sources. Their jitter against sweeping echoes: De Sena et al., IEEE TASLP
    23 (2015). Microphones in a diffuse field agree as sin(kd) / kd: Cook et al., JASA 27 (1955).
    """
    frames = _length(rt_s, sample_rate)
    walls = size_m * np.array([1.0, seed.between(0.62, 0.8), seed.between(0.38, 0.52)])
    distances = _room_images(walls, reach_m=min(4.0 * size_m, 40.0), seed=seed.at("images"))
    first = distances.min()
    excitation = np.stack([_pulses((d - first) / _SOUND_M_PER_S * sample_rate, 1.0 / d, frames) for d in distances])
    # Images: a shell of area 4π r² holds 4π r² / V of them per metre, each with energy 1 / r².
    energy = 4.0 * np.pi * _SOUND_M_PER_S / float(np.prod(walls)) / sample_rate
    after = np.arange(frames) / sample_rate - 0.3 * size_m / _SOUND_M_PER_S
    late = np.clip(after / (1.5 * size_m / _SOUND_M_PER_S), 0.0, 1.0)
    noise = math.sqrt(energy) * _two_microphones(frames, 0.4, sample_rate, seed.at("noise"))
    mixed = np.cos(late * np.pi / 2) * excitation + np.sin(late * np.pi / 2) * noise
    return _finish(mixed, rt_s, damping, pre_delay_ms, low_cut_hz, high_cut_hz, sample_rate)


def early_response(
    sample_rate: int, *, size_m: float, absorption: float, low_cut_hz: float, high_cut_hz: float, seed: Seed
) -> Floats:
    """Return the first reflections of a room, up to the fourth wall on their way, direct sound left out.

    Parameters
    ----------
    sample_rate
        In Hz.
    size_m
        The longest wall; the others are about 0.7 and 0.45 of it.
    absorption
        Share of the energy a wall takes; of the top, above 2 kHz, it takes twice as much in dB.
    low_cut_hz, high_cut_hz
        A high-pass of order 2 and a low-pass of order 1 on all of it.
    seed
        Places the source, the microphones and the walls.

    Returns
    -------
    Shape (2, taps), float64; both rows together have energy 2. The first reflection comes as late as it is farther than
    the direct sound.

    Source
    ------
    As for `room_response`.
    """
    walls = size_m * np.array([1.0, seed.between(0.62, 0.8), seed.between(0.38, 0.52)])
    direct, distances, bounces = _room_places(walls, reach_m=4.0 * size_m, seed=seed.at("images"))
    taps = fast_size(math.ceil(4.5 * size_m / _SOUND_M_PER_S * sample_rate) + 2048)
    hz = np.fft.rfftfreq(taps, 1.0 / sample_rate).astype(np.float64)
    wall = filters.shelf(2000.0, sample_rate, gain_db=10.0 * math.log10(1.0 - absorption), kind="high")
    bounce = math.sqrt(1.0 - absorption) * filters.response(wall, hz, sample_rate)
    cuts = np.concatenate(
        [filters.highpass(low_cut_hz, sample_rate, order=2), filters.lowpass(high_cut_hz, sample_rate, order=1)]
    )
    spectrum = np.zeros((2, hz.size), np.complex128)
    for order in range(1, 5):
        some = distances[:, bounces == order]
        pulses = np.stack([_pulses((d - direct) / _SOUND_M_PER_S * sample_rate, 1.0 / d, taps) for d in some])
        spectrum += np.fft.rfft(pulses, axis=1) * bounce**order
    wet: Floats = np.fft.irfft(spectrum * filters.response(cuts, hz, sample_rate), taps, axis=1)
    fade = taps // 8
    wet[:, -fade:] *= np.cos(np.pi / 2 * np.arange(1, fade + 1) / fade) ** 2
    return wet * math.sqrt(2.0 / float(np.sum(wet**2)))


def plate_response(
    sample_rate: int,
    *,
    rt_s: float,
    damping: float,
    pre_delay_ms: float,
    low_cut_hz: float,
    high_cut_hz: float,
    seed: Seed,
) -> Floats:
    """Return what two pickups hear of a steel plate: dense at once, each reflection a chirp that falls from the top.

    Parameters and returns as for `room_response`.

    Source
    ------
    Bending waves in a thin plate: wave number k = √(ω / 0.74) for half a millimetre of steel, so they travel at
    2 √(0.74 ω), 43 m/s at 100 Hz and 430 at 10 kHz (Cremer and Heckl, Structure-Borne Sound). Images as in the room, on
    a plane: energy 1 / r each, 2π r / A per metre.
    """
    size, area, reach = 16_384 * max(1, sample_rate // 44_100), 2.0, 5.0
    frames = max(_length(rt_s, sample_rate), size)
    number = np.sqrt(2.0 * np.pi * sample_rate / size / _STEEL_M2_PER_S * np.arange(size // 2 + 1))
    images = _plate_images(np.array([2.0, 1.0]), reach, seed.at("images"))
    onset = np.stack([np.fft.irfft(_chirps(number, d), size) for d in images])
    hz = np.fft.rfftfreq(frames, 1.0 / sample_rate)
    density = 2.0 * np.pi / area * _plate_speed(np.maximum(hz, 20.0)) / sample_rate
    spectrum = np.fft.rfft(_two_microphones(frames, 0.0, sample_rate, seed.at("noise")), axis=1)
    excitation = np.fft.irfft(spectrum * np.sqrt(density), frames, axis=1)
    # Noise takes over where the chirps end, which each frequency does at its own time, the bass last, after 60 ms.
    begins = excitation[:, :size] * np.cos(np.pi / 2 * np.clip(4.0 * np.arange(size) / size - 1.0, 0.0, 1.0)) ** 2
    excitation[:, :size] += onset - begins
    spectrum = np.fft.rfft(begins, axis=1)
    time = np.arange(size) / sample_rate
    early_hz = np.fft.rfftfreq(size, 1.0 / sample_rate).astype(np.float64)
    for centre, weight in _bands(early_hz, _ARRIVAL_BANDS_HZ):
        arrival = reach / _plate_speed(np.array(centre))
        swell = np.sin(np.pi / 2 * np.clip(2.5 * time / arrival - 2.0, 0.0, 1.0))
        excitation[:, :size] += np.fft.irfft(spectrum * weight, size, axis=1) * swell
    return _finish(excitation, rt_s, damping, pre_delay_ms, low_cut_hz, high_cut_hz, sample_rate)


def _plate_speed(hz: Floats) -> Floats:
    """Return how fast bending waves of each frequency carry energy, in m/s."""
    return np.asarray(2.0 * np.sqrt(_STEEL_M2_PER_S * 2.0 * np.pi * hz))


def _length(rt_s: float, sample_rate: int) -> int:
    return fast_size(math.ceil(rt_s * sample_rate))


def _room_images(walls: Floats, reach_m: float, seed: Seed) -> Floats:
    """Return the distances from every mirrored source to each of two microphones. Shape (2, images)."""
    return _room_places(walls, reach_m, seed)[1]


def _room_places(walls: Floats, reach_m: float, seed: Seed) -> tuple[float, Floats, NDArray[np.int64]]:
    """Return the direct distance, those of mirrored sources to two microphones, (2, images), and their bounces."""
    rng = seed.rng()
    source = walls * rng.uniform(0.15, 0.45, 3)
    listener = walls * rng.uniform(0.55, 0.85, 3)
    apart = np.array([0.2 * math.cos(0.7), 0.2 * math.sin(0.7), 0.0])
    counts = np.ceil(reach_m / walls).astype(int)
    grid = np.stack(np.meshgrid(*[np.arange(-n, n + 1) for n in counts], indexing="ij"), axis=-1).reshape(-1, 3)
    mirrored = np.where(grid % 2 == 0, source, walls - source)
    places = grid * walls + mirrored
    # The farther, the looser: real walls are neither flat nor parallel.
    order = np.abs(grid).sum(axis=1, keepdims=True)
    places = places + rng.uniform(-0.08, 0.08, places.shape) * np.sqrt(order) * walls.min() / 2.0
    distances = np.stack([np.linalg.norm(places - listener - side * apart, axis=1) for side in (-1.0, 1.0)])
    heard = (order[:, 0] > 0) & (distances.min(axis=0) < reach_m) & (distances.min(axis=0) > 0.3)
    direct = float(np.linalg.norm(source - listener))
    return direct, np.asarray(distances[:, heard]), np.asarray(order[heard, 0], np.int64)


def _plate_images(sides: Floats, reach_m: float, seed: Seed) -> Floats:
    """Return the distances from every mirrored driver to each of two pickups. Shape (2, images)."""
    rng = seed.rng()
    driver = sides * rng.uniform(0.4, 0.55, 2)
    pickups = sides * np.array([[0.12, 0.3], [0.88, 0.6]]) + rng.uniform(-0.06, 0.06, (2, 2))
    counts = np.ceil(reach_m / sides).astype(int)
    grid = np.stack(np.meshgrid(*[np.arange(-n, n + 1) for n in counts], indexing="ij"), axis=-1).reshape(-1, 2)
    places = grid * sides + np.where(grid % 2 == 0, driver, sides - driver)
    distances = np.linalg.norm(places[None] - pickups[:, None], axis=2)
    return np.asarray(np.sort(distances, axis=1)[:, : int(np.sum(distances.min(axis=0) < reach_m))])


def _pulses(frames: Floats, gains: Floats, length: int) -> Floats:
    """Return pulses between frames, as four-point Lagrange interpolation spreads them. Shape (length,)."""
    whole = np.floor(frames).astype(int)
    d = frames - whole
    out = np.zeros(length + 4)
    weights = (
        -d * (d - 1) * (d - 2) / 6,
        (d + 1) * (d - 1) * (d - 2) / 2,
        -(d + 1) * d * (d - 2) / 2,
        (d + 1) * d * (d - 1) / 6,
    )
    inside = whole < length
    for offset, weight in enumerate(weights):
        np.add.at(out, whole[inside] + offset, (weight * gains)[inside])
    return out[:length]


def _chirps(number: Floats, distances: Floats) -> np.ndarray[tuple[int], np.dtype[np.complex128]]:
    """Return the sum over reflections of e^(-ikr) / √r, at each wave number. Shape (F,)."""
    total = np.zeros(len(number), np.complex128)
    for distance in distances:
        total += np.exp(-1j * number * distance) / math.sqrt(distance + 0.3)
    return total


def _two_microphones(frames: int, apart_m: float, sample_rate: int, seed: Seed) -> Floats:
    """Return noise of variance 1 as two microphones in a diffuse field hear it, alike in the bass. (2, frames)."""
    middle, side = seed.rng().standard_normal((2, frames))
    if apart_m == 0.0:
        return np.stack([middle, side])
    coherence = np.sinc(2.0 * apart_m * np.fft.rfftfreq(frames, 1.0 / sample_rate) / _SOUND_M_PER_S)
    middle = np.fft.irfft(np.fft.rfft(middle) * np.sqrt(0.5 * (1.0 + coherence)), frames)
    side = np.fft.irfft(np.fft.rfft(side) * np.sqrt(0.5 * (1.0 - coherence)), frames)
    return np.stack([middle + side, middle - side])


def _bands(hz: Floats, centres: Floats) -> list[tuple[float, Floats]]:
    """Return bands as (centre in Hz, weight at each frequency); the weights of all add up to 1 everywhere."""
    place = np.interp(np.log2(np.maximum(hz, 1.0)), np.log2(centres), np.arange(len(centres)))
    near = [np.clip(1.0 - np.abs(place - k), 0.0, 1.0) for k in range(len(centres))]
    return [(float(c), np.asarray(np.sin(np.pi / 2 * w) ** 2)) for c, w in zip(centres, near, strict=True)]


def _finish(
    excitation: Floats,
    rt_s: float,
    damping: float,
    pre_delay_ms: float,
    low_cut_hz: float,
    high_cut_hz: float,
    sample_rate: int,
) -> Floats:
    """Let every band decay, filter, fade the end, bring to energy 1 and put the pre-delay before it."""
    frames = excitation.shape[1]
    hz = np.fft.rfftfreq(frames, 1.0 / sample_rate).astype(np.float64)
    cuts = np.concatenate(
        [filters.highpass(low_cut_hz, sample_rate, order=2), filters.lowpass(high_cut_hz, sample_rate, order=1)]
    )
    # float32 from here: its noise is 130 dB down, and the FFTs are what this costs.
    spectrum = (np.fft.rfft(excitation, axis=1) * filters.response(cuts, hz, sample_rate)).astype(np.complex64)
    time = (np.arange(frames) / sample_rate).astype(np.float32)
    total = np.zeros_like(excitation, np.float32)
    for centre, weight in _bands(hz, _DECAY_BANDS_HZ):
        rate = np.float32(-3.0 * math.log(10.0) / float(decay_seconds(np.array(centre), rt_s, damping)))
        total += np.fft.irfft(spectrum * weight.astype(np.float32), frames, axis=1) * np.exp(rate * time)
    wet = total.astype(np.float64)
    fade = frames // 16
    wet[:, -fade:] *= np.cos(np.pi / 2 * np.arange(1, fade + 1) / fade) ** 2
    wet /= np.sqrt(np.sum(wet**2, axis=1, keepdims=True))
    return np.pad(wet, ((0, 0), (round(pre_delay_ms * sample_rate / 1000.0), 0)))


def blend(wet: Floats, *, dry: float, mix: float) -> Floats:
    """Return the response of dry sound and reverb together: 1 · dry at frame 0, plus mix · wet. Shape as `wet`."""
    response = mix * wet
    response[:, 0] += dry
    return response
