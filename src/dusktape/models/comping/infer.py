"""When chords are struck: patterns drawn bar by bar from the counted chain, fitted to the chords."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.errors import InputError
from dusktape.core.params import check, param
from dusktape.core.score import TICKS_PER_BEAT, Chord
from dusktape.core.seed import Seed
from dusktape.models.comping.tokens import (
    NONE,
    ORDERS,
    STEPS,
    Chain,
    Followers,
    change_kind,
    mask,
    nearest,
    steps,
)
from dusktape.nn.exact import WEIGHT_STEP
from dusktape.nn.sampling import draw, probabilities
from dusktape.nn.weights import load

TICKS_PER_STEP = TICKS_PER_BEAT // 4

NEAR = 3
"""A chord is struck at most so many sixteenths after it begins."""


@dataclass(frozen=True, slots=True)
class Touch:
    """How this song's chords are played."""

    cell_bars: int = param(2, low=0, high=8, text="bars after which the rhythm comes back; 0 never on purpose")
    hold: float = param(0.8, low=0.0, high=1.0, text="how often a bar comes back unchanged; 1 always")
    push: float = param(0.25, low=0.0, high=1.0, text="how often a strike leaves the beat, by a sixteenth or two")
    early: float = param(0.0, low=0.0, high=1.0, text="how often a chord is struck before it begins")
    legato: float = param(0.6, low=0.0, high=1.0, text="0 lets go as the pianists did, 1 rings until the next strike")

    def __post_init__(self) -> None:
        check(self)

    @staticmethod
    def of(seed: Seed) -> Touch:
        """Draw a touch."""
        return Touch(
            cell_bars=seed.at("cell").pick((1, 2, 4), (2.0, 4.0, 2.0)),
            hold=seed.at("hold").between(0.7, 0.95),
            push=seed.at("push").pick((0.0, 0.2, 0.45)),
            legato=seed.at("legato").pick((0.35, 0.7, 0.95), (1.0, 2.0, 2.0)),
        )


@dataclass(frozen=True, eq=False)
class Comping:
    """Writes the rhythm of chords: see `core.roles.RhythmWriter`."""

    chain: Chain
    touch: Touch | None = None

    def for_song(self, *, seed: Seed, early: float) -> Comping:
        """Return this player with a touch for one song; `early` is how often a chord comes before its beat."""
        return replace(self, touch=replace(Touch.of(seed), early=early))

    def write_rhythm(
        self,
        *,
        chords: Sequence[Chord],
        bars: int,
        density: float,
        seed: Seed,
        temperature: float,
        touch: Touch | None = None,
    ) -> tuple[tuple[int, int], ...]:
        """Return (start, length) in ticks, sorted. About 5 ms for 16 bars.

        Every chord is struck within three sixteenths of its beginning and no strike rings into another chord,
        but for those that `early` moves: they begin up to an eighth before the chord that they belong to.

        Parameters
        ----------
        chords, bars, density, seed, temperature
            As the role says.
        touch
            How to play; drawn from the seed if not given. Give the same one to every section of a song.

        Raises
        ------
        InputError
            If there are no chords.
        """
        if not chords:
            raise InputError("there are no chords to strike; give at least one")
        chords, touch = sorted(chords), touch or self.touch or Touch.of(seed.at("touch"))
        struck = [
            bar * STEPS + s
            for bar, pattern in enumerate(self._patterns(chords, bars, density, seed, temperature, touch))
            for s in steps(pattern)
        ]
        return tuple(self._lengths(self._anticipate(struck, chords, seed, touch), chords, bars, seed, touch))

    def _patterns(
        self, chords: Sequence[Chord], bars: int, density: float, seed: Seed, temperature: float, touch: Touch
    ) -> list[int]:
        """Return one mask a bar; 0 is a bar in which the chord before it rings on."""
        begins = [_places(chords, bar) for bar in range(bars)]
        strikes = np.array([m.bit_count() for m in self.chain.patterns])
        tilt = np.round(-8.0 * np.abs(strikes - (1.0 + 3.0 * density))) / 8.0
        written: list[int] = []
        history: list[int] = []
        for bar, places in enumerate(begins):
            at = seed.at("bar", bar)
            back = bar - touch.cell_bars
            if touch.cell_bars and back >= 0 and begins[back] == places and at.at("again").chance(touch.hold):
                written.append(written[back])
                history.append(history[back])
                continue
            if not places and written and at.at("ring").chance(0.6 * (1.0 - density)):
                written.append(0)
                history.append(NONE)
                continue
            fits = np.array([_fits(m, places) for m in self.chain.patterns])
            if fits.any():
                p = self.chain.probabilities(history, change_kind(p for p, _ in places))
                p = probabilities(np.log(p) + tilt, allowed=fits, temperature=temperature, min_p=0.01)
                history.append(draw(p, at.at("pattern").unit()))
                pattern = self.chain.patterns[history[-1]]
            else:
                pattern = mask(p for p, _ in places)
                history.append(nearest(self.chain.patterns, pattern))
            written.append(_pushed(pattern, places, at, touch.push))
        return written

    def _anticipate(self, struck: list[int], chords: Sequence[Chord], seed: Seed, touch: Touch) -> list[int]:
        """Move some strikes from the beginning of a chord to just before it."""
        out: list[int] = []
        for step in struck:
            begins = any(c.start == step * TICKS_PER_STEP for c in chords)
            at = seed.at("early", step % (STEPS * max(touch.cell_bars, 1)))
            ahead = step - at.at("by").pick((1, 2), (1.0, 2.0))
            free = step > 0 and (not out or out[-1] < ahead - 1)
            out.append(ahead if begins and free and at.at("whether").chance(touch.early) else step)
        return out

    def _lengths(
        self, struck: Sequence[int], chords: Sequence[Chord], bars: int, seed: Seed, touch: Touch
    ) -> list[tuple[int, int]]:
        """Return each strike with a length: the pianist's for the gap to the next one, prolonged as by a pedal."""
        starts = [c.start for c in chords]
        out = []
        for step, after in zip(struck, [*struck[1:], bars * STEPS], strict=True):
            start = step * TICKS_PER_STEP
            sounding = bisect_right(starts, start + (2 * TICKS_PER_STEP if touch.early else 0)) - 1
            if sounding < 0:
                continue
            end = chords[sounding].start + chords[sounding].length
            room = min(after * TICKS_PER_STEP, end) - start
            if room <= 0:
                continue
            gap = min(max(room // TICKS_PER_STEP, 1), STEPS)
            counts = self.chain.gaps[gap - 1, :gap] + 1e-9
            held = 1 + draw(counts / counts.sum(), seed.at("length", step % (4 * STEPS)).unit())
            length = held * TICKS_PER_STEP
            out.append((start, min(room, round(length + touch.legato * max(room - length, 0)))))
        return out


def _places(chords: Sequence[Chord], bar: int) -> tuple[tuple[int, int], ...]:
    """Return (sixteenth, latest sixteenth to strike it) of the chords that begin in a bar."""
    found = []
    for chord in chords:
        step = -(-chord.start // TICKS_PER_STEP) - bar * STEPS
        length = max(chord.length // TICKS_PER_STEP, 1)
        if 0 <= step < STEPS:
            found.append((step, min(step + min(NEAR, length - 1), STEPS - 1)))
    return tuple(found)


def _fits(pattern: int, places: Sequence[tuple[int, int]]) -> bool:
    """Return whether a pattern strikes every chord that begins in the bar near its beginning."""
    return all(pattern >> first & ((1 << (last - first + 1)) - 1) for first, last in places)


def _pushed(pattern: int, places: Sequence[tuple[int, int]], seed: Seed, push: float) -> int:
    """Return the pattern with perhaps one strike moved off its beat, if every chord is still struck in time."""
    if not seed.at("push").chance(push):
        return pattern
    struck = steps(pattern)
    on_beat = [s for s in struck if s % 4 == 0]
    if not on_beat:
        return pattern
    step = seed.at("which").pick(on_beat)
    to = step + seed.at("where").pick((1, 2, -1, -2), (1.0, 2.0, 1.0, 2.0))
    moved = mask([s for s in struck if s != step] + [to]) if 0 <= to < STEPS else pattern
    crowded = any(s != step and abs(s - to) < 2 for s in struck)
    return pattern if crowded or not _fits(moved, places) else moved


def chain_from(weights: Mapping[str, Floats]) -> Chain:
    """Return the chain from stored weights: whole numbers again."""
    whole = {name: np.rint(array / WEIGHT_STEP).astype(np.int64) for name, array in weights.items()}
    return Chain(
        patterns=tuple(int(low) + 256 * int(high) for low, high in whole["patterns"]),
        followers=tuple(Followers(whole[f"order_{order}"]) for order in range(ORDERS)),
        weights=tuple(float(w) * WEIGHT_STEP for w in whole["weights"]),
        gaps=whole["gaps"].astype(np.float64),
    )


def open_writer(path: Path, sha256: str | None) -> Comping:
    """Return a comping pianist with the given counts."""
    return Comping(chain_from(load(path, sha256)))
