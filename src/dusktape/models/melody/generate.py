"""Lines from the network alone, as it was trained: no register, no motif plan, no rules but the caller's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.core.score import Chord, Key
from dusktape.core.seed import Seed
from dusktape.models.melody.codelength import SOURCE
from dusktape.models.melody.memory import Memory
from dusktape.models.melody.network import Network
from dusktape.models.melody.song import cut, harmony
from dusktape.models.melody.tokens import (
    DENSITY_EDGES,
    FIRST_PITCH,
    HOLD,
    REACH,
    REST,
    VOCABULARY,
    Ints,
    decode,
    density_bin,
    encode,
    notes_per_bar,
    plan,
    reference,
)
from dusktape.models.melody.touch import Touch, features, read
from dusktape.nn.line import Line, PitchRule
from dusktape.nn.sampling import Sampling, choose

_MIDDLE = 72.0
_PATIENCE_STEPS = 64
_MIDDLE_BIN = 5
_EMPTY = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Singer:
    """Draws tokens: whether a note starts, then which; a rule that forbids pitches does not make it fall silent."""

    network: Network
    base: int
    first: int
    sampling: Sampling
    seed: Seed
    allowed: PitchRule | None

    def sing(self, known: Ints, played: Sequence[int], notes: float) -> list[int]:
        """Return the tokens from `len(played)` on, one for each row of `known`, or up to the end of the last note."""
        state, memory, plans = self.network.start(), Memory(len(known)), known.tolist()
        pitches: list[int] = []
        wanted = notes + sum(token >= FIRST_PITCH for token in played)
        for step, plan_row in enumerate(plans):
            x = np.array([[*plan_row, *memory.row(plan_row[0])]])
            state = self.network.listen(x, state)
            if step < len(played):
                token = played[step]
            else:
                logits = self.network.logits(x, state)[0]
                token = self._token(step, logits, pitches, may_hold=step > len(played) or not played)
                if len(pitches) >= wanted and token != HOLD:
                    break
            memory.push(token)
            if token >= FIRST_PITCH:
                pitches.append(token - FIRST_PITCH)
        return memory.tokens[len(played) :]

    def _token(self, step: int, logits: Floats, pitches: Sequence[int], *, may_hold: bool) -> int:
        seed, onsets = self.seed.at("step", step), logits[FIRST_PITCH:]
        allowed = self._pitches(self.first + step)
        top = float(onsets.max())
        what = np.array([logits[HOLD], logits[REST], top + math.log(float(np.exp(onsets - top).sum()))])
        may = np.array([may_hold, True, bool(allowed.any())])
        kind = choose(
            what, replace(self.sampling, repetition_penalty=1.0), history=(), seed=seed.at("what"), allowed=may
        )
        if kind < FIRST_PITCH:
            return kind
        return FIRST_PITCH + choose(onsets, self.sampling, history=pitches, seed=seed.at("pitch"), allowed=allowed)

    def _pitches(self, place: int) -> NDArray[np.bool_]:
        """Return which of the 37 pitches may start at a place in sixteenths."""
        pitch = self.base - REACH + np.arange(VOCABULARY - FIRST_PITCH)
        inside = (pitch >= 0) & (pitch < 128)
        if self.allowed is not None:
            inside &= np.asarray(self.allowed(place))[np.clip(pitch, 0, 127)]
        return inside


def generate(
    network: Network,
    touch: Touch | None,
    *,
    key: Key,
    seed: Seed,
    sampling: Sampling,
    notes: int | None,
    steps: int | None,
    given: Line | None,
    chords: Sequence[Chord],
    allowed: PitchRule | None,
) -> Line:
    """Return a line, as `nn.line.LineModel.generate` says; it may hold fewer `notes` where it falls silent for long.

    The penalty on repetition and the rule of repeats look at pitches. Velocities are drawn when all notes are there.
    """
    heard = Line("", key, tuple(chords), _EMPTY, _EMPTY, _EMPTY, _EMPTY) if given is None else given
    wanted = math.inf if notes is None else notes - len(heard)
    here = int(heard.start[-1] + heard.duration[-1]) if len(heard) else 0
    end = here + _PATIENCE_STEPS * max(0, int(wanted) + 1) if steps is None else steps
    if here >= end or wanted <= 0:
        return heard
    first, base = cut(heard), reference(key.tonic, float(np.median(heard.pitch)) if len(heard) else _MIDDLE)
    played = _tokens(heard, base, first, here - first)
    density = density_bin(notes_per_bar(played)) if len(heard) else int(seed.at("density").unit() * len(DENSITY_EDGES))
    chosen = harmony(chords, np.full(end - first, key.tonic), first)
    known = plan(chosen, end - first, mode=key.mode, source=SOURCE, density=density).astype(np.int64)
    singer = _Singer(network, base, first, sampling, seed, allowed)
    sung = decode(singer.sing(known, played.tolist(), wanted), base)
    start = np.array([*heard.start, *(here + a for a, _, _ in sung)], np.int64)
    line = replace(
        heard,
        key=key,
        chords=tuple(chords),
        pitch=np.array([*heard.pitch, *(pitch for _, _, pitch in sung)], np.int64),
        step=np.diff(start, prepend=0),
        duration=np.array([*heard.duration, *(b - a for a, b, _ in sung)], np.int64),
        velocity=np.append(heard.velocity, np.full(len(sung), _MIDDLE_BIN)),
    )
    return line if touch is None else _voiced(line, len(heard), touch, sampling, seed)


def _tokens(heard: Line, base: int, first: int, steps: int) -> Ints:
    """Return what was played from step `first` on, up to the end of its last note."""
    onset = heard.start - first
    notes = zip(onset.tolist(), (onset + heard.duration).tolist(), heard.pitch.tolist(), strict=True)
    return encode(list(notes), np.full(steps, base))


def _voiced(line: Line, heard: int, touch: Touch, sampling: Sampling, seed: Seed) -> Line:
    """Return the line with velocities drawn for all notes but those heard."""
    score, velocity = read(line), line.velocity.copy()
    how = replace(sampling, repetition_penalty=1.0, top_k=0)
    for i in range(heard, len(line)):
        x = features(replace(line, velocity=velocity), np.array([i]), score)
        velocity[i] = choose(touch(x)[0], how, history=(), seed=seed.at("velocity", i))
    return replace(line, velocity=velocity)
