"""What the network remembers of the song, as inputs: the past at fixed distances, and where it was like this before.

Written twice: for whole songs at once (`past`, for training) and step by step (`Memory`, for writing). A test
holds the two together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dusktape.models.melody.tokens import (
    FIRST_PITCH,
    NO_CHORD,
    NONE,
    REACH,
    REST,
    STEPS_PER_BAR,
    VOCABULARY,
    Ints,
)

LAGS = (16, 32, 64, 128)
"""Steps back to the same place 1, 2, 4 and 8 bars ago."""

_TOKEN = VOCABULARY + 1
_WINDOW = 16
_SILENT_STEPS = 32
_PICKUP_STEPS = 4
_LEAP = 12
_RUN_CAP = 32
_RUN_BIN = np.searchsorted([1, 2, 3, 4, 6, 8, 12, 16, 24, 32], np.arange(_RUN_CAP + 1), side="right")
_RUN_BINS: list[int] = _RUN_BIN.tolist()
_LEVEL = np.searchsorted(
    [0.01, 0.34, 0.67, 0.999],
    np.arange(_WINDOW + 1)[:, None] / np.maximum(np.arange(_WINDOW + 1), 1),
    side="right",
)
_LEVELS: list[list[int]] = _LEVEL.tolist()
_GRAIN = 4
"""The search for an earlier place like this one looks at the same sixteenth of the beat."""

_LAG_SIZES = (_TOKEN, _TOKEN, _WINDOW + 1, _TOKEN, 26)
_POINTER_SIZES = (_TOKEN, _TOKEN, 11)
PAST_SIZES = (
    _TOKEN,
    _TOKEN,
    65,
    2 * _LEAP + 2,
    9,
    NO_CHORD + 1,
    *(_LAG_SIZES * len(LAGS)),
    *(_POINTER_SIZES * 2),
    _TOKEN,
    11,
)
"""Values of each column of `past`.

Last token, last pitch, steps since its onset (and whether it still sounds), last interval, bar in the phrase
(from the last silence of two bars), last pitch against the chord; for each lag the token there, the next pitch
there, how far on it is, that pitch moved by as much as we have moved, and how alike the last bar and its
counterpart were; for the best earlier match, at the beat and at the bar, the token that followed, the pitch
that followed, the length of the match; for the best match of contours the token that would follow, the length.
"""

_FIRST_LAG = 6
_FIRST_POINTER = _FIRST_LAG + len(_LAG_SIZES) * len(LAGS)
MEMORY_COLUMNS = tuple(range(_FIRST_LAG, len(PAST_SIZES)))
"""Columns that hold memory; to train without it, they are left out."""

COPY_COLUMNS = (
    *(_FIRST_LAG + len(_LAG_SIZES) * k + c for k in range(len(LAGS)) for c in (0, 1, 3)),
    _FIRST_POINTER,
    _FIRST_POINTER + 1,
    _FIRST_POINTER + 3,
    _FIRST_POINTER + 4,
    _FIRST_POINTER + 6,
)
"""Columns that hold a token which could be played again: the network may point at them."""

MEMORY_GROUPS = (
    *(tuple(range(_FIRST_LAG + 5 * k, _FIRST_LAG + 5 * k + 5)) for k in range(len(LAGS))),
    tuple(range(_FIRST_POINTER, _FIRST_POINTER + 3)),
    tuple(range(_FIRST_POINTER + 3, _FIRST_POINTER + 6)),
    tuple(range(_FIRST_POINTER + 6, _FIRST_POINTER + 8)),
)
"""Columns that come from one memory: the four lags, the match at the beat, at the bar, of contours."""

FORGOTTEN = np.array([*((NONE, NONE, _WINDOW, NONE, 0) * len(LAGS)), NONE, NONE, 0, NONE, NONE, 0, NONE, 0], np.int16)
"""What `MEMORY_COLUMNS` hold when the memory is hidden."""

LAST_PITCH_COLUMN = 1


def _against_chord(pitch: Ints, chord: Ints) -> Ints:
    """Return the chord's family and the pitch's interval above its root, as one number."""
    above = (pitch - FIRST_PITCH - REACH - chord) % 12
    return np.where((pitch == NONE) | (chord == NO_CHORD), NO_CHORD, chord // 12 * 12 + above)


def _shift(tokens: Ints, lag: int) -> Ints:
    out = np.full(len(tokens), NONE)
    out[lag:] = tokens[: max(0, len(tokens) - lag)]
    return out


def _moved(pitch: Ints, base: Ints, ours: Ints) -> Ints:
    """Return `pitch` moved by as much as `ours` lies from `base`; NONE where one is missing or it leaves the range."""
    moved = pitch - base + ours
    good = (pitch >= FIRST_PITCH) & (pitch != NONE) & (base != NONE) & (ours != NONE)
    return np.where(good & (moved >= FIRST_PITCH) & (moved < VOCABULARY), moved, NONE)


def _likeness(alike: Ints, any_onset: Ints, same_rhythm: Ints) -> Ints:
    """Return 0 where a window holds no onset; else 1 to 25 from how many tokens and how many onsets agree."""

    return np.where(any_onset == 0, 0, 1 + 5 * _LEVEL[same_rhythm, any_onset] + _LEVEL[alike, any_onset])


def contour(tokens: Ints) -> Ints:
    """Return the tokens with each pitch replaced by its distance from the one before (3 and up), hold and rest kept."""
    onsets = np.flatnonzero(tokens >= FIRST_PITCH)
    out = tokens.copy()
    out[onsets] = 2 + 3 * VOCABULARY + np.diff(tokens[onsets], prepend=tokens[onsets[:1]])
    return out


def _longest_match(tokens: Ints, grain: int) -> tuple[Ints, Ints]:
    """Return, for each step, where the latest longest earlier match would go on (-1: nowhere), and its length.

    The match ends at the step before; distances are multiples of `grain`. All diagonals at once: O(T^2 / grain).
    """
    size = len(tokens)
    lags = np.arange(grain, size, grain)
    place, length = np.full(size, -1), np.zeros(size, np.int64)
    if not len(lags):
        return place, length
    index = np.arange(size, dtype=np.int16)
    small = tokens.astype(np.int16)
    padded = np.concatenate([np.full(size, -1, np.int16), small])
    back = np.lib.stride_tricks.as_strided(
        padded[size - grain :], (len(lags), size), (-grain * padded.strides[0], padded.strides[0])
    )
    broken = np.maximum.accumulate(np.where(back == small, np.int16(-1), index), axis=1)
    run = np.minimum(index - broken, np.int16(_RUN_CAP))
    best = run.argmax(axis=0)
    longest = run[best, np.arange(size)]
    found = longest[:-1] > 0
    place[1:] = np.where(found, np.arange(1, size) - lags[best[:-1]], -1)
    length[1:] = longest[:-1]
    return place, length


def _last_onset(tokens: Ints) -> Ints:
    """Return, for each step, the index of the last onset before it; -1 where there was none."""
    at = np.maximum.accumulate(np.where(tokens >= FIRST_PITCH, np.arange(len(tokens)), -1))
    return np.concatenate([[-1], at[:-1]])


def past(tokens: Ints, chord: Ints) -> NDArray[np.int16]:
    """Return the memory's inputs for every step of a song, shape (T, columns); row t knows tokens[:t] only.

    Parameters
    ----------
    tokens
        (T,), as `tokens.encode` gives them.
    chord
        (T,), the chord's number at each step.
    """
    size, step = len(tokens), np.arange(len(tokens))
    onset = tokens >= FIRST_PITCH
    table = np.append(tokens, NONE)  # index -1 is "none"
    last = _last_onset(tokens)
    before = np.where(last >= 0, last[last], -1)
    pitch, pitch_before = table[last], table[before]
    ended = np.maximum.accumulate(np.where(tokens == REST, step, -2))
    silent = np.concatenate([[False], ended[:-1] > last[1:]]) if size else onset
    since = np.where(last < 0, 64, np.minimum(step - last, 32) - 1 + 32 * silent)
    leap = np.where(before < 0, 2 * _LEAP + 1, np.clip(pitch - pitch_before, -_LEAP, _LEAP) + _LEAP)

    gap = np.diff(np.flatnonzero(onset), prepend=-10 * _SILENT_STEPS)
    entries = np.zeros(size, np.int64)
    entries[np.flatnonzero(onset)] = np.where(gap > _SILENT_STEPS, np.flatnonzero(onset), 0)
    entry = np.concatenate([[0], np.maximum.accumulate(entries)[:-1]])
    phrase = (step // STEPS_PER_BAR - (entry + _PICKUP_STEPS) // STEPS_PER_BAR) % 8
    phrase = np.where((last < 0) | (step - last > _SILENT_STEPS), 8, phrase)

    following = np.minimum.accumulate(np.where(onset, step, 10**6)[::-1])[::-1]
    following = np.append(following, 10**6)

    def next_onset(place: Ints) -> tuple[Ints, Ints]:
        """Where the next onset at or after `place` lies, less than a bar on and before now, and how far on."""
        nxt = np.where(place >= 0, following[np.maximum(place, 0)], 10**6)
        far = nxt - place
        good = (far < _WINDOW) & (nxt < step)
        return np.where(good, nxt, -1), np.where(good, far, _WINDOW)

    columns = [_shift(tokens, 1), pitch, since, leap, phrase, _against_chord(pitch, chord)]
    last_with_none = np.append(last, -1)
    for lag in LAGS:
        place = np.where(step >= lag, step - lag, -1)
        there, far = next_onset(place)
        base = table[last_with_none[there]]
        both = onset & (_shift(tokens, lag) >= FIRST_PITCH) & (step >= lag)
        either = onset | ((_shift(tokens, lag) >= FIRST_PITCH) & (step >= lag))
        either &= step >= lag
        same = both & (tokens == _shift(tokens, lag))
        sums = [np.concatenate([[0], np.cumsum(x)]) for x in (same, either, both)]
        window = [s[step] - s[np.maximum(0, step - _WINDOW)] for s in sums]
        columns += [table[place], table[there], far, _moved(table[there], base, pitch), _likeness(*window)]
    for grain in (_GRAIN, STEPS_PER_BAR):
        place, length = _longest_match(tokens, grain)
        there, _ = next_onset(place)
        columns += [table[place], table[there], _RUN_BIN[length]]
    place, length = _longest_match(contour(tokens), _GRAIN)
    there = np.where(table[place] >= FIRST_PITCH, place, -1)
    moved = _moved(table[there], table[last_with_none[there]], pitch)
    columns += [np.where(table[place] < FIRST_PITCH, table[place], moved), _RUN_BIN[length]]
    return np.stack(columns, axis=1).astype(np.int16)


class Memory:
    """The same inputs, one step at a time: `row` tells what step `len(tokens)` knows, `push` adds its token."""

    def __init__(self, steps: int) -> None:
        self.tokens: list[int] = []
        self._grid = np.full(steps, NONE, np.int16)
        self._contour = np.full(steps, NONE, np.int16)
        self._runs = np.zeros((2, steps // _GRAIN + 1), np.int64)
        self._before: list[int] = []  # last onset before each step, -1 for none
        self._following: list[int] = []  # next onset at or after each step up to the last onset
        self._last, self._entry, self._ended = -1, 0, -2
        self._flags: list[list[tuple[int, int, int]]] = [[] for _ in LAGS]
        self._counts = [[0, 0, 0] for _ in LAGS]
        self._compared = 0

    def push(self, token: int) -> None:
        """Remember the token of this step."""
        t = len(self.tokens)
        self.tokens.append(token)
        self._before.append(self._last)
        if token >= FIRST_PITCH:
            self._following += [t] * (t + 1 - len(self._following))
            if self._last < 0 or t - self._last > _SILENT_STEPS:
                self._entry = t
            self._last = t
        elif token == REST:
            self._ended = t

    def _catch_up(self) -> None:
        """Compare what was pushed since with all that came before it: nobody needs that while memory is hidden."""
        for t in range(self._compared, len(self.tokens)):
            self._compare(t)
        self._compared = len(self.tokens)

    def _compare(self, t: int) -> None:
        tokens, token = self.tokens, self.tokens[t]
        onset = token >= FIRST_PITCH
        bent = token
        if onset:
            came_from = tokens[self._before[t]] if self._before[t] >= 0 else token
            bent = 2 + 3 * VOCABULARY + token - came_from
        for lag, flags, counts in zip(LAGS, self._flags, self._counts, strict=True):
            then = tokens[t - lag] if t >= lag else None
            matched = onset and then is not None and then >= FIRST_PITCH
            either = then is not None and (onset or then >= FIRST_PITCH)
            flags.append((int(matched and then == token), int(either), int(matched)))
            gone = flags[t - _WINDOW] if t >= _WINDOW else (0, 0, 0)
            for k in range(3):
                counts[k] += flags[t][k] - gone[k]
        self._grid[t], self._contour[t] = token, bent
        earlier = t // _GRAIN  # how many distances reach back to step 0
        if earlier:
            for runs, line, now in ((self._runs[0], self._grid, token), (self._runs[1], self._contour, bent)):
                same = line[t % _GRAIN : t : _GRAIN][::-1] == now
                runs[:earlier] = np.minimum((runs[:earlier] + 1) * same, _RUN_CAP)

    def _token(self, place: int) -> int:
        return self.tokens[place] if place >= 0 else NONE

    def _next_onset(self, place: int) -> int:
        if 0 <= place < len(self._following) and self._following[place] - place < _WINDOW:
            return self._following[place]
        return -1

    def _like(self, there: int, pitch: int) -> int:
        """Return the pitch at `there`, moved by as much as we have moved."""
        base = self._token(self._before[there]) if there >= 0 else NONE
        if base == NONE or pitch == NONE:
            return NONE
        moved = self.tokens[there] - base + pitch
        return moved if FIRST_PITCH <= moved < VOCABULARY else NONE

    def _match(self, which: int, grain: int) -> tuple[int, int]:
        """Return where the best earlier match goes on (-1: nowhere) and its length."""
        t = len(self.tokens)
        runs = self._runs[which, grain // _GRAIN - 1 : (t - 1) // _GRAIN : grain // _GRAIN]
        if not len(runs):
            return -1, 0
        best = int(runs.argmax())
        length = int(runs[best])
        return (t - grain * (best + 1) if length else -1), length

    def row(self, chord: int) -> list[int]:
        """Return the columns of `past` for this step, over the chord with this number."""
        return [*self.present(chord), *self.recalled()]

    def present(self, chord: int) -> list[int]:
        """Return the columns that hold no memory, but the last two notes and where we are."""
        t, last = len(self.tokens), self._last
        pitch = self._token(last)
        before = self._before[last] if last >= 0 else -1
        silent = self._ended > last
        since = 64 if last < 0 else min(t - last, 32) - 1 + 32 * silent
        leap = 2 * _LEAP + 1 if before < 0 else min(max(pitch - self.tokens[before], -_LEAP), _LEAP) + _LEAP
        phrase = (t // STEPS_PER_BAR - (self._entry + _PICKUP_STEPS) // STEPS_PER_BAR) % 8
        if last < 0 or t - last > _SILENT_STEPS:
            phrase = 8
        over = NO_CHORD
        if pitch != NONE and chord != NO_CHORD:
            over = chord // 12 * 12 + (pitch - FIRST_PITCH - REACH - chord) % 12
        return [self._token(t - 1), pitch, since, leap, phrase, over]

    def recalled(self) -> list[int]:
        """Return `MEMORY_COLUMNS`."""
        self._catch_up()
        row: list[int] = []
        t, pitch = len(self.tokens), self._token(self._last)
        for lag, (same, either, both) in zip(LAGS, self._counts, strict=True):
            place = t - lag if t >= lag else -1
            there = self._next_onset(place)
            likeness = 1 + 5 * _LEVELS[both][either] + _LEVELS[same][either] if either else 0
            far = there - place if there >= 0 else _WINDOW
            row += [self._token(place), self._token(there), far, self._like(there, pitch), likeness]
        for grain in (_GRAIN, STEPS_PER_BAR):
            place, length = self._match(0, grain)
            row += [self._token(place), self._token(self._next_onset(place)), _RUN_BINS[length]]
        place, length = self._match(1, _GRAIN)
        token = self._token(place)
        row += [self._like(place, pitch) if token >= FIRST_PITCH and token != NONE else token, _RUN_BINS[length]]
        return row
