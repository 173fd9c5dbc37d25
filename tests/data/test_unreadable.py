from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from dusktape.core.errors import InputError
from dusktape.data import billboard, groove, midi_chords, openewld, pop909, pop909_chords, rock_corpus

READERS = {
    "Billboard": (billboard.songs, billboard.FILE),
    "Groove": (groove.read, Path("groove/groove.npz")),
    "progressions": (midi_chords.songs, midi_chords.FILE),
    "OpenEWLD": (openewld.songs, openewld.FILE),
    "POP909": (pop909.songs, pop909.FILE),
    "POP909's chords": (pop909_chords.songs, pop909_chords.FILE),
    "the rock corpus": (rock_corpus.songs, rock_corpus.FILE),
}


def refusal(source: str, data: Path) -> str:
    """What a reader says, whose first word is the source's name."""
    songs: Callable[[Path], Iterable[Any]] = READERS[source][0]
    with pytest.raises(InputError) as refused:
        list(songs(data))
    line = str(refused.value)
    assert "\n" not in line
    assert line.startswith(f"cannot read {source} from {data / READERS[source][1]}: ")
    assert line.endswith("; see the model's card for where to get it")
    return line


@pytest.mark.parametrize("source", READERS)
def test_a_source_that_is_missing_is_named_once(tmp_path, source):
    line = refusal(source, tmp_path)
    assert ": there is no such file; " in line
    assert line.count(str(tmp_path)) == 1
    assert "Errno" not in line


@pytest.mark.parametrize("source", READERS)
@pytest.mark.parametrize("content", [b"", b"nothing of the kind", b"PK\x03\x04 and no more", b"\xfd7zXZ\x00\x00\x04"])
def test_a_source_that_is_something_else_is_refused_in_a_line(tmp_path, source, content):
    path = tmp_path / READERS[source][1]
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert "Errno" not in refusal(source, tmp_path)


@pytest.mark.parametrize("source", READERS)
def test_a_folder_in_place_of_a_source_is_refused_in_a_line(tmp_path, source):
    (tmp_path / READERS[source][1]).mkdir(parents=True)
    assert "Errno" not in refusal(source, tmp_path)
