"""The drummer in numpy: the network one hit at a time, under the rules of lo-fi."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.core.errors import InputError
from dusktape.core.roles import DRUM_STYLES
from dusktape.core.score import TICKS_PER_BEAT, Note
from dusktape.core.seed import Seed
from dusktape.data.groove import (
    CLOSED,
    CRASH,
    DRUMS,
    HIGH_TOM,
    KICK,
    LOW_TOM,
    MID_TOM,
    OPEN,
    PEDAL,
    RIDE,
    RIM,
    SNARE,
)
from dusktape.models.drums.grammar import FREE_STYLES, GHOST, LEAD_IN, Feel, Rules
from dusktape.models.drums.tokens import (
    DENSITIES,
    FIELDS,
    LAGS,
    STEPS,
    TIMING_EDGES,
    VELOCITY_EDGES,
    Conditions,
    Hit,
    Past,
)
from dusktape.nn.exact import tanh
from dusktape.nn.layers import GRU, Linear, Lookup
from dusktape.nn.sampling import draw, probabilities
from dusktape.nn.weights import load

TICKS_PER_STEP = TICKS_PER_BEAT // 4

GENERAL_MIDI = {
    KICK: 36, SNARE: 38, RIM: 37, CLOSED: 42, OPEN: 46, PEDAL: 44, RIDE: 51, CRASH: 49,
    HIGH_TOM: 50, MID_TOM: 47, LOW_TOM: 45,
}  # fmt: skip
"""Drum to the key it has in a score."""

LOUDNESS = {
    KICK: (84, 122), SNARE: (80, 122), RIM: (66, 108), CLOSED: (38, 104), OPEN: (42, 98), PEDAL: (24, 60),
    RIDE: (36, 92), CRASH: (56, 92), HIGH_TOM: (52, 100), MID_TOM: (52, 100), LOW_TOM: (52, 104),
}  # fmt: skip
"""Velocity 1 and 127 of the player's electronic kit become these: its kick pad reads softer than its snare."""

GHOST_LOUDNESS = (14, 44)
"""Softest and loudest ghost note."""


@dataclass(frozen=True, eq=False)
class Head:
    """From the state, what has been chosen and what the drum did before to logits."""

    state: Floats
    known: Lookup
    bias: Floats
    out: Linear

    @staticmethod
    def of(weights: Mapping[str, Floats], name: str, tables: Sequence[Floats], hidden: int) -> Head:
        """Take `name_in` and `name_out`; `tables` are those of what is known, in the order of the inputs."""
        inner = np.ascontiguousarray(weights[f"{name}_in.weight"].T)
        known = Lookup.of(tables, inner[hidden:])
        return Head(inner[:hidden], known, weights[f"{name}_in.bias"], Linear.of(weights, f"{name}_out"))

    def __call__(self, h: Floats, known: Sequence[int]) -> Floats:
        """Return logits for the state (1, H) and the indices of what is known."""
        return np.asarray(self.out(tanh(h[0] @ self.state + self.known(known) + self.bias)))


@dataclass(frozen=True, eq=False)
class Network:
    """The trained network. Every matrix product in it is exact, see `nn.exact`.

    Parameters
    ----------
    fields
        The inputs of `tokens.FIELDS`, through the GRU.
    remembered
        For each hit that the memory may hold, what it adds to the recall and to the logits of what and when.
    recall_bias
        Of the recall.
    heard, what_recalled, what_state
        The recall through the GRU, and to the logits of what and when; the state to these.
    """

    fields: Lookup
    remembered: Floats
    recall_bias: Floats
    heard: Floats
    body: GRU
    what_state: Floats
    what_recalled: Floats
    what_bias: Floats
    velocity_head: Head
    timing_head: Head

    @staticmethod
    def of(weights: Mapping[str, Floats]) -> Network:
        """Take the weights under torch's names."""
        tables = [weights[f"tables.{k}.weight"] for k in range(len(FIELDS))]
        chosen = [tables[0], tables[1], tables[4]]
        loud = [weights[f"recall_velocity.{k}.weight"] for k in range(len(LAGS))]
        late = [weights[f"recall_timing.{k}.weight"] for k in range(len(LAGS))]
        body, what = GRU.of(weights, "body"), np.ascontiguousarray(weights["what.weight"].T)
        width = sum(table.shape[1] for table in tables)
        return Network(
            fields=Lookup.of(tables, body.input_weight[:width]),
            remembered=np.concatenate([weights["recall.weight"], weights["copy.weight"]]).T.copy(),
            recall_bias=weights["recall.bias"],
            heard=body.input_weight[width:],
            body=body,
            what_state=what[: body.hidden],
            what_recalled=what[body.hidden :],
            what_bias=weights["what.bias"],
            velocity_head=Head.of(weights, "velocity", [*chosen, *loud], body.hidden),
            timing_head=Head.of(weights, "timing", [*chosen, tables[2], *late], body.hidden),
        )

    def step(self, fields: Sequence[int], memory: NDArray[np.bool_], state: Floats) -> tuple[Floats, Floats]:
        """Read the last event; return logits of what and when (WHAT,), and the new state (1, H)."""
        seen = np.add.reduce(self.remembered.take(memory.nonzero()[0], axis=0))
        recall = tanh(seen[: len(self.recall_bias)] + self.recall_bias)
        heard = self.fields(fields) + recall @ self.heard + self.body.input_bias
        state = self.body.turn(heard[None, :], state)
        return (
            state[0] @ self.what_state + recall @ self.what_recalled + self.what_bias + seen[len(self.recall_bias) :],
            state,
        )

    def velocity(self, h: Floats, chosen: Sequence[int], recalled: Sequence[int]) -> Floats:
        """Return logits of velocity. `chosen`: advance, drum and place of the hit; `recalled`: its earlier bins."""
        return self.velocity_head(h, (*chosen, *recalled))

    def timing(self, h: Floats, chosen: Sequence[int], velocity: int, recalled: Sequence[int]) -> Floats:
        """Return logits of timing, given the velocity bin."""
        return self.timing_head(h, (*chosen, velocity, *recalled))


@dataclass(frozen=True, eq=False)
class Drummer:
    """Writes drum parts: see `core.roles.DrumWriter`."""

    network: Network
    feel: Feel | None = None

    def for_song(
        self, *, style: str, seed: Seed, density: float | None, rim: bool | None, ride: bool | None
    ) -> Drummer:
        """Return this drummer with a feel for one song: drawn from the seed, but for what is asked for.

        Parameters
        ----------
        style
            One of `DRUM_STYLES`.
        seed
            The song's, at the drummer's place.
        density
            0 is kick, snare and slow hats; 1 fills the sixteenths.
        rim, ride
            Whether the backbeat is a rim click; whether time is kept on the ride.
        """
        drawn = Feel.of(style, seed)
        feel = replace(
            drawn,
            density=drawn.density if density is None else density,
            rim=drawn.rim if rim is None else float(rim),
            ride=drawn.ride if ride is None else float(ride),
        )
        return replace(self, feel=feel)

    def write_drums(
        self,
        *,
        style: str,
        bpm: float,
        bars: int,
        fills: Sequence[bool],
        seed: Seed,
        temperature: float,
        feel: Feel | None = None,
    ) -> tuple[Note, ...]:
        """Return hits, sorted. About 60 ms for 16 bars.

        Parameters
        ----------
        style, bpm, bars, fills, seed, temperature
            As the role says.
        feel
            How to play; drawn from the seed if not given. Give the same one to every section of a song.

        Raises
        ------
        InputError
            If the style is unknown, or `fills` does not have one entry a bar.
        """
        if style not in DRUM_STYLES:
            raise InputError(f"no drum style {style!r}; choose from {', '.join(DRUM_STYLES)}")
        if len(fills) != bars:
            raise InputError(f"{len(fills)} fills for {bars} bars; give one true or false for each bar")
        feel = feel or self.feel or Feel.of(style, seed.at("feel"))
        density = min(int(feel.density * DENSITIES), DENSITIES - 1)
        fills = (False,) * LEAD_IN + tuple(fills)
        hits = self.write_hits(Conditions.of(style, bpm, density, fills), Rules(style, fills, feel), seed, temperature)
        first = LEAD_IN * STEPS
        kept = [Hit(h.step - first, h.drum, h.velocity, h.timing) for h in hits if h.step >= first]
        return tuple(sorted(note(hit, seed, feel.looseness, style not in FREE_STYLES) for hit in kept))

    def write_hits(self, conditions: Conditions, rules: Rules, seed: Seed, temperature: float) -> list[Hit]:
        """Draw events until the bars are full."""
        past, state = Past(conditions, rules.end, phrase=LEAD_IN), self.network.body.start()
        written: list[Hit] = []
        next_bar = 0
        while True:
            while next_bar <= (past.now + STEPS) // STEPS:
                rules.bring_back(next_bar)
                next_bar += 1
            at = seed.at("hit", past.now, past.last_drum)
            logits, state = self.network.step(past.fields(), past.memory(), state)
            scores = rules.scores(past)
            allowed = np.isfinite(scores)
            p = probabilities(
                logits + np.where(allowed, scores, 0.0), allowed=allowed, temperature=temperature, min_p=0.01
            )
            advance, drum = divmod(draw(p, at.at("what").unit()), len(DRUMS))
            step = past.now + advance
            if step >= rules.end:
                return written
            chosen, (loud, late) = (advance, drum, step % STEPS), past.recall(step, drum)
            p = probabilities(
                self.network.velocity(state, chosen, loud),
                allowed=rules.velocities(step, drum),
                temperature=temperature,
            )
            velocity = draw(p, at.at("velocity").unit())
            p = probabilities(
                self.network.timing(state, chosen, velocity, late),
                allowed=rules.timings(step),
                temperature=0.8 * temperature,
            )
            hit = Hit(step, drum, velocity, draw(p, at.at("timing").unit()))
            past.add(hit)
            rules.played(step, drum)
            written.append(hit)


def note(hit: Hit, seed: Seed, looseness: float, ghosts: bool) -> Note:
    """Return a hit as a note: somewhere in its bins of velocity and timing, on the kit's own scale of loudness."""
    at = seed.at("place", hit.step, hit.drum)
    low, high = VELOCITY_EDGES[hit.velocity], VELOCITY_EDGES[hit.velocity + 1]
    hard = at.at("velocity").between(low, high)
    if hit.drum == SNARE and hit.velocity <= GHOST and ghosts:
        softest, loudest, full = *GHOST_LOUDNESS, float(VELOCITY_EDGES[GHOST + 1])
    else:
        softest, loudest, full = *LOUDNESS[hit.drum], 127.0
    velocity = round(softest + (loudest - softest) * min(hard / full, 1.0))
    late = at.at("timing").between(TIMING_EDGES[hit.timing], TIMING_EDGES[hit.timing + 1])
    start = max(0, hit.step * TICKS_PER_STEP + round(looseness * late * TICKS_PER_STEP))
    return Note(start, TICKS_PER_STEP // 2, GENERAL_MIDI[hit.drum], velocity)


def open_writer(path: Path, sha256: str | None) -> Drummer:
    """Return a drummer with the given weights."""
    return Drummer(Network.of(load(path, sha256)))
