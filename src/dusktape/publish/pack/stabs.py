"""Chord stabs: the chords of a song, each struck once by its keys, named by chord and root."""

from __future__ import annotations

from collections.abc import Iterator

from dusktape.compose.control import Control
from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.score import TICKS_PER_BEAT, Chord, Note
from dusktape.publish.pack.naming import chord_name
from dusktape.publish.pack.playing import play
from dusktape.publish.pack.songs import Song, Songs
from dusktape.publish.pack.take import Take
from dusktape.theory.voicing import Voicing, voice

PART = "keys"
_LONGEST_S, _HELD_BEATS = 7.0, 2


def of_songs(songs: Songs) -> Iterator[Take]:
    """Yield the chords of one song after the other's, of all its sections, each chord once."""
    for song in songs:
        if PART in song.recipe.parts:
            yield from _of_song(song)


def _of_song(song: Song) -> Iterator[Take]:
    written = Control().take(song.recipe, song.seed).written
    once = {(chord.root, chord.quality): chord for chord in reversed(written.chords)}
    for chord in reversed(once.values()):
        (voicing,) = voice([chord], rootless=False, centre=song.recipe.harmony.centre)
        yield _stab(song, chord, voicing)


def _stab(song: Song, chord: Chord, voicing: Voicing) -> Take:
    here = song.seed.at("pack", "stabs", chord.name)
    beats_s = 60.0 / song.recipe.tempo.bpm
    roll = round(song.recipe.comping.roll_ms / 1000.0 / beats_s * TICKS_PER_BEAT / max(1, len(voicing) - 1))
    strength = here.at("velocity").between(70.0, 100.0)
    notes = [
        Note(
            place * roll,
            _HELD_BEATS * TICKS_PER_BEAT - place * roll,
            pitch,
            round(strength + here.at("finger", place).between(-8.0, 8.0)),
        )
        for place, pitch in enumerate(voicing)
    ]
    sound = play(song, PART, notes, seconds=_LONGEST_S)
    address = {**song.address, "part": PART, "chord": chord.name, "pitches": list(voicing)}
    instrument = song.recipe.parts[PART].instrument
    name = chord_name(chord, song.key)
    return Take("stabs", instrument, sound, SAMPLE_RATE, address, key=song.key, chord=name, root=voicing[0])
