"""One-shots in numpy: a point is drawn, carried along the flow, turned into a vector and that into a sound."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from dusktape.core.audio import Block, Floats
from dusktape.core.errors import InputError, suggestion
from dusktape.core.seed import Seed
from dusktape.models.oneshot.classes import CLASSES, RECORDED
from dusktape.models.oneshot.options import Options
from dusktape.models.oneshot.render import Touch, render
from dusktape.models.oneshot.vector import CLICK, FRAMES, LEVEL, MODE_LEVEL, NOISE, SAMPLE_RATE
from dusktape.nn.weights import load, metadata

SYNTHESISED: Final = 0
RECORDING: Final = 1
UNTOLD: Final = 2
"""Where a stroke comes from, as the network is told."""

TIME_ANGLES: Final = 0.5 * np.pi * np.arange(1, 9)
TIME_FEATURES: Final = 1 + 2 * len(TIME_ANGLES)
"""The network is told the time, and sine and cosine of it at these speeds."""

_HAZE, _CLEAR = 0.35, 0.7
_AT_ONCE = 64
MOST_STEPS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """The velocity field: see `net.Net`, which trains it.

    In float64, so that the order in which a BLAS adds stays far below what is heard.
    """

    weights: Mapping[str, Floats]
    blocks: int
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

    def carried(self, x: Floats, kinds: Sequence[int], sources: Sequence[int], steps: int) -> Floats:
        """Return where points (B, K) of noise come to, by the midpoint rule: two velocities a step."""
        dt = 1.0 / steps
        for i in range(steps):
            half = x + 0.5 * dt * self.velocity(x, i * dt, kinds, sources)
            x = x + dt * self.velocity(half, (i + 0.5) * dt, kinds, sources)
        return x

    def vectors(self, points: Floats) -> Floats:
        """Return the vectors (B, SIZE) that points (B, K) stand for.

        Components leave a haze where there was silence: levels that hardly rise above it are drawn down to it.
        """
        vectors = np.asarray(self.weights["mean"] + points @ self.weights["directions"])
        for part in (LEVEL, MODE_LEVEL, NOISE, CLICK):
            level = np.maximum(vectors[:, part], 0.0)
            vectors[:, part] = np.maximum(level - _HAZE * np.exp(-np.square(level / _CLEAR)), 0.0)
        return vectors


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
        """Return one-shots, each (1, frames), peak 1, from their onset on.

        Parameters
        ----------
        count, seed, label, frames, steps
            As the role says. Without a label, classes take turns by the sound's own draw. A step costs the network two
            evaluations.

        Raises
        ------
        InputError
            If there is no such class, the length is negative or more than a second and a half, or steps are too many.
        """
        if label and label not in CLASSES:
            raise InputError(f"oneshot makes no {label!r}{suggestion(label, CLASSES)}")
        if not 0 <= frames <= FRAMES:
            raise InputError(f"oneshot makes up to {FRAMES} frames, got {frames}; ask for fewer")
        if not 0 <= steps <= MOST_STEPS:
            raise InputError(f"oneshot takes 1 to {MOST_STEPS} steps, got {steps}; leave it out for its own")
        seeds = [seed.at("sound", i) for i in range(count)]
        kinds = [label or at.at("class").pick(CLASSES) for at in seeds]
        sounds = []
        for start in range(0, count, _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            for vector, at in zip(self.drums(kinds[some], seeds[some], steps=steps), seeds[some], strict=True):
                sound = render(vector, at.at("noise").rng(), frames=frames or FRAMES)
                sounds.append(sound[None].astype(np.float32))
        return sounds

    def drums(
        self, kinds: Sequence[str], seeds: Sequence[Seed], *, steps: int = 0, recorded: bool | None = None
    ) -> Floats:
        """Return a drum for each class and seed as a vector, (B, SIZE). A batch costs little more than one.

        A drum does not depend on the others of its batch.

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
        size = len(self.flow.weights["directions"])
        points = np.stack([at.at("point").rng().standard_normal(size) for at in seeds])
        asked = [at.at("source").chance(0.5) if recorded is None else recorded for at in seeds]
        sources = [RECORDING if a and kind in RECORDED else SYNTHESISED for a, kind in zip(asked, kinds, strict=True)]
        numbers = [CLASSES.index(kind) for kind in kinds]
        return self.flow.vectors(self.flow.carried(points, numbers, sources, steps or self.steps))

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
