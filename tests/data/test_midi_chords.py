import json
from pathlib import Path

import pytest

from dusktape.core.errors import InputError
from dusktape.core.roles import MOODS
from dusktape.data import midi_chords
from dusktape.data.midi_chords import FILE, chord, songs


def write(folder: Path, lists: object) -> Path:
    path = folder / FILE
    path.parent.mkdir()
    path.write_text(json.dumps(lists))
    return folder


def test_a_progression_is_repeated_as_a_loop_of_whole_bars(tmp_path: Path) -> None:
    lists = {"prog_maj": [{"chords": ["I", "IV", "V"], "tags": ["Joyful", "Nostalgic", "Cadence"]}]}
    (song,) = songs(write(tmp_path, lists))
    assert song.chords[:4] == ((0, 4, 0, "maj"), (4, 4, 5, "maj"), (8, 8, 7, "maj"), (16, 4, 0, "maj"))
    assert song.chords[-1][0] + song.chords[-1][1] == 64
    assert song.moods == ("hopeful", "wistful")
    assert song.sections == (0, 16, 32, 48)


@pytest.mark.parametrize(
    ("text", "minor", "expected"),
    [
        ("VI", True, (8, "maj")),
        ("vi", False, (9, "min")),
        ("ii", True, (2, "dim")),
        ("vii", False, (11, "dim")),
        ("I7", False, (0, "maj7")),
        ("V7", False, (7, "7")),
        ("VI7", True, (8, "maj7")),
        ("bVIIM", False, (10, "maj")),
        ("im7", True, (0, "m7")),
        ("VI69", True, (8, "69")),
        ("ivmadd9", False, (5, "madd9")),
    ],
)
def test_the_scale_fills_in_what_the_text_leaves_out(text: str, minor: bool, expected: tuple[int, str]) -> None:
    assert chord(text, minor=minor) == expected


def test_all_moods_are_moods_a_recipe_may_ask_for() -> None:
    assert set(midi_chords.MOODS.values()) == set(MOODS)


def test_an_unknown_chord_is_named() -> None:
    with pytest.raises(InputError, match="'Vq'"):
        chord("Vq", minor=False)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"progressions\.json"):
        list(songs(tmp_path))
