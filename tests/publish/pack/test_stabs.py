"""Chord stabs: which chords they are of."""

from __future__ import annotations

from dusktape.compose.control import Control
from dusktape.compose.loop import Loop
from dusktape.core.seed import Seed
from dusktape.publish.pack import stabs
from dusktape.publish.pack.songs import Songs, wished
from dusktape.studio.wish import Wish


def chords(song, control):
    return {chord.name for chord in control.take(song.recipe, song.seed).written.chords}


def test_stabs_are_of_all_chords_of_a_song_not_of_a_few_bars_alone(bare):
    songs = (song for song in wished(Wish(bare), Seed(8)) if chords(song, Control()) > chords(song, Control(Loop(4))))
    song = next(songs)
    takes = stabs.of_songs(Songs(lambda k: song if k == 0 else None))
    assert {take.address["chord"] for take in takes} == chords(song, Control())
