"""The chords of a song, heard from its notes.

Each segment (a beat) is asked how likely its notes are under every root and quality; the cheapest path through a whole
song (Viterbi) changes chords on bar lines rather than elsewhere. What a chord gives out is a distribution over pitch
classes: its tones, with a little left for all others; a tone that is missing costs, and its bass is its root rather
than another tone. The constants were fitted by random search on 36 songs of POP909 and 16 of our own, such that plain
held chords are all heard right.

Measured on POP909, keys and bars found too, against the chords of POP909-CL, in shares of the time: on the 129 songs
held out that are in four quarters the root is right in 94.8 %, root and third in 93.7 %, the very quality in 82.1 %.
With mir_eval (110 of them, the others' labels overlap): root .94, majmin .93, triads .90, sevenths .85, segmentation
.94. Sevenths and richer are found in 16 % of the time where people wrote them in 8 %.

Source
------
Temperley, Music and Probability (2007), for chords as what makes notes likely; Mauch and Dixon, Simultaneous estimation
of chords and musical context from audio (2010), for bass and treble apart and a path through the song.
"""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.score import TICKS_PER_BEAT, Chord, Key
from dusktape.data.dataset import Array, Notes
from dusktape.data.midi.chroma import profile
from dusktape.theory.chord import QUALITIES
from dusktape.theory.scale import SCALES

FAVOUR = {
    "maj": 0.0, "min": 0.0, "dim": -1.1, "aug": -1.1, "sus2": -1.2, "sus4": -1.2, "6": -1.0, "m6": -1.0,
    "maj7": 0.0, "m7": 0.0, "7": 0.1, "m7b5": -1.1, "dim7": -1.1, "mmaj7": -1.1, "7sus4": -2.4,
    "add9": -1.3, "madd9": -1.3, "maj9": -0.3, "9": -0.3, "m9": -0.3,
}  # fmt: skip
"""Qualities that can be told apart, with how much each is favoured (log). Elevenths and beyond are heard as ninths."""

MELODY_WEIGHT = 0.4
"""How much the melody counts beside the other parts: many of its notes pass."""

_STRAY = 0.06
_NINTH = 1.3
_TREBLE, _BASS = 4.7, 1.6
_MISSING, _HARDLY = 0.3, 0.04
_FULL_BEATS = 5.3
_EVENNESS = 0.78
_FOREIGN = 0.23
_AT_BAR, _AT_HALF, _AT_BEAT, _BETWEEN = 1.2, 2.0, 2.7, 3.5
_OTHER_BASS = 0.35

_NAMES = tuple(FAVOUR)


def find_chords(
    notes: Notes, key: Key, beats: int, *, segment: int = TICKS_PER_BEAT, weight: Floats | None = None
) -> tuple[Chord, ...]:
    """Return the chords under pitched notes (no drums), in ticks, without gaps but for bars in which nothing sounds.

    Parameters
    ----------
    notes
        In ticks from a bar line.
    key
        Of the song: chords foreign to it cost a little.
    beats
        Quarters in a bar.
    segment
        Ticks in which the chord does not change: a beat, or half of one in slow songs.
    weight
        (N,) how much each note counts, 1 if None; `MELODY_WEIGHT` for the melody's.
    """
    heard = profile(notes, segment=segment, weight=weight)
    if not len(heard.all):
        return ()
    path = _path(_likelihood(heard.all, heard.bass, key), _change_costs(len(heard.all), beats, segment))
    silent = _silent_bars(heard.all, beats * TICKS_PER_BEAT // segment)
    return _chords(np.where(silent, -1, path), segment)


def _tables() -> tuple[Floats, Floats, Array]:
    """For each state (by root, then quality): log share of each pitch class, weight of each as bass, its tones."""
    shares = np.full((len(_NAMES), 12), _STRAY)
    bass = np.zeros((len(_NAMES), 12))
    for row, name in enumerate(_NAMES):
        for step in QUALITIES[name]:
            shares[row, step % 12] = _NINTH if step > 12 else 1.0
            bass[row, step % 12] = _OTHER_BASS
        bass[row, 0] = 1.0
    logs = np.log(shares / shares.sum(axis=1, keepdims=True))
    turned = [np.concatenate([np.roll(table, root, axis=1) for root in range(12)]) for table in (logs, bass)]
    tones = np.concatenate([np.roll(shares > _STRAY, root, axis=1) for root in range(12)])
    return turned[0], turned[1], tones


def _needed() -> Floats:
    """For each state, 1 for each tone that it cannot do without: all, less the fifth of more than three."""
    needed = _TONES.astype(np.float64)
    for state, name in enumerate(_NAMES * 12):
        if len(QUALITIES[name]) > 3:
            needed[state, (state // len(_NAMES) + 7) % 12] = 0.0
    return needed


_LOG_SHARES, _BASS_WEIGHTS, _TONES = _tables()
_NEEDED = _needed()
_FAVOURS = np.tile(np.array([FAVOUR[name] for name in _NAMES]), 12)


def _likelihood(heard: Floats, bass: Floats, key: Key) -> Floats:
    """Log-likelihood of each state in each segment, up to a constant; shape (N, 12 * qualities)."""
    mass = heard.sum(axis=1, keepdims=True)
    even = (heard / np.maximum(mass, 1e-9)) ** _EVENNESS
    even /= np.maximum(even.sum(axis=1, keepdims=True), 1e-9)
    weight = np.minimum(mass / _FULL_BEATS, 1.0)
    lowest = bass / np.maximum(bass.sum(axis=1, keepdims=True), 1e-9)
    scale = {(key.tonic + step) % 12 for step in SCALES[key.mode]}
    foreign = _TONES[:, [pitch for pitch in range(12) if pitch not in scale]].sum(axis=1)
    missing = (even < _HARDLY).astype(np.float64) @ _NEEDED.T
    notes = weight * (_TREBLE * (even @ _LOG_SHARES.T) - _MISSING * missing) + _BASS * (lowest @ _BASS_WEIGHTS.T)
    return np.asarray(notes + _FAVOURS - _FOREIGN * foreign)


def _change_costs(count: int, beats: int, segment: int) -> list[float]:
    """What it costs to change the chord at each segment."""
    place = np.arange(count) * segment % (beats * TICKS_PER_BEAT)
    costs = np.where(place % TICKS_PER_BEAT == 0, _AT_BEAT, _BETWEEN)
    costs = np.where(2 * place == beats * TICKS_PER_BEAT, _AT_HALF, costs)
    return [float(c) for c in np.where(place == 0, _AT_BAR, costs)]


def _path(likelihood: Floats, costs: list[float]) -> Array:
    """The likeliest states, (N,): Viterbi's, with one cost for every change."""
    count, states = likelihood.shape
    here = np.arange(states)
    best = likelihood[0].copy()
    back = np.zeros((count, states), np.int64)
    for t in range(1, count):
        leader = int(best.argmax())
        changed = best[leader] - costs[t]
        back[t] = np.where(best >= changed, here, leader)
        best = np.maximum(best, changed) + likelihood[t]
    path = np.zeros(count, np.int64)
    path[-1] = best.argmax()
    for t in range(count - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path


def _silent_bars(heard: Floats, segments: int) -> Array:
    """Return (N,) of bool: whether the segment's bar is empty."""
    bars = np.arange(len(heard)) // segments
    return np.asarray((np.bincount(bars, heard.sum(axis=1)) == 0)[bars])


def _chords(states: Array, segment: int) -> tuple[Chord, ...]:
    changes = np.flatnonzero(np.diff(states, prepend=-2))
    ends = np.append(changes[1:], len(states))
    return tuple(
        Chord(int(a) * segment, int(b - a) * segment, int(states[a]) // len(_NAMES), _NAMES[states[a] % len(_NAMES)])
        for a, b in zip(changes, ends, strict=True)
        if states[a] >= 0
    )
