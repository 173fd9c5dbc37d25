"""The melody network in numpy, and the writer that samples it under a grammar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.score import TICKS_PER_BEAT, Chord, Key, Note
from dusktape.core.seed import Seed
from dusktape.models.melody.grammar import Grammar, velocity
from dusktape.models.melody.memory import COPY_COLUMNS, LAST_PITCH_COLUMN, PAST_SIZES, Memory, past
from dusktape.models.melody.motif import UNIT_STEPS, Motif, motif
from dusktape.models.melody.tokens import (
    FIRST_PITCH,
    NO_CHORD,
    NONE,
    PLAN_SIZES,
    REACH,
    STEPS_PER_BAR,
    STEPS_PER_BEAT,
    VOCABULARY,
    Ints,
    chord_number,
    decode,
    encode,
    grid,
    plan,
    reference,
)
from dusktape.nn.exact import on_grid, sigmoid, tanh
from dusktape.nn.sampling import draw, probabilities
from dusktape.nn.weights import load

TICKS_PER_STEP = TICKS_PER_BEAT // STEPS_PER_BEAT
State = tuple[Floats, Floats]

_FIRST_PAST = len(PLAN_SIZES)
_OFFSETS = np.concatenate([[0], np.cumsum((*PLAN_SIZES, *PAST_SIZES))[:-1]])
_COPIES = np.array([_FIRST_PAST + c for c in COPY_COLUMNS])
_INTERVALS = 4 * REACH + 1
_PITCHES = np.arange(VOCABULARY - FIRST_PITCH)


class Network:
    """`net.Net`, run forwards. Inputs only ever pick rows of one table, so the table is put through the LSTM once.

    A step costs a sum of 39 rows and one product with the hidden state, about 0.1 ms on one thread.
    """

    def __init__(self, weights: dict[str, Floats]) -> None:
        # Products of multiples of 2^-12 are multiples of 2^-24: these sums, too, come out exact in any order.
        bias = weights["lstm.bias_ih_l0"] + weights["lstm.bias_hh_l0"]
        self._table = weights["embed.weight"] @ weights["lstm.weight_ih_l0"].T
        self._table[: PLAN_SIZES[0]] += bias  # every step picks one row of the first feature
        self._hidden = np.ascontiguousarray(weights["lstm.weight_hh_l0"].T)
        self._out = np.ascontiguousarray(weights["out.weight"].T)
        self._bias = weights["out.bias"]

    def start(self, batch: int = 1) -> State:
        """Return the state before the first step."""
        zero = np.zeros((batch, self._hidden.shape[0]))
        return zero, zero

    def listen(self, x: Ints, state: State) -> State:
        """Take one step over inputs (B, columns)."""
        h, c = state
        n = h.shape[1]
        z = self._table[x + _OFFSETS].sum(axis=1) + h @ self._hidden
        gates = sigmoid(z)  # the third quarter is not used
        c = on_grid(gates[:, n : 2 * n] * c + gates[:, :n] * tanh(z[:, 2 * n : 3 * n]))
        return on_grid(gates[:, 3 * n :] * tanh(c)), c

    def logits(self, x: Ints, state: State) -> Floats:
        """Return logits (B, V) for the step whose inputs (B, columns) the state has just taken."""
        raw = state[0] @ self._out + self._bias
        token = raw[:, :VOCABULARY].copy()
        above, leap = raw[:, VOCABULARY:][:, :12], raw[:, VOCABULARY + 12 :][:, :_INTERVALS]
        copy = raw[:, VOCABULARY + 12 + _INTERVALS :]
        chord, last = x[:, :1], x[:, _FIRST_PAST + LAST_PITCH_COLUMN, None]
        over = np.take_along_axis(above, (_PITCHES - REACH - chord) % 12, axis=1)
        moved = np.take_along_axis(leap, np.clip(_PITCHES + FIRST_PITCH - last + 2 * REACH, 0, _INTERVALS - 1), axis=1)
        token[:, FIRST_PITCH:] += over * (chord != NO_CHORD) + moved * (last != NONE)
        spread = np.zeros((len(x), VOCABULARY + 1))
        np.add.at(spread, (np.arange(len(x))[:, None], x[:, _COPIES]), copy)
        return np.asarray(token + spread[:, :VOCABULARY])

    def __call__(self, x: Ints) -> Floats:
        """Return logits (B, T, V) of whole melodies (B, T, columns)."""
        state = self.start(len(x))
        out = np.empty((*x.shape[:2], VOCABULARY))
        for t in range(x.shape[1]):
            state = self.listen(x[:, t], state)
            out[:, t] = self.logits(x[:, t], state)
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Writer:
    """Writes melodies: the network proposes, the grammar keeps it in register and in peace with the chords.

    Parameters
    ----------
    network
        What learned.
    returning, literal
        Share of two-bar units that return in rhythm, and share of those that return note for note.
    memory_bias
        Added to the logits of what should return. 0 lets the network decide.
    low, high
        Register, MIDI.
    min_p
        Tokens less likely than this share of the likeliest are not drawn.
    source
        Whose hand, one of `tokens.SOURCES`.
    """

    network: Network
    returning: float = 0.65
    literal: float = 0.3
    memory_bias: float = 3.0
    low: int = 62
    high: int = 84
    min_p: float = 0.05
    source: str = "bridge"

    @staticmethod
    def load(weights: Path, expected_sha256: str | None = None) -> Writer:
        """Open weights that `dusktape train melody` wrote."""
        return Writer(Network(load(weights, expected_sha256)))

    def write_melody(
        self,
        *,
        key: Key,
        chords: Sequence[Chord],
        bars: int,
        given: Sequence[Note],
        given_bars: int,
        density: float,
        seed: Seed,
        temperature: float,
    ) -> tuple[Note, ...]:
        """See `core.roles.MelodyWriter`. 16 bars take about 60 ms."""
        steps, start = bars * STEPS_PER_BAR, given_bars * STEPS_PER_BAR
        base = reference(key.tonic, (self.low + self.high) / 2.0 - 1.0)
        harmony = [
            (_step(c.start), _step(c.start + c.length), chord_number(c.root - key.tonic, c.quality)) for c in chords
        ]
        known = plan(harmony, steps, mode=key.mode, source=self.source, density=min(4, int(density * 5.0))).astype(
            np.int64
        )
        heard = sorted(n for n in given if _step(n.start) < start)
        line = grid(
            np.array([n.start / TICKS_PER_BEAT for n in heard]),
            np.array([n.length / TICKS_PER_BEAT for n in heard]),
            np.array([n.pitch for n in heard], np.int64),
        )
        heard_steps = min(steps, max([start, *(end for _, end, _ in line)]))  # what rings over the seam rings out
        played = encode(line, np.full(heard_steps, base))
        tokens = self._continue(
            known, played, Grammar.over(chords, key, base, steps, density, self.low, self.high), seed, temperature
        )
        return tuple(
            Note(first * TICKS_PER_STEP, (end - first) * TICKS_PER_STEP, pitch, velocity(first, end, pitch, base, seed))
            for first, end, pitch in decode(tokens, base)
            if first >= start
        )

    def _continue(self, known: Ints, played: Ints, grammar: Grammar, seed: Seed, temperature: float) -> list[int]:
        """Return one token for each row of `known`, beginning with those already played."""
        state, memory, plans = self.network.start(), Memory(len(known)), known.tolist()
        if len(played):
            inputs = np.concatenate([known[: len(played)], past(played, known[: len(played), 0])], axis=1)
            for x, token in zip(inputs, played.tolist(), strict=True):
                state = self.network.listen(x[None], state)
                memory.push(token)
                grammar.push(token)
        unit = Motif()
        for step in range(len(played), len(known)):
            if step % UNIT_STEPS == 0 or step == len(played):
                unit = motif(memory.tokens, seed, returning=self.returning, literal=self.literal)
            row = memory.row(plans[step][0])
            x = np.array([[*plans[step], *unit.hide(row)]])
            state = self.network.listen(x, state)
            pull = unit.pull(memory.tokens, row[LAST_PITCH_COLUMN], self.memory_bias)
            allowed, logits = grammar.weigh(self.network.logits(x, state)[0], *pull)
            p = probabilities(logits, allowed=allowed, temperature=temperature, min_p=self.min_p)
            token = draw(p, seed.at("step", step).unit())
            memory.push(token)
            grammar.push(token)
        return memory.tokens


def _step(ticks: int) -> int:
    return round(ticks / TICKS_PER_STEP)
