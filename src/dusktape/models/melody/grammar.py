"""What a lo-fi lead may do at each step: rules, not learned. And how hard each note is played."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.core.score import TICKS_PER_BEAT, Chord, Key
from dusktape.core.seed import Seed
from dusktape.models.melody.tokens import (
    FIRST_PITCH,
    HOLD,
    REACH,
    REST,
    STEPS_PER_BAR,
    STEPS_PER_BEAT,
    VOCABULARY,
)
from dusktape.theory.scale import clashes, in_scale, is_chord_tone

_TICKS_PER_STEP = TICKS_PER_BEAT // STEPS_PER_BEAT
_PITCHES = VOCABULARY - FIRST_PITCH
_OCTAVE = 12

_RUB = -2.5
"""For a note that rubs against the chord off the beat, and for holding one."""

_FOREIGN = -2.0
"""For a note outside both key and chord."""

_BREATH = -2.0
"""For a note that starts where a phrase should breathe."""

_ARRIVE = 0.8
"""For ending a phrase on a chord tone."""

_EDGE, _ROOM = -0.15, 6
"""For each semitone further than this from the middle of the register."""

_LONGEST_STEPS = 16

_AGAIN, _ALIKE = -1.2, 4
"""For each strike of one pitch after so many in a row."""

_DUE, _DUE_PER_NOTE = 1.5, 0.3
"""How hard the density pulls: per missing note in four bars, and at most."""


@dataclass(slots=True, eq=False)
class Grammar:
    """Running state of the rules over one melody.

    Register and leaps (at most an octave) are hard limits, and so are notes a bar, and notes on the beat that
    rub against the chord. Rubbing off the beat, foreign notes and singing through the end of a phrase cost
    something. Phrases are four bars from bar 0; the fourth bar breathes in its second half.

    Parameters
    ----------
    rub, foreign, home
        (T, 37): whether each pitch rubs against the chord of each step, lies outside key and chord, is a chord tone.
    in_range, edge
        (37,): the register; what pitches near its ends cost.
    per_bar
        Notes a bar to aim at.
    most
        Notes that may start in one bar.
    """

    rub: NDArray[np.bool_]
    foreign: NDArray[np.bool_]
    home: NDArray[np.bool_]
    in_range: NDArray[np.bool_]
    edge: Floats
    per_bar: float
    most: int
    _last: int = field(default=-1)
    _alike: int = field(default=0)
    _sounding: bool = field(default=False)
    _since: int = field(default=0)
    _in_bar: int = field(default=0)
    _step: int = field(default=0)
    _starts: list[int] = field(default_factory=list)

    @staticmethod
    def over(chords: Sequence[Chord], key: Key, base: int, steps: int, density: float, low: int, high: int) -> Grammar:
        """Return the rules at rest, over these chords; `base` is the reference pitch."""
        pitches = base - REACH + np.arange(_PITCHES)
        rub, home = np.zeros((steps, _PITCHES), bool), np.zeros((steps, _PITCHES), bool)
        minor = ("minor", "harmonic minor", "dorian") if key.mode == "minor" else ("major",)
        ours = np.array([any(in_scale(int(p), key.tonic, name) for name in minor) for p in pitches])
        for c in chords:
            here = slice(round(c.start / _TICKS_PER_STEP), round((c.start + c.length) / _TICKS_PER_STEP))
            rub[here] = [clashes(int(p), c.root, c.quality) for p in pitches]
            home[here] = [is_chord_tone(int(p), c.root, c.quality) for p in pitches]
        in_range = (pitches >= low) & (pitches <= high)
        edge = _EDGE * np.maximum(0.0, np.abs(pitches - (low + high) / 2.0) - _ROOM)
        return Grammar(rub, ~(ours | home), home, in_range, edge, 1.0 + 4.5 * density, 2 + round(6.0 * density))

    def push(self, token: int) -> None:
        """Go on by one step."""
        if self._step % STEPS_PER_BAR == 0:
            self._in_bar = 0
        self._since += 1
        if token >= FIRST_PITCH:
            self._alike = self._alike + 1 if token - FIRST_PITCH == self._last else 1
            self._last, self._sounding, self._since = token - FIRST_PITCH, True, 1
            self._in_bar += 1
            self._starts.append(self._step)
        elif token == REST:
            self._sounding = False
        self._step += 1

    def weigh(self, logits: Floats, start_bias: float, taste: Floats) -> tuple[NDArray[np.bool_], Floats]:
        """Return which tokens are allowed at this step, and their logits under the rules. Shapes (V,).

        Whether a note starts is asked first, as the network has it; which one, afterwards: forbidding half of
        the pitches must not make the melody fall silent.

        Parameters
        ----------
        logits
            The network's, (V,).
        start_bias
            Added to the logit of "a note starts here".
        taste
            Added to each token's logit, (V,).
        """
        step, allowed, out = self._step, np.ones(VOCABULARY, bool), logits + taste
        place, phrase_end = step % STEPS_PER_BAR, step // STEPS_PER_BAR % 4 == 3
        notes = allowed[FIRST_PITCH:]
        notes &= self.in_range
        if self._last >= 0:
            notes[: max(0, self._last - _OCTAVE)] = False
            notes[self._last + _OCTAVE + 1 :] = False
        if place and self._in_bar >= self.most:
            notes[:] = False
        rub = self.rub[step]
        if step % STEPS_PER_BEAT == 0:
            notes &= ~rub
        pitches = out[FIRST_PITCH:]
        pitches += _RUB * rub + _FOREIGN * self.foreign[step] + self.edge
        if self._alike >= _ALIKE:
            pitches[self._last] += _AGAIN * (self._alike + 1 - _ALIKE)
        if phrase_end and place >= 4:
            pitches += _ARRIVE * self.home[step]
        start_bias += self._due(step)
        if phrase_end and place >= 8:
            start_bias += _BREATH
        if notes.any():
            pitches += _mass(logits[FIRST_PITCH:]) - _mass(pitches[notes]) + start_bias
        allowed[REST] = self._sounding
        if self._sounding:
            if rub[self._last] and self._since >= 2:
                out[HOLD] += _RUB
            if self._since >= _LONGEST_STEPS:
                out[HOLD] += _BREATH
        return allowed, out

    def _due(self, step: int) -> float:
        """Return how much a note is wanted: the last four bars against the density asked for."""
        window = min(step, 4 * STEPS_PER_BAR)
        recent = sum(1 for s in self._starts if s >= step - window)
        return min(_DUE, max(-_DUE, _DUE_PER_NOTE * (self.per_bar * window / STEPS_PER_BAR - recent)))


def _mass(logits: Floats) -> float:
    top = float(np.maximum.reduce(logits))
    return top + math.log(float(np.add.reduce(np.exp(logits - top))))


def velocity(first: int, end: int, pitch: int, base: int, seed: Seed) -> int:
    """Return how hard a note is played, 55 to 95: metre, height, length, an arc over four bars, a little chance."""
    place = first % STEPS_PER_BAR
    accent = 6 if place == 0 else 4 if place == 8 else 2 if place % 4 == 0 else -1 if place % 2 == 0 else -4
    arc = 5.0 * math.sin(math.pi * (first % (4 * STEPS_PER_BAR)) / (4 * STEPS_PER_BAR))
    long = min(4.0, (end - first) / 2.0)
    chance = seed.at("velocity", first).between(-2.5, 2.5)
    return round(min(95.0, max(55.0, 70.0 + accent + arc + long + 0.5 * (pitch - base) + chance)))
