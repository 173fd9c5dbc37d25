"""How people play what is written: swing, lay-back, pushes, rolled chords, uneven hands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from dusktape.core.recipe import Recipe
from dusktape.core.score import EIGHTH, KICKS, SNARES, TICKS_PER_BEAT, Note, Score
from dusktape.core.seed import Seed

SHORTEST = 40
"""No note becomes shorter than this many ticks."""


def perform(score: Score, recipe: Recipe, seed: Seed) -> Score:
    """Return the score as it is played.

    Swing bends time itself, so everything that lies between sixteenths bends along. After it the snare comes
    `lay_back_ms` late, hats and bass a third of that, the lead a half; chords are pushed early or late as a
    whole now and then, and rolled from the bottom up. Every note gets the recipe's jitter and a few steps of velocity.
    """
    ticks_per_ms = recipe.tempo.bpm * TICKS_PER_BEAT / 60_000.0
    played = {}
    for part, notes in score.parts.items():
        here = seed.at(part)
        warped = [_warp(n, recipe.tempo.swing) for n in notes]
        if part == "keys":
            warped = _roll(warped, recipe.comping.roll_ms * ticks_per_ms, ticks_per_ms, here)
        played[part] = tuple(_place(warped, part, recipe, ticks_per_ms, here))
    return replace(score, parts=played)


def swung(tick: int, swing: float) -> int:
    """Return where a tick lands when sixteenths swing: the first half of each eighth takes `swing` of its time.

    Parameters
    ----------
    tick
        On the straight grid.
    swing
        0.5 is straight, 0.67 a triplet.
    """
    eighth, inside = divmod(tick, EIGHTH)
    half = EIGHTH / 2
    late = EIGHTH * swing + (inside - half) * 2.0 * (1.0 - swing)
    bent = inside * 2.0 * swing if inside <= half else late
    return eighth * EIGHTH + round(bent)


def _warp(note: Note, swing: float) -> Note:
    start = swung(note.start, swing)
    length = max(SHORTEST, swung(note.start + note.length, swing) - start)
    return Note(start, length, note.pitch, note.velocity)


def _roll(notes: Sequence[Note], roll_ticks: float, ticks_per_ms: float, seed: Seed) -> list[Note]:
    out: list[Note] = []
    for start, group in groupby(sorted(notes), key=lambda n: n.start):
        chord = list(group)
        here = seed.at("roll", start)
        push = 0.0
        if len(chord) > 1 and here.at("pushed").chance(0.3):
            push = here.at("push").between(-22.0, 26.0) * ticks_per_ms
        spread = roll_ticks * here.at("spread").between(0.3, 1.3) / max(1, len(chord) - 1)
        order = chord if here.at("up").chance(0.9) else chord[::-1]
        for k, note in enumerate(order):
            late = round(push + k * spread)
            length = max(SHORTEST, note.length - max(0, late))
            out.append(Note(note.start + late, length, note.pitch, note.velocity))
    return out


def _place(notes: Sequence[Note], part: str, recipe: Recipe, ticks_per_ms: float, seed: Seed) -> list[Note]:
    if not notes:
        return []
    t = recipe.tempo
    draws = seed.at("hands").rng().random((len(notes), 3))
    # Box-Muller, cut at three deviations: plain uniforms are the same in every version of numpy.
    normal = np.sqrt(-2.0 * np.log(1.0 - draws[:, 0])) * np.cos(2.0 * math.pi * draws[:, 1])
    normal = np.clip(normal, -3.0, 3.0)
    share = {"lead": 0.5, "bass": 0.33, "keys": 0.15}.get(part, 0.0)
    loose = {"drums": 0.6, "bass": 0.8, "pad": 1.5}.get(part, 1.0)
    out = []
    for note, wobble, touch in zip(notes, normal, draws[:, 2], strict=True):
        late = t.lay_back_ms * (_drum_share(note.pitch) if part == "drums" else share)
        shift = round((late + t.jitter_ms * loose * float(wobble)) * ticks_per_ms)
        velocity = note.velocity + round(6.0 * (float(touch) - 0.5))
        start = max(0, note.start + shift)
        out.append(Note(start, note.length, note.pitch, min(127, max(1, velocity))))
    return out


def _drum_share(pitch: int) -> float:
    if pitch in SNARES:
        return 1.0
    return 0.0 if pitch in KICKS else 0.33
