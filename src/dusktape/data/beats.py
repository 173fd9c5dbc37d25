"""The beat of a recording: where each one falls, however the tempo drifts, and which is the first of its bar."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.errors import InputError, PluginError
from dusktape.data.hearing import Heard

SLOWEST_BPM, FASTEST_BPM = 30.0, 300.0
"""Tempi that may be said of a recording."""

_USUAL_BPM = 95.0
_MIDDLE_BPM, _SPREAD_OCTAVES = 85.0, 0.6
_MULTIPLES = (1.0, 2.0 / 3.0, 1.5, 0.5, 2.0, 0.75, 4.0 / 3.0)
_COARSE = 2
_STRETCH_S = 90.0
_NEAR_S = 0.045
_AROUND = 10
_FEWEST = 8
_MACHINE = 0.9
_STEADY = 1.25
"""Onsets on the beats must be so much stronger than what is heard anywhere."""

_PLAIN = 2.0
"""The strongest onsets of anything that has a beat: the sum over 28 bands of the rise of a logarithm."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Beats of a recording, in seconds from its start, from its first to its last moment.

    Parameters
    ----------
    times
        Ascending, (beats,).
    first
        Number of the beat that begins the first whole bar, 0 to 3.
    strength
        Onsets on the beats over the mean of all onsets.
    """

    times: Floats
    first: int
    strength: float

    @property
    def bpm(self) -> float:
        """Beats a minute, on the whole."""
        return 60.0 * (len(self.times) - 1) / float(self.times[-1] - self.times[0])

    @property
    def drift(self) -> float:
        """Fastest over slowest tempo, of stretches of eight beats."""
        spans = self.times[8:] - self.times[:-8]
        return float(spans.max() / spans.min()) if len(spans) else 1.0

    def second(self, beat: Floats) -> Floats:
        """Return where beats fall that are counted, in parts too, from the first one of the first whole bar."""
        numbers = np.arange(len(self.times)) - self.first
        inside = np.interp(beat, numbers, self.times)
        before, after = self.times[1] - self.times[0], self.times[-1] - self.times[-2]
        early = np.minimum(0.0, beat - numbers[0]) * before
        late = np.maximum(0.0, beat - numbers[-1]) * after
        return np.asarray(inside + early + late)

    def slowed(self, ratio: float) -> Grid:
        """Return the same beats when the recording runs at another speed: `ratio` 0.5 lasts twice as long."""
        return replace(self, times=self.times / ratio)


def find_beats(heard: Heard, *, bpm: float | None = None, downbeat: int | None = None) -> Grid | None:
    """Return the beat; None where there is none that could be relied on.

    librosa's tracker (dynamic programming over onsets) finds the beats; each is then moved to the onsets near it, and
    all of them onto lines through a dozen neighbours, so that a grid is smooth and follows a slow drift. It goes on to
    both ends of the recording. The first of the bar is where most begins below 150 Hz and the harmony changes.

    Parameters
    ----------
    heard
        The recording.
    bpm
        Its tempo, if somebody knows.
    downbeat
        Which of the first four beats, 1 to 4, begins a bar; None listens.

    Raises
    ------
    PluginError
        If librosa is missing.
    InputError
        If the tempo or the number cannot be.

    Source
    ------
    Ellis, "Beat tracking by dynamic programming", Journal of New Music Research 36(1), 2007.
    """
    if bpm is not None and not SLOWEST_BPM <= bpm <= FASTEST_BPM:
        raise InputError(f"a recording's tempo is {SLOWEST_BPM:g} to {FASTEST_BPM:g} beats a minute, got {bpm:g}")
    if downbeat is not None and not 1 <= downbeat <= 4:
        raise InputError(f"the first beat of a bar is number 1 to 4 of those found, got {downbeat}")
    tracked = _tracked(heard, bpm)
    if len(tracked) < _FEWEST:
        return None
    sure = _bridged(heard, _refined(heard, tracked))
    if len(sure) < _FEWEST:
        return None
    times = _smoothed(heard, sure)
    times = _even(heard, times)
    strength = _strength(heard, times)
    if strength < _STEADY and bpm is None:
        return None
    times = _to_both_ends(times, heard.seconds)
    first = _downbeat(heard, times) if downbeat is None else downbeat - 1
    return Grid(times, first, strength)


def felt(grid: Grid, heard: Heard, low_bpm: float, high_bpm: float) -> Grid:
    """Return the grid at the tempo that a head nods to: twice or half as many beats, until it lies in a range.

    Parameters
    ----------
    grid, heard
        As found.
    low_bpm, high_bpm
        At least an octave apart.
    """
    times = grid.times
    while 60.0 / np.median(np.diff(times)) >= high_bpm and len(times) >= 2 * _FEWEST:
        lows = _accents(heard.lows, heard, times)
        odd = lows[1::2].mean() > lows[::2].mean()
        times = times[int(odd) :: 2]
    while 60.0 / np.median(np.diff(times)) < low_bpm:
        times = np.interp(np.arange(2 * len(times) - 1) / 2.0, np.arange(len(times)), times)
    if len(times) == len(grid.times):
        return grid
    return replace(grid, times=times, first=_downbeat(heard, times))


def _tracked(heard: Heard, bpm: float | None) -> Floats:
    """Return the library's beats, in seconds."""
    library = _librosa()
    count = len(heard.onsets) // _COARSE
    coarse, lows = (f[: count * _COARSE].reshape(count, _COARSE).sum(axis=1) for f in (heard.onsets, heard.lows))
    rate = heard.rate_hz / _COARSE
    if count < 4 * rate or np.percentile(coarse, 99.0) < _PLAIN:
        return np.zeros(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries beneath it, which nobody here can heed
        tempo = bpm or _tempo(library, coarse, lows, rate)
        _, frames = library.beat.beat_track(
            onset_envelope=coarse, sr=rate, hop_length=1, bpm=tempo, tightness=100.0, trim=False
        )
    return (np.asarray(frames, np.float64) + 0.5 * (_COARSE - 1) / _COARSE) / rate


def _tempo(library: Any, coarse: Floats, lows: Floats, rate: float) -> float:
    """Return the tempo of the stretch in which most begins: a whole evening would fill the memory.

    Of the library's tempo and its simple multiples, the one is taken on whose beats most begins, slow ones near 85
    weighing more: swung music is easily taken for one and a half times as fast. Even sixteenths are taken by threes as
    easily as by fours; there the bass decides, if everything else agrees.
    """
    size = int(_STRETCH_S * rate)
    if len(coarse) > size:
        running = np.concatenate([[0.0], np.cumsum(coarse)])
        best = int(np.argmax(running[size:] - running[:-size]))
        coarse, lows = coarse[best : best + size], lows[best : best + size]
    found = library.feature.tempo(onset_envelope=coarse, sr=rate, hop_length=1, start_bpm=_USUAL_BPM, std_bpm=0.7)
    likely = [float(np.asarray(found).reshape(-1)[0]) * factor for factor in _MULTIPLES]
    chosen = max((t for t in likely if 40.0 <= t <= 200.0), key=lambda t: _pulse(coarse, rate, t) * _usual(t))
    for other in (0.75 * chosen, 4.0 / 3.0 * chosen):
        if 40.0 <= other <= 200.0 and all(_pulse(f, rate, other) > _pulse(f, rate, chosen) for f in (coarse, lows)):
            return other
    return chosen


def _usual(bpm: float) -> float:
    return float(np.exp(-0.5 * (np.log2(bpm / _MIDDLE_BPM) / _SPREAD_OCTAVES) ** 2))


def _pulse(onsets: Floats, rate: float, bpm: float) -> float:
    """Return how much begins on the beats of a tempo, at the best phase of each twelve seconds, on the mean."""
    size = int(12.0 * rate)
    smooth = np.convolve(onsets, np.hanning(7)[1:-1] / 3.0, "same")
    periods = 60.0 / bpm * rate * np.linspace(0.98, 1.02, 9)
    best = []
    for start in range(0, max(1, len(smooth) - size + 1), size):
        here = smooth[start : start + size]
        sums = []
        for period in periods:
            beats = np.arange(int((len(here) - 2) / period))
            places = beats[None, :] * period + np.linspace(0.0, period, 48, endpoint=False)[:, None]
            sums.append(here[np.minimum(places, len(here) - 1).astype(int)].mean(axis=1).max() if len(beats) else 0.0)
        best.append(max(sums))
    return float(np.mean(best))


def _librosa() -> Any:
    try:
        import librosa
    except ModuleNotFoundError as error:
        raise PluginError(
            "beats are found by librosa; install it with: pip install 'dusktape[lofi]', or say --no-drums"
        ) from error
    return librosa


def _refined(heard: Heard, beats: Floats) -> Floats:
    """Return beats on the centre of the onsets around them."""
    reach = max(2, round(_NEAR_S * heard.rate_hz))
    padded = np.pad(heard.onsets, reach + 1)
    places = np.round(beats * heard.rate_hz).astype(int)
    offsets = np.arange(-reach, reach + 1)
    near = padded[np.clip(places[:, None] + offsets + reach + 1, 0, len(padded) - 1)]
    near = near * np.hanning(2 * reach + 3)[1:-1]
    peak = near.argmax(axis=1)
    best = near[np.arange(len(near)), peak]
    moved = places + np.where(best > heard.onsets.mean(), offsets[peak], 0)
    return np.asarray(moved / heard.rate_hz)


def _bridged(heard: Heard, beats: Floats) -> Floats:
    """Return the beats on which something begins, and in the gaps between them as many as fit evenly."""
    accents = _accents(heard.onsets, heard, beats)
    kept = beats[accents > 0.2 * float(np.median(accents))]
    if len(kept) < 2:
        return kept
    steps = np.diff(kept)
    period = float(np.median(steps))
    counts = np.maximum(1, np.round(steps / period)).astype(int)
    return np.asarray(np.interp(np.arange(counts.sum() + 1), np.concatenate([[0], np.cumsum(counts)]), kept))


def _smoothed(heard: Heard, beats: Floats) -> Floats:
    """Return beats on curves through their neighbours; stray ones, and those on which nothing begins, weigh little."""
    numbers = np.arange(len(beats), dtype=np.float64)
    accents = _accents(heard.onsets, heard, beats)
    sure = np.minimum(1.0, accents / max(1e-9, float(np.median(accents)))) ** 2 + 1e-4
    out, spread = beats, 0.04
    for _ in range(3):
        weights = sure / (1.0 + ((beats - out) / spread) ** 2)
        out = np.array([_curve(numbers, beats, weights, k) for k in range(len(beats))])
        spread = 0.012
    return np.maximum.accumulate(out)


def _curve(numbers: Floats, beats: Floats, weights: Floats, k: int) -> float:
    """Return where a parabola through the beats around number k has it; a line, where few of them are sure."""
    for around in (_AROUND, 2 * _AROUND, 4 * _AROUND):
        some = slice(max(0, k - around), k + around + 1)
        x, y = numbers[some] - k, beats[some]
        w = weights[some] * (1.0 - (np.abs(x) / (around + 1.0)) ** 3) ** 3
        if w.sum() >= _FEWEST / 2:
            break
    degree = 2 if w.sum() >= _FEWEST / 2 and x[0] < -around / 2 and x[-1] > around / 2 else 1
    powers = x[:, None] ** np.arange(degree + 1) * np.sqrt(w)[:, None]
    return float(np.linalg.lstsq(powers, y * np.sqrt(w), rcond=None)[0][0])


def _even(heard: Heard, times: Floats) -> Floats:
    """Return a grid without any drift, as machines play, if as much begins on it as on the one that follows."""
    smooth = np.convolve(heard.onsets, np.hanning(9)[1:-1] / 4.0, "same")

    def begins(places: Floats) -> Floats:
        return np.asarray(np.interp(places * heard.rate_hz, np.arange(len(smooth)), smooth))

    count = len(times)
    middle, numbers = times[count // 2], np.arange(count) - count // 2
    period = float(np.median(np.diff(times)))
    step = 0.008 / max(8, count)
    best, score = times, 0.0
    for one in period + np.arange(-150, 151) * step:
        reach = np.arange(-0.5, 0.5, 0.004 / one) * one
        found = begins(middle + reach[:, None] + numbers * one).mean(axis=1)
        k = int(found.argmax())
        if found[k] > score:
            best, score = middle + reach[k] + numbers * one, float(found[k])
    return best if score >= _MACHINE * begins(times).mean() else times


def _strength(heard: Heard, times: Floats) -> float:
    inside = heard.onsets[heard.frame(times[0]) : heard.frame(times[-1])]
    return float(_accents(heard.onsets, heard, times).mean() / max(1e-9, _peaks(inside)))


def _peaks(onsets: Floats, size: int = 12) -> float:
    """Return the mean of the largest figures of all stretches as long as a beat's neighbourhood."""
    count = len(onsets) // size
    return float(onsets[: count * size].reshape(count, size).max(axis=1).mean()) if count else 0.0


def _accents(figures: Floats, heard: Heard, times: Floats) -> Floats:
    """Return the largest figure within 35 ms of each time."""
    reach = round(0.035 * heard.rate_hz)
    places = np.round(times * heard.rate_hz).astype(int)[:, None] + np.arange(-reach, reach + 1)
    there = figures[np.clip(places, 0, len(figures) - 1)]
    return np.asarray(np.where((places >= 0) & (places < len(figures)), there, 0.0).max(axis=1))


def _to_both_ends(times: Floats, seconds: float) -> Floats:
    before, after = np.median(np.diff(times[:_FEWEST])), np.median(np.diff(times[-_FEWEST:]))
    early = times[0] - before * np.arange(int((times[0] + 0.03) / before), 0, -1)
    late = times[-1] + after * np.arange(1, int((seconds - times[-1]) / after) + 1)
    whole: Floats = np.concatenate([early, times, late])
    return np.maximum(0.0, whole)


def _downbeat(heard: Heard, times: Floats) -> int:
    """Return which of the first four beats begins a bar."""
    lows = _accents(heard.lows, heard, times)
    lows = np.minimum(lows, np.percentile(lows, 95))
    changes = _changes(heard, times)
    scores = []
    for first in range(4):
        scores.append(_share(lows, first) + 0.5 * _share(changes, first))
    return int(np.argmax(scores))


def _share(figures: Floats, first: int) -> float:
    total = figures.sum()
    return float(figures[first::4].mean() / (total / len(figures))) if total > 0.0 else 1.0


def _changes(heard: Heard, times: Floats) -> Floats:
    """Return how different the harmony after each beat is from that before it, over two beats each."""
    edges = np.clip((times * heard.chroma_hz).astype(int), 0, len(heard.chroma) - 1)
    running = np.concatenate([np.zeros((1, 12)), np.cumsum(heard.chroma, axis=0)])
    spans = np.array([running[edges[min(k + 1, len(edges) - 1)]] - running[edges[k]] for k in range(len(edges))])
    out = np.zeros(len(times))
    for k in range(2, len(times) - 2):
        one, two = spans[k - 2] + spans[k - 1], spans[k] + spans[k + 1]
        size = float(np.linalg.norm(one) * np.linalg.norm(two))
        out[k] = 1.0 - float(one @ two) / size if size > 0.0 else 0.0
    return out
