"""Somebody's MIDI file, understood as far as going on from it or playing under it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dusktape.compose.over import bars_of
from dusktape.core.counting import counted
from dusktape.core.errors import InputError
from dusktape.core.recipe import Recipe
from dusktape.core.roles import PARTS
from dusktape.core.score import BAR, EIGHTH, Chord, Key, Note, Score
from dusktape.data.dataset import Notes
from dusktape.data.midi import roles
from dusktape.data.midi.chords import find_chords
from dusktape.data.midi.key import find_key
from dusktape.data.midi.raw import RawTrack
from dusktape.io.midi import from_midi
from dusktape.io.midi_size import refuse_large
from dusktape.io.midi_tracks import Track, Tracks
from dusktape.io.midi_tracks import read as read_tracks

SLOWEST_BPM, FASTEST_BPM = 40, 160
MOST_MINUTES = 60

_OURS = {roles.MELODY: "lead", roles.CHORDS: "keys", roles.BASS: "bass", roles.DRUMS: "drums", roles.OTHER: "pad"}
_INSTEAD = ("keys", "pad", "lead", "bass")
_SECOND, _ON_TIME = (0.42, 0.72), 0.12
_ENOUGH, _KEEPS_TIME = 0.05, 0.85
_BUSIEST = 4.5
"""Notes that a bar of density 1 has more than one of density 0."""


@dataclass(frozen=True, slots=True)
class Theirs:
    """A file as a score, and what was found on the way.

    Parameters
    ----------
    score
        Its notes as they are, under the names of our parts; the chords that were heard, none under a melody alone.
    swing
        Where the second of two sixteenths falls; None where no note tells.
    said
        What a user may want to know, a sentence each.
    """

    score: Score
    swing: float | None
    said: tuple[str, ...]


def read_song(path: Path, *, bpm: float | None = None, key: Key | None = None) -> Theirs:
    """Read a file to go on from: all of its notes, each track under the name of the part that plays the like.

    Parameters
    ----------
    path
        A MIDI file.
    bpm, key
        In place of what the file says and what is heard.

    Raises
    ------
    InputError
        If it is no MIDI file, too large, has no notes or nothing but drums, or is not in four.
    """
    return _understood(path, bpm, key, melody_only=False)


def read_melody(path: Path, *, bpm: float | None = None, key: Key | None = None) -> Theirs:
    """Read a file to play under: the notes of its melody, as the part `lead`. Arguments and errors as `read_song`.

    A file with one pitched track is a melody, whatever it plays.
    """
    return _understood(path, bpm, key, melody_only=True)


def _understood(path: Path, bpm: float | None, key: Key | None, *, melody_only: bool) -> Theirs:
    refuse_large(path)
    written = from_midi(path)
    file = read_tracks(path)
    _check(path, file)
    if bpm is None and not SLOWEST_BPM <= written.bpm <= FASTEST_BPM:
        raise InputError(
            f"{path} is at {written.bpm:g} beats a minute, we play {SLOWEST_BPM} to {FASTEST_BPM}; say --bpm"
        )
    pitched = [t for t in file.tracks if not t.is_drum]
    found = key or find_key(_columns([n for t in pitched for n in t.notes]), ((0, written.key),), by_scale=True).key
    parts = _parts(file.tracks)
    said: list[str] = []
    if melody_only:
        parts = {"lead": pitched[0].notes if len(pitched) == 1 else _melody(pitched, parts)}
        others = len(file.tracks) - 1
        said += [f"{path.name}: of {others + 1} tracks, only the melody is taken"] if others else []
    if not file.tempi and bpm is None:
        said.append(f"{path.name} has no tempo: it is read at {written.bpm:g} beats a minute; --bpm sets another")
    elif len({round(tempo) for _, tempo in file.tempi}) > 1 and bpm is None:
        said.append(f"{path.name} changes its tempo: its first holds, {written.bpm:g}; --bpm sets another")
    end = bars_of(n for notes in parts.values() for n in notes) * BAR
    chords = () if melody_only else written.chords or _chords(parts, found, end)
    score = Score(bpm or written.bpm, found, (), chords, parts)
    said.insert(0, f"{path.name}: {counted(end // BAR, 'bar')} in {found.name}, {score.bpm:g} beats a minute")
    return Theirs(score, _swing([n.start for notes in parts.values() for n in notes]), tuple(said))


def _check(path: Path, file: Tracks) -> None:
    end = max((n.start + n.length for t in file.tracks for n in t.notes), default=0)
    if end <= 1:  # no note at all, or each begins and ends with the file
        raise InputError(f"{path} has no notes; give a MIDI file that has some")
    if all(t.is_drum for t in file.tracks):
        raise InputError(f"{path} has nothing but drums; give one with a melody")
    if other := next((m for m in file.meters if 4 * m[0] not in (4 * m[1], 2 * m[1])), None):
        raise InputError(f"{path} is in {other[0]}/{other[1]}; we write in four: give a file in 4/4")
    bpm = file.tempi[0][1] if file.tempi else 120.0
    minutes = end / 960 / bpm
    if minutes > MOST_MINUTES:
        raise InputError(f"{path} lasts {counted(round(minutes), 'minute')}; give one of at most {MOST_MINUTES}")


def _parts(tracks: Sequence[Track]) -> dict[str, tuple[Note, ...]]:
    """Return our part names to the notes of the tracks, every note in exactly one of them."""
    named = [t.name.lower() if t.name.lower() in PARTS else "" for t in tracks]
    raw = [RawTrack(t.name, t.program, t.channel, t.is_drum, _columns(t.notes)) for t in tracks]
    _, numbers = roles.assign(raw)
    parts: dict[str, list[Note]] = {}
    for track, name, part in zip(tracks, named, numbers, strict=True):
        for note, number in zip(track.notes, part.tolist(), strict=True):
            parts.setdefault(name or _OURS[number], []).append(note)
    return {name: tuple(sorted(notes)) for name, notes in parts.items()}


def _melody(pitched: Sequence[Track], parts: dict[str, tuple[Note, ...]]) -> tuple[Note, ...]:
    highest = max(pitched, key=lambda t: sorted(n.pitch for n in t.notes)[len(t.notes) // 2])
    return parts.get("lead") or highest.notes


def _chords(parts: dict[str, tuple[Note, ...]], key: Key, end: int) -> tuple[Chord, ...]:
    """Return the chords that are heard; none if never more than one note sounds."""
    pitched = [n for part, notes in parts.items() if part != "drums" for n in notes]
    if len(set(parts) - {"drums"}) == 1 and _single(pitched):
        return ()
    return tuple(c for c in find_chords(_columns(pitched), key, 4) if c.start < end)


def _single(notes: Sequence[Note]) -> bool:
    starts = [n.start for n in notes]
    return len(set(starts)) == len(starts)


def _columns(notes: Sequence[Note]) -> Notes:
    ordered = sorted(notes)
    return Notes(
        *(np.array([getattr(n, c) for n in ordered], np.int64) for c in ("start", "length", "pitch", "velocity"))
    )


def _swing(starts: Sequence[int]) -> float | None:
    """Return where the second of two sixteenths falls, if enough of them are played and they keep time."""
    places = [start % EIGHTH / EIGHTH for start in starts]
    second = sorted(p for p in places if _SECOND[0] <= p <= _SECOND[1])
    on_time = sum(min(p, 1.0 - p) < _ON_TIME for p in places)
    if len(second) < max(4, _ENOUGH * len(places)) or len(second) + on_time < _KEEPS_TIME * len(places):
        return None
    return round(min(0.67, max(0.5, second[len(second) // 2])), 3)


def density(score: Score) -> float:
    """Return how busy a score's melody is, as `melody.density` has it; 0.4 without one."""
    notes = score.parts.get("lead", ())
    bars = len({n.start // BAR for n in notes})
    return round(min(1.0, max(0.0, (len(notes) / bars - 1.0) / _BUSIEST)), 2) if bars else 0.4


def seated(theirs: Theirs, recipe: Recipe, path: Path) -> Score:
    """Return the score with every note in a part that the recipe plays.

    Raises
    ------
    InputError
        If there is nobody to play some of it.
    """
    playing = [name for name in PARTS if name in recipe.parts and recipe.parts[name].on]
    parts: dict[str, tuple[Note, ...]] = {}
    for part, notes in theirs.score.parts.items():
        name = part if part in playing else next((p for p in _INSTEAD if p in playing and part != "drums"), "")
        if not name:
            raise InputError(f"{path} has {part}, recipe {recipe.name!r} has not; take another recipe, as dusk")
        parts[name] = (*parts.get(name, ()), *notes)
    return replace(theirs.score, parts=parts)
