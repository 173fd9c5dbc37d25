"""The latent song in plain numpy: where a song lies, what a point sounds like, and how to get from one to another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.core.errors import InputError, suggestion
from dusktape.core.roles import LoopChord
from dusktape.core.score import BAR, SIXTEENTH, Chord, Key, Note, Score
from dusktape.core.seed import Seed
from dusktape.models.latent import space
from dusktape.models.latent.heard import heard
from dusktape.models.latent.network import Network, kinds
from dusktape.models.latent.space import Slider
from dusktape.models.latent.tokens import (
    BARS,
    CONTROLS,
    FIRST_PITCH,
    HALF_STEPS,
    MODES,
    NO_DEGREE,
    PITCHES,
    QUALITY_NAMES,
    REACH,
    chord_number,
    chord_tokens,
    nearest,
    notes_of,
)
from dusktape.nn.exact import on_grid
from dusktape.nn.line import Ints
from dusktape.nn.sampling import draw, probabilities
from dusktape.nn.weights import load, metadata
from dusktape.theory.chord import family
from dusktape.theory.scale import SCALES, clashes, is_chord_tone

MIDDLE = 71
"""The tonic nearest to this MIDI pitch is the one that pitches are counted from."""

MIN_P = 0.05

_POSSIBLE = (
    np.array([-3.0, 0.0, 0.0, 0.0, -REACH, 0.0, 0.0, 0.0, 0.0]),
    np.array([3.0, 16.0, 1.0, 2.0 * REACH, REACH, 1.0, 2.0, 3.0, 1.0]),
)
"""Least and most of each control."""

_CHORD_PULL = 0.7
_HALVES_PER_BAR = 2
_ACCENTS = (8, -6, 0, -6)
_SOFTEST, _LOUDEST = 45, 112


@dataclass(frozen=True, slots=True, eq=False)
class Latent:
    """A space of songs. Implements `compose.whole.SongModel`.

    Points are (L,) and standard normal where people's music is: 0 is the middle, each axis is one standard deviation
    long. A point says nothing of key and octave, and a mode is said beside it.

    Parameters
    ----------
    network
        Between eight bars and the numbers it was trained with.
    centre, into, out
        (L,), (L, L) and (L, L): from those numbers to ours and back.
    signal
        (L,), for each axis the share of its spread that songs tell; the rest is noise.
    sliders
        Directions to move in.
    """

    network: Network
    centre: Floats
    into: Floats
    out: Floats
    signal: Floats
    sliders: tuple[Slider, ...]

    @staticmethod
    def of(weights: Mapping[str, Floats], vocabulary: Mapping[str, Sequence[float]]) -> Latent:
        """Take the weights by their names."""
        centre, scale = np.array(vocabulary["centre"], np.float64), np.array(vocabulary["scale"], np.float64)
        if centre.shape != (len(CONTROLS),) or scale.shape != centre.shape:
            raise ValueError(f"it knows {len(centre)} controls, not {len(CONTROLS)}")
        return Latent(
            network=Network(weights, centre, scale),
            centre=weights["space.centre"],
            into=weights["space.into"],
            out=weights["space.out"],
            signal=weights["space.signal"],
            sliders=space.sliders(weights["space.sliders"], weights["space.told"]),
        )

    @staticmethod
    def load(path: Path, expected_sha256: str | None = None) -> Latent:
        """Open weights that `dusktape train latent` wrote."""
        weights = load(path, expected_sha256)
        return Latent.of(weights, json.loads(metadata(path)["vocabulary"]))

    @property
    def latents(self) -> int:
        """Dimensions of the space."""
        return len(self.centre)

    def encode(self, score: Score) -> Floats:
        """Return where a song lies, (L,), on the grid of 1/4096: where its most typical eight bars do.

        Those are the ones nearest to the mean of all; of its A where it has sections. The mean itself would be a place
        between verse and chorus that sounds like neither.

        Raises
        ------
        InputError
            If it has neither melody nor chords, or is not in four.
        """
        points = self.points(score)
        (typical, _), *_ = space.neighbours(points.mean(axis=0), points, 1)
        return space.rounded(points[typical])

    def points(self, score: Score) -> Floats:
        """Return where each of the eight bars lies that a song is made of, (N, L). Errors as `encode`."""
        raw = self.network.encode(heard(score))
        return on_grid((raw - self.centre) @ self.into.T)

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
        """Return the loop of chords and a melody over it, in ticks from bar 0. The same arguments give the same song.

        Parameters
        ----------
        z
            A point, (L,).
        key
            To write in. Its mode need not be the one of the song that `z` came from.
        loop_bars, bars
            How long the chords turn, 1 to 8, and where the melody ends.
        seed, temperature
            Where draws come from, and how far they go: 1 as learned, near 0 always the likeliest.
        chords
            To play over in place of the loop, from tick 0 on.
        first_bar
            Where the melody begins. Bars are what they are by their place: bar 4 is the fifth of eight, bar 9 the
            second.

        Raises
        ------
        InputError
            If `z` is no point of this space.
        """
        raw = self._raw(z)
        mode = MODES.index(key.mode)
        loop = self._loop(raw, mode, loop_bars, seed.at("chords"), temperature)
        under = tuple(chords) or placed(loop, key, bars)
        how = seed.at("melody"), temperature
        return loop, self._melody(raw, key, under, first_bar, bars, *how) if bars > first_bar else ()

    def controls(self, z: Floats) -> dict[str, float]:
        """Return what will be heard of a point, as `tokens.CONTROLS` count it; `tempo` in beats a minute."""
        told = np.clip(self.network.controls(self._raw(z)[None])[0], *_POSSIBLE)
        named = dict(zip(CONTROLS, told.tolist(), strict=True))
        return {**named, "tempo": 90.0 * 2.0 ** named["tempo"]}

    def move(self, z: Floats, amounts: Mapping[str, float]) -> Floats:
        """Return the point so many standard deviations further along some sliders.

        Raises
        ------
        InputError
            If there is no such slider.
        """
        known = {slider.name: slider for slider in self.sliders}
        for name, amount in amounts.items():
            if name not in known:
                raise InputError(f"there is no slider {name!r}{suggestion(name, known)}")
            z = z + amount * known[name].direction
        return space.rounded(z)

    def blend(self, a: Floats, b: Floats, mix: float) -> Floats:
        """Return the point between two, (L,): 0 is `a`, 1 is `b`. See `space.blend`."""
        return space.blend(a, b, mix)

    def neighbours(self, z: Floats, among: Sequence[Floats], count: int = 5) -> list[tuple[int, float]]:
        """Return (number, distance) of the nearest of some points, nearest first."""
        return space.neighbours(z, among, count)

    def _raw(self, z: Floats) -> Floats:
        z = np.asarray(z, np.float64)
        if z.shape != (self.latents,) or not np.isfinite(z).all():
            raise InputError(f"a point of this space is {self.latents} numbers, got shape {z.shape}; encode a song")
        return np.asarray(np.clip(on_grid(self.centre + self.out @ space.rounded(z)), -7.99, 7.99))

    def _loop(self, raw: Floats, mode: int, bars: int, seed: Seed, temperature: float) -> tuple[LoopChord, ...]:
        stands = np.arange(NO_DEGREE + 1) != NO_DEGREE

        def degree(logits: Floats, half: int) -> Ints:
            return _drawn(logits, stands, temperature, seed.at("degree", half))

        def quality(logits: Floats, half: int) -> Ints:
            return _drawn(logits, None, temperature, seed.at("quality", half))

        degrees, qualities = self.network.chords(raw[None], mode, degree, quality)
        out: list[LoopChord] = []
        halves = zip(degrees[0].tolist(), qualities[0].tolist(), strict=True)
        for d, q in list(halves)[: _HALVES_PER_BAR * bars]:
            chord = LoopChord(d, QUALITY_NAMES[q], 2)
            if out and out[-1].degree == d and family(out[-1].quality) == family(chord.quality):
                out[-1] = replace(chord, length_beats=out[-1].length_beats + 2)
            else:
                out.append(chord)
        return tuple(out)

    def _melody(
        self, raw: Floats, key: Key, chords: Sequence[Chord], first_bar: int, bars: int, seed: Seed, temperature: float
    ) -> tuple[Note, ...]:
        degree, quality = chord_tokens(chords, key.tonic, _HALVES_PER_BAR * bars)
        allowed = _Rules(key, degree, quality)

        def pick(logits: Floats, step: int) -> Ints:
            kind = _drawn(kinds(logits), None, temperature, seed.at("kind", step))
            if kind[0] != FIRST_PITCH:
                return kind
            may, pull = allowed(step)
            return FIRST_PITCH + _drawn(logits[:, FIRST_PITCH:] + pull, may, temperature, seed.at("pitch", step))

        # Bars begin anew after eight, so those of an earlier round need no walking through.
        skipped = first_bar // BARS * BARS * _HALVES_PER_BAR
        context = self.network.context(raw[None], MODES.index(key.mode), chord_number(degree, quality)[None, skipped:])
        first = first_bar * _HALVES_PER_BAR - skipped
        later = skipped * HALF_STEPS
        tokens = self.network.melody(context, degree[None, skipped:], lambda x, t: pick(x, t + later), first=first)[0]
        told = dict(zip(CONTROLS, self.network.controls(raw[None])[0].tolist(), strict=True))
        home = nearest(key.tonic, MIDDLE)
        base = 127.0 * told["loudness"] - 14.0
        return tuple(
            Note(
                first_bar * BAR + start * SIXTEENTH,
                (end - start) * SIXTEENTH,
                pitch,
                int(np.clip(round(base) + _ACCENTS[start % 4] + 4 * (start % 16 == 0), _SOFTEST, _LOUDEST)),
            )
            for start, end, pitch in notes_of(tokens.tolist(), home)
        )


class _Rules:
    """Which pitches may start where: those of the scale or the chord, and on the beat none that rubs against it.

    Chord tones are a little likelier than they were learned to be: lo-fi leans on its chords more than pop does.
    """

    def __init__(self, key: Key, degree: Ints, quality: Ints) -> None:
        self._scale = {step % 12 for step in SCALES[key.mode]}
        self._degree, self._quality = degree.tolist(), quality.tolist()
        self._masks: dict[tuple[int, int, bool], tuple[NDArray[np.bool_], Floats]] = {}

    def __call__(self, step: int) -> tuple[NDArray[np.bool_], Floats]:
        """Return which pitches may start at a sixteenth, and what is added to their logits, (37,) both."""
        half = step // HALF_STEPS
        where = self._degree[half], self._quality[half], step % 4 == 0
        if where not in self._masks:
            pitches = [p - REACH for p in range(PITCHES)]
            pull = [_CHORD_PULL * self._in_chord(p, *where[:2]) for p in pitches]
            self._masks[where] = np.array([self._may(p, *where) for p in pitches]), np.array(pull)
        return self._masks[where]

    def _may(self, pitch: int, degree: int, quality: int, on_beat: bool) -> bool:
        if self._in_chord(pitch, degree, quality):
            return True
        rubs = on_beat and degree != NO_DEGREE and clashes(pitch, degree, QUALITY_NAMES[quality])
        return pitch % 12 in self._scale and not rubs

    def _in_chord(self, pitch: int, degree: int, quality: int) -> bool:
        return degree != NO_DEGREE and is_chord_tone(pitch, degree, QUALITY_NAMES[quality])


def _drawn(logits: Floats, allowed: NDArray[np.bool_] | None, temperature: float, seed: Seed) -> Ints:
    p = probabilities(logits[0], allowed=allowed, temperature=temperature, min_p=MIN_P)
    return np.array([draw(p, seed.unit())])


def placed(loop: Sequence[LoopChord], key: Key, bars: int) -> tuple[Chord, ...]:
    """Return a loop as chords from tick 0, turn after turn, until some bars are full."""
    chords: list[Chord] = []
    start = 0
    while start < bars * BAR:
        for chord in loop:
            length = chord.length_beats * BAR // 4
            chords.append(Chord(start, length, (key.tonic + chord.degree) % 12, chord.quality))
            start += length
    return tuple(chords)
