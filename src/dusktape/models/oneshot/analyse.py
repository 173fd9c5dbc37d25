"""From a recorded stroke to its vector: follow the low partial, take out modes that ring, measure what is left."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.dsp.envelope import fall
from dusktape.models.oneshot import render
from dusktape.models.oneshot.attack import attacks_s
from dusktape.models.oneshot.vector import (
    ATTACK,
    CELLS,
    CLICK,
    CLICK_EDGES,
    CLICK_FLOOR,
    CLICK_S,
    FRAMES,
    HIGH_EDGES,
    HIGH_WINDOW,
    LEVEL,
    LOW_BINS,
    LOW_WINDOW,
    MODE_DECAY,
    MODE_DETUNE,
    MODE_FLOOR,
    MODE_LEVEL,
    NODES,
    NOISE,
    NOISE_FLOOR,
    PARTIAL_FLOOR,
    PHASE,
    PITCH,
    PLACE,
    REST_ATTACK_S,
    REST_HZ,
    REST_S,
    SAMPLE_RATE,
    SIZE,
    SLOT_HZ,
    SLOTS_PER_OCTAVE,
    to_level,
)

Complex = NDArray[np.complex128]
Real = NDArray[Any]

ONSET = 0.02
"""A stroke begins where it first reaches so much of its peak."""

_BACK = 24
_STEP = 16
"""The low partial is followed at a sixteenth of the rate."""

_LEAD = 128
_LOW_RATE = SAMPLE_RATE / _STEP
_HIGHEST_HZ = 420.0
_LOWEST_HZ = 25.0


QUIET = 5e-4
"""It ends where it stays below so much of its peak."""


def aligned(sound: Floats) -> Floats:
    """Return a stroke from its onset to its end, peak 1, and zeros up to a power of two, at most `FRAMES`.

    Parameters
    ----------
    sound
        Mono, at `SAMPLE_RATE`, not silent.
    """
    sound = np.asarray(sound, np.float64) - np.mean(sound)
    size = np.abs(sound)
    first = max(0, int(np.argmax(size > ONSET * size.max())) - _BACK)
    last = sound.size - int(np.argmax(size[::-1] > QUIET * size.max()))
    taken = sound[first : min(last, first + FRAMES)] / size.max()
    out = np.zeros(max(4096, 1 << (taken.size - 1).bit_length()))
    out[: taken.size] = taken
    edge = min(FRAMES // 8 if taken.size == FRAMES else 256, taken.size // 4)
    out[taken.size - edge : taken.size] *= fall(edge)
    out[:8] *= fall(8)[::-1]
    return out


def analyse(stroke: Floats) -> Floats:
    """Return the vector (SIZE,) of a stroke that `aligned` returned."""
    vector = np.zeros(SIZE)
    vector[ATTACK] = np.log2(attacks_s(stroke) / REST_ATTACK_S)
    rest = stroke - partial(stroke, vector)
    rest = rest - modes(rest, vector)
    noise(rest - click(rest, vector), vector)
    return vector


def partial(stroke: Floats, vector: Floats) -> Floats:
    """Write amplitude, frequency and phase of the strongest low partial into the vector; return it, (frames,).

    Its frequency is that of the analytic signal below 420 Hz, by the phase of its autocorrelation in growing windows,
    refined in a band around itself; amplitude and phase are then fitted by least squares, node by node.
    """
    low = _decimated(stroke)
    t, hats = _grid()
    spectrum = np.fft.fft(low)
    hz = np.fft.fftfreq(low.size, 1.0 / _LOW_RATE)
    analytic = np.fft.ifft(spectrum * _band(hz, _LOWEST_HZ, _HIGHEST_HZ) * 2.0)
    f = _frequency(analytic, t)
    for width in (80.0, 50.0):
        turned = np.exp(-2j * np.pi * _turns(f, t))
        near = np.fft.ifft(np.fft.fft(analytic * turned) * _band(hz, -width, width)) / turned
        f = _frequency(near, t)
    turns = _turns(f, t)
    count = -(-(_LEAD + stroke.size // _STEP + _LEAD) // 64) * 64
    carrier = np.exp(2j * np.pi * turns[:count])[:, None] * hats[:count]
    basis = np.concatenate([carrier.real, -carrier.imag], axis=1)
    # In pieces too small for the BLAS to wake its threads, which wait for each other longer than this takes.
    pieces = basis.reshape(-1, 64, basis.shape[1])
    ended = np.tile(t[count - _LEAD] <= NODES, 2)
    normal = np.matmul(pieces.transpose(0, 2, 1), pieces).sum(axis=0) + _smoothness() + np.diag(1e3 * ended)
    fitted = np.linalg.solve(normal, low[:count] @ basis)
    c = fitted[: len(NODES)] + 1j * fitted[len(NODES) :]
    amplitude = np.abs(c)
    vector[LEVEL] = to_level(amplitude, PARTIAL_FLOOR)
    # Phase advance between nodes, as the fit corrects it; sure where it is loud.
    phase = np.interp(NODES, t, turns) + np.angle(c) / (2.0 * np.pi)
    step = np.diff(phase)
    wanted = np.diff(np.interp(NODES, t, turns))
    step = wanted + (step - wanted + 0.5) % 1.0 - 0.5
    mean_hz = step / np.diff(NODES)
    coarse = wanted / np.diff(NODES)
    loud = np.minimum(amplitude[1:], amplitude[:-1]) ** 2 * np.diff(NODES) ** 0.5
    mean_hz = np.where(np.abs(np.log2(np.maximum(mean_hz, 1.0) / coarse)) < 0.35, mean_hz, coarse)
    octaves = np.log2(np.clip(mean_hz, 20.0, 800.0) / REST_HZ)
    vector[PITCH] = _steadied(octaves, loud)
    start = (np.angle(c[0] * np.exp(2j * np.pi * np.interp(0.0, t, turns))) / np.pi + 0.5 + 0.5) % 1.0 - 0.5
    vector[PHASE] = start if amplitude[0] > PARTIAL_FLOOR else 0.0
    at = np.arange(stroke.size) / SAMPLE_RATE
    return np.asarray((np.interp(at, NODES, c) * np.exp(2j * np.pi * np.interp(at, t, turns))).real)


def _decimated(stroke: Floats) -> Floats:
    """Return the sound below 1.3 kHz at a sixteenth of the rate, `_LEAD` samples of silence around `FRAMES`."""
    padded = np.zeros(stroke.size + 2 * _LEAD * _STEP)
    padded[_LEAD * _STEP : _LEAD * _STEP + stroke.size] = stroke
    size = padded.size // _STEP
    kept = np.fft.rfft(padded)[: size // 2 + 1] * _edge(np.fft.rfftfreq(size, 1.0 / _LOW_RATE), 800.0, 1300.0)
    low = np.zeros(FRAMES // _STEP + 2 * _LEAD)
    low[:size] = np.fft.irfft(kept, size) / _STEP
    return low


def _edge(hz: Real, low: float, high: float) -> Floats:
    """Return 1 below `low`, 0 above `high`, a raised cosine in between."""
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * np.clip((hz - low) / (high - low), 0.0, 1.0)))


def _band(hz: Real, low: float, high: float) -> Floats:
    width = 0.5 * (high - low)
    over = np.maximum(low - hz, hz - high)
    return _edge(over, -0.15 * width, 0.25 * width)


@cache
def _grid() -> tuple[Floats, Floats]:
    """Return the times of the decimated sound, and what lines between nodes are made of, (times, nodes)."""
    t = (np.arange(FRAMES // _STEP + 2 * _LEAD) - _LEAD) / _LOW_RATE
    hats = np.stack([np.interp(t, NODES, row, left=0.0, right=0.0) for row in np.eye(len(NODES))], axis=1)
    hats[t < -0.25 / _LOW_RATE] = 0.0
    return t, hats


def _frequency(analytic: Complex, t: Floats) -> Floats:
    """Return the frequency at the nodes, in Hz: the phase of the lag-1 autocorrelation in windows around them."""
    product = np.conj(analytic[:-1]) * analytic[1:]
    product[t[:-1] < -0.001] = 0.0
    total = np.concatenate([[0.0], np.cumsum(product)])
    reach = 0.004 + 0.35 * NODES
    first = np.searchsorted(t, NODES - reach)
    last = np.minimum(np.searchsorted(t, NODES + reach), product.size)
    around = total[last] - total[first]
    f = np.angle(around) * _LOW_RATE / (2.0 * np.pi)
    octaves = np.log2(np.clip(f, _LOWEST_HZ, _HIGHEST_HZ) / REST_HZ)
    return np.asarray(REST_HZ * 2.0 ** _steadied(octaves, np.abs(around)))


def _steadied(octaves: Floats, weight: Floats) -> Floats:
    """Return values drawn towards louder neighbours: where there is nothing to hear, the last that was heard stays."""
    place = np.arange(octaves.size)
    weight = weight / (weight.max() + 1e-30) + 1e-9
    near = np.exp(-0.5 * np.square((place[:, None] - place) / 0.6)) * weight
    far = np.exp(-np.abs(place[:, None] - place) / 1.5) * weight * 0.003
    kernel = near + far
    return np.asarray(kernel @ octaves / kernel.sum(axis=1))


def _turns(f: Floats, t: Floats) -> Floats:
    """Return the integral of a frequency that is given at the nodes."""
    at = np.interp(t, NODES, f)
    return np.cumsum(at) / _LOW_RATE


@cache
def _smoothness() -> Floats:
    """Return what a fit pays for bends between nodes: a hundredth of what a sine of amplitude 1 holds there."""
    n = len(NODES)
    gap = np.diff(NODES) * _LOW_RATE
    d = np.zeros((n - 1, n))
    d[np.arange(n - 1), np.arange(n - 1)], d[np.arange(n - 1), np.arange(1, n)] = -1.0, 1.0
    cost = d.T @ (d * (6.0 / gap)[:, None]) + 1e-3 * np.eye(n)
    return np.asarray(np.kron(np.eye(2), cost))


def modes(rest: Floats, vector: Floats) -> Floats:
    """Write the mode of each slot into the vector and return their sum, (frames,).

    Frequency and decay are those of a pole of order 1, the amplitude is a projection. A slot whose band one decaying
    sine explains badly has none: it is noise.
    """
    spectrum = np.fft.rfft(rest)
    found = [_mode(spectrum, slot) for slot in range(len(SLOT_HZ))]
    amplitude, hz, decay_s = (np.array(column) for column in zip(*found, strict=True))
    there = np.abs(amplitude) > 0.0
    vector[MODE_LEVEL] = to_level(np.abs(amplitude), MODE_FLOOR)
    vector[MODE_DETUNE] = np.where(there, SLOTS_PER_OCTAVE * np.log2(np.maximum(hz, 1.0) / SLOT_HZ), 0.0)
    vector[MODE_DECAY] = np.where(there, np.log2(decay_s / REST_S), 0.0)
    return render.rung(amplitude[there], hz[there], decay_s[there], rest.size)


def _mode(spectrum: Complex, slot: int) -> tuple[complex, float, float]:
    centre = SLOT_HZ[slot]
    half = centre * (2.0 ** (0.5 / SLOTS_PER_OCTAVE) - 1.0)
    whole = 2 * (len(spectrum) - 1)
    bin_hz = SAMPLE_RATE / whole
    reach = int(1.5 * half / bin_hz)
    size = 1 << (2 * reach).bit_length()
    middle = round(centre / bin_hz)
    index = np.arange(-reach, reach + 1)
    around = np.zeros(size, np.complex128)
    around[index] = spectrum[middle + index] * _edge(np.abs(index) * bin_hz, half, 1.5 * half)
    envelope = np.fft.ifft(around) * (2.0 * size / whole)
    rate = SAMPLE_RATE * size / whole
    early = min(max(1, int(0.004 * rate)), size // 8)
    later = envelope[early : size * 7 // 8]
    energy = float(np.sum(np.abs(envelope) ** 2)) + 1e-30
    lag = 2
    pole = np.vdot(later[:-lag], later[lag:]) / (np.sum(np.abs(later[:-lag]) ** 2) + 1e-30)
    pole = pole ** (1.0 / lag) if abs(pole) > 1e-6 else 1e-3 + 0j
    turn = float(np.angle(pole)) * rate / (2.0 * np.pi)
    hz = middle * bin_hz + turn
    decay_s = float(np.clip(-1.0 / (rate * np.log(min(abs(pole), 0.99995))), 0.002, 1.5))
    ring = np.exp((-1.0 / decay_s + 2j * np.pi * turn) * np.arange(size * 7 // 8) / rate)
    amplitude = np.vdot(ring, envelope[: ring.size]) / np.sum(np.abs(ring) ** 2)
    explained = float(abs(amplitude) ** 2 * np.sum(np.abs(ring) ** 2) / energy)
    gate = float(np.clip((explained - 0.45) / 0.25, 0.0, 1.0))
    if abs(amplitude) * gate < MODE_FLOOR or abs(turn) > 1.1 * half:
        return 0j, hz, decay_s
    return complex(amplitude * gate), hz, decay_s


def click(rest: Floats, vector: Floats) -> Floats:
    """Write what stands out of the first moment into the vector, and return it, (frames,).

    It is what is louder there than what follows: an impulse. Steady noise has none.
    """
    near = int(CLICK_S * SAMPLE_RATE)
    power = np.convolve(np.square(rest[: 4 * near]), np.hanning(15) / np.hanning(15).sum(), "same")
    after = np.mean(power[near : 3 * near])
    first = power[:near]
    share = float(np.sum(np.maximum(first - 2.0 * after, 0.0)) / (np.sum(first) + 1e-30))
    found = np.zeros(rest.size)
    found[: near + near // 2] = rest[: near + near // 2] * np.sqrt(share)
    found[near // 2 : near + near // 2] *= fall(near)
    magnitude = np.square(np.abs(np.fft.rfft(found[:HIGH_WINDOW])))
    bands = np.add.reduceat(magnitude, CLICK_EDGES[:-1]) / np.diff(CLICK_EDGES)
    vector[CLICK] = to_level(np.sqrt(bands), CLICK_FLOOR)
    heard = np.square(found[: 2 * near])
    vector[PLACE] = float(np.sum(heard * np.arange(2 * near)) / (np.sum(heard) + 1e-12)) / near
    return found


def noise(rest: Floats, vector: Floats) -> None:
    """Write the level of noise in each band and cell into the vector."""
    low = _levels(rest, LOW_WINDOW)[:, LOW_BINS]
    high = np.add.reduceat(_levels(rest, HIGH_WINDOW), HIGH_EDGES[:-1], axis=1) / np.diff(HIGH_EDGES)
    power = np.concatenate([_in_cells(low, LOW_WINDOW), _in_cells(high, HIGH_WINDOW)], axis=1)
    vector[NOISE] = to_level(np.sqrt(power), NOISE_FLOOR).T.ravel()


def _levels(rest: Floats, window: int) -> Floats:
    """Return the power of each bin over that of white noise of RMS 1, (frames, bins), frames around 0, hop, 2 hop."""
    hop = window // 4
    padded = np.concatenate([np.zeros(window // 2), rest, np.zeros(window // 2)])
    shape = np.hanning(window + 1)[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    power = np.abs(np.fft.rfft(frames * shape, axis=1)) ** 2
    heard = np.array([np.sum(shape[max(0, window // 2 - i * hop) :] ** 2) for i in range(len(frames))])
    return np.asarray(power / heard[:, None])


def _in_cells(power: Floats, window: int) -> Floats:
    """Return the mean power (cells, bands) of frames, as if it moved in straight lines between them."""
    at = np.arange(len(power)) * (window // 4) / SAMPLE_RATE
    over = np.flatnonzero(at[-1] < CELLS)
    if over.size:
        power = np.concatenate([power, np.zeros((2, power.shape[1]))])
        at = np.concatenate([at, [at[-1] + (at[1] - at[0]), max(CELLS[-1], at[-1] + 2.0 * (at[1] - at[0]))]])
    total = np.concatenate([np.zeros((1, power.shape[1])), np.cumsum(0.5 * (power[1:] + power[:-1]), axis=0)])
    place = np.interp(CELLS, at, np.arange(len(at)))
    whole = np.minimum(place.astype(int), len(at) - 2)
    part = (place - whole)[:, None]
    summed = total[whole] + part * power[whole] + 0.5 * part**2 * (power[whole + 1] - power[whole])
    return np.asarray(np.maximum(np.diff(summed, axis=0), 0.0) / np.diff(place)[:, None])
