"""Colouring a loop of plain chords: sevenths to thirteenths, borrowed and secondary chords, substitutions, suspensions.

Chords are relative to the key. Every rule is a small function of the loop that returns a loop as long as before;
`colour` decides which to use and how far to go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dusktape.core.roles import LoopChord
from dusktape.core.seed import Seed
from dusktape.theory.chord import QUALITIES, family
from dusktape.theory.scale import SCALES

Loop = tuple[LoopChord, ...]

RICHER: dict[str, tuple[tuple[tuple[str, float], ...], ...]] = {
    "major": (
        (("maj7", 5.0), ("6", 1.0)),
        (("maj9", 5.0), ("69", 2.0), ("add9", 0.5)),
        (("maj7#11", 1.0), ("maj13", 1.0)),
    ),
    "minor": (
        (("m7", 1.0),),
        (("m9", 1.0),),
        (("m11", 3.0), ("m13", 1.0)),
    ),
    "dominant": (
        (("7", 3.0), ("7sus4", 1.0)),
        (("9", 3.0), ("9sus4", 2.0), ("7b9", 2.0)),
        (("13", 3.0), ("7b13", 1.0), ("7#9", 1.0)),
    ),
    "suspended": (
        (("7sus4", 1.0),),
        (("9sus4", 1.0),),
        (("9sus4", 1.0),),
    ),
}
"""For each kind of chord: sevenths, ninths, and beyond, with how much lo-fi likes each."""

ALTERED = {"7b9": 13, "7#9": 15, "7b13": 20}
"""Dominants that may hold a tone a semitone above another."""


def colour(loop: Loop, mode: str, amount: float, seed: Seed) -> Loop:
    """Return the loop with richer chords: as long as before, with at most two chords a bar.

    Parameters
    ----------
    loop
        Chords relative to the key.
    mode
        `major` or `minor`.
    amount
        0 leaves the loop alone; 0.6 is typical lo-fi, nearly every chord a seventh or richer and a foreign chord
        now and then; 1 is late-night jazz. In [0, 1].
    seed
        Where all draws come from.
    """
    beats = sum(c.length_beats for c in loop)
    room = round(amount * beats / 12.0 + 0.5 * seed.at("room").unit() - 0.25)
    moves: tuple[tuple[str, float, Callable[[Loop, int, str], Loop]], ...] = (
        ("borrow", 0.35, borrowed),
        ("dominant", 0.3, secondary_dominant),
        ("tritone", 0.25, tritone_substitute),
        ("suspend", 0.3, suspended_dominant),
    )
    for name, weight, move in moves:
        places = [i for i in range(len(loop)) if move(loop, i, mode) != loop]
        if room > 0 and places and amount > 0 and seed.at(name).chance(min(1.0, 2.0 * weight * amount)):
            loop = move(loop, seed.at(name, "where").pick(places), mode)
            room -= 1
    coloured: list[LoopChord] = []
    for i, chord in enumerate(loop):
        level = _level(amount, seed.at("level", i))
        rich = enriched(chord, mode, level, seed.at("quality", i), after=loop[(i + 1) % len(loop)])
        same = bool(coloured) and (coloured[-1].degree, coloured[-1].quality) == (rich.degree, rich.quality)
        coloured.append(_with_seventh(chord, mode) if same else rich)
    return tuple(coloured)


def _level(amount: float, seed: Seed) -> int:
    """0 to leave a chord alone, 1 for sevenths, 2 for ninths, 3 for what lies beyond."""
    u = seed.unit()
    return sum(u < share for share in (1.7 * amount, 1.1 * amount - 0.05, 0.5 * amount - 0.12))


def enriched(chord: LoopChord, mode: str, level: int, seed: Seed, *, after: LoopChord | None = None) -> LoopChord:
    """Return the chord with tensions up to `level` (1 seventh, 2 ninth, 3 beyond) that its place in the key allows.

    Chords that are already that rich stay. Where no richer form fits the key, the richest that does is taken.
    """
    base = _with_seventh(chord, mode) if level > 0 else chord
    kind = family(base.quality)
    if kind not in RICHER or base.quality == "mmaj7":
        return base
    for k in range(level, richness(base.quality), -1):
        options = [(q, w) for q, w in RICHER[kind][k - 1] if fits(base.degree, q, mode)]
        if kind == "dominant" and base.degree != 7 and (base.degree, mode) != (10, "minor"):
            options = [(q, w) for q, w in options if "sus" not in q]
        if kind == "dominant" and after is not None and (after.degree - base.degree) % 12 not in (5, 11):
            options = [(q, w) for q, w in options if q not in ALTERED]
        if options:
            return replace(base, quality=seed.at(k).pick([q for q, _ in options], [w for _, w in options]))
    return base


def richness(quality: str) -> int:
    """Return 0 for triads, 1 for sixths and sevenths, 2 for ninths, 3 for what lies beyond."""
    steps = QUALITIES[quality]
    if any(s > 15 for s in steps) or quality in ("7#9", "7b9"):
        return 3
    if any(s > 12 for s in steps):
        return 2
    return 1 if len(steps) > 3 else 0


def fits(degree: int, quality: str, mode: str) -> bool:
    """Whether a chord's tensions belong to the key around it and none rubs a semitone above a chord tone.

    The tones of the plain chord may be foreign (borrowed, secondary dominants); what is stacked on them may not,
    except that a chord taken from the parallel key brings that key's scale along.
    """
    steps = QUALITIES[quality]
    plain = [s for s in steps if s < 12 and s != 9]
    added = [s for s in steps if s > 12 or s == 9]
    chord = {(degree + s) % 12 for s in plain}
    if 10 in plain and not chord <= set(SCALES[mode]) and degree % 12 in (1, 3, 6, 8, 10):
        return 4 in plain and not {13, 15, 20} & set(added)  # backdoor and tritone substitutes: lydian dominants
    scale = _scale_around(chord, mode)
    if any((degree + s) % 12 not in scale for s in added if s != 15):
        return False
    if quality == "7#9" and (degree + 2) % 12 in scale:
        return False
    return quality in ALTERED or not any((t - s) % 12 == 1 for t in added for s in plain)


def _scale_around(chord: set[int], mode: str) -> set[int]:
    """The key's scale, or the parallel key's where only that one holds the chord."""
    here, there = set(SCALES[mode]), set(SCALES["minor" if mode == "major" else "major"])
    return there if chord <= there and not chord <= here and mode == "major" else here


def _with_seventh(chord: LoopChord, mode: str) -> LoopChord:
    """The seventh chord that stands on a triad in this key."""
    degree, quality = chord.degree, chord.quality
    scale = set(SCALES[mode])
    has = {s for s in range(12) if (degree + s) % 12 in scale}
    if quality in ("sus2", "sus4"):
        if quality == "sus4" and 10 in has and 4 in has and 5 in has:
            return replace(chord, quality="7sus4")
        quality = "maj" if 4 in has else "min"
    if quality == "maj":
        foreign = not {(degree + s) % 12 for s in (0, 4, 7)} <= scale
        flat = (10 in has and 11 not in has) if not foreign else degree not in (1, 3, 8)
        return replace(chord, quality="7" if flat else "maj7")
    if quality == "min":
        return replace(chord, quality="m7")
    if quality == "dim":
        return replace(chord, quality="m7b5" if 10 in has else "dim7")
    return replace(chord, quality="aug7") if quality == "aug" and degree == 7 else replace(chord, quality=quality)


def secondary_dominant(loop: Loop, i: int, mode: str) -> Loop:
    """Give the second half of chord `i` to the dominant of what follows: `I vi` becomes `I V/vi vi`.

    Only where chord `i` is at least a bar long and stands on another root, and the target belongs to the key, is
    major or minor, and is not the tonic.
    """
    chord, target = loop[i], loop[(i + 1) % len(loop)]
    degree = (target.degree + 7) % 12
    plain = target.degree in SCALES[mode] and family(target.quality) in ("major", "minor")
    if chord.length_beats < 4 or not plain or target.degree in (0, chord.degree) or degree == chord.degree:
        return loop
    half = 2 if chord.length_beats <= 4 else chord.length_beats - 2
    first = replace(chord, length_beats=half)
    return (*loop[:i], first, LoopChord(degree, "7", chord.length_beats - half), *loop[i + 1 :])


def tritone_substitute(loop: Loop, i: int, mode: str) -> Loop:
    """Put the dominant a tritone away where a dominant falls a fifth: `V7 I` becomes `bII7 I`."""
    chord, target = loop[i], loop[(i + 1) % len(loop)]
    falls = (target.degree - chord.degree) % 12 == 5
    if i == 0 or not falls or family(chord.quality) != "dominant" or mode not in SCALES:
        return loop
    return (*loop[:i], LoopChord((chord.degree + 6) % 12, "7", chord.length_beats), *loop[i + 1 :])


def borrowed(loop: Loop, i: int, mode: str) -> Loop:
    """Take a chord from the parallel minor on the way home, in major.

    `IV I` becomes `IV iv I` (or `iv I` where IV is short), `V I` the backdoor `bVII7 I`, `vi V` becomes `bVI V`. A
    first chord is left alone.
    """
    chord, target = loop[i], loop[(i + 1) % len(loop)]
    kind = family(chord.quality)
    if mode != "major" or i == 0:
        return loop
    if chord.degree == 5 and kind == "major" and target.degree in (0, 4):
        if chord.length_beats < 4:
            return (*loop[:i], LoopChord(5, "min", chord.length_beats), *loop[i + 1 :])
        half = chord.length_beats // 2
        rest = LoopChord(5, "min", chord.length_beats - half)
        return (*loop[:i], replace(chord, length_beats=half), rest, *loop[i + 1 :])
    if chord.degree == 7 and kind in ("major", "dominant") and target.degree == 0:
        return (*loop[:i], LoopChord(10, "7", chord.length_beats), *loop[i + 1 :])
    if chord.degree == 9 and kind == "minor" and target.degree == 7:
        return (*loop[:i], LoopChord(8, "maj7", chord.length_beats), *loop[i + 1 :])
    return loop


def suspended_dominant(loop: Loop, i: int, mode: str) -> Loop:
    """Hold the fourth where the dominant's third would be; a bar or more resolves it in its second half."""
    chord = loop[i]
    if chord.degree != 7 or family(chord.quality) not in ("dominant", "major") or mode not in SCALES:
        return loop
    held = "9sus4" if mode == "major" else "7sus4"
    if chord.length_beats < 4:
        return (*loop[:i], replace(chord, quality=held), *loop[i + 1 :])
    half = chord.length_beats // 2
    opened = LoopChord(7, "7", chord.length_beats - half)
    return (*loop[:i], replace(chord, quality=held, length_beats=half), opened, *loop[i + 1 :])
