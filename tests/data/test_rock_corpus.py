import io
import tarfile
from pathlib import Path

import pytest

from dusktape.core.errors import InputError
from dusktape.data.rock_corpus import FILE, read, songs

TEXT = "[G] I | iii | vi IV | . V7 . . | [2/4] R | [E] [4/4] I | bVII . . V7/ii |"


def test_bars_are_divided_evenly_and_dots_prolong() -> None:
    song = read("rock/x", TEXT)
    assert [(b, n, (r - 7) % 12, q) for b, n, r, q in song.chords] == [
        (0, 4, 0, "maj"),
        (4, 4, 4, "min"),
        (8, 2, 9, "min"),
        (10, 3, 5, "maj"),
        (13, 3, 7, "7"),
        (18, 4, 0, "maj"),
        (22, 3, 10, "maj"),
        (25, 1, 9, "7"),
    ]


def test_both_analyses_of_a_song_share_its_name(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    with tarfile.open(path, "w:xz") as archive:
        for analyst in ("dt", "tdc"):
            member = tarfile.TarInfo(f"source/data/rs200_harmony_exp/a_song_{analyst}.txt")
            member.size = len(TEXT)
            archive.addfile(member, io.BytesIO(TEXT.encode()))
    assert [song.id for song in songs(tmp_path)] == ["rock/a_song"] * 2


def test_a_missing_archive_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"rs200\.tar\.xz"):
        list(songs(tmp_path))
