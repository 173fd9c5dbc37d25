"""Eight bars as numbers: a chord for each half bar, a token for each sixteenth, and what can be heard of the whole.

Everything is counted from the tonic: chords by their degree, pitches from the tonic nearest to the middle of the song's
own register. All keys and all octaves are one, so key and octave are no part of a song's place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.score import SIXTEENTH, Chord
from dusktape.nn.line import STEPS_PER_BAR, VELOCITY_BINS, Ints, Line
from dusktape.theory.chord import QUALITIES
from dusktape.theory.colour import richness

BARS = 8
HALF_STEPS = 8
HALVES = BARS * STEPS_PER_BAR // HALF_STEPS
"""A window is eight bars: 16 half bars of 8 sixteenths."""

HOLD, REST, FIRST_PITCH = 0, 1, 2
REACH = 18
PITCHES = 2 * REACH + 1
TOKENS = FIRST_PITCH + PITCHES
"""Hold, rest, and an onset at each of 37 pitches around the reference; what lies beyond is folded in by octaves."""

QUALITY_NAMES = tuple(QUALITIES)
NO_DEGREE, NO_QUALITY = 12, 0
DEGREES = 13
"""Degrees are semitones above the tonic; 12 where no chord stands, then with quality 0."""

SILENT = 0
UNTOLD = 1 + 2 * PITCHES
PASTS = UNTOLD + 1
"""What sounded before a step: nothing yet, one of 37 pitches sounding, or gone silent; or it is kept secret."""

AGES = 10
"""Sixteenths since the last onset: 0 where there is none, 1 to 8, where 8 stands for more; 9 is kept secret."""

MODES = ("major", "minor")

CONTROLS = ("tempo", "density", "silence", "leaps", "height", "offbeat", "changes", "richness", "loudness")
"""What can be heard of eight bars, in the order of `controls`.

Beats a minute (as octaves above 90); notes a bar; share of silence; mean interval in semitones; mean pitch above the
reference; share of onsets between the eighths; chords a bar; mean `theory.colour.richness`; mean velocity, 0 to 1.
"""

CHORD_FEATURES = 25


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Eight bars. Integer arrays.

    Parameters
    ----------
    tokens
        (16, 8), the melody.
    degree, quality
        (16,), the chords.
    mode
        Number into `MODES`.
    controls
        (9,), as `CONTROLS`.
    """

    tokens: Ints
    degree: Ints
    quality: Ints
    mode: int
    controls: Floats

    @property
    def notes(self) -> int:
        """How many notes it has."""
        return int((self.tokens >= FIRST_PITCH).sum())


def reference(tonic: int, pitches: Ints) -> int:
    """Return the MIDI pitch of the tonic nearest to the middle of some pitches."""
    return nearest(tonic, float(np.median(pitches)) if len(pitches) else 72.0)


def nearest(tonic: int, middle: float) -> int:
    """Return the MIDI pitch of the tonic nearest to `middle`, the lower one of two."""
    return int(tonic + 12 * np.ceil((middle - tonic) / 12.0 - 0.5))


def folded(offset: int) -> int:
    """Return semitones above the reference, moved by octaves into reach."""
    while offset > REACH:
        offset -= 12
    while offset < -REACH:
        offset += 12
    return offset


def melody_tokens(line: Line, steps: int) -> Ints:
    """Return a token for each of `steps` sixteenths of a line, (steps,)."""
    home = reference(line.key.tonic, line.pitch)
    tokens = np.full(steps + 1, HOLD, np.int64)
    ends = line.start + line.duration
    tokens[np.minimum(ends, steps)] = REST
    inside = line.start < steps
    tokens[line.start[inside]] = [FIRST_PITCH + REACH + folded(p - home) for p in line.pitch[inside].tolist()]
    return tokens[:steps]


def chord_tokens(chords: Sequence[Chord], tonic: int, halves: int) -> tuple[Ints, Ints]:
    """Return degree and quality of the chord that stands longest in each half bar, (halves,) both."""
    degree, quality = np.full(halves, NO_DEGREE, np.int64), np.full(halves, NO_QUALITY, np.int64)
    longest = np.zeros(halves, np.int64)
    size = HALF_STEPS * SIXTEENTH
    for chord in chords:
        end = chord.start + chord.length
        for half in range(max(0, chord.start // size), min(halves, -(-end // size))):
            shared = min(end, (half + 1) * size) - max(chord.start, half * size)
            if shared > longest[half]:
                longest[half] = shared
                degree[half] = (chord.root - tonic) % 12
                quality[half] = QUALITY_NAMES.index(chord.quality)
    return degree, quality


def windows(
    line: Line, bpm: float, *, hop_bars: int = BARS, least_notes: int = 0, starts: Sequence[int] | None = None
) -> Iterator[Window]:
    """Yield the eight bars from every `hop_bars`-th bar on; what ends before is filled up with silence.

    Parameters
    ----------
    line
        A song's melody and chords.
    bpm
        Its tempo.
    hop_bars
        From the start of one window to the next.
    least_notes
        Windows with fewer notes are left out.
    starts
        Bars to begin at in place of every so many.
    """
    notes_end = int((line.start + line.duration).max(initial=0)) * SIXTEENTH
    end = max([notes_end, *(c.start + c.length for c in line.chords)])
    bars = -(-end // (STEPS_PER_BAR * SIXTEENTH))
    firsts = range(0, max(1, bars - BARS + 1), hop_bars) if starts is None else starts
    halves = 2 * (max([0, *firsts]) + BARS)
    tokens = melody_tokens(line, halves * HALF_STEPS).reshape(-1, HALF_STEPS)
    degree, quality = chord_tokens(line.chords, line.key.tonic, halves)
    loud = loudness(line, halves)
    mode = MODES.index(line.key.mode)
    for start in firsts:
        here = slice(2 * start, 2 * start + HALVES)
        if (tokens[here] >= FIRST_PITCH).sum() >= least_notes:
            window = _begun(tokens[here]), degree[here], quality[here]
            yield Window(*window, mode, controls(*window, bpm, loud[here]))


def _begun(tokens: Ints) -> Ints:
    """Return the tokens of a window without what ends a note that began before it."""
    out = tokens.copy().ravel()
    onsets = np.flatnonzero(out >= FIRST_PITCH)
    out[: onsets[0] if len(onsets) else len(out)] = HOLD
    return out.reshape(tokens.shape)


def loudness(line: Line, halves: int) -> Floats:
    """Return the mean velocity of the notes of each half bar, 0 to 1; NaN where none starts; (halves,)."""
    total, count = np.zeros(halves), np.zeros(halves)
    half = line.start // HALF_STEPS
    inside = half < halves
    np.add.at(total, half[inside], (line.velocity[inside] + 0.5) / VELOCITY_BINS)
    np.add.at(count, half[inside], 1.0)
    return np.where(count > 0, total / np.maximum(count, 1.0), np.nan)


def controls(tokens: Ints, degree: Ints, quality: Ints, bpm: float, loud: Floats) -> Floats:
    """Return what can be heard of eight bars, (9,), as `CONTROLS`."""
    flat = tokens.ravel()
    onsets = np.flatnonzero(flat >= FIRST_PITCH)
    pitch = flat[onsets] - FIRST_PITCH - REACH
    sounds = past(np.append(flat, HOLD))[0][1:]
    silent = (sounds == SILENT) | (sounds > PITCHES)
    chords = chord_controls(degree, quality)
    known = loud[~np.isnan(loud)]
    return np.array(
        [
            np.log2(bpm / 90.0),
            len(onsets) / BARS,
            silent.mean(),
            np.abs(np.diff(pitch)).mean() if len(pitch) > 1 else 0.0,
            pitch.mean() if len(pitch) else 0.0,
            (onsets % 2 == 1).mean() if len(onsets) else 0.0,
            chords["changes"],
            chords["richness"],
            known.mean() if len(known) else 0.55,
        ]
    )


def chord_controls(degree: Ints, quality: Ints) -> dict[str, float]:
    """Return the controls that lie in the chords."""
    changed = (np.diff(degree) != 0) | (np.diff(quality) != 0)
    rich = _RICHNESS[quality[degree != NO_DEGREE]]
    return {"changes": float(1 + changed.sum()) / BARS, "richness": float(rich.mean()) if len(rich) else 0.0}


_RICHNESS = np.array([richness(name) for name in QUALITY_NAMES])


def past(flat: Ints) -> tuple[Ints, Ints]:
    """Return what is known before each step of a melody: numbers below `PASTS` and below `AGES`, (T,) both."""
    state, age = np.zeros(len(flat), np.int64), np.zeros(len(flat), np.int64)
    now, since = SILENT, 0
    for t, token in enumerate(flat.tolist()):
        state[t], age[t] = now, since
        now, since = after(now, since, token)
    return state, age


def after(now: int, since: int, token: int) -> tuple[int, int]:
    """Return what is known after one more token."""
    if token >= FIRST_PITCH:
        return 1 + token - FIRST_PITCH, 1
    if token == REST and 1 <= now <= PITCHES:
        now += PITCHES
    return now, min(since + 1, 8) if since else 0


def last_pitch(state: Ints) -> Ints:
    """Return the number of the last pitch, 0 to 36, that a past tells of; -1 where it tells none."""
    told = (state != SILENT) & (state != UNTOLD)
    return np.where(told, (state - 1) % PITCHES, -1)


def chord_table() -> Floats:
    """Return what the network reads of each chord, (13 * qualities, 25): pitch classes, root, whether there is one."""
    table = np.zeros((DEGREES * len(QUALITY_NAMES), CHORD_FEATURES))
    for degree in range(12):
        for number, name in enumerate(QUALITY_NAMES):
            row = table[degree * len(QUALITY_NAMES) + number]
            row[[(degree + step) % 12 for step in QUALITIES[name]]] = 1.0
            row[12 + degree] = 1.0
            row[24] = 1.0
    return table


def chord_number(degree: Ints, quality: Ints) -> Ints:
    """Return the row of `chord_table` of some chords."""
    return degree * len(QUALITY_NAMES) + quality


def notes_of(tokens: Iterable[int], home: int) -> list[tuple[int, int, int]]:
    """Return (first step, end step, MIDI pitch) of the notes that tokens say, around a reference pitch."""
    notes: list[tuple[int, int, int]] = []
    sounding: tuple[int, int] | None = None
    step = -1
    for step, token in enumerate(tokens):
        if token == HOLD:
            continue
        if sounding is not None:
            notes.append((sounding[0], step, sounding[1]))
        sounding = None if token == REST else (step, home + token - FIRST_PITCH - REACH)
    if sounding is not None:
        notes.append((sounding[0], step + 1, sounding[1]))
    return notes
