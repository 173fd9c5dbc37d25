from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from dusktape.core.errors import DusktapeError, PluginError
from dusktape.core.score import BAR, Key, Note, Score, Section
from dusktape.io.midi import to_midi
from dusktape.radio import editing, treating
from dusktape.radio.nouns import Made
from dusktape.radio.state import State
from dusktape.radio.task import Task

NAME = "0123456789abcdef" * 2
QUIET = ["keys.room=false", "vinyl.on=false"]


def done(state: State, folder: Path, spec: dict[str, Any]) -> Made:
    job = state.submit("lofi", {"upload": NAME, "seed": 7, **spec})
    state.lease("me")
    treating.lofi(Task(state, job, "me", folder))
    ended = state.job(job.id)
    assert ended is not None
    made = state.track(ended.track or "")
    assert made is not None
    return made


@pytest.fixture
def uploads(state: State) -> Path:
    """The folder of uploads, with a recording in it."""
    folder = state.folder / "uploads"
    folder.mkdir()
    return folder


def test_a_recording_becomes_a_track_under_its_shown_name(state: State, uploads: Path, tmp_path: Path) -> None:
    seconds = np.arange(12 * 22_050) / 22_050
    sound = 0.3 * np.sin(2 * np.pi * 220.0 * seconds) * (1.0 + np.sin(2 * np.pi * 2.0 * seconds))
    soundfile.write(uploads / f"{NAME}.wav", sound, 22_050)
    made = done(
        state, tmp_path, {"name": "C:\\mine\\Slow\x07 Song.wav", "speed": 1.0, "drums": False, "station": "main"}
    )
    assert (made.title, made.seed, made.station) == ("Slow Song (lo-fi)", 7, "main")
    assert 12.0 <= made.seconds < 16.0
    assert made.provenance["source"]["file"] == "Slow Song.wav"
    assert NAME not in json.dumps(made.provenance)
    assert set(made.files) == {*("cover.png", "master.flac", "score.json", "score.mid", "timeline.json", "track.json")}
    level = json.loads(state.blob(made.files["timeline.json"]).read_text())["level"]["db"]
    assert max(level) > -30


def test_what_was_made_of_a_file_is_taken_away_as_it_is_and_not_edited(
    state: State, uploads: Path, tmp_path: Path
) -> None:
    soundfile.write(uploads / f"{NAME}.wav", 0.2 * np.sin(np.arange(44_100) / 9.0), 22_050)
    made = done(state, tmp_path, {"name": "Slow.wav", "drums": False, "settings": QUIET[1:]})
    for what, name in (("bundle", "export/bundle.zip"), ("mp3", "export/master.mp3"), ("flac", "master.flac")):
        state.submit("export", {"track": made.id, "what": what})
        job = state.lease("me")
        assert job is not None
        editing.export(Task(state, job, "me", tmp_path))
        ended = state.job(job.id)
        assert ended is not None and ended.result == {"track": made.id, "file": name}
    files = {} if (again := state.track(made.id)) is None else again.files
    with zipfile.ZipFile(state.blob(files["export/bundle.zip"])) as pack:
        assert f"{made.recipe}-7/track.json" in pack.namelist()
    sound, _ = soundfile.read(state.blob(files["export/master.mp3"]))
    whole, _ = soundfile.read(state.blob(files["master.flac"]))
    assert abs(len(sound) - len(whole)) < 4_000
    assert np.sqrt(np.mean(sound**2)) == pytest.approx(np.sqrt(np.mean(whole**2)), rel=0.1)
    for spec in ({"again": ["drums"], "bars": None}, {"mix": {"recording": {"gain_db": -3.0}}}):
        state.submit("edit", {"track": made.id, **spec})
        job = state.lease("me")
        assert job is not None
        with pytest.raises(DusktapeError, match="was made of a file of somebody's, not composed"):
            editing.edit(Task(state, job, "me", tmp_path))
        state.cancel(job.id)


def test_a_midi_file_is_played_by_our_instruments(state: State, uploads: Path, tmp_path: Path) -> None:
    notes = tuple(Note(k * 960, 900, 60 + k % 5, 90) for k in range(16))
    to_midi(Score(80.0, Key(0, "major"), (Section("A", 0, 4 * BAR),), (), {"lead": notes}), uploads / f"{NAME}.mid")
    made = done(state, tmp_path, {"name": "tune.mid", "bpm": 90.0, "drums": False, "settings": QUIET})
    assert (made.bpm, made.title) == (90.0, "tune (lo-fi)")
    assert sum(map(len, json.loads(state.blob(made.files["score.json"]).read_text())["parts"].values())) >= 16


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"speed": "fast"}, "speed is a number"),
        ({"kit": "/etc"}, "there is no kit '/etc'"),
        ({"recipe": "/etc/x.toml"}, "is a file"),
        ({"drums": "no"}, "drums is true or false"),
        ({"weather": "lava"}, "there is no weather 'lava'"),
        ({"sped": 1.0}, "did you mean 'speed'"),
        ({"upload": "../../etc/passwd"}, "there is no upload"),
        ({}, "'my song.wav' is no WAV"),
    ],
)
def test_what_is_wrong_is_said_and_our_own_names_are_not(
    state: State, uploads: Path, tmp_path: Path, spec: dict[str, Any], said: str
) -> None:
    (uploads / f"{NAME}.wav").write_bytes(b"RIFF" + b"\xff" * 100)
    with pytest.raises(DusktapeError) as raised:
        done(state, tmp_path, {"name": "my song.wav", **spec})
    assert said in str(raised.value)
    assert NAME not in str(raised.value)


def test_drums_on_a_recording_need_what_hears_beats(
    state: State, uploads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise PluginError("hearing beats needs librosa; install it with: pip install 'dusktape[lofi]'")

    monkeypatch.setattr(treating, "remixed", missing)
    soundfile.write(uploads / f"{NAME}.wav", np.ones(1000) * 0.1, 22_050)
    with pytest.raises(DusktapeError, match="pip install"):
        done(state, tmp_path, {"name": "a.wav"})
