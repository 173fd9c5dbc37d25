"""A spring tank that never was: its impulse response, from the dispersion of waves along a helix."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.core.seed import Seed
from dusktape.dsp import filters
from dusktape.dsp.convolve import fast_size

_STRETCH = 0.62
_LEANS = ((1.0, 0.55), (0.55, 1.0), (0.85, 0.85))


def spring_response(
    sample_rate: int,
    *,
    rt_s: float,
    springs: int,
    length_ms: float,
    boing: float,
    transition_hz: float,
    low_cut_hz: float,
    seed: Seed,
) -> Floats:
    """Return what left and right hear of a tank of springs, the direct sound left out.

    Each spring sends the sound to and fro. Below its transition frequency a chain of all-pass filters delays the top
    more than the bottom, so every echo is a chirp, and each one longer than the last; above it little comes through.
    The whole chain, feedback included, is written as one transfer function and inverted by a single FFT on a circle
    slightly outside the unit one, where what has not died away at the end of the response cannot fold back.

    Parameters
    ----------
    sample_rate
        In Hz.
    rt_s
        Time until it has fallen by 60 dB.
    springs
        1 to 3; each is a little longer than the last, and leans to another side.
    length_ms
        Time to the other end and back, in the bass.
    boing
        How strongly the top lags behind: 0 echoes, 1 chirps over several tens of ms.
    transition_hz
        Upper end of what a spring carries.
    low_cut_hz
        A high-pass of order 2: the transducers carry no bass.
    seed
        Lengths and irregularities of the springs.

    Returns
    -------
    Shape (2, taps), float64; each row has energy 1.

    Source
    ------
    Abel, Berners, Costello, Smith, "Spring reverb emulation using dispersive allpass filters in a waveguide structure",
    AES 121 (2006); stretched all-pass chains: Välimäki, Parker, Abel, "Parametric spring reverberation effect",
    JAES 58 (2010). The damping is ours: it falls with frequency, by a factor of 2 at the transition.
    """
    frames = fast_size(math.ceil(1.2 * rt_s * sample_rate))
    outside = 10.0 ** (2.0 / frames)
    hz = np.fft.rfftfreq(frames, 1.0 / sample_rate).astype(np.float64)
    angle = 2.0 * np.pi * hz / sample_rate
    sides = np.zeros((2, hz.size), np.complex128)
    for k in range(springs):
        here = seed.at("spring", k)
        trip = length_ms * 1e-3 * 1.19**k * here.at("length").between(0.95, 1.05)
        top = transition_hz * here.at("top").between(0.9, 1.1)
        once = _one_way(angle, outside, trip, top, boing, sample_rate, here)
        decay = 10.0 ** (-3.0 * trip / rt_s * (1.0 + (hz / top) ** 2))
        # The pickup stands at the far end: half a trip, then whole ones, turned over at each end.
        heard = once / (1.0 + decay * once * once)
        for side, lean in enumerate(_LEANS[k] if springs > 1 else (1.0, 1.0)):
            sides[side] += lean * heard
    cuts = np.concatenate(
        [
            filters.highpass(low_cut_hz, sample_rate, order=2),
            filters.lowpass(1.05 * transition_hz, sample_rate, order=4),
        ]
    )
    taps = np.fft.irfft(sides, frames, axis=1) * outside ** np.arange(frames)
    fade = frames // 8
    taps[:, -fade:] *= np.cos(np.pi / 2 * np.arange(1, fade + 1) / fade) ** 2
    padded = np.fft.rfft(taps, 2 * frames, axis=1)
    twice = np.fft.rfftfreq(2 * frames, 1.0 / sample_rate).astype(np.float64)
    padded *= filters.response(cuts, twice, sample_rate)
    wet: Floats = np.fft.irfft(padded, 2 * frames, axis=1)[:, :frames]
    wet /= np.sqrt(np.sum(wet**2, axis=1, keepdims=True))
    return wet


def _one_way(
    angle: Floats, outside: float, trip_s: float, top_hz: float, boing: float, sample_rate: int, seed: Seed
) -> NDArray[np.complex128]:
    """Return the transfer from one end of a spring to the other, at these angles on a circle of radius `outside`."""
    stretch = max(1, round(sample_rate / (2.0 * top_hz)))
    z = outside * np.exp(1j * angle)
    back = z ** -float(stretch)
    links = round(60.0 * boing)
    chain = ((_STRETCH + back) / (1.0 + _STRETCH * back)) ** links
    # A chain of n delays the bass by n · stretch · (1 - a) / (1 + a) frames, which the wire need not do again.
    given = links * stretch * (1.0 - _STRETCH) / (1.0 + _STRETCH)
    wire = max(0.5 * trip_s * sample_rate - given, 16.0)
    rough = _irregular(angle.size, seed)
    return np.asarray(chain * z**-wire * rough)


def _irregular(count: int, seed: Seed) -> NDArray[np.complex128]:
    """Return a smooth random phase that grows with frequency: no winding is quite like the next."""
    knots = np.cumsum(seed.at("windings").rng().uniform(-1.0, 1.0, 400)) * 0.35
    place = np.linspace(0.0, 399.0, count)
    knots -= knots[0]
    phase = np.interp(place, np.arange(400), np.convolve(np.pad(knots, 2, "edge"), np.ones(5) / 5, "valid"))
    return np.asarray(np.exp(1j * phase))
