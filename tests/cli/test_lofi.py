import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dusktape.core.score import BAR, Key, Note, Score
from dusktape.io.midi import to_midi
from dusktape.io.sound import sha256_of

from .. import sounds


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Two seconds in stereo, 8 kHz, 8 bits."""
    samples = np.random.default_rng(7).uniform(-0.3, 0.3, (16_000, 2))
    soundfile.write(tmp_path / "old.wav", samples, 8_000, subtype="PCM_U8")
    return tmp_path / "old.wav"


def test_a_recording_becomes_a_track_with_its_story(dusktape: Callable, old: Path, tmp_path: Path) -> None:
    said = dusktape("lofi", old, "--no-drums", "--seed", 7, "--quiet")
    assert (said.code, said.out, said.err) == (0, "old-lofi-7.flac\n", "")
    facts = json.loads((tmp_path / "old-lofi-7.json").read_text("utf-8"))
    assert facts["source"]["sha256"] == sha256_of(old)
    assert facts["title"] == "old (lo-fi)"
    assert facts["licence"] == "LicenseRef-of-the-source"
    assert facts["models"] == []
    assert facts["report"]["key"] is None
    assert facts["report"]["duration_s"] == pytest.approx(2.0 / 0.88 + 1.5, abs=0.01)
    assert facts["report"]["lufs"] == pytest.approx(-14.0, abs=0.2)
    tags = (tmp_path / "old-lofi-7.flac").read_bytes()
    assert b"LICENSE=LicenseRef-of-the-source" in tags
    assert b"CC0" not in tags


def test_a_midi_file_is_played(dusktape: Callable, tmp_path: Path) -> None:
    notes = tuple(Note(k * 960, 900, 60 + (7 * k) % 12, 80) for k in range(16))
    to_midi(Score(90.0, Key(0, "major"), parts={"melody": notes}), tmp_path / "tune.mid")
    said = dusktape("lofi", "tune.mid", "--seed", 7, "-o", "out.wav", "--json", "--licence", "CC-BY-4.0")
    assert said.code == 0
    facts = json.loads(said.out)
    assert facts["path"] == "out.wav"
    assert facts["licence"] == "CC-BY-4.0"
    assert facts["source"]["file"] == "tune.mid"
    assert [m["name"] for m in facts["models"]] == ["drums"]
    assert facts["report"]["duration_s"] > 4 * BAR / 960 * 60 / 90
    assert "played in" in said.err


def test_a_kit_of_ones_own_is_named_in_the_story(dusktape: Callable, tmp_path: Path) -> None:
    sounds.drums(tmp_path / "attic")
    to_midi(Score(90.0, Key(0, "major"), parts={"melody": (Note(0, 7000, 60, 80),)}), tmp_path / "tune.mid")
    said = dusktape("lofi", "tune.mid", "--seed", 7, "--kit", tmp_path / "attic", "--json", "--quiet")
    facts = json.loads(said.out)
    assert [entry["file"] for entry in facts["files"]] == ["attic"]
    assert facts["statement"].endswith("not synthesised but were given to Dusktape: attic.")


def test_a_recording_of_that_name_that_does_not_play_is_not_named(
    dusktape: Callable, old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "effects").mkdir()
    sounds.rain(tmp_path / "effects" / "recording.wav", 0.5)
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path))
    facts = json.loads(dusktape("lofi", old, "--no-drums", "--seed", 7, "--json", "--quiet").out)
    assert "files" not in facts
    assert "recording.wav" not in facts["statement"]


def test_recordings_of_ones_own_are_laid_over(
    dusktape: Callable, refused: Callable, old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "effects").mkdir()
    sounds.rain(tmp_path / "effects" / "shore.wav", 1.0)
    sounds.rain(tmp_path / "effects" / "recording.wav", 1.0)
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path))
    told = ("--no-drums", "--seed", 7, "--json", "--quiet")
    facts = json.loads(dusktape("lofi", old, *told, "--effect", "shore", "--set", "shore.loudness_lufs=-30").out)
    assert [entry["file"] for entry in facts["files"]] == ["shore.wav"]
    assert facts["recipe"]["parts"]["shore"]["loudness_lufs"] == -30
    assert facts["licence"] == "LicenseRef-of-the-source"
    assert facts["statement"].endswith("were given to Dusktape: shore.wav.")
    with_it, _ = soundfile.read(facts["path"])
    plain, _ = soundfile.read(json.loads(dusktape("lofi", old, *told, "-o", "plain.flac").out)["path"])
    assert np.abs(with_it - plain).max() > 0.01
    assert "there is no recording 'shor'; did you mean 'shore'?" in refused("lofi", old, "--effect", "shor")
    assert "--effect: rain is a part of ours" in refused("lofi", old, "--effect", "rain")
    assert "recording is what your file is called here; rename" in refused("lofi", old, "--effect", "recording")


def test_a_recording_is_laid_over_a_midi_file(dusktape: Callable, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "effects").mkdir()
    sounds.rain(tmp_path / "effects" / "shore.wav", 1.0)
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path))
    to_midi(Score(90.0, Key(0, "major"), parts={"melody": (Note(0, 7000, 60, 80),)}), tmp_path / "tune.mid")
    facts = json.loads(dusktape("lofi", "tune.mid", "--no-drums", "--effect", "shore", "--json", "--quiet").out)
    assert [entry["file"] for entry in facts["files"]] == ["shore.wav"]


def test_nothing_is_replaced_unasked(dusktape: Callable, refused: Callable, old: Path, tmp_path: Path) -> None:
    for taken in ("old-lofi-7.flac", "old-lofi-7.json"):
        (tmp_path / taken).write_text("mine")
        assert "is there already" in refused("lofi", old, "--no-drums", "--seed", 7)
        assert (tmp_path / taken).read_text() == "mine"
        (tmp_path / taken).unlink()
    assert "is the file that is read" in refused("lofi", "old.wav", "-o", "old.wav", "--force")


def test_mistakes_are_one_line(refused: Callable, old: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.mp3").touch()
    (tmp_path / "text.mid").write_text("words")
    (tmp_path / "text.ogg").write_text("words")
    for arguments, told in (
        (("empty.mp3",), "is empty"),
        (("text.mid",), "is no MIDI file"),
        (("text.ogg",), "is no WAV"),
        (("nowhere.wav",), "no such file"),
        ((tmp_path,), "is a folder"),
        ((old, "--speed", 3), "0.4 to 1.6"),
        ((old, "--licence", " "), "--licence is empty"),
        ((old, "-o", "track"), "has no ending"),
        ((old, "-o", "track.aiff"), "we do not write"),
        ((old, "--recipe", "rainny"), "did you mean 'rainy'"),
        ((old, "--downbeat", 9), "1 to 4"),
    ):
        assert told in refused("lofi", *arguments, "--seed", 7), arguments


def test_a_kit_and_instruments_of_ones_own_play_and_are_named(dusktape: Callable, tmp_path: Path) -> None:
    sounds.drums(tmp_path / "box" / "attic")
    soundfile.write(tmp_path / "box" / "attic" / "kick_0.wav", np.zeros(900), 44_100)
    sounds.notes(tmp_path / "shelf" / "harp")
    notes = tuple(Note(k * 960, 900, 60 + (7 * k) % 12, 80) for k in range(16))
    to_midi(Score(90.0, Key(0, "major"), parts={"melody": notes}), tmp_path / "tune.mid")
    own = ("--kit", "box/attic", "--instruments", "shelf", "--set", "lead.instrument=harp")
    said = dusktape("lofi", "tune.mid", "--seed", 7, *own, "--recipe", "very slow, no rain, zorp")
    assert said.code == 0, said.err
    assert "passed over: zorp" in said.err
    assert "attic: left out: " in said.err and "kick_0.wav' holds only silence" in said.err
    facts = json.loads((tmp_path / "tune-lofi-7.json").read_text("utf-8"))
    assert {one["instrument"] for one in facts["files"]} == {"attic", "harp"}


def test_a_tempo_in_words_gives_way_to_the_speed_and_that_is_said(dusktape: Callable, old: Path) -> None:
    said = dusktape("lofi", old, "--no-drums", "--seed", 7, "--recipe", "slow winter night")
    assert "slow gives way to the usual speed, 0.88 of the file's; say --speed or --bpm" in said.err.splitlines()
    said = dusktape("lofi", old, "--no-drums", "--seed", 8, "--recipe", "slow winter night", "--speed", 0.8)
    assert "slow gives way to --speed 0.8" in said.err.splitlines()
    said = dusktape("lofi", old, "--no-drums", "--seed", 9, "--recipe", "winter night")
    assert "gives way" not in said.err
