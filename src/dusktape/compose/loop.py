"""A loop: the material of a song's first section, without beginning or end, to be played round and round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dusktape.compose.bass import write_bass
from dusktape.compose.material import (
    PHRASE_BARS,
    Material,
    Writers,
    repeat,
    vary_melody,
    write_loop,
    write_material,
)
from dusktape.compose.starts import writers_of
from dusktape.compose.take import Given
from dusktape.core.errors import InputError
from dusktape.core.recipe import Recipe
from dusktape.core.roles import PARTS
from dusktape.core.score import BAR, KICKS, SIXTEENTH, TICKS_PER_BEAT, Key, Note, Score, Section
from dusktape.core.seed import Seed

LONGEST_BARS = 64
_NAME = "A0"


@dataclass(frozen=True, slots=True)
class Loop:
    """A start without an end: so many bars of a song's material A. Implements `compose.starts.Start`.

    Parameters
    ----------
    bars
        Even, 2 to 64.

    Raises
    ------
    InputError
        If it is something else.
    """

    bars: int

    def __post_init__(self) -> None:
        if not 2 <= self.bars <= LONGEST_BARS or self.bars % 2:
            raise InputError(f"a loop has an even number of bars, 2 to {LONGEST_BARS}, got {self.bars}; choose 4 or 8")

    @property
    def given(self) -> Given:
        """Nothing."""
        return {}

    def table(self) -> Mapping[str, Any]:
        """Return what makes the loop again beside recipe and seed."""
        return {"kind": "loop", "bars": self.bars}

    def write(self, recipe: Recipe, seed: Seed) -> Score:
        """Return the loop on the grid: everybody plays, nothing leads in or out, and nothing happens once.

        It is the material that a track of the same recipe and seed has for its first A; where the track's chords come
        round in more bars than the loop has, or at a place that is not its end, they come round sooner.
        """
        recipe = _coming_round(recipe, self.bars)
        key, here = Key.parse(recipe.key), seed.at("material", _NAME)
        writers = writers_of(recipe, seed)
        material = write_material(_NAME, recipe, key, write_loop(recipe, key, writers, here), writers, here)
        chords = repeat(material.chords, PHRASE_BARS, self.bars)
        drums = [replace(h, length=SIXTEENTH) for h in _turned(material.drums, self.bars)]
        written: dict[str, Sequence[Note]] = {
            "keys": _turned(material.keys, self.bars),
            "pad": _turned(material.pad, self.bars),
            "drums": drums,
            "lead": _lead(material, key, writers, seed.at("section", 0, "lead"), self.bars),
            "bass": write_bass(
                chords,
                [h.start for h in drums if h.pitch in KICKS],
                style=recipe.bass.style,
                top=recipe.bass.top,
                seed=here.at("bass"),
                next_root=chords[0].root,
            ),
        }
        playing = [p for p in PARTS if p in recipe.parts and recipe.parts[p].on]
        return Score(
            bpm=recipe.tempo.bpm,
            key=key,
            sections=(Section("A", 0, self.bars * BAR),),
            chords=chords,
            parts={part: tuple(written[part]) for part in sorted(playing) if written.get(part)},
        )


def _coming_round(recipe: Recipe, bars: int) -> Recipe:
    """Return the recipe with chords whose loop fits into ours a whole number of times."""
    fitting = max(n for n in (2, 4, 8) if n <= max(2, recipe.form.loop_bars) and bars % n == 0)
    return recipe.model_copy(update={"form": recipe.form.model_copy(update={"loop_bars": fitting})})


def _turned(notes: Sequence[Note], bars: int) -> list[Note]:
    """Return eight bars of notes repeated to `bars`; what rings over the end by more than a beat is cut."""
    end = bars * BAR
    out = []
    for turn in range(-(-bars // PHRASE_BARS)):
        for note in notes:
            start = note.start + turn * PHRASE_BARS * BAR
            if start < end:
                out.append(replace(note, start=start, length=min(note.length, end + TICKS_PER_BEAT - start)))
    return out


def _lead(material: Material, key: Key, writers: Writers, seed: Seed, bars: int) -> list[Note]:
    """Return the melody; from the ninth bar on its phrases end otherwise, as the seed says."""
    notes: list[Note] = []
    for turn in range(-(-bars // PHRASE_BARS)):
        here, first = seed.at("turn", turn), turn * PHRASE_BARS
        melody = material.melody
        if turn and here.at("vary").chance(0.75):
            keep = here.at("keep").pick((2, 4, 6), (0.25, 0.5, 0.25))
            melody = vary_melody(material, key, writers, here.at("varied"), keep_bars=keep)
        turned = _turned(melody, min(PHRASE_BARS, bars - first))
        notes += [replace(n, start=n.start + first * BAR) for n in turned]
    shift = material.recipe.melody.transpose
    return [replace(n, pitch=n.pitch + shift) for n in notes]


def wrapped(score: Score) -> Score:
    """Return a loop in which every note begins inside: who plays late on the last sixteenth plays on the first."""
    end = score.sections[-1].start + score.sections[-1].length
    parts = {p: tuple(replace(n, start=n.start % end) for n in notes) for p, notes in score.parts.items()}
    return replace(score, parts=parts)


def turned(score: Score, *, before: int, after: int) -> Score:
    """Return a turn of a loop amid others, as one long section; what rings over the end of a turn rings into the next.

    Parameters
    ----------
    score
        One turn.
    before, after
        Ticks that are played before the turn, which are the end of the loop, and after it.
    """
    (section,) = score.sections
    length = section.length
    whole = before + length + after
    shifts = range(before - -(-before // length) * length, whole, length)
    return replace(
        score,
        sections=(replace(section, length=whole),),
        chords=tuple(replace(c, start=c.start + s) for s in shifts for c in score.chords if 0 <= c.start + s < whole),
        parts={
            part: tuple(replace(n, start=n.start + s) for s in shifts for n in notes if 0 <= n.start + s < whole)
            for part, notes in score.parts.items()
        },
    )
