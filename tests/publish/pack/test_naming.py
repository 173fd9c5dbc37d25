"""Files are called as producers expect."""

from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.score import Chord, Key
from dusktape.publish.pack.naming import Names, chord_name
from dusktape.publish.pack.take import Take

NOTHING = np.zeros((1, 1), np.float32)


def take(kind, group, **more):
    return Take(kind, group, NOTHING, 44_100, {}, **more)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (take("oneshots", "kick"), "Drums/Kicks/DT_Kick_01.wav"),
        (take("oneshots", "closed hat"), "Drums/Closed Hats/DT_ClosedHat_01.wav"),
        (take("oneshots", "perc"), "Drums/Percussion/DT_Perc_01.wav"),
        (take("oneshots", "glass bell"), "One Shots/Glass Bell/DT_GlassBell_01.wav"),
        (take("oneshots", "../../x"), "One Shots/X/DT_X_01.wav"),
        (take("oneshots", "???"), "One Shots/Sound/DT_Sound_01.wav"),
        (take("loops", "keys", bpm=78.0, bars=4, key=Key(9, "minor")), "Loops/Keys/DT_Keys_78bpm_Am_01.wav"),
        (take("loops", "mix", bpm=77.5, bars=4, key=Key(6, "major")), "Loops/Full Mix/DT_Mix_77.5bpm_F#_01.wav"),
        (take("loops", "drums", bpm=78.0, bars=4), "Loops/Drums/DT_Drums_78bpm_01.wav"),
        (take("stabs", "felt_piano", key=Key(9, "minor"), chord="Am9", root=57), "Stabs/DT_FeltPiano_Am9_01.wav"),
        (take("stabs", "rhodes", chord="Cmin", root=48), "Stabs/DT_Rhodes_Cm_01.wav"),
        (take("stabs", "rhodes", chord="F#maj7#11", root=54), "Stabs/DT_Rhodes_F#maj7#11_01.wav"),
        (take("textures", "room_tone"), "Textures/DT_RoomTone_01.wav"),
    ],
)
def test_a_name_says_what_it_is_its_tempo_and_key(given, expected):
    assert Names(8, "wav").name(given) == expected


@pytest.mark.parametrize(
    ("key", "root", "quality", "expected"),
    [
        ("F minor", 1, "maj7", "Dbmaj7"),
        ("F minor", 0, "min", "Cmin"),
        ("G minor", 6, "dim7", "F#dim7"),
        ("E major", 8, "min", "G#min"),
        ("E minor", 3, "maj", "Eb"),
        ("C major", 10, "7", "Bb7"),
    ],
)
def test_a_chord_is_spelled_as_its_key_is(key, root, quality, expected):
    assert chord_name(Chord(0, 960, root, quality), Key.parse(key)) == expected


def test_sounds_that_are_called_alike_are_counted():
    names = Names(8, "flac")
    made = [names.name(take("oneshots", group)) for group in ("kick", "snare", "kick")]
    assert made == ["Drums/Kicks/DT_Kick_01.flac", "Drums/Snares/DT_Snare_01.flac", "Drums/Kicks/DT_Kick_02.flac"]


def test_large_packs_have_longer_numbers():
    assert Names(200, "wav").name(take("textures", "rain")) == "Textures/DT_Rain_001.wav"


def test_names_differ_where_disks_do_not_tell_capitals_apart():
    names = Names(8, "wav")
    made = [names.name(take("oneshots", group)) for group in ("glass bell", "GLASS BELL")]
    assert len({name.lower() for name in made}) == 2
