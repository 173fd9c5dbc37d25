"""The harmony network in plain numpy: writes loops under a grammar and keeps the one that turns around best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.core.errors import InputError
from dusktape.core.roles import LoopChord
from dusktape.core.seed import Seed
from dusktape.models.harmony.taste import score, turns
from dusktape.models.harmony.tokens import (
    LENGTHS,
    LOOP_BEATS,
    MODES,
    MOOD_NAMES,
    NAMES,
    QUALITY_NAMES,
    STYLES,
    Condition,
    Event,
    inputs,
)
from dusktape.nn.exact import tanh
from dusktape.nn.layers import GRU, Linear
from dusktape.nn.sampling import draw, probabilities
from dusktape.theory.chord import family

STYLE_SHARES = {"pop": 0.35, "jazz": 0.35, "charts": 0.1, "loops": 0.2}
"""How often a loop is written in each style where none is asked for."""

CANDIDATES = 12
"""Loops written for one that is kept."""

PICK_TEMPERATURE = 0.6
"""How freely to choose among them: in units of `taste.score`."""

_CHANGES = (2, 4, 6, 8)


@dataclass(slots=True)
class _Draft:
    """A loop being written."""

    seed: Seed
    events: list[Event]
    nats: float = 0.0

    @property
    def now(self) -> int:
        return self.events[-1].end if self.events else 0


class HarmonyWriter:
    """Writes chord loops. Implements `core.roles.ChordWriter`."""

    def __init__(self, weights: Mapping[str, Floats]) -> None:
        self._tables = [weights[f"tables.{name}.weight"] for name in NAMES]
        self._body = GRU.of(weights, "body")
        self._shared = Linear.of(weights, "shared")
        self._length = Linear.of(weights, "length")
        self._degree_hidden = Linear.of(weights, "degree_hidden")
        self._degree = Linear.of(weights, "degree")
        self._quality_hidden = Linear.of(weights, "quality_hidden")
        self._quality = Linear.of(weights, "quality")
        self._length_table = weights["length_table.weight"]
        self._degree_table = weights["degree_table.weight"]

    def start(self, batch: int) -> Floats:
        """Return the state before the first chord."""
        return self._body.start(batch)

    def step(self, rows: NDArray[np.int64], state: Floats) -> tuple[Floats, Floats]:
        """Read one row of inputs (B, columns) each; return what the heads share (B, S) and the new state."""
        read = np.concatenate([table[rows[:, i]] for i, table in enumerate(self._tables)], axis=1)
        state = self._body.step(read, state)
        return tanh(self._shared(np.concatenate([state, read], axis=1))), state

    def length_logits(self, shared: Floats) -> Floats:
        """Shape (B, lengths)."""
        return self._length(shared)

    def degree_logits(self, shared: Floats, lengths: NDArray[np.int64]) -> Floats:
        """Shape (B, 12), given the lengths (B,)."""
        return self._degree(tanh(self._degree_hidden(np.concatenate([shared, self._length_table[lengths]], axis=1))))

    def quality_logits(self, shared: Floats, lengths: NDArray[np.int64], degrees: NDArray[np.int64]) -> Floats:
        """Shape (B, qualities), given lengths and degrees (B,)."""
        known = [shared, self._length_table[lengths], self._degree_table[degrees]]
        return self._quality(tanh(self._quality_hidden(np.concatenate(known, axis=1))))

    def write_loop(
        self,
        *,
        mode: str,
        mood: str,
        bars: int,
        seed: Seed,
        temperature: float,
        max_chords: int,
        style: str | None = None,
    ) -> tuple[LoopChord, ...]:
        """Return chords that fill `bars` bars of four beats exactly and want to turn around.

        `CANDIDATES` loops are written side by side; each is judged by the network, by how its end leads to its
        beginning and by what lo-fi likes, and one is drawn, the better the likelier. A loop has no first chord by
        nature, so it may be turned to start on another of its bars. About 15 ms for four bars.

        Parameters
        ----------
        mode, mood, bars, seed, temperature, max_chords
            As `core.roles.ChordWriter` says. Chords change on the first and third beat.
        style
            One of `tokens.STYLES`; drawn from the seed if not given.

        Raises
        ------
        InputError
            If a word is unknown or the numbers do not go together.
        """
        asked = _asked(mode, mood, style or seed.at("style").pick(list(STYLE_SHARES), list(STYLE_SHARES.values())))
        if bars not in (2, 4, 8) or temperature <= 0 or max_chords < 2 or max_chords * 8 < bars * 4:
            raise InputError(
                f"cannot write {bars} bars with {max_chords} chords at temperature {temperature}; "
                "ask for 2, 4 or 8 bars, at least 2 chords (2 bars each at most) and a temperature above 0"
            )
        grammar = _Grammar(bars * 4, max_chords)
        drafts = [_Draft(seed.at("loop", k), []) for k in range(CANDIDATES)]
        done, returns = self._write(drafts, asked, grammar, temperature)
        scores = [score(d.events, d.nats, r, mode, bars) for d, r in zip(done, returns, strict=True)]
        best = max(scores)
        weights = [float(np.exp((s - best) / PICK_TEMPERATURE)) for s in scores]
        chosen = seed.at("pick").pick(done, weights)
        turned = seed.at("turn").pick(*turns(chosen.events, mode))
        return tuple(LoopChord(e.degree, QUALITY_NAMES[e.quality], LENGTHS[e.length]) for e in turned)

    def _write(
        self, drafts: list[_Draft], asked: Condition, grammar: _Grammar, temperature: float
    ) -> tuple[list[_Draft], list[float]]:
        """Write all drafts to their end, and return the nats each would pay to begin again."""
        state = self.start(len(drafts))
        finished: dict[int, float] = {}
        while len(finished) < len(drafts):
            rows = np.array([_row(d, asked) for d in drafts])
            shared, state = self.step(rows, state)
            logits = self.length_logits(shared)
            for k, draft in enumerate(drafts):
                if draft.now == grammar.beats and k not in finished:
                    first = draft.events[0]
                    degrees = self.degree_logits(shared[k : k + 1], np.array([first.length]))[0]
                    finished[k] = _nats(degrees, first.degree)
            lengths = [
                _choose(logits[k], grammar.lengths(d), d, "length", temperature) if k not in finished else 0
                for k, d in enumerate(drafts)
            ]
            logits = self.degree_logits(shared, np.array(lengths))
            degrees = [
                _choose(logits[k], grammar.degrees(d, lengths[k]), d, "degree", temperature) if k not in finished else 0
                for k, d in enumerate(drafts)
            ]
            logits = self.quality_logits(shared, np.array(lengths), np.array(degrees))
            for k, d in enumerate(drafts):
                if k not in finished:
                    quality = _choose(logits[k], grammar.qualities(d, degrees[k]), d, "quality", temperature)
                    d.events.append(Event(d.now, lengths[k], degrees[k], quality))
        return drafts, [finished[k] for k in range(len(drafts))]


@dataclass(frozen=True, slots=True)
class _Grammar:
    """What may follow in a loop of so many beats and chords."""

    beats: int
    max_chords: int

    @property
    def max_roots(self) -> int:
        return 4 if self.beats <= 16 else 6

    def lengths(self, draft: _Draft) -> NDArray[np.bool_]:
        """Half bars, whole bars, up to two bars; what is left must still be fillable, and one chord is no loop."""
        more = self.max_chords - len(draft.events) - 1
        return np.array([n < self.beats and _fills(n, draft.now, self.beats, more) for n in LENGTHS], np.bool_)

    def degrees(self, draft: _Draft, length: int) -> NDArray[np.bool_]:
        """Few roots; the last chord differs from the first."""
        roots = {e.degree for e in draft.events}
        allowed = np.array([len(roots | {d}) <= self.max_roots for d in range(12)])
        if draft.events and draft.now + LENGTHS[length] == self.beats:
            allowed[draft.events[0].degree] = False
        return allowed

    def qualities(self, draft: _Draft, degree: int) -> NDArray[np.bool_]:
        """No chord twice in a row; a root that comes again right away changes what it does."""
        allowed = np.ones(len(QUALITY_NAMES), np.bool_)
        if draft.events and draft.events[-1].degree == degree:
            before = family(QUALITY_NAMES[draft.events[-1].quality])
            allowed = np.array([family(q) != before for q in QUALITY_NAMES])
        return allowed


@lru_cache(maxsize=4096)
def _fills(length: int, now: int, beats: int, more: int) -> bool:
    """Whether a chord of this length may stand now, and at most `more` others fill the rest."""
    left = beats - now - length
    if length not in _CHANGES or left < 0 or (length == 6 and now % 4):
        return False
    return left == 0 or (more > 0 and any(_fills(n, now + length, beats, more - 1) for n in _CHANGES))


def _asked(mode: str, mood: str, style: str) -> Condition:
    for word, words, what in ((mode, MODES, "mode"), (mood, MOOD_NAMES, "mood"), (style, STYLES, "style")):
        if word not in words:
            raise InputError(f"{word!r} is no {what} for chords; choose from {', '.join(words)}")
    return Condition(MODES.index(mode), MOOD_NAMES.index(mood), STYLES.index(style))


def _row(draft: _Draft, asked: Condition) -> Sequence[int]:
    return inputs(draft.events, draft.now, draft.now % LOOP_BEATS, asked)[0]


def _choose(logits: Floats, allowed: NDArray[np.bool_], draft: _Draft, what: str, temperature: float) -> int:
    p = probabilities(logits, allowed=allowed, temperature=temperature, min_p=0.03)
    index = draw(p, draft.seed.at(what, len(draft.events)).unit())
    draft.nats += _nats(np.where(allowed, logits, -np.inf), index)
    return index


def _nats(logits: Floats, index: int) -> float:
    """Negative log-likelihood of one entry."""
    top = float(logits.max())
    return float(np.log(np.exp(logits - top).sum())) + top - float(logits[index])
