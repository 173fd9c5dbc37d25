import io
import tarfile
from pathlib import Path

import pytest

from dusktape.core.errors import InputError
from dusktape.data.billboard import FILE, read, songs

TEXT = """# title: A Song
# artist: Somebody
# metre: 4/4
# tonic: A

0.0\tsilence
1.0\tA, intro, | A:min | . | C:maj G:maj | (2/4) D:7 |, (guitar
5.0\t| F:maj | A:5 | x2
# tonic: B
9.0\tB, verse, | B:min | N | E:maj . . B:min |
12.0\tend
"""


def test_bars_become_four_beats_and_short_bars_stay_short() -> None:
    song = read(TEXT)
    assert song.chords[:4] == ((0, 8, 9, "min"), (8, 2, 0, "maj"), (10, 2, 7, "maj"), (12, 2, 2, "7"))


def test_repeats_are_written_out() -> None:
    assert [c[2] for c in read(TEXT).chords[4:8]] == [5, 9, 5, 9]


def test_a_change_of_tonic_comes_home_and_no_chord_leaves_a_gap() -> None:
    song = read(TEXT)
    assert song.chords[-2:] == ((38, 3, 2, "maj"), (41, 1, 9, "min"))
    assert (song.tonic, song.mode) == (9, "minor")


def test_sections_are_kept() -> None:
    assert read(TEXT).sections == (0, 30)


def test_songs_are_named_by_title_and_artist(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    with tarfile.open(path, "w:xz") as archive:
        member = tarfile.TarInfo("McGill-Billboard/0001/salami_chords.txt")
        member.size = len(TEXT)
        archive.addfile(member, io.BytesIO(TEXT.encode()))
    assert [song.id for song in songs(tmp_path)] == ["billboard/a song|somebody"]


def test_a_missing_archive_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"salami_chords\.tar\.xz"):
        list(songs(tmp_path))
