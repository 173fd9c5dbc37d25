"""Bringing what people play closer to lo-fi: tempo, grid, velocity. Each step can be left out and says what it did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.score import SIXTEENTH, TICKS_PER_BEAT
from dusktape.data.dataset import Array, Notes

SLOWEST_BPM, FASTEST_BPM = 60.0, 95.0
"""Where lo-fi lies."""

MEDIAN_VELOCITY = 70

BETWEEN = 0.05
"""Share of onsets that may fall between sixteenths: more of them, and a song is not read in half time."""

LEAST_GRID = 0.3
"""Below this `strength` notes follow no beat that we know of."""

_PEAK_WIDTH = 12
_REACH = TICKS_PER_BEAT // 16
_SWUNG, _STRAIGHT, _EARLY = (0.55, 0.72), (0.46, 0.54), (0.28, 0.45)


@dataclass(frozen=True, slots=True)
class Normalise:
    """What to do to songs.

    Parameters
    ----------
    tempo
        Read songs in half or double time where that brings them to 60 to 95 beats a minute, and play the others as
        fast as that range allows.
    grid
        Undo swing, and put onsets and ends on sixteenths. Songs that follow no beat are dropped.
    velocity
        Move velocities, all by the same amount, to a median of 70.
    """

    tempo: bool = True
    grid: bool = True
    velocity: bool = True


@dataclass(frozen=True, slots=True)
class Grid:
    """How notes lie against sixteenths.

    Parameters
    ----------
    offset
        Ticks by which all notes are late (or early, below 0).
    swing
        Where the second of two eighths (or sixteenths) falls: 0.5 is straight, 0.67 a triplet.
    swing_ticks
        Ticks of the pair that swings: 960 for eighths, 480 for sixteenths, 0 where nothing swings.
    off
        Share of the onsets more than a 64th from every sixteenth, as played.
    triplets
        Share of the onsets on triplets, as played, swing not counted.
    """

    offset: int
    swing: float
    swing_ticks: int
    off: float
    triplets: float


def grid(start: Array) -> Grid:
    """Return how onsets lie against the beat. `start` in ticks from a beat, (N,), N at least 1."""
    offset = _offset(start)
    moved = start - offset
    swing, swing_ticks = _swing(moved)
    away = np.abs(moved - _nearest(moved, SIXTEENTH))
    third = np.abs(moved - _nearest(moved, TICKS_PER_BEAT // 3)) <= _PEAK_WIDTH
    triplet = third & (away > _PEAK_WIDTH) & (swing_ticks == 0)
    return Grid(offset, swing, swing_ticks, float((away > SIXTEENTH // 4).mean()), float(triplet.mean()))


def strength(start: Array) -> float:
    """Return how well onsets (N,), N at least 1, keep to sixteenths or to triplets, whichever is better.

    It is the length of the mean vector of their phases: 1 is quantised, 0.8 a player with 20 ms of spread at 80 beats
    a minute; below 0.3 there is no grid.
    """
    phase = start / TICKS_PER_BEAT
    return max(float(np.abs(np.exp(2j * np.pi * k * phase).mean())) for k in (3, 4))


def on_grid(notes: Notes, found: Grid) -> Notes:
    """Return the notes with swing undone, onsets and ends on sixteenths; none shorter than one."""
    first = _nearest(_straight(notes.start - found.offset, found), SIXTEENTH)
    end = _nearest(_straight(notes.start + notes.length - found.offset, found), SIXTEENTH)
    first = np.maximum(first, 0)
    return Notes(first, np.maximum(end - first, SIXTEENTH), notes.pitch, notes.velocity)


def reading(bpm: float, start: Array) -> tuple[float, float]:
    """Return how to read a song: (factor for ticks, beats a minute to play it at).

    Half time halves all ticks, double time doubles them. What ends beside the range is played at its edge: 100
    beats a minute become 95. Songs written in thirty-seconds are read in double time at any tempo.

    Parameters
    ----------
    bpm
        As the file has it.
    start
        (N,) onsets in ticks, straight.
    """
    factor, centre = 1.0, float(np.sqrt(SLOWEST_BPM * FASTEST_BPM))
    if bpm <= FASTEST_BPM and (fine := between(start)) > BETWEEN and between(2 * start) < fine / 2:
        factor = 2.0
    else:
        while bpm * factor > centre * np.sqrt(2.0) and factor > 0.25 and between(start * factor / 2) <= BETWEEN:
            factor /= 2.0
        while bpm * factor < centre / np.sqrt(2.0) and factor < 4.0:
            factor *= 2.0
    return factor, float(np.clip(bpm * factor, SLOWEST_BPM, FASTEST_BPM))


def between(start: Array) -> float:
    """Return the share of onsets nearer to the middle between two sixteenths than to either."""
    return float((np.abs(start - _nearest(start, SIXTEENTH)) > SIXTEENTH // 4).mean())


def scaled(notes: Notes, factor: float) -> Notes:
    """Return the notes with all times multiplied."""
    first = np.rint(notes.start * factor).astype(np.int64)
    end = np.rint((notes.start + notes.length) * factor).astype(np.int64)
    return Notes(first, np.maximum(end - first, 1), notes.pitch, notes.velocity)


def levelled(notes: Notes, median: float) -> Notes:
    """Return the notes with velocities moved from this median to `MEDIAN_VELOCITY`; they keep their spread."""
    velocity = np.clip(notes.velocity + round(MEDIAN_VELOCITY - median), 1, 127)
    return Notes(notes.start, notes.length, notes.pitch, velocity)


def _nearest(ticks: Array, step: int) -> Array:
    return np.rint(ticks / step).astype(np.int64) * step


def _offset(start: Array) -> int:
    """The peak of onsets against eighths within a 64th: not the mean, which swing would move."""
    half = TICKS_PER_BEAT // 2
    phase = (np.rint(start).astype(np.int64) + half // 2) % half - half // 2
    near = phase[np.abs(phase) <= _REACH + _PEAK_WIDTH]
    if not len(near):
        return 0
    counts = np.bincount(near + _REACH + _PEAK_WIDTH, minlength=2 * (_REACH + _PEAK_WIDTH) + 1)
    window = 1.0 - np.abs(np.arange(-_PEAK_WIDTH, _PEAK_WIDTH + 1)) / (2 * _PEAK_WIDTH)
    smooth = np.convolve(counts, window, "valid")
    best = int(smooth.argmax()) - _REACH
    return best if smooth[best + _REACH] > 1.1 * smooth[_REACH] else 0


def _swing(start: Array) -> tuple[float, int]:
    for pair in (TICKS_PER_BEAT, TICKS_PER_BEAT // 2):
        phase = (start % pair) / pair
        swung, straight, early = (_within(phase, band) for band in (_SWUNG, _STRAIGHT, _EARLY))
        late = phase[swung]
        if len(late) >= max(8, 0.08 * len(start)) and len(late) > 2 * max(straight.sum(), early.sum()):
            return float(np.median(late)), pair
    return 0.5, 0


def _within(phase: Floats, band: tuple[float, float]) -> Array:
    return (phase >= band[0]) & (phase <= band[1])


def _straight(ticks: Array, found: Grid) -> Array:
    """Ticks with the second of each swinging pair moved back to the middle."""
    if not found.swing_ticks:
        return ticks
    whole, rest = np.divmod(ticks / found.swing_ticks, 1.0)
    late = rest >= found.swing
    rest = np.where(late, 1.0 - (1.0 - rest) * 0.5 / (1.0 - found.swing), rest * 0.5 / found.swing)
    return np.asarray((whole + rest) * found.swing_ticks)
