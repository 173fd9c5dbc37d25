"""From what a MIDI file says to a song to learn from: tempo, metre, key, roles and chords, found and put in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dusktape.core.score import TICKS_PER_BEAT
from dusktape.data.dataset import PARTS, Array, Notes, Song
from dusktape.data.midi import normalise as norm
from dusktape.data.midi import roles, voices
from dusktape.data.midi.chords import MELODY_WEIGHT, find_chords
from dusktape.data.midi.key import FoundKey, find_key
from dusktape.data.midi.metre import Metre, checked, longest_stretch, second_half_leads
from dusktape.data.midi.normalise import Grid, Normalise
from dusktape.data.midi.raw import RawSong, RawTrack

__all__ = ["VERSION", "Analysed", "Dropped", "Normalise", "analyse"]

VERSION = 1
"""Changes when the same notes are understood in another way: what was found before is found again."""

FEWEST_NOTES = 16
MOST_BEATS = 20_000
DEFAULT_BPM = 120.0
"""What a file without a tempo means, by the standard."""

_LONGEST_NOTE = 32 * TICKS_PER_BEAT


@dataclass(frozen=True, slots=True, eq=False)
class Analysed:
    """A song and what was found on the way, as JSON; see `analyse`. The song's split is empty: it is not known yet."""

    song: Song
    found: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Dropped:
    """A file that nothing can be learned from: why in a word, the reason in a sentence, what was found until then."""

    why: str
    reason: str
    found: Mapping[str, Any]


def analyse(raw: RawSong, *, normalise: Normalise) -> Analysed | Dropped:
    """Find out what a file plays.

    Parameters
    ----------
    raw
        As read.
    normalise
        What to change. Everything changed is said in `found["changes"]`.

    Returns
    -------
    A song whose times count from a bar line, its melody, chords, bass and drums told apart, with facts: `notes`,
    `seconds`, `bars`, `file_bpm`, `tempo_changes`, `bpm`, `time_factor`, `metre`, `written_metre`, `metre_changes`,
    `bar_shift_beats`, `key`, `key_fit`, `key_lead`, `signature`, `off_grid`, `grid_strength`, `swing`, `triplets`,
    `velocity_median`, `velocity_spread`, `notes_per_beat`, `roles` (a list of track, role, odds, hint), `changes`
    (sentences) and `odd` (what a listener should look at).
    """
    facts: dict[str, Any] = {"notes": sum(len(t.notes) for t in raw.tracks)}
    tracks = [_within_reason(t) for t in raw.tracks if len(t.notes)]
    pitched = [t.notes for t in tracks if not t.is_drum]
    if facts["notes"] < FEWEST_NOTES:
        many = "" if facts["notes"] == 1 else "s"
        return Dropped("short", f"it has {facts['notes']} note{many}, fewer than {FEWEST_NOTES}", facts)
    if sum(map(len, pitched)) < FEWEST_NOTES:
        return Dropped("drums", "it has hardly anything but drums", facts)
    every, _ = voices.joined([t.notes for t in tracks])
    end = int((every.start + every.length).max())
    if end > MOST_BEATS * TICKS_PER_BEAT:
        return Dropped("long", f"it lasts {end // TICKS_PER_BEAT} beats, more than {MOST_BEATS}", facts)
    metre = longest_stretch(raw.meters, every.start, end)
    if metre is None:
        return Dropped("metre", "its bars cannot be counted in quarters", facts)
    grid = norm.grid(every.start)
    facts |= _grid_facts(grid)
    return _understood(raw, tracks, metre, grid, facts, normalise)


def _understood(
    raw: RawSong, tracks: list[RawTrack], metre: Metre, grid: Grid, facts: dict[str, Any], normalise: Normalise
) -> Analysed | Dropped:
    changes: list[str] = []
    tracks = _cut(tracks, metre.start, metre.end)
    pitched, _ = voices.joined([t.notes for t in tracks if not t.is_drum])
    if len(pitched) < FEWEST_NOTES:
        return Dropped("short", f"no stretch in one metre has {FEWEST_NOTES} notes", facts)
    metre = checked(metre, pitched)
    key = find_key(pitched, raw.keys)
    said, parts = roles.assign(tracks)
    notes, origin = voices.joined([t.notes for t in tracks])
    part = np.empty(len(notes), np.int64)
    for i, of_track in enumerate(parts):
        part[origin == i] = of_track
    file_bpm = _bpm(raw.tempi, notes.start + metre.start)
    notes = _moved(notes, -metre.shift * TICKS_PER_BEAT, metre.beats)
    factor, bpm = 1.0, file_bpm
    if normalise.tempo:
        factor, bpm, notes = _in_tempo(file_bpm, notes, part, metre, grid, changes)
    facts["grid_strength"] = round(norm.strength(notes.start - grid.offset * factor), 3)
    if normalise.grid:
        if facts["grid_strength"] < norm.LEAST_GRID:
            return Dropped(
                "no beat", f"its notes keep to no sixteenths or triplets ({facts['grid_strength']} of 1)", facts
            )
        notes, part = _on_grid(notes, part, grid, factor, changes)
    notes, part = _trimmed(notes, part, metre.beats)
    heard = voices.of(notes, part != roles.DRUMS)
    median, spread = float(np.median(heard.velocity)), float(heard.velocity.std())
    if normalise.velocity and round(median) != norm.MEDIAN_VELOCITY:
        changes.append(f"velocities moved by {round(norm.MEDIAN_VELOCITY - median):+d}")
        notes = norm.levelled(notes, median)
    segment = TICKS_PER_BEAT // 2 if factor < 1.0 else TICKS_PER_BEAT
    weight = np.where(part[part != roles.DRUMS] == roles.MELODY, MELODY_WEIGHT, 1.0)
    chords = find_chords(heard, key.key, metre.beats, segment=segment, weight=weight)
    song = Song(raw.name, "", bpm, metre.beats, key.key, chords, notes, part)
    facts |= _facts(raw, song, metre, key, file_bpm, factor)
    facts |= {"velocity_median": median, "velocity_spread": round(spread, 1)}
    facts["roles"] = [
        {"track": t.name, "program": t.program, "role": s.role, "odds": s.odds, "hint": s.hint}
        for t, s in zip(tracks, said, strict=True)
    ]
    _say_metre(metre, changes)
    facts["changes"] = changes
    facts["odd"] = _odd(facts, song)
    return Analysed(song, facts)


def _within_reason(track: RawTrack) -> RawTrack:
    """The track with notes of at most eight bars, none before the beginning."""
    n = track.notes
    first = np.maximum(n.start, 0)
    length = np.clip(n.start + n.length - first, 1, _LONGEST_NOTE)
    order = np.lexsort((n.pitch, first))
    notes = voices.of(Notes(first, length, n.pitch, n.velocity), order)
    return RawTrack(track.name, track.program, track.channel, track.is_drum, notes)


def _cut(tracks: list[RawTrack], start: int, end: int) -> list[RawTrack]:
    """What starts between two ticks, counted from the first."""
    out = []
    for t in tracks:
        n = voices.of(t.notes, (t.notes.start >= start) & (t.notes.start < end))
        if len(n):
            kept = Notes(n.start - start, np.minimum(n.length, end - n.start), n.pitch, n.velocity)
            out.append(RawTrack(t.name, t.program, t.channel, t.is_drum, kept))
    return out


def _bpm(tempi: tuple[tuple[int, float], ...], onsets: Array) -> float:
    """The tempo at which half of the notes are played faster, half slower."""
    if not tempi:
        return DEFAULT_BPM
    place = np.searchsorted([tick for tick, _ in tempi], onsets, "right") - 1
    return float(np.median(np.array([bpm for _, bpm in tempi])[np.maximum(place, 0)]))


def _moved(notes: Notes, ticks: int, beats: int) -> Notes:
    """The notes later by so many ticks, and by one bar if that brings them before the beginning."""
    bar = beats * TICKS_PER_BEAT
    first = int(notes.start.min()) + ticks
    return Notes(notes.start + ticks + (bar * -(first // bar) if first < 0 else 0), *_rest(notes))


def _rest(notes: Notes) -> tuple[Array, Array, Array]:
    return notes.length, notes.pitch, notes.velocity


def _in_tempo(
    bpm: float, notes: Notes, part: Array, metre: Metre, grid: Grid, changes: list[str]
) -> tuple[float, float, Notes]:
    """Half or double time: (factor for ticks, tempo, notes)."""
    straight = norm.on_grid(notes, grid).start if grid.swing_ticks else notes.start - grid.offset
    factor, slowed = norm.reading(bpm, straight[part != roles.DRUMS])
    read = bpm * factor
    if factor < 1.0:
        # Two bars become one, so the first of each pair has to be known.
        if second_half_leads(voices.of(notes, part != roles.DRUMS), metre.beats):
            notes = Notes(notes.start + metre.beats * TICKS_PER_BEAT, *_rest(notes))
        changes.append(f"read in {'half' if factor == 0.5 else 'quarter'} time, at {read:.0f} beats a minute")
    elif factor > 1.0:
        changes.append(f"read in {'double' if factor == 2.0 else 'fourfold'} time, at {read:.0f} beats a minute")
    if abs(slowed - read) > 0.01:
        changes.append(f"tempo from {read:.0f} to {slowed:.0f} beats a minute")
    return factor, slowed, norm.scaled(notes, factor) if factor != 1.0 else notes


def _on_grid(notes: Notes, part: Array, grid: Grid, factor: float, changes: list[str]) -> tuple[Notes, Array]:
    """Notes on sixteenths; of two alike in one part the longer stays."""
    swing_ticks = round(grid.swing_ticks * factor)
    offset = round(grid.offset * factor)
    found = Grid(offset, grid.swing, swing_ticks, grid.off, grid.triplets)
    put = norm.on_grid(notes, found)
    moved = np.abs(put.start - notes.start) > 2
    if moved.any():
        changes.append(f"{moved.mean():.0%} of the onsets put on sixteenths")
    if swing_ticks:
        kind = "eighths" if grid.swing_ticks == TICKS_PER_BEAT else "sixteenths"
        changes.append(f"swing of {grid.swing:.0%} in {kind} undone")
    order = np.lexsort((-put.length, part, put.pitch, put.start))
    put, part = voices.of(put, order), part[order]
    twin = np.append(False, (np.diff(put.start) == 0) & (np.diff(put.pitch) == 0) & (np.diff(part) == 0))
    return voices.of(put, ~twin), part[~twin]


def _trimmed(notes: Notes, part: Array, beats: int) -> tuple[Notes, Array]:
    """The notes by start and pitch, without empty bars before the first."""
    bar = beats * TICKS_PER_BEAT
    order = np.lexsort((part, notes.pitch, notes.start))
    notes, part = voices.of(notes, order), part[order]
    return Notes(notes.start - int(notes.start[0]) // bar * bar, *_rest(notes)), part


def _grid_facts(grid: Grid) -> dict[str, Any]:
    return {
        "off_grid": round(grid.off, 3),
        "triplets": round(grid.triplets, 3),
        "swing": round(grid.swing, 3),
        "late_ticks": grid.offset,
    }


def _facts(raw: RawSong, song: Song, metre: Metre, key: FoundKey, file_bpm: float, factor: float) -> dict[str, Any]:
    end = int((song.notes.start + song.notes.length).max())
    beats = end / TICKS_PER_BEAT
    return {
        "kept_notes": len(song.notes),
        "parts": {name: int((song.part == k).sum()) for k, name in enumerate(PARTS)},
        "bars": -(-end // (metre.beats * TICKS_PER_BEAT)),
        "seconds": round(beats * 60.0 / song.bpm, 1),
        "bpm": round(song.bpm, 2),
        "file_bpm": round(file_bpm, 2) if raw.tempi else None,
        "tempo_changes": max(0, len(raw.tempi) - 1),
        "time_factor": factor,
        "beats_per_bar": metre.beats,
        "written_metre": metre.written,
        "metre_changes": metre.changes,
        "metre_overruled": metre.overruled,
        "bar_shift_beats": metre.shift,
        "key": key.key.name,
        "key_fit": round(key.fit, 3),
        "key_lead": round(key.lead, 3),
        "signature": raw.keys[0][1].name if raw.keys else None,
        "notes_per_beat": round(len(song.notes) / beats, 2),
    }


def _say_metre(metre: Metre, changes: list[str]) -> None:
    if metre.changes:
        changes.append(f"cut to its longest stretch in one metre ({metre.written})")
    if metre.overruled:
        changes.append(f"written in {metre.written or '4/4'}, read in {metre.beats}/4")
    if metre.shift:
        changes.append(f"bar lines moved by {metre.shift} beat{'s' if metre.shift > 1 else ''}")


def _odd(facts: Mapping[str, Any], song: Song) -> list[str]:
    """What a person should look at before trusting the song."""
    odd = []
    if facts["file_bpm"] is None:
        odd.append(f"no tempo is written: {DEFAULT_BPM:.0f} beats a minute are assumed")
    if song.beats_per_bar != 4:
        odd.append(f"in {song.beats_per_bar}/4: networks that write melodies learn from 4/4 alone")
    if facts["grid_strength"] < 0.6:
        odd.append("played freely: its notes hardly keep to the beat")
    if facts["key_fit"] < 0.6:
        odd.append("hardly in one key")
    if facts["velocity_spread"] < 1.5:
        odd.append("every note is equally loud")
    if not facts["parts"]["melody"]:
        odd.append("no melody was found")
    if facts["tempo_changes"] > 0 and facts["grid_strength"] < norm.LEAST_GRID:
        odd.append("its tempo map does not follow its notes")
    if not song.chords:
        odd.append("no chords were found")
    return odd
