"""Somebody's MIDI file, played by our instruments: every note of it, in our registers, with our timing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

from dusktape.compose.events import with_events
from dusktape.compose.over import bars_of
from dusktape.compose.perform import perform
from dusktape.core.counting import counted
from dusktape.core.errors import InputError
from dusktape.core.recipe import Recipe
from dusktape.core.score import BAR, Key, Note, Score
from dusktape.core.seed import Seed
from dusktape.io.midi import from_midi
from dusktape.io.midi_size import refuse_large
from dusktape.io.midi_tracks import read as read_tracks
from dusktape.studio import theirs
from dusktape.studio.backbeat import drum_part, form_of, sections_of
from dusktape.studio.lofi import Treatment, Work
from dusktape.studio.presets import resolve
from dusktape.studio.production import Production
from dusktape.studio.recording import USUAL_SPEED

REGISTERS: Mapping[str, tuple[int, int]] = {
    "lead": (55, 91),
    "keys": (36, 88),
    "pad": (43, 81),
    "bass": (28, 55),
    "guest": (52, 88),
}
"""Lowest and highest pitch of a part; what lies outside is moved by octaves."""

_KIT = (35, 36, 37, 38, 39, 40, 42, 44, 45, 46, 47, 49, 50, 51, 54, 70)
_INSTEAD = {
    41: 45,
    43: 45,
    48: 50,
    52: 49,
    53: 51,
    55: 49,
    56: 37,
    57: 49,
    59: 51,
    60: 50,
    61: 47,
    62: 50,
    63: 47,
    64: 45,
    65: 50,
    66: 45,
    67: 37,
    68: 37,
    69: 70,
    75: 37,
    76: 37,
    77: 37,
    82: 70,
}
"""Drums of General MIDI that our kits lack to the nearest that they have."""

_RINGS_BARS = 1


def revoiced(path: Path, wanted: Treatment, seed: Seed) -> Work:
    """Return a MIDI file as a production of ours.

    Melody, chords, bass and drums are found by what they play. Each part goes to the recipe's instrument, moved by
    octaves into its register; the drums are the file's, or ours where it has none. Swing and lay-back are the recipe's,
    but for a file that swings by itself.

    Raises
    ------
    InputError
        If it is no MIDI file, has no notes, is not in four, or options contradict each other.
    RecipeError
        If the recipe, or a setting, is not possible.
    """
    wanted.check()
    if wanted.source_bpm is not None or wanted.downbeat is not None:
        raise InputError("--source-bpm and --downbeat are for recordings; a MIDI file says where its beats are")
    refuse_large(path)
    written, changes = _tempo(path)
    bpm = wanted.bpm or written * (wanted.speed or USUAL_SPEED)
    bpm = round(min(160.0, max(40.0, bpm)), 2)
    found = theirs.read_song(path, bpm=bpm, key=None if wanted.source_key is None else Key.parse(wanted.source_key))
    shift = _shift(found.score.key, wanted)
    key = Key((found.score.key.tonic + shift) % 12, found.score.key.mode)
    if wanted.key is not None and Key.parse(wanted.key) == _relative(key):
        key = _relative(key)
    told = replace(wanted, key=key.name)
    table = told.table(bpm)
    recipe = resolve(table, seed, where=wanted.recipe, options=told.options(table))
    recipe = _fitting(recipe, found, wanted)
    score, changed = _seated(found, recipe, shift, path, drums=wanted.drums)
    score, drummed = _with_drums(replace(score, bpm=recipe.tempo.bpm, key=key), recipe, seed, wanted)
    score = with_events(score, recipe, seed.at("compose", "events"))
    score = perform(score, recipe, seed.at("perform"))
    production = Production(recipe, seed, given=score)
    said = (
        f"{found.said[0].split(', ')[0]}, {written:g} beats a minute",
        *changes,
        f"played in {key.name} at {recipe.tempo.bpm:g} beats a minute by {_players(production)}",
        *changed,
    )
    facts: dict[str, Any] = {
        "bpm": written,
        "key": found.score.key.name,
        "pitch_semitones": shift,
        "changed": list(changed),
    }
    return Work(production, said, facts, key, drummed)


def _tempo(path: Path) -> tuple[float, tuple[str, ...]]:
    """Return a file's tempo in beats a minute, and what is to be said of it.

    Of a file that changes its tempo it is the one in the middle: for half of the time the music is no faster. Notes
    keep their bars and beats, so the changes themselves are gone.
    """
    first = from_midi(path).bpm
    file = read_tracks(path)
    end = max((n.start + n.length for track in file.tracks for n in track.notes), default=0)
    tempi = dict([(0, first), *((tick, bpm) for tick, bpm in file.tempi if tick < end)])  # the last one at a tick
    spans = [(bpm, (after - tick) / bpm) for (tick, bpm), after in zip(tempi.items(), [*tempi, end][1:], strict=True)]
    if len({round(bpm, 1) for bpm, length in spans if length > 0.0}) < 2:
        return next((round(bpm, 3) for bpm, length in spans if length > 0.0), first), ()
    lasted = list(accumulate(length for _, length in sorted(spans)))
    bpm = next(tempo for (tempo, _), until in zip(sorted(spans), lasted, strict=True) if until >= lasted[-1] / 2.0)
    low, high = min(spans)[0], max(spans)[0]
    return round(bpm, 3), (
        f"its tempo moves between {low:.4g} and {high:.4g}: all of it is played at one, its median of {bpm:.4g}; "
        "the notes keep their bars and beats",
    )


def _shift(key: Key, wanted: Treatment) -> int:
    """Return by how many semitones the song is moved, the shorter way to a key; the relative key needs no move."""
    if wanted.key is not None and wanted.pitch is not None:
        raise InputError("--key and --pitch both move the notes; leave one out")
    if wanted.pitch is not None:
        if wanted.pitch != int(wanted.pitch) or not -24 <= wanted.pitch <= 24:
            raise InputError(f"notes move by whole semitones, -24 to 24, got {wanted.pitch:g}")
        return int(wanted.pitch)
    if wanted.key is None:
        return 0
    asked = Key.parse(wanted.key)
    if asked == _relative(key):
        return 0
    if asked.mode != key.mode:
        raise InputError(
            f"the file is in {key.name}, and keeps its mode; say --key with a {key.mode} key, or --source-key, if its "
            "key is another"
        )
    return (asked.tonic - key.tonic + 6) % 12 - 6


def _relative(key: Key) -> Key:
    """Return the key of the same notes and the other mode: A minor for C major."""
    return Key((key.tonic + 9) % 12, "minor") if key.mode == "major" else Key((key.tonic + 3) % 12, "major")


def _fitting(recipe: Recipe, found: theirs.Theirs, wanted: Treatment) -> Recipe:
    """Return the recipe with straight time for a file that swings, and no silences: they would cost notes."""
    changes: dict[str, Any] = {"method": recipe.method.model_copy(update={"silence": 0.0})}
    if found.swing is not None and not any(s.strip().startswith("tempo.swing") for s in wanted.settings):
        changes["tempo"] = recipe.tempo.model_copy(update={"swing": 0.5})
    return recipe.model_copy(update=changes)


def _seated(
    found: theirs.Theirs, recipe: Recipe, shift: int, path: Path, *, drums: bool
) -> tuple[Score, tuple[str, ...]]:
    """Return the score under our parts, in our registers, and what was changed, a sentence each."""
    score, said = found.score, []
    playing = drums and "drums" in recipe.parts and recipe.parts["drums"].on
    if "drums" in score.parts and not playing:
        said.append(f"dropped: its drums, {counted(len(score.parts['drums']), 'hit')}")
        score = replace(score, parts={name: n for name, n in score.parts.items() if name != "drums"})
    score = theirs.seated(replace(found, score=score), recipe, path)
    parts: dict[str, tuple[Note, ...]] = {}
    for name, notes in score.parts.items():
        placed, told = _kit_of(notes) if name == "drums" else _placed(name, notes, shift)
        parts[name] = placed
        said += told
    chords = tuple(replace(c, root=(c.root + shift) % 12) for c in score.chords)
    return replace(score, chords=chords, parts={p: n for p, n in parts.items() if n}), tuple(said)


def _placed(part: str, notes: Sequence[Note], shift: int) -> tuple[tuple[Note, ...], list[str]]:
    """Return notes in a part's register: all of it by octaves first, then those that still lie outside."""
    low, high = REGISTERS.get(part, (28, 96))
    moved = [replace(n, pitch=n.pitch + shift) for n in notes]
    octaves = max(range(-4, 5), key=lambda k: (sum(low <= n.pitch + 12 * k <= high for n in moved), -abs(k)))
    folded = 0
    seen: dict[tuple[int, int], Note] = {}
    for note in moved:
        pitch = note.pitch + 12 * octaves
        up, down = max(0, -(-(low - pitch) // 12)), max(0, -(-(pitch - high) // 12))
        inside = pitch + 12 * (up - down)
        folded += inside != pitch
        here = replace(note, pitch=inside)
        other = seen.get((here.start, inside))
        seen[here.start, inside] = here if other is None or here.length > other.length else other
    said = []
    if octaves:
        said.append(f"{part}: moved by {counted(abs(octaves), 'octave')} {'up' if octaves > 0 else 'down'}")
    if folded:
        said.append(f"{part}: {counted(folded, 'note')} folded into its register")
    if double := len(notes) - len(seen):
        said.append(f"dropped: {counted(double, 'note')} of {part} that another one doubles")
    return tuple(sorted(seen.values())), said


def _kit_of(hits: Sequence[Note]) -> tuple[tuple[Note, ...], list[str]]:
    """Return hits on drums that our kits have, and what has no like."""
    kept, lost = [], Counter[int]()
    for hit in hits:
        pitch = hit.pitch if hit.pitch in _KIT else _INSTEAD.get(hit.pitch, 0)
        if pitch:
            kept.append(replace(hit, pitch=pitch))
        else:
            lost[hit.pitch] += 1
    said = [f"dropped: {counted(n, 'hit')} of percussion key {pitch}" for pitch, n in sorted(lost.items())]
    return tuple(sorted(set(kept))), said


def _with_drums(score: Score, recipe: Recipe, seed: Seed, wanted: Treatment) -> tuple[Score, bool]:
    """Return the score with sections, and our drums where it has none; and whether it had none."""
    bars = max(1, bars_of(n for notes in score.parts.values() for n in notes))
    form = form_of(bars)
    sections = sections_of(form, end=(bars + _RINGS_BARS) * BAR)
    missing = wanted.drums and "drums" not in score.parts and "drums" in recipe.parts and recipe.parts["drums"].on
    parts = dict(score.parts)
    if missing:
        parts["drums"] = drum_part(form, recipe, seed.at("compose", "drums"))
    return replace(score, sections=sections, parts=parts), missing


def _players(production: Production) -> str:
    parts = production.score.parts
    named = [f"{who.replace('_', ' ')} ({part})" for part, who in production.instruments.items() if parts.get(part)]
    return ", ".join(named)
