"""One part written over chords that stand, for some bars of a song: what changing, continuing and accompanying need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from dusktape.compose.bass import write_bass
from dusktape.compose.comping import at_tick
from dusktape.compose.material import PHRASE_BARS, SHAKER, Writers, write_drums, write_material
from dusktape.core.recipe import Recipe
from dusktape.core.score import BAR, KICKS, SIXTEENTH, TICKS_PER_BEAT, Chord, Key, Note
from dusktape.core.seed import Seed

HEARD_BARS = 16
"""How far back a melody listens to what it goes on from."""

VOICES = ("lead", "bass")
"""Parts of which one note sounds at a time."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A song while it is being written.

    Parameters
    ----------
    recipe, key, writers
        Of the song.
    chords
        Of all of it, in order.
    parts
        Part name to its notes on the grid, as far as they stand.
    """

    recipe: Recipe
    key: Key
    writers: Writers
    chords: tuple[Chord, ...]
    parts: Mapping[str, Sequence[Note]]

    def write(self, part: str, first: int, bars: int, seed: Seed) -> tuple[Note, ...]:
        """Return notes of a part that start in bars [first, first + bars), counted from 0, in ticks of the song.

        The lead goes on from what it played before; the bass leans on the kicks that stand. What stands after the
        bars is the caller's to fit, with `fitted`.
        """
        match part:
            case "lead":
                notes = self._lead(first, bars, seed)
            case "drums":
                notes = self._drums(first, bars, seed)
            case "bass":
                notes = self._bass(first, bars, seed)
            case _:
                notes = self._hands(part, first, bars, seed)
        return tuple(sorted(notes))

    def over(self, first: int, bars: int) -> tuple[Chord, ...]:
        """Return the chords of some bars, in ticks from the first of them, without gaps: the last one holds on."""
        return tuple(replace(c, start=c.start - first * BAR) for c in cut(self.chords, first * BAR, bars * BAR))

    def _lead(self, first: int, bars: int, seed: Seed) -> list[Note]:
        before = min(first, HEARD_BARS)
        begin = (first - before) * BAR
        heard = [n for n in self.parts.get("lead", ()) if begin <= n.start < first * BAR]
        shift = register([n.pitch for n in heard], self.recipe.melody.transpose)
        heard = [replace(n, start=n.start - begin, pitch=n.pitch - shift) for n in heard]
        written = self.writers.melody.write_melody(
            key=self.key,
            chords=self.over(first - before, before + bars),
            bars=before + bars,
            given=tuple(heard),
            given_bars=before,
            density=self.recipe.melody.density,
            seed=seed,
            temperature=self.recipe.melody.temperature,
        )
        return [replace(n, start=n.start + begin, pitch=n.pitch + shift) for n in written]

    def _drums(self, first: int, bars: int, seed: Seed) -> list[Note]:
        hits: list[Note] = []
        for turn, bar in enumerate(range(0, bars, PHRASE_BARS)):
            size = min(PHRASE_BARS, bars - bar)
            fills = [(first + bar + k + 1) % PHRASE_BARS == 0 for k in range(size)]
            written = write_drums(self.recipe, self.writers, fills, seed.at("turn", turn))
            hits += [replace(h, start=h.start + (first + bar) * BAR, length=SIXTEENTH) for h in written]
        return [h for h in hits if h.start < (first + bars) * BAR]

    def _bass(self, first: int, bars: int, seed: Seed) -> list[Note]:
        begin, end = first * BAR, (first + bars) * BAR
        kicks = [h.start for h in self.parts.get("drums", ()) if h.pitch in KICKS and begin <= h.start < end]
        after = [c for c in self.chords if c.start >= end]
        bass = self.recipe.bass
        coming = after[0].root if after else None
        chords = cut(self.chords, begin, bars * BAR)
        return list(write_bass(chords, kicks, style=bass.style, top=bass.top, seed=seed, next_root=coming))

    def _hands(self, part: str, first: int, bars: int, seed: Seed) -> list[Note]:
        """Voice the chords for keys or pad, eight bars at a time."""
        silent = replace(self.writers, melody=_Silent(), drums=_Silent())
        notes: list[Note] = []
        for bar in range(0, bars, PHRASE_BARS):
            size = min(PHRASE_BARS, bars - bar)
            form = self.recipe.form.model_copy(update={"loop_bars": size})
            recipe = self.recipe.model_copy(update={"form": form})
            loop = self.over(first + bar, size)
            material = write_material("A0", recipe, self.key, loop, silent, seed)
            offset, end = (first + bar) * BAR, size * BAR
            hands = material.keys if part == "keys" else material.pad
            here = [replace(n, length=min(n.length, end - n.start)) for n in hands if 0 <= n.start < end]
            notes += [replace(n, start=n.start + offset) for n in here]
        return notes


def register(pitches: Sequence[int], usual: int) -> int:
    """Return by how many semitones a lead lies above where its writers write: `usual`, or octaves away from it."""
    middle = sorted(pitches)[len(pitches) // 2] if pitches else 72 + usual
    return usual + 12 * round((middle - usual - 72) / 24)


class _Silent:
    """Whoever is not asked here."""

    def write_melody(self, **_: object) -> tuple[Note, ...]:
        return ()

    def write_drums(self, **_: object) -> tuple[Note, ...]:
        return ()


def cut(chords: Sequence[Chord], start: int, length: int) -> tuple[Chord, ...]:
    """Return the chords of a stretch, in ticks of the song, cut at its ends; a gap is filled by the chord before it."""
    if not chords:
        return ()
    here = [c for c in chords if start < c.start < start + length]
    if not here or here[0].start > start:
        here.insert(0, replace(chords[at_tick(chords, start)], start=start))
    ends = [*(c.start for c in here[1:]), start + length]
    return tuple(replace(c, length=end - c.start) for c, end in zip(here, ends, strict=True))


def fitted(part: str, kept: Sequence[Note], new: Sequence[Note], start: int, end: int) -> list[Note]:
    """Return new notes of [start, end) as they go beside kept ones, which are left as they are.

    Of a part with one voice, what is new begins when the note before has ended, and ends when the next one starts.
    Others may ring over.
    """
    if part not in VOICES:
        return list(new)
    before = max((n.start + n.length for n in kept if n.start < start), default=start)
    after = min((n.start for n in kept if n.start >= end), default=None)
    following = dict(pairwise(sorted({n.start for n in new})))
    out = []
    for note in new:
        first, last = max(note.start, before), note.start + note.length
        last = min(x for x in (last, after, following.get(note.start)) if x is not None)
        if last - first >= min(SIXTEENTH, note.length):
            out.append(replace(note, start=first, length=last - first))
    return out


def tails(part: str, gone: Sequence[Note], end: int) -> list[Note]:
    """Return what notes that are taken away had still to sound after `end`: it is struck again there.

    A melody's note is not: what is written in its place ends the phrase. Hits have no tail.
    """
    if part in ("lead", "drums"):
        return []
    ringing = (n for n in gone if n.start + n.length - end > TICKS_PER_BEAT)
    return [replace(n, start=end, length=n.start + n.length - end) for n in ringing]


def bars_of(notes: Iterable[Note]) -> int:
    """Return in how many bars notes play. A last note may ring for a beat beyond them."""
    ends = [max((n.start // BAR + 1) * BAR, n.start + n.length - TICKS_PER_BEAT) for n in notes]
    return -(-max(ends, default=0) // BAR)


def shakers(notes: Sequence[Note]) -> list[Note]:
    """Return the hits of the shaker, which is not the drummer's."""
    return [n for n in notes if n.pitch == SHAKER]
