import lzma
from pathlib import Path

import pytest

from dusktape.core.errors import InputError
from dusktape.data.pop909_chords import FILE, songs, unmodulated

TEXT = """# 001 key=Gb:maj bpm=89.55 first_downbeat=1 beats=13
0\t1\tN
1\t4\tB:maj7
5\t4\tC#:sus4(b7)
9\t4\tF#:maj
# 002 key=A:min bpm=70 first_downbeat=0 beats=8
0\t4\tA:min
4\t4\tF:maj/3
"""


def write(folder: Path, text: str) -> Path:
    path = folder / FILE
    path.parent.mkdir()
    path.write_bytes(lzma.compress(text.encode()))
    return folder


def test_songs_come_with_key_and_chords_from_the_first_downbeat(tmp_path: Path) -> None:
    first, second = songs(write(tmp_path, TEXT))
    assert (first.id, first.source, first.tonic, first.mode) == ("pop909/001", "pop", 6, "major")
    assert first.chords == ((0, 4, 11, "maj7"), (4, 4, 1, "7sus4"), (8, 4, 6, "maj"))
    assert (second.tonic, second.mode) == (9, "minor")
    assert second.chords == ((0, 4, 9, "min"), (4, 4, 5, "maj"))


def test_a_last_chorus_a_tone_higher_comes_home() -> None:
    turn = [(0, "maj"), (9, "min"), (5, "maj"), (7, "maj")]
    chords = [(4 * i, 4, *turn[i % 4]) for i in range(32)]
    raised = [(b, n, (r + 2) % 12 if b >= 64 else r, q) for b, n, r, q in chords]
    assert unmodulated(raised, 0) == chords


def test_a_passing_foreign_chord_is_no_modulation() -> None:
    chords = [(0, 4, 0, "maj"), (4, 4, 2, "7"), (8, 4, 7, "7"), (12, 4, 5, "min"), (16, 4, 0, "maj")]
    assert unmodulated(chords, 0) == chords


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"chords\.tsv\.xz"):
        list(songs(tmp_path))


def test_a_file_without_headers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no song header"):
        list(songs(write(tmp_path, "# nonsense\n0\t4\tC:maj\n")))
