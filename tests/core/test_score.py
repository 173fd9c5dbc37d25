from __future__ import annotations

import json
import pickle

import pytest

from dusktape.core.errors import InputError
from dusktape.core.score import Chord, Key, Note, Score, Section

SONG = Score(
    bpm=81.25,
    key=Key(6, "minor"),
    sections=(Section("intro", 0, 7680, 0.3, 1.0, 0.5, 0.9), Section("outro", 7680, 3840)),
    chords=(Chord(0, 3840, 6, "m9"), Chord(3840, 7680, 2, "maj7")),
    parts={"keys": (Note(960, 100, 64, 80), Note(0, 3840, 66, 70)), "drums": (Note(5, 240, 36, 127),)},
)


def test_a_score_survives_its_text():
    assert Score.from_json(SONG.to_json()) == SONG
    assert Score.from_json(SONG.to_json()).to_json() == SONG.to_json()


def test_equal_scores_have_equal_text():
    other = Score(SONG.bpm, SONG.key, SONG.sections, SONG.chords, dict(reversed(SONG.parts.items())))
    assert other.to_json() == SONG.to_json()
    assert " " not in SONG.to_json()


def test_notes_are_kept_in_order():
    assert [n.start for n in SONG.parts["keys"]] == [0, 960]
    notes = [Note(a, b, c, d) for a in (1, 0) for b in (2, 1) for c in (61, 60) for d in (70, 64)]
    assert list(Score(80.0, Key(0, "major"), parts={"keys": notes}).parts["keys"]) == sorted(notes)


def test_a_score_cannot_be_changed():
    with pytest.raises(AttributeError):
        SONG.bpm = 90.0
    with pytest.raises(TypeError):
        SONG.parts["keys"] = ()


def test_a_score_survives_pickling():
    assert pickle.loads(pickle.dumps(SONG)) == SONG


def test_times_are_exact():
    assert SONG.length == 11520
    assert SONG.ticks_per_bar == 3840
    assert SONG.seconds(960) == 60.0 / 81.25
    assert Score(80.0, Key(0, "major")).length == 0
    longer = Score(80.0, Key(0, "major"), (Section("A", 0, 100),), (), {"keys": (Note(90, 50, 60, 1),)})
    assert longer.length == 140


def test_chords_are_named_as_lead_sheets_do():
    assert Chord(0, 1, 3, "maj9").name == "Ebmaj9"
    assert Chord(0, 1, 0, "maj").name == "C"
    assert Chord(0, 1, 6, "m7b5").name == "F#m7b5"


@pytest.mark.parametrize("bpm", [0, -80.0, float("nan"), float("inf")])
def test_a_score_has_a_tempo(bpm):
    with pytest.raises(InputError, match=r"tempo is more than 0 beats a minute, got .*; give one"):
        Score(bpm, Key(0, "major"))


GOOD = json.loads(SONG.to_json())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "night",
        "[]",
        "3",
        "null",
        "{}",
        json.dumps({**GOOD, "key": 3}),
        json.dumps({**GOOD, "key": [0]}),
        json.dumps({**GOOD, "parts": []}),
        json.dumps({**GOOD, "parts": {"keys": [[1, 2]]}}),
        json.dumps({**GOOD, "parts": {"keys": 3}}),
        json.dumps({**GOOD, "sections": [["A"]]}),
        json.dumps({**GOOD, "chords": None}),
        json.dumps({**GOOD, "bpm": 0}),
        json.dumps({**GOOD, "bpm": "fast"}),
    ],
)
def test_what_is_no_score_is_refused_in_one_line(text):
    with pytest.raises(InputError, match=r"this is no dusktape score: .*; write one with score\.to_json\(\)"):
        Score.from_json(text)


@pytest.mark.parametrize(
    ("text", "tonic", "mode"),
    [
        ("F# minor", 6, "minor"),
        ("Eb", 3, "major"),
        ("am", 9, "minor"),
        ("  c  MAJOR ", 0, "major"),
        ("Bb min", 10, "minor"),
        ("bb", 10, "major"),
        ("Cb", 11, "major"),
        ("B#", 0, "major"),
        ("D♭ maj", 1, "major"),
        ("g♯m", 8, "minor"),
        ("Fx".replace("x", "##"), 7, "major"),
    ],
)
def test_keys_are_read_as_people_write_them(text, tonic, mode):
    assert Key.parse(text) == Key(tonic, mode)


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("tonic", range(12))
def test_every_key_can_be_read_by_its_name(tonic, mode):
    assert Key.parse(Key(tonic, mode).name) == Key(tonic, mode)


@pytest.mark.parametrize(
    "text", ["", " ", "H", "F? minor", "C dorian", "minor", "Am minor", "C###", "#", "C major x", "ß"]
)
def test_what_is_no_key_is_refused_with_an_example(text):
    with pytest.raises(InputError, match="is no key; write a note and a mode, as in 'F# minor'") as caught:
        Key.parse(text)
    assert repr(text) in str(caught.value)
