"""From a recipe to a score: plan the form, write the materials, lay the sections end to end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dusktape.compose.bass import write_bass
from dusktape.compose.comping import thinned
from dusktape.compose.events import with_events
from dusktape.compose.form import SectionPlan, boundaries, plan
from dusktape.compose.guest import with_guest
from dusktape.compose.material import (
    PHRASE_BARS,
    SHAKER,
    Material,
    Writers,
    repeat,
    vary_melody,
    write_drums,
    write_loop,
    write_material,
)
from dusktape.core.recipe import Recipe
from dusktape.core.score import BAR, KICKS, SIXTEENTH, SNARES, TICKS_PER_BEAT, Chord, Key, Note, Score, Section
from dusktape.core.seed import Seed
from dusktape.theory.voicing import voice

PITCHED = ("keys", "lead", "pad", "bass")


def arrange(recipe: Recipe, seed: Seed, writers: Writers) -> Score:
    """Return the whole song, on the grid: swing, push and lay-back come with the performance.

    Parameters
    ----------
    recipe
        What is wanted.
    seed
        The song's seed.
    writers
        Who writes chords, melody, drums and rhythm.
    """
    key = Key.parse(recipe.key)
    players = frozenset(p for p in (*PITCHED, "drums") if p in recipe.parts and recipe.parts[p].on)
    sections = plan(
        recipe.form, recipe.tempo.bpm, players=players, lead_in_first_a=recipe.melody.first_a, seed=seed.at("form")
    )
    materials = _materials(sections, recipe, key, writers, seed)
    parts: dict[str, list[Note]] = {p: [] for p in sorted(players)}
    chords: list[Chord] = []
    starts = boundaries(sections)
    following = [*(materials[s.material].chords[0].root for s in sections[1:]), None]
    for index, (section, bar, next_root) in enumerate(zip(sections, starts, following, strict=True)):
        material = materials[section.material]
        here = seed.at("section", index)
        offset = bar * BAR
        if section.name == "end" and not section.fades:
            ending = _ending(material, recipe, section.bars, offset)
            chords += ending[0]
            for part, notes in ending[1].items():
                parts.get(part, []).extend(notes)
            continue
        bass = seed.at("material", section.material, "bass")
        written = _section(section, material, recipe, key, writers, here, bass, next_root)
        for part, notes in written.items():
            if part in section.players:
                parts[part] += [n.moved(offset) for n in notes]
        chords += [replace(c, start=c.start + offset) for c in _tile(material.chords, section.bars)]
    score = Score(
        bpm=recipe.tempo.bpm,
        key=key,
        sections=_sections(sections, starts),
        chords=tuple(chords),
        parts={name: tuple(notes) for name, notes in parts.items() if notes},
    )
    if "guest" in recipe.parts and recipe.parts["guest"].on:
        score = with_guest(score, seed.at("guest"))
    return with_events(score, recipe, seed.at("events"))


def _materials(
    sections: Sequence[SectionPlan], recipe: Recipe, key: Key, writers: Writers, seed: Seed
) -> dict[str, Material]:
    materials: dict[str, Material] = {}
    for name in sorted({s.material for s in sections}, key=lambda m: (int(m[1:]), m[0])):
        here = seed.at("material", name)
        sibling = materials.get(f"A{name[1:]}")
        shared = sibling is not None and recipe.form.one_loop
        loop = (
            tuple(c for c in sibling.chords if c.start < recipe.form.loop_bars * BAR)
            if sibling is not None and shared
            else write_loop(recipe, key, writers, here)
        )
        materials[name] = write_material(
            name,
            recipe,
            key,
            loop,
            writers,
            here,
            heard=sibling.melody if sibling else (),
            heard_chords=sibling.chords if sibling else (),
        )
    return materials


def _tile(chords: Sequence[Chord], bars: int) -> tuple[Chord, ...]:
    return repeat(chords, PHRASE_BARS, bars)


def _tile_notes(notes: Sequence[Note], bars: int) -> list[Note]:
    """Return eight bars of notes repeated to `bars`; what would hang over the end by more than a beat is cut."""
    end = bars * BAR
    out = []
    for turn in range(-(-bars // PHRASE_BARS)):
        for note in notes:
            start = note.start + turn * PHRASE_BARS * BAR
            if start < end:
                length = min(note.length, end + TICKS_PER_BEAT - start)
                out.append(Note(start, length, note.pitch, note.velocity))
    return out


def _section(
    section: SectionPlan,
    material: Material,
    recipe: Recipe,
    key: Key,
    writers: Writers,
    seed: Seed,
    bass: Seed,
    next_root: int | None,
) -> dict[str, list[Note]]:
    written = {
        "keys": _tile_notes(material.keys, section.bars),
        "pad": _tile_notes(material.pad, section.bars),
    }
    if "drums" in section.players:
        written["drums"] = _drums(section, material, recipe, writers, seed.at("drums"))
    if "lead" in section.players:
        written["lead"] = _lead(section, material, recipe, key, writers, seed.at("lead"))
    if "bass" in section.players:
        hits = written.get("drums") or _tile_notes(material.drums, section.bars)
        kicks = [h.start for h in hits if h.pitch in KICKS]
        written["bass"] = list(
            write_bass(
                _tile(material.chords, section.bars),
                kicks,
                style=recipe.bass.style,
                top=recipe.bass.top,
                seed=bass,
                next_root=next_root,
            )
        )
    if section.name == "break":
        written["keys"] = thinned(written["keys"], _tile(material.chords, section.bars))
    if section.name in ("intro", "break", "outro"):
        written["keys"] = [replace(n, velocity=round(n.velocity * 0.9)) for n in written["keys"]]
    return written


def _lead(
    section: SectionPlan, material: Material, recipe: Recipe, key: Key, writers: Writers, seed: Seed
) -> list[Note]:
    notes: list[Note] = []
    stands_back = section.name in ("intro", "break", "outro")

    def heard(bar: int) -> bool:
        return not stands_back or bar % 4 in (0, 1)

    for turn in range(-(-section.bars // PHRASE_BARS)):
        here, first = seed.at("turn", turn), turn * PHRASE_BARS
        bars = min(PHRASE_BARS, section.bars - first)
        melody = material.melody
        if section.variation > 0 or (turn and here.at("vary").chance(0.85)):
            keep = here.at("keep").pick((2, 4, 6), (0.5, 0.4, 0.1))
            if any(heard(bar) for bar in range(keep, bars)):
                melody = vary_melody(material, key, writers, here.at("varied"), keep_bars=keep)
        notes += [n.moved(first * BAR) for n in _tile_notes(melody, bars) if heard(n.start // BAR)]
    shift = recipe.melody.transpose
    return [replace(n, pitch=n.pitch + shift) for n in notes]


def _drums(section: SectionPlan, material: Material, recipe: Recipe, writers: Writers, seed: Seed) -> list[Note]:
    pattern: Sequence[Note] = material.drums
    stop, stays, last = _drums_stop(section, seed), (PHRASE_BARS - 2) * BAR, (section.bars - 1) * BAR
    if stop > stays and section.variation > 0 and seed.at("anew").chance(0.6):
        tail = write_drums(recipe, writers, (False, True), seed.at("tail"))
        pattern = [*(h for h in pattern if h.start < stays), *(h.moved(stays) for h in tail)]
    hits = [Note(h.start, SIXTEENTH, h.pitch, h.velocity) for h in _tile_notes(pattern, section.bars)]
    if section.bars % PHRASE_BARS and stop > last:
        fill = write_drums(recipe, writers, (False, True), seed.at("fill"))
        hits = [h for h in hits if h.start < last]
        hits += [Note(h.start - BAR + last, SIXTEENTH, h.pitch, h.velocity) for h in fill if h.start >= BAR]
    if section.name in ("intro", "break"):
        hits = [h for h in hits if h.pitch not in SNARES] if seed.at("no snare").chance(0.6) else hits
        hits = [h for h in hits if h.start >= 4 * BAR] if section.bars >= 8 else hits
    hits = [h for h in hits if h.start < stop]
    if recipe.drums.shaker and section.name in ("B", "B'"):
        hits += _shaker(section.bars, seed.at("shaker"))
    return hits


def _drums_stop(section: SectionPlan, seed: Seed) -> int:
    """Return the tick of the section at which the drums fall silent."""
    end = section.bars * BAR
    if section.fades:
        return end
    if section.name == "outro":
        return section.bars // 2 * BAR
    if seed.at("drop").chance(0.35):
        return end - seed.at("drop length").pick((1, 2, 4), (0.4, 0.35, 0.25)) * TICKS_PER_BEAT
    return end


def _shaker(bars: int, seed: Seed) -> list[Note]:
    loud = (46, 26, 62, 30)
    return [
        Note(k * SIXTEENTH, SIXTEENTH, SHAKER, loud[k % 4] + int(seed.at(k).between(-6, 7))) for k in range(16 * bars)
    ]


def _ending(material: Material, recipe: Recipe, bars: int, offset: int) -> tuple[list[Chord], dict[str, list[Note]]]:
    """The chord that rings out: the tonic, a seventh or, in a coloured song, a ninth."""
    key = Key.parse(recipe.key)
    quality = (
        ("maj9" if key.mode == "major" else "m9")
        if recipe.harmony.colour > 0.3
        else ("maj7" if key.mode == "major" else "m7")
    )
    chord = Chord(offset, bars * BAR, key.tonic, quality)
    centre = recipe.harmony.centre
    tones = voice([chord], low=centre - 10, high=centre + 14, centre=centre)[0]
    root = recipe.bass.top - (recipe.bass.top - key.tonic) % 12
    ring = bars * BAR - SIXTEENTH
    return [chord], {
        "keys": [Note(offset, ring, p, 70) for p in tones],
        "pad": [Note(offset, ring, p, 56) for p in tones[-3:]],
        "bass": [Note(offset, ring, root if root >= 28 else root + 12, 84)],
    }


def _sections(sections: Sequence[SectionPlan], starts: Sequence[int]) -> tuple[Section, ...]:
    out: list[Section] = []
    for plan_, bar in zip(sections, starts, strict=True):
        section = Section(plan_.name, bar * BAR, plan_.bars * BAR, *plan_.brightness, *plan_.level)
        out.append(section)
    outro, end = out[-2:]
    whole = replace(outro, length=outro.length + end.length, brightness_end=end.brightness_end, level_end=end.level_end)
    return (*out[:-2], whole)
