"""What a recorded key is made of: partials, how they fall, how they tremble, and the noise of the strike.

Used by `tools/fit_keys.py`, for recordings and for our own tones alike.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath

import numpy as np
import soundfile
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PARTIALS = 12
FOLDERS = {"Wurlitzer EP200": "ep200", "Pianet T": "pianet", "CP80": "cp80"}
VELOCITIES = {"pp": 0.25, "p": 0.4, "mp": 0.45, "f": 0.7, "ff": 0.9}
"""Where we put the recordings' layers in our range of velocities."""

COMPARED = 8
"""Partials that errors speak of."""

QUIETEST_DB = -50.0
"""What lies below this, next to a note's power, counts as being there."""

_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}


@dataclass(frozen=True)
class Note:
    """One recorded key: which instrument, MIDI pitch, velocity in (0, 1], samples (frames,) from the strike on."""

    piano: str
    pitch: int
    velocity: float
    samples: Floats
    rate: int


@dataclass(frozen=True)
class Measured:
    """Partials of one note. NaN where there is nothing to measure.

    Parameters
    ----------
    hz, db
        Frequency, and level in the first quarter of a second, of partials 1 to 12; the levels' powers sum to 1.
    stiffness
        B of its string; 0 where it has none.
    early_s, late_s
        Time to fall to 1/e in the first 0.35 s, and between 0.6 and 2 s. Shape (12,).
    noise_db
        Power between the partials in the first 70 ms over that of the partials.
    floor_db
        The same in the 0.3 s after 0.4 s.
    tremble_db
        Standard deviation of the level above 150 Hz between 3 and 20 times a second.
    peak_db
        Power of all twelve partials, against which their decays are drawn.
    """

    hz: Floats
    db: Floats
    stiffness: float
    early_s: Floats
    late_s: Floats
    noise_db: float
    floor_db: float
    tremble_db: float
    peak_db: float


def shown(db: Floats) -> Floats:
    """Return the levels that are compared, shape (8,)."""
    return np.maximum(np.nan_to_num(db[:COMPARED], nan=QUIETEST_DB), QUIETEST_DB)


def stiffness(hz: Floats, power: Floats) -> float:
    """Return B of a stiff string from partials 1 to 12 and their shares of power; 0 where they are too few."""
    k = np.arange(1, hz.size + 1)
    sure = np.isfinite(hz) & (np.nan_to_num(power) > 1e-5)
    if sure.sum() < 4:
        return 0.0
    slope, base = np.polyfit(k[sure] ** 2, (hz[sure] / k[sure]) ** 2, 1)
    return float(max(0.0, slope / base))


def recordings(data: Path) -> Iterator[Note]:
    """Read every recorded note below a folder, or in the tar file that lies in it."""
    files = {str(f.relative_to(data)): f for f in sorted(data.rglob("*.flac"))}
    for name, file in files.items():
        yield from _note(name, file.read_bytes())
    for archive in [] if files else sorted(data.glob("*.tar")):
        with tarfile.open(archive) as tar:
            for member in sorted((m for m in tar.getmembers() if m.name.endswith(".flac")), key=lambda m: m.name):
                content = tar.extractfile(member)
                if content is not None:
                    yield from _note(member.name, content.read())


def _note(name: str, content: bytes) -> Iterator[Note]:
    path = PurePosixPath(name)
    piano = next((FOLDERS[part] for part in path.parts if part in FOLDERS), None)
    what = re.fullmatch(r"(?:(\d+)[_-])?([a-gA-G])([#b]?)(\d)[-_]?(pp|mp|p|ff|f)", path.stem, re.IGNORECASE)
    if piano is None or what is None:
        return
    number, letter, sign, octave, loud = what.groups()
    pitch = 12 * (int(octave) + 1) + _STEPS[letter.lower()] + {"": 0, "#": 1, "b": -1}[sign.lower()]
    samples, rate = soundfile.read(BytesIO(content), always_2d=True)
    yield Note(piano, int(number or pitch), VELOCITIES[loud.lower()], from_strike(samples.mean(axis=1)), rate)


def from_strike(x: Floats) -> Floats:
    """Return a note from just before it reaches a twentieth of its peak."""
    first = int(np.argmax(np.abs(x) > 0.05 * np.abs(x).max()))
    return x[max(0, first - 40) :]


def measure(x: Floats, rate: int, pitch: int) -> Measured:
    """Measure a note, shape (frames,), that begins with its strike."""
    f0 = _fundamental(x, rate, 440.0 * 2.0 ** ((pitch - 69) / 12.0))
    hz, power = _partials(x, rate, f0)
    shown = power / max(np.nansum(power), 1e-20)
    stiff = stiffness(hz, shown)
    early, late = np.full(PARTIALS, np.nan), np.full(PARTIALS, np.nan)
    for k in range(PARTIALS):
        if np.isfinite(hz[k]) and shown[k] > 1e-5:
            early[k], late[k] = _decays(x, rate, float(hz[k]), f0)
    return Measured(
        hz,
        10.0 * np.log10(shown + 1e-9),
        stiff,
        early,
        late,
        _between(x[: int(0.07 * rate)], rate, f0, stiff),
        _between(x[int(0.4 * rate) : int(0.7 * rate)], rate, f0, stiff),
        tremble_db(x, rate),
        float(10.0 * np.log10(np.nansum(power) + 1e-20)),
    )


def _spectrum(x: Floats, rate: int, size: int) -> tuple[Floats, Floats]:
    window = np.hanning(x.size)
    power = np.abs(np.fft.rfft(x * window, size)) ** 2 / np.sum(window) ** 2
    return np.asarray(np.fft.rfftfreq(size, 1.0 / rate)), np.asarray(power)


def _fundamental(x: Floats, rate: int, near: float) -> float:
    """Return the frequency within 60 cents of `near` whose harmonics hold most power."""
    hz, power = _spectrum(x[int(0.02 * rate) : int(0.8 * rate)], rate, 1 << 18)
    guesses = near * 2.0 ** (np.arange(-60, 61, 2) / 1200.0)
    heard = [sum(np.interp(k * g, hz, np.sqrt(power)) for k in (1, 2, 3)) for g in guesses]
    return float(guesses[int(np.argmax(heard))])


def _partials(x: Floats, rate: int, f0: float) -> tuple[Floats, Floats]:
    """Return frequency and power of the first partials, following their stretch from one to the next."""
    length = int(max(0.25, 10.0 / f0) * rate)
    hz, power = _spectrum(x[int(0.01 * rate) : int(0.01 * rate) + length], rate, 1 << 17)
    found, heights = np.full(PARTIALS, np.nan), np.full(PARTIALS, np.nan)
    expected = f0
    for k in range(1, PARTIALS + 1):
        if expected > 0.4 * rate:
            break
        near = np.flatnonzero(np.abs(hz - expected) < max(0.12 * f0, 3.0))
        top = near[int(np.argmax(power[near]))]
        found[k - 1], heights[k - 1] = hz[top], power[top]
        stretch = hz[top] / (k * f0) if k > 2 and power[top] > 1e-4 * np.nanmax(heights) else expected / (k * f0)
        expected = f0 * (k + 1) * (1.0 + (stretch - 1.0) * ((k + 1) / k) ** 2)
    return found, heights


def envelope_db(x: Floats, rate: int, hz: float, f0: float) -> tuple[Floats, Floats]:
    """Return times in s and the level in dB of one partial, every 10 ms."""
    width = int(max(4.0 / f0, 0.03) * rate)
    window = np.hanning(width)
    z = x * np.exp(-2j * np.pi * hz / rate * np.arange(x.size))
    size = 1 << (x.size + width - 1).bit_length()
    smooth = np.fft.ifft(np.fft.fft(z, size) * np.fft.fft(window / window.sum(), size))[
        width // 2 : x.size - width // 2
    ]
    step = rate // 100
    level = 20.0 * np.log10(np.abs(smooth[::step]) + 1e-9)
    return (np.arange(level.size) * step + width // 2) / rate, np.asarray(level)


def _decays(x: Floats, rate: int, hz: float, f0: float) -> tuple[float, float]:
    """Return the time constants of one partial, early and late; NaN where it is over or too short to tell."""
    t, level = envelope_db(x[: int(2.1 * rate)], rate, hz, f0)
    results = []
    for low, high in ((0.04, 0.35), (0.6, 2.0)):
        seen = (t >= low) & (t < min(high, t[-1])) & (level > level.max() - 55.0)
        slope = float(np.polyfit(t[seen], level[seen], 1)[0]) if seen.sum() >= 15 else np.nan
        results.append(min(-8.686 / slope, 20.0) if slope < -0.3 else (20.0 if np.isfinite(slope) else np.nan))
    return results[0], results[1]


def _between(x: Floats, rate: int, f0: float, stiff: float) -> float:
    """Return the power away from the partials over all, in dB, from 100 Hz to 6 kHz; NaN where they lie too close."""
    if x.size < 1_000 or f0 < 5.7 * rate / x.size:
        return float("nan")
    hz, power = _spectrum(x, rate, 1 << 15)
    inside = (hz > 100.0) & (hz < 6_000.0)
    k = np.arange(0.0, 6_500.0 / f0)
    lines = k * f0 * np.sqrt((1.0 + stiff * k * k) / (1.0 + stiff))
    after = np.clip(np.searchsorted(lines, hz), 1, lines.size - 1)
    away = np.minimum(np.abs(hz - lines[after - 1]), np.abs(lines[after] - hz)) > 2.2 * rate / x.size
    free = float(np.mean(away[inside]))
    return float(10.0 * np.log10(np.sum(power[inside & away]) / max(free, 1e-3) / np.sum(power[inside]) + 1e-12))


def tremble_db(x: Floats, rate: int, *, end_s: float = 2.0) -> float:
    """Return how much the level above 150 Hz moves between 3 and 20 Hz, in dB; NaN where the sound is too short."""
    x = x[: int(end_s * rate)]
    if x.size < 0.8 * rate:
        return float("nan")
    f = np.fft.rfftfreq(x.size, 1.0 / rate)
    high = np.fft.irfft(np.fft.rfft(x) * (f > 150.0), x.size)
    hop = rate // 100
    level = 10.0 * np.log10(np.mean(high[: high.size // hop * hop].reshape(-1, hop) ** 2, axis=1) + 1e-12)[12:]
    # A straight line first, then only what moves 3 to 20 times a second.
    level = level - np.polyval(np.polyfit(np.arange(level.size), level, 3), np.arange(level.size))
    spectrum = np.fft.rfft(level * np.hanning(level.size))
    rate_hz = np.fft.rfftfreq(level.size, 0.01)
    kept = np.abs(spectrum[(rate_hz >= 3.0) & (rate_hz <= 20.0)]) ** 2
    return float(np.sqrt(2.0 * np.sum(kept) / np.sum(np.hanning(level.size) ** 2) / level.size))
