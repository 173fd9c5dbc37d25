from __future__ import annotations

import json

import pytest

from dusktape.core.errors import InputError
from dusktape.core.score import BAR, Key, Note, Score, Section
from dusktape.evaluate.sound import subject
from dusktape.io.midi import to_midi

from . import tones

FACTS = {
    "title": "Late Bus",
    "seed": 4,
    "recipe": {"name": "rainy"},
    "report": {
        "bpm": 80.0,
        "key": "C major",
        "sections": [{"name": "intro", "start_s": 0.0, "end_s": 3.0}, {"name": "A", "start_s": 3.0, "end_s": 6.0}],
    },
}


def song() -> Score:
    """Return two bars at 80: six seconds."""
    sections = (Section("intro", 0, BAR), Section("A", BAR, BAR))
    keys = (Note(0, BAR, 60, 90), Note(BAR, BAR, 64, 60))
    drums = (Note(0, 240, 36, 100), Note(960, 240, 38, 90), Note(0, 240, 42, 50), Note(0, 240, 70, 50))
    return Score(80.0, Key(0, "major"), sections, parts={"keys": keys, "drums": drums})


@pytest.fixture
def bundle(tmp_path):
    """Makes a bundle of six seconds."""
    folder = tmp_path / "nine"
    (folder / "stems").mkdir(parents=True)
    tones.write(folder / "master.flac", tones.both(tones.sine(440.0, 6.0)))
    tones.write(folder / "stems" / "keys.flac", tones.both(tones.sine(440.0, 6.0)))
    to_midi(song(), folder / "score.mid")
    (folder / "track.json").write_text(json.dumps(FACTS), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["", "track.json", "master.flac"])
def test_a_bundle_is_known_by_its_folder_and_by_what_is_in_it(bundle, name):
    found = subject.find(bundle / name)
    assert (found.audio, found.title) == (bundle / "master.flac", "Late Bus")
    assert found.about == "recipe rainy, seed 4, 80 bpm, C major"
    assert [s.name for s in found.sections] == ["intro", "A"]
    assert found.score is not None
    assert set(found.score.parts) == {"keys", "drums"}
    assert found.notes == ()


def test_foreign_sound_has_no_notes_and_says_so(tmp_path):
    path = tones.write(tmp_path / "theirs.wav", tones.both(tones.sine(440.0, 1.0)))
    found = subject.find(path)
    assert (found.title, found.about, found.sections, found.score) == ("theirs", "", (), None)
    assert "no piano roll" in found.notes[0]


def test_midi_beside_a_sound_brings_notes_and_sections(tmp_path):
    path = tones.write(tmp_path / "ours.wav", tones.both(tones.sine(440.0, 6.0)))
    to_midi(song(), tmp_path / "ours.mid")
    found = subject.find(path)
    assert [(s.name, s.start_s) for s in found.sections] == [("intro", 0.0), ("A", 3.0)]


def test_broken_midi_beside_a_sound_is_passed_over(tmp_path):
    path = tones.write(tmp_path / "ours.wav", tones.both(tones.sine(440.0, 1.0)))
    (tmp_path / "ours.mid").write_bytes(b"MThd")
    found = subject.find(path)
    assert found.score is None
    assert "it is cut short: it ends within the header" in found.notes[0]


@pytest.mark.parametrize("sections", [5, [{"name": "A"}], [["A", 0, 1]], [{"name": "A", "start_s": "x", "end_s": 1}]])
def test_sections_that_make_no_sense_are_none(bundle, sections):
    facts = {**FACTS, "report": {**FACTS["report"], "sections": sections}}
    (bundle / "track.json").write_text(json.dumps(facts), encoding="utf-8")
    (bundle / "score.mid").unlink()
    assert subject.find(bundle).sections == ()


def test_a_title_does_not_steer_the_terminal(bundle):
    (bundle / "track.json").write_text(json.dumps(FACTS | {"title": "\x1b[2Jgone"}), encoding="utf-8")
    assert subject.find(bundle).title == "[2Jgone"


@pytest.mark.parametrize("text", ["no json", "[]", '"a"', "[" * 100_000])
def test_provenance_that_is_none_is_refused(bundle, text):
    (bundle / "track.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="no provenance of ours"):
        subject.find(bundle)


def test_a_folder_of_tracks_is_no_bundle(tmp_path):
    tones.write(tmp_path / "a.wav", tones.both(tones.sine(440.0, 1.0)))
    with pytest.raises(InputError, match=r"holds 1 sound file; name one of them, or say --summary"):
        subject.find(tmp_path)


def test_tracks_are_found_in_folders_without_their_stems(bundle, tmp_path):
    loose = tones.write(tmp_path / "a.wav", tones.both(tones.sine(440.0, 1.0)))
    assert subject.tracks([tmp_path, loose]) == [loose, bundle / "master.flac"]


@pytest.mark.parametrize(("name", "told"), [("nowhere", "no such file"), ("empty", "holds no sound")])
def test_nothing_to_measure_is_said(tmp_path, name, told):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=told):
        subject.tracks([tmp_path / name])
