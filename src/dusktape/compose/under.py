"""A song under a melody that somebody gave: chords that fit it, bass, hands and drums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dusktape.compose.comping import thinned
from dusktape.compose.fit import fitting
from dusktape.compose.material import PHRASE_BARS
from dusktape.compose.over import Scene, bars_of
from dusktape.compose.starts import writers_of
from dusktape.compose.take import HANDS, Given
from dusktape.core.recipe import Recipe
from dusktape.core.score import BAR, SNARES, Chord, Key, Note, Score, Section
from dusktape.core.seed import Seed

_NAMES = ("A", "B", "A'", "B'")
_REST = "break"
_LONG = 6
"""From so many sections on, the drums rest in one of them."""


@dataclass(frozen=True, slots=True)
class Under:
    """Accompanies the lead of a score. Its notes, key and tempo stay as they are.

    Parameters
    ----------
    score
        What was given: its part `lead`, in ticks from bar 1.
    """

    score: Score

    @property
    def given(self) -> Given:
        """The melody."""
        return {"lead": self.score.parts["lead"]}

    def table(self) -> Mapping[str, Any]:
        """Return what was given."""
        return {"kind": "under", "score": self.score.to_json()}

    def write(self, recipe: Recipe, seed: Seed) -> Score:
        """Return the song: the melody's own bars, and one or two in which the last chord rings."""
        melody, key = self.score.parts["lead"], self.score.key
        players = [p for p in ("drums", *HANDS) if p in recipe.parts and recipe.parts[p].on]
        bars = bars_of(melody)
        end = 2 if bars >= 24 else 1
        sections = layout(bars, silent_bars(melody))
        writers = writers_of(recipe, seed)
        chords = (
            *fitting(
                melody, first=0, bars=bars, recipe=recipe, key=key, writers=writers, seed=seed.at("loop", "under")
            ),
            home(key, bars * BAR, end * BAR, recipe),
        )
        scene = Scene(recipe, key, writers, chords, {"lead": melody})
        for index, section in enumerate(sections):
            here = _players(section.name, recipe.form.fullness, seed.at("players", index), first=index == 0)
            for part in players:
                if part in here or (part == "keys" and "pad" not in here):
                    scene = _added(scene, part, section, seed)
        held = recipe.model_copy(update={"comping": recipe.comping.model_copy(update={"style": "held"})})
        last = replace(
            scene, recipe=held.model_copy(update={"bass": recipe.bass.model_copy(update={"style": "roots"})})
        )
        for part in HANDS:
            if part in players:
                notes = last.write(part, bars, end, seed.at(part, "end"))
                scene = replace(scene, parts={**scene.parts, part: (*scene.parts.get(part, ()), *notes)})
        outro = Section("outro", bars * BAR, end * BAR, 1.0, 0.6, 1.0, 0.4)
        parts = {p: tuple(n) for p, n in scene.parts.items() if n}
        return Score(self.score.bpm, key, (*sections, outro), chords, parts)


def _added(scene: Scene, part: str, section: Section, seed: Seed) -> Scene:
    first, bars = section.start // BAR, section.length // BAR
    notes: Sequence[Note] = scene.write(part, first, bars, seed.at(part, "material", section.name[0]))
    if section.name == "intro" and part == "drums":
        notes = [n for n in notes if n.pitch not in SNARES]
    if section.name == _REST and part == "keys":
        notes = thinned(notes, scene.chords)
    return replace(scene, parts={**scene.parts, part: (*scene.parts.get(part, ()), *notes)})


def layout(bars: int, silent: int) -> tuple[Section, ...]:
    """Return sections that fill so many bars: an intro where the melody is silent, then phrases of eight bars."""
    names: list[tuple[str, int]] = [("intro", silent)] if silent >= 2 else []
    left = bars - sum(n for _, n in names)
    sizes = [PHRASE_BARS] * (left // PHRASE_BARS)
    if left % PHRASE_BARS >= PHRASE_BARS // 2 or not sizes:
        sizes.append(left % PHRASE_BARS)
    else:
        sizes[-1] += left % PHRASE_BARS
    for k, size in enumerate(s for s in sizes if s):
        rests = len(sizes) >= _LONG and k == len(sizes) // 2
        names.append((_REST if rests else _NAMES[k] if k < 2 else _NAMES[k % 2 + 2], size))
    starts = [sum(n for _, n in names[:k]) for k in range(len(names))]
    return tuple(Section(name, start * BAR, n * BAR) for (name, n), start in zip(names, starts, strict=True))


def silent_bars(melody: Sequence[Note]) -> int:
    """Return how many bars pass before the first note."""
    return min(n.start for n in melody) // BAR


def home(key: Key, start: int, length: int, recipe: Recipe) -> Chord:
    """Return the chord that rings out: the tonic, a seventh or, in a coloured song, a ninth."""
    nine = recipe.harmony.colour > 0.3
    quality = ("maj9" if nine else "maj7") if key.mode == "major" else ("m9" if nine else "m7")
    return Chord(start, length, key.tonic, quality)


def _players(name: str, fullness: float, seed: Seed, *, first: bool) -> frozenset[str]:
    full = 0.35 + 0.65 * fullness
    pad = {"pad"} if seed.at("with pad").chance(full) else set()
    match name:
        case "intro":
            return frozenset({"keys"} | pad)
        case "break":
            return frozenset({"keys", "pad"} | ({"bass"} if seed.at("with bass").chance(0.5) else set()))
        case "A" if first:
            return frozenset({"keys", "drums"} | pad | ({"bass"} if seed.at("with bass").chance(full) else set()))
    return frozenset({"keys", "drums", "bass"} | pad)
