from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from dusktape.core.errors import InputError
from dusktape.data.midi.find import find

links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights of their own there")


def put(folder: Path, *files: str) -> Path:
    for file in files:
        place = folder / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    return folder


def named(*folders: Path, **options) -> dict[str, str]:
    return {f.file: f.name for f in find(folders, **options)}


def test_files_are_named_by_their_path_without_suffix(tmp_path):
    put(tmp_path, "pop909/001.mid", "b/c/Song.2.MIDI", "x.Kar", "notes.txt", "mid")
    assert named(tmp_path) == {"pop909/001.mid": "pop909/001", "b/c/Song.2.MIDI": "b/c/Song.2", "x.Kar": "x"}


def test_files_come_by_name(tmp_path):
    put(tmp_path, "b.mid", "a/z.mid", "a.mid")
    assert [f.name for f in find([tmp_path])] == ["a", "a/z", "b"]


def test_two_files_that_differ_by_suffix_keep_it(tmp_path):
    put(tmp_path, "a.mid", "a.kar", "b.mid")
    assert named(tmp_path) == {"a.kar": "a.kar", "a.mid": "a.mid", "b.mid": "b"}


def test_the_same_path_below_two_folders_gets_the_folder_before_it(tmp_path):
    one, two = put(tmp_path / "one", "a.mid", "b.mid"), put(tmp_path / "two", "a.mid")
    assert named(one, two) == {"one/a.mid": "one/a", "b.mid": "b", "two/a.mid": "two/a"}


def test_names_do_not_depend_on_the_order_of_the_folders(tmp_path):
    one, two = put(tmp_path / "one", "a.mid", "b.mid"), put(tmp_path / "two", "a.mid")
    assert named(one, two) == named(two, one)


def test_a_file_below_two_of_the_folders_is_met_once(tmp_path):
    put(tmp_path, "in/a.mid")
    assert named(tmp_path, tmp_path / "in", tmp_path) == {"in/a.mid": "in/a"}


def test_a_single_file_may_be_named(tmp_path):
    put(tmp_path, "a.mid", "b.mid")
    assert named(tmp_path / "a.mid") == {"a.mid": "a"}


def test_folders_can_be_passed_over(tmp_path):
    put(tmp_path, "a.mid", "out/b.mid")
    assert named(tmp_path, without=[tmp_path / "out"]) == {"a.mid": "a"}


@links
def test_links_are_followed_and_loops_end(tmp_path):
    put(tmp_path, "in/a.mid", "elsewhere/b.mid")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "far").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in" / "again.mid").symlink_to("a.mid")
    assert named(tmp_path / "in") == {"a.mid": "a", "far/b.mid": "far/b"}


@links
def test_what_is_no_plain_file_is_told_and_never_opened(tmp_path):
    put(tmp_path, "a.mid")
    (tmp_path / "gone.mid").symlink_to("nowhere.mid")
    os.mkfifo(tmp_path / "pipe.mid")
    troubles = {f.name: f.trouble for f in find([tmp_path])}
    assert troubles == {"a": "", "gone": "is no plain file", "pipe": "is no plain file"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_text_can_be_shown(tmp_path):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9\n.mid")).touch()
    (found,) = find([tmp_path])
    assert found.place.is_file()
    assert found.name == "\ufffd\ufffd"


def test_a_folder_that_is_closed_is_told(tmp_path, monkeypatch):
    put(tmp_path, "a.mid", "shut/b.mid")
    look = os.scandir

    def closed(place):
        if Path(place).name == "shut":
            raise PermissionError(13, "Permission denied", str(place))
        return look(place)

    monkeypatch.setattr(os, "scandir", closed)
    troubles = {f.file: f.trouble for f in find([tmp_path])}
    assert troubles == {"a.mid": "", "shut/": "cannot be looked into: Permission denied"}


def test_a_missing_or_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"there is no folder .*nowhere.*; name one with MIDI files"):
        find([tmp_path / "nowhere"])
    with pytest.raises(InputError, match=r"no MIDI file \(.mid, .midi, .kar\) lies below .*; name another folder"):
        find([tmp_path])
    with pytest.raises(InputError, match="is neither a folder nor a MIDI file"):
        find([put(tmp_path, "a.txt") / "a.txt"])
