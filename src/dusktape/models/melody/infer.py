"""The writer of melodies: the network proposes, under a grammar; and what others may ask the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.score import TICKS_PER_BEAT, Chord, Key, Note
from dusktape.core.seed import Seed
from dusktape.models.melody.grammar import Grammar, velocity
from dusktape.models.melody.memory import LAST_PITCH_COLUMN, Memory, past
from dusktape.models.melody.motif import UNIT_STEPS, Motif, motif
from dusktape.models.melody.network import Network
from dusktape.models.melody.tokens import (
    STEPS_PER_BAR,
    STEPS_PER_BEAT,
    Ints,
    chord_number,
    decode,
    encode,
    grid,
    plan,
    reference,
)
from dusktape.models.melody.touch import Touch
from dusktape.nn.line import Line, PitchRule
from dusktape.nn.sampling import Sampling, draw, probabilities
from dusktape.nn.weights import load

TICKS_PER_STEP = TICKS_PER_BEAT // STEPS_PER_BEAT


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
    touch
        What learned how hard notes are played; None of weights that never heard velocities.
    """

    network: Network
    returning: float = 0.65
    literal: float = 0.3
    memory_bias: float = 3.0
    low: int = 62
    high: int = 84
    min_p: float = 0.05
    source: str = "bridge"
    touch: Touch | None = None

    @staticmethod
    def load(weights: Path, expected_sha256: str | None = None) -> Writer:
        """Open weights that `dusktape train melody` wrote."""
        found = load(weights, expected_sha256)
        return Writer(Network(found), touch=Touch(found) if "touch.bias" in found else None)

    def bits(self, lines: Sequence[Line]) -> list[Floats]:
        """See `nn.line.LineModel`, and `codelength` for what is counted."""
        from dusktape.models.melody.codelength import bits

        return bits(self.network, self.touch, lines)

    def generate(
        self,
        *,
        key: Key,
        seed: Seed,
        sampling: Sampling,
        notes: int | None = None,
        steps: int | None = None,
        given: Line | None = None,
        chords: Sequence[Chord] = (),
        allowed: PitchRule | None = None,
    ) -> Line:
        """See `nn.line.LineModel`: the network alone, without the grammar, motifs and register of `write_melody`."""
        from dusktape.models.melody.generate import generate

        return generate(
            self.network,
            self.touch,
            key=key,
            seed=seed,
            sampling=sampling,
            notes=notes,
            steps=steps,
            given=given,
            chords=chords,
            allowed=allowed,
        )

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
            row = unit.row(memory, plans[step][0])
            x = np.array([[*plans[step], *row]])
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
