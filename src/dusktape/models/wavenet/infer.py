"""The dilated net in plain numpy: knows what the next step may be, and draws it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Block, Floats
from dusktape.core.errors import InputError, suggestion
from dusktape.core.seed import Seed
from dusktape.dsp import mulaw
from dusktape.models.wavenet import conditions
from dusktape.models.wavenet.running import DECODED, Array, Running, Weights
from dusktape.models.wavenet.shape import FEATURES, FRONT, KERNEL, LONGEST, Options
from dusktape.nn.weights import load, metadata

_LONGEST_S = 600

_EDGES = np.array([-1e9, *mulaw.edges()[1:-1], 1e9], np.float32)
"""Between which the bins lie; the outermost have no end."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a step is drawn from the net's distribution over 256 bins.

    Parameters
    ----------
    temperature
        Probabilities are raised to 1 over this: below 1 is calmer, above 1 noisier. In (0, 2].
    top_p
        Only the likeliest bins are drawn, as many as together have this probability. In (0, 1].
    """

    temperature: float = 1.0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        for name, value, most in (("temperature", self.temperature, 2.0), ("top_p", self.top_p, 1.0)):
            if not 0.0 < value <= most:
                raise InputError(f"{name} is above 0 and at most {most:g}, got {value!r}; choose one in that range")

    def draw(self, below: Array, uniform: Array) -> NDArray[np.int64]:
        """Return a bin for each stream, (N,).

        Parameters
        ----------
        below
            (N, 257), the probability that the sample lies below each edge of the bins.
        uniform
            (N,), in [0, 1).
        """
        if self.temperature == 1.0 and self.top_p == 1.0:
            return np.asarray(np.add.reduce(below[:, 1:-1] <= uniform[:, None], axis=1))
        p = below[:, 1:] - below[:, :-1]
        if self.temperature != 1.0:
            p = np.maximum(p, 0.0) / p.max(axis=1, keepdims=True)
            p = p ** np.float32(1.0 / self.temperature)
        if self.top_p < 1.0:
            rising = np.sort(p, axis=1)
            summed = np.cumsum(rising, axis=1)
            left_out = np.add.reduce(summed <= (1.0 - self.top_p) * summed[:, -1:], axis=1)
            least = rising[np.arange(len(p)), np.minimum(left_out, mulaw.BINS - 1)]
            p *= p >= least[:, None]
        summed = np.cumsum(p, axis=1)
        return np.asarray(np.add.reduce(summed[:, :-1] <= uniform[:, None] * summed[:, -1:], axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class WaveNet:
    """Writes sound sample by sample. Implements `core.roles.SoundWriter`.

    Parameters
    ----------
    weights
        Of the net.
    sample_rate
        In Hz.
    centre, spread
        Of the styles that it learned from.
    styles
        Some of them: `label`, `bpm`, `style`.
    frames
        Length of a window.
    drawing
        How `write_sounds` draws.
    bpm
        The tempo that `write_sounds` tells it; None for that of the sound whose style it is told.
    """

    weights: Weights
    sample_rate: int
    centre: Floats
    spread: Floats
    styles: tuple[Mapping[str, Any], ...]
    frames: int
    drawing: Drawing = Drawing()
    channels: int = 1
    bpm: float | None = None

    def drawn(self, temperature: float | None = None, top_p: float | None = None, bpm: float | None = None) -> WaveNet:
        """Return the same net, which draws otherwise or is told another tempo; what is None stays.

        Raises
        ------
        InputError
            If a value is out of its range.
        """
        if bpm is not None and not 20.0 <= bpm <= 300.0:
            raise InputError(f"a tempo is 20 to 300 bpm, got {bpm!r}; choose one in that range")
        how = Drawing(
            self.drawing.temperature if temperature is None else temperature,
            self.drawing.top_p if top_p is None else top_p,
        )
        return replace(self, drawing=how, bpm=self.bpm if bpm is None else bpm)

    @property
    def labels(self) -> tuple[str, ...]:
        """Kinds that the sounds it learned from were called."""
        return tuple(sorted({str(row["label"]) for row in self.styles if row["label"]}))

    @staticmethod
    def of(weights: Mapping[str, Any], vocabulary: Mapping[str, Any], options: Options) -> WaveNet:
        """Take the weights by their names.

        Raises
        ------
        KeyError, ValueError
            If they are of another shape.
        """
        return WaveNet(
            weights=_laid_out(weights, float(vocabulary["missed"]), options),
            sample_rate=int(vocabulary["sample_rate"]),
            centre=np.array(vocabulary["centre"], np.float64),
            spread=np.array(vocabulary["spread"], np.float64),
            styles=tuple(vocabulary["styles"]),
            frames=options.frames,
        )

    @staticmethod
    def load(path: Path, expected_sha256: str | None = None) -> WaveNet:
        """Open weights that `dusktape train wavenet` wrote."""
        weights, told = load(path, expected_sha256), metadata(path)
        return WaveNet.of(weights, json.loads(told["vocabulary"]), Options.of(json.loads(told["options"])))

    def told(self, bpm: float, style: Sequence[float]) -> Array:
        """Return what the net is told of a tempo (0: unknown) and a style, (SIZE,)."""
        return conditions.told(bpm, np.asarray(style, np.float64), self.centre, self.spread).astype(np.float32)

    def open(self, told: Array) -> Running:
        """Return the net at rest, for streams that are told (N, SIZE)."""
        return Running(self.weights, told)

    def foresee(self, bins: NDArray[np.int64], told: Array) -> tuple[Array, Array]:
        """Return the mixture's numbers (N, T, 3 K) and linear prediction (N, T) after each step of sounds (N, T)."""
        running = self.open(told)
        found = [(numbers.copy(), line.copy()) for numbers, line in map(running.push, bins.T)]
        return np.stack([n for n, _ in found], axis=1), np.stack([line for _, line in found], axis=1)

    def below(self, numbers: Array, line: Array) -> Array:
        """Return the probability that the next sample lies below each edge of the bins, (N, 257)."""
        count = numbers.shape[1] // 3
        shares = np.exp(numbers[:, :count] - numbers[:, :count].max(axis=1, keepdims=True))
        shares /= 2.0 * shares.sum(axis=1, keepdims=True)
        mean = line[:, None] + self.weights.missed * numbers[:, count : 2 * count]
        limit = LONGEST / 4.0
        inverse = np.exp(-np.minimum(np.maximum(numbers[:, 2 * count :], -limit), limit)) / (2.0 * self.weights.missed)
        z = np.tanh((_EDGES - mean[:, :, None]) * inverse[:, :, None])  # (N, K, 257)
        return np.asarray(np.matmul(shares[:, None], z)[:, 0] + 0.5)

    def run_on(self, prime: NDArray[np.int64], told: Array, uniform: Floats, drawing: Drawing | None = None) -> Array:
        """Go on from the ends of some sounds, each step drawn from those before it.

        Parameters
        ----------
        prime
            (N, T), bins that are heard first; at least one.
        told
            (N, SIZE), as `told` gives it.
        uniform
            (N, frames), in [0, 1): the draws.
        drawing
            How; as `write_sounds` does if not given.

        Returns
        -------
        (N, frames), the middles of the bins.
        """
        running, how = self.open(told), drawing or self.drawing
        for column in prime.T:
            numbers, line = running.push(column)
        out, draws = np.empty(uniform.shape, np.float32), uniform.astype(np.float32)
        for t in range(uniform.shape[1]):
            bins = how.draw(self.below(numbers, line), draws[:, t])
            out[:, t] = DECODED[bins]
            numbers, line = running.push(bins)
        return out

    def write_sounds(self, count: int, *, seed: Seed, label: str = "", frames: int = 0, steps: int = 0) -> list[Block]:
        """See `core.roles.SoundWriter`; there is one step to a sample, so `steps` is not heard.

        Each sound begins in silence, and is told tempo and style of one of the sounds learned from, of that label if
        one is given. The sounds are made one by one: side by side the last bit of a sum may differ, and one other
        draw changes all that follows.
        """
        if label and label not in self.labels:
            raise InputError(f"wavenet knows no kind {label!r}{suggestion(label, self.labels)}")
        frames = frames or self.frames
        if count < 0 or not 0 < frames <= _LONGEST_S * self.sample_rate:
            raise InputError(
                f"cannot make {count} sounds of {frames} samples; ask for 0 or more, up to {_LONGEST_S} s long"
            )
        rows = [row for row in self.styles if label in ("", row["label"])]
        silence = np.full((1, 1), mulaw.BINS // 2)
        out = []
        for place in (seed.at("sound", number) for number in range(count)):
            row = place.at("style").pick(rows)
            told = self.told(row["bpm"] if self.bpm is None else self.bpm, row["style"])[None]
            out.append(self.run_on(silence, told, place.at("draws").rng().random((1, frames))))
        return out


def _laid_out(weights: Mapping[str, Any], missed: float, options: Options) -> Weights:
    """Return the weights as sums sample by sample want them."""
    count, wide, gates = len(options.dilations), options.residual, options.gates

    def named(name: str, shape: tuple[int, ...]) -> Array:
        if weights[name].shape != shape:
            raise ValueError(f"{name} has the shape {weights[name].shape}, not {shape}")
        return np.asarray(weights[name], np.float32)

    def each(name: str, shape: tuple[int, ...]) -> list[Array]:
        return [named(name.format(n), shape) for n in range(count)]

    front = named("front.weight", (wide, FEATURES, FRONT))
    dilated = [w.transpose(2, 1, 0) for w in each("dilated.{}.weight", (2 * gates, wide, KERNEL))]
    return Weights(
        linear=np.asarray(weights["linear"], np.float32),
        missed=missed,
        front=np.ascontiguousarray(front.transpose(2, 1, 0).reshape(-1, wide), np.float32),
        front_bias=named("front.bias", (wide,)),
        dilations=options.dilations,
        now=tuple(np.ascontiguousarray(w[-1]) for w in dilated),
        then=tuple(np.ascontiguousarray(w[:-1].reshape(-1, 2 * gates)) for w in dilated),
        bias=tuple(each("dilated.{}.bias", (2 * gates,))),
        told=tuple(w.T.copy() for w in each("told.{}.weight", (2 * gates, conditions.SIZE))),
        residual=tuple(w[:, :, 0].T.copy() for w in each("residual.{}.weight", (wide, gates, 1))),
        skip=tuple(w[:, :, 0].T.copy() for w in each("skip.{}.weight", (options.skip, gates, 1))),
        skip_bias=named("skip_bias", (options.skip,)),
        out=named("out.weight", (3 * options.components, options.skip, 1))[:, :, 0].T.copy(),
        out_bias=named("out.bias", (3 * options.components,)),
    )
