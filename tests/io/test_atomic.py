from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from dusktape.core.errors import OutputError
from dusktape.io import atomic


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_file_takes_its_name_only_at_the_end(tmp_path: Path) -> None:
    with atomic.replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("night")
        assert not (tmp_path / "a.txt").exists()
    assert (tmp_path / "a.txt").read_text() == "night"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_nothing_stays_when_the_writing_is_broken_off(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), atomic.replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        raise error
    assert names(tmp_path) == []


def test_an_existing_file_is_not_overwritten_unasked(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(OutputError, match=r"a\.txt.*is there already.*--force"):
        atomic.write_bytes(tmp_path / "a.txt", b"new")
    assert (tmp_path / "a.txt").read_text() == "old"
    atomic.write_bytes(tmp_path / "a.txt", b"new", force=True)
    assert (tmp_path / "a.txt").read_text() == "new"
    assert names(tmp_path) == ["a.txt"]


def test_a_broken_replacement_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(RuntimeError), atomic.replacing(tmp_path / "a.txt", force=True) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert (tmp_path / "a.txt").read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_file_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is there already"), atomic.replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("ours")
        (tmp_path / "a.txt").write_text("theirs")
    assert (tmp_path / "a.txt").read_text() == "theirs"
    assert names(tmp_path) == ["a.txt"]


def test_a_file_system_without_links_works_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse, raising=False)
    atomic.write_bytes(tmp_path / "a.txt", b"night")
    assert names(tmp_path) == ["a.txt"]


def test_the_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    atomic.write_bytes(tmp_path / "ours", b"")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"there is no folder .*nowhere"):
        atomic.write_bytes(tmp_path / "nowhere" / "a.txt", b"")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        atomic.write_bytes(tmp_path, b"", force=True)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file, not a folder"):
        atomic.write_bytes(tmp_path / "file" / "a.txt", b"")
    with pytest.raises(OutputError, match="is a file, not a folder"), atomic.replacing_folder(tmp_path / "file"):
        pass


def test_a_closed_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere, so permissions prove nothing
    with pytest.raises(OutputError, match="may not be written"):
        atomic.write_bytes(tmp_path / "a.txt", b"")


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EACCES, "may not be written"),
        (errno.EROFS, "may not be written"),
        (errno.EFBIG, "larger than the system allows"),
        (errno.ENAMETOOLONG, "too long"),
        (errno.EIO, "cannot be written"),
    ],
)
def test_what_the_system_refuses_becomes_one_line(tmp_path: Path, number: int, told: str) -> None:
    with pytest.raises(OutputError, match=told) as caught, atomic.replacing(tmp_path / "a.txt"):
        raise OSError(number, os.strerror(number))
    assert "\n" not in str(caught.value) and "a.txt" in str(caught.value)
    assert names(tmp_path) == []


def test_a_name_too_long_for_the_system_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="too long"):
        atomic.write_bytes(tmp_path / ("n" * 300), b"")
    assert names(tmp_path) == []


def test_a_folder_takes_its_name_only_at_the_end(tmp_path: Path) -> None:
    with atomic.replacing_folder(tmp_path / "night") as temporary:
        (temporary / "stems").mkdir()
        (temporary / "stems" / "drums.flac").write_text("x")
        assert not (tmp_path / "night").exists()
    assert (tmp_path / "night" / "stems" / "drums.flac").read_text() == "x"
    assert names(tmp_path) == ["night"]


def test_a_broken_folder_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), atomic.replacing_folder(tmp_path / "night") as temporary:
        (temporary / "half").write_text("x")
        raise KeyboardInterrupt
    assert names(tmp_path) == []


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "night").mkdir()
    with atomic.replacing_folder(tmp_path / "night") as temporary:
        (temporary / "a").write_text("x")
    assert names(tmp_path / "night") == ["a"]


def test_a_full_folder_is_refused_unless_forced_and_keeps_what_is_not_ours(tmp_path: Path) -> None:
    night = tmp_path / "night"
    (night / "stems").mkdir(parents=True)
    (night / "notes.txt").write_text("mine")
    (night / "stems" / "drums").write_text("old")
    with pytest.raises(OutputError, match="not empty"), atomic.replacing_folder(night):
        pass
    with atomic.replacing_folder(night, force=True) as temporary:
        (temporary / "stems").mkdir()
        (temporary / "stems" / "drums").write_text("new")
    assert (night / "notes.txt").read_text() == "mine"
    assert (night / "stems" / "drums").read_text() == "new"
    assert names(tmp_path) == ["night"]
