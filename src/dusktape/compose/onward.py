"""A song that goes on from where somebody's ends: in its key and tempo, remembering its melody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dusktape.compose.arrange import arrange
from dusktape.compose.fit import fitting
from dusktape.compose.form import bars_for, section_lengths
from dusktape.compose.material import Writers
from dusktape.compose.over import HEARD_BARS, bars_of, cut
from dusktape.compose.remember import Beginning, Remembering, loop_of
from dusktape.compose.starts import writers_of
from dusktape.compose.take import GIVEN, Given
from dusktape.core.recipe import Recipe
from dusktape.core.roles import LoopChord
from dusktape.core.score import BAR, Chord, Key, Score, Section
from dusktape.core.seed import Seed

SHORTEST_BARS = 12
"""However long the beginning is, so much comes after it."""


@dataclass(frozen=True, slots=True)
class Onward:
    """Begins with a score as it is, and composes on.

    Parameters
    ----------
    score
        What was given; its parts have the names of ours, its chords are those heard in it (none where nothing but a
        melody plays).
    """

    score: Score

    @property
    def given(self) -> Given:
        """All of the beginning."""
        return self.score.parts

    @property
    def bars(self) -> int:
        """Length of the beginning."""
        return bars_of(n for notes in self.score.parts.values() for n in notes)

    def table(self) -> Mapping[str, Any]:
        """Return what was given."""
        return {"kind": "onward", "score": self.score.to_json()}

    def write(self, recipe: Recipe, seed: Seed) -> Score:
        """Return the song. It is as long as the recipe says, beginning included, and has no other intro.

        The first loop is that of the beginning's last bars, the melody is one that has heard them.
        """
        writers = self._writers(recipe, seed)
        rest = max(SHORTEST_BARS, bars_for(recipe.form.length_s, self.score.bpm) - self.bars)
        total, intro = with_intro(rest, recipe.form.intro_bars)
        form = recipe.form.model_copy(update={"length_s": total * 240.0 / self.score.bpm})
        tempo = recipe.tempo.model_copy(update={"bpm": self.score.bpm})
        asked = recipe.model_copy(update={"form": form, "tempo": tempo, "key": self.score.key.name})
        after = shifted(without(arrange(asked, seed, writers), intro), self.bars)
        start = Section(GIVEN, 0, self.bars * BAR)
        parts = {
            part: (*self.score.parts.get(part, ()), *after.parts.get(part, ()))
            for part in sorted({*self.score.parts, *after.parts})
        }
        before = cut(self.score.chords, 0, self.bars * BAR)
        return replace(after, sections=(start, *after.sections), chords=(*before, *after.chords), parts=parts)

    def _writers(self, recipe: Recipe, seed: Seed) -> Writers:
        writers = writers_of(recipe, seed)
        key, heard = self.score.key, min(self.bars, HEARD_BARS)
        first = self.bars - heard
        lead = self.score.parts.get("lead", ())
        chords = self.score.chords
        if not chords and lead:
            chords = fitting(
                lead, first=0, bars=self.bars, recipe=recipe, key=key, writers=writers, seed=seed.at("loop", "under")
            )
        loop = last_loop(chords, self.bars, min(recipe.form.loop_bars, self.bars), key)
        melody = Remembering(
            writers.melody,
            tuple(replace(n, start=n.start - first * BAR) for n in lead if n.start >= first * BAR),
            tuple(replace(c, start=c.start - first * BAR) for c in cut(chords, first * BAR, heard * BAR)),
            heard,
        )
        return replace(
            writers, chords=Beginning(writers.chords, {"A": loop}), melody=melody if lead else writers.melody
        )


def last_loop(chords: Sequence[Chord], bars: int, size: int, key: Key) -> tuple[LoopChord, ...]:
    """Return the last `size` bars in which the harmony moves, as a loop; empty if it never does."""
    for end in range(bars, size - 1, -size):
        loop = loop_of(cut(chords, (end - size) * BAR, size * BAR), key)
        if len({chord.degree for chord in loop}) > 1:
            return loop
    return ()


def with_intro(bars: int, intro_bars: int) -> tuple[int, int]:
    """Return how many bars to ask for so that so many are left without the intro, and how many that has."""
    for intro in (2, 4, 6, 8):
        layout = section_lengths(bars + intro, intro_bars)
        if layout[0] == ("intro", intro):
            return bars + intro, intro
    return bars, 0


def without(score: Score, bars: int) -> Score:
    """Return a score without its first bars; what would ring out of them is gone too."""
    start = bars * BAR
    return replace(
        score,
        sections=tuple(replace(s, start=s.start - start) for s in score.sections if s.start >= start),
        chords=tuple(replace(c, start=c.start - start) for c in score.chords if c.start >= start),
        parts={
            p: tuple(replace(n, start=n.start - start) for n in notes if n.start >= start)
            for p, notes in score.parts.items()
        },
        events=tuple(replace(e, start=e.start - start) for e in score.events if e.start >= start),
    )


def shifted(score: Score, bars: int) -> Score:
    """Return a score that begins so many bars later."""
    ticks = bars * BAR
    return replace(
        score,
        sections=tuple(replace(s, start=s.start + ticks) for s in score.sections),
        chords=tuple(replace(c, start=c.start + ticks) for c in score.chords),
        parts={p: tuple(replace(n, start=n.start + ticks) for n in notes) for p, notes in score.parts.items()},
        events=tuple(replace(e, start=e.start + ticks) for e in score.events),
    )
