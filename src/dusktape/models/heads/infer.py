"""The three heads in plain numpy: plays lines, and says what notes cost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.core.errors import InputError
from dusktape.core.score import Chord, Key
from dusktape.core.seed import Seed
from dusktape.models.heads.timing import laplace, log_softmax, mixture, nearest
from dusktape.models.heads.tokens import (
    DURATIONS,
    NO_VELOCITY,
    PITCHES,
    START,
    STEPS,
    WINDOW_NOTES,
    Harmony,
    Options,
    features,
    home,
    past,
    velocities_before,
)
from dusktape.nn.layers import LSTM, Linear
from dusktape.nn.line import Ints, Line, PitchRule
from dusktape.nn.sampling import RECENT_TOKENS, Sampling, choose, draw, repeats
from dusktape.nn.weights import load, metadata

_LINES_AT_ONCE = 32

Event = tuple[int, int, int]
"""Pitch, step and duration of a note."""


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """Plays one voice, note after note. Implements `nn.line.LineModel`.

    Parameters
    ----------
    options
        What it was built with.
    lstm, pitch, step, duration
        The network.
    laplace_steps
        (2,) scales, in sixteenths, for step and duration of heads with squared error.
    velocity
        (9, 9, 8) log-probabilities of a bin, after the last one and the one before it.
    """

    options: Options
    lstm: LSTM
    pitch: Linear
    step: Linear
    duration: Linear
    laplace_steps: Floats
    velocity: Floats

    @staticmethod
    def of(weights: Mapping[str, Floats], options: Options) -> Heads:
        """Take the weights by their names."""
        return Heads(
            options,
            lstm=LSTM.of(weights, "lstm"),
            pitch=Linear.of(weights, "pitch"),
            step=Linear.of(weights, "step"),
            duration=Linear.of(weights, "duration"),
            laplace_steps=weights["laplace_steps"],
            velocity=weights["velocity"],
        )

    @staticmethod
    def load(path: Path, expected_sha256: str | None = None) -> Heads:
        """Open weights that `dusktape train heads` wrote."""
        return Heads.of(load(path, expected_sha256), Options.of(json.loads(metadata(path)["options"])))

    def playing(self, *, window: bool) -> Heads:
        """Return the same network that runs the last 30 notes anew for each note, or carries its state on."""
        return replace(self, options=replace(self.options, window=window))

    def log_probabilities(self, hidden: Floats) -> tuple[Floats, Floats, Floats]:
        """Return those of pitch (N, 128), step 0 to 32 (N, 33) and duration 1 to 32 (N, 32), from (N, H)."""
        step, duration = self.step(hidden), self.duration(hidden)
        return log_softmax(self.pitch(hidden)), self._time(step, STEPS, 0), self._time(duration, DURATIONS, 1)

    def _time(self, out: Floats, values: Ints, which: int) -> Floats:
        if self.options.time == "squared":
            return laplace(out, float(self.laplace_steps[which]), values)
        return log_softmax(out) if self.options.time == "bins" else mixture(out, values)

    def bits(self, lines: Sequence[Line]) -> list[Floats]:
        """See `nn.line.LineModel`. The velocity of a note is asked of a table: the network does not know it."""
        ours = [home(line) if self.options.keys == "home" else line for line in lines]
        return [self._cost(line, hidden) for line, hidden in zip(ours, self._hidden(ours), strict=True)]

    def _cost(self, line: Line, hidden: Floats) -> Floats:
        asked, each = line.classes, np.arange(len(line))
        pitch, step, duration = self.log_probabilities(hidden)
        nats = -pitch[each, asked[:, 0]] - step[each, asked[:, 1]] - duration[each, asked[:, 2] - 1]
        before = velocities_before(asked[:, 3])
        touch = log_softmax(self.velocity[before[:, 0], before[:, 1]])[each, asked[:, 3]]
        return np.asarray(np.stack([nats, nats - touch], axis=1) / np.log(2.0))

    def _hidden(self, lines: Sequence[Line]) -> Iterator[Floats]:
        """Yield what the upper layer holds when each note is asked for, (N, H) for each line."""
        rows = [self._rows(line) for line in lines]
        if self.options.window:
            yield from (self._windows(x) for x in rows)
            return
        for first in range(0, len(rows), _LINES_AT_ONCE):
            yield from self._together(rows[first : first + _LINES_AT_ONCE])

    def _rows(self, line: Line) -> Floats:
        chords = Harmony(line.chords).before(line) if self.options.chords else None
        return features(past(line.classes), chords)

    def _together(self, rows: Sequence[Floats]) -> list[Floats]:
        """Run some lines side by side, the longest first, so that those still running are always the first ones."""
        order = sorted(range(len(rows)), key=lambda i: -len(rows[i]))
        out = [np.zeros((len(x), self.lstm.hidden)) for x in rows]
        state = self.lstm.start(len(rows))
        for t in range(max(map(len, rows), default=0)):
            running = [i for i in order if len(rows[i]) > t]
            state = tuple((h[: len(running)], c[: len(running)]) for h, c in state)
            top, state = self.lstm.step(np.stack([rows[i][t] for i in running]), state)
            for i, h in zip(running, top, strict=True):
                out[i][t] = h
        return out

    def _windows(self, rows: Floats) -> Floats:
        """Run the window before each note from rest, all notes side by side; (N, H)."""
        top, state = np.zeros((len(rows), self.lstm.hidden)), self.lstm.start(len(rows))
        for back in range(min(WINDOW_NOTES, len(rows)) - 1, -1, -1):
            # Notes that have fewer than `back` before them wait at rest; they are the first ones.
            top, after = self.lstm.step(rows[: len(rows) - back], tuple((h[back:], c[back:]) for h, c in state))
            state = tuple(
                (np.concatenate([h[:back], h2]), np.concatenate([c[:back], c2]))
                for (h, c), (h2, c2) in zip(state, after, strict=True)
            )
        return top

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
        """See `nn.line.LineModel`. A penalty for repetition counts for pitches only.

        Raises
        ------
        InputError
            If neither `notes` nor `steps` says where to stop.
        """
        if notes is None and steps is None:
            raise InputError("a line has to end somewhere; give notes or steps")
        empty = Line("", key, tuple(chords), *(np.zeros(0, np.int64) for _ in range(4)))
        heard = replace(given or empty, key=key, chords=tuple(chords) or (given.chords if given else ()))
        up = _semitones_home(key) if self.options.keys == "home" else 0
        played = self._play(heard.transposed(up), up, seed, sampling, notes, steps, allowed)
        return _joined(heard, np.array(played, np.int64).reshape(-1, 4) - np.array([up, 0, 0, 0]))

    def _play(
        self,
        heard: Line,
        up: int,
        seed: Seed,
        sampling: Sampling,
        notes: int | None,
        steps: int | None,
        allowed: PitchRule | None,
    ) -> list[tuple[int, int, int, int]]:
        """Return the new notes (pitch, step, duration, velocity), in the network's key."""
        listen, ask, harmony, fits = self._listener(), self._asker(), Harmony(heard.chords), _fitting(up)
        touches = np.exp(self.velocity)
        classes = heard.classes
        for row in self._rows(heard):
            listen(row)
        pick = _Picker(sampling, [(p, s, d) for p, s, d, _ in classes.tolist()])
        velocity = [NO_VELOCITY, NO_VELOCITY, *classes[:, 3].tolist()]
        place, written = int(heard.step.sum()), []
        while notes is None or len(pick.events) < notes:
            last = np.array([pick.events[-1] if pick.events else START])
            around = np.array([harmony.at(place)]) if self.options.chords else None
            on_pitch, on_step, on_duration = ask(listen(features(last, around)[0]))
            here = seed.at("note", len(pick.events))
            step = pick.time(self._times(on_step, STEPS), STEPS, here.at("step"))
            place += step
            if steps is not None and place >= steps:
                break
            offered = fits if allowed is None else _offered(allowed(place), fits, up)
            pitch = pick.pitch(on_pitch[0], offered, here.at("pitch"))
            duration = pick.time(self._times(on_duration, DURATIONS), DURATIONS, here.at("duration"))
            velocity.append(draw(touches[velocity[-1], velocity[-2]], here.at("velocity").unit()))
            pick.events.append((pitch, step, duration))
            written.append((pitch, step, duration, velocity[-1]))
        return written

    def _asker(self) -> Callable[[Floats], tuple[Floats, Floats, Floats]]:
        """Return what gives the outputs of all three heads, from (1, H), in one product."""
        heads = (self.pitch, self.step, self.duration)
        every = Linear(np.concatenate([head.weight for head in heads]), np.concatenate([head.bias for head in heads]))
        first, second = np.cumsum([len(head.bias) for head in heads])[:2].tolist()

        def ask(hidden: Floats) -> tuple[Floats, Floats, Floats]:
            said = every(hidden)
            return said[:, :first], said[:, first:second], said[:, second:]

        return ask

    def _times(self, out: Floats, values: Ints) -> int | Floats:
        """Return what to draw a time from, logits (V,), or the time itself."""
        if self.options.time == "squared":
            return int(nearest(out, values)[0])
        return out[0] if self.options.time == "bins" else np.asarray(mixture(out, values)[0])

    def _listener(self) -> Callable[[Floats], Floats]:
        """Return what takes one input (columns,) after the other and gives the upper layer's state (1, H)."""
        if self.options.window:
            rows: list[Floats] = []

            def anew(row: Floats) -> Floats:
                rows.append(row)
                top, state = np.zeros((1, self.lstm.hidden)), self.lstm.start()
                for x in rows[-WINDOW_NOTES:]:
                    top, state = self.lstm.step(x[None], state)
                return top

            return anew
        states = [self.lstm.start()]

        def onwards(row: Floats) -> Floats:
            top, states[0] = self.lstm.step(row[None], states[0])
            return top

        return onwards


class _Picker:
    """Draws pitches and times as a `Sampling` says, after the notes so far."""

    def __init__(self, sampling: Sampling, events: list[Event]) -> None:
        self.sampling, self.events = sampling, events
        self._plain = replace(sampling, repetition_penalty=1.0)

    def pitch(self, logits: Floats, offered: NDArray[np.bool_], seed: Seed) -> int:
        """Return one of the pitches that are offered, (128,)."""
        if self.sampling.rule == "argmax":
            if repeats(self.events):
                return int(seed.pick(np.flatnonzero(offered).tolist()))
            return choose(logits, self._plain, history=(), seed=seed, allowed=offered)
        history = [pitch for pitch, _, _ in self.events[-RECENT_TOKENS:]]
        return choose(logits, self.sampling, history=history, seed=seed, allowed=offered)

    def time(self, said: int | Floats, values: Ints, seed: Seed) -> int:
        """Return a step or a duration; no two notes start together."""
        least = 1 if self.events else int(values[0])
        possible = values >= least
        if self.sampling.rule == "argmax" and repeats(self.events):
            return int(seed.pick(values[possible].tolist()))
        if isinstance(said, int):
            return max(least, said)
        return int(values[choose(said, self._plain, history=(), seed=seed, allowed=possible)])


def _fitting(up: int) -> NDArray[np.bool_]:
    """Return which pitches of the network's key are MIDI numbers in the song's, which lies `up` below; (128,)."""
    theirs = np.arange(PITCHES) - up
    return np.asarray((theirs >= 0) & (theirs < PITCHES))


def _offered(allowed: NDArray[np.bool_], fits: NDArray[np.bool_], up: int) -> NDArray[np.bool_]:
    """Return which pitches of the network's key a rule allows that speaks of the song's; all, if it allows none."""
    asked = fits & np.roll(allowed, up)
    return asked if asked.any() else fits


def _semitones_home(key: Key) -> int:
    """Return how far `Line.in_c` moves a song in this key."""
    nothing = np.zeros(1, np.int64)
    return int(Line("", key, (), nothing, nothing, nothing, nothing).in_c().pitch[0])


def _joined(heard: Line, new: Ints) -> Line:
    """Return a line with new notes (N, 4) at its end, none longer than the next one's step."""
    pitch, step, duration, velocity = new.T
    steps = np.concatenate([heard.step, step])
    lengths = np.concatenate([heard.duration, duration])
    lengths[:-1] = np.minimum(lengths[:-1], steps[1:])
    return replace(
        heard,
        pitch=np.concatenate([heard.pitch, pitch]),
        step=steps,
        duration=lengths,
        velocity=np.concatenate([heard.velocity, velocity]),
    )
