"""Chords and melody from one model that writes both: a point in its space is a song."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.roles import LoopChord
from dusktape.core.score import Chord, Key, Note, Score
from dusktape.core.seed import Seed

_NEAR = 0.8
"""How much of the song's point the point of another material keeps; the rest is drawn, of the same spread in all."""

_LOOP_BARS = 4
_PLACES = ("material", "proposal")


class SongModel(Protocol):
    """What a model of role `song` opens to: a space in which every point is a song, points of people's near 0."""

    @property
    def latents(self) -> int:
        """Dimensions of the space."""
        ...

    def encode(self, score: Score) -> Floats:
        """Return where a song lies, (latents,)."""
        ...

    def decode(
        self,
        z: Floats,
        *,
        key: Key,
        loop_bars: int,
        bars: int,
        seed: Seed,
        temperature: float,
        chords: Sequence[Chord] = (),
        first_bar: int = 0,
    ) -> tuple[tuple[LoopChord, ...], tuple[Note, ...]]:
        """Return the loop of chords, `loop_bars` long, and a melody.

        The melody fills bars [first_bar, bars), in ticks from bar 0, over the loop or, if there are any, over `chords`.
        """
        ...

    def blend(self, a: Floats, b: Floats, mix: float) -> Floats:
        """Return the point between two: 0 is `a`, 1 is `b`."""
        ...


def point(latents: int, seed: Seed) -> Floats:
    """Return a place to start from, (latents,): standard normal (Box-Muller), on the grid of 1/4096."""
    draws = seed.at("point").rng().random((2, latents))
    normal = np.sqrt(-2.0 * np.log(1.0 - draws[0])) * np.cos(2.0 * math.pi * draws[1])
    return np.asarray(np.rint(normal * 4096.0) / 4096.0)


@dataclass(frozen=True, eq=False)
class WholeSong:
    """Writes chords and melody around one point. Implements `core.roles.ChordWriter` and `MelodyWriter`.

    Parameters
    ----------
    model
        What learned.
    seed
        Where the point is drawn, unless one is given.
    temperature
        Of what is decoded.
    z
        The song's point, (latents,).
    """

    model: SongModel
    seed: Seed
    temperature: float = 1.0
    z: Floats | None = None

    def write_loop(
        self, *, mode: str, mood: str, bars: int, seed: Seed, temperature: float, max_chords: int
    ) -> tuple[LoopChord, ...]:
        """Return the loop of a material. Mood and number of chords lie in the point."""
        z, key = self._of(seed), Key(0, mode)
        loop, _ = self.model.decode(z, key=key, loop_bars=bars, bars=0, seed=seed, temperature=temperature)
        return loop

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
        """Return the melody of a material. What was given and how busy it is have no say: they lie in the point."""
        _, melody = self.model.decode(
            self._of(seed),
            key=key,
            loop_bars=_LOOP_BARS,
            bars=bars,
            seed=seed,
            temperature=temperature,
            chords=tuple(chords),
            first_bar=given_bars,
        )
        return melody

    def _of(self, seed: Seed) -> Floats:
        """Return the song's own point for its first material; others, and proposals, have one near it each."""
        z = point(self.model.latents, self.seed) if self.z is None else self.z
        place = next((seed.path[i : i + 2] for i, k in enumerate(seed.path) if k in _PLACES), ("material", "A0"))
        if place[1] == "A0":
            return z
        away = point(self.model.latents, self.seed.at(*place))
        return np.asarray(np.rint((_NEAR * z + math.sqrt(1.0 - _NEAR**2) * away) * 4096.0) / 4096.0)
