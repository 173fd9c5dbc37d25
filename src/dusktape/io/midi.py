"""Scores as Standard MIDI Files, and back."""

from __future__ import annotations

import io
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import mido

from dusktape.core.errors import InputError
from dusktape.core.score import PITCH_NAMES, TICKS_PER_BEAT, Chord, Key, Note, Score, Section
from dusktape.io import atomic
from dusktape.io.midi_file import MidiError, parse
from dusktape.theory.chord import QUALITIES

PROGRAMS = {
    "felt_piano": 0,
    "upright_piano": 0,
    "electric_grand": 2,
    "reed_piano": 4,
    "rhodes": 4,
    "music_box": 10,
    "vibraphone": 11,
    "nylon_guitar": 24,
    "muted_guitar": 28,
    "upright_bass": 32,
    "fretless_bass": 35,
    "sub_bass": 39,
    "strings": 48,
    "choir": 52,
    "brass": 61,
    "flute": 73,
    "pad": 89,
    "kalimba": 108,
}
"""Our instruments as General MIDI programs, counted from 0. What records another one sounds as its part does."""

PART_PROGRAMS = {
    "keys": 4,
    "chords": 4,
    "comping": 4,
    "piano": 0,
    "melody": 11,
    "lead": 11,
    "guitar": 24,
    "bass": 32,
    "pad": 89,
}
"""What a part plays on in General MIDI when nobody says."""

_DRUM_CHANNEL = 9
_DRUM_NAMES = ("drums", "kit", "percussion")
_NO_CHORD = "N.C."
_UNSAID_TEMPO = 500_000  # 120 beats a minute
_CHORDS = {Chord(0, 1, root, quality).name: (root, quality) for root in range(12) for quality in QUALITIES}

_Events: TypeAlias = list[tuple[int, Any]]


def to_midi(
    score: Score,
    target: str | Path | BinaryIO,
    *,
    programs: Mapping[str, str] | None = None,
    title: str = "",
    force: bool = False,
) -> None:
    """Write a score as a type 1 file of 960 ticks a beat.

    The first track holds tempo, time and key signature, a marker for each section and the name of each chord as a
    text; then comes one named track per part, drums on channel 10. What MIDI cannot say is lost: brightness and level
    of the sections, and which of two notes of one pitch ends first if one lies inside the other.

    Parameters
    ----------
    score
        What to write.
    target
        A path, or a stream.
    programs
        Part name to its instrument's name, for the General MIDI sound. `kit` means drums; so does a part named like
        drums whose instrument is not one of `PROGRAMS`.
    title
        Name of the first track.
    force
        Whether an existing file may be replaced.

    Raises
    ------
    OutputError
        If the file cannot be written.

    Source
    ------
    MIDI Association, "Standard MIDI Files 1.0" (RP-001) and "General MIDI 1".
    """
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8")
    file.tracks.append(_conductor(score, title))
    melodic = iter(channel for _ in range(len(score.parts) // 15 + 1) for channel in range(16) if channel != 9)
    for name, notes in score.parts.items():
        instrument = (programs or {}).get(name, "")
        drums = instrument == "kit" or (instrument not in PROGRAMS and name in _DRUM_NAMES)
        program = 0 if drums else PROGRAMS.get(instrument, PART_PROGRAMS.get(name, 0))
        file.tracks.append(_part(name, notes, _DRUM_CHANNEL if drums else next(melodic), program))
    stream = io.BytesIO()
    file.save(file=stream)
    if isinstance(target, (str, Path)):
        atomic.write_bytes(target, stream.getvalue(), force=force)
    else:
        target.write(stream.getvalue())


def from_midi(source: str | Path | BinaryIO) -> Score:
    """Read a MIDI file as a score.

    The first tempo, time and key signature hold for the whole song (120, 4/4 and C major if there are none). A part is
    a track, or a channel of it where a track has several; sections are the stretches between markers. Times are
    rounded to 1/960 beat. The patterns of type 2 follow each other, each from a bar line.

    Parameters
    ----------
    source
        A path, or a stream.

    Raises
    ------
    InputError
        If the file is missing, broken, or counts time in film frames.
    """
    where = repr(str(source)) if isinstance(source, (str, Path)) else "this stream"
    try:
        data = Path(source).read_bytes() if isinstance(source, (str, Path)) else source.read()
        file = parse(data)
    except FileNotFoundError as error:
        raise InputError(f"{where}: there is no such file; check the name") from error
    except OSError as error:
        raise InputError(f"{where} cannot be read: {error.strerror or error}; give a MIDI file") from error
    except MidiError as error:
        raise InputError(f"{where}: {error}; export it again as a MIDI file, with ticks per beat") from error
    return _score([_timed(track, TICKS_PER_BEAT / file.ticks_per_beat) for track in file.tracks])


def _conductor(score: Score, title: str) -> mido.MidiTrack:
    meta = mido.MetaMessage
    key = PITCH_NAMES[score.key.tonic % 12] + ("m" if score.key.mode == "minor" else "")
    events: _Events = [
        (0, meta("track_name", name=title)),
        (0, meta("set_tempo", tempo=round(60e6 / score.bpm))),
        (0, meta("time_signature", numerator=score.beats_per_bar, denominator=4)),
        (0, meta("key_signature", key=key)),
    ]
    events += [(section.start, meta("marker", text=section.name)) for section in score.sections]
    starts = {chord.start for chord in score.chords}
    for chord in score.chords:
        end = chord.start + chord.length
        events.append((chord.start, meta("text", text=chord.name)))
        if end not in starts:
            events.append((end, meta("text", text=_NO_CHORD)))
    return _track(events, max((s.start + s.length for s in score.sections), default=0))


def _part(name: str, notes: Iterable[Note], channel: int, program: int) -> mido.MidiTrack:
    head = [
        (0, mido.MetaMessage("track_name", name=name)),
        (0, mido.Message("program_change", channel=channel, program=program)),
    ]
    # At one tick, what ends does so before anything starts.
    events: list[tuple[int, int, int, Any]] = []
    for note in notes:
        on = mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)
        off = mido.Message("note_off", channel=channel, note=note.pitch, velocity=0)
        start = max(0, note.start)
        events += [(start, 1, note.pitch, on), (max(start + 1, note.start + note.length), 0, note.pitch, off)]
    events.sort(key=lambda event: event[:3])
    return _track([*head, *((tick, message) for tick, _, _, message in events)], 0)


def _track(events: _Events, end: int) -> mido.MidiTrack:
    """Turn absolute ticks into the distances that a track holds, its end no earlier than `end`."""
    track, now = mido.MidiTrack(), 0
    for tick, message in sorted(events, key=lambda event: event[0]):
        message.time = tick - now
        track.append(message)
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(0, end - now)))
    return track


def _timed(track: mido.MidiTrack, scale: float) -> _Events:
    """Return the messages of a track with their absolute ticks, in our ticks."""
    now, events = 0, []
    for message in track:
        now += message.time
        events.append((round(now * scale), message))
    return events


def _score(tracks: list[_Events]) -> Score:
    parts: dict[str, tuple[Note, ...]] = {}
    for number, events in enumerate(tracks, 1):
        for name, notes in _voices(events, number):
            parts[_free_name(name, parts)] = notes
    everything = sorted((event for events in tracks for event in events), key=lambda event: event[0])
    first: dict[str, Any] = {}
    for _, message in everything:
        first.setdefault(message.type, message)
    tempo, key, time = (first.get(kind) for kind in ("set_tempo", "key_signature", "time_signature"))
    last = max((note.start + note.length for notes in parts.values() for note in notes), default=0)
    return Score(
        bpm=round(60e6 / (tempo.tempo if tempo is not None and tempo.tempo else _UNSAID_TEMPO), 3),
        key=Key.parse(key.key) if key else Key(0, "major"),
        sections=_sections(tracks, last),
        chords=_chords(everything, last),
        parts=parts,
        beats_per_bar=max(1, round(time.numerator * 4 / time.denominator)) if time else 4,
    )


def _voices(events: _Events, number: int) -> list[tuple[str, tuple[Note, ...]]]:
    """Return the parts that a track holds, one per channel. Of equal pitches, the first to start ends first."""
    name = next((_decoded(m.name) for _, m in events if m.type == "track_name"), "").strip()
    notes: dict[int, list[Note]] = {}
    sounding: defaultdict[tuple[int, int], deque[tuple[int, int]]] = defaultdict(deque)
    for tick, message in events:
        if message.type not in ("note_on", "note_off"):
            continue
        voice = (message.channel, message.note)
        if message.type == "note_on" and message.velocity:
            sounding[voice].append((tick, message.velocity))
        elif sounding.get(voice):
            start, velocity = sounding[voice].popleft()
            notes.setdefault(message.channel, []).append(Note(start, max(1, tick - start), message.note, velocity))
    end = events[-1][0] if events else 0
    for (channel, pitch), left in sounding.items():
        unended = [Note(start, max(1, end - start), pitch, velocity) for start, velocity in left]
        notes.setdefault(channel, []).extend(unended)
    return [
        (name or ("drums" if channel == _DRUM_CHANNEL else f"track {number}"), tuple(notes[channel]))
        for channel in sorted(notes)
        if notes[channel]
    ]


def _sections(tracks: list[_Events], last: int) -> tuple[Section, ...]:
    """Return what lies between markers: up to the end of the track that holds them, or of the last note."""
    marks: dict[int, str] = {}
    end = 0
    for events in tracks:
        found = {tick: _decoded(m.text).strip() for tick, m in events if m.type == "marker"}
        marks |= found
        end = max(end, events[-1][0] if found else 0)
    starts = sorted(marks)
    if not starts:
        return ()
    if starts[0] > 0:
        marks[0] = "start"
        starts.insert(0, 0)
    if end <= starts[-1]:
        end = max(last, starts[-1] + 1)
    return tuple(Section(marks[start], start, after - start) for start, after in pairwise([*starts, end]))


def _chords(everything: _Events, last: int) -> tuple[Chord, ...]:
    names = {tick: _decoded(m.text) for tick, m in everything if m.type == "text" and _is_chord(m.text)}
    ticks = sorted(names)
    spans = pairwise([*ticks, max(last, ticks[-1] + 1)]) if ticks else ()
    return tuple(Chord(start, end - start, *_CHORDS[names[start]]) for start, end in spans if names[start] != _NO_CHORD)


def _is_chord(text: str) -> bool:
    return text in _CHORDS or text == _NO_CHORD


def _free_name(name: str, taken: Iterable[str]) -> str:
    names, number = set(taken), 2
    free = name
    while free in names:
        free, number = f"{name} {number}", number + 1
    return free


def _decoded(text: str) -> str:
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
