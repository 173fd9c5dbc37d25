from __future__ import annotations

import hashlib
import io
import json

import numpy as np
import pytest

from dusktape.core.errors import InputError
from dusktape.core.score import Chord, Key
from dusktape.data.dataset import Dataset, Notes, Song, write


def song(name: str, split: str = "train", beats: int = 4) -> Song:
    start = np.arange(20) * 480
    notes = Notes(start, np.full(20, 480), 60 + np.arange(20) % 7, np.full(20, 90))
    chords = (Chord(0, 3840, 0, "maj7"), Chord(3840, 3840, 9, "m7"))
    return Song(name, split, 82.5, beats, Key(9, "minor"), chords, notes, np.where(np.arange(20) < 17, 0, 3))


@pytest.fixture
def folder(tmp_path):
    """A dataset of three songs."""
    files = [{"file": "a.mid", "kept": True}, {"file": "ü.mid", "kept": False}]
    write(tmp_path, [song("b", "valid"), song("a"), song("c", beats=3)], {"made": "here", "files": files})
    return tmp_path


def changed(folder, change):
    """Change the arrays of a dataset, and its hash with them."""
    with np.load(folder / "songs.npz") as file:
        arrays = dict(file)
    change(arrays)
    np.savez(folder / "songs.npz", **arrays)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["sha256"] = hashlib.sha256((folder / "songs.npz").read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def test_songs_come_back_by_name(folder):
    data = Dataset.read(folder)
    assert [(s.name, s.split) for s in data.songs()] == [("a", "train"), ("b", "valid"), ("c", "train")]
    first, expected = next(data.songs()), song("a")
    for name in ("bpm", "beats_per_bar", "key", "chords"):
        assert getattr(first, name) == getattr(expected, name)
    for name in ("start", "length", "pitch", "velocity"):
        assert getattr(first.notes, name).tolist() == getattr(expected.notes, name).tolist()
        assert getattr(first.notes, name).dtype == np.int64
    assert len(first.of("melody")) == 17
    assert len(first.of("drums")) == 3
    assert len(data) == 3


def test_lines_are_of_one_split_and_in_four_quarters(folder):
    data = Dataset.read(folder)
    assert [line.name for line in data.lines("train")] == ["a"]
    assert [line.name for line in data.lines()] == ["a", "b"]
    assert data.lines(at_least=18) == []


def test_songs_may_come_one_by_one_and_in_any_order(folder, tmp_path):
    (tmp_path / "again").mkdir()
    write(
        tmp_path / "again", (song(n, s, b) for n, s, b in [("c", "train", 3), ("a", "train", 4), ("b", "valid", 4)]), {}
    )
    assert (tmp_path / "again" / "songs.npz").read_bytes() == (folder / "songs.npz").read_bytes()


def test_the_manifest_has_a_line_for_every_file(folder):
    lines = (folder / "manifest.json").read_text("utf-8").splitlines()
    assert '  {"file": "ü.mid", "kept": false}' in lines
    assert Dataset.read(folder).manifest["files"][1]["file"] == "ü.mid"


def test_a_dataset_of_no_songs_can_be_read(tmp_path):
    write(tmp_path, [], {})
    assert list(Dataset.read(tmp_path).songs()) == []


def test_another_format_is_refused(folder):
    text = (folder / "manifest.json").read_text("utf-8").replace('"format": 1', '"format": 2')
    (folder / "manifest.json").write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"is a dataset of format 2, this dusktape reads 1; make it again"):
        Dataset.read(folder)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"format": 1}', '{"format": 1, "sha256": "0"}', "\xff", "[" * 9999]
)
def test_a_manifest_that_is_none_is_refused_in_a_line(folder, text):
    (folder / "manifest.json").write_text(text, "latin-1")
    with pytest.raises(InputError, match=r"is no dataset: .*make it again with dusktape data midi") as refused:
        Dataset.read(folder)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["manifest.json", "songs.npz"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(InputError, match=rf"is no dataset: .*{name}: No such file"):
        Dataset.read(folder)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("nowhere", "is no folder"), ("letter", "is no folder"), ("", "has neither manifest.json nor songs.npz")],
)
def test_whoever_has_no_dataset_is_told_how_to_make_one(tmp_path, name, reason):
    (tmp_path / "letter").write_text("dear diary")
    with pytest.raises(InputError) as refused:
        Dataset.read(tmp_path / name)
    way = "make one: dusktape data midi DIR --out lofi.dataset"
    assert str(refused.value) == f"{tmp_path / name} is no dataset: it {reason}; {way}"


def test_notes_that_are_not_the_manifests_are_refused(folder):
    data = bytearray((folder / "songs.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "songs.npz").write_bytes(data)
    with pytest.raises(InputError, match=r"songs\.npz is not the file that manifest\.json describes"):
        Dataset.read(folder)


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("no velocity for 60 entries", lambda a: a.pop("velocity")),
        ("no pitch for 60 entries", lambda a: a.update(pitch=a["pitch"][:-1])),
        ("no bpm for 3 entries", lambda a: a.update(bpm=np.float64(80))),
        ("a first_note that falls", lambda a: a.update(first_note=np.array([0, 40, 20, 60]))),
        ("a split of 3, where 2 is the highest", lambda a: a.update(split=np.array([0, 3, 0]))),
        ("a chord_quality of 250", lambda a: a.update(chord_quality=np.full(6, 250, np.uint8))),
        ("'first_note'", lambda a: a.pop("first_note")),
    ],
)
def test_arrays_that_do_not_fit_are_refused(folder, reason, change):
    changed(folder, change)
    with pytest.raises(InputError, match="is no dataset: ") as refused:
        Dataset.read(folder)
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 and then nothing", "pickle"])
def test_what_is_no_archive_of_arrays_is_refused(folder, data):
    if data == "pickle":
        buffer = io.BytesIO()
        np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
        data = buffer.getvalue()
    (folder / "songs.npz").write_bytes(data)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["sha256"] = hashlib.sha256(data).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(InputError, match="is no dataset: ") as refused:
        Dataset.read(folder)
    assert "\n" not in str(refused.value)
