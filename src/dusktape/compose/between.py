"""A song between two others: their settings, their loops and their melodies, in the measure that is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dusktape.compose.arrange import arrange
from dusktape.compose.material import PHRASE_BARS, Writers
from dusktape.compose.over import cut
from dusktape.compose.remember import Beginning, Remembering, lasting, loop_of
from dusktape.compose.starts import writers_of
from dusktape.compose.take import Given
from dusktape.compose.whole import SongModel, WholeSong
from dusktape.core.recipe import Recipe
from dusktape.core.roles import LoopChord
from dusktape.core.score import BAR, Chord, Key, Note, Score, Section
from dusktape.core.seed import Seed

LETTERS = ("A", "B")

_WHOLE = (int, float)
_CHOSEN = ("loop_bars", "intro_bars", "transpose")
"""Numbers of which only some exist: one of the two is taken, not something between."""

_RELATIVE = {("minor", "major"): 9, ("major", "minor"): 3}
"""(a song's mode, the new one's) to the degree of the new tonic's scale on which the song's tonic stands."""


def mixed(a: Recipe, b: Recipe, mix: float, seed: Seed) -> Recipe:
    """Return the recipe between two.

    Numbers lie between the two in proportion. Of everything else (key, instruments, styles, effects that only one of
    them has) one is taken whole: the second where the seed's draw for that place lies below `mix`. So a song that is
    nearer to the second has everything that one further away took from it.

    Parameters
    ----------
    a, b
        Every choice closed.
    mix
        0 is `a`, 1 is `b`.
    seed
        Of the new song.
    """
    first, second = a.model_dump(mode="json"), b.model_dump(mode="json")
    table = _mixed(first, second, mix, seed.at("mix"))
    name = a.name if a.name == b.name else f"{a.name}-{b.name}"
    # Composer and trainings belong together.
    composer = second if seed.at("mix", "composer").unit() < mix else first
    return Recipe.of(
        {**table, "name": name, "composer": composer["composer"], "models": composer["models"]}, where=name
    )


def _mixed(a: Any, b: Any, mix: float, seed: Seed) -> Any:
    if isinstance(a, dict) and isinstance(b, dict):
        if a.get("instrument") != b.get("instrument"):
            return b if seed.unit() < mix else a  # another player, with everything that is theirs
        out = {}
        for key in [*a, *(k for k in b if k not in a)]:
            here = seed.at(key)
            if key in a and key in b and key not in _CHOSEN:
                out[key] = _mixed(a[key], b[key], mix, here)
            elif (side := b if here.unit() < mix else a) and key in side:
                out[key] = side[key]
        return out
    numbers = all(isinstance(v, _WHOLE) and not isinstance(v, bool) for v in (a, b))
    if not numbers:
        return b if seed.unit() < mix else a
    between = (1.0 - mix) * a + mix * b
    return round(between) if isinstance(a, int) and isinstance(b, int) else round(between, 4)


def excerpt(score: Score) -> Score:
    """Return what is characteristic of a song: chords and lead of its first A and its first B, eight bars at most."""
    sections: list[Section] = []
    chords: list[Chord] = []
    lead: list[Note] = []
    end = 0
    for letter in LETTERS:
        found = [s for s in score.sections if s.name.startswith(letter)]
        notes = score.parts.get("lead", ())
        sung = [s for s in found if any(s.start <= n.start < s.start + s.length for n in notes)]
        for section in (sung or found)[:1]:
            length = min(section.length, PHRASE_BARS * BAR)
            shift = end - section.start
            sections.append(Section(letter, end, length))
            chords += [replace(c, start=c.start + shift) for c in cut(score.chords, section.start, length)]
            here = (n for n in notes if section.start <= n.start < section.start + length)
            lead += [
                replace(n, start=n.start + shift, length=min(n.length, end + length - n.start - shift)) for n in here
            ]
            end += length
    return Score(score.bpm, score.key, tuple(sections), tuple(chords), {"lead": tuple(lead)})


@dataclass(frozen=True, slots=True)
class Like:
    """Composes with the loops and the melodies of two songs in mind.

    Parameters
    ----------
    a, b
        Excerpts of the two.
    mix
        0 is like `a`, 1 like `b`.
    z
        The point between theirs, where a model of whole songs writes; empty without one.
    """

    a: Score
    b: Score
    mix: float
    z: tuple[float, ...] = ()

    @property
    def given(self) -> Given:
        """Nothing is taken over as it is."""
        return {}

    def table(self) -> Mapping[str, Any]:
        """Return both excerpts."""
        songs = {"a": self.a.to_json(), "b": self.b.to_json()}
        return {"kind": "like", **songs, "mix": self.mix, **({"z": list(self.z)} if self.z else {})}

    def write(self, recipe: Recipe, seed: Seed) -> Score:
        """Return the song."""
        writers = writers_of(recipe, seed)
        if self.z and isinstance(writers.chords, WholeSong):
            there = replace(writers.chords, z=np.array(self.z))
            return arrange(recipe, seed, replace(writers, chords=there, melody=there))
        key = Key.parse(recipe.key)
        loops = {
            letter: crossed(_loop(self.a, letter, key), _loop(self.b, letter, key), self.mix, seed.at("loop", letter))
            for letter in LETTERS
        }
        if all(loops.values()):  # they are coloured as it is
            plain = recipe.harmony.model_copy(update={"colour": 0.0})
            recipe = recipe.model_copy(update={"harmony": plain})
        return arrange(recipe, seed, self._primed(writers, loops, key))

    def _primed(self, writers: Writers, loops: Mapping[str, tuple[LoopChord, ...]], key: Key) -> Writers:
        bars = round(PHRASE_BARS * self.mix)
        near = [(self.a, PHRASE_BARS - bars), (self.b, bars)]
        heard: list[Note] = []
        chords: list[Chord] = []
        end = 0
        for song, wanted in near if self.mix >= 0.5 else near[::-1]:  # what was heard last counts most
            size = min(wanted, sum(s.length for s in song.sections) // BAR)
            up = _interval(song.key, key)
            heard += [
                replace(n, start=n.start + end * BAR, pitch=n.pitch + (up + 6) % 12 - 6)
                for n in song.parts.get("lead", ())
                if n.start < size * BAR
            ]
            under = cut(song.chords, 0, size * BAR) if size else ()
            chords += [replace(c, start=c.start + end * BAR, root=(c.root + up) % 12) for c in under]
            end += size
        melody = Remembering(writers.melody, tuple(heard), tuple(chords), end) if heard else writers.melody
        return replace(writers, chords=Beginning(writers.chords, loops), melody=melody)


def like(a: Score, b: Score, mix: float, model: SongModel | None = None) -> Like:
    """Return the start between two songs as they are written.

    Parameters
    ----------
    a, b
        The songs.
    mix
        0 to 1.
    model
        A model of whole songs, which is asked for the point between the two.
    """
    z = () if model is None else model.blend(model.encode(a), model.encode(b), mix)
    return Like(excerpt(a), excerpt(b), mix, tuple(float(x) for x in z))


def crossed(a: Sequence[LoopChord], b: Sequence[LoopChord], mix: float, seed: Seed) -> tuple[LoopChord, ...]:
    """Return a loop of which each bar is from one of two: the second where the bar's draw lies below `mix`."""
    if not a or not b:
        return tuple(a or b)
    beats = max(sum(c.length_beats for c in loop) for loop in (a, b))
    sides = [_bars(lasting(loop, beats)) for loop in (a, b)]
    out: list[LoopChord] = []
    for bar in range(len(sides[0])):
        for chord in sides[seed.at("bar", bar).unit() < mix][bar]:
            if out and (out[-1].degree, out[-1].quality) == (chord.degree, chord.quality):
                out[-1] = replace(out[-1], length_beats=out[-1].length_beats + chord.length_beats)
            else:
                out.append(chord)
    return tuple(out)


def _bars(loop: Sequence[LoopChord]) -> list[list[LoopChord]]:
    """Return the chords of each bar, cut at the bar lines."""
    bars: list[list[LoopChord]] = []
    beat = 0
    for chord in loop:
        left = chord.length_beats
        while left > 0:
            if beat % 4 == 0:
                bars.append([])
            here = min(left, 4 - beat % 4)
            bars[-1].append(replace(chord, length_beats=here))
            beat, left = beat + here, left - here
    return bars


def _loop(song: Score, letter: str, key: Key) -> tuple[LoopChord, ...]:
    """Return a song's loop as it stands in the new key; of two turns the first."""
    section = next((s for s in song.sections if s.name == letter), None)
    if section is None:
        return ()
    chords = loop_of(cut(song.chords, section.start, section.length), song.key)
    there = _RELATIVE.get((song.key.mode, key.mode), 0)
    return tuple(replace(c, degree=(c.degree + there) % 12) for c in chords)


def _interval(old: Key, new: Key) -> int:
    """Return by how many semitones music in one key is moved into another: with its tonic, or with its scale."""
    return (new.tonic + _RELATIVE.get((old.mode, new.mode), 0) - old.tonic) % 12
