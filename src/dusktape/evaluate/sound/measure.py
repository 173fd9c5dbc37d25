"""One track, everything that the table of bands names."""

from __future__ import annotations

import warnings
from pathlib import Path

from dusktape.core.errors import InputError
from dusktape.evaluate.sound import form, harmony, level, rhythm, spectrum
from dusktape.evaluate.sound.extra import needed
from dusktape.evaluate.sound.source import RATE, SHORTEST_S, Stretch, read

EXCERPT_S, EXCERPT_LUFS = 75.0, -18.0
"""Spectra, rhythm and harmony are taken from so much of the middle, at one loudness."""


def measure(path: Path) -> dict[str, float]:
    """Return the measures of a sound file, nan where there is nothing to measure. About 3 s a track.

    Raises
    ------
    InputError
        If it cannot be read, is silent, or shorter than `SHORTEST_S`.
    PluginError
        If the extra is missing.
    """
    try:
        return measure_stretch(read(path))
    except InputError as error:
        told = str(error)
        raise InputError(told if repr(str(path)) in told else f"{str(path)!r}: {told}") from error


def measure_stretch(sound: Stretch) -> dict[str, float]:
    """Return the measures of sound at `RATE`. Raises as `measure`."""
    if sound.seconds < SHORTEST_S:
        raise InputError(f"{sound.seconds:.1f} s are too short to measure; give {SHORTEST_S:g} s or more")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what librosa thinks of empty bands and short signals shows in the figures
        found = {"duration_s": sound.file_s, **level.measure(sound.samples)}
        gain = float(10.0 ** ((EXCERPT_LUFS - found["lufs"]) / 20.0))
        start = max(0, int((sound.seconds - EXCERPT_S) / 2 * RATE))
        excerpt = sound.samples[:, start : start + int(EXCERPT_S * RATE)] * gain
        mid, side = excerpt.mean(axis=0), (excerpt[0] - excerpt[1]) / 2
        found |= spectrum.measure(mid, side)
        mono, rate = needed("scipy.signal").resample_poly(mid, 1, 2), RATE // 2
        beat, beats = rhythm.measure(mono, rate)
        chords, tuning = harmony.measure(mono, rate, beats)
        found |= beat | chords | form.measure(sound.samples, gain, beat["tempo"], tuning)
        found["fm_cents"] = harmony.wander(mono, rate)
    return found
