"""One-shots in numpy: a point is drawn, carried along the flow, turned into a vector and that into a sound."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Block, Floats
from dusktape.core.errors import InputError, suggestion
from dusktape.core.seed import Seed
from dusktape.models.oneshot.classes import CLASSES, RECORDED
from dusktape.models.oneshot.options import Options
from dusktape.models.oneshot.render import Touch, render
from dusktape.models.oneshot.vector import ATTACK, CLICK, FRAMES, LEVEL, MODE_LEVEL, NOISE, SAMPLE_RATE
from dusktape.nn.weights import load, metadata

SYNTHESISED: Final = 0
RECORDING: Final = 1
UNTOLD: Final = 2
"""Where a stroke comes from, as the network is told."""

UNTOLD_KIND: Final = len(CLASSES)
"""What the network is told where the class is not."""

TIME_ANGLES: Final = 0.5 * np.pi * np.arange(1, 9)
TIME_FEATURES: Final = 1 + 2 * len(TIME_ANGLES)
"""The network is told the time, and sine and cosine of it at these speeds."""

_HAZE, _CLEAR = 0.45, 0.9
_AT_ONCE = 64
_ATTEMPTS = 8
MOST_STEPS = 200

APART_PERCENT: Final = 5.0
"""So many in 100 held-out recordings are nearer to one that taught than a drum may be."""

GUIDES: Final[Mapping[str, float]] = {"perc": 1.4}
"""How far drums are drawn away from those of no class; 1, where none is named, is as they were learned.

Percussion is many things: what lies between them is mostly none."""

PEAK: Final = 10.0 ** (-1.0 / 20.0)
"""Highest sample of a one-shot on its own, as packs have it."""


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """The velocity field: see `net.Net`, which trains it.

    In float64, so that the order in which a BLAS adds stays far below what is heard.
    """

    weights: Mapping[str, Floats]
    blocks: int
    guides: Mapping[str, float] = field(default_factory=lambda: GUIDES)
    _asked: dict[tuple[float, int, int], Floats] = field(default_factory=dict, repr=False)

    def velocity(self, x: Floats, t: float, kinds: Sequence[int], sources: Sequence[int]) -> Floats:
        """Return the velocity (B, K) at points x (B, K) and one time, for classes and sources (B,)."""
        w = self.weights
        asked = np.stack([self._told(t, kind, source) for kind, source in zip(kinds, sources, strict=True)])
        scale, shift = np.split(asked, 2, axis=1)
        h = x @ w["into.weight"].T + w["into.bias"]
        for i in range(self.blocks):
            name = f"blocks.{i}."
            y = _normalised(h) * (1.0 + w[name + "scale"] + scale) + w[name + "shift"] + shift
            y = _silu(y @ w[name + "inner.weight"].T + w[name + "inner.bias"])
            h = h + y @ w[name + "out.weight"].T + w[name + "out.bias"]
        return np.asarray(_normalised(h) @ w["out.weight"].T + w["out.bias"])

    def _told(self, t: float, kind: int, source: int) -> Floats:
        key = (t, kind, source)
        if key not in self._asked:
            w = self.weights
            features = np.concatenate([[t], np.sin(t * TIME_ANGLES), np.cos(t * TIME_ANGLES)])
            told = w["time.weight"] @ features + w["time.bias"] + w["kind.weight"][kind] + w["source.weight"][source]
            self._asked[key] = w["asked.weight"] @ _silu(told) + w["asked.bias"]
        return self._asked[key]

    def guided(self, x: Floats, t: float, kinds: Sequence[int], sources: Sequence[int]) -> Floats:
        """Return the velocity, for classes of `GUIDES` away from where the network goes when it is told no class.

        Source
        ------
        Ho and Salimans, Classifier-free diffusion guidance, 2022.
        """
        towards = self.velocity(x, t, kinds, sources)
        guides = np.array([self.guides.get(CLASSES[kind], 1.0) for kind in kinds])
        some = np.flatnonzero(guides != 1.0)
        if some.size:
            untold = self.velocity(x[some], t, [UNTOLD_KIND] * some.size, [sources[i] for i in some.tolist()])
            towards[some] = untold + guides[some, None] * (towards[some] - untold)
        return towards

    def carried(self, x: Floats, kinds: Sequence[int], sources: Sequence[int], steps: int) -> Floats:
        """Return where points (B, K) of noise come to, by the midpoint rule: two velocities a step."""
        dt = 1.0 / steps
        for i in range(steps):
            half = x + 0.5 * dt * self.guided(x, i * dt, kinds, sources)
            x = x + dt * self.guided(half, (i + 0.5) * dt, kinds, sources)
        return x

    def copies(self, points: Floats) -> NDArray[np.bool_]:
        """Return which of points (B, K) are nearer to a recording that taught than almost all held-out ones are."""
        taught = self.weights.get("taught", np.zeros((0, 0)))
        if not len(taught):
            return np.zeros(len(points), np.bool_)
        apart: NDArray[np.bool_] = nearest(points * self.weights["spread"], taught) < self.weights["apart"][0]
        return apart

    def vectors(self, points: Floats) -> Floats:
        """Return the vectors (B, SIZE) that points (B, K) stand for.

        Components leave a haze where there was silence: levels that hardly rise above it are drawn down to it.
        """
        vectors = np.asarray(self.weights["mean"] + points @ self.weights["directions"])
        for part in (LEVEL, MODE_LEVEL, NOISE, CLICK):
            level = np.maximum(vectors[:, part], 0.0)
            vectors[:, part] = np.maximum(level - _HAZE * np.exp(-np.square(level / _CLEAR)), 0.0)
        return vectors

    def risen(self, vectors: Floats, kinds: Sequence[int], sources: Sequence[int]) -> Floats:
        """Return vectors (B, SIZE) whose attacks lie as those that taught their class do: quantile by quantile."""
        if "rises.drawn" not in self.weights:
            return vectors
        for vector, kind, source in zip(vectors, kinds, sources, strict=True):
            drawn, taught = (self.weights[f"rises.{name}"][kind, source] for name in ("drawn", "taught"))
            rises = [np.interp(*each) for each in zip(vector[ATTACK], drawn, taught, strict=True)]
            vector[ATTACK] = np.maximum.accumulate(rises)
        return vectors


def nearest(places: Floats, others: Floats) -> Floats:
    """Return how far each place (B, K) is from the nearest of others (N, K), (B,)."""
    return np.asarray(np.sqrt(np.square(places[:, None] - others).sum(axis=2).min(axis=1)))


def _normalised(x: Floats) -> Floats:
    x = x - x.mean(axis=1, keepdims=True)
    return np.asarray(x / np.sqrt(np.mean(np.square(x), axis=1, keepdims=True) + 1e-5))


def _silu(x: Floats) -> Floats:
    return np.asarray(x / (1.0 + np.exp(-np.clip(x, -60.0, 60.0))))


@dataclass(frozen=True, slots=True, eq=False)
class OneShots:
    """Makes drums: see `core.roles.SoundWriter`, and `drums` for those who strike one drum more than once."""

    flow: Flow
    steps: int

    @staticmethod
    def load(path: Path, expected_sha256: str | None = None) -> OneShots:
        """Open weights that were trained; about 20 ms.

        Raises
        ------
        WeightsError
            If they are missing, damaged or swapped.
        """
        weights = load(path, expected_sha256)
        options = Options.of(json.loads(metadata(path).get("options", "{}")))
        return OneShots(Flow(weights, options.blocks), options.steps)

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        return SAMPLE_RATE

    @property
    def channels(self) -> int:
        """Mono: where a drum stands is up to the kit."""
        return 1

    @property
    def frames(self) -> int:
        """The longest that it makes; shorter drums are silent after their end."""
        return FRAMES

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes."""
        return CLASSES

    def write_sounds(self, count: int, *, seed: Seed, label: str = "", frames: int = 0, steps: int = 0) -> list[Block]:
        """Return one-shots, each (1, frames), their highest sample at -1 dB of full scale, from their onset on.

        Parameters
        ----------
        count, seed, label, frames, steps
            As the role says; its own length is as long as a sound is heard. Without a label, classes take turns by the
            sound's own draw: `labels_of` says which. A step costs the network two evaluations.

        Raises
        ------
        InputError
            If there is no such class, the length is negative or more than a second and a half, or steps are too many.
        """
        if not 0 <= frames <= FRAMES:
            raise InputError(f"oneshot makes up to {FRAMES} frames, got {frames}; ask for fewer")
        if not 0 <= steps <= MOST_STEPS:
            raise InputError(f"oneshot takes 1 to {MOST_STEPS} steps, got {steps}; leave it out for its own")
        seeds = [seed.at("sound", i) for i in range(count)]
        kinds = self.labels_of(count, seed=seed, label=label)
        sounds = []
        for start in range(0, count, _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            for vector, at in zip(self.drums(kinds[some], seeds[some], steps=steps), seeds[some], strict=True):
                sound = PEAK * render(vector, at.at("noise").rng(), frames=frames)
                sounds.append(sound[None].astype(np.float32))
        return sounds

    def labels_of(self, count: int, *, seed: Seed, label: str = "") -> list[str]:
        """Return the class of each sound that `write_sounds` makes of the same count, seed and label.

        Raises
        ------
        InputError
            If there is no such class.
        """
        if label and label not in CLASSES:
            raise InputError(f"oneshot makes no {label!r}{suggestion(label, CLASSES)}")
        return [label or seed.at("sound", i).at("class").pick(CLASSES) for i in range(count)]

    def drums(
        self, kinds: Sequence[str], seeds: Sequence[Seed], *, steps: int = 0, recorded: bool | None = None
    ) -> Floats:
        """Return a drum for each class and seed as a vector, (B, SIZE). A batch costs little more than one.

        A drum does not depend on the others of its batch. One that is nearer to a recording that taught than 95 in 100
        held-out ones are is drawn again, up to seven times.

        Parameters
        ----------
        kinds, seeds
            One of each for each drum.
        steps
            Of the sampler; 0 for its own number.
        recorded
            Whether they shall sound as people's recordings or as our kit. If not given, the seed decides evenly in
            classes that recordings taught; of the others only our kit is known.
        """
        asked = [at.at("source").chance(0.5) if recorded is None else recorded for at in seeds]
        sources = [RECORDING if a and kind in RECORDED else SYNTHESISED for a, kind in zip(asked, kinds, strict=True)]
        numbers = [CLASSES.index(kind) for kind in kinds]
        points = self._carried(numbers, sources, [at.at("point") for at in seeds], steps)
        for attempt in range(1, _ATTEMPTS):
            near = np.flatnonzero(self.flow.copies(points))
            if not near.size:
                break
            some = [seeds[i].at("again", attempt) for i in near.tolist()]
            points[near] = self._carried([numbers[i] for i in near], [sources[i] for i in near], some, steps)
        return self.flow.risen(self.flow.vectors(points), numbers, sources)

    def _carried(self, kinds: Sequence[int], sources: Sequence[int], seeds: Sequence[Seed], steps: int) -> Floats:
        size = len(self.flow.weights["directions"])
        points = np.stack([at.rng().standard_normal(size) for at in seeds])
        return self.flow.carried(points, kinds, sources, steps or self.steps)

    def struck(
        self, drum: Floats, rng: np.random.Generator, *, velocity: float, pitch: float, decay: float, tone: float
    ) -> Floats:
        """Return a stroke of a drum (SIZE,), as long as it is heard, peak 1. Shape (frames,).

        Parameters
        ----------
        drum
            One that `drums` returned.
        rng
            Where its noise comes from: with the same drum and another draw it is another stroke.
        velocity, pitch, decay, tone
            As for `Touch`.
        """
        touch = Touch(velocity=velocity, pitch=pitch, decay=decay, tone=tone)
        return render(touch.on(drum), rng, pitch=pitch)
