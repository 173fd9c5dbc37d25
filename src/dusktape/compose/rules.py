"""A composer without networks: hand-written loops, motifs and patterns. A yardstick, and a way out without weights."""

from __future__ import annotations

from collections.abc import Sequence

from dusktape.compose.arrange import arrange
from dusktape.compose.material import Writers
from dusktape.core.recipe import Recipe
from dusktape.core.roles import LoopChord
from dusktape.core.score import BAR, SIXTEENTH, Chord, Key, Note, Score
from dusktape.core.seed import Seed
from dusktape.theory.chord import pitch_classes

_LOOPS = {
    "major": (
        ((2, "m9"), (7, "13"), (0, "maj9"), (9, "m9")),
        ((5, "maj9"), (4, "m7"), (2, "m9"), (0, "maj9")),
        ((0, "maj9"), (9, "m9"), (2, "m9"), (7, "9sus4")),
        ((5, "maj7"), (5, "m6"), (0, "maj9"), (9, "m7")),
    ),
    "minor": (
        ((0, "m9"), (8, "maj9"), (3, "maj9"), (10, "9sus4")),
        ((0, "m9"), (5, "m9"), (8, "maj9"), (7, "m7")),
        ((8, "maj9"), (7, "m7"), (0, "m9"), (0, "m7")),
        ((5, "m9"), (10, "13"), (3, "maj9"), (0, "m9")),
    ),
}
_KICKS = ((0, 10), (0, 7, 10), (0, 3, 10), (0, 8, 11), (0, 7, 10, 13))
_SCALES = {"major": (0, 2, 4, 7, 9), "minor": (0, 3, 5, 7, 10)}


class RuleChords:
    """Picks one of a few loops that are known to turn."""

    def write_loop(
        self, *, mode: str, mood: str, bars: int, seed: Seed, temperature: float, max_chords: int
    ) -> tuple[LoopChord, ...]:
        """Return a loop of `bars` bars. Mood and temperature have no say here."""
        chords = seed.at("loop").pick(_LOOPS[mode])[: max(1, min(4, max_chords))]
        beats = 4 * bars
        count = 4 if beats % len(chords) == 0 and len(chords) == 4 else 2 if len(chords) > 1 else 1
        return tuple(LoopChord(d, q, beats // count) for d, q in chords[:count])


class RuleMelody:
    """A pentatonic motif that comes back moved."""

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
        """Return the motif every two bars, its strong notes moved onto chord tones."""
        count = 2 + round(4 * density)
        rng = seed.at("motif").rng()
        steps = sorted(int(s) for s in (rng.random(count) * 12).astype(int) * 2)
        scale = _SCALES[key.mode]
        degrees = [5 + int(d) for d in (rng.random(count) * 5).astype(int)]
        notes = []
        for bar in range(given_bars, bars, 2):
            if seed.at("rest", bar).chance(0.25):
                continue
            for step, degree in dict(zip(steps, degrees, strict=True)).items():
                tick = bar * BAR + step * SIXTEENTH
                pitch = 60 + key.tonic + 12 * (degree // 5 - 1) + scale[degree % 5]
                chord = next(c for c in reversed(chords) if c.start <= tick)
                tones = pitch_classes(chord.root, chord.quality)
                pitch = min(range(pitch - 2, pitch + 3), key=lambda p: ((p % 12) not in tones, abs(p - pitch)))
                if tick < bars * BAR:
                    notes.append(Note(tick, 3 * SIXTEENTH, pitch, 70 if step % 8 else 80))
        return tuple(notes)


class RuleDrums:
    """Boom-bap: a kick pattern, the backbeat, straight eighths on the hat."""

    def write_drums(
        self, *, style: str, bpm: float, bars: int, fills: Sequence[bool], seed: Seed, temperature: float
    ) -> tuple[Note, ...]:
        """Return one pattern repeated; fills are three snares. Style and tempo have no say here."""
        kicks = seed.at("kick").pick(_KICKS)
        hits = []
        for bar in range(bars):
            hits += [(bar, s, 36, 112 if s == 0 else 98) for s in kicks if not (fills[bar] and s > 8)]
            hits += [(bar, s, 38, 108) for s in (4, 12)]
            hits += [(bar, s, 42, 78 if s % 4 == 0 else 60) for s in range(0, 16, 2)]
            hits += [(bar, s, 38, 50 + 8 * k) for k, s in enumerate((13, 14, 15)) if fills[bar]]
        return tuple(Note(b * BAR + s * SIXTEENTH, SIXTEENTH, p, v) for b, s, p, v in hits)


class RuleRhythm:
    """Strikes on the chord and, when it is busy, on the way."""

    def write_rhythm(
        self, *, chords: Sequence[Chord], bars: int, density: float, seed: Seed, temperature: float
    ) -> tuple[tuple[int, int], ...]:
        """Return (start, length): each chord once, and again after three eighths where the density asks for it."""
        strikes = []
        for chord in chords:
            again = chord.start + 6 * SIXTEENTH
            end = chord.start + chord.length
            if seed.at(chord.start % (4 * BAR)).chance(density) and again < end - SIXTEENTH:
                strikes += [(chord.start, 5 * SIXTEENTH), (again, end - again - SIXTEENTH)]
            else:
                strikes.append((chord.start, chord.length - SIXTEENTH))
        return tuple(strikes)


class Rules:
    """Composes without any network."""

    models: tuple[str, ...] = ()

    def compose(self, recipe: Recipe, seed: Seed) -> Score:
        """Return the song on the grid, before it is performed."""
        return arrange(recipe, seed, Writers(RuleChords(), RuleMelody(), RuleDrums(), RuleRhythm()))
