"""How often, how fast, how swung; what drums do."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.evaluate.sound.extra import needed

HOP = 256
"""Frames between onset strengths, and the unit of the beats."""

_PLACES = 48
_TEMPI = np.arange(55, 115, 0.5)
_USUAL_BPM, _OCTAVES = 82.0, 0.55

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Onsets:
    """Onset strengths of an excerpt, `fps` a second. Shape (steps,) each.

    Parameters
    ----------
    all, low, middle
        Mean rise in dB over all mel bands, the lowest six, and those of snares.
    mel
        Mel power, shape (64, steps).
    fps
        Steps a second.
    """

    all: Floats
    low: Floats
    middle: Floats
    mel: Floats
    fps: float

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.all) / self.fps


def measure(mono: Floats, rate: int) -> tuple[dict[str, float], Ints]:
    """Return the rhythm measures of an excerpt, and its beats in steps of `HOP` frames.

    Parameters
    ----------
    mono
        Shape (frames,).
    rate
        In Hz.
    """
    librosa = needed("librosa")
    onsets = _onsets(mono, rate)
    strength = onsets.all
    found = {
        "onset_rate": len(_peaks(strength, 12, max(0.35, 0.5 * float(strength.std())), 4)) / onsets.seconds,
        "tempo": _tempo(onsets),
    }
    _, beats = librosa.beat.beat_track(
        onset_envelope=strength, sr=rate, hop_length=HOP, start_bpm=found["tempo"], tightness=200, trim=False
    )
    found |= _bar(onsets, beats, found["tempo"]) | _kicks(onsets)
    spectrum = np.abs(librosa.stft(mono, n_fft=1024, hop_length=512))
    harmonic, percussive = librosa.decompose.hpss(spectrum, kernel_size=(17, 17))
    both = (harmonic**2).sum() + (percussive**2).sum()
    found["perc_ratio"] = float((percussive**2).sum() / (both + 1e-12))
    return found, np.asarray(beats)


def _onsets(mono: Floats, rate: int) -> Onsets:
    librosa = needed("librosa")
    mel = librosa.feature.melspectrogram(y=mono, sr=rate, n_fft=1024, hop_length=HOP, n_mels=64)
    level = librosa.power_to_db(mel, ref=1.0, amin=1e-8)

    def rise(bands: Floats) -> Floats:
        return np.asarray(np.maximum(0, np.diff(bands, axis=1)).mean(axis=0))

    return Onsets(np.concatenate([[0], rise(level)]), rise(level[:6]), rise(level[14:40]), mel, rate / HOP)


def _peaks(strength: Floats, width: int, delta: float, wait: int) -> Ints:
    """Return the peaks that stand `delta` above the mean around them, `wait` steps apart."""
    mean = np.convolve(strength, np.ones(2 * width + 1) / (2 * width + 1), "same")
    found, _ = needed("scipy.signal").find_peaks(strength, distance=wait)
    return np.asarray(found[strength[found] >= mean[found] + delta])


def _tempo(onsets: Onsets) -> float:
    """Return the tempo whose beats, half bars and bars repeat best, weighed towards the usual one, in bpm."""
    strength, fps = onsets.all, onsets.fps
    again = needed("librosa").autocorrelate(strength - strength.mean(), max_size=int(fps * 8))
    again = again / (again[0] + 1e-12)

    def near(lag: float) -> float:
        place = round(lag)
        return float(again[max(0, place - 1) : place + 2].max()) if place + 2 < len(again) else 0.0

    scores = []
    for tempo in _TEMPI:
        beat = fps * 60 / tempo
        repeats = near(beat) + near(2 * beat) + near(4 * beat) + 0.5 * near(beat / 2)
        scores.append(repeats * np.exp(-0.5 * (np.log2(tempo / _USUAL_BPM) / _OCTAVES) ** 2))
    return float(_TEMPI[int(np.argmax(scores))])


def _bar(onsets: Onsets, beats: Ints, tempo: float) -> dict[str, float]:
    """Return where the first sixteenth lies inside an eighth, and how far 2 and 4 stand out."""
    strength, middle = onsets.all, onsets.middle
    usual = np.median(np.diff(beats)) if len(beats) > 2 else onsets.fps * 60 / tempo
    profile, count, accents = np.zeros(_PLACES), 0, []
    for begin, end in pairwise(beats):
        if not 0.6 < (end - begin) / usual < 1.5:
            continue
        places = begin + (end - begin) * np.arange(_PLACES) / _PLACES
        profile += np.interp(places, np.arange(len(strength)), strength)
        count += 1
        reach = max(2, int((end - begin) * 0.15))
        inside = begin + reach < len(middle)
        accents.append(middle[max(0, begin - reach) : begin + reach].max() if inside else 0)
    profile /= max(1, count)
    every = np.array(accents)
    backbeat = 0.0
    if len(every) > 8:
        backbeat = float(abs(10 * np.log10((every[0::2].mean() + 1e-6) / (every[1::2].mean() + 1e-6))))
    return {"swing16_pos": float((9 + int(np.argmax(profile[9:18]))) / 24), "backbeat_db": backbeat}


def _kicks(onsets: Onsets) -> dict[str, float]:
    """Return how often low onsets come, and how the middle rises again after them."""
    fps, low = onsets.fps, onsets.low
    level = needed("librosa").power_to_db(onsets.mel[14:44].sum(axis=0) + 1e-9)
    kicks = _peaks(low, 20, max(0.5, float(low.std())), 10)

    def between(kick: int, begin_s: float, end_s: float) -> float:
        return float(level[kick + int(begin_s * fps) : kick + int(end_s * fps)].mean())

    rises = [between(k, 0.25, 0.4) - between(k, 0.06, 0.12) for k in kicks if k + int(0.4 * fps) < len(level)]
    return {"pump_db": float(np.median(rises)) if len(rises) > 5 else 0.0, "kick_rate": len(kicks) / onsets.seconds}
