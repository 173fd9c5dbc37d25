"""Chords under a melody that stands: what the harmony network proposes, laid where it fits best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dusktape.compose.material import Writers, write_loop
from dusktape.compose.over import cut
from dusktape.core.recipe import Recipe
from dusktape.core.score import BAR, TICKS_PER_BEAT, Chord, Key, Note
from dusktape.core.seed import Seed
from dusktape.theory.scale import clashes, in_scale, is_chord_tone

PROPOSALS = 32
"""Loops that are asked for."""

KEPT = 8
"""How many of them the search goes through: the fewer, the more the song is of a piece."""

SHORTEST_LOOP = 4
"""Bars. Two go round too often under a melody that goes on."""

_BEAT = TICKS_PER_BEAT
_OTHER_LOOP, _MIDWAY, _TURNED = _BEAT, 3 * _BEAT, _BEAT
"""What it costs to take up another loop where one may end, or anywhere else, and to begin a loop in its middle.

Costs are in ticks of a note that is no chord tone; a note that rubs counts three times, one outside the key twice.
"""

Costs = NDArray[np.int64]


def fitting(
    melody: Sequence[Note],
    *,
    first: int,
    bars: int,
    recipe: Recipe,
    key: Key,
    writers: Writers,
    seed: Seed,
) -> tuple[Chord, ...]:
    """Return chords for bars [first, first + bars), counted from 0, in ticks of the song.

    `PROPOSALS` loops are written, coloured and compared with the melody, bar by bar; through the best of them goes the
    path that rubs least, which leaves a loop only where that pays (dynamic programming, Viterbi). All costs are whole
    numbers, so the answer is the same on every machine.

    Parameters
    ----------
    melody
        What has to be fitted, in ticks of the song. Without notes in these bars the first loop is laid through.
    first, bars
        Where.
    recipe, key, writers
        Of the song.
    seed
        Where the loops are drawn.
    """
    size = max(SHORTEST_LOOP, recipe.form.loop_bars)
    form = recipe.form.model_copy(update={"loop_bars": size})
    asked = recipe.model_copy(update={"form": form})
    loops = [write_loop(asked, key, writers, seed.at("proposal", k)) for k in range(PROPOSALS)]
    here = [replace(n, start=n.start - first * BAR) for n in melody]
    rubs = np.stack([_rubs(loop, size, key) for loop in loops])  # (K, L, 4, 12)
    costs = np.einsum("klqp,bqp->klb", rubs, _sung(here, bars))
    best = [_cheapest_turn(c) for c in costs]
    kept = sorted(range(len(loops)), key=lambda k: (best[k], k))[:KEPT]
    chords: list[Chord] = []
    for bar, (k, j) in enumerate(_path(costs[kept])):
        for chord in cut(loops[kept[k]], j * BAR, BAR):
            chords.append(replace(chord, start=chord.start + (first + bar - j) * BAR))
    return tuple(_merged(chords, loops_end=size))


def _sung(melody: Sequence[Note], bars: int) -> Costs:
    """Return for how many ticks each pitch class sounds in each beat of each bar, (B, 4, 12)."""
    sung = np.zeros((4 * bars, 12), np.int64)
    for note in melody:
        end = note.start + note.length
        for beat in range(max(0, note.start // _BEAT), min(4 * bars, -(-end // _BEAT))):
            sung[beat, note.pitch % 12] += min(end, (beat + 1) * _BEAT) - max(note.start, beat * _BEAT)
    return sung.reshape(bars, 4, 12)


def _rubs(loop: Sequence[Chord], size: int, key: Key) -> Costs:
    """Return what a tick of each pitch class costs in each beat of each bar of a loop, (L, 4, 12)."""
    rubs = np.zeros((4 * size, 12), np.int64)
    for chord in loop:
        for pitch in range(12):
            home = in_scale(pitch, key.tonic, key.mode)
            cost = 3 if clashes(pitch, chord.root, chord.quality) else 1 if home else 2
            cost = 0 if is_chord_tone(pitch, chord.root, chord.quality) else cost
            rubs[chord.start // _BEAT : -(-(chord.start + chord.length) // _BEAT), pitch] = cost
    return rubs.reshape(size, 4, 12)


def _cheapest_turn(costs: Costs) -> int:
    """Return what a loop costs if it goes round and round, begun on its best bar."""
    size, bars = costs.shape
    return min(int(costs[(np.arange(bars) + j) % size, np.arange(bars)].sum()) for j in range(size))


def _path(costs: Costs) -> list[tuple[int, int]]:
    """Return (loop, bar of it) for each bar. `costs` is (K, L, B)."""
    count, size, bars = costs.shape
    flat = costs.reshape(count * size, bars)
    place = np.arange(count * size) % size
    before = np.arange(count * size) - place + (place - 1) % size  # the same loop, a bar earlier
    total = flat[:, 0] + np.where(place, _TURNED, 0)
    back = []
    for bar in range(1, bars):
        leap = int(total.argmin())
        fresh = total[leap] + np.where((place == 0) & (bar % size == 0), _OTHER_LOOP, _MIDWAY)
        stay = total[before] <= fresh
        back.append(np.where(stay, before, leap))
        total = np.where(stay, total[before], fresh) + flat[:, bar]
    path = [int(total.argmin())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    return [divmod(state, size) for state in reversed(path)]


def _merged(chords: Sequence[Chord], *, loops_end: int) -> list[Chord]:
    """Return the chords with what was cut at a bar line put together again, but not across the end of a loop."""
    out: list[Chord] = []
    for chord in chords:
        same = out and (out[-1].root, out[-1].quality) == (chord.root, chord.quality)
        if same and chord.start % (loops_end * BAR):
            out[-1] = replace(out[-1], length=out[-1].length + chord.length)
        else:
            out.append(chord)
    return out
