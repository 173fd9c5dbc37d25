"""What sections are made of: a loop of chords, its voicings, a melody, a rhythm and a drum pattern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dusktape.compose.comping import arpeggio, held, struck
from dusktape.core.recipe import Recipe
from dusktape.core.roles import ChordWriter, DrumWriter, LoopChord, MelodyWriter, RhythmWriter
from dusktape.core.score import BAR, SIXTEENTH, SNARES, TICKS_PER_BEAT, Chord, Key, Note
from dusktape.core.seed import Seed
from dusktape.theory.colour import colour
from dusktape.theory.voicing import voice

PHRASE_BARS = 8
"""Bars of melody and drums that one material holds; sections shorter than that use its beginning."""

SHAKER = 70

HIGHEST_CENTRE = 70
"""No voicing gathers around a higher MIDI pitch."""


@dataclass(frozen=True, slots=True)
class Writers:
    """Who writes what."""

    chords: ChordWriter
    melody: MelodyWriter
    drums: DrumWriter
    rhythm: RhythmWriter


@dataclass(frozen=True, slots=True)
class Material:
    """Eight bars that sections draw on, and what its writers were asked for. Ticks count from its own bar 0."""

    name: str
    recipe: Recipe
    chords: tuple[Chord, ...]
    keys: tuple[Note, ...]
    pad: tuple[Note, ...]
    melody: tuple[Note, ...]
    drums: tuple[Note, ...]


def repeat(chords: Sequence[Chord], loop_bars: int, bars: int) -> tuple[Chord, ...]:
    """Return a loop laid end to end until `bars` bars are full; the last chord is cut where it would hang over."""
    out = []
    for turn in range(-(-bars // loop_bars)):
        for chord in chords:
            start = chord.start + turn * loop_bars * BAR
            if start < bars * BAR:
                out.append(replace(chord, start=start, length=min(chord.length, bars * BAR - start)))
    return tuple(out)


def place(loop: Sequence[LoopChord], key: Key) -> tuple[Chord, ...]:
    """Return a key-relative loop as chords from tick 0."""
    chords, start = [], 0
    for c in loop:
        length = c.length_beats * TICKS_PER_BEAT
        chords.append(Chord(start, length, (key.tonic + c.degree) % 12, c.quality))
        start += length
    return tuple(chords)


def write_loop(recipe: Recipe, key: Key, writers: Writers, seed: Seed) -> tuple[Chord, ...]:
    """Return one coloured loop of chords in the song's key."""
    h = recipe.harmony
    loop = writers.chords.write_loop(
        mode=key.mode,
        mood=recipe.mood,
        bars=recipe.form.loop_bars,
        seed=seed.at("loop"),
        temperature=h.temperature,
        max_chords=max(h.max_chords, 2, recipe.form.loop_bars // 2),
    )
    return place(colour(tuple(loop), key.mode, h.colour, seed.at("colour")), key)


def dressed(recipe: Recipe, name: str, seed: Seed) -> Recipe:
    """Return what a material's writers are asked for: B lies higher and is busier than A, as the seed says.

    Parameters
    ----------
    recipe
        Of the song: what A is asked for.
    name
        `A0`, `B0`, ...
    seed
        At the material's place.
    """
    if not name.startswith("B"):
        return recipe
    here = seed.at("dress")
    lift, more = here.at("lift").pick((2, 3, 4)), here.at("more").between(0.1, 0.2)
    changes: dict[str, Any] = {
        "harmony": recipe.harmony.model_copy(update={"centre": min(HIGHEST_CENTRE, recipe.harmony.centre + lift)}),
        "melody": recipe.melody.model_copy(update={"density": min(1.0, recipe.melody.density + more)}),
        "comping": recipe.comping.model_copy(update={"density": min(1.0, recipe.comping.density + more)}),
    }
    return recipe.model_copy(update=changes)


def write_material(
    name: str,
    recipe: Recipe,
    key: Key,
    loop: Sequence[Chord],
    writers: Writers,
    seed: Seed,
    *,
    heard: Sequence[Note] = (),
    heard_chords: Sequence[Chord] = (),
) -> Material:
    """Write everything a section may need over one loop.

    Parameters
    ----------
    name
        `A0`, `B0`, ...
    recipe, key, writers
        Of the song.
    loop
        Chords, as long as `recipe.form.loop_bars`.
    seed
        At the material's place.
    heard, heard_chords
        Melody and chords of the material before it: the melody remembers them.
    """
    recipe = dressed(recipe, name, seed)
    chords = repeat(loop, recipe.form.loop_bars, PHRASE_BARS)
    voicings = _voicings(loop, chords, recipe)
    return Material(
        name=name,
        recipe=recipe,
        chords=chords,
        keys=tuple(_keys(recipe, chords, voicings, writers, seed.at("keys"))),
        pad=tuple(held(chords, [v[-3:] for v in voicings], velocity=64)),
        melody=_melody(recipe, key, chords, writers, seed.at("melody"), heard, heard_chords),
        drums=write_drums(recipe, writers, (False,) * (PHRASE_BARS - 1) + (True,), seed.at("drums")),
    )


def _voicings(loop: Sequence[Chord], chords: Sequence[Chord], recipe: Recipe) -> list[tuple[int, ...]]:
    centre = recipe.harmony.centre
    once = voice(loop, low=centre - 10, high=centre + 14, cyclic=True, centre=centre)
    by_chord = {(c.start, c.root, c.quality): v for c, v in zip(loop, once, strict=True)}
    loop_ticks = recipe.form.loop_bars * BAR
    return [by_chord[c.start % loop_ticks, c.root, c.quality] for c in chords]


def _keys(
    recipe: Recipe, chords: Sequence[Chord], voicings: Sequence[tuple[int, ...]], writers: Writers, seed: Seed
) -> list[Note]:
    comping = recipe.comping
    if comping.style == "arpeggio":
        return arpeggio(chords, voicings, comping.density, seed)
    if comping.style == "held":
        return held(chords, voicings, velocity=74)
    strikes = writers.rhythm.write_rhythm(
        chords=chords,
        bars=PHRASE_BARS,
        density=comping.density,
        seed=seed.at("rhythm"),
        temperature=comping.temperature,
    )
    if comping.looped:
        turn = recipe.form.loop_bars * BAR
        once = [(start, length) for start, length in strikes if start < turn]
        strikes = tuple((start + at, length) for at in range(0, PHRASE_BARS * BAR, turn) for start, length in once)
    return struck(chords, voicings, strikes, seed)


def _melody(
    recipe: Recipe,
    key: Key,
    chords: Sequence[Chord],
    writers: Writers,
    seed: Seed,
    heard: Sequence[Note],
    heard_chords: Sequence[Chord],
) -> tuple[Note, ...]:
    before = PHRASE_BARS if heard_chords else 0
    shift = before * BAR
    notes = writers.melody.write_melody(
        key=key,
        chords=(*heard_chords, *(replace(c, start=c.start + shift) for c in chords)),
        bars=before + PHRASE_BARS,
        given=tuple(heard),
        given_bars=before,
        density=recipe.melody.density,
        seed=seed,
        temperature=recipe.melody.temperature,
    )
    return tuple(n.moved(-shift) for n in notes)


def vary_melody(material: Material, key: Key, writers: Writers, seed: Seed, *, keep_bars: int) -> tuple[Note, ...]:
    """Return the material's melody with its end written anew: the beginning is kept, so it is recognised."""
    kept = tuple(n for n in material.melody if n.start < keep_bars * BAR)
    fresh = writers.melody.write_melody(
        key=key,
        chords=material.chords,
        bars=PHRASE_BARS,
        given=kept,
        given_bars=keep_bars,
        density=material.recipe.melody.density,
        seed=seed,
        temperature=material.recipe.melody.temperature,
    )
    return (*kept, *fresh)


def write_drums(recipe: Recipe, writers: Writers, fills: Sequence[bool], seed: Seed) -> tuple[Note, ...]:
    """Return a drum pattern of as many bars as there are `fills`, shaped by the recipe's ghosts and half time."""
    d = recipe.drums
    hits = writers.drums.write_drums(
        style=d.style,
        bpm=recipe.tempo.bpm,
        bars=len(fills),
        fills=fills,
        seed=seed,
        temperature=d.temperature,
    )
    out: list[Note] = []
    for hit in hits:
        ghost = hit.pitch in SNARES and hit.velocity < 50
        if ghost and d.ghosts <= 0.02:
            continue
        velocity = max(1, round(hit.velocity * (0.5 + d.ghosts))) if ghost else hit.velocity
        start = _strayed(hit.start, d.looseness)
        out.append(Note(start, hit.length, hit.pitch, min(127, velocity)))
    looped = _looped(out, fills, d.loop_bars)
    return tuple(_half_time(looped) if d.half_time else looped)


def _looped(hits: Sequence[Note], fills: Sequence[bool], loop_bars: int) -> list[Note]:
    """Return the pattern with its first bars in place of those after them; fills stay as they are."""
    out: list[Note] = []
    for bar, fill in enumerate(fills):
        source = bar if fill else bar % loop_bars
        shift = (bar - source) * BAR
        out += [h.moved(shift) for h in hits if source * BAR <= h.start < (source + 1) * BAR]
    return out


def _strayed(tick: int, looseness: float) -> int:
    """Return a tick with its distance from the next sixteenth scaled; it stays nearest to the same one."""
    grid = round(tick / SIXTEENTH) * SIXTEENTH
    reach = SIXTEENTH // 2 - 1
    return max(0, grid + max(-reach, min(reach, round((tick - grid) * looseness))))


def _half_time(hits: Sequence[Note]) -> list[Note]:
    """Move the backbeat: loud snares on beats 2 and 4 go, one on beat 3 comes."""
    out: list[Note] = []
    for bar in range(max((h.start for h in hits), default=-1) // BAR + 1):
        here = [h for h in hits if bar * BAR <= h.start < (bar + 1) * BAR]
        backbeats = [h for h in here if h.pitch in SNARES and h.velocity >= 50 and _near_backbeat(h.start)]
        out += [h for h in here if h not in backbeats]
        if backbeats:
            out.append(replace(backbeats[0], start=bar * BAR + 2 * TICKS_PER_BEAT + _offset(backbeats[0].start)))
    return out


def _near_backbeat(tick: int) -> bool:
    beat = round(tick / TICKS_PER_BEAT) % 4
    return beat in (1, 3) and abs(_offset(tick)) < TICKS_PER_BEAT // 6


def _offset(tick: int) -> int:
    return tick - round(tick / TICKS_PER_BEAT) * TICKS_PER_BEAT
