from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dusktape.core.errors import InputError
from dusktape.core.score import BAR, Key, Note, Score, Section
from dusktape.io.midi import to_midi
from dusktape.radio import sent
from dusktape.radio.asking import upload
from dusktape.radio.nouns import Job
from dusktape.radio.sent import facts_of, look_into
from dusktape.radio.state import State
from dusktape.radio.task import Task

NAME = "0123456789abcdef" * 2


def wav(folder: Path, seconds: float = 0.5, rate: int = 8_000, channels: int = 2) -> Path:
    path = folder / f"{NAME}.wav"
    sound = 0.5 * np.sin(np.arange(round(seconds * rate)) / 3.0)
    soundfile.write(path, np.stack([sound] * channels, axis=1), rate)
    return path


def midi(folder: Path) -> Path:
    path = folder / f"{NAME}.mid"
    notes = tuple(Note(k * 960, 900, 60 + k % 5, 90) for k in range(16))
    to_midi(Score(80.0, Key(0, "major"), (Section("A", 0, 4 * BAR),), (), {"lead": notes}), path)
    return path


def test_a_recording_is_measured(tmp_path: Path) -> None:
    facts = look_into(wav(tmp_path), "audio")
    assert facts == {"kind": "audio", "channels": 2, "sample_rate": 8000, "seconds": 0.5, "peak": facts["peak"]}
    assert facts["peak"] == pytest.approx(0.5, abs=0.01)


def test_a_midi_file_is_understood(tmp_path: Path) -> None:
    facts = facts_of(midi(tmp_path), "midi")
    assert (facts["bars"], facts["bpm"]) == (4, 80.0)
    assert sum(facts["parts"].values()) == 16


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("audio", b"", "is no"),
        ("audio", b"RIFF" + b"\xff" * 200, "is no"),
        ("audio", b"MThd", "is no"),
        ("midi", b"MThd" + b"\xff" * 50, NAME),
        ("midi", b"hello", NAME),
        ("soundfont", b"RIFF" + struct.pack("<I", 2**31) + b"sfbk", "SoundFont"),
        ("soundfont", b"x" * 1000, "is no SoundFont"),
        ("picture", b"x", "'picture' is no kind of file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_broken_is_said_so(tmp_path: Path, kind: str, content: bytes, said: str) -> None:
    path = tmp_path / f"{NAME}.bin"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        facts_of(path, kind)


def test_what_is_broken_is_named_as_it_was_sent(tmp_path: Path) -> None:
    path = tmp_path / f"{NAME}.sf2"
    path.write_bytes(b"x" * 1000)
    with pytest.raises(InputError, match="'my file' is no SoundFont") as raised:
        look_into(path, "soundfont", name="my file")
    assert NAME not in str(raised.value)
    assert str(tmp_path) not in str(raised.value)


def test_a_recording_that_is_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / f"{NAME}.flac"
    soundfile.write(path, np.zeros((21 * 60 * 4000, 1), np.int16), 4000)
    with pytest.raises(InputError, match="lasts more than 20 minutes"):
        facts_of(path, "audio")


def test_one_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent, "LIMIT_S", 0.0)
    monkeypatch.setattr(sent, "_EVERY_S", 0.001)
    with pytest.raises(InputError, match="'it' takes more than 0 s to read"):
        look_into(wav(tmp_path), "audio", name="it")


def test_one_that_crashes_its_reader_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent.sys, "executable", "/bin/false")
    with pytest.raises(InputError, match="'it' cannot be read: whoever tries crashes"):
        look_into(wav(tmp_path), "audio", name="it")


def test_an_upload_is_a_job_whose_result_says_what_it_is(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (state.folder / "uploads").mkdir()
    wav(state.folder / "uploads")
    job = state.submit("upload", {"upload": NAME, "kind": "audio", "name": "rain.wav"})
    state.lease("me")
    monkeypatch.setattr(sent, "look_into", lambda path, kind, **_: {"kind": kind, **facts_of(path, kind)})
    sent.sent(Task(state, job, "me", tmp_path))
    done = state.job(job.id)
    assert done is not None
    assert (done.state, (done.result or {})["seconds"]) == ("done", 0.5)


def test_a_soundfont_becomes_an_instrument_of_the_workers(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (state.folder / "uploads").mkdir()
    font = state.folder / "uploads" / f"{NAME}.sf2"
    font.write_bytes(b"font")
    monkeypatch.setattr(sent, "look_into", lambda *_, **__: {"kind": "soundfont", "presets": ["Piano"], "count": 1})
    for _ in range(2):
        state.submit("upload", {"upload": NAME, "kind": "soundfont"})
        job = state.lease("me")
        assert job is not None
        sent.sent(Task(state, job, "me", tmp_path))
        done = state.job(job.id)
        assert done is not None
        assert (done.result or {})["instrument"] == "up_0123456789"
    assert (state.folder / "instruments" / "up_0123456789.sf2").read_bytes() == b"font"


def test_the_note_beside_an_upload_is_not_taken_for_it(state: State, tmp_path: Path) -> None:
    folder = state.folder / "uploads"
    folder.mkdir()
    for suffix in (".json", ".part"):
        (folder / f"{NAME}{suffix}").write_text("{}")
    task = Task(state, Job("a", "upload", {}), "me", tmp_path)
    with pytest.raises(InputError, match="there is no upload"):
        upload(task, NAME)
    for suffix in (".mid", ".sf2", ".wav"):
        file = folder / f"{NAME}{suffix}"
        file.write_bytes(b"x")
        assert upload(task, NAME) == file
        file.unlink()


def test_an_upload_that_is_not_there_is_named(state: State, tmp_path: Path) -> None:
    for name in ("f" * 32, "../state", None):
        with pytest.raises(InputError, match="there is no upload"):
            sent.sent(Task(state, Job("a", "upload", {"upload": name, "kind": "audio"}), "me", tmp_path))


def test_an_upload_has_one_name_wherever_it_lies_as_a_sound(tmp_path: Path) -> None:
    for file in (f"{NAME}.sf2", f"{NAME}.wav"):
        assert sent.seat(tmp_path, file).name == sent.shelved(file).name == sent.nickname(file)
    assert sent.nickname(f"{NAME}.wav") == "up_0123456789.wav"
