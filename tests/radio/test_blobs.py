from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from dusktape.core.errors import InputError, OutputError
from dusktape.radio.blobs import Blobs


def file(folder: Path, content: bytes = b"sound", name: str = "a.flac") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_a_file_is_named_by_what_it_holds(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    name = blobs.put(file(tmp_path, name="a.FLAC"))
    assert name == hashlib.sha256(b"sound").hexdigest() + ".flac"
    assert blobs.path(name).read_bytes() == b"sound"
    assert not (tmp_path / "a.FLAC").exists()


def test_the_same_content_is_kept_once_and_made_young_again(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    name = blobs.put(file(tmp_path))
    os.utime(blobs.path(name), (0, 0))
    assert blobs.put(file(tmp_path)) == name
    assert len(list(blobs.files())) == 1
    assert blobs.sweep([]) == 0


def test_a_file_that_a_crash_cut_off_is_replaced_by_the_whole_one(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    name = blobs.put(file(tmp_path))
    blobs.path(name).write_bytes(b"so")
    blobs.put(file(tmp_path))
    assert blobs.path(name).read_bytes() == b"sound"


def test_a_file_from_another_disk_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(Path, "rename", refuse)
    blobs = Blobs(tmp_path / "blobs")
    name = blobs.put(file(tmp_path))
    assert blobs.path(name).read_bytes() == b"sound"
    assert not (tmp_path / "a.flac").exists()


def test_a_full_disk_is_named_and_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    def full(source: Path, target: Path) -> None:
        Path(target).write_bytes(b"so")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", refuse)
    monkeypatch.setattr(shutil, "copyfile", full)
    blobs = Blobs(tmp_path / "blobs")
    with pytest.raises(OutputError, match="the disk is full"):
        blobs.put(file(tmp_path))
    assert list(blobs.files()) == []
    assert (tmp_path / "a.flac").exists()


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "a" * 64 + ".flac/..", "A" * 64, "a" * 63, "a" * 64 + ".", "a" * 64 + "\n"]
)
def test_only_names_of_ours_lead_to_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="is no file of this library"):
        Blobs(tmp_path).path(name)


def test_a_sweep_takes_old_orphans_and_unfinished_files_and_nothing_else(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    old, young, known = (blobs.put(file(tmp_path, content)) for content in (b"old!", b"young", b"known"))
    part = blobs.path(old).with_name(".1234.part")
    other = blobs.path(old).with_name("notes.txt")
    for path in (part, other, blobs.path(old), blobs.path(known)):
        path.touch()
        os.utime(path, (0, 0))
    assert blobs.sweep([known]) == 4
    left = {path.name for path, _ in blobs.files()}
    assert left == {young, known, "notes.txt"}


def test_a_file_that_came_just_now_is_not_dropped(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    name = blobs.put(file(tmp_path))
    assert not blobs.drop(name)
    assert blobs.drop(name, older_s=0.0)
    assert not blobs.drop(name, older_s=0.0)
