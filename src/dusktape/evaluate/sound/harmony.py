"""How clear the key, how rich the chords, how steady the pitch."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from dusktape.core.audio import Floats
from dusktape.evaluate.sound.extra import needed
from dusktape.evaluate.sound.rhythm import HOP, Ints

_MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
_MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
_CHORDS = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "7": (0, 4, 7, 10),
    "m7b5": (0, 3, 6, 10),
    "maj9": (0, 2, 4, 7, 11),
    "min9": (0, 2, 3, 7, 10),
    "9": (0, 2, 4, 7, 10),
    "6": (0, 4, 7, 9),
    "sus": (0, 5, 7),
}
_CHROMA_HOP = 1024


def measure(mono: Floats, rate: int, beats: Ints) -> tuple[dict[str, float], float]:
    """Return the harmony measures of an excerpt, and its tuning in fractions of a semitone.

    Parameters
    ----------
    mono
        Shape (frames,).
    rate
        In Hz.
    beats
        From `rhythm.measure`.

    Source
    ------
    Key profiles: Krumhansl, "Cognitive Foundations of Musical Pitch", 1990.
    """
    librosa = needed("librosa")
    tuning = float(librosa.estimate_tuning(y=mono[: rate * 30], sr=rate))
    chroma = librosa.feature.chroma_cqt(
        y=mono, sr=rate, hop_length=_CHROMA_HOP, fmin=librosa.note_to_hz("C2"), n_octaves=5, tuning=tuning
    )
    mean = chroma.mean(axis=1)
    fits = [np.corrcoef(np.roll(profile, i), mean)[0, 1] for profile in (_MAJOR, _MINOR) for i in range(12)]
    chords = _chords(chroma, beats, rate)
    count = len(chords)
    rich = sum(quality not in ("maj", "min", "sus") for _, quality in chords)
    minor = sum(quality.startswith("m") and not quality.startswith("maj") for _, quality in chords)
    return {
        "key_clarity": float(max(fits)),
        "ext_chord_share": rich / count,
        "min_chord_share": minor / count,
        "chord_change_rate": sum(a != b for a, b in pairwise(chords)) / max(1, count - 1),
        "n_roots": float(len({root for root, _ in chords})),
    }, tuning


def _chords(chroma: Floats, beats: Ints, rate: int) -> list[tuple[int, str]]:
    """Return root and quality of the template nearest to each pair of beats."""
    edges = np.unique((beats * HOP / _CHROMA_HOP).astype(int))
    edges = edges[(edges > 0) & (edges < chroma.shape[1])]
    if len(edges) < 8:
        edges = np.arange(0, chroma.shape[1], max(1, int(0.7 * rate / _CHROMA_HOP)))
    by_beat = _unit(needed("librosa").util.sync(chroma, edges, aggregate=np.median))
    pairs = _unit(by_beat[:, : by_beat.shape[1] // 2 * 2].reshape(12, -1, 2).mean(axis=2))
    rows, names = [], []
    for quality, steps in _CHORDS.items():
        for root in range(12):
            row = np.zeros(12)
            row[[(root + step) % 12 for step in steps]] = 1
            rows.append(row / np.linalg.norm(row))
            names.append((root, quality))
    return [names[i] for i in (np.array(rows) @ pairs).argmax(axis=0)]


def _unit(columns: Floats) -> Floats:
    return np.asarray(columns / (np.linalg.norm(columns, axis=0) + 1e-9))


def wander(mono: Floats, rate: int) -> float:
    """Return how far held partials stray from their own line, in cents; nan where nothing is held.

    Parameters
    ----------
    mono
        Shape (frames,).
    rate
        In Hz.
    """
    librosa = needed("librosa")
    size, hop = 4096, 256
    magnitude = np.abs(librosa.stft(mono, n_fft=size, hop_length=hop))
    hz = librosa.fft_frequencies(sr=rate, n_fft=size)
    inside = (hz > 250) & (hz < 1500)
    first, magnitude = np.where(inside)[0][0], magnitude[inside]
    peak, column = magnitude.argmax(axis=0), np.arange(magnitude.shape[1])
    a, b, c = (np.log(magnitude[np.clip(peak + d, 0, len(magnitude) - 1), column] + 1e-9) for d in (-1, 0, 1))
    between = np.clip(0.5 * (a - c) / (a - 2 * b + c - 1e-9), -0.5, 0.5)
    cents = 1200 * np.log2(np.maximum((peak + first + between) * rate / size, 1))
    spreads, run = [], [0]
    for i in range(1, len(cents)):
        if abs(cents[i] - cents[i - 1]) < 25:
            run.append(i)
            continue
        if len(run) >= int(0.4 * rate / hop):
            held, steps = cents[run], np.arange(len(run))
            spreads.append((held - np.polyval(np.polyfit(steps, held, 1), steps)).std())
        run = [i]
    return float(np.median(spreads)) if len(spreads) >= 3 else float("nan")
