"""The latent song's network in numpy: the same sums as `net.Net`, exact on every machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from dusktape.core.audio import Floats
from dusktape.models.latent.options import LEAPS, OUT_SIZES
from dusktape.models.latent.tokens import (
    FIRST_PITCH,
    HALF_STEPS,
    HALVES,
    NO_DEGREE,
    NO_QUALITY,
    PITCHES,
    QUALITY_NAMES,
    REACH,
    SILENT,
    Window,
    after,
    chord_number,
    chord_table,
    last_pitch,
)
from dusktape.nn.exact import on_grid, tanh
from dusktape.nn.layers import LSTM, Linear
from dusktape.nn.line import Ints

Pick = Callable[[Floats, int], Ints]
"""From logits (B, V) and a place (half bar or sixteenth) to what is chosen, (B,)."""

_PITCHES = np.arange(PITCHES)


class Network:
    """Encodes windows and decodes points, some at a time.

    Parameters
    ----------
    weights
        Name to array, on the weight grid.
    centre, scale
        Of the controls, (9,).
    """

    def __init__(self, weights: Mapping[str, Floats], centre: Floats, scale: Floats) -> None:
        def linear(name: str) -> Linear:
            return Linear.of(weights, name)

        self._centre, self._scale = centre, scale
        table = chord_table()
        self._chords = tanh(linear("chord")(table))
        self._mode, self._place = weights["mode.weight"], weights["place.weight"]
        self._heard = weights["heard.weight"]
        self._half, self._pooled, self._posterior = linear("half_bar"), linear("pooled"), linear("posterior")
        self._forth = LSTM.of(weights, "encoder")
        back = {name.removesuffix("_reverse"): w for name, w in weights.items() if name.endswith("_reverse")}
        self._back = LSTM.of(back, "encoder")
        self._chord_point, self._chord_lstm = linear("chord_point"), LSTM.of(weights, "chord_lstm")
        self._degree, self._quality = linear("degree"), linear("quality")
        self._degree_heard = weights["degree_heard.weight"]
        self._point, self._conductor, self._context = linear("point"), LSTM.of(weights, "conductor"), linear("context")
        self._state, self._age, self._step = (weights[f"{name}.weight"] for name in ("state", "age", "step"))
        self._note_lstm, self._out = LSTM.of(weights, "note_lstm"), linear("out")
        self._controls = linear("controls")

    @property
    def latents(self) -> int:
        """Dimensions of the space."""
        return int(self._controls.weight.shape[1])

    def encode(self, windows: list[Window]) -> Floats:
        """Return the posterior's mean of each window, (B, L)."""
        tokens = np.stack([w.tokens for w in windows])
        numbers = np.stack([chord_number(w.degree, w.quality) for w in windows])
        melody = self._heard[tokens].reshape(len(windows), HALVES, -1)
        read = tanh(self._half(np.concatenate([melody, self._chords[numbers]], axis=-1)))
        forth = _run(self._forth, read)
        back = _run(self._back, read[:, ::-1])[:, ::-1]
        pooled = tanh(self._pooled(np.concatenate([forth, back], axis=-1))).reshape(len(windows), -1)
        told = (np.stack([w.controls for w in windows]) - self._centre) / self._scale
        known = on_grid(np.clip(told, -4.0, 4.0))
        mode = self._mode[[w.mode for w in windows]]
        mean = self._posterior(np.concatenate([pooled, known, mode], axis=-1))[:, : self.latents]
        return np.clip(on_grid(mean), -7.99, 7.99)

    def controls(self, z: Floats) -> Floats:
        """Return what will be heard of points (B, L), in the controls' own units, (B, 9)."""
        return np.asarray(self._controls(z) * self._scale + self._centre)

    def chords(self, z: Floats, mode: int | Ints, degree: Pick, quality: Pick) -> tuple[Ints, Ints]:
        """Write the chords of points (B, L): degrees and qualities, (B, 16) both. `mode` is one for all, or (B,)."""
        rows = len(z)
        point = self._pointed(self._chord_point, z, mode)
        nothing = np.full(rows, NO_DEGREE * len(QUALITY_NAMES))
        numbers: list[Ints] = []
        found: tuple[list[Ints], list[Ints]] = ([], [])
        state = self._chord_lstm.start(rows)
        for half in range(HALVES):
            before = numbers[-1] if numbers else nothing
            loop_ago = numbers[half - HALVES // 2] if half >= HALVES // 2 else nothing
            x = [point, self._chords[before], self._chords[loop_ago], self._placed(half, rows)]
            hidden, state = self._chord_lstm.step(np.concatenate(x, axis=1), state)
            here = degree(self._degree(hidden), half)
            told = np.concatenate([hidden, self._degree_heard[here]], axis=1)
            kind = np.where(here == NO_DEGREE, NO_QUALITY, quality(self._quality(told), half))
            numbers.append(chord_number(here, kind))
            found[0].append(here)
            found[1].append(kind)
        return np.stack(found[0], axis=1), np.stack(found[1], axis=1)

    def context(self, z: Floats, mode: int | Ints, numbers: Ints) -> Floats:
        """Return what the conductor hands to each half bar of some chords, (B, H, C); the last leads to the first.

        Parameters
        ----------
        z, mode
            Points (B, L) and the number of their mode, or of each one's.
        numbers
            (B, H), as `tokens.chord_number`; H may be any number: the sixteen places come round.
        """
        point = self._pointed(self._point, z, mode)
        following = np.roll(numbers, -1, axis=1)
        state, out = self._conductor.start(len(z)), []
        for half in range(numbers.shape[1]):
            if half % HALVES == 0:
                state = self._conductor.start(len(z))
            x = [point, self._chords[numbers[:, half]], self._chords[following[:, half]], self._placed(half, len(z))]
            hidden, state = self._conductor.step(np.concatenate(x, axis=1), state)
            out.append(tanh(self._context(hidden)))
        return np.stack(out, axis=1)

    def melody(self, context: Floats, degree: Ints, pick: Pick, *, first: int = 0) -> Ints:
        """Write a melody over what the conductor hands down, half bar by half bar.

        Parameters
        ----------
        context
            (B, H, C).
        degree
            (B, H), of the chords.
        pick
            Chooses the token of a sixteenth, counted from the first half bar.
        first
            Half bar to begin with.

        Returns
        -------
        Tokens, (B, (H - first) * 8).
        """
        rows = len(context)
        now, since = np.full(rows, SILENT), np.zeros(rows, np.int64)
        tokens: list[Ints] = []
        for half in range(first, context.shape[1]):
            state = self._note_lstm.start(rows)
            for step in range(HALF_STEPS):
                told = self._state[now] + self._age[since] + self._step[step]
                hidden, state = self._note_lstm.step(np.concatenate([told, context[:, half]], axis=1), state)
                token = pick(named(self._out(hidden), degree[:, half], now), half * HALF_STEPS + step)
                known = [after(*row) for row in zip(now.tolist(), since.tolist(), token.tolist(), strict=True)]
                now, since = (np.array(column) for column in zip(*known, strict=True))
                tokens.append(token)
        return np.stack(tokens, axis=1)

    def _pointed(self, layer: Linear, z: Floats, mode: int | Ints) -> Floats:
        return tanh(layer(np.concatenate([z, self._mode[np.broadcast_to(mode, len(z))]], axis=1)))

    def _placed(self, half: int, rows: int) -> Floats:
        return np.tile(self._place[half % HALVES], (rows, 1))


def named(raw: Floats, degree: Ints, state: Ints) -> Floats:
    """Return logits of tokens (B, V), pitches named in three ways: see `net.named`. `degree` and `state` are (B,)."""
    token = raw[:, : OUT_SIZES[0]].copy()
    above, leap = raw[:, OUT_SIZES[0] : OUT_SIZES[0] + 12], raw[:, OUT_SIZES[0] + 12 :]
    over = np.take_along_axis(above, (_PITCHES - REACH - degree[:, None]) % 12, axis=1)
    last = last_pitch(state)
    moved = np.take_along_axis(leap, np.clip(_PITCHES - last[:, None] + PITCHES - 1, 0, LEAPS - 1), axis=1)
    token[:, FIRST_PITCH:] += over * (degree != NO_DEGREE)[:, None] + moved * (last >= 0)[:, None]
    return np.asarray(token)


def greedy(logits: Floats, place: int) -> Ints:
    """Take the likeliest."""
    return np.asarray(logits.argmax(axis=1))


def likeliest(logits: Floats, place: int) -> Ints:
    """Take the likeliest of hold, rest and any onset, and of onsets the likeliest pitch."""
    kind, pitch = kinds(logits), logits[:, FIRST_PITCH:].argmax(axis=1)
    best = kind.argmax(axis=1)
    return np.asarray(np.where(best == FIRST_PITCH, FIRST_PITCH + pitch, best), np.int64)


def kinds(logits: Floats) -> Floats:
    """Return logits of hold, rest and any onset, (B, 3), from those of tokens."""
    onsets = logits[:, FIRST_PITCH:]
    top = onsets.max(axis=1, keepdims=True)
    total = top + np.log(np.exp(onsets - top).sum(axis=1, keepdims=True))
    return np.concatenate([logits[:, :FIRST_PITCH], total], axis=1)


def _run(lstm: LSTM, x: Floats) -> Floats:
    """Return what an LSTM holds at each place, (B, T, H), from (B, T, in)."""
    state, out = lstm.start(len(x)), []
    for t in range(x.shape[1]):
        hidden, state = lstm.step(x[:, t], state)
        out.append(hidden)
    return np.stack(out, axis=1)
